"""The cause that raises each local item's demand in its store."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from planner.demand.local_drivers import OWN, REGION, SEGMENTS, SIGNAL, LocalDrivers
from planner.outputs.local_drivers import NOTHING, local_drivers_table

STORES, ITEMS = ("1", "2"), ("a", "b", "c", "d", "e")
EFFECT = np.array(
    [
        # store 1, store 2
        [[0.5, 0.0, 0.0, -0.1, 0.3], [-0.5, 0.0, 0.0, 0.1, -0.3]],
        [[0.1, 0.4, 0.0, -0.1, 0.0], [-0.1, -0.4, 0.0, 0.1, 0.0]],
        [[0.0, 0.1, 0.2, -0.2, 0.0], [0.0, -0.1, -0.2, 0.2, 0.0]],
        [[0.2, 0.0, 0.1, 0.001, 0.0], [-0.2, 0.0, -0.1, -0.001, 0.0]],
    ]
)
DRIVERS = LocalDrivers(
    (SIGNAL, SEGMENTS, REGION, OWN),
    ("share_families", "", "", ""),
    EFFECT,
    np.array([["students"] * 5, ["pensioners"] * 5], dtype=object),
)


@pytest.fixture
def table() -> pd.DataFrame:
    """Store 1 lists all five, of which the last is core; store 2 none."""
    demand = SimpleNamespace(store_ids=STORES, item_ids=ITEMS, drivers=DRIVERS)
    assortment = pd.DataFrame(
        {
            "store_id": np.repeat(STORES, 5),
            "item_id": ITEMS * 2,
            "listed": [True] * 5 + [False] * 5,
            "core": [False, False, False, False, True] * 2,
        }
    )
    return local_drivers_table(demand, assortment, {"1": "North", "2": "South"})


def test_the_strongest_cause_is_named(table):
    """Signals by their name, segments by the one that raises the item, regions by that of the
    store; change is of that cause alone, total of all."""
    rows = table.set_index("item_id")
    assert list(rows["kind"]) == [SIGNAL, SEGMENTS, REGION, NOTHING]
    assert list(rows["name"]) == ["share_families", "students", "North", ""]
    assert rows.loc["a", "change"] == pytest.approx(np.exp(0.5) - 1)
    assert rows.loc["a", "total_change"] == pytest.approx(np.exp(0.8) - 1)


def test_what_nothing_raises_says_so(table):
    """An item that no cause raises is there with no cause and its total below the mean."""
    row = table.set_index("item_id").loc["d"]
    assert (row["kind"], row["name"], row["change"]) == (NOTHING, "", 0.0)
    assert row["total_change"] < 0


def test_core_items_and_what_is_not_listed_have_no_row(table):
    """Local items where they are listed, nothing else."""
    assert list(table["store_id"]) == ["1"] * 4
    assert "e" not in set(table["item_id"])
