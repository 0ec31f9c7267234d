"""Which items are the core: given in the items table, or derived by a stated rule."""

from __future__ import annotations

import numpy as np

from planner.assortment.problem import Flags
from planner.demand.result import Demand
from planner.tables.inputs import Assumption, Inputs
from planner.tables.range_today import CORE_SHARE, derived_core


def no_core_yet(inputs: Inputs) -> tuple[Flags, list[Assumption]]:
    """No core, where the plan is to choose it, and that the items table is not obeyed."""
    given = inputs.items["core"].to_numpy(dtype=bool)
    text = "the plan chooses the core: the core flags of the items table are not obeyed"
    noted = [Assumption("assortment", "items.core", text, int(given.sum()))] if given.any() else []
    return np.zeros_like(given), noted


def core_items(inputs: Inputs, demand: Demand, buyable: Flags) -> tuple[Flags, list[Assumption]]:
    """Core flag of each item, and how it came about.

    ``buyable``: [store, item]. Given core items stay core, except those that cannot be bought
    anywhere in the plan's weeks: they are left out and counted.
    """
    given = inputs.items["core"].to_numpy(dtype=bool)
    if given.any():
        gone = given & ~buyable.any(axis=0)
        assumptions = []
        if gone.any():
            names = ", ".join(inputs.items.loc[gone, "item_name"].head(5))
            assumptions.append(
                Assumption(
                    "assortment",
                    "items.core",
                    f"core items that cannot be bought in the plan's weeks are left out: {names}",
                    int(gone.sum()),
                )
            )
        return given & ~gone, assumptions
    region_of_store = np.unique(inputs.stores["region"], return_inverse=True)[1]
    derived = derived_core(demand.in_range, buyable, region_of_store)
    text = (
        f"no core is given: the core is the items listed in at least {CORE_SHARE:.0%} of "
        "the stores of every region and buyable in every store"
    )
    return derived, [Assumption("assortment", "items.core", text, int(derived.sum()))]
