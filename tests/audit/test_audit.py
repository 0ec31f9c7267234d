"""The audit passes a run that is right, and names whatever is tampered with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from finished_run import sign, write_data, write_run

from planner.audit import audit
from planner.audit.copies import read_copies
from planner.audit.economics import expected_sales
from planner.audit.folder import RunFolder, read_manifest, read_tables
from planner.audit.ledger import Ledger
from planner.audit.run import CHECKS
from planner.audit.workbooks import check_drawings
from planner.outputs.workbook.cells import workbook_cells

Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``data`` and ``run``; tests copy it before they change anything."""
    folder = tmp_path_factory.mktemp("finished")
    write_run(folder / "run", write_data(folder / "data"))
    return folder


@pytest.fixture(scope="session")
def loaded(finished: Path) -> RunFolder:
    """The run as the checks see it, for tampering with its tables in memory."""
    ledger = Ledger()
    path = finished / "run"
    manifest = read_manifest(path, ledger)
    folder = RunFolder(path, manifest, read_tables(path, ledger), read_copies(path, manifest))
    assert ledger.result().findings == ()
    return folder


@pytest.fixture
def run(finished: Path, tmp_path: Path) -> Path:
    """A run of its own, with its data beside it."""
    shutil.copytree(finished, tmp_path / "copy")
    folder = tmp_path / "copy" / "run"
    manifest = json.loads((folder / "run.json").read_text())
    manifest["data_path"] = str(tmp_path / "copy" / "data")
    (folder / "run.json").write_text(json.dumps(manifest))
    sign(folder)
    return folder


def assert_found(run: Path, *wanted: tuple[str, ...] | str, data: Path | None = None) -> None:
    """For each of ``wanted`` some finding holds all its words; plain words are one wish."""
    findings = audit(run, data).findings
    plain = tuple(words for words in wanted if isinstance(words, str))
    for words in (*(words for words in wanted if not isinstance(words, str)), plain):
        assert any(all(word in finding for word in words) for finding in findings), findings


def rewrite(run: Path, table: str, change: Change) -> None:
    """Change a table of the run, with its hash, so that only its content can give it away."""
    path = run / "tables" / f"{table}.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    sign(run)


def setting(column: str, value: object, **where: object) -> Change:
    """Set a cell, or add to it where the value is a function of it."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        rows = np.ones(len(frame), dtype=bool)
        for name, wanted in where.items():
            rows &= (frame[name] == wanted).to_numpy()
        assert rows.sum() == 1
        at = frame.index[rows][0]
        before = frame.loc[at, column]
        after = value(before) if callable(value) else value
        frame = frame.astype({column: type(after)}) if isinstance(after, float) else frame
        frame.loc[at, column] = after
        return frame

    return change


def test_a_right_run_passes(run: Path) -> None:
    """No finding and no note, and a good many comparisons."""
    result = audit(run)
    assert result.findings == ()
    assert result.notes == ()
    assert result.checks > 1000


def test_it_uses_neither_the_model_nor_the_solver() -> None:
    """Importing the audit loads no module of demand, assortment or shelves, and no solver."""
    code = "import sys, planner.audit; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "planner.audit.economics" in loaded
    barred = ("planner.demand", "planner.assortment", "planner.shelves", "pulp", "highspy")
    assert [name for name in loaded if name.startswith(barred)] == []


def test_expected_sales_of_exponential_demand() -> None:
    """With cv 1 the gamma distribution is exponential: ``E[min(D, Q)] = mu (1 - exp(-Q / mu))``."""
    mean, stock = np.array([4.0, 4.0, 0.0, 3.0]), np.array([2.0, 9.0, 5.0, 2.0])
    found = expected_sales(mean, stock, np.array([1.0, 1.0, 1.0, 0.0]))
    wanted = [4 * (1 - np.exp(-0.5)), 4 * (1 - np.exp(-2.25)), 0.0, 2.0]
    assert found == pytest.approx(wanted, rel=1e-12)


TABLES: list[tuple[str, Change, tuple[str, ...]]] = [
    (
        "placement",
        lambda frame: frame.assign(where=frame["where"] + "Figs"),
        ("placement.parquet", "store 7", "group_blocks", "broken at Figs", "no place"),
    ),
    (
        "placement",
        setting("broken", 99.0, store_id="7", fixture_type="table", rule="eye_level_margin"),
        ("placement.parquet", "store 7", "broken is 99", "away from eye level"),
    ),
    (
        "placement",
        lambda frame: frame.assign(proven=frame["rule"] == "moves"),
        ("placement.parquet", "store 7", "some rules say", "proven the best"),
    ),
    (
        "cells",
        lambda frame: frame.assign(value=frame["value"].replace("best possible", "best found")),
        ("planograms/7.xlsx, sheet Placement", "group_blocks", "best found", "proven"),
    ),
    (
        "assortment",
        setting("facings", lambda f: f + 1, store_id="7", item_id="4020"),
        ("positions", "store 7", "item 4020", "facings"),
    ),
    (
        "assortment",
        setting("facings", 9, store_id="7", item_id="4063"),
        ("store 7", "item 4063", "9 facings", "1 to 4"),
    ),
    (
        "assortment",
        setting("listed", False, store_id="8", item_id="4061"),
        ("store 8", "core item 4061"),
    ),
    (
        "assortment",
        setting("listed", True, store_id="8", item_id="4022"),
        ("store 8", "item 4022", "North"),
    ),
    (
        "assortment",
        setting("listed", True, store_id="8", item_id="4022"),
        ("store 8", "item 4022", "candidate"),
    ),
    (
        "assortment",
        setting("listed", False, store_id="7", item_id="4063"),
        ("store 7", "item 4063", "locked IN"),
    ),
    (
        "assortment",
        setting("listed", True, store_id="8", item_id="4012"),
        ("store 8", "item 4012", "locked OUT"),
    ),
    (
        "assortment",
        setting("facings", 1, store_id="7", item_id="4061"),
        ("store 7", "item 4061", "locked MIN 2", "1 facings"),
    ),
    (
        "assortment",
        setting("facings", 3, store_id="7", item_id="4020"),
        ("store 7", "item 4020", "locked MAX 2", "3 facings"),
    ),
    (
        "locks",
        setting("facings", 1.0, store_id="7", item_id="4061"),
        ("store 7, item 4061, lock MIN", "facings 1", "the input says in force with 2"),
    ),
    (
        "locks",
        setting("state", "expired", store_id="8", item_id="4012"),
        ("store 8, item 4012, lock OUT", "is expired", "in force"),
    ),
    (
        "locks",
        setting("cost_week", 4.0, store_id="7", item_id="4063"),
        ("store 7, item 4063, lock IN", "costs 4", "at least 1.96 and at most 2.04"),
    ),
    (
        "locks",
        setting("most_week", 2.2, store_id="7", item_id="4063"),
        ("store 7, item 4063, lock IN", "costs 2 (exact)", "at least 1.96 and at most 2.2"),
    ),
    (
        "locks",
        setting("known", "between", store_id="7", item_id="4063"),
        ("store 7, item 4063, lock IN", "costs 2 (between)"),
    ),
    (
        "locks",
        setting("cost_week", 2.02, store_id="7", item_id="4063"),
        ("chain.xlsx, sheet Locks", "store 7, item 4063, lock IN", "2, expected 2.02"),
    ),
    (
        "lock_totals",
        lambda frame: frame[frame["store_id"] != "8"],
        ("lock_totals.parquet: store 8 is missing",),
    ),
    (
        "lock_totals",
        setting("locks", 2, store_id="7"),
        ("lock_totals.parquet: store 7 has 4 locks, not 2",),
    ),
    (
        "lock_totals",
        setting("cost_week", 2.02, store_id="8"),
        ("store 8", "cost_week of all locks together is 2.02, its only lock says 2"),
    ),
    (
        "lock_totals",
        lambda frame: frame.assign(
            known=frame["known"].where(frame["store_id"] != "8", "not possible"),
            **{
                name: frame[name].where(frame["store_id"] != "8")
                for name in ("cost_week", "least_week", "most_week")
            },
        ),
        ("store 8", "how well all locks together are known is 'not possible'", "says 'exact'"),
    ),
    (
        "lock_totals",
        setting("most_week", 99.0, store_id=""),
        ("chain.xlsx, sheet Locks", "most_week of locks together", "expected 99"),
    ),
    (
        "locks",
        lambda frame: frame[frame["lock"] != "MAX"],
        ("store 7, item 4020, lock MAX", "is missing"),
    ),
    (
        "locks",
        lambda frame: frame.assign(item_id=frame["item_id"].replace("4063", "4062")),
        ("7.xlsx, sheet Locks", "store 7, item 4062, lock IN", "does not stand there once"),
    ),
    (
        "assortment",
        setting("listed", True, store_id="7", item_id="4022"),
        ("store 7", "Apples", "max_items 2"),
    ),
    (
        "assortment",
        setting("listed", True, store_id="7", item_id="4022"),
        ("store 7", "item 4022", "no position"),
    ),
    (
        "assortment",
        setting("core", True, store_id="7", item_id="4021"),
        ("store 7", "item 4021", "core is True"),
    ),
    (
        "assortment",
        setting("stock_units_cycle", 60.0, store_id="7", item_id="4021"),
        ("store 7", "item 4021", "stock_units_cycle is 60"),
    ),
    (
        "assortment",
        setting("stock_units_cycle", 3.0, store_id="7", item_id="4021"),
        ("store 7", "item 4021", "stock_units_cycle is 3", "expected 4"),
    ),
    (
        "assortment",
        setting("sales_week", lambda x: x + 0.01, store_id="7", item_id="4011"),
        ("store 7", "item 4011", "sales_week"),
    ),
    (
        "assortment",
        setting("margin_week", lambda x: x + 0.01, store_id="7", item_id="4011"),
        ("store 7", "objective_week"),
    ),
    (
        "assortment",
        setting("demand_units_week", lambda x: x * 1.001, store_id="8", item_id="4011"),
        ("store 8", "item 4011", "demand_units_week", "attraction"),
    ),
    (
        "assortment",
        setting("sold_units_week", lambda x: x * 1.001, store_id="8", item_id="4011"),
        ("store 8", "item 4011", "sold_units_week", "E[min(demand, stock)]"),
    ),
    (
        "assortment",
        setting("waste_units_week", 0.0, store_id="8", item_id="4011"),
        ("store 8", "item 4011", "waste_units_week is 0"),
    ),
    (
        "assortment",
        setting("sales_week", 5.0, store_id="8", item_id="4063"),
        ("store 8", "item 4063", "not listed"),
    ),
    (
        "assortment",
        lambda frame: frame.drop(index=3),
        ("assortment", "store 7, item 4021", "has no row"),
    ),
    (
        "economics",
        setting("spend_cost", 90.0, store_id="7", item_id="4011"),
        ("store 7", "spends", "budget_week is 900"),
    ),
    (
        "choice",
        setting("shadow_attraction", 0.99, store_id="8", item_id="4022", segment="families"),
        ("store 8", "item 4020", "demand_units_week"),
    ),
    (
        "choice_groups",
        setting(
            "potential_units_week", 10.0, store_id="8", segment="students", need_group="Bananas"
        ),
        ("store 8", "item 4011", "demand_units_week"),
    ),
    (
        "positions",
        setting("left_cm", 15.0, store_id="8", item_id="4061"),
        ("store 8", "item 4061", "fixture W1, bay 1, shelf 1", "90 cm wide"),
    ),
    (
        "positions",
        setting("width_cm", 12.0, store_id="8", item_id="4061"),
        ("store 8", "item 4061", "width_cm is 12", "expected 90"),
    ),
    (
        "positions",
        setting("fixture_id", "W1", store_id="8", item_id="4020"),
        ("store 8", "item 4020", "belongs on table", "wet rack"),
    ),
    (
        "positions",
        setting("position", 5, store_id="8", item_id="4061"),
        ("store 8", "item 4061", "position is 5", "expected 1"),
    ),
    (
        "positions",
        setting("shelf", 7, store_id="8", item_id="4061"),
        ("store 8", "item 4061", "shelf 7", "does not know"),
    ),
    (
        "positions",
        lambda frame: frame.assign(left_cm=0.0),
        ("begins at 0 cm", "neighbour ends at"),
    ),
    (
        "positions",
        lambda frame: frame[frame["item_id"] != "4063"],
        ("store 7", "item 4063", "no position"),
    ),
    (
        "shelves",
        lambda frame: frame.iloc[1:],
        ("shelves", "store 7", "fixture T1, bay 1, shelf 1", "missing"),
    ),
    (
        "shelves",
        setting("width_cm", 130.0, store_id="7", fixture_id="W1"),
        ("store 7", "fixture W1", "130 cm", "120 cm"),
    ),
    (
        "store_plans",
        setting("objective_week", lambda x: x + 1, store_id="8"),
        ("store_plans", "store 8", "objective_week"),
    ),
    ("store_plans", setting("gap", 0.2, store_id="8"), ("store 8", "gap is 0.2")),
    (
        "store_plans",
        setting("proof", "optimal", store_id="8"),
        ("store 8", "'optimal'", "does not bear out"),
    ),
    ("store_plans", setting("plan", "none", store_id="8"), ("store 8", "not feasible")),
    (
        "limits",
        setting("used", 1.0, store_id="7", limit="max_local_items"),
        ("store 7", "max_local_items", "used is 1", "expected 2"),
    ),
    (
        "limits",
        setting("available", 300.0, store_id="7", limit="shelf_cm:table"),
        ("store 7", "shelf_cm:table", "available is 300", "expected 180"),
    ),
    (
        "limits",
        setting("used", 500.0, store_id="7", limit="shelf_cm:table"),
        ("store 7", "shelf_cm:table", "is broken"),
    ),
    (
        "figures",
        setting("waste_units_week", 0.0, store_id="7", plan="local"),
        ("figures", "store 7", "waste_units_week"),
    ),
    (
        "value",
        setting("value_week", 99.0, level="chain", against="common"),
        ("value", "chain against common", "99", "30"),
    ),
    (
        "value",
        setting("planned_week", 99.0, level="store", name="7", against="current"),
        ("value", "store 7 against current", "planned_week is 99", "figures"),
    ),
    (
        "value",
        setting("low_week", 99.0, level="store", name="7", against="current"),
        ("value", "store 7 against current", "low_week 99 is above"),
    ),
    (
        "value",
        setting("share_of_sales", 0.07, level="store", name="7", against="current"),
        ("store 7", "unusual is False"),
    ),
    (
        "value",
        setting("sales_growth", 0.01234, level="region", name="South", against="current"),
        ("region South against current", "sales_growth is 0.01234", "expected"),
    ),
    (
        "value",
        setting("share_of_sales", 0.5, level="chain", against="common"),
        ("chain", "share_of_sales is 0.5", "expected"),
    ),
    (
        "value",
        setting("unusual", lambda old: ~old, level="chain", against="common"),
        ("chain", "against common", "unusual is"),
    ),
    (
        "waterfall",
        setting("change_week", 99.0, level="store", name="7", from_plan="common", part="waste"),
        ("waterfall", "store 7", "common to local", "add up to"),
    ),
    (
        "waterfall",
        setting("change_week", 99.0, level="chain", from_plan="common", part="waste"),
        ("waterfall", "chain", "99", "sum over its stores"),
    ),
    (
        "certainty",
        setting("count", 99.0, level="chain", measure="sales", part="history"),
        ("certainty", "chain", "sales, history", "count is 99"),
    ),
    (
        "certainty",
        setting("share", 0.5, level="store", name="7", measure="pairs", part="history"),
        ("certainty", "store 7, pairs, history", "share is 0.5"),
    ),
    (
        "demand",
        setting("low_units_week", 40.0, store_id="7", item_id="4011"),
        ("demand", "store 7", "item 4011", "low 40"),
    ),
    (
        "demand",
        lambda frame: frame.iloc[1:],
        ("demand", "store 7, item 4011", "has no row"),
    ),
    (
        "orders",
        setting("spend_week", 1.0, item_id="4061"),
        ("orders", "4061", "spend_week is 1", "sum over the stores"),
    ),
    ("orders", lambda frame: frame[frame["item_id"] != "4061"], ("orders", "4061", "no row")),
    (
        "cells",
        lambda frame: frame[frame["workbook"] != "chain.xlsx"],
        ("no cells of chain.xlsx",),
    ),
]


@pytest.mark.parametrize(("table", "change", "words"), TABLES)
def test_a_changed_table_is_named(
    loaded: RunFolder, table: str, change: Change, words: tuple[str, ...]
) -> None:
    """Each tampering with a table is found by a check of its content, whatever its hash."""
    frame = change(loaded.tables[table].copy()).reset_index(drop=True)
    folder = replace(loaded, tables={**loaded.tables, table: frame})
    ledger = Ledger()
    for check, needed in CHECKS:
        if table in needed:
            check(folder, ledger)
    findings = ledger.result().findings
    assert any(all(word in finding for word in words) for finding in findings), findings


def findings_of_all_checks(folder: RunFolder) -> tuple[str, ...]:
    """What the checks of a run's content find."""
    ledger = Ledger()
    for check, _ in CHECKS:
        check(folder, ledger)
    return ledger.result().findings


def test_a_core_item_out_of_season_is_not_the_plans_core(loaded: RunFolder) -> None:
    """An item whose last day lies before the plan's is no core; one to the last day is."""
    manifest = {**loaded.manifest, "valid_from": "2026-01-12", "valid_to": "2026-02-08"}
    core = loaded.inputs["items"]["item_id"] == "4061"
    for last_day, missing in (("2026-02-07", True), ("2026-02-08", False)):
        items = loaded.inputs["items"].copy()
        items.loc[core, "available_to"] = pd.Timestamp(last_day)
        folder = replace(loaded, manifest=manifest, inputs={**loaded.inputs, "items": items})
        found = findings_of_all_checks(folder)
        assert any("4061: core is True, expected False" in f for f in found) == missing, found


def test_without_a_given_core_it_is_that_of_the_economics(loaded: RunFolder) -> None:
    """A derived core may be empty; a flag that the run did not derive is named."""
    inputs = {**loaded.inputs, "items": loaded.inputs["items"].assign(core=False)}
    economics = loaded.tables["economics"].assign(core=False)
    assortment = loaded.tables["assortment"]
    for flags, named in ((False, False), (assortment["core"], True)):
        tables = {
            **loaded.tables,
            "economics": economics,
            "assortment": assortment.assign(core=flags),
        }
        found = findings_of_all_checks(replace(loaded, inputs=inputs, tables=tables))
        assert any("core is True, expected False" in finding for finding in found) == named
        assert not any("expected True" in finding for finding in found)


def test_a_run_without_fixtures_has_nothing_drawn(loaded: RunFolder) -> None:
    """No drawing and no position is no finding, whatever type an empty column has."""
    cells = loaded.tables["cells"]
    tables = {
        **loaded.tables,
        "cells": cells[~cells["sheet"].str.startswith("Planogram")],
        "positions": loaded.tables["positions"].iloc[:0],
    }
    ledger = Ledger()
    check_drawings(replace(loaded, tables=tables), ledger)
    assert ledger.result().findings == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), ("two rows", "item_id 4011")),
        (lambda frame: frame.drop(columns="facings"), ("no column facings",)),
        (setting("facings", 9, store_id="7", item_id="4063"), ("item 4063", "1 to 4")),
    ],
)
def test_a_changed_file_is_named_by_its_content(
    run: Path, change: Change, words: tuple[str, ...]
) -> None:
    """The same through the file, with its hash written anew."""
    rewrite(run, "assortment", change)
    assert_found(run, "tables/assortment.parquet", *words)


def test_what_other_programs_read_is_compared_with_the_table(loaded: RunFolder) -> None:
    """A position that moved after the files were written is named in each of them."""
    there = loaded.tables["positions"]
    one = (there["store_id"] == "7") & (there["item_id"] == "4021")
    moved = there.assign(left_cm=there["left_cm"].where(~one, there["left_cm"] + 2.0))
    for changed, words in (
        (moved, ("store 7, item 4021: left_cm is", "expected")),
        (there[~one], ("store 7, item 4021 is there, but not in tables/positions.parquet",)),
    ):
        folder = replace(loaded, tables={**loaded.tables, "positions": changed})
        found = [f for f in findings_of_all_checks(folder) if f.startswith("exchange/")]
        assert {f.split(":")[0] for f in found} == {"exchange/positions.csv", "exchange/7.psa"}
        assert all(word in finding for finding in found for word in words), found


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("positions.csv", b",Apples Fuji,", b",Apples Gala,", ("item_name is 'Apples Gala'",)),
        ("positions.csv", b"store_id,", b"shop,", ("cannot be read", "store_id")),
        ("7.psa", b",Apples Fuji,", b",Apples Gala,", ("item_name is 'Apples Gala'",)),
        ("8.psa", b"PROSPACE", b"PROSPECT", ("cannot be read", "first line")),
    ],
)
def test_an_edited_exchange_file_is_named(
    run: Path, name: str, old: bytes, new: bytes, words: tuple[str, ...]
) -> None:
    """The file, the item and both texts are told, though its hash was written anew."""
    file = run / "exchange" / name
    content = file.read_bytes()
    assert old in content
    file.write_bytes(content.replace(old, new))
    sign(run)
    assert_found(run, f"exchange/{name}", *words)


def test_a_missing_exchange_file_is_named(run: Path) -> None:
    """Also where run.json no longer knows of it."""
    (run / "exchange" / "8.psa").unlink()
    sign(run)
    assert_found(run, "exchange/8.psa is missing")


def test_a_changed_table_is_named_by_its_hash(run: Path) -> None:
    """Whatever was changed, the file is named."""
    path = run / "tables" / "recapture.parquet"
    pd.read_parquet(path).assign(recapture_share=0.9).to_parquet(path, index=False)
    assert_found(run, "tables/recapture.parquet", "changed after the run")


@pytest.mark.parametrize("name", ["report.html", "tables/positions.parquet", "inputs/items.csv"])
def test_a_missing_file_is_named(run: Path, name: str) -> None:
    """A file that run.json names must be there."""
    (run / name).unlink()
    assert_found(run, name, "missing")


def test_a_file_too_many_is_named(run: Path) -> None:
    """What the run did not write does not belong in its folder."""
    (run / "planograms" / "9.xlsx").write_bytes(b"")
    assert_found(run, "planograms/9.xlsx", "no file of this run")


def test_a_damaged_table_is_named(run: Path) -> None:
    """A table that is no Parquet file is a finding, not a traceback."""
    (run / "tables" / "demand.parquet").write_bytes(b"not parquet")
    assert_found(run, "tables/demand.parquet", "cannot be read")


def edit_cell(run: Path, sheet: str, cell: str, value: object) -> None:
    """Change a cell of store 7's workbook as a person would."""
    path = run / "planograms" / "7.xlsx"
    workbook = openpyxl.load_workbook(path, rich_text=True)
    workbook[sheet][cell] = value
    workbook.save(path)


def items_cell(run: Path, head: str, item_id: str, sheet: str = "Items") -> str:
    """Place of a figure of an item in a list of store 7."""
    cells = pd.read_parquet(run / "tables" / "cells.parquet")
    cells = cells[(cells["workbook"] == "planograms/7.xlsx") & (cells["sheet"] == sheet)]
    column = cells.loc[cells["value"].str.startswith(head), "cell"].iloc[0].rstrip("0123456789")
    row = cells.loc[cells["value"] == item_id, "cell"].iloc[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return column + row


def test_an_edited_cell_is_named(run: Path) -> None:
    """Workbook, sheet, cell, what is there and what was; also where the hash was written anew."""
    cell = items_cell(run, "Facings", "4063")
    edit_cell(run, "Items", cell, 77)
    sign(run)
    assert_found(run, "planograms/7.xlsx", "sheet Items", f"cell {cell}", "'77'")


def test_a_saved_workbook_without_an_edit_has_its_cells(run: Path) -> None:
    """Opening and saving changes the bytes, which is said, but no cell."""
    workbook = openpyxl.load_workbook(run / "planograms" / "7.xlsx", rich_text=True)
    workbook.save(run / "planograms" / "7.xlsx")
    findings = audit(run).findings
    assert len(findings) == 1
    assert "planograms/7.xlsx was changed after the run" in findings[0]


def hide_in_cells(run: Path) -> None:
    """Write the table of cells anew from the workbooks, as one who hides an edit would."""
    path = run / "tables" / "cells.parquet"
    names = pd.read_parquet(path)["workbook"].unique()
    frames = [workbook_cells(run / name).assign(workbook=name) for name in names]
    pd.concat(frames, ignore_index=True).to_parquet(path, index=False)
    sign(run)


def test_a_figure_of_the_list_is_compared_with_the_table(run: Path) -> None:
    """A printed figure that is not the table's is found even where the edit was hidden."""
    edit_cell(run, "Items", items_cell(run, "Margin", "4063"), 1234.5)
    hide_in_cells(run)
    assert_found(run, "planograms/7.xlsx", "item 4063", "margin_week", "1234.5")


def test_an_item_left_out_of_the_list_is_named(run: Path) -> None:
    """The list names every listed item, and no other."""
    edit_cell(run, "Items", items_cell(run, "PLU", "4063"), "4022")
    hide_in_cells(run)
    assert_found(run, ("7.xlsx", "item 4063", "missing"), ("7.xlsx", "item 4022", "not listed"))


def test_a_cost_of_forcing_in_is_compared_with_the_table(run: Path) -> None:
    """What forcing an item in costs is that of the reasons; a listed item is no candidate."""
    edit_cell(run, "Not carried", items_cell(run, "Forcing", "4022", "Not carried"), 0.5)
    edit_cell(run, "Not carried", items_cell(run, "PLU", "4012", "Not carried"), "4011")
    hide_in_cells(run)
    assert_found(
        run,
        ("Not carried", "item 4022", "forcing_cost_week is 0.5", "expected 2.5"),
        ("Not carried", "item 4012", "missing"),
        ("Not carried", "item 4011", "listed, yet among those not carried"),
    )


def test_a_change_that_is_none_is_named(run: Path) -> None:
    """Items that come and leave are those of the assortment."""
    edit_cell(run, "Changes", items_cell(run, "Change", "4063", "Changes"), "OUT")
    hide_in_cells(run)
    assert_found(
        run,
        ("sheet Changes", "item 4063 as NEW", "is missing"),
        ("sheet Changes", "item 4063 as OUT", "unlike in"),
    )


def test_a_figure_of_the_cover_is_compared_with_the_table(run: Path) -> None:
    """The six figures of this plan, the common plan and the current range."""
    cells = pd.read_parquet(run / "tables" / "cells.parquet")
    cells = cells[(cells["workbook"] == "planograms/7.xlsx") & (cells["sheet"] == "Cover")]
    row = cells.loc[cells["value"] == "Sales, a week", "cell"].iloc[0].lstrip("A")
    edit_cell(run, "Cover", f"C{row}", 12.25)
    hide_in_cells(run)
    assert_found(run, "sheet Cover", "sales_week of the common plan is 12.25")


def drawn_block(run: Path, item_id: str) -> tuple[str, str, str]:
    """Sheet, cell and text of an item's block in the drawing of store 7."""
    cells = pd.read_parquet(run / "tables" / "cells.parquet")
    cells = cells[cells["workbook"] == "planograms/7.xlsx"].set_index(["sheet", "cell"])["value"]
    pos = cells["Items", items_cell(run, "Pos", item_id)]
    for (sheet, cell), text in cells.items():
        if sheet.startswith("Planogram ") and text.startswith(f"{pos} ") and "×" in text:
            return sheet, cell, text
    raise AssertionError(f"{item_id} is not drawn")


def test_an_item_wiped_off_the_drawing_is_named(run: Path) -> None:
    """Every item that has a position is drawn."""
    sheet, cell, _ = drawn_block(run, "4063")
    edit_cell(run, sheet, cell, "")
    hide_in_cells(run)
    assert_found(run, "planograms/7.xlsx", "item 4063", "drawn 0 times")


def test_wrong_facings_on_the_drawing_are_named(run: Path) -> None:
    """What is written on a block is what the positions say."""
    sheet, cell, text = drawn_block(run, "4063")
    head, _, tail = text.partition("×")
    edit_cell(run, sheet, cell, f"{head}×9{tail[1:]}")
    hide_in_cells(run)
    assert_found(run, "planograms/7.xlsx", f"sheet {sheet}", "9 facings")


def test_a_workbook_that_is_none_any_more_is_named(run: Path) -> None:
    """A damaged workbook is a finding, not a traceback."""
    (run / "planograms" / "7.xlsx").write_bytes(b"nothing")
    assert_found(run, "planograms/7.xlsx", "no workbook any more")


def edit_text(path: Path, before: str, after: str) -> None:
    """Replace the one place where ``before`` stands."""
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))


def test_a_width_changed_in_the_data_is_named(run: Path) -> None:
    """File, row, column, both values, and that it is the data that changed."""
    edit_text(run.parent / "data" / "items.csv", "4011,Bananas,Fruit,Bananas,0.8,0.5,40",
              "4011,Bananas,Fruit,Bananas,0.8,0.5,41")  # fmt: skip
    assert_found(run, "items.csv, row 2, facing_width_cm", "'40'", "'41'", "the data was changed")


def test_a_width_changed_in_the_copy_is_named(run: Path) -> None:
    """The same for the run's own copy, and the plan is held against the copy."""
    edit_text(run / "inputs" / "fixtures.csv", "8,W1,wet rack,1,1,90", "8,W1,wet rack,1,1,60")
    sign(run)
    assert_found(
        run,
        ("fixtures.csv, row 6, width_cm", "'90'", "'60'", "run's copy was changed"),
        ("store 8", "needs 90 cm of wet rack", "has 60 cm"),
    )


def test_changed_sales_are_named(run: Path) -> None:
    """Sales are not copied; their hash tells."""
    with (run.parent / "data" / "sales.csv").open("a") as stream:
        stream.write("8,4011,2026-01-12,3\n")
    assert_found(run, "sales.csv of the data", "changed")


def test_a_row_added_to_the_data_is_named(run: Path) -> None:
    """A row more in the data is counted."""
    with (run.parent / "data" / "locks.csv").open("a") as stream:
        stream.write("8,4021,OUT,\n")
    assert_found(run, "locks.csv", "4 rows in the run's copy, 5 in the data")


def test_data_that_is_gone_is_a_note(run: Path) -> None:
    """A run can be audited without its data; the result says that it was."""
    shutil.rmtree(run.parent / "data")
    result = audit(run)
    assert result.findings == ()
    assert any("not compared" in note for note in result.notes)


def test_data_elsewhere_can_be_given(run: Path, tmp_path: Path) -> None:
    """The data may have moved since."""
    shutil.move(run.parent / "data", tmp_path / "moved")
    result = audit(run, tmp_path / "moved")
    assert (result.findings, result.notes) == ((), ())


def test_the_manifest_is_held_against_the_tables(run: Path) -> None:
    """Objective, bound, gap and proof of stores and chain are those of the tables."""
    path = run / "run.json"
    manifest = json.loads(path.read_text())
    manifest["stores"]["7"]["objective_week"] += 1
    manifest["gap"] = 0.0
    manifest["proof"] = "optimal"
    path.write_text(json.dumps(manifest))
    assert_found(
        run,
        ("run.json", "store 7", "objective_week"),
        ("run.json: gap is 0.0",),
        ("run.json: proof is 'optimal'",),
    )


@pytest.mark.parametrize("name", ["run_id", "plan", "data_path", "note"])
def test_any_edit_of_the_manifest_is_named(run: Path, name: str) -> None:
    """What no table can bear out is sealed by a hash."""
    path = run / "run.json"
    manifest = json.loads(path.read_text())
    changed = "infeasible" if name != "data_path" else manifest[name] + "/."
    path.write_text(json.dumps(manifest | {name: changed}))
    assert_found(run, "run.json was changed after the run")


def test_tables_added_to_and_taken_from_the_data_are_named(run: Path) -> None:
    """A table the run did not know, or knew and is gone; an empty one says nothing."""
    data = run.parent / "data"
    (data / "signals.csv").write_text("store_id,signal,value\n")
    assert audit(run).findings == ()
    (data / "signals.csv").write_text("store_id,signal,value\n7,age,40\n")
    (data / "range_rules.csv").unlink()
    assert_found(run, ("signals.csv was added",), ("range_rules.csv is not in",))


def test_a_store_missing_from_a_table_is_no_crash(run: Path) -> None:
    """A check that cannot be made on damaged tables is a finding."""
    rewrite(run, "store_plans", lambda frame: frame.iloc[:1])
    assert_found(run, "run.json: store 8 is not in tables/store_plans.parquet")


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_without_a_manifest_nothing_is_a_run(run: Path, text: str) -> None:
    """An unreadable run.json is the finding."""
    (run / "run.json").write_text(text)
    assert_found(run, "run.json")


def test_many_findings_of_a_kind_are_counted() -> None:
    """Twenty are spelled out, the rest is a number."""
    ledger = Ledger()
    frame = pd.DataFrame({"item_id": [str(k) for k in range(50)]})
    ledger.expect_rows(frame, [False] * 50, lambda row: f"item {row['item_id']}")
    result = ledger.result()
    assert (len(result.findings), result.checks) == (21, 50)
    assert "30 more" in result.findings[-1]
