"""A cap on distinct ranges beside shared limits, against every plan of small chains."""

from __future__ import annotations

import pytest
from small_chains import best_by_trying, random_chain
from test_chain_program import GAP, assert_keeps_limits, limited, solved

from planner.assortment import chain_ranges
from planner.assortment.chain_ranges import distinct_ranges, groupings, with_few_ranges
from planner.workers import InProcess


def capped(problems, coupling, chain, most, *, again=False):
    """The chain with at most so many ranges, everything in this process."""
    run = InProcess().map_stores
    return with_few_ranges(problems, coupling, chain, most, run, gap=GAP, seconds=30, again=again)


def ranges_of(chain) -> int:
    """How many different ranges a chain runs."""
    return distinct_ranges({s: plan.score for s, plan in chain.plans.items()})


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize("kind", ["budget", "minimum", "all"])
def test_few_stores_with_few_ranges_are_the_best(kind, most):
    """Three stores with at most one or two ranges keep every shared limit; the plan is within
    0.1 % of the best of all such plans, and its bound, for which every grouping counts, no less
    than that."""
    for seed in (103, 106, 110):
        problems = random_chain(seed)
        coupling = limited(problems, kind, seed)
        best = best_by_trying(problems, coupling, most)
        chain = capped(problems, coupling, solved(problems, coupling), most)
        assert_keeps_limits(problems, coupling, chain)
        assert ranges_of(chain) <= most
        assert chain.objective_week >= best - 1e-3 * max(1.0, abs(best))
        assert chain.bound_week >= best - 1e-6 * max(1.0, abs(best))
        assert chain.gap <= 10 * GAP


@pytest.mark.parametrize("kind", ["budget", "stores", "maximum", "minimum"])
def test_groups_of_many_stores_are_cut_until_limits_are_kept(kind, monkeypatch):
    """Where the stores are too many for one program, every limit and the cap are kept too, and
    the bound stays that of the chain without the cap."""
    monkeypatch.setattr(chain_ranges, "FEW_STORES", 0)
    for seed in (103, 106):
        problems = random_chain(seed)
        coupling = limited(problems, kind, seed)
        free = solved(problems, coupling)
        chain = capped(problems, coupling, free, 2)
        assert_keeps_limits(problems, coupling, chain)
        assert ranges_of(chain) <= 2
        best = best_by_trying(problems, coupling, 2)
        assert chain.objective_week <= best + 1e-5 * max(1.0, abs(best))
        assert chain.bound_week == pytest.approx(max(free.bound_week, chain.objective_week))


def test_stores_are_grouped_in_every_way_once():
    """As many ways as Stirling's numbers of the second kind say, no two of them alike."""
    for stores, groups, ways in ((3, 2, 3), (4, 2, 7), (5, 3, 25), (6, 3, 90), (4, 4, 1)):
        found = [
            frozenset(
                frozenset(s for s, own in enumerate(way) if own == group) for group in range(groups)
            )
            for way in groupings(stores, groups)
        ]
        assert len(found) == len(set(found)) == ways
        assert all(len(way) == groups for way in found)


def test_ranges_of_before_are_kept_while_they_fit_and_keep_the_limits():
    """A chain planned once more in the same room keeps the range of every store."""
    problems = random_chain(106)
    coupling = limited(problems, "budget", 106)
    first = capped(problems, coupling, solved(problems, coupling), 2)
    again = capped(problems, coupling, first, 2, again=True)
    for store, plan in first.plans.items():
        assert (again.plans[store].score.listed == plan.score.listed).all()
    assert_keeps_limits(problems, coupling, again)
