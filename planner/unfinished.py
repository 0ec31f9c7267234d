"""Files and folders that are not whole yet: written aside, moved into place, else taken away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ENDING = ".part"
_now: set[Path] = set()
"""What is being written in this process."""


@contextmanager
def aside_of(target: Path) -> Iterator[Path]:
    """The name of a file or folder beside ``target`` to write into; gone at the end.

    The caller moves what is whole into place. Folders above ``target`` that had to be made and
    stay empty go too.
    """
    made = _make_folders(target.parent)
    aside = target.with_name(f".{target.name}.{os.getpid()}{ENDING}")
    _now.update((aside, *made))
    try:
        yield aside
    finally:
        _take_away(aside)
        for folder in made:
            _take_away_if_empty(folder)
        _now.difference_update((aside, *made))


def target_of(path: Path) -> Path:
    """What a file or folder is written for: itself, but for one aside or in a folder aside."""
    for part in (path, *path.parents):
        if part.name.startswith(".") and part.name.endswith(ENDING):
            name = part.name.removeprefix(".").removesuffix(ENDING).rpartition(".")[0]
            return part.with_name(name) / path.relative_to(part)
    return path


@contextmanager
def file_aside(target: Path) -> Iterator[Path]:
    """As ``aside_of``, for a file that takes the place of ``target`` when no fault came up."""
    with aside_of(target) as aside:
        yield aside
        aside.replace(target)


def write_together(folder: Path, writers: Mapping[str, Callable[[Path], object]]) -> None:
    """Write files by name aside, then move them into the folder; on a fault none is there."""
    with aside_of(folder) as aside:
        aside.mkdir()
        for name, write in writers.items():
            write(aside / name)
        folder.mkdir(exist_ok=True)
        for name in writers:
            (aside / name).replace(folder / name)


def discard_unfinished() -> None:
    """Take away all that is not whole: for a process that ends at once."""
    # The deepest first, so that folders are empty when their turn comes.
    for path in sorted(_now, key=lambda path: len(path.parts), reverse=True):
        if path.name.endswith(ENDING):
            _take_away(path)
        else:
            _take_away_if_empty(path)


def _make_folders(folder: Path) -> list[Path]:
    """Make a folder and those above it; those that were not there, the deepest first."""
    missing = []
    above = folder
    while not above.exists() and above != above.parent:
        missing.append(above)
        above = above.parent
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _take_away(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        try:
            path.unlink(missing_ok=True)
        except OSError:
            return


def _take_away_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return
