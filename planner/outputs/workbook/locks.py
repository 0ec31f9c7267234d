"""The sheet *Locks*: what a merchandiser decides, and what each decision costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from planner.outputs.contents import Contents
from planner.outputs.lock_table import amounts_of, known_words, review_words, total_words
from planner.outputs.workbook import styles, words
from planner.outputs.workbook.grid import Grid
from planner.outputs.workbook.sheet import NOT_APPLICABLE, Book, Column, Sheet
from planner.tables.inputs import EXPIRED
from planner.tables.lock_sheet import (
    END_OF_LOCKS,
    HEADS,
    LOCKS_SHEET,
    SEPARATOR,
    STORE_LABEL,
    item_words,
)

LIST_SHEET = "Lock items"
"""Hidden: what the drop-down of the column Item offers."""
HEAD_ROW = 6
BLANK_ROWS = 20
INSTRUCTION = (
    "IN lists an item, OUT does not, MIN and MAX are the fewest and most facings if it is listed. "
    "Save, and plan again with --locks and the folder of this workbook. Grey is the planner's: "
    "costs do not add up; in and out is against the plan without the lock."
)
_WORDS = ("IN", "OUT", "MIN", "MAX")
_MOST_FACINGS = 100
_LONGEST_NOTE = 500
_READ_ONLY = "EDEDED"
_FORM = styles.Look(border="lrtb", horizontal="left", vertical="center", wrap=True, indent=1)
_FORM_TEXT = replace(_FORM, number_format="@")
_FORM_CENTRED = replace(_FORM, horizontal="center", indent=0, wrap=False)
_FORM_DAY = replace(_FORM_CENTRED, number_format=styles.DAY.number_format)
_GIVEN = replace(_FORM, fill=_READ_ONLY)
_GIVEN_CENTRED = replace(_FORM_CENTRED, fill=_READ_ONLY)
_GIVEN_NUMBER = replace(_GIVEN_CENTRED, horizontal="right")
_GIVEN_DAY = replace(_FORM_DAY, fill=_READ_ONLY)


def write_locks(book: Book, contents: Contents) -> None:
    """Add the sheet *Locks* of one store, with the locks it has and rows for new ones.

    Above the line that begins with ``END_OF_LOCKS`` stands what ``planner plan --locks`` reads
    back; below it, for information, the locks of the chain's own tables.
    """
    sheet = book.sheet(LOCKS_SHEET, LOCKS_SHEET)
    sheet.put(4, 1, INSTRUCTION, styles.NOTE)
    sheet.put(5, 1, STORE_LABEL, replace(styles.PLAIN_TEXT, bold=True))
    sheet.put(5, 2, str(contents.stores["store_id"].iloc[0]), styles.PLAIN_TEXT)
    for total in contents.lock_totals.to_dict("records"):
        if total["locks"] > 1:
            sheet.put(5, 5, total_words(total, amounts_of(contents.stamp)), styles.PLAIN_TEXT)
    locks = contents.locks
    own = locks["own"].astype(bool).to_numpy()
    columns = _columns(contents)
    names = dict(zip(contents.items["item_id"], contents.items["item_name"], strict=True))
    rows = [_row(lock, contents, names) for lock in locks[~own].to_dict("records")]
    blank = ("",) * len(columns)
    after = sheet.table(columns, [*rows, *[blank] * BLANK_ROWS], top=HEAD_ROW)
    sheet.worksheet.auto_filter.ref = None
    last = HEAD_ROW + len(rows) + BLANK_ROWS
    _add_checks(sheet, contents, _write_list(book, contents.lockable["item_id"], names), last)
    if own.any():
        text = f"{END_OF_LOCKS}, where they are changed; they are not read from this sheet:"
        sheet.put(after, 1, text, styles.SECTION)
        given = [replace(column, look=_read_only(column.look)) for column in columns]
        theirs = [_row(lock, contents, names) for lock in locks[own].to_dict("records")]
        after = sheet.table(given, theirs, top=after + 1, whole_sheet=False)
    sheet.print_area(after - 1, len(columns))


def _columns(contents: Contents) -> tuple[Column, ...]:
    cost = words.objective_column("Cost per week", contents.stamp)
    return (
        Column(HEADS["item_id"], 26, _FORM_TEXT),
        Column(HEADS["lock"], 7, _FORM_CENTRED),
        Column(HEADS["facings"], 9, _FORM_CENTRED),
        Column(HEADS["until"], 12, _FORM_DAY),
        Column(HEADS["note"], 21, _FORM_TEXT),
        Column(HEADS["since"], 12, _GIVEN_DAY),
        Column("State", 10, _GIVEN_CENTRED),
        Column(cost.head, 13, replace(_GIVEN_NUMBER, number_format=cost.look.number_format)),
        Column("Known", 14, replace(_GIVEN_CENTRED, wrap=True)),
        Column("Brings in, puts out", 24, _GIVEN),
        Column("What later sales say", 32, _GIVEN),
    )


def _read_only(look: styles.Look) -> styles.Look:
    return replace(look, fill=_READ_ONLY)


def _row(lock: dict[Any, Any], contents: Contents, names: Mapping[Any, str]) -> tuple[Any, ...]:
    item, expired = str(lock["item_id"]), lock["state"] == EXPIRED
    # A blank, not a mark: these cells are a form, in which an empty cell has a meaning.
    until = "" if pd.isna(lock["until"]) else lock["until"]
    facings = "" if pd.isna(lock["facings"]) else int(lock["facings"])
    return (
        item_words(item, names[item])[0] if item in names else item,
        lock["lock"],
        facings,
        until,
        lock["note"],
        "" if pd.isna(lock["since"]) else lock["since"],
        lock["state"],
        NOT_APPLICABLE if expired or pd.isna(lock["cost_week"]) else lock["cost_week"],
        NOT_APPLICABLE if expired else known_words(lock, amounts_of(contents.stamp)),
        NOT_APPLICABLE if expired else _moves(lock, names),
        review_words(lock, contents.stamp) or NOT_APPLICABLE,
    )


def _moves(lock: dict[Any, Any], names: Mapping[Any, str]) -> str:
    """Other items that the lock brings in, and those that it puts out."""
    said = []
    for words_, ids in (("in", lock["brings_in"]), ("out", lock["keeps_out"])):
        others = [names.get(i, i) for i in str(ids).split(";") if i]
        if others:
            said.append(f"{words_}: {', '.join(others)}")
    return "; ".join(said) or NOT_APPLICABLE


def _write_list(book: Book, items: Iterable[str], names: Mapping[Any, str]) -> str:
    """The hidden list of the drop-down: every item by its name, then by its id; its range."""
    both = [item_words(item, names[item]) for item in items]
    texts = [*sorted((by_name for _, by_name in both), key=str.casefold), *(a for a, _ in both)]
    worksheet = book.workbook.create_sheet(LIST_SHEET)
    worksheet.sheet_state = "hidden"
    grid = book.grids[worksheet.title] = Grid(book.styles.dates)
    look = book.styles.number(styles.PLAIN_TEXT)
    for row, text in enumerate(texts, start=1):
        grid.put(row, 1, text, look)
        grid.close(row)
    return f"'{LIST_SHEET}'!$A$1:$A${max(1, len(texts))}"


def _add_checks(sheet: Sheet, contents: Contents, items: str, last: int) -> None:
    """Drop-downs and checks of what is typed, in the columns of the form."""
    first_day = contents.stamp.valid_from
    checks: Sequence[tuple[int, DataValidation, str, str]] = (
        (
            1,
            DataValidation("list", formula1=items, errorStyle="warning"),
            "Item",
            f"Choose an item from the list, or write its id, its name, or id{SEPARATOR}name.",
        ),
        (
            2,
            DataValidation("list", formula1=f'"{",".join(_WORDS)}"'),
            "Lock",
            "IN, OUT, MIN or MAX.",
        ),
        (
            3,
            DataValidation("whole", operator="between", formula1="1", formula2=str(_MOST_FACINGS)),
            "Facings",
            "A whole number of at least 1, for MIN and MAX alone.",
        ),
        (
            4,
            DataValidation(
                "date",
                operator="greaterThanOrEqual",
                formula1=str((first_day - pd.Timestamp("1899-12-30")).days),
                errorStyle="warning",
            ),
            "Until",
            f"The last day of the lock, {first_day:%Y-%m-%d} or later; empty: no end.",
        ),
        (
            5,
            DataValidation("textLength", operator="lessThanOrEqual", formula1=str(_LONGEST_NOTE)),
            "Note",
            f"At most {_LONGEST_NOTE} letters.",
        ),
    )
    for column, check, title, says in checks:
        check.allowBlank, check.showErrorMessage, check.showInputMessage = True, True, True
        check.errorTitle = check.promptTitle = title
        check.error = check.prompt = says
        letter = get_column_letter(column)
        check.add(f"{letter}{HEAD_ROW + 1}:{letter}{last}")
        sheet.worksheet.add_data_validation(check)
