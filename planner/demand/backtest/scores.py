"""Scores of the held-out forecasts by slice, beside those of the simple rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.backtest.bootstrap import (
    Row,
    cluster_sums,
    drawn,
    grouped,
    interval,
    score_row,
)
from planner.demand.backtest.result import HIDDEN_STORES, KINDS, PLANNER, RULES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ANSWERED_SHARE = 0.5
"""A rule that answers for fewer of the pairs than this is no rival for them."""
TOUCHES = 1e-9
SMALLEST_FORECAST = 1e-3
"""Units a week; below, only the logarithm would tell forecasts apart."""
MEASURES = ("r2_log", "mae_units_week", "error_share", "bias_share")
SLICES = ("all", "source", "category", "region", "store")
LIGHT_SLICES = SLICES[:-1]


@dataclass(frozen=True)
class Sums:
    """What the figures of some pairs are made of: the last axis has one entry per measure part.

    Parts: pairs, log truth, its square, squared log miss, absolute miss, forecast, truth.
    """

    parts: Floats

    @staticmethod
    def of_rows(truth: Floats, forecast: Floats) -> Floats:
        """[row, part]; the truth is above 0, a forecast of nothing counts as next to nothing."""
        log_truth = np.log(truth)
        log_forecast = np.log(np.maximum(forecast, SMALLEST_FORECAST))
        return np.column_stack(
            [
                np.ones_like(truth),
                log_truth,
                log_truth**2,
                (log_truth - log_forecast) ** 2,
                np.abs(truth - forecast),
                forecast,
                truth,
            ]
        )

    def figures(self) -> dict[str, Floats]:
        """R2 of the log rate, mean absolute error in units a week and as a share of what was sold,
        and bias as a share.

        R2 is 1 - squared misses / squared deviations from the mean log rate; NaN where there is
        nothing to explain. Bias is forecast over truth, summed, less 1.
        """
        pairs, log_truth, square, miss, absolute, forecast, truth = np.moveaxis(self.parts, -1, 0)
        some = np.maximum(pairs, 1)
        spread = square - log_truth**2 / some
        told = spread > 1e-9 * np.maximum(square, 1e-9)
        r2 = np.where(told, 1.0 - miss / np.where(told, spread, 1.0), np.nan)
        return {
            "r2_log": r2,
            "mae_units_week": absolute / some,
            "error_share": absolute / truth,
            "bias_share": forecast / truth - 1.0,
        }


def forecast_scores(pairs: pd.DataFrame, seed: int, chosen: Sequence[str] = SLICES) -> list[Row]:
    """Rows of ``Backtest.scores`` for the held-out pairs, by kind and slice.

    Intervals draw items anew, whose levels all stores share; where whole stores were hidden they
    draw stores, whose size all their items share.
    """
    rows: list[Row] = []
    clusters = {
        kind: pd.factorize(pairs["store_id" if kind == HIDDEN_STORES else "item_id"])[0]
        for kind in KINDS
    }
    numbers = {
        name: pairs[name].to_numpy(dtype=np.float64)
        for name in (
            "truth_units_week",
            "demand_units_week",
            "low_units_week",
            "high_units_week",
            *RULES,
        )
    }
    for kind, by, name, members in slices(pairs, chosen):
        part = {column: values[members] for column, values in numbers.items()}
        label = {"kind": kind, "by": by, "name": name}
        rows += [label | row for row in _of_slice(part, clusters[kind][members], seed)]
    return rows


def slices(
    pairs: pd.DataFrame, chosen: Sequence[str] = SLICES
) -> Iterator[tuple[str, str, str, Ints]]:
    """Kind, by, name and the row numbers of every slice that has rows."""
    for by in chosen:
        columns = {"store": "store_id"}
        label = pairs[columns.get(by, by)] if by != "all" else pd.Series("all", pairs.index)
        for (kind, name), members in grouped(pairs["kind"], label):
            yield str(kind), by, str(name), members


def _of_slice(part: Mapping[str, Floats], cluster: Ints, seed: int) -> Iterator[Row]:
    truth = part["truth_units_week"]
    own = Sums.of_rows(truth, part["demand_units_week"])
    yield from _figures(PLANNER, own, cluster, 0, seed)
    # Ends are whole units where items are sold so; a truth that equals one is inside it.
    low, high = part["low_units_week"] - TOUCHES, part["high_units_week"] + TOUCHES
    inside = (truth >= low) & (truth <= high)
    yield _coverage(inside, cluster, seed)
    best: dict[str, tuple[float, Row]] = {}
    for rule in RULES:
        answered = np.isfinite(part[rule])
        if not answered.any():
            continue
        theirs = Sums.of_rows(truth[answered], part[rule][answered])
        yield from _figures(rule, theirs, cluster[answered], int((~answered).sum()), seed)
        if answered.mean() < ANSWERED_SHARE:
            continue
        score = Sums(theirs.sum(axis=0)).figures()
        goodness = {"r2_log": score["r2_log"], "error_saved_share": -score["error_share"]}
        for row in _advantages(own[answered], theirs, cluster[answered], rule, seed):
            measure = str(row["measure"])
            good = float(goodness[measure])
            if np.isfinite(good) and (measure not in best or good > best[measure][0]):
                best[measure] = (good, row)
    yield from (row for _, row in best.values())


def _figures(
    forecaster: str, rows: Floats, cluster: Ints, unanswered: int, seed: int
) -> Iterator[Row]:
    sums = cluster_sums(cluster, rows)
    values = Sums(sums.sum(axis=0)).figures()
    draws = drawn(sums, seed)
    scattered = Sums(draws).figures() if draws is not None else {}
    for measure in MEASURES:
        ends = interval(scattered.get(measure))
        yield score_row(forecaster, "", measure, len(rows), unanswered, values[measure], ends)


def _advantages(own: Floats, theirs: Floats, cluster: Ints, rule: str, seed: int) -> Iterator[Row]:
    """The planner against a rule on the pairs that both answer, in the same draws."""
    mine, other = cluster_sums(cluster, own), cluster_sums(cluster, theirs)
    values = _better(mine.sum(axis=0), other.sum(axis=0))
    my_draws, other_draws = drawn(mine, seed), drawn(other, seed)
    scattered = {}
    if my_draws is not None and other_draws is not None:
        scattered = _better(my_draws, other_draws)
    for measure, value in values.items():
        ends = interval(scattered.get(measure))
        yield score_row(PLANNER, rule, measure, len(own), 0, value, ends)


def _better(own: Floats, theirs: Floats) -> dict[str, Floats]:
    """How much better the planner is: R2 gained, and the share of the rule's error saved."""
    mine, other = Sums(own).figures(), Sums(theirs).figures()
    error = other["mae_units_week"]
    some = np.where(error > 0, error, 1.0)
    return {
        "r2_log": mine["r2_log"] - other["r2_log"],
        "error_saved_share": np.where(error > 0, 1.0 - mine["mae_units_week"] / some, np.nan),
    }


def _coverage(inside: Flags, cluster: Ints, seed: int) -> Row:
    rows = np.column_stack([np.ones(len(inside)), inside.astype(np.float64)])
    draws = drawn(cluster_sums(cluster, rows), seed)
    ends = interval(draws[:, 1] / draws[:, 0] if draws is not None else None)
    return score_row(PLANNER, "", "inside_share", len(inside), 0, float(inside.mean()), ends)
