"""One look for every chart: few colours that stay apart for colour-blind readers and in grey."""

from __future__ import annotations

from typing import Any

INK = "#1b2733"
MUTED = "#55626e"
GRID = "#e1e6eb"
ZERO = "#8b97a3"
PANEL = "#ffffff"
EMPTY = "#eef1f4"
LOCAL = "#0072b2"
COMMON = "#b35900"
CURRENT = "#66727d"
NEW_ITEM = "#d98200"
MIXED = "#8fc1e6"
FILL = "#90c2e7"
"""The deepest shade of cells that hold a figure: the figure is in ``INK`` in light and dark."""
ON_BRIGHT = "#201400"
"""Text on the lighter colours, on light and dark screens alike."""
ON_DEEP = "#fefefe"
"""Text on the deeper colours, which are bright ones on a dark screen."""

PLAN_COLOUR = {"local": LOCAL, "common": COMMON, "current": CURRENT}
SOURCE_COLOUR = {"history": LOCAL, "mixed": MIXED, "model": NEW_ITEM}
ON_SOURCE = {"history": ON_DEEP, "mixed": ON_BRIGHT, "model": ON_BRIGHT}

ON_DARK = {
    INK: "#e8eef4",
    MUTED: "#a6b4c1",
    GRID: "#2a3743",
    ZERO: "#748391",
    PANEL: "#18222c",
    EMPTY: "#222e39",
    LOCAL: "#56b4e9",
    COMMON: "#f0a35a",
    CURRENT: "#93a1ad",
    NEW_ITEM: "#f2b134",
    MIXED: "#c4e3f7",
    FILL: "#1c5d86",
    ON_DEEP: "#06131d",
}
"""The same colours where the reader's screen is dark; the page swaps them when it draws."""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_AXIS: dict[str, Any] = {
    "gridcolor": GRID,
    "zerolinecolor": ZERO,
    "zerolinewidth": 1.5,
    "linecolor": GRID,
    "title": {"font": {"color": MUTED, "size": 12}},
    "automargin": True,
    "ticks": "",
    "fixedrange": True,
}
TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 12, "t": 8, "b": 36},
        "showlegend": False,
        "dragmode": False,
        "hoverlabel": {
            "bgcolor": PANEL,
            "bordercolor": ZERO,
            "font": {"color": INK, "size": 13, "family": FONT},
            "align": "left",
        },
        "xaxis": {**_AXIS, "tickfont": {"color": MUTED, "size": 12}},
        "yaxis": {**_AXIS, "tickfont": {"color": INK, "size": 12}, "ticklabelstandoff": 6},
    }
}
