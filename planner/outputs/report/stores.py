"""The table of stores and what opens under each of its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.numbers import MISSING, day, gap, whole
from planner.outputs.report.amounts import in_money, number, signed_amount
from planner.outputs.report.limits import LimitRow, limit_rows
from planner.outputs.report.scope import Scope
from planner.outputs.report.tiles import PLAN_WORDS, PLANS, Measure, measures
from planner.outputs.report.worth import interval, within_noise

_CHANGE_ORDER = {"NEW": 0, "OUT": 1, "MOVED": 2}


@dataclass(frozen=True)
class Cell:
    """A number as written and as sorted; ``sort`` is empty where it is not known."""

    text: str
    sort: str
    note: str = ""


@dataclass(frozen=True)
class ChangeRow:
    """An item that comes, leaves or moves in a store."""

    change: str
    item: str
    item_id: str
    facings: str
    order: str
    reason: str


@dataclass(frozen=True)
class Detail:
    """What opens under a store's row."""

    plans: list[str]
    figures: list[tuple[str, str, list[str]]]
    """Label, unit, and the value of each plan."""
    changes: list[ChangeRow]
    limits: list[LimitRow]


@dataclass(frozen=True)
class StoreRow:
    """A store's line in the table."""

    store_id: str
    name: str
    place: str
    region: str
    link: str
    noise: bool
    cells: list[Cell]
    status: str
    plan_id: str
    search: str
    detail: Detail | None = field(default=None)


def columns(scope: Scope) -> list[tuple[str, str]]:
    """Heading and unit of each numeric column of the table, in the order of the cells."""
    stamp = scope.contents.stamp
    unit = f"{stamp.currency} a week" if stamp.currency else "units a week"
    return [
        ("Gain against current", f"{unit}, 80 % interval"),
        ("Gain against common", f"{unit}, 80 % interval"),
        *((measure.label, measure.unit) for measure in _of_table(scope)),
        ("Come", "items"),
        ("Leave", "items"),
    ]


def workbook_link(store_id: str, folder: str) -> str:
    """Address of a store's workbook; ``folder`` leads from the page to the run's folder."""
    return f"{folder}planograms/{quote(store_id + '.xlsx', safe='')}"


def row_anchor(store_id: str) -> str:
    """The fragment of a store's row, made of letters and digits whatever its number is."""
    return f"store-{store_id.encode().hex()}"


def store_rows(scope: Scope, folder: str, with_details: bool) -> list[StoreRow]:
    """A row per store, the largest gain against the current range first."""
    contents = scope.contents
    value = scope.store_value
    value_of = {(str(row["name"]), str(row["against"])): row for _, row in value.iterrows()}
    figures = contents.figures.set_index(["store_id", "plan"])
    plans = contents.store_plans.set_index("store_id")
    counts = contents.changes.groupby(["store_id", "change"]).size()
    details = _details(scope) if with_details else {}
    rows = []
    for _, store in contents.stores.iterrows():
        store_id, name = str(store["store_id"]), scope.store_names[str(store["store_id"])]
        place = ", ".join(
            dict.fromkeys(part for part in (str(store["city"]), str(store["region"])) if part)
        )
        against_current = value_of.get((store_id, "current"))
        cells = [_gain(value_of.get((store_id, against)), scope) for against in _AGAINST]
        for measure in _of_table(scope):
            known = (store_id, "local") in figures.index
            figure = number(figures.at[(store_id, "local"), measure.column]) if known else _NAN
            cells.append(Cell(measure.write(figure, contents.stamp), _sort(figure)))
        for change in ("NEW", "OUT"):
            count = int(counts.get((store_id, change), 0))
            cells.append(Cell(whole(count, contents.stamp), str(count)))
        rows.append(
            StoreRow(
                store_id=store_id,
                name=name,
                place=place,
                region=str(store["region"]),
                link=workbook_link(store_id, folder),
                noise=against_current is None or within_noise(against_current),
                cells=cells,
                status=_status(plans, store_id, contents),
                plan_id=str(plans.at[store_id, "plan_id"]) if store_id in plans.index else "",
                search=f"{name} {store_id} {place}",
                detail=details.get(store_id),
            )
        )
    return sorted(rows, key=lambda row: (-float(row.cells[0].sort or "-inf"), row.store_id))


_AGAINST = ("current", "common")
_NAN = float("nan")


def _of_table(scope: Scope) -> list[Measure]:
    money_only = ["sold_units_week", "spend_week"] if in_money(scope.contents.stamp) else []
    # What a store's details say besides would push the rest off a laptop's screen.
    details_only = ["listed_items", "waste_units_week", "shelf_used_share"]
    left_out = [*details_only, *money_only]
    return [m for m in measures(scope.contents.stamp) if m.column not in left_out]


def _sort(figure: float) -> str:
    return "" if pd.isna(figure) else f"{figure:.6g}"


def _gain(row: pd.Series | None, scope: Scope) -> Cell:
    if row is None or pd.isna(row["value_week"]):
        return Cell(MISSING, "")
    stamp, gain = scope.contents.stamp, float(row["value_week"])
    notes = [interval(row, stamp)]
    if within_noise(row):
        notes.append("within noise")
    if bool(row["unusual"]):
        notes.append("unusual")
    return Cell(signed_amount(gain, stamp), _sort(gain), "; ".join(notes))


def _status(plans: pd.DataFrame, store_id: str, contents: Contents) -> str:
    if store_id not in plans.index:
        return "none"
    row: pd.Series = plans.loc[[store_id]].iloc[0]
    return f"{row['plan']}, {row['proof']}, gap {gap(float(row['gap']), contents.stamp)}"


def _details(scope: Scope) -> dict[str, Detail]:
    contents, stamp = scope.contents, scope.contents.stamp
    changes = dict(list(contents.changes.groupby("store_id", sort=False)))
    limits = dict(list(contents.limits.groupby("store_id", sort=False)))
    worth = dict(list(contents.worth.groupby("store_id", sort=False)))
    details = {}
    for store_id, rows in contents.figures.groupby("store_id", sort=False):
        by_plan = rows.set_index("plan")
        known = [plan for plan in PLANS if plan in by_plan.index]
        details[str(store_id)] = Detail(
            plans=[PLAN_WORDS[plan] for plan in known],
            figures=[
                (
                    measure.label,
                    measure.unit,
                    [measure.write(number(by_plan.at[p, measure.column]), stamp) for p in known],
                )
                for measure in measures(stamp)
            ],
            changes=_changes(changes.get(store_id, contents.changes.iloc[:0]), scope),
            limits=limit_rows(
                limits.get(store_id, contents.limits.iloc[:0]),
                worth.get(store_id, contents.worth.iloc[:0]),
                stamp,
            ),
        )
    return details


def _changes(rows: pd.DataFrame, scope: Scope) -> list[ChangeRow]:
    names, stamp = scope.item_names, scope.contents.stamp
    made = []
    for row in rows.to_dict("records"):
        item_id, replaces = str(row["item_id"]), str(row["replaces"])
        orders = [
            f"{word} {day(date, stamp)}"
            for word, date in (
                ("first order", row["first_order_date"]),
                ("last order", row["last_order_date"]),
            )
            if pd.notna(date)
        ]
        swap = f" (takes the place of {names.get(replaces, replaces)})" if replaces else ""
        made.append(
            ChangeRow(
                change=str(row["change"]),
                item=names.get(item_id, item_id),
                item_id=item_id,
                facings=" → ".join(
                    whole(row[when], stamp) for when in ("facings_before", "facings_after")
                ),
                order=", ".join(orders),
                reason=f"{row['reason']}{swap}",
            )
        )
    return sorted(made, key=lambda r: (_CHANGE_ORDER.get(r.change, 9), r.item, r.item_id))
