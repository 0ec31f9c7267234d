"""The two bundled chains: complete, consistent, plannable, and what their READMEs say they are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from planner.assortment.rules import PlanRules
from planner.scenarios.file import check_with_inputs, read_scenarios
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs

DATA = Path(__file__).parents[2] / "data"
GREENGROCER, THREE_CITIES = DATA / "greengrocer", DATA / "three-cities"
TRUTH = GREENGROCER / "truth"
KEYS = {
    "sales": ["store_id", "item_id", "week"],
    "items": ["item_id"],
    "stores": ["store_id"],
    "fixtures": ["store_id", "fixture_id", "bay", "shelf"],
    "current_range": ["store_id", "item_id"],
    "signals": ["store_id", "signal", "week"],
    "segments": ["store_id", "segment"],
}


@pytest.fixture(scope="module")
def greengrocer() -> Inputs:
    """The readable chain, read by the planner."""
    return read_inputs(GREENGROCER)


@pytest.fixture(scope="module")
def three_cities() -> Inputs:
    """The real chain, read by the planner."""
    return read_inputs(THREE_CITIES)


@pytest.fixture(scope="module", params=["greengrocer", "three_cities"])
def chain(request: pytest.FixtureRequest) -> Inputs:
    """Either chain."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Inputs)
    return found


def truth(name: str) -> pd.DataFrame:
    """A table of what the simulation knows."""
    path = TRUTH / name
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    return pd.read_csv(path, dtype={"store_id": str, "item_id": str})


def test_keys_are_unique(chain: Inputs) -> None:
    """No table has two rows for the same thing."""
    for table, key in KEYS.items():
        assert not getattr(chain, table).duplicated(key).any(), table


def test_references_exist(chain: Inputs) -> None:
    """Every row names a store and an item that the chain has."""
    stores, items = set(chain.stores.store_id), set(chain.items.item_id)
    for name in ("sales", "current_range"):
        table = getattr(chain, name)
        assert set(table.store_id) <= stores
        assert set(table.item_id) <= items
    assert set(chain.fixtures.store_id) == stores
    assert set(chain.current_range.store_id) == stores


def test_every_item_has_a_history(chain: Inputs) -> None:
    """No item is known by its name alone, so that every item's demand can be estimated."""
    assert set(chain.sales.item_id) == set(chain.items.item_id)


def test_items_are_sold_only_where_they_can_be_bought(chain: Inputs) -> None:
    """Sales and current range keep to each item's regions."""
    region = chain.stores.set_index("store_id").region
    regions = chain.items.set_index("item_id").regions
    for table in (chain.sales, chain.current_range):
        pairs = table[["store_id", "item_id"]].astype(str).drop_duplicates()
        allowed = pairs.item_id.map(regions).str.split(";")
        here = pairs.store_id.map(region)
        assert all(
            names == [""] or name in names for names, name in zip(allowed, here, strict=True)
        )


def test_the_core_fits_in_every_store(chain: Inputs) -> None:
    """The core at its fewest facings leaves room on every fixture type of every store."""
    core = chain.items[chain.items.core]
    needed = (core.facing_width_cm * core.min_facings).groupby(core.fixture_type).sum()
    width = chain.fixtures.pivot_table("width_cm", "store_id", "fixture_type", "sum")
    assert (width[needed.index] > 1.1 * needed).all().all()


def test_the_current_range_stands_on_its_shelves(chain: Inputs) -> None:
    """Today's facings fit: by fixture type, and shelf by shelf where the place is given."""
    rows = chain.current_range.merge(chain.items, on="item_id")
    rows["used_cm"] = rows.facings * rows.facing_width_cm
    width = chain.fixtures.groupby(["store_id", "fixture_type"]).width_cm.sum()
    used = rows.groupby(["store_id", "fixture_type"]).used_cm.sum()
    assert (used <= width.loc[used.index]).all()
    placed = rows[rows.fixture_id != ""]
    shelf = ["store_id", "fixture_id", "bay", "shelf"]
    shelves = chain.fixtures.set_index(shelf)
    used = placed.groupby(shelf).used_cm.sum()
    assert (used <= shelves.width_cm.loc[used.index]).all()
    kinds = shelves.fixture_type.loc[pd.MultiIndex.from_frame(placed[shelf])]
    assert (kinds.to_numpy() == placed.fixture_type.to_numpy()).all()


def test_bundled_data_stay_small() -> None:
    """A clone of the project stays light: all bundled data under 12 MB."""
    assert sum(f.stat().st_size for f in DATA.rglob("*") if f.is_file()) < 12e6


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        (GREENGROCER, ["public domain", "CC0", "Complete Journey", "FoodKeeper", "assumed"]),
        (THREE_CITIES, ["CC BY 4.0", "Wang et al. (2025)", "arXiv:2505.16319", "Changes made"]),
    ],
)
def test_readme_names_sources_and_licences(folder: Path, words: list[str]) -> None:
    """Who takes a bundled chain finds its source, licence and changes beside it."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert [word for word in words if word not in text] == []


def test_three_cities_is_the_chain_described(three_cities: Inputs) -> None:
    """239 stores, 389 items, eleven Thursday weeks, 14 core items, one slot an item."""
    assert len(three_cities.stores) == 239
    assert three_cities.stores.region.value_counts().to_dict() == {
        "City 6": 43,
        "City 12": 107,
        "City 16": 89,
    }
    assert len(three_cities.items) == 389
    assert three_cities.items.core.sum() == 14
    weeks = three_cities.sales.week.drop_duplicates().sort_values()
    assert list(weeks) == list(pd.date_range("2024-03-28", periods=11, freq="7D"))
    slots = three_cities.fixtures.groupby("store_id").width_cm.sum() / 10
    items = three_cities.current_range.groupby("store_id").size()
    assert (slots == items).all()
    assert (slots.min(), slots.median(), slots.max()) == (16, 49, 116)
    assert (three_cities.items.price == 1).all()
    assert (three_cities.items.unit_cost == 0).all()


def test_three_cities_core_follows_its_rule(three_cities: Inputs) -> None:
    """Core = the items found in at least 60 % of the stores of every one of the cities."""
    sold = three_cities.sales[["store_id", "item_id"]].astype(str).drop_duplicates()
    sold = sold.merge(three_cities.stores[["store_id", "region"]], on="store_id")
    found = sold.groupby(["item_id", "region"]).size().unstack(fill_value=0)
    share = found / three_cities.stores.region.value_counts()
    core = set(share.index[(share >= 0.6).all(axis=1)])
    assert core == set(three_cities.items.item_id[three_cities.items.core])


def test_greengrocer_is_the_chain_described(greengrocer: Inputs) -> None:
    """24 stores in three cities, about 140 items, 52 Monday weeks, need groups of 2 to 7."""
    assert len(greengrocer.stores) == 24
    assert greengrocer.stores.region.nunique() == 3
    assert 135 <= len(greengrocer.items) <= 150
    assert 45 <= greengrocer.items.core.sum() <= 55
    assert greengrocer.items.groupby("need_group").size().between(2, 7).all()
    weeks = greengrocer.sales.week.drop_duplicates().sort_values()
    assert list(weeks) == list(pd.date_range("2025-10-27", periods=52, freq="7D"))
    assert (greengrocer.promotions.week > weeks.max()).all()
    assert not any(" item " in name for name in greengrocer.items.item_name)


def test_greengrocer_has_what_makes_estimation_hard(greengrocer: Inputs) -> None:
    """Stock-outs, whole weeks out, returns, promotions, range changes, pairs never stocked."""
    sales = greengrocer.sales
    assert (sales.days_in_stock == 0).any()
    assert sales.days_in_stock.between(1, 6).mean() > 0.03
    assert (sales.units < 0).any()
    assert 0.05 < (sales.promo_days > 0).mean() < 0.25
    weeks = sales.groupby(["store_id", "item_id"], observed=True).week.nunique()
    assert (weeks < 52).sum() > 50
    assert len(weeks) < 0.8 * 24 * len(greengrocer.items)


def test_greengrocer_stores_sell_what_such_stores_sell(greengrocer: Inputs) -> None:
    """Produce sales of a store are 7,000 to 50,000 dollars a week, at a sane cost of sales."""
    sales = greengrocer.sales
    week = sales.groupby(["store_id", "week"], observed=True).revenue.sum()
    assert week.groupby("store_id", observed=True).mean().between(7_000, 50_000).all()
    assert (greengrocer.items.unit_cost / greengrocer.items.price).between(0.53, 0.74).all()


def test_greengrocer_core_is_affordable(greengrocer: Inputs) -> None:
    """The smallest stock of the core costs far less than any store's budget."""
    core = greengrocer.items[greengrocer.items.core]
    stock = np.maximum(core.case_units, core.min_units_per_facing * core.min_facings)
    cycle = (stock * core.unit_cost / (1 - core.store_loss_share)).sum()
    stores = greengrocer.stores
    assert (cycle * stores.deliveries_week < 0.6 * stores.budget_week).all()


def test_greengrocer_current_range_keeps_its_rules(greengrocer: Inputs) -> None:
    """Today's range has the core and obeys the range rules, so the rules can be met."""
    listed = greengrocer.current_range.merge(greengrocer.items, on="item_id")
    core = set(greengrocer.items.item_id[greengrocer.items.core])
    for _, here in listed.groupby("store_id"):
        assert core <= set(here.item_id)
    counts = listed.groupby(["need_group", "store_id"]).size().unstack(fill_value=0)
    for rule in greengrocer.range_rules.itertuples():
        assert (counts.loc[rule.need_group] >= np.nan_to_num(rule.min_items, nan=0)).all()
        assert (counts.loc[rule.need_group] <= np.nan_to_num(rule.max_items, nan=99)).all()


def test_simulation_repeats_itself(tmp_path: Path, greengrocer: Inputs) -> None:
    """The bundled seed makes the bundled chain again; another seed makes another one."""
    script = GREENGROCER / "simulate.py"
    for folder, seed in ((tmp_path / "same", []), (tmp_path / "other", ["--seed", "8"])):
        subprocess.run([sys.executable, "-B", str(script), "--out", str(folder), *seed], check=True)
    for name in ("items", "stores", "fixtures", "current_range", "promotions"):
        again = (tmp_path / "same" / f"{name}.csv").read_text(encoding="utf-8")
        assert again == (GREENGROCER / f"{name}.csv").read_text(encoding="utf-8"), name
    again_sales = pd.read_parquet(tmp_path / "same" / "sales.parquet")
    assert len(again_sales) == len(greengrocer.sales)
    assert again_sales.units.sum() == pytest.approx(greengrocer.sales.units.sum(), rel=1e-9)
    other = read_inputs(tmp_path / "other")
    assert other.sales.units.sum() != pytest.approx(again_sales.units.sum(), rel=1e-4)
    assert len(other.stores) == 24


def test_segment_shares_sum_to_one(greengrocer: Inputs) -> None:
    """Known and true shares of a store's customers are shares; the known are near the true."""
    real = truth("segment_shares.csv")
    for shares in (greengrocer.segments, real):
        assert np.allclose(shares.groupby("store_id").share.sum(), 1, atol=1e-4)
    both = greengrocer.segments.merge(real, on=["store_id", "segment"])
    assert both.share_x.corr(both.share_y) > 0.95
    assert not np.allclose(both.share_x, both.share_y, atol=0.006)


def test_signals_explain_segments_in_part(greengrocer: Inputs) -> None:
    """A signal follows its segment without giving it away; two signals follow nothing."""
    wide = greengrocer.signals.pivot_table("value", "store_id", "signal")
    shares = truth("segment_shares.csv").pivot_table("share", "store_id", "segment")
    assert 0.7 < wide.share_spanish_at_home.corr(shares["latin kitchens"]) < 0.999
    assert 0.7 < wide.share_age_under_35.corr(shares["students"]) < 0.999
    empty = ["parking_spaces_per_100_customers", "minutes_from_motorway"]
    assert shares.corrwith(wide[empty[0]]).abs().max() < 0.65
    assert shares.corrwith(wide[empty[1]]).abs().max() < 0.65


def test_true_demand_covers_every_pair(greengrocer: Inputs) -> None:
    """A positive true demand for every store-item, and the range that it refers to."""
    demand = truth("demand.parquet")
    assert len(demand) == 24 * len(greengrocer.items)
    assert not demand.duplicated(["store_id", "item_id"]).any()
    assert (demand.demand_units_week > 0).all()
    listed = demand[demand.in_current_range]
    assert set(zip(listed.store_id, listed.item_id, strict=True)) == set(
        zip(greengrocer.current_range.store_id, greengrocer.current_range.item_id, strict=True)
    )
    assert listed.can_be_bought.all()


def test_true_demand_follows_from_attractions(greengrocer: Inputs) -> None:
    """The attractions and potentials kept give the true demand back at the current range."""
    demand = truth("demand.parquet")
    groups = greengrocer.items.set_index("item_id").need_group
    rows = truth("attractions.parquet").merge(demand, on=["store_id", "item_id"])
    rows["need_group"] = rows.item_id.map(groups)
    cell = ["segment", "store_id", "need_group"]
    rows["held"] = np.where(rows.in_current_range, rows.attraction, rows.shadow_attraction)
    rows = rows.merge(truth("potentials.parquet"), on=cell)
    total = rows.no_purchase_attraction + rows.groupby(cell).held.transform("sum")
    total += np.where(rows.in_current_range, 0, rows.attraction - rows.shadow_attraction)
    rows["units"] = rows.potential_units_week * rows.attraction / total
    units = rows.groupby(["store_id", "item_id"]).units.sum()
    expected = demand.set_index(["store_id", "item_id"]).demand_units_week
    error = (units / expected.loc[units.index] - 1).abs()
    promoted = set(greengrocer.promotions.item_id.map(groups))
    item = error.index.get_level_values("item_id").map(groups)
    assert error[~item.isin(promoted)].max() < 0.02
    # A group with a promotion in some of the weeks: the mean of ratios is not the ratio of means.
    assert error[item.isin(promoted)].quantile(0.9) < 0.06


def test_true_recapture_is_a_share() -> None:
    """Recapture lies between 0 and 1, and is 0 where a group's stores list one item only."""
    groups = truth("need_groups.csv")
    known = groups.recapture_share.dropna()
    assert known.between(0, 1).all()
    assert (known > 0.1).mean() > 0.5
    assert groups.theta.between(0, 1).all()


def test_sales_follow_the_truth(greengrocer: Inputs) -> None:
    """What sold in the last eight weeks, per day in stock, agrees with the demand that follows."""
    sales = greengrocer.sales
    late = sales[sales.week > sales.week.max() - pd.Timedelta(weeks=8)]
    late = late[late.promo_days == 0].astype({"store_id": str, "item_id": str})
    sums = late.groupby(["store_id", "item_id"])[["units", "days_in_stock"]].sum()
    sums = sums[sums.units > 0]
    real = truth("demand.parquet").set_index(["store_id", "item_id"]).demand_units_week
    rate = np.log(sums.units / sums.days_in_stock * 7)
    assert rate.corr(np.log(real.loc[sums.index])) > 0.95


def test_the_scenarios_can_be_asked_for(greengrocer):
    """The bundled scenarios are without fault, fit the chain, and each asks for something else."""
    found = read_scenarios(GREENGROCER / "scenarios.toml")
    assert len(found) > 2
    for scenario in found.values():
        check_with_inputs(scenario, greengrocer)
    assert len({str(scenario.rules) for scenario in found.values()}) == len(found)
    assert all(scenario.rules != PlanRules() for scenario in found.values())
