"""What the plan is worth, in words that do not claim more than the interval allows."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.outputs.contents import Contents, Stamp
from planner.outputs.numbers import MISSING, share
from planner.outputs.report.amounts import (
    amount,
    in_money,
    quantity,
    signed,
    signed_amount,
    signed_share,
)

TELLING = 0.1
"""Relative difference of two figures from which it is explained."""
AGAINST = {"current": "the current range", "common": "the common plan"}


@dataclass(frozen=True)
class Worth:
    """One comparison, ready to print; ``noise``: the 80 % interval includes zero."""

    against: str
    against_words: str
    value: float
    value_words: str
    interval_words: str
    share_words: str
    noise: bool
    unusual: str
    """The figure that is above 6 %; empty where none is."""
    note: str
    """What has to be said beside the figure; empty where nothing has."""
    zero_at: float
    low_at: float
    value_at: float
    high_at: float
    """Places on a line from 0 to 100 that both comparisons share."""


def worths(value: pd.DataFrame, stamp: Stamp, contents: Contents | None = None) -> list[Worth]:
    """The comparisons of a scope, against the current range first.

    ``value`` has the columns of ``Contents.value`` and at most one row per ``against``;
    ``contents``: of the scope, for what has to be said beside the figures.
    """
    known = value.dropna(subset=["value_week"])
    rows = {str(row["against"]): row for _, row in known.iterrows()}
    ends = [
        0.0,
        *(
            float(row[name])
            for row in rows.values()
            for name in ("low_week", "value_week", "high_week")
            if pd.notna(row[name])
        ),
    ]
    start, stop = min(ends), max(ends)
    width = (stop - start) or 1.0

    def at(amount_week: float) -> float:
        return round(100 * (float(amount_week) - start) / width, 2)

    return [
        _worth(rows[against], stamp, contents, at(0.0), [at(rows[against][name]) for name in _ENDS])
        for against in AGAINST
        if against in rows
    ]


_ENDS = ("low_week", "value_week", "high_week")


def _worth(
    row: pd.Series, stamp: Stamp, contents: Contents | None, zero_at: float, places: list[float]
) -> Worth:
    return Worth(
        against=str(row["against"]),
        against_words=AGAINST[str(row["against"])],
        value=float(row["value_week"]),
        value_words=signed_amount(float(row["value_week"]), stamp),
        interval_words=interval(row, stamp),
        share_words=signed_share(float(row["share_of_sales"]), stamp),
        noise=within_noise(row),
        unusual=unusual_words(row, stamp) if bool(row["unusual"]) else "",
        note=_note(row, stamp, contents),
        zero_at=zero_at,
        low_at=places[0],
        value_at=places[1],
        high_at=places[2],
    )


def _note(row: pd.Series, stamp: Stamp, contents: Contents | None) -> str:
    """Whether the difference can be told from none, and what it is charged with."""
    other, value = AGAINST[str(row["against"])], float(row["value_week"])
    said = []
    if within_noise(row):
        said.append(f"The plan may as well be worth no more than {other}.")
    elif value < 0:
        said.append(f"The plan is worth less than {other}.")
    planned = float(row["planned_week"])
    if abs(planned - value) > TELLING * max(abs(planned), abs(value)):
        said.append(
            "This is the mean over what demand may be; at the demand expected it would be "
            f"{signed_amount(planned, stamp)}: a full shelf sells no more when demand is high, "
            "and wastes when it is low."
        )
    if contents is not None:
        tending = float(contents.store_plans["facings_added_cost_week"].sum())
        if value < 0 < round(tending, 2):
            said.append(
                f"{amount(tending, stamp)} of it is for tending the facings that fill left-over "
                "width, which the other is spared."
            )
        if row["against"] == "current":
            said += _overfull(contents.figures)
    return " ".join(said)


def _overfull(figures: pd.DataFrame) -> list[str]:
    """What is assumed where today's range does not stand on its shelves."""
    today = figures[figures["plan"] == "current"]
    over = int((today["over_shelf_cm"] > 0).sum())
    if not over:
        return []
    where = f"in {over} of {len(today)} stores" if len(today) > 1 else "here"
    return [
        f"By the data more of today's range stands on the shelves {where} than fits: it is valued "
        "as if it stood, and the plan, which has to fit, against it. Check widths, facings and "
        "fixtures."
    ]


def within_noise(row: pd.Series) -> bool:
    """Whether the 80 % interval includes zero; an unknown interval proves nothing either."""
    low, high = float(row["low_week"]), float(row["high_week"])
    return not (low > 0 or high < 0)


def unusual_words(row: pd.Series, stamp: Stamp) -> str:
    """The larger of the two figures for which a claim is called unusual: ``sales grow 9.4%``."""
    growth, gain = float(row["sales_growth"]), float(row["share_of_sales"])
    sold = "sales" if in_money(stamp) else "units sold"
    if not growth < gain:
        return f"{sold} grow {share(growth, stamp)}, above 6 %"
    return f"gain of {share(gain, stamp)} of {sold}, above 6 %"


def kind_of(row: pd.Series | None) -> str:
    """What a value is: gain, noise or loss; unknown where there is none."""
    if row is None or pd.isna(row["value_week"]):
        return "unknown"
    if within_noise(row):
        return "noise"
    return "gain" if float(row["value_week"]) > 0 else "loss"


def interval(row: pd.Series, stamp: Stamp) -> str:
    """The 80 % interval as words."""
    low, high = float(row["low_week"]), float(row["high_week"])
    if pd.isna(low) or pd.isna(high):
        return MISSING
    scale = max(abs(low), abs(high))
    if in_money(stamp):
        return f"{signed_amount(low, stamp, scale)} to {signed_amount(high, stamp, scale)}"
    ends = [signed(quantity(end, stamp, scale), end) for end in (low, high)]
    return f"{ends[0]} to {ends[1]} units"
