"""What is written on the blocks of a drawn fixture, cut to the room that each block has."""

from __future__ import annotations

from collections.abc import Sequence

from planner.outputs.workbook import styles
from planner.outputs.workbook.drawing import Block
from planner.outputs.workbook.grid import RichText, Run
from planner.outputs.workbook.text_width import MM_PER_POINT, cut, text_mm, wrap

CORE_MARK = "●"
NEW_MARK = "▲"
"""Before the N of a new item, so that it is seen from afar; inside the block, as neighbours share
a frame."""
UPRIGHT_FROM_MM = 9.5
"""A narrower block has its text turned by 90 degrees."""

SIZES = ((30.0, 18.0), (26.0, 16.0), (23.0, 14.0), (20.0, 12.0), (17.0, 10.5), (14.0, 9.0),
         (12.0, 8.0), (9.5, 7.5))  # fmt: skip
"""Font sizes of number and name, from the largest."""
_MOST = 0.7
"""Share of the blocks of a page that have to show their names whole in its common size."""
_BREAKS_BELOW = 9.0
"""Size of a name that is not gone below to keep a long word in one piece."""
_LINE_HEIGHT = 1.2
_PADDING_MM = 1.4


def common_size(blocks: Sequence[tuple[Block, float]], height_mm: float) -> int:
    """Number in ``SIZES`` of the largest size in which most blocks of a page show whole names.

    ``blocks``: each with its width in mm. A page looks calm when its blocks are alike.
    """
    sizes = sorted(_size(*block, height_mm, 0) for block in blocks)
    return sizes[int(_MOST * len(sizes))] if sizes else 0


def block_text(block: Block, width_mm: float, height_mm: float, largest: int = 0) -> RichText:
    """Number, core mark, status letter, facings, place and name of an item.

    All but the name are always there, in this order; the name is cut with an ellipsis where
    room is short (it stands in full in the item list). ``largest``: number in ``SIZES`` of the
    size to begin with.
    """
    size = _size(block, width_mm, height_mm, largest)
    setting = _Setting(block, *SIZES[min(size, len(SIZES) - 1)], width_mm, height_mm)
    tail, lines = setting.cut() if size == len(SIZES) else setting.whole()
    colour = styles.STATUS_COLOURS.get(block.letter, styles.INK)
    return RichText(
        (
            Run(setting.number, setting.big, bold=True),
            Run(setting.mark, setting.big - 2, bold=True, colour=colour),
            Run(tail + "".join("\n" + line for line in lines), setting.small),
        )
    )


def _size(block: Block, width_mm: float, height_mm: float, largest: int) -> int:
    """Number of the largest size that shows the whole name; past the last where none does."""
    best = _first(block, width_mm, height_mm, largest, broken=False)
    if best < len(SIZES) and SIZES[best][1] >= _BREAKS_BELOW:
        return best
    return _first(block, width_mm, height_mm, largest, broken=True)


def _first(block: Block, width_mm: float, height_mm: float, largest: int, *, broken: bool) -> int:
    """Number of the first size that fits; past the last where none does."""
    for size in range(largest, len(SIZES)):
        if _Setting(block, *SIZES[size], width_mm, height_mm).fits(broken=broken):
            return size
    return len(SIZES)


class _Setting:
    """The text of a block in one size: a head line with the number, and lines below it."""

    def __init__(
        self, block: Block, big: float, small: float, width_mm: float, height_mm: float
    ) -> None:
        turned = width_mm < UPRIGHT_FROM_MM
        along, across = (height_mm, width_mm) if turned else (width_mm, height_mm)
        self.big, self.small = big, small
        self.along_mm = along - _PADDING_MM
        self.name = block.item_name
        self.number = str(block.number)
        new = NEW_MARK if block.letter == "N" else ""
        self.mark = " " + (CORE_MARK if block.core else "") + new + block.letter
        self.tail = f"×{block.facings}  {block.bay}-{block.shelf}"
        self.head_mm = text_mm(self.number, big) + text_mm(self.mark, big - 2)
        self.beside_mm = self.along_mm - self.head_mm - text_mm("  " + self.tail, small)
        """Room on the head line beside number, mark and tail; negative where the tail has none."""
        self.room = max(0, int((across - _PADDING_MM - _line_mm(big)) / _line_mm(small)))
        """Lines below the head line."""

    def fits(self, *, broken: bool = False) -> bool:
        """Whether everything is shown, no word in two lines unless ``broken`` allows it."""
        if self.head_mm > self.along_mm:
            return False
        if not broken and any(
            text_mm(word, self.small) > self.along_mm for word in self.name.split()
        ):
            return False
        return len(self.whole()[1]) <= self.room

    def whole(self) -> tuple[str, list[str]]:
        """The end of the head line, and the lines below it."""
        if self.room == 0 and text_mm("  " + self.name, self.small) <= self.beside_mm:
            return f"  {self.tail}  {self.name}", []
        lines = wrap(self.name, self.along_mm, self.small)
        return ("  " + self.tail, lines) if self.beside_mm >= 0 else ("", [self.tail, *lines])

    def cut(self) -> tuple[str, list[str]]:
        """As ``whole``, the name cut to the room there is; the tail is always whole."""
        if self.room == 0 and self.beside_mm >= 0:
            left_mm = self.beside_mm - text_mm("  ", self.small)
            return f"  {self.tail}  {cut(self.name, left_mm, self.small)}".rstrip(), []
        tail, lines = self.whole()
        if tail == "" and self.room < 2:
            left_mm = self.along_mm - text_mm(self.tail + " ", self.small)
            return "", [f"{self.tail} {cut(self.name, left_mm, self.small)}".rstrip()]
        if len(lines) > self.room:
            rest = " ".join(lines[self.room - 1 :])
            lines = [*lines[: self.room - 1], cut(rest, self.along_mm, self.small)]
        return tail, lines


def _line_mm(points: float) -> float:
    return points * _LINE_HEIGHT * MM_PER_POINT
