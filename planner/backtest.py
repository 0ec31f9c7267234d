"""The job of ``planner backtest``: tables in, a page, a workbook and tables of scores out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from planner.audit.folder import SEAL, seal_of
from planner.demand.backtest.result import Backtest
from planner.demand.backtest.run import backtest
from planner.outputs.backtest_contents import BacktestContents, backtest_contents
from planner.outputs.report.backtest_page import write_backtest_page
from planner.outputs.workbook.backtest import write_backtest_workbook
from planner.runs import check_folder, new_run_id, written_aside
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs
from planner.tables.scan import sha256_of
from planner.versions import versions

BACKTEST_FILE = "backtest.json"
"""By this file a folder is known as an earlier backtest."""
TABLES = ("scores", "pairs", "captures", "assumptions")

Progress = Callable[[str, int, int], None]


def run_backtest(
    data: Path,
    out: Path | None,
    *,
    weeks: int | None,
    seed: int,
    overwrite: bool,
    progress: Progress,
) -> tuple[Path, Backtest]:
    """Score the planner on a chain's own past and write the folder of the result.

    Raises BadInput where the tables cannot be used, nothing can be scored, or the folder may not
    be written; then nothing is written.
    """
    started = time.perf_counter()
    progress("reading the tables", 0, 1)
    inputs = read_inputs(data)
    run_id = new_run_id(data, "backtest")
    folder = out if out is not None else Path("reports") / run_id
    check_folder(folder, overwrite=overwrite, manifest=BACKTEST_FILE)
    found = backtest(
        inputs, weeks=weeks or inputs.chain.horizon_weeks, seed=seed, progress=progress
    )
    progress("writing the page", 0, 1)
    contents = backtest_contents(inputs, found, run_id)
    with written_aside(folder) as aside:
        write_backtest(aside, contents)
        _stamp(aside, inputs, contents, seed, time.perf_counter() - started)
    return folder, found


def write_backtest(folder: Path, contents: BacktestContents) -> None:
    """Write page, workbook and tables of a backtest into a new folder."""
    (folder / "tables").mkdir(parents=True)
    write_backtest_page(contents, folder / "backtest.html")
    write_backtest_workbook(contents, folder / "backtest.xlsx")
    for name in TABLES:
        getattr(contents, name).to_parquet(folder / "tables" / f"{name}.parquet", index=False)


def _stamp(
    folder: Path, inputs: Inputs, contents: BacktestContents, seed: int, seconds: float
) -> None:
    stamp = contents.stamp
    files = {
        path.relative_to(folder).as_posix(): sha256_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    said = {
        "run_id": stamp.run_id,
        "chain": stamp.chain_name,
        "data_path": str(inputs.source.resolve()),
        "data_date": stamp.data_date.date().isoformat(),
        "weeks": contents.weeks,
        "origins": [origin.date().isoformat() for origin in contents.origins],
        "seed": seed,
        "seconds": round(seconds, 2),
        "versions": versions(),
        "inputs": {
            table: {"file": source.path.name, "sha256": source.sha256, "rows": source.rows}
            for table, source in inputs.files.items()
        },
        "files": files,
    }
    text = json.dumps(said | {SEAL: seal_of(said)}, indent=2)
    (folder / BACKTEST_FILE).write_text(text + "\n", encoding="utf-8")
