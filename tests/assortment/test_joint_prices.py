"""A need group in all stores at once against every choice, and bounds at any prices."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from small_chains import best_by_trying, coupled, random_chain

from planner.assortment.coupling import forced_choices, no_prices
from planner.assortment.group_program import StoreFamily
from planner.assortment.joint_groups import GroupChoice, GroupRule
from planner.assortment.joint_master import AllPrices
from planner.assortment.joint_prices import JointGroups, settle_prices
from planner.assortment.joint_program import JointProgram
from planner.assortment.near_best import worth_enough
from planner.assortment.relaxation import RelaxationJob, relax_store
from planner.assortment.score import best_score, score
from planner.assortment.store import solve_store
from planner.assortment.whole_plans import WholePlans


def random_choice(seed: int):
    """Three stores, three items that enough stores list or none, and the worth of each pattern."""
    r = np.random.default_rng([seed, 5])
    rule = GroupRule(np.arange(3), r.integers(2, 4, 3), r.random(3) < 0.2)
    patterns = [np.sort(r.permutation(8)[: r.integers(3, 9)]).astype(np.int64) for _ in range(3)]
    values = [r.uniform(0, 10, len(own)) for own in patterns]
    return rule, GroupChoice(rule, patterns), values


def every_choice(rule, choice, values):
    """Worth of every choice of patterns that keeps the rule, by places."""
    found = {}
    for places in itertools.product(*(range(len(own)) for own in values)):
        counts = sum(own[k] for own, k in zip(choice.lists, places, strict=True))
        none = (counts == 0) & ~rule.forced
        if (none | (counts >= rule.fewest)).all():
            found[places] = sum(own[k] for own, k in zip(values, places, strict=True))
    return found


@pytest.mark.parametrize("seed", range(40))
def test_the_best_patterns_are_the_best_of_all(seed):
    """Of all choices that list an item in enough stores or in none, the one worth most."""
    rule, choice, values = random_choice(seed)
    every, found = every_choice(rule, choice, values), choice.best(values)
    assert (found is None) == (not every)
    if found is not None:
        assert found[0] == pytest.approx(max(every.values()))
        assert every[tuple(found[1])] == pytest.approx(found[0])


@pytest.mark.parametrize("seed", range(40))
def test_the_best_beside_each_pattern_is_the_best_of_all(seed):
    """What the group is worth with each pattern of a store, as far as it reaches the floor."""
    rule, choice, values = random_choice(seed)
    every = every_choice(rule, choice, values)
    floor = 0.8 * max(every.values(), default=0.0)
    for store in range(3):
        found = choice.with_each(values, store, floor)
        for place in range(len(values[store])):
            best = max((v for k, v in every.items() if k[store] == place), default=-np.inf)
            if best >= floor:
                assert found[place] == pytest.approx(best)
            else:
                assert found[place] < floor


def limited_chain(seed: int):
    """A small chain with every kind of shared limit, and its need groups."""
    problems = random_chain(seed)
    r = np.random.default_rng([seed, 9])
    free = [relax_store(RelaxationJob(p, {}, gap=1e-3)) for p in problems.values()]
    units = np.sum([f.units_week for f in free], axis=0)
    money = sum(
        float(p.spend_cost @ f.units_week) for p, f in zip(problems.values(), free, strict=True)
    )
    coupling = coupled(
        problems,
        budget_week=money * float(r.uniform(0.5, 0.9)),
        min_order_week=(money * 0.1, 0.0),
        max_units_week=(np.inf, float(units.sum()) * 0.4),
        min_stores=2,
    )
    forced = forced_choices(problems, coupling)
    tables = [StoreFamily(problem).pricing(problem) for problem in problems.values()]
    return problems, coupling, JointGroups(problems, coupling, forced, tables)


@pytest.mark.parametrize("seed", range(6))
def test_no_plan_beats_the_bound_at_any_prices(seed):
    """Prices at random and settled ones: the sum over need groups and limits bounds every plan,
    and settled prices bound it no worse than none at all."""
    problems, coupling, groups = limited_chain(seed)
    best = best_by_trying(problems, coupling)
    r = np.random.default_rng([seed, 1])
    nothing = no_prices(coupling, len(problems))
    bounds = []
    for size in (0.0, 0.3, 1.0):
        chain = dataclasses.replace(
            nothing,
            budget=size * float(r.uniform()),
            min_order=0.1 * size * r.uniform(size=2) * (coupling.min_order_week > 0),
            max_units=size * r.uniform(size=2) * np.isfinite(coupling.max_units_week),
        )
        own = tuple(size * r.uniform(size=len(table.limits)) for table in groups.tables)
        bounds.append(groups.at(AllPrices(chain, own)).bound_week)
    settled = settle_prices(groups, nothing)
    assert settled.bound_week <= bounds[0] + 1e-9 * abs(bounds[0])
    assert min([settled.bound_week, *bounds]) >= best - 1e-6 * max(1.0, abs(best))


@pytest.mark.parametrize("seed", range(4))
def test_a_choice_at_fixed_stock_keeps_the_stores_limits_and_the_fewest_stores(seed):
    """Whatever purchases it would make, it fits every shelf, and lists items often enough."""
    problems, coupling, groups = limited_chain(seed)
    at = settle_prices(groups, no_prices(coupling, len(problems)))
    inside = [
        worth_enough(store.pricing, store.economics, store.most, needed)
        for store, needed in zip(at.stores, groups.needed(at, at.worth - 1e9), strict=True)
    ]
    answer = JointProgram(groups, inside, at).solve(1e-4, 10.0)
    assert answer.facings is not None
    for store, facings in answer.facings.items():
        assert best_score(problems[store], facings) is not None
    counts = np.sum([facings > 0 for facings in answer.facings.values()], axis=0)
    assert ((counts == 0) | (counts >= coupling.min_stores)).all()


@pytest.mark.parametrize("seed", range(4))
def test_no_plan_beats_the_bound_by_whole_plans(seed):
    """Whatever plan the prices begin with: every plan of the chain earns at most the bound, and
    rounds go on until the bound that is wanted is reached or no round is left."""
    problems, coupling, groups = limited_chain(seed)
    best = best_by_trying(problems, coupling)

    def solve(at_prices):
        return {s: solve_store(p, gap=1e-5, time_limit_seconds=20) for s, p in at_prices.items()}

    nothing = no_prices(coupling, len(problems))
    empty = {s: np.zeros(len(p.item_ids)) for s, p in problems.items()}
    known = {s: score(p, empty[s].astype(np.int64), empty[s]) for s, p in problems.items()}
    whole = WholePlans(problems, coupling, groups.forced, solve)
    first = whole.bound(nothing, known, -np.inf, -np.inf)
    least = whole.bound(nothing, known, np.inf, -np.inf)
    assert best - 1e-6 * max(1.0, abs(best)) <= least <= first + 1e-6 * abs(first)
