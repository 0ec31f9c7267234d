"""The choice of the core against every core of small chains."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from small_chains import random_chain
from whole_chain import SETTINGS

from planner.assortment.chain import plan_chain
from planner.assortment.core_choice import OpenCore, choose_core
from planner.assortment.rules import PlanRules
from planner.assortment.store import solve_store
from planner.workers import InProcess

GAP = 1e-6
PLACES = (np.inf, 1.0)
SIZES = ((2, 2), (0, 5), (3, 5))


def open_chain(problems, places: float, least: int, most: int) -> OpenCore:
    """Stores with so many local places, and a core of ``least`` to ``most`` of their items."""

    def with_core(core):
        return {
            s: dataclasses.replace(p, core=core, max_local_items=places)
            for s, p in problems.items()
        }

    def with_places(more):
        return {
            s: dataclasses.replace(p, max_local_items=places + more) for s, p in problems.items()
        }

    can = np.array([~p.locked_out for p in problems.values()]).all(axis=0)
    return OpenCore(with_core, with_places, can, least, most, bool(np.isfinite(places)))


def value_of(chain: OpenCore, core) -> float:
    """The chain's best objective with a core; -inf where a store cannot list it."""
    return sum(solve_store(p, GAP, 30).objective_week for p in chain.with_core(core).values())


def every_core(items: int, least: int, most: int):
    """Every set of so many items."""
    for size in range(least, most + 1):
        for chosen in itertools.combinations(range(items), size):
            core = np.zeros(items, dtype=bool)
            core[list(chosen)] = True
            yield core


@pytest.mark.parametrize(("least", "most"), SIZES)
@pytest.mark.parametrize("places", PLACES)
@pytest.mark.parametrize("seed", range(2))
def test_no_core_beats_the_bound(seed, places, least, most):
    """The core chosen has a size asked for, and no core of such a size is worth more than the
    bound; where any can be listed, so can the one chosen."""
    problems = random_chain(seed, items=5)
    chain = open_chain(problems, places, least, most)
    best = max(value_of(chain, core) for core in every_core(5, least, most))
    choice = choose_core(chain, InProcess().map_stores)
    assert least <= choice.core.sum() <= most
    assert choice.bound_week >= best - 1e-6 * max(1.0, abs(best))
    found = value_of(chain, choice.core)
    assert found <= best + 1e-6 * max(1.0, abs(best))
    assert np.isfinite(found) == np.isfinite(best)


@pytest.mark.parametrize("seed", range(4))
def test_the_core_of_one_item_is_the_best(seed):
    """With room for all, one core item among five is chosen as trying each one would."""
    wide = {
        s: dataclasses.replace(p, shelf_cm={"table": 200.0})
        for s, p in random_chain(seed, items=5).items()
    }
    chain = open_chain(wide, np.inf, 1, 1)
    best = max(value_of(chain, core) for core in every_core(5, 1, 1))
    choice = choose_core(chain, InProcess().map_stores)
    assert value_of(chain, choice.core) == pytest.approx(best, rel=1e-4)
    assert choice.bound_week == pytest.approx(best, rel=0.02)


def test_an_item_locked_out_somewhere_is_never_core():
    """What one store may not list is no candidate, whatever the others would earn with it."""
    problems = random_chain(3, items=5)
    out = np.array([True, True, False, False, False])
    problems["1"] = dataclasses.replace(problems["1"], locked_out=out)
    choice = choose_core(open_chain(problems, np.inf, 2, 2), InProcess().map_stores)
    assert not choice.core[:2].any()


def test_a_cap_on_ranges_keeps_the_bound_over_every_core(shops):
    """With the core chosen and ranges capped the bound is still one over every core, not that of
    the core that was chosen."""
    for size in (2, 3):
        core = {"core_min_size": size, "core_max_size": size}
        bounds = [
            plan_chain(shops.inputs, shops.demand, SETTINGS, rules=PlanRules(**rules)).bound_week
            for rules in (core, core | {"max_distinct_ranges": 2})
        ]
        assert bounds[1] == bounds[0]
