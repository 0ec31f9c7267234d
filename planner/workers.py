"""One executor for work that is done store by store; it lives through a run."""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from planner.errors import WorkersLost
from planner.memory import peak_memory_mb

Job = TypeVar("Job")
Done = TypeVar("Done")

TRIES = 3
"""Worker processes that one job may take down, alone in them, before the run gives it up."""
JOBS_AHEAD = 2
"""Jobs handed over per worker: one at work and one waiting, so that no worker idles."""


class StoreExecutor(ABC):
    """Does jobs in workers; made by ``store_executor``, one for a whole run."""

    lost_workers = 0
    """Workers that ended unasked; their jobs were run again."""
    peak_memory_mb = 0.0
    """Largest resident memory of a worker, in MB, as far as systems say."""

    @abstractmethod
    def map_stores(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str] = ()
    ) -> Iterator[tuple[int, Done]]:
        """Yield ``(number of the job, result)`` as jobs are done, in any order.

        ``work`` is a function of a module, and depends on its job alone: after a worker's end a
        job is run again. ``names``: what the jobs are called in a message. Raises what ``work``
        raises, and WorkersLost where a job takes its worker down every time.
        """

    def _note_peak(self, peak_mb: float | None) -> None:
        self.peak_memory_mb = max(self.peak_memory_mb, peak_mb or 0.0)

    @abstractmethod
    def close(self, *, abandon: bool = False) -> None:
        """End the workers; with ``abandon`` without waiting for what they are at."""


@contextmanager
def store_executor(workers: int) -> Iterator[StoreExecutor]:
    """Workers for a whole run: so many processes of this machine, started when first needed.

    With one worker everything runs in this process, in order.
    """
    executor: StoreExecutor = InProcess() if workers <= 1 else Processes(workers)
    try:
        yield executor
    except BaseException:
        executor.close(abandon=True)
        raise
    executor.close()


class InProcess(StoreExecutor):
    """Everything in this process, in order."""

    def map_stores(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str] = ()
    ) -> Iterator[tuple[int, Done]]:
        """Yield ``(number of the job, result)`` in order; see StoreExecutor."""
        for number, job in enumerate(jobs):
            yield number, work(job)

    def close(self, *, abandon: bool = False) -> None:
        """Nothing to end."""


class Processes(StoreExecutor):
    """Processes of this machine."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def map_stores(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str] = ()
    ) -> Iterator[tuple[int, Done]]:
        """Yield ``(number of the job, result)`` as jobs are done; see StoreExecutor.

        When a process ends unasked the pool says neither which nor what it was at. All jobs that
        were handed over are then run one after another, so that one that ends its process again
        is known for certain.
        """
        if len(jobs) <= 1:
            for number, job in enumerate(jobs):
                yield number, work(job)
            return
        waiting = deque(range(len(jobs)))
        at_work: dict[Future[tuple[Any, float | None]], int] = {}
        try:
            while waiting or at_work:
                broken = False
                while waiting and len(at_work) < JOBS_AHEAD * self._workers and not broken:
                    try:
                        at_work[self._submit(work, jobs[waiting[0]])] = waiting[0]
                        waiting.popleft()
                    except BrokenProcessPool:
                        broken = True
                done = wait(at_work, return_when=FIRST_COMPLETED).done if at_work else set()
                for future in done:
                    if isinstance(future.exception(), BrokenProcessPool):
                        broken = True
                        continue
                    number = at_work.pop(future)
                    yield number, self._taken(future)
                if broken:
                    suspects = sorted(at_work.values())
                    at_work.clear()
                    self._restart()
                    for number in suspects:
                        name = names[number] if names else f"job {number + 1} of {len(jobs)}"
                        yield number, self._alone(work, jobs[number], name)
        finally:
            for future in at_work:
                future.cancel()

    def close(self, *, abandon: bool = False) -> None:
        """End the processes; with ``abandon`` without waiting for what they are at."""
        if self._pool is not None:
            self._pool.shutdown(wait=not abandon, cancel_futures=abandon)
            self._pool = None

    def _submit(self, work: Callable[[Job], Done], job: Job) -> Future[tuple[Done, float | None]]:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._workers, mp_context=context)
        return self._pool.submit(with_peak, work, job)

    def _taken(self, future: Future[tuple[Done, float | None]]) -> Done:
        result, peak = future.result()
        self._note_peak(peak)
        return result

    def _restart(self) -> None:
        self.lost_workers += 1
        self.close(abandon=True)

    def _alone(self, work: Callable[[Job], Done], job: Job, name: str) -> Done:
        for _ in range(TRIES):
            try:
                return self._taken(self._submit(work, job))
            except BrokenProcessPool:
                self._restart()
        raise WorkersLost(
            f"{name}: the process that works on it was ended {TRIES} times, most likely because "
            "memory ran out; free memory, or plan with fewer --workers"
        )


def with_peak(work: Callable[[Job], Done], job: Job) -> tuple[Done, float | None]:
    """The result of a job, and the largest resident memory of the process so far, in MB."""
    return work(job), peak_memory_mb()
