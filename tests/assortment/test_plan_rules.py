"""What a scenario asks for, in every store's program."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from whole_chain import SHOP_ITEMS, corner_shops

from planner.assortment.limits import limit_uses
from planner.assortment.parameters import chain_parameters, with_rules
from planner.assortment.rules import Objective, PlanRules
from planner.assortment.store import solve_store
from planner.tables.read import read_inputs

ABOUT = {"4012": "yes,ORCHARD", "4021": "yes,ORCHARD", "4070": "no,GARDEN"}


def supplied_items() -> str:
    """The items of the corner shops with organic ones and suppliers."""
    head, *rows = SHOP_ITEMS.splitlines()
    about = [f"{row},{ABOUT.get(row.split(',')[0], 'no,')}" for row in rows]
    return "\n".join([f"{head},organic,supplier_id", *about]) + "\n"


@pytest.fixture
def problems_of(shops, tmp_path):
    """The store programs of the corner shops under rules."""
    inputs = read_inputs(corner_shops(tmp_path / "data", items=supplied_items()))

    def build(**rules):
        return dict(chain_parameters(inputs, shops.demand, PlanRules(**rules)).problems)

    build.inputs = inputs
    return build


def limits_of(problem):
    """Range limits by name."""
    return {limit.name: limit for limit in problem.range_limits}


def listed_after(problem, *, seconds=20):
    """The plan of a store, proven to a tenth of a percent."""
    plan = solve_store(problem, 1e-3, seconds)
    assert plan.plan == "feasible"
    return plan


def test_no_rules_leave_the_data_as_it_is(shops, problems_of):
    """The base scenario and no scenario are the same programs."""
    for store, problem in problems_of().items():
        plain = chain_parameters(problems_of.inputs, shops.demand).problems[store]
        for entry in dataclasses.fields(problem):
            np.testing.assert_equal(getattr(problem, entry.name), getattr(plain, entry.name))


def test_budgets_and_counts_follow_the_rules(problems_of):
    """Budgets are scaled where there are any; one number of local items holds in every store."""
    before = problems_of()
    after = problems_of(budget_scale=0.8, max_local_items=2)
    for store, problem in after.items():
        assert problem.budget_week == pytest.approx(0.8 * before[store].budget_week)
        assert problem.max_local_items == 2
    assert np.isinf(after["8"].budget_week)


def test_days_of_supply_are_cycles_of_each_store(problems_of):
    """Three days are more deliveries where the van comes more often, and the stock covers them."""
    for problem in problems_of(min_days_of_supply=3).values():
        np.testing.assert_allclose(problem.min_supply_cycles, 3 * problem.deliveries_week / 7)
        found = listed_after(problem).score
        daily = found.demand_units_week / 7
        assert (found.stock_units_cycle >= 3 * daily * (1 - 1e-6))[found.listed].all()


@pytest.mark.parametrize(
    ("rules", "name", "members"),
    [
        ({"min_local_share": 0.5}, "min_share:local=0.5", None),
        ({"min_organic_share": 0.25}, "min_share:organic=0.25", {"4012", "4021"}),
        (
            {"min_supplier_share": {"GARDEN": 0.15}},
            "min_share:supplier:GARDEN=0.15",
            {"4070"},
        ),
    ],
)
def test_shares_count_the_items_they_name(problems_of, rules, name, members):
    """A share is a limit on the listed items that every plan keeps."""
    for problem in problems_of(**rules).values():
        limit = limits_of(problem)[name]
        counted = {i for i, c in zip(problem.item_ids, limit.coefficients, strict=True) if c > 0}
        core = {i for i, on in zip(problem.item_ids, problem.core, strict=True) if on}
        assert counted == (members or set(problem.item_ids) - core)
        listed = listed_after(problem).score.listed
        inside = np.isin(problem.item_ids, list(counted))
        share = float(name.rpartition("=")[2])
        assert (inside & listed).sum() >= share * listed.sum() - 1e-9


def test_swaps_count_what_nothing_forces(shops, problems_of):
    """At most n items enter and leave today's range; with none, the free items stay as they are."""
    for number, (store, problem) in enumerate(problems_of(max_swaps=0).items()):
        today = shops.demand.in_range[number]
        free = ~problem.must_list & ~problem.locked_out
        wide = dataclasses.replace(
            problem, shelf_cm=dict.fromkeys(problem.shelf_cm, 1e4), max_local_items=np.inf
        )
        listed = listed_after(wide).score.listed
        np.testing.assert_array_equal(listed[free], today[free])
        loose = problems_of(max_swaps=1)[store]
        enter, stay = (limits_of(loose)[f"max_swaps:{way}"] for way in ("in", "out"))
        assert enter.upper == 1
        assert stay.lower == max(0, (today & free).sum() - 1)


def test_the_floor_is_a_share_of_what_today_sells(problems_of):
    """The floor follows the share, and a plan sells at least so much."""
    half, most = problems_of(min_sales_share=0.5), problems_of(min_sales_share=0.9)
    for store, problem in most.items():
        assert problem.min_sales_week == pytest.approx(0.9 / 0.5 * half[store].min_sales_week)
        plan = listed_after(with_least_waste(problem))
        assert plan.score.sales_week.sum() >= problem.min_sales_week * (1 - 1e-6)
        uses = {name: (used, asked) for name, _, used, asked in limit_uses(problem, plan.score)}
        assert uses["min_sales_week"][1] == problem.min_sales_week


def with_least_waste(problem):
    """The problem with a price of nothing for what it sells: only the floor makes it sell."""
    return dataclasses.replace(problem, price=problem.spend_cost, unit_cost=problem.spend_cost)


def test_each_objective_is_best_at_what_it_names(problems_of):
    """No other objective's plan beats a plan in its own measure, and money means the same."""
    rules = {"min_sales_share": 0.9}
    plans = {
        objective: {
            store: (problem, listed_after(problem).score)
            for store, problem in problems_of(objective=objective, **rules).items()
        }
        for objective in Objective
    }

    def measured(objective, problem, found):
        return {
            Objective.MARGIN: found.margin_week.sum(),
            Objective.SALES: found.sales_week.sum(),
            Objective.UNITS: found.sold_units_week.sum(),
            Objective.WASTE: -(problem.spend_cost * found.waste_units_week).sum(),
        }[objective]

    for objective, of_stores in plans.items():
        for store, (problem, found) in of_stores.items():
            own = measured(objective, problem, found)
            assert own == pytest.approx(found.objective_week)
            for others in plans.values():
                other = measured(objective, *others[store])
                assert other <= own + 2e-3 * max(1.0, abs(own))


def test_rules_can_be_given_again_to_another_core(shops, problems_of):
    """With another core the shares and swaps are counted anew, not twice."""
    rules = PlanRules(min_local_share=0.3, max_swaps=1)
    problem = problems_of(min_local_share=0.3, max_swaps=1)["7"]
    chosen = dataclasses.replace(problem, core=np.zeros_like(problem.core))
    again = with_rules(chosen, problems_of.inputs, rules, shops.demand.in_range[0])
    assert [limit.name for limit in again.range_limits] == [
        limit.name for limit in problem.range_limits
    ]
    assert (limits_of(again)["min_share:local=0.3"].coefficients > 0).all()
