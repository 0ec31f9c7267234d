"""Jobs for workers: some end the process they are done in."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def square(number: int) -> int:
    """A job like any other."""
    return number * number


def process_of(number: int) -> int:
    """Where a job is done."""
    return os.getpid()


def die_once(job: tuple[int, Path]) -> int:
    """The square of a number; the first to find the file takes it away and its process down."""
    number, deadly = job
    try:
        deadly.unlink()
    except FileNotFoundError:
        return square(number)
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def die_at_five(number: int) -> int:
    """The square of a number but five, which takes its process down every time."""
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return square(number)


def refuse_five(number: int) -> int:
    """The square of a number but five, which is a fault."""
    if number == 5:
        raise ValueError("five")
    return square(number)
