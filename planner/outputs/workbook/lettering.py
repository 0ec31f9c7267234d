"""What is written on a block of a drawn fixture, cut to the room that the block has."""

from __future__ import annotations

import unicodedata

from openpyxl.cell.rich_text import CellRichText, TextBlock

from planner.outputs.workbook import styles
from planner.outputs.workbook.drawing import Block

CORE_MARK = "●"
UPRIGHT_FROM_MM = 9.5
"""A narrower block has its text turned by 90 degrees."""

_MM_PER_POINT = 25.4 / 72
_NUMBER_POINTS = 10.0
_SMALL_POINTS = 7.0
_LINE_HEIGHT = 1.22
_AVERAGE_LETTER = 0.56
"""Of the font size: Arial's mean over lower-case words with their capitals."""
_PADDING_MM = 1.4


def block_text(block: Block, width_mm: float, height_mm: float) -> CellRichText:
    """Number, core mark, status letter, facings, place and name of an item.

    The number and facings come first, so that they survive where room is short; the name is
    cut with an ellipsis (it stands in full in the item list).
    """
    turned = width_mm < UPRIGHT_FROM_MM
    along, across = (height_mm, width_mm) if turned else (width_mm, height_mm)
    number = str(block.number)
    mark = (CORE_MARK if block.core else "") + block.letter
    facings, place = f"×{block.facings}", f"{block.bay}-{block.shelf}"
    colour = styles.STATUS_COLOURS.get(block.letter, "1A1A1A")
    text = CellRichText(
        TextBlock(styles.inline_font(_NUMBER_POINTS, bold=True), number),
        TextBlock(styles.inline_font(8, bold=True, colour=colour), f" {mark}"),
    )
    used_mm = text_mm(number, _NUMBER_POINTS) + text_mm(f" {mark}", 8)
    small = styles.inline_font(_SMALL_POINTS)
    lines: list[str] = []
    tail = f"  {facings}  {place}"
    if used_mm + text_mm(tail, _SMALL_POINTS) <= along - _PADDING_MM:
        text.append(TextBlock(small, tail))
    else:
        lines.append(f"{facings} {place}")
    left_mm = across - _PADDING_MM / 2 - _NUMBER_POINTS * _LINE_HEIGHT * _MM_PER_POINT
    room = int(left_mm / (_SMALL_POINTS * _LINE_HEIGHT * _MM_PER_POINT)) - len(lines)
    lines += wrap(block.item_name, along - _PADDING_MM, max(0, room))
    if lines:
        text.append(TextBlock(small, "\n" + "\n".join(lines)))
    return text


def text_mm(text: str, points: float) -> float:
    """Estimated width of a text in Arial, in millimetres; East Asian letters are square."""
    letters = sum(1.0 if unicodedata.east_asian_width(c) in "WF" else _AVERAGE_LETTER for c in text)
    return letters * points * _MM_PER_POINT


def wrap(text: str, width_mm: float, most_lines: int) -> list[str]:
    """Break a text into at most ``most_lines`` lines of the given width in the small size."""
    if most_lines < 1:
        return []
    lines: list[str] = []
    line = ""
    for word in text.split():
        longer = f"{line} {word}" if line else word
        if text_mm(longer, _SMALL_POINTS) <= width_mm:
            line = longer
            continue
        if line:
            lines.append(line)
        while text_mm(word, _SMALL_POINTS) > width_mm and len(lines) <= most_lines:
            fitting = _fitting(word, width_mm)
            lines.append(word[:fitting])
            word = word[fitting:]
        line = word
    if line:
        lines.append(line)
    if len(lines) > most_lines:
        last = lines[most_lines - 1]
        while last and text_mm(last + "…", _SMALL_POINTS) > width_mm:
            last = last[:-1]
        lines = [*lines[: most_lines - 1], last.rstrip() + "…"]
    return lines


def _fitting(word: str, width_mm: float) -> int:
    count = 1
    while count < len(word) and text_mm(word[: count + 1], _SMALL_POINTS) <= width_mm:
        count += 1
    return count
