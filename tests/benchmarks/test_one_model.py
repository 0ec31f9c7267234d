"""The chain as one model: a rival that solves the same problem."""

from __future__ import annotations

from dataclasses import replace

from chains import coupling, worst_breach
from generated_chain import market, store_problem
from one_model import OneModel

from planner.assortment.chain_program import solve_chain
from planner.workers import InProcess


def test_its_bound_holds_for_the_chain_program_s_plan(tmp_path):
    """Two ways to the same chain: no plan of one beats the bound of the other, by any solver."""
    chain = market(1, 3, items=14, groups=4)
    problems = {p.store_id: p for p in (store_problem(chain, s) for s in range(3))}
    limits = coupling(chain)
    limits = replace(limits, min_order_week=0.3 * limits.min_order_week)
    plan = solve_chain(problems, limits, InProcess().map_stores, gap=0.005, time_limit_seconds=10.0)
    assert not plan.broken
    model = OneModel(problems, limits)
    arrays, _ = model.with_arrays(0.01, 4.0)
    for answer in (arrays, model.with_pulp_highs(0.01, 4.0),
                   model.with_cbc(0.01, 4.0, tmp_path / "log")):  # fmt: skip
        assert plan.objective_week <= answer.bound_week * (1 + 1e-6)
        if answer.values is not None:
            scores = model.scores(answer.values)
            if worst_breach(list(problems.values()), limits, scores) <= 1e-9:
                found = sum(score.objective_week for score in scores)
                assert found <= plan.bound_week * (1 + 1e-6)
