"""Fifty-two weeks of sales, and the true demand of the four weeks after them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from catalogue import generator
from market import Market, demand
from shelving import can_be_bought

HISTORY_WEEKS, HORIZON_WEEKS = 52, 4
WEEKS = HISTORY_WEEKS + HORIZON_WEEKS
FIRST_WEEK = pd.Timestamp("2025-10-27")
BASKET_LB = 1.5
SEASON = {
    # need group: (calendar week of the peak, amplitude of the log level); others have none
    "Berries": (23, 0.40), "Stone fruit": (29, 0.90), "Melons": (28, 0.60), "Grapes": (34, 0.30),
    "Apples": (42, 0.20), "Pears": (42, 0.25), "Easy peelers": (2, 0.50),
    "Oranges and grapefruit": (5, 0.35), "Lemons and limes": (24, 0.12),
    "Pineapples and exotic fruit": (48, 0.20), "Mangoes and papayas": (24, 0.30),
    "Cut fruit": (27, 0.25), "Corn and beans": (29, 0.35), "Winter squash": (44, 0.60),
    "Sweet potatoes and tropical roots": (47, 0.25), "Potatoes": (49, 0.10),
    "Large tomatoes": (30, 0.20), "Small tomatoes": (29, 0.20), "Cucumbers": (28, 0.20),
    "Summer squash and eggplant": (29, 0.15), "Salad kits": (26, 0.12),
    "Bagged greens": (25, 0.10), "Cooking greens": (2, 0.20), "Cabbage": (4, 0.20),
    "Roots for soups and stews": (3, 0.25), "Celery, asparagus and artichokes": (14, 0.20),
    "Avocados": (22, 0.12), "Broccoli and cauliflower": (3, 0.10),
}  # fmt: skip


@dataclass(frozen=True)
class Calendar:
    """Arrays over [week, ...], the history first and the horizon last."""

    first_days: pd.DatetimeIndex
    level: np.ndarray
    """[week, item]: season times a slowly moving level of its own; averages about 1."""
    chain_level: np.ndarray
    """[week]."""
    store_level: np.ndarray
    """[week, store]."""
    discount: np.ndarray
    """[week, store, item]: share off the price averaged over the week."""
    promo_days: np.ndarray
    """[week, store, item]."""


def build_calendar(
    seed: int, stores: pd.DataFrame, items: pd.DataFrame, hidden: pd.DataFrame
) -> Calendar:
    """Seasons, slow levels and promotions of all 56 weeks."""
    rng = generator(seed, "calendar")
    days = pd.date_range(FIRST_WEEK, periods=WEEKS, freq="7D")
    year_week = days.isocalendar().week.to_numpy().astype(float)
    peak, amplitude = np.array([SEASON.get(g, (26, 0.0)) for g in items.need_group]).T
    peak = peak + rng.normal(0, 1.5, len(items))
    season = np.exp(amplitude * np.cos(2 * np.pi * (year_week[:, None] - peak) / 52))
    season = season / season[:HISTORY_WEEKS].mean(axis=0)
    slow = np.zeros((WEEKS, len(items)))
    slow[0] = rng.normal(0, 0.10, len(items))
    for week in range(1, WEEKS):
        slow[week] = 0.9 * slow[week - 1] + rng.normal(0, 0.10 * np.sqrt(1 - 0.81), len(items))
    trend = rng.normal(0, 0.04, len(stores))
    along = np.linspace(-0.5, 0.5, WEEKS)[:, None]
    discount, promo_days = build_promotions(seed, stores, hidden)
    return Calendar(
        first_days=days,
        level=season * np.exp(slow),
        chain_level=np.exp(rng.normal(0, 0.02, WEEKS)),
        store_level=np.exp(along * trend + rng.normal(0, 0.02, (WEEKS, len(stores)))),
        discount=discount,
        promo_days=promo_days,
    )


def build_promotions(
    seed: int, stores: pd.DataFrame, hidden: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Discounts and promotion days, [week, store, item].

    An item is promoted in so many weeks that, with its own response, promotions make up
    Complete Journey's share of its sales. Depth is about its median third, kept to 10-40 %.
    """
    rng = generator(seed, "promotions")
    n_items = len(hidden)
    share = hidden.promo_share_of_sales.clip(0.02, 0.5).to_numpy()
    lift = 0.75 ** hidden.elasticity.to_numpy()
    chance = share / (lift * (1 - share) + share)
    on = rng.random((WEEKS, n_items)) < chance
    depth = np.clip(np.exp(rng.normal(np.log(0.27), 0.35, on.shape)), 0.10, 0.40).round(2)
    days = rng.choice([7, 4, 3], p=[0.6, 0.25, 0.15], size=on.shape)
    cities = sorted(stores.city.unique())
    only = rng.choice([*cities, ""], p=[0.08] * 3 + [0.76], size=on.shape)
    where = (only[:, None, :] == "") | (only[:, None, :] == stores.city.to_numpy()[:, None])
    promo_days = np.where(on[:, None, :] & where, days[:, None, :], 0)
    return (depth[:, None, :] * promo_days / 7).round(4), promo_days


def build_listing(
    seed: int, stores: pd.DataFrame, items: pd.DataFrame, current: np.ndarray
) -> np.ndarray:
    """[week, store, item]: the current range at the end, a few changes on the way there."""
    rng = generator(seed, "listing")
    local = (items.core != "yes").to_numpy()
    listed = np.repeat(current[None], WEEKS, axis=0)
    week = np.arange(WEEKS)[:, None, None]
    added = current & local & (rng.random(current.shape) < 0.12)
    started = np.where(added, rng.integers(5, 46, current.shape), 0)
    tried = ~current & local & can_be_bought(stores, items) & (rng.random(current.shape) < 0.12)
    stopped = np.where(tried, rng.integers(6, 46, current.shape), 0)
    return (listed & (week >= started)) | (tried[None] & (week < stopped))


def build_stock(
    seed: int, stores: pd.DataFrame, listed: np.ndarray, calendar: Calendar
) -> np.ndarray:
    """Days in stock, [week, store, item]: short gaps, more on promotion, and weeks without."""
    rng = generator(seed, "stock")
    shape = listed.shape
    chance = np.where(calendar.promo_days > 0, 0.16, 0.08)
    gap_days = np.where(rng.random(shape) < chance, rng.choice([1, 2, 3, 4], shape), 0)
    days = 7 - gap_days
    days[rng.random(shape) < 0.003] = 0
    city = pd.factorize(stores.city)[0]
    failed = rng.random((shape[0], city.max() + 1, shape[2])) < 0.002
    failed[1:] |= failed[:-1] & (rng.random(failed[1:].shape) < 0.5)
    days[failed[:, city, :]] = 0
    days[HISTORY_WEEKS:] = 7
    return days


def weekly_demand(
    market: Market,
    hidden: pd.DataFrame,
    calendar: Calendar,
    listed: np.ndarray,
    days_in_stock: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean demand a full week would bring, [week, store, item]: listed, and if it were added."""
    pulls = (1 - calendar.discount) ** hidden.elasticity.to_numpy()
    weight = hidden.base_units_week.to_numpy()
    of_listed, if_added = np.zeros(listed.shape), np.zeros(listed.shape)
    for week in range(WEEKS):
        level = calendar.level[week]
        of_listed[week], if_added[week] = demand(
            market,
            listed[week].astype(float),
            days_in_stock[week] / 7,
            level,
            market.by_group(weight * level) / market.by_group(weight),
            pulls[week],
        )
    size = (calendar.chain_level[:, None] * calendar.store_level)[:, :, None]
    return of_listed * size, if_added * size


def build_sales(
    seed: int,
    stores: pd.DataFrame,
    items: pd.DataFrame,
    hidden: pd.DataFrame,
    calendar: Calendar,
    listed: np.ndarray,
    days_in_stock: np.ndarray,
    mean_units: np.ndarray,
) -> pd.DataFrame:
    """The sales table: gamma-Poisson purchases, weighed items in lb, returns and waste."""
    rng = generator(seed, "sales")
    week, store, item = np.nonzero(listed[:HISTORY_WEEKS])
    days = days_in_stock[week, store, item]
    mean = mean_units[week, store, item] * days / 7
    weighed = (items.unit == "lb").to_numpy()[item]
    basket = np.where(weighed, BASKET_LB, 1.0)
    spread = hidden.week_cv.to_numpy()[item] ** 2
    purchases = rng.poisson(mean / basket * rng.gamma(1 / spread, spread))
    scatter = 1 + 0.3 * rng.normal(size=len(mean)) / np.sqrt(np.maximum(purchases, 1))
    units = np.where(weighed, purchases * basket * scatter.clip(0.4, 1.8), purchases)
    returned = rng.random(len(units)) < 0.02
    back = np.where(weighed, rng.uniform(0.6, 2.0, len(units)), rng.integers(1, 4, len(units)))
    units = np.where(returned & (days > 0), units - back, units).round(2)
    loss = items.store_loss_share.to_numpy()[item]
    wasted = np.maximum(units, 0) * loss / (1 - loss) * rng.gamma(4, 0.25, len(units))
    discount = calendar.discount[week, store, item]
    sales = pd.DataFrame(
        {
            "store_id": stores.store_id.to_numpy()[store],
            "item_id": items.item_id.to_numpy()[item],
            "week": calendar.first_days[week].date,
            "units": units,
            "revenue": (units * items.price.to_numpy()[item] * (1 - discount)).round(2),
            "days_in_stock": days,
            "promo_days": calendar.promo_days[week, store, item],
            "discount": discount,
            "waste_units": np.where(weighed, wasted.round(1), wasted.round()),
        }
    )
    return sales.sort_values(["store_id", "item_id", "week"]).reset_index(drop=True)


def planned_promotions(
    stores: pd.DataFrame, items: pd.DataFrame, calendar: Calendar
) -> pd.DataFrame:
    """Promotions of the horizon: one row for the chain, or one a store where not all have it."""
    rows = []
    for week in range(HISTORY_WEEKS, WEEKS):
        for item in np.flatnonzero(calendar.promo_days[week].any(axis=0)):
            on = np.flatnonzero(calendar.promo_days[week, :, item])
            rows += [
                {
                    "store_id": "" if len(on) == len(stores) else stores.store_id[store],
                    "item_id": items.item_id[item],
                    "week": calendar.first_days[week].date(),
                    "discount": calendar.discount[week, store, item],
                    "promo_days": calendar.promo_days[week, store, item],
                }
                for store in (on[:1] if len(on) == len(stores) else on)
            ]
    return pd.DataFrame(rows)
