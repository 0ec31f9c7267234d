"""Words and figures of a backtest as the page and the report write them."""

from __future__ import annotations

import pandas as pd

from planner.demand.backtest.bootstrap import within_noise
from planner.demand.backtest.result import (
    CAPTURE,
    KINDS,
    PLANNER,
)
from planner.outputs.backtest_contents import KIND_WORDS
from planner.outputs.contents import Contents, Stamp
from planner.outputs.numbers import MISSING, share, units
from planner.outputs.report.amounts import MINUS

PROMISED = 0.8
"""Share of the truth that an 80 % interval is to hold."""
NEAR = 0.03
"""So far from the promise is near enough for any decision."""


def row_of(scores: pd.DataFrame, **wanted: object) -> pd.Series | None:
    """The one row with these values in these columns, if there is one."""
    rows = scores
    for column, value in wanted.items():
        rows = rows[rows[column] == value]
    return rows.iloc[0] if len(rows) else None


def figure_of(
    scores: pd.DataFrame, kind: str, measure: str, by: str = "all", name: str = "all"
) -> pd.Series | None:
    """The planner's own figure of a slice."""
    return row_of(
        scores, kind=kind, by=by, name=name, forecaster=PLANNER, against="", measure=measure
    )


def advantage_of(
    scores: pd.DataFrame, kind: str, by: str = "all", name: str = "all"
) -> pd.Series | None:
    """Share of the best simple rule's error that the planner saves."""
    return row_of(scores, kind=kind, by=by, name=name, measure="error_saved_share")


def kinds_of(scores: pd.DataFrame) -> list[str]:
    """The hold-outs that were scored, in their order."""
    found = set(scores["kind"])
    return [kind for kind in KINDS if kind in found]


def captures_of(scores: pd.DataFrame, by: str = "all", name: str = "all") -> pd.DataFrame:
    """The rows about capture of a slice."""
    rows = scores[(scores["kind"] == CAPTURE) & (scores["by"] == by) & (scores["name"] == name)]
    return rows.reset_index(drop=True)


def shares_between(row: pd.Series, stamp: Stamp) -> str:
    """The 95 % interval of a share in words."""
    low, high = float(row["low"]), float(row["high"])
    if pd.isna(low) or pd.isna(high):
        return MISSING
    return f"{share(low, stamp)} to {share(high, stamp)}".replace("-", MINUS)


def points_between(row: pd.Series, stamp: Stamp) -> str:
    """The 95 % interval of a difference of shares, in percentage points."""
    low, high = float(row["low"]), float(row["high"])
    if pd.isna(low) or pd.isna(high):
        return MISSING
    return f"{points(low, stamp)} to {points(high, stamp)}"


def points(value: float, stamp: Stamp) -> str:
    """A difference of shares in percentage points, signed."""
    if pd.isna(value):
        return MISSING
    written = units(100 * value, stamp).replace("-", MINUS)
    return f"+{written}" if value > 0 and any(d in written for d in "123456789") else written


def is_noise(row: pd.Series) -> bool:
    """Whether a difference's interval holds zero, or is not known."""
    return within_noise(float(row["low"]), float(row["high"]))


def advantage_words(row: pd.Series | None, stamp: Stamp | None) -> str:
    """How the error compares with that of the best simple rule, in a few words."""
    if row is None:
        return "no simple rule can answer"
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return "too few to tell"
    if is_noise(row):
        return "within noise"
    value = float(row["value"])
    return f"{share(abs(value), stamp)} {'less' if value > 0 else 'more'}"


def _beside_the_rule(gain: pd.Series, stamp: Stamp) -> str:
    rule = f"the best simple rule ({gain['against']})"
    words = advantage_words(gain, stamp)
    if not is_noise(gain):
        return f"{words} than {rule}"
    return f"{words} {'of' if words == 'within noise' else 'beside'} {rule}"


def certainty_words(scores: pd.DataFrame, stamp: Stamp, by: str, name: str) -> str:
    """How far off the forecasts were, in one sentence; empty where none was scored."""
    parts: list[str] = []
    for kind in kinds_of(scores[(scores["by"] == by) & (scores["name"] == name)]):
        error = figure_of(scores, kind, "error_share", by, name)
        gain = advantage_of(scores, kind, by, name)
        if error is None:
            continue
        of = " of the units sold" if not parts else ""
        interval = f" ({shares_between(error, stamp)})" if pd.notna(error["low"]) else ""
        words = f"by {share(float(error['value']), stamp)}{of}{interval} for"
        words = f"{words} {KIND_WORDS[kind].lower()}"
        if gain is not None:
            words += f", {_beside_the_rule(gain, stamp)}"
        parts.append(words)
    return f"forecasts missed {'; '.join(parts)}." if parts else ""


def not_scored(contents: Contents) -> str:
    """Why there are no scores: what the backtest noted."""
    if len(contents.backtest):
        return ""
    noted = contents.assumptions[contents.assumptions["stage"] == "backtest"]["text"]
    return str(noted.iloc[0]) if len(noted) else "Forecasts were not scored on past weeks"


def verdict(row: pd.Series) -> str:
    """What the share inside says about the intervals' width."""
    low, high = float(row["low"]), float(row["high"])
    if pd.isna(low) or pd.isna(high):
        return "too few to tell"
    if low <= PROMISED <= high:
        return "agrees with 80 %"
    if abs(float(row["value"]) - PROMISED) <= NEAR:
        return "close to 80 %"
    return "too narrow" if high < PROMISED else "too wide"


def summary_lines(scores: pd.DataFrame) -> list[str]:
    """The scores in a few sentences, for the command line."""
    lines = []
    for kind in kinds_of(scores):
        error = figure_of(scores, kind, "error_share")
        inside = figure_of(scores, kind, "inside_share")
        if error is None or inside is None:
            continue
        gain = advantage_of(scores, kind)
        rule = "" if gain is None else f" ({gain['against']})"
        lines.append(
            f"{KIND_WORDS[kind]}: error {share(float(error['value']))} of units; beside the best "
            f"simple rule{rule}: "
            f"{advantage_words(gain, None)}; "
            f"{share(float(inside['value']))} inside the 80 % intervals ({verdict(inside)})."
        )
    return lines
