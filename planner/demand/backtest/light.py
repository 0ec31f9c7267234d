"""The backtest that every plan brings along, where the history is small enough for it."""

from __future__ import annotations

import pandas as pd

from planner.demand.backtest.result import empty_scores
from planner.demand.backtest.run import backtest
from planner.errors import BadInput
from planner.tables.inputs import Assumption, Inputs

MOST_ROWS = 1_000_000
"""With more rows of sales a plan is not kept waiting."""


def light_backtest(
    inputs: Inputs, weeks: int, seed: int
) -> tuple[pd.DataFrame, tuple[Assumption, ...]]:
    """``Backtest.scores`` of one origin and one tenth of hidden pairs, and what was assumed.

    Without a row where the sales table is too long or the history too short: the assumption
    says which, and how to score the forecasts all the same.
    """
    rows = len(inputs.sales)
    if rows > MOST_ROWS:
        text = (
            f"More than {MOST_ROWS:,} rows of sales: forecasts were not scored on past weeks while "
            "planning; planner backtest DATA does it"
        )
        return empty_scores(), (Assumption("backtest", "sales", text, rows),)
    try:
        found = backtest(inputs, weeks=weeks, seed=seed, light=True)
    except BadInput:
        text = "History too short to score forecasts on past weeks: how good they are is not known"
        return empty_scores(), (Assumption("backtest", "sales.week", text, rows),)
    return found.scores, found.assumptions
