"""What is done and how long the rest takes, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a function of (phase, done, total); silent with ``quiet`` or off a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda phase, done, total: None
        return
    columns = (TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("time left"), TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[str, int] = {}

        def show(phase: str, done: int, total: int) -> None:
            for earlier, task in tasks.items():
                if earlier != phase:
                    bar.update(bar.task_ids[task], completed=bar.tasks[task].total)
            if phase not in tasks:
                tasks[phase] = len(bar.tasks)
                bar.add_task(phase, total=total)
            bar.update(bar.task_ids[tasks[phase]], completed=done, total=total)

        yield show
