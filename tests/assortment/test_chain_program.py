"""The chain program against every plan of small chains, and properties that it always has."""

from __future__ import annotations

import dataclasses
import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from small_chains import best_by_trying, coupled, random_chain

from planner.assortment import chain_sample
from planner.assortment.chain_conflict import _most_order, chain_conflicts
from planner.assortment.chain_prices import price_chain
from planner.assortment.chain_program import chain_limits, solve_chain
from planner.assortment.chain_rest import repaired_in_rest
from planner.assortment.chain_sample import SMALLEST_SHARE, price_by_sample
from planner.assortment.chain_stock import chain_use
from planner.assortment.coupled import chain_of
from planner.assortment.coupling import forced_choices
from planner.assortment.limits import within_limits
from planner.assortment.planning_assumptions import planning_assumptions
from planner.assortment.result import StoreOutcome, relative_gap
from planner.assortment.score import score
from planner.assortment.solver import LiveModel, SolveStatus
from planner.assortment.stock_program import StockProgram
from planner.assortment.store import solve_store
from planner.workers import InProcess

GAP = 1e-4
KINDS = ("budget", "stores", "minimum", "maximum", "all")


def solved(problems, coupling):
    """The chain's plan, everything in this process."""
    run = InProcess().map_stores
    return solve_chain(problems, coupling, run, gap=GAP, time_limit_seconds=30)


def total_use(problems, chain):
    """What the plans of all stores take of the shared limits."""
    plans = {store: plan.score for store, plan in chain.plans.items()}
    return chain_use(coupled(problems), problems, plans)


def limited(problems, kind: str, seed: int, looser: float = 1.0):
    """Limits that bite: shares of what the stores would take on their own."""
    use = total_use(problems, solved(problems, coupled(problems)))
    r = np.random.default_rng([seed, 3])
    limits: dict = {}
    if kind in ("budget", "all"):
        limits["budget_week"] = use.spend_week * r.uniform(0.3, 0.95) * looser
    if kind in ("stores", "all"):
        limits["min_stores"] = int(r.integers(2, 4))
    if kind in ("minimum", "all"):
        limits["min_order_week"] = tuple((use.order_week * r.uniform(0.5, 1.5, 2) + 1) / looser)
    if kind in ("maximum", "all"):
        limits["max_units_week"] = tuple((use.units_week * r.uniform(0.4, 1.1, 2) + 1) * looser)
    return coupled(problems, **limits)


def assert_keeps_limits(problems, coupling, chain):
    """Every store's own limits and every shared one, by the recomputed use."""
    assert not chain.broken
    for store, plan in chain.plans.items():
        assert within_limits(problems[store], plan.score.facings)
    use = total_use(problems, chain)
    assert use.spend_week <= coupling.budget_week * (1 + 1e-6)
    assert (use.units_week <= coupling.max_units_week * (1 + 1e-6)).all()
    listed = use.listed > 0
    assert (use.listed[listed] >= coupling.min_stores[listed]).all()
    for k, least in enumerate(coupling.min_order_week):
        if listed[coupling.supplier_of_item == k].any():
            assert use.order_week[k] >= least * (1 - 1e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_bound_holds_and_plan_lies_within_its_gap(kind, seed):
    """No plan of a small chain beats the bound, and the plan found keeps every limit and is no
    further from the best of all plans than it says."""
    problems = random_chain(seed)
    coupling = limited(problems, kind, seed)
    best = best_by_trying(problems, coupling)
    chain = solved(problems, coupling)
    assert best is not None  # listing nothing at all keeps every limit here
    assert chain.bound_week >= best - 1e-6 * max(1.0, abs(best))
    assert_keeps_limits(problems, coupling, chain)
    assert chain.objective_week <= best + 1e-5 * max(1.0, abs(best))
    assert relative_gap(chain.objective_week, best) <= chain.gap + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_an_item_is_listed_by_enough_stores_or_by_none(seed):
    """Fewest stores alone: the plan is the best of all within the gap asked for."""
    problems = random_chain(seed)
    coupling = limited(problems, "stores", seed)
    chain = solved(problems, coupling)
    best = best_by_trying(problems, coupling)
    assert chain.objective_week == pytest.approx(best, rel=2e-2)


@pytest.mark.parametrize("kind", ["budget", "maximum"])
def test_looser_limits_never_lower_the_bound(kind):
    """More of what is shared never proves a smaller best."""
    problems = random_chain(11)
    bounds = [
        solved(problems, limited(problems, kind, 11, looser)).bound_week
        for looser in (1.0, 1.2, 1.6, 4.0)
    ]
    for tight, loose in itertools.pairwise(bounds):
        assert loose >= tight - 2e-3 * max(1.0, abs(tight))


def test_without_shared_limits_stores_are_their_own():
    """A chain without shared limits is the sum of its stores, bound and plan."""
    problems = random_chain(5)
    chain = solved(problems, coupled(problems))
    alone = [solved({s: p}, coupled({s: p})) for s, p in problems.items()]
    assert chain.objective_week == pytest.approx(sum(one.objective_week for one in alone))
    assert chain.limits == ()


def test_the_order_of_the_stores_changes_nothing():
    """Stores under other names in another order: the same plan for each, the same bound."""
    problems = random_chain(6)
    coupling = limited(problems, "budget", 6)
    turned = {f"x{store}": problems[store] for store in reversed(problems)}
    one, other = solved(problems, coupling), solved(turned, coupling)
    assert other.bound_week == pytest.approx(one.bound_week, rel=1e-3)
    assert other.objective_week == pytest.approx(one.objective_week, rel=2e-2)


def test_more_than_the_budget_that_must_be_bought_is_proven_infeasible():
    """Items locked in whose least stock costs more than the chain's budget: proven, in words."""
    problems = {
        store: dataclasses.replace(
            problem,
            locked_in=np.ones(len(problem.item_ids), dtype=bool),
            min_stock_units=np.full(len(problem.item_ids), 5.0),
            shelf_cm={"table": 1000.0},
        )
        for store, problem in random_chain(2).items()
    }
    coupling = coupled(problems, budget_week=1.0)
    chain = solved(problems, coupling)
    assert chain.broken
    (words,) = chain_conflicts(problems, coupling, InProcess().map_stores)
    assert "budget_week is 1.00" in words
    roomy = coupled(problems, budget_week=1e6)
    assert chain_conflicts(problems, roomy, InProcess().map_stores) == []


def test_a_locked_item_is_pushed_into_enough_stores():
    """An item that one store prescribes is listed by as many as its supplier asks for."""
    problems = random_chain(3)
    first = next(iter(problems))
    lock = np.zeros(len(problems[first].item_ids), dtype=bool)
    lock[0] = True
    problems[first] = dataclasses.replace(problems[first], locked_in=lock)
    coupling = coupled(problems, min_stores=3)
    chain = solved(problems, coupling)
    assert_keeps_limits(problems, coupling, chain)
    assert total_use(problems, chain).listed[0] == 3


@pytest.mark.parametrize("kind", KINDS)
def test_plans_of_few_stores_are_the_best(kind):
    """Three stores that choose together: the chain's plan is within 0.1 % of the best of all
    plans and its bound within the gap asked for, whatever limits are shared, though prices alone
    cannot hit them."""
    for seed in range(100, 104):
        problems = random_chain(seed)
        coupling = limited(problems, kind, seed)
        best = best_by_trying(problems, coupling)
        chain = solved(problems, coupling)
        assert chain.objective_week >= best - 1e-3 * max(1.0, abs(best))
        assert chain.gap <= 10 * GAP


def test_the_price_of_a_limit_is_what_more_of_it_adds_to_the_plan():
    """Budget, maxima and minima a little looser, ranges and facings as they are: the best stock
    earns more by the shadow price times the step, for the limits that bind and those that do not.
    """
    step, priced = 1e-4, set()
    for seed in (100, 103, 106, 110):
        problems = random_chain(seed)
        coupling = limited(problems, "all", seed)
        chain = solved(problems, coupling)
        facings = {store: plan.score.facings for store, plan in chain.plans.items()}
        price = {limit.limit: limit.shadow_price for limit in chain.limits}

        def worth(looser, problems=problems, facings=facings):
            found = StockProgram(problems, facings, looser, np.ones(2, dtype=bool)).tuned()
            return sum(plan.objective_week for plan in found[0].values())

        for name, field, sign, number in (
            ("budget_week", "budget_week", 1, None),
            ("supplier_max_units:south", "max_units_week", 1, 1),
            ("supplier_min_order:south", "min_order_week", -1, 1),
        ):
            if name not in price:
                continue
            changed = getattr(coupling, field) * np.ones(2 if number is not None else 1)
            changed[number or 0] += sign * step
            value = changed if number is not None else float(changed[0])
            looser = dataclasses.replace(coupling, **{field: value})
            gained = (worth(looser) - worth(coupling)) / step
            assert price[name] == pytest.approx(gained, abs=1e-3)
            priced |= {name} if price[name] > 1e-3 else set()
    assert {"supplier_max_units:south", "supplier_min_order:south"} <= priced


def chain_with_a_prescribed_item(seed: int):
    """A chain whose first item is prescribed everywhere and may be wasted, and what all stores
    order of its supplier without a minimum."""
    problems = {}
    for store, problem in random_chain(seed).items():
        lock, waste = np.zeros(len(problem.item_ids), dtype=bool), problem.waste_share.copy()
        lock[0], waste[0] = True, 0.3
        problems[store] = dataclasses.replace(problem, locked_in=lock, waste_share=waste)
    use = total_use(problems, solved(problems, coupled(problems)))
    return problems, float(use.order_week[0])


@pytest.mark.parametrize("seed", range(4))
def test_a_minimum_that_has_to_be_reached_is_reached_or_proven_too_much(seed):
    """A supplier of prescribed items: where some plan reaches its minimum, shelves filled beyond
    what sells if need be, one is found; where a conflict is proven, no plan reaches it."""
    problems, order = chain_with_a_prescribed_item(seed)
    for times in (1.2, 2.0, 3.0, 10.0):
        coupling = coupled(problems, min_order_week=(times * order + 1.0, 0.0))
        best = best_by_trying(problems, coupling)
        chain = solved(problems, coupling)
        proven = chain_conflicts(problems, coupling, InProcess().map_stores)
        if best is None:
            assert chain.broken
        else:
            assert_keeps_limits(problems, coupling, chain)
            assert chain.objective_week <= best + 1e-5 * max(1.0, abs(best))
            assert proven == []
    assert proven


def test_prices_led_by_a_sample_of_stores_bound_a_large_chain_as_well(monkeypatch):
    """Where a sample of stores finds the first prices, the bound is that of prices found over all
    stores, no plan that keeps the limits earns more, and the order of the stores is no matter."""
    monkeypatch.setattr(chain_sample, "STORES", 6)
    problems = random_chain(3, stores=6 * SMALLEST_SHARE)
    coupling = coupled(problems, budget_week=450.0)
    run, gap = InProcess().map_stores, 0.0025
    forced = forced_choices(problems, coupling)
    led = price_by_sample(problems, coupling, forced, run, gap=gap)
    alone = price_chain(problems, coupling, forced, run, gap=gap)
    assert led.bound_week == pytest.approx(alone.bound_week, rel=gap)
    chain = solve_chain(problems, coupling, run, gap=0.1, time_limit_seconds=30)
    assert_keeps_limits(problems, coupling, chain)
    assert led.bound_week >= chain.objective_week
    turned = dict(reversed(problems.items()))
    again = price_by_sample(turned, coupling, forced, run, gap=gap)
    assert again.bound_week == pytest.approx(led.bound_week, rel=1e-6)


class Struck(LiveModel):
    """A live model that the clock ends, whatever it has found."""

    def solve(self, gap, seconds):
        """As always, but for the status."""
        return dataclasses.replace(super().solve(gap, seconds), status=SolveStatus.TIME_LIMIT)


@pytest.mark.parametrize("together", [True, False])
def test_a_chain_whose_search_the_clock_ended_says_so(monkeypatch, together):
    """Every program over several stores that its time limit ended is counted, and the run warns of
    it: another run may find another plan. Where none was ended nothing is said."""
    problems = random_chain(0)
    use = total_use(problems, solved(problems, coupled(problems)))
    coupling = coupled(problems, budget_week=0.6 * use.spend_week, min_stores=2)
    if not together:
        monkeypatch.setattr("planner.assortment.chain_search.FEW_STORES", 0)
    calm = solved(problems, coupling)
    for module in ("joint_program", "plan_pool"):
        monkeypatch.setattr(f"planner.assortment.{module}.LiveModel", Struck)
    hurried = solved(problems, coupling)
    stores = [StoreOutcome(p, None, None, False, (), np.zeros(0), np.zeros((0, 0)))
              for p in calm.plans.values()]  # fmt: skip
    nothing = np.zeros((0, 0), dtype=bool)
    demand, parameters = SimpleNamespace(in_range=nothing), SimpleNamespace(buyable=nothing)
    for chain, struck in ((calm, False), (hurried, True)):
        assert (chain.time_limits_struck > 0) == struck
        found = planning_assumptions(demand, parameters, stores, {}, chain)
        told = [a.count for a in found if a.subject == "time limit" and a.warning]
        assert told == [chain.time_limits_struck] * struck


def test_nothing_is_worth_more_of_a_limit_that_is_left_over():
    """A limit of which the plan leaves a part has no shadow price, whatever the prices were at
    which the stock of the stores was tuned; one that is used up keeps its own."""
    problems = random_chain(0)
    use = total_use(problems, solved(problems, coupled(problems)))
    coupling = coupled(problems, budget_week=0.6 * use.spend_week)
    chain = solved(problems, coupling)
    (tight,) = chain.limits
    assert tight.shadow_price > 0
    plans = {store: plan.score for store, plan in chain.plans.items()}
    wider = dataclasses.replace(coupling, budget_week=1.1 * coupling.budget_week)
    (left,) = chain_limits(problems, wider, chain.prices, chain.stock_prices, plans)
    assert left.shadow_price == 0


@pytest.mark.parametrize("seed", range(6))
def test_stores_with_less_room_leave_the_others_as_they_are(seed):
    """A store planned anew within what others leave of the limits keeps them all together, and
    every other store's plan is the very same; else nothing is returned at all."""
    problems = random_chain(seed, stores=6)
    use = total_use(problems, solved(problems, coupled(problems)))
    coupling = coupled(problems, budget_week=0.8 * use.spend_week, min_stores=2)
    chain = solved(problems, coupling)
    assert_keeps_limits(problems, coupling, chain)
    (kind,) = problems["1"].shelf_cm
    less = dataclasses.replace(problems["1"], shelf_cm={kind: 20.0})
    narrower = problems | {"1": less}
    plans = dict(chain.plans)
    plans["1"] = solve_store(less, GAP, 30.0)
    forced = forced_choices(narrower, coupling)
    found = repaired_in_rest(narrower, coupling, forced, chain.stock_prices, plans, ["1"])
    assert found is not None  # this store's part of the budget is still its own
    assert all(found.plans[s] is chain.plans[s].score for s in problems if s != "1")
    assert within_limits(less, found.plans["1"].facings)
    whole = chain_use(coupling, narrower, found.plans)
    assert whole.spend_week <= coupling.budget_week * (1 + 1e-6)
    listed = whole.listed > 0
    assert (whole.listed[listed] >= coupling.min_stores[listed]).all()


@pytest.mark.parametrize("whole_program", [False, True])
def test_no_order_is_larger_than_what_is_proven(whole_program, monkeypatch):
    """With every shelf of a supplier's items filled the stores order no more than the proven most,
    whichever program bounds them; where nobody wants an item nothing is proven."""
    if whole_program:
        monkeypatch.setattr("planner.assortment.group_program.group_ranges", lambda problem: None)
    for seed in range(3):
        problems = {
            store: dataclasses.replace(
                problem,
                waste_share=np.full(len(problem.item_ids), 0.3),
                shelf_cm={"table": 1000.0},
            )
            for store, problem in random_chain(seed).items()
        }
        coupling = coupled(problems, min_order_week=(1.0, 0.0))
        (minimum,) = coupling.resources
        run = InProcess().map_stores
        filled = {
            store: score(problem, np.ones(4, dtype=np.int64), problem.stock_capacity_per_facing)
            for store, problem in problems.items()
        }
        order = chain_use(coupling, problems, filled).order_week[0]
        assert _most_order(problems, coupling, minimum, run) >= order * (1 - 1e-9)
        idle = {
            s: dataclasses.replace(p, potential_units_week=np.zeros_like(p.potential_units_week))
            for s, p in problems.items()
        }
        assert _most_order(idle, coupling, minimum, run) == np.inf


def test_an_earlier_plan_is_cut_down_to_the_stores_that_are_left():
    """Where a store drops out, bound and prices of the earlier plan are those of the others."""
    for seed, kind in ((0, "budget"), (0, "stores"), (1, "stores")):
        problems = random_chain(seed, stores=4, items=3)
        coupling = limited(problems, kind, seed)
        before = solved(problems, coupling)
        rest = {store: problem for store, problem in problems.items() if store != "1"}
        run = InProcess().map_stores
        chain = chain_of(
            rest, coupling, run, gap=GAP, time_limit_seconds=30, before=before, again=["2"]
        )
        assert_keeps_limits(rest, coupling, chain)
        assert set(chain.store_bounds) == set(rest)
        assert chain.bound_week >= best_by_trying(rest, coupling) - 1e-6
        gone = before.plans["1"].objective_week
        assert chain.bound_week <= before.bound_week - 0.2 * gone
