"""The backtest hides what it says, and scores what was hidden by the formulas of the docs."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.demand.backtest import light
from planner.demand.backtest.bootstrap import DRAWS, drawn, interval, within_noise
from planner.demand.backtest.capture import captured, rankings, slots_of
from planner.demand.backtest.holdout import held_out_weeks, origins
from planner.demand.backtest.result import (
    HIDDEN_PAIRS,
    HIDDEN_STORES,
    ITEM_MEAN,
    KINDS,
    LAST_WEEK,
    LOCAL,
    OWN_AVERAGE,
    OWN_PAST,
    PLANNER,
    RANKINGS,
    ROLLING_ORIGIN,
    SCORE_COLUMNS,
)
from planner.demand.backtest.run import backtest, planner_estimate
from planner.demand.backtest.scores import MEASURES
from planner.errors import BadInput

WEEK = pd.Timedelta(weeks=1)


class Recorder:
    """An estimate that keeps what it was given and answers with a table of truths."""

    def __init__(self, inputs, truth=None):
        self.given = []
        self.truth = truth
        self.stores = inputs.stores["store_id"]
        self.items = inputs.items["item_id"]

    def __call__(self, inputs, weeks):
        """The rates as Demand.pairs, with intervals of a tenth."""
        self.given.append((inputs, weeks))
        index = pd.MultiIndex.from_product([self.stores, self.items], names=["store_id", "item_id"])
        rate = pd.Series(5.0, index)
        if self.truth is not None:
            rate = self.truth(inputs, weeks).reindex(index).fillna(1.0)
        frame = rate.rename("demand_units_week").reset_index()
        return frame.assign(
            low_units_week=frame["demand_units_week"] * 0.9,
            high_units_week=frame["demand_units_week"] * 1.1,
            source="history",
        )


def later_rate(inputs):
    """A forecast that knows: the in-stock rate of the weeks after the history that it is given."""

    def truth(seen, weeks):
        end = seen.sales["week"].max() + WEEK
        sales = inputs.sales
        rows = sales[(sales["week"] >= end) & (sales["week"] < end + weeks * WEEK)]
        total = rows.groupby(["store_id", "item_id"], observed=True)[["units", "days_in_stock"]]
        total = total.sum()
        rate = total["units"] / total["days_in_stock"] * 7
        return rate[rate > 0]

    return truth


def value(found, **wanted) -> float:
    """The one score with these labels."""
    rows = found.scores
    for column, label in ({"by": "all", "against": ""} | wanted).items():
        rows = rows[rows[column] == label]
    assert len(rows) == 1
    return float(rows["value"].iloc[0])


@pytest.fixture(scope="module")
def inputs(make_chain):
    """A chain of ten stores with discounts, thin stock and a given range."""
    chain = make_chain(stores=10, items=12, weeks=13, discounts=True, in_stock=0.8)
    pairs = chain.sales[["store_id", "item_id"]].drop_duplicates()
    return chain.inputs(current_range=pairs.assign(facings=1.0))


@pytest.fixture(scope="module")
def hidden(inputs):
    """What an estimate was given, hold-out by hold-out, and the result."""
    recorder = Recorder(inputs)
    return recorder.given, backtest(inputs, weeks=4, estimator=recorder)


@pytest.fixture(scope="module")
def scored(inputs):
    """The planner's own backtest."""
    return backtest(inputs, weeks=4)


# ---- what is hidden


def test_the_estimate_never_sees_a_held_out_week(inputs, hidden):
    """No row of sales at or after the origin; planned discounts alone reach into the horizon."""
    given, found = hidden
    assert found.origins == tuple(sorted(found.origins, reverse=True))
    ends = [found.origins[k] if k < len(found.origins) else found.origins[0] for k in range(99)]
    assert len(given) > len(found.origins)
    for (seen, weeks), origin in zip(given, ends, strict=False):
        assert seen.sales["week"].max() == origin - WEEK
        assert weeks == found.weeks
        planned = seen.promotions["week"]
        assert planned.between(origin, origin + (weeks - 1) * WEEK).all()
        real = inputs.sales[(inputs.sales["discount"] > 0) & (inputs.sales["week"].isin(planned))]
        assert len(planned) == len(real) > 0


def test_hidden_pairs_and_stores_leave_no_row(hidden):
    """What is scored as hidden is nowhere in the sales that its estimate was given."""
    given, found = hidden
    jobs = found.pairs.drop_duplicates(["kind", "fold"])[["kind", "fold"]]
    assert len(jobs) == len(given)
    for (kind, fold), (seen, _) in zip(jobs.to_numpy(), given, strict=True):
        rows = found.pairs[(found.pairs["kind"] == kind) & (found.pairs["fold"] == fold)]
        keys = set(zip(rows["store_id"], rows["item_id"], strict=True))
        sold = set(zip(seen.sales["store_id"], seen.sales["item_id"], strict=True))
        if kind == HIDDEN_PAIRS:
            assert not keys & sold
        if kind == HIDDEN_STORES:
            assert not {store for store, _ in keys} & {store for store, _ in sold}
        if kind == ROLLING_ORIGIN:
            assert keys & sold


def test_every_store_is_hidden_once_and_a_tenth_of_the_pairs_at_a_time(hidden):
    """Folds share nothing; together the stores' folds are all stores."""
    _, found = hidden
    stores = found.pairs[found.pairs["kind"] == HIDDEN_STORES].groupby("fold")["store_id"].unique()
    listed = np.concatenate(stores.to_list())
    assert sorted(listed) == sorted(set(found.pairs["store_id"]))
    pairs = found.pairs[found.pairs["kind"] == HIDDEN_PAIRS]
    assert not pairs.duplicated(["store_id", "item_id"]).any()
    known = found.pairs[(found.pairs["kind"] == ROLLING_ORIGIN) & (found.pairs["fold"] == 0)]
    assert pairs.groupby("fold").size().to_numpy() == pytest.approx(len(known) / 10, abs=1.5)


def test_the_range_told_is_the_range_of_the_origin(make_chain):
    """Items sold in a store's last four weeks before it, hidden ones too, and no later arrival."""
    chain = make_chain(stores=8, items=10, weeks=13, carried=1.0)
    sales = chain.sales
    week = (sales["week"] - sales["week"].min()) // WEEK
    of = [sales["item_id"] == item for item in chain.item_ids[:3]]
    # The first item left five weeks before the origin, the second four, the third comes with it.
    gone = (of[0] & (week >= 4)) | (of[1] & (week >= 6)) | (of[2] & (week < 9))
    # Today's range holds nothing of what was listed then.
    today = pd.DataFrame({"store_id": chain.store_ids[:1], "item_id": chain.item_ids[:1]})
    inputs = chain.inputs(sales=sales[~gone], current_range=today)
    recorder = Recorder(inputs)
    found = backtest(inputs, weeks=4, light=True, estimator=recorder)
    assert found.origins == (sales["week"].min() + 9 * WEEK,)
    expected = {(s, i) for s in chain.store_ids for i in chain.item_ids[3:]}
    expected |= {(s, chain.item_ids[1]) for s in chain.store_ids}
    for seen, _ in recorder.given:
        listed = seen.current_range
        assert list(listed.dtypes) == list(inputs.current_range.dtypes)
        assert set(zip(listed["store_id"], listed["item_id"], strict=True)) == expected


def test_signals_of_held_out_weeks_are_hidden_and_lasting_ones_are_not(inputs):
    """A signal without a week stays, one of a week after the origin does not."""
    weeks = [pd.NaT, inputs.sales["week"].min(), inputs.sales["week"].max()]
    store = inputs.stores["store_id"].iloc[0]
    signals = pd.DataFrame(
        {"store_id": store, "signal": "rain", "value": 1.0, "base": 9.0, "week": weeks}
    )
    recorder = Recorder(inputs)
    backtest(replace(inputs, signals=signals), weeks=4, light=True, estimator=recorder)
    for seen, _ in recorder.given:
        assert list(seen.signals["week"].isna()) == [True, False]


@given(history=st.integers(2, 200), weeks=st.integers(1, 60))
def test_origins_never_share_a_held_out_week(history, weeks):
    """At least one week is held out and one is left; stretches follow one another."""
    held = held_out_weeks(weeks, history)
    found = origins(history, held)
    assert 1 <= held <= max(1, min(weeks, history // 3))
    assert 1 <= len(found) <= 3
    assert found == [history - held * (k + 1) for k in range(len(found))]
    assert found[-1] >= 1


# ---- scores


def test_scores_are_those_of_the_formulas(inputs, scored):
    """Truth, rules and every score, once more with plain loops over the rows of the table."""
    origin = scored.origins[0]
    end = origin + scored.weeks * WEEK
    sold: dict[tuple[str, str], list[float]] = {}
    past: dict[tuple[str, str], list[float]] = {}
    last: dict[tuple[str, str], list[float]] = {}
    for row in inputs.sales.itertuples():
        key = (str(row.store_id), str(row.item_id))
        if origin <= row.week < end:
            tables = [sold]
        elif row.week < origin:
            tables = [past, last] if row.week == origin - WEEK else [past]
        else:
            tables = []
        for into in tables:
            cell = into.setdefault(key, [0.0, 0.0])
            cell[0] += row.units
            cell[1] += row.days_in_stock
    region = dict(zip(inputs.stores["store_id"], inputs.stores["region"], strict=True))
    mean = {}
    for r in set(region.values()):
        for i in inputs.items["item_id"]:
            cells = [past[k] for k in past if region[k[0]] == r and k[1] == i]
            mean[r, i] = 7 * sum(c[0] for c in cells) / sum(c[1] for c in cells)
    size = {}
    for s in region:
        cells = {k[1]: past[k] for k in past if k[0] == s}
        expected = sum(c[1] / 7 * mean[region[s], i] for i, c in cells.items())
        size[s] = sum(c[0] for c in cells.values()) / expected
    forecasts = {
        OWN_AVERAGE: {k: 7 * max(c[0], 0.5) / c[1] for k, c in past.items()},
        LAST_WEEK: {k: 7 * max(c[0], 0.5) / c[1] for k, c in last.items()},
        ITEM_MEAN: {(s, i): mean[region[s], i] * size[s] for s in region for i in mean_items(mean)},
    }
    truth = {k: 7 * c[0] / c[1] for k, c in sold.items() if c[1] > 2 and c[0] > 0}
    rows = scored.pairs[(scored.pairs["kind"] == ROLLING_ORIGIN) & (scored.pairs["fold"] == 0)]
    rows = rows.set_index(["store_id", "item_id"])
    assert rows["truth_units_week"].to_dict() == pytest.approx(truth)
    for rule, by_pair in forecasts.items():
        told = rows[rule].dropna().to_dict()
        assert told == pytest.approx({k: v for k, v in by_pair.items() if k in truth})

    only = replace_with_first_fold(inputs, scored)
    forecasts[PLANNER] = rows["demand_units_week"].to_dict()
    inside = 0
    for key in truth:
        low, high = rows.at[key, "low_units_week"], rows.at[key, "high_units_week"]
        inside += low - 1e-9 <= truth[key] <= high + 1e-9
    assert value(only, kind=ROLLING_ORIGIN, measure="inside_share") == inside / len(truth)
    for name, by_pair in forecasts.items():
        keys = [k for k in truth if k in by_pair]
        mean_log = sum(math.log(truth[k]) for k in keys) / len(keys)
        spread = sum((math.log(truth[k]) - mean_log) ** 2 for k in keys)
        miss = sum((math.log(truth[k]) - math.log(by_pair[k])) ** 2 for k in keys)
        absolute = sum(abs(truth[k] - by_pair[k]) for k in keys)
        total = sum(truth[k] for k in keys)
        expected = {
            "r2_log": 1 - miss / spread,
            "mae_units_week": absolute / len(keys),
            "error_share": absolute / total,
            "bias_share": sum(by_pair[k] for k in keys) / total - 1,
        }
        got = {m: value(only, kind=ROLLING_ORIGIN, measure=m, forecaster=name) for m in expected}
        assert got == pytest.approx(expected)


def mean_items(mean):
    """The items of a table by region and item."""
    return {item for _, item in mean}


def replace_with_first_fold(inputs, scored):
    """The light backtest: its rolling origin is the first fold of the whole one."""
    light = backtest(inputs, weeks=4, light=True)
    both = [
        found.pairs[(found.pairs["kind"] == ROLLING_ORIGIN) & (found.pairs["fold"] == 0)]
        for found in (light, scored)
    ]
    pd.testing.assert_frame_equal(*both)
    return light


def test_a_forecast_that_knows_scores_perfectly(inputs):
    """R2 1, no error, everything inside, all of the best possible units captured."""
    found = backtest(inputs, weeks=4, estimator=Recorder(inputs, later_rate(inputs)))
    for kind in KINDS:
        assert value(found, kind=kind, measure="r2_log", forecaster=PLANNER) == pytest.approx(1.0)
        assert value(found, kind=kind, measure="error_share", forecaster=PLANNER) < 1e-9
        assert value(found, kind=kind, measure="inside_share") == 1.0
    for share in (0.5, 0.25):
        label = {"kind": "capture", "slots_share": share}
        assert value(found, **label, forecaster=LOCAL) == pytest.approx(1.0)
        assert value(found, **label, forecaster=OWN_PAST) < 1.0


def test_an_advantage_is_over_the_best_rule_on_the_pairs_that_both_answer(scored):
    """The rival has the least error of the rules; the share saved follows from both errors."""
    kind = {"kind": ROLLING_ORIGIN}
    errors = {
        rule: value(scored, **kind, measure="error_share", forecaster=rule)
        for rule in (OWN_AVERAGE, LAST_WEEK, ITEM_MEAN)
    }
    rows = scored.scores
    gain = rows[
        (rows["kind"] == ROLLING_ORIGIN)
        & (rows["by"] == "all")
        & (rows["measure"] == "error_saved_share")
    ]
    assert list(gain["against"]) == [min(errors, key=lambda rule: errors[rule])]
    pairs = scored.pairs[scored.pairs["kind"] == ROLLING_ORIGIN]
    both = pairs.dropna(subset=[gain["against"].iloc[0]])
    own = (both["demand_units_week"] - both["truth_units_week"]).abs().sum()
    other = (both[gain["against"].iloc[0]] - both["truth_units_week"]).abs().sum()
    assert gain["value"].iloc[0] == pytest.approx(1 - own / other)
    assert gain["low"].iloc[0] < gain["value"].iloc[0] < gain["high"].iloc[0]


def test_a_forecast_of_nothing_is_scored(inputs):
    """Zero for what did sell: all of it is error, and the log score stays finite."""
    nothing = Recorder(inputs, lambda seen, weeks: later_rate(inputs)(seen, weeks) * 0.0)
    found = backtest(inputs, weeks=4, light=True, estimator=nothing)
    assert value(found, kind=HIDDEN_PAIRS, measure="error_share", forecaster=PLANNER) == 1.0
    assert value(found, kind=HIDDEN_PAIRS, measure="bias_share", forecaster=PLANNER) == -1.0
    r2 = value(found, kind=HIDDEN_PAIRS, measure="r2_log", forecaster=PLANNER)
    assert math.isfinite(r2)
    assert r2 < 0


def test_slices_add_up_and_hidden_pairs_have_no_history(scored):
    """Pairs of sources, categories, regions and stores sum to all; own history is unknown there."""
    rows = scored.scores[(scored.scores["measure"] == "inside_share")]
    for kind in KINDS:
        counts = rows[rows["kind"] == kind].groupby("by")["pairs"].sum()
        assert set(counts.index) == {"all", "source", "category", "region", "store"}
        assert counts.nunique() == 1
    blind = scored.pairs[scored.pairs["kind"].isin([HIDDEN_PAIRS, HIDDEN_STORES])]
    assert set(blind["source"]) == {"model"}
    assert blind[[OWN_AVERAGE, LAST_WEEK]].isna().all().all()


def test_the_same_seed_gives_the_same_scores(inputs, scored):
    """Nothing is drawn without the seed, and another seed hides other pairs."""
    again = backtest(inputs, weeks=4)
    pd.testing.assert_frame_equal(again.scores, scored.scores)
    other = backtest(inputs, weeks=4, seed=2).pairs
    ours = scored.pairs
    first = [
        list(zip(*frame.loc[frame["kind"] == HIDDEN_PAIRS, ["store_id", "item_id"]].to_numpy().T,
                 strict=True))
        for frame in (ours, other)
    ]  # fmt: skip
    assert first[0] != first[1]


# ---- intervals


def test_intervals_have_the_width_of_the_clusters_scatter():
    """A mean of independent clusters: the interval is that of its standard error."""
    random = np.random.default_rng(3)
    values = random.normal(10.0, 2.0, 400)
    draws = drawn(np.column_stack([np.ones(400), values]), seed=1)
    assert draws.shape == (DRAWS, 2)
    low, high = interval(draws[:, 1] / draws[:, 0])
    error = values.std() / 20
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.15)
    assert (high + low) / 2 == pytest.approx(values.mean(), abs=error / 2)


def test_too_few_clusters_make_no_claim():
    """Below five clusters there is no interval, and what has none is within noise."""
    assert drawn(np.ones((4, 2)), seed=1) is None
    low, high = interval(None)
    assert math.isnan(low)
    assert math.isnan(high)
    assert within_noise(low, high)
    assert within_noise(-1.0, 1.0)
    assert not within_noise(0.1, 1.0)
    assert not within_noise(-1.0, -0.1)


def test_rows_of_one_item_do_not_count_as_independent(make_chain):
    """Twice the stores with the same misses make no interval narrower by the root of two."""
    inputs = make_chain(stores=8, items=20, weeks=9).inputs()

    def by_item(seen, weeks):
        truth = later_rate(inputs)(seen, weeks)
        wrong = {item: 0.5 + k % 5 / 4 for k, item in enumerate(inputs.items["item_id"])}
        return truth * [wrong[item] for item in truth.index.get_level_values("item_id")]

    rows = backtest(inputs, weeks=3, estimator=Recorder(inputs, by_item)).scores
    rows = rows[(rows["measure"] == "bias_share") & (rows["forecaster"] == PLANNER)]
    width = {
        by: float((part["high"] - part["low"]).median())
        for by, part in rows[rows["kind"] == ROLLING_ORIGIN].groupby("by")
        if by in ("all", "store")
    }
    assert width["all"] > 0.8 * width["store"]


# ---- capture


@given(
    st.lists(st.lists(st.floats(0, 50), min_size=5, max_size=5), min_size=1, max_size=4),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.integers(0, 5),
)
def test_no_choice_captures_more_than_the_best(units, share, seed):
    """The best is a bound, is the sum of the largest, and the whole range captures all."""
    units = np.array(units)
    random = np.random.default_rng(seed)
    known = random.random(units.shape) < 0.8
    frame = captured(units, known, {"any": random.random(units.shape)}, share)
    for store, row in frame.iterrows():
        sold = np.sort(units[store][known[store]])[::-1]
        slots = max(math.floor(len(sold) * share + 0.5), 1)
        assert row["slots"] == slots
        assert row["best_units_week"] == pytest.approx(sold[:slots].sum())
        assert row["any"] <= row["best_units_week"] + 1e-9
        if share == 1.0:
            assert row["any"] == pytest.approx(sold.sum())
    assert list(frame.index) == list(np.flatnonzero(known.any(axis=1)))


def test_the_common_ranking_is_one_for_all_and_skips_stores_that_cannot_buy():
    """An item of one region is ranked by its mean there, not diluted by the others."""
    forecast = np.array([[10.0, 6.0], [0.0, 6.0]])
    buyable = np.array([[True, True], [False, True]])
    found = rankings(forecast, buyable, forecast, forecast, forecast.sum(axis=0))
    assert found["common"].tolist() == [[10.0, 6.0], [10.0, 6.0]]
    assert found["chain total"].tolist() == [[10.0, 12.0], [10.0, 12.0]]
    assert set(found) == set(RANKINGS)


def test_there_is_always_a_slot():
    """A share of very little is rounded half up, and at least one."""
    assert slots_of(np.array([1, 2, 3, 5, 10]), 0.25).tolist() == [1, 1, 1, 1, 3]


# ---- odd chains


def odd(make_chain, name):
    """Inputs of a chain that lacks something."""
    if name == "three weeks":
        return make_chain(stores=6, items=8, weeks=3).inputs()
    if name == "two weeks":
        return make_chain(stores=6, items=8, weeks=2).inputs()
    if name == "one store":
        return make_chain(stores=1, items=9, weeks=9, carried=1.0).inputs()
    if name == "one item":
        return make_chain(stores=9, items=1, weeks=9, carried=1.0).inputs()
    if name == "one pair":
        return make_chain(stores=1, items=1, weeks=9, carried=1.0).inputs()
    chain = make_chain(stores=6, items=8, weeks=9)
    if name == "returns":
        chain.sales.loc[::3, "units"] = -5.0
    if name == "late":
        first = chain.sales["week"] == chain.sales["week"].max()
        chain.sales = chain.sales[first | (chain.sales["store_id"] == chain.store_ids[0])]
    return chain.inputs()


@pytest.mark.parametrize(
    "name", ["three weeks", "two weeks", "one store", "one item", "one pair", "returns", "late"]
)
def test_odd_chains_are_scored_as_far_as_they_go(make_chain, name):
    """No fault, finite errors, and what could not be done is said."""
    found = backtest(odd(make_chain, name), weeks=4)
    assert len(found.pairs)
    errors = found.scores[found.scores["measure"] == "mae_units_week"]["value"]
    assert np.isfinite(errors).all()
    subjects = {assumption.subject for assumption in found.assumptions}
    if name in ("three weeks", "two weeks"):
        assert found.weeks == 1
        assert {"weeks", "origins"} <= subjects
    if name == "one store":
        assert "hidden stores" in subjects
        assert HIDDEN_STORES not in set(found.scores["kind"])
    if name == "one pair":
        assert set(found.pairs["kind"]) == {ROLLING_ORIGIN}


def test_one_week_cannot_be_scored_and_says_so(make_chain):
    """There is nothing to hold out: bad input, with how to mend it."""
    inputs = make_chain(stores=3, items=4, weeks=1).inputs()
    with pytest.raises(BadInput) as caught:
        backtest(inputs, weeks=4)
    assert "longer history" in caught.value.problems[0].mend


def test_a_chain_that_sold_nothing_cannot_be_scored_and_says_so(make_chain):
    """Rows without a single unit: bad input in words, not a fault."""
    chain = make_chain(stores=3, items=4, weeks=9)
    with pytest.raises(BadInput) as caught:
        backtest(chain.inputs(sales=chain.sales.assign(units=0.0)), weeks=4)
    assert "no pair with a sale" in caught.value.problems[0].value


def test_pairs_that_say_nothing_are_counted(make_chain):
    """Two days in stock, and no sale: left out, each with its count."""
    chain = make_chain(stores=6, items=8, weeks=9, carried=1.0)
    sales = chain.sales.copy()
    last = sales["week"] >= sales["week"].max() - 2 * WEEK
    short = last & (sales["item_id"] == chain.item_ids[0])
    sales.loc[short, "days_in_stock"] = 0.5
    sales.loc[last & (sales["item_id"] == chain.item_ids[1]), "units"] = 0.0
    found = backtest(chain.inputs(sales=sales), weeks=3, light=True, estimator=planner_estimate)
    first = found.pairs[found.pairs["kind"] == ROLLING_ORIGIN]
    assert set(first["item_id"]) == set(chain.item_ids[2:])
    counts = {a.subject: a.count for a in found.assumptions}
    assert counts["days_in_stock"] >= 6
    assert counts["units"] >= 6
    assert set(MEASURES) <= set(found.scores["measure"])


# ---- what a plan brings along


def test_a_plan_of_a_long_history_is_not_kept_waiting(inputs, monkeypatch):
    """Above the limit nothing is estimated; the assumption names the command that does it."""
    monkeypatch.setattr(light, "MOST_ROWS", len(inputs.sales) - 1)
    scores, noted = light.light_backtest(inputs, 4, 1)
    assert scores.empty
    assert list(scores.columns) == list(SCORE_COLUMNS)
    assert "planner backtest" in noted[0].text


def test_a_plan_of_a_short_history_says_that_nothing_is_known(make_chain):
    """One week of sales is planned all the same, without scores."""
    chain = make_chain(stores=3, items=4, weeks=1)
    scores, noted = light.light_backtest(chain.inputs(), 4, 1)
    assert scores.empty
    assert "not known" in noted[0].text


def test_a_light_backtest_is_a_part_of_the_whole(inputs, scored):
    """One origin, one fold of hidden pairs, no stores hidden and none listed one by one."""
    scores, _ = light.light_backtest(inputs, 4, 1)
    assert set(scores["kind"]) == {ROLLING_ORIGIN, HIDDEN_PAIRS, "capture"}
    assert "store" not in set(scores["by"])
    whole = scored.scores
    own = {"kind": "capture", "by": "origin", "name": f"{scored.origins[0]:%Y-%m-%d}"}
    mine, theirs = (
        frame[(frame[list(own)] == pd.Series(own)).all(axis=1)].reset_index(drop=True)
        for frame in (scores, whole)
    )
    assert len(mine)
    pd.testing.assert_frame_equal(mine, theirs)
