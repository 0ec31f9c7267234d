"""Workers: every job is done once and taken once, whoever dies on the way."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from job_samples import die_at_five, die_once, process_of, refuse_five, square

from planner.errors import WorkersLost
from planner.workers import InProcess, StoreExecutor, store_executor

needs_sigkill = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")


def all_of(executor: StoreExecutor, work, jobs) -> dict[int, int]:
    """Results by number; no job may be taken twice."""
    found: dict[int, int] = {}
    for number, result in executor.map_stores(work, jobs):
        assert number not in found
        found[number] = result
    return found


@pytest.mark.parametrize("workers", [1, 2])
def test_every_job_is_done_once_and_workers_live_on(workers):
    """Each number has its own result, in one or more processes, which serve all calls."""
    with store_executor(workers) as executor:
        assert all_of(executor, square, range(20)) == {n: n * n for n in range(20)}
        first = set(all_of(executor, process_of, range(20)).values())
        again = set(all_of(executor, process_of, range(20)).values())
        assert all_of(executor, square, []) == {}
    assert len(first | again) <= workers
    assert (os.getpid() in first) == (workers == 1)
    assert executor.lost_workers == 0


@needs_sigkill
def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path):
    """One process killed midway: every result is there, the loss is counted, work goes on."""
    deadly = tmp_path / "deadly"
    deadly.touch()
    with store_executor(2) as executor:
        found = all_of(executor, die_once, [(n, deadly) for n in range(12)])
        assert found == {n: n * n for n in range(12)}
        assert executor.lost_workers == 1
        assert all_of(executor, square, range(5)) == {n: n * n for n in range(5)}
        assert executor.lost_workers == 1


@needs_sigkill
def test_a_job_that_kills_its_worker_every_time_is_named():
    """The run ends with the name of that very job, not of those that were handed over with it."""
    names = [f"store {n}" for n in range(12)]
    with store_executor(2) as executor, pytest.raises(WorkersLost, match=r"store 5: .*memory"):
        list(executor.map_stores(die_at_five, range(12), names))


def test_a_fault_of_a_job_is_the_fault_of_the_run():
    """What a job raises is raised, in this process as in others."""
    with store_executor(2) as executor, pytest.raises(ValueError, match="five"):
        list(executor.map_stores(refuse_five, range(12)))
    with pytest.raises(ValueError, match="five"):
        list(InProcess().map_stores(refuse_five, range(12)))


def test_peak_memory_is_that_of_the_workers():
    """A worker's peak is told, and is not that of the process that started it."""
    ballast = bytearray(300 * 2**20)
    ballast[::4096] = b"x" * len(ballast[::4096])
    with store_executor(2) as executor:
        all_of(executor, square, range(4))
    if Path("/proc/self/status").exists():
        assert 5 < executor.peak_memory_mb < 250
