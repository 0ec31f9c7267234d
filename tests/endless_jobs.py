"""A command that never ends by itself, for tests of Ctrl-C; run as ``python -c``."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from pathlib import Path

from planner import cli
from planner.tables import template
from planner.unfinished import aside_of
from planner.workers import store_executor

JOBS = 2


def sleep_on(marker: Path) -> None:
    """Say who is at it, then sleep: what a worker does."""
    marker.write_text(str(os.getpid()))
    time.sleep(600)


def compute_on(marker: Path) -> None:
    """Say who is at it, then stay inside a library that never looks at signals."""
    marker.write_text(str(os.getpid()))
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2**31 - 1)


def endless_new(workers: int, markers: Path) -> None:
    """``planner new`` in the name of a job that has half a folder written."""

    def new_chain(folder: Path) -> Path:
        with aside_of(folder) as aside, store_executor(workers) as executor:
            aside.mkdir()
            (aside / "half").write_text("half")
            work = sleep_on if workers > 1 else compute_on
            list(executor.map_stores(work, [markers / str(number) for number in range(JOBS)]))
        return folder

    template.new_chain = new_chain
    sys.argv = ["planner", "new", str(markers / "above" / "chain")]
    cli.main()
