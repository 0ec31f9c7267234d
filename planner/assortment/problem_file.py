"""PROBLEM.json in, PLAN.json out: one store program with its parameters given."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from planner.assortment.problem import Floats, RangeLimit, StoreProblem
from planner.assortment.result import StorePlan
from planner.errors import BadInput, Problem

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PerSegment = Amount | dict[str, Amount]


def _whole(value: object) -> object:
    """A whole number that was written with a point, as many programs do."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: object) -> object:
    """An id that was written as a number."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else value


Identifier = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Facings = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
WHOLE_POPULATION = "all"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NeedGroupEntry(_Strict):
    """Demand of one need group: units per week, and the attraction of buying nothing."""

    id: Identifier
    potential_units_week: PerSegment
    no_purchase_attraction: PerSegment = 0.0


class ItemEntry(_Strict):
    """One candidate item; left out: no limit, 0 for costs and shares, 1 for facings."""

    id: Identifier
    need_group: Identifier
    attraction: PerSegment
    shadow_attraction: PerSegment = 0.0
    price: Amount
    unit_cost: Amount = 0.0
    waste_share: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    demand_cv: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    fixture_type: str = ""
    facing_width_cm: Amount = 0.0
    units_per_facing: Amount | None = None
    shelf_fills_per_cycle: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    min_units_per_facing: Amount = 0.0
    min_stock_units: Amount = 0.0
    min_facings: Facings = 1
    max_facings: Facings | None = None
    listing_cost_week: Amount = 0.0
    facing_cost_week: Amount = 0.0
    core: bool = False


class LimitsEntry(_Strict):
    """Limits of the store; left out: no limit."""

    shelf_cm: dict[str, Amount] = Field(default_factory=dict)
    budget_week: Amount | None = None
    max_local_items: Count | None = None
    need_group_min: dict[str, Count] = Field(default_factory=dict)
    need_group_max: dict[str, Count] = Field(default_factory=dict)


class LocksEntry(_Strict):
    """Items that must or must not be listed."""

    in_: list[Identifier] = Field(default_factory=list, alias="in")
    out: list[Identifier] = Field(default_factory=list)


class ProblemFile(_Strict):
    """PROBLEM.json as it is written."""

    store_id: Identifier = ""
    deliveries_week: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    need_groups: list[NeedGroupEntry]
    items: list[ItemEntry]
    limits: LimitsEntry = Field(default_factory=LimitsEntry)
    locks: LocksEntry = Field(default_factory=lambda: LocksEntry.model_validate({}))


def read_problem(path: Path) -> StoreProblem:
    """Read and check PROBLEM.json; raises BadInput with every fault found."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = _fault(path, 1, "", str(error), "a readable UTF-8 file", "check the path")
        raise BadInput([fault]) from error
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        fault = _fault(path, error.lineno, "", error.msg, "JSON", "mend the text at this line")
        raise BadInput([fault]) from error
    try:
        entry = ProblemFile.model_validate(content)
    except ValidationError as error:
        raise BadInput(_schema_faults(path, text, content, error)) from error
    faults = _reference_faults(path, text, entry)
    if faults:
        raise BadInput(faults)
    return _to_problem(entry)


def _fault(path: Path, row: int, column: str, value: str, allowed: str, mend: str) -> Problem:
    return Problem(path.name, row, column, value, allowed, mend)


def _row_of(text: str, identifier: str) -> int:
    """Line on which an id stands first, to point a person at it."""
    place = text.find(json.dumps(identifier))
    return 1 if place < 0 else text.count("\n", 0, place) + 1


def _schema_faults(path: Path, text: str, content: Any, error: ValidationError) -> list[Problem]:
    faults: dict[str, Problem] = {}
    for fault in error.errors():
        steps = [step for step in fault["loc"] if not _is_type_branch(step)]
        owner, row = content, 1
        for step in steps:
            try:
                owner = owner[step]
            except (KeyError, IndexError, TypeError):
                break
            if isinstance(owner, dict) and isinstance(owner.get("id"), str):
                row = _row_of(text, owner["id"])
        column = ".".join(str(step) for step in steps)
        message = str(fault["msg"])
        found = fault["input"]
        shown = "(missing)" if fault["type"] == "missing" else json.dumps(found)[:80]
        faults.setdefault(column, _fault(path, row, column, shown, message, "correct this value"))
    return list(faults.values())


def _is_type_branch(step: Any) -> bool:
    """Pydantic names the branch of a union in the path; people have not written it."""
    branch = ("dict[", "constrained-", "function-")
    return isinstance(step, str) and (step.startswith(branch) or step in {"float", "int"})


def _reference_faults(path: Path, text: str, entry: ProblemFile) -> list[Problem]:
    faults = []

    def add(identifier: str, column: str, value: str, allowed: str, mend: str) -> None:
        faults.append(_fault(path, _row_of(text, identifier), column, value, allowed, mend))

    groups = [group.id for group in entry.need_groups]
    items = [item.id for item in entry.items]
    for name, ids in (("need_groups", groups), ("items", items)):
        for identifier in sorted({i for i in ids if ids.count(i) > 1}):
            add(identifier, f"{name}.id", identifier, "every id once", "remove or rename one")
    for item in entry.items:
        if item.need_group not in groups:
            add(item.id, f"{item.id}.need_group", item.need_group, "an id of need_groups",
                "add the need group or correct the name")  # fmt: skip
        if item.max_facings is not None and item.max_facings < item.min_facings:
            allowed = f"at least min_facings ({item.min_facings})"
            add(item.id, f"{item.id}.max_facings", str(item.max_facings), allowed, "raise it")
    segments, segmented = _segments(entry)
    for column, owner, value in _per_segment_values(entry):
        if isinstance(value, dict):
            if not segmented:
                allowed = "a number, as potential_units_week has no segments"
                mend = "give potential_units_week per segment too"
                add(owner, column, json.dumps(value), allowed, mend)
            for unknown in sorted(set(value) - set(segments)):
                allowed = f"a segment of potential_units_week: {', '.join(segments)}"
                add(owner, column, unknown, allowed, "correct the name or give it a potential")
    for item in entry.items:
        for segment in segments:
            attraction = _value(item.attraction, segment)
            shadow = _value(item.shadow_attraction, segment)
            if shadow > attraction * (1 + 1e-12):
                add(item.id, f"{item.id}.shadow_attraction", str(shadow),
                    f"at most the attraction ({attraction})", "lower it")  # fmt: skip
                break
    known_groups, known_items = set(groups), set(items)
    for name in ("need_group_min", "need_group_max"):
        for key in getattr(entry.limits, name):
            if key not in known_groups:
                add(key, f"limits.{name}", key, "an id of need_groups", "correct the name")
    for name, ids in (("in", entry.locks.in_), ("out", entry.locks.out)):
        for identifier in ids:
            if identifier not in known_items:
                add(identifier, f"locks.{name}", identifier, "an id of items", "correct the name")
    return faults


def _per_segment_values(entry: ProblemFile) -> list[tuple[str, str, PerSegment]]:
    values: list[tuple[str, str, PerSegment]] = []
    for group in entry.need_groups:
        column = f"{group.id}.no_purchase_attraction"
        values.append((column, group.id, group.no_purchase_attraction))
    for item in entry.items:
        values.append((f"{item.id}.attraction", item.id, item.attraction))
        values.append((f"{item.id}.shadow_attraction", item.id, item.shadow_attraction))
    return values


def _segments(entry: ProblemFile) -> tuple[list[str], bool]:
    named: dict[str, None] = {}
    for group in entry.need_groups:
        if isinstance(group.potential_units_week, dict):
            named.update(dict.fromkeys(group.potential_units_week))
    return (list(named), True) if named else ([WHOLE_POPULATION], False)


def _value(value: PerSegment, segment: str) -> float:
    return float(value.get(segment, 0.0)) if isinstance(value, dict) else float(value)


def _to_problem(entry: ProblemFile) -> StoreProblem:
    segments, _ = _segments(entry)
    groups = [group.id for group in entry.need_groups]
    index = {group: n for n, group in enumerate(groups)}
    items = entry.items

    def table(values: list[PerSegment]) -> Floats:
        rows = [[_value(value, segment) for value in values] for segment in segments]
        return np.array(rows, dtype=np.float64).reshape(len(segments), len(values))

    def column(name: str, missing: float = math.inf) -> Floats:
        found = [getattr(item, name) for item in items]
        return np.array([missing if v is None else v for v in found], dtype=np.float64)

    def flags(ids: list[str]) -> np.ndarray:
        return np.array([item.id in set(ids) for item in items], dtype=bool)

    group_of_item = np.array([index[item.need_group] for item in items], dtype=np.int64)
    unit_cost = column("unit_cost")
    limits = entry.limits
    return StoreProblem(
        store_id=entry.store_id,
        deliveries_week=entry.deliveries_week,
        segments=tuple(segments),
        need_groups=tuple(groups),
        item_ids=tuple(item.id for item in items),
        group_of_item=group_of_item,
        potential_units_week=table([group.potential_units_week for group in entry.need_groups]),
        no_purchase_attraction=table([g.no_purchase_attraction for g in entry.need_groups]),
        attraction=table([item.attraction for item in items]),
        shadow_attraction=table([item.shadow_attraction for item in items]),
        price=column("price"),
        unit_cost=unit_cost,
        spend_cost=unit_cost,
        sales_price=column("price"),
        waste_share=column("waste_share"),
        demand_cv=column("demand_cv"),
        fixture_type=tuple(item.fixture_type for item in items),
        facing_width_cm=column("facing_width_cm"),
        units_per_facing=column("units_per_facing"),
        shelf_fills_per_cycle=column("shelf_fills_per_cycle"),
        min_units_per_facing=column("min_units_per_facing"),
        min_stock_units=column("min_stock_units"),
        min_supply_cycles=np.zeros(len(items)),
        min_facings=column("min_facings").astype(np.int64),
        max_facings=np.array(
            [max(item.max_facings or 1, item.min_facings) for item in items], dtype=np.int64
        ),
        listing_cost_week=column("listing_cost_week"),
        facing_cost_week=column("facing_cost_week"),
        core=np.array([item.core for item in items], dtype=bool),
        locked_in=flags(entry.locks.in_),
        locked_out=flags(entry.locks.out),
        shelf_cm=dict(limits.shelf_cm),
        budget_week=math.inf if limits.budget_week is None else limits.budget_week,
        max_local_items=math.inf if limits.max_local_items is None else limits.max_local_items,
        min_sales_week=-math.inf,
        range_limits=tuple(_count_limits(limits, index, group_of_item)),
    )


def _count_limits(
    limits: LimitsEntry, index: Mapping[str, int], group_of_item: np.ndarray
) -> list[RangeLimit]:
    found = []
    for group, least in limits.need_group_min.items():
        members = (group_of_item == index[group]).astype(np.float64)
        found.append(RangeLimit(f"need_group_min:{group}", "items", members, lower=float(least)))
    for group, most in limits.need_group_max.items():
        members = (group_of_item == index[group]).astype(np.float64)
        found.append(RangeLimit(f"need_group_max:{group}", "items", members, upper=float(most)))
    return found


def plan_entry(problem: StoreProblem, plan: StorePlan) -> dict[str, Any]:
    """PLAN.json as it is written; numbers that do not exist are null."""

    def number(value: float) -> float | None:
        return float(value) if math.isfinite(value) else None

    items = []
    if plan.score is not None:
        found = plan.score
        for i, identifier in enumerate(problem.item_ids):
            items.append(
                {
                    "id": identifier,
                    "listed": bool(found.listed[i]),
                    "facings": int(found.facings[i]),
                    "stock_units_cycle": float(found.stock_units_cycle[i]),
                    "demand_units_week": float(found.demand_units_week[i]),
                    "sold_units_week": float(found.sold_units_week[i]),
                    "waste_units_week": float(found.waste_units_week[i]),
                }
            )
    return {
        "plan": plan.plan,
        "proof": plan.proof,
        "objective_week": number(plan.objective_week),
        "bound_week": number(plan.bound_week),
        "gap": number(plan.gap),
        "seconds": plan.seconds,
        "items": items,
        "limits": [
            {
                "limit": limit.limit,
                "used": limit.used,
                "available": limit.available,
                "shadow_price": limit.shadow_price,
            }
            for limit in plan.limits
        ],
    }


def write_plan(problem: StoreProblem, plan: StorePlan, path: Path) -> None:
    """Write PLAN.json, moved into place when whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(plan_entry(problem, plan), indent=2) + "\n", encoding="utf-8")
    aside.replace(path)
