"""The programs over ranges of need groups written out, family by family.

Set ``PLANNER_WRITE_MODEL_FILES=1`` to write the files again, and read what changed.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import numpy as np
import pytest
from test_model_files import SEGMENTED, TINY, same_as_file

from planner.assortment.group_master import GroupMaster
from planner.assortment.group_pricing import GroupPricing
from planner.assortment.group_program import StoreFamily
from planner.assortment.group_ranges import group_ranges
from planner.assortment.limits import linear_limits
from planner.assortment.near_best import NearBestProgram, near_best
from planner.assortment.problem_file import read_problem

FOLDER = Path(__file__).parent / "model_files" / "near_best"
FAMILIES = [
    name
    for name, _ in inspect.getmembers(NearBestProgram, inspect.isfunction)
    if name.startswith("_add_") and name not in ("_add_variables", "_add_parts")
]


def program(problem, family: str | None, *, tune_stock: bool) -> NearBestProgram:
    """The program with what is near the best, of one family or whole."""
    window = 1.5 if tune_stock else 30.0
    pricing = GroupPricing(problem, group_ranges(problem), linear_limits(problem))
    prices = np.zeros(len(pricing.limits))
    prices[[limit.counts_units for limit in pricing.limits].index(True)] = 0.1
    priced = pricing.at(prices)
    silent = {name: lambda self: None for name in FAMILIES if family and name != family}
    build = type("OneFamily", (NearBestProgram,), silent)
    return build(pricing, priced, near_best(pricing, priced, window), tune_stock=tune_stock)


WRITTEN = {
    "objective": ("_add_objective", TINY, False),
    "objective_with_stock_to_tune": ("_add_objective", TINY, True),
    "one_range": ("_add_one_range", TINY, False),
    "one_facing_count": ("_add_one_facing_count", TINY, False),
    "one_stock": ("_add_one_stock", TINY, True),
    "limits": ("_add_limits", TINY, False),
    "limits_with_stock_to_tune": ("_add_limits", TINY, True),
    "whole_by_segment": (None, SEGMENTED, False),
}
"""File name -> family, problem, whether stock is tuned."""


@pytest.mark.parametrize("name", sorted(WRITTEN))
def test_family_of_near_best_ranges_is_written_as_its_baseline(name, problem_path, tmp_path):
    """The rows of each family, written out, equal the readable baseline line by line."""
    family, content, tune_stock = WRITTEN[name]
    built = program(read_problem(problem_path(content)), family, tune_stock=tune_stock)
    same_as_file(built.model, FOLDER / f"{name}.lp", tmp_path)


def test_master_is_written_as_its_baseline(problem_path, tmp_path):
    """The master's limits, written out before any range is known."""
    problem = read_problem(problem_path(TINY))
    model = GroupMaster(problem, linear_limits(problem), 100.0).model
    same_as_file(model, FOLDER / "master.lp", tmp_path)


def test_no_price_of_the_master_stands_on_a_side_that_its_limit_has_not(problem_path, monkeypatch):
    """Dust on the wrong side of zero in the duals would make a bound at those prices endless."""
    problem = read_problem(problem_path(TINY))
    limits = linear_limits(problem)
    pricing = StoreFamily(problem).pricing(problem)
    master = GroupMaster(problem, limits, 100.0)
    master.add(pricing.at(np.zeros(len(limits)), 1).best)
    solve = master._live.solve_relaxation
    for dust in (-1e-12, 1e-12):

        def dusty(dust=dust):
            solution, duals = solve()
            return solution, np.where(duals == 0, dust, duals)

        monkeypatch.setattr(master._live, "solve_relaxation", dusty)
        assert np.isfinite(pricing.at(master.solve().prices, 1).bound_week)


def test_every_family_of_near_best_ranges_has_a_file():
    """Every function that adds rows has a baseline, and no file is spare."""
    assert {family for family, _, _ in WRITTEN.values()} - {None} == set(FAMILIES)
    assert {path.stem for path in FOLDER.glob("*.lp")} == {*WRITTEN, "master"}
