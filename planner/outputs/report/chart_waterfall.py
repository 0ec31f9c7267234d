"""Chart: from the current range over the common plan to the local plan, part by part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.report import theme
from planner.outputs.report.amounts import amount, in_money, number, signed_amount
from planner.outputs.report.charts import (
    Chart,
    Column,
    Lack,
    Table,
    at_right,
    bold,
    figure,
    hover,
    table,
)
from planner.outputs.report.scope import Scope
from planner.outputs.report.tiles import PLAN_WORDS
from planner.outputs.report.worth import interval, within_noise

ID = "chart-waterfall"
STEPS = (("current", "common"), ("common", "local"))
STRAIGHT = (("current", "local"),)
PART_WORDS = {
    "new_items": "New items sell",
    "taken_from_others": "... taken from others",
    "lost_items": "Items that leave",
    "recaptured": "... others recapture",
    "stock": "Stock and facings",
    "listing": "Listing costs",
    "handling": "Tending facings",
}
PART_MEANS = {
    "new_items": "what new items earn before waste",
    "taken_from_others": "what other items sell less because of the new ones",
    "lost_items": "what items that leave earned before waste",
    "recaptured": "what other items sell more because those left",
    "stock": "items of both plans serve more or less of their demand, as facings and budget allow",
    "waste": "what is lost",
    "listing": "cost of carrying items",
    "handling": "cost of tending facings",
}
ROW = 25
"""Pixels."""


@dataclass(frozen=True)
class Bar:
    """A row: a plan (``part`` empty) from 0 to ``end``, or a part from ``start`` to ``end``."""

    words: str
    part: str
    start: float
    end: float
    means: str


def waterfall_chart(scope: Scope) -> Chart | Lack:
    """A bar a plan and a part, as differences of the margin to the current range."""
    found = steps_of(scope)
    if found.empty:
        return Lack(ID, "Where the gain comes from is not known: there is no plan to compare with.")
    bars = _bars(found)
    stamp = scope.contents.stamp
    low = min(0.0, *(min(bar.start, bar.end) for bar in bars))
    high = max(0.0, *(max(bar.start, bar.end) for bar in bars))
    width = (high - low) or 1.0
    places = list(range(len(bars)))
    layout: dict[str, Any] = {
        "height": ROW * len(bars) + 60,
        "bargap": 0.28,
        "xaxis": {
            "title": {"text": _axis_words(stamp)},
            "range": [low - 0.02 * width, high + 0.14 * width],
            "nticks": 6,
        },
        "yaxis": {
            "tickvals": places,
            "ticktext": [bar.words if bar.part else bold(bar.words) for bar in bars],
            "range": [len(bars) - 0.4, -0.6],
            "showgrid": False,
            "zeroline": False,
        },
        "annotations": [
            at_right(place, _figure(bar, stamp, width))
            for place, bar in zip(places, bars, strict=True)
            if bar.part or place
        ],
        "shapes": [_joint(place, bar.end) for place, bar in zip(places[:-1], bars, strict=False)],
    }
    narrow = {
        "xaxis": {
            "range": [low - 0.02 * width, high + 0.5 * width],
            "nticks": 3,
            "title": {"text": _axis_words(stamp, short=True)},
        },
        "yaxis": {"tickfont": {"size": 11}},
    }
    return Chart(
        id=ID,
        finding=_finding(scope),
        caption=_caption(_rows_of(scope, STRAIGHT), stamp)
        + _recaptured(found, scope)
        + _apart(scope),
        figure=figure([_drawn(bars, places, stamp)], layout, narrow),
        key=[],
        table=_table(found, stamp),
    )


def steps_of(scope: Scope) -> pd.DataFrame:
    """The rows of ``Contents.waterfall`` about a scope, step by step: over the common plan where
    it is known, else straight from the current range."""
    for steps in (STEPS, STRAIGHT):
        found = _rows_of(scope, steps)
        if len(found):
            break
    return found


def _rows_of(scope: Scope, steps: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    """The rows of these steps, none where one of the steps is not known."""
    rows = scope.contents.waterfall
    level, name = ("chain", "") if scope.region is None else ("region", scope.region)
    rows = rows[(rows["level"] == level) & ((level == "chain") | (rows["name"] == name))]
    parts = [rows[(rows["from_plan"] == a) & (rows["to_plan"] == b)] for a, b in steps]
    every = pd.concat(parts, ignore_index=True)
    return every if all(len(part) for part in parts) else every.iloc[:0]


def _bars(found: pd.DataFrame) -> list[Bar]:
    bars = [Bar(PLAN_WORDS["current"], "", 0.0, 0.0, "")]
    level = 0.0
    for to_plan, rows in found.groupby("to_plan", sort=False):
        for part, change in zip(rows["part"], rows["change_week"], strict=True):
            if change:
                words, means = _part_words(str(part), number(change)), PART_MEANS.get(part, "")
                bars.append(Bar(words, part, level, level + number(change), means))
                level += number(change)
        bars.append(Bar(PLAN_WORDS[str(to_plan)], "", 0.0, level, ""))
    return bars


def _part_words(part: str, change: float) -> str:
    if part == "waste":
        return "Less waste" if change > 0 else "More waste"
    return PART_WORDS.get(part, part)


def _drawn(bars: list[Bar], places: list[int], stamp: Stamp) -> dict[str, Any]:
    return {
        "type": "bar",
        "orientation": "h",
        "y": places,
        "base": [bar.start for bar in bars],
        "x": [bar.end - bar.start for bar in bars],
        "marker": {"color": [_colour(bar) for bar in bars]},
        "hovertext": [
            hover(
                bar.words,
                signed_amount(bar.end - bar.start, stamp),
                *([bar.means] if bar.means else []),
            )
            for bar in bars
        ],
        "hoverinfo": "text",
    }


def _colour(bar: Bar) -> str:
    if not bar.part:
        return theme.CURRENT
    return theme.LOCAL if bar.end >= bar.start else theme.COMMON


def _joint(place: int, at: float) -> dict[str, Any]:
    """The thin line that carries a bar's end down to the next."""
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "y0": place,
        "y1": place + 1,
        "line": {"color": theme.ZERO, "width": 1},
        "layer": "below",
    }


def _figure(bar: Bar, stamp: Stamp, scale: float) -> str:
    if bar.part:
        return signed_amount(bar.end - bar.start, stamp, scale)
    return bold(signed_amount(bar.end, stamp, scale))


def _axis_words(stamp: Stamp, short: bool = False) -> str:
    unit = f"{stamp.currency} a week" if in_money(stamp) else "units a week"
    return unit if short else f"{_counted(stamp)} beside the current range, {unit}"


def _counted(stamp: Stamp) -> str:
    return "Margin after waste" if in_money(stamp) else "Units sold"


def _finding(scope: Scope) -> str:
    """What the local plan gains, and how much of that going local does, with intervals."""
    stamp = scope.contents.stamp
    rows = {str(row["against"]): row for _, row in scope.value.iterrows()}
    current = rows.get("current")
    if current is None or pd.isna(current["value_week"]):
        return "From plan to plan: how sure the difference is, is not known"
    value = number(current["value_week"])
    ends = f"80 % interval {interval(current, stamp)}"
    clear = not within_noise(current)
    if clear:
        more = "more" if value > 0 else "less"
        words = f"{_does(stamp)} {amount(abs(value), stamp)} a week {more} than the current range"
    else:
        words = (
            "No clear gain over the current range: "
            f"{signed_amount(value, stamp)} a week is within noise"
        )
    words += f" ({ends})"
    common = rows.get("common")
    if common is None or pd.isna(common["value_week"]):
        return words
    local = number(common["value_week"])
    ends = interval(common, stamp)
    if within_noise(common):
        return f"{words}; of going local, {signed_amount(local, stamp)} ({ends}) is within noise"
    if clear and 0 < local <= value:
        return f"{words}, {amount(local, stamp)} of it by going local ({ends})"
    return f"{words}; going local brings {signed_amount(local, stamp)} ({ends})"


def _does(stamp: Stamp) -> str:
    return "The plan earns" if in_money(stamp) else "The plan sells"


def _caption(straight: pd.DataFrame, stamp: Stamp) -> str:
    """All parts from the current range straight to the local plan, which make up the whole gain.

    Of the two steps a sum would count an item twice that comes with the one and leaves with the
    other.
    """
    total = straight.groupby("part")["change_week"].sum()
    scale = float(total.abs().max())

    def net(*parts: str) -> str:
        return signed_amount(sum(float(total.get(part, 0.0)) for part in parts), stamp, scale)

    return (
        "Blue adds, orange takes away, grey is a whole plan. Straight from the current range to "
        f"the local plan, new items bring {net('new_items', 'taken_from_others')} after what they "
        f"take from others, items that leave {net('lost_items', 'recaptured')} after what others "
        f"recapture, {'less' if total.get('waste', 0.0) > 0 else 'more'} waste {net('waste')}, "
        f"stock and facings within the budget {net('stock')}, listing costs {net('listing')}, "
        f"tending facings {net('handling')}: {net(*total.index)} in all."
    )


def _recaptured(found: pd.DataFrame, scope: Scope) -> str:
    """Why a step's money recaptured is more of what leaves than any need group keeps in units."""
    parts = found.pivot(index="to_plan", columns="part", values="change_week")
    most = scope.contents.recapture["recapture_share"].max()
    if pd.isna(most) or not (parts["recaptured"] > -most * parts["lost_items"]).any():
        return ""
    return (
        " What others recapture is money: a larger share of what leaves than the shares of units "
        "that need groups keep, as those that take over earn more a unit or have the stock to sell "
        "more of their demand."
    )


def _apart(scope: Scope) -> str:
    """Why the last bar is not the gain in the title, where it is not."""
    stamp = scope.contents.stamp
    rows = scope.value[scope.value["against"] == "current"]
    if rows.empty or pd.isna(rows["value_week"].iloc[0]):
        return ""
    value, planned = (number(rows[name].iloc[0]) for name in ("value_week", "planned_week"))
    told, drawn = signed_amount(value, stamp), signed_amount(planned, stamp)
    if pd.isna(planned) or told == drawn:
        return ""
    return (
        f" Bars are at the demand expected ({drawn} in all); the title is the mean over what "
        f"demand may be ({told})."
    )


def _table(found: pd.DataFrame, stamp: Stamp) -> Table:
    def change(value: float) -> str:
        return signed_amount(value, stamp)

    return table(
        "From plan to plan, part by part, a week",
        [
            Column("Part", "part", found["part"], lambda p: PART_MEANS.get(p, p), words=True),
            Column("From", "from_plan", found["from_plan"], PLAN_WORDS.__getitem__, words=True),
            Column("To", "to_plan", found["to_plan"], PLAN_WORDS.__getitem__, words=True),
            Column("Change", "change_week", found["change_week"], change),
        ],
    )
