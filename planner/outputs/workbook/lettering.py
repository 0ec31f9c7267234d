"""What is written on a block of a drawn fixture, cut to the room that the block has."""

from __future__ import annotations

from openpyxl.cell.rich_text import CellRichText, TextBlock

from planner.outputs.workbook import styles
from planner.outputs.workbook.drawing import Block
from planner.outputs.workbook.text_width import MM_PER_POINT, cut, text_mm, wrap

CORE_MARK = "●"
UPRIGHT_FROM_MM = 9.5
"""A narrower block has its text turned by 90 degrees."""

_SIZES = ((14.0, 9.0), (12.0, 8.0), (10.0, 7.0))
"""Font sizes of number and name: the largest pair that shows the whole name is taken."""
_TURNED_SIZES = (*_SIZES[1:], (8.0, 6.0))
_LINE_HEIGHT = 1.2
_PADDING_MM = 1.4


def block_text(block: Block, width_mm: float, height_mm: float) -> CellRichText:
    """Number, core mark, status letter, facings, place and name of an item.

    The number and facings come first, so that they survive where room is short; the name is
    cut with an ellipsis (it stands in full in the item list).
    """
    turned = width_mm < UPRIGHT_FROM_MM
    along, across = (height_mm, width_mm) if turned else (width_mm, height_mm)
    along -= _PADDING_MM
    number = str(block.number)
    mark = " " + (CORE_MARK if block.core else "") + block.letter
    tail = f"×{block.facings}"
    if not turned:
        # on a turned block what room there is goes to the name
        tail += f"  {block.bay}-{block.shelf}"
    for big, small in _TURNED_SIZES if turned else _SIZES:
        head_mm = text_mm(number, big) + text_mm(mark, big - 2)
        in_head = head_mm + text_mm("  " + tail, small) <= along
        lines = ([] if in_head else [tail]) + wrap(block.item_name, along, small)
        room_mm = across - _PADDING_MM - big * _LINE_HEIGHT * MM_PER_POINT
        room = max(0, int(room_mm / (small * _LINE_HEIGHT * MM_PER_POINT)))
        if len(lines) <= room and head_mm <= along:
            break
    colour = styles.STATUS_COLOURS.get(block.letter, styles.INK)
    text = CellRichText(
        TextBlock(styles.inline_font(big, bold=True), number),
        TextBlock(styles.inline_font(big - 2, bold=True, colour=colour), mark),
    )
    shown = _first(lines, room, along, small)
    rest = ("  " + tail if in_head else "") + "".join("\n" + line for line in shown)
    if rest:
        text.append(TextBlock(styles.inline_font(small), rest))
    return text


def _first(lines: list[str], room: int, width_mm: float, points: float) -> list[str]:
    if len(lines) <= room:
        return lines
    if room == 0:
        return []
    return [*lines[: room - 1], cut(" ".join(lines[room - 1 :]), width_mm, points)]
