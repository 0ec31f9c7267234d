"""Remake the pictures of the README from a run: python docs/pictures/remake.py RUN [STORE SHEET].

Needs Chromium, LibreOffice and pdftoppm, and the environment of `make test`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from openpyxl import load_workbook
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent


def report(run: Path) -> None:
    """The first screen of the report on a desktop and on a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, width, height, left in (
            ("report", 1280, 1364, 49),
            ("report-phone", 390, 800, 0),
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.goto((run / "report.html").resolve().as_uri())
            page.wait_for_timeout(3000)
            clip = {"x": left, "y": 0, "width": width - 2 * left, "height": height}
            page.screenshot(path=HERE / f"{name}.png", clip=clip)
        browser.close()


def planogram(run: Path, store: str, sheet: str) -> None:
    """One printed planogram page of a store."""
    workbook = run / "planograms" / f"{store}.xlsx"
    number = load_workbook(workbook, read_only=True).sheetnames.index(sheet) + 1
    with tempfile.TemporaryDirectory() as folder:
        convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder]
        subprocess.run([*convert, str(workbook)], check=True, capture_output=True)
        page = ["-f", str(number), "-l", str(number), "-r", "125", "-png", "-singlefile"]
        target = str(HERE / "planogram")
        subprocess.run(["pdftoppm", *page, f"{folder}/{store}.pdf", target], check=True)


if __name__ == "__main__":
    finished = Path(sys.argv[1])
    report(finished)
    planogram(finished, *(sys.argv[2:4] or ["204", "Planogram M1"]))
