"""A store with a large choice set whose stock follows demand, solved as a sum of ratios.

Where shoppers of many segments choose from one large need group, no list of its ranges can be
made and the products of the whole program are loose; as ratios the same store is small.
"""

from __future__ import annotations

import time

import numpy as np

from planner.assortment.problem import StoreProblem
from planner.assortment.ratio_search import solve_ratios
from planner.assortment.ratios import ratio_problem
from planner.assortment.result import StoreSolution
from planner.assortment.score import best_score, fewest_facings

LARGE = 15
"""Open items of a need group beyond which it counts as a large choice set."""


def solve_by_ratios(problem: StoreProblem, gap: float, deadline: float) -> StoreSolution | None:
    """Solve a store whose largest need group is a large choice set; None where this is no such
    store, or anything holds its stock back.

    ``gap`` is relative, ``deadline`` a value of ``time.perf_counter``.
    """
    open_items = ~problem.must_list & ~problem.locked_out
    counts = np.bincount(problem.group_of_item[open_items], minlength=1)
    ratios = ratio_problem(problem) if counts.max() > LARGE else None
    if ratios is None:
        return None
    found = solve_ratios(ratios, gap, deadline - time.perf_counter())
    score = None
    if found.listed is not None:
        listed = np.zeros(len(problem.item_ids), dtype=bool)
        listed[ratios.items[found.listed]] = True
        score = best_score(problem, fewest_facings(problem, listed))
    return StoreSolution(score, found.bound, found.row_prices, found.time_limit_struck)
