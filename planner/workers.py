"""One executor for work that is done store by store."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


def run_by_store(
    work: Callable[[Job], Done], jobs: Sequence[Job], workers: int
) -> Iterator[tuple[int, Done]]:
    """Yield ``(number of the job, result)`` as jobs are done, in processes of this machine.

    With one worker everything runs in this process, in order.
    """
    if workers <= 1 or len(jobs) <= 1:
        for number, job in enumerate(jobs):
            yield number, work(job)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        numbers = {pool.submit(work, job): number for number, job in enumerate(jobs)}
        try:
            for future in as_completed(numbers):
                yield numbers.pop(future), future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
