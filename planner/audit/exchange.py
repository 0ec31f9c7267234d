"""What other programs read of a run: every position as in the table, in CSV and in ``.psa``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from planner.audit.folder import PAIR, RunFolder
from planner.audit.ledger import Ledger, number
from planner.outputs.exchange.positions_csv import read_positions_csv
from planner.outputs.exchange.psa_read import read_psa

CSV = "exchange/positions.csv"
PSA = "exchange/{}.psa"
ROUNDED_CM = 1e-3
"""Both files round lengths to less than this."""
_NUMBERS = ("bay", "shelf", "position", "facings")
_LENGTHS = ("left_cm", "width_cm")
_TEXTS = ("fixture_id", "item_name", "need_group", "core", "status")


def check_csv(run: RunFolder, ledger: Ledger) -> None:
    """The CSV file holds the positions of the table, each once, with what its item is."""
    found = _read(run, CSV, read_positions_csv, ledger)
    if found is not None:
        plans = run.tables["store_plans"][["store_id", "plan_id"]]
        _compare(CSV, found, _expected(run).merge(plans, on="store_id"), ("plan_id",), ledger)


def check_psa(run: RunFolder, ledger: Ledger) -> None:
    """The file of each store with shelves holds its positions, each once, and no other store's."""
    expected = _expected(run)
    for store_id in dict.fromkeys(run.tables["shelves"]["store_id"].tolist()):
        name = PSA.format(store_id)
        found = _read(run, name, read_psa, ledger)
        if found is not None:
            here = expected[expected["store_id"] == store_id]
            _compare(name, found.assign(store_id=store_id), here, (), ledger)


def _read(
    run: RunFolder, name: str, read: Callable[[bytes], pd.DataFrame], ledger: Ledger
) -> pd.DataFrame | None:
    try:
        return read((run.path / name).read_bytes())
    except FileNotFoundError:
        ledger.expect(False, f"{name} is missing, its positions could not be compared")
    except (OSError, ValueError) as error:
        ledger.expect(False, f"{name} cannot be read: {error}")
    return None


def _expected(run: RunFolder) -> pd.DataFrame:
    """The positions with what their files say of them."""
    items = run.inputs["items"][["item_id", "item_name", "need_group"]]
    chosen = run.tables["assortment"][[*PAIR, "core", "status"]]
    frame = run.tables["positions"].merge(items, on="item_id", how="left")
    frame = frame.merge(chosen, on=list(PAIR), how="left")
    return frame.assign(core=frame["core"].map({True: "yes", False: "no"}))


def _compare(
    name: str,
    found: pd.DataFrame,
    expected: pd.DataFrame,
    more_texts: tuple[str, ...],
    ledger: Ledger,
) -> None:
    """Row by row; an item that stays counts as such whether or not it moves."""
    found = found.assign(status=found["status"].replace("MOVED", "KEEP"))
    twice = found.duplicated(list(PAIR))
    ledger.expect_rows(
        found, ~twice, lambda row: f"{name}: {_which(row)} stands there twice, expected once"
    )
    both = ledger.expect_same_rows(
        expected,
        found[~twice],
        PAIR,
        lambda row: f"{name}: {_which(row)}",
        extra="is there, but not in tables/positions.parquet",
    )
    for column in (*_NUMBERS, *_LENGTHS, *_TEXTS, *more_texts):
        there, wanted = both[f"{column}_found"], both[column]
        as_text = column in (*_TEXTS, *more_texts)
        tolerance = ROUNDED_CM if column in _LENGTHS else 0.0
        same = there.astype("str") == wanted.astype("str") if as_text else None
        ledger.expect_rows(
            both,
            (there - wanted).abs() <= tolerance if same is None else same,
            lambda row, column=column, text=as_text: (  # type: ignore[misc]
                f"{name}: {_which(row)}: {column} is {_shown(row[f'{column}_found'], text)}, "
                f"expected {_shown(row[column], text)}"
            ),
        )


def _which(row: dict[str, Any]) -> str:
    return f"store {row['store_id']}, item {row['item_id']}"


def _shown(value: Any, as_text: bool) -> str:
    return repr(str(value)) if as_text else number(value)
