"""The table of stores and what opens under each of its rows."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.numbers import MISSING, gap, proof, whole
from planner.outputs.report.amounts import in_money, number, signed_amount
from planner.outputs.report.scope import Scope
from planner.outputs.report.tiles import Measure, measures
from planner.outputs.report.worth import interval, kind_of


@dataclass(frozen=True)
class Cell:
    """A number as written and as sorted; ``sort`` is empty where it is not known."""

    text: str
    sort: str
    note: str = ""


@dataclass(frozen=True)
class StoreRow:
    """A store's line in the table."""

    store_id: str
    name: str
    city: str
    region: str
    link: str
    kind: str
    """Of its gain against the current range: gain, noise, loss or unknown."""
    cells: list[Cell]
    status: str
    gap: str
    plan_id: str

    @property
    def place(self) -> str:
        """City and region, or the one of them that is known."""
        return ", ".join(dict.fromkeys(part for part in (self.city, self.region) if part))


@dataclass(frozen=True)
class Column:
    """A numeric column of the table; ``screen``: small, medium or wide, the narrowest that has
    room for it. What a narrow screen leaves out is found under the store."""

    heading: str
    unit: str
    screen: str


def columns(scope: Scope) -> list[Column]:
    """The numeric columns of the table, in the order of the cells."""
    stamp = scope.contents.stamp
    unit = f"{stamp.currency} a week" if stamp.currency else "units a week"
    return [
        Column("Gain against current", f"{unit}, 80 % interval", "small"),
        Column("Gain against common", f"{unit}, 80 % interval", "wide"),
        *(Column(measure.label, measure.unit, "wide") for measure in _of_table(scope)),
        Column("Come", "items", "medium"),
        Column("Leave", "items", "medium"),
    ]


def workbook_link(store_id: str, folder: str) -> str:
    """Address of a store's workbook; ``folder`` leads from the page to the run's folder."""
    return f"{folder}planograms/{quote(store_id + '.xlsx', safe='')}"


def row_anchor(store_id: str) -> str:
    """The fragment of a store's row, made of letters and digits whatever its number is."""
    return f"store-{store_id.encode().hex()}"


def store_rows(scope: Scope, folder: str) -> list[StoreRow]:
    """A row per store, the largest gain against the current range first."""
    contents = scope.contents
    value = scope.store_value
    value_of = {(str(row["name"]), str(row["against"])): row for _, row in value.iterrows()}
    figures = contents.figures.set_index(["store_id", "plan"])
    plans = contents.store_plans.set_index("store_id")
    counts = contents.changes.groupby(["store_id", "change"]).size()
    rows = []
    for _, store in contents.stores.iterrows():
        store_id, name = str(store["store_id"]), scope.store_names[str(store["store_id"])]
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
                city=str(store["city"]),
                region=str(store["region"]),
                link=workbook_link(store_id, folder),
                kind=kind_of(against_current),
                cells=cells,
                status=_status(plans, store_id),
                gap=_gap(plans, store_id, contents),
                plan_id=str(plans.at[store_id, "plan_id"]) if store_id in plans.index else "",
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
    if kind_of(row) == "noise":
        notes.append("within noise")
    if bool(row["unusual"]):
        notes.append("unusual")
    return Cell(signed_amount(gain, stamp), _sort(gain), "; ".join(notes))


def _status(plans: pd.DataFrame, store_id: str) -> str:
    if store_id not in plans.index:
        return "none"
    return f"{plans.at[store_id, 'plan']!s}, {proof(str(plans.at[store_id, 'proof']))}"


def _gap(plans: pd.DataFrame, store_id: str, contents: Contents) -> str:
    known = store_id in plans.index
    return gap(number(plans.at[store_id, "gap"]) if known else _NAN, contents.stamp)
