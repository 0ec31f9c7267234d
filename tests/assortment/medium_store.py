"""Stores of a few dozen items with chance demand, beyond what can be tried plan by plan."""

from __future__ import annotations

import numpy as np


def medium_store(seed: int, items: int = 24, groups: int = 6, segments: int = 2) -> dict:
    """A PROBLEM.json in which shelf, budget and counts all bind."""
    r = np.random.default_rng(seed)
    names = [f"s{k}" for k in range(segments)]
    entries = []
    for i in range(items):
        draw = float(np.exp(r.normal(0, 0.8)))
        attraction = {s: round(draw * float(np.exp(r.normal(0, 0.6))), 4) for s in names}
        price = round(float(r.uniform(0.8, 6)), 2)
        entries.append(
            {
                "id": f"i{i}",
                "need_group": f"n{i % groups}",
                "attraction": attraction,
                "shadow_attraction": {s: round(0.3 * v, 4) for s, v in attraction.items()},
                "price": price,
                "unit_cost": round(price * float(r.uniform(0.5, 1.05)), 3),
                "waste_share": round(float(r.uniform(0.1, 0.6)), 3),
                "demand_cv": round(float(r.choice([0.0, 0.4, 0.9, 1.6])), 2),
                "fixture_type": f"t{int(r.integers(0, 2))}",
                "facing_width_cm": float(r.choice([12, 15, 20, 25])),
                "units_per_facing": float(r.integers(4, 20)),
                "min_units_per_facing": float(r.integers(0, 3)),
                "min_stock_units": float(r.choice([0, 4, 8])),
                "max_facings": int(r.integers(2, 5)),
                "listing_cost_week": round(float(r.uniform(0, 3)), 2),
                "facing_cost_week": round(float(r.uniform(0, 0.5)), 2),
                "core": i == 0,
            }
        )
    wide = sum(entry["facing_width_cm"] for entry in entries)
    potential = r.gamma(3, 20, groups)
    return {
        "store_id": str(seed),
        "deliveries_week": 3,
        "need_groups": [
            {
                "id": f"n{n}",
                "potential_units_week": {
                    s: round(float(potential[n] / segments * r.uniform(0.5, 1.5)), 3) for s in names
                },
                "no_purchase_attraction": round(float(r.uniform(0.5, 3)), 3),
            }
            for n in range(groups)
        ],
        "items": entries,
        "limits": {
            "shelf_cm": {f"t{k}": round(0.4 * wide) for k in range(2)},
            "budget_week": round(float(potential.sum()), 2),
            "max_local_items": items // 2,
            "need_group_max": {"n0": 2},
        },
    }
