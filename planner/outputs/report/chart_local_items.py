"""Chart: which local items stand in which store, or in how many stores of a large chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from planner.outputs.numbers import share, units, whole
from planner.outputs.report import theme
from planner.outputs.report.charts import (
    Chart,
    Column,
    Key,
    Lack,
    Table,
    different,
    figure,
    hover,
    short,
    table,
)
from planner.outputs.report.scope import Scope
from planner.outputs.report.seriation import Floats, alike_order, families, neighbours_differ

ID = "chart-local-items"
MOST_ITEMS = 40
MOST_COLUMNS = 40
"""Above, stores share a column: with the others of their region, or with those alike."""
MOST_FAMILIES = 12
LETTERED = 30
"""Up to here a cell is wide enough for the letter that tells a new item on a grey printer."""
NAMED_ON_PHONES = 14
"""Up to here the names of columns stand side by side on a phone."""
FIGURES_ON_PHONES = 8
STATES = ("not listed", "kept", "new here")


@dataclass(frozen=True)
class Grid:
    """Local items down, columns of stores across, columns alike side by side.

    ``shares``: share of a column's stores that list the item [item, column]; ``new``: that list it
    and did not before.
    """

    items: list[str]
    columns: list[str]
    stores: list[list[str]]
    shares: Floats
    new: Floats
    what: str
    """store, region, or family (of stores with like ranges)."""


def local_items_chart(scope: Scope) -> Chart | Lack:
    """Items down, stores across, each beside those most like it."""
    rows = scope.contents.assortment
    listed = rows[rows["listed"].astype(bool) & ~rows["core"].astype(bool)]
    if listed.empty:
        return Lack(ID, "No store lists a local item: every item listed is of the core range.")
    counts = _counts(listed)
    stores = len(scope.contents.stores)
    if stores == 1:
        return Lack(
            ID,
            f"{_items(len(counts), scope)} local here; with one store there is no other to compare "
            "it with.",
            _table(listed, counts, None, scope),
        )
    if (counts["stores"] == stores).all():
        return Lack(
            ID,
            f"{_items(len(counts), scope)} local, and every store lists the same ones: stores do "
            "not differ.",
            _table(listed, counts, None, scope),
        )
    grid = local_grid(listed, scope)
    shown = most_telling(grid)
    by_store = grid.what == "store"
    many = len(shown.columns) > NAMED_ON_PHONES
    names = different(shown.columns, 16)
    across = _axis(names) | {"tickangle": -90, "side": "bottom"}
    down = _axis(different([scope.item_names.get(item, item) for item in shown.items]))
    narrow: dict[str, Any] = {
        "yaxis": {
            "tickfont": {"size": 11},
            "ticktext": different([scope.item_names.get(i, i) for i in shown.items], 17),
        }
    }
    # On a phone neither letters nor figures fit side by side any more.
    full = len(shown.columns) > (NAMED_ON_PHONES if by_store else FIGURES_ON_PHONES)
    crowded = [{"texttemplate": ""}] if full else []
    if many:
        words = (
            f"{whole(len(shown.columns), scope.contents.stamp)} {_plural(grid.what)}; tap a cell"
        )
        narrow["xaxis"] = {"showticklabels": False, "title": {"text": words}}
    layout = {
        "height": 150 + 19 * len(shown.items),
        "xaxis": across,
        "yaxis": down | {"autorange": "reversed"},
    }
    drawn = figure([_heatmap(shown, scope)], layout, narrow, crowded)
    return Chart(
        id=ID,
        finding=_finding(counts, grid, scope),
        caption=_caption(grid, shown, scope),
        figure=drawn,
        key=[
            Key("local", "square", "kept local item"),
            Key("new", "square", "new here (N)" if len(shown.columns) <= LETTERED else "new here"),
            Key("none", "square", "not listed"),
        ]
        if by_store
        else [],
        table=_table(listed, counts, grid, scope),
    )


def local_grid(listed: pd.DataFrame, scope: Scope) -> Grid:
    """The grid of all local items; ``listed``: rows of the assortment that list one."""
    contents = scope.contents
    stores = [str(store) for store in contents.stores["store_id"]]
    items = sorted({str(item) for item in listed["item_id"]})
    at_item = pd.Index(items).get_indexer(pd.Index(listed["item_id"]))
    at_store = pd.Index(stores).get_indexer(pd.Index(listed["store_id"]))
    has = np.zeros((len(items), len(stores)))
    has[at_item, at_store] = 1.0
    new = np.zeros_like(has)
    new[at_item, at_store] = (listed["status"] == "NEW").to_numpy(dtype=np.float64)
    what, members, names = _columns(stores, has, scope)
    shares = np.column_stack([has[:, of].mean(axis=1) for of in members])
    fresh = np.column_stack([new[:, of].mean(axis=1) for of in members])
    across = alike_order(shares.T)
    return Grid(
        items,
        [names[k] for k in across],
        [[stores[s] for s in members[k]] for k in across],
        shares[:, across],
        fresh[:, across],
        what,
    )


def _columns(
    stores: list[str], has: Floats, scope: Scope
) -> tuple[str, list[list[int]], list[str]]:
    """What a column is, its stores by number, and its name."""
    if len(stores) <= MOST_COLUMNS:
        return "store", [[s] for s in range(len(stores))], [scope.store_names[s] for s in stores]
    regions = [str(region) for region in scope.contents.stores["region"]]
    if 1 < len(set(regions)) <= MOST_COLUMNS:
        found = sorted(set(regions))
        members = [[s for s, region in enumerate(regions) if region == name] for name in found]
        return "region", members, [name or "no region" for name in found]
    of = families(has.T, MOST_FAMILIES)
    members = [[int(s) for s in np.flatnonzero(of == family)] for family in range(of.max() + 1)]
    names = [_like(members_of, has, stores, scope) for members_of in members]
    return "family", members, names


def _like(members: list[int], has: Floats, stores: list[str], scope: Scope) -> str:
    """How many stores a family has, and the name of the one nearest to its mean."""
    own = has[:, members]
    apart = np.abs(own - own.mean(axis=1, keepdims=True)).sum(axis=0)
    nearest = min(zip(apart.round(9), (stores[s] for s in members), strict=True))[1]
    name = scope.store_names[nearest]
    count = len(members)
    return f"{whole(count, scope.contents.stamp)} like {name}" if count > 1 else name


def most_telling(grid: Grid) -> Grid:
    """The items that tell columns apart most, each beside those most like it; never those that
    all columns have alike."""
    spread = grid.shares.var(axis=1).round(9)
    telling = [i for i in range(len(grid.items)) if spread[i] > 0] or range(len(grid.items))
    first = sorted(telling, key=lambda i: (-spread[i], grid.items[i]))[:MOST_ITEMS]
    rows = np.array(sorted(first))
    kept = rows[alike_order(grid.shares[rows])]
    return Grid(
        [grid.items[i] for i in kept],
        grid.columns,
        grid.stores,
        grid.shares[kept],
        grid.new[kept],
        grid.what,
    )


def _axis(names: list[str]) -> dict[str, Any]:
    return {
        "showgrid": False,
        "zeroline": False,
        "tickvals": list(range(len(names))),
        "ticktext": names,
    }


def _heatmap(grid: Grid, scope: Scope) -> dict[str, Any]:
    common: dict[str, Any] = {
        "type": "heatmap",
        "x": list(range(len(grid.columns))),
        "y": list(range(len(grid.items))),
        "zmin": 0,
        "showscale": False,
        "xgap": 1.5,
        "ygap": 1.5,
        "hovertext": [
            [_hover(grid, i, k, scope) for k in range(len(grid.columns))]
            for i in range(len(grid.items))
        ],
        "hoverinfo": "text",
    }
    if grid.what != "store":
        return common | {
            "z": grid.shares.round(3).tolist(),
            "zmax": 1,
            "colorscale": [[0, theme.EMPTY], [1, theme.FILL]],
            "text": [[f"{100 * one:.0f}" if one else "" for one in line] for line in grid.shares],
            "texttemplate": "%{text}",
            "textfont": {"size": 11, "color": theme.INK},
        }
    states = (grid.shares + grid.new).astype(int).tolist()
    one, two = 1 / 3, 2 / 3
    letters = {
        "text": [["N" if state == 2 else "" for state in line] for line in states],
        "texttemplate": "%{text}",
        "textfont": {"color": theme.ON_BRIGHT, "size": 11},
    }
    return common | {
        "z": states,
        "zmax": 2,
        "colorscale": [
            [0, theme.EMPTY],
            [one, theme.EMPTY],
            [one, theme.LOCAL],
            [two, theme.LOCAL],
            [two, theme.NEW_ITEM],
            [1, theme.NEW_ITEM],
        ],
        **(letters if len(grid.columns) <= LETTERED else {}),
    }


def _hover(grid: Grid, item: int, column: int, scope: Scope) -> str:
    stamp, count = scope.contents.stamp, len(grid.stores[column])
    name = scope.item_names.get(grid.items[item], grid.items[item])
    of = round(grid.shares[item, column] * count)
    if grid.what == "store":
        return hover(name, f"{grid.columns[column]}: {_state(grid, item, column)}")
    listing = f"{whole(of, stamp)} of {whole(count, stamp)} stores"
    return hover(name, f"{grid.columns[column]}: {listing}")


def _state(grid: Grid, item: int, column: int) -> str:
    return STATES[int(grid.shares[item, column] + grid.new[item, column])]


def _items(count: int, scope: Scope) -> str:
    return "One item is" if count == 1 else f"{whole(count, scope.contents.stamp)} items are"


def _plural(what: str) -> str:
    return {"store": "stores", "region": "regions", "family": "groups of stores"}[what]


def _finding(counts: pd.DataFrame, grid: Grid, scope: Scope) -> str:
    stamp, stores = scope.contents.stamp, len(scope.contents.stores)
    half = int((counts["stores"] * 2 < stores).sum())
    in_all = int((counts["stores"] == stores).sum())
    words = (
        f"{_items(len(counts), scope)} local: {whole(half, stamp)} in fewer than half of the stores"
    )
    if in_all:
        words += f", {whole(in_all, stamp)} chosen by every store"
    odd = _least_alike(grid)
    return f"{words}; {odd} is least like the others" if odd else words


def _least_alike(grid: Grid) -> str:
    """The column that differs most from the others; empty where none stands out."""
    if len(grid.columns) < 3:
        return ""
    apart = np.abs(grid.shares[:, :, None] - grid.shares[:, None, :]).sum(axis=(0, 1)).round(6)
    most = int(np.argmax(apart))
    return short(grid.columns[most], 40) if (apart == apart[most]).sum() == 1 else ""


def _caption(grid: Grid, shown: Grid, scope: Scope) -> str:
    stamp = scope.contents.stamp
    differ = neighbours_differ(grid.shares.T, np.arange(len(grid.columns)))
    middle = whole(float(np.median(differ)), stamp)
    parts = []
    if len(shown.items) < len(grid.items):
        parts.append(
            f"The {whole(len(shown.items), stamp)} of {whole(len(grid.items), stamp)} local items "
            f"that tell {_plural(grid.what)} apart most; the table has all."
        )
    if grid.what == "store":
        parts.append(
            "Stores with like ranges stand side by side: half of the neighbours differ in "
            f"{middle} items or fewer."
        )
    else:
        parts.append("Number: share of the stores that list the item, in %.")
        if grid.what == "family":
            parts.append(
                "A column is a group of stores with like ranges: how many, and the store in their "
                "middle."
            )
        parts.append(f"{_plural(grid.what).capitalize()} alike stand side by side.")
    return " ".join([*parts, "The core range is left out."])


def _counts(listed: pd.DataFrame) -> pd.DataFrame:
    """item_id, stores that list it, new in, units sold: the most frequent first."""
    found = listed.groupby("item_id", as_index=False).agg(
        stores=("store_id", "size"),
        new=("status", lambda status: int((status == "NEW").sum())),
        sold=("sold_units_week", "sum"),
    )
    return found.sort_values(["stores", "item_id"], ascending=[False, True])


def _table(listed: pd.DataFrame, counts: pd.DataFrame, grid: Grid | None, scope: Scope) -> Table:
    stamp = scope.contents.stamp
    names = [scope.item_names.get(str(item), str(item)) for item in counts["item_id"]]

    def count(value: float) -> str:
        return whole(value, stamp)

    columns = [
        Column("Item", "item_name", names),
        Column("Number", "item_id", [str(item) for item in counts["item_id"]]),
        Column("Stores that list it", "stores", counts["stores"], count),
        Column("New in", "new_in_stores", counts["new"], count),
        Column("Units sold a week", "sold_units_week", counts["sold"], lambda u: units(u, stamp)),
    ]
    if grid is not None:
        place = {item: i for i, item in enumerate(grid.items)}
        order = [place[str(item)] for item in counts["item_id"]]
        if grid.what == "store":
            states = [[_state(grid, i, k) for i in order] for k in range(len(grid.columns))]
            columns += [
                Column(name, f"store {stores[0]}", found, str)
                for name, stores, found in zip(grid.columns, grid.stores, states, strict=True)
            ]
        else:
            columns += [
                Column(
                    name,
                    f"{grid.what} {k + 1}: {name}",
                    grid.shares[order, k].tolist(),
                    lambda s: share(s, stamp),
                )
                for k, name in enumerate(grid.columns)
            ]
    return table("Every local item", columns)
