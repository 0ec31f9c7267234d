"""Chart: which local items stand in which store."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.numbers import whole
from planner.outputs.report import theme
from planner.outputs.report.charts import Chart, Key, Table, different, figure, plain
from planner.outputs.report.scope import Scope

MOST_ITEMS = 40
CELL = 15
"""Pixels that a store's column needs for its letter and its name."""
BESIDE_CELLS = 190
"""Pixels that the items' names take."""
LETTERED_STORES = 30
"""Up to here a cell is wide enough for the letter that tells a new item on a grey printer."""


def local_items_chart(scope: Scope) -> Chart | None:
    """Items down, stores across, the most frequent item first; None without local items."""
    contents, stamp = scope.contents, scope.contents.stamp
    rows = contents.assortment
    listed = rows[rows["listed"].astype(bool) & ~rows["core"].astype(bool)]
    if listed.empty:
        return None
    counts = listed.groupby("item_id").size().rename("stores").reset_index()
    counts = counts.sort_values(["stores", "item_id"], ascending=[False, True])
    items = [str(item) for item in counts["item_id"].head(MOST_ITEMS)]
    ordered = contents.stores.sort_values(["region", "store_name", "store_id"])
    stores = [str(store) for store in ordered["store_id"]]
    shown = listed[listed["item_id"].isin(items)]
    cells = (
        shown.assign(state=(shown["status"] == "NEW").astype(int) + 1)
        .pivot(index="item_id", columns="store_id", values="state")
        .reindex(index=items, columns=stores)
        .fillna(0)
        .astype(int)
    )
    wide = len(stores) > LETTERED_STORES
    plain_axis = {"showgrid": False, "zeroline": False}
    across = {
        **plain_axis,
        "tickvals": list(range(len(stores))),
        "ticktext": different([scope.store_names[store] for store in stores], 16),
        "tickangle": -90,
        "showticklabels": not wide,
    }
    if wide:
        across["title"] = {"text": f"{whole(len(stores), stamp)} stores, by region"}
    down = {
        **plain_axis,
        "tickvals": list(range(len(items))),
        "ticktext": different([scope.item_names.get(item, item) for item in items]),
        "autorange": "reversed",
    }
    layout = {"height": 160 + 19 * len(items), "xaxis": across, "yaxis": down}
    drawn = figure([_heatmap(cells, scope)], layout)
    return Chart(
        id="chart-local-items",
        finding=_finding(counts, len(stores), scope),
        caption=(
            (
                f"The {whole(len(items), stamp)} most frequent of {whole(len(counts), stamp)} "
                "local items."
                if len(counts) > len(items)
                else "Every local item."
            )
            + " The core range, which every store carries, is left out."
        ),
        figure=drawn,
        key=[
            Key("local", "square", "kept local item"),
            Key("new", "square", "new here (N)" if not wide else "new here"),
            Key("none", "square", "not listed"),
        ],
        table=_table(listed, counts, scope),
        min_width=0 if wide else BESIDE_CELLS + CELL * len(stores),
    )


def _heatmap(cells: pd.DataFrame, scope: Scope) -> dict[str, Any]:
    items, stores = list(cells.index), list(cells.columns)
    words = ["not listed", "kept local item", "new here"]
    few = len(stores) <= LETTERED_STORES
    hover = [
        [
            f"{plain(scope.item_names.get(item, item))}<br>"
            f"{plain(scope.store_names[store])}: {words[state]}"
            for store, state in zip(stores, states, strict=True)
        ]
        for item, states in zip(items, cells.to_numpy().tolist(), strict=True)
    ]
    letters = {
        "text": [["N" if s == 2 else "" for s in line] for line in cells.to_numpy().tolist()],
        "texttemplate": "%{text}",
        "textfont": {"color": theme.ON_BRIGHT, "size": 11},
    }
    one, two = 1 / 3, 2 / 3
    return {
        "type": "heatmap",
        "x": list(range(len(stores))),
        "y": list(range(len(items))),
        "z": cells.to_numpy().tolist(),
        "zmin": 0,
        "zmax": 2,
        "colorscale": [
            [0, theme.EMPTY],
            [one, theme.EMPTY],
            [one, theme.LOCAL],
            [two, theme.LOCAL],
            [two, theme.NEW_ITEM],
            [1, theme.NEW_ITEM],
        ],
        "showscale": False,
        "xgap": 1.5 if few else 0,
        "ygap": 1.5,
        "hovertext": hover,
        "hoverinfo": "text",
        **(letters if few else {}),
    }


def _finding(counts: pd.DataFrame, stores: int, scope: Scope) -> str:
    stamp = scope.contents.stamp
    in_all = int((counts["stores"] == stores).sum())
    total = f"{whole(len(counts), stamp)} items are local"
    if stores == 1:
        return f"{total} here" if len(counts) != 1 else "One item is local here"
    half = int((counts["stores"] * 2 < stores).sum())
    words = f"{total}: {whole(half, stamp)} of them in fewer than half of the stores"
    return f"{words}, {whole(in_all, stamp)} in all" if in_all else words


def _table(listed: pd.DataFrame, counts: pd.DataFrame, scope: Scope) -> Table:
    stamp = scope.contents.stamp
    new = listed[listed["status"] == "NEW"].groupby("item_id").size()
    sold = listed.groupby("item_id")["sold_units_week"].sum()
    rows = [
        [
            scope.item_names.get(str(item), str(item)),
            str(item),
            whole(stores, stamp),
            whole(int(new.get(item, 0)), stamp),
            whole(float(sold[item]), stamp),
        ]
        for item, stores in zip(counts["item_id"], counts["stores"], strict=True)
    ]
    columns = ["Item", "Number", "Stores that list it", "New in", "Units sold a week"]
    return Table("Every local item", columns, rows, texts=1)
