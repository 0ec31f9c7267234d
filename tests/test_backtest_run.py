"""The backtest as people run it: a page, a workbook and tables that agree, or a short message."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from whole_chain import corner_shops, shop_sales

from planner import cli
from planner.audit.folder import SEAL, seal_of
from planner.outputs.backtest_contents import KIND_WORDS

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HEAD = 5
"""Row of the heads of every sheet that is one table."""
KINDS = {words: kind for kind, words in KIND_WORDS.items()}
KEY = ["kind", "by", "name", "forecaster"]


def command(monkeypatch, *arguments: object) -> int:
    """Run the command line in this process; its exit code."""
    monkeypatch.setattr(sys, "argv", ["planner", *map(str, arguments)])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """The backtest of the corner shops, to be read only."""
    root = tmp_path_factory.mktemp("past times #")
    with pytest.MonkeyPatch.context() as patch:
        data = corner_shops(root / "data")
        assert command(patch, "backtest", data, "--out", root / "run", "--quiet") == 0
    return root / "run"


def table(folder: Path, name: str) -> pd.DataFrame:
    """One of its tables."""
    return pd.read_parquet(folder / "tables" / f"{name}.parquet")


def test_everything_is_written_and_sealed(folder):
    """Page, workbook and tables, each with its hash; nothing is left beside them."""
    said = json.loads((folder / "backtest.json").read_text())
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert found == {*said["files"], "backtest.json"}
    assert {"backtest.html", "backtest.xlsx", "tables/scores.parquet"} <= found
    for name, digest in said["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert said[SEAL] == seal_of(said)
    assert said["weeks"] == 4
    assert {p.name for p in folder.parent.iterdir()} == {"data", "run"}


def test_a_finished_backtest_is_kept_unless_asked(folder, tmp_path, monkeypatch, capsys):
    """Exit code 2 and the way out; with --overwrite the folder is replaced whole."""
    run = tmp_path / "run"
    shutil.copytree(folder, run)
    (run / "tables" / "extra.txt").write_text("old")
    data = folder.parent / "data"
    assert command(monkeypatch, "backtest", data, "--out", run, "--quiet") == 2
    assert "--overwrite" in capsys.readouterr().err
    assert (run / "tables" / "extra.txt").exists()
    assert command(monkeypatch, "backtest", data, "--out", run, "--overwrite", "--quiet") == 0
    assert not (run / "tables" / "extra.txt").exists()
    pd.testing.assert_frame_equal(table(run, "scores"), table(folder, "scores"))


def test_a_plan_is_not_overwritten_by_a_backtest(shop_run, folder, monkeypatch, capsys):
    """The folder of a plan is not an earlier backtest, whatever is asked."""
    data = folder.parent / "data"
    assert command(monkeypatch, "backtest", data, "--out", shop_run, "--overwrite") == 2
    assert "new or empty folder" in capsys.readouterr().err


def test_one_week_of_sales_ends_in_words(tmp_path, monkeypatch, capsys):
    """Nothing can be held out: exit code 2, no traceback, nothing written."""
    lines = shop_sales().splitlines()
    week = lines[1].split(",")[2]
    one = "\n".join([lines[0], *(line for line in lines if f",{week}," in line)])
    data = corner_shops(tmp_path / "data", sales=one + "\n")
    assert command(monkeypatch, "backtest", data, "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert "history" in said
    assert "Traceback" not in said
    assert not (tmp_path / "run").exists()


def test_three_weeks_are_scored_and_said(tmp_path, monkeypatch, capsys):
    """One week is held out instead of four, and the assumptions say so."""
    lines = shop_sales().splitlines()
    weeks = sorted({line.split(",")[2] for line in lines[1:]})[:3]
    few = [lines[0], *(line for line in lines[1:] if line.split(",")[2] in weeks)]
    data = corner_shops(tmp_path / "data", sales="\n".join(few) + "\n")
    assert command(monkeypatch, "backtest", data, "--out", tmp_path / "run") == 0
    assert "Items already sold: error" in capsys.readouterr().out
    assumed = table(tmp_path / "run", "assumptions")
    assert "History too short to hold out 4 weeks" in " ".join(assumed["text"])
    assert json.loads((tmp_path / "run" / "backtest.json").read_text())["weeks"] == 1


# ---- the workbook


def sheet(folder: Path, name: str) -> pd.DataFrame:
    """A sheet as a table; a repeated head gets the one before it in front."""
    rows = list(openpyxl.load_workbook(folder / "backtest.xlsx")[name].values)
    heads, before = [], ""
    for head in rows[HEAD - 1]:
        if head in ("low", "high"):
            heads.append(f"{before}, {head}")
        else:
            heads.append(head)
            before = head
    frame = pd.DataFrame(rows[HEAD:], columns=heads)
    return frame[frame.iloc[:, 1].notna() | frame.iloc[:, 0].notna()]


def test_the_workbook_has_its_sheets(folder):
    """Six sheets, in the order in which they are read."""
    book = openpyxl.load_workbook(folder / "backtest.xlsx")
    names = ["Summary", "Accuracy", "Coverage", "Stores", "Capture", "Assumptions"]
    assert book.sheetnames == names


MEASURES = {
    "Error": "error_share",
    "Error, units a week": "mae_units_week",
    "R² of the log rate": "r2_log",
    "Bias": "bias_share",
    "Inside the 80 % interval": "inside_share",
}


@pytest.mark.parametrize("name", ["Accuracy", "Coverage"])
def test_cells_of_the_scores_are_those_of_the_table(folder, name):
    """Every figure with both ends of its interval; what is not known is marked as such."""
    scores = table(folder, "scores")
    own = scores[(scores["against"] == "") & (scores["kind"] != "capture")]
    own = own.set_index([*KEY, "measure"])
    frame = sheet(folder, name)
    assert len(frame)
    compared = 0
    for _, row in frame.iterrows():
        forecaster = row.get("Forecaster", "planner")
        for head, measure in MEASURES.items():
            if head not in frame:
                continue
            cell = (KINDS[row["Held out"]], row["By"], row["Name"], forecaster, measure)
            for shown, column in (
                (head, "value"),
                (f"{head}, low", "low"),
                (f"{head}, high", "high"),
            ):
                expected = own.at[cell, column]
                if pd.isna(expected):
                    assert row[shown] == "n/a"
                else:
                    assert row[shown] == pytest.approx(expected)
                compared += 1
    wanted = own.reset_index()
    wanted = wanted[wanted["by"].isin(["all", "source", "category", "region"])]
    wanted = wanted[wanted["measure"].isin([m for h, m in MEASURES.items() if h in frame])]
    assert compared == 3 * len(wanted)


def test_the_summary_says_who_is_better_only_where_the_interval_does(folder):
    """Every comparison of all pairs with its interval; zero inside it, or none: no claim."""
    scores = table(folder, "scores")
    wanted = scores[(scores["by"] == "all") & (scores["against"] != "")].reset_index()
    frame = sheet(folder, "Summary").iloc[: len(wanted)]
    assert frame["Better by"].to_list() == pytest.approx(wanted["value"].to_list())
    assert [KINDS[words] for words in frame["Held out"]] == wanted["kind"].to_list()
    for said, low, high in zip(frame["Verdict"], wanted["low"], wanted["high"], strict=True):
        if pd.isna(low):
            assert said == "too few to tell"
        else:
            assert said == ("better" if low > 0 else "worse" if high < 0 else "within noise")


def test_cells_of_capture_and_stores_are_those_of_the_table(folder):
    """Captured shares by ranking, and the error saved store by store."""
    scores = table(folder, "scores")
    capture = scores[scores["kind"] == "capture"]
    own = capture[capture["against"] == ""]
    frame = sheet(folder, "Capture")
    assert frame["Captured"].to_list() == pytest.approx(own["value"].to_list())
    assert frame["Ranking"].to_list() == own["forecaster"].to_list()
    ahead = capture[capture["against"] != ""].set_index(["by", "name", "slots_share", "against"])
    for _, row in frame[frame["Ranking"] != "local"].iterrows():
        key = (row["By"], row["Name"], row["Slots"], row["Ranking"])
        assert row["Local is ahead by"] == pytest.approx(ahead.at[key, "value"])
    stores = sheet(folder, "Stores")
    saved = scores[(scores["by"] == "store") & (scores["measure"] == "error_saved_share")]
    saved = saved.set_index(["kind", "name"])["value"]
    assert len(stores) == len(scores[scores["by"] == "store"].drop_duplicates(["kind", "name"]))
    for _, row in stores.iterrows():
        expected = saved.get((KINDS[row["Held out"]], str(row["Store"])))
        # Where no rule can answer there is nothing to save.
        told = row["Its error saved"]
        assert expected is None or told == pytest.approx(expected)
        assert expected is not None or not isinstance(told, float) or pd.isna(told)


# ---- the page


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_draws_offline_without_a_complaint(folder, width):
    """Charts with ink, nothing asked of a network, no message, no sideways scrolling."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        page = context.new_page()
        asked: list[str] = []
        complaints: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((folder / "backtest.html").as_uri())
        page.wait_for_selector("html[data-charts=drawn]", state="attached")
        for chart in ("accuracy", "coverage", "capture", "by-store"):
            assert page.locator(f"#chart-{chart} .points .point").count() > 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        leads = "a[href^='#'], [aria-describedby]"
        nowhere = page.locator(leads).evaluate_all(
            "all => all.map(one => one.getAttribute('aria-describedby') ?? one.hash.slice(1))"
            ".filter(id => !document.getElementById(id))"
        )
        assert nowhere == []
        browser.close()
    assert complaints == []
    assert len(asked) == 1


def test_the_page_shows_the_scores_of_the_table(folder):
    """The first screen's figures are those of the scores, with every word explained."""
    page = (folder / "backtest.html").read_text(encoding="utf-8")
    text = page[: page.index('id="figures"')]
    scores = table(folder, "scores")
    rows = scores[(scores["by"] == "all") & (scores["forecaster"] == "planner")]
    rows = rows[(rows["measure"] == "error_share") & (rows["against"] == "")]
    assert len(rows) == 3
    for value in rows["value"]:
        assert f"±{100 * value:.1f}" in text.replace(",", ".")
    for word in ("Own average", "Within noise", "Capture"):
        assert f">{word}</dt>" in text
