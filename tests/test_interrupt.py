"""Ctrl-C: one line, exit 130, no half folder, no process left, whatever was being done."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from planner.interrupt import STOPPED, STOPPED_WORDS
from planner.unfinished import write_together

TESTS = Path(__file__).parent
HANGS_SECONDS = 90


def is_alive(pid: int) -> bool:
    """Whether a process still does something; one that nobody has buried yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no /proc here")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_at_once_and_leaves_nothing(tmp_path, workers):
    """Workers at work are ended, a library that does not hear of it is too; what was begun is
    gone, folders made for it included."""
    # A shell that starts the tests in the background has them ignore Ctrl-C.
    code = f"""
import signal
from pathlib import Path
from endless_jobs import endless_new
signal.signal(signal.SIGINT, signal.default_int_handler)
endless_new({workers}, Path({str(tmp_path)!r}))
"""
    command = subprocess.Popen(
        [sys.executable, "-c", code], cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])},
    )  # fmt: skip
    markers = [tmp_path / str(number) for number in range(workers)]
    deadline = time.monotonic() + HANGS_SECONDS
    while not all(m.exists() and m.read_text() for m in markers):
        assert command.poll() is None, command.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(command.pid, signal.SIGINT)
    said, complained = command.communicate(timeout=HANGS_SECONDS)
    assert command.returncode == STOPPED
    assert (said, complained) == ("", f"{STOPPED_WORDS}\n")
    assert not [m for m in markers if is_alive(int(m.read_text()))]
    assert sorted(tmp_path.iterdir()) == markers


def test_files_come_together_or_not_at_all(tmp_path):
    """A fault while the second file is written: neither is there, nor a folder made for them."""

    def broken(path: Path) -> None:
        path.write_text("half")
        raise OSError("no room")

    writers = {"a.txt": lambda path: path.write_text("a"), "b.txt": broken}
    with pytest.raises(OSError, match="no room"):
        write_together(tmp_path / "deep" / "folder", writers)
    assert list(tmp_path.iterdir()) == []
    write_together(tmp_path / "deep" / "folder", {"a.txt": writers["a.txt"]})
    assert [path.name for path in (tmp_path / "deep" / "folder").iterdir()] == ["a.txt"]
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["folder"]
