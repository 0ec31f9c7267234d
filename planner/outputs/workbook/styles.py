"""How the cells of the workbooks look; the only place for fonts, fills, borders and widths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Side
from openpyxl.styles.cell_style import StyleArray
from openpyxl.styles.numbers import (
    BUILTIN_FORMATS_MAX_SIZE,
    BUILTIN_FORMATS_REVERSE,
    is_date_format,
)

from planner.outputs import numbers
from planner.outputs.contents import Stamp

FONT = "Arial"
"""Found, or matched in its widths, on every system; so drawings look the same everywhere."""

TINTS = (
    "CFE3F3",
    "FBE3B5",
    "CDEBDD",
    "F3D3E4",
    "FFF6B8",
    "D9D9EE",
    "F6CDB9",
    "DCEFF7",
    "E4E4E4",
    "E9F0C9",
)
"""Light fills after Okabe and Ito (2008), told apart with every kind of colour vision; dark
text is legible on each, also when printed in grey."""

STATUS_COLOURS = {"N": "004C7F", "M": "A03D00", "K": "404040"}
"""The letter carries the meaning; the colour only helps to find it."""

INK = "1A1A1A"
_LINE = "7F7F7F"


LINE_POINTS = 12.0
"""Height of a line of text in a list."""


@dataclass(frozen=True)
class Look:
    """Everything that makes up the look of a cell."""

    size: float = 9
    bold: bool = False
    italic: bool = False
    colour: str = INK
    fill: str = ""
    """RGB of a solid fill; ``hatched`` for empty shelf; empty for none."""
    horizontal: str = "general"
    vertical: str = "top"
    wrap: bool = False
    rotation: int = 0
    number_format: str = "General"
    border: str = ""
    """Sides that carry a thin line: any of l, r, t, b; capitals for a thick one."""
    quoted: bool = False
    """Text that would otherwise be taken for a formula when the cell is edited."""
    indent: int = 0
    diagonal: bool = False
    """A line from corner to corner, for programs that do not show hatching."""


TITLE = Look(size=14, bold=True)
STAMP = Look(size=9, colour="404040")
SECTION = Look(size=11, bold=True)
SUMMARY = Look(size=9, bold=True)
NOTE = Look(size=9, italic=True, colour="404040")
HEADER = Look(
    bold=True, fill="D9D9D9", wrap=True, horizontal="center", vertical="center", border="lrtb"
)
TEXT = Look(border="b", horizontal="left", indent=1)
LONG_TEXT = replace(TEXT, wrap=True)
CENTRED = Look(border="b", horizontal="center")
WRAPPED = replace(CENTRED, wrap=True)
NUMBER = Look(border="b", horizontal="right")
WHOLE = replace(NUMBER, number_format=numbers.EXCEL_WHOLE)
UNITS = replace(NUMBER, number_format=numbers.EXCEL_UNITS)
SHARE = replace(NUMBER, number_format=numbers.EXCEL_SHARE)
DAY = replace(CENTRED, number_format=numbers.EXCEL_DAY)
GAP = replace(NUMBER, number_format="0.00%")
PLAIN_TEXT = Look()
PARAGRAPH = Look(wrap=True, horizontal="left")
NAME = Look(bold=True)
BAR = "35617F"
"""Of a chart; dark enough for a grey printer."""


def money(stamp: Stamp) -> Look:
    """A figure in the chain's currency."""
    return replace(NUMBER, number_format=numbers.excel_money_format(stamp))


def total(look: Look) -> Look:
    """The same cell in the row of totals."""
    return replace(look, bold=True, border="Tb")


def missing(look: Look) -> Look:
    """The same cell where a figure is not known."""
    return replace(look, italic=True, colour="595959", horizontal="right")


BAY_TITLE = Look(size=8, bold=True, horizontal="center", vertical="center")
SHELF_LABEL = Look(size=8, bold=True, horizontal="center", vertical="center", wrap=True)
EYE_LEVEL_LABEL = replace(SHELF_LABEL, fill="404040", colour="FFFFFF")
LEGEND = Look(size=8, horizontal="center", vertical="center", border="lrtb")
EMPTY = Look(
    size=8,
    bold=True,
    fill="hatched",
    diagonal=True,
    horizontal="center",
    vertical="center",
    wrap=True,
    border="lrtb",
)
BLOCK = Look(size=9, horizontal="center", vertical="top", wrap=True, border="lrtb")
EDGE = Look(size=7.5, horizontal="center", vertical="center", border="lrtB")


class StyleBook:
    """The looks used in one workbook, each registered with openpyxl once.

    A workbook keeps lists of fonts, fills, borders and alignments, and a list of styles that
    name one of each by number; a cell names a style by its number.
    """

    def __init__(self, workbook: Workbook) -> None:
        self._workbook: Any = workbook
        self._numbers: dict[Look, int] = {}
        self._parts: dict[tuple[Any, ...], int] = {}
        self.dates: set[int] = set()
        """Styles that show a number as a date."""

    def number(self, look: Look) -> int:
        """The number of a look's style in this workbook."""
        number = self._numbers.get(look)
        if number is None:
            number = self._numbers[look] = self._register(look)
        return number

    def _register(self, look: Look) -> int:
        book = self._workbook
        number: int = book._cell_styles.add(
            StyleArray(
                (
                    self._part(book._fonts, _font, look.size, look.bold, look.italic, look.colour),
                    self._part(book._fills, _fill, look.fill),
                    self._part(book._borders, _border, look.border, look.diagonal),
                    self._format(look.number_format),
                    0,  # protection
                    self._part(
                        book._alignments,
                        _alignment,
                        look.horizontal,
                        look.vertical,
                        look.wrap,
                        look.rotation,
                        look.indent,
                    ),
                    0,  # no button of a pivot table
                    int(look.quoted),
                    0,  # named style
                )
            )
        )
        if is_date_format(look.number_format):
            self.dates.add(number)
        return number

    def _part(self, registered: Any, make: Callable[..., Any], *fields: Any) -> int:
        """Number of a font, fill, border or alignment: openpyxl is slow to find it again."""
        key = (make, *fields)
        number = self._parts.get(key)
        if number is None:
            number = self._parts[key] = registered.add(make(*fields))
        return number

    def _format(self, code: str) -> int:
        if code in BUILTIN_FORMATS_REVERSE:
            return int(BUILTIN_FORMATS_REVERSE[code])
        return int(self._workbook._number_formats.add(code)) + BUILTIN_FORMATS_MAX_SIZE


def _font(size: float, bold: bool, italic: bool, colour: str) -> Font:
    return Font(name=FONT, size=size, bold=bold, italic=italic, color=colour)


def _fill(fill: str) -> PatternFill:
    if fill == "hatched":
        return PatternFill("lightUp", fgColor="A6A6A6", bgColor="FFFFFF")
    return PatternFill("solid", fgColor=fill) if fill else PatternFill()


def _alignment(horizontal: str, vertical: str, wrap: bool, rotation: int, indent: int) -> Alignment:
    names: Any = {"horizontal": horizontal, "vertical": vertical}
    return Alignment(wrap_text=wrap or None, text_rotation=rotation, indent=indent, **names)


def _border(border: str, diagonal: bool) -> Border:
    return Border(
        left=_side(border, "l"),
        right=_side(border, "r"),
        top=_side(border, "t"),
        bottom=_side(border, "b"),
        diagonal=Side(style="hair", color=_LINE) if diagonal else None,
        diagonalUp=diagonal or None,
        diagonalDown=diagonal or None,
    )


def set_default_font(workbook: Workbook) -> None:
    """Column widths count digits of the default font, so it has to be found everywhere too."""
    inside: Any = workbook
    font = Font(name=FONT, size=10)
    inside._fonts.clear()
    inside._fonts.add(font)
    inside._named_styles["Normal"].font = font


def inline_font(size: float, bold: bool = False, colour: str = INK) -> InlineFont:
    """The font of one run of a text that has several."""
    return InlineFont(rFont=FONT, sz=size, b=bold, color=Color(rgb=colour))


def _side(border: str, letter: str) -> Side:
    if letter.upper() in border:
        return Side(style="medium", color=INK)
    if letter in border:
        return Side(style="thin", color=_LINE)
    return Side()
