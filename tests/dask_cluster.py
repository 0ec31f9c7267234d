"""A Dask cluster on this machine: a scheduler and workers, each a program of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
PYTHON_PATH = (HERE.parent, HERE)
WAIT_SECONDS = 60


class Cluster:
    """A scheduler on loopback; workers are added, and killed, one by one.

    A job is given up with the second worker that it takes down.
    """

    def __init__(self, folder: Path) -> None:
        self._scheduler_file = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self._scheduler = self._start(
            "dask_scheduler", "--port", "0", "--no-dashboard", path=PYTHON_PATH
        )
        self.address = self._address()

    def add_worker(self, python_path: Sequence[Path] = PYTHON_PATH) -> None:
        """Start a worker that finds its modules in ``python_path`` first."""
        worker = self._start(
            "dask_worker", "--nthreads", "1", "--no-nanny", "--no-dashboard", path=python_path
        )
        self.workers.append(worker)

    def wait_for_workers(self, number: int) -> None:
        """Wait until so many workers have registered."""
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=WAIT_SECONDS)

    def close(self) -> None:
        """Kill all of it."""
        for process in (*self.workers, self._scheduler):
            process.kill()
            process.wait()

    def _start(
        self, program: str, *arguments: str, path: Sequence[Path] = ()
    ) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1",
                   "--scheduler-file", str(self._scheduler_file), *arguments]  # fmt: skip
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
        }
        return subprocess.Popen(command, env=environment, cwd=self._scheduler_file.parent,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    def _address(self) -> str:
        for _ in range(WAIT_SECONDS * 10):
            try:
                return str(json.loads(self._scheduler_file.read_text())["address"])
            except (FileNotFoundError, json.JSONDecodeError):
                time.sleep(0.1)
        raise TimeoutError("the scheduler did not start")
