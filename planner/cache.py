"""Stores solved before are not solved again: results kept in a folder beside the runs."""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import pickle
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from planner.content_hash import content_hash
from planner.versions import sources_hash, versions

Job = TypeVar("Job")
Done = TypeVar("Done")
MapJobs = Callable[[Callable[[Any], Any], Sequence[Any], Sequence[str]], Iterator[tuple[int, Any]]]

FOLDER = ".planner-cache"
ENDING = ".kept"
MOST_BYTES = 500_000_000
"""Above this the results longest unused are deleted when a run ends."""
NUMPY_PARTS = {
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy._core.numeric", "_frombuffer"),
}


@dataclass(frozen=True, kw_only=True)
class Keepable:
    """A job whose result may be kept; other jobs are always done.

    All that the result depends on is a field of the job: each counts in its hash but these two.
    """

    gap: float = field(compare=False)
    """Relative gap asked for: a result for a tighter one serves too."""
    time_limit_seconds: float = field(default=math.inf, compare=False)
    """The shortest time limit inside the job, unless ``limit_behind`` knows a shorter one."""

    def limit_behind(self, result: Any) -> float:
        """The shortest time limit, in seconds, that may have cut this result short; a result
        that took as long is not kept."""
        del result
        return self.time_limit_seconds


@dataclass(frozen=True)
class Found:
    """A result that was kept: None too may be one."""

    result: Any


def cache_folder(out: Path, data: Path) -> Path:
    """The cache of a line of runs: the runs of one data folder that lie side by side."""
    name = hashlib.sha256(str(data.resolve()).encode()).hexdigest()[:8]
    return out.resolve().parent / FOLDER / f"{data.resolve().stem}-{name}"


class ResultCache:
    """Results in a folder, one file each, named by the hash of the job and the gap asked for.

    Which results there are is read once: what other runs add meanwhile is not seen, so that the
    same inputs and the same cache to begin with give the same plan. Files are written aside and
    moved into place, so runs do not hurt each other; a damaged one counts as none.
    """

    reused = 0
    """Jobs answered from the cache."""
    done = 0
    """Jobs done, because the cache had no answer."""
    unreadable = 0
    """Damaged files met, and left out."""
    unwritable = 0
    """Results that could not be kept: no room, or no leave to write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._gaps: dict[str, set[float]] = defaultdict(set)
        with contextlib.suppress(OSError):
            for path in folder.glob(f"*{ENDING}"):
                name, _, gap = path.name.removesuffix(ENDING).partition("@")
                with contextlib.suppress(ValueError):
                    self._gaps[name].add(float(gap))

    def said(self) -> dict[str, str | int]:
        """What run.json says of it."""
        return {
            "folder": str(self.folder),
            "reused": self.reused,
            "solved": self.done,
            "unreadable": self.unreadable,
            "unwritable": self.unwritable,
        }

    def find(self, key: str, gap: float) -> Found | None:
        """The result kept for this gap, else for the tightest one below it; None without."""
        kept = self._gaps.get(key, set())
        for known in [gap] if gap in kept else sorted(k for k in kept if k < gap):
            path = self._path(key, known)
            try:
                found = _unpacked(path.read_bytes())
            except FileNotFoundError:
                continue
            except Exception:
                # A damaged file may fail in any way, and a store can always be solved again.
                self.unreadable += 1
                continue
            self.reused += 1
            with contextlib.suppress(OSError):
                os.utime(path)
            return Found(found)
        return None

    def keep(self, key: str, gap: float, result: object) -> None:
        """Add a result; where the folder cannot be written it is counted and forgotten."""
        path = self._path(key, gap)
        aside = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            aside.write_bytes(_packed(result))
            aside.replace(path)
            self._gaps[key].add(gap)
        except OSError:
            self.unwritable += 1
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)

    def map_jobs(
        self,
        handed_on: MapJobs,
        work: Callable[[Job], Done],
        jobs: Sequence[Job],
        names: Sequence[str],
    ) -> Iterator[tuple[int, Done]]:
        """Yield ``(number of the job, result)``: those that are known, then those done now.

        ``handed_on`` does what has to be done: ``StoreExecutor.map_stores`` without a cache.
        """
        keys: dict[int, str] = {}
        left = []
        for number, job in enumerate(jobs):
            if isinstance(job, Keepable):
                keys[number] = _key(work, job)
                found = self.find(keys[number], job.gap)
                if found is not None:
                    yield number, found.result
                    continue
            left.append(number)
        asked, left_names = [jobs[n] for n in left], [names[n] for n in left] if names else []
        for place, (result, seconds) in handed_on(Timed(work), asked, left_names):
            number, job = left[place], asked[place]
            if isinstance(job, Keepable):
                self.done += 1
                # A job done in less time than its limit was not cut short by it.
                if seconds < job.limit_behind(result):
                    self.keep(keys[number], job.gap, result)
            yield number, result

    def prune(self, most_bytes: int = MOST_BYTES) -> None:
        """Delete the results longest unused, until so many bytes are left at most."""
        files = []
        with contextlib.suppress(OSError):
            for path in self.folder.iterdir():
                with contextlib.suppress(OSError):
                    stat = path.stat()
                    files.append((stat.st_mtime_ns, stat.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= most_bytes:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size

    def _path(self, key: str, gap: float) -> Path:
        return self.folder / f"{key}@{gap!r}{ENDING}"


@dataclass(frozen=True)
class Timed(Generic[Job, Done]):
    """Work with the seconds that it took in its worker."""

    work: Callable[[Job], Done]

    def __call__(self, job: Job) -> tuple[Done, float]:
        """The result and the seconds."""
        start = time.perf_counter()
        result = self.work(job)
        return result, time.perf_counter() - start


def _key(work: Callable[..., object], job: Keepable) -> str:
    what = f"{work.__module__}.{work.__qualname__}"
    return content_hash((what, sources_hash(), versions(), job))


def _packed(result: object) -> bytes:
    packed = zlib.compress(pickle.dumps(result, protocol=5), level=1)
    return hashlib.sha256(packed).digest() + packed


def _unpacked(content: bytes) -> object:
    checksum, packed = content[:32], content[32:]
    if hashlib.sha256(packed).digest() != checksum:
        raise ValueError("damaged")
    return _OwnUnpickler(io.BytesIO(zlib.decompress(packed))).load()


class _OwnUnpickler(pickle.Unpickler):
    """Reads arrays and the planner's own classes: a file put there cannot run anything else."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in NUMPY_PARTS or module.startswith("planner.assortment."):
            found = super().find_class(module, name)
            if (module, name) in NUMPY_PARTS or isinstance(found, type):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not kept in a cache")
