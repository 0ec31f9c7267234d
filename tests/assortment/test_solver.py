"""The live model: the truth about status, bound, offset, added rows and duals."""

from __future__ import annotations

import time

import highspy
import numpy as np
import pulp
import pytest

from planner.assortment.program import EQUAL, LESS, MORE, expression, row
from planner.assortment.solver import TINY_COLUMNS, LiveModel, SolveStatus


def knapsack(room: float = 5.0, constant: float = 0.0):
    """Best of four items in a knapsack: values 6, 5, 4, 1 and widths 3, 2, 2, 1."""
    model = pulp.LpProblem("knapsack", pulp.LpMaximize)
    x = [model.add_variable(f"x_{i}", 0, 1, pulp.LpInteger) for i in range(4)]
    value, width = (6.0, 5.0, 4.0, 1.0), (3.0, 2.0, 2.0, 1.0)
    model.addConstraint(row(list(zip(x, width, strict=True)), LESS, "room", room))
    model.setObjective(expression(list(zip(x, value, strict=True))) + constant)
    return model, x


def market_split(rows: int = 6, columns: int = 50):
    """Hide a subset whose row sums are met exactly: its best value is 0, and hard to find."""
    random = np.random.default_rng(8)
    weight = random.integers(0, 100, (rows, columns))
    target = weight @ (random.random(columns) < 0.5)
    model = pulp.LpProblem("split", pulp.LpMaximize)
    x = [model.add_variable(f"x_{i}", 0, 1, pulp.LpInteger) for i in range(columns)]
    missing = []
    for k in range(rows):
        over, under = (model.add_variable(f"{side}_{k}", 0, 10_000) for side in ("over", "under"))
        missing += [(over, -1.0), (under, -1.0)]
        terms = [(x[i], float(weight[k, i])) for i in range(columns)]
        terms += [(over, -1.0), (under, 1.0)]
        model.addConstraint(row(terms, EQUAL, f"split_{k}", float(target[k])))
    model.setObjective(expression(missing))
    return model


def test_a_small_problem_is_solved_to_the_optimum():
    """Optimal means the best of all choices, its bound the same value."""
    model, x = knapsack()
    live = LiveModel(model)
    found = live.solve(0.0, 10)
    assert found.status is SolveStatus.OPTIMAL
    assert found.objective == pytest.approx(11)
    assert found.bound == pytest.approx(11)
    chosen = [round(found.values[live.column[v]]) for v in x]
    assert chosen == [1, 1, 0, 0]


def test_the_constant_of_the_objective_counts():
    """A constant stands in objective and bound, of the relaxation too."""
    plain, _ = knapsack()
    shifted, _ = knapsack(constant=100.0)
    for solve in (lambda s: s.solve(0.0, 10), lambda s: s.solve_relaxation()[0]):
        before, after = solve(LiveModel(plain)), solve(LiveModel(shifted))
        assert after.objective == pytest.approx(before.objective + 100)
        assert after.bound == pytest.approx(before.bound + 100)


def test_the_relaxation_is_a_bound():
    """Without integrality the value is never below the best whole choice."""
    model, _ = knapsack(room=4.0)
    live = LiveModel(model)
    relaxed, _ = live.solve_relaxation()
    whole = live.solve(0.0, 10)
    assert relaxed.objective == pytest.approx(5 + 4 + 0)
    assert whole.objective == pytest.approx(9)
    tight, _ = knapsack(room=4.5)
    live = LiveModel(tight)
    assert live.solve_relaxation()[0].objective == pytest.approx(9 + 0.5 * 2)
    assert live.solve(0.0, 10).objective == pytest.approx(9)


def test_a_time_limit_is_told_with_a_valid_bound():
    """At the time limit the status says so, and the bound is above the best there is (0)."""
    live = LiveModel(market_split())
    start = time.perf_counter()
    found = live.solve(0.0, 0.3)
    assert time.perf_counter() - start < 5
    assert found.status is SolveStatus.TIME_LIMIT
    assert found.bound >= 0 - 1e-9
    assert found.objective < 0
    assert found.values is None or np.isfinite(found.values).all()


def test_each_solve_has_its_own_time():
    """A later solve of the same live model gets its seconds again, no fewer and no more, whatever
    ran before; its bound is still valid."""
    live = LiveModel(market_split())
    live.solve_relaxation()
    for _ in range(4):
        start = time.perf_counter()
        found = live.solve(0.0, 0.2)
        spent = time.perf_counter() - start
        assert 0.1 < spent < 1.2
        assert found.status is SolveStatus.TIME_LIMIT
        assert found.bound >= -1e-9


def test_a_wide_gap_still_gives_a_valid_bound():
    """Stopping early by gap leaves a bound that the optimum does not pass."""
    random = np.random.default_rng(1)
    model = pulp.LpProblem("packing", pulp.LpMaximize)
    x = [model.add_variable(f"x_{i}", 0, 1, pulp.LpInteger) for i in range(40)]
    for k in range(5):
        terms = [(v, float(w)) for v, w in zip(x, random.integers(5, 60, 40), strict=True)]
        model.addConstraint(row(terms, LESS, f"room_{k}", 500.0))
    terms = [(v, float(w)) for v, w in zip(x, random.integers(5, 60, 40), strict=True)]
    model.setObjective(expression(terms))
    best = LiveModel(model).solve(0.0, 30)
    assert best.status is SolveStatus.OPTIMAL
    loose = LiveModel(model).solve(0.2, 30)
    assert loose.objective <= best.objective + 1e-6
    assert loose.bound >= best.objective - 1e-6
    assert loose.bound - loose.objective <= 0.2 * abs(loose.objective) + 1e-6


def test_added_rows_and_columns_are_obeyed():
    """A row added to a live model holds in the next solve, with variables new to it."""
    model, x = knapsack()
    live = LiveModel(model)
    assert live.solve(0.0, 10).objective == pytest.approx(11)
    live.add(row([(x[0], 1.0), (x[1], 1.0)], LESS, "one_of_two", 1.0))
    found = live.solve(0.0, 10)
    assert found.objective == pytest.approx(6 + 4)
    fresh = model.add_variable("fresh", 0, 1, pulp.LpInteger)
    live.add(row([(x[0], 2.0), (fresh, -1.0)], EQUAL, "needs_more_than_one", 0.5))
    found = live.solve(0.0, 10)
    assert found.status is SolveStatus.INFEASIBLE
    again = LiveModel(model).solve(0.0, 10)
    assert again.status is SolveStatus.INFEASIBLE


def test_infeasible_is_told():
    """Rows that contradict: no values, and numbers that nobody can take for a plan."""
    model, x = knapsack()
    model.addConstraint(row([(x[0], 1.0), (x[1], 1.0)], MORE, "too_many", 3.0))
    live = LiveModel(model)
    for found in (live.solve_relaxation()[0], live.solve(0.0, 10)):
        assert found.status is SolveStatus.INFEASIBLE
        assert found.values is None
        assert found.objective == -np.inf


def test_duals_are_objective_per_unit_of_bound():
    """The dual of a row is what one more unit of its right side adds: room helps, a floor hurts."""
    values = {}
    for room, floor in ((5.0, 1.0), (5.1, 1.0), (5.0, 1.1)):
        model = pulp.LpProblem("blend", pulp.LpMaximize)
        a, b = model.add_variable("a", 0, 10), model.add_variable("b", 0, 10)
        model.addConstraint(row([(a, 1.0), (b, 1.0)], LESS, "room", room))
        model.addConstraint(row([(b, 1.0)], MORE, "floor", floor))
        model.setObjective(expression([(a, 3.0), (b, 1.0)]))
        live = LiveModel(model)
        found, duals = live.solve_relaxation()
        values[room, floor] = found.objective
        price = {name: duals[number] for name, number in live.row.items()}
        assert price == pytest.approx({"room": 3.0, "floor": -2.0})
    more_room = (values[5.1, 1.0] - values[5.0, 1.0]) / 0.1
    more_floor = (values[5.0, 1.1] - values[5.0, 1.0]) / 0.1
    assert (more_room, more_floor) == pytest.approx((3.0, -2.0))


def test_solves_again_from_nothing_where_the_solver_cannot_tell():
    """A first solve that ends without a verdict is made again, in other ways until one has one;
    where none has, nobody is told that there is a plan."""
    model, x = knapsack()
    live = LiveModel(model, x)
    told, verdicts = live._highs.getModelStatus, []

    class Undecided:
        """HiGHS that gives no verdict on its first solves."""

        def __init__(self, highs, solves):
            self.highs, self.left = highs, solves

        def __getattr__(self, name):
            return getattr(self.highs, name)

        def run(self):
            self.left -= 1
            verdicts.append(self.highs.run())

        def getModelStatus(self):  # noqa: N802 - HiGHS's own name
            return highspy.HighsModelStatus.kUnknown if self.left >= 0 else told()

    highs = live._highs
    live._highs = Undecided(highs, 2)
    found, _ = live.solve_relaxation()
    assert len(verdicts) == 3
    assert found.objective == pytest.approx(11.0)
    live._highs = Undecided(highs, 99)
    with pytest.raises(RuntimeError, match="kUnknown"):
        live.solve_relaxation()


class DoubtfulPresolve:
    """HiGHS whose presolve calls every program infeasible."""

    def __init__(self, highs):
        self._highs, self._doubtful = highs, False

    def __getattr__(self, name):
        return getattr(self._highs, name)

    def run(self):
        """Solve, and note whether presolve had a say."""
        self._doubtful = self._highs.getOptionValue("presolve")[1] != "off"
        self._highs.run()

    def getModelStatus(self):  # noqa: N802
        """As HiGHS has it, unless presolve had a say."""
        doubted = highspy.HighsModelStatus.kInfeasible
        return doubted if self._doubtful else self._highs.getModelStatus()


def test_no_solution_is_believed_of_presolve_alone():
    """A program that presolve calls infeasible is asked again without it, in whole numbers as in
    the relaxation: a false answer would be a bound that nothing exceeds."""
    for ask in (lambda live: live.solve(0.0, 10), lambda live: live.solve_relaxation()[0]):
        model, _ = knapsack()
        spare = [model.add_variable(f"spare_{k}", 0, 1) for k in range(TINY_COLUMNS)]
        live = LiveModel(model, spare)
        live._highs = DoubtfulPresolve(live._highs)
        found = ask(live)
        assert found.status is SolveStatus.OPTIMAL
        assert found.objective >= 11 - 1e-9


def test_a_row_without_variables_that_asks_for_something_is_a_contradiction():
    """Neither the program nor its relaxation has a solution then."""
    for ask in (lambda live: live.solve(0.0, 10), lambda live: live.solve_relaxation()[0]):
        model, _ = knapsack()
        model.addConstraint(row([], MORE, "nothing", 1.0))
        assert ask(LiveModel(model)).status is SolveStatus.INFEASIBLE
