"""Writing a workbook so that the same contents always give the same bytes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.packaging.core import DocumentProperties
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.dimensions import SheetDimension
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import Element, SubElement, tostring

from planner.outputs.workbook.cells import RECORD_SHEET
from planner.outputs.workbook.grid import Grid
from planner.outputs.workbook.sheet import Book

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_ROWS = "rows"
"""An element that stands in for the rows until all else of a sheet is written."""


class _ClocklessZip(ZipFile):
    """A zip file whose entries carry no time of writing."""

    core: bytes = b""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *args: Any, **kwargs: Any) -> None:
        """Store bytes under a name; the document properties are those set by the caller."""
        name = getattr(zinfo_or_arcname, "filename", zinfo_or_arcname)
        info = ZipInfo(name, _ZIP_EPOCH)
        info.compress_type = ZIP_DEFLATED
        super().writestr(info, self.core if name == ARC_CORE else data)

    def write(self, filename: Any, arcname: Any = None, *args: Any, **kwargs: Any) -> None:
        """Store a file of the disk under a name."""
        self.writestr(str(arcname or filename), Path(filename).read_bytes())


class _BookWriter(ExcelWriter):
    """openpyxl's writer, with the cells of the sheets from their grids."""

    grids: Mapping[str, Grid]
    _archive: ZipFile

    def write_worksheet(self, ws: Any) -> None:
        """Store one sheet in the file."""
        writer = _SheetWriter(ws, self.grids[ws.title])
        writer.write()
        ws._drawing, ws._rels = None, writer._rels
        if ws._charts:
            ws._drawing = SpreadsheetDrawing()
            ws._drawing.charts = ws._charts
        self._archive.writestr(ws.path[1:], writer.read())
        self.manifest.append(ws)


class _SheetWriter(WorksheetWriter):
    """openpyxl's writer of all that a sheet has around its rows."""

    _rels: Any

    def __init__(self, worksheet: Any, grid: Grid) -> None:
        self._grid = grid
        super().__init__(worksheet, BytesIO())

    def write_dimensions(self) -> None:
        """The range of all cells."""
        self.xf.send(SheetDimension(self._grid.dimension()).to_tree())

    def write_rows(self) -> None:
        """Where the rows will be."""
        self.xf.send(Element(_ROWS))

    def write_merged_cells(self) -> None:
        """The merged ranges; openpyxl compares each with all others."""
        if self._grid.merged:
            ranges = Element("mergeCells", count=str(len(self._grid.merged)))
            for place in self._grid.merged:
                SubElement(ranges, "mergeCell", ref=place)
            self.xf.send(ranges)

    def read(self) -> bytes:
        """The whole sheet."""
        before, after = super().read().split(b"<" + _ROWS.encode() + b" />")
        return b"".join((before, self._grid.xml(), after))


def save(book: Book, path: Path | IO[bytes], date: pd.Timestamp, title: str) -> pd.DataFrame:
    """Write the workbook to a file; ``date`` stands in for the time of writing.

    Returns its cells, as ``workbook_cells`` would read them from the file.
    """
    moment: dt.datetime = date.to_pydatetime().replace(tzinfo=None)
    properties = DocumentProperties(
        creator="planner", title=title, created=moment, modified=moment, lastModifiedBy="planner"
    )
    book.workbook.properties = properties
    for grid in book.grids.values():
        grid.close_all()
    with _ClocklessZip(path, "w", ZIP_DEFLATED, allowZip64=True) as archive:
        archive.core = _bytes(tostring(properties.to_tree()))
        writer = _BookWriter(book.workbook, archive)
        writer.grids = book.grids
        writer.save()
    return _cells(book.grids)


def _cells(grids: Mapping[str, Grid]) -> pd.DataFrame:
    sheets: list[str] = []
    places: list[str] = []
    texts: list[str] = []
    for name, grid in grids.items():
        if name == RECORD_SHEET:
            continue
        where, found = grid.filled()
        sheets += [name] * len(where)
        places += where
        texts += found
    return pd.DataFrame({"sheet": sheets, "cell": places, "value": texts}, dtype="str")


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
