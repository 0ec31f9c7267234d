"""Stores without sales: how large they are, from what is known of them beforehand."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History
from planner.demand.factors import Factors, Grouping
from planner.demand.rates import Rates
from planner.tables.inputs import Assumption, Inputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Ridge penalties in numbers of stores; the largest leaves the chain's mean alone.
PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1e6)
FEWEST_STORES = 5


@dataclass(frozen=True)
class NewStores:
    """Stores without sales and what their size was foretold from."""

    store: Ints
    traits: tuple[str, ...]
    log_error: float
    """Standard deviation of the log size, from stores left out one by one."""

    def assumptions(self) -> list[Assumption]:
        """The sentence for the *Assumptions* sheet, if there is such a store."""
        if not len(self.store):
            return []
        source = f"{', '.join(self.traits)} and region" if self.traits else "its region"
        text = (
            f"Store without sales: its size is foretold from {source} as in the other stores "
            f"(standard deviation {np.expm1(self.log_error):.0%}), its tastes from signals and "
            "segments; an assumption until it has sold something"
        )
        return [Assumption("demand", "sales.store_id", text, len(self.store))]


def with_unseen_stores(
    rates: Rates, history: History, grouping: Grouping, inputs: Inputs
) -> tuple[Rates, NewStores]:
    """Give stores without history a size by a ridge regression of the others' log sizes.

    On one side stand shelf, purchase budget, deliveries and length of the range, on the other
    signals and regions; the penalty of each side is the one that foretells left-out stores best,
    and their squared error is the variance. With few stores: the mean of the chain.
    """
    size = rates.factors["store"]
    seen = np.zeros(history.stores, dtype=bool)
    seen[history.pair_store[history.pair]] = True
    unseen = np.flatnonzero(~seen)
    if not len(unseen):
        return rates, NewStores(unseen, (), 0.0)
    names, scale = _scale(inputs)
    rest = np.eye(grouping.regions)[grouping.region_of_store]
    if grouping.traits is not None:
        rest = np.concatenate([rest, grouping.traits.value], axis=1)
    log_size = np.log(size.factor)
    mean, error = _ridge(scale, rest, log_size, seen)
    factor, variance = size.factor.copy(), size.variance.copy()
    factor[unseen] = np.exp(mean[unseen])
    variance[unseen] = error
    store = Factors(factor, variance, size.prior_variance)
    signals = ("signals",) if grouping.traits is not None and grouping.traits.signals else ()
    rates = replace(rates, factors={**rates.factors, "store": store})
    return rates, NewStores(unseen, (*names, *signals), float(np.sqrt(error)))


def _scale(inputs: Inputs) -> tuple[tuple[str, ...], Floats]:
    """Logs of what a store is built for, [store, trait], standardised; 0 where not known."""
    stores = inputs.stores["store_id"]
    shelf = inputs.fixtures.groupby("store_id")["width_cm"].sum().reindex(stores)
    length = inputs.current_range.groupby("store_id").size().reindex(stores)
    columns = {
        "shelf": shelf.to_numpy(dtype=np.float64),
        "budget": inputs.stores["budget_week"].to_numpy(dtype=np.float64),
        "deliveries": inputs.stores["deliveries_week"].to_numpy(dtype=np.float64),
        "length of the range": length.to_numpy(dtype=np.float64),
    }
    names, found = [], []
    for name, value in columns.items():
        known = np.isfinite(value) & (value > 0)
        log = np.log(np.where(known, value, 1.0))
        spread = log[known].std() if known.sum() > 1 else 0.0
        if spread > 1e-6:
            names.append(name)
            found.append(np.where(known, (log - log[known].mean()) / spread, 0.0))
    return tuple(names), np.stack(found, axis=1) if found else np.zeros((len(stores), 0))


def _ridge(
    scale: Floats, rest: Floats, value: Floats, seen: NDArray[np.bool_]
) -> tuple[Floats, float]:
    """Foretold value of every store, and the mean squared error of leaving one out."""
    count = int(seen.sum())
    y = value[seen]
    mean = np.full(len(value), y.mean())
    error = float(y.var() * count / max(count - 1, 1) * (1.0 + 1.0 / count))
    if count < FEWEST_STORES:
        return mean, max(error, 1.0)
    x = np.concatenate([scale, rest], axis=1)
    x = x - x[seen].mean(axis=0)
    best = mean
    for first in PENALTIES if scale.shape[1] else PENALTIES[-1:]:
        for second in PENALTIES:
            penalty = np.r_[np.full(scale.shape[1], first), np.full(rest.shape[1], second)]
            solve = np.linalg.solve(x[seen].T @ x[seen] + np.diag(penalty), x[seen].T)
            leverage = np.einsum("sk,ks->s", x[seen], solve) + 1.0 / count
            beta = solve @ (y - y.mean())
            miss = (y - y.mean() - x[seen] @ beta) / np.maximum(1.0 - leverage, 1e-3)
            if float((miss**2).mean()) < error:
                error = float((miss**2).mean())
                best = y.mean() + x @ beta
    return best, error
