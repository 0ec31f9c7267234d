"""What must hold inside a table and between tables; each check is one function.

Checks run after the defaults are filled in and must bear any table that other checks refuse:
missing values, unknown ids, no rows.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.tables.capacity import CAPACITY_CHECKS
from planner.tables.collect import Findings
from planner.tables.defaults import Tables
from planner.tables.lock_checks import LOCK_CHECKS
from planner.tables.references import unknown_references
from planner.tables.texts import USABLE_AS_FILE_NAME, file_name_fault
from planner.tables.typed import TypedTable

Check = Callable[[Tables, Findings], None]

ORDERED = (
    ("items", "min_facings", "max_facings"),
    ("items", "available_from", "available_to"),
    ("range_rules", "min_items", "max_items"),
    ("range_rules", "min_share", "max_share"),
)
SHARE_TOLERANCE = 0.02
DAYS = ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")
"""By days since 1970-01-01, modulo 7."""


def duplicate_keys(tables: Tables, findings: Findings) -> None:
    """No two rows have the same key."""
    for table in tables.values():
        needed = [n for n in table.table.key if table.table.column(n).required]
        if not len(table) or not table.given.issuperset(needed):
            continue
        code = _key_codes(table)
        repeated = pd.Series(code).duplicated().to_numpy()
        repeated = repeated & table.frame[needed].notna().all(axis=1).to_numpy()
        if repeated.any():
            _report_duplicates(table, code, np.flatnonzero(repeated), findings)


def _key_codes(table: TypedTable) -> NDArray[np.int64]:
    """A number for each row, the same for rows of the same key."""
    code = np.zeros(len(table), dtype=np.int64)
    for name in table.table.key:
        part, values = pd.factorize(table.frame[name], use_na_sentinel=True)
        code = pd.factorize(code * (len(values) + 1) + part + 1)[0].astype(np.int64)
    return code


def _report_duplicates(
    table: TypedTable, code: NDArray[np.int64], at: NDArray[np.int64], findings: Findings
) -> None:
    first = pd.Series(np.arange(len(code))).groupby(code).first().to_numpy()

    def key_of(position: int) -> str:
        return ", ".join(filter(None, (table.shown(n, position) for n in table.table.key)))

    def mend(position: int) -> str:
        file, row = table.place(int(first[code[position]]))
        return f"row {row} of {file} has the same: remove one of the two, or join them"

    names = ", ".join(table.table.key)
    table.report(findings, table.table.key[0], at, f"each {names} once", mend, key_of)


def names_usable_as_files(tables: Tables, findings: Findings) -> None:
    """Stores and regions name files: safe on every system, and told apart without case."""
    stores = tables["stores"]
    if not len(stores):
        return
    for name in ("store_id", "region"):
        texts = stores.frame[name].astype("object")
        faults = {t: file_name_fault(t) for t in texts.dropna().unique()}
        spelling: dict[str, str] = {}
        for position, text in enumerate(texts):
            if not isinstance(text, str):
                continue
            if fault := faults[text]:
                findings.problem(*stores.place(position), name, text, fault[0], fault[1])
            other = spelling.setdefault(text.casefold(), text)
            if other != text:
                mend = f"choose a name that differs from {other} by more than capitals"
                file, row = stores.place(position)
                findings.problem(file, row, name, text, USABLE_AS_FILE_NAME, mend)


def minimum_not_above_maximum(tables: Tables, findings: Findings) -> None:
    """No minimum is above its maximum."""
    for name, low, high in ORDERED:
        table = tables[name]
        wrong = np.flatnonzero((table.frame[low] > table.frame[high]).to_numpy())
        mend = f"raise {high} or lower {low}"

        def value(
            position: int, table: TypedTable = table, pair: tuple[str, str] = (low, high)
        ) -> str:
            return " and ".join(_short(table.frame[n].iloc[position]) for n in pair)

        table.report(findings, low, wrong, f"{low} not above {high}", mend, value)


def _short(value: object) -> str:
    return str(value.date()) if isinstance(value, pd.Timestamp) else f"{value:g}"


def stock_fits_its_facing(tables: Tables, findings: Findings) -> None:
    """The smallest stock of a facing fits in it, refills included."""
    items = tables["items"]
    frame = items.frame
    fits = frame["units_per_facing"] * frame["shelf_fills_per_cycle"]
    items.report(
        findings,
        "min_units_per_facing",
        np.flatnonzero((frame["min_units_per_facing"] > fits).to_numpy()),
        "at most units_per_facing x shelf_fills_per_cycle",
        "lower min_units_per_facing or correct units_per_facing",
        lambda position: f"{frame['min_units_per_facing'].iloc[position]:g}",
    )


def weeks_start_on_one_weekday(tables: Tables, findings: Findings) -> None:
    """Weeks of sales and promotions lie on one grid of seven days."""
    weeks = tables["sales"].frame["week"].dropna()
    if weeks.empty:
        return
    usual = int(_weekday(weeks).value_counts().index[0])
    for name in ("sales", "promotions"):
        table = tables[name]
        week = table.frame["week"]
        wrong = np.flatnonzero((week.notna() & (_weekday(week) != usual)).to_numpy())
        allowed = f"the first day of a week: a {DAYS[usual]}, as in most sales"
        table.report(findings, "week", wrong, allowed, "write the first day of the sales week")


def _weekday(weeks: pd.Series[pd.Timestamp]) -> pd.Series[int]:
    days = weeks.to_numpy().astype("datetime64[D]").astype(np.int64)
    return pd.Series(days % 7, index=weeks.index)


def something_was_sold(tables: Tables, findings: Findings) -> None:
    """Of a chain that sold nothing no demand can be estimated."""
    sales = tables["sales"]
    units = sales.frame["units"]
    if not len(sales) or units.isna().any() or (units > 0).any():
        return
    most = f"{units.max():g} units at most" if (units != 0).any() else "0 units in every row"
    findings.problem(
        sales.file, 0, "units", most, "a sale somewhere", "fill in what was sold of each item"
    )


def range_rule_scope(tables: Tables, findings: Findings) -> None:
    """A range rule is about one need group or one category, and one store or one region."""
    rules = tables["range_rules"]
    frame = rules.frame
    group, category = frame["need_group"].notna(), frame["category"].notna()
    rules.report(
        findings,
        "need_group",
        np.flatnonzero((group == category).to_numpy()),
        "either a need_group or a category",
        "fill in one of the two and leave the other empty",
        lambda position: "both" if group.iloc[position] else "neither",
    )
    both = frame["store_id"].notna() & frame["region"].notna()
    rules.report(
        findings,
        "region",
        np.flatnonzero(both.to_numpy()),
        "a store_id or a region, not both",
        "leave one of the two empty",
    )


def range_rule_can_be_met(tables: Tables, findings: Findings) -> None:
    """No rule asks for more items than its group has."""
    rules, items = tables["range_rules"], tables["items"].frame
    for name in ("need_group", "category"):
        counts = items[name].astype("object").value_counts()
        has = rules.frame[name].astype("object").map(counts)
        rules.report(
            findings,
            "min_items",
            np.flatnonzero((rules.frame["min_items"] > has).to_numpy()),
            f"at most the number of items of the {name}",
            partial(_lower_to, has),
        )


def _lower_to(most: pd.Series[int], position: int) -> str:
    return f"lower it to {most.iloc[position]:g} or less"


def segment_shares_sum_to_one(tables: Tables, findings: Findings) -> None:
    """The shares of a store's segments are the whole of its customers."""
    segments = tables["segments"]
    if not len(segments):
        return
    frame = segments.frame
    store = frame["store_id"].astype("object")
    total = frame["share"].groupby(store).transform("sum")
    first = ~store.duplicated() & store.notna()
    wrong = np.flatnonzero((((total - 1).abs() > SHARE_TOLERANCE) & first).to_numpy())
    segments.report(
        findings,
        "share",
        wrong,
        "shares of a store's segments that sum to 1",
        lambda position: f"correct the shares of store {store.iloc[position]}",
        lambda position: f"a sum of {total.iloc[position]:.3g}",
    )


def segment_index_scope(tables: Tables, findings: Findings) -> None:
    """An index of a segment is about an item or a need group."""
    index = tables["segment_index"]
    neither = index.frame["item_id"].isna() & index.frame["need_group"].isna()
    index.report(
        findings,
        "item_id",
        np.flatnonzero(neither.to_numpy()),
        "an item_id or a need_group",
        "fill in one of the two",
        "neither",
    )


def supplier_can_be_ordered_from(tables: Tables, findings: Findings) -> None:
    """No supplier asks for more stores than there are, or for more than it can send."""
    suppliers, stores = tables["suppliers"], tables["stores"]
    frame = suppliers.frame
    if len(stores):
        suppliers.report(
            findings,
            "min_stores",
            np.flatnonzero((frame["min_stores"] > len(stores)).to_numpy()),
            f"at most the number of stores, {len(stores)}",
            "lower min_stores: with more than there are none of its local items can be listed",
        )
    nothing = (frame["max_units_week"] == 0) & (frame["min_order_week"] > 0)
    suppliers.report(
        findings,
        "min_order_week",
        np.flatnonzero(nothing.to_numpy()),
        "an empty cell where max_units_week is 0",
        "raise max_units_week, or take the supplier's items out",
    )


CHECKS: tuple[Check, ...] = (
    duplicate_keys,
    unknown_references,
    names_usable_as_files,
    minimum_not_above_maximum,
    stock_fits_its_facing,
    weeks_start_on_one_weekday,
    something_was_sold,
    range_rule_scope,
    range_rule_can_be_met,
    segment_shares_sum_to_one,
    segment_index_scope,
    supplier_can_be_ordered_from,
    *LOCK_CHECKS,
    *CAPACITY_CHECKS,
)
