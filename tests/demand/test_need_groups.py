"""Need groups: true substitutes are found together, items that do not care are left apart."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.alike import bayes_factor, name_likeness, words_of
from planner.demand.clean import clean
from planner.demand.factors import Grouping
from planner.demand.need_groups import joined, propose_need_groups
from planner.demand.rates import fit
from planner.tables.inputs import Inputs

Make = Callable[..., Any]
STORES, WEEKS = 16, 40
TRUE_GROUP = np.array([0, 0, 0, 1, 1, 1, 2, 3, 4, 4, 4, 5])
"""Of items 0 to 11: two trios and two loners in one category, a trio and a loner in the other."""
CATEGORY = np.array([0] * 8 + [1] * 4)


def proposed(inputs: Inputs, names: list[str], draws: int = 20) -> pd.DataFrame:
    """The proposal, with rates fitted as the command does."""
    history = clean(inputs)
    category = pd.factorize(inputs.items["category"])[0]
    grouping = Grouping(pd.factorize(inputs.stores["region"])[0], category, category)
    rates = fit(history, grouping, float("inf"))
    return propose_need_groups(history, grouping, rates, names, draws=draws)


def market(make: Make, swap: float = 0.8) -> Inputs:
    """Sales where the demand of an item that is out moves to its group: ``swap`` of it, in
    proportion to what the others sell."""
    chain = make(stores=STORES, items=len(TRUE_GROUP), weeks=WEEKS, carried=2.0, local=0.1)
    draw = np.random.default_rng(4)
    rate = 60.0 * np.exp(draw.normal(0, 0.2, (STORES, len(TRUE_GROUP))))
    out = draw.random((STORES, WEEKS, len(TRUE_GROUP))) < 0.15
    present = np.where(out, draw.integers(1, 5, out.shape) / 7, 1.0)
    mates = (TRUE_GROUP[:, None] == TRUE_GROUP) & ~np.eye(len(TRUE_GROUP), dtype=bool)
    others = np.maximum(rate @ mates, 1e-9)
    lost = (1 - present) * rate[:, None, :]
    gain = 1 + swap * np.einsum("sti,ij->stj", lost / others[:, None, :], mates)
    units = draw.poisson(rate[:, None, :] * gain * present)
    store, week, item = np.indices(units.shape).reshape(3, -1)
    sales = pd.DataFrame(
        {
            "store_id": chain.store_ids[store],
            "item_id": chain.item_ids[item],
            "week": chain.sales["week"].min() + pd.to_timedelta(7 * week, unit="D"),
            "units": units.ravel().astype(float),
            "days_in_stock": np.round(present.ravel() * 7),
        }
    )
    items = chain.items.assign(category=[f"C{c}" for c in CATEGORY])
    return chain.inputs(sales=sales, items=items)


CODES = [f"Q{k}" for k in range(len(TRUE_GROUP))]


@pytest.fixture(scope="module")
def swapping(make_chain: Make) -> Inputs:
    """A chain with true substitutes, whose names are codes."""
    return market(make_chain)


def partition(labels: pd.Series) -> list[list[int]]:
    """Who is with whom, whatever the groups are called."""
    code = pd.factorize(labels)[0]
    return (code[:, None] == code).tolist()


def test_substitutes_are_together_and_loners_alone(swapping: Inputs) -> None:
    """From sales alone, every trio of substitutes is one group and every loner a group of its
    own, each of them in nearly all resamples, and sales are named as the reason."""
    found = proposed(swapping, CODES)
    assert partition(found["need_group"]) == partition(pd.Series(TRUE_GROUP))
    assert found["stays_share"].min() > 0.6
    trios = np.isin(TRUE_GROUP, [0, 1, 4])
    assert found.loc[trios, "why"].str.startswith("sales").all()
    assert found["stays_share"][trios].mean() > 0.9


def test_items_that_do_not_swap_are_not_joined(make_chain: Make) -> None:
    """Where nothing moves when an item is out, hardly any two items are put together."""
    found = proposed(market(make_chain, swap=0.0), CODES, draws=2)
    assert found["need_group"].nunique() >= len(TRUE_GROUP) - 2


def test_groups_do_not_cross_categories(swapping: Inputs) -> None:
    """A need group lies in one category, and group names differ."""
    names = ["Red apples"] * 6 + ["Pears"] * 6
    found = proposed(swapping, names, draws=2).assign(category=CATEGORY)
    assert (found.groupby("need_group")["category"].nunique() == 1).all()


def test_names_decide_where_sales_are_silent(make_chain: Make) -> None:
    """Without a stock-out the words of the names join items; without those either, a category
    stays one group, and that is said."""
    chain = make_chain(stores=8, items=12, weeks=8, carried=2.0, local=0.0, seed=5)
    items = chain.items.assign(category="C")
    names = ["Red apples", "Apples, green", "Pears, bag", "Pear"] + [
        f"Thing{k}" for k in "abcdefgh"
    ]
    found = proposed(chain.inputs(items=items), names, draws=2)
    group = found["need_group"]
    assert group[0] == group[1]
    assert group[2] == group[3]
    assert group[0] != group[2]
    assert found["why"][0] == "name"


def test_nothing_known_stays_the_category(make_chain: Make) -> None:
    """Items that were always in stock and have codes for names stay together, and it is said."""
    chain = make_chain(stores=1, items=6, weeks=2, carried=2.0)
    items = chain.items.assign(category=["A", "A", "A", "B", "B", "C"])
    found = proposed(chain.inputs(items=items), [f"x{k}" for k in range(6)], draws=2)
    assert partition(found["need_group"]) == partition(items["category"])
    assert found["why"].iloc[:5].str.startswith("nothing is known").all()


def test_order_does_not_matter(swapping: Inputs) -> None:
    """Items and stores in another order, under other ids, fall into the same groups."""
    items = swapping.items.iloc[::-1].reset_index(drop=True)
    stores = swapping.stores.iloc[::-1].reset_index(drop=True)
    ids = {i: f"Z{k}" for k, i in enumerate(items["item_id"])}
    items["item_id"] = items["item_id"].map(ids)
    sales = swapping.sales.copy()
    sales["item_id"] = pd.Categorical(sales["item_id"].astype("str").map(ids), items["item_id"])
    sales["store_id"] = pd.Categorical(sales["store_id"].astype("str"), stores["store_id"])
    turned = dataclasses.replace(swapping, items=items, stores=stores, sales=sales)
    first = proposed(swapping, CODES, draws=2)
    second = proposed(turned, CODES[::-1], draws=2)
    assert partition(second["need_group"][::-1]) == partition(first["need_group"])


def test_the_best_cut_goes_from_all_to_none() -> None:
    """With all odds in favour one group, with all against each its own, with blocks the blocks."""
    assert set(joined(np.full((5, 5), 2.0))) == {0}
    assert len(set(joined(np.full((5, 5), -2.0)))) == 5
    block = np.where(np.equal.outer([0, 0, 1, 1, 1], [0, 0, 1, 1, 1]), 3.0, -3.0)
    assert partition(pd.Series(joined(block))) == partition(pd.Series([0, 0, 1, 1, 1]))


def test_bayes_factor_needs_information() -> None:
    """Without information nothing is said; with much of it, taking speaks for, not taking
    against."""
    one = np.ones((1, 1))
    assert bayes_factor(0 * one, 0 * one)[0, 0] == 0.0
    assert bayes_factor(0.2 * 1000 * one, 1000 * one)[0, 0] > 10
    assert bayes_factor(-0.1 * 1000 * one, 1000 * one)[0, 0] < -2


def test_names_are_alike_by_their_rare_words() -> None:
    """Plural, size and order do not count; a word that all names have tells nothing."""
    assert words_of("Tomatoes, organic cherry 10 oz") == ["tomato", "cherry"]
    names = ["Fresh apples, Gala", "Fresh apple Fuji", "Fresh plums", "Fresh limes", "Fresh figs"]
    alike = name_likeness(names)
    assert alike[0, 1] > 0.5
    assert alike[0, 2] == 0.0
    assert np.diag(alike) == pytest.approx(1.0)
