"""What computes: versions of the planner and of the libraries that numbers depend on."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

from planner import __version__

PACKAGES = ("pandas", "numpy", "scipy", "PuLP", "highspy", "duckdb", "openpyxl", "plotly")


def versions() -> dict[str, str]:
    """Version of the planner, of Python, and of the libraries that numbers depend on."""
    found = {"planner": __version__, "python": platform.python_version()}
    return found | {name: _version(name) for name in PACKAGES}


@cache
def _version(package: str) -> str:
    """Looked up once a process: every job's key in the cache asks for it."""
    return version(package)


@cache
def sources_hash() -> str:
    """SHA-256 of the planner's own Python files: a changed planner is another one, whatever it
    calls itself."""
    folder = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda p: p.relative_to(folder).as_posix()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        # Read as text: line ends differ between systems.
        digest.update(path.read_text(encoding="utf-8").encode() + b"\0")
    return digest.hexdigest()
