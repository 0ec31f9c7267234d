"""One key of a scenario over several values: ``core.size=20:60:10`` or ``budget.scale=0.9,1``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from pydantic import ValidationError

from planner.assortment.rules import PlanRules
from planner.errors import BadInput
from planner.scenarios.file import Scenario
from planner.scenarios.schema import SUPPLIER, ScenarioBlock, keys, merged
from planner.tables.collect import Findings, nearest

OPTION = "--vary"
MOST_VALUES = 200
PLACEMENT = "placement."

Value = int | float | str


@dataclass(frozen=True)
class Variation:
    """A key of scenarios.toml and the values to plan it at, in the order given."""

    key: str
    values: tuple[Value, ...]


def read_variations(texts: Sequence[str], scenario: Scenario) -> tuple[Variation, ...]:
    """Variations from ``key=from:to:step`` or ``key=a,b,c``; raises BadInput with every fault.

    Placement weights are no keys here: they change no range. A value must be allowed where
    everything else is as in ``scenario``.
    """
    findings = Findings()
    found = []
    for number, text in enumerate(texts):
        key, _, right = (part.strip() for part in text.partition("="))
        if not _known(key):
            likely = nearest(key, _plan_keys())
            mend = f"write {likely}" if likely else "write one of them"
            findings.problem(
                OPTION, number + 1, key, text, f"one of {', '.join(_plan_keys())}", mend
            )
            continue
        values = _values(right)
        if not values:
            allowed = f"from:to:step or values apart by commas, at most {MOST_VALUES}"
            findings.problem(OPTION, number + 1, key, right, allowed, f"write {key}=20:60:10")
        for value in values:
            try:
                rules_with(scenario, key, value)
            except ValidationError as error:
                allowed = keys().get(key) or error.errors()[0]["msg"]
                findings.problem(OPTION, number + 1, key, value, allowed, "correct the value")
        found.append(Variation(key, values))
    if findings.problems:
        raise BadInput(findings.problems)
    return tuple(found)


def rules_with(scenario: Scenario, key: str, value: Value) -> PlanRules:
    """The rules of a scenario with one key set to another value."""
    whole: dict[str, Any] = {}
    for name, given in scenario.given.items():
        whole = merged(whole, _nested(name, given.value))
    whole = merged(whole, _nested(key, value))
    return ScenarioBlock.model_validate(whole).plan_rules()


def _known(key: str) -> bool:
    above, _, _ = key.rpartition(".")
    return key in _plan_keys() or f"{above}.{SUPPLIER}" in keys()


def _plan_keys() -> list[str]:
    return [key for key in keys() if key != "extends" and not key.startswith(PLACEMENT)]


def _nested(key: str, value: object) -> Mapping[str, Any]:
    first, _, rest = key.partition(".")
    return {first: _nested(rest, value)} if rest else {first: value}


def _values(text: str) -> tuple[Value, ...]:
    if ":" not in text:
        parts = [part.strip() for part in text.split(",")]
        return tuple(_value(part) for part in parts) if all(parts) else ()
    try:
        start, end, *more = (Decimal(part) for part in text.split(":"))
    except (InvalidOperation, ValueError):
        return ()
    step = more[0] if len(more) == 1 else Decimal(1)
    finite = all(number.is_finite() for number in (start, end, step))
    if len(more) > 1 or not finite or step <= 0 or end < start:
        return ()
    count = int((end - start) / step) + 1
    return (
        tuple(_value(str(start + n * step)) for n in range(count)) if count <= MOST_VALUES else ()
    )


def _value(text: str) -> Value:
    if re.fullmatch(r"[+-]?\d+", text):
        return int(text)
    try:
        return float(text)
    except ValueError:
        return text
