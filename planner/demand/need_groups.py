"""Need groups proposed from the data: items that shoppers accept for one another."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from planner.demand.alike import Category, categories, resamples, words_of
from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DRAWS = 40
COMMON_WORD = 0.6
"""A word names a group if this share of its items has it."""
LARGEST_LOG_ODDS = 30.0
NAMED = 0.5
"""Mean log odds from names above which the name is said to speak for a group."""


def propose_need_groups(
    history: History,
    grouping: Grouping,
    rates: Rates,
    item_names: list[str],
    *,
    draws: int = DRAWS,
    seed: int = 1,
) -> pd.DataFrame:
    """A row for each item, in order: need_group, stays_share, why, nearest_other_group.

    Inside each category items are joined by average linkage on the probability of not being
    accepted for one another; of all cuts of the tree the one with the largest sum of log odds
    over the pairs inside groups is taken (correlation clustering; Bansal, Blum & Chawla 2004),
    from one group to one for each item. A category about which neither sales nor names say
    anything stays one group. ``stays_share``: share of ``draws`` resamples of stores and weeks
    in which the item is still with most of its group.
    """
    found = categories(history, grouping, rates, item_names)
    group = np.zeros(history.items, dtype=np.int64)
    stays = np.ones(history.items)
    why = np.full(history.items, "", dtype=object)
    nearest = np.full(history.items, -1, dtype=np.int64)
    first = 0
    of_stores = list(resamples(history.stores, draws, seed))
    of_weeks = list(resamples(history.weeks, draws, seed + 1))
    for category in found:
        items = category.items
        if not category.heard:
            label = np.zeros(len(items), dtype=np.int64)
            why[items] = "nothing is known: the whole category" if len(items) > 1 else "alone"
        else:
            odds = category.log_odds(category.sales())
            label = joined(odds)
            again = [
                joined(category.log_odds(category.sales(s, w)))
                for s, w in zip(of_stores, of_weeks, strict=True)
            ]
            if again:
                stays[items] = np.mean([_stays(label, other) for other in again], axis=0)
            why[items] = _why(category, label)
            near = _nearest(odds, label)
            nearest[items] = np.where(near >= 0, near + first, -1)
        group[items] = label + first
        first += int(label.max()) + 1
    names = _names(group, item_names, sums(history.item, history.units, history.items))
    return pd.DataFrame(
        {
            "need_group": np.asarray(names, dtype=object)[group],
            "stays_share": stays,
            "why": why,
            "nearest_other_group": [names[k] if k >= 0 else "" for k in nearest],
        }
    )


def joined(log_odds: Floats) -> Ints:
    """Group of each item, numbered from 0, at the best cut of the tree of average linkage."""
    count = len(log_odds)
    if count == 1:
        return np.zeros(1, dtype=np.int64)
    held = np.clip((log_odds + log_odds.T) / 2, -LARGEST_LOG_ODDS, LARGEST_LOG_ODDS)
    np.fill_diagonal(held, 0.0)
    apart = 1.0 / (1.0 + np.exp(held))
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), "average")
    best, chosen = 0.0, np.arange(count, dtype=np.int64)
    for groups in range(1, count):
        label = fcluster(tree, groups, "maxclust")
        gain = float(held[label[:, None] == label].sum())
        if gain > best + 1e-9:
            best, chosen = gain, label.astype(np.int64)
    return np.asarray(np.unique(chosen, return_inverse=True)[1], dtype=np.int64)


def _stays(label: Ints, other: Ints) -> Floats:
    """[item] 1 where most of an item's group is still with it; alone: still alone."""
    same, still = label[:, None] == label, other[:, None] == other
    mates = same.sum(axis=1) - 1
    kept = (same & still).sum(axis=1) - 1
    alone = still.sum(axis=1) == 1
    return np.asarray(np.where(mates > 0, kept * 2 > mates, alone), dtype=np.float64)


def _why(category: Category, label: Ints) -> NDArray[np.object_]:
    """What holds each item with its group: the witnesses whose mean is in favour."""
    same = label[:, None] == label
    np.fill_diagonal(same, False)
    mates = same.sum(axis=1)
    parts = (
        ("sales", category.sales()),
        ("name", category.names - NAMED),
        ("season", category.season),
    )
    told = []
    for row in range(len(label)):
        if not mates[row]:
            told.append("no other item of the category speaks for it")
            continue
        heard = [(float(odds[row][same[row]].mean()), name) for name, odds in parts]
        speak = [name for odds, name in sorted(heard, reverse=True) if odds > 0]
        told.append(", ".join(speak) or "nearer to these than to others")
    return np.asarray(told, dtype=object)


def _nearest(log_odds: Floats, label: Ints) -> Ints:
    """The other group with the largest mean log odds, -1 where there is none."""
    groups = int(label.max()) + 1
    if groups == 1:
        return np.full(len(label), -1)
    member = (label[:, None] == np.arange(groups)).astype(np.float64)
    mean = log_odds @ member / member.sum(axis=0)
    mean[np.arange(len(label)), label] = -np.inf
    return np.asarray(mean.argmax(axis=1), dtype=np.int64)


def _names(group: Ints, item_names: list[str], units: Floats) -> list[str]:
    """A name for each group: a word that most of its items have, else its largest item's name."""
    names: list[str] = []
    for number in range(int(group.max()) + 1):
        items = np.flatnonzero(group == number)
        largest = item_names[items[np.argmax(units[items])]]
        words = Counter(word for i in items for word in set(words_of(item_names[i])))
        word, count = words.most_common(1)[0] if words else ("", 0)
        tied = [w for w, c in words.items() if c == count]
        common = len(items) > 1 and count >= COMMON_WORD * len(items) and len(tied) == 1
        wanted = [word.capitalize(), largest] if common else [largest]
        free = [name for name in wanted if name not in names]
        names.append(free[0] if free else f"{largest} ({number + 1})")
    return names
