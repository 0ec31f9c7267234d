"""Placement rules in words."""

from __future__ import annotations

from dataclasses import asdict

import pandas as pd

from planner.outputs.placement_words import BEST, FOUND, RULES, placement_rows
from planner.shelves.weights import PlacementWeights


def frame(**columns: object) -> pd.DataFrame:
    """A row of one rule unless a column says otherwise."""
    row = {
        "store_id": "s", "fixture_type": "table", "items": 3, "rule": "group_blocks",
        "weight": 10.0, "counted": 1.0, "of": 2.0, "broken": 1.0, "where": "Figs", "proven": True,
    }  # fmt: skip
    return pd.DataFrame([row]).assign(**columns)


def test_every_rule_has_words() -> None:
    """No rule of the shelves stage is without them, and no words are of none."""
    assert set(RULES) == set(asdict(PlacementWeights()))


def test_best_possible_is_said_only_where_proven() -> None:
    """Of a placement that was not proven nothing better was found, and that is said."""
    assert placement_rows(frame())[0].known == BEST
    assert placement_rows(frame(proven=False))[0].known == FOUND


def test_what_cannot_be_counted_is_left_out() -> None:
    """No row for a rule with nothing to count; a rule that does not count says so."""
    assert placement_rows(frame(of=0.0)) == []
    no_eye_level = frame(rule="eye_level_margin", counted=0.0, of=90.0, broken=0.0)
    assert placement_rows(no_eye_level) == []
    assert placement_rows(no_eye_level.assign(broken=3.0))[0].counted == 0
    assert "does not count" in placement_rows(frame(where="", weight=0.0))[0].where
    assert placement_rows(frame())[0].where == "Figs"
