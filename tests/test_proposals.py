"""Proposals as people ask for them: whole or not at all, and fit to be put beside the data."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from whole_chain import corner_shops

from planner.tables.read import read_inputs


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small chain in a folder."""
    return corner_shops(tmp_path_factory.mktemp("chain") / "data")


def test_proposed_segments_are_input(run_command, data, tmp_path):
    """The tables written are read without a problem beside the data, every store's shares sum
    to 1, and the workbook names the same segments."""
    out = tmp_path / "proposal"
    code, said, complaint = run_command("segments", data, "--out", out, "--segments", 2)
    assert (code, complaint) == (0, "")
    assert str(out / "segments.xlsx") in said
    assert sorted(p.name for p in out.iterdir()) == [
        "segment_index.csv", "segments.csv", "segments.xlsx"]  # fmt: skip
    beside = tmp_path / "data"
    shutil.copytree(data, beside)
    for name in ("segments.csv", "segment_index.csv"):
        shutil.copy(out / name, beside)
    inputs = read_inputs(beside)
    assert len(inputs.segments) == 2 * len(inputs.stores)
    total = inputs.segments.groupby("store_id")["share"].sum()
    assert total.to_numpy() == pytest.approx(1.0, abs=1e-9)
    book = openpyxl.load_workbook(out / "segments.xlsx")
    named = {row[0] for row in book["Segments"].iter_rows(min_row=6, values_only=True) if row[0]}
    assert named == set(inputs.segments["segment"])
    assert {"How many", "Shares by store", "Index by need group"} <= set(book.sheetnames)


def test_three_shops_show_one_segment(run_command, data, tmp_path):
    """Where the stores are too few to tell segments apart, one is proposed and that is said."""
    code, said, _ = run_command("segments", data, "--out", tmp_path / "proposal")
    assert code == 0
    assert "tell no segments apart" in said
    table = pd.read_csv(tmp_path / "proposal" / "segments.csv")
    assert table["segment"].unique().tolist() == ["all shoppers"]
    assert (table["share"] == 1.0).all()


def test_an_earlier_proposal_stays_unless_asked(run_command, data, tmp_path):
    """Files that are there are refused with exit 2 and stay as they are; --overwrite replaces."""
    out = tmp_path / "proposal"
    out.mkdir()
    mine = out / "segments.csv"
    mine.write_text("my own")
    code, _, complaint = run_command("segments", data, "--out", out)
    assert code == 2
    assert "--overwrite" in complaint
    assert [p.name for p in out.iterdir()] == ["segments.csv"]
    assert mine.read_text() == "my own"
    assert run_command("segments", data, "--out", out, "--overwrite")[0] == 0
    assert mine.read_text().startswith("store_id,segment,share")


@pytest.mark.parametrize("number", [4, 15])
def test_more_segments_than_stores_are_refused(run_command, data, tmp_path, number):
    """A number that the stores cannot show exits 2 and writes nothing."""
    out = tmp_path / "proposal"
    code, _, complaint = run_command("segments", data, "--out", out, "--segments", number)
    assert code == 2
    assert "told apart" in complaint
    assert not out.exists()


def test_proposed_groups_are_input(run_command, data, tmp_path):
    """Every item has a proposed group inside its category; the column is read without a problem,
    what the items table said before is not looked at, and the workbook shows the same."""
    out = tmp_path / "proposal"
    code, said, complaint = run_command("groups", data, "--out", out)
    assert (code, complaint) == (0, "")
    assert str(out / "need_groups.xlsx") in said
    assert sorted(p.name for p in out.iterdir()) == ["need_groups.csv", "need_groups.xlsx"]
    found = pd.read_csv(out / "need_groups.csv", dtype={"item_id": "str"})
    inputs = read_inputs(data)
    assert found["item_id"].tolist() == inputs.items["item_id"].tolist()
    assert found["category"].tolist() == inputs.items["category"].tolist()
    assert (found.groupby("need_group")["category"].nunique() == 1).all()
    assert found["stays_share"].between(0, 1).all()
    assert found["why"].notna().all()

    beside = tmp_path / "data"
    shutil.copytree(data, beside)
    items = pd.read_csv(beside / "items.csv", dtype="str")
    items["need_group"] = found.set_index("item_id").loc[items["item_id"], "need_group"].to_numpy()
    items.to_csv(beside / "items.csv", index=False)
    assert read_inputs(beside).items["need_group"].tolist() == found["need_group"].tolist()
    assert run_command("groups", beside, "--out", tmp_path / "again")[0] == 0
    again = (tmp_path / "again" / "need_groups.csv").read_text()
    assert again == (out / "need_groups.csv").read_text()

    sheet = openpyxl.load_workbook(out / "need_groups.xlsx")["Need groups"]
    shown = {row[0]: row[3] for row in sheet.iter_rows(min_row=6, values_only=True) if row[0]}
    assert shown == dict(zip(found["item_id"], found["need_group"], strict=True))


def test_a_proposal_that_fails_leaves_nothing(run_command, data, tmp_path, monkeypatch):
    """When the workbook cannot be written, the tables are not there either."""

    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("planner.proposals.write_groups_workbook", full)
    out = tmp_path / "proposal"
    code, _, complaint = run_command("groups", data, "--out", out)
    assert code == 2
    assert "No space left" in complaint
    assert not out.exists()


@pytest.mark.parametrize("command", ["groups", "segments"])
def test_data_that_cannot_be_used_are_refused(run_command, tmp_path, command):
    """A folder without tables exits 2, and no proposal is written."""
    (tmp_path / "data").mkdir()
    code, _, complaint = run_command(command, tmp_path / "data", "--out", tmp_path / "proposal")
    assert code == 2
    assert "sales" in complaint
    assert not (tmp_path / "proposal").exists()
