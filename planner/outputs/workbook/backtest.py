"""``backtest.xlsx``: every score of a backtest, to sort and filter."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from planner.demand.backtest.bootstrap import within_noise
from planner.demand.backtest.result import CAPTURE, LOCAL, PLANNER
from planner.outputs import numbers
from planner.outputs.backtest_contents import KIND_MEANS, KIND_WORDS, BacktestContents
from planner.outputs.workbook import styles
from planner.outputs.workbook.save import save
from planner.outputs.workbook.shared import write_assumption_table
from planner.outputs.workbook.sheet import Book, Column, Heading

_THOUSANDTHS = replace(styles.NUMBER, number_format="0.000")
_MEASURES = (
    ("Error", "error_share", styles.SHARE),
    ("Error, units a week", "mae_units_week", styles.UNITS),
    ("R² of the log rate", "r2_log", _THOUSANDTHS),
    ("Bias", "bias_share", styles.SHARE),
)
_SLICES = ("all", "source", "category", "region")
_KEY = ["kind", "by", "name", "forecaster"]


def write_backtest_workbook(contents: BacktestContents, path: Path) -> None:
    """Write the workbook; the same contents give the same bytes."""
    stamp = contents.stamp
    data = f"data up to {numbers.day(stamp.data_date, stamp)}"
    held = (
        f"{contents.weeks} weeks held out, {len(contents.origins)} times, from "
        f"{numbers.day(stamp.valid_from, stamp)}"
    )
    book = Book(
        Heading(
            subject=f"{stamp.chain_name}, {len(contents.stores)} stores",
            lines=(
                f"{stamp.chain_name}  ·  backtest  ·  {data}  ·  {held}",
                f"no plan was made  ·  run id {stamp.run_id}",
            ),
            footer=f"{stamp.chain_name} · backtest · run id {stamp.run_id} · {data}",
        )
    )
    _write_summary(book, contents)
    _write_accuracy(book, contents)
    _write_coverage(book, contents)
    _write_stores(book, contents)
    _write_capture(book, contents)
    write_assumption_table(book, contents.assumptions)
    save(book, path, stamp.data_date, f"Backtest of {stamp.chain_name}")


def _write_summary(book: Book, contents: BacktestContents) -> None:
    scores = contents.scores
    rows = scores[(scores["by"] == "all") & (scores["against"] != "")]
    sheet = book.sheet("Summary", "Summary: the planner beside the best simple rule")
    columns = (
        Column("Held out", 24, styles.LONG_TEXT),
        Column("Slots", 9, styles.SHARE),
        Column("Measure", 26, styles.LONG_TEXT),
        Column("The planner", 12, _THOUSANDTHS),
        Column("Against", 26, styles.LONG_TEXT),
        Column("Scores", 12, _THOUSANDTHS),
        Column("Better by", 12, _THOUSANDTHS),
        Column("Low (2.5 %)", 12, _THOUSANDTHS),
        Column("High (97.5 %)", 12, _THOUSANDTHS),
        Column("Verdict", 16, styles.CENTRED),
        Column("Pairs or stores", 10, styles.WHOLE),
    )
    last = sheet.table(columns, _summary_rows(scores, rows), empty="Nothing was compared.")
    notes = (
        *(f"{words}: {KIND_MEANS[kind]}." for kind, words in KIND_WORDS.items()),
        "Every figure is on weeks that the planner could not see. Better by: above zero the "
        "planner is better; error: the share of the rule's error that it saves.",
        "Verdict: within noise where the 95 % interval holds zero or there is too little to tell. "
        "Intervals draw items anew (stores, for hidden stores and capture).",
        "Captured: units that the chosen items sold later, over those of the best choice.",
    )
    for offset, text in enumerate(notes, start=1):
        sheet.put(last + offset, 1, text, styles.NOTE)


_WORDS = {
    "error_saved_share": ("Error, share of units sold", "error_share"),
    "r2_log": ("R² of the log rate", "r2_log"),
    "captured_share": ("Captured share", "captured_share"),
}


def _summary_rows(scores: pd.DataFrame, rows: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    own = scores[(scores["by"] == "all") & (scores["against"] == "")]
    value = {
        (
            r.kind,
            r.forecaster,
            r.measure,
            -1.0 if pd.isna(r.slots_share) else r.slots_share,
        ): r.value
        for r in _rows(own)
    }
    for row in _rows(rows):
        words, measure = _WORDS[row.measure]
        slots = -1.0 if pd.isna(row.slots_share) else row.slots_share
        yield (
            KIND_WORDS[row.kind],
            None if pd.isna(row.slots_share) else row.slots_share,
            words,
            value.get((row.kind, row.forecaster, measure, slots), float("nan")),
            row.against,
            value.get((row.kind, row.against, measure, slots), float("nan")),
            row.value,
            row.low,
            row.high,
            _verdict(row.low, row.high),
            row.pairs,
        )


def _verdict(low: float, high: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return "too few to tell"
    if within_noise(low, high):
        return "within noise"
    return "better" if low > 0 else "worse"


def _wide(scores: pd.DataFrame) -> pd.DataFrame:
    """A row per slice and forecaster; columns (value, low, high) by measure."""
    own = scores[(scores["against"] == "") & (scores["kind"] != CAPTURE)]
    order = own.drop_duplicates(_KEY).set_index(_KEY)[["pairs", "unanswered"]]
    table = own.pivot(index=_KEY, columns="measure", values=["value", "low", "high"])
    heads: list[Any] = table.columns.to_list()
    table.columns = pd.Index([f"{measure}_{part}" for part, measure in heads])
    wide = order.join(table).reset_index()
    return wide.assign(held_out=wide["kind"].map(KIND_WORDS))


def _write_accuracy(book: Book, contents: BacktestContents) -> None:
    table = _wide(contents.scores)
    table = table[table["by"].isin(_SLICES)]
    fields: list[tuple[Column, str]] = [
        (Column("Held out", 21, styles.LONG_TEXT), "held_out"),
        (Column("By", 10, styles.CENTRED), "by"),
        (Column("Name", 24, styles.LONG_TEXT), "name"),
        (Column("Forecaster", 26, styles.LONG_TEXT), "forecaster"),
        (Column("Pairs", 9, styles.WHOLE), "pairs"),
        (Column("Cannot answer", 9, styles.WHOLE), "unanswered"),
    ]
    fields += _measure_fields()
    book.sheet("Accuracy", "Accuracy on held-out weeks").table(
        [column for column, _ in fields], _columns(table, fields)
    )


def _measure_fields() -> list[tuple[Column, str]]:
    fields = []
    for head, measure, look in _MEASURES:
        fields.append((Column(head, 10, look), f"{measure}_value"))
        fields.append((Column("low", 9, look), f"{measure}_low"))
        fields.append((Column("high", 9, look), f"{measure}_high"))
    return fields


def _columns(table: pd.DataFrame, fields: list[tuple[Column, str]]) -> Any:
    return zip(*(table[name] for _, name in fields), strict=True)


def _write_coverage(book: Book, contents: BacktestContents) -> None:
    table = _wide(contents.scores)
    table = table[(table["forecaster"] == PLANNER) & table["by"].isin(_SLICES)]
    fields = [
        (Column("Held out", 21, styles.LONG_TEXT), "held_out"),
        (Column("By", 12, styles.CENTRED), "by"),
        (Column("Name", 30, styles.LONG_TEXT), "name"),
        (Column("Pairs", 10, styles.WHOLE), "pairs"),
        (Column("Inside the 80 % interval", 14, styles.SHARE), "inside_share_value"),
        (Column("low", 10, styles.SHARE), "inside_share_low"),
        (Column("high", 10, styles.SHARE), "inside_share_high"),
    ]
    book.sheet("Coverage", "Held-out rates inside the planner's 80 % intervals").table(
        [column for column, _ in fields], _columns(table, fields)
    )


def _write_stores(book: Book, contents: BacktestContents) -> None:
    scores = contents.scores
    own = _wide(scores[scores["by"] == "store"])
    own = own[own["forecaster"] == PLANNER]
    gains = scores[(scores["by"] == "store") & (scores["measure"] == "error_saved_share")]
    gains = gains[["kind", "name", "against", "value", "low", "high"]]
    table = own.merge(gains, on=["kind", "name"], how="left").merge(
        contents.stores[["store_id", "store_name", "region"]],
        left_on="name",
        right_on="store_id",
        how="left",
    )
    table["against"] = table["against"].fillna("none")
    table["verdict"] = [
        _verdict(low, high) for low, high in zip(table["low"], table["high"], strict=True)
    ]
    order = {kind: place for place, kind in enumerate(dict.fromkeys(scores["kind"]))}
    table = table.sort_values(
        ["kind", "value", "name"], key=lambda c: c.map(order) if c.name == "kind" else c
    )
    fields = [
        (Column("Held out", 21, styles.LONG_TEXT), "held_out"),
        (Column("Store", 9, styles.CENTRED), "name"),
        (Column("Name", 22, styles.LONG_TEXT), "store_name"),
        (Column("Region", 14, styles.LONG_TEXT), "region"),
        (Column("Pairs", 8, styles.WHOLE), "pairs"),
        (Column("Planner's error", 10, styles.SHARE), "error_share_value"),
        (Column("Bias", 9, styles.SHARE), "bias_share_value"),
        (Column("Inside the 80 % interval", 10, styles.SHARE), "inside_share_value"),
        (Column("Best simple rule", 24, styles.LONG_TEXT), "against"),
        (Column("Its error saved", 10, styles.SHARE), "value"),
        (Column("low", 9, styles.SHARE), "low"),
        (Column("high", 9, styles.SHARE), "high"),
        (Column("Verdict", 14, styles.CENTRED), "verdict"),
    ]
    book.sheet("Stores", "Stores: where the planner helps least stands first").table(
        [column for column, _ in fields], _columns(table, fields), empty="No store was scored."
    )


def _write_capture(book: Book, contents: BacktestContents) -> None:
    scores = contents.scores[contents.scores["kind"] == CAPTURE]
    own = scores[scores["against"] == ""]
    ahead = scores[scores["forecaster"] == LOCAL][
        ["by", "name", "slots_share", "against", "value", "low", "high"]
    ]
    table = own.merge(
        ahead[ahead["against"] != ""],
        left_on=["by", "name", "slots_share", "forecaster"],
        right_on=["by", "name", "slots_share", "against"],
        how="left",
        suffixes=("", "_ahead"),
    )
    table["verdict"] = [
        "" if name == LOCAL else _verdict(low, high)
        for name, low, high in zip(
            table["forecaster"], table["low_ahead"], table["high_ahead"], strict=True
        )
    ]
    ahead_columns = ["value_ahead", "low_ahead", "high_ahead"]
    body = table[ahead_columns].astype(object)
    body[table["forecaster"] == LOCAL] = None
    table[ahead_columns] = body
    fields = [
        (Column("By", 10, styles.CENTRED), "by"),
        (Column("Name", 24, styles.LONG_TEXT), "name"),
        (Column("Slots", 9, styles.SHARE), "slots_share"),
        (Column("Ranking", 16, styles.LONG_TEXT), "forecaster"),
        (Column("Stores", 9, styles.WHOLE), "pairs"),
        (Column("Captured", 11, styles.SHARE), "value"),
        (Column("low", 10, styles.SHARE), "low"),
        (Column("high", 10, styles.SHARE), "high"),
        (Column("Local is ahead by", 11, styles.SHARE), "value_ahead"),
        (Column("low", 10, styles.SHARE), "low_ahead"),
        (Column("high", 10, styles.SHARE), "high_ahead"),
        (Column("Verdict", 14, styles.CENTRED), "verdict"),
    ]
    book.sheet("Capture", "Share of the best possible units that each ranking's choice sold").table(
        [column for column, _ in fields], _columns(table, fields), empty="Nothing to choose from."
    )


def _rows(frame: pd.DataFrame) -> Any:
    return frame.itertuples()
