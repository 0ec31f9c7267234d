"""The positions of the chain as CSV: for Excel, and for programs."""

from __future__ import annotations

import csv
from dataclasses import replace
from io import StringIO

import pandas as pd
import pytest

from planner.outputs.exchange.positions_csv import COLUMNS, positions_csv, read_positions_csv


def test_every_position_once_in_documented_columns(contents) -> None:
    """The table's positions in its order, lengths to a hundredth of a millimetre."""
    found = read_positions_csv(positions_csv(contents))
    assert tuple(found.columns) == COLUMNS
    wanted = contents.positions
    for column in ("store_id", "item_id", "fixture_id"):
        assert found[column].tolist() == wanted[column].tolist()
    for column in ("bay", "shelf", "position", "facings", "left_cm", "width_cm"):
        assert found[column].tolist() == pytest.approx(wanted[column].tolist(), abs=1e-3)


def test_what_items_are_and_become_stands_beside(contents) -> None:
    """Names, need groups, core and status are those of the tables; ids keep their zeros."""
    found = read_positions_csv(positions_csv(contents))
    assert found["item_id"].str.startswith("0").all()
    named = contents.items.set_index("item_id")
    assert found["item_name"].tolist() == named["item_name"][found["item_id"]].tolist()
    assert found["need_group"].tolist() == named["need_group"][found["item_id"]].tolist()
    pair = pd.MultiIndex.from_frame(found[["store_id", "item_id"]])
    chosen = contents.assortment.set_index(["store_id", "item_id"]).loc[pair]
    assert (found["core"] == "yes").tolist() == chosen["core"].tolist()
    changes = contents.changes.set_index(["store_id", "item_id"])["change"]
    assert found["status"].tolist() == [changes.get(key, "KEEP") for key in pair]
    plans = contents.store_plans.set_index("store_id")["plan_id"]
    assert found["plan_id"].tolist() == plans[found["store_id"]].tolist()
    assert set(found["valid_from"]) == {"2024-10-07"}


def test_excel_sees_its_encoding_and_no_formula(contents) -> None:
    """The byte-order mark is there, lines end as in RFC 4180, no cell begins like a formula."""
    content = positions_csv(contents)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\n") == content.count(b"\r\n")
    cells = [cell for row in csv.reader(StringIO(content.decode("utf-8-sig"))) for cell in row]
    assert any(cell.startswith("'=SUM(") for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_quotes_line_ends_and_apostrophes_come_back(contents) -> None:
    """Whatever a name says is what is read, also where it begins with the mark itself."""
    names = ['a "b", c', "'quoted", "''twice", "two\nlines", "two\r\nlines", "NA", "", "1.50"]
    names = (names * 2)[: len(contents.items)]
    items = contents.items.assign(item_name=names)
    found = read_positions_csv(positions_csv(replace(contents, items=items)))
    wanted = items.set_index("item_id")["item_name"][found["item_id"]]
    assert found["item_name"].tolist() == wanted.tolist()


def test_without_positions_the_heads_remain(contents) -> None:
    """A chain without fixtures has a file without rows."""
    bare = replace(
        contents, positions=contents.positions.iloc[:0], shelves=contents.shelves.iloc[:0]
    )
    content = positions_csv(bare)
    assert content.decode("utf-8-sig").strip() == ",".join(COLUMNS)
    assert read_positions_csv(content).empty


def test_a_file_with_other_columns_is_refused_in_words() -> None:
    """What is missing is named."""
    with pytest.raises(ValueError, match="item_name"):
        read_positions_csv(b"store_id,item_id\r\n1,2\r\n")
