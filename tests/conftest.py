"""What every test shares: a skipped test can be made a failure of the run."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest
from shared_runs import built_once
from whole_chain import Stages, corner_shops, plan_of, small_greengrocer, stages_of

from planner import cli
from planner.assortment import store_job
from planner.cache import cache_folder


@pytest.fixture(scope="session")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four stores of the greengrocer chain, to be read only."""

    def build(folder: Path) -> None:
        plan_of(small_greengrocer(folder / "data"), folder / "run")

    return built_once(tmp_path_factory, "greengrocer", build) / "run"


@pytest.fixture(scope="session")
def shop_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the corner shops, to be read only; its data and its cache lie beside it."""

    def build(folder: Path) -> None:
        plan_of(corner_shops(folder / "data"), folder / "run", cache=True)

    return built_once(tmp_path_factory, "shops", build) / "run"


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    """The corner shops through every stage but the outputs."""
    return stages_of(corner_shops(tmp_path_factory.mktemp("shops") / "data"))


@pytest.fixture
def line(shop_run: Path, tmp_path: Path) -> Path:
    """A folder with the corner shops' data, ``data``, and the cache of a line of runs in ``runs``
    that planned them once."""
    data, runs = tmp_path / "data", tmp_path / "runs"
    shutil.copytree(shop_run.parent / "data", data)
    filled = cache_folder(shop_run, shop_run.parent / "data")
    shutil.copytree(filled, cache_folder(runs / "any", data))
    return tmp_path


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """No time to find out what contradicts in a store, where its words are not looked at."""
    monkeypatch.setattr(store_job, "CONFLICT_SECONDS", 1e-6)


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
        return code, said.out, plain(said.err)

    return run


def plain(text: str) -> str:
    """Text without colours and boxes, on one line."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --no-skips, for machines on which everything that tests need must be installed."""
    parser.addoption("--no-skips", action="store_true", help="fail if any test is skipped")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that skipped tests although it was asked not to."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not session.config.getoption("--no-skips"):
        return
    skipped = reporter.stats.get("skipped", [])
    if skipped and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line(f"{len(skipped)} test(s) skipped, none may be", red=True)
