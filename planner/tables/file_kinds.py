"""What a file that is no Excel workbook really is, told by its first bytes."""

from __future__ import annotations

import zipfile
from pathlib import Path

OLD_EXCEL = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
SAVE_AGAIN = "open the file in Excel and save it as Excel Workbook (.xlsx)"
NO_PASSWORD = f"{SAVE_AGAIN}, without a password"
SEND_AGAIN = "the file was cut off or damaged on its way: copy it again from where it came"


def instead_of_workbook(path: Path) -> tuple[str, str]:
    """What a file is that cannot be read as a workbook, and how to mend it."""
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        return error.strerror or str(error), "check the file's permissions"
    if not start:
        return "an empty file", SEND_AGAIN
    if start.startswith(OLD_EXCEL):
        return "a workbook with a password, or an old Excel workbook (.xls)", NO_PASSWORD
    if not start.startswith(ZIP):
        text = start.lstrip().lower()
        if text.startswith((b"<!doctype html", b"<html", b"<?xml", b"<table")):
            return "a web page or XML file under the name of a workbook", SAVE_AGAIN
        if b"\x00" not in start:
            return "a text file under the name of a workbook", SAVE_AGAIN
        return "a file of another kind under the name of a workbook", SAVE_AGAIN
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            if "mimetype" in names:
                return "an OpenDocument file under the name of a workbook", SAVE_AGAIN
            if "[Content_Types].xml" not in names:
                return "a ZIP file under the name of a workbook", SAVE_AGAIN
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, ValueError):
        return "a damaged or cut-off file", SEND_AGAIN
    return ("a damaged workbook" if damaged is None else f"a damaged part, {damaged}"), SAVE_AGAIN
