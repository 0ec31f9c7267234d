"""Small chains as Inputs, made without the table reader."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import planner.tables
from planner.tables.inputs import ChainSettings, Inputs

FIRST_WEEK = pd.Timestamp("2024-01-01")
DTYPES = {"id": "str", "text": "str", "list": "str", "date": "datetime64[ns]", "flag": "bool"}
DEFAULTS = {
    ("sales", "days_in_stock"): 7.0,
    ("sales", "promo_days"): 0.0,
    ("sales", "discount"): 0.0,
    ("items", "category"): "all items",
    ("items", "need_group"): "all items",
    ("stores", "region"): "somewhere",
    ("promotions", "promo_days"): 7.0,
}


def _columns() -> dict[str, dict[str, str]]:
    path = Path(planner.tables.__file__).parent / "columns.csv"
    found: dict[str, dict[str, str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row["table"], {})[row["column"]] = row["type"]
    return found


def _frame(table: str, columns: dict[str, str], given: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(index=pd.RangeIndex(len(given)))
    for column, kind in columns.items():
        dtype = DTYPES.get(kind, "float64")
        if column in given:
            values = given[column].to_numpy()
        else:
            empty = {"str": "", "bool": False, "datetime64[ns]": pd.NaT}.get(dtype, np.nan)
            values = [DEFAULTS.get((table, column), empty)] * len(given)
        frame[column] = pd.Series(values, index=frame.index).astype(dtype)
    return frame


def make_inputs(**tables: pd.DataFrame) -> Inputs:
    """Inputs from the columns that matter; the rest are filled as the table stage would."""
    frames = {
        table: _frame(table, columns, tables.get(table, pd.DataFrame()))
        for table, columns in _columns().items()
    }
    for column, of in (("store_id", "stores"), ("item_id", "items")):
        frames["sales"][column] = pd.Categorical(
            frames["sales"][column], categories=frames[of][column]
        )
    return Inputs(
        source=Path("made-up"),
        chain=ChainSettings("made-up", "", "en", None, 4),
        planned_in_units=True,
        assumptions=(),
        files={},
        **frames,
    )


class Chain:
    """A simulated chain with its truth: rates [store, item], level [item, week]."""

    def __init__(
        self,
        stores: int = 12,
        items: int = 20,
        weeks: int = 12,
        carried: float = 0.8,
        local: float = 0.4,
        mean: float = 20.0,
        elasticity: float = -2.0,
        discounts: bool = False,
        in_stock: float = 1.0,
        seed: int = 1,
    ) -> None:
        draw = np.random.default_rng(seed)
        self.weeks = weeks
        size = np.exp(draw.normal(0, 0.4, (stores, 1)))
        popular = mean * np.exp(draw.normal(0, 0.7, (1, items)))
        self.rate = size * popular * np.exp(draw.normal(0, local, (stores, items)))
        self.carried = draw.random((stores, items)) < carried
        store, item = np.nonzero(self.carried)
        store, item = np.repeat(store, weeks), np.repeat(item, weeks)
        week = np.tile(np.arange(weeks), int(self.carried.sum()))
        off = np.zeros(len(week))
        if discounts:
            off = np.where(draw.random(len(week)) < 0.25, draw.uniform(0.1, 0.4, len(week)), 0.0)
        days = np.where(draw.random(len(week)) < in_stock, 7.0, draw.integers(1, 7, len(week)))
        mu = self.rate[store, item] * (1 - off) ** elasticity * days / 7
        self.store_ids = np.array([f"S{k:03d}" for k in range(stores)])
        self.item_ids = np.array([f"{4000 + k}" for k in range(items)])
        self.sales = pd.DataFrame(
            {
                "store_id": self.store_ids[store],
                "item_id": self.item_ids[item],
                "week": FIRST_WEEK + pd.to_timedelta(7 * week, unit="D"),
                "units": draw.poisson(mu).astype(float),
                "days_in_stock": days,
                "discount": off,
            }
        )
        self.stores = pd.DataFrame(
            {"store_id": self.store_ids, "region": [f"R{k % 2}" for k in range(stores)]}
        )
        self.items = pd.DataFrame(
            {
                "item_id": self.item_ids,
                "category": [f"C{k % 3}" for k in range(items)],
                "need_group": [f"N{k % 6}" for k in range(items)],
            }
        )

    @property
    def horizon(self) -> pd.Timestamp:
        """First day after the history."""
        return FIRST_WEEK + pd.Timedelta(weeks=self.weeks)

    def inputs(self, **tables: pd.DataFrame) -> Inputs:
        """The chain as Inputs; named tables replace or join its own."""
        own = {"sales": self.sales, "stores": self.stores, "items": self.items}
        return make_inputs(**(own | tables))


@pytest.fixture(scope="session")
def make_chain() -> Callable[..., Chain]:
    """The class, so that tests need not import from here."""
    return Chain
