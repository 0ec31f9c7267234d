"""Simulates the greengrocer chain: its tables, and the truth behind them in truth/.

    python simulate.py [--seed 7] [--out FOLDER]

Deterministic for a seed. Reads only sources/ beside this file. The steps: catalogue.py (items),
market.py (segments and choice), shelving.py (fixtures, current range), history.py (sales),
people.py (signals, segments). README.md says what is real, simulated and assumed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from catalogue import SEGMENTS, SOURCES, build_items, generator
from history import (
    HISTORY_WEEKS,
    Calendar,
    build_calendar,
    build_listing,
    build_sales,
    build_stock,
    planned_promotions,
    weekly_demand,
)
from market import Market, build_market, demand, measured_recapture
from people import build_segment_index, build_segments, build_signals
from shelving import build_current_range, build_fixtures, can_be_bought

BUNDLED_SEED = 7
TIGHT_BUDGET, LOOSE_BUDGET = 0.75, 1.05
"""Of the purchases that the current range needs, with its losses."""
LIMITED_STORES = 4
"""Stores whose local items may not become more than they are today."""


def stores_table(
    seed: int, stores: pd.DataFrame, items: pd.DataFrame, current: np.ndarray, units: np.ndarray
) -> pd.DataFrame:
    """Stores with a budget that binds in a third of them, and a few limits on local items."""
    rng = generator(seed, "budgets")
    cost = (items.unit_cost / (1 - items.store_loss_share)).to_numpy()
    needed = (np.where(current, units, 0) * cost).sum(axis=1)
    tight = np.arange(len(stores)) % 3 == rng.integers(0, 3)
    budget = needed * np.where(tight, TIGHT_BUDGET, LOOSE_BUDGET)
    local = (current & (items.core != "yes").to_numpy()).sum(axis=1)
    limited = rng.choice(len(stores), LIMITED_STORES, replace=False)
    most = pd.Series(local).where(pd.Series(range(len(stores))).isin(limited)).astype("Int64")
    return pd.DataFrame(
        {
            "store_id": stores.store_id,
            "store_name": stores.store_name,
            "city": stores.city,
            "region": stores.city,
            "latitude": stores.latitude,
            "longitude": stores.longitude,
            "budget_week": (budget / 50).round().astype(int) * 50,
            "deliveries_week": stores.deliveries_week,
            "max_local_items": most,
        }
    )


def range_rules_table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "need_group": ["Cooking onions", "Salad kits"],
            "min_items": pd.array([2, None], dtype="Int64"),
            "max_items": pd.array([None, 3], dtype="Int64"),
        }
    )


def truth_tables(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    hidden: pd.DataFrame,
    market: Market,
    calendar: Calendar,
    current: np.ndarray,
    horizon_units: np.ndarray,
) -> dict[str, pd.DataFrame]:
    """What an estimate is scored against; the horizon's seasons and promotions are in it."""
    ahead = slice(HISTORY_WEEKS, None)
    pull = (1 - calendar.discount[ahead]) ** hidden.elasticity.to_numpy()
    level = calendar.level[ahead]
    weight = hidden.base_units_week.to_numpy()
    group_level = (market.by_group(weight * level) / market.by_group(weight)).mean(axis=0)
    size = (calendar.chain_level[:, None] * calendar.store_level)[ahead].mean(axis=0)
    attraction = market.attraction * (level[:, None, :] * pull).mean(axis=0)
    shadow = market.attraction * level.mean(axis=0) * market.theta[market.group_of_item]
    potential = market.potential * group_level * size[:, None]
    no_purchase = market.no_purchase * group_level
    horizon_market = Market(
        market.need_groups, market.group_of_item, market.shares, market.index, market.theta,
        attraction, potential, no_purchase,
    )  # fmt: skip
    n_s, n_i = len(stores), len(items)
    store_ids, item_ids = stores.store_id.to_numpy(), items.item_id.to_numpy()

    def long(
        last: str, names: list[str] | np.ndarray, columns: dict[str, np.ndarray]
    ) -> pd.DataFrame:
        n = len(names)
        return pd.DataFrame(
            {
                "segment": np.repeat(SEGMENTS, n_s * n),
                "store_id": np.tile(np.repeat(store_ids, n), len(SEGMENTS)),
                last: np.tile(names, len(SEGMENTS) * n_s),
            }
            | {name: values.ravel().astype(np.float32) for name, values in columns.items()}
        )

    index = pd.DataFrame(market.index.T.round(4), columns=[f"index {g}" for g in SEGMENTS])
    listed_units = horizon_units * current
    group_units = market.by_group(listed_units)[:, market.group_of_item]
    own_share = (listed_units / group_units.clip(1e-9)).sum(axis=0) / current.sum(axis=0).clip(1)
    return {
        "segment_shares.csv": pd.DataFrame(
            {
                "store_id": np.repeat(store_ids, len(SEGMENTS)),
                "segment": np.tile(SEGMENTS, n_s),
                "share": market.shares.ravel().round(6),
            }
        ),
        "need_groups.csv": measured_recapture(
            horizon_market, current.astype(float), attraction, shadow
        ),
        "items.csv": pd.DataFrame(
            {
                "item_id": item_ids,
                "elasticity": hidden.elasticity,
                "effect_of_20_pct_discount": (0.8**hidden.elasticity).round(3),
                "mean_share_of_need_group": own_share.round(4),
                "week_cv": hidden.week_cv.round(3),
                "horizon_level": level.mean(axis=0).round(4),
            }
        ).join(index),
        "demand.parquet": pd.DataFrame(
            {
                "store_id": np.repeat(store_ids, n_i),
                "item_id": np.tile(item_ids, n_s),
                "demand_units_week": horizon_units.ravel().round(4),
                "in_current_range": current.ravel(),
                "can_be_bought": can_be_bought(stores, items).ravel(),
            }
        ),
        "attractions.parquet": long(
            "item_id", item_ids, {"attraction": attraction, "shadow_attraction": shadow}
        ),
        "potentials.parquet": long(
            "need_group",
            market.need_groups,
            {"potential_units_week": potential, "no_purchase_attraction": no_purchase},
        ),
    }


def simulate(seed: int) -> tuple[dict[str, pd.DataFrame], dict[str, pd.DataFrame]]:
    """All tables of the chain, and the truth tables by file name."""
    stores = pd.read_csv(SOURCES / "stores.csv", dtype={"store_id": str})
    items, hidden = build_items(seed, stores)
    market = build_market(seed, stores, items, hidden)
    fixtures = build_fixtures(stores, items)
    calendar = build_calendar(seed, stores, items, hidden)

    price = items.price.to_numpy()
    everything = can_be_bought(stores, items)
    n_stores, n_items, n_groups = len(stores), len(items), len(market.need_groups)
    usual, _ = demand(
        market,
        listed=everything.astype(float),
        in_stock=np.ones((n_stores, n_items)),
        level=np.ones(n_items),
        group_level=np.ones(n_groups),
        pull=np.ones((n_stores, n_items)),
    )
    current_range = build_current_range(
        seed, stores, items, fixtures, (usual * price).mean(axis=0), usual * price
    )
    pairs = set(zip(current_range.store_id, current_range.item_id, strict=True))
    current = np.array([[(s, i) in pairs for i in items.item_id] for s in stores.store_id])

    listed = build_listing(seed, stores, items, current)
    days_in_stock = build_stock(seed, stores, listed, calendar)
    of_listed, if_added = weekly_demand(market, hidden, calendar, listed, days_in_stock)
    horizon_units = np.where(current, of_listed, if_added)[HISTORY_WEEKS:].mean(axis=0)

    tables = {
        "sales": build_sales(
            seed, stores, items, hidden, calendar, listed, days_in_stock, of_listed
        ),
        "items": items,
        "stores": stores_table(seed, stores, items, current, horizon_units),
        "fixtures": fixtures,
        "signals": build_signals(seed, stores, market.shares),
        "segments": build_segments(seed, stores, market.shares),
        "segment_index": build_segment_index(seed, items, hidden, market),
        "promotions": planned_promotions(stores, items, calendar),
        "suppliers": pd.DataFrame({"supplier_id": sorted(items.supplier_id.unique())}),
        "current_range": current_range,
        "range_rules": range_rules_table(),
    }
    truth = truth_tables(stores, items, hidden, market, calendar, current, horizon_units)
    return tables, truth


def main() -> None:
    parser = argparse.ArgumentParser(description="Simulate the greengrocer chain.")
    parser.add_argument("--seed", type=int, default=BUNDLED_SEED)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    tables, truth = simulate(arguments.seed)
    (arguments.out / "truth").mkdir(parents=True, exist_ok=True)
    sales = tables.pop("sales")
    sales.to_parquet(arguments.out / "sales.parquet", index=False, compression="zstd")
    for name, table in tables.items():
        table.to_csv(arguments.out / f"{name}.csv", index=False, lineterminator="\n")
    for file_name, table in truth.items():
        path = arguments.out / "truth" / file_name
        if path.suffix == ".csv":
            table.to_csv(path, index=False, lineterminator="\n")
        else:
            table.to_parquet(path, index=False, compression="zstd")
    (arguments.out / "chain.toml").write_text(
        'name = "Greengrocer"\ncurrency = "USD"\nlocale = "en_US"\nhorizon_weeks = 4\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
