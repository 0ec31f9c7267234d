"""The audit holds a plan to what its scenario asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from finished_run import sign
from shared_runs import built_once
from whole_chain import QUICK, SHOP_TOML, corner_shops, plan_of

from planner.audit import audit

SCENARIOS = """\
[tight]
budget.scale = 0.8
rules.max_local_items = 4
rules.min_share.local = 0.3
rules.min_days_of_supply = 1.5
rules.min_sales_share = 0.7
changes.max_swaps = 4

[lean]
extends = "tight"
objective = "waste"
rules.min_sales_share = 0.9
"""


@pytest.fixture(scope="module")
def tight(tmp_path_factory) -> Path:
    """The corner shops with scenarios beside them and a run of the tight one, to be read only."""

    def build(folder: Path) -> None:
        data = corner_shops(folder / "data")
        (data / "scenarios.toml").write_text(SCENARIOS)
        plan_of(data, folder / "run", QUICK, scenario="tight")

    return built_once(tmp_path_factory, "tight", build)


@pytest.fixture
def data(tight) -> Path:
    """The corner shops."""
    return tight / "data"


@pytest.fixture
def run(tight) -> Path:
    """The run."""
    return tight / "run"


def test_a_run_of_a_scenario_passes_and_says_what_it_was(run):
    """run.json holds the resolved scenario and the hash of its file, and nothing is off."""
    found = json.loads((run / "run.json").read_text())
    scenario = found["scenario"]
    assert (scenario["name"], scenario["budget_scale"], scenario["max_swaps"]) == ("tight", 0.8, 4)
    assert scenario["objective"] == "margin"
    assert found["inputs"]["scenarios"]["file"] == "scenarios.toml"
    assert (run / "inputs" / "scenarios.toml").read_text() == SCENARIOS
    assert audit(run).findings == ()


def test_a_run_for_another_objective_passes(data, tmp_path):
    """The objective of a store is recomputed as what the scenario makes as large as possible."""
    found = plan_of(data, tmp_path / "run", QUICK, scenario="lean")
    assert json.loads((found / "run.json").read_text())["objective_week"] < 0
    assert audit(found).findings == ()


def test_a_floor_beside_a_budget_of_the_chain_passes(tmp_path):
    """Today's range is shown within the chain's budget, floors are set without it: no finding."""
    data = corner_shops(tmp_path / "data")
    (data / "chain.toml").write_text(SHOP_TOML + "budget_week = 380\n")
    (data / "scenarios.toml").write_text("[floor]\nrules.min_sales_share = 0.7\n")
    assert audit(plan_of(data, tmp_path / "run", QUICK, scenario="floor")).findings == ()


@pytest.mark.parametrize(
    ("rule", "asked", "named"),
    [
        ("budget_scale", 0.1, "budget_week"),
        ("max_local_items", 1, "local items"),
        ("min_local_share", 0.95, "share of 0.95"),
        ("min_organic_share", 0.5, "organic"),
        ("min_supplier_share", {"NOBODY": 0.5}, "NOBODY"),
        ("min_days_of_supply", 30, "days of demand"),
        ("min_sales_share", 5, "sells"),
        ("max_swaps", 0, "swaps"),
        ("objective", "sales", "objective"),
    ],
)
def test_a_plan_that_breaks_its_scenario_is_found(run, tmp_path, rule, asked, named):
    """Where the scenario asked for more than the plan keeps, the audit names it."""
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    manifest = json.loads((copy / "run.json").read_text())
    manifest["scenario"][rule] = asked
    (copy / "run.json").write_text(json.dumps(manifest))
    sign(copy)
    findings = audit(copy).findings
    assert any(named in finding for finding in findings), findings
