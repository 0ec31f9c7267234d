"""What is believed about substitution: estimated where the history can tell, else assumed."""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy import special

from planner.demand.recapture import Thetas
from planner.demand.substitution import GroupChoice

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DRAWS = 8
LOW, HIGH = 0.1, 0.9
# An interval wider than this says that the history cannot tell.
WIDEST_INTERVAL = 0.3
# Nor does it tell where theta, between 0 and 1, is known no better than this by the group's own
# history, the other groups left aside.
LARGEST_STANDARD_ERROR = 0.2
# Relative error of 1 - theta that one segment of shoppers and the no-purchase rule make: an
# assumption.
MODEL_ERROR = 0.1
# Where nothing is known, recapture may as well be anything from here to there: an assumption.
POSSIBLE_RECAPTURE = (0.1, 0.7)
# Groups are never taken to be more alike than this: few of them cannot show how they differ.
SMALLEST_VARIANCE, LARGEST_VARIANCE = 0.01, 1.0
BISECTIONS = 40


@dataclass(frozen=True)
class Beliefs:
    """theta of each need group: best guess, 80 % interval and equally likely draws."""

    theta: Floats
    """[need group]"""
    closest: Floats
    """[need group] the theta below which it lies one time in ten: most is recaptured."""
    farthest: Floats
    """[need group] the theta above which it lies one time in ten."""
    draws: Floats
    """[draw, need group]"""
    estimated: Flags
    """[need group]; the others are assumptions."""


def believe(
    found: Thetas, choice: GroupChoice, need_groups: tuple[str, ...], recapture_share: float
) -> Beliefs:
    """Estimates where they are sharp, else the assumed ``recapture_share``.

    A group's estimate is drawn towards the mean of all groups by its error against the spread
    between groups (empirical Bayes; variance between groups by Paule & Mandel 1982). It counts
    as estimated when its own standard error is at most 0.2 and the 80 % interval of its recapture
    at most 0.3 wide. ``choice`` holds the horizon's demand, promotions included.
    Draws hang on the need group's name alone; they are independent between estimated groups, and
    the same for all assumed ones.
    """
    mean, variance = shrunk(found.value, found.standard_error)
    spread = np.sqrt(variance + np.square(MODEL_ERROR * (1.0 - mean)))
    sure = special.ndtri(HIGH) * spread

    def theta(value: Floats) -> Floats:
        return np.clip(value, 0.0, 1.0)

    width = choice.recapture(theta(mean - sure)) - choice.recapture(theta(mean + sure))
    # Where no store lists two items, there is nothing to recapture and nothing to estimate.
    possible = choice.recapture(np.zeros(choice.groups)) > 0
    told = found.standard_error <= LARGEST_STANDARD_ERROR
    estimated = possible & told & (width <= WIDEST_INTERVAL)

    most = choice.recapture(np.zeros(choice.groups))
    # Where little can move at all, what is possible is a part of that.
    reach = np.minimum(most / POSSIBLE_RECAPTURE[1], 1.0)
    middle = np.minimum(recapture_share, most)
    lowest = np.minimum(POSSIBLE_RECAPTURE[0] * reach, middle)
    highest = np.maximum(POSSIBLE_RECAPTURE[1] * reach, middle)

    def possibly(level: float) -> Floats:
        """As much recaptured as ``level`` of what is possible; the assumed share is the middle."""
        down, up = max(0.0, 1.0 - 2.0 * level), max(0.0, 2.0 * level - 1.0)
        share = middle - down * (middle - lowest) + up * (highest - middle)
        return choice.theta_of(share, 1e-3)

    assumed = choice.theta_of(np.full(choice.groups, recapture_share), 1e-7)

    level = (np.arange(DRAWS) + 0.5) / DRAWS
    normal = special.ndtri(level)
    normal = normal / normal.std()
    draws = np.empty((DRAWS, choice.groups))
    for group, name in enumerate(need_groups):
        turn = np.random.default_rng(crc32(name.encode())).permutation(DRAWS)
        draws[:, group] = mean[group] + normal[turn] * spread[group]
    return Beliefs(
        theta=np.where(estimated, theta(mean), assumed),
        closest=np.where(estimated, theta(mean - sure), possibly(1.0)),
        farthest=np.where(estimated, theta(mean + sure), possibly(0.0)),
        draws=np.where(estimated, theta(draws), np.stack([possibly(share) for share in level])),
        estimated=estimated,
    )


def shrunk(value: Floats, standard_error: Floats) -> tuple[Floats, Floats]:
    """Posterior mean and variance of each group.

    The variance between groups is the one at which the groups' squared misses, each over its
    variance, sum to their number less one.
    """
    told = np.isfinite(standard_error) & np.isfinite(value)
    if not told.any():
        return np.full(len(value), 0.5), np.full(len(value), LARGEST_VARIANCE)
    own = np.where(told, value, 0.0)
    noise = np.where(told, np.square(standard_error), np.inf)
    low, high = SMALLEST_VARIANCE, LARGEST_VARIANCE
    for _ in range(BISECTIONS):
        between = (low + high) / 2
        precision = 1.0 / (noise + between)
        centre = float(precision @ own) / float(precision.sum())
        miss = float((precision * np.square(own - centre))[told].sum())
        low, high = (between, high) if miss > told.sum() - 1 else (low, between)
    weight = np.where(told, between / (between + noise), 0.0)
    # The centre is an estimate itself.
    variance = (1.0 - weight) * between + np.square(1.0 - weight) / precision.sum()
    return weight * own + (1.0 - weight) * centre, variance
