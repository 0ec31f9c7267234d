"""The sheet *Placement*: how far each placement rule could be kept, and where not."""

from __future__ import annotations

from planner.outputs.contents import Contents
from planner.outputs.placement_words import placement_rows
from planner.outputs.workbook import styles
from planner.outputs.workbook.sheet import NOT_APPLICABLE, Book, Column


def write_placement(book: Book, contents: Contents) -> None:
    """Add the sheet to a store's workbook: a row for each fixture type and rule."""
    columns = (
        Column("Fixture type", 16, styles.TEXT),
        Column("Rule", 42, styles.LONG_TEXT),
        Column("Count", 9, styles.WHOLE),
        Column("Of", 9, styles.WHOLE),
        Column("Share", 9, styles.SHARE),
        Column("Where not", 62, styles.LONG_TEXT),
        Column("Placement, all rules together", 16, styles.CENTRED),
    )
    rows = [
        (
            row.fixture_type,
            row.rule,
            *((NOT_APPLICABLE,) * 2 if row.in_shares else (row.counted, row.of)),
            row.counted / row.of,
            row.where or NOT_APPLICABLE,
            row.known,
        )
        for row in placement_rows(contents.placement)
    ]
    sheet = book.sheet("Placement", "Placement: how far each rule could be kept")
    sheet.table(columns, rows, empty="Nothing is placed here.")
