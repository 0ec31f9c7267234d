"""Words that several sheets share: heads of figures, names of limits and plans."""

from __future__ import annotations

import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents, Stamp
from planner.outputs.workbook import styles
from planner.outputs.workbook.sheet import Column

STATUS_LETTERS = {"NEW": "N", "KEEP": "K", "MOVED": "M"}

PLAN_NAMES = {"local": "This plan", "common": "Common plan", "current": "Current range"}

_LIMIT_NAMES = {
    "shelf_cm": "Shelf width of {}",
    "budget_week": "Purchase budget of a week",
    "max_local_items": "Local items",
    "need_group_min": "Fewest items of {}",
    "need_group_max": "Most items of {}",
}


def limit_name(limit: str) -> str:
    """A limit of tables/limits.parquet in words; one that has no words stays as it is."""
    kind, _, of = limit.partition(":")
    pattern = _LIMIT_NAMES.get(kind)
    return pattern.format(of) if pattern is not None else limit


def status_text(status: str) -> str:
    """NEW as ``N NEW``: the letter is what stands on the drawing."""
    letter = STATUS_LETTERS.get(status)
    return f"{letter} {status}" if letter else status


def validity(stamp: Stamp) -> str:
    """From when to when the plan holds, and what it was made from."""
    return (
        f"{stamp.chain_name}  ·  scenario {stamp.scenario}  ·  "
        f"data up to {numbers.day(stamp.data_date, stamp)}  ·  "
        f"valid {numbers.day(stamp.valid_from, stamp)} to {numbers.day(stamp.valid_to, stamp)}"
    )


def certainty(plan: str, proof: str, gap: float, stamp: Stamp) -> str:
    """Both words of a plan's status, and its gap."""
    return f"plan {plan}, proof {proof}, gap {numbers.gap(gap, stamp)}"


def money_column(head: str, stamp: Stamp, width: float = 11, total: bool = False) -> Column:
    """A column of money in the chain's currency."""
    look = styles.Look(border="b", number_format=numbers.excel_money_format(stamp))
    return Column(head, width, look, total)


LIMIT_COLUMNS = (
    Column("Limit", 34, styles.LONG_TEXT),
    Column("Used", 12, styles.UNITS),
    Column("Available", 12, styles.UNITS),
    Column("Free", 12, styles.UNITS),
    Column("Unit", 14, styles.CENTRED),
)

ASSUMPTION_COLUMNS = (
    Column("Stage", 14, styles.TEXT),
    Column("Subject", 30, styles.LONG_TEXT),
    Column("Assumption", 90, styles.LONG_TEXT),
    Column("Count", 10, styles.WHOLE),
)


def assumption_rows(contents: Contents) -> list[tuple[object, ...]]:
    """The rows of *Assumptions*."""
    frame = contents.assumptions
    return list(zip(frame["stage"], frame["subject"], frame["text"], frame["count"], strict=True))


def names(contents: Contents) -> pd.Series[str]:
    """Item names by item_id."""
    return contents.items.set_index("item_id")["item_name"]
