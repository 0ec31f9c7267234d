"""The workers of a Dask cluster that is running already."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, wait
from typing import Any
from urllib.parse import urlsplit

from planner.errors import BadInput, Problem, WorkersLost
from planner.versions import sources_hash, versions
from planner.workers import Done, Handed, Job, Pooled, with_peak

CONNECT_SECONDS = 10.0
"""To reach the scheduler, and again for its first worker to appear."""
ALONE_SECONDS = 60.0
"""How long a run waits once the scheduler or all its workers are gone."""
LOOK_SECONDS = 5.0
"""How often a run looks who is still there while it waits for results."""
CLOSE_SECONDS = 2.0
"""To take leave of a scheduler that may be gone."""
SCHEMES = ("tcp", "tls", "ws", "wss")
ONE_AT_A_TIME = threading.Lock()
"""The solver's scheduler is global to a process: threads of one worker take turns."""


class DaskWorkers(Pooled):
    """Workers of a Dask cluster, one job in each at a time; its scheduler has the planner too.

    The scheduler itself runs the jobs of a lost worker again, as often as its setting
    ``distributed.scheduler.allowed-failures`` says.
    """

    def __init__(self, address: str) -> None:
        """Raises BadInput where there is no such cluster, or another planner works in it."""
        try:
            from distributed import Client
            from distributed.scheduler import KilledWorker
        except ModuleNotFoundError as error:
            allowed = "a planner with its extra dask"
            raise BadInput(
                [_fault(address, str(error), allowed, "pip install 'planner[dask]'")]
            ) from error
        self.ended = (KilledWorker,)
        self._address = address
        _check_address(address)
        try:
            self._client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except Exception as error:
            # Whatever answers there may send anything: what it breaks is not foreseeable.
            found = f"{type(error).__name__}: {error}"
            allowed = "the address of a Dask scheduler that is running, and to be reached from here"
            mend = "start one with 'dask scheduler', or leave --dask out"
            raise BadInput([_fault(address, found, allowed, mend)]) from error
        try:
            self._wait_for_a_worker()
            self._check_workers()
            self._pool = self._client.get_executor()
        except BaseException:
            self._client.close()
            raise
        self._seen = self._present()
        self.where = f"Dask cluster {address}, {len(self._seen)} workers"

    def close(self, *, abandon: bool = False) -> None:
        """Leave the cluster as it is; what is not done there is cancelled with ``abandon``."""
        self._note_losses()
        if self._client.status == "running":
            self._pool.shutdown(wait=not abandon)
        self._client.close(timeout=CLOSE_SECONDS)

    def _workers_now(self) -> int:
        return len(self._present())

    def _submit(self, work: Callable[[Job], Done], job: Job) -> Handed:
        here = _computing()
        future: Handed = self._pool.submit(_checked, here, work, job)
        return future

    def _some_done(self, at_work: Collection[Handed]) -> Collection[Handed]:
        last_seen = time.monotonic()
        while not (done := wait(at_work, LOOK_SECONDS, FIRST_COMPLETED).done):
            if self._note_losses():
                last_seen = time.monotonic()
            elif time.monotonic() - last_seen > ALONE_SECONDS:
                raise WorkersLost(
                    f"the Dask cluster {self._address} has had no worker for "
                    f"{ALONE_SECONDS:.0f} seconds; start workers and plan again"
                )
        self._note_losses()
        return done

    def _once_more(self, work: Callable[[Job], Done], job: Job, name: str) -> Done:
        if self._client.status != "running":
            raise WorkersLost(f"the Dask cluster {self._address} is gone; start it and plan again")
        raise WorkersLost(
            f"{name}: every worker of the Dask cluster that was given it ended, most likely "
            "because memory ran out; give the workers more memory"
        )

    def _present(self) -> set[str]:
        if self._client.status != "running":
            return set()
        return set(self._client.scheduler_info(n_workers=-1)["workers"])

    def _note_losses(self) -> bool:
        """Count workers that have left; whether any are there."""
        present = self._present()
        if self._client.status == "running":
            self.lost_workers += len(self._seen - present)
            self._seen = present
        return bool(present)

    def _wait_for_a_worker(self) -> None:
        try:
            self._client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            mend = f"start some with 'dask worker {self._address} --nworkers 4 --nthreads 1'"
            raise BadInput(
                [_fault(self._address, "no workers", "a cluster with workers", mend)]
            ) from error

    def _check_workers(self) -> None:
        """Raise BadInput with the scheduler and every worker that has another planner.

        The scheduler needs one too: it unpacks every job that it hands on.
        """
        here = _computing()
        there = {
            f"worker {w}": f for w, f in self._client.run(_computing, on_error="return").items()
        }
        try:
            there["scheduler"] = self._client.run_on_scheduler(_computing)
        except Exception as error:
            # Its own fault as it came over the wire: any kind.
            there["scheduler"] = error
        faults = []
        for name, found in sorted(there.items()):
            if found != here:
                place = f"{self._address}, {name}"
                allowed = "the planner and the libraries of this machine, on every machine"
                mend = "install the same planner with its requirements.lock there"
                faults.append(_fault(place, _difference(here, found), allowed, mend))
        if faults:
            raise BadInput(faults)


def _computing() -> dict[str, str]:
    """What computes here, as far as numbers depend on it."""
    found = versions() | {"planner's files": sources_hash()[:12]}
    del found["python"]
    return found


def _checked(
    there: dict[str, str], work: Callable[[Job], Done], job: Job
) -> tuple[Done, float | None]:
    """Do a job in a worker; one that came later may have another planner."""
    if _computing() != there:
        raise WorkersLost(
            "a Dask worker that joined during the run would compute something else: "
            f"{_difference(there, _computing())}"
        )
    with ONE_AT_A_TIME:
        return with_peak(work, job)


def _difference(here: dict[str, str], there: Any) -> str:
    if isinstance(there, BaseException):
        return f"no planner like this one ({type(there).__name__}: {there})"
    return ", ".join(
        f"{name} {there.get(name, 'missing')} (here {value})"
        for name, value in here.items()
        if there.get(name) != value
    )


def _check_address(address: str) -> None:
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        whole = parts.scheme in SCHEMES and parts.hostname and parts.port
    except ValueError:
        whole = False
    if not whole:
        allowed = "host:port, or tcp://host:port"
        mend = "give the address that the scheduler prints when it starts"
        raise BadInput([_fault(address, address, allowed, mend)])


def _fault(address: str, found: str, allowed: str, mend: str) -> Problem:
    return Problem(f"--dask {address}", 0, "", found, allowed, mend)
