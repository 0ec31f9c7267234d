"""Where printed pages of long sheets begin."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.outputs.workbook import styles
from planner.outputs.workbook.pages import SMALLEST_SCALE, page_starts, scale_for
from planner.outputs.workbook.sheet import Column

ROOM = 100.0


@st.composite
def rows(draw):
    """Rows of groups that follow one another: sizes and the group of each."""
    sizes, groups = [], []
    for group in range(draw(st.integers(1, 8))):
        own = draw(st.lists(st.floats(1.0, ROOM), min_size=1, max_size=12))
        sizes += own
        groups += [group] * len(own)
    return sizes, groups


@given(rows(), st.floats(0.0, ROOM / 2))
def test_no_page_holds_more_than_its_room(drawn, taken: float) -> None:
    """Every page of several rows is within its room, the first with what stands before them."""
    sizes, groups = drawn
    starts = page_starts(sizes, groups, ROOM, taken)
    assert starts == sorted(set(starts) - {0})
    for page, (begin, end) in enumerate(pairwise([0, *starts, len(sizes)])):
        before = taken if page == 0 else 0.0
        assert end - begin == 1 or sum(sizes[begin:end]) + before <= ROOM + 1e-9


@given(rows(), st.floats(0.0, ROOM / 2))
def test_a_group_of_half_a_page_is_not_divided(drawn, taken: float) -> None:
    """A break inside a group comes only where the group alone takes more than half a page."""
    sizes, groups = drawn
    for start in page_starts(sizes, groups, ROOM, taken):
        group = groups[start]
        if group == groups[start - 1]:
            own = sum(size for size, one in zip(sizes, groups, strict=True) if one == group)
            assert own + (taken if group == groups[0] else 0.0) > ROOM / 2


def test_pages_are_not_begun_without_need() -> None:
    """Groups that fit together stay on one page."""
    assert page_starts([10.0] * 10, list("aabbbccdde"), ROOM) == []
    assert page_starts([10.0] * 10, list("aabbbccdde"), 60.0) == [5]
    assert page_starts([10.0] * 18, ["a"] * 9 + ["b"] * 9, ROOM) == [9]
    assert page_starts([10.0] * 18, ["a"] * 7 + ["b"] * 11, ROOM) == [10]


@pytest.mark.parametrize(
    ("widths", "scale"), [([20], 100), ([100, 48], 93), ([400], SMALLEST_SCALE)]
)
def test_columns_are_made_to_fit_the_page(widths: list[float], scale: int) -> None:
    """Never larger than life, never smaller than can be read."""
    assert scale_for([Column("", width, styles.TEXT) for width in widths]) == scale
