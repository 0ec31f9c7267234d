"""A readable store problem to vary in tests."""

from __future__ import annotations

import copy

BASE = {
    "store_id": "7",
    "deliveries_week": 3,
    "need_groups": [
        {"id": "apples", "potential_units_week": 200, "no_purchase_attraction": 20},
        {"id": "herbs", "potential_units_week": 40, "no_purchase_attraction": 10},
    ],
    "items": [
        {
            "id": name,
            "need_group": group,
            "attraction": attraction,
            "shadow_attraction": 0.4 * attraction,
            "price": price,
            "unit_cost": 0.6 * price,
            "waste_share": 0.2,
            "demand_cv": 0.5,
            "fixture_type": "table",
            "facing_width_cm": 20,
            "units_per_facing": 15,
            "shelf_fills_per_cycle": 2,
            "min_units_per_facing": 2,
            "min_facings": 1,
            "max_facings": 4,
            "listing_cost_week": 2,
            "facing_cost_week": 0.2,
            "core": name == "gala",
        }
        for name, group, attraction, price in (
            ("gala", "apples", 60, 2.0),
            ("fuji", "apples", 50, 2.2),
            ("pink", "apples", 30, 3.0),
            ("granny", "apples", 25, 1.8),
            ("basil", "herbs", 15, 2.5),
            ("mint", "herbs", 8, 2.4),
            ("chives", "herbs", 6, 2.9),
        )
    ],
    "limits": {"shelf_cm": {"table": 140}, "budget_week": 260, "max_local_items": 5},
}


def small_store(**limits) -> dict:
    """The base problem with some limits replaced; None takes a limit away."""
    problem = copy.deepcopy(BASE)
    for name, value in limits.items():
        if value is None:
            problem["limits"].pop(name, None)
        else:
            problem["limits"][name] = value
    return problem
