"""The backtest: the estimate made again in the past, and compared with what came after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.backtest.capture import SLOT_SHARES, capture_scores, captured, rankings
from planner.demand.backtest.holdout import (
    FEWEST_DAYS,
    Truth,
    cut,
    held_out_weeks,
    origins,
    pair_sums,
    random_folds,
    truth_of,
)
from planner.demand.backtest.result import (
    HIDDEN_PAIRS,
    HIDDEN_STORES,
    OWN_AVERAGE,
    PAIR_COLUMNS,
    ROLLING_ORIGIN,
    SCORE_COLUMNS,
    STORE_COLUMNS,
    Backtest,
    typed,
)
from planner.demand.backtest.rules import region_means, simple_rules
from planner.demand.backtest.scores import LIGHT_SLICES, SLICES, forecast_scores
from planner.demand.clean import History, clean
from planner.demand.estimate import estimate
from planner.errors import BadInput, Problem
from planner.tables.inputs import Assumption, Inputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

HIDDEN_FOLDS = 10
"""A tenth is hidden at a time."""
FEWEST_HIDDEN_PAIRS = 1000
"""Tenths of the pairs are hidden one after the other until so many were."""
MOST_PAIR_FOLDS = 5
FEWEST_WEEKS = 2

Estimator = Callable[[Inputs, int], pd.DataFrame]
"""From the inputs as they were and the weeks to foretell to ``Demand.pairs``."""
Progress = Callable[[str, int, int], None]


def planner_estimate(inputs: Inputs, weeks: int) -> pd.DataFrame:
    """What is scored unless a test says otherwise."""
    return estimate(inputs, weeks=weeks).pairs


@dataclass
class _Past:
    """The chain's history and what all hold-outs share."""

    inputs: Inputs
    history: History
    region_of_store: Ints
    held: int
    estimator: Estimator
    pairs: list[pd.DataFrame] = field(default_factory=list)
    stores: list[pd.DataFrame] = field(default_factory=list)
    too_short: int = 0
    unsold: int = 0
    failed: int = 0

    @property
    def start(self) -> pd.Timestamp:
        """First day of the history."""
        return self.history.first_week - pd.Timedelta(weeks=self.history.weeks)

    def day(self, week: int) -> pd.Timestamp:
        """First day of a week of the history."""
        return self.start + pd.Timedelta(weeks=week)

    def nothing(self) -> Flags:
        """No pair flagged, [store, item]."""
        return np.zeros((self.history.stores, self.history.items), dtype=bool)


def backtest(
    inputs: Inputs,
    *,
    weeks: int,
    seed: int = 1,
    light: bool = False,
    estimator: Estimator = planner_estimate,
    progress: Progress | None = None,
) -> Backtest:
    """Score the estimate on the chain's own past, with ``weeks`` weeks held out.

    Rolling origin: the last weeks held out, up to three times. Hidden pairs: a tenth of the
    pairs without any history. Hidden stores: a tenth of the stores without any history, until
    each was hidden once; both forecast the last weeks. Discounts given in the held-out weeks are
    known to the estimate as promotions. With a short history fewer weeks are held out.

    light: one origin and one tenth of the pairs, no hidden stores, no scores by store. Raises
    BadInput where not even one week can be held out or nothing could be scored, ValueError for
    less than one week.
    """
    if weeks < 1:
        raise ValueError(f"at least one week must be held out, not {weeks}")
    history = clean(inputs)
    if history.weeks < FEWEST_WEEKS:
        raise BadInput([_nothing_to_score(f"{history.weeks} week of sales", "at least two weeks")])
    held = held_out_weeks(weeks, history.weeks)
    region = pd.factorize(inputs.stores["region"])[0].astype(np.int64)
    past = _Past(inputs, history, region, held, estimator)
    chosen = origins(history.weeks, held, 1 if light else 3)
    jobs = _jobs(past, chosen, light=light, seed=seed)
    for number, job in enumerate(jobs):
        if progress is not None:
            progress("foretelling the past", number, len(jobs))
        _hold_out(past, job)
    pairs = _joined(past.pairs, PAIR_COLUMNS)
    if pairs.empty:
        found = "no pair with a sale both before and in the held-out weeks"
        raise BadInput([_nothing_to_score(found, "items on sale in most weeks")])
    stores = _joined(past.stores, STORE_COLUMNS)
    rows = forecast_scores(pairs, seed, LIGHT_SLICES if light else SLICES) + capture_scores(
        stores, seed
    )
    return Backtest(
        scores=typed(rows, SCORE_COLUMNS),
        pairs=pairs,
        stores=stores,
        weeks=held,
        history_weeks=history.weeks,
        origins=tuple(past.day(week) for week in chosen),
        assumptions=tuple(_assumptions(past, weeks, chosen, jobs, light)),
    )


@dataclass(frozen=True)
class _Job:
    kind: str
    fold: int
    origin: int
    hidden: Flags


def _jobs(past: _Past, chosen: Sequence[int], *, light: bool, seed: int) -> list[_Job]:
    jobs = [_Job(ROLLING_ORIGIN, k, week, past.nothing()) for k, week in enumerate(chosen)]
    latest = chosen[0]
    units, exposure = pair_sums(past.history, past.history.week < latest)
    told = units + exposure
    both = (exposure > 0) & truth_of(past.history, latest, past.held).scored
    cells = np.flatnonzero(both)
    if len(cells) > 1:
        tenths = random_folds(cells, told.ravel()[cells], HIDDEN_FOLDS, seed)
        most = -(-FEWEST_HIDDEN_PAIRS * HIDDEN_FOLDS // len(cells))
        for fold, members in enumerate(tenths[: 1 if light else min(most, MOST_PAIR_FOLDS)]):
            hidden = past.nothing()
            hidden.ravel()[members] = True
            jobs.append(_Job(HIDDEN_PAIRS, fold, latest, hidden))
    stores = np.flatnonzero(both.any(axis=1))
    if len(stores) > 1 and not light:
        for fold, members in enumerate(
            random_folds(stores, told.sum(axis=1)[stores], HIDDEN_FOLDS, seed)
        ):
            hidden = past.nothing()
            hidden[members] = True
            jobs.append(_Job(HIDDEN_STORES, fold, latest, hidden))
    return jobs


def _hold_out(past: _Past, job: _Job) -> None:
    history, inputs = past.history, past.inputs
    origin, end = past.day(job.origin), past.day(job.origin + past.held)
    seen = cut(inputs, origin, end, job.hidden)
    try:
        estimated = past.estimator(seen, past.held)
    except BadInput:
        # Nothing with stock is left of a tiny chain: there is no estimate to score.
        past.failed += 1
        return
    truth = truth_of(history, job.origin, past.held)
    asked = job.hidden if job.hidden.any() else np.ones_like(job.hidden)
    past.too_short += int((asked & (truth.days > 0) & ~truth.known).sum())
    past.unsold += int((asked & truth.known & ~truth.scored).sum())
    rules = simple_rules(history, past.region_of_store, job.origin, job.hidden)
    shape = job.hidden.shape
    forecast = estimated["demand_units_week"].to_numpy(dtype=np.float64).reshape(shape)
    cells = np.flatnonzero(asked & truth.scored)
    if len(cells):
        past.pairs.append(_pair_rows(past, job, truth, estimated, rules, cells))
    if not job.hidden.any():
        past.stores += _capture_rows(past, job, truth, forecast, rules[OWN_AVERAGE])


def _pair_rows(
    past: _Past,
    job: _Job,
    truth: Truth,
    estimated: pd.DataFrame,
    rules: dict[str, Floats],
    cells: Ints,
) -> pd.DataFrame:
    store, item = np.divmod(cells, past.history.items)
    stores, items = past.inputs.stores, past.inputs.items
    of_estimate = {
        name: estimated[name].to_numpy()[cells]
        for name in ("source", "demand_units_week", "low_units_week", "high_units_week")
    }
    return pd.DataFrame(
        {
            "kind": job.kind,
            "fold": job.fold,
            "origin": past.day(job.origin),
            "store_id": stores["store_id"].to_numpy()[store],
            "item_id": items["item_id"].to_numpy()[item],
            "region": stores["region"].to_numpy()[store],
            "category": items["category"].to_numpy()[item],
            "days_in_stock": truth.days.ravel()[cells],
            "truth_units_week": truth.units_week.ravel()[cells],
        }
        | of_estimate
        | {name: forecast.ravel()[cells] for name, forecast in rules.items()}
    )


def _capture_rows(
    past: _Past, job: _Job, truth: Truth, forecast: Floats, own_average: Floats
) -> list[pd.DataFrame]:
    units, exposure = pair_sums(past.history, past.history.week < job.origin)
    mean = region_means(units, exposure, past.region_of_store)
    ranked_by = rankings(forecast, _buyable(past.inputs), own_average, mean, units.sum(axis=0))
    stores = past.inputs.stores
    found = []
    for share in SLOT_SHARES:
        frame = captured(truth.units_week, truth.known, ranked_by, share)
        frame["origin"] = past.day(job.origin)
        frame["store_id"] = stores["store_id"].to_numpy()[frame.index]
        frame["region"] = stores["region"].to_numpy()[frame.index]
        frame["slots_share"] = share
        found.append(frame)
    return found


def _buyable(inputs: Inputs) -> Flags:
    """[store, item]: the item can be bought in the store's region."""
    names, code = np.unique(inputs.stores["region"].to_numpy(dtype=object), return_inverse=True)
    regions = inputs.items["regions"].to_numpy(dtype=object)
    where = [[not text or name in text.split(";") for text in regions] for name in names]
    return np.asarray(where, dtype=bool)[code]


def _joined(parts: list[pd.DataFrame], columns: dict[str, str]) -> pd.DataFrame:
    return typed(pd.concat(parts, ignore_index=True) if parts else [], columns)


def _nothing_to_score(found: str, allowed: str) -> Problem:
    return Problem(
        file="sales",
        row=1,
        column="week",
        value=found,
        allowed=f"{allowed}, so that the last can be held out",
        mend="give a longer history; nothing can be scored without one",
    )


def _assumptions(
    past: _Past, weeks: int, chosen: Sequence[int], jobs: Sequence[_Job], light: bool
) -> list[Assumption]:
    found: list[Assumption] = []

    def note(subject: str, text: str, number: int) -> None:
        if number:
            found.append(Assumption("backtest", subject, text, number))

    promoted = int(((past.history.week >= chosen[-1]) & (past.history.log_price < 0)).sum())
    note(
        "promotions",
        "Weeks with a discount among those held out: the estimate is told of it, as of a "
        "promotion that is planned; the simple rules cannot use it",
        promoted,
    )
    note(
        "current_range",
        "Today's range was not known in the past: in its place stands what each store sold last "
        "before the held-out weeks. That it lists an item is told, for hidden pairs and stores too",
        int(truth_of(past.history, chosen[0], past.held).known.sum()),
    )
    if past.held < weeks:
        text = f"History too short to hold out {weeks} weeks: this many were held out instead"
        note("weeks", text, past.held)
    if len(chosen) < 3 and not light:
        text = "History too short for three origins: this many were scored"
        note("origins", text, len(chosen))
    kinds = {job.kind for job in jobs}
    if HIDDEN_PAIRS not in kinds:
        note("hidden pairs", "Fewer than two pairs with sales: none can be hidden", 1)
    if HIDDEN_STORES not in kinds and not light:
        note("hidden stores", "Fewer than two stores with sales: none can be hidden", 1)
    note(
        "hidden pairs",
        "Hidden pairs are items that the store did choose to stock: one that it never stocked "
        "may sell less than they do, and no hold-out can show by how much",
        int(HIDDEN_PAIRS in kinds),
    )
    note(
        "days_in_stock",
        f"Pairs in stock for {FEWEST_DAYS:.0f} days or less in the held-out weeks say nothing "
        "about their rate and are not scored",
        past.too_short,
    )
    note(
        "units",
        "Pairs without a sale in the held-out weeks have no log rate and are not scored, so the "
        "scores are about pairs that sell",
        past.unsold,
    )
    note("sales", "Hold-outs that left nothing to estimate from and were not scored", past.failed)
    return found
