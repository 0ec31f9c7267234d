"""Each item's own level over time: a local-level model of log ratios, one filter for all items.

Durbin & Koopman (2012), *Time Series Analysis by State Space Methods*, chapter 2:
observed z_t = level_t + shock_t + noise_t, level_t = level_{t-1} + step_t, with
var(shock) = r, var(step) = q shared by all series and var(noise_t) known from the counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEP_VARIANCES = (1e-4, 1e-3, 4e-3, 1e-2, 2e-2, 4e-2, 8e-2, 0.16)
SHOCK_VARIANCES = (0.0, 1e-3, 4e-3, 1e-2, 2e-2, 4e-2, 8e-2)
# A level before its first observation: anything from a thousandth to a thousand times the mean.
VAGUE_VARIANCE = 25.0


@dataclass(frozen=True)
class Levels:
    """Smoothed log levels, [series, week], and what is known at the end of the history."""

    smooth: Floats
    """Log level of each week given all weeks."""
    weekly: Floats
    """``smooth`` plus the week's own shock as far as it can be told from noise."""
    last: Floats
    """[series] log level in the last week."""
    last_variance: Floats
    step_variance: float
    shock_variance: float

    def forecast_variance(self, weeks: int) -> Floats:
        """Variance of the mean log level over the next ``weeks`` weeks, [series].

        The mean of a random walk over the horizon H has variance q (H+1)(2H+1) / (6 H); the
        weekly shocks average out as r / H.
        """
        walk = self.step_variance * (weeks + 1) * (2 * weeks + 1) / (6 * weeks)
        return self.last_variance + walk + self.shock_variance / weeks


def follow(log_ratio: Floats, noise_variance: Floats) -> Levels:
    """Fit q and r by the innovations likelihood, then filter and smooth.

    log_ratio: [series, week] log of observed over expected; noise_variance: its variance, inf
    where the week was not observed.
    """
    step, shock = _fit(log_ratio, noise_variance)
    total = noise_variance + shock
    mean, variance, ahead = _filter(log_ratio, total, step)[:3]
    smooth = mean.copy()
    for t in range(mean.shape[1] - 2, -1, -1):
        gain = variance[:, t] / ahead[:, t + 1]
        smooth[:, t] = mean[:, t] + gain * (smooth[:, t + 1] - mean[:, t])
    seen = np.isfinite(noise_variance)
    own = np.where(seen, shock / np.where(seen & (total > 0), total, 1.0), 0.0)
    weekly = smooth + own * np.where(seen, log_ratio - smooth, 0.0)
    return Levels(
        smooth=smooth,
        weekly=weekly,
        last=mean[:, -1],
        last_variance=variance[:, -1],
        step_variance=step,
        shock_variance=shock,
    )


def filtered(levels: Levels, log_ratio: Floats, noise_variance: Floats) -> tuple[Floats, Floats]:
    """Log level of every week given only the weeks up to it, and its variance, [series, week]."""
    mean, variance, _, _ = _filter(
        log_ratio, noise_variance + levels.shock_variance, levels.step_variance
    )
    return mean, variance


def _filter(
    log_ratio: Floats, total_variance: Floats, step: float
) -> tuple[Floats, Floats, Floats, float]:
    """Kalman filter over weeks for all series at once; also the log likelihood."""
    series, weeks = log_ratio.shape
    seen = np.isfinite(total_variance)
    precision = np.where(seen, 1.0 / np.where(seen, np.maximum(total_variance, 1e-9), 1.0), 0.0)
    observed = np.where(seen, log_ratio, 0.0)
    weight = precision.sum(axis=1)
    start = (observed * precision).sum(axis=1) / np.where(weight > 0, weight, 1.0)
    mean = np.empty((series, weeks))
    variance = np.empty((series, weeks))
    ahead = np.empty((series, weeks))
    m, p = start, np.full(series, VAGUE_VARIANCE)
    likelihood = 0.0
    for t in range(weeks):
        before = p if t == 0 else p + step
        ahead[:, t] = before
        gain = before * precision[:, t] / (1.0 + before * precision[:, t])
        miss = observed[:, t] - m
        known = seen[:, t]
        spread = before[known] + total_variance[known, t]
        # The vague first observation carries no information about q and r.
        counted = before[known] < VAGUE_VARIANCE / 2
        term = np.log(spread) + miss[known] ** 2 / spread
        likelihood -= 0.5 * float(term[counted].sum())
        m = m + gain * miss
        p = before * (1.0 - gain)
        mean[:, t], variance[:, t] = m, p
    return mean, variance, ahead, likelihood


def _fit(log_ratio: Floats, noise_variance: Floats) -> tuple[float, float]:
    best = (-np.inf, STEP_VARIANCES[0], SHOCK_VARIANCES[0])
    for step in STEP_VARIANCES:
        for shock in SHOCK_VARIANCES:
            likelihood = _filter(log_ratio, noise_variance + shock, step)[3]
            if likelihood > best[0]:
                best = (likelihood, step, shock)
    return best[1], best[2]
