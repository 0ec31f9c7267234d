"""What speaks for two items being accepted for one another: log odds for pairs of a category.

Three witnesses, added up as if they did not know of each other (an assumption):

* sales: when one is missing (out of stock, delisted, not there yet) the other sells more, when one
  is discounted the other sells less. Natural experiments as in Anupindi, Dada & Gupta (1998,
  *Marketing Science* 17); here only *whether*, for every pair of items, as a Bayes factor;
* names: words in common, weighted by how rare they are (Sparck Jones 1972);
* season: levels that rise and fall together over the year.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.demand.clean import History, sums
from planner.demand.factors import Grouping
from planner.demand.rates import Rates

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TAKEN_SHARES = (0.05, 0.1, 0.2, 0.4)
"""Shares of a missing item's units that two of equal size may take from one another; all as
likely before the sales are seen."""
BASE_LOG_ODDS = -0.75
NAME_WEIGHT = 2.0
SEASON_WEIGHT, SEASON_USUAL = 2.0, 0.3
"""Assumptions: what equal names and equal seasons add to the log odds, and the correlation that
items of a category have anyway."""
SEASON_NOISE = 0.1
"""Standard deviation of a log level over the year that half tells a season."""
FEWEST_WEEKS_FOR_SEASON = 40
NEAR_WEEKS = 2
"""A week's level is set against the mean of this many weeks on either side."""
SAYS_SOMETHING = 0.5
"""Log odds; below, a witness has not been heard."""
RARE = 0.3
"""Weight of a word that only one name has: it tells apart, but joins nothing."""
EVERYWHERE = 0.5
"""A word in more than this share of all names tells nothing."""
SIZES = "oz lb kg ct pk bag bags pack packed bunch each piece pieces small large medium mini baby"
NOT_A_KIND = frozenset(f"{SIZES} of on and the with per organic bio".split())


@dataclass(frozen=True)
class Missing:
    """Regression of what one item sold beyond its mean on the units that another one missed.

    ``score`` and ``information`` [block, item, item] of the share taken, for two items as one:
    both are symmetric. Blocks are stores or weeks, and add up.
    """

    score: Floats
    information: Floats


@dataclass(frozen=True)
class Category:
    """The witnesses for the pairs of items of one category."""

    items: Ints
    """Rows of the items table."""
    by_store: Missing
    by_week: Missing
    names: Floats
    """[item, item] log odds from the names."""
    season: Floats
    """[item, item] log odds from the seasons."""

    def sales(self, of_stores: Floats | None = None, of_weeks: Floats | None = None) -> Floats:
        """[item, item] log Bayes factor of the sales, stores and weeks counted so often each."""
        score = np.zeros((len(self.items),) * 2)
        information = np.zeros_like(score)
        for witness, times in ((self.by_store, of_stores), (self.by_week, of_weeks)):
            if times is None:
                score += witness.score.sum(axis=0)
                information += witness.information.sum(axis=0)
            else:
                score += np.tensordot(times, witness.score, axes=1)
                information += np.tensordot(times, witness.information, axes=1)
        return bayes_factor(score, information)

    def log_odds(self, sales: Floats) -> Floats:
        """[item, item] log odds that shoppers accept one for the other."""
        return BASE_LOG_ODDS + sales + self.names + self.season

    @property
    def heard(self) -> bool:
        """Whether sales or names tell anything at all about any pair."""
        told = np.abs(self.sales()).max(initial=0.0) > SAYS_SOMETHING
        return bool(told or _off_diagonal(self.names).max(initial=0.0) > SAYS_SOMETHING)


def bayes_factor(score: Floats, information: Floats) -> Floats:
    """Log of the mean likelihood over TAKEN_SHARES against none taken."""
    shares = np.asarray(TAKEN_SHARES)[:, None, None]
    log = shares * score - shares**2 * information / 2.0
    top = log.max(axis=0)
    return np.asarray(top + np.log(np.exp(log - top).mean(axis=0)))


def categories(
    history: History, grouping: Grouping, rates: Rates, item_names: list[str]
) -> tuple[Category, ...]:
    """The witnesses of every category, in order of its first item.

    ``rates`` must be fitted without need groups (each item's category in their place), or the
    groups that one looks for would already be in what is expected. Dense in store x week x item
    of one category at a time.
    """
    units = np.maximum(sums(history.item, history.units, history.items), 1e-9)
    alike = name_likeness(item_names)
    season = _season(history, rates)
    log_level = (
        rates.log_scale[:, None] + rates.item_levels.weekly + rates.season_log(history.weeks)
    )
    members = [np.flatnonzero(grouping.category_of_item == c) for c in
               range(int(grouping.category_of_item.max()) + 1)]  # fmt: skip
    rows = _Rows(history, grouping, rates)
    found = []
    for items in members:
        by_store, by_week = rows.missing(items, log_level, units)
        found.append((items, by_store, by_week))
    # Both witnesses are as loud as chance alone makes them; chance is seen where the sign is
    # wrong, because no item sells less for another one being away.
    loud = (
        _loudness([by_store for _, by_store, _ in found]),
        _loudness([by_week for _, _, by_week in found]),
    )
    return tuple(
        Category(
            items=items,
            by_store=_quieter(by_store, loud[0]),
            by_week=_quieter(by_week, loud[1]),
            names=NAME_WEIGHT * alike[np.ix_(items, items)],
            season=season[np.ix_(items, items)],
        )
        for items, by_store, by_week in found
    )


class _Rows:
    """The history with what was expected of each row and what it misses against that."""

    def __init__(self, history: History, grouping: Grouping, rates: Rates) -> None:
        h = self.history = history
        self.rates = rates
        self.store = h.pair_store[h.pair]
        self.local = rates.static * rates.pair_factor
        self.full = np.exp(rates.log_level(h, grouping)) * self.local[h.pair]
        self.mean = h.exposure * np.exp(rates.price_log(h, grouping)) * self.full

    def missing(self, items: Ints, log_level: Floats, units: Floats) -> tuple[Missing, Missing]:
        """By store (against an item's usual week) and by week (chain-wide)."""
        h, rates = self.history, self.rates
        place = np.full(h.items, -1)
        place[items] = np.arange(len(items))
        use = place[h.item] >= 0
        cell = (self.store[use], h.week[use], place[h.item[use]])
        shape = (h.stores, h.weeks, len(items))
        carried = place[h.pair_item] >= 0
        local = np.zeros((h.stores, len(items)))
        local[h.pair_store[carried], place[h.pair_item[carried]]] = self.local[carried]
        full = local[:, None, :] * np.exp(log_level[items].T)
        full[cell] = self.full[use]
        mean, beyond, weight = (np.zeros(shape) for _ in range(3))
        mean[cell] = self.mean[use]
        beyond[cell] = h.units[use] - self.mean[use]
        variance = rates.dispersion * self.mean[use] + rates.spread * self.mean[use] ** 2
        weight[cell] = h.exposure[use] / np.maximum(variance, 1e-9)
        exposure = np.zeros(shape)
        exposure[cell] = h.exposure[use]

        known = full > 0
        away = np.where(known, 1.0 - mean / np.where(known, full, 1.0), 0.0)
        away = away - np.where(known, away.mean(axis=1, keepdims=True), 0.0)
        usual = away.sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        lost = np.where(known, away - usual, 0.0) * full
        takes = units[items] / (units[items][:, None] + units[items])
        by_store = _both(lost, weight * beyond, weight * exposure, takes)

        total = full.sum(axis=0)
        # As sold, not as smoothed: a short dip is what tells.
        sold = _over(beyond.sum(axis=0), mean.sum(axis=0))
        level = _against_near(rates.item_levels.weekly[items].T + sold)
        spread = np.maximum((level**2).mean(axis=0), 1e-6)
        lost_week = _against_near(usual * total)
        weight_week = 1.0 / (np.maximum(total, 1e-9) ** 2 * spread)
        by_week = _both(
            lost_week[:, None, :], (weight_week * level * total)[:, None, :],
            weight_week[:, None, :], takes,
        )  # fmt: skip
        return by_store, by_week


def _over(top: Floats, bottom: Floats) -> Floats:
    return np.asarray(np.divide(top, bottom, out=np.zeros_like(top), where=bottom > 1e-9))


def _both(lost: Floats, beyond: Floats, weight: Floats, takes: Floats) -> Missing:
    """Cross products of every block, [block, row, item] each, both directions added."""
    score = np.swapaxes(lost, 1, 2) @ beyond * takes
    information = np.swapaxes(lost**2, 1, 2) @ weight * takes**2
    return Missing(score + np.swapaxes(score, 1, 2), information + np.swapaxes(information, 1, 2))


def _against_near(values: Floats) -> Floats:
    """[week, item] values less the mean of the weeks around them."""
    wide = np.pad(values, ((NEAR_WEEKS, NEAR_WEEKS), (0, 0)), mode="edge")
    around = np.zeros_like(values)
    for shift in (*range(NEAR_WEEKS), *range(NEAR_WEEKS + 1, 2 * NEAR_WEEKS + 1)):
        around += wide[shift : shift + len(values)]
    return np.asarray(values - around / (2 * NEAR_WEEKS))


def _loudness(witnesses: list[Missing]) -> float:
    """Variance of standardised scores of the wrong sign, at least 1."""
    squares = []
    for witness in witnesses:
        score, information = witness.score.sum(axis=0), witness.information.sum(axis=0)
        wrong = np.triu((score < 0) & (information > 0), 1)
        squares.append(score[wrong] ** 2 / information[wrong])
    every = np.concatenate(squares)
    return max(float(every.mean()), 1.0) if len(every) else 1.0


def _quieter(witness: Missing, loud: float) -> Missing:
    return Missing(witness.score / loud, witness.information / loud)


def _season(history: History, rates: Rates) -> Floats:
    """[item, item] log odds from correlated levels; 0 where the history is too short."""
    if history.weeks < FEWEST_WEEKS_FOR_SEASON:
        return np.zeros((history.items, history.items))
    level = rates.item_levels.smooth + rates.season_log(history.weeks)
    away = level - level.mean(axis=1, keepdims=True)
    size = np.sqrt((away**2).sum(axis=1))
    unit = away / np.maximum(size, 1e-9)[:, None]
    # Levels that hardly move look alike by chance.
    told = np.sqrt(size**2 / (size**2 + history.weeks * SEASON_NOISE**2))
    return np.asarray(SEASON_WEIGHT * (unit @ unit.T - SEASON_USUAL) * told[:, None] * told)


def words_of(name: str) -> list[str]:
    """Words of a name that say what kind of thing it is, in the singular as far as that is easy."""
    return [_stem(w) for w in re.findall(r"[^\W\d_]{3,}", name.lower()) if w not in NOT_A_KIND]


def _stem(word: str) -> str:
    for ending, instead in (("ies", "y"), ("oes", "o"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word


def name_likeness(names: list[str]) -> Floats:
    """[item, item] cosine of the names' words, weighted by how rare they are."""
    split = [set(words_of(name)) for name in names]
    count = Counter(word for words in split for word in words)
    for word in [w for w, number in count.items() if number > max(EVERYWHERE * len(names), 2)]:
        del count[word]
    place = {word: k for k, word in enumerate(count)}
    table = np.zeros((len(names), max(len(place), 1)))
    for row, words in enumerate(split):
        for word in words & count.keys():
            rare = np.log((1 + len(names)) / count[word])
            table[row, place[word]] = rare * (RARE if count[word] == 1 else 1.0)
    size = np.linalg.norm(table, axis=1, keepdims=True)
    unit = table / np.maximum(size, 1e-12)
    return np.asarray(unit @ unit.T)


def _off_diagonal(values: Floats) -> Floats:
    return values[~np.eye(len(values), dtype=bool)]


def resamples(blocks: int, draws: int, seed: int) -> Iterator[Floats]:
    """How often each block is drawn when as many are drawn with replacement."""
    draw = np.random.default_rng(seed)
    for _ in range(draws):
        yield draw.multinomial(blocks, np.full(blocks, 1.0 / blocks)).astype(np.float64)
