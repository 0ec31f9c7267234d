"""Which items are the core: those given, or those of the stated rule."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from planner.assortment.core import core_items

REGIONS = ["North"] * 5 + ["South"] * 5


def chain(given: list[bool], in_range: np.ndarray) -> tuple[SimpleNamespace, SimpleNamespace]:
    """The parts of tables and demand that the rule reads: ten stores in two regions."""
    names = [f"item {k}" for k in range(len(given))]
    inputs = SimpleNamespace(
        items=pd.DataFrame({"item_name": names, "core": given}),
        stores=pd.DataFrame({"region": REGIONS}),
    )
    return inputs, SimpleNamespace(in_range=in_range)


def ranges(*listed: tuple[int, int]) -> np.ndarray:
    """Current range of each item: in how many stores of North and of South it is listed."""
    columns = []
    for north, south in listed:
        columns.append([k < north for k in range(5)] + [k < south for k in range(5)])
    return np.array(columns).T


def test_a_given_core_is_taken_as_it_is():
    """Core flags in the items table decide alone, whatever is listed today."""
    inputs, demand = chain([True, False, True], ranges((0, 0), (5, 5), (5, 5)))
    core, assumptions = core_items(inputs, demand, np.ones((10, 3), dtype=bool))
    assert core.tolist() == [True, False, True]
    assert assumptions == []


def test_a_given_core_item_that_nobody_can_buy_is_left_out_and_counted():
    """A core item bought nowhere in the plan's weeks is dropped by name; one bought somewhere
    stays."""
    buyable = np.ones((10, 3), dtype=bool)
    buyable[:, 0] = False
    buyable[:9, 2] = False
    inputs, demand = chain([True, False, True], ranges((5, 5), (5, 5), (5, 5)))
    core, assumptions = core_items(inputs, demand, buyable)
    assert core.tolist() == [False, False, True]
    assert [a.count for a in assumptions] == [1]
    assert "item 0" in assumptions[0].text
    assert "item 2" not in assumptions[0].text


def test_the_rule_asks_for_60_percent_of_every_region():
    """Exactly 60 % of the stores is enough; one region short of it is not, nor the mean."""
    listed = ranges((3, 3), (2, 5), (5, 2), (5, 5), (0, 0))
    inputs, demand = chain([False] * 5, listed)
    core, assumptions = core_items(inputs, demand, np.ones((10, 5), dtype=bool))
    assert core.tolist() == [True, False, False, True, False]
    assert "60%" in assumptions[0].text
    assert assumptions[0].count == 2


def test_the_rule_leaves_out_what_one_store_cannot_buy():
    """A derived core item must be buyable in every store."""
    buyable = np.ones((10, 2), dtype=bool)
    buyable[9, 1] = False
    inputs, demand = chain([False, False], ranges((5, 5), (5, 5)))
    core, _ = core_items(inputs, demand, buyable)
    assert core.tolist() == [True, False]
