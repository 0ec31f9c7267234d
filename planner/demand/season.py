"""The time of the year: two harmonics for every item, pooled by need group."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.demand.drivers import Pooled

Floats = NDArray[np.float64]

YEAR_WEEKS = 365.25 / 7
HARMONICS = 2
FEWEST_WEEKS = 40
"""Shorter histories cannot tell a season from a trend."""


def season_terms(weeks: int, first: int = 0) -> Floats:
    """[week, 4] cosine and sine of the year and half-year, for weeks first, first + 1, ..."""
    angle = 2.0 * np.pi * (first + np.arange(weeks)) / YEAR_WEEKS
    terms = [f(k * angle) for k in range(1, HARMONICS + 1) for f in (np.cos, np.sin)]
    return np.stack(terms, axis=1)


def no_season(items: int, weeks: int) -> Pooled:
    """Where fitting starts: no swing; no terms at all where the history is too short."""
    terms = 2 * HARMONICS if weeks >= FEWEST_WEEKS else 0
    flat = np.zeros(terms)
    covariance = np.zeros((items, terms, terms))
    return Pooled(np.zeros((items, terms)), covariance, flat, flat, flat)
