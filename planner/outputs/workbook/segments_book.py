"""The workbook of proposed customer segments: how many, who is where, what they buy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from planner.outputs.workbook import styles
from planner.outputs.workbook.save import save
from planner.outputs.workbook.sheet import HEADER_ROW, Book, Column, Heading

INDEX = replace(styles.NUMBER, number_format="0.00")
SCORE = replace(styles.NUMBER, number_format="#,##0.0")


@dataclass(frozen=True)
class SegmentsPage:
    """What the workbook shows; the frames are in the order in which they are shown."""

    chain_name: str
    data_date: pd.Timestamp
    segments: pd.DataFrame
    """segment, chain_share, buys_more, buys_less, strongest_stores."""
    curve: pd.DataFrame
    """segments, held_out_score, standard_error, chosen."""
    shares: pd.DataFrame
    """Store by row (store_id, store_name, region), then a column a segment."""
    group_index: pd.DataFrame
    """need_group, then a column a segment."""
    item_index: pd.DataFrame
    """item_id, item_name, need_group, then a column a segment."""


def write_segments_workbook(page: SegmentsPage, path: Path) -> None:
    """Write the workbook; the same page gives the same bytes."""
    up_to = f"sales up to {page.data_date:%d %b %Y}"
    book = Book(
        Heading(
            subject=page.chain_name,
            lines=(
                f"A proposal from {up_to}: shares and indices are estimates, names are what a "
                "segment buys most beyond the average.",
                "To use it, put segments.csv and segment_index.csv beside the data; rename "
                "segments in both files alike.",
            ),
            footer=f"{page.chain_name} · proposed segments · {up_to}",
        )
    )
    names = list(page.segments["segment"])
    book.sheet("Segments", "Customer segments").table(
        (
            Column("Segment", 34, styles.LONG_TEXT),
            Column("Share of the chain", 11, styles.SHARE),
            Column("Buys more than average (index)", 52, styles.LONG_TEXT),
            Column("Buys less than average (index)", 52, styles.LONG_TEXT),
            Column("Stores with the largest share", 36, styles.LONG_TEXT),
        ),
        page.segments.itertuples(index=False, name=None),
    )
    _write_curve(book, page.curve)
    wide = [Column(name, 16, styles.SHARE) for name in names]
    book.sheet("Shares by store", "Share of each segment by store").table(
        (
            Column("Store", 10, styles.CENTRED),
            Column("Name", 26, styles.LONG_TEXT),
            Column("Region", 18, styles.LONG_TEXT),
            *wide,
        ),
        page.shares.itertuples(index=False, name=None),
    )
    wide = [Column(name, 16, INDEX) for name in names]
    book.sheet("Index by need group", "What each segment buys (1 = average customer)").table(
        (Column("Need group", 36, styles.LONG_TEXT), *wide),
        page.group_index.itertuples(index=False, name=None),
    )
    book.sheet("Index by item", "What each segment buys (1 = average customer)").table(
        (
            Column("PLU", 10, styles.CENTRED),
            Column("Item", 34, styles.LONG_TEXT),
            Column("Need group", 30, styles.LONG_TEXT),
            *wide,
        ),
        page.item_index.itertuples(index=False, name=None),
    )
    save(book, path, page.data_date, f"Proposed segments of {page.chain_name}")


def _write_curve(book: Book, curve: pd.DataFrame) -> None:
    sheet = book.sheet("How many", "How many segments the sales can tell apart")
    after = sheet.table(
        (
            Column("Segments", 12, styles.WHOLE),
            Column("Gain on held-out pairs", 16, SCORE),
            Column("Standard error of the distance to the best", 22, SCORE),
            Column("Chosen", 10, styles.CENTRED),
        ),
        (
            (row.segments, row.held_out_score, row.standard_error, "yes" if row.chosen else "")
            for row in curve.itertuples()
        ),
    )
    notes = (
        "Gain: log-likelihood of store-item pairs that the fit has not seen, over one segment.",
        "Chosen: the smallest number within one standard error of the best, or the one asked for.",
    )
    for row, note in enumerate(notes, start=max(after, HEADER_ROW + 1)):
        sheet.put(row, 1, note, styles.NOTE)
