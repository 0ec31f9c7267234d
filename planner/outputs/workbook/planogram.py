"""The drawn planogram: one page a fixture, to scale."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from planner.outputs import numbers
from planner.outputs.contents import Stamp
from planner.outputs.workbook import styles
from planner.outputs.workbook.drawing import (
    BAND_POINTS,
    COLUMN_MM,
    EDGE_POINTS,
    GRID_COLUMNS,
    Band,
    Block,
    Drawing,
    Line,
    Piece,
    Shelf,
    draw_fixture,
)
from planner.outputs.workbook.lettering import (
    CORE_MARK,
    NEW_MARK,
    UPRIGHT_FROM_MM,
    block_text,
    common_size,
)
from planner.outputs.workbook.sheet import Book, Sheet
from planner.outputs.workbook.text_width import MM_PER_POINT, cut

FIRST_GRID_COLUMN = 2
"""Column B; column A names the shelves."""

_FIRST_ROW = 4
_LABEL_WIDTH = 9.0
_GRID_WIDTH = 1.0
"""In digits of the default font: seven pixels."""
_PAGE_POINTS = 518.0
"""Printable height of landscape A4 inside the margins, less a reserve for other printers."""
_HEADING_POINTS = 50.0
_LEGEND_POINTS = 12.0
_NOTE_POINTS = 11.0
_MOST_BODY_POINTS = 230.0
_LEGEND_COLUMNS = 27
_MOST_NOTES = 5
_LEAST_EMPTY_CM = 0.5
_LEAST_LABEL_MM = 4.5
"""Width of ``cm``, which stands below its number where it has to."""
_A3_FROM = 1.2
"""A page drawn so much larger than A4 is hard to read on it."""


@dataclass(frozen=True)
class _Group:
    """How a need group is marked on a page: a letter for those who see no colours."""

    letter: str
    tint: str

    def named(self, name: str) -> str:
        """Letter and name."""
        return f"{self.letter}  {name}"


def write_planogram(
    book: Book, fixture_id: str, kind: str, shelves: Sequence[Shelf], stamp: Stamp
) -> None:
    """Add the sheet of one fixture to a store's workbook, which prints on one page.

    Shelves from the top down, bays from the left, a merged cell for each item as wide as its
    facings, need groups by fill, letter and name on the shelf edge, a mark on new items,
    empty shelf hatched with its width.
    """
    names = dict.fromkeys(block.need_group for shelf in shelves for block in shelf.blocks)
    groups = {
        name: _Group(_letters(n), styles.TINTS[n % len(styles.TINTS)])
        for n, name in enumerate(names)
    }
    sheet = book.sheet(f"Planogram {fixture_id}", f"Fixture {fixture_id} ({kind})", fit_height=True)
    _Page(sheet, shelves, groups, stamp).write()


def _letters(number: int) -> str:
    """A, B, ... Z, AA, AB, ..."""
    before, last = divmod(number, 26)
    return (_letters(before - 1) if before else "") + chr(ord("A") + last)


class _Page:
    def __init__(
        self, sheet: Sheet, shelves: Sequence[Shelf], groups: dict[str, _Group], stamp: Stamp
    ) -> None:
        self.sheet = sheet
        self.shelves = shelves
        self.groups = groups
        self.stamp = stamp
        self.notes = _notes(shelves)
        legend_rows = 2 + -(-len(groups) // (GRID_COLUMNS // _LEGEND_COLUMNS))
        around = _HEADING_POINTS + _LEGEND_POINTS * legend_rows + _NOTE_POINTS * len(self.notes)
        room = _PAGE_POINTS - around
        self.drawing = draw_fixture(shelves, room)
        self.body_points = self._body_points(_PAGE_POINTS * self.drawing.enlarged - around)
        self.largest = common_size(list(_drawn(self.drawing)), self.body_points * MM_PER_POINT)

    def _body_points(self, room: float) -> float:
        """Height of every shelf, so that the page is full."""
        drawing = self.drawing
        taken = BAND_POINTS * len(drawing.bands) + EDGE_POINTS * drawing.lines
        return min(_MOST_BODY_POINTS, (room - taken) / max(1, drawing.lines))

    def write(self) -> None:
        self.sheet.widths([_LABEL_WIDTH])
        columns = self.drawing.columns
        self.sheet.equal_widths(FIRST_GRID_COLUMN, columns, _GRID_WIDTH)
        row = self._legend(_FIRST_ROW)
        for band in self.drawing.bands:
            row = self._band(band, row)
        for note in self.notes:
            room_mm = columns * COLUMN_MM
            self.sheet.put(row, 1, cut(note, room_mm, styles.NOTE.size), styles.NOTE)
            self.sheet.height(row, _NOTE_POINTS)
            row += 1
        self.sheet.print_area(row - 1, FIRST_GRID_COLUMN + columns - 1)

    def _legend(self, row: int) -> int:
        self.sheet.put(row, FIRST_GRID_COLUMN, self._summary(), styles.SUMMARY)
        self.sheet.height(row, _LEGEND_POINTS)
        per_row = self.drawing.columns // _LEGEND_COLUMNS
        room_mm = (_LEGEND_COLUMNS - 2) * COLUMN_MM
        for number, (name, group) in enumerate(self.groups.items()):
            if number % per_row == 0:
                row += 1
            self.sheet.height(row, _LEGEND_POINTS)
            first = FIRST_GRID_COLUMN + (number % per_row) * _LEGEND_COLUMNS
            self.sheet.put_merged(
                row,
                first,
                first + _LEGEND_COLUMNS - 2,
                cut(group.named(name), room_mm, styles.LEGEND.size),
                replace(styles.LEGEND, fill=group.tint),
            )
        row += 1
        key = (
            f"Number = Pos in the list Items   ·   {CORE_MARK} core item   ·   {NEW_MARK}N new"
            "   K kept   M moved   ·   ×3 facings   ·   2-5 = bay 2, shelf 5 (shelf 1 is the "
            "lowest)   ·   crossed out = empty"
        )
        if self.drawing.enlarged >= _A3_FROM:
            key += "   ·   best printed on A3"
        self.sheet.put(row, FIRST_GRID_COLUMN, key, styles.STAMP)
        self.sheet.height(row, _LEGEND_POINTS)
        return row + 1

    def _summary(self) -> str:
        """What stands here, in figures."""
        blocks = [block for shelf in self.shelves for block in shelf.blocks]
        width = sum(shelf.width_cm for shelf in self.shelves)
        used = sum(block.width_cm for block in blocks)
        counts = [
            (len(blocks), "items"),
            (sum(block.letter == "N" for block in blocks), "new"),
            (sum(block.letter == "M" for block in blocks), "moved"),
            (sum(block.facings for block in blocks), "facings"),
        ]
        said = [f"{numbers.whole(count, self.stamp)} {what}" for count, what in counts]
        said.append(f"{numbers.share(used / width, self.stamp)} of {width:g} cm of shelf used")
        return "   ·   ".join(said)

    def _band(self, band: Band, row: int) -> int:
        self.sheet.height(row, BAND_POINTS)
        widest: dict[int, tuple[int, int, float]] = {}
        for line in band.lines:
            for piece in line.pieces:
                first, last = piece.spans[0].first, piece.spans[-1].last
                low, high, width = widest.get(piece.shelf.bay, (first, last, 0.0))
                widest[piece.shelf.bay] = (
                    min(low, first),
                    max(high, last),
                    max(width, piece.shelf.width_cm),
                )
        for bay, (first, last, width) in widest.items():
            self.sheet.put_merged(
                row,
                FIRST_GRID_COLUMN + first,
                FIRST_GRID_COLUMN + last,
                cut(f"Bay {bay}  ({width:g} cm)", (last - first + 1) * COLUMN_MM, 8),
                styles.BAY_TITLE,
            )
        row += 1
        for line in band.lines:
            self._label(line, row)
            for piece in line.pieces:
                self._shelf(piece, row)
            self.sheet.height(row, self.body_points)
            self.sheet.height(row + 1, EDGE_POINTS)
            row += 2
        return row

    def _label(self, line: Line, row: int) -> None:
        piece = line.pieces[0]
        text = f"Shelf {piece.shelf.shelf}"
        if piece.parts > 1:
            text += f"\n({piece.part} of {piece.parts})"
        at_eye_level = [p.shelf.bay for p in line.pieces if p.shelf.eye_level]
        look = styles.SHELF_LABEL
        if at_eye_level:
            text += "\n► eye level"
            look = styles.EYE_LEVEL_LABEL
            if len(at_eye_level) < len(line.pieces):
                text += " in bay " + ", ".join(map(str, at_eye_level))
        self.sheet.put_merged(row, 1, 1, text, look, last_row=row + 1)

    def _shelf(self, piece: Piece, row: int) -> None:
        height_mm = self.body_points * MM_PER_POINT
        for span in piece.spans:
            first, last = FIRST_GRID_COLUMN + span.first, FIRST_GRID_COLUMN + span.last
            width_mm = (last - first + 1) * COLUMN_MM
            if span.block is None:
                self._empty(row, first, last, span.empty_cm)
                continue
            look = replace(styles.BLOCK, fill=self.groups[span.block.need_group].tint)
            if width_mm < UPRIGHT_FROM_MM:
                look = replace(look, rotation=90, vertical="center")
            text = block_text(span.block, width_mm, height_mm, self.largest)
            self.sheet.put_merged(row, first, last, text, look)
        for name, spans in groupby(
            piece.spans, key=lambda s: s.block.need_group if s.block is not None else None
        ):
            run = list(spans)
            first, last = FIRST_GRID_COLUMN + run[0].first, FIRST_GRID_COLUMN + run[-1].last
            text_on_edge, look = "", styles.EDGE
            if name is not None:
                group = self.groups[name]
                room_mm = (last - first + 1) * COLUMN_MM
                text_on_edge = _on_edge(group, name, room_mm)
                look = replace(look, fill=group.tint)
            self.sheet.put_merged(row + 1, first, last, text_on_edge, look)

    def _empty(self, row: int, first: int, last: int, empty_cm: float) -> None:
        wide = (last - first + 1) * COLUMN_MM >= _LEAST_LABEL_MM
        label = f"{empty_cm:.3g} cm" if wide and empty_cm >= _LEAST_EMPTY_CM else ""
        self.sheet.put_merged(row, first, last, label, styles.EMPTY)


def _on_edge(group: _Group, name: str, room_mm: float) -> str:
    """Letter and name of a need group, or the letter alone where the name has no room."""
    whole = cut(group.named(name), room_mm, styles.EDGE.size)
    return whole if len(whole) > len(group.letter) + 4 else group.letter


def _drawn(drawing: Drawing) -> Iterator[tuple[Block, float]]:
    """Every block with its drawn width in mm."""
    for band in drawing.bands:
        for line in band.lines:
            for piece in line.pieces:
                for span in piece.spans:
                    if span.block is not None:
                        yield span.block, (span.last - span.first + 1) * COLUMN_MM


def _notes(shelves: Sequence[Shelf]) -> list[str]:
    places: dict[str, list[str]] = {}
    for shelf in sorted(shelves, key=lambda s: (s.bay, s.shelf)):
        if shelf.note:
            places.setdefault(shelf.note, []).append(f"{shelf.bay}-{shelf.shelf}")
    notes = [f"Empty space on {', '.join(where)}: {note}" for note, where in places.items()]
    if len(notes) > _MOST_NOTES:
        more = len(notes) - _MOST_NOTES + 1
        notes = [*notes[: _MOST_NOTES - 1], f"… and {more} more remarks on empty space"]
    return notes
