"""One executor for work that is done store by store; it lives through a run."""

from __future__ import annotations

import multiprocessing
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from planner.cache import ResultCache
from planner.errors import WorkersLost
from planner.interrupt import begin_worker, end_worker, workers_not_interrupted
from planner.memory import peak_memory_mb

Job = TypeVar("Job")
Done = TypeVar("Done")
Handed = Future[tuple[Any, float | None]]
"""A job in a worker: its result, and the worker's peak of memory in MB."""

TRIES = 3
"""Worker processes that one job may take down, alone in them, before the run gives it up."""
JOBS_AHEAD = 2
"""Jobs handed over per worker: one at work and one waiting, so that no worker idles."""


class StoreExecutor(ABC):
    """Does jobs in workers; made by ``store_executor``, one for a whole run."""

    where = ""
    """Where jobs are done, in words."""
    lost_workers = 0
    """Workers that ended unasked; their jobs were run again."""
    peak_memory_mb = 0.0
    """Largest resident memory of a worker, in MB, as far as systems say."""

    cache: ResultCache | None = None
    """Answers jobs whose results it keeps (``cache.Keepable``)."""

    def map_stores(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str] = ()
    ) -> Iterator[tuple[int, Done]]:
        """Yield ``(number of the job, result)`` as jobs are done, in any order.

        ``work`` is a function of a module, and depends on its job alone: after a worker's end a
        job is run again. ``names``: what the jobs are called in a message. Raises what ``work``
        raises, and WorkersLost where a job takes its worker down every time.
        """
        if self.cache is None:
            return self._map(work, jobs, names)
        return self.cache.map_jobs(self._map, work, jobs, names)

    @abstractmethod
    def _map(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str]
    ) -> Iterator[tuple[int, Done]]:
        """As ``map_stores``, without a cache."""

    @abstractmethod
    def close(self, *, abandon: bool = False) -> None:
        """End the workers; with ``abandon`` without waiting for what they are at."""


@contextmanager
def store_executor(
    workers: int, dask: str = "", cache: ResultCache | None = None
) -> Iterator[StoreExecutor]:
    """Workers for a whole run: so many processes of this machine, or those of a Dask cluster.

    With one worker everything runs in this process, in order. ``dask``: address of the scheduler
    of a cluster that is running; its own workers count then. ``cache``: asked first, and pruned
    at the end. Raises BadInput where the cluster cannot be used, and says what to do.
    """
    executor: StoreExecutor
    if dask:
        from planner.dask_workers import DaskWorkers

        executor = DaskWorkers(dask)
    else:
        executor = InProcess() if workers <= 1 else Processes(workers)
    executor.cache = cache
    try:
        yield executor
    except BaseException:
        executor.close(abandon=True)
        raise
    finally:
        if cache is not None:
            cache.prune()
    executor.close()


class InProcess(StoreExecutor):
    """Everything in this process, in order."""

    where = "this process"

    def _map(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str]
    ) -> Iterator[tuple[int, Done]]:
        for number, job in enumerate(jobs):
            yield number, work(job)

    def close(self, *, abandon: bool = False) -> None:
        """Nothing to end."""


class Pooled(StoreExecutor):
    """Jobs handed over as futures, a few for each worker: the others wait here."""

    ended: tuple[type[BaseException], ...] = ()
    """What the future of a job raises whose worker has ended."""

    def _map(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str]
    ) -> Iterator[tuple[int, Done]]:
        waiting = deque(range(len(jobs)))
        at_work: dict[Handed, int] = {}
        try:
            while waiting or at_work:
                while waiting and len(at_work) < max(1, self._workers_now()) * JOBS_AHEAD:
                    number = waiting.popleft()
                    at_work[self._submit(work, jobs[number])] = number
                suspects = []
                for future in self._some_done(at_work):
                    number = at_work.pop(future)
                    if self._has_ended(future):
                        suspects.append(number)
                    else:
                        yield number, self._taken(future)
                for number in sorted(suspects):
                    name = names[number] if names else f"job {number + 1} of {len(jobs)}"
                    yield number, self._once_more(work, jobs[number], name)
        finally:
            for future in at_work:
                future.cancel()

    def _has_ended(self, future: Handed) -> bool:
        """Whether the worker of a job ended before the job did."""
        return future.cancelled() or isinstance(future.exception(), self.ended)

    def _taken(self, future: Handed) -> Any:
        result, peak_mb = future.result()
        self.peak_memory_mb = max(self.peak_memory_mb, peak_mb or 0.0)
        return result

    @abstractmethod
    def _workers_now(self) -> int:
        """How many workers there are."""

    @abstractmethod
    def _submit(self, work: Callable[[Job], Done], job: Job) -> Handed:
        """Hand a job over."""

    @abstractmethod
    def _some_done(self, at_work: Collection[Handed]) -> Collection[Handed]:
        """Wait until some of the futures are done."""

    @abstractmethod
    def _once_more(self, work: Callable[[Job], Done], job: Job, name: str) -> Done:
        """The result of a job whose worker has ended; raises WorkersLost to give it up."""


class Processes(Pooled):
    """Processes of this machine, started when first needed."""

    ended = (BrokenProcessPool,)

    def __init__(self, workers: int) -> None:
        self.where = f"{workers} processes of one machine"
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def _map(
        self, work: Callable[[Job], Done], jobs: Sequence[Job], names: Sequence[str]
    ) -> Iterator[tuple[int, Done]]:
        if len(jobs) <= 1:
            # A process would take longer to start than most jobs take.
            return InProcess().map_stores(work, jobs, names)
        return super()._map(work, jobs, names)

    def close(self, *, abandon: bool = False) -> None:
        """End the processes; with ``abandon`` without waiting for what they are at."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        if abandon:
            # Python itself would wait for each to finish what it is at, for minutes perhaps.
            for worker in list((pool._processes or {}).values()):
                end_worker(worker.pid)
        pool.shutdown(wait=True, cancel_futures=abandon)

    def _workers_now(self) -> int:
        return self._workers

    def _submit(self, work: Callable[[Job], Done], job: Job) -> Handed:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(
                self._workers, mp_context=context, initializer=begin_worker
            )
        try:
            with workers_not_interrupted():
                return self._pool.submit(with_peak, work, job)
        except BrokenProcessPool as error:
            refused: Handed = Future()
            refused.set_exception(error)
            return refused

    def _some_done(self, at_work: Collection[Handed]) -> Collection[Handed]:
        done = wait(at_work, return_when=FIRST_COMPLETED).done
        if any(self._has_ended(future) for future in done):
            # One process that ends takes the whole pool with it.
            done = wait(at_work).done
            self._renew()
        return done

    def _renew(self) -> None:
        self.lost_workers += 1
        self.close(abandon=True)

    def _once_more(self, work: Callable[[Job], Done], job: Job, name: str) -> Done:
        """The pool does not say which job its process was at: each suspect runs alone."""
        for _ in range(TRIES):
            future = self._submit(work, job)
            if not self._has_ended(future):
                result: Done = self._taken(future)
                return result
            self._renew()
        raise WorkersLost(
            f"{name}: the process that works on it was ended {TRIES} times, most likely because "
            "memory ran out; free memory, or plan with fewer --workers"
        )


def with_peak(work: Callable[[Job], Done], job: Job) -> tuple[Done, float | None]:
    """The result of a job, and the largest resident memory of the process so far, in MB."""
    return work(job), peak_memory_mb()
