"""Remake the pictures of the README from a run: python docs/pictures/remake.py RUN [STORE FIXTURE].

Needs Chromium, LibreOffice and pdftoppm, and the environment of `make test`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright
from pypdf import PdfReader

HERE = Path(__file__).parent


def report(run: Path) -> None:
    """The report on a desktop and on a phone, on light and dark screens: its first screen, and
    the stores with one of them open."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, width, height, scheme, opened in (
            ("report", 1280, 1290, "light", False),
            ("report-dark", 1280, 1290, "dark", False),
            ("report-phone", 390, 844, "light", False),
            ("report-phone-dark", 390, 844, "dark", False),
            ("report-store", 1280, 1100, "light", True),
            ("report-phone-store", 390, 844, "light", True),
        ):
            page = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page.emulate_media(reduced_motion="reduce")
            page.goto((run / "report.html").resolve().as_uri())
            page.wait_for_selector("html[data-charts=drawn]", state="attached")
            if opened:
                page.locator("#stores-table .open").first.click()
                page.locator("tr.detail").wait_for()
                place = "#stores" if width > 500 else "tr.store"
                page.evaluate(f"document.querySelector('{place}').scrollIntoView()")
            page.screenshot(path=HERE / f"{name}.png")
        browser.close()


def workbooks(run: Path, store: str, fixture: str) -> None:
    """The first printed page of some sheets of a store's workbook, and of the chain's."""
    of_store = {
        "cover": "Cover",
        "planogram": f"Planogram {fixture}",
        "items": "Items",
        "changes": "Changes",
    }
    printed(run / "planograms" / f"{store}.xlsx", of_store)
    printed(run / "chain.xlsx", {"range": "Range"})


def printed(workbook: Path, sheets: dict[str, str]) -> None:
    """The first printed page of sheets of a workbook, by the names of their pictures."""
    with tempfile.TemporaryDirectory() as folder:
        convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", folder]
        subprocess.run([*convert, str(workbook)], check=True, capture_output=True)
        pdf = f"{folder}/{workbook.stem}.pdf"
        texts = [page.extract_text() for page in PdfReader(pdf).pages]
        for name, sheet in sheets.items():
            number = str(next(n for n, t in enumerate(texts, 1) if f"{sheet} – page " in t))
            page = ["-f", number, "-l", number, "-r", "125", "-png", "-singlefile"]
            subprocess.run(["pdftoppm", *page, pdf, str(HERE / name)], check=True)


if __name__ == "__main__":
    finished = Path(sys.argv[1])
    report(finished)
    workbooks(finished, *(sys.argv[2:4] or ["204", "M1"]))
