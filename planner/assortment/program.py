"""The store program as a mixed-integer linear program, named in PuLP.

One function per constraint family; each docstring states the inequality. Notation as in
docs/model.md: x listed, f facings, y demand per unit of attraction (as a share of its largest
value), t = y x, m mean demand per cycle, q stock per cycle, u expected units sold per cycle.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pulp

from planner.assortment import newsvendor
from planner.assortment.bounds import (
    DenominatorBounds,
    denominator_bounds,
    largest_mean,
    largest_rate,
    largest_stock,
)
from planner.assortment.problem import Floats, Integers, StoreProblem

Terms = list[tuple[pulp.LpVariable, float]]
LESS, EQUAL, MORE = pulp.LpConstraintLE, pulp.LpConstraintEQ, pulp.LpConstraintGE
TANGENTS_OF_DENOMINATOR = 4


class StoreProgram:
    """The relaxation of one store program: expected sales bounded from above by tangents.

    Tangents and lower sides of expected sales are added where a solution needs them; every row
    is valid for every plan, so the best value is an upper bound of the store's best margin.
    """

    def __init__(self, problem: StoreProblem) -> None:
        self.problem = problem
        self.candidates = problem.must_list | ~problem.locked_out
        self.items = [int(i) for i in np.flatnonzero(self.candidates)]
        self.bounds: DenominatorBounds = denominator_bounds(problem, self.candidates)
        self.model = pulp.LpProblem("store", pulp.LpMaximize)
        self.limit_rows: dict[str, tuple[str, float]] = {}
        """Limit name -> (row name, sign that makes its dual a shadow price)."""
        self.lower_sides: dict[int, int] = {}
        self._tangents: dict[int, list[float]] = {}
        self._largest_rate = largest_rate(problem, self.bounds, self.candidates)
        self._largest_mean = largest_mean(problem, self.bounds)
        self._largest_stock = largest_stock(problem, self._largest_mean)
        self._add_variables()
        self._add_objective()
        self._add_balance()
        self._add_product()
        self._add_convexity()
        self._add_mean()
        self._add_sales()
        self._add_stock()
        self._add_facings()
        self._add_shelf()
        self._add_budget()
        self._add_sales_floor()
        self._add_range()

    # ---- variables

    def _one_facing_count(self, item: int) -> bool:
        problem = self.problem
        return bool(
            problem.min_facings[item] == problem.max_facings[item]
            or np.isinf(problem.stock_capacity_per_facing[item])
        )

    def _add_variables(self) -> None:
        problem, new = self.problem, self.model.add_variable
        self.x, self.f, self.m, self.q, self.u = {}, {}, {}, {}, {}
        for i in self.items:
            low = 1 if problem.must_list[i] else 0
            self.x[i] = new(f"x_{i}", low, 1, pulp.LpInteger)
            self.m[i] = new(f"m_{i}", 0, float(self._largest_mean[i]))
            self.q[i] = new(f"q_{i}", 0, float(self._largest_stock[i]))
            self.u[i] = new(f"u_{i}", 0, float(self._largest_mean[i]))
            if not self._one_facing_count(i):
                most = int(problem.max_facings[i])
                self.f[i] = new(f"f_{i}", 0, most, pulp.LpInteger)
        self.y, self.t, self.empty = {}, {}, {}
        self._unit: dict[tuple[int, int], float] = {}
        for g, n in np.argwhere(self._largest_rate > 0):
            self.y[g, n] = new(f"y_{g}_{n}", 0, 1)
            if self.bounds.least[g, n] <= 0:
                self.empty[g, n] = new(f"e_{g}_{n}", 0, 1)
        for i in self.items:
            n = int(problem.group_of_item[i])
            for g in range(len(problem.segments)):
                if (g, n) in self.y and problem.attraction[g, i] > 0:
                    forced = problem.must_list[i]
                    self.t[g, i] = self.y[g, n] if forced else new(f"t_{g}_{i}", 0, 1)
                    self._unit[g, i] = 1.0 if forced else self._largest_product(g, i)

    def _largest_product(self, g: int, i: int) -> float:
        """Largest ``y x`` of an item, as a share of the group's largest y: the unit of its t."""
        problem, n = self.problem, int(self.problem.group_of_item[i])
        gain = float(problem.attraction[g, i] - problem.shadow_attraction[g, i])
        with_item = float(self.bounds.least[g, n]) + gain
        if with_item <= 0:
            return 1.0
        unit = float(problem.potential_units_week[g, n]) / float(self._largest_rate[g, n])
        return min(1.0, unit / with_item)

    def _product(self, g: int, i: int, factor: float = 1.0) -> tuple[pulp.LpVariable, float]:
        """``factor * y_gn x_i`` as a term."""
        return self.t[g, i], factor * self._unit[g, i]

    def _facings(self, item: int, factor: float) -> tuple[pulp.LpVariable, float]:
        """``factor * f_i`` as a term; facings of items with one possible count follow x."""
        if item in self.f:
            return self.f[item], factor
        return self.x[item], factor * float(self.problem.min_facings[item])

    def _add(self, terms: Iterable[tuple[pulp.LpVariable, float]], sense: int, name: str,
             right: float = 0.0) -> None:  # fmt: skip
        self.model.addConstraint(row(terms, sense, name, right))

    # ---- families

    def _add_objective(self) -> None:
        """Maximise ``sum r p u - r c (u + s (q - u)) - l x - h f``."""
        problem, r = self.problem, self.problem.deliveries_week
        terms: Terms = []
        for i in self.items:
            cost, lost = float(problem.unit_cost[i]), float(problem.waste_share[i])
            terms += [
                (self.u[i], r * (float(problem.price[i]) - cost * (1.0 - lost))),
                (self.q[i], -r * cost * lost),
                (self.x[i], -float(problem.listing_cost_week[i])),
                self._facings(i, -float(problem.facing_cost_week[i])),
            ]
        self.model.setObjective(expression(terms))

    def _group_gain(self, g: int, n: int) -> list[tuple[int, float]]:
        problem = self.problem
        gain = problem.attraction[g] - problem.shadow_attraction[g]
        return [
            (i, float(gain[i]))
            for i in self.items
            if problem.group_of_item[i] == n and (g, i) in self.t and gain[i] > 0
        ]

    def _add_balance(self) -> None:
        """``(v0 + sum w) y + sum (v - w) t = N``; a group that can be empty may give N up.

        ``e`` stands for an empty group (demand zero): ``e <= 1 - x`` for every item that draws.
        """
        problem = self.problem
        for (g, n), y in self.y.items():
            potential = float(problem.potential_units_week[g, n])
            scale = float(self._largest_rate[g, n]) / potential
            terms = [(y, float(self.bounds.base[g, n]) * scale)]
            terms += [self._product(g, i, gain * scale) for i, gain in self._group_gain(g, n)]
            if (g, n) in self.empty:
                terms.append((self.empty[g, n], 1.0))
                for i, _ in self._group_gain(g, n):
                    self._add([(self.empty[g, n], 1.0), (self.x[i], 1.0)], LESS,
                              f"empty_{g}_{i}", 1.0)  # fmt: skip
            self._add(terms, EQUAL, f"balance_{g}_{n}", 1.0)

    def _add_product(self) -> None:
        """``t = y x`` as ``L1 x <= t <= U1 x`` and ``L0 (1 - x) <= y - t <= U0 (1 - x)``."""
        problem, bounds = self.problem, self.bounds
        gain = problem.attraction - problem.shadow_attraction
        for (g, i), t in self.t.items():
            if problem.must_list[i]:
                continue
            n = int(problem.group_of_item[i])
            y, x = self.y[g, n], self.x[i]
            unit = float(problem.potential_units_week[g, n]) / float(self._largest_rate[g, n])
            with_item = float(bounds.least[g, n] + gain[g, i])
            upper_in = self._unit[g, i]
            lower_in = unit / float(max(bounds.most[g, n], with_item))
            lower_out = 0.0 if (g, n) in self.empty else unit / float(bounds.most_without[g, i])
            self._add([(t, 1.0), (x, -1.0)], LESS, f"product_upper_in_{g}_{i}")
            self._add([(t, 1.0), (x, -min(lower_in / upper_in, 1.0))], MORE,
                      f"product_lower_in_{g}_{i}")  # fmt: skip
            self._add([(y, 1.0), (t, -upper_in), (x, 1.0)], LESS, f"product_upper_out_{g}_{i}", 1.0)
            self._add([(y, 1.0), (t, -upper_in), (x, lower_out)], MORE,
                      f"product_lower_out_{g}_{i}", lower_out)  # fmt: skip

    def _add_convexity(self) -> None:
        """``y >= N (2 D0 - D) / D0^2`` at a few D0, and shelf and count rows times y.

        The first because 1/D is convex in the denominator D; the second,
        ``sum_i a_i f_min_i t_gi <= L_z y_gn``, because facings are at least f_min x.
        """
        problem, bounds = self.problem, self.bounds
        footprint = problem.facing_width_cm * problem.min_facings
        taken = {
            kind: float((footprint * problem.must_list)[problem.shelf_members(kind)].sum())
            for kind in problem.shelf_cm
        }
        for (g, n), y in self.y.items():
            if (g, n) in self.empty:
                continue
            gains = self._group_gain(g, n)
            free = [(i, gain) for i, gain in gains if not problem.must_list[i]]
            if not free:
                continue
            least, most = float(bounds.least[g, n]), float(bounds.most[g, n])
            forced_gain = least - float(bounds.base[g, n])
            base = float(bounds.base[g, n]) + forced_gain
            unit = float(problem.potential_units_week[g, n]) / float(self._largest_rate[g, n])
            for number, d0 in enumerate(np.geomspace(least, most, TANGENTS_OF_DENOMINATOR)):
                slope = unit / float(d0) ** 2
                terms = [(y, 1.0)] + [(self.x[i], slope * gain) for i, gain in free]
                self._add(terms, MORE, f"convex_{g}_{n}_{number}", slope * (2 * float(d0) - base))
            for kind, room in problem.shelf_cm.items():
                wide = [i for i, _ in free if problem.fixture_type[i] == kind]
                left = room - taken[kind]
                if wide and float(footprint[wide].sum()) > left >= 0:
                    terms = [self._product(g, i, float(footprint[i])) for i in wide]
                    self._add([*terms, (y, -left)], LESS, f"shelf_times_y_{g}_{n}_{kind}")

    def _add_mean(self) -> None:
        """``m_i = sum_g v_gi y_gn x_i / r``."""
        problem = self.problem
        for i in self.items:
            n = int(problem.group_of_item[i])
            terms: Terms = [(self.m[i], -1.0)]
            for g in range(len(problem.segments)):
                if (g, i) in self.t:
                    rate = float(self._largest_rate[g, n]) / problem.deliveries_week
                    terms.append(self._product(g, i, float(problem.attraction[g, i]) * rate))
            self._add(terms, EQUAL, f"mean_{i}")

    def _add_sales(self) -> None:
        """``u <= m``, ``u <= q`` and the first tangents of expected sales."""
        problem = self.problem
        worth = problem.price - problem.unit_cost * (1.0 - problem.waste_share)
        best_ratios = newsvendor.best_ratio(
            problem.price, problem.unit_cost, problem.waste_share, problem.demand_cv
        )
        for i in self.items:
            self._add([(self.u[i], 1.0), (self.m[i], -1.0)], LESS, f"sales_demand_{i}")
            self._add([(self.u[i], 1.0), (self.q[i], -1.0)], LESS, f"sales_stock_{i}")
            cv = float(problem.demand_cv[i])
            if cv < newsvendor.CERTAIN_CV:
                continue
            best = float(best_ratios[i]) if worth[i] > 0 else 1.0
            points = newsvendor.breakpoints(cv)
            if points[0] < best < points[-1]:
                # Never exactly at the best ratio: the relaxation would be degenerate there.
                near = [best * (1 + cv * k) for k in (-0.9, -0.3, 0.3, 0.9)]
            else:
                near = [points[len(points) // 4], 1.0, points[3 * len(points) // 4]]
            for ratio in near:
                if ratio > 0:
                    self.model.addConstraint(self.tangent_row(i, ratio))

    def tangent_row(self, item: int, ratio: float) -> pulp.LpConstraint:
        """``u <= alpha m + beta q``, the tangent of expected sales at ``q = ratio m``."""
        alpha, beta = newsvendor.tangent(ratio, float(self.problem.demand_cv[item]))
        known = self._tangents.setdefault(item, [])
        known.append(ratio)
        return row(
            [(self.u[item], 1.0), (self.m[item], -alpha), (self.q[item], -beta)],
            LESS,
            f"sales_tangent_{item}_{len(known)}",
        )

    def has_tangent_near(self, item: int, ratio: float) -> bool:
        """Whether a tangent stands so close to a stock ratio that another one adds nothing."""
        return any(abs(ratio - known) <= 1e-7 * ratio for known in self._tangents.get(item, []))

    def lower_side_rows(self, item: int, extra: tuple[float, ...] = ()) -> list[pulp.LpConstraint]:
        """Expected sales from below: ``u >= alpha_k m + beta_k q`` for one chord k of a choice.

        Needed where selling less than the stock allows would pay: a tight budget, or a price
        below ``c (1 - s)``. ``extra``: stock ratios at which the bound is exact.
        """
        number = self.lower_sides.get(item, 0) + 1
        self.lower_sides[item] = number
        lines = newsvendor.chords(float(self.problem.demand_cv[item]), extra)
        rows, choice = [], []
        for k, (alpha, beta) in enumerate(lines):
            chosen = self.model.add_variable(f"chord_{item}_{number}_{k}", 0, 1, pulp.LpInteger)
            choice.append((chosen, 1.0))
            largest = alpha * self._largest_mean[item] + beta * self._largest_stock[item]
            rows.append(
                row(
                    [
                        (self.u[item], 1.0),
                        (self.m[item], -alpha),
                        (self.q[item], -beta),
                        (chosen, -float(largest)),
                    ],
                    MORE,
                    f"sales_chord_{item}_{number}_{k}",
                    -float(largest),
                )
            )
        rows.append(row([*choice, (self.x[item], -1.0)], EQUAL, f"chord_choice_{item}_{number}"))
        return rows

    def _add_stock(self) -> None:
        """``m_i f <= q <= b k f``, ``q >= e x`` and ``q >= k m``, k the cycles of supply."""
        problem = self.problem
        for i in self.items:
            capacity = float(problem.stock_capacity_per_facing[i])
            if np.isfinite(capacity):
                terms = [(self.q[i], 1.0), self._facings(i, -capacity)]
                self._add(terms, LESS, f"stock_capacity_{i}")
            else:
                terms = [(self.q[i], 1.0), (self.x[i], -float(self._largest_stock[i]))]
                self._add(terms, LESS, f"stock_listed_{i}")
            look = float(problem.min_units_per_facing[i])
            if look > 0:
                terms = [(self.q[i], 1.0), self._facings(i, -look)]
                self._add(terms, MORE, f"stock_full_look_{i}")
            order = float(problem.min_stock_units[i])
            if order > look * problem.min_facings[i]:
                self._add([(self.q[i], 1.0), (self.x[i], -order)], MORE, f"stock_order_{i}")
            supply = float(problem.min_supply_cycles[i])
            if supply > 0:
                self._add([(self.q[i], 1.0), (self.m[i], -supply)], MORE, f"stock_supply_{i}")

    def _add_facings(self) -> None:
        """``f_min x <= f <= f_max x``."""
        for i, f in self.f.items():
            least, most = float(self.problem.min_facings[i]), float(self.problem.max_facings[i])
            self._add([(f, 1.0), (self.x[i], -least)], MORE, f"facings_least_{i}")
            self._add([(f, 1.0), (self.x[i], -most)], LESS, f"facings_most_{i}")

    def _add_shelf(self) -> None:
        """``sum a f <= L`` per fixture type."""
        for kind, room in self.problem.shelf_cm.items():
            terms = [
                self._facings(i, float(self.problem.facing_width_cm[i]))
                for i in self.items
                if self.problem.fixture_type[i] == kind
            ]
            self._limit(f"shelf_cm:{kind}", terms, LESS, room)

    def _add_budget(self) -> None:
        """``r sum c (u + s (q - u)) <= B``."""
        problem = self.problem
        if not np.isfinite(problem.budget_week):
            return
        terms: Terms = []
        for i in self.items:
            money = float(problem.deliveries_week * problem.spend_cost[i])
            lost = float(problem.waste_share[i])
            terms += [(self.u[i], money * (1.0 - lost)), (self.q[i], money * lost)]
        self._limit("budget_week", terms, LESS, problem.budget_week)

    def _add_sales_floor(self) -> None:
        """``r sum p u >= F``, p in money."""
        problem = self.problem
        if np.isfinite(problem.min_sales_week):
            money = problem.deliveries_week * problem.sales_price
            terms = [(self.u[i], float(money[i])) for i in self.items]
            self._limit("min_sales_week", terms, MORE, problem.min_sales_week)

    def _add_range(self) -> None:
        """``sum of local x <= E`` and the range limits ``lower <= sum a x <= upper``."""
        problem = self.problem
        if np.isfinite(problem.max_local_items):
            terms = [(self.x[i], 1.0) for i in self.items if not problem.core[i]]
            self._limit("max_local_items", terms, LESS, problem.max_local_items)
        for limit in problem.range_limits:
            terms = [(self.x[i], float(limit.coefficients[i])) for i in self.items]
            if np.isfinite(limit.upper):
                self._limit(limit.name, terms, LESS, limit.upper)
            if np.isfinite(limit.lower):
                self._limit(limit.name, terms, MORE, limit.lower)

    def _limit(self, name: str, terms: Terms, sense: int, right: float) -> None:
        label = f"limit_{len(self.limit_rows)}"
        self._add(terms, sense, label, right)
        self.limit_rows[name] = (label, 1.0 if sense == LESS else -1.0)

    def variables(self) -> list[pulp.LpVariable]:
        """Every variable of the program, also those that no row names."""
        families = (self.x, self.f, self.m, self.q, self.u, self.y, self.t, self.empty)
        return [variable for family in families for variable in family.values()]

    # ---- reading a solution

    def facings_of(self, values: Floats, column: dict[pulp.LpVariable, int]) -> Integers:
        """Whole facings of every item of the problem from a solution; zero where not listed."""
        problem = self.problem
        facings = np.zeros(len(problem.item_ids), dtype=np.int64)
        for i in self.items:
            if round(values[column[self.x[i]]]) == 1:
                if i in self.f:
                    found = round(values[column[self.f[i]]])
                    facings[i] = min(max(found, problem.min_facings[i]), problem.max_facings[i])
                else:
                    facings[i] = problem.min_facings[i]
        return facings


def expression(terms: Iterable[tuple[pulp.LpVariable, float]]) -> pulp.LpAffineExpression:
    """Sum of terms; a variable that appears twice is added up, zeros are left out."""
    total: dict[pulp.LpVariable, float] = {}
    for variable, coefficient in terms:
        if coefficient:
            total[variable] = total.get(variable, 0.0) + coefficient
    return pulp.LpAffineExpression(total)


def row(
    terms: Iterable[tuple[pulp.LpVariable, float]], sense: int, name: str, right: float = 0.0
) -> pulp.LpConstraint:
    """A named row ``sum terms (<=, =, >=) right``."""
    return pulp.LpConstraint(expression(terms), sense, name, right)
