"""Which items a plan calls moved."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from planner.outputs.changes import _moved


def test_a_new_place_on_a_weekly_display_is_no_move() -> None:
    """An end cap is new every week; on a fixture that stays, another shelf is a move."""
    today = pd.DataFrame(
        {"store_id": "s", "item_id": ["a", "b"], "fixture_id": ["end cap", "F1"], "bay": 1.0,
         "shelf": 1.0}
    )  # fmt: skip
    fixtures = pd.DataFrame(
        {"store_id": "s", "fixture_id": ["end cap", "F1"] * 2, "bay": 1.0,
         "shelf": [1.0, 1.0, 2.0, 2.0], "changes_weekly": [True, False] * 2}
    )  # fmt: skip
    positions = today.assign(bay=1, shelf=2)
    inputs = SimpleNamespace(current_range=today, fixtures=fixtures)
    moved = _moved(inputs, SimpleNamespace(positions=positions))
    assert moved == {("s", "b"): "from F1 1-1 to F1 1-2"}
    lasting = SimpleNamespace(current_range=today, fixtures=fixtures.assign(changes_weekly=False))
    assert len(_moved(lasting, SimpleNamespace(positions=positions))) == 2
