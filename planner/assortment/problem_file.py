"""PROBLEM.json in, PLAN.json out: one store program with its parameters given."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from planner.assortment.objectives import with_objective
from planner.assortment.problem import Flags, Floats, RangeLimit, StoreProblem
from planner.assortment.problem_schema import ItemEntry, LocksEntry, PerSegment, ProblemFile
from planner.assortment.range_limits import least_count, least_share, most_count, swap_limits
from planner.assortment.result import StorePlan
from planner.assortment.rules import Objective
from planner.errors import BadInput, Problem
from planner.unfinished import file_aside

WHOLE_POPULATION = "all"
DAYS_OF_A_WEEK = 7


def read_problem(path: Path) -> StoreProblem:
    """Read and check PROBLEM.json; raises BadInput with every fault found."""
    allowed = "a PROBLEM.json: the parameters of one store, as text in UTF-8"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        found = "a folder" if path.is_dir() else error.strerror or str(error)
        mend = "name the file" if path.exists() else "check the spelling of the path"
        raise BadInput([Problem(str(path), 0, "", found, allowed, mend)]) from error
    except UnicodeDecodeError as error:
        found, mend = "a file of another kind", "name the file, or save it as UTF-8"
        raise BadInput([Problem(str(path), 0, "", found, allowed, mend)]) from error
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
        found, (allowed, mend) = fault["input"], _allowed(fault["type"], str(fault["msg"]))
        shown = "nothing" if fault["type"] == "missing" else json.dumps(found)[:80]
        faults.setdefault(column, _fault(path, row, column, shown, allowed, mend))
    return list(faults.values())


def _allowed(kind: str, message: str) -> tuple[str, str]:
    """What is allowed, and how to mend it, from what pydantic says."""
    if kind == "missing":
        return "a value: this key is required", "add it"
    if kind == "extra_forbidden":
        return "the keys of a PROBLEM.json", "remove the key, or correct its name"
    if kind == "model_type":
        return "an object with its keys, in braces", "correct this value"
    return message.removeprefix("Input should be "), "correct this value"


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
            continue
        least, most = _facings_range(item, entry.locks)
        if least > most:
            allowed = f"inside the item's {item.min_facings} to {_most_facings(item)} facings"
            locked = f"{least} to {most}"
            add(item.id, f"locks.facings of {item.id}", locked, allowed, "change lock or item")
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
    known_items = set(items)
    for name, known, what in (
        ("need_group", set(groups), "an id of need_groups"),
        ("category", {item.category for item in entry.items}, "a category of the items"),
    ):
        for end in ("min", "max"):
            for key in getattr(entry.limits, f"{name}_{end}"):
                if key not in known:
                    add(key, f"limits.{name}_{end}", key, what, "correct the name")
    shares = _share_members(entry)
    for key in entry.limits.min_share:
        if key not in shares:
            allowed = f"one of {', '.join(shares)}"
            add(key, "limits.min_share", key, allowed, "correct the name")
    if entry.objective is Objective.WASTE and entry.limits.min_sales_week is None:
        add("waste", "objective", "waste", "waste with limits.min_sales_week",
            "give the sales to keep: the least waste of all is an empty shelf")  # fmt: skip
    for name, ids in (
        ("in", entry.locks.in_),
        ("out", entry.locks.out),
        ("min_facings", list(entry.locks.min_facings)),
        ("max_facings", list(entry.locks.max_facings)),
    ):
        for identifier in ids:
            if identifier not in known_items:
                add(identifier, f"locks.{name}", identifier, "an id of items", "correct the name")
    return faults


def _most_facings(item: ItemEntry) -> int:
    return item.min_facings if item.max_facings is None else item.max_facings


def _facings_range(item: ItemEntry, locks: LocksEntry) -> tuple[int, int]:
    """Fewest and most facings of an item if listed: its own, narrowed by a lock."""
    return (
        max(item.min_facings, locks.min_facings.get(item.id, 1)),
        min(_most_facings(item), locks.max_facings.get(item.id, _most_facings(item))),
    )


def _share_members(entry: ProblemFile) -> dict[str, Flags]:
    """Name in ``min_share`` -> the items that it counts."""
    suppliers = sorted({item.supplier_id for item in entry.items} - {""})

    def flags(found: list[bool]) -> Flags:
        return np.array(found, dtype=bool)

    return {
        "local": flags([not item.core for item in entry.items]),
        "organic": flags([item.organic for item in entry.items]),
    } | {
        f"supplier:{supplier}": flags([item.supplier_id == supplier for item in entry.items])
        for supplier in suppliers
    }


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
    facings = [_facings_range(item, entry.locks) for item in items]
    locked_in, locked_out = flags(entry.locks.in_), flags(entry.locks.out)
    core = np.array([item.core for item in items], dtype=bool)
    supply_cycles = (limits.min_days_of_supply or 0.0) * entry.deliveries_week / DAYS_OF_A_WEEK
    floor = limits.min_sales_week
    problem = StoreProblem(
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
        min_supply_cycles=np.full(len(items), supply_cycles),
        min_facings=np.array([least for least, _ in facings], dtype=np.int64),
        max_facings=np.array([most for _, most in facings], dtype=np.int64),
        listing_cost_week=column("listing_cost_week"),
        facing_cost_week=column("facing_cost_week"),
        listing_money_week=column("listing_cost_week"),
        facing_money_week=column("facing_cost_week"),
        core=core,
        locked_in=locked_in,
        locked_out=locked_out,
        shelf_cm=dict(limits.shelf_cm),
        budget_week=math.inf if limits.budget_week is None else limits.budget_week,
        max_local_items=math.inf if limits.max_local_items is None else limits.max_local_items,
        min_sales_week=-math.inf if floor is None else floor,
        range_limits=(*_counts_and_shares(entry), *_swaps(entry, core | locked_in, locked_out)),
    )
    return with_objective(problem, entry.objective)


def _counts_and_shares(entry: ProblemFile) -> list[RangeLimit]:
    limits, found = entry.limits, []
    for name in ("need_group", "category"):
        own = np.array([getattr(item, name) for item in entry.items], dtype=object)
        for key, least in getattr(limits, f"{name}_min").items():
            found.append(least_count(f"{name}_min:{key}", own == key, least))
        for key, most in getattr(limits, f"{name}_max").items():
            found.append(most_count(f"{name}_max:{key}", own == key, most))
    members = _share_members(entry)
    for key, share in limits.min_share.items():
        found.append(least_share(f"min_share:{key}", members[key], share))
    return found


def _swaps(entry: ProblemFile, must_list: Flags, locked_out: Flags) -> tuple[RangeLimit, ...]:
    if entry.limits.max_swaps is None:
        return ()
    today = np.array([item.in_current_range for item in entry.items], dtype=bool)
    return swap_limits(today, must_list, locked_out, entry.limits.max_swaps)


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


def write_plan(
    problem: StoreProblem,
    plan: StorePlan,
    path: Path,
    conflicts: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write PLAN.json, moved into place when whole; ``conflicts``: why there is no plan."""
    entry = plan_entry(problem, plan) | ({"conflict": list(conflicts)} if conflicts else {})
    with file_aside(path) as aside:
        aside.write_text(json.dumps(entry, indent=2) + "\n", encoding="utf-8")
