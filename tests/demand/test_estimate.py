"""Demand recovers what is known of simulated chains, and changes only with what matters."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.demand.estimate import estimate
from planner.errors import BadInput

Make = Callable[..., Any]
COLUMNS = [
    "store_id",
    "item_id",
    "demand_units_week",
    "se_units_week",
    "low_units_week",
    "high_units_week",
    "source",
]


def matrix(pairs: pd.DataFrame, column: str = "demand_units_week") -> np.ndarray:
    """[store, item] values of a column."""
    stores = pairs["store_id"].nunique()
    return pairs[column].to_numpy().reshape(stores, -1)


@pytest.fixture(scope="module")
def plain(make_chain: Make) -> Any:
    """A chain of steady items in stock all the time, and its demand."""
    chain = make_chain(stores=20, items=30)
    return chain, estimate(chain.inputs(), weeks=4)


def test_every_pair_once_in_order(plain: Any) -> None:
    """Every store x item, by store then item, with exactly the columns promised."""
    chain, demand = plain
    assert list(demand.pairs.columns) == COLUMNS
    expected = pd.MultiIndex.from_product([chain.store_ids, chain.item_ids])
    found = pd.MultiIndex.from_frame(demand.pairs[["store_id", "item_id"]])
    assert found.equals(expected.set_names(["store_id", "item_id"]))
    assert not demand.pairs.isna().any().any()
    assert demand.first_week == chain.horizon


def test_recovers_the_rates_of_stocked_pairs(plain: Any) -> None:
    """With twelve weeks of history the estimate is within a few percent of the truth."""
    chain, demand = plain
    miss = np.log(matrix(demand.pairs) / chain.rate)[chain.carried]
    assert np.abs(miss).mean() < 0.12
    assert abs(miss.mean()) < 0.03


def test_foresees_never_stocked_pairs(plain: Any) -> None:
    """Never stocked: the miss is about the local effect that nothing told of, and no more."""
    chain, demand = plain
    miss = np.log(matrix(demand.pairs) / chain.rate)[~chain.carried]
    assert np.sqrt((miss**2).mean()) < 0.55
    truth = np.log(chain.rate)[~chain.carried]
    assert np.corrcoef(truth, truth + miss)[0, 1] > 0.8


def test_never_stocked_pairs_are_less_certain(plain: Any) -> None:
    """Relative spread and interval are wider without own history, and the source says so."""
    chain, demand = plain
    pairs = demand.pairs
    wide = matrix(pairs, "se_units_week") / matrix(pairs)
    assert wide[~chain.carried].min() > np.median(wide[chain.carried])
    interval = (matrix(pairs, "high_units_week") - matrix(pairs, "low_units_week")) / matrix(pairs)
    assert np.median(interval[~chain.carried]) > 1.5 * np.median(interval[chain.carried])
    source = matrix(pairs, "source")
    assert (source[~chain.carried] == "model").all()
    assert (source[chain.carried] != "model").all()


def test_intervals_hold_simulated_futures(plain: Any) -> None:
    """About 80 % of simulated means of the next weeks lie between the two quantiles."""
    chain, demand = plain
    future = np.random.default_rng(5).poisson(chain.rate * 4) / 4
    pairs = demand.pairs
    inside = (future >= matrix(pairs, "low_units_week")) & (
        future <= matrix(pairs, "high_units_week")
    )
    assert 0.72 < inside[chain.carried].mean() < 0.95
    assert 0.65 < inside[~chain.carried].mean() < 0.95


def test_stock_outs_do_not_hide_demand(make_chain: Make) -> None:
    """Items in stock three days of seven in half of their weeks keep their full-week rate."""
    chain = make_chain(stores=20, items=15, in_stock=0.5, seed=3)
    demand = estimate(chain.inputs(), weeks=2)
    miss = np.log(matrix(demand.pairs) / chain.rate)[chain.carried]
    assert abs(miss.mean()) < 0.04
    raw = chain.sales.groupby(["store_id", "item_id"])["units"].mean().mean()
    assert matrix(demand.pairs)[chain.carried].mean() > 1.2 * raw


def test_weeks_out_of_stock_are_not_weeks_without_demand(make_chain: Make) -> None:
    """Dropping the rows of weeks with no day in stock changes nothing but the count of them."""
    chain = make_chain(stores=6, items=8)
    out = chain.sales.copy()
    gone = (out.index % 5 == 0) & (out["week"] < out["week"].max())
    out.loc[gone, ["units", "days_in_stock"]] = 0.0
    with_rows = estimate(chain.inputs(sales=out), weeks=2)
    without = estimate(chain.inputs(sales=out[~gone].reset_index(drop=True)), weeks=2)
    pd.testing.assert_frame_equal(with_rows.pairs, without.pairs)
    counts = {a.subject: a.count for a in with_rows.assumptions}
    assert counts["sales.days_in_stock"] == gone.sum()


def test_relabelling_changes_nothing(make_chain: Make) -> None:
    """Other ids in another order give every pair the same demand."""
    chain = make_chain(stores=7, items=11, discounts=True)
    before = matrix(estimate(chain.inputs(), weeks=3).pairs)
    new_store = {old: f"Z{99 - k}" for k, old in enumerate(chain.store_ids)}
    new_item = {old: f"{77 - k}" for k, old in enumerate(chain.item_ids)}
    inputs = chain.inputs(
        sales=chain.sales.assign(
            store_id=chain.sales["store_id"].map(new_store),
            item_id=chain.sales["item_id"].map(new_item),
        ).sample(frac=1, random_state=2, ignore_index=True),
        stores=chain.stores.assign(store_id=chain.stores["store_id"].map(new_store))[::-1],
        items=chain.items.assign(item_id=chain.items["item_id"].map(new_item))[::-1],
    )
    after = matrix(estimate(inputs, weeks=3).pairs)[::-1, ::-1]
    np.testing.assert_allclose(after, before, rtol=1e-6)


def test_twice_the_units_is_twice_the_demand(make_chain: Make) -> None:
    """Demand is in the unit of the sales: doubling one doubles the other."""
    chain = make_chain(stores=8, items=10)
    once = matrix(estimate(chain.inputs(), weeks=3).pairs)
    doubled = chain.sales.assign(units=2 * chain.sales["units"])
    twice = matrix(estimate(chain.inputs(sales=doubled), weeks=3).pairs)
    np.testing.assert_allclose(twice, 2 * once, rtol=0.02)


def test_own_history_moves_the_estimate_towards_itself(make_chain: Make) -> None:
    """With history the estimate lies between the model without it and the pair's own rate."""
    chain = make_chain(stores=10, items=10, carried=1.0, local=0.6)
    log_rate = np.log(chain.rate)
    local = log_rate - log_rate.mean(axis=0) - log_rate.mean(axis=1, keepdims=True)
    store, item = np.unravel_index(local.argmax(), local.shape)
    sales = chain.sales
    own = (sales["store_id"] == chain.store_ids[store]) & (sales["item_id"] == chain.item_ids[item])
    full = matrix(estimate(chain.inputs(), weeks=2).pairs)[store, item]
    hidden = sales[~own].reset_index(drop=True)
    model = matrix(estimate(chain.inputs(sales=hidden), weeks=2).pairs)[store, item]
    rate = sales.loc[own, "units"].mean()
    assert model < 0.7 * rate
    assert model < full < rate * 1.1
    assert abs(np.log(full / rate)) < abs(np.log(full / model))


def promotion(chain: Any, **row: object) -> pd.DataFrame:
    """One planned promotion in the first week of the horizon."""
    base = {"store_id": "", "item_id": "4003", "week": chain.horizon, "discount": 0.3}
    return pd.DataFrame([base | row])


def test_planned_promotions_raise_demand(make_chain: Make) -> None:
    """In a one-week horizon demand is close to (1 - discount) ** the true elasticity times more."""
    chain = make_chain(stores=15, items=15, discounts=True, elasticity=-2.0)
    plain = estimate(chain.inputs(), weeks=1)
    text = next(a.text for a in plain.assumptions if a.subject == "sales.discount")
    elasticity = float(text.split()[2])
    assert -2.3 < elasticity < -1.7
    promoted = estimate(chain.inputs(promotions=promotion(chain)), weeks=1)
    ratio = matrix(promoted.pairs) / matrix(plain.pairs)
    stocked = plain.in_range
    np.testing.assert_allclose(ratio[stocked[:, 3], 3], 0.7**-2.0, rtol=0.07)
    assert (ratio[~stocked[:, 3], 3] > 1.0).all()
    assert (ratio[~stocked[:, 3], 3] < 0.7**-2.0 * 1.07).all()
    others = np.arange(15) % 6 != 3
    np.testing.assert_allclose(ratio[:, others][stocked[:, others]], 1.0)
    neighbours = ~others & (np.arange(15) != 3)
    np.testing.assert_allclose(ratio[:, neighbours][stocked[:, neighbours]], 1.0, atol=0.08)


def test_a_neighbours_promotion_takes_from_an_item(make_chain: Make) -> None:
    """Where discounts on one item halve what its neighbour sells, so does a planned one."""
    chain = make_chain(stores=12, items=12, weeks=30)
    week = ((chain.sales["week"] - chain.sales["week"].min()).dt.days // 7).to_numpy()
    item = chain.sales["item_id"].astype(int).to_numpy() - 4000
    on = week % 3 == 0
    off = np.where(on & (item == 3), 0.3, 0.0)
    draw = np.random.default_rng(8)
    lift = np.where(off > 0, 3.0, 1.0) * np.where(on & (item == 9), 0.5, 1.0)
    chain.sales["discount"] = off
    chain.sales["units"] = draw.poisson(chain.sales["units"] * lift).astype(float)
    plain = estimate(chain.inputs(), weeks=1)
    promoted = estimate(chain.inputs(promotions=promotion(chain)), weeks=1)
    ratio = (matrix(promoted.pairs) / matrix(plain.pairs))[plain.in_range[:, 9], 9]
    assert np.median(ratio) == pytest.approx(0.5, abs=0.15)


def test_promotions_count_where_and_when_they_are(make_chain: Make) -> None:
    """A store's own row stands before the chain's; a week of four weighs a quarter; others none."""
    chain = make_chain(stores=6, items=6, discounts=True)
    plain = matrix(estimate(chain.inputs(), weeks=4).pairs)
    later = chain.horizon + pd.Timedelta(weeks=4)
    rows = pd.concat(
        [
            promotion(chain),
            promotion(chain, store_id="S002", discount=0.0),
            promotion(chain, item_id="4001", week=later),
        ],
        ignore_index=True,
    )
    ratio = matrix(estimate(chain.inputs(promotions=rows), weeks=4).pairs) / plain
    assert ratio[2, 3] == pytest.approx(1.0, abs=0.05)
    np.testing.assert_allclose(ratio[:, 1], 1.0)
    full = matrix(estimate(chain.inputs(promotions=promotion(chain)), weeks=1).pairs) / matrix(
        estimate(chain.inputs(), weeks=1).pairs
    )
    assert ratio[0, 3] - 1 == pytest.approx((full[0, 3] - 1) / 4, rel=0.15)


def test_a_new_item_sells_like_its_need_group(make_chain: Make) -> None:
    """An item without sales gets its need group's mean in each store, and a wide spread."""
    chain = make_chain(stores=8, items=12)
    new = pd.DataFrame([{"item_id": "9999", "category": "C0", "need_group": "N0"}])
    items = pd.concat([chain.items, new], ignore_index=True)
    pairs = estimate(chain.inputs(items=items), weeks=2).pairs
    demand = matrix(pairs)
    peers = np.flatnonzero(chain.items["need_group"] == "N0")
    np.testing.assert_allclose(demand[:, -1], demand[:, peers].mean(axis=1), rtol=1e-9)
    wide = matrix(pairs, "se_units_week") / demand
    assert (wide[:, -1] > wide[:, peers].max(axis=1)).all()
    assert (matrix(pairs, "source")[:, -1] == "model").all()


def test_an_item_never_tried_takes_from_the_others_once_added(make_chain: Make) -> None:
    """Where the range is given, what the model foretells is the attraction, and demand is less.

    The sales that it leans on were made without the item. An item of the range without sales, or
    a store whose range is only guessed from its sales, is left as foretold.
    """
    chain = make_chain(stores=8, items=12)
    guessed = estimate(chain.inputs(), weeks=2)
    store, item = np.nonzero(chain.carried & (np.arange(8) > 0)[:, None])
    given = pd.DataFrame({"store_id": chain.store_ids[store], "item_id": chain.item_ids[item]})
    hidden = pd.DataFrame({"store_id": "S001", "item_id": chain.item_ids[~chain.carried[1]][:1]})
    told = estimate(chain.inputs(current_range=pd.concat([given, hidden])), weeks=2)
    before, after = matrix(guessed.pairs), matrix(told.pairs)
    members = np.eye(len(told.need_groups))[told.group_of_item]
    beside = (told.in_range @ members)[:, told.group_of_item] > 0
    untried = ~chain.carried & ~told.in_range & beside & (np.arange(8) > 0)[:, None]
    assert untried.any()
    assert (after[untried] < before[untried]).all()
    np.testing.assert_allclose(after[~untried], before[~untried])
    np.testing.assert_allclose(told.choice.attraction[0][untried], before[untried])


def test_a_new_store_sells_like_its_region(make_chain: Make) -> None:
    """A store without sales has the mean size of its region and the range most of it lists."""
    chain = make_chain(stores=10, items=12)
    stores = pd.concat(
        [chain.stores, pd.DataFrame([{"store_id": "NEW", "region": "R0"}])], ignore_index=True
    )
    demand = estimate(chain.inputs(stores=stores), weeks=2)
    total = matrix(demand.pairs).sum(axis=1)
    region = total[:-1][(chain.stores["region"] == "R0").to_numpy()]
    assert region.min() < total[-1] < region.max()
    wide = matrix(demand.pairs, "se_units_week") / matrix(demand.pairs)
    assert np.median(wide[-1]) > 1.3 * np.median(wide[:-1])
    peers = (chain.stores["region"] == "R0").to_numpy()
    common = demand.in_range[:-1][peers].mean(axis=0) >= 0.5
    np.testing.assert_array_equal(demand.in_range[-1], common)
    assert any(a.subject == "sales.store_id" and a.count == 1 for a in demand.assumptions)


def test_current_range_is_the_table_where_there_is_one(make_chain: Make) -> None:
    """Rows of current_range decide for their store; other stores list what they sold lately."""
    chain = make_chain(stores=4, items=6, weeks=10)
    given = pd.DataFrame({"store_id": ["S001", "S001"], "item_id": ["4000", "4005"]})
    sales = chain.sales
    stopped = (sales["store_id"] == "S000") & (sales["item_id"] == sales["item_id"].iloc[0])
    sales = sales[~(stopped & (sales["week"] > sales["week"].min()))].reset_index(drop=True)
    demand = estimate(chain.inputs(sales=sales, current_range=given), weeks=2)
    assert demand.in_range[1].tolist() == [True, False, False, False, False, True]
    assert not demand.in_range[0, int(sales["item_id"].iloc[0]) - 4000]
    np.testing.assert_array_equal(demand.in_range[2], chain.carried[2])


def test_the_choice_model_gives_back_the_pairs(plain: Any) -> None:
    """Potential and attractions say of the current range what the pairs say."""
    _, demand = plain
    rate = matrix(demand.pairs)
    np.testing.assert_allclose(demand.choice.attraction[0][demand.in_range], rate[demand.in_range])
    listed = np.where(
        demand.in_range, demand.choice.attraction[0], demand.choice.shadow_attraction[0]
    )
    for group in range(len(demand.need_groups)):
        inside = demand.group_of_item == group
        denominator = (
            listed[:, inside].sum(axis=1) + demand.choice.no_purchase_attraction[0][:, group]
        )
        np.testing.assert_allclose(denominator, demand.choice.potential_units_week[0][:, group])
    assert set(demand.recapture["source"]) == {"assumption"}
    np.testing.assert_allclose(demand.recapture["recapture_share"], 0.4, atol=1e-4)


def test_returns_are_netted(make_chain: Make) -> None:
    """A return booked a week later lowers the rate as if it had been netted at the till."""
    chain = make_chain(stores=10, items=10, carried=1.0)
    sales = chain.sales.copy()
    row = sales.index[(sales["store_id"] == "S001") & (sales["item_id"] == "4002")]
    before = matrix(estimate(chain.inputs(), weeks=2).pairs)[1, 2]
    sales.loc[row[-2], "units"] = -20.0
    demand = estimate(chain.inputs(sales=sales), weeks=2)
    assert 0 < matrix(demand.pairs)[1, 2] < before
    assert any(a.subject == "sales.units" and a.count == 1 for a in demand.assumptions)


def test_one_store_one_item_one_week(make_chain: Make) -> None:
    """The smallest chain gives a finite demand near what was sold."""
    chain = make_chain(stores=1, items=1, weeks=1, carried=1.0, mean=50.0)
    pairs = estimate(chain.inputs(), weeks=4).pairs
    sold = chain.sales["units"].iloc[0]
    assert pairs["demand_units_week"].iloc[0] == pytest.approx(sold, rel=0.25)
    assert pairs["low_units_week"].iloc[0] < sold < pairs["high_units_week"].iloc[0]


def test_sparse_sales_stay_finite(make_chain: Make) -> None:
    """Items that sell once in many weeks get small, finite numbers and ordered quantiles."""
    chain = make_chain(stores=10, items=20, mean=0.05, weeks=8)
    pairs = estimate(chain.inputs(), weeks=4).pairs
    assert np.isfinite(pairs.select_dtypes("number")).all().all()
    assert (pairs["low_units_week"] <= pairs["demand_units_week"]).all()
    assert (pairs["demand_units_week"] <= pairs["high_units_week"]).all()
    mean = pairs["demand_units_week"].to_numpy().reshape(10, 20)[chain.carried].mean()
    assert mean == pytest.approx(chain.rate[chain.carried].mean(), rel=0.5)


def test_nothing_ever_in_stock_is_bad_input(make_chain: Make) -> None:
    """Sales without a single day in stock cannot be planned, and the message says why."""
    chain = make_chain(stores=2, items=2)
    inputs = chain.inputs(sales=chain.sales.assign(days_in_stock=0.0, units=0.0))
    with pytest.raises(BadInput) as caught:
        estimate(inputs, weeks=2)
    assert "days_in_stock" in str(caught.value.problems[0])


@pytest.mark.parametrize(("weeks", "share"), [(0, 0.4), (4, -0.1), (4, 1.1)])
def test_refuses_meaningless_settings(make_chain: Make, weeks: int, share: float) -> None:
    """A horizon of no weeks or a recapture outside [0, 1] is refused."""
    chain = make_chain(stores=2, items=2)
    with pytest.raises(ValueError, match="must"):
        estimate(chain.inputs(), weeks=weeks, recapture_share=share)


def test_result_is_frozen(plain: Any) -> None:
    """Later stages cannot change the demand they are given."""
    _, demand = plain
    with pytest.raises(dataclasses.FrozenInstanceError):
        demand.weeks = 5
