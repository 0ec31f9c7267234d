"""Write ``backtest.html``: how good the forecasts would have been, on one offline page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from planner.demand.backtest.result import CAPTURE, COMMON, LOCAL, OWN_PAST
from planner.outputs.backtest_contents import KIND_MEANS, KIND_WORDS, BacktestContents
from planner.outputs.contents import Stamp
from planner.outputs.numbers import share, whole
from planner.outputs.report.backtest_words import (
    advantage_of,
    advantage_words,
    captures_of,
    figure_of,
    is_noise,
    kinds_of,
    points,
    points_between,
    row_of,
    shares_between,
    verdict,
)
from planner.outputs.report.chart_accuracy import accuracy_chart, slices_chart
from planner.outputs.report.chart_capture import capture_chart
from planner.outputs.report.chart_coverage import coverage_chart
from planner.outputs.report.charts import Table
from planner.outputs.report.csv_tables import chart_tables, file_stem, for_csv
from planner.outputs.report.glossary import BACKTEST_GLOSSARY
from planner.outputs.report.packed import packed_json
from planner.outputs.report.write import chart_figures, render


@dataclass(frozen=True)
class Answer:
    """One figure of the first screen with the sentence that it supports."""

    question: str
    value: str
    unit: str
    sentence: str
    interval: str
    noise: bool


def write_backtest_page(contents: BacktestContents, path: Path) -> None:
    """Write the page; the same contents give the same bytes."""
    scores, stamp = contents.scores, contents.stamp
    names = {
        str(store): str(name) or str(store)
        for store, name in zip(
            contents.stores["store_id"], contents.stores["store_name"], strict=True
        )
    }
    charts = {
        "accuracy": accuracy_chart(scores, stamp),
        "coverage": coverage_chart(scores, stamp),
        "capture": capture_chart(scores, stamp),
        "categories": slices_chart(scores, stamp, "category", {}, "categories"),
        "regions": slices_chart(scores, stamp, "region", {}, "regions"),
        "stores": slices_chart(scores, stamp, "store", names, "stores"),
    }
    text = render(
        "backtest.html.j2",
        stamp=stamp,
        contents=contents,
        held_out=held_out(contents),
        answers=[*accuracy_answers(scores, stamp), *capture_answers(scores, stamp)],
        charts=charts,
        regions=capture_by_region(scores, stamp),
        figures=chart_figures(charts),
        tables=packed_json(for_csv(chart_tables(charts.values()))),
        file_stem=file_stem(stamp, None),
        assumptions=own_first(contents.assumptions).to_dict("records"),
        glossary=BACKTEST_GLOSSARY,
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def own_first(assumptions: pd.DataFrame) -> pd.DataFrame:
    """What the backtest assumed stands before what the tables did."""
    return assumptions.sort_values("stage", kind="stable")


def held_out(contents: BacktestContents) -> str:
    """Which weeks were held out, in words."""
    stamp = contents.stamp
    times = {1: "once", 2: "twice"}.get(len(contents.origins), f"{len(contents.origins)} times")
    weeks = whole(contents.weeks, stamp)
    return (
        f"the last {'week' if contents.weeks == 1 else f'{weeks} weeks'} of "
        f"{whole(contents.history_weeks, stamp)} weeks of sales, {times}"
    )


def accuracy_answers(scores: pd.DataFrame, stamp: Stamp) -> list[Answer]:
    """For every hold-out: its error, beside the best simple rule, and whether intervals hold."""
    found = []
    for kind in kinds_of(scores):
        error = figure_of(scores, kind, "error_share")
        inside = figure_of(scores, kind, "inside_share")
        if error is None or inside is None:
            continue
        gain = advantage_of(scores, kind)
        found.append(
            Answer(
                question=KIND_WORDS[kind],
                value=f"±{share(float(error['value']), stamp)}",
                unit=f"average error ({_ends(error, stamp)}): {KIND_MEANS[kind]}",
                sentence=f"{_compared(gain, stamp)} "
                f"80 % intervals held {share(float(inside['value']), stamp)}: {verdict(inside)}.",
                interval="" if gain is None else _ends(gain, stamp),
                noise=gain is not None and is_noise(gain),
            )
        )
    return found


TOO_FEW = "too few for an interval"


def _ends(row: pd.Series, stamp: Stamp) -> str:
    return shares_between(row, stamp) if pd.notna(row["low"]) else TOO_FEW


def _compared(gain: pd.Series | None, stamp: Stamp) -> str:
    if gain is None:
        return "no simple rule can answer."
    if is_noise(gain):
        return f"no clear difference to the best simple rule ({gain['against']})."
    return f"{advantage_words(gain, stamp)} error than the best simple rule ({gain['against']})."


def capture_answers(scores: pd.DataFrame, stamp: Stamp) -> list[Answer]:
    """What the local ranking catches with half of the slots."""
    rows = captures_of(scores)
    half = rows[rows["slots_share"] == rows["slots_share"].max()]
    local = row_of(half, forecaster=LOCAL, against="")
    past = row_of(half, forecaster=LOCAL, against=OWN_PAST)
    if local is None or past is None:
        return []
    ahead = float(past["value"])
    return [
        Answer(
            question=KIND_WORDS[CAPTURE],
            value=share(float(local["value"]), stamp),
            unit="of the best possible units, with half of the slots",
            sentence=f"{points(ahead, stamp)} points against the store's own past ranking.",
            interval=f"{points_between(past, stamp)} points" if pd.notna(past["low"]) else TOO_FEW,
            noise=is_noise(past),
        )
    ]


def capture_by_region(scores: pd.DataFrame, stamp: Stamp) -> Table | None:
    """Captured share with half of the slots, region by region."""
    found = scores[(scores["kind"] == CAPTURE) & (scores["by"] == "region")]
    names = list(dict.fromkeys(found["name"]))
    if len(names) < 2:
        return None
    body = []
    for name in names:
        rows = found[(found["name"] == name) & (found["slots_share"] == 0.5)]
        local = row_of(rows, forecaster=LOCAL, against="")
        if local is None:
            continue
        line = [name or "no region", whole(int(local["pairs"]), stamp)]
        line.append(share(float(local["value"]), stamp))
        for rival in (OWN_PAST, COMMON):
            ahead = row_of(rows, forecaster=LOCAL, against=rival)
            if ahead is None:
                line += ["", ""]
                continue
            line.append(points(float(ahead["value"]), stamp))
            noise = " (within noise)" if is_noise(ahead) else ""
            line.append(f"{points_between(ahead, stamp)}{noise}")
        body.append(line)
    columns = ["Region", "Stores", "Local catches"]
    for words in ("own past", "common list"):
        columns += [f"Ahead of {words}", "95 % interval"]
    return Table("Captured share with half of the slots; leads in percentage points", columns, body)
