"""The drawn planogram: one page a fixture (more for a long one), to scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from planner.outputs.workbook import styles
from planner.outputs.workbook.drawing import (
    COLUMN_MM,
    GRID_COLUMNS,
    Band,
    Drawing,
    Line,
    Piece,
    Shelf,
    draw_fixture,
)
from planner.outputs.workbook.lettering import CORE_MARK, UPRIGHT_FROM_MM, block_text
from planner.outputs.workbook.sheet import Book, Sheet
from planner.outputs.workbook.text_width import MM_PER_POINT, cut

FIRST_GRID_COLUMN = 2
"""Column B; column A names the shelves."""

_FIRST_ROW = 4
_LABEL_WIDTH = 9.0
_GRID_WIDTH = 1.0
"""In digits of the default font: seven pixels."""
_PAGE_POINTS = 520.0
"""Printable height of landscape A4 inside the margins, less a reserve for other printers."""
_HEADING_POINTS = 50.0
_BAND_POINTS = 13.0
_EDGE_POINTS = 9.0
_LEGEND_POINTS = 12.0
_NOTE_POINTS = 11.0
_LEAST_BODY_POINTS = 38.0
_MOST_BODY_POINTS = 110.0
_LEGEND_COLUMNS = 22
_MOST_NOTES = 5


def write_planogram(book: Book, fixture_id: str, kind: str, shelves: Sequence[Shelf]) -> None:
    """Add the sheets of one fixture to a store's workbook.

    Each is one printed page: shelves from the top down, bays from the left, a merged cell for
    each item as wide as its facings, need groups by fill and by name on the shelf edge, empty
    shelf hatched with its width.
    """
    drawing = draw_fixture(shelves)
    groups = list(dict.fromkeys(b.need_group for s in shelves for b in s.blocks))
    tints = {g: styles.TINTS[n % len(styles.TINTS)] for n, g in enumerate(groups)}
    for number, bands in enumerate(drawing.pages, start=1):
        part = f", page {number} of {len(drawing.pages)}" if len(drawing.pages) > 1 else ""
        sheet = book.sheet(
            f"Planogram {fixture_id}", f"Fixture {fixture_id} ({kind}){part}", fit_height=True
        )
        _Page(sheet, drawing, bands, tints).write()


class _Page:
    def __init__(
        self, sheet: Sheet, drawing: Drawing, bands: tuple[Band, ...], tints: dict[str, str]
    ) -> None:
        self.sheet = sheet
        self.drawing = drawing
        self.bands = bands
        drawn = {
            span.block.need_group
            for band in bands
            for line in band.lines
            for piece in line.pieces
            for span in piece.spans
            if span.block is not None
        }
        self.tints = {group: tint for group, tint in tints.items() if group in drawn}
        self.notes = _notes(bands)
        self.body_points = self._body_points()

    def _body_points(self) -> float:
        lines = sum(len(band.lines) for band in self.bands)
        taken = (
            _HEADING_POINTS
            + _LEGEND_POINTS * (1 + -(-len(self.tints) // (GRID_COLUMNS // _LEGEND_COLUMNS)))
            + _BAND_POINTS * len(self.bands)
            + _EDGE_POINTS * lines
            + _NOTE_POINTS * len(self.notes)
        )
        even = (_PAGE_POINTS - taken) / max(1, lines)
        return min(_MOST_BODY_POINTS, max(_LEAST_BODY_POINTS, even))

    def write(self) -> None:
        self.sheet.widths([_LABEL_WIDTH])
        ends = (s.last + 1 for b in self.bands for n in b.lines for p in n.pieces for s in p.spans)
        columns = max(GRID_COLUMNS, *ends)
        self.sheet.equal_widths(FIRST_GRID_COLUMN, columns, _GRID_WIDTH)
        row = self._legend(_FIRST_ROW)
        for band in self.bands:
            row = self._band(band, row)
        for note in self.notes:
            self.sheet.put(row, 1, note, styles.NOTE)
            self.sheet.height(row, _NOTE_POINTS)
            row += 1
        self.sheet.print_area(row - 1, FIRST_GRID_COLUMN + columns - 1)

    def _legend(self, row: int) -> int:
        per_row = GRID_COLUMNS // _LEGEND_COLUMNS
        for number, (group, tint) in enumerate(self.tints.items()):
            if number and number % per_row == 0:
                row += 1
            self.sheet.height(row, _LEGEND_POINTS)
            first = FIRST_GRID_COLUMN + (number % per_row) * _LEGEND_COLUMNS
            room_mm = (_LEGEND_COLUMNS - 2) * COLUMN_MM
            self.sheet.put_merged(
                row,
                first,
                first + _LEGEND_COLUMNS - 2,
                cut(group, room_mm, styles.LEGEND.size),
                replace(styles.LEGEND, fill=tint),
            )
        row += 1
        key = (
            f"Number = Pos in the list Items   ·   {CORE_MARK} core item   ·   N new   K keep   "
            "M moved   ·   ×3 facings   ·   2-5 = bay 2, shelf 5 (shelf 1 is the lowest)   ·   "
            "crossed out = empty"
        )
        self.sheet.put(row, FIRST_GRID_COLUMN, key, styles.STAMP)
        self.sheet.height(row, _LEGEND_POINTS)
        return row + 1

    def _band(self, band: Band, row: int) -> int:
        self.sheet.height(row, _BAND_POINTS)
        widest: dict[int, tuple[int, int, float]] = {}
        for line in band.lines:
            for piece in line.pieces:
                last = max((span.last for span in piece.spans), default=0)
                first = min((span.first for span in piece.spans), default=0)
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
            self.sheet.height(row + 1, _EDGE_POINTS)
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
                turned = width_mm < UPRIGHT_FROM_MM
                look = replace(styles.EMPTY, rotation=90) if turned else styles.EMPTY
                label = f"{span.empty_cm:.3g} cm" if width_mm >= 2.5 else ""
                self.sheet.put_merged(row, first, last, label, look)
                continue
            look = replace(styles.BLOCK, fill=self.tints[span.block.need_group])
            if width_mm < UPRIGHT_FROM_MM:
                look = replace(look, rotation=90, vertical="center")
            text = block_text(span.block, width_mm, height_mm)
            self.sheet.put_merged(row, first, last, text, look)
        for group, spans in groupby(
            piece.spans, key=lambda s: s.block.need_group if s.block is not None else None
        ):
            run = list(spans)
            first, last = FIRST_GRID_COLUMN + run[0].first, FIRST_GRID_COLUMN + run[-1].last
            look = replace(styles.EDGE, fill=self.tints[group]) if group else styles.EDGE
            text_on_edge = cut(group or "", (last - first + 1) * COLUMN_MM, styles.EDGE.size)
            self.sheet.put_merged(row + 1, first, last, text_on_edge, look)


def _notes(bands: tuple[Band, ...]) -> list[str]:
    shelves = {
        (piece.shelf.bay, piece.shelf.shelf): piece.shelf
        for band in bands
        for line in band.lines
        for piece in line.pieces
        if piece.shelf.note
    }
    places: dict[str, list[str]] = {}
    for (bay, shelf), value in sorted(shelves.items()):
        places.setdefault(value.note, []).append(f"{bay}-{shelf}")
    notes = [f"Empty space on {', '.join(where)}: {note}" for note, where in places.items()]
    if len(notes) > _MOST_NOTES:
        more = len(notes) - _MOST_NOTES + 1
        notes = [*notes[: _MOST_NOTES - 1], f"… and {more} more remarks on empty space"]
    return notes
