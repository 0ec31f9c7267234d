"""Stores as .psa files: what is written is read back, by this reader and by plain ones."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.outputs.exchange import psa_records as records
from planner.outputs.exchange.psa import store_psa
from planner.outputs.exchange.psa_read import read_psa
from planner.outputs.exchange.psa_text import (
    FIRST_LINE,
    NotPsa,
    from_bytes,
    number_cell,
    text_cell,
    to_bytes,
)
from planner.outputs.slices import split_by_store

ROUNDED_CM = 1e-3
NASTY = (
    "Figs, dried, 250 g",
    r"back\slash \, and \\ ends in one \ ",
    'so-called "organic"',
    "two\nlines\r\nand a\ttab",
    "Crème fraîche – 1 €",
    "Ã© is not é",
    "菠菜 🥬",
    "; no comment",
    "",
    " spaces ",
)


def records_of(content: bytes, kind: str) -> list[list[str]]:
    """The rows of one kind."""
    return [row for row in from_bytes(content) if row[0] == kind]


@given(st.lists(st.lists(st.text(), min_size=1), min_size=1))
def test_any_text_comes_back(texts: list[list[str]]) -> None:
    """Whatever a cell says, in whatever script, is what is read from it."""
    rows = [["Product", *cells] for cells in texts]
    written = to_bytes([["Product", *map(text_cell, cells)] for cells in texts])
    assert list(from_bytes(written)) == rows


@pytest.mark.parametrize(
    ("text", "codepage"), [("Äpfel €", b"1252"), ("菠菜", b"65001"), ("Ã©", b"65001")]
)
def test_the_file_names_its_encoding(text: str, codepage: bytes) -> None:
    """Windows-1252 unless it cannot hold the text, or would be taken for UTF-8."""
    lines = to_bytes([["Product", text]]).split(b"\r\n")
    assert lines[0] == FIRST_LINE.encode()
    assert lines[2] == b"; Codepage=" + codepage
    assert lines[3].decode("cp1252" if codepage == b"1252" else "utf-8") == f"Product,{text}"


@pytest.mark.parametrize(
    ("value", "cell"), [(0.0, "0"), (-0.00001, "0"), (23.62204724, "23.622"), (1e6, "1000000")]
)
def test_numbers_have_no_idle_zeros(value: float, cell: str) -> None:
    """Four decimals at most, never an exponent, never a minus zero."""
    assert number_cell(value) == cell


@pytest.mark.parametrize("store_id", ["001", "002"])
def test_positions_come_back(contents, store_id: str) -> None:
    """Every position of the store, on its fixture, bay and shelf, to a hundredth of a mm."""
    found = read_psa(store_psa(contents, store_id))
    wanted = contents.positions[contents.positions["store_id"] == store_id]
    both = wanted.merge(found, on="item_id", suffixes=("", "_found"), how="outer")
    assert len(both) == len(wanted) == len(found)
    for column in ("fixture_id", "bay", "shelf", "position", "facings"):
        assert (both[f"{column}_found"] == both[column]).all()
    for column in ("left_cm", "width_cm"):
        assert (both[f"{column}_found"] - both[column]).abs().max() < ROUNDED_CM


def test_names_and_status_come_back(contents) -> None:
    """Name, need group, core and NEW, KEEP or MOVED of every item, however odd its name."""
    names = np.array(NASTY * 2)[: len(contents.items)]
    items = contents.items.assign(item_name=names, need_group=names[::-1])
    found = read_psa(store_psa(replace(contents, items=items), "001")).set_index("item_id")
    known = items.set_index("item_id").loc[found.index]
    assert found["item_name"].tolist() == known["item_name"].tolist()
    assert found["need_group"].tolist() == known["need_group"].tolist()
    here = contents.assortment[contents.assortment["store_id"] == "001"].set_index("item_id")
    assert (found["core"] == "yes").tolist() == here.loc[found.index, "core"].tolist()
    changes = contents.changes[contents.changes["store_id"] == "001"].set_index("item_id")
    assert {"NEW", "KEEP", "MOVED"} == set(found["status"])
    for item, status in found["status"].items():
        assert status == changes["change"].get(item, "KEEP")


def test_a_plain_reader_of_commas_and_backslashes_sees_the_same(contents) -> None:
    """Programs that split at commas and know the backslash alone find every product's name."""
    text = store_psa(contents, "001").decode("utf-8").splitlines()
    plain = csv.reader(text, escapechar="\\", quoting=csv.QUOTE_NONE)
    seen = {row[2]: row[3] for row in plain if row[0] == "Product"}
    named = contents.items.set_index("item_id")["item_name"]
    assert seen == {item: named[item] for item in seen}


def test_every_record_is_as_wide_as_its_kind(contents) -> None:
    """No cell is added or lost by what stands in it."""
    content = store_psa(contents, "001")
    kinds = {
        r.kind: r
        for r in (records.PROJECT, records.PRODUCT, records.PLANOGRAM, records.PERFORMANCE,
                  records.SEGMENT, records.FIXTURE, records.POSITION)
    }  # fmt: skip
    rows = list(from_bytes(content))
    assert {row[0] for row in rows} == set(kinds)
    assert all(len(row) == 1 + kinds[row[0]].cells for row in rows)


def test_blocks_stand_on_their_shelf_side_by_side(contents) -> None:
    """In the file's own lengths: inside bay and shelf, on its board, without overlap."""
    shelf: dict[str, str] = {}
    end = 0.0
    checked = 0
    for row in from_bytes(store_psa(contents, "001")):
        if row[0] == "Fixture":
            shelf = records.FIXTURE.read(row)
            end = float(shelf["x"])
        if row[0] == "Position":
            block = records.POSITION.read(row)
            board = float(shelf["y"]) + float(shelf["height"])
            assert float(block["y"]) == pytest.approx(board, abs=2e-4)
            assert float(block["x"]) >= end - 2e-4
            end = float(block["x"]) + float(block["width"])
            assert end <= float(shelf["x"]) + float(shelf["width"]) + 2e-4
            checked += 1
    assert checked == (contents.positions["store_id"] == "001").sum()


def test_lengths_are_inches_and_say_so(contents) -> None:
    """The project counts in inches; a fixture is as wide as its bays together."""
    content = store_psa(contents, "001")
    assert records.PROJECT.read(records_of(content, "Project")[0])["measurement"] == records.INCHES
    wide = {
        fixture["desc_1"]: float(fixture["width"])
        for fixture in map(records.PLANOGRAM.read, records_of(content, "Planogram"))
    }
    shelves = contents.shelves[contents.shelves["store_id"] == "001"]
    bays = shelves.groupby(["fixture_id", "bay"])["width_cm"].max().groupby("fixture_id").sum()
    assert wide == pytest.approx((bays / 2.54).to_dict(), abs=1e-3)


def test_files_in_centimetres_are_read_as_such(contents) -> None:
    """The same cells under the other measurement are lengths in centimetres."""
    rows = list(from_bytes(store_psa(contents, "001")))
    rows[0][records.PROJECT.places["measurement"]] = records.CENTIMETRES
    metric = read_psa(to_bytes([list(map(text_cell, row)) for row in rows]))
    inches = read_psa(store_psa(contents, "001"))
    assert (metric["width_cm"] * 2.54).tolist() == pytest.approx(inches["width_cm"].tolist())


def test_capacity_is_what_the_facings_hold(contents) -> None:
    """Facings times items behind one another are the units that the facings hold."""
    for row in records_of(store_psa(contents, "001"), "Position"):
        block = records.POSITION.read(row)
        held = contents.items.set_index("item_id")["units_per_facing"][block["id"]]
        units = [int(block[f"{side}_facings"]) for side in "hvd"]
        assert np.prod(units) == units[0] * held


def test_same_plan_same_bytes_whatever_the_run(contents) -> None:
    """A store's part gives what the whole run gives, and the run's id is not in it."""
    other = replace(contents, stamp=replace(contents.stamp, run_id="another"))
    part = split_by_store(other)["002"]
    assert store_psa(part, "002") == store_psa(contents, "002")


def test_a_capacity_without_end_is_one_unit_deep(contents) -> None:
    """Where the data gives no capacity there is still a block to draw."""
    items = contents.items.assign(units_per_facing=np.inf, case_units=np.nan)
    found = read_psa(store_psa(replace(contents, items=items), "001"))
    assert len(found) == (contents.positions["store_id"] == "001").sum()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "first line"),
        (b"PK\x03\x04", "first line"),
        (f"{FIRST_LINE}\r\n; Codepage=65001\r\nProduct,\xff".encode("latin-1"), "utf-8"),
        (to_bytes([records.POSITION.blank()]), "no shelf"),
        (to_bytes([records.FIXTURE.blank(), records.POSITION.blank()]), "Position"),
    ],
    ids=["empty", "a zip", "broken text", "no shelf", "no product"],
)
def test_other_files_are_refused_in_words(content: bytes, said: str) -> None:
    """What is no such file is said to be none; nothing is made up."""
    with pytest.raises(NotPsa, match=said):
        read_psa(content)


def test_a_store_without_shelves_has_no_planogram(contents) -> None:
    """Its file has the project alone, and no position is read."""
    bare = replace(
        contents, positions=contents.positions.iloc[:0], shelves=contents.shelves.iloc[:0]
    )
    content = store_psa(bare, "001")
    assert [row[0] for row in from_bytes(content)] == ["Project"]
    assert isinstance(read_psa(content), pd.DataFrame)
    assert read_psa(content).empty
