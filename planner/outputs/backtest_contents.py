"""What the page and the workbook of a backtest show."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner import __version__
from planner.demand.backtest.result import (
    CAPTURE,
    CHAIN_TOTAL,
    COMMON,
    HIDDEN_PAIRS,
    HIDDEN_STORES,
    LOCAL,
    OWN_PAST,
    REGION_MEAN,
    ROLLING_ORIGIN,
    Backtest,
)
from planner.outputs.assumption_table import assumption_table
from planner.outputs.contents import Stamp
from planner.tables.inputs import Inputs

KIND_WORDS = {
    ROLLING_ORIGIN: "Items already sold",
    HIDDEN_PAIRS: "Items new to a store",
    HIDDEN_STORES: "New stores",
    CAPTURE: "Choosing a store's items",
}
KIND_MEANS = {
    ROLLING_ORIGIN: "the last weeks held out",
    HIDDEN_PAIRS: "a tenth of all store-item pairs without their history",
    HIDDEN_STORES: "a tenth of the stores without their history",
    CAPTURE: "half or a quarter of the places that a store's items take",
}
RANKING_WORDS = {
    LOCAL: "local: the planner, by store",
    COMMON: "common: the planner, one list",
    REGION_MEAN: "mean of the region",
    CHAIN_TOTAL: "units of the whole chain",
    OWN_PAST: "the store's own past",
}


@dataclass(frozen=True)
class BacktestContents:
    """The tables of a backtest and its stamp.

    ``scores``, ``pairs`` and ``captures``: the frames of Backtest (captures: its ``stores``).
    ``stores``: the stores table. ``assumptions``: as those of a run.
    """

    stamp: Stamp
    """No plan was made: plan and proof are "none"."""
    stores: pd.DataFrame
    items: int
    scores: pd.DataFrame
    pairs: pd.DataFrame
    captures: pd.DataFrame
    assumptions: pd.DataFrame
    weeks: int
    history_weeks: int
    origins: tuple[pd.Timestamp, ...]


def backtest_contents(inputs: Inputs, found: Backtest, run_id: str) -> BacktestContents:
    """From the inputs and the result to what is shown."""
    end = inputs.sales["week"].max() + pd.Timedelta(days=6)
    held_out = found.origins[-1] if found.origins else end
    unknown = float("nan")
    stamp = Stamp(
        run_id=run_id,
        chain_name=inputs.chain.name,
        scenario="backtest",
        currency="",
        locale=inputs.chain.locale,
        data_date=end,
        valid_from=held_out,
        valid_to=end,
        plan="none",
        proof="none",
        objective="units",
        objective_week=unknown,
        bound_week=unknown,
        gap=unknown,
        planner_version=__version__,
    )
    return BacktestContents(
        stamp=stamp,
        stores=inputs.stores,
        items=len(inputs.items),
        scores=found.scores,
        pairs=found.pairs,
        captures=found.stores,
        assumptions=assumption_table((*inputs.assumptions, *found.assumptions)),
        weeks=found.weeks,
        history_weeks=found.history_weeks,
        origins=found.origins,
    )
