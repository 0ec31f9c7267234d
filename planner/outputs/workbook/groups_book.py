"""The workbook of proposed need groups, for a person to look over and edit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from planner.outputs.workbook import styles
from planner.outputs.workbook.save import save
from planner.outputs.workbook.sheet import Book, Column, Heading


def write_groups_workbook(
    groups: pd.DataFrame, chain_name: str, data_date: pd.Timestamp, path: Path
) -> None:
    """Write the workbook; the same table gives the same bytes.

    ``groups``: item_id, item_name, category, need_group, stays_share, why, nearest_other_group, in
    the order in which they are shown. ``data_date``: last day of the sales.
    """
    up_to = f"sales up to {data_date:%d %b %Y}"
    book = Book(
        Heading(
            subject=chain_name,
            lines=(
                f"A proposal from {up_to}. Sales: one sells more while the other is missing, less "
                "while it is discounted. Name: words in common. Season: up and down together.",
                "Change the column Need group where you know better, then copy it into the column "
                "need_group of the items table.",
            ),
            footer=f"{chain_name} · proposed need groups · {up_to}",
        )
    )
    sheet = book.sheet("Need groups", "Items that shoppers accept for one another")
    sheet.table(
        (
            Column("PLU", 10, styles.CENTRED),
            Column("Item", 34, styles.LONG_TEXT),
            Column("Category", 24, styles.LONG_TEXT),
            Column("Need group", 32, styles.LONG_TEXT),
            Column("Stays with its group in resamples", 14, styles.SHARE),
            Column("What speaks for it", 32, styles.LONG_TEXT),
            Column("Nearest other group", 32, styles.LONG_TEXT),
        ),
        groups[
            ["item_id", "item_name", "category", "need_group", "stays_share", "why",
             "nearest_other_group"]
        ].itertuples(index=False, name=None),
    )  # fmt: skip
    by_group = groups.groupby(["category", "need_group"], sort=False)
    book.sheet("Groups", "The groups and how sure they are").table(
        (
            Column("Category", 28, styles.LONG_TEXT),
            Column("Need group", 34, styles.LONG_TEXT),
            Column("Items", 9, styles.WHOLE),
            Column("Stays in resamples, mean", 14, styles.SHARE),
            Column("Members", 84, styles.LONG_TEXT),
        ),
        (
            (category, group, len(part), part["stays_share"].mean(), "; ".join(part["item_name"]))
            for (category, group), part in by_group
        ),
    )
    save(book, path, data_date, f"Proposed need groups of {chain_name}")
