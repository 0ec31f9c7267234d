"""All that was assumed as one table, what weighs most first."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from planner.tables.inputs import Assumption

LOOK_FIRST = "look first"
ASSUMED = "assumed"
LEFT_OPEN = "left open"
WEIGHTS = (LOOK_FIRST, ASSUMED, LEFT_OPEN)
"""Worth a look before the plan is used; estimated, assumed or left out; an empty cell or a
missing table that stands for nothing but itself: no limit, always, everywhere."""
COLUMNS = ("weight", "stage", "subject", "text", "count", "survived")


def assumption_table(assumptions: Iterable[Assumption]) -> pd.DataFrame:
    """A row an assumption, with its weight and whether it is a fault of the input that was
    survived: by weight, in a weight as the stages come."""
    rows = [(_weight(a), a.stage, a.subject, a.text, a.count, a.survived) for a in assumptions]
    rows.sort(key=lambda row: WEIGHTS.index(row[0]))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _weight(assumption: Assumption) -> str:
    if assumption.warning:
        return LOOK_FIRST
    return LEFT_OPEN if assumption.default else ASSUMED
