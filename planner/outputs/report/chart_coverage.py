"""Chart of a backtest: how many held-out weeks fell inside the 80 % intervals."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.demand.backtest.result import PLANNER, ROLLING_ORIGIN
from planner.outputs.backtest_contents import KIND_WORDS
from planner.outputs.contents import Stamp
from planner.outputs.numbers import share, whole
from planner.outputs.report import theme
from planner.outputs.report.backtest_words import NEAR, PROMISED, kinds_of, shares_between, verdict
from planner.outputs.report.chart_accuracy import error_bars
from planner.outputs.report.chart_sources import SOURCE_WORDS, SOURCES
from planner.outputs.report.charts import Chart, Table, figure, hover, short, upright


def coverage_chart(
    scores: pd.DataFrame, stamp: Stamp, by: str = "all", name: str = "all"
) -> Chart | None:
    """A dot per hold-out, and per source of demand for known pairs, beside the promised 80 %."""
    inside = scores[(scores["measure"] == "inside_share") & (scores["forecaster"] == PLANNER)]
    chosen = inside[(inside["by"] == by) & (inside["name"] == name)]
    lines: list[tuple[str, pd.Series]] = []
    for kind in kinds_of(chosen):
        lines.append((KIND_WORDS[kind], chosen[chosen["kind"] == kind].iloc[0]))
        if kind == ROLLING_ORIGIN and by == "all":
            of_source = inside[(inside["by"] == "source") & (inside["kind"] == kind)]
            for source in SOURCES:
                row = of_source[of_source["name"] == source]
                if len(row):
                    lines.append((f"– {SOURCE_WORDS[source]}", row.iloc[0]))
    if not lines:
        return None
    rows = [row for _, row in lines]
    places = list(range(len(lines)))
    ends = [
        float(row[end]) for row in rows for end in ("low", "value", "high") if pd.notna(row[end])
    ]
    mark: dict[str, Any] = {
        "type": "scatter",
        "mode": "markers",
        "x": [float(row["value"]) for row in rows],
        "y": places,
        "marker": {"color": theme.LOCAL, "size": 10},
        "error_x": error_bars(rows, theme.LOCAL),
        "hovertext": [
            hover(
                words,
                f"{share(float(row['value']), stamp)} inside",
                f"95 % interval {shares_between(row, stamp)}",
            )
            for words, row in lines
        ],
        "hoverinfo": "text",
    }
    layout: dict[str, Any] = {
        "height": 80 + 30 * len(lines),
        "xaxis": {
            "tickformat": ".0%",
            "range": [max(min(0.6, *ends) - 0.03, 0.0), min(max(0.95, *ends) + 0.03, 1.02)],
            "zeroline": False,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": [short(words, 34) for words, _ in lines],
            "range": [len(lines) - 0.4, -0.6],
            "zeroline": False,
            "showgrid": False,
        },
        "shapes": [upright(PROMISED)],
    }
    return Chart(
        id="chart-coverage",
        finding=_finding(lines, stamp),
        caption="Share of the held-out weekly rates that fell inside the planner's 80 % interval. "
        "Upright line: the 80 % that it promises. Line across: 95 % interval. It agrees where that "
        f"holds 80 %, is close within {100 * NEAR:.0f} points of it, else too narrow or too wide.",
        figure=figure([mark], layout),
        key=[],
        table=Table(
            "Held-out rates inside the 80 % intervals",
            ["Held out", "Pairs", "Inside", "95 % interval", "Verdict"],
            [
                [
                    words,
                    whole(int(row["pairs"]), stamp),
                    share(float(row["value"]), stamp),
                    shares_between(row, stamp),
                    verdict(row),
                ]
                for words, row in lines
            ],
            frame=pd.DataFrame(
                [row[["kind", "by", "name", "pairs", "value", "low", "high"]] for row in rows]
            ).reset_index(drop=True),
        ),
    )


def _finding(lines: list[tuple[str, pd.Series]], stamp: Stamp) -> str:
    parts = [
        f"{share(float(row['value']), stamp)} for {words[0].lower()}{words[1:]} ({verdict(row)})"
        for words, row in lines
        if not words.startswith("–")
    ]
    return f"Inside the 80 % intervals: {', '.join(parts)}"
