"""Who shops where and how they choose: segments, attractions, choice inside need groups.

An item of need group n draws, in segment g of store s,

    N_gsn v_gsi / (v0_gn + sum over missing w_gsj + sum over listed v_gsj),   w = theta_n v

(the general attraction model of Gallego, Ratliff and Shebalov, 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from catalogue import SEGMENTS, SOURCES, generator, liking, store_size

MEAN_SHARE = np.array([0.30, 0.12, 0.18, 0.14, 0.16, 0.10])
CITY_LEAN = {
    "Port Ellery": np.array([-0.1, 0.0, -0.2, 0.5, 0.0, 0.4]),
    "Brandt City": np.array([0.1, 0.3, -0.2, 0.1, 0.2, 0.0]),
    "Mesa Alta": np.array([0.2, -0.2, 0.8, -0.6, 0.0, -0.4]),
}
NEIGHBOUR_KM = 2.5
NEIGHBOUR_SD = 0.55
TYPICAL_PRESENCE = 0.6
"""Share of the stores that list a local item, where potentials are scaled."""


@dataclass(frozen=True)
class Market:
    """Arrays over [segment, store, item] or [segment, store, need group]."""

    need_groups: list[str]
    group_of_item: np.ndarray
    shares: np.ndarray
    """[store, segment]."""
    index: np.ndarray
    """[segment, item], 1 = the average customer of the chain."""
    theta: np.ndarray
    """[need group] shadow attraction over attraction."""
    attraction: np.ndarray
    potential: np.ndarray
    no_purchase: np.ndarray

    def by_group(self, values: np.ndarray) -> np.ndarray:
        """Sums over the items of each need group, along the last axis."""
        members = np.zeros((len(self.group_of_item), len(self.need_groups)))
        members[np.arange(len(self.group_of_item)), self.group_of_item] = 1.0
        return values @ members


def segment_shares(seed: int, stores: pd.DataFrame) -> np.ndarray:
    """Shares of the customers, [store, segment]; neighbouring stores are alike."""
    rng = generator(seed, "segments")
    north_km = stores.latitude.to_numpy() * 111.0
    east_km = stores.longitude.to_numpy() * 89.0
    apart = np.hypot(north_km[:, None] - north_km, east_km[:, None] - east_km)
    cover = NEIGHBOUR_SD**2 * np.exp(-0.5 * (apart / NEIGHBOUR_KM) ** 2)
    root = np.linalg.cholesky(cover + 0.03 * np.eye(len(stores)))
    field = root @ rng.normal(size=(len(stores), len(SEGMENTS)))
    lean = np.array([CITY_LEAN[city] for city in stores.city])
    weight = MEAN_SHARE * np.exp(lean + field)
    return weight / weight.sum(axis=1, keepdims=True)


def build_market(
    seed: int, stores: pd.DataFrame, items: pd.DataFrame, hidden: pd.DataFrame
) -> Market:
    """The whole choice model at an average week without promotions."""
    rng = generator(seed, "market")
    shares = segment_shares(seed, stores)
    groups = sorted(items.need_group.unique())
    group_of_item = items.need_group.map({g: k for k, g in enumerate(groups)}).to_numpy()
    size = store_size(stores).to_numpy()

    likes = liking(pd.read_csv(SOURCES / "catalogue.csv"))
    likes = likes * np.exp(rng.normal(0, 0.1, (len(SEGMENTS), len(groups))))[:, group_of_item]
    chain_share = size @ shares / size.sum()
    index = likes / (chain_share @ likes)

    city = pd.factorize(stores.city)[0]
    taste = np.exp(
        rng.normal(0, 0.20, (len(stores), len(items)))
        + rng.normal(0, 0.10, (city.max() + 1, len(items)))[city]
    )
    theta = rng.uniform(0.05, 0.75, len(groups)).round(2)
    outside = rng.uniform(0.2, 0.5, len(groups))
    average = index * hidden.base_units_week.to_numpy()
    presence = np.where(items.core == "yes", 1.0, TYPICAL_PRESENCE)
    market = Market(
        groups, group_of_item, shares, index, theta,
        average[:, None, :] * taste, np.empty(0), np.empty(0),
    )  # fmt: skip
    v0 = outside * market.by_group(average * presence)
    in_group = theta[group_of_item]
    denominator = v0 + market.by_group(average * (presence + (1 - presence) * in_group))
    customers = (shares * size[:, None]).T
    return Market(
        groups, group_of_item, shares, index, theta,
        attraction=market.attraction,
        potential=customers[:, :, None] * denominator[:, None, :],
        no_purchase=np.broadcast_to(v0[:, None, :], (len(SEGMENTS), len(stores), len(groups))),
    )  # fmt: skip


def demand(
    market: Market,
    listed: np.ndarray,
    in_stock: np.ndarray,
    level: np.ndarray,
    group_level: np.ndarray,
    pull: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Weekly demand of one week, [store, item]: of what is listed, and if it were added.

    ``in_stock`` is the share of the week; for the rest of it the item counts as missing.
    ``level`` [item] and ``group_level`` [need group] carry season and trend, ``pull``
    [store, item] the promotions. Both results are rates over the time in stock.
    """
    member = market.group_of_item
    of_listed = np.zeros(listed.shape)
    if_added = np.zeros(listed.shape)
    theta = market.theta[member]
    for g in range(market.attraction.shape[0]):
        plain = market.attraction[g] * level
        v, w = plain * pull, plain * theta
        here = listed * (in_stock * v + (1 - in_stock) * w) + (1 - listed) * w
        total = (market.no_purchase[g] * group_level + market.by_group(here))[:, member]
        buyers = (market.potential[g] * group_level)[:, member]
        of_listed += buyers * v / total
        if_added += buyers * v / (total - w + v)
    return of_listed, if_added


def measured_recapture(
    market: Market, listed: np.ndarray, attraction: np.ndarray, shadow: np.ndarray
) -> pd.DataFrame:
    """Take one listed item away at a time: the share of its units that moves to the others."""
    member = market.group_of_item
    lost = np.zeros(listed.shape)
    moved = np.zeros(listed.shape)
    for g in range(attraction.shape[0]):
        v, w = attraction[g], shadow[g]
        on_shelf = market.by_group(listed * v)[:, member]
        total = market.no_purchase[g][:, member] + on_shelf
        total = total + market.by_group((1 - listed) * w)[:, member]
        buyers = market.potential[g][:, member]
        lost += listed * buyers * v / total
        moved += listed * buyers * (on_shelf - v) * (1 / (total - v + w) - 1 / total)
    units = market.by_group(lost).sum(axis=0)
    # Left empty where no store lists anything of the group.
    share = market.by_group(moved).sum(axis=0) / np.where(units > 0, units, np.nan)
    return pd.DataFrame(
        {
            "need_group": market.need_groups,
            "theta": market.theta,
            "recapture_share": share.round(4),
            "items": np.bincount(member, minlength=len(market.need_groups)),
        }
    )
