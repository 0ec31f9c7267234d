"""The map of the stores: its scale, and the marks inside the frame."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_variants import repeated

from planner.outputs.contents import Contents
from planner.outputs.report.scope import chain_scope
from planner.outputs.report.store_map import BEARS, EDGE, WIDTH, store_map


@pytest.mark.parametrize(("apart", "to_scale"), [(0.0, False), (2.0, True)])
def test_a_bar_stands_only_where_the_scale_is_true(
    contents: Contents, apart: float, to_scale: bool
) -> None:
    """Stores that share a place are moved apart: no bar. Far apart none is moved: a bar."""
    several = repeated(contents, 3)
    place = range(len(several.stores))
    stores = several.stores.assign(
        latitude=[40.0 + 5 * (k % 2) + apart * (k // 2) for k in place],
        longitude=[10.0 + 5 * (k % 2) - apart * (k // 2) for k in place],
    )
    found = store_map(chain_scope(replace(several, stores=stores)))
    assert found is not None
    assert (found.scale_width > 0) == (found.moved_km <= BEARS * found.scale_km) == to_scale
    for mark in found.marks:
        assert mark.x - mark.radius + 0.2 >= EDGE
        assert mark.x + mark.radius <= WIDTH - EDGE + 0.2
        assert mark.y - mark.radius + 0.2 >= EDGE
