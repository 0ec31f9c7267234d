"""The commands as people type them: exit codes, short messages, and nothing written on a fault."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from whole_chain import SHOP_FIXTURES, SHOP_ITEMS, SHOP_STORES, corner_shops, shop_sales

from planner import __version__
from planner.assortment.solver import LiveModel, Solution, SolveStatus
from planner.cache import FOLDER

ITEM = {"id": "a", "need_group": "n", "attraction": 1, "price": 2, "unit_cost": 1}
PROBLEM = {
    "store_id": "1",
    "need_groups": [{"id": "n", "potential_units_week": 10, "no_purchase_attraction": 1}],
    "items": [ITEM],
}


def written(path: Path, content: object) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(content))
    return path


# ---- what can be asked for


def test_version(run_command):
    """--version says the version and nothing else."""
    assert run_command("--version") == (0, f"{__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "somewhere", "--colour", "green"),
        ("plan",),
        ("plann", "somewhere"),
        ("plan", "somewhere", "--gap", "-1"),
        ("plan", "somewhere", "--workers", "0"),
        ("solve", "somewhere"),
    ],
)
def test_what_is_not_a_command_exits_2(run_command, arguments):
    """Unknown commands and options, and values out of range, exit 2 with a hint to the help."""
    code, said, complaint = run_command(*arguments)
    assert code == 2
    assert said == ""
    assert "--help" in complaint
    assert "Traceback" not in complaint


def test_an_unknown_scenario_is_refused(run_command, tmp_path):
    """A scenario that does not exist is named, with those that do; nothing is written."""
    data = corner_shops(tmp_path / "data")
    before = sorted(tmp_path.rglob("*"))
    code, _, complaint = run_command(
        "plan", data, "--out", tmp_path / "run", "--scenario", "summer"
    )
    assert code == 2
    assert "summer" in complaint
    assert "base" in complaint
    assert sorted(tmp_path.rglob("*")) == before


# ---- the way of a chain


def test_new_then_check_asks_for_the_missing_rows(run_command, tmp_path):
    """A new chain is an empty workbook; checking it says what to fill in, with exit 2."""
    code, said, _ = run_command("new", tmp_path / "chain")
    assert code == 0
    assert "planner check" in said
    code, _, complaint = run_command("check", tmp_path / "chain")
    assert code == 2
    for table in ("sales", "items", "stores"):
        assert table in complaint
    assert "fill in" in complaint.lower()
    code, _, complaint = run_command("new", tmp_path / "chain")
    assert code == 2
    assert "Mend" in complaint


def test_check_names_file_row_and_mend_and_writes_the_workbook(run_command, tmp_path):
    """Every problem is shown at once, and the same ones stand in the problem workbook."""
    items = SHOP_ITEMS.replace("bananas,0.8", "bananas,cheap").replace(",40,30,", ",-40,30,")
    data = corner_shops(tmp_path / "data", items=items)
    code, _, complaint = run_command("check", data, "--problems", tmp_path / "problems.xlsx")
    assert code == 2
    for words in ("items.csv, row 2, price", "'cheap'", "facing_width_cm", "Mend:", "2 problems"):
        assert words in complaint
    sheet = openpyxl.load_workbook(tmp_path / "problems.xlsx")["Input problems"]
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1]) for row in rows] == [("items.csv", 2), ("items.csv", 2)]


def test_check_of_a_good_chain_says_what_is_assumed(run_command, tmp_path):
    """A chain without problems: exit 0, its size and the assumptions made."""
    code, said, complaint = run_command("check", corner_shops(tmp_path / "data"))
    assert code == 0
    assert complaint == ""
    assert "3 stores, 12 items" in said
    assert "assumed" in said


def test_demand_writes_the_kept_table(run_command, tmp_path):
    """planner demand writes every store x item with the kept columns; --weeks is the horizon."""
    data = corner_shops(tmp_path / "data")
    out = tmp_path / "deep" / "demand.parquet"
    code, said, _ = run_command("demand", data, "--out", out, "--weeks", 2)
    assert code == 0
    assert str(out) in said
    found = pd.read_parquet(out)
    assert list(found.columns) == ["store_id", "item_id", "demand_units_week", "se_units_week",
                                   "low_units_week", "high_units_week", "source"]  # fmt: skip
    assert len(found) == 3 * 12
    assert list(out.parent.iterdir()) == [out]


def test_plan_off_a_terminal_ends_by_naming_the_files(line):
    """Off a terminal a plan shows no progress and ends by naming the files, which exist."""
    data, run = line / "data", line / "runs" / "run"
    command = [sys.executable, "-c", "from planner.cli import main; main()"]
    arguments = ["plan", str(data), "--out", str(run), "--workers", "1"]
    ended = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == ""
    named = re.findall(re.escape(str(run)) + r"\S*", ended.stdout)
    assert [Path(name).relative_to(run).as_posix() for name in named] == [
        "report.html", "chain.xlsx", "planograms", "."]  # fmt: skip
    assert all(Path(name).exists() for name in named)
    assert "\x1b" not in ended.stdout


def test_a_column_that_is_left_out_is_a_warning(run_command, tmp_path):
    """A heading that is not understood is said apart from what was assumed, with the near one."""
    data = corner_shops(tmp_path / "data")
    path = data / "items.csv"
    path.write_text(path.read_text().replace("unit_cost", "cost", 1))
    code, said, _ = run_command("check", data)
    assert code == 0
    warning = next(line for line in said.splitlines() if line.startswith("Warning"))
    assert "items.cost" in warning
    assert "unit_cost" in warning


def test_audit_exits_5_with_a_list(run_command, shop_run, tmp_path):
    """The audit passes on a run, and after a facing count was changed exits 5 and names it; a
    folder that is no run is bad input."""
    code, said, _ = run_command("audit", shop_run)
    assert code == 0
    assert "nothing off" in said
    run = tmp_path / "run"
    shutil.copytree(shop_run, run)
    path = run / "tables" / "assortment.parquet"
    rows = pd.read_parquet(path)
    changed = int(np.flatnonzero(rows["listed"])[1])
    rows.loc[changed, "facings"] += 1
    rows.to_parquet(path, index=False)
    code, _, complaint = run_command("audit", run)
    assert code == 5
    assert rows.loc[changed, "item_id"] in complaint
    assert "Traceback" not in complaint
    code, _, complaint = run_command("audit", tmp_path)
    assert code == 2
    assert "run.json" in complaint


# ---- one store program


def test_solve_writes_the_plan(run_command, tmp_path):
    """A solvable problem: exit 0 and a feasible, optimal PLAN.json, worked out by hand."""
    path = written(tmp_path / "PROBLEM.json", PROBLEM)
    code, said, _ = run_command("solve", path, "--out", tmp_path / "PLAN.json")
    assert code == 0
    assert "feasible, optimal" in said
    plan = json.loads((tmp_path / "PLAN.json").read_text())
    # Half of 10 units a week, each earning 1.
    assert plan["objective_week"] == pytest.approx(5)
    assert (plan["plan"], plan["proof"]) == ("feasible", "optimal")


def test_solve_without_a_plan_exits_3_and_says_so_in_the_file(run_command, tmp_path):
    """No feasible plan: exit 3, and PLAN.json says infeasible with no number to misread."""
    limits = {"shelf_cm": {"": 5}}
    items = [ITEM | {"core": True, "facing_width_cm": 10}]
    path = written(tmp_path / "PROBLEM.json", PROBLEM | {"items": items, "limits": limits})
    code, _, complaint = run_command("solve", path, "--out", tmp_path / "PLAN.json")
    assert code == 3
    assert "Traceback" not in complaint
    plan = json.loads((tmp_path / "PLAN.json").read_text())
    assert plan["plan"] == "infeasible"
    assert plan["objective_week"] is None
    assert plan["items"] == []
    (conflict,) = plan["conflict"]
    assert "needs 10 cm" in conflict["words"]
    assert conflict["words"] in complaint


def test_solve_out_of_time_exits_4(run_command, tmp_path, monkeypatch):
    """Where the solver ran out of time before any plan: exit 4, and the file says none."""
    nothing_yet = Solution(SolveStatus.TIME_LIMIT, None, -math.inf, math.inf)
    monkeypatch.setattr(LiveModel, "solve", lambda live, gap, seconds: nothing_yet)
    path = written(tmp_path / "PROBLEM.json", PROBLEM)
    code, _, complaint = run_command("solve", path, "--out", tmp_path / "PLAN.json")
    assert code == 4
    assert "time limit" in complaint
    plan = json.loads((tmp_path / "PLAN.json").read_text())
    assert (plan["plan"], plan["proof"]) == ("none", "time limit")
    assert plan["objective_week"] is None
    assert plan["gap"] is None


def test_a_problem_file_with_faults_writes_no_plan(run_command, tmp_path):
    """A faulty PROBLEM.json exits 2 with the value and the mend; PLAN.json is not written."""
    path = written(tmp_path / "PROBLEM.json", PROBLEM | {"items": [ITEM | {"price": -2}]})
    code, _, complaint = run_command("solve", path, "--out", tmp_path / "PLAN.json")
    assert code == 2
    assert "price" in complaint
    assert list(tmp_path.iterdir()) == [path]


# ---- faults


def test_debug_shows_the_traceback(run_command, tmp_path):
    """A fault is one short message; with --debug, wherever it stands, the traceback too."""
    data = corner_shops(tmp_path / "data", stores=SHOP_STORES.replace("North,500", "North,-500"))
    code, _, complaint = run_command("check", data)
    assert code == 2
    assert "Traceback" not in complaint
    assert complaint.startswith("planner: ")
    for arguments in (("--debug", "check", data), ("check", data, "--debug")):
        code, _, complaint = run_command(*arguments)
        assert code == 2
        assert "Traceback" in complaint
        assert "BadInput" in complaint


def test_an_unexpected_fault_is_short_too(run_command, tmp_path, monkeypatch):
    """A fault nobody foresaw exits 1 in one line that says how to see more."""
    import planner.tables.read as read

    def broken(*arguments: object, **options: object) -> None:
        raise RuntimeError("disk on fire")

    monkeypatch.setattr(read, "read_inputs", broken)
    code, _, complaint = run_command("check", tmp_path)
    assert code == 1
    assert "disk on fire" in complaint
    assert "--debug" in complaint
    assert "Traceback" not in complaint


def test_an_infeasible_chain_exits_3(run_command, hasty, tmp_path):
    """A chain without a plan exits 3 and names the store; what was solved is in the cache."""
    stores = SHOP_STORES.replace("8,Market,Ahlen,North,,4,4", "8,Market,Ahlen,North,3,4,4")
    data = corner_shops(tmp_path / "data", stores=stores)
    before = sorted(tmp_path.rglob("*"))
    code, _, complaint = run_command("plan", data, "--out", tmp_path / "run", "--workers", 1)
    assert code == 3
    assert "store 8 (Market)" in complaint
    left = [path for path in sorted(tmp_path.rglob("*")) if FOLDER not in path.parts]
    assert left == before
    code, _, _ = run_command(
        "plan", data, "--out", tmp_path / "new" / "run", "--workers", 1, "--no-cache"
    )
    assert code == 3
    assert not (tmp_path / "new").exists()


def test_keep_going_plans_the_others_and_still_exits_3(run_command, hasty, tmp_path):
    """The run stands whole without the store, and the command says which was left out."""
    stores = SHOP_STORES.replace("8,Market,Ahlen,North,,4,4", "8,Market,Ahlen,North,3,4,4")
    data = corner_shops(tmp_path / "data", stores=stores)
    run = tmp_path / "run"
    code, said, complaint = run_command("plan", data, "--out", run, "--workers", 1, "--keep-going")
    assert code == 3
    assert "Planned 2 stores" in said
    assert "store 8 (Market)" in complaint
    code, said, _ = run_command("audit", run)
    assert code == 0, said


SALES = shop_sales()
BROKEN = {
    "missing table": ({"stores": None}, "stores"),
    "missing column": ({"sales": SALES.replace("units", "unts", 1)}, "units"),
    "unknown store": ({"sales": SALES + "99,4011,2026-01-05,3,2\n"}, "99"),
    "unknown item": ({"sales": SALES + "7,9999,2026-01-05,3,2\n"}, "9999"),
    "duplicate key": ({"items": SHOP_ITEMS + SHOP_ITEMS.splitlines()[1] + "\n"}, "4011"),
    "negative width": ({"fixtures": SHOP_FIXTURES.replace(",100,", ",-100,")}, "width_cm"),
    "text in a number": ({"items": SHOP_ITEMS.replace("bananas,0.8", "bananas,cheap")}, "cheap"),
    "empty file": ({"items": ""}, "items.csv"),
    "wrong date": ({"sales": SALES.replace("2026-01-12", "2026-13-12", 1)}, "2026-13-12"),
    "infinite price": ({"items": SHOP_ITEMS.replace("bananas,0.8", "bananas,inf")}, "inf"),
    "core wider than the shelf": (
        {"items": SHOP_ITEMS.replace("bananas,0.8,0.5,40", "bananas,0.8,0.5,400")},
        "items out of the core",
    ),
    "a store id that is a path": (
        {name: text.replace("\n7,", "\n../7,") for name, text in
         (("stores", SHOP_STORES), ("fixtures", SHOP_FIXTURES), ("sales", SALES))},
        "../7",
    ),
    "an order at a supplier who sends nothing": (
        {
            "items": SHOP_ITEMS.replace("core,regions", "core,supplier_id").replace(
                "no,North", "no,s"
            ),
            "suppliers": "supplier_id,min_order_week,max_units_week\ns,500,0\n",
        },
        "min_order_week",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_input_writes_nothing(run_command, tmp_path, name):
    """Bad input: exit 2, the place and the mend in words, and not a file anywhere."""
    changes, word = BROKEN[name]
    data = corner_shops(tmp_path / "data", **changes)
    before = sorted(tmp_path.rglob("*"))
    code, said, complaint = run_command("plan", data, "--out", tmp_path / "out" / "run")
    assert code == 2
    assert said == ""
    assert word in complaint
    assert "Mend:" in complaint
    assert "Traceback" not in complaint
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_in_the_way_is_refused_before_planning(run_command, shop_run, tmp_path):
    """An earlier run in the folder exits 2 and says how to replace it."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text("{}")
    code, _, complaint = run_command("plan", shop_run.parent / "data", "--out", run)
    assert code == 2
    assert "--overwrite" in complaint
    assert (run / "run.json").read_text() == "{}"
