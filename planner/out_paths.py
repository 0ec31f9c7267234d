"""Where results may be written: looked at before anything is computed for them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from planner.errors import BadInput, Problem


def check_writable(path: Path, option: str = "--out") -> None:
    """Refuse a path in a file, or where this process may not write. Raises BadInput."""
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise _refused(option, path, f"{above} is a file", "a place in a folder")
    there = path if path.exists() else above
    needed = os.W_OK | os.X_OK if there.is_dir() else os.W_OK
    if not os.access(there, needed):
        found = f"no leave to write in {there if there.is_dir() else there.parent}"
        raise _refused(option, path, found, "a place that you may write to")


def check_file_out(path: Path, option: str = "--out", kinds: Sequence[str] = ()) -> None:
    """Refuse a file that cannot be written, or is of none of the ``kinds``. Raises BadInput."""
    if kinds and path.suffix.lower() not in kinds:
        found = f"a name that ends with {path.suffix or 'nothing'}"
        raise _refused(option, path, found, " or ".join(kinds), "give the file another name")
    if path.is_dir():
        raise _refused(option, path, "a folder", "a file to write", "name a file in it")
    check_writable(path, option)


def check_files(folder: Path, names: Sequence[str], *, overwrite: bool) -> None:
    """Refuse a folder that is a file, or files that are there already. Raises BadInput."""
    if folder.exists() and not folder.is_dir():
        raise _refused("--out", folder, "a file", "a folder", "name a folder")
    check_writable(folder)
    there = [name for name in names if (folder / name).exists()]
    if there and not overwrite:
        mend = "add --overwrite, or name another folder with --out"
        raise BadInput(
            [Problem(str(folder / n), 0, "", "a file", "a new file", mend) for n in there]
        )


def _refused(
    option: str, path: Path, found: str, allowed: str, mend: str = "name another place"
) -> BadInput:
    return BadInput([Problem(f"{option} {path}", 0, "", found, allowed, mend)])
