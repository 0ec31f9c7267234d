"""What is written on a block of a drawn fixture, cut to the room that the block has."""

from __future__ import annotations

from planner.outputs.workbook import styles
from planner.outputs.workbook.drawing import Block
from planner.outputs.workbook.grid import RichText, Run
from planner.outputs.workbook.text_width import MM_PER_POINT, cut, text_mm, wrap

CORE_MARK = "●"
UPRIGHT_FROM_MM = 9.5
"""A narrower block has its text turned by 90 degrees."""

_SIZES = ((20.0, 12.0), (17.0, 10.5), (14.0, 9.0), (12.0, 8.0), (10.0, 7.0))
"""Font sizes of number and name: the largest pair that shows the whole name is taken."""
_TURNED_SIZES = (*_SIZES[3:], (8.0, 6.0))
_LINE_HEIGHT = 1.2
_PADDING_MM = 1.4


def block_text(block: Block, width_mm: float, height_mm: float) -> RichText:
    """Number, core mark, status letter, facings, place and name of an item.

    All but the name are always there, in this order; the name is cut with an ellipsis where
    room is short (it stands in full in the item list).
    """
    turned = width_mm < UPRIGHT_FROM_MM
    along, across = (height_mm, width_mm) if turned else (width_mm, height_mm)
    along, across = along - _PADDING_MM, across - _PADDING_MM
    number = str(block.number)
    mark = " " + (CORE_MARK if block.core else "") + block.letter
    tail = f"×{block.facings}  {block.bay}-{block.shelf}"
    for big, small in _TURNED_SIZES if turned else _SIZES:
        head_mm = text_mm(number, big) + text_mm(mark, big - 2)
        in_head = head_mm + text_mm("  " + tail, small) <= along
        room = int((across - _line_mm(big)) / _line_mm(small))
        lines = ([] if in_head else [tail]) + wrap(block.item_name, along, small)
        words_fit = all(text_mm(word, small) <= along for word in block.item_name.split())
        if len(lines) <= room and head_mm <= along and words_fit:
            break
    else:
        lines = _shortened(block.item_name, "" if in_head else tail, room, along, small)
    colour = styles.STATUS_COLOURS.get(block.letter, styles.INK)
    rest = ("  " + tail if in_head else "") + "".join("\n" + line for line in lines)
    return RichText(
        (
            Run(number, big, bold=True),
            Run(mark, big - 2, bold=True, colour=colour),
            Run(rest, small),
        )
    )


def _shortened(name: str, tail: str, room: int, width_mm: float, points: float) -> list[str]:
    """As many lines as there is room for; the tail, if any, first and always."""
    if tail and room < 2:
        left_mm = width_mm - text_mm(tail + " ", points)
        return [f"{tail} {cut(name, left_mm, points)}".rstrip()]
    lines = wrap(name, width_mm, points)
    room -= 1 if tail else 0
    if len(lines) > room > 0:
        lines[room - 1] = cut(" ".join(lines[room - 1 :]), width_mm, points)
    return ([tail] if tail else []) + lines[: max(0, room)]


def _line_mm(points: float) -> float:
    return points * _LINE_HEIGHT * MM_PER_POINT
