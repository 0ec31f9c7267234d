"""The run folder: written aside, stamped, and moved into place when whole."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from planner.audit.folder import MANIFEST, SEAL, seal_of
from planner.errors import BadInput, Problem
from planner.memory import peak_memory_mb
from planner.out_paths import check_writable
from planner.outputs.contents import Contents
from planner.outputs.plan_ids import with_plan_ids
from planner.outputs.slices import split_by_store
from planner.run_files import FOLDERS, CellsTable, file_jobs, make_files, workbook_names
from planner.tables.inputs import Inputs
from planner.tables.scan import sha256_of
from planner.unfinished import aside_of
from planner.versions import versions
from planner.workers import StoreExecutor

RUN_FILE = MANIFEST
TABLES = ("demand", "assortment", "limits", "positions", "shelves", "placement", "store_plans",
          "figures", "value", "waterfall", "changes", "recapture", "signal_effects",
          "local_drivers", "certainty", "assumptions", "backtest", "worth", "orders", "left_out",
          "locks", "lock_totals")  # fmt: skip


@dataclass(frozen=True)
class RunRecord:
    """What run.json says beside the tables."""

    inputs: Inputs
    scenario: Mapping[str, Any]
    seed: int
    seconds: Mapping[str, float]
    outputs_started: float
    """``time.perf_counter()`` when the outputs began: their own time is known last."""
    store_seconds: Mapping[str, float]


def new_run_id(data: Path, scenario: str) -> str:
    """Name of a run: the data's name, the scenario and the time in UTC."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3]
    return f"{data.resolve().stem}-{scenario}-{stamp}"


def check_folder(folder: Path, *, overwrite: bool, manifest: str = RUN_FILE) -> None:
    """Refuse to touch a folder that is not an earlier run, or a run without leave.

    ``manifest``: the file by which an earlier run is known. Raises BadInput.
    """
    if not folder.exists() or folder.is_dir():
        check_writable(folder.parent / "x" if folder.exists() else folder)
    if not folder.exists():
        return
    if Path.cwd().is_relative_to(folder.resolve()):
        # A run is moved into place whole, which would pull the directory from under the shell.
        allowed = "a folder that is not the present directory and does not hold it"
        raise BadInput([_refusal(folder, allowed, "name a folder inside it with --out")])
    if not folder.is_dir():
        raise BadInput([_refusal(folder, "a new folder", "name another folder with --out")])
    if not any(folder.iterdir()):
        return
    if not (folder / manifest).is_file():
        allowed = "a new or empty folder, or an earlier run"
        raise BadInput([_refusal(folder, allowed, "name another folder with --out")])
    if not overwrite:
        allowed = "a new folder, as a run is never overwritten unless asked"
        raise BadInput([_refusal(folder, allowed, "add --overwrite, or name another --out")])


def _refusal(folder: Path, allowed: str, mend: str) -> Problem:
    return Problem(str(folder), 0, "", _found_at(folder), allowed, mend)


def _found_at(folder: Path) -> str:
    if not folder.is_dir():
        return "a file"
    return "a folder that holds files" if any(folder.iterdir()) else "an empty folder"


def write_run(
    folder: Path,
    contents: Contents,
    evidence: Mapping[str, pd.DataFrame],
    record: RunRecord,
    *,
    executor: StoreExecutor,
    overwrite: bool,
    progress: Callable[[int, int], None],
) -> Path:
    """Write a whole run and move it to ``folder``; on any failure nothing stays behind."""
    check_folder(folder, overwrite=overwrite)
    with written_aside(folder) as aside:
        _write_into(aside, contents, evidence, record, executor, progress)
    return folder


@contextmanager
def written_aside(folder: Path) -> Iterator[Path]:
    """The name of a folder to write into, moved to ``folder`` when whole; gone after a fault."""
    with aside_of(folder) as aside:
        yield aside
        _move_into_place(aside, folder)


def _move_into_place(aside: Path, folder: Path) -> None:
    """Rename a whole folder to its place; one that is there is taken away last."""
    if not folder.exists():
        aside.rename(folder)
        return
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    folder.rename(old)
    try:
        aside.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _write_into(
    aside: Path,
    contents: Contents,
    evidence: Mapping[str, pd.DataFrame],
    record: RunRecord,
    executor: StoreExecutor,
    progress: Callable[[int, int], None],
) -> None:
    for part in (*FOLDERS, "inputs", "tables"):
        (aside / part).mkdir(parents=True)
    contents = with_plan_ids(contents)
    stores = split_by_store(contents)
    jobs = file_jobs(contents, stores)
    path, names = aside / "tables" / "cells.parquet", workbook_names(stores)
    with CellsTable(path, names, contents.stamp.run_id) as cells:
        titles = [job.title for job in jobs]
        finished = executor.map_stores(make_files, jobs, titles)
        for done, (_, ready) in enumerate(finished, start=1):
            for made in ready:
                (aside / made.name).write_bytes(made.content)
                if made.cells is not None:
                    cells.add(made.name, made.cells)
            progress(done, len(jobs))
    tables = {name: getattr(contents, name) for name in TABLES} | dict(evidence)
    for name, table in tables.items():
        table.to_parquet(aside / "tables" / f"{name}.parquet", index=False)
    copies = _copy_inputs(record.inputs, aside)
    files = {
        path.relative_to(aside).as_posix(): sha256_of(path)
        for path in sorted(aside.rglob("*"))
        if path.is_file()
    }
    run = _run_json(contents, record, executor, copies, files)
    run |= {SEAL: seal_of(run)}
    (aside / RUN_FILE).write_text(json.dumps(run, indent=2) + "\n", encoding="utf-8")


def _copy_inputs(inputs: Inputs, aside: Path) -> dict[str, str]:
    """Copy the small tables; where each table's copy lies in the run ("" for sales)."""
    copies = {}
    for table, source in inputs.files.items():
        if table == "sales" and not source.sheet:
            copies[table] = ""
            continue
        folder = aside / "inputs" / Path(table).parent
        folder.mkdir(exist_ok=True)
        copy = folder / source.path.name
        if not copy.exists():
            shutil.copyfile(source.path, copy)
        copies[table] = copy.relative_to(aside).as_posix()
    return copies


def _run_json(
    contents: Contents,
    record: RunRecord,
    executor: StoreExecutor,
    copies: Mapping[str, str],
    files: Mapping[str, str],
) -> dict[str, Any]:
    stamp, inputs = contents.stamp, record.inputs
    return {
        "run_id": stamp.run_id,
        "chain": stamp.chain_name,
        "scenario": dict(record.scenario),
        "data_path": str(inputs.source.resolve()),
        "data_date": stamp.data_date.date().isoformat(),
        "valid_from": stamp.valid_from.date().isoformat(),
        "valid_to": stamp.valid_to.date().isoformat(),
        "currency": stamp.currency,
        "locale": stamp.locale,
        "plan": stamp.plan,
        "proof": stamp.proof,
        "objective_week": stamp.objective_week,
        "bound_week": stamp.bound_week,
        "gap": stamp.gap,
        "stores": {
            row["store_id"]: {
                key: row[key]
                for key in ("plan_id", "plan", "proof", "objective_week", "bound_week", "gap")
            }
            | {"seconds": round(record.store_seconds[row["store_id"]], 3)}
            for row in contents.store_plans.to_dict("records")
        },
        "left_out": {
            row["store_id"]: {"plan": row["plan"], "proof": row["proof"], "reason": row["reason"]}
            for row in contents.left_out.to_dict("records")
        },
        "seed": record.seed,
        "seconds": {name: round(value, 2) for name, value in record.seconds.items()}
        | {"outputs": round(time.perf_counter() - record.outputs_started, 2)},
        "peak_memory_mb": _peak_memory_mb(executor),
        "workers": {"where": executor.where, "lost": executor.lost_workers},
        "cache": executor.cache.said() if executor.cache else None,
        "versions": versions(),
        "inputs": {
            table: {
                "file": source.path.name,
                "path": str(source.path.resolve()),
                "sheet": source.sheet,
                "sha256": source.sha256,
                "rows": source.rows,
                "copy": copies[table],
            }
            for table, source in inputs.files.items()
        },
        "files": dict(files),
    }


def _peak_memory_mb(executor: StoreExecutor) -> float | None:
    """Largest resident memory of this process or one of its workers, where the system says."""
    here = peak_memory_mb()
    return None if here is None else round(max(here, executor.peak_memory_mb), 1)
