"""Proposals as people ask for them: whole or not at all, and fit to be put beside the data."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from whole_chain import corner_shops

from planner import cli
from planner.tables.read import read_inputs


@pytest.fixture
def run_command(monkeypatch, capsys):
    """Run the command line in this process: exit code, what was said, what was complained."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["planner", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return code, said.out, " ".join(said.err.split())

    return run


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
