"""Careless use of the command line: one clear line, the right exit code, nothing half written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openpyxl
import pytest
from whole_chain import SHOP_FIXTURES, SHOP_ITEMS, SHOP_STORES, corner_shops, shop_sales

from planner.named import named

resource = pytest.importorskip("resource")

PROBLEM = {
    "store_id": "1",
    "need_groups": [{"id": "n", "potential_units_week": 10, "no_purchase_attraction": 1}],
    "items": [{"id": "a", "need_group": "n", "attraction": 1, "price": 2, "unit_cost": 1}],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    """The corner shops with a misspelt key in a scenario, to be read only."""
    path = corner_shops(tmp_path_factory.mktemp("chain") / "data")
    (path / "scenarios.toml").write_text("[lean]\nbudget.scael = 0.9\n")
    return path


@pytest.fixture
def refused(run_command, tmp_path):
    """Run a command that must be refused: exit 2, one message, no file; returns the message."""

    def refuse(*arguments: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        code, said, complaint = run_command(*arguments)
        assert (code, said) == (2, ""), complaint
        assert "Traceback" not in complaint
        assert "unexpected fault" not in complaint
        assert sorted(tmp_path.rglob("*")) == before
        return complaint

    return refuse


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """As on a full disk: whatever grows beyond so many bytes cannot be written."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


# ---- paths


DATA = {
    "nothing": "nothing there",
    "note.txt": "a file of another kind",
    "sales.csv": "give the folder that it is in",
    "old.xls": "save it as an Excel workbook",
    "empty": "an empty folder",
    "run": "a finished run",
}


@pytest.mark.parametrize("name", sorted(DATA))
def test_data_that_is_none_is_named_for_what_it_is(refused, tmp_path, name):
    """One line says what was found in place of a chain's tables, and which path is wanted."""
    for file in ("note.txt", "sales.csv", "old.xls"):
        (tmp_path / file).write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "run" / "tables").mkdir(parents=True)
    (tmp_path / "run" / "run.json").write_text("{}")
    complaint = refused("plan", tmp_path / name, "--out", tmp_path / "out")
    assert DATA[name] in complaint
    assert "1 problem; nothing was planned." in complaint


RUNS = {
    "nothing": "check the spelling",
    "note.txt": "a file",
    "empty": "a folder without a run",
    "chain": "plan it first",
    "run/planograms": "name the run itself",
    "run/report.html": "name the run itself",
    "broken": "not JSON",
    ".": "a folder of runs",
}


@pytest.mark.parametrize("command", [("audit",), ("explain", "--store", "7", "--item", "4011")])
@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_run_that_is_none_is_named_for_what_it_is(refused, tmp_path, name, command):
    """The same for a run; each command says what it did not do."""
    (tmp_path / "note.txt").write_text("x")
    for folder in ("empty", "chain", "run/planograms", "broken"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "chain" / "sales.csv").write_text("x")
    (tmp_path / "run" / "run.json").write_text("{}")
    (tmp_path / "run" / "report.html").write_text("x")
    (tmp_path / "broken" / "run.json").write_text("{")
    complaint = refused(command[0], tmp_path / name, *command[1:])
    assert RUNS[name] in complaint
    done = {"audit": "audited", "explain": "explained"}[command[0]]
    assert f"1 problem; nothing was {done}." in complaint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "a file of another kind"),
        (b"{", "allowed: JSON"),
        (b"[]", "an object with its keys"),
        (b"{}", "this key is required"),
        (None, "a folder"),
    ],
)
def test_a_problem_file_of_another_kind(refused, tmp_path, content, said):
    """PROBLEM.json that is none: what it is, in a line, and no PLAN.json."""
    path = tmp_path / "PROBLEM.json"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    complaint = refused("solve", path, "--out", tmp_path / "PLAN.json")
    assert said in complaint
    assert "nothing was solved." in complaint


@pytest.mark.parametrize("out", ["folder", "note.txt/PLAN.json"])
def test_an_answer_that_cannot_be_written_is_refused_before_solving(refused, tmp_path, out):
    """A folder, or a place in a file, in place of the file to write."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "note.txt").write_text("x")
    (tmp_path / "PROBLEM.json").write_text(json.dumps(PROBLEM))
    complaint = refused("solve", tmp_path / "PROBLEM.json", "--out", tmp_path / out)
    assert "Mend: name a" in complaint


@pytest.mark.parametrize("out", ["note.txt", "note.txt/run", "folder"])
def test_a_run_is_never_written_over_something_else(refused, data, tmp_path, out):
    """A file, a place in one, and a folder with files are refused before planning."""
    (tmp_path / "note.txt").write_text("x")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "mine.txt").write_text("x")
    refused("plan", data, "--out", tmp_path / out)


def test_a_full_disk_is_told_and_leaves_nothing(refused, data, tmp_path):
    """The result that does not fit is named, not the file aside; nothing stays behind."""
    out = tmp_path / "deep" / "demand.parquet"
    with no_file_above(100):
        complaint = refused("demand", data, "--out", out)
    assert "nothing was estimated" in complaint
    assert ".part" not in complaint
    with no_file_above(100):
        assert "nothing was made" in refused("new", tmp_path / "chain")


# ---- tables


def book(path: Path, *, title: bool = False, merged: bool = False) -> Path:
    """The corner shops as a workbook, with a title above the items, or merged cells."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    texts = {"items": SHOP_ITEMS, "stores": SHOP_STORES, "fixtures": SHOP_FIXTURES,
             "sales": shop_sales()}  # fmt: skip
    for name, text in texts.items():
        sheet = workbook.create_sheet(name)
        for line in text.splitlines():
            sheet.append([cell or None for cell in line.split(",")])
    if title:
        workbook["items"].insert_rows(1)
        workbook["items"]["A1"] = "Our items, 2026"
    if merged:
        workbook["stores"].merge_cells("D2:D3")
    workbook.save(path)
    return path


def test_a_title_above_the_columns_names_is_one_problem(refused, tmp_path):
    """Not a missing column for every column, and no id that is said to be unknown."""
    complaint = refused("check", book(tmp_path / "chain.xlsx", title=True))
    assert "which are in row 2" in complaint
    assert complaint.endswith("1 problem.")


def test_merged_cells_are_refused_where_they_are(refused, tmp_path):
    """All but the first of merged cells are empty: the range is named with its sheet."""
    complaint = refused("check", book(tmp_path / "chain.xlsx", merged=True))
    assert "sheet stores, row 2: found 'merged cells D2:D3'" in complaint


TABLES = {
    "latin-1": ({"items": SHOP_ITEMS.replace("Bananas,", "Bananés,")}, "latin-1", "CSV UTF-8"),
    "utf-16": ({"items": SHOP_ITEMS}, "utf-16", "CSV UTF-8"),
    "no stores": ({"stores": SHOP_STORES.splitlines()[0]}, "utf-8", "at least one row"),
    "open quotation": ({"items": SHOP_ITEMS.replace("Chives", '"Chives')}, "utf-8", "never closed"),
    "nothing sold": (
        {"sales": "store_id,item_id,week,units\n7,4011,2026-01-05,0\n"}, "utf-8", "a sale some",
    ),
    "a price beyond reason": (
        {"items": SHOP_ITEMS.replace("bananas,0.8,", "bananas,1e300,")}, "utf-8", "csv, row 2",
    ),
    "sales beyond reason": (
        {"sales": "store_id,item_id,week,units\n7,4011,2026-01-05,1e300\n"}, "utf-8", "smaller",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_that_cannot_be_used(refused, tmp_path, name):
    """Other encodings, no rows, stray quotation marks, numbers that mean nothing."""
    changes, encoding, said = TABLES[name]
    path = corner_shops(tmp_path / "data")
    for table, text in changes.items():
        (path / f"{table}.csv").write_bytes(text.encode(encoding))
    assert said in refused("check", path)


def test_every_row_is_shown_on_demand(run_command, tmp_path):
    """Thirty wrong rows: the console shows 20 and one line for ten, ``--all`` each, and a file of
    problems has each as well."""
    bad = "".join(f"7,4011,2027-01-{day:02d},-x,1\n" for day in range(1, 31))
    path = corner_shops(tmp_path / "data", sales="store_id,item_id,week,units,revenue\n" + bad)
    code, _, short = run_command("check", path)
    assert code == 2
    assert "row 22 and 9 more rows, units" in short
    assert f"planner check {path} --all" in short
    _, _, whole = run_command("check", path, "--all")
    assert whole.count("sales.csv, row") > short.count("sales.csv, row")
    assert "sales.csv, row 31, units" in whole
    assert "more rows" not in whole
    for name in ("problems.csv", "problems.xlsx"):
        _, _, same = run_command("check", path, "--problems", tmp_path / name)
        assert same == short
    lines = (tmp_path / "problems.csv").read_text(encoding="utf-8-sig").splitlines()
    rows = openpyxl.load_workbook(tmp_path / "problems.xlsx").worksheets[0].max_row
    assert len(lines) == rows == whole.count("Mend:") + 1


# ---- options


def test_problems_go_to_a_workbook_or_csv(refused, data, tmp_path):
    """Another kind of file is refused by its name."""
    assert ".xlsx or .csv" in refused("check", data, "--problems", tmp_path / "problems.txt")


def test_a_base_plan_warns_of_a_key_that_no_scenario_can_use(run_command, refused, data):
    """Block, key and the right one in a warning; refused as soon as the scenario is asked for."""
    code, said, _ = run_command("check", data)
    assert code == 0
    warning = next(line for line in said.splitlines() if "scenarios.toml" in line)
    for words in ("Warning", "[lean]", "budget.scael", "write budget.scale"):
        assert words in warning
    assert "write budget.scale" in refused("check", data, "--scenario", "lean")


@pytest.mark.parametrize("vary", ["core.size", "core.size=9:1", "budget.scale=a", "extends=base"])
def test_values_that_cannot_be_varied(refused, data, tmp_path, vary):
    """What stands after --vary is refused with what is allowed."""
    complaint = refused("sweep", data, "--vary", vary, "--out", tmp_path / "sweep")
    assert "--vary" in complaint
    assert "nothing was planned." in complaint


NAMES = {"1": "Harbour", "2": "Market", "3": "market", "Market": "Station", "4": "Old market"}


@pytest.mark.parametrize(
    ("given", "found", "said"),
    [
        ("1", "1", ""),
        ("harbour ", "1", ""),
        ("Market", "Market", ""),
        ("MARKET", "", "2 (Market), 3 (market), Market (Station)"),
        ("Habour", "", "1 (Harbour)"),
        ("old", "", "4 (Old market)"),
        ("", "", "the nearest are"),
    ],
)
def test_stores_and_items_by_id_or_name(given, found, said):
    """An id as written comes first, then the one of that name; else those that may be meant."""
    problems = []
    assert named("--store", given, NAMES, problems) == found
    assert [said in problem.mend for problem in problems] == ([] if found else [True])
