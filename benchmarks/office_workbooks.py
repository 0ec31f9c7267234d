"""Every workbook of a run opened, computed and printed by LibreOffice, beside the run's tables.

python benchmarks/office_workbooks.py RUN [--keep FOLDER]

The results that the planner stores beside its formulas are taken out first, so that every figure
compared is one that LibreOffice worked out. Looked at: every formula comes to what was stored (to
0.01), no cell is an error, totals of the lists are those of the tables, each cover and each fixture
takes one page. Exit code 1 where anything is off.
"""

from __future__ import annotations

import argparse
import math
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pandas as pd
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from pypdf import PdfReader

TOLERANCE = 0.01
_FORMULA = re.compile(r'<c r="([A-Z]+[0-9]+)"[^>]*><f>[^<]*</f><v>([^<]*)</v>')
ONE_PAGE = ("Cover", "Planogram ")
HEADER_ROW = 5
TOTALS = {
    "Sold units per week": "sold_units_week",
    "Waste units per week": "waste_units_week",
    "Demand units per week": "demand_units_week",
    "Stock units per delivery": "stock_units_cycle",
    "Sales per week": "sales_week",
    "Margin per week": "margin_week",
    "Facings": "facings",
}
"""Heads of *Items* and the column of the assortment that their totals are of."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--keep", type=Path, help="keep the converted files in this folder")
    asked = parser.parse_args()
    start = time.perf_counter()
    workbooks = [asked.run / "chain.xlsx", *sorted((asked.run / "planograms").glob("*.xlsx"))]
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        faults, formulas, pages = look_at(workbooks, folder)
        faults += faults_of_totals(asked.run, folder / "computed")
    print(*faults, sep="\n")
    print(
        f"{len(workbooks)} workbooks, {formulas} formulas computed, {pages} pages printed, "
        f"{len(faults)} faults, {time.perf_counter() - start:.0f} s"
    )
    sys.exit(bool(faults))


def look_at(workbooks: Sequence[Path], folder: Path) -> tuple[list[str], int, int]:
    """What is off in workbooks after LibreOffice computed and printed them.

    Returns faults, formulas and pages. Leaves the files in ``computed`` and ``printed`` of the
    folder.
    """
    bare = folder / "bare"
    for part in (bare, folder / "computed", folder / "printed"):
        part.mkdir(parents=True, exist_ok=True)
    stripped = [bare / path.name for path in workbooks]
    for source, target in zip(workbooks, stripped, strict=True):
        without_results(source, target)
    convert(stripped, "xlsx", folder / "computed")
    convert(stripped, "pdf", folder / "printed")
    return faults_of(workbooks, folder)


def faults_of(workbooks: Sequence[Path], folder: Path) -> tuple[list[str], int, int]:
    """The same of workbooks that are computed and printed in the folder already."""
    faults, formulas, pages = [], 0, 0
    for path in workbooks:
        found, count = faults_of_formulas(path, folder / "computed" / path.name)
        texts = page_texts(folder / "printed" / f"{path.stem}.pdf")
        book = load_workbook(path, read_only=True)
        sheets = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]
        book.close()
        found += faults_of_pages(texts, sheets)
        faults += [f"{path.name}: {fault}" for fault in found]
        formulas, pages = formulas + count, pages + len(texts)
    return faults, formulas, pages


def without_results(source: Path, target: Path) -> None:
    """Copy a workbook without the results stored beside its formulas."""
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name.startswith("xl/worksheets/sheet"):
                first, *rest = data.decode().split("</f><v>")
                data = "</f><v>".join([first, *(r[r.index("</v>") :] for r in rest)]).encode()
            new.writestr(name, data)


def convert(paths: Sequence[Path], kind: str, folder: Path) -> None:
    """Convert workbooks with LibreOffice, in a profile of its own."""
    with tempfile.TemporaryDirectory() as profile:
        command = ["soffice", f"-env:UserInstallation={Path(profile).as_uri()}", "--headless"]
        command += ["--convert-to", kind, "--outdir", str(folder), *map(str, paths)]
        subprocess.run(command, check=True, capture_output=True, timeout=60 + 60 * len(paths))


def faults_of_formulas(stored: Path, computed: Path) -> tuple[list[str], int]:
    """Cells that are errors, or come to something else than was stored; formulas looked at."""
    wanted = formula_results(stored)
    faults, found = [], set()
    book = load_workbook(computed, read_only=True, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is None:
                    continue
                place = f"{sheet.title}!{cell.coordinate}"
                if cell.data_type == "e":
                    faults.append(f"{place} is {cell.value}")
                if place not in wanted:
                    continue
                found.add(place)
                said = wanted[place]
                if not isinstance(cell.value, int | float):
                    faults.append(f"{place} came to {cell.value!r}")
                elif said is not None and abs(cell.value - said) > TOLERANCE:
                    faults.append(f"{place}: {said} became {cell.value}")
    book.close()
    faults += [f"{place} came to nothing" for place in wanted if place not in found]
    return faults, len(wanted)


def formula_results(path: Path) -> dict[str, float | None]:
    """Every formula of a workbook by sheet and cell, with the result that is stored beside it."""
    book = load_workbook(path, read_only=True)
    names = book.sheetnames
    book.close()
    with ZipFile(path) as file:
        return {
            f"{name}!{cell}": float(result) if result else None
            for number, name in enumerate(names, start=1)
            for cell, result in _FORMULA.findall(
                file.read(f"xl/worksheets/sheet{number}.xml").decode()
            )
        }


def page_texts(pdf: Path) -> list[str]:
    """The text of every printed page."""
    return [page.extract_text() for page in PdfReader(pdf).pages]


def faults_of_pages(texts: Sequence[str], sheets: Iterable[str]) -> list[str]:
    """Sheets that print on no page, or that ought to print on one and do not."""
    faults = []
    for sheet in sheets:
        count = sum(f"{sheet} – page " in text for text in texts)
        if count == 0 or (count > 1 and sheet.startswith(ONE_PAGE)):
            faults.append(f"sheet {sheet} prints on {count} pages")
    faults += [f"page {n} has ###" for n, text in enumerate(texts, start=1) if "###" in text]
    return faults


def totals_of(sheet: Worksheet) -> dict[str, float]:
    """The row of totals of a sheet that is one table, by head."""
    rows = list(sheet.iter_rows(min_row=HEADER_ROW, values_only=True))
    totals = next((row for row in rows if row[0] == "Total"), ())
    found = dict(zip(rows[0], totals, strict=False))
    return {head: value for head, value in found.items() if isinstance(value, int | float)}


def faults_of_totals(run: Path, computed: Path) -> list[str]:
    """Computed totals of stores and chain that are not those of the run's tables."""
    assortment = pd.read_parquet(run / "tables" / "assortment.parquet").query("listed")
    stores = assortment.groupby("store_id")[list(TOTALS.values())].sum()
    faults = []
    for store, wanted in stores.iterrows():
        book = load_workbook(computed / f"{store}.xlsx", read_only=True, data_only=True)
        totals = totals_of(book["Items"])
        for head, column in TOTALS.items():
            if not abs(totals.get(head, math.nan) - wanted[column]) <= TOLERANCE:
                faults.append(f"{store}.xlsx: total of {head} is {totals.get(head)}")
    chain = load_workbook(computed / "chain.xlsx", read_only=True, data_only=True)
    orders = totals_of(chain["Orders"])
    for head in ("Sold units per week", "Waste units per week"):
        found = orders.get(head, math.nan)
        if not abs(found - assortment[TOTALS[head]].sum()) <= TOLERANCE:
            faults.append(f"chain.xlsx: total of {head} is {found}")
    return faults


if __name__ == "__main__":
    main()
