"""The lists of the store workbooks: their figures are those of the run's tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger, close, number

ITEMS_SHEET, CHANGES_SHEET, CANDIDATES_SHEET, COVER_SHEET = (
    *("Items", "Changes", "Not carried"),
    "Cover",
)
ITEMS = {
    "Facings": "facings",
    "Stock": "stock_units_cycle",
    "Demand": "demand_units_week",
    "Sold": "sold_units_week",
    "Waste": "waste_units_week",
    "Sales": "sales_week",
    "Margin": "margin_week",
}
"""How a head of the list of items begins, and the column of the assortment that it shows."""
CANDIDATES = {
    "Forcing it in": "forcing_cost_week",
    "Demand": "demand_units_week",
    "Low": "low_units_week",
    "High": "high_units_week",
}
"""The same of the list of what is not carried, shown from the reasons and from the demand."""
COVER = {
    "Margin after waste": "margin_week",
    "Sales,": "sales_week",
    "Units sold": "sold_units_week",
    "Units wasted": "waste_units_week",
    "Items listed": "listed_items",
}
"""How a row of the cover begins, and the figure that it shows of three plans."""
_COVER_COLUMNS = {"B": "local", "C": "common", "D": "current"}
_CELL = re.compile(r"([A-Z]+)(\d+)")
_KEYS = {"PLU": "item_id", "Pos": "pos", "Change": "change"}
_TEXTS = ("item_id", "change")


def item_lists(run: RunFolder) -> pd.DataFrame:
    """The rows of every *Items* sheet: store_id, item_id, pos and the columns of ``ITEMS``."""
    return _printed(run, ITEMS_SHEET, ITEMS)


def sheets_of_stores(run: RunFolder, sheet: str) -> Mapping[str, dict[int, dict[str, str]]]:
    """A sheet of every store's workbook as text, by store, row and column letters."""
    cells = run.tables["cells"]
    cells = cells[cells["sheet"] == sheet]
    found: dict[str, dict[int, dict[str, str]]] = {}
    for workbook, part in cells.groupby("workbook", sort=False):
        path = PurePosixPath(str(workbook))
        if path.parent.name != "planograms":
            continue
        place = part["cell"].str.extract(_CELL)
        grid = found.setdefault(path.stem, {})
        for letters, row, value in zip(
            place[0].tolist(), place[1].astype(int).tolist(), part["value"].tolist(), strict=True
        ):
            grid.setdefault(int(row), {})[str(letters)] = str(value)
    return found


def _printed(run: RunFolder, sheet: str, heads: Mapping[str, str]) -> pd.DataFrame:
    """The rows of a list that has a PLU in each: store_id, item_id, pos, change and figures."""
    rows: list[dict[str, Any]] = []
    for store, grid in sheets_of_stores(run, sheet).items():
        head = next((row for row in sorted(grid) if "PLU" in grid[row].values()), 0)
        names = {c: _name(text, heads) for c, text in grid.get(head, {}).items()}
        for row in sorted(grid):
            record = {names[c]: text for c, text in grid[row].items() if names.get(c)}
            if row > head > 0 and record.get("item_id"):
                rows.append({"store_id": store, **record})
    columns = ["store_id", *_KEYS.values(), *heads.values()]
    # Typed here, as a run without stores has no rows to take the types from.
    frame = pd.DataFrame(rows, columns=columns).astype({"store_id": "str", "item_id": "str"})
    for column in columns[1:]:
        if column not in _TEXTS:
            frame[column] = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    return frame


def _name(head: str, heads: Mapping[str, str]) -> str:
    if head in _KEYS:
        return _KEYS[head]
    return next((column for start, column in heads.items() if head.startswith(start)), "")


def check_item_lists(run: RunFolder, ledger: Ledger) -> None:
    """The list of items of each store names the listed items once, with the tables' figures."""
    listed = run.tables["assortment"].query("listed")
    _compare(run, ledger, ITEMS_SHEET, ITEMS, listed, "tables/assortment.parquet")


def check_candidates(run: RunFolder, ledger: Ledger) -> None:
    """The list of what is not carried names every other item once, with what forcing it in costs
    and what it would sell."""
    keys = ["store_id", "item_id"]
    absent = run.tables["assortment"].query("~listed")[keys]
    reasons, demand = run.tables["reasons"], run.tables["demand"]
    wanted = absent.merge(reasons, how="left", on=keys).merge(demand, how="left", on=keys)
    # A cost that is only known to be no gain is not printed.
    unknown = (wanted["forcing_known"] == "at least") & (wanted["forcing_cost_week"] <= 0)
    wanted["forcing_cost_week"] = wanted["forcing_cost_week"].mask(unknown)
    source = "tables/reasons.parquet and tables/demand.parquet"
    _compare(run, ledger, CANDIDATES_SHEET, CANDIDATES, wanted, source)


def check_changes(run: RunFolder, ledger: Ledger) -> None:
    """The list of changes names every item that comes or leaves, and no other as such."""
    keys = ["store_id", "item_id", "change"]
    status = run.tables["assortment"][["store_id", "item_id", "status"]]
    wanted = status[status["status"].isin(["NEW", "OUT"])].rename(columns={"status": "change"})
    found = _printed(run, CHANGES_SHEET, {})
    found["change"] = found["change"].astype("str").str.split().str[-1]
    found = found[found["change"] != "MOVED"]
    ledger.expect_same_rows(
        wanted,
        found,
        keys,
        lambda row: f"{_workbook(row, CHANGES_SHEET)}: item {row['item_id']} as {row['change']}",
        missing="is missing, yet so it is in tables/assortment.parquet",
        extra="is there, unlike in tables/assortment.parquet",
    )


def check_covers(run: RunFolder, ledger: Ledger) -> None:
    """The six figures of every cover are those of the three plans."""
    rows = []
    for store, grid in sheets_of_stores(run, COVER_SHEET).items():
        for cells in grid.values():
            figure = _name(cells.get("A", ""), COVER)
            rows += [
                (store, plan, figure, cells.get(letter, ""))
                for letter, plan in _COVER_COLUMNS.items()
                if figure
            ]
    found = pd.DataFrame(rows, columns=["store_id", "plan", "figure", "printed"]).astype("str")
    found["printed"] = pd.to_numeric(found["printed"], errors="coerce").astype("float64")
    wanted = run.tables["figures"].melt(
        ["store_id", "plan"], list(COVER.values()), "figure", "expected"
    )
    joined = wanted.merge(found, how="left", on=["store_id", "plan", "figure"])
    unknown = joined["expected"].isna() & joined["printed"].isna()
    ledger.expect_rows(
        joined,
        unknown | close(joined["printed"], joined["expected"]),
        lambda row: (
            f"{_workbook(row, COVER_SHEET)}: {row['figure']} of the {row['plan']} plan is "
            f"{number(row['printed'])}, expected {number(row['expected'])} as in "
            "tables/figures.parquet"
        ),
    )


def _compare(
    run: RunFolder,
    ledger: Ledger,
    sheet: str,
    heads: Mapping[str, str],
    wanted: pd.DataFrame,
    source: str,
) -> None:
    """Every wanted item stands once in the list, with its figures."""
    lists = _printed(run, sheet, heads).drop(columns=["change"])
    twice = lists.duplicated(["store_id", "item_id"])
    ledger.expect_rows(
        lists,
        ~twice,
        lambda row: f"{_workbook(row, sheet)}: item {row['item_id']} stands there twice",
    )
    both = ledger.expect_same_rows(
        wanted,
        lists[~twice],
        ["store_id", "item_id"],
        lambda row: f"{_workbook(row, sheet)}: item {row['item_id']}",
        extra=_OUT_OF_PLACE[sheet],
        suffixes=("", "_printed"),
    )
    for column in heads.values():
        unknown = both[f"{column}_printed"].isna() & both[column].isna()
        ledger.expect_rows(
            both,
            unknown | close(both[f"{column}_printed"], both[column]),
            lambda row, column=column: (  # type: ignore[misc]
                f"{_workbook(row, sheet)}: item {row['item_id']}: {column} is "
                f"{number(row[f'{column}_printed'])}, expected {number(row[column])} as in {source}"
            ),
        )


_OUT_OF_PLACE = {
    ITEMS_SHEET: "is not listed, yet in the list",
    CANDIDATES_SHEET: "is listed, yet among those not carried",
}


def _workbook(row: dict[str, Any], sheet: str) -> str:
    return f"planograms/{row['store_id']}.xlsx, sheet {sheet}"
