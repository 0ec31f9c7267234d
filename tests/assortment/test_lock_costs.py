"""What locks cost where stores share limits or ranges, and what they leave of other stores."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_chains import best_by_trying, coupled, random_chain
from whole_chain import SETTINGS, SHOP_TOML, corner_shops, stages_of

from planner.assortment import chain_lock_costs
from planner.assortment.chain_lock_costs import shared_lock_costs
from planner.assortment.chain_program import solve_chain
from planner.assortment.chain_ranges import with_few_ranges
from planner.assortment.lock_costs import Reach, cost_between, sum_of_costs
from planner.assortment.problem import StoreProblem
from planner.assortment.result import Known, LockCost

TIGHT = dataclasses.replace(SETTINGS, gap=1e-6)


def one_by_one(job: Any, jobs: Sequence[Any], names: object = None) -> Any:
    """Runs jobs in this process."""
    return enumerate(map(job, jobs))


def locked(problem: StoreProblem, inside: int, outside: int) -> StoreProblem:
    """The store with one item in and one out; -1 for none."""
    number = np.arange(len(problem.item_ids))
    return dataclasses.replace(problem, locked_in=number == inside, locked_out=number == outside)


@pytest.mark.parametrize(
    ("seed", "limits", "most_ranges"),
    [
        (8, {"budget_week": 60.0, "min_stores": 2}, None),
        (4, {"budget_week": 60.0, "min_order_week": (20.0, 0.0)}, None),
        (4, {"budget_week": 60.0}, 1),
        (7, {}, 1),
    ],
)
def test_costs_are_those_of_trying_every_plan(
    seed: int,
    limits: dict[str, Any],
    most_ranges: int | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The cost of each lock, of a store's locks together and of all of them is the change of the
    chain's best objective over all plans, under shared limits and a cap on ranges; what is known
    from bounds alone holds it too. Several locks together do not cost the sum of each."""
    free = random_chain(seed, stores=2)
    limits = coupled(free, **limits)
    held = free | {"1": locked(free["1"], 0, 1), "2": locked(free["2"], -1, 2)}
    lifted = {"1": (locked(free["1"], -1, 1), locked(free["1"], 0, -1), free["1"]),
              "2": (free["2"],)}  # fmt: skip

    def best(**changed: StoreProblem) -> float:
        found = best_by_trying({**held, **changed}, limits, most_ranges or 99)
        assert found is not None
        return found

    chain = solve_chain(held, limits, one_by_one, gap=1e-6, time_limit_seconds=60)
    if most_ranges:
        chain = with_few_ranges(held, limits, chain, most_ranges, one_by_one, gap=1e-6, seconds=60)
    plans = {store: plan.score for store, plan in chain.plans.items()}
    with_locks = best()
    truth = [best(**{s: each}) - with_locks for s, every in lifted.items() for each in every]
    truth.append(best(**{"1": free["1"], "2": free["2"]}) - with_locks)
    assert max(truth) > 0.1

    def costs() -> list[LockCost]:
        found = shared_lock_costs(
            held, lifted, limits, plans, chain if limits.binds else None, one_by_one,
            gap=1e-6, time_limit_seconds=60, most_ranges=most_ranges,
        )  # fmt: skip
        assert found.of_chain is not None
        return [*found.each["1"], found.of_store["1"], found.of_store["2"], found.of_chain]

    for cost, change in zip(costs(), truth, strict=True):
        assert cost.how is Known.EXACT
        assert cost.cost_week == pytest.approx(change, abs=1e-3)
    monkeypatch.setattr(chain_lock_costs, "MOST_PAIRS_SOLVED", 0)
    for cost, change in zip(costs(), truth, strict=True):
        assert cost.least_week - 1e-6 <= change <= cost.most_week + 1e-6
        assert cost.most_week < 100
        assert np.isnan(cost.cost_week) == (cost.how is Known.BETWEEN)


def test_a_number_is_stated_only_where_it_is_exact() -> None:
    """A width of 5 % of the cost gives a number; wider ones an interval, however small beside the
    store, never below nothing where the locks forbid only; a chain without a bound is known from
    below. Costs near nothing are exact to a cent."""
    exact = cost_between(Reach(1000.0, 1000.05), Reach(1004.0, 1004.05), opens_alone=True)
    assert (exact.how, exact.cost_week) == (Known.EXACT, 4.0)
    assert (exact.least_week, exact.most_week) == pytest.approx((3.95, 4.05))
    wide = cost_between(Reach(1000.0, 1005.0), Reach(1004.0, 1008.0), opens_alone=True)
    assert wide.how is Known.BETWEEN
    assert np.isnan(wide.cost_week)
    assert (wide.least_week, wide.most_week) == (0.0, 8.0)
    gain = cost_between(Reach(1000.0, 1005.0), Reach(1004.0, 1008.0), opens_alone=False)
    assert gain.least_week == -1.0
    below = cost_between(Reach(1000.0, 1001.0), Reach(1004.0, np.inf), opens_alone=True)
    assert (below.least_week, below.most_week) == (3.0, np.inf)
    large = cost_between(Reach(1e5, 100009.0), Reach(100000.5, 100010.0), opens_alone=True)
    assert (large.how, large.least_week, large.most_week) == (Known.BETWEEN, 0.0, 10.0)
    cent = cost_between(Reach(1e5, 1e5 + 0.004), Reach(1e5, 1e5 + 0.008), opens_alone=True)
    assert cent.how is Known.EXACT


def test_a_sum_of_costs_is_judged_by_its_own_interval() -> None:
    """Fifty costs that are each exact to a cent leave half a unit open, which is no number; a few
    large ones still add up to one."""
    cent = LockCost(Known.EXACT, 0.0, 0.0, 0.01)
    many = sum_of_costs([cent] * 50)
    assert many.how is Known.BETWEEN
    assert (many.least_week, many.most_week) == pytest.approx((0.0, 0.5))
    large = LockCost(Known.EXACT, 10.0, 9.9, 10.1)
    few = sum_of_costs([large, large, cent])
    assert (few.how, few.cost_week) == (Known.EXACT, 20.0)


def test_costs_of_a_chain_are_the_change_of_its_objective(tmp_path: Path) -> None:
    """Under a chain's budget, the chain planned from the start without its locks is worth more by
    what they are said to cost together; a store with one lock is said to cost what that one does.
    """
    data = corner_shops(tmp_path / "data")
    (data / "chain.toml").write_text(SHOP_TOML + "budget_week = 400\n")
    locks = tmp_path / "locks.csv"
    locks.write_text("store_id,item_id,lock,facings\n7,4063,IN,\n8,4021,OUT,\n8,4061,MIN,2\n")
    held = stages_of(data, locks=locks, settings=TIGHT).assortment
    free = stages_of(data, settings=TIGHT).assortment
    costs = held.lock_costs
    assert {store: len(found) for store, found in costs.each.items()} == {"7": 1, "8": 2}
    assert costs.each["7"][0] == costs.of_store["7"]
    assert costs.of_chain is not None
    assert costs.of_chain.how is Known.EXACT
    change = free.objective_week - held.objective_week
    slack = sum(plan.bound_week - plan.objective_week for plan in (free, held))
    assert costs.of_chain.cost_week == pytest.approx(change, abs=slack + 1e-3)
    assert change > 0.1


def test_lifting_gives_back_the_store_without_the_lock(tmp_path: Path) -> None:
    """The store with all locks lifted, and with one of one lifted, is the store as it is planned
    where there is no lock: every field of its problem."""
    data = corner_shops(tmp_path / "data")
    locks = tmp_path / "locks.csv"
    locks.write_text("store_id,item_id,lock,facings\n7,4063,IN,\n8,4021,MAX,1\n9,4012,OUT,\n")
    free = stages_of(data, settings=SETTINGS).assortment.problems
    held = stages_of(data, locks=locks, settings=SETTINGS).assortment
    for store, problem in held.problems.items():
        own = held.parameters.held[store]
        for lifted in (own.without(problem, 0), own.opened(problem)):
            for name, value in vars(free[store]).items():
                if isinstance(value, np.ndarray):
                    np.testing.assert_array_equal(getattr(lifted, name), value)
        assert not np.array_equal(problem.locked_in, free[store].locked_in) or store != "7"
        assert not np.array_equal(problem.max_facings, free[store].max_facings) or store != "8"
        assert not np.array_equal(problem.locked_out, free[store].locked_out) or store != "9"
