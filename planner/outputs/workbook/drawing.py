"""Where everything stands on a drawn fixture: geometry alone, no cells and no styles.

The drawing is a grid of narrow columns of equal width. Positions in cm are rounded to columns
one by one from the left end of the shelf, so errors never add up: a block's edges are at most
half a column from where they belong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

GRID_COLUMNS = 137
COLUMN_MM = 7 * 25.4 / 96
"""A column is 7 pixels wide at 96 to the inch."""
BAY_GAP_COLUMNS = 2
LINES_A_PAGE = 8

_MEDIAN_BLOCK_MM = 16.0
"""An item as wide as the median must have room for its name: that sets how many bays go side
by side."""
_NARROWEST_BLOCK_MM = 6.0
_WIDEST_MEDIAN_MM = 120.0
_LEAST_EMPTY_CM = 0.5


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
    """A whole fixture: bands grouped into pages, all at the same scale."""

    pages: tuple[tuple[Band, ...], ...]
    cm_per_column: float


def draw_fixture(shelves: Sequence[Shelf]) -> Drawing:
    """Lay one fixture out to scale.

    As many bays side by side as leave the items legible; a bay too wide even alone has each
    shelf broken, between items, into several lines.
    """
    bays = sorted({shelf.bay for shelf in shelves})
    width_of_bay = {b: max(s.width_cm for s in shelves if s.bay == b) for b in bays}
    widths = [block.width_cm for shelf in shelves for block in shelf.blocks]
    middle = median(widths) if widths else max(width_of_bay.values()) / 8
    narrowest = min(widths, default=middle)
    least = max(
        _MEDIAN_BLOCK_MM / middle,
        min(_NARROWEST_BLOCK_MM / narrowest, 2 * _MEDIAN_BLOCK_MM / middle),
        1.5 * COLUMN_MM / narrowest,
    )
    most = max(least, _WIDEST_MEDIAN_MM / middle)
    for count in range(len(bays), 0, -1):
        groups = _even_groups(bays, count)
        side_by_side = len(groups[0])
        # a column a bay in reserve, as each bay's width is rounded to columns
        columns = GRID_COLUMNS - BAY_GAP_COLUMNS * (side_by_side - 1) - side_by_side
        room = columns * COLUMN_MM
        scale = room / max(sum(width_of_bay[b] for b in group) for group in groups)
        if scale >= least:
            cm_per_column = COLUMN_MM / min(scale, most)
            bands = [_band(group, shelves, width_of_bay, cm_per_column) for group in groups]
            return Drawing(_pages(bands), cm_per_column)
    cm_per_column = COLUMN_MM / least
    bands = [_broken_band(bay, shelves, cm_per_column) for bay in bays]
    return Drawing(_pages(bands), cm_per_column)


def _even_groups(bays: list[int], count: int) -> list[tuple[int, ...]]:
    groups = -(-len(bays) // count)
    size = -(-len(bays) // groups)
    return [tuple(bays[start : start + size]) for start in range(0, len(bays), size)]


def _band(
    bays: tuple[int, ...],
    shelves: Sequence[Shelf],
    width_of_bay: dict[int, float],
    cm_per_column: float,
) -> Band:
    offsets, start = {}, 0
    for bay in bays:
        offsets[bay] = start
        start += round(width_of_bay[bay] / cm_per_column) + BAY_GAP_COLUMNS
    here = [shelf for shelf in shelves if shelf.bay in offsets]
    lines = []
    for level in sorted({shelf.shelf for shelf in here}, reverse=True):
        row = sorted((s for s in here if s.shelf == level), key=lambda s: s.bay)
        lines.append(
            Line(tuple(Piece(s, 1, 1, _spans(s, offsets[s.bay], cm_per_column)) for s in row))
        )
    return Band(bays, tuple(lines))


def _spans(shelf: Shelf, offset: int, cm_per_column: float) -> tuple[Span, ...]:
    end = max(1, round(shelf.width_cm / cm_per_column))
    spans: list[Span] = []
    column, reached_cm = 0, 0.0
    for block in shelf.blocks:
        first = max(column, round(block.left_cm / cm_per_column))
        last = max(first + 1, round((block.left_cm + block.width_cm) / cm_per_column))
        if first > column:
            spans.append(Span(column, first - 1, None, block.left_cm - reached_cm))
        spans.append(Span(first, last - 1, block))
        column, reached_cm = last, block.left_cm + block.width_cm
    if end > column and shelf.width_cm - reached_cm >= _LEAST_EMPTY_CM:
        spans.append(Span(column, end - 1, None, shelf.width_cm - reached_cm))
    return tuple(Span(s.first + offset, s.last + offset, s.block, s.empty_cm) for s in spans)


def _broken_band(bay: int, shelves: Sequence[Shelf], cm_per_column: float) -> Band:
    here = sorted((s for s in shelves if s.bay == bay), key=lambda s: -s.shelf)
    lines = []
    for shelf in here:
        parts = _break(_spans(shelf, 0, cm_per_column), cm_per_column)
        lines += [
            Line((Piece(shelf, number, len(parts), spans),))
            for number, spans in enumerate(parts, start=1)
        ]
    return Band((bay,), tuple(lines))


def _break(spans: tuple[Span, ...], cm_per_column: float) -> list[tuple[Span, ...]]:
    """Cut a long shelf into lines; items are never cut, empty shelf may be."""
    parts: list[list[Span]] = [[]]
    start = 0
    for span in spans:
        rest = span
        while rest.last - start >= GRID_COLUMNS:
            room = GRID_COLUMNS - (rest.first - start)
            if rest.block is None and room > 0:
                cut = room * cm_per_column
                end = rest.first + room - 1
                parts[-1].append(Span(rest.first - start, end - start, None, cut))
                rest = Span(end + 1, rest.last, None, rest.empty_cm - cut)
            elif not parts[-1]:
                break
            start = rest.first
            parts.append([])
        parts[-1].append(Span(rest.first - start, rest.last - start, rest.block, rest.empty_cm))
    return [tuple(part) for part in parts]


def _pages(bands: list[Band]) -> tuple[tuple[Band, ...], ...]:
    """Fill pages with whole bands; only a band longer than a page is cut, between its lines."""
    pages: list[list[Band]] = [[]]
    used = 0
    for band in bands:
        if used and used + len(band.lines) > LINES_A_PAGE:
            pages.append([])
            used = 0
        lines = band.lines
        while len(lines) > LINES_A_PAGE:
            pages[-1].append(Band(band.bays, lines[:LINES_A_PAGE]))
            pages.append([])
            lines = lines[LINES_A_PAGE:]
        pages[-1].append(Band(band.bays, lines))
        used += len(lines)
    return tuple(tuple(page) for page in pages)
