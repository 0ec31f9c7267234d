"""Year-on-year season: what each category did from here on a year ago."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEAR_WEEKS = 52
FEWEST_WEEKS = 60


def season_change(
    smooth: Floats, seen: NDArray[np.bool_], category_of_item: Ints, weeks: int
) -> tuple[Floats, float]:
    """Log change of each item's level from the last week to the horizon's mean, and its weight.

    smooth: [item, week] smoothed log levels; seen: where they were observed. The change of an
    item's category a year ago, times the share (0 to 1) of such changes that came back in the
    second year, by least squares over all weeks where both can be seen. Zeros where the history
    is shorter than 60 weeks.
    """
    items, history = smooth.shape
    none = np.zeros(items)
    if history < FEWEST_WEEKS or history - YEAR_WEEKS - weeks < 1:
        return none, 0.0
    first = np.argmax(seen, axis=1)
    past: list[Floats] = []
    now: list[Floats] = []
    for origin in range(YEAR_WEEKS, history - weeks):
        past.append(_change(smooth, first, category_of_item, origin - YEAR_WEEKS, weeks))
        now.append(_change(smooth, first, category_of_item, origin, weeks))
    before, after = np.concatenate(past), np.concatenate(now)
    square = float((before**2).sum())
    share = float(np.clip((before * after).sum() / square, 0.0, 1.0)) if square > 0 else 0.0
    last_year = _change(smooth, first, category_of_item, history - 1 - YEAR_WEEKS, weeks)
    return share * last_year[category_of_item], share


def _change(smooth: Floats, first: Ints, category: Ints, origin: int, weeks: int) -> Floats:
    """[category] mean log change from week ``origin`` to the mean of the ``weeks`` after it."""
    there = (first <= origin).astype(np.float64)
    change = smooth[:, origin + 1 : origin + 1 + weeks].mean(axis=1) - smooth[:, origin]
    count = np.bincount(category, there)
    return np.asarray(np.bincount(category, there * change) / np.maximum(count, 1.0))
