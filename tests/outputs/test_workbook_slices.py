from io import BytesIO

import pandas as pd

from planner.outputs.exchange import positions_csv
from planner.outputs.slices import of_store, only, split_by_store
from planner.outputs.workbook import chain


def test_each_store_gets_its_rows_and_no_others(contents):
    """Put together again, the parts are the whole; what all stores share is not copied."""
    parts = split_by_store(contents)
    assert list(parts) == contents.stores["store_id"].tolist()
    for name in ("demand", "assortment", "limits", "positions", "shelves", "figures", "changes"):
        whole = getattr(contents, name)
        together = pd.concat([getattr(part, name) for part in parts.values()], ignore_index=True)
        pd.testing.assert_frame_equal(together, whole)
    for store_id, part in parts.items():
        assert part.store_plans["store_id"].tolist() == [store_id]
        assert set(part.value["name"]) == {store_id}
        assert part.items is contents.items


def test_a_part_is_taken_as_it_is(contents):
    """Asking a store's part for that store does no work."""
    part = of_store(contents, "002")
    assert of_store(part, "002") is part


def test_files_of_the_chain_need_no_more_than_the_frames_they_name(contents):
    """Made from those alone they are the same to the byte; what is left out has no rows."""
    whole, part = BytesIO(), BytesIO()
    chain.write_chain_workbook(contents, whole)
    shown = only(contents, chain.SHOWN)
    chain.write_chain_workbook(shown, part)
    assert part.getvalue() == whole.getvalue()
    assert len(contents.demand) > len(shown.demand) == 0
    of_positions = only(contents, positions_csv.SHOWN)
    assert positions_csv.positions_csv(of_positions) == positions_csv.positions_csv(contents)
