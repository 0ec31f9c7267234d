"""Charts of a backtest: errors of the planner and of the simple rules on held-out weeks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from planner.demand.backtest.result import PLANNER, ROLLING_ORIGIN, RULES
from planner.outputs.backtest_contents import KIND_WORDS
from planner.outputs.contents import Stamp
from planner.outputs.numbers import MISSING, share, units, whole
from planner.outputs.report import theme
from planner.outputs.report.amounts import MINUS
from planner.outputs.report.backtest_words import (
    advantage_of,
    advantage_words,
    is_noise,
    kinds_of,
    shares_between,
)
from planner.outputs.report.charts import Chart, Key, Table, bold, different, figure, hover

ROW, HEADING = 26, 40
"""Pixels."""
MOST_NAMED = 40


def accuracy_chart(
    scores: pd.DataFrame, stamp: Stamp, by: str = "all", name: str = "all"
) -> Chart | None:
    """A bar per hold-out and forecaster: its error as a share of what was sold, with interval."""
    rows = scores[(scores["by"] == by) & (scores["name"] == name) & (scores["against"] == "")]
    errors = rows[rows["measure"] == "error_share"]
    kinds = kinds_of(errors)
    if not kinds:
        return None
    places: list[float] = []
    drawn: list[pd.Series] = []
    headings: list[tuple[float, str]] = []
    place = 0.0
    for kind in kinds:
        headings.append((place, KIND_WORDS[kind]))
        place += 1.0
        for forecaster in (PLANNER, *RULES):
            row = errors[(errors["kind"] == kind) & (errors["forecaster"] == forecaster)]
            if len(row):
                places.append(place)
                drawn.append(row.iloc[0])
                place += 1.0
        place += 0.35
    top = max(_end(row) for row in drawn)
    layout: dict[str, Any] = {
        "height": int(ROW * place) + 30,
        "bargap": 0.25,
        "margin": {"t": 8, "b": 8, "l": 8, "r": 12},
        "xaxis": {"visible": False, "range": [0, 1.42 * top]},
        "yaxis": {
            "tickvals": places,
            "ticktext": [str(row["forecaster"]) for row in drawn],
            "range": [place - 0.5, -0.6],
            "showgrid": False,
            "zeroline": False,
        },
        "annotations": [
            *(_heading(y, words) for y, words in headings),
            *(_number(y, row, stamp) for y, row in zip(places, drawn, strict=True)),
        ],
    }
    return Chart(
        id="chart-accuracy",
        finding=_finding(scores, kinds, stamp, by, name),
        caption="Bar: forecast error, the absolute misses of the weekly rate summed, as a share of "
        "the units sold; lower is better. Line: 95 % interval.",
        figure=figure([_bars(drawn, places, stamp)], layout),
        key=[Key("local", "square", "planner"), Key("current", "square", "simple rules")],
        table=accuracy_table(rows, kinds, stamp),
    )


def _end(row: pd.Series) -> float:
    return float(row["value"] if pd.isna(row["high"]) else row["high"])


def _heading(place: float, words: str) -> dict[str, Any]:
    return {
        "x": 0,
        "xref": "x",
        "y": place,
        "yref": "y",
        "xanchor": "left",
        "yanchor": "middle",
        "text": bold(words),
        "showarrow": False,
        "font": {"color": theme.MUTED, "size": 12},
    }


def _number(place: float, row: pd.Series, stamp: Stamp) -> dict[str, Any]:
    return {
        "x": 1,
        "xref": "paper",
        "y": place,
        "yref": "y",
        "xanchor": "right",
        "yanchor": "middle",
        "text": share(float(row["value"]), stamp),
        "showarrow": False,
    }


def _bars(drawn: list[pd.Series], places: list[float], stamp: Stamp) -> dict[str, Any]:
    values = [float(row["value"]) for row in drawn]
    colours = [theme.LOCAL if row["forecaster"] == PLANNER else theme.CURRENT for row in drawn]
    return {
        "type": "bar",
        "orientation": "h",
        "x": values,
        "y": places,
        "marker": {"color": colours},
        "error_x": error_bars(drawn, theme.INK),
        "hovertext": [
            hover(
                f"{row['forecaster']}: error {share(float(row['value']), stamp)}",
                f"95 % interval {shares_between(row, stamp)}",
                f"{whole(int(row['pairs']), stamp)} pairs",
            )
            for row in drawn
        ],
        "hoverinfo": "text",
    }


def error_bars(rows: list[pd.Series], colour: str) -> dict[str, Any]:
    """Plotly's error bars from low, value and high; none where the interval is not known."""
    known = [bool(pd.notna(row["low"]) and pd.notna(row["high"])) for row in rows]
    return {
        "type": "data",
        "symmetric": False,
        "array": [
            max(float(r["high"] - r["value"]), 0.0) if k else 0.0
            for r, k in zip(rows, known, strict=True)
        ],
        "arrayminus": [
            max(float(r["value"] - r["low"]), 0.0) if k else 0.0
            for r, k in zip(rows, known, strict=True)
        ],
        "color": colour,
        "thickness": 1.5,
        "width": 0,
    }


def _finding(scores: pd.DataFrame, kinds: list[str], stamp: Stamp, by: str, name: str) -> str:
    parts = []
    for kind in kinds:
        gain = advantage_of(scores, kind, by, name)
        words = advantage_words(gain, stamp)
        if gain is not None and not is_noise(gain):
            words += f" (95 % interval {_saved(gain, stamp)})"
        parts.append(f"{words} for {KIND_WORDS[kind].lower()}")
    return f"Error beside the best simple rule: {', '.join(parts)}"


def _saved(gain: pd.Series, stamp: Stamp) -> str:
    """The interval of the error that is saved, as the words before it: less, or more."""
    low, high = sorted(abs(float(gain[end])) for end in ("low", "high"))
    return f"{share(low, stamp)} to {share(high, stamp)}"


MEASURE_HEADS = {
    "error_share": "Error",
    "mae_units_week": "Error, units a week",
    "r2_log": "R² of the log rate",
    "bias_share": "Bias",
}


def accuracy_table(rows: pd.DataFrame, kinds: list[str], stamp: Stamp) -> Table:
    """Every figure of a slice by hold-out and forecaster, with its interval."""
    columns = ["Held out", "Forecaster", "Pairs", "Cannot answer"]
    for head in MEASURE_HEADS.values():
        columns += [head, "95 % interval"]
    body, raw = [], []
    for kind in kinds:
        for forecaster in (PLANNER, *RULES):
            found = rows[(rows["kind"] == kind) & (rows["forecaster"] == forecaster)]
            found = found.set_index("measure")
            if found.empty:
                continue
            first = found.iloc[0]
            line = [
                KIND_WORDS[kind],
                forecaster,
                whole(int(first["pairs"]), stamp),
                whole(int(first["unanswered"]), stamp),
            ]
            for measure in MEASURE_HEADS:
                line += written(found.loc[[measure]].iloc[0], measure, stamp)
            body.append(line)
            raw.append(
                {name: first[name] for name in ("kind", "forecaster", "pairs", "unanswered")}
                | with_ends(found, MEASURE_HEADS)
            )
    frame = pd.DataFrame(raw)
    return Table("Scores on held-out weeks", columns, body, texts=1, frame=frame)


def with_ends(rows: pd.DataFrame, measures: Iterable[str]) -> dict[str, float]:
    """Raw value and ends of the interval of each measure; ``rows``: scores by measure."""
    return {
        f"{measure}{end}": float(rows.loc[[measure], column].iloc[0])
        for measure in measures
        for end, column in (("", "value"), ("_low", "low"), ("_high", "high"))
    }


def written(row: pd.Series, measure: str, stamp: Stamp) -> tuple[str, str]:
    """A figure and its interval as words."""

    def one(value: float) -> str:
        if pd.isna(value):
            return MISSING
        if measure == "mae_units_week":
            return units(value, stamp)
        if measure == "r2_log":
            return f"{value:.3f}".replace("-", MINUS)
        return share(value, stamp).replace("-", MINUS)

    value, low, high = (float(row[column]) for column in ("value", "low", "high"))
    ends = MISSING if pd.isna(low) or pd.isna(high) else f"{one(low)} to {one(high)}"
    return one(value), ends


def slices_chart(
    scores: pd.DataFrame, stamp: Stamp, by: str, names: dict[str, str], plural: str
) -> Chart | None:
    """The planner's error beside that of the best simple rule, slice by slice, last weeks held
    out; the slices in which the planner saves least on top."""
    rows = scores[(scores["kind"] == ROLLING_ORIGIN) & (scores["by"] == by)]
    gains = rows[rows["measure"] == "error_saved_share"].sort_values(["value", "name"])
    told = gains.dropna(subset=["low", "high"])
    if len(told) < 2:
        return None
    lines = [row for _, row in told.head(MOST_NAMED).iterrows()]
    beaten = sum(float(row["low"]) > 0 for _, row in gains.iterrows())
    lost = sum(float(row["high"]) < 0 for _, row in gains.iterrows())
    finding = (
        f"The planner beats the best simple rule in {whole(beaten, stamp)} of "
        f"{whole(len(told), stamp)} {plural} beyond noise"
    )
    if lost:
        finding += f", and is beaten in {whole(lost, stamp)}"
    places = list(range(len(lines)))
    labels = different([names.get(str(row["name"]), str(row["name"])) for row in lines])
    layout = {
        "height": 100 + 24 * len(lines),
        "margin": {"t": 8, "b": 48, "l": 8, "r": 12},
        "xaxis": {
            "title": {"text": "Share of the best rule's error saved"},
            "tickformat": ".0%",
            "zeroline": True,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": labels,
            "range": [len(lines) - 0.4, -0.6],
            "zeroline": False,
        },
    }
    mark = {
        "type": "scatter",
        "mode": "markers",
        "x": [float(row["value"]) for row in lines],
        "y": places,
        "marker": {
            "color": [_colour(row) for row in lines],
            "size": 9,
        },
        "error_x": error_bars(lines, theme.CURRENT),
        "hovertext": [
            hover(
                label,
                f"{share(float(row['value']), stamp)} of the error of {row['against']} saved",
                f"95 % interval {shares_between(row, stamp)}",
            )
            for label, row in zip(labels, lines, strict=True)
        ],
        "hoverinfo": "text",
    }
    first = f"The {len(lines)} with the smallest advantage. " if len(lines) < len(told) else ""
    silent = len(gains) - len(told)
    rest = f" {whole(silent, stamp)} with too few items to tell are in the table alone."
    return Chart(
        id=f"chart-by-{by}",
        finding=finding,
        caption=f"{first}Items already sold, the last weeks held out. Line: 95 % "
        "interval; one that crosses zero is within noise." + (rest if silent else ""),
        figure=figure([mark], layout),
        key=[
            Key("local", "dot", "the planner is better"),
            Key("common", "dot", "the rule is better"),
            Key("current", "dot", "within noise"),
        ],
        table=_slices_table(rows, gains, names, stamp),
    )


def _colour(row: pd.Series) -> str:
    if is_noise(row):
        return theme.CURRENT
    return theme.LOCAL if float(row["value"]) > 0 else theme.COMMON


def _slices_table(
    rows: pd.DataFrame, gains: pd.DataFrame, names: dict[str, str], stamp: Stamp
) -> Table:
    own = rows[(rows["forecaster"] == PLANNER) & (rows["against"] == "")]
    rows_of = {name: of.set_index("measure") for name, of in own.groupby("name", sort=False)}
    own = own.set_index(["name", "measure"])
    body, raw = [], []
    shown = ("error_share", "bias_share", "inside_share")
    for _, gain in gains.iterrows():
        name = str(gain["name"])
        raw.append(
            {column: gain[column] for column in ("name", "against", "pairs")}
            | with_ends(gain.to_frame().T.set_index("measure"), ["error_saved_share"])
            | with_ends(rows_of[name], shown)
        )
        line = [names.get(name, name), str(gain["against"]), whole(int(gain["pairs"]), stamp)]
        line += written(gain, "error_saved_share", stamp)
        for measure in shown:
            line += written(own.loc[[(name, measure)]].iloc[0], measure, stamp)
        body.append(line)
    columns = ["Name", "Best simple rule", "Pairs", "Error saved", "95 % interval"]
    for head in ("Planner's error", "Bias", "Inside 80 % intervals"):
        columns += [head, "95 % interval"]
    return Table("Last weeks held out", columns, body, texts=1, frame=pd.DataFrame(raw))
