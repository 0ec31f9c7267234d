"""Ctrl-C ends the planner within moments, whatever it computes, and leaves nothing half done."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from multiprocessing import connection, resource_tracker
from pathlib import Path
from types import TracebackType

from planner.unfinished import discard_unfinished

STOPPED = 130
"""Exit code after Ctrl-C."""
STOPPED_WORDS = "planner: stopped; nothing was written"
GRACE_SECONDS = 1.0
"""How long this process may take to end by itself; a solver at work does not hear of Ctrl-C."""


class CtrlC:
    """While it is entered, Ctrl-C ends this process even where a library is at work.

    Python tells its own code of a signal only between two of its own steps. The system writes
    the signal's number to a socket at once, and a thread waits there: where the process has not
    ended by itself in time, the thread takes away what is not whole and ends it.
    """

    def __enter__(self) -> CtrlC:
        self._ended = threading.Event()
        self._heard, self._told = socket.socketpair()
        self._told.setblocking(False)
        self._before = signal.set_wakeup_fd(self._told.fileno(), warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._listen, name="ctrl-c", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        signal.set_wakeup_fd(self._before)
        self._told.close()
        self._thread.join()
        self._heard.close()

    def _listen(self) -> None:
        while numbers := self._heard.recv(64):
            if signal.SIGINT in numbers and not self._ended.wait(GRACE_SECONDS):
                end_at_once()


def end_at_once() -> None:
    """End this process and those it started, without what is not whole; nothing is waited for."""
    for worker in multiprocessing.active_children():
        end_worker(worker.pid)
    _end_solvers()
    discard_unfinished()
    # A progress bar hides the cursor of a terminal.
    shown = "\x1b[?25h\n" if sys.stderr.isatty() else ""
    with contextlib.suppress(OSError):
        os.write(sys.stderr.fileno(), f"{shown}{STOPPED_WORDS}\n".encode())
    os._exit(STOPPED)


@contextlib.contextmanager
def workers_not_interrupted() -> Iterator[None]:
    """Processes started inside never hear of Ctrl-C: whoever started them ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # It would let Ctrl-C through again when it is started itself.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begin_worker() -> None:
    """What a worker process does first: it leads what it starts, and ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "setpgrp"):
        os.setpgrp()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    end_worker(os.getpid())
    os._exit(1)


def end_worker(pid: int | None) -> None:
    """End a worker process, and the solvers that it has started, at once."""
    if pid is None:
        return
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg") and os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _end_solvers() -> None:
    """End solvers that run as programs of their own, where the system tells which they are."""
    for listed in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for pid in listed.read_text().split():
                if Path(f"/proc/{pid}/comm").read_text().startswith("cbc"):
                    os.kill(int(pid), signal.SIGKILL)
