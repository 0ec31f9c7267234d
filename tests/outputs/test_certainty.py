"""How far a plan rests on what is known."""

from __future__ import annotations

import numpy as np
import pytest

from planner.outputs.certainty import certainty_table, local_everywhere
from planner.outputs.contents import Contents

ADDITIVE = ["pairs", "listed pairs", "new pairs", "sales", "recapture sales", "unusual"]


@pytest.fixture(scope="module")
def contents(four_stores: Contents) -> Contents:
    """Four stores."""
    return four_stores


@pytest.fixture(scope="module")
def table(contents):
    """Their certainty."""
    return certainty_table(
        contents.stores,
        contents.items,
        contents.demand,
        contents.assortment,
        contents.recapture,
        contents.value,
    )


def test_levels_add_up(table):
    """What is counted in the stores of a region is the region's, and that of all the chain's."""
    use = table[table["measure"].isin(ADDITIVE)]
    sums = use.groupby(["measure", "part", "level"])[["count", "of"]].sum().unstack("level")
    for column in ("count", "of"):
        for level in ("region", "store"):
            np.testing.assert_allclose(sums[column][level], sums[column]["chain"])


def test_parts_make_up_the_whole(table):
    """Sources of demand and of recapture are all there is; shares are count over whole."""
    use = table[table["measure"].isin(ADDITIVE[:-1])]
    whole = use.groupby(["level", "name", "measure"]).agg(
        counted=("count", "sum"), of=("of", "max")
    )
    np.testing.assert_allclose(whole["counted"], whole["of"])
    known = table["of"] > 0
    np.testing.assert_allclose(
        table.loc[known, "share"], table.loc[known, "count"] / table.loc[known, "of"]
    )
    assert table.loc[~known, "share"].isna().all()


def test_pairs_are_counted_by_their_source(contents, table):
    """The chain's row counts the pairs of the demand table."""
    row = table[(table["level"] == "chain") & (table["measure"] == "pairs")]
    counts = row.set_index("part")["count"]
    assert counts["model"] == (contents.demand["source"] == "model").sum()
    assert counts.sum() == len(contents.demand)


def test_local_items_of_every_store_are_named(contents):
    """An item that is not core and that every store lists is found; one that one store leaves
    out is not."""
    plan = contents.assortment
    found = local_everywhere(plan)
    assert found
    assert not plan.loc[plan["item_id"].isin(found), "core"].any()
    first = plan["store_id"].iloc[0]
    less = plan.assign(
        listed=plan["listed"] & ~((plan["item_id"] == found[0]) & (plan["store_id"] == first))
    )
    assert local_everywhere(less) == found[1:]
