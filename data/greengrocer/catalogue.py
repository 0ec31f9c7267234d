"""The items: names by hand, prices, loss and shelf life from the public tables in sources/."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

SOURCES = Path(__file__).parent / "sources"
TYPICAL_SALES_WEEK = 20_000.0
"""Produce sales of a store of size 1 that listed everything its shoppers want, money a week."""
CAUGHT_SHARE = 0.85
"""Part of those sales that a store's range catches."""
INFLATION_2017_2022 = 1.25
"""Complete Journey prices are of 2017, the others of 2022: assumed."""
KG_PER_LB = 0.45359237
LOSS_CAP = 0.25
"""The USDA figures of some greens and of papaya (38 to 64 %) would leave no margin at all."""
SEGMENTS = ("families", "students", "latin kitchens", "asian kitchens", "older couples", "organic")
SEGMENT_CODES = dict(zip(("fam", "stu", "lat", "asi", "old", "org"), SEGMENTS, strict=True))
WIDEST_FACING_ROW_CM = {"bin": 120, "multideck": 90, "table": 150, "wet rack": 90}
"""The narrowest shelf of each fixture type: an item at its most facings must fit on one shelf."""
NICE = np.array([1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 20, 24, 30, 36, 40, 48, 60, 80, 100])


def generator(seed: int, stream: str) -> np.random.Generator:
    """A stream of its own for each part, so that a change in one leaves the others alone."""
    return np.random.default_rng([seed, *stream.encode()])


def nice_at_most(value: pd.Series) -> np.ndarray:
    """The largest round number that is not above the value, at least 1."""
    return NICE[np.maximum(np.searchsorted(NICE, value.to_numpy(), side="right") - 1, 0)]


def prices(catalogue: pd.DataFrame, types: pd.DataFrame) -> pd.Series:
    """Price by the catalogue's rule: USDA price per lb x weight, Complete Journey, or assumed."""
    per_lb = pd.read_csv(SOURCES / "usda_ers_fresh_prices_2022.csv").set_index("item")
    rule = catalogue.price_rule.str.partition("*")
    factor = pd.to_numeric(rule[2], errors="coerce").fillna(1.0)
    usda = catalogue.price_food.map(per_lb.retail_price_usd_per_lb) * catalogue.weight_lb
    journey = catalogue.sales_type.map(types.avg_price) * INFLATION_2017_2022
    assumed = pd.to_numeric(rule[0], errors="coerce")
    raw = factor * usda.where(rule[0] == "ers", journey.where(rule[0] == "cj", assumed))
    # Shelf prices end in 9 cents.
    return ((raw * 10).round().clip(lower=3) / 10 - 0.01).round(2)


def shelf_life_days(catalogue: pd.DataFrame) -> pd.Series:
    """Midpoint of FoodKeeper's home storage range, the longer of pantry and refrigerator."""
    keeper = pd.read_csv(SOURCES / "usda_foodkeeper_produce.csv").set_index("foodkeeper_id")
    pantry = keeper[["pantry_days_min", "pantry_days_max"]].mean(axis=1)
    fridge = keeper[["fridge_days_min", "fridge_days_max"]].mean(axis=1)
    days = pd.concat([pantry, fridge], axis=1).max(axis=1).clip(2, 45).round(1)
    return catalogue.foodkeeper_id.map(days)


def mix(catalogue: pd.DataFrame, types: pd.DataFrame) -> pd.Series:
    """Share of produce sales: Complete Journey's share of the type, or assumed; sums to 1."""
    journey = types.revenue[types.fresh] / types.revenue[types.fresh].sum()
    share = catalogue.sales_type.map(journey) * catalogue.share_of_type
    share = share.where(catalogue.share_of_sales_pct.isna(), catalogue.share_of_sales_pct / 100)
    return share / share.sum()


def store_size(stores: pd.DataFrame) -> pd.Series:
    """Size of each store: its customers' potential over that of the typical store."""
    return stores.sales_week / (CAUGHT_SHARE * TYPICAL_SALES_WEEK)


def liking(catalogue: pd.DataFrame) -> np.ndarray:
    """How much more each segment likes each item, [segment, item], before it is normalised."""
    likes = np.ones((len(SEGMENTS), len(catalogue)))
    for column, text in enumerate(catalogue.liked_by.fillna("")):
        for word in text.split():
            code, _, factor = word.partition(":")
            likes[SEGMENTS.index(SEGMENT_CODES[code]), column] = float(factor)
    return likes


def build_items(seed: int, stores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The items table and, in the same order, what only the simulation knows of each item.

    The second frame has base_units_week (units a week in a store of size 1 where it is listed),
    elasticity, promo_share_of_sales and week_cv.
    """
    rng = generator(seed, "items")
    catalogue = pd.read_csv(SOURCES / "catalogue.csv", dtype={"item_id": str})
    types = pd.read_csv(SOURCES / "completejourney_product_types.csv")
    types = types.drop_duplicates("product_type").set_index("product_type")
    price = prices(catalogue, types)
    loss_table = pd.read_csv(SOURCES / "usda_store_shrink_2005_06.csv").set_index("item")
    loss = (catalogue.loss_food.map(loss_table.retail_loss_pct) / 100).clip(upper=LOSS_CAP)
    cost_share = (0.72 - 0.6 * loss + rng.normal(0, 0.015, len(price))).clip(0.55, 0.72)
    life = shelf_life_days(catalogue)
    base_units = mix(catalogue, types) * TYPICAL_SALES_WEEK / price
    week_cv = pd.Series(rng.uniform(0.12, 0.28, len(price)))
    # Baskets hold about 1.5 units, so a cycle's counts are that much coarser than single units.
    cycle_units = base_units / 4
    cycle_cv = np.sqrt(1.5 / cycle_units + week_cv**2)

    width = catalogue.facing_width_cm
    widest = catalogue.fixture_type.map(WIDEST_FACING_ROW_CM)
    max_facings = np.minimum(6, widest // width)
    busiest = (store_size(stores) / stores.deliveries_week).max()
    usual_facings = np.minimum(max_facings, catalogue.min_facings + 1)
    fills = np.ceil(1.9 * base_units * busiest / (usual_facings * catalogue.units_per_facing))

    items = pd.DataFrame(
        {
            "item_id": catalogue.item_id,
            "item_name": catalogue.item_name,
            "category": catalogue.category,
            "need_group": catalogue.need_group,
            "price": price,
            "unit_cost": (price * cost_share).round(2),
            "unit": catalogue.unit,
            "unit_weight_kg": (catalogue.weight_lb * KG_PER_LB).round(3),
            "facing_width_cm": width,
            "units_per_facing": catalogue.units_per_facing,
            "min_units_per_facing": np.minimum(
                nice_at_most(0.15 * cycle_units), catalogue.units_per_facing // 5
            ),
            "min_facings": catalogue.min_facings,
            "max_facings": max_facings,
            "case_units": nice_at_most(0.4 * cycle_units),
            "shelf_fills_per_cycle": fills.clip(1, 3).astype(int),
            "shelf_life_days": life,
            "store_loss_share": loss.round(3),
            "listing_cost_week": ((0.4 + 4 / life).clip(0.5, 2.5) * 4).round() / 4,
            "facing_cost_week": (0.05 + 0.5 / life).clip(0.05, 0.3).round(2),
            "demand_cv": (cycle_cv.clip(0.25, 0.9) * 20).round() / 20,
            "fixture_type": catalogue.fixture_type,
            "core": catalogue.core,
            "supplier_id": catalogue.supplier_id,
            "regions": catalogue.regions.fillna(""),
            "organic": catalogue.organic,
            "origin": catalogue.origin,
            "colour": catalogue.colour,
        }
    )
    hidden = pd.DataFrame(
        {
            "base_units_week": base_units,
            "elasticity": -rng.uniform(1.5, 3.0, len(price)).round(2),
            "promo_share_of_sales": catalogue.sales_type.map(types.promo_share).fillna(0.1),
            "week_cv": week_cv,
        }
    )
    return items, hidden
