"""Charts: what drives local items, and how far signals move demand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.numbers import share, whole
from planner.outputs.report import theme
from planner.outputs.report.amounts import signed_share
from planner.outputs.report.charts import (
    Chart,
    Column,
    Key,
    Lack,
    Table,
    above,
    at_right,
    bold,
    different,
    figure,
    hover,
    short,
    table,
)
from planner.outputs.report.scope import Scope
from planner.outputs.signals import moved_items

DRIVERS_ID, SIGNALS_ID = "chart-drivers", "chart-signals"
MOST = 12
NOTHING = "nothing"
"""No cause raises the item's demand in the store: it pays as it would anywhere."""
KIND_WORDS = {
    "signal": "signal",
    "segments": "segment",
    "region": "region",
    "own sales": "the stores' own sales",
    NOTHING: "nothing: sells no better here",
}
KIND_COLOUR = {
    "signal": theme.LOCAL,
    "segments": theme.LOCAL,
    "region": theme.COMMON,
    "own sales": theme.CURRENT,
    NOTHING: theme.ZERO,
}


def words_of(name: str) -> str:
    """A signal's or segment's name as people read it."""
    return name.replace("_", " ")


def drivers_chart(scope: Scope) -> Chart | Lack:
    """A bar per cause: in how many stores it is the strongest reason for a local item."""
    drivers = scope.contents.local_drivers
    drivers = drivers[drivers["store_id"].isin(list(scope.store_names))]
    if drivers.empty:
        return Lack(DRIVERS_ID, "No store lists a local item that sells better there than "
                    "elsewhere, so there is no cause to show.")  # fmt: skip
    stamp = scope.contents.stamp
    found = _causes(drivers, scope)
    shown = found.head(MOST)
    total = len(drivers)
    top = float(shown["listings"].max())
    places = list(range(len(shown)))
    layout: dict[str, Any] = {
        "height": 70 + 27 * len(shown),
        "bargap": 0.3,
        "xaxis": {
            "title": {"text": "Local items in a store that it drives most"},
            "range": [0, 1.22 * top],
            "nticks": 6,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": different(list(shown["words"]), 34),
            "range": [len(shown) - 0.4, -0.6],
            "showgrid": False,
        },
        "annotations": [
            at_right(place, f"{whole(count, stamp)} ({share(count / total, stamp)})")
            for place, count in zip(places, shown["listings"], strict=True)
        ],
    }
    narrow = {
        "xaxis": {"range": [0, 2.6 * top], "title": {"text": "local items"}, "nticks": 3},
        "yaxis": {"ticktext": different(list(shown["words"]), 30), "tickfont": {"size": 11}},
    }
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": shown["listings"].tolist(),
        "y": places,
        "marker": {"color": [KIND_COLOUR.get(kind, theme.CURRENT) for kind in shown["kind"]]},
        "hovertext": [
            hover(
                words,
                f"{whole(count, stamp)} of {whole(total, stamp)} local items in a store",
                *([f"most: {example}"] if example else []),
            )
            for words, count, example in zip(
                shown["words"], shown["listings"], shown["example"], strict=True
            )
        ],
        "hoverinfo": "text",
    }
    return Chart(
        id=DRIVERS_ID,
        finding=_drivers_finding(drivers, found, stamp),
        caption="The strongest cause that raises an item's demand above the mean of the stores, "
        "counted once for each store that lists it as a local item. Causes are estimates of the "
        "demand model, not experiments.",
        figure=figure([bars], layout, narrow),
        key=[
            Key("local", "square", "signals and segments"),
            Key("common", "square", "region"),
            Key("current", "square", "own sales, or nothing"),
        ],
        table=_drivers_table(found, total, stamp),
    )


def _causes(drivers: pd.DataFrame, scope: Scope) -> pd.DataFrame:
    """A row per kind and name: listings, items, median change, words, and the item it raises
    most (example)."""
    rows = []
    for (kind, name), own in drivers.groupby(["kind", "name"], sort=True):
        best = own.sort_values(["change", "store_id", "item_id"], ascending=[False, True, True])
        first = best.iloc[0]
        item = scope.item_names.get(str(first["item_id"]), str(first["item_id"]))
        store = scope.store_names[str(first["store_id"])]
        raised = signed_share(float(first["change"]), scope.contents.stamp)
        example = "" if kind == NOTHING else f"{item} in {store}, {raised}"
        rows.append(
            {
                "kind": str(kind),
                "name": str(name),
                "words": _cause_words(str(kind), str(name)),
                "listings": len(own),
                "items": own["item_id"].nunique(),
                "median_change": float(own["change"].median()),
                "example": example,
            }
        )
    return (
        pd.DataFrame(rows)
        .sort_values(["listings", "kind", "name"], ascending=[False, True, True])
        .reset_index(drop=True)
    )


def _cause_words(kind: str, name: str) -> str:
    words = KIND_WORDS.get(kind, kind)
    if kind in ("own sales", NOTHING) or not name:
        return words
    return words_of(name) if kind == "signal" else f"{words}: {words_of(name)}"


def _drivers_finding(drivers: pd.DataFrame, found: pd.DataFrame, stamp: Stamp) -> str:
    of_kind = drivers["kind"].value_counts()
    total = len(drivers)
    known = int(of_kind.get("signal", 0) + of_kind.get("segments", 0))
    own = int(of_kind.get("own sales", 0))
    none = int(of_kind.get(NOTHING, 0))
    rest = f"; {share(none / total, stamp)} sell no better there than elsewhere" if none else ""
    traits = found[found["kind"].isin(["signal", "segments"])]
    if not len(traits):
        return (
            f"Own sales drive {share(own / total, stamp)} of local items, no signal and no segment "
            f"drives one{rest}"
        )
    most = traits.iloc[0]
    first = f"the {KIND_WORDS[most['kind']]} {short(words_of(str(most['name'])), 60)}"
    return (
        f"Who shops there drives {share(known / total, stamp)} of local items, most of all "
        f"{first}; own sales drive {share(own / total, stamp)}{rest}"
    )


def _drivers_table(found: pd.DataFrame, total: int, stamp: Stamp) -> Table:
    def count(value: float) -> str:
        return whole(value, stamp)

    return table(
        "What drives local items",
        [
            Column("Cause", "words", found["words"]),
            Column("Raises most", "example", found["example"]),
            Column("Local items in a store", "listings", found["listings"], count),
            Column(
                "Share",
                "share",
                [listings / total for listings in found["listings"]],
                lambda part: share(part, stamp),
            ),
            Column("Different items", "items", found["items"], count),
            Column(
                "Demand above the mean, middle one",
                "median_change",
                found["median_change"],
                lambda change: signed_share(change, stamp),
            ),
        ],
    )


def signals_chart(scope: Scope) -> Chart | Lack:
    """A mark with its 80 % interval per item that a signal moves, signal by signal."""
    contents, stamp = scope.contents, scope.contents.stamp
    effects = contents.signal_effects
    if effects.empty:
        return Lack(SIGNALS_ID, "No signals were given (table signals): how stores differ is "
                    "learned from their sales, regions and segments alone.")  # fmt: skip
    signals = effects["signal"].nunique()
    moved = moved_items(effects, contents.items)
    if moved.empty:
        return Lack(
            SIGNALS_ID,
            f"None of the {whole(signals, stamp)} signals is seen to move an item: signals dealt "
            "out by chance would explain as much.",
        )
    shown = moved.head(MOST)
    # The signal with the largest effect first, and of each signal what it raises before the rest.
    rank = {signal: k for k, signal in enumerate(shown["signal"].unique())}
    rows = sorted(shown.to_dict("records"), key=lambda r: (rank[r["signal"]], -r["change"]))
    places, headings = _under_headings([str(row["signal"]) for row in rows])
    names = [scope.item_names.get(str(row["item_id"]), str(row["item_id"])) for row in rows]
    ends = [*shown["low_change"], *shown["high_change"], 0.0]
    width = max(ends) - min(ends)
    bottom = places[-1] + 0.6
    figures = [
        at_right(place, signed_share(row["change"], stamp))
        for place, row in zip(places, rows, strict=True)
    ]
    mark = {
        "type": "scatter",
        "mode": "markers",
        "x": [row["change"] for row in rows],
        "y": places,
        "marker": {"color": theme.LOCAL, "size": 9},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [max(row["high_change"] - row["change"], 0.0) for row in rows],
            "arrayminus": [max(row["change"] - row["low_change"], 0.0) for row in rows],
            "color": theme.LOCAL,
            "thickness": 2,
            "width": 0,
        },
        "hovertext": [
            hover(name, words_of(str(row["signal"])),
                  f"{signed_share(row['change'], stamp)} ({_between(row, stamp)})")
            for name, row in zip(names, rows, strict=True)
        ],
        "hoverinfo": "text",
    }  # fmt: skip
    layout: dict[str, Any] = {
        "height": 70 + int(26 * bottom),
        "xaxis": {
            "title": {"text": "Change of demand where the signal is one standard deviation higher"},
            "tickformat": ".0%",
            "range": [min(ends) - 0.04 * width, max(ends) + 0.16 * width],
            "zeroline": True,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": different(names, 40),
            "range": [bottom, -0.6],
            "showgrid": False,
            "zeroline": False,
        },
        "annotations": [*(above(y, bold(words_of(name))) for y, name in headings), *figures],
    }
    narrow = {
        # The name of a signal has the whole width only where it ends at the right edge.
        "annotations": [
            *(at_right(y, bold(short(words_of(name), 44))) for y, name in headings),
            *figures,
        ],
        "xaxis": {
            "title": {"text": "change of demand"},
            "nticks": 4,
            "range": [min(ends) - 0.04 * width, max(ends) + 0.6 * width],
        },
        "yaxis": {"tickfont": {"size": 11}, "ticktext": different(names, 20)},
    }
    return Chart(
        id=SIGNALS_ID,
        finding=_signals_finding(moved, signals, scope),
        caption=(
            f"The {whole(len(shown), stamp)} largest effects of {whole(len(moved), stamp)}. "
            if len(shown) < len(moved)
            else ""
        )
        + "Mark: change of demand where the signal is one standard deviation higher, the other "
        "signals alike. Line: 80 % interval. What segments explain counts as the signals' here. "
        "Learned from the chain's own stores, so a signal may stand for what goes along with it.",
        figure=figure([mark], layout, narrow),
        key=[],
        table=_signals_table(moved, stamp),
    )


def _under_headings(signals: list[str]) -> tuple[list[float], list[tuple[float, str]]]:
    """Where each row stands, and where the name of each signal over its rows."""
    places, headings, place = [], [], -1.0
    for k, signal in enumerate(signals):
        if k == 0 or signal != signals[k - 1]:
            place += 1.0
            headings.append((place, signal))
        place += 1.0
        places.append(place)
    return places, headings


def _between(row: Any, stamp: Stamp) -> str:
    return f"{signed_share(row['low_change'], stamp)} to {signed_share(row['high_change'], stamp)}"


def _signals_finding(moved: pd.DataFrame, signals: int, scope: Scope) -> str:
    stamp = scope.contents.stamp
    moving = moved["signal"].nunique()
    first = moved.iloc[0]
    item = short(scope.item_names.get(str(first["item_id"]), str(first["item_id"])), 40)
    rows = scope.contents.assortment
    local = set(rows[rows["listed"].astype(bool) & ~rows["core"].astype(bool)]["item_id"])
    both = len(local & set(moved["item_id"]))
    verb = "moves" if moving == 1 else "move"
    return (
        f"{whole(moving, stamp)} of {whole(signals, stamp)} signals {verb} demand, "
        f"{whole(both, stamp)} of {whole(len(local), stamp)} local items among it; most of all "
        f"{item}: {signed_share(float(first['change']), stamp)} ({_between(first, stamp)}) with "
        f"{words_of(str(first['signal']))}"
    )


def _signals_table(moved: pd.DataFrame, stamp: Stamp) -> Table:
    def change(value: float) -> str:
        return signed_share(value, stamp)

    return table(
        "Change of demand by item and signal, with its 80 % interval",
        [
            Column("Item", "item_name", moved["item_name"]),
            Column("Number", "item_id", moved["item_id"]),
            Column("Signal", "signal", moved["signal"]),
            Column("Change", "change", moved["change"], change),
            Column("Low", "low_change", moved["low_change"], change),
            Column("High", "high_change", moved["high_change"], change),
            Column("Effect on the log", "effect", np.log1p(moved["change"]), lambda e: f"{e:+.3f}"),
        ],
    )
