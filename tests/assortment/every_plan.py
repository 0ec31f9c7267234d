"""Small random store problems and a judge that tries every plan."""

from __future__ import annotations

import itertools

import numpy as np
from linear import largest

OBJECTIVES = ("margin", "sales", "units", "waste")


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


def limited_problem(seed: int) -> dict:
    """A random problem under the limits of a scenario, with any of the objectives."""
    problem, r = random_problem(seed), np.random.default_rng([seed, 2])
    items, limits, locks = problem["items"], problem["limits"], problem.setdefault("locks", {})
    for key in ("need_group_min", "max_local_items"):
        limits.pop(key, None)
    if r.random() < 0.6:
        locks.pop("in", None)
    problem["objective"] = str(r.choice(OBJECTIVES, p=[0.4, 0.2, 0.2, 0.2]))
    for item in items:
        item["category"] = str(r.choice(["fruit", "herbs"]))
        item["supplier_id"] = str(r.choice(["", "orchard"]))
        item["organic"], item["in_current_range"] = bool(r.random() < 0.4), bool(r.random() < 0.5)
    for key in ("category_min", "category_max"):
        if r.random() < 0.2:
            limits[key] = {items[0]["category"]: int(r.integers(0, 3))}
    names = ["local", "organic"]
    if any(item["supplier_id"] for item in items):
        names.append("supplier:orchard")
    limits["min_share"] = {
        name: float(r.choice([0.25, 1 / 3, 0.5])) for name in names if r.random() < 0.25
    }
    if r.random() < 0.4:
        limits["min_days_of_supply"] = float(r.choice([0.5, 1, 2.5]))
    if r.random() < 0.4:
        limits["max_swaps"] = int(r.integers(0, 3))
    if r.random() < 0.5 or problem["objective"] == "waste":
        limits["min_sales_week"] = round(float(r.choice([5, 25, 90]) * r.uniform(0.2, 1.2)), 2)
    for key in ("min_facings", "max_facings"):
        if r.random() < 0.3:
            item = items[int(r.integers(0, len(items)))]
            count = int(r.integers(item["min_facings"], item["max_facings"] + 1))
            if item["id"] not in locks.get("min_facings", {}):
                locks[key] = {item["id"]: count}
    return problem


def best_by_trying(problem: dict) -> float | None:
    """The largest objective over every range, facing count and stock; None where none exists.

    Written from the design's formulas alone. For given facings the stock of each item is a
    piecewise linear function of the money it spends (certain demand), concave, so filling the
    budget by objective per money is exact without a sales floor, and never too low with one:
    where there is one, plans are tried from the most promising on, by a linear program each.
    """
    floor, found, demands = problem.get("limits", {}).get("min_sales_week"), [], {}
    for facings in itertools.product(*_facing_choices(problem)):
        listed = tuple(f > 0 for f in facings)
        if not (_keeps_locks_and_counts(problem, listed) and _fits_the_shelf(problem, facings)):
            continue
        if listed not in demands:
            demands[listed] = _demand(problem, listed)
        means = [d / problem.get("deliveries_week", 1) for d in demands[listed]]
        value = _best_stock_value(problem, facings, means)
        if value is not None:
            found.append((value, facings, means))
    if floor is None:
        return max((value for value, _, _ in found), default=None)
    best = None
    for value, facings, means in sorted(found, key=lambda entry: -entry[0]):
        if best is not None and value <= best:
            break
        sold_enough = _best_stock_value_at_the_floor(problem, facings, means)
        if sold_enough is not None and (best is None or sold_enough > best):
            best = sold_enough
    return best


def _facing_choices(problem):
    locks = problem.get("locks", {})
    choices = []
    for item in problem["items"]:
        least, most = item.get("min_facings", 1), item.get("max_facings", 1)
        least = max(least, locks.get("min_facings", {}).get(item["id"], least))
        most = min(most, locks.get("max_facings", {}).get(item["id"], most))
        choices.append([0, *range(least, most + 1)])
    return choices


def _keeps_locks_and_counts(problem, listed):
    items, limits, locks = problem["items"], problem.get("limits", {}), problem.get("locks", {})
    range_ = [item for on, item in zip(listed, items, strict=True) if on]
    left_out = [item for on, item in zip(listed, items, strict=True) if not on]
    forced_in = {i["id"] for i in items if i.get("core")} | set(locks.get("in", []))
    forced_out = set(locks.get("out", []))
    chosen = {item["id"] for item in range_}
    if not forced_in <= chosen or chosen & forced_out:
        return False
    if sum(not item.get("core", False) for item in range_) > limits.get("max_local_items", 99):
        return False
    for key in ("need_group", "category"):
        count = lambda name, key=key: sum(item.get(key) == name for item in range_)  # noqa: E731
        if any(count(name) < low for name, low in limits.get(f"{key}_min", {}).items()):
            return False
        if any(count(name) > high for name, high in limits.get(f"{key}_max", {}).items()):
            return False
    for name, share in limits.get("min_share", {}).items():
        if sum(_counts_for(item, name) for item in range_) < share * len(range_) - 1e-9:
            return False
    if "max_swaps" in limits:
        free = lambda item: item["id"] not in forced_in | forced_out  # noqa: E731
        enter = sum(free(item) and not item["in_current_range"] for item in range_)
        leave = sum(free(item) and item["in_current_range"] for item in left_out)
        if max(enter, leave) > limits["max_swaps"]:
            return False
    return True


def _counts_for(item, share):
    if share == "local":
        return not item.get("core", False)
    if share == "organic":
        return item["organic"]
    return item["supplier_id"] == share.removeprefix("supplier:")


def _fits_the_shelf(problem, facings):
    return all(
        sum(
            f * item["facing_width_cm"]
            for f, item in zip(facings, problem["items"], strict=True)
            if item["fixture_type"] == kind
        )
        <= room + 1e-9
        for kind, room in problem.get("limits", {}).get("shelf_cm", {}).items()
    )


def _demand(problem, listed):
    items = problem["items"]
    potential = {g["id"]: g["potential_units_week"] for g in problem["need_groups"]}
    segments = sorted({s for p in potential.values() if isinstance(p, dict) for s in p}) or [""]
    at = lambda value, s: value.get(s, 0.0) if isinstance(value, dict) else value  # noqa: E731
    demand = [0.0] * len(items)
    for group in problem["need_groups"]:
        for s in segments:
            denominator = at(group["no_purchase_attraction"], s)
            for on, i in zip(listed, items, strict=True):
                if i["need_group"] == group["id"]:
                    denominator += at(i["attraction"] if on else i.get("shadow_attraction", 0.0), s)
            if denominator <= 0:
                continue
            rate = at(group["potential_units_week"], s) / denominator
            for k, i in enumerate(items):
                if listed[k] and i["need_group"] == group["id"]:
                    demand[k] += at(i["attraction"], s) * rate
    return demand


def _start_and_steps(problem, facings, means):
    """Objective, money spent and sales of the least stock, and for each item what more stock can
    add: objective, money and sales per unit, and how many units; None where stock does not fit.
    """
    cycles, objective = problem.get("deliveries_week", 1), problem.get("objective", "margin")
    days = problem.get("limits", {}).get("min_days_of_supply", 0.0)
    worth = spent = sales = 0.0
    steps = []
    for item, f, mean in zip(problem["items"], facings, means, strict=True):
        if not f:
            continue
        price, cost = item["price"], item.get("unit_cost", 0.0)
        low = max(item.get("min_units_per_facing", 0.0) * f, item.get("min_stock_units", 0.0))
        low = max(low, days / (7 / cycles) * mean)
        high = item.get("units_per_facing", np.inf) * item.get("shelf_fills_per_cycle", 1.0) * f
        if low > high + 1e-9:
            return None
        sold = min(mean, low)
        wasted = item.get("waste_share", 0.0) * (low - sold)
        handling = item.get("listing_cost_week", 0.0) + f * item.get("facing_cost_week", 0.0)
        spent += cycles * cost * (sold + wasted)
        sales += cycles * price * sold
        worth += {
            "margin": cycles * (price * sold - cost * (sold + wasted)) - handling,
            "sales": cycles * price * sold,
            "units": cycles * sold,
            "waste": -cycles * cost * wasted,
        }[objective]
        gain = {"margin": price - cost, "sales": price, "units": 1.0, "waste": 0.0}[objective]
        more = cycles * (min(mean, high) - low)
        if more > 0:
            steps.append((gain, cost, price, more))
    return worth, spent, sales, steps


def _best_stock_value(problem, facings, means):
    start = _start_and_steps(problem, facings, means)
    budget = problem.get("limits", {}).get("budget_week", np.inf)
    if start is None or start[1] > budget + 1e-9:
        return None
    worth, spent, _, steps = start
    paying = [(gain / cost if cost else np.inf, gain, cost, n) for gain, cost, _, n in steps]
    return worth + _filled([entry for entry in paying if entry[1] > 0], budget - spent)


def _filled(steps, left):
    """What steps (rate, gain and cost per unit, units) add, best rate first, within ``left``."""
    total = 0.0
    for _, gain, cost, units in sorted(steps, reverse=True):
        bought = min(units, left / cost) if cost else units
        if bought > 0:
            total += gain * bought
            left -= cost * bought
    return total


def _best_stock_value_at_the_floor(problem, facings, means):
    limits = problem["limits"]
    worth, spent, sales, steps = _start_and_steps(problem, facings, means)
    missing = limits["min_sales_week"] - sales
    left = limits.get("budget_week", np.inf) - spent
    selling = [(price / cost if cost else np.inf, price, cost, n) for _, cost, price, n in steps]
    if _filled(selling, left) < missing - 1e-9:
        return None
    if not steps:
        return worth
    gain, cost, price, units = (np.array(values) for values in zip(*steps, strict=True))
    rows, right = [-price], [-missing + 1e-9]
    if np.isfinite(left):
        rows, right = [*rows, cost], [*right, max(left, 0.0)]
    added = largest(gain, rows, right, units)
    assert added is not None
    return worth + added
