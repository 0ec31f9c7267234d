"""Where everything stands on a drawn fixture: geometry alone, no cells and no styles.

The drawing is a grid of narrow columns of equal width. A shelf takes a whole number of columns,
and what stands on it is rounded to them one by one from its left end, so errors never add up:
the drawn width of a block is its share of the drawn shelf, within one column.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

GRID_COLUMNS = 137
"""Of a page drawn in its own size."""
COLUMN_MM = 7 * 25.4 / 96
"""A column is 7 pixels wide at 96 to the inch."""
BAY_GAP_COLUMNS = 2
EDGE_POINTS = 10.0
"""Of the front edge of a shelf, where its need groups are named."""
BAND_POINTS = 13.0
"""Of the line above a band that names its bays."""
LEAST_BODY_POINTS = 38.0
"""Of a shelf: number, facings and a line of the name."""

_MEDIAN_BLOCK_MM = 16.0
"""An item as wide as the median must have room for its name: that sets how many bays go side
by side."""
_NARROWEST_BLOCK_MM = 6.0
_WIDEST_MEDIAN_MM = 120.0
_NOISE = 1e-6
_ENLARGED = 1.06
"""Step by which a page that is too small is enlarged."""


@dataclass(frozen=True)
class Block:
    """One item on one shelf, with what is written on it."""

    number: int
    """Running number over the store, the *Pos* of the item list."""
    item_id: str
    item_name: str
    need_group: str
    facings: int
    letter: str
    """N (new), K (keep) or M (moved)."""
    core: bool
    bay: int
    shelf: int
    left_cm: float
    width_cm: float


@dataclass(frozen=True)
class Shelf:
    """One shelf of a fixture with its blocks from left to right."""

    bay: int
    shelf: int
    width_cm: float
    eye_level: bool
    note: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Span:
    """Columns first..last (from 0) of the grid that a block, or empty shelf (None), takes."""

    first: int
    last: int
    block: Block | None
    empty_cm: float = 0.0


@dataclass(frozen=True)
class Piece:
    """A shelf, or a part of one that is too wide for the page, as drawn on a line."""

    shelf: Shelf
    part: int
    parts: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Line:
    """Shelves of the same height, side by side."""

    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Band:
    """Bays that stand side by side, top shelf first."""

    bays: tuple[int, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Drawing:
    """A whole fixture on one page, all at the same scale."""

    bands: tuple[Band, ...]
    enlarged: float
    """The page is drawn so many times as wide and as high as paper, and printed to fit."""

    @property
    def columns(self) -> int:
        """Columns of the grid."""
        return math.ceil(GRID_COLUMNS * self.enlarged)

    @property
    def lines(self) -> int:
        """Lines of shelves from the top of the page down."""
        return sum(len(band.lines) for band in self.bands)


def draw_fixture(shelves: Sequence[Shelf], page_points: float) -> Drawing:
    """Lay one fixture out to scale on one page.

    ``page_points``: height of the page that bands and shelves may take. As many bays side by
    side as leave the items legible; a bay too wide even alone has each shelf broken, between
    items, into several lines. What is still illegible is drawn on a larger page.
    """
    bays = sorted({shelf.bay for shelf in shelves})
    least, most = _mm_per_cm(shelves)
    width_of_bay = {b: max(s.width_cm for s in shelves if s.bay == b) for b in bays}
    best: Drawing | None = None
    for count in range(len(bays), 0, -1):
        groups = _even_groups(bays, count)
        drawing = _side_by_side(groups, shelves, width_of_bay, least, most, page_points)
        if best is None or drawing.enlarged < best.enlarged:
            best = drawing
        if best.enlarged == 1:
            return best
    broken = _broken(bays, shelves, least, page_points)
    assert best is not None  # a fixture has shelves
    return broken if broken.enlarged < best.enlarged else best


def _mm_per_cm(shelves: Sequence[Shelf]) -> tuple[float, float]:
    """The smallest scale at which items are legible, and the largest that makes sense."""
    widths = [block.width_cm for shelf in shelves for block in shelf.blocks]
    middle = median(widths) if widths else max(shelf.width_cm for shelf in shelves) / 8
    narrowest = min(widths, default=middle)
    least = max(
        _MEDIAN_BLOCK_MM / middle,
        min(_NARROWEST_BLOCK_MM / narrowest, 2 * _MEDIAN_BLOCK_MM / middle),
        1.5 * COLUMN_MM / narrowest,
    )
    return least, max(least, _WIDEST_MEDIAN_MM / middle)


def _points(bands: Sequence[int]) -> float:
    """Least height of bands with so many lines each."""
    return sum(BAND_POINTS + lines * (LEAST_BODY_POINTS + EDGE_POINTS) for lines in bands)


def _even_groups(bays: list[int], count: int) -> list[tuple[int, ...]]:
    groups = -(-len(bays) // count)
    size = -(-len(bays) // groups)
    return [tuple(bays[start : start + size]) for start in range(0, len(bays), size)]


def _side_by_side(
    groups: list[tuple[int, ...]],
    shelves: Sequence[Shelf],
    width_of_bay: dict[int, float],
    least: float,
    most: float,
    page_points: float,
) -> Drawing:
    """The bays of each group on one band."""
    # a column a bay in reserve, as each bay's width is rounded to columns
    spare = (BAY_GAP_COLUMNS + 1) * len(groups[0])
    widest_cm = max(sum(width_of_bay[bay] for bay in group) for group in groups)
    lines = [len({s.shelf for s in shelves if s.bay in group}) for group in groups]
    wide = (widest_cm * least / COLUMN_MM + spare) / GRID_COLUMNS
    enlarged = max(1.0, wide, _points(lines) / page_points)
    room_mm = (math.ceil(GRID_COLUMNS * enlarged) - spare) * COLUMN_MM
    columns_per_cm = min(room_mm / widest_cm, most) / COLUMN_MM
    bands = [_band(group, shelves, width_of_bay, columns_per_cm) for group in groups]
    return Drawing(tuple(bands), enlarged)


def _band(
    bays: tuple[int, ...],
    shelves: Sequence[Shelf],
    width_of_bay: dict[int, float],
    columns_per_cm: float,
) -> Band:
    offsets, start = {}, 0
    for bay in bays:
        offsets[bay] = start
        start += _whole_columns(width_of_bay[bay], columns_per_cm) + BAY_GAP_COLUMNS
    here = [shelf for shelf in shelves if shelf.bay in offsets]
    lines = []
    for level in sorted({shelf.shelf for shelf in here}, reverse=True):
        row = sorted((s for s in here if s.shelf == level), key=lambda s: s.bay)
        lines.append(
            Line(tuple(Piece(s, 1, 1, _spans(s, offsets[s.bay], columns_per_cm)) for s in row))
        )
    return Band(bays, tuple(lines))


def _whole_columns(width_cm: float, columns_per_cm: float) -> int:
    return max(1, round(width_cm * columns_per_cm))


def _spans(shelf: Shelf, offset: int, columns_per_cm: float) -> tuple[Span, ...]:
    """Blocks and empty shelf from left to right, which together are the whole shelf."""
    end = _whole_columns(shelf.width_cm, columns_per_cm)
    per_cm = end / shelf.width_cm
    spans: list[Span] = []
    column, reached_cm = 0, 0.0
    for block in shelf.blocks:
        right_cm = block.left_cm + block.width_cm
        first = max(column, math.floor(block.left_cm * per_cm + 0.5 + _NOISE))
        last = max(first + 1, math.floor(right_cm * per_cm + 0.5 + _NOISE))
        if first > column:
            spans.append(Span(column, first - 1, None, block.left_cm - reached_cm))
        spans.append(Span(first, last - 1, block))
        column, reached_cm = last, right_cm
    if end > column:
        spans.append(Span(column, end - 1, None, shelf.width_cm - reached_cm))
    return tuple(Span(s.first + offset, s.last + offset, s.block, s.empty_cm) for s in spans)


def _broken(
    bays: list[int], shelves: Sequence[Shelf], mm_per_cm: float, page_points: float
) -> Drawing:
    """Every bay on its own band, its shelves broken into lines as wide as the page."""
    columns_per_cm = mm_per_cm / COLUMN_MM
    from_top = sorted(shelves, key=lambda shelf: -shelf.shelf)
    spans = [(shelf, _spans(shelf, 0, columns_per_cm)) for shelf in from_top]
    widest = max((s.last - s.first + 1 for _, row in spans for s in row if s.block), default=1)
    enlarged = max(1.0, widest / GRID_COLUMNS)
    while True:
        columns = math.ceil(GRID_COLUMNS * enlarged)
        bands = []
        for bay in bays:
            pieces = [
                Piece(shelf, number, len(parts), part)
                for shelf, row in spans
                if shelf.bay == bay
                for parts in [_break(row, columns, columns_per_cm)]
                for number, part in enumerate(parts, start=1)
            ]
            bands.append(Band((bay,), tuple(Line((piece,)) for piece in pieces)))
        if _points([len(band.lines) for band in bands]) <= page_points * enlarged:
            return Drawing(tuple(bands), enlarged)
        enlarged *= _ENLARGED


def _break(spans: tuple[Span, ...], columns: int, columns_per_cm: float) -> list[tuple[Span, ...]]:
    """Cut a long shelf into lines of so many columns; items are never cut, empty shelf may be."""
    parts: list[list[Span]] = [[]]
    start = 0
    for span in spans:
        rest = span
        while rest.last - start >= columns:
            room = columns - (rest.first - start)
            if rest.block is None and room > 0:
                end = rest.first + room - 1
                cut_cm = room / columns_per_cm
                parts[-1].append(Span(rest.first - start, end - start, None, cut_cm))
                rest = Span(end + 1, rest.last, None, rest.empty_cm - cut_cm)
            start = rest.first
            parts.append([])
        parts[-1].append(Span(rest.first - start, rest.last - start, rest.block, rest.empty_cm))
    return [tuple(part) for part in parts if part]
