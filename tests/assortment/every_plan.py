"""Small random store problems and a judge that tries every plan."""

from __future__ import annotations

import itertools

import numpy as np


def random_problem(seed: int) -> dict:
    """A small PROBLEM.json (cv 0) that mixes every limit; some have no feasible plan."""
    r = np.random.default_rng(seed)
    items_count, groups_count = int(r.integers(2, 7)), int(r.integers(1, 4))
    segments = [f"s{k}" for k in range(int(r.integers(1, 4)))]
    segmented = len(segments) > 1 or r.random() < 0.3

    def per_segment(draw, share_missing=0.15):
        if segmented and r.random() < 0.8:
            kept = [s for s in segments if r.random() > share_missing]
            return {s: round(float(draw()), 3) for s in kept}
        return round(float(draw()), 3)

    groups = []
    for n in range(groups_count):
        potential = lambda: r.uniform(0, 60)  # noqa: E731
        groups.append(
            {
                "id": f"n{n}",
                "potential_units_week": {s: round(float(potential()), 3) for s in segments}
                if segmented
                else round(float(potential()), 3),
                "no_purchase_attraction": 0.0
                if r.random() < 0.25
                else per_segment(lambda: r.uniform(0, 5)),
            }
        )
    items = []
    theta = r.choice([0.0, 0.3, 1.0], size=groups_count)
    for i in range(items_count):
        n = int(r.integers(0, groups_count))
        attraction = per_segment(lambda: r.uniform(0, 8))
        shadow = (
            {s: v * float(theta[n]) for s, v in attraction.items()}
            if isinstance(attraction, dict)
            else attraction * float(theta[n])
        )
        price = round(float(r.uniform(1, 6)), 2)
        least = int(r.integers(1, 3))
        item = {
            "id": f"i{i}",
            "need_group": f"n{n}",
            "attraction": attraction,
            "price": price,
            "unit_cost": round(price * float(r.uniform(0.3, 1.4)), 2),
            "waste_share": round(float(r.choice([0, 0.1, 0.5, 1.0])), 2),
            "fixture_type": str(r.choice(["wet", "table"])),
            "facing_width_cm": float(r.choice([10, 15, 20])),
            "units_per_facing": float(r.choice([3, 8, 30])),
            "min_facings": least,
            "max_facings": least + int(r.integers(0, 3)),
        }
        if theta[n] > 0:
            item["shadow_attraction"] = shadow
        optional = {
            "shelf_fills_per_cycle": float(r.choice([1, 2])),
            "min_units_per_facing": float(r.choice([0, 1, 2])),
            "min_stock_units": float(r.choice([0, 2, 6])),
            "listing_cost_week": round(float(r.uniform(0, 4)), 2),
            "facing_cost_week": round(float(r.uniform(0, 1)), 2),
            "core": bool(r.random() < 0.2),
        }
        item.update({key: value for key, value in optional.items() if r.random() < 0.7})
        items.append(item)
    limits: dict = {}
    if r.random() < 0.8:
        limits["shelf_cm"] = {"wet": float(r.integers(10, 90)), "table": float(r.integers(10, 90))}
    if r.random() < 0.6:
        limits["budget_week"] = round(float(r.uniform(5, 150)), 2)
    if r.random() < 0.4:
        limits["max_local_items"] = int(r.integers(0, items_count + 1))
    if r.random() < 0.3:
        limits["need_group_min"] = {"n0": int(r.integers(0, 3))}
    if r.random() < 0.3:
        limits["need_group_max"] = {"n0": int(r.integers(0, 3))}
    locks: dict = {}
    if r.random() < 0.3:
        locks["in"] = [f"i{int(r.integers(0, items_count))}"]
    if r.random() < 0.3:
        locks["out"] = [f"i{int(r.integers(0, items_count))}"]
    problem = {"store_id": "1", "need_groups": groups, "items": items, "limits": limits}
    if r.random() < 0.7:
        problem["deliveries_week"] = float(r.integers(1, 5))
    if locks:
        problem["locks"] = locks
    return problem


def wild_problem(seed: int) -> dict:
    """A random problem pushed to the edges: what is left out, nothing at all, far apart."""
    problem, r = random_problem(seed), np.random.default_rng([seed, 1])
    for group in problem["need_groups"]:
        if r.random() < 0.15:
            group["potential_units_week"] = _times(group["potential_units_week"], 0.0)
        scale = float(r.choice([1e-2, 1.0, 1e3]))
        group["potential_units_week"] = _times(group["potential_units_week"], scale)
    for item in problem["items"]:
        scale = float(r.choice([0.0, 1e-3, 1.0, 1.0, 1e3]))
        for name in ("attraction", "shadow_attraction"):
            if name in item:
                item[name] = _times(item[name], scale)
        for name, chance in (("units_per_facing", 0.4), ("unit_cost", 0.2), ("waste_share", 0.3)):
            if r.random() < chance:
                item.pop(name, None)
        if r.random() < 0.1:
            item["facing_width_cm"] = 0.0
        if r.random() < 0.1:
            item["price"] = 0.0
    if r.random() < 0.15:
        problem["limits"]["budget_week"] = 0.0
    if "shelf_cm" in problem["limits"]:
        if r.random() < 0.2:
            problem["limits"]["shelf_cm"]["wet"] = 0.0
        if r.random() < 0.2:
            problem["limits"]["shelf_cm"].pop("table")
    return problem


def _times(value, scale):
    return {s: v * scale for s, v in value.items()} if isinstance(value, dict) else value * scale


def best_by_trying(problem: dict) -> float | None:
    """The largest objective over every range, facing count and stock; None where none exists.

    Written from the design's formulas alone. For given facings the stock of each item is a
    piecewise linear function of the money it spends (certain demand), concave, so filling the
    budget by margin per money is exact.
    """
    items, limits = problem["items"], problem.get("limits", {})
    cycles = problem.get("deliveries_week", 1)
    names = [item["id"] for item in items]
    locks = problem.get("locks", {})
    potential = {g["id"]: g["potential_units_week"] for g in problem["need_groups"]}
    segments = sorted({s for p in potential.values() if isinstance(p, dict) for s in p}) or [""]
    at = lambda value, s: value.get(s, 0.0) if isinstance(value, dict) else value  # noqa: E731
    best = None
    choices = [
        [0, *range(item.get("min_facings", 1), item.get("max_facings", 1) + 1)] for item in items
    ]
    demands: dict[tuple[bool, ...], list[float]] = {}
    for facings in itertools.product(*choices):
        listed = tuple(f > 0 for f in facings)
        wanted = {i["id"] for i in items if i.get("core")} | set(locks.get("in", []))
        chosen = {name for name, on in zip(names, listed, strict=True) if on}
        if not wanted <= chosen or chosen & set(locks.get("out", [])):
            continue
        local = sum(on and not i.get("core", False) for on, i in zip(listed, items, strict=True))
        if local > limits.get("max_local_items", len(items)):
            continue
        counts = {
            g: sum(on and i["need_group"] == g for on, i in zip(listed, items, strict=True))
            for g in potential
        }
        if any(counts[g] < low for g, low in limits.get("need_group_min", {}).items()):
            continue
        if any(counts[g] > high for g, high in limits.get("need_group_max", {}).items()):
            continue
        if any(
            sum(
                f * i["facing_width_cm"]
                for f, i in zip(facings, items, strict=True)
                if i["fixture_type"] == kind
            )
            > room + 1e-9
            for kind, room in limits.get("shelf_cm", {}).items()
        ):
            continue
        if listed not in demands:
            demand = [0.0] * len(items)
            for group in problem["need_groups"]:
                for s in segments:
                    denominator = at(group["no_purchase_attraction"], s)
                    for on, i in zip(listed, items, strict=True):
                        if i["need_group"] == group["id"]:
                            denominator += at(
                                i["attraction"] if on else i.get("shadow_attraction", 0.0), s
                            )
                    if denominator <= 0:
                        continue
                    rate = at(group["potential_units_week"], s) / denominator
                    for k, i in enumerate(items):
                        if listed[k] and i["need_group"] == group["id"]:
                            demand[k] += at(i["attraction"], s) * rate
            demands[listed] = demand
        value = _best_stock_value(
            items, facings, demands[listed], cycles, limits.get("budget_week", np.inf)
        )
        if value is not None and (best is None or value > best):
            best = value
    return best


def _best_stock_value(items, facings, demand, cycles, budget):
    total, spent, steps = 0.0, 0.0, []
    for item, f, d in zip(items, facings, demand, strict=True):
        if not f:
            continue
        price, cost = item["price"], item.get("unit_cost", 0.0)
        lost = item.get("waste_share", 0.0)
        mean = d / cycles
        low = max(item.get("min_units_per_facing", 0.0) * f, item.get("min_stock_units", 0.0))
        high = item.get("units_per_facing", np.inf) * item.get("shelf_fills_per_cycle", 1.0) * f
        if low > high + 1e-9:
            return None
        sold = min(mean, low)
        money = cycles * cost * (sold + lost * (low - sold))
        total += cycles * price * sold - money
        total -= item.get("listing_cost_week", 0.0) + f * item.get("facing_cost_week", 0.0)
        spent += money
        more = min(mean, high) - low
        if more > 0 and price > cost:
            steps.append(((price - cost) / cost if cost else np.inf, cycles * cost * more))
            if not cost:
                total += cycles * price * more
    if spent > budget + 1e-9:
        return None
    left = budget - spent
    for rate, money in sorted(steps, reverse=True):
        used = min(money, left)
        if used > 0:
            total += rate * used
            left -= used
    return total
