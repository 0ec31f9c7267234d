"""What forcing an item into a store costs a coupled chain, judged by trying every plan."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from small_chains import best_by_trying, coupled, random_chain

from planner.assortment.chain_forced import chain_forcing
from planner.assortment.coupled import beside_rivals, chain_of
from planner.assortment.forced import with_lock
from planner.assortment.limits import without_room
from planner.assortment.reasons import filled_words
from planner.assortment.result import Known
from planner.assortment.score import fewest_facings
from planner.workers import InProcess

KINDS = ("budget", "stores", "maximum")


def limits_of(problems, kind: str) -> dict:
    """A shared limit that bites."""
    if kind == "budget":
        spend = [(p.potential_units_week.sum() * p.spend_cost.mean()) for p in problems.values()]
        return {"budget_week": 0.3 * float(sum(spend))}
    return {"min_stores": 2} if kind == "stores" else {"max_units_week": (25.0, 40.0)}


def planned(problems, coupling, gap: float):
    """The chain's plan and every store's part of it, everything in this process."""
    run, ranking = InProcess().map_stores, np.arange(len(coupling.supplier_of_item))
    nothing = {s: np.zeros(len(p.item_ids), dtype=np.int64) for s, p in problems.items()}
    chain = chain_of(problems, coupling, run, gap=gap, time_limit_seconds=30)
    assert not chain.broken
    return beside_rivals(
        chain, problems, coupling, ranking, nothing, run, gap=gap, time_limit_seconds=30
    )


@pytest.mark.parametrize("kind", KINDS)
def test_the_stated_least_never_exceeds_the_cost_to_the_chain(kind):
    """With the item locked in, the best of all plans of the chain loses at least what was said."""
    compared = told = 0
    for seed in range(6):
        problems = random_chain(seed, stores=2, items=3)
        coupling = coupled(problems, **limits_of(problems, kind))
        best = best_by_trying(problems, coupling)
        if best is None:
            continue
        _, parts = planned(problems, coupling, gap=1e-5)
        for store, part in parts.items():
            for item, forcing in chain_forcing(part, 30).items():
                forced = problems | {store: with_lock(problems[store], item, True)}
                value = best_by_trying(forced, coupling)
                if value is None:
                    continue
                assert forcing.how is Known.AT_LEAST
                assert forcing.cost_week <= best - value + 1e-4 * max(1.0, abs(best))
                compared += 1
                told += forcing.cost_week > 0.01
    assert compared > 3
    assert told > 0


def test_only_what_may_be_listed_has_a_cost():
    """Listed items and those locked out are left aside."""
    problems = random_chain(3)
    first = next(iter(problems))
    locked = np.zeros(len(problems[first].item_ids), dtype=bool)
    locked[-1] = not problems[first].must_list[-1]
    problems[first] = dataclasses.replace(problems[first], locked_out=locked)
    _, parts = planned(problems, coupled(problems, budget_week=1e6), gap=1e-4)
    for part in parts.values():
        open_items = ~part.plan.score.listed & ~part.problem.locked_out
        assert sorted(chain_forcing(part, 30)) == np.flatnonzero(open_items).tolist()


def test_what_full_shelves_keep_out_cannot_be_forced():
    """Where the core and the locks leave too little width for an item it has no cost: no plan
    can hold it, and the words say what fills the shelf, whatever limits stores share."""
    problems = random_chain(3)
    store, problem = next(iter(problems.items()))
    kind = problem.fixture_type[0]
    same = np.array([own == kind for own in problem.fixture_type])
    free = np.flatnonzero(same & ~problem.must_list)
    locked = problem.locked_in.copy()
    locked[free[0]] = True
    item = int(free[-1])
    least = problem.facing_width_cm * fewest_facings(problem, np.ones_like(locked))
    room = float(least[same & (problem.must_list | locked)].sum())
    problems[store] = dataclasses.replace(
        problem, locked_in=locked, shelf_cm={**problem.shelf_cm, kind: room}
    )
    _, parts = planned(problems, coupled(problems, budget_week=1e6), gap=1e-4)
    forcing = chain_forcing(parts[store], 30)[item]
    assert forcing.how is Known.IMPOSSIBLE
    assert without_room(problems[store])[item]
    assert not without_room(problem)[item]
    assert "what is locked in" in filled_words(problems[store], item)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"budget_week": 60.0}, "the chain's budget"),
        ({"max_units_week": (25.0, np.inf)}, "what its supplier can send"),
        ({"min_stores": 2}, ""),
    ],
)
def test_only_limits_that_exist_are_named(limits, said):
    """A budget alone is not told as what suppliers can send, nor a supplier's as a budget."""
    coupling = coupled(random_chain(3), **limits)
    assert set(coupling.purchase_limits) - {""} == ({said} - {""})
