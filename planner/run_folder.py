"""The folder of a finished run, as a person names it on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from planner.audit.folder import MANIFEST
from planner.errors import BadInput, Problem

ALLOWED = f"the folder of a finished run, with its {MANIFEST}"


def check_is_run(run: Path) -> Mapping[str, Any]:
    """What run.json of a run says; raises BadInput where the path is no run, with what it is."""
    manifest = run / MANIFEST
    if not manifest.is_file():
        raise BadInput([Problem(str(run), 0, "", *_no_run(run))])
    try:
        found = json.loads(manifest.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        found = None
    if not isinstance(found, dict):
        mend = "plan again: the file was changed or cut off"
        raise BadInput([Problem(str(manifest), 0, "", "text that is not JSON", ALLOWED, mend)])
    return found


def _no_run(run: Path) -> tuple[str, str, str]:
    """What a path is that is no run, what is allowed, and how to mend it."""
    above = next((f for f in run.absolute().parents if (f / MANIFEST).is_file()), None)
    if run.exists() and above is not None:
        found = "a folder in a run" if run.is_dir() else "a file of a run"
        return found, ALLOWED, f"name the run itself, {above}"
    if not run.exists():
        return "nothing there", ALLOWED, "check the spelling; runs lie under reports/"
    if not run.is_dir():
        return "a file", ALLOWED, "name a folder under reports/"
    if (run / "backtest.json").is_file():
        return "a backtest", ALLOWED, "name a run of planner plan"
    runs = sorted(path.parent for path in run.glob(f"*/{MANIFEST}"))
    if runs:
        newest = max(runs, key=lambda path: (path / MANIFEST).stat().st_mtime)
        return "a folder of runs", ALLOWED, f"name one of them, such as {newest}"
    if (run / "sales.csv").exists() or (run / "sales.parquet").exists():
        return "the data of a chain", ALLOWED, f"plan it first: planner plan {run}"
    return "a folder without a run", ALLOWED, "name a folder under reports/"
