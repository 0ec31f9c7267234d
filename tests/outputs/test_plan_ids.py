"""The same plan has the same id, another has another."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from planner.outputs.plan_ids import SHARED, STAMPED, with_plan_ids
from planner.outputs.slices import PER_STORE, split_by_store


def ids_of(contents) -> dict[str, str]:
    """Plan ids by store."""
    plans = with_plan_ids(contents).store_plans
    return dict(zip(plans["store_id"], plans["plan_id"], strict=True))


def changed(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """The frame with another value in the last column that holds numbers, or texts."""
    frame = frame.copy()
    column = next(
        name
        for name in reversed(frame.columns)
        if pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_string_dtype(frame[name])
    )
    value = frame.loc[row, column]
    if pd.api.types.is_bool_dtype(frame[column]):
        frame.loc[row, column] = not value
    elif pd.api.types.is_numeric_dtype(frame[column]):
        frame.loc[row, column] = 1 if pd.isna(value) else value + 1
    else:
        frame.loc[row, column] = "another"
    return frame


def test_every_store_has_an_id_of_its_own(contents) -> None:
    """Twelve letters and digits, each store's its own."""
    found = ids_of(contents)
    assert list(found) == contents.stores["store_id"].tolist()
    assert len(set(found.values())) == len(found)
    assert {len(plan) for plan in found.values()} == {12}


def test_a_store_changes_its_own_id_alone(contents) -> None:
    """Whatever frame a value of a store stands in, its id changes, and no other's."""
    filled = [name for name in PER_STORE if len(getattr(contents, name))]
    assert {"assortment", "positions", "limits", "changes"} < set(filled)
    for name in filled:
        frame = getattr(contents, name)
        frame = frame.drop(columns="plan_id") if name == "store_plans" else frame
        row = frame.index[frame["store_id"] == "002"][-1]
        before = ids_of(replace(contents, **{name: frame}))
        after = ids_of(replace(contents, **{name: changed(frame, row)}))
        assert after["001"] == before["001"], name
        assert after["002"] != before["002"], name


@pytest.mark.parametrize("name", SHARED)
def test_what_all_show_changes_all(contents, name: str) -> None:
    """Items, assumptions and recapture are on every workbook."""
    frame = getattr(contents, name)
    before, after = ids_of(contents), ids_of(replace(contents, **{name: changed(frame, 0)}))
    assert all(after[store] != plan for store, plan in before.items())


def test_the_stamp_counts_but_for_the_run(contents) -> None:
    """Another scenario is another plan; another run, or bound of the chain, is not."""
    before = ids_of(contents)
    for name in STAMPED:
        value = getattr(contents.stamp, name)
        other = value + pd.Timedelta(days=1) if isinstance(value, pd.Timestamp) else f"{value}x"
        after = ids_of(replace(contents, stamp=replace(contents.stamp, **{name: other})))
        assert not set(after.values()) & set(before.values())
    same = replace(contents.stamp, run_id="another", bound_week=1.0)
    assert ids_of(replace(contents, stamp=same)) == before


def test_the_other_stores_and_their_order_do_not_count(contents) -> None:
    """A store alone has the id that it has among others; so it has where they stand elsewhere."""
    before = ids_of(contents)
    for store, part in split_by_store(contents).items():
        assert ids_of(part) == {store: before[store]}
    turned = {
        name: pd.concat([own for _, own in reversed(list(frame.groupby("store_id")))])
        for name in PER_STORE
        if len(frame := getattr(contents, name))
    }
    assert ids_of(replace(contents, **turned)) == before
