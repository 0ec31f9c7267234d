"""Locks: obeyed by the plan, the same in the run's table as in the input, shown in workbooks."""

from __future__ import annotations

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
KNOWN = ("exact", "at the chain's prices", "at least", "not possible", "")


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
    cost = told["cost_week"]
    slack = 1e-6 * np.maximum(1.0, cost.abs())
    within = (told["least_week"] <= cost + slack) & (cost <= told["most_week"] + slack)
    counted = (told["state"] == IN_FORCE) & told["known"].isin(KNOWN)
    ledger.expect_rows(
        told,
        np.where(cost.notna(), within & counted, told["known"].isin(("", "not possible"))),
        lambda row: (
            f"{TABLE}: {_place(row)} costs {row['cost_week']:g} ({row['known']}), which lies not "
            f"between {row['least_week']:g} and {row['most_week']:g}, or is no lock in force"
        ),
    )


def check_sheets(run: RunFolder, ledger: Ledger) -> None:
    """The sheet *Locks* of each store shows every lock of the store once, with its state."""
    cells = run.tables["cells"]
    cells = cells[cells["sheet"] == LOCKS_SHEET]
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


def _rows(sheet: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Item, lock and state of every filled row below a head."""
    place = sheet["cell"].str.extract(r"([A-Z]+)(\d+)")
    grid: dict[int, dict[str, str]] = {}
    for letters, row, value in zip(place[0], place[1].astype(int), sheet["value"], strict=True):
        grid.setdefault(int(row), {})[str(letters)] = str(value)
    wanted = (HEADS["item_id"], HEADS["lock"], "State")
    columns: list[str] = []
    found = []
    for row in sorted(grid):
        heads = {text: letters for letters, text in grid[row].items()}
        if set(wanted) <= set(heads):
            columns = [heads[head] for head in wanted]
        elif columns and all(letters in grid[row] for letters in columns):
            item, lock, state = (grid[row][letters] for letters in columns)
            found.append((item.split(SEPARATOR)[0], lock, state))
    return found


def _place(row: dict[str, Any]) -> str:
    return f"store {row['store_id']}, item {row['item_id']}, lock {row['lock']}"
