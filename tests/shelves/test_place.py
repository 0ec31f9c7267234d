"""Whole stores: what every planogram must be."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shelf_stores import Store, make_fixtures, make_items, make_listed, no_range, random_store

from planner.shelves import place as place_module
from planner.shelves.frames import StoreRows
from planner.shelves.place import place, place_store
from planner.shelves.result import Shelves
from planner.tables.inputs import no_store_locks
from planner.workers import store_executor

stores = st.builds(
    random_store,
    st.integers(0, 10**6),
    st.integers(5, 60),
    st.sampled_from([0.6, 0.8, 0.9, 0.95, 0.98]),
)


def assert_valid(store: Store, result: Shelves) -> None:
    """Each item once, on its type, inside the shelf, side by side, facings within limits."""
    placed = result.positions.merge(store.items, on="item_id").merge(
        store.fixtures, on=["store_id", "fixture_id", "bay", "shelf"], suffixes=("", "_shelf")
    )
    assert sorted(placed["item_id"]) == sorted(store.listed["item_id"])
    assert (placed["fixture_type"] == placed["fixture_type_shelf"]).all()
    assert placed["width_cm"].to_numpy() == pytest.approx(
        (placed["facings"] * placed["facing_width_cm"]).to_numpy()
    )
    for _, shelf in result.positions.groupby(["fixture_id", "bay", "shelf"]):
        assert list(shelf["position"]) == list(range(1, len(shelf) + 1))
        assert shelf["left_cm"].iloc[0] == 0
        ends = shelf["left_cm"] + shelf["width_cm"]
        assert list(shelf["left_cm"].iloc[1:]) == pytest.approx(list(ends.iloc[:-1]))
    right = placed["left_cm"] + placed["width_cm"]
    assert (right <= placed["width_cm_shelf"] + 1e-9).all()
    both = placed.merge(store.listed, on="item_id", suffixes=("", "_program"))
    assert (both["facings"] >= both["facings_program"]).all()
    more = both[both["facings"] > both["facings_program"]]
    assert (more["facings"] <= more["max_facings"]).all()
    stock = more["min_units_per_facing"] * more["facings"]
    assert (stock <= more["stock_units_cycle"] + 1e-6).all()


@settings(max_examples=30, deadline=None)
@given(stores)
def test_every_planogram_is_valid(store: Store) -> None:
    """Whatever the store, what is placed obeys every rule, or the store is asked again."""
    result = place_store("s", *store.frames())
    if result.unplaced:
        assert result.positions.empty
    else:
        assert_valid(store, result)


def test_typical_stores_stand_in_blocks() -> None:
    """60 items that fill 95 % of the width: all stand, 95 % of need groups in one block."""
    results = [place_store("s", *random_store(seed, fill=0.95).frames()) for seed in range(15)]
    assert not any(result.unplaced for result in results)
    blocks = pd.concat(result.blocks for result in results)
    assert blocks["in_one_block"].mean() >= 0.95


def test_added_facings_are_recorded_with_their_cost() -> None:
    """facings_added is the difference between printed and program facings, at their cost."""
    store = random_store(4, fill=0.7)
    result = place_store("s", *store.frames())
    both = result.positions.merge(store.listed, on="item_id", suffixes=("", "_program"))
    gained = (both["facings"] - both["facings_program"]).set_axis(both["item_id"])
    recorded = result.facings_added.set_index("item_id")
    assert len(recorded) > 0
    assert recorded["facings_added"].to_dict() == gained[gained > 0].to_dict()
    assert recorded["cost_week"].sum() == pytest.approx(0.1 * gained.sum())


def test_shelf_rows_add_up_and_explain_emptiness() -> None:
    """Every shelf has a row; used + empty = width; more than 5 % empty has a note."""
    for seed in range(5):
        store = random_store(seed, fill=0.5)
        result = place_store("s", *store.frames())
        assert len(result.shelves) == len(store.fixtures)
        total = result.shelves["used_cm"] + result.shelves["empty_cm"]
        assert list(total) == pytest.approx(list(result.shelves["width_cm"]))
        empty = result.shelves["empty_cm"] > 0.05 * result.shelves["width_cm"] + 1e-9
        assert (empty == (result.shelves["note"] != "")).all()


def test_what_is_broken_is_named_with_its_place() -> None:
    """The shelf that stays empty, the group that falls apart; best possible on so few items."""
    items = make_items([60, 60, 60, 60], ["g", "h", "h", "g"], max_facings=1.0)
    fixtures = make_fixtures([60, 60, 120, 100], bay_height=2)
    result = place_store("s", items, fixtures, no_range(), make_listed([1] * 4))
    rules = result.placement.set_index("rule")
    assert rules["proven"].all()
    empty = result.shelves[result.shelves["empty_cm"] > 0]
    assert rules.loc["full_shelves", "where"] == "; ".join(
        f"F1 {bay}-{shelf}" for bay, shelf in zip(empty["bay"], empty["shelf"], strict=True)
    )
    apart = result.blocks.loc[~result.blocks["in_one_block"], "need_group"]
    assert rules.loc["group_blocks", "where"] == "; ".join(sorted(apart))
    assert (rules["where"] == "").sum() >= 5


def test_large_racks_are_not_called_proven() -> None:
    """More items than are searched through: the best found, however good."""
    assert not place_store("s", *random_store(1, items=60).frames()).placement["proven"].any()


def test_rows_in_another_order_give_the_same_planogram() -> None:
    """Neither the order of the fixtures nor of the items, listed or all, matters."""
    store = random_store(7)
    shuffled = replace(
        store,
        items=store.items.sample(frac=1, random_state=3),
        fixtures=store.fixtures.sample(frac=1, random_state=1),
        listed=store.listed.sample(frac=1, random_state=2),
    )
    one, two = (place_store("s", *each.frames()) for each in (store, shuffled))
    assert_frame_equal(one.positions, two.positions)
    assert_frame_equal(one.shelves, two.shelves)


def test_fixtures_are_read_as_people_count() -> None:
    """F2 comes before F10 in the positions and in the list of shelves."""
    fixtures = pd.concat(
        [make_fixtures([100], fixture_id=name) for name in ("F10", "F2")], ignore_index=True
    )
    items = make_items([60, 60], ["g", "h"])
    store = Store(items, fixtures, no_range(), make_listed([1, 1]))
    result = place_store("s", *store.frames())
    assert list(result.positions["fixture_id"]) == ["F2", "F10"]
    assert list(result.shelves["fixture_id"]) == ["F2", "F10"]


def test_items_stay_unless_their_display_is_new_every_week() -> None:
    """Places of today count, but not those on an end cap that changes weekly."""
    items = make_items([60, 60], ["g", "h"])
    fixtures = make_fixtures([100, 100], eye_level=[False, True])
    today = no_range().reindex(range(2)).assign(
        store_id="s", item_id=["a0", "a1"], fixture_id="F1", bay=1.0, shelf=[2.0, 1.0],
        position=1.0, facings=1.0,
    )  # fmt: skip
    for weekly, shelves in ((False, [2, 1]), (True, [1, 2])):
        store = Store(items, fixtures.assign(changes_weekly=weekly), today, make_listed([1, 1]))
        result = place_store("s", *store.frames())
        assert list(result.positions.set_index("item_id").loc[["a0", "a1"], "shelf"]) == shelves
        moves = result.placement.set_index("rule").loc["moves"]
        assert (moves["counted"], moves["of"]) == (0, 0 if weekly else 2)


def chain(*stores: tuple[str, Store]) -> tuple[SimpleNamespace, pd.DataFrame]:
    """Inputs as far as ``place`` reads them, and the listed items, of stores of one item table."""
    parts = {
        name: pd.concat(
            [getattr(store, name).assign(store_id=store_id) for store_id, store in stores],
            ignore_index=True,
        )
        for name in ("fixtures", "current_range", "listed")
    }
    listed = parts.pop("listed")
    ids = pd.DataFrame({"store_id": [store_id for store_id, _ in stores]})
    items = stores[0][1].items
    locks = no_store_locks()
    return SimpleNamespace(items=items, stores=ids, store_locks=locks, **parts), listed


def test_a_store_is_placed_alike_alone_and_in_a_chain() -> None:
    """What place() gives a store is what place_store() gives it: workers cannot matter."""
    store = random_store(9)
    inputs, listed = chain(("north", store), ("south", store))
    together = place(inputs, listed)
    for store_id in ("south", "north"):
        own = [
            frame if name == "items" else frame.assign(store_id=store_id)
            for name, frame in zip(
                ("items", "fixtures", "current_range", "listed"), store.frames(), strict=True
            )
        ]
        alone = place_store(store_id, *own)
        rows = together.positions[together.positions["store_id"] == store_id]
        assert_frame_equal(rows.reset_index(drop=True), alone.positions)
    assert list(together.positions["store_id"].unique()) == ["north", "south"]
    with store_executor(2) as executor:
        parallel = place(inputs, listed, executor=executor)
    assert_frame_equal(parallel.positions, together.positions)


def test_only_a_store_whose_list_changed_is_placed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another margin in the south: the north is not placed again, and the result is as if new."""
    inputs, listed = chain(("north", random_store(9)), ("south", random_store(9)))
    placed: place_module.Placed = {}
    place(inputs, listed, placed=placed)
    south = listed["store_id"] == "south"
    other = listed.assign(margin_week=listed["margin_week"].mask(south, 1.0))
    fresh = place(inputs, other)
    asked = []

    def noting(job: place_module.Job) -> StoreRows:
        asked.append(job[0])
        return rows_of(job)

    rows_of = place_module.rows_of
    monkeypatch.setattr(place_module, "rows_of", noting)
    again = place(inputs, other, placed=placed)
    assert asked == ["south"]
    assert_frame_equal(again.positions, fresh.positions)
    assert_frame_equal(again.shelves, fresh.shelves)


def test_a_store_without_fixtures_gets_no_positions() -> None:
    """It is counted in one assumption and stops nothing."""
    store = random_store(3, items=10)
    bare = replace(store, fixtures=store.fixtures.iloc[:0])
    result = place(*chain(("a", store), ("b", bare), ("c", bare)))
    assert set(result.positions["store_id"]) == {"a"}
    assert [a.count for a in result.assumptions] == [2]
    assert not result.unplaced


def test_what_cannot_stand_says_how_much_to_leave_free() -> None:
    """Three items of 60 cm on two shelves of 100 cm: a smaller plan is asked for, and fits."""
    store = Store(
        make_items([60, 60, 60], ["g", "g", "h"]),
        make_fixtures([100, 100]),
        no_range(),
        make_listed([1, 1, 1]),
    )
    result = place_store("s", *store.frames())
    assert result.positions.empty
    free = result.unplaced["s"]["table"]
    assert 20 < free <= 80
    fewer = replace(store, listed=store.listed.iloc[:2])
    assert not place_store("s", *fewer.frames()).unplaced


def test_more_width_than_the_store_has_is_refused() -> None:
    """A plan that no store program makes is an error of the caller, not an empty planogram."""
    store = Store(
        make_items([60, 60], ["g", "g"]), make_fixtures([100]), no_range(), make_listed([1, 1])
    )
    with pytest.raises(ValueError, match="more than its table can hold"):
        place_store("s", *store.frames())


def test_widths_with_fractions_fill_a_shelf_exactly() -> None:
    """Three facings of 12.3 cm stand on 36.9 cm although the float product is larger."""
    store = Store(make_items([12.3], ["g"]), make_fixtures([36.9]), no_range(), make_listed([3]))
    result = place_store("s", *store.frames())
    assert list(result.positions["width_cm"]) == [36.9]
    assert list(result.shelves["empty_cm"]) == [0.0]


def test_widths_without_a_common_measure_are_placed_in_time() -> None:
    """Widths such as 17.4821 cm, which fill a shelf to no round sum, stand as well."""
    widths = [float(w) for w in np.random.default_rng(5).uniform(15, 40, 24)]
    shelves = [float(w) * 1.02 for w in np.add.reduceat(widths, [0, 6, 12, 18])]
    store = Store(
        make_items(widths, [f"g{k // 4}" for k in range(24)]),
        make_fixtures(shelves),
        no_range(),
        make_listed([1] * 24),
    )
    result = place_store("s", *store.frames())
    assert_valid(store, result)
    assert result.blocks["in_one_block"].mean() > 0.5


def test_a_total_within_the_solvers_tolerance_is_asked_again() -> None:
    """Items a thousandth of a millimetre wider than the shelf are unplaced, not an error."""
    store = Store(
        make_items([50.00005, 50], ["g", "g"]),
        make_fixtures([100]),
        no_range(),
        make_listed([1, 1]),
    )
    assert place_store("s", *store.frames()).unplaced["s"]["table"] > 0
