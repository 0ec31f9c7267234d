"""The workbook of one store: what a merchandiser prints and works from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd

from planner.outputs import numbers
from planner.outputs.contents import Contents
from planner.outputs.slices import of_store
from planner.outputs.workbook import words
from planner.outputs.workbook.cover import write_cover
from planner.outputs.workbook.drawing import Block, Shelf
from planner.outputs.workbook.items import listed_items, write_items
from planner.outputs.workbook.locks import write_locks
from planner.outputs.workbook.not_carried import write_not_carried
from planner.outputs.workbook.placement import write_placement
from planner.outputs.workbook.planogram import write_planogram
from planner.outputs.workbook.record import add_record
from planner.outputs.workbook.save import save
from planner.outputs.workbook.shared import write_assumptions, write_changes, write_limits
from planner.outputs.workbook.sheet import APART, Book, Heading

_MOST_NAME_LETTERS = 60
"""Of a store, on every sheet; the cover has it in full."""


def write_store_workbook(contents: Contents, store_id: str, path: Path | IO[bytes]) -> pd.DataFrame:
    """Write the planogram workbook of a store.

    ``contents`` is the whole run or the store's part of it (``split_by_store``; for many stores
    the latter is what keeps the time in line with their number). Nothing in the file depends on
    the run's id or on the clock: the same contents give the same bytes. Returns its cells, as
    ``workbook_cells`` would read them. Raises KeyError for an unknown store.
    """
    here = of_store(contents, store_id)
    store = here.stores.iloc[0]
    plan = here.store_plans.iloc[0]
    book = Book(_heading(here, store, plan))
    listed = listed_items(here)
    write_cover(book, here, listed)
    _write_planograms(book, here, listed)
    write_items(book, here, listed)
    write_changes(book, here, listed)
    write_not_carried(book, here)
    write_locks(book, here)
    write_placement(book, here)
    write_limits(book, here)
    write_assumptions(book, here)
    add_record(book)
    return save(book, path, here.stamp.data_date, f"Planogram of store {store_id}")


def _heading(contents: Contents, store: pd.Series[Any], plan: pd.Series[Any]) -> Heading:
    stamp = contents.stamp
    name = str(store["store_name"])
    if len(name) > _MOST_NAME_LETTERS:
        name = name[: _MOST_NAME_LETTERS - 1] + "…"
    subject = f"{name} (store {store['store_id']})"
    certainty = words.certainty(plan["plan"], plan["proof"], plan["gap"], stamp)
    return Heading(
        subject=subject,
        lines=(words.validity(stamp), f"{certainty}{APART}plan id {plan['plan_id']}"),
        footer=(
            f"plan id {plan['plan_id']} · data up to {numbers.day(stamp.data_date, stamp)} · "
            f"scenario {stamp.scenario} · {subject}"
        ),
    )


def _write_planograms(book: Book, contents: Contents, listed: pd.DataFrame) -> None:
    blocks = _blocks(listed)
    fields = ("fixture_id", "fixture_type", "bay", "shelf", "width_cm", "eye_level", "note")
    fixtures: dict[str, tuple[str, list[Shelf]]] = {}
    for fixture, kind, bay, shelf, width_cm, eye_level, note in _rows(contents.shelves, fields):
        standing = tuple(blocks.get((fixture, bay, shelf), ()))
        drawn = Shelf(int(bay), int(shelf), float(width_cm), bool(eye_level), note, standing)
        fixtures.setdefault(fixture, (kind, []))[1].append(drawn)
    for fixture, (kind, shelves) in fixtures.items():
        write_planogram(book, fixture, kind, shelves, contents.stamp)


def _blocks(listed: pd.DataFrame) -> dict[tuple[str, int, int], list[Block]]:
    """What stands on each shelf, by fixture, bay and shelf, from the left."""
    fields = (
        *("fixture_id", "pos", "item_id", "item_name", "need_group", "facings", "state", "core"),
        *("bay", "shelf", "left_cm", "width_cm"),
    )
    found: dict[tuple[str, int, int], list[Block]] = {}
    for fixture, pos, item, name, group, facings, state, core, bay, shelf, left, width in _rows(
        listed.dropna(subset=["shelf"]), fields
    ):
        block = Block(
            number=int(pos),
            item_id=item,
            item_name=name,
            need_group=group,
            facings=int(facings),
            letter=words.STATUS_LETTERS.get(state, ""),
            core=bool(core),
            bay=int(bay),
            shelf=int(shelf),
            left_cm=float(left),
            width_cm=float(width),
        )
        found.setdefault((fixture, block.bay, block.shelf), []).append(block)
    return found


def _rows(frame: pd.DataFrame, fields: Sequence[str]) -> Iterable[tuple[Any, ...]]:
    """The rows of some columns; much faster than frames give them."""
    return zip(*(frame[field].tolist() for field in fields), strict=True)
