"""What signals do is told as the estimate has it."""

from __future__ import annotations

import numpy as np
from openpyxl import load_workbook

from planner.outputs.contents import Contents
from planner.outputs.signals import moved_items, signal_rows
from planner.outputs.workbook.chain import write_chain_workbook


def test_only_items_that_move_are_named(contents: Contents) -> None:
    """Effects whose interval holds zero are left out; changes are exp(effect) - 1, largest up."""
    moved = moved_items(contents.signal_effects, contents.items)
    assert set(moved["signal"]) == {"share_families"}
    effects = contents.signal_effects.set_index(["item_id", "signal"])["effect"]
    told = effects.loc[list(zip(moved["item_id"], moved["signal"], strict=True))]
    np.testing.assert_allclose(moved["change"], np.expm1(told.to_numpy()))
    assert (np.diff(np.abs(told.to_numpy())) <= 1e-12).all()


def test_a_signal_without_effect_is_said_to_have_none(contents: Contents) -> None:
    """Every signal has a row, the one that moves nothing last and with no item."""
    rows = signal_rows(contents.signal_effects, contents.items)
    assert [row["signal"] for row in rows] == ["share_families", "parking_spaces"]
    assert rows[1]["items"] == 0
    assert not rows[1]["up"]
    assert not rows[1]["down"]


def test_the_sheet_names_each_moved_item(contents: Contents, tmp_path) -> None:
    """The chain workbook's sheet has a row for every item that a signal moves."""
    path = tmp_path / "chain.xlsx"
    write_chain_workbook(contents, path)
    sheet = load_workbook(path)["Signals"]
    told = {cell.value for row in sheet.iter_rows() for cell in row}
    moved = moved_items(contents.signal_effects, contents.items)
    assert len(moved)
    assert set(moved["item_name"]) <= told
