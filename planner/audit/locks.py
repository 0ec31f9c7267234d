"""Locks: obeyed by the plan, the same in the run's table as in the input, shown in workbooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger, close
from planner.tables.inputs import IN_FORCE
from planner.tables.lock_sheet import HEADS, LOCKS_SHEET, SEPARATOR

FILE = "tables/assortment.parquet"
TABLE = "tables/locks.parquet"
KEY = ["store_id", "item_id", "lock"]
TOTALS = "tables/lock_totals.parquet"
COSTS = ("cost_week", "least_week", "most_week")
CHAIN = "chain.xlsx"
ALL_STORES = "Chain"
EXACT_SHARE, EXACT_WEEK = 0.05, 0.01
"""Width up to which a cost is exact: of the cost, and where that is less, a week."""
COST_HEADS = ("Cost per week", "At least", "At most")


def in_force(run: RunFolder) -> pd.DataFrame:
    """The locks of the input that this plan has to obey, a row a store and lock."""
    locks = run.inputs["store_locks"]
    return locks[locks["state"] == IN_FORCE]


def locked_facings(run: RunFolder) -> pd.DataFrame:
    """store_id, item_id, locked_min and locked_max (NaN without such a lock)."""
    locks = in_force(run)
    pair = ["store_id", "item_id"]
    parts = {
        name: locks[locks["lock"] == word].groupby(pair)["facings"].agg(how)
        for name, word, how in (("locked_min", "MIN", "max"), ("locked_max", "MAX", "min"))
    }
    return pd.DataFrame(parts).astype("float64").rename_axis(pair).reset_index()


def check_obeyed(run: RunFolder, ledger: Ledger) -> None:
    """Items locked in are listed, those locked out are not, and facings are within MIN and MAX;
    by the locks of the input and by what the run says of them."""
    pair = ["store_id", "item_id"]
    frame = run.tables["assortment"][[*pair, "listed", "facings"]].merge(
        run.tables["economics"][[*pair, "locked"]], on=pair, how="left"
    )
    frame["locked"] = frame["locked"].astype("str").fillna("")
    locks = in_force(run)
    of_pair = pd.MultiIndex.from_frame(frame[pair])
    for word in ("IN", "OUT"):
        by_input = of_pair.isin(pd.MultiIndex.from_frame(locks.loc[locks["lock"] == word, pair]))
        concerned = frame[by_input | (frame["locked"] == word).to_numpy()]
        ledger.expect_rows(
            concerned,
            concerned["listed"] == (word == "IN"),
            lambda row, word=word: (  # type: ignore[misc]
                f"{FILE}: store {row['store_id']}, item {row['item_id']} is locked {word}, yet "
                f"listed is {row['listed']}"
            ),
        )
    bounds = frame[frame["listed"]].merge(locked_facings(run), on=pair, how="inner")
    for word, column in (("MIN", "locked_min"), ("MAX", "locked_max")):
        bound = bounds[bounds[column].notna()]
        kept = bound["facings"] >= bound[column]
        if word == "MAX":
            kept = bound["facings"] <= bound[column]
        ledger.expect_rows(
            bound,
            kept,
            lambda row, word=word, column=column: (  # type: ignore[misc]
                f"{FILE}: store {row['store_id']}, item {row['item_id']} is locked {word} "
                f"{row[column]:g}, yet has {row['facings']:g} facings"
            ),
        )


def check_table(run: RunFolder, ledger: Ledger) -> None:
    """The run's table has every lock of the input once, in the same state; costs lie within what
    they can be, and are told of locks in force alone."""
    told = run.tables["locks"]
    asked = run.inputs["store_locks"]
    both = ledger.expect_same_rows(
        asked[[*KEY, "facings", "state", "own"]],
        told,
        KEY,
        lambda row: f"{TABLE}: {_place(row)}",
        extra="is no lock of the input",
        suffixes=("_input", ""),
    )
    same_facings = close(both["facings_input"].fillna(0.0), both["facings"].fillna(0.0))
    ledger.expect_rows(
        both,
        same_facings
        & (both["state_input"] == both["state"]).to_numpy()
        & (both["own_input"].astype(bool) == both["own"].astype(bool)).to_numpy(),
        lambda row: (
            f"{TABLE}: {_place(row)} is {row['state']} with facings {row['facings']:g}; the input "
            f"says {row['state_input']} with {row['facings_input']:g}"
        ),
    )
    solved = (told["known"] == "") | (told["state"] == IN_FORCE)
    _check_costs(told, _costs_are_possible(told) & solved, TABLE, ledger)


def _check_costs(
    frame: pd.DataFrame, possible: pd.Series[bool], table: str, ledger: Ledger
) -> None:
    ledger.expect_rows(
        frame,
        possible,
        lambda row: (
            f"{table}: {_place(row)} costs {row['cost_week']:g} ({row['known'] or 'not solved'}), "
            f"which does not go with at least {row['least_week']:g} and at most "
            f"{row['most_week']:g}, or is no lock in force"
        ),
    )


def _costs_are_possible(frame: pd.DataFrame) -> pd.Series[bool]:
    """Exact costs lie within what was proven, which is narrow; others have no number."""
    cost, least, most = (frame[name] for name in COSTS)
    slack = 1e-6 * np.maximum(1.0, cost.abs())
    exact = (least <= cost + slack) & (cost <= most + slack)
    exact &= most - least <= np.maximum(EXACT_WEEK, EXACT_SHARE * cost.abs()) + slack
    between = cost.isna() & (least <= most)
    nothing = frame[list(COSTS)].isna().all(axis=1)
    by_word = [frame["known"] == word for word in ("exact", "between")]
    rest = frame["known"].isin(("not possible", "")) & nothing
    return (by_word[0] & exact) | (by_word[1] & between) | rest


def check_totals(run: RunFolder, ledger: Ledger) -> None:
    """Locks are counted and priced together: a store's and the chain's; what is one lock, or one
    store, costs what that one costs, and stores that plan for themselves add up."""
    locks = run.tables["locks"]
    locks = locks[locks["state"] == IN_FORCE]
    told = run.tables["lock_totals"]
    counts = locks["store_id"].value_counts()
    sums = [*counts.items(), ("", counts.sum())] if len(counts) else []
    wanted = pd.DataFrame(sums, columns=["store_id", "counted"]).astype({"store_id": "str"})
    both = ledger.expect_same_rows(
        wanted, told, ["store_id"], lambda row: f"{TOTALS}: {_place(row)}",
        extra="has no lock in force",
    )  # fmt: skip
    ledger.expect_rows(
        both,
        both["counted"] == both["locks"],
        lambda row: f"{TOTALS}: {_place(row)} has {row['counted']} locks, not {row['locks']:g}",
    )
    _check_costs(both, _costs_are_possible(both), TOTALS, ledger)
    single = locks[locks["store_id"].map(counts) == 1]
    _check_same(single, both, "its only lock", ledger)
    stores = both[both["store_id"] != ""]
    scenario = run.manifest.get("scenario") or {}
    shared = (run.tables["limits"]["store_id"] == "").any() or scenario.get("max_distinct_ranges")
    if len(stores) and (len(stores) == 1 or not shared):
        _check_same(_summed(stores), both, "the sum of the stores", ledger)


def _summed(stores: pd.DataFrame) -> pd.DataFrame:
    """What the locks of stores that plan for themselves cost together, as one row."""
    summed = stores[list(COSTS)].sum(skipna=False).to_frame().T.assign(store_id="")
    cost, least, most = (float(summed[name].iloc[0]) for name in COSTS)
    known = set(stores["known"])
    if "not possible" in known:
        summed[list(COSTS)] = np.nan
        return summed.assign(known="not possible")
    if "" in known:
        return summed.assign(known="")
    if known == {"exact"} and most - least <= max(EXACT_WEEK, EXACT_SHARE * abs(cost)) * (1 + 1e-6):
        return summed.assign(known="exact")
    summed["cost_week"] = np.nan
    return summed.assign(known="between")


def _check_same(wanted: pd.DataFrame, totals: pd.DataFrame, what: str, ledger: Ledger) -> None:
    """The totals of the same stores have the same numbers; infinite and unknown ones too."""
    columns = ["store_id", "known", *COSTS]
    joined = wanted[columns].merge(totals[columns], on="store_id", suffixes=("_wanted", ""))
    ledger.expect_rows(
        joined,
        joined["known_wanted"] == joined["known"],
        lambda row: (
            f"{TOTALS}: {_place(row)}: how well all locks together are known is "
            f"{row['known']!r}, {what} says {row['known_wanted']!r}"
        ),
    )
    for name in COSTS:
        one, other = joined[f"{name}_wanted"], joined[name]
        same = np.isclose(one, other, rtol=1e-6, atol=1e-6, equal_nan=True)
        ledger.expect_rows(
            joined,
            same,
            lambda row, name=name: (  # type: ignore[misc]
                f"{TOTALS}: {_place(row)}: {name} of all locks together is {row[name]:g}, "
                f"{what} says {row[f'{name}_wanted']:g}"
            ),
        )


def check_sheets(run: RunFolder, ledger: Ledger) -> None:
    """The sheet *Locks* of each store shows every lock of the store once, with its state."""
    cells = run.tables["cells"]
    cells = cells[(cells["sheet"] == LOCKS_SHEET) & (cells["workbook"] != CHAIN)]
    shown = pd.DataFrame(
        [
            (PurePosixPath(str(workbook)).stem, *row)
            for workbook, sheet in cells.groupby("workbook", sort=False)
            for row in _rows(sheet)
        ],
        columns=[*KEY, "state"],
        dtype="str",
    )
    told = run.tables["locks"][[*KEY, "state"]].astype("str")
    counts = shown.groupby([*KEY, "state"]).size()
    wanted = pd.MultiIndex.from_frame(told)
    ledger.expect_rows(
        told,
        counts.reindex(wanted, fill_value=0).to_numpy() == 1,
        lambda row: (
            f"planograms/{row['store_id']}.xlsx, sheet {LOCKS_SHEET}: {_place(row)}, "
            f"{row['state']}, does not stand there once"
        ),
    )
    more = shown[~pd.MultiIndex.from_frame(shown[[*KEY, "state"]]).isin(wanted)]
    ledger.expect_rows(
        more,
        np.zeros(len(more), dtype=bool),
        lambda row: (
            f"planograms/{row['store_id']}.xlsx, sheet {LOCKS_SHEET}: {_place(row)} stands there "
            "and is no lock of the store"
        ),
    )


def check_chain_sheet(run: RunFolder, ledger: Ledger) -> None:
    """The chain's sheet *Locks* shows every lock of every store once, with where it came from and
    its cost, and what the locks of a store, and all of them, cost together."""
    cells = run.tables["cells"]
    cells = cells[(cells["sheet"] == LOCKS_SHEET) & (cells["workbook"] == CHAIN)]
    heads = ("Store", HEADS["item_id"], HEADS["lock"], "State", "From", *COST_HEADS)
    keys = ["store_id", "item_id", "lock", "state", "origin"]
    frame = pd.DataFrame(_table(cells, heads), columns=[*keys, *COSTS], dtype="str")
    for name in COSTS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    frame["item_id"] = frame["item_id"].str.split(SEPARATOR).str[0]
    together = frame["lock"] == ""
    told = run.tables["locks"]
    told = told.assign(state=told["state"], origin=told["origin"].astype("str"))
    shown = ledger.expect_same_rows(
        told[[*keys, *COSTS]], frame[~together], keys, lambda row: f"{CHAIN}: {_place(row)}",
        missing=f"does not stand on the sheet {LOCKS_SHEET}", extra="is no lock of the run",
    )  # fmt: skip
    totals = run.tables["lock_totals"]
    several = totals[(totals["store_id"] == "") | (totals["locks"] > 1)]
    sums = frame.loc[together, ["store_id", *COSTS]]
    sums = sums.assign(store_id=sums["store_id"].replace(ALL_STORES, ""))
    added = ledger.expect_same_rows(
        several[["store_id", *COSTS]], sums, ["store_id"],
        lambda row: f"{CHAIN}: all locks of {row['store_id'] or 'the chain'} together",
        missing=f"are not on the sheet {LOCKS_SHEET}", extra="are no total of the run",
    )  # fmt: skip
    for name in COSTS:
        for part, whose in ((shown, "a lock"), (added, "locks together")):
            wanted = part[name].replace([np.inf, -np.inf], np.nan)
            ledger.expect_rows(
                part,
                np.isclose(wanted, part[f"{name}_found"], rtol=1e-9, atol=1e-9, equal_nan=True),
                lambda row, name=name, whose=whose: (  # type: ignore[misc]
                    f"{CHAIN}, sheet {LOCKS_SHEET}, {name} of {whose}, {_place(row)}: "
                    f"{row[f'{name}_found']:g}, expected {row[name]:g}"
                ),
            )


def _rows(sheet: pd.DataFrame) -> list[tuple[str, ...]]:
    """Item, lock and state of every row with all three below a head."""
    found = _table(sheet, (HEADS["item_id"], HEADS["lock"], "State"))
    return [(item.split(SEPARATOR)[0], *rest) for item, *rest in found if item and all(rest)]


def _table(sheet: pd.DataFrame, wanted: Sequence[str]) -> list[tuple[str, ...]]:
    """The cells under some heads, "" where empty, of every row below them that holds one."""
    place = sheet["cell"].str.extract(r"([A-Z]+)(\d+)")
    grid: dict[int, dict[str, str]] = {}
    for letters, row, value in zip(place[0], place[1].astype(int), sheet["value"], strict=True):
        grid.setdefault(int(row), {})[str(letters)] = str(value)
    columns: list[str] = []
    found = []
    for row in sorted(grid):
        # What follows a head in brackets is the unit.
        heads = {text.split(" (")[0]: letters for letters, text in grid[row].items()}
        if set(wanted) <= set(heads):
            columns = [heads[head] for head in wanted]
        elif columns and columns[0] in grid[row]:
            found.append(tuple(grid[row].get(letters, "") for letters in columns))
    return found


def _place(row: dict[str, Any]) -> str:
    said = f"store {row['store_id']}" if row["store_id"] else "the chain"
    return f"{said}, item {row['item_id']}, lock {row['lock']}" if "lock" in row else said
