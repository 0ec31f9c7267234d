"""A report as files, as a run's folder holds it."""

from __future__ import annotations

from pathlib import Path

from planner.outputs.contents import Contents
from planner.outputs.report.write import pages, text_of_page


def write_report(contents: Contents, directory: Path) -> list[Path]:
    """Write every page; returns the files, the chain's first."""
    written = []
    for page in pages(contents):
        path = directory / page.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of_page(page), encoding="utf-8", newline="\n")
        written.append(path)
    return written
