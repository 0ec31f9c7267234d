"""The result of a backtest: every figure in one table, and the held-out pairs behind them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.tables.inputs import Assumption

ROLLING_ORIGIN = "rolling origin"
HIDDEN_PAIRS = "hidden pairs"
HIDDEN_STORES = "hidden stores"
CAPTURE = "capture"
KINDS = (ROLLING_ORIGIN, HIDDEN_PAIRS, HIDDEN_STORES)

PLANNER = "planner"
OWN_AVERAGE = "own average"
LAST_WEEK = "last week"
ITEM_MEAN = "item mean x store index"
RULES = (OWN_AVERAGE, LAST_WEEK, ITEM_MEAN)

LOCAL, COMMON, REGION_MEAN, CHAIN_TOTAL, OWN_PAST = (
    "local",
    "common",
    "region mean",
    "chain total",
    "own past",
)
RANKINGS = (LOCAL, COMMON, REGION_MEAN, CHAIN_TOTAL, OWN_PAST)

SCORE_COLUMNS = {
    "kind": "str",
    "by": "str",
    "name": "str",
    "slots_share": "float64",
    "forecaster": "str",
    "against": "str",
    "measure": "str",
    "pairs": "int64",
    "unanswered": "int64",
    "value": "float64",
    "low": "float64",
    "high": "float64",
}
PAIR_COLUMNS = {
    "kind": "str",
    "fold": "int64",
    "origin": "datetime64[ns]",
    "store_id": "str",
    "item_id": "str",
    "region": "str",
    "category": "str",
    "source": "str",
    "days_in_stock": "float64",
    "truth_units_week": "float64",
    "demand_units_week": "float64",
    "low_units_week": "float64",
    "high_units_week": "float64",
    **dict.fromkeys(RULES, "float64"),
}
STORE_COLUMNS = {
    "origin": "datetime64[ns]",
    "store_id": "str",
    "region": "str",
    "slots_share": "float64",
    "candidates": "int64",
    "slots": "int64",
    "best_units_week": "float64",
    **dict.fromkeys(RANKINGS, "float64"),
}


@dataclass(frozen=True)
class Backtest:
    """What the planner would have said in the past, beside what was then sold.

    ``scores``: a row per figure. ``kind`` is a hold-out or ``capture``; ``by`` and ``name`` the
    slice (all, source, category, region, store, origin); ``slots_share`` is NaN but for capture;
    ``forecaster`` the planner, a simple rule or a ranking; ``against`` empty, or the rival (of
    the rules, the best) that the figure is the advantage over: above 0 is better. ``measure``:
    r2_log, mae_units_week, error_share (the same as a share of what was sold), bias_share,
    inside_share (of 80 % intervals), captured_share; against a rule r2_log (gained) and
    error_saved_share (of the rule's error). ``pairs``: store-item pairs scored (stores, for
    capture), ``unanswered`` those that the rule cannot forecast; ``low`` and ``high`` the 95 %
    interval, items drawn anew (stores, for hidden stores and capture); NaN with fewer than 5.
    ``pairs``: a row per hold-out and scored pair: ``truth_units_week`` is the in-stock weekly
    rate of the held-out weeks; then the planner's figures and those of the rules.
    ``stores``: a row per origin, store and slots_share: units a week that each ranking's choice
    sold, and the best choice.
    """

    scores: pd.DataFrame
    pairs: pd.DataFrame
    stores: pd.DataFrame
    weeks: int
    """Weeks held out."""
    history_weeks: int
    origins: tuple[pd.Timestamp, ...]
    """First held-out day of each rolling origin, latest first."""
    assumptions: tuple[Assumption, ...]


def empty_scores() -> pd.DataFrame:
    """The table ``scores`` without a row: no backtest was run."""
    return typed([], SCORE_COLUMNS)


def typed(rows: list[dict[str, object]] | pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """A frame with exactly these columns and types."""
    return pd.DataFrame(rows, columns=list(columns)).astype(columns)
