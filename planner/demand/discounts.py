"""What discounts do: between stores in a week, and to an item's level in a whole region.

A discount that every store of a region gives comes with more than its price (shelf space,
leaflets), so items respond to it each in their own way; where stores differ inside a region and
week, the difference is price alone and one elasticity serves the chain.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.elasticity import LARGEST, SMALLEST, Elasticity, choose
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Weight of the newest week in the recent price; about the gain of the levels' own filter.
RECENT_WEIGHT = 0.8
FEWEST_CHANGES = 30
# Discounts of up to a fifth are within what elasticities are known to hold for.
SHALLOW_LOG_PRICE = float(np.log(0.8))
SMALLEST_CHANGE = 0.02
# Variance of a level's change by itself, so that no item counts without bound.
RANDOM_CHANGE = 0.03
# Part of a first response that must be expected to last, whatever a short history says.
SMALLEST_LASTING_SHARE = 0.3


@dataclass(frozen=True)
class Discounts:
    """Response of log demand to log(1 - discount)."""

    between_stores: Elasticity
    """Of a store's discount against the mean of its region's stores in that week."""
    of_item: Floats
    """[item] of the region's mean discount, in the week in which it changes."""
    of_item_variance: Floats
    """[item]"""
    lasting_share: float
    """Share of the response to a change that is left on average over the horizon."""
    region_log_price: Floats
    """[region x item, week] mean log(1 - discount)."""
    of_others: Floats
    """[item] of log demand to the log of what discounts on the rest of its need group add to the
    group's units; at most 0."""
    group_of_item: Ints
    units_of_item: Floats
    """[item] units a week of the chain: how much each counts in its need group."""
    deepest_log_price: float
    """Log price of the deepest discount seen: what deeper ones do is not known."""

    @property
    def region_crowding(self) -> Floats:
        """[region x item, week] log of what discounts on others add to the need group."""
        return self.crowding(self.region_log_price, 1.0)

    def crowding(self, region_log_price: Floats, share: float) -> Floats:
        """Log of what discounts on an item's neighbours add to their need group's units.

        region_log_price: [region x item, ...]; share: of the first response that counts.
        """
        items = len(self.of_item)
        price = region_log_price.reshape(-1, items, region_log_price[0].size)
        added = self.units_of_item[:, None] * np.expm1(share * self.of_item[:, None] * price)
        groups = int(self.group_of_item.max()) + 1
        member = np.zeros((groups, items))
        member[self.group_of_item, np.arange(items)] = 1.0
        total = (member @ self.units_of_item)[self.group_of_item]
        others = (member @ added)[:, self.group_of_item] - added
        share_added = others / np.maximum(total, 1e-12)[:, None]
        return np.asarray(np.log1p(share_added).reshape(region_log_price.shape))

    @property
    def recent_log_price(self) -> Floats:
        """[region x item] mean of the last weeks, the newest most."""
        return recent(self.region_log_price)

    def assumption(self, rows: int) -> Assumption:
        """The sentence for the *Assumptions* sheet; ``rows``: weeks with a discount."""
        found = self.between_stores.assumption(rows)
        if self.between_stores.source == "default":
            return found
        low, middle, high = np.quantile(self.of_item, (0.1, 0.5, 0.9))
        text = (
            f"{found.text}; to a discount of the whole region items respond by {middle:.1f} "
            f"(eight of ten between {low:.1f} and {high:.1f}), of which {self.lasting_share:.0%} "
            "lasts over the horizon; when discounts on others double a need group's units, an "
            f"item keeps {2.0 ** float(np.median(self.of_others)):.0%} of its own"
        )
        return replace(found, text=text)

    def effect(
        self, item: Ints, log_price: Floats, region_log_price: Floats, crowding: Floats
    ) -> Floats:
        """Log effect of rows of history, given their region's mean and crowding in that week."""
        own = self.between_stores.value * (log_price - region_log_price)
        others = self.of_others[item] * crowding
        return np.asarray(own + self.of_item[item] * region_log_price + others)

    def carried(self, region_item: Ints, item: Ints) -> Floats:
        """Log effect on later full-price weeks of the discounts there were: what a level that
        was reached with discounts keeps when they end."""
        recent_price = self.recent_log_price[region_item]
        return np.asarray((1.0 - self.lasting_share) * self.of_item[item] * recent_price)

    def ahead(
        self, item: Ints, log_price: Floats, region_log_price: Floats, crowding: Floats
    ) -> Floats:
        """Log effect of later discounts, given their region's mean and crowding in that week."""
        own = self.between_stores.value * (log_price - region_log_price)
        lasting = self.lasting_share * self.of_item[item] * region_log_price
        return np.asarray(own + lasting + self.of_others[item] * crowding)


def no_discounts(
    history: History, region_week: Ints, series: int, group_of_item: Ints, units_of_item: Floats
) -> Discounts:
    """Where fitting starts; region_week: [row] cell in a flattened [series, week] table."""
    nothing = choose(None, None)
    return Discounts(
        between_stores=nothing,
        of_item=np.full(history.items, nothing.value),
        of_item_variance=np.zeros(history.items),
        lasting_share=1.0,
        region_log_price=region_log_price(history, region_week, series),
        of_others=np.zeros(history.items),
        group_of_item=group_of_item,
        units_of_item=units_of_item / history.weeks,
        deepest_log_price=min(float(history.log_price.min(initial=0.0)), SHALLOW_LOG_PRICE),
    )


def region_log_price(history: History, region_week: Ints, series: int) -> Floats:
    """[series = region x item, week] mean of log(1 - discount), weighted by days in stock."""
    cells = series * history.weeks
    days = sums(region_week, history.exposure, cells)
    total = sums(region_week, history.exposure * history.log_price, cells)
    return (total / np.where(days > 0, days, 1.0)).reshape(series, history.weeks)


def recent(log_price: Floats) -> Floats:
    """[series] exponentially weighted mean over [series, week]."""
    age = np.arange(log_price.shape[1])[::-1]
    weight = RECENT_WEIGHT * (1.0 - RECENT_WEIGHT) ** age
    weight[0] /= RECENT_WEIGHT
    return np.asarray(log_price @ weight)


def lasting_share(
    log_level: Floats,
    noise: Floats,
    log_price: Floats,
    response: Floats,
    pairs: Floats,
    horizon: int,
) -> float:
    """What is left of the response to a discount's change, on average over the horizon.

    log_level, log_price: [item, week], the level with all discounts in it; noise: its variance,
    inf where not observed; response: [item, week] elasticity in the week of a change, as known
    in that week; pairs: [item] stores that sell it, which is what it counts for. The slope of the
    levels' changes over ``horizon`` weeks on what the discounts' changes should have done; pulled
    to 1 by its error (clustered by item), held in [0.3, 1]. Discounts wear out, shoppers stock up
    (Blattberg, Briesch & Fox 1995, *Marketing Science* 14).
    """
    items, weeks = log_level.shape
    square, product, changes = np.zeros(items), np.zeros(items), 0
    for origin in range(1, weeks - horizon):
        past, later = slice(None, origin + 1), slice(origin + 1, origin + 1 + horizon)
        both = noise[:, later].mean(axis=1) / horizon + noise[:, origin]
        weight = np.where(np.isfinite(both), pairs / (RANDOM_CHANGE + both), 0.0)
        price = log_price[:, later].mean(axis=1) - recent(log_price[:, past])
        level = log_level[:, later].mean(axis=1) - recent(log_level[:, past])
        expected = response[:, origin] * price
        square += weight * expected**2
        product += weight * expected * np.where(weight > 0, level, 0.0)
        changes += int((np.abs(price[weight > 0]) > SMALLEST_CHANGE).sum())
    total = float(square.sum())
    if changes < FEWEST_CHANGES or total <= 0:
        return 1.0
    lost = 1.0 - float(product.sum()) / total
    error = float(((product - (1.0 - lost) * square) ** 2).sum()) / total**2
    lost *= max(1.0 - error / max(lost**2, 1e-12), 0.0)
    return float(np.clip(1.0 - lost, SMALLEST_LASTING_SHARE, 1.0))


def held(elasticity: Floats) -> Floats:
    """Elasticities kept between -6 and 0."""
    return np.clip(elasticity, SMALLEST, LARGEST)
