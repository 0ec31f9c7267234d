"""Random stores for the shelves stage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Store:
    """The frames that ``place_store`` takes, after the store's id."""

    items: pd.DataFrame
    fixtures: pd.DataFrame
    current_range: pd.DataFrame
    listed: pd.DataFrame

    def frames(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        """The arguments in their order."""
        return self.items, self.fixtures, self.current_range, self.listed


def make_items(width: list[float], group: list[str], **columns: object) -> pd.DataFrame:
    """Items a0, a1, ... of the type "table" unless a column says otherwise."""
    n = len(width)
    frame = pd.DataFrame(
        {
            "item_id": [f"a{k}" for k in range(n)],
            "need_group": group,
            "fixture_type": "table",
            "facing_width_cm": np.asarray(width, dtype=float),
            "units_per_facing": np.nan,
            "min_units_per_facing": 0.0,
            "max_facings": 6.0,
            "facing_cost_week": 0.1,
            "unit": "each",
            "unit_weight_kg": np.nan,
            "colour": "",
        }
    )
    return frame.assign(**columns)


def make_fixtures(width: list[float], bay_height: int = 4, **columns: object) -> pd.DataFrame:
    """Shelves of one fixture, ``bay_height`` shelves a bay; the third of each is eye level."""
    n = len(width)
    shelf = np.arange(n) % bay_height + 1
    frame = pd.DataFrame(
        {
            "store_id": "s",
            "fixture_id": "F1",
            "fixture_type": "table",
            "bay": np.arange(n) // bay_height + 1.0,
            "shelf": shelf.astype(float),
            "width_cm": np.asarray(width, dtype=float),
            "eye_level": shelf == 3,
            "changes_weekly": False,
        }
    )
    return frame.assign(**columns)


def make_listed(
    facings: list[int], stock: list[float] | None = None, margin: list[float] | None = None
) -> pd.DataFrame:
    """Items a0, a1, ... listed in store "s"; margins rise with the number."""
    n = len(facings)
    return pd.DataFrame(
        {
            "store_id": "s",
            "item_id": [f"a{k}" for k in range(n)],
            "facings": facings,
            "stock_units_cycle": [10.0] * n if stock is None else stock,
            "margin_week": [float(k) for k in range(n)] if margin is None else margin,
        }
    )


def no_range() -> pd.DataFrame:
    """A store whose current range is not known."""
    columns = ["store_id", "item_id", "facings", "fixture_id", "bay", "shelf", "position"]
    return pd.DataFrame(columns=columns)


def random_store(seed: int, items: int = 60, fill: float = 0.93) -> Store:
    """A store with two fixture types whose shelves are ``fill`` full before facings are added."""
    rng = np.random.default_rng(seed)
    width = rng.choice([15.0, 20, 25, 30, 40], items)
    types = rng.choice(["table", "wet rack"], items)
    group = [f"{t} {g}" for t, g in zip(types, rng.integers(0, items // 4, items), strict=True)]
    facings = rng.integers(1, 4, items)
    frame = make_items(
        list(width),
        group,
        fixture_type=types,
        unit=rng.choice(["each", "lb", "kg"], items),
        colour=rng.choice(["", "red", "green", "yellow"], items),
        min_units_per_facing=rng.uniform(0, 4, items),
        units_per_facing=rng.uniform(4, 12, items),
    )
    shelves = []
    for fixture_type in ("table", "wet rack"):
        of_type = types == fixture_type
        needed = float((width * facings)[of_type].sum()) / fill
        widths: list[float] = []
        while sum(widths) < needed:
            widths.append(float(rng.choice([120, 125, 180, 240])))
        shelves.append(
            make_fixtures(widths, fixture_id=f"{fixture_type} 1", fixture_type=fixture_type)
        )
    stock = rng.uniform(4, 30, items)
    return Store(
        frame,
        pd.concat(shelves, ignore_index=True),
        no_range(),
        make_listed([int(f) for f in facings], list(stock), list(rng.gamma(2, 10, items))),
    )
