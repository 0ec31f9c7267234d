"""Writing a workbook so that the same contents always give the same bytes."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pandas as pd
from openpyxl import Workbook
from openpyxl.packaging.core import DocumentProperties
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.constants import ARC_CORE
from openpyxl.xml.functions import tostring

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


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


def save(workbook: Workbook, path: Path, date: pd.Timestamp, title: str) -> None:
    """Write ``workbook`` to ``path``; ``date`` stands in for the time of writing."""
    moment: dt.datetime = date.to_pydatetime().replace(tzinfo=None)
    properties = DocumentProperties(
        creator="planner", title=title, created=moment, modified=moment, lastModifiedBy="planner"
    )
    workbook.properties = properties
    with _ClocklessZip(path, "w", ZIP_DEFLATED, allowZip64=True) as archive:
        archive.core = _bytes(tostring(properties.to_tree()))
        ExcelWriter(workbook, archive).save()


def _bytes(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data
