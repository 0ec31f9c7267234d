"""The cells of one sheet, each kept as the text that is saved for it.

openpyxl makes an object of every cell and an element tree of every object, which costs several
times what the rest of a workbook does. Fonts, widths, pages and all else of a sheet stay with it
(``save.py``); rows, cells and merged ranges are written here, in the form of ECMA-376 part 1,
section 18.3.1.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import from_excel, to_excel
from openpyxl.utils.exceptions import IllegalCharacterError
from openpyxl.xml.functions import tostring

from planner.outputs.workbook import styles
from planner.outputs.workbook.cells import text_of

MOST_LETTERS = 32_767
"""Of a text in one cell; Excel refuses more."""
_DIGITS_AS_SAVED = 12
"""A number of so few characters reads as it is saved."""


@dataclass(frozen=True)
class Formula:
    """A formula as the value of a cell, beginning with ``=``."""

    text: str
    result: float | None = None
    """What it comes to, for programs that show a file without computing it (previews of mail,
    protected view); None: nothing is shown there."""


@dataclass(frozen=True)
class Run:
    """A piece of text in one font."""

    text: str
    size: float
    bold: bool = False
    colour: str = styles.INK


@dataclass(frozen=True)
class RichText:
    """A text of several fonts."""

    runs: tuple[Run, ...]

    def __str__(self) -> str:
        return "".join(run.text for run in self.runs)


class Grid:
    """The rows of a sheet under construction, from 1, and columns, from 1.

    ``date_styles``: the styles, by number, in which spreadsheet programs show a number as a date.
    """

    def __init__(self, date_styles: Collection[int]) -> None:
        self._dates = date_styles
        self._open: dict[int, dict[int, tuple[str, str]]] = {}
        self._closed: dict[int, tuple[str, list[str], list[str]]] = {}
        self._heights: dict[int, float] = {}
        self._most_columns = 1
        self.merged: list[str] = []
        """Merged ranges, such as ``B2:D2``."""

    def put(self, row: int, column: int, value: Any, style: int) -> None:
        """Set a cell; a later value takes the place of an earlier one until its row is closed.

        ``value``: text, which never becomes a formula, a number, flag, date, ``Formula``,
        ``RichText`` or None. Raises openpyxl's IllegalCharacterError for a text that no workbook
        can hold, and ValueError for any other value.
        """
        cells = self._open.get(row)
        if cells is None:
            cells = self._open[row] = {}
        if value is None:
            cells[column] = (f'" s="{style}"/>', "")
        elif isinstance(value, str):
            cells[column] = _of_text(value, style)
        else:
            cells[column] = _of_value(value, style, style in self._dates)

    def fill(self, row: int, first: int, last: int, style: int) -> None:
        """Cells without a value."""
        blank = (f'" s="{style}"/>', "")
        self._open.setdefault(row, {}).update(dict.fromkeys(range(first, last + 1), blank))

    def merge(self, row: int, first: int, last_row: int, last: int) -> None:
        """Merge a range of cells."""
        self.merged.append(f"{get_column_letter(first)}{row}:{get_column_letter(last)}{last_row}")

    def height(self, row: int, points: float) -> None:
        """Set the height of a row that is not closed."""
        self._heights[row] = points

    def close(self, row: int) -> None:
        """Nothing more comes into this row; a long table takes less memory so."""
        cells = self._open.pop(row, {})
        height = self._heights.pop(row, None)
        columns = sorted(cells)
        letters = [get_column_letter(column) for column in columns]
        if columns:
            self._most_columns = max(self._most_columns, columns[-1])
        inner = "".join(
            [
                f'<c r="{letter}{row}{cells[column][0]}'
                for letter, column in zip(letters, columns, strict=True)
            ]
        )
        size = "" if height is None else f' ht="{height:.16g}" customHeight="1"'
        filled = [(a, cells[c][1]) for a, c in zip(letters, columns, strict=True) if cells[c][1]]
        self._closed[row] = (
            f'<row r="{row}"{size}>{inner}</row>',
            [letter for letter, _ in filled],
            [text for _, text in filled],
        )

    def close_all(self) -> None:
        """Nothing more comes into any row."""
        for row in sorted(self._open.keys() | self._heights.keys()):
            self.close(row)
        self._closed = dict(sorted(self._closed.items()))

    def dimension(self) -> str:
        """The range of all cells, once all rows are closed."""
        return f"A1:{get_column_letter(self._most_columns)}{max(self._closed, default=1)}"

    def xml(self) -> bytes:
        """The element ``sheetData``, once all rows are closed."""
        rows = "".join([xml for xml, _, _ in self._closed.values()])
        return f"<sheetData>{rows}</sheetData>".encode()

    def filled(self) -> tuple[list[str], list[str]]:
        """Cells that are not empty and their texts, row by row, as ``workbook_cells`` reads them.

        Once all rows are closed.
        """
        places: list[str] = []
        texts: list[str] = []
        for row, (_, letters, found) in self._closed.items():
            places += [f"{letter}{row}" for letter in letters]
            texts += found
        return places, texts


def _of_text(value: str, style: int) -> tuple[str, str]:
    """What follows a cell's place in the file, and what is read from it."""
    value = _checked(value)
    if not value:
        return f'" s="{style}"/>', ""
    xml = f'" s="{style}" t="inlineStr"><is>{_t(value)}</is></c>'
    return xml, _as_read(value)


def _of_value(value: Any, style: int, as_date: bool) -> tuple[str, str]:
    """As ``_of_text`` for all that is not a plain text."""
    if isinstance(value, bool | np.bool_):
        return f'" s="{style}" t="b"><v>{int(value)}</v></c>', text_of(bool(value))
    if isinstance(value, int | float | np.integer | np.floating):
        number = f"{value:.16g}"
        if "n" in number:
            return f'" s="{style}"/>', ""  # nan and inf: no cell can hold them
        return f'" s="{style}"><v>{number}</v></c>', _number_read(number, as_date)
    if isinstance(value, Formula):
        result = "" if value.result is None else f"{value.result:.16g}"
        stored = "" if "n" in result else result
        xml = f'" s="{style}"><f>{escape(value.text[1:])}</f><v>{stored}</v></c>'
        return xml, text_of(value.text)
    if isinstance(value, RichText):
        runs = [
            f"<r>{_font(run.size, run.bold, run.colour)}{_t(_checked(run.text))}</r>"
            for run in value.runs
        ]
        xml = f'" s="{style}" t="inlineStr"><is>{"".join(runs)}</is></c>'
        return xml, _as_read(str(value))
    if isinstance(value, dt.date):
        number = f"{_serial(value):.16g}"
        return f'" s="{style}"><v>{number}</v></c>', _number_read(number, as_date)
    raise ValueError(f"a cell cannot hold {value!r}")


def _checked(text: str) -> str:
    text = text[:MOST_LETTERS]
    if not text.isprintable() and ILLEGAL_CHARACTERS_RE.search(text):
        raise IllegalCharacterError(f"{text} cannot be used in worksheets.")
    return text


def _t(text: str) -> str:
    """The element of a text; programs drop spaces at its ends unless told to keep them."""
    keep = ' xml:space="preserve"' if text[:1].isspace() or text[-1:].isspace() else ""
    return f"<t{keep}>{escape(text)}</t>"


def _as_read(text: str) -> str:
    """A reader of XML turns every kind of line end into one."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text_of(text)


def _serial(day: dt.date) -> float:
    """Days since the beginning of the calendar of spreadsheet programs."""
    return float(to_excel(day))  # type: ignore[no-untyped-call]


def _number_read(number: str, as_date: bool) -> str:
    if not as_date and len(number) <= _DIGITS_AS_SAVED and number != "-0":
        return number
    value = float(number) if "." in number or "e" in number else int(number)
    return text_of(from_excel(value) if as_date else value)


@lru_cache(maxsize=1024)
def _font(size: float, bold: bool, colour: str) -> str:
    found = tostring(styles.inline_font(size, bold, colour).to_tree("rPr"))
    return found if isinstance(found, str) else found.decode()
