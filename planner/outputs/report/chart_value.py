"""Chart: what each store gains, against the current range and against the common plan."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.numbers import whole
from planner.outputs.report import theme
from planner.outputs.report.amounts import in_money, signed_amount, signed_share
from planner.outputs.report.charts import Chart, Key, Lack, Table, different, figure, hover
from planner.outputs.report.scope import Scope
from planner.outputs.report.worth import AGAINST, interval, within_noise

NAMED_STORES = 40
"""Up to here every store has a line with its name; beyond, stores stand side by side by rank."""

VALUE_COLUMNS = ("value_week", "low_week", "high_week", "share_of_sales")

_MARKS: dict[str, dict[str, Any]] = {
    "current": {"color": theme.LOCAL, "symbol": "circle", "size": 9},
    "common": {"color": theme.COMMON, "symbol": "diamond", "size": 8},
}


def value_chart(scope: Scope) -> Chart | Lack:
    """One mark with its 80 % interval per store and comparison."""
    stamp = scope.contents.stamp
    names = scope.store_names
    value = scope.store_value
    value = value[value["name"].isin(list(names))].dropna(subset=["value_week"])
    if value.empty:
        return Lack(
            "chart-value", "What a store gains is not known: there is no plan to compare it with."
        )
    against = [name for name in AGAINST if (value["against"] == name).any()]
    first = value[value["against"] == against[0]]
    order = [
        str(name)
        for name in first.sort_values(["value_week", "name"], ascending=[False, True])["name"]
    ]
    rows = {
        name: value[value["against"] == name].set_index("name").reindex(order) for name in against
    }
    many = len(order) > NAMED_STORES
    unit = f"{stamp.currency} a week" if in_money(stamp) else "units a week"
    gain = {"title": {"text": f"Gain, {unit}"}, "rangemode": "tozero", "zeroline": True}
    layout: dict[str, Any]
    if many:
        stores = {
            "title": {"text": "Stores, each comparison ranked by itself"},
            "range": [0, len(order) + 1],
            "showgrid": False,
            "zeroline": False,
        }
        layout = {"height": 380, "xaxis": stores, "yaxis": gain}
    else:
        stores = {
            "tickvals": list(range(len(order))),
            "ticktext": different([names[store] for store in order]),
            "range": [len(order) - 0.4, -0.6],
            "zeroline": False,
        }
        layout = {"height": 90 + 30 * len(order), "xaxis": gain, "yaxis": stores}
    drawn = figure([_marks(rows[name], name, names, many, scope) for name in against], layout)
    return Chart(
        id="chart-value",
        finding=_finding(rows, scope),
        caption="Mark: expected gain of the local plan. Line: 80 % interval. A line that crosses "
        "zero is within noise.",
        figure=drawn,
        key=[
            Key(
                "local" if name == "current" else "common",
                "dot" if name == "current" else "diamond",
                f"against {AGAINST[name]}",
            )
            for name in against
        ],
        table=_table(order, rows, names, scope),
    )


def _marks(
    rows: pd.DataFrame, against: str, names: dict[str, str], many: bool, scope: Scope
) -> dict[str, Any]:
    stamp = scope.contents.stamp
    if many:
        rows = rows.sort_values("value_week", ascending=False, kind="stable")
    places = [
        place + (0.0 if many else (-0.14 if against == "current" else 0.14))
        for place in range(len(rows))
    ]
    gains = [float(gain) for gain in rows["value_week"]]
    error = {
        "type": "data",
        "symmetric": False,
        "array": [float(x) for x in (rows["high_week"] - rows["value_week"]).clip(lower=0)],
        "arrayminus": [float(x) for x in (rows["value_week"] - rows["low_week"]).clip(lower=0)],
        "color": _MARKS[against]["color"],
        "thickness": 1 if many else 2,
        "width": 0,
    }
    words = [
        hover(
            names[str(store)],
            f"{signed_amount(float(row['value_week']), stamp)} a week against {AGAINST[against]}",
            f"80 % interval {interval(row, stamp)}",
        )
        for store, row in rows.iterrows()
    ]
    mark = dict(_MARKS[against])
    if many:
        mark["size"] = 5
    along = {"x": [place + 1 for place in places], "y": gains, "error_y": error}
    across = {"x": gains, "y": places, "error_x": error}
    return {
        "type": "scatter",
        "mode": "markers",
        "marker": mark,
        "hovertext": words,
        "hoverinfo": "text",
        **(along if many else across),
    }


def _finding(rows: dict[str, pd.DataFrame], scope: Scope) -> str:
    stamp = scope.contents.stamp
    parts = []
    for against, table in rows.items():
        known = [row for _, row in table.dropna(subset=["value_week"]).iterrows()]
        clear = [float(row["value_week"]) for row in known if not within_noise(row)]
        gain = sum(value > 0 for value in clear)
        loss = len(clear) - gain
        words = f"{whole(gain, stamp)} of {whole(len(known), stamp)} stores gain"
        if loss:
            words += f", {whole(loss, stamp)} lose"
        parts.append(f"{words} against {AGAINST[against]}")
    return f"Beyond noise, {'; '.join(parts)}"


def _table(
    order: list[str], rows: dict[str, pd.DataFrame], names: dict[str, str], scope: Scope
) -> Table:
    stamp = scope.contents.stamp
    columns = ["Store"]
    parts = []
    for against, table in rows.items():
        known = table[list(VALUE_COLUMNS)].add_suffix(f"_against_{against}")
        parts.append(known.reset_index(drop=True))
    frame = pd.concat([pd.DataFrame({"store_id": order}), *parts], axis=1)
    for against in rows:
        columns += [f"Against {AGAINST[against]}", "80 % interval", "Share of sales"]
    body = [[names[store]] for store in order]
    for table in rows.values():
        for line, (_, row) in zip(body, table.iterrows(), strict=True):
            line += [
                signed_amount(float(row["value_week"]), stamp),
                interval(row, stamp),
                signed_share(float(row["share_of_sales"]), stamp),
            ]
    return Table("Gain of the local plan by store, per week", columns, body, frame=frame)
