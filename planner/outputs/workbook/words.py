"""Words that several sheets share: heads of figures, names of limits and plans."""

from __future__ import annotations

from planner.outputs import numbers
from planner.outputs.contents import Stamp
from planner.outputs.workbook import styles
from planner.outputs.workbook.sheet import Column

STATUS_LETTERS = {"NEW": "N", "KEEP": "K", "MOVED": "M"}

OPTIMAL, WITHIN = "optimal", "within "
"""Proofs, as the assortment gives them: the second goes on with the gap."""

NOT_PLACED = "not placed"

PLAN_NAMES = {"local": "This plan", "common": "Common plan", "current": "Current range"}


def status_text(status: str) -> str:
    """NEW as ``N NEW``: the letter is what stands on the drawing."""
    letter = STATUS_LETTERS.get(status)
    return f"{letter} {status}" if letter else status


def validity(stamp: Stamp) -> str:
    """From when to when the plan holds, and what it was made from."""
    return (
        f"{stamp.chain_name}  ·  scenario {stamp.scenario}  ·  "
        f"data up to {numbers.day(stamp.data_date, stamp)}  ·  "
        f"valid {numbers.day(stamp.valid_from, stamp)} to {numbers.day(stamp.valid_to, stamp)}"
    )


def certainty(plan: str, proof: str, gap: float, stamp: Stamp) -> str:
    """Both words of a plan's status, and its gap where the proof does not give it."""
    said = f"plan {plan}, proof {proof}"
    if proof == OPTIMAL:
        return f"{said}, no gap"
    if proof.startswith(WITHIN):
        return f"{said} of the best possible (the gap)"
    return f"{said}, gap {numbers.gap(gap, stamp)}"


def money_column(head: str, stamp: Stamp, width: float = 11, total: bool = False) -> Column:
    """A column of money in the chain's currency."""
    return Column(head, width, styles.money(stamp), total)


def objective_column(head: str, stamp: Stamp, width: float = 11) -> Column:
    """A column of what the plan makes as large as possible; its head says so where it is not the
    margin."""
    if stamp.objective == "units":
        return Column(f"{head} (units)", width, styles.UNITS)
    kind = {"sales": " (sales)", "waste": " (less waste)"}.get(stamp.objective, "")
    return money_column(f"{head}{kind}", stamp, width)


def objective_text(value: float, stamp: Stamp) -> str:
    """An amount of what the plan makes as large as possible."""
    if stamp.objective == "units":
        return f"{numbers.units(value, stamp)} units"
    return numbers.money(value, stamp)
