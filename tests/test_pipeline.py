"""The main job as a whole: tables in, a run folder out."""

from __future__ import annotations

import dataclasses
import json
import math
import multiprocessing
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from whole_chain import (
    QUICK,
    SETTINGS,
    SHOP_FIXTURES,
    SHOP_ITEMS,
    SHOP_LISTS,
    SHOP_STORES,
    SHOP_WEEKS,
    corner_shops,
    plan_of,
    same_tables,
    shop_sales,
    stages_of,
    table,
)

from planner.assortment.chain import plan_chain
from planner.assortment.solve_settings import SolveSettings
from planner.audit import audit
from planner.errors import BadInput, Infeasible, NoPlan, PartlyPlanned, PlannerError
from planner.explain import explain
from planner.outputs.evidence import evidence_tables
from planner.pipeline import plan

KEPT_COLUMNS = {
    "demand": "store_id item_id demand_units_week se_units_week low_units_week high_units_week "
    "source",
    "assortment": "store_id item_id core listed facings stock_units_cycle demand_units_week "
    "sold_units_week waste_units_week sales_week margin_week status reason",
    "limits": "store_id limit unit used available shadow_price",
    "positions": "store_id item_id fixture_id bay shelf position left_cm width_cm facings",
}
LOCKS = "store_id,item_id,lock\n"


def assumed(assumptions) -> str:
    """Subjects and texts of assumptions, to look for words in."""
    if isinstance(assumptions, pd.DataFrame):
        return "\n".join(assumptions["subject"] + ": " + assumptions["text"])
    return "\n".join(f"{a.subject}: {a.text}" for a in assumptions)


def economics_of(stages) -> pd.DataFrame:
    """The economics table of a chain's plan, by store and item."""
    frame = evidence_tables(stages.assortment)["economics"]
    return frame.set_index(["store_id", "item_id"])


def listed_of(stages) -> set[tuple[str, str]]:
    """Store and item of everything listed."""
    return {
        (store, item)
        for store, found in stages.assortment.plans.items()
        for item, on in zip(stages.demand.item_ids, found.score.listed, strict=True)
        if on
    }


# ---- the run of four stores


def test_every_file_of_a_run_is_there(small_run):
    """A run holds its stamp, the report and its regions, the workbooks, copies and tables."""
    stores = pd.read_csv(small_run / "inputs" / "stores.csv", dtype=str)
    expected = {"run.json", "report.html", "chain.xlsx"}
    expected |= {f"planograms/{store}.xlsx" for store in stores["store_id"]}
    expected |= {f"regions/{region}.html" for region in stores["region"]}
    expected |= {f"tables/{name}.parquet" for name in KEPT_COLUMNS}
    found = {p.relative_to(small_run).as_posix() for p in small_run.rglob("*") if p.is_file()}
    assert expected <= found
    assert stores["region"].nunique() == 2
    assert len(stores) == 4
    workbooks = {name for name in found if name.startswith("planograms/")}
    assert workbooks == {name for name in expected if name.startswith("planograms/")}
    assert (small_run / "inputs" / "items.csv").is_file()
    assert not (small_run / "inputs" / "sales.parquet").exists()


@pytest.mark.parametrize("name", sorted(KEPT_COLUMNS))
def test_kept_tables_have_exactly_their_columns(small_run, name):
    """The tables that others read have the documented columns in the documented order."""
    assert list(table(small_run, name).columns) == KEPT_COLUMNS[name].split()


def test_demand_covers_every_store_and_item(small_run):
    """Demand has one row for each store and item, finite, inside its own interval."""
    demand = table(small_run, "demand")
    stores = pd.read_csv(small_run / "inputs" / "stores.csv", dtype=str)["store_id"]
    items = pd.read_csv(small_run / "inputs" / "items.csv", dtype=str)["item_id"]
    pairs = pd.MultiIndex.from_product([stores, items])
    assert pd.MultiIndex.from_frame(demand[["store_id", "item_id"]]).equals(pairs)
    numbers = demand.select_dtypes("number")
    assert np.isfinite(numbers.to_numpy()).all()
    assert (numbers.to_numpy() >= 0).all()
    assert (demand["low_units_week"] <= demand["high_units_week"]).all()
    assert set(demand["source"]) <= {"history", "mixed", "model"}


def test_one_core_stands_in_every_store(small_run):
    """The core is the same items everywhere, the given ones, and every store lists all of it."""
    rows = table(small_run, "assortment")
    items = pd.read_csv(small_run / "inputs" / "items.csv", dtype=str).set_index("item_id")
    given = set(items.index[items["core"] == "yes"])
    assert len(given) > 10
    for _, part in rows.groupby("store_id"):
        assert set(part.loc[part["core"], "item_id"]) == given
        assert part.loc[part["core"], "listed"].all()


def test_every_store_is_feasible_with_a_proven_gap(small_run):
    """Every store's plan is feasible and proven within half a percent, and so is the chain."""
    stores = table(small_run, "store_plans")
    assert (stores["plan"] == "feasible").all()
    assert (stores["gap"] <= 0.005).all()
    assert (stores["bound_week"] >= stores["objective_week"]).all()
    recomputed = (stores["bound_week"] - stores["objective_week"]) / stores["objective_week"]
    np.testing.assert_allclose(stores["gap"], recomputed, atol=1e-12)
    run = json.loads((small_run / "run.json").read_text())
    assert run["plan"] == "feasible"
    assert run["objective_week"] == pytest.approx(stores["objective_week"].sum())
    assert run["bound_week"] == pytest.approx(stores["bound_week"].sum())
    assert 0 <= run["gap"] <= 0.005


def test_local_is_never_worse_than_common(small_run):
    """The common plan keeps the same limits, so it can beat the local one by the gap at most."""
    local = table(small_run, "store_plans").set_index("store_id")["objective_week"]
    figures = table(small_run, "figures").set_index(["plan", "store_id"])["margin_week"]
    common = figures["common"].loc[local.index]
    assert (common <= local * 1.005).all()
    assert (common <= table(small_run, "store_plans").set_index("store_id")["bound_week"]).all()
    assert local.sum() > common.sum()


def test_statuses_say_what_changes_against_the_current_range(small_run):
    """NEW, KEEP, OUT and NOT CARRIED are what listed and today's range make them."""
    rows = table(small_run, "assortment")
    today = pd.read_csv(small_run / "inputs" / "current_range.csv", dtype=str)
    stocked = set(zip(today["store_id"], today["item_id"], strict=True))
    names = {(True, False): "NEW", (True, True): "KEEP", (False, True): "OUT",
             (False, False): "NOT CARRIED"}  # fmt: skip
    for row in rows.to_dict("records"):
        was = (row["store_id"], row["item_id"]) in stocked
        assert row["status"] == names[row["listed"], was], row
    assert set(rows["status"]) == set(names.values())
    assert (rows.loc[rows["listed"], "facings"] >= 1).all()
    assert (rows["reason"].str.len() > 10).all()
    figures = ["facings", "stock_units_cycle", "demand_units_week", "sold_units_week",
               "waste_units_week", "sales_week", "margin_week"]  # fmt: skip
    assert (rows.loc[~rows["listed"], figures] == 0).all(axis=None)
    changes = table(small_run, "changes")
    count = changes.groupby("change").size()
    assert count["NEW"] == (rows["status"] == "NEW").sum()
    assert count["OUT"] == (rows["status"] == "OUT").sum()
    out = changes["change"] == "OUT"
    days = (changes["run_down_date"] - changes["last_order_date"]).dt.days
    assert days[out].between(1, 7).all()
    assert days[~out].isna().all()


def test_positions_are_the_listed_items(small_run):
    """Every listed item stands on a shelf with all its facings, and nothing else does."""
    rows = table(small_run, "assortment")
    placed = table(small_run, "positions").groupby(["store_id", "item_id"])["facings"].sum()
    listed = rows[rows["listed"]].set_index(["store_id", "item_id"])["facings"]
    pd.testing.assert_series_equal(placed.sort_index(), listed.sort_index(), check_dtype=False)


def test_audit_finds_nothing_off(small_run, shop_run):
    """Finished runs agree with themselves, with their tables and with their data."""
    for run in (small_run, shop_run):
        result = audit(run)
        assert result.findings == ()
        assert result.checks > 1000


def test_run_file_says_how_it_came_about(small_run):
    """run.json holds scenario, seed, hashes of every input, versions, seconds and plan ids."""
    run = json.loads((small_run / "run.json").read_text())
    assert run["scenario"]["name"] == "base"
    assert run["seed"] == SETTINGS.seed
    assert {"sales", "items", "stores"} <= set(run["inputs"])
    assert all(len(entry["sha256"]) == 64 for entry in run["inputs"].values())
    assert {"planner", "python", "highspy", "PuLP"} <= set(run["versions"])
    assert {"tables", "demand", "backtest", "assortment", "shelves"} <= set(run["seconds"])
    assert run["peak_memory_mb"] > 1
    ids = table(small_run, "store_plans").set_index("store_id")["plan_id"].to_dict()
    assert {store: entry["plan_id"] for store, entry in run["stores"].items()} == ids
    assert len(set(ids.values())) == len(ids)


# ---- the same again


def plan_ids(run: Path) -> dict[str, str]:
    """Plan id of each store."""
    return table(run, "store_plans").set_index("store_id")["plan_id"].to_dict()


def test_planned_again_gives_the_same_tables_and_ids(shop_run, tmp_path):
    """The same inputs give the same bytes in every table, without a cache and with one that is
    filled, and the same plan ids."""
    again = plan_of(shop_run.parent / "data", tmp_path / "again")
    same_tables(shop_run, again)
    assert plan_ids(again) == plan_ids(shop_run)
    for store in plan_ids(again):
        name = f"planograms/{store}.xlsx"
        assert (again / name).read_bytes() == (shop_run / name).read_bytes()


def test_two_workers_give_the_same_tables_as_one(shop_run, tmp_path):
    """Neither the number of processes nor the order in which they end shows in any table."""
    data, two = shop_run.parent / "data", SolveSettings(gap=0.005, workers=2)
    run, _ = plan(data, tmp_path / "two", settings=two)
    same_tables(shop_run, run)
    assert plan_ids(run) == plan_ids(shop_run)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_a_process_that_dies_midway_changes_no_table(shop_run, tmp_path):
    """One of two processes killed while stores are planned: the run goes on, says so, and every
    table is what it is without."""
    killed = []

    def kill(phase: str, done: int, total: int) -> None:
        if phase == "planning stores" and 0 < done < total and not killed:
            killed.append(multiprocessing.active_children()[0])
            killed[0].kill()

    two = SolveSettings(gap=0.005, workers=2)
    run, assumptions = plan(
        shop_run.parent / "data", tmp_path / "survived", settings=two, progress=kill
    )
    assert killed
    assert killed[0].exitcode == -signal.SIGKILL
    same_tables(shop_run, run)
    assert json.loads((run / "run.json").read_text())["workers"]["lost"] == 1
    (said,) = (a for a in assumptions if a.subject == "workers")
    assert said.warning
    assert said.count == 1
    assert audit(run).findings == ()


def test_the_order_of_stores_changes_no_store(shops, tmp_path):
    """Stores listed in another order get the same plans within the gap."""
    header, *rows = SHOP_STORES.splitlines(keepends=True)
    data = corner_shops(tmp_path / "data", stores=header + "".join(rows[::-1]))
    turned = stages_of(data, settings=QUICK)
    assert list(turned.assortment.plans) == ["9", "8", "7"]
    for store, found in shops.assortment.plans.items():
        other = turned.assortment.plans[store]
        assert other.objective_week <= found.bound_week * (1 + 1e-6)
        assert found.objective_week <= other.bound_week * (1 + 1e-6)


# ---- chains without a plan, folders that are in the way


IMPOSSIBLE = {
    "core locked out": LOCKS + "7,4011,OUT\n",
    "locked in, wider than every shelf": LOCKS + "8,4999,IN\n",
    "more local items locked in than allowed": LOCKS
    + "".join(f"8,{item},IN\n" for item in ("4021", "4062", "4070", "4071", "4072")),
}


@pytest.mark.parametrize("name", sorted(IMPOSSIBLE))
def test_a_chain_without_a_plan_leaves_nothing_behind(name, tmp_path):
    """What cannot be planned is refused in words that name the store; no file is written."""
    wide = "4999,Wide melon,fruit,melons,5,3,300,4,1,1,2,1,1,9,0,1,0.1,0.5,table,no,\n"
    data = corner_shops(tmp_path / "data", items=SHOP_ITEMS + wide)
    locks = tmp_path / "locks.csv"
    locks.write_text(IMPOSSIBLE[name])
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PlannerError) as caught:
        plan_of(data, tmp_path / "deep" / "run", locks=locks)
    assert isinstance(caught.value, (Infeasible, BadInput))
    assert sorted(tmp_path.rglob("*")) == before


def test_an_infeasible_store_is_named_with_what_is_tight(tmp_path):
    """Limits that only contradict together raise Infeasible with the store and the reason."""
    stores = SHOP_STORES.replace("8,Market,Ahlen,North,,4,4", "8,Market,Ahlen,North,3,4,4")
    data = corner_shops(tmp_path / "data", stores=stores)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(Infeasible, match=r"store 8 \(Market\).*budget") as caught:
        plan_of(data, tmp_path / "run")
    assert "store 7" not in str(caught.value)
    assert caught.value.exit_code == 3
    assert sorted(tmp_path.rglob("*")) == before


def test_the_other_stores_are_planned_when_asked(shop_run, tmp_path):
    """With keep_going a store without a plan is left out with its reason, in every output; the
    others get the plan they get without it, and the audit finds nothing off."""
    stores = SHOP_STORES.replace("8,Market,Ahlen,North,,4,4", "8,Market,Ahlen,North,3,4,4")
    data = corner_shops(tmp_path / "data", stores=stores)
    settings = dataclasses.replace(SETTINGS, keep_going=True)
    with pytest.raises(PartlyPlanned, match=r"store 8 \(Market\), plan infeasible: .*budget"):
        plan(data, tmp_path / "run", settings=settings)
    run = tmp_path / "run"
    found = json.loads((run / "run.json").read_text())
    assert found["plan"] == "infeasible"
    assert found["left_out"]["8"]["plan"] == "infeasible"
    assert "budget" in found["left_out"]["8"]["reason"]
    assert sorted(found["stores"]) == ["7", "9"]
    for name in ("assortment", "demand", "store_plans", "limits", "positions", "figures"):
        assert set(table(run, name)["store_id"]) == {"7", "9"}
    assert not (run / "planograms" / "8.xlsx").exists()
    assert "Market (8), infeasible" in (run / "report.html").read_text()
    assert "Left out" in load_workbook(run / "chain.xlsx").sheetnames
    assert audit(run, data).findings == ()
    with pytest.raises(Infeasible, match=r"store 8 \(Market\) has no plan: .*budget"):
        explain(run, "8", "4011")
    both = table(shop_run, "assortment")
    both = both[both["store_id"] != "8"].reset_index(drop=True)
    columns = ["store_id", "item_id", "listed", "facings"]
    pd.testing.assert_frame_equal(table(run, "assortment")[columns], both[columns])


def test_no_plan_within_the_time_limit_is_not_called_infeasible(tmp_path, monkeypatch):
    """A store that ran out of time raises NoPlan, never Infeasible, and leaves nothing."""
    from planner.assortment import store_job

    real = store_job.solve_store

    def out_of_time(*asked):
        found = real(*asked)
        problem = asked[0]
        return type(found)(problem.store_id, "none", "time limit", -math.inf, -math.inf, 0.0,
                           None, ())  # fmt: skip

    monkeypatch.setattr(store_job, "solve_store", out_of_time)
    data = corner_shops(tmp_path / "data")
    with pytest.raises(NoPlan, match="7, 8, 9"):
        plan_of(data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_store_that_only_the_shared_limits_rule_out_is_not_planned_alone(tmp_path):
    """Where what a store must list is listed by fewer stores than its supplier asks for, the chain
    has no plan; with keep_going the others go on without that store, in its plan and its money."""
    head, *rows = SHOP_ITEMS.replace("Boskoop,fruit,apples", "Boskoop,fruit,boskoop").splitlines()
    rows = [f"{row},{'ORCHARD' if row.startswith('4022') else 'GARDEN'}" for row in rows]
    data = corner_shops(
        tmp_path / "data",
        items="\n".join([f"{head},supplier_id", *rows]) + "\n",
        suppliers="supplier_id,min_stores\nORCHARD,3\nGARDEN,\n",
        range_rules="store_id,need_group,min_items\n7,boskoop,1\n",
    )
    with pytest.raises(NoPlan, match="within the limits that stores share"):
        stages_of(data, settings=QUICK)
    settings = dataclasses.replace(QUICK, keep_going=True)
    with pytest.raises(PartlyPlanned, match=r"store 7 \(Harbour\), plan none: .*share"):
        plan(data, tmp_path / "run", settings=settings)
    assert set(table(tmp_path / "run", "store_plans")["store_id"]) == {"8", "9"}
    assert audit(tmp_path / "run", data).findings == ()


def test_where_one_store_after_the_other_drops_out_there_is_no_plan(shops):
    """Stores that lose their plan in different rounds, the last of them too, are all named."""
    settings = dataclasses.replace(SETTINGS, keep_going=True)
    nowhere = dict.fromkeys(("table", "wet rack"), 1e4)
    found, reserve = None, {}
    for store in ("7", "8"):
        reserve = reserve | {store: nowhere}
        found = plan_chain(shops.inputs, shops.demand, settings, before=found, reserve_cm=reserve)
    assert sorted(found.left_out) == ["7", "8"]
    with pytest.raises(Infeasible, match=r"(?s)store 7 .*store 8 .*store 9 "):
        plan_chain(
            shops.inputs,
            shops.demand,
            settings,
            before=found,
            reserve_cm=reserve | {"9": nowhere},
        )


# ---- what is accepted with an assumption


def test_a_store_without_fixtures_is_planned_with_an_assumption(tmp_path):
    """No fixtures: no shelf limit, no positions, and the assumption says so."""
    rows = SHOP_FIXTURES.splitlines(keepends=True)
    fixtures = "".join(row for row in rows if not row.startswith("8,"))
    run = plan_of(corner_shops(tmp_path / "data", fixtures=fixtures), tmp_path / "run", QUICK)
    limits = table(run, "limits")
    assert not limits.loc[limits["store_id"] == "8", "limit"].str.startswith("shelf").any()
    assert set(table(run, "positions")["store_id"]) == {"7", "9"}
    assert "stores without fixtures" in assumed(table(run, "assumptions"))
    listed = table(run, "assortment").query("store_id == '8'")["listed"].sum()
    assert listed >= 3
    assert audit(run).findings == ()


def test_a_store_without_sales_is_planned_from_the_others(tmp_path):
    """A store without history gets demand from the model, a plan, and an assumption."""
    data = corner_shops(tmp_path / "data", sales=shop_sales(stores=("7", "9")))
    run = plan_of(data, tmp_path / "run", QUICK)
    demand = table(run, "demand").query("store_id == '8'")
    assert set(demand["source"]) == {"model"}
    assert (demand.set_index("item_id").loc[["4011", "4020"], "demand_units_week"] > 1).all()
    rows = table(run, "assortment").query("store_id == '8' and listed")
    assert len(rows) > 3
    assert "without sales" in assumed(table(run, "assumptions"))
    assert audit(run).findings == ()


def test_without_prices_the_chain_is_planned_in_units(tmp_path):
    """An item without price and without revenue: objective is units, and that is stated."""
    items = SHOP_ITEMS.replace("bananas,0.8,0.5", "bananas,,")
    data = corner_shops(tmp_path / "data", items=items, sales=shop_sales(revenue=False))
    run = plan_of(data, tmp_path / "run")
    stamp = json.loads((run / "run.json").read_text())
    assert stamp["scenario"]["objective"] == "units"
    assert stamp["currency"] == ""
    economics = table(run, "economics")
    assert (economics["price"] == 1).all()
    assert (economics["unit_cost"] == 0).all()
    assert "units" in assumed(table(run, "assumptions"))
    assert audit(run).findings == ()


def test_a_missing_price_is_taken_from_the_revenue(tmp_path):
    """An item without price but with revenue is planned in money, at revenue per unit."""
    items = SHOP_ITEMS.replace("bananas,0.8,0.5", "bananas,,0.5")
    stages = stages_of(corner_shops(tmp_path / "data", items=items), settings=QUICK)
    assert not stages.inputs.planned_in_units
    assert economics_of(stages).loc[("7", "4011"), "price"] == pytest.approx(0.8, rel=0.01)
    assert "items.price" in assumed(stages.inputs.assumptions)


# ---- locks, core, promotions


def test_locks_are_obeyed_and_visible(shops, tmp_path):
    """IN is listed, OUT is not, a lock without store holds everywhere; economics shows each."""
    free = listed_of(shops)
    assert ("7", "4063") not in free
    assert ("8", "4021") in free
    assert not any(item == "4012" for _, item in free)
    locks = tmp_path / "locks.csv"
    locks.write_text(LOCKS + "7,4063,IN\n8,4021,OUT\n,4012,IN\n")
    stages = stages_of(corner_shops(tmp_path / "data"), locks=locks)
    listed, economics = listed_of(stages), economics_of(stages)
    assert ("7", "4063") in listed
    assert ("8", "4021") not in listed
    assert {(store, "4012") for store in ("7", "8", "9")} <= listed
    expected = {("7", "4063"): "IN", ("8", "4021"): "OUT"}
    expected |= {(store, "4012"): "IN" for store in ("7", "8", "9")}
    assert economics["locked"][economics["locked"] != ""].to_dict() == expected
    assert not economics.loc[("8", "4021"), "candidate"]
    for store, found in stages.assortment.plans.items():
        assert found.objective_week <= shops.assortment.plans[store].bound_week * (1 + 1e-6)


def test_a_run_with_locks_from_elsewhere_passes_the_audit(tmp_path):
    """The lock file may lie anywhere: it is compared where it is, gone it is a note, and changed
    it is named."""
    locks = tmp_path / "elsewhere.csv"
    locks.write_text(LOCKS + "7,4063,IN\n")
    run = plan_of(corner_shops(tmp_path / "data"), tmp_path / "run", QUICK, locks=locks)
    found = audit(run)
    assert (found.findings, found.notes) == ((), ())
    locks.write_text(LOCKS + "7,4063,OUT\n")
    assert any("elsewhere.csv" in finding for finding in audit(run).findings)
    locks.unlink()
    gone = audit(run)
    assert gone.findings == ()
    assert any("elsewhere.csv" in note for note in gone.notes)


def test_a_lock_file_with_a_wrong_heading_is_refused(tmp_path):
    """A heading that is not understood would lock every store: it is bad input."""
    locks = tmp_path / "locks.csv"
    locks.write_text("stores,item_id,lock\n7,4063,IN\n")
    with pytest.raises(BadInput) as caught:
        stages_of(corner_shops(tmp_path / "data"), locks=locks)
    fault = caught.value.problems[0]
    assert (fault.file, fault.row, fault.column) == ("locks.csv", 1, "stores")
    assert "store_id" in fault.mend


def test_the_value_is_the_difference_of_the_figures_beside_it(small_run):
    """What going local is worth at the demand expected is the margin of the local plan, left-over
    facings paid, less that of the other plan, for every store and the chain."""
    margin = table(small_run, "figures").pivot(
        index="store_id", columns="plan", values="margin_week"
    )
    value = table(small_run, "value")
    for against in ("common", "current"):
        gain = margin["local"] - margin[against]
        rows = value[value["against"] == against].set_index(["level", "name"])["planned_week"]
        assert rows["chain", ""] == pytest.approx(gain.sum())
        for store in gain.index:
            assert rows["store", store] == pytest.approx(gain[store], abs=1e-6)


def test_the_core_is_derived_where_none_is_given(tmp_path):
    """No core given: items in 60 % of the stores of every region, buyable in every store."""
    items = SHOP_ITEMS.replace(",yes,", ",,").replace(",no,", ",,")
    stages = stages_of(corner_shops(tmp_path / "data", items=items), settings=QUICK)
    north = set(SHOP_LISTS["7"]) & set(SHOP_LISTS["8"])  # 60 % of two stores is both
    expected = north & set(SHOP_LISTS["9"])
    assert set(stages.assortment.core_item_ids) == expected == {"4011", "4020", "4061", "4070"}
    assert {(s, i) for s in ("7", "8", "9") for i in expected} <= listed_of(stages)
    assert "no core is given" in assumed(stages.assortment.assumptions)


def test_promotions_lower_the_price_of_the_horizon(shops, tmp_path):
    """A planned discount counts for its week and its stores only; the price is that of the
    average unit sold, so weeks that sell more weigh more, by as much as demand rises."""
    last = pd.Timestamp("2026-01-05") + pd.Timedelta(days=7 * SHOP_WEEKS)
    late = last + pd.Timedelta(days=7 * 40)
    promotions = "store_id,item_id,week,discount,promo_days\n"
    promotions += f"8,4020,{last:%Y-%m-%d},0.4,7\n,4061,{last:%Y-%m-%d},0.2,7\n"
    promotions += f",4011,{late:%Y-%m-%d},0.5,7\n"
    stages = stages_of(corner_shops(tmp_path / "data", promotions=promotions), settings=QUICK)
    assert stages.demand.first_week == last
    weeks = stages.demand.weeks
    ratio = (economics_of(stages)["price"] / economics_of(shops)["price"]).round(9)
    discount = {(store, "4061"): 0.2 for store in ("7", "8", "9")} | {("8", "4020"): 0.4}
    assert set(ratio.index[ratio != 1]) == set(discount)
    wanted = stages.demand.pairs.set_index(["store_id", "item_id"])["demand_units_week"]
    plain = shops.demand.pairs.set_index(["store_id", "item_id"])["demand_units_week"]
    for pair, off in discount.items():
        uplift = weeks * wanted[pair] / plain[pair] - (weeks - 1)
        assert uplift > 1.1
        paid = (weeks - 1 + uplift * (1 - off)) / (weeks - 1 + uplift)
        assert ratio[pair] == pytest.approx(paid, rel=1e-6)


def test_items_are_listed_only_where_they_can_be_bought(shops):
    """An item of one region is no candidate in another, and the reason says so."""
    assert economics_of(shops).loc[("9", "4022"), "candidate"] == np.False_
    reasons = dict(zip(shops.demand.item_ids, shops.assortment.outcomes["9"].reasons, strict=True))
    assert reasons["4022"] == "cannot be bought in this region"
    assert ("7", "4022") in listed_of(shops)
