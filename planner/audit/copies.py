"""The run's copies of the input, against the hashes of planning time and against the data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from planner.audit.ledger import MOST_SHOWN, Ledger
from planner.tables import defaults
from planner.tables.collect import Findings
from planner.tables.columns import tables
from planner.tables.files import connect
from planner.tables.given_locks import GIVEN, WORKBOOK, given_locks
from planner.tables.locks import gathered, store_locks
from planner.tables.raw import RawTable
from planner.tables.scan import sha256_of
from planner.tables.source import KINDS, Source, read_file
from planner.tables.typed import absent, understand
from planner.tables.workbook import read_workbook

NOT_COPIED = ("sales",)


class _Reader:
    """Reads tables as they were written; a workbook with many of them only once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._workbooks: dict[Path, dict[str, RawTable]] = {}

    def table(self, path: Path, name: str) -> RawTable | None:
        """The table of that name in a file; None where it cannot be read."""
        if not path.is_file():
            return None
        findings = Findings()
        if path.suffix.lower() != ".xlsx":
            return read_file(path, tables()[name], Source(path, self._connection), findings)
        if path not in self._workbooks:
            sheets = read_workbook(path, findings) or {}
            self._workbooks[path] = {title.strip().lower(): raw for title, raw in sheets.items()}
        return self._workbooks[path].get(name)


def read_copies(path: Path, manifest: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """The typed input tables of a run, defaults filled in, from the copies in ``inputs/``.

    Sales are not copied, so prices that were estimated from them are not known here; the run's
    table of economics has them. ``store_locks`` is that of ``Inputs``.
    """
    typed = {}
    inputs: Mapping[str, Any] = manifest.get("inputs") or {}
    with connect() as connection:
        reader = _Reader(connection)
        for name, table in tables().items():
            raw = None
            if name in inputs and name not in NOT_COPIED:
                raw = reader.table(path / "inputs" / _file_of(inputs[name]), name)
            typed[name] = absent(table) if raw is None else understand(raw, table, Findings())
        findings = Findings()
        folder = path / "inputs" / GIVEN
        beside = folder.is_dir() and any(folder.iterdir())
        source = Source(folder, connection)
        given = given_locks(folder, typed, source, findings).tables if beside else ()
    first_day: Any = pd.to_datetime(str(manifest.get("valid_from", "")), errors="coerce")
    every_lock = gathered(typed["locks"], given, first_day, findings)
    typed["locks"] = every_lock.in_force
    defaults.fill(typed, Findings())
    stores = typed["stores"].frame["store_id"].astype("str").tolist()
    frames = {
        name: defaults.absent_values(table.frame, table.table)
        for name, table in typed.items()
        if name not in NOT_COPIED
    }
    return frames | {"store_locks": store_locks(every_lock, stores, first_day, findings)}


def check_copies(
    path: Path, manifest: Mapping[str, Any], data: Path | None, ledger: Ledger
) -> None:
    """Each input file equals its hash of planning time; where not, name the cells that differ.

    ``data`` is the data now; by default where it was at planning time. A folder that is gone is
    a note, not a finding.
    """
    then = str(manifest.get("data_path") or "")
    source = data if data is not None else Path(then) if then else None
    if source is None:
        ledger.note("run.json does not say where the data was: it was not compared")
    elif not source.exists():
        ledger.note(f"the data is not at {source} any more: it was not compared")
        source = None
    with connect() as connection:
        _check_each(path, manifest.get("inputs") or {}, then, source, _Reader(connection), ledger)


def _check_each(
    path: Path,
    inputs: Mapping[str, Any],
    then: str,
    source: Path | None,
    reader: _Reader,
    ledger: Ledger,
) -> None:
    copies: set[str] = set()
    originals: set[str] = set()
    for name, entry in inputs.items():
        file, given = _file_of(entry), name.startswith(GIVEN)
        table = GIVEN.rstrip("/") if given else name
        place = f"{GIVEN}{file}" if given else file
        digest = str(entry.get("sha256", "")) if isinstance(entry, Mapping) else ""
        copy = path / "inputs" / place
        beside = _given_beside(entry, then)
        original = _original(source, file) if beside is None else _existing(beside)
        if place not in copies and name not in NOT_COPIED:
            copies.add(place)
            _check_copy(table, digest, copy, ledger)
        if given and copy.suffix.lower() == WORKBOOK:
            # A store's workbook goes on being edited, for the next plan; the copy is what counts.
            continue
        if place not in originals:
            originals.add(place)
            if beside is not None and original is None:
                ledger.note(f"{beside} is not there any more: it was not compared")
            else:
                _check_original(file, digest, source, original, ledger)
        if table in tables() and table not in NOT_COPIED and original is not None:
            _compare(table, digest, copy, original, reader, ledger)
    _check_additions(originals, source, reader, ledger)


def _file_of(entry: Any) -> str:
    return Path(str(entry.get("file", "")) if isinstance(entry, Mapping) else "").name


def _given_beside(entry: Any, then: str) -> Path | None:
    """A file that was given beside the data, such as the one of --locks; None for the others."""
    found = Path(str(entry.get("path") or "")) if isinstance(entry, Mapping) else Path()
    if not then or not found.is_absolute() or Path(then) in (found, found.parent):
        return None
    return found


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _original(source: Path | None, file: str) -> Path | None:
    if source is None:
        return None
    if source.is_file():
        return source if source.name == file else None
    return source / file if (source / file).is_file() else None


def _check_copy(name: str, digest: str, copy: Path, ledger: Ledger) -> None:
    if not copy.is_file():
        ledger.expect(False, f"inputs/{copy.name}, the copy of the table {name}, is missing")
        return
    ledger.expect(
        sha256_of(copy) == digest,
        f"inputs/{copy.name} was changed after the run: it is not what was planned from",
    )


def _check_original(
    file: str, digest: str, source: Path | None, original: Path | None, ledger: Ledger
) -> None:
    if original is not None:
        ledger.expect(
            sha256_of(original) == digest,
            f"{file} of the data was changed after the run: its SHA-256 is not the one in run.json",
        )
    elif source is not None and source.is_dir():
        ledger.expect(False, f"{file} is not in {source} any more, yet was planned from")
    elif source is not None:
        ledger.note(f"{file} is not {source}: it was not compared")


def _check_additions(files: set[str], source: Path | None, reader: _Reader, ledger: Ledger) -> None:
    """Name tables that the data has now and the run was not planned from."""
    if source is None or not source.is_dir() or any(f.lower().endswith(".xlsx") for f in files):
        return
    for file in sorted(source.iterdir()):
        name = file.stem.lower()
        if file.name in files or name not in tables() or file.suffix.lower() not in KINDS:
            continue
        raw = reader.table(file, name)
        ledger.expect(
            raw is not None and not len(raw.rows),
            f"{file.name} was added to the data after the run",
        )


def _compare(
    name: str, digest: str, copy: Path, original: Path, reader: _Reader, ledger: Ledger
) -> None:
    """Name the cells in which the copy and the data differ, where their bytes differ at all."""
    if not copy.is_file():
        return
    in_run, in_data = sha256_of(copy), sha256_of(original)
    if in_run == in_data:
        return
    if in_run == digest:
        changed = "the data was changed"
    elif in_data == digest:
        changed = "the run's copy was changed"
    else:
        changed = "both were changed"
    before, after = reader.table(copy, name), reader.table(original, name)
    if before is None or after is None:
        which = f"inputs/{copy.name}" if before is None else original.name
        ledger.expect(False, f"{which}: the table {name} cannot be read any more")
        return
    differences = _differences(before, after)
    for sentence in differences[:MOST_SHOWN]:
        ledger.expect(False, f"{original.name}, {sentence}: {changed} after the run")
    if len(differences) > MOST_SHOWN:
        more = len(differences) - MOST_SHOWN
        ledger.expect(False, f"{original.name}: {more} more cells of {name} differ")


def _differences(run: RawTable, data: RawTable) -> list[str]:
    found = []
    columns = list(dict.fromkeys((*run.header, *data.header)))
    for column in columns:
        if column not in run.header or column not in data.header:
            where = "the data" if column not in data.header else "the run's copy"
            found.append(f"column {column} is not in {where}")
    if len(run.rows) != len(data.rows):
        found.append(f"{len(run.rows)} rows in the run's copy, {len(data.rows)} in the data")
    for column in columns:
        if column in run.header and column in data.header:
            one = run.columns[run.header.index(column)]
            two = data.columns[data.header.index(column)]
            for k in range(min(len(run.rows), len(data.rows))):
                if one.at(k) != two.at(k):
                    found.append(
                        f"row {run.rows[k]}, {column}: {one.at(k)!r} in the run's copy, "
                        f"{two.at(k)!r} in the data"
                    )
    return found
