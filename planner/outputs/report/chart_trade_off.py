"""Chart of a sweep: what the plan is worth at each value of a key, and what no plan can exceed."""

from __future__ import annotations

from typing import Any

import pandas as pd
from markupsafe import Markup

from planner.outputs.contents import Stamp
from planner.outputs.numbers import MISSING, gap, whole
from planner.outputs.report import theme
from planner.outputs.report.amounts import amount, quantity, signed
from planner.outputs.report.charts import Chart, Key, Table, figure
from planner.outputs.report.trade_off_words import key_words, value_text

AS_IT_IS = "as it is"
OF = {"margin": "margin after waste", "sales": "sales", "units": "units sold", "waste": "waste"}
PLANS = {"feasible": "feasible", "infeasible": "no plan keeps every limit", "none": "none in time"}


def objective_words(stamp: Stamp) -> str:
    """What a plan's worth is, with its unit."""
    unit = stamp.currency if stamp.currency and stamp.objective != "units" else "units"
    return f"{OF[stamp.objective][:1].upper()}{OF[stamp.objective][1:]}, {unit} a week"


def trade_off_chart(
    rows: pd.DataFrame, base: pd.Series, key: str, number: int, stamp: Stamp
) -> Chart:
    """The curve of one key, the scenario as it is across it, and every value in the table.

    ``rows``: of this key, as from ``planner.sweep.trade_off``; ``base``: such a row of the
    scenario as it is. Values without a plan stand in the table alone.
    """
    words = key_words(key)
    return Chart(
        id=f"curve-{number}",
        finding=_finding(rows, base, key, stamp),
        caption=f"{objective_words(stamp)}. The band reaches from the plan that was found to what "
        f"is proven that no plan can exceed. {words.note}".strip(),
        figure=_figure(rows, base, key, stamp),
        key=[
            Key("local", "dot", "the plan that was found"),
            Key("mixed", "square", "up to its bound"),
            Key("common", "square", f"scenario {stamp.scenario} {AS_IT_IS}"),
        ],
        table=_table(rows, base, key, stamp),
    )


def _worth(value: float, stamp: Stamp, scale: float = 0.0) -> str:
    """An amount of the objective; waste is made small, so its amounts are read without a sign."""
    value = abs(value) if stamp.objective == "waste" else value
    if stamp.objective == "units":
        return f"{quantity(value, stamp, scale)} units"
    return amount(value, stamp, scale)


def _finding(rows: pd.DataFrame, base: pd.Series, key: str, stamp: Stamp) -> str:
    words = key_words(key)
    planned = rows[rows["objective_week"].notna()]
    if planned.empty:
        return f"{words.title}: no value has a plan that keeps every limit"
    best = max(planned.to_dict("records"), key=lambda row: float(row["objective_week"]))
    at = f"{value_text(str(best['value']), words, stamp)} {words.unit}".strip()
    worth = _worth(float(best["objective_week"]), stamp)
    said = f"{words.title}: best of these values is {at}, {worth} a week"
    least = float(best["objective_week"]) - float(base["bound_week"])
    if pd.isna(least):
        return said
    if least > 0:
        return f"{said}, proven {_worth(least, stamp)} better than the scenario {AS_IT_IS}"
    if float(planned["bound_week"].max()) < float(base["objective_week"]):
        return f"{said}; each is proven worse than the scenario {AS_IT_IS}"
    return f"{said}; not proven better than the scenario {AS_IT_IS}"


def _figure(rows: pd.DataFrame, base: pd.Series, key: str, stamp: Stamp) -> dict[str, Any]:
    words = key_words(key)
    planned = rows[rows["objective_week"].notna()]
    numbers = pd.to_numeric(planned["value"], errors="coerce")
    texts = [value_text(str(value), words, stamp) for value in planned["value"]]
    across = texts if numbers.isna().any() else [float(number) for number in numbers]
    hover = [
        Markup("<br>").join(
            [
                f"{text} {words.unit}".strip(),
                f"plan {_worth(float(row['objective_week']), stamp)}",
                f"at most {_worth(float(row['bound_week']), stamp)}",
            ]
        )
        for text, (_, row) in zip(texts, planned.iterrows(), strict=True)
    ]
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter", "mode": "lines", "x": across,
            "y": [float(value) for value in planned["bound_week"]],
            "line": {"color": theme.MIXED, "width": 1, "dash": "dot"}, "hoverinfo": "skip",
        },
        {
            "type": "scatter", "mode": "lines+markers", "x": across, "fill": "tonexty",
            "fillcolor": "rgba(143, 193, 230, 0.35)",
            "y": [float(value) for value in planned["objective_week"]],
            "line": {"color": theme.LOCAL, "width": 2},
            "marker": {"color": theme.LOCAL, "size": 9}, "cliponaxis": False,
            "hovertext": hover, "hoverinfo": "text",
        },
    ]  # fmt: skip
    if pd.notna(base["objective_week"]) and len(across):
        level = float(base["objective_week"])
        traces.append(
            {
                "type": "scatter", "mode": "lines", "x": [across[0], across[-1]], "y": [level] * 2,
                "line": {"color": theme.COMMON, "width": 2, "dash": "dash"},
                "hovertext": f"{AS_IT_IS}: {_worth(level, stamp)}", "hoverinfo": "text",
            }
        )  # fmt: skip
    axis: dict[str, Any] = {"title": {"text": f"{words.title}, {words.unit}".rstrip(", ")}}
    if not numbers.isna().any():
        axis |= {"tickvals": across, "ticktext": texts}
    layout = {
        "height": 320,
        "xaxis": axis,
        "yaxis": {"title": {"text": objective_words(stamp)}, "zeroline": False},
    }
    return figure(traces, layout)


def _table(rows: pd.DataFrame, base: pd.Series, key: str, stamp: Stamp) -> Table:
    words = key_words(key)
    shown = [(AS_IT_IS, base), *((str(row["value"]), row) for _, row in rows.iterrows())]
    noted = bool((rows["note"] != "").any() or base["note"])
    body = []
    for value, row in shown:
        worth, bound = float(row["objective_week"]), float(row["bound_week"])
        body.append(
            [
                value if row is base else value_text(value, words, stamp),
                _status(row),
                *([str(row["note"])] if noted else []),
                MISSING if pd.isna(worth) else _worth(worth, stamp),
                MISSING if pd.isna(bound) else _worth(bound, stamp),
                gap(float(row["gap"]), stamp),
                "" if row is base else _change(worth - float(base["objective_week"]), stamp),
                whole(int(row["core_items"]), stamp),
                whole(int(row["distinct_ranges"]), stamp),
            ]
        )
    return Table(
        f"{words.title}: every value, and the scenario {stamp.scenario} {AS_IT_IS}; worth is "
        f"{objective_words(stamp)}",
        [f"Value{', ' if words.unit else ''}{words.unit}", "Plan", *(["Note"] if noted else []),
         "Worth a week", "At most", "Gap", f"Against {AS_IT_IS}", "Core items",
         "Different ranges"],
        body,
        texts=2 if noted else 1,
        frame=rows,
    )  # fmt: skip


def _status(row: pd.Series) -> str:
    """Both words of a plan's status; how far a proof is from whole has its own column."""
    proof = "" if str(row["proof"]).startswith("within") else str(row["proof"])
    return f"{PLANS[row['plan']]}{', ' if proof else ''}{proof}"


def _change(change: float, stamp: Stamp) -> str:
    if pd.isna(change):
        return MISSING
    written = quantity(change, stamp) + " units" if stamp.objective == "units" else amount(
        change, stamp
    )  # fmt: skip
    return signed(written, change)
