"""Small random chains with limits that couple their stores, and a judge that tries every plan."""

from __future__ import annotations

import itertools
import json
import tempfile
from pathlib import Path

import numpy as np
from linear import largest

from planner.assortment.coupling import Coupling
from planner.assortment.problem import StoreProblem
from planner.assortment.problem_file import read_problem


def random_chain(seed: int, stores: int = 3, items: int = 4) -> dict[str, StoreProblem]:
    """Stores that differ in size and taste; demand certain, one facing an item."""
    r = np.random.default_rng([seed, 17])
    groups = 2
    about = [
        {
            "id": f"i{i}",
            "need_group": f"n{i % groups}",
            "price": round(float(r.uniform(2, 5)), 2),
            "waste_share": float(r.choice([0.0, 0.3])),
            "fixture_type": "table",
            "facing_width_cm": float(r.choice([10, 20])),
            "units_per_facing": 60.0,
            "min_units_per_facing": float(r.choice([0, 2])),
            "listing_cost_week": round(float(r.uniform(0.5, 5)), 2),
        }
        for i in range(items)
    ]
    for item in about:
        item["unit_cost"] = round(item["price"] * float(r.uniform(0.4, 0.9)), 2)
    found = {}
    for s in range(stores):
        size = float(r.uniform(0.5, 1.5))
        own = []
        for item in about:
            attraction = round(float(r.uniform(0.2, 5)), 2)
            shadow = round(attraction * float(r.choice([0, 0.5])), 3)
            own.append(item | {"attraction": attraction, "shadow_attraction": shadow})
        content = {
            "store_id": str(s + 1),
            "need_groups": [
                {
                    "id": f"n{n}",
                    "potential_units_week": round(size * float(r.uniform(10, 30)), 2),
                    "no_purchase_attraction": round(float(r.uniform(0.5, 3)), 2),
                }
                for n in range(groups)
            ],
            "items": own,
            "limits": {"shelf_cm": {"table": float(r.choice([30, 50, 100]))}},
        }
        found[str(s + 1)] = as_problem(content)
    return found


def as_problem(content: dict) -> StoreProblem:
    """The store program of a PROBLEM.json."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "PROBLEM.json"
        path.write_text(json.dumps(content))
        return read_problem(path)


def coupled(
    problems: dict[str, StoreProblem],
    *,
    budget_week: float = np.inf,
    min_order_week: tuple[float, ...] = (0.0, 0.0),
    max_units_week: tuple[float, ...] = (np.inf, np.inf),
    min_stores: int = 0,
) -> Coupling:
    """Limits of a chain with two suppliers, who share the items evenly."""
    first = next(iter(problems.values()))
    items = len(first.item_ids)
    return Coupling(
        budget_week=budget_week,
        supplier_ids=("north", "south"),
        supplier_of_item=np.arange(items) // ((items + 1) // 2),
        min_order_week=np.array(min_order_week),
        max_units_week=np.array(max_units_week),
        min_stores=np.where(first.core, 0, min_stores),
    )


def best_by_trying(
    problems: dict[str, StoreProblem], coupling: Coupling, most_ranges: int = 99
) -> float | None:
    """The largest objective over all ranges of all stores, at most so many different ones; None
    where none keeps the limits.

    Written from the formulas alone, for certain demand and one facing an item: given the ranges
    the best stock is a linear program in what is sold and what is left over.
    """
    ranges = [_ranges(problem) for problem in problems.values()]
    joint = sorted(
        itertools.product(*ranges), key=lambda plans: -sum(plan["value"] for plan in plans)
    )
    best = None
    for plans in joint:
        if best is not None and sum(plan["value"] for plan in plans) <= best:
            break
        if len({plan["listed"].tobytes() for plan in plans}) > most_ranges:
            continue
        counts = np.sum([plan["listed"] for plan in plans], axis=0)
        if ((counts > 0) & (counts < coupling.min_stores)).any():
            continue
        value = _best_stock(list(problems.values()), plans, coupling, counts)
        if value is not None and (best is None or value > best):
            best = value
    return best


def _ranges(problem: StoreProblem) -> list[dict]:
    """Every range that keeps the store's own limits, with its value without any other."""
    found = []
    for chosen in itertools.product([False, True], repeat=len(problem.item_ids)):
        listed = np.array(chosen)
        width = float(problem.facing_width_cm[listed].sum())
        if width > problem.shelf_cm["table"] + 1e-9 or (problem.must_list & ~listed).any():
            continue
        if (problem.locked_out & listed).any():
            continue
        demand = np.zeros(len(listed))
        for n in range(len(problem.need_groups)):
            own = problem.group_of_item == n
            denominator = problem.no_purchase_attraction[0, n]
            drawn = np.where(listed, problem.attraction[0], problem.shadow_attraction[0])
            denominator += drawn[own].sum()
            rate = problem.potential_units_week[0, n] / denominator
            demand[own] = (problem.attraction[0] * rate * listed)[own]
        least = problem.min_units_per_facing * listed
        most = problem.units_per_facing * listed
        fixed = np.minimum(demand, least)
        more = np.maximum(np.minimum(demand, most) - least, 0.0)
        spent = problem.unit_cost * (fixed + problem.waste_share * (least - fixed))
        base = float((problem.price * fixed - spent - problem.listing_cost_week * listed).sum())
        margin = problem.price - problem.unit_cost
        found.append(
            {
                "listed": listed,
                "base": base,
                "spent": spent,
                "received": fixed + problem.waste_share * (least - fixed),
                "more": more,
                "over": np.maximum(most - np.maximum(demand, least), 0.0),
                "margin": margin,
                "value": base + float((np.maximum(margin, 0.0) * more).sum()),
            }
        )
    return found


def _best_stock(problems, plans, coupling: Coupling, counts) -> float | None:
    """Sold (more) and left over (over) units of all stores, as one linear program."""
    cost = np.concatenate([p.unit_cost for p in problems] * 2)
    lost = np.concatenate([p.waste_share for p in problems])
    receives = np.concatenate([np.ones_like(lost), lost])
    gain = np.concatenate([*(plan["margin"] for plan in plans),
                           *(-p.unit_cost * p.waste_share for p in problems)])  # fmt: skip
    upper = np.concatenate([*(plan["more"] for plan in plans), *(plan["over"] for plan in plans)])
    rows, right = [], []
    if np.isfinite(coupling.budget_week):
        rows.append(cost * receives)
        right.append(coupling.budget_week - sum(plan["spent"].sum() for plan in plans))
    for k in range(len(coupling.supplier_ids)):
        own = coupling.supplier_of_item == k
        member = np.tile(own, 2 * len(problems))
        if np.isfinite(coupling.max_units_week[k]):
            rows.append(receives * member)
            used = sum(plan["received"][own].sum() for plan in plans)
            right.append(coupling.max_units_week[k] - used)
        if coupling.min_order_week[k] > 0 and counts[own].any():
            rows.append(-cost * receives * member)
            used = sum(plan["spent"][own].sum() for plan in plans)
            right.append(used - coupling.min_order_week[k])
    base = float(sum(plan["base"] for plan in plans))
    if not rows:
        return base + float((np.maximum(gain, 0.0) * upper).sum())
    added = largest(gain, rows, right, upper)
    return None if added is None else base + added
