"""Which signals move which items, and by how much: a table for people."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from planner.demand.factors import Grouping
from planner.demand.local_effects import LocalEffects, local_effects, no_effects
from planner.demand.locality import LARGEST_STEP
from planner.demand.rates import Rates
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]

TURNS = 8
COLUMNS = ("item_id", "signal", "effect", "low", "high", "moves")


def no_signal_effects() -> pd.DataFrame:
    """The table of a chain without signals."""
    texts = {"item_id": "str", "signal": "str", "moves": "str"}
    return pd.DataFrame({name: [] for name in COLUMNS}).astype(
        {name: texts.get(name, "float64") for name in COLUMNS}
    )


def signal_effects(rates: Rates, grouping: Grouping, item_ids: pd.Series[str]) -> pd.DataFrame:
    """Effect of each signal on each item, in log demand per standard deviation of the signal.

    Columns: item_id, signal, effect, low and high (80 % interval), moves (yes where the interval
    does not hold 0). What segments explain counts as the signals' here, for it is through its
    shoppers that a signal moves demand; each effect is that of one signal with the others held. A
    signal that explains no more than one dealt out by chance has effect 0 on every item.
    """
    traits = grouping.traits
    if traits is None or not traits.signals:
        return no_signal_effects()
    shape = rates.locality.log_effect.shape
    store, item = np.divmod(rates.pair_cell, shape[1])
    information = np.maximum(rates.pair_information, 1e-12)
    ratio = rates.pair_factor * (1.0 + rates.pair_prior / information)
    ratio -= rates.pair_prior / information
    beyond = np.log(rates.static / rates.factors["store"].factor[store])
    y, weight = np.zeros(shape), np.zeros(shape)
    y[store, item] = np.minimum(ratio - 1.0, LARGEST_STEP) + beyond
    y -= rates.locality.crowding.log_effect
    weight[store, item] = rates.pair_information / (1.0 + rates.pair_information / rates.pair_prior)
    alone = replace(grouping, traits=replace(traits, segments=None))
    found = no_effects(*shape)
    for turn in range(TURNS):
        found = local_effects(y, weight, alone, found, choose=turn == 0)
    effect = np.zeros((shape[1], len(traits.signals)))
    error = np.zeros_like(effect)
    if found.used is not None and found.levels is not None:
        mean, variance = found.coefficients(alone)
        effect[:, found.used], error[:, found.used] = mean, np.sqrt(variance)
    margin = special.ndtri(0.9) * error
    low, high = effect - margin, effect + margin
    return pd.DataFrame(
        {
            "item_id": np.repeat(item_ids.to_numpy(), len(traits.signals)),
            "signal": np.tile(np.array(traits.signals, dtype=object), shape[1]),
            "effect": effect.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
            "moves": np.where((low * high > 0).ravel(), "yes", "no"),
        }
    ).astype({"item_id": "str", "signal": "str", "moves": "str"})


def signal_assumptions(
    effects: pd.DataFrame, local: LocalEffects, grouping: Grouping
) -> list[Assumption]:
    """Which signals move demand, for the *Assumptions* sheet; none without signals.

    ``effects``: :func:`signal_effects`; a signal moves demand where it moves an item, so that the
    sheet and the table say the same. What the forecasts take from signals beside the segments is
    said besides.
    """
    traits = grouping.traits
    if traits is None or not traits.signals:
        return []
    moving = set(effects.loc[effects["moves"] == "yes", "signal"])
    told = [name for name in traits.signals if name in moving]
    rest = [name for name in traits.signals if name not in moving]
    text = (
        f"Signals that move demand: {', '.join(told) or 'none'}; without an effect that can be "
        f"told from chance: {', '.join(rest) or 'none'}"
    )
    if traits.segments is not None:
        beside = [] if local.used is None else [traits.signals[k] for k in local.used]
        text += (
            ". What segments explain counts as the signals' here; used in the forecasts beside "
            f"the segments: {', '.join(beside) or 'none'}"
        )
    return [Assumption("demand", "signals", text, len(traits.signals))]
