"""Customer segments found in the sales: how many, who is where, and what they buy more of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.mixture import Cells, divergence, factorise, local_cells
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_NUMBER = 6
STORES_PER_SEGMENT = 3
FEWEST_CELLS = 60
FOLDS = 5
REPEATS = 2
"""Divisions into folds; of many pairs one is enough."""
MANY_CELLS = 5_000
SHARE_PRIORS = (30.0, 100.0, 300.0)
"""How strongly a store's shares lean on the chain's; which is chosen with the held-out pairs."""
WORSE_IN_A_ROW = 2
TRIAL_STARTS, TRIAL_ROUNDS = 4, 120
FINAL_STARTS, FINAL_ROUNDS = 8, 200
NAMED_GROUPS = 2
SMALLEST_LIFT = 0.02


@dataclass(frozen=True)
class Segmentation:
    """Segments in order of their share of the chain's units."""

    share: Floats
    """[store, segment], sums to 1: share of the units that the store would sell of every item."""
    index: Floats
    """[segment, item], 1 = average customer of the chain."""
    group_index: Floats
    """[segment, need group], the mean of its items by units."""
    curve: pd.DataFrame
    """segments, held_out_score (gain in quasi log-likelihood of held-out pairs over one segment),
    standard_error (of the distance to the best), chosen."""
    cells: int
    """Store-item pairs that this rests on."""

    @property
    def number(self) -> int:
        """How many segments there are."""
        return int(self.share.shape[1])

    @property
    def chain_share(self) -> Floats:
        """[segment] mean share over the stores."""
        return np.asarray(self.share.mean(axis=0))


def discover_segments(
    history: History,
    grouping: Grouping,
    rates: Rates,
    *,
    number: int | None = None,
    largest: int = LARGEST_NUMBER,
    seed: int = 1,
) -> Segmentation:
    """Segments behind the local effects of store-item pairs.

    Their number is the smallest whose held-out score is within one standard error (by store) of
    the best (Breiman et al. 1984, *Classification and Regression Trees*, section 3.4.3), unless
    ``number`` asks for one. Every pair is held out. Neither the order nor the names of stores
    and items matter. Raises ValueError for a number below 1 or above the stores with sales.
    """
    cells, group_of_item = local_cells(history, grouping, rates), grouping.group_of_item
    with_sales = int(cells.known.any(axis=1).sum())
    if number is not None and not 1 <= number <= max(with_sales, 1):
        raise ValueError(f"from 1 to {with_sales} segments can be told apart, not {number}")
    # A place in the tables must not decide who is held out or where a search begins.
    store_order = np.argsort(-cells.rate.sum(axis=1), kind="stable")
    item_order = np.argsort(-sums(history.item, history.units, history.items), kind="stable")
    ordered = Cells(*(m[store_order][:, item_order] for m in
                      (cells.rate, cells.information, cells.one)))  # fmt: skip
    group = group_of_item[item_order]

    most = min(largest, with_sales // STORES_PER_SEGMENT)
    if int(cells.known.sum()) < FEWEST_CELLS or most < 2:
        curve, prior, chosen = _curve({1: np.zeros(len(cells.rate))}), SHARE_PRIORS[1], 1
    else:
        scores, prior = _scores(ordered, group, max(most, number or 0), seed)
        curve = _curve(scores)
        chosen = int(curve.loc[curve["chosen"], "segments"].iloc[0])
    if number is not None:
        chosen = number
        curve["chosen"] = curve["segments"] == number
    a, b = factorise(
        ordered, chosen, group, prior, starts=FINAL_STARTS, rounds=FINAL_ROUNDS, seed=seed
    )
    units = np.maximum(sums(history.item, history.units, history.items), 1e-9)
    share, index = _normalised(a, b, units[item_order])
    order = np.argsort(-share.mean(axis=0), kind="stable")
    of_stores, of_items = np.empty_like(share), np.empty_like(index)
    of_stores[store_order] = share[:, order]
    of_items[:, item_order] = index[order]
    groups = int(group_of_item.max()) + 1
    total = sums(group_of_item, units, groups)
    group_index = np.stack([sums(group_of_item, units * row, groups) / total for row in of_items])
    return Segmentation(of_stores, of_items, group_index, curve, int(cells.known.sum()))


def _scores(cells: Cells, group: Ints, most: int, seed: int) -> tuple[dict[int, Floats], float]:
    """Held-out quasi log-likelihood over one segment's by store, per number; and the prior."""
    store, item = np.nonzero(cells.known)
    draw = np.random.default_rng(seed)
    repeats = REPEATS if len(store) < MANY_CELLS else 1
    folds = []
    for _ in range(repeats):
        fold = np.full(cells.rate.shape, -1)
        fold[store, item] = draw.permutation(len(store)) % FOLDS
        folds += [fold == number for number in range(FOLDS)]

    def score(segments: int, prior: float) -> Floats:
        total = np.zeros(len(cells.rate))
        for number, hidden in enumerate(folds):
            a, b = factorise(
                cells,
                segments,
                group,
                prior,
                starts=TRIAL_STARTS,
                rounds=TRIAL_ROUNDS,
                seed=seed + number,
                hidden=hidden,
            )
            miss = divergence(cells.information, cells.rate, a @ b)
            total -= np.where(hidden, miss, 0.0).sum(axis=1) / repeats
        return total

    one = score(1, SHARE_PRIORS[0])

    def best(scores: dict[int, Floats]) -> float:
        return max(float(by_store.sum()) for by_store in scores.values())

    found: dict[float, dict[int, Floats]] = {}
    for prior in SHARE_PRIORS:
        scores = found[prior] = {1: np.zeros_like(one)}
        for segments in range(2, most + 1):
            scores[segments] = score(segments, prior) - one
            last = [float(by_store.sum()) for by_store in scores.values()][-WORSE_IN_A_ROW - 1 :]
            if len(last) > WORSE_IN_A_ROW and last == sorted(last, reverse=True):
                break
    prior = max(SHARE_PRIORS, key=lambda p: best(found[p]))
    return found[prior], prior


def _curve(scores: dict[int, Floats]) -> pd.DataFrame:
    total = {number: float(by_store.sum()) for number, by_store in scores.items()}
    best = max(total, key=lambda number: total[number])
    errors = []
    for by_store in scores.values():
        behind = scores[best] - by_store
        errors.append(float(np.sqrt(len(behind) * behind.var(ddof=1))) if len(behind) > 1 else 0.0)
    within = [total[best] - t <= e for t, e in zip(total.values(), errors, strict=True)]
    numbers = list(scores)
    chosen = numbers[within.index(True)]
    return pd.DataFrame(
        {
            "segments": numbers,
            "held_out_score": list(total.values()),
            "standard_error": errors,
            "chosen": [number == chosen for number in numbers],
        }
    )


def _normalised(a: Floats, b: Floats, units: Floats) -> tuple[Floats, Floats]:
    """Shares that sum to 1 and indices with mean 1 over segments and over the items' units.

    The product a b leaves open how many customers a segment has and how much each buys; here all
    segments buy as many units a head, and the average customer of the chain has index 1.
    """
    weight = units / units.sum()
    customers = np.ones(len(b))
    index = b
    for _ in range(200):
        share = a * customers
        share = share / np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
        index = b / np.maximum(share.mean(axis=0) / customers @ b, 1e-12) / customers[:, None]
        bought = index @ weight
        customers = customers * bought
        if float(np.abs(bought - 1.0).max()) < 1e-12:
            break
    return share, index


def segment_names(
    found: Segmentation, need_groups: tuple[str, ...], units_of_group: Floats
) -> tuple[str, ...]:
    """Each segment by the need groups of which it buys most beyond the average.

    units_of_group: units sold of each need group; a rare one must stand out by a little more.
    """
    if found.number == 1:
        return ("all shoppers",)
    weight = (units_of_group / max(float(units_of_group.sum()), 1e-12)) ** 0.25
    names: list[str] = []
    for row in found.group_index:
        order = np.argsort(-(row - 1.0) * weight, kind="stable")
        lifted = [need_groups[n] for n in order if row[n] > 1.0 + SMALLEST_LIFT]
        parts = lifted[:NAMED_GROUPS] or ["a bit of everything"]
        while " & ".join(parts) in names and len(parts) < len(lifted):
            parts = lifted[: len(parts) + 1]
        name = " & ".join(parts)
        names.append(name if name not in names else f"{name} ({len(names) + 1})")
    return tuple(names)
