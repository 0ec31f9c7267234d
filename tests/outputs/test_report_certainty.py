"""How sure we are: the report shows what the backtest found, or why there is nothing to show."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from report_files import write_report

from planner.demand.backtest.result import empty_scores
from planner.outputs.contents import Contents
from planner.outputs.report.backtest_words import advantage_words, is_noise, verdict


def text_of(path: Path) -> str:
    """What a page says before its scripts."""
    page = path.read_text(encoding="utf-8")
    body = page[page.index("<main") : page.index('id="figures"')]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture(scope="module")
def pages(contents: Contents, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The text of every page by name."""
    written = write_report(contents, tmp_path_factory.mktemp("sure"))
    return {path.stem: text_of(path) for path in written}


@pytest.mark.parametrize("page", ["report", "North", "South"])
def test_every_page_shows_the_errors_of_its_own_pairs(
    pages: dict[str, str], contents: Contents, page: str
) -> None:
    """The first screen's figures are those of the scores of the chain, or of the region."""
    rows = contents.backtest
    by, name = ("all", "all") if page == "report" else ("region", page)
    rows = rows[(rows["by"] == by) & (rows["name"] == name) & (rows["forecaster"] == "planner")]
    errors = rows[rows["measure"] == "error_share"]["value"]
    assert len(errors) == 2
    first = pages[page][: pages[page].index("Where to act first")]
    assert "Tested on the past , forecasts missed by" in first
    for error in errors:
        assert f"by {100 * error:.1f}%" in first


def test_without_a_backtest_the_reader_is_told_why(contents: Contents, tmp_path: Path) -> None:
    """No chart, no figure, but the reason and what to do about it."""
    why = pd.DataFrame(
        {"stage": ["backtest"], "subject": ["sales"], "text": ["Too many rows, run it"], "count": 9}
    )
    none = replace(
        contents,
        backtest=empty_scores(),
        assumptions=pd.concat([contents.assumptions, why], ignore_index=True),
    )
    text = text_of(write_report(none, tmp_path)[0])
    assert "not scored Too many rows, run it." in text
    assert "forecasts missed by" not in text
    assert "Error beside the best simple rule" not in text


def row(**columns: object) -> pd.Series:
    """A row of the scores."""
    return pd.Series({"against": "last week", "value": 0.1, "low": 0.05, "high": 0.15} | columns)


@pytest.mark.parametrize(
    ("columns", "words", "noise"),
    [
        ({}, "10.0% less", False),
        ({"value": -0.1, "low": -0.2, "high": -0.01}, "10.0% more", False),
        ({"low": -0.01}, "within noise", True),
        ({"low": float("nan"), "high": float("nan")}, "too few to tell", True),
    ],
)
def test_an_advantage_is_claimed_only_beyond_noise(
    columns: dict[str, object], words: str, noise: bool
) -> None:
    """A number is said only where its interval leaves zero out."""
    assert advantage_words(row(**columns), None) == words
    assert is_noise(row(**columns)) is noise


@pytest.mark.parametrize(
    ("value", "low", "high", "words"),
    [
        (0.75, 0.64, 0.86, "agrees with 80 %"),
        (0.82, 0.81, 0.83, "close to 80 %"),
        (0.72, 0.70, 0.74, "too narrow"),
        (0.90, 0.88, 0.92, "too wide"),
        (0.80, float("nan"), float("nan"), "too few to tell"),
    ],
)
def test_intervals_are_judged_by_the_share_inside(
    value: float, low: float, high: float, words: str
) -> None:
    """Too narrow or too wide only where the interval of the share leaves 80 % out, by far."""
    assert verdict(row(value=value, low=low, high=high)) == words
