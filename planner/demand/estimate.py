"""The demand stage: tables in, weekly demand and choice model of every store-item pair out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import History, clean
from planner.demand.cycle_cv import cycle_cv
from planner.demand.cycles import Scatter, scatter_of_weeks
from planner.demand.factors import Grouping
from planner.demand.few_stores import few_stores
from planner.demand.learned import LearnedSubstitution, learn_substitution
from planner.demand.local_drivers import local_drivers
from planner.demand.new_stores import with_unseen_stores
from planner.demand.newcomers import fill_new_items, item_attributes
from planner.demand.outlook import Outlook, outlook
from planner.demand.promotions import HorizonPromotions, horizon_promotions
from planner.demand.ranges import current_range
from planner.demand.rates import Rates, fit
from planner.demand.result import ChoiceModel, Demand
from planner.demand.segment_choice import TOLERANCE_OF_DRAWS, by_segment, one_segment
from planner.demand.selection import selection
from planner.demand.signal_effects import signal_assumptions, signal_effects
from planner.demand.signals import Segments, read_traits
from planner.demand.uncertainty import Calibration, calibrate, level_inflation, quantiles
from planner.tables.inputs import Assumption, Inputs

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Own history of at least this share of the posterior weight: the source is "history".
HISTORY_SHARE = 0.8
# Beyond this variance of the log rate the mean of a gamma says nothing any more.
LARGEST_LOG_VARIANCE = 4.0
ONE_SEGMENT = ("all",)


def estimate(inputs: Inputs, *, weeks: int, recapture_share: float = 0.4) -> Demand:
    """Estimate mean weekly demand over the ``weeks`` weeks after the history.

    ``recapture_share`` is the share of a missing item's units that moves to the others of its
    need group, measured at the current range: a stated assumption, for need groups whose history
    cannot tell. Raises BadInput when no week of the sales table has stock, ValueError for a
    horizon below one week or a share outside [0, 1]. The model is described in docs/demand.md.
    """
    if weeks < 1:
        raise ValueError(f"the horizon must be at least one week, not {weeks}")
    if not 0.0 <= recapture_share <= 1.0:
        raise ValueError(f"recapture_share must lie between 0 and 1, not {recapture_share}")
    history = clean(inputs)
    need_groups, group_of_item = _codes(inputs.items["need_group"])
    traits = read_traits(inputs)
    grouping = Grouping(
        region_of_store=_codes(inputs.stores["region"])[1],
        category_of_item=_codes(inputs.items["category"])[1],
        group_of_item=group_of_item,
        traits=traits if traits.signals or traits.segments is not None else None,
    )
    calibration = calibrate(history, grouping, weeks)
    rates = fit(history, grouping, calibration.half_life_weeks, weeks)
    rates, new_stores = with_unseen_stores(rates, history, grouping, inputs)
    listed, range_assumptions = current_range(inputs, history, grouping.region_of_store)
    rates = rates.with_range(grouping, listed)
    promotions = horizon_promotions(
        inputs, history.first_week, weeks, rates.discounts, grouping.region_of_store,
        history.sold,
    )  # fmt: skip
    scatter = scatter_of_weeks(history, grouping, rates)
    pairs, assumptions = _pairs(
        inputs, history, grouping, rates, listed, calibration, weeks, promotions, scatter
    )
    shape = (len(inputs.stores), len(inputs.items))
    mean = pairs["demand_units_week"].to_numpy().reshape(shape)
    # Where a store's range is only guessed from its sales, an item without any may be there, and
    # what the history says of crowded ranges is in the rates already.
    told = inputs.stores["store_id"].isin(inputs.current_range["store_id"]).to_numpy()
    untried = (pairs["source"] == "model").to_numpy().reshape(shape) & ~listed & told[:, None]
    untried &= rates.locality.crowding.undecided
    substitution = learn_substitution(
        history,
        grouping,
        rates,
        mean,
        promotions.uplift,
        listed,
        untried,
        need_groups,
        recapture_share,
    )
    mean = substitution.best.demand
    pairs = _if_added(pairs, mean, history, weeks)
    choice, draws = _choices(substitution, listed, group_of_item, _believed(traits.segments, rates))
    cycles = cycle_cv(inputs, scatter, mean, listed)
    assumptions += new_stores.assumptions()
    effects = signal_effects(rates, grouping, inputs.items["item_id"])
    assumptions += signal_assumptions(effects, rates.locality.local, grouping)
    return Demand(
        store_ids=tuple(inputs.stores["store_id"]),
        item_ids=tuple(inputs.items["item_id"]),
        need_groups=need_groups,
        segments=traits.segments.names if traits.segments else ONE_SEGMENT,
        group_of_item=group_of_item,
        pairs=pairs,
        choice=choice,
        choice_draws=draws,
        paid_price_share=promotions.paid_price_share,
        in_range=listed,
        demand_cv=cycles.demand_cv,
        demand_cv_source=cycles.source,
        recapture=substitution.recapture,
        weeks=weeks,
        first_week=history.first_week,
        assumptions=(
            *history.assumptions,
            *traits.assumptions,
            *range_assumptions,
            *assumptions,
            *cycles.assumptions,
            *substitution.assumptions,
        ),
        signal_effects=effects,
        drivers=local_drivers(rates, grouping),
    )


def _believed(segments: Segments | None, rates: Rates) -> Segments | None:
    """The segments with their index taken as far as the sales bear it out."""
    if segments is None:
        return None
    trust = float(np.clip(rates.locality.local.affinity, 0.0, 1.0))
    return replace(segments, index=segments.index**trust)


def _choices(
    found: LearnedSubstitution,
    listed: NDArray[np.bool_],
    group_of_item: Ints,
    segments: Segments | None,
) -> tuple[ChoiceModel, tuple[ChoiceModel, ...]]:
    """The choice model and its draws, by segment where the tables tell who shops where."""
    if segments is None:
        return one_segment(found.best), tuple(one_segment(draw) for draw in found.draws)
    best = by_segment(found.best, listed, group_of_item, segments)
    return best, tuple(
        by_segment(draw, listed, group_of_item, segments, TOLERANCE_OF_DRAWS)
        for draw in found.draws
    )


def _codes(names: pd.Series[str]) -> tuple[tuple[str, ...], Ints]:
    code, unique = pd.factorize(names)
    return tuple(str(name) for name in unique), code.astype(np.int64)


def _pairs(
    inputs: Inputs,
    history: History,
    grouping: Grouping,
    rates: Rates,
    listed: NDArray[np.bool_],
    calibration: Calibration,
    weeks: int,
    promotions: HorizonPromotions,
    scatter: Scatter | None,
) -> tuple[pd.DataFrame, list[Assumption]]:
    stores, items = history.stores, history.items
    store, item = np.divmod(np.arange(stores * items), items)
    information = rates.information.ravel()
    own = np.ones(stores * items)
    own[rates.pair_cell] = rates.pair_factor
    share = information / (information + rates.pair_prior)

    ahead = outlook(rates, grouping, weeks)
    log_rate = rates.model_log_rate(grouping, store, item) + ahead.change[item] + np.log(own)
    unknown = calibration.model_inflation / rates.pair_prior
    gap = selection(rates.locality.local.log_effect, listed, grouping.region_of_store, unknown)
    log_rate -= gap.unknown * (1.0 - share) * ~listed.ravel()
    few = few_stores(
        rates.log_scale + rates.item_levels.last,
        unknown / np.maximum(rates.stores_of_item, 1.0),
        rates.stores_of_item,
        grouping.group_of_item,
    )
    log_rate += few.shift[item] * (1.0 - share)
    level = rates.level_variance(grouping, store, item, weeks)
    level = level * level_inflation(rates, ahead, calibration, weeks)
    inflation = np.where(share > 0, calibration.pair_inflation, calibration.model_inflation)
    log_variance = level + inflation * rates.local_variance(grouping, store, item)

    rate = np.exp(log_rate).reshape(stores, items)
    variance = log_variance.reshape(stores, items)
    sold = np.asarray(history.sold.any(axis=0))
    newcomers = fill_new_items(
        rate,
        variance,
        sold,
        grouping,
        rates.locality.log_effect + few.unsold_shift,
        item_attributes(inputs.items),
    )
    rate, variance = newcomers.rate, newcomers.log_variance
    mean = (rate * promotions.uplift).ravel()
    # An item's response is unsure as far as coming prices differ from those it was seen at.
    coming = np.log(promotions.uplift) / np.minimum(rates.discounts.of_item, -0.1)
    seen = rates.discounts.recent_log_price.reshape(-1, items)[grouping.region_of_store]
    unsure = rates.discounts.of_item_variance * (coming - seen) ** 2
    log_variance = np.minimum((variance + unsure).ravel(), LARGEST_LOG_VARIANCE)

    posterior = mean**2 * np.expm1(log_variance)
    if scatter is None:
        sampling = (rates.dispersion * mean + rates.spread * mean**2) / weeks
    else:
        sampling = scatter.horizon_variance(mean.reshape(stores, items), weeks).ravel()
    low, high = quantiles(mean, posterior + sampling)
    # By weight, quantiles need no rounding.
    whole = history.in_whole_units[item]
    low = np.where(whole, np.round(low * weeks) / weeks, low)
    high = np.where(whole, np.round(high * weeks) / weeks, high)
    source = np.where(share >= HISTORY_SHARE, "history", np.where(share > 0, "mixed", "model"))
    pairs = pd.DataFrame(
        {
            "store_id": inputs.stores["store_id"].to_numpy()[store],
            "item_id": inputs.items["item_id"].to_numpy()[item],
            "demand_units_week": mean,
            "se_units_week": np.sqrt(posterior),
            "low_units_week": np.minimum(low, mean),
            "high_units_week": np.maximum(high, mean),
            "source": source,
        }
    )
    found = _rate_assumptions(history, rates, calibration, ahead, weeks, source, promotions)
    found += newcomers.assumptions(inputs.items)
    if (few.unsold_shift < 0).any():
        found.append(few.assumption())
    if grouping.traits is not None:
        found += rates.locality.local.assumptions(grouping.traits)
    new = int((source == "model").sum())
    if new:
        found += [rates.locality.crowding.assumption(new), gap.assumption(new)]
    return pairs, found


def _if_added(pairs: pd.DataFrame, demand: Floats, history: History, weeks: int) -> pd.DataFrame:
    """``pairs`` with what items sell once they take from the others of their need group."""
    mean = demand.ravel()
    before = pairs["demand_units_week"].to_numpy()
    share = np.divide(mean, before, out=np.ones_like(mean), where=before > 0)
    whole = np.tile(history.in_whole_units, history.stores) & (share != 1.0)
    low, high = (pairs[name].to_numpy() * share for name in ("low_units_week", "high_units_week"))
    low = np.where(whole, np.round(low * weeks) / weeks, low)
    high = np.where(whole, np.round(high * weeks) / weeks, high)
    return pairs.assign(
        demand_units_week=mean,
        se_units_week=pairs["se_units_week"] * share,
        low_units_week=np.minimum(low, mean),
        high_units_week=np.maximum(high, mean),
    )


def _rate_assumptions(
    history: History,
    rates: Rates,
    calibration: Calibration,
    ahead: Outlook,
    weeks: int,
    source: NDArray[np.str_],
    promotions: HorizonPromotions,
) -> list[Assumption]:
    found = [rates.discounts.assumption(int((history.log_price < 0).sum()))]

    def count(subject: str, text: str, number: int) -> None:
        if number:
            found.append(Assumption("demand", subject, text, number))

    count(
        "demand.source",
        "Store-item pairs without history of their own: demand comes from the model",
        int((source == "model").sum()),
    )
    found.append(ahead.assumption(history.weeks, weeks))
    if not calibration.weeks_held_out:
        count(
            "demand.uncertainty",
            "History too short to hold out its last weeks: intervals rest on the model alone",
            history.weeks,
        )
    count("promotions", "Promotions planned for the horizon raise its mean demand", promotions.rows)
    count(
        "promotions.discount",
        "Planned discounts deeper than any in the history: assumed to work as the deepest one seen",
        promotions.deeper,
    )
    count(
        "promotions.week",
        "Rows of promotions before or after the weeks that are planned: not used",
        promotions.outside,
    )
    return found
