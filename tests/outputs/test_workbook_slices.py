import pandas as pd

from planner.outputs.slices import of_store, split_by_store


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
