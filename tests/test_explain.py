"""What ``planner explain`` says of a finished run, and what it says it from."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from whole_chain import QUICK, SETTINGS, SHOP_STORES, SHOP_TOML, corner_shops, stages_of, table

from planner.assortment.problem import StoreProblem
from planner.assortment.store import solve_store
from planner.errors import BadInput
from planner.explain import OF_A_GROUP, explain, stored_plan
from planner.number_text import number_text
from planner.outputs.stored_problem import problem_of_run
from planner.pipeline import plan

LOCKS = "store_id,item_id,lock\n7,4072,OUT\n9,4012,IN\n"


@dataclasses.dataclass(frozen=True)
class Shops:
    """A finished run of the corner shops with a lock each way, and the data behind it."""

    data: Path
    locks: Path
    run: Path


@pytest.fixture(scope="module")
def shops(tmp_path_factory) -> Shops:
    """Narrow shelves, so that not everything fits."""
    path = tmp_path_factory.mktemp("shops")
    stores = SHOP_STORES.replace("8,Market,Ahlen,North,,4,4", "8,Market,Ahlen,North,,4,2")
    data = corner_shops(path / "data", stores=stores)
    locks = path / "locks.csv"
    locks.write_text(LOCKS)
    run, _ = plan(data, path / "run", settings=SETTINGS, locks=locks)
    return Shops(data, locks, run)


def money_after(words: str, text: str) -> float:
    """The amount of money that stands right after some words."""
    found = re.search(re.escape(words) + r" ([\d,.]+)\s€", text)
    assert found, text
    return float(found.group(1).replace(".", "").replace(",", "."))


def rows_of(shops: Shops, name: str) -> pd.DataFrame:
    """A table of the run by store and item."""
    return table(shops.run, name).set_index(["store_id", "item_id"])


def test_a_run_holds_the_problems_that_were_planned(shops):
    """The problem rebuilt from the run's tables equals the planned one in every field."""
    stages = stages_of(shops.data, locks=shops.locks, settings=QUICK)
    for store, planned in stages.assortment.problems.items():
        rebuilt = problem_of_run(shops.run, store)
        for entry in dataclasses.fields(StoreProblem):
            left, right = getattr(planned, entry.name), getattr(rebuilt, entry.name)
            if entry.name == "range_limits":
                assert [limit.name for limit in left] == [limit.name for limit in right]
            elif isinstance(left, np.ndarray):
                np.testing.assert_array_equal(left, right, entry.name)
            else:
                assert left == right, entry.name


def test_the_plan_of_a_run_comes_back_whole(shops):
    """Objective, bound and range of the stored plan are those of the run."""
    status = table(shops.run, "store_plans").set_index("store_id")
    listed = rows_of(shops, "assortment")["listed"]
    for store in status.index:
        found = stored_plan(shops.run, store, "4011").plan
        assert found.objective_week == pytest.approx(status.at[store, "objective_week"], abs=1e-6)
        assert found.bound_week == pytest.approx(status.at[store, "bound_week"], abs=1e-6)
        np.testing.assert_array_equal(found.score.listed, listed[store].to_numpy())


def test_the_stated_cost_is_what_a_lock_costs(shops):
    """For items in and out, free and locked: solving again with the opposite lock loses (or
    gains) what the paragraph says."""
    said, listed = {"costs": 0, "gains": 0}, rows_of(shops, "assortment")["listed"]
    for store, item in [("7", "4072"), ("9", "4012"), ("8", "4071"), ("8", "4012"), ("7", "4070")]:
        text = explain(shops.run, store, item)
        problem = problem_of_run(shops.run, store)
        on = np.array([other == item for other in problem.item_ids])
        opposite = not listed[store, item]
        forced = dataclasses.replace(
            problem,
            core=problem.core & ~(on & (not opposite)),
            locked_in=(problem.locked_in & ~on) | (on & opposite),
            locked_out=(problem.locked_out & ~on) | (on & (not opposite)),
        )
        now, then = solve_store(problem, 1e-6, 60), solve_store(forced, 1e-6, 60)
        difference = now.objective_week - then.objective_week
        verb = "costs" if difference >= 0 else "gains"
        said[verb] += 1
        move = "Forcing it in" if opposite else "Leaving it out"
        if problem.locked_out[on].any():
            move = "Lifting the lock and forcing it in"
        assert money_after(f"{move} {verb}", text) == pytest.approx(abs(difference), abs=0.02)
        assert "exact" in text
    assert said["costs"]
    assert said["gains"]


def test_a_listed_item_says_what_it_does(shops):
    """Facings, sales and waste of a listed item are those of the run's tables."""
    rows = rows_of(shops, "assortment").loc["7"]
    item = rows.index[rows["listed"] & ~rows["core"]][0]
    row, text = rows.loc[item], explain(shops.run, "7", item)
    assert text.startswith("Harbour (store 7) lists ")
    assert f"It sells {number_text(row['sold_units_week'], 1, 'de_DE')} units a week" in text
    planned = rows_of(shops, "reasons").loc[("7", item), "planned_facings"]
    assert f"with {planned} facing" in text


def test_an_item_that_cannot_be_listed_says_why(shops, tmp_path):
    """Where no lock can bring an item in, the reason stands alone, without a cost."""
    rows = rows_of(shops, "assortment")
    known = rows["reason"].str.contains("cannot be bought|wider than|a case does not fit")
    if not known.any():
        pytest.skip("every item may be listed")
    (store, item), reason = rows.index[known][0], rows["reason"][known].iloc[0]
    text = explain(shops.run, store, item)
    assert reason in text
    assert "Forcing" not in text


def test_the_costs_of_the_tables_are_those_of_the_paragraph(shops):
    """What the run calls exact is what explaining it solves again."""
    reasons = rows_of(shops, "reasons")
    exact = reasons[reasons["forcing_known"] == "exact"]
    assert len(exact) >= 3
    for store, item in exact.index[:4]:
        cost = exact.loc[(store, item), "forcing_cost_week"]
        text = explain(shops.run, store, item)
        assert money_after("Forcing it in costs", text) == pytest.approx(cost, abs=0.02)


def test_unknown_names_are_told_with_the_nearest(shops):
    """Store and item at once, each with what was meant."""
    with pytest.raises(BadInput) as caught:
        explain(shops.run, "77", "Bananas, yello")
    store, item = caught.value.problems
    assert "7 (Harbour)" in store.mend
    assert "4011" in item.mend
    with pytest.raises(BadInput, match="1 input problem"):
        explain(shops.run / "tables", "7", "4011")


def test_under_shared_limits_the_cost_is_the_chains(tmp_path):
    """With a budget of the chain the paragraph states the chain's cost, never less than what the
    run proves it to be at least; the run's table says at least for every item."""
    data = corner_shops(tmp_path / "data")
    (data / "chain.toml").write_text(SHOP_TOML + "budget_week = 350\n")
    run, _ = plan(data, tmp_path / "run", settings=SETTINGS)
    reasons = table(run, "reasons")
    told = reasons[reasons["forcing_known"] == "at least"].sort_values("forcing_cost_week")
    assert set(reasons["forcing_known"]) <= {"", "at least", "not possible"}
    assert len(told) > 5
    row = told.iloc[-1]
    text = explain(run, row["store_id"], row["item_id"])
    stated = money_after("Forcing it in costs the chain", text)
    assert stated >= row["forcing_cost_week"] - 0.02 > 0.5
    assert "limits that stores share" in text


def test_what_the_opposite_costs_is_not_said_of_a_range_that_stores_share(tmp_path):
    """Where groups of stores share ranges, a store alone cannot list or leave out an item."""
    data = corner_shops(tmp_path / "data")
    (data / "scenarios.toml").write_text("[one]\nranges.max_distinct = 1\n")
    run, _ = plan(data, tmp_path / "run", settings=SETTINGS, scenario="one")
    for item in ("4021", "4072"):
        text = explain(run, "7", item)
        assert text.endswith(OF_A_GROUP)
        assert "the best plan" not in text


def test_names_do_as_well_as_ids(shops):
    """A store and an item by name, whatever the capitals, are those of that name."""
    assert explain(shops.run, "harbour", "Bananas  organic") == explain(shops.run, "7", "4012")
