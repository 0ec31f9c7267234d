"""Chart of a backtest: what each way to choose a range would have caught of the later sales."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.demand.backtest.result import LOCAL, RANKINGS
from planner.outputs.backtest_contents import RANKING_WORDS
from planner.outputs.contents import Stamp
from planner.outputs.numbers import share, whole
from planner.outputs.report import theme
from planner.outputs.report.backtest_words import (
    captures_of,
    is_noise,
    points,
    points_between,
    row_of,
    shares_between,
)
from planner.outputs.report.chart_accuracy import error_bars
from planner.outputs.report.charts import Chart, Key, Table, figure, hover, short

SLOT_WORDS = {0.5: "half of the slots", 0.25: "a quarter of the slots"}
_MARKS = {0.5: "circle", 0.25: "diamond"}


def capture_chart(scores: pd.DataFrame, stamp: Stamp) -> Chart | None:
    """A line per ranking, with a mark for half and one for a quarter of the slots."""
    rows = captures_of(scores)
    own = rows[rows["against"] == ""]
    if own.empty:
        return None
    traces = []
    for shift, (slots, words) in zip((-0.14, 0.14), SLOT_WORDS.items(), strict=True):
        found = [row_of(own, forecaster=name, slots_share=slots) for name in RANKINGS]
        known = [row for row in found if row is not None]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [float(row["value"]) for row in known],
                "y": [place + shift for place in range(len(known))],
                "marker": {
                    "color": [
                        theme.LOCAL if row["forecaster"] == LOCAL else theme.CURRENT
                        for row in known
                    ],
                    "symbol": _MARKS[slots],
                    "size": 10,
                },
                "error_x": error_bars(known, theme.CURRENT),
                "hovertext": [
                    hover(
                        RANKING_WORDS[str(row["forecaster"])],
                        f"{words}: {share(float(row['value']), stamp)}",
                        f"95 % interval {shares_between(row, stamp)}",
                    )
                    for row in known
                ],
                "hoverinfo": "text",
            }
        )
    layout: dict[str, Any] = {
        "height": 80 + 44 * len(RANKINGS),
        "xaxis": {"tickformat": ".1%", "zeroline": False, "nticks": 6},
        "yaxis": {
            "tickvals": list(range(len(RANKINGS))),
            "ticktext": [short(RANKING_WORDS[name], 30) for name in RANKINGS],
            "range": [len(RANKINGS) - 0.4, -0.6],
            "zeroline": False,
        },
    }
    return Chart(
        id="chart-capture",
        finding=_finding(rows, stamp),
        caption="Each ranking fills half (dot) or a quarter (diamond) of the places that the "
        "store's items take now. Mark: units sold later by the chosen items, as a share of what "
        "the best choice would have sold; no item takes over from another. Line: 95 % interval.",
        figure=figure(traces, layout),
        key=[
            Key("current", "dot", SLOT_WORDS[0.5]),
            Key("current", "diamond", SLOT_WORDS[0.25]),
            Key("local", "square", "the planner's local ranking"),
        ],
        table=capture_table(rows, stamp),
    )


def _finding(rows: pd.DataFrame, stamp: Stamp) -> str:
    half = rows[rows["slots_share"] == max(rows["slots_share"])]
    local = row_of(half, forecaster=LOCAL, against="")
    if local is None:
        return "Nothing could be chosen from"
    text = f"With half of the slots the local ranking catches {share(float(local['value']), stamp)}"
    parts = []
    for name, words in (("own past", "the store's own past"), ("common", "one common list")):
        row = row_of(half, forecaster=LOCAL, against=name)
        if row is not None:
            gain = points(float(row["value"]), stamp)
            parts.append(
                f"{gain} points against {words}"
                + (" (within noise)" if is_noise(row) else f" ({points_between(row, stamp)})")
            )
    return f"{text} of the best possible units, {', '.join(parts)}"


def capture_table(rows: pd.DataFrame, stamp: Stamp) -> Table:
    """Captured shares of every ranking, and how far ahead the local one is."""
    body, raw = [], []
    for slots, words in SLOT_WORDS.items():
        for name in RANKINGS:
            own = row_of(rows, forecaster=name, against="", slots_share=slots)
            if own is None:
                continue
            ahead = row_of(rows, forecaster=LOCAL, against=name, slots_share=slots)
            body.append(
                [
                    RANKING_WORDS[name],
                    words,
                    whole(int(own["pairs"]), stamp),
                    share(float(own["value"]), stamp),
                    shares_between(own, stamp),
                    *(
                        ("", "", "")
                        if ahead is None
                        else (
                            points(float(ahead["value"]), stamp),
                            points_between(ahead, stamp),
                            "within noise" if is_noise(ahead) else "",
                        )
                    ),
                ]
            )
            raw.append(
                {"forecaster": name, "slots_share": slots, "pairs": own["pairs"]}
                | _with_ends("captured_share", own)
                | ({} if ahead is None else _with_ends("ahead_share", ahead))
            )
    columns = ["Ranking", "Slots", "Stores", "Captured", "95 % interval"]
    columns += ["Local is ahead by, points", "95 % interval", "Verdict"]
    frame = pd.DataFrame(raw)
    return Table("Share of the best possible units", columns, body, texts=1, frame=frame)


def _with_ends(name: str, row: pd.Series) -> dict[str, float]:
    ends = (("", "value"), ("_low", "low"), ("_high", "high"))
    return {f"{name}{end}": float(row[column]) for end, column in ends}
