"""A whole chain as one PuLP model: every store program, and the rows that couple them.

The rival of the chain program: the same limits, the same store programs with the same tangents
(those of the stores' relaxations too), handed to a solver as one.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import highspy
import numpy as np
import pulp

from planner.assortment.coupling import Coupling, forced_choices
from planner.assortment.problem import StoreProblem
from planner.assortment.program import LESS, MORE, StoreProgram, Terms, expression, row
from planner.assortment.score import Score, score
from planner.assortment.solver import LiveModel
from planner.assortment.stock import stock_bounds
from planner.assortment.whole_program import tighten


@dataclass(frozen=True)
class Answer:
    """What a solver says of the chain: values by variable name, objective and bound."""

    values: Mapping[str, float] | None
    bound_week: float
    status: str


class OneModel:
    """Store programs side by side in one model; variables of store s are named ``s<s>_...``."""

    def __init__(self, problems: Mapping[str, StoreProblem], coupling: Coupling) -> None:
        self.problems = problems
        self.coupling = coupling
        self.model = pulp.LpProblem("chain", pulp.LpMaximize)
        self.programs: list[StoreProgram] = []
        self._objective: Terms = []
        self._known: list[dict[pulp.LpVariable, pulp.LpVariable]] = []
        for problem in problems.values():
            self._add_store(StoreProgram(problem))
        self._add_shared_amounts()
        self._add_choices()
        self.model.setObjective(expression(self._objective))

    def _add_store(self, program: StoreProgram) -> None:
        live = LiveModel(program.model, program.variables())
        tighten(program, live)
        number = len(self.programs)
        self.programs.append(program)
        copies = {
            v: self.model.add_variable(f"s{number}_{v.name}", v.lowBound, v.upBound, v.cat)
            for v in dict.fromkeys([*program.variables(), *program.model.variables()])
        }
        self._known.append(copies)
        for constraint in program.model.constraints():
            right = constraint.getUb() if constraint.sense == LESS else constraint.getLb()
            terms = [(copies[v], factor) for v, factor in constraint.items()]
            name = f"s{number}_{constraint.name}"
            self.model.addConstraint(row(terms, constraint.sense, name, right))
        self._objective += [(copies[v], factor) for v, factor in program.model.objective.items()]

    def _received(self, number: int, per_unit: np.ndarray) -> Terms:
        """``r sum_i k_i (u_i + s_i (q_i - u_i))`` of one store."""
        program, copies = self.programs[number], self._known[number]
        problem, terms = program.problem, []
        for i in program.items:
            factor = problem.deliveries_week * float(per_unit[i])
            lost = float(problem.waste_share[i])
            if factor:
                terms.append((copies[program.u[i]], factor * (1 - lost)))
                terms.append((copies[program.q[i]], factor * lost))
        return terms

    def _add_shared_amounts(self) -> None:
        """Budget and suppliers' largest orders, over all stores."""
        coupling, every = self.coupling, range(len(self.programs))
        cost = [program.problem.spend_cost for program in self.programs]
        if np.isfinite(coupling.budget_week):
            terms = [term for s in every for term in self._received(s, cost[s])]
            self.model.addConstraint(row(terms, LESS, "budget", coupling.budget_week))
        for k in np.flatnonzero(np.isfinite(coupling.max_units_week)):
            terms = [term for s in every for term in self._received(s, coupling.member[k])]
            most = float(coupling.max_units_week[k])
            self.model.addConstraint(row(terms, LESS, f"max_units_{k}", most))

    def _add_choices(self) -> None:
        """``x_si <= z_i <= w_k``, ``sum_s x_si >= m_i z_i``, orders of k ``>= M_k w_k``."""
        coupling, every = self.coupling, range(len(self.programs))
        forced = forced_choices(self.problems, coupling)
        suppliers = {}
        for k in np.flatnonzero(coupling.min_order_week > 0):
            least = 1 if forced.supplier[k] else 0
            supplier = self.model.add_variable(f"w_{k}", least, 1, pulp.LpInteger)
            suppliers[int(k)] = supplier
            terms = [
                term
                for s in every
                for term in self._received(
                    s, coupling.member[k] * self.programs[s].problem.spend_cost
                )
            ]
            terms.append((supplier, -float(coupling.min_order_week[k])))
            self.model.addConstraint(row(terms, MORE, f"min_order_{k}"))
        for i in np.flatnonzero(coupling.all_or_none):
            listed = [
                self._known[s][program.x[int(i)]]
                for s, program in enumerate(self.programs)
                if int(i) in program.x
            ]
            supplier = suppliers.get(int(coupling.supplier_of_item[i]))
            item = self.model.add_variable(f"z_{i}", int(forced.item[i]), 1, pulp.LpInteger)
            if supplier is not None:
                self.model.addConstraint(row([(item, 1.0), (supplier, -1.0)], LESS, f"order_{i}"))
            for s, x in enumerate(listed):
                self.model.addConstraint(row([(x, 1.0), (item, -1.0)], LESS, f"open_{i}_{s}"))
            if coupling.min_stores[i] > 1:
                terms = [(x, 1.0) for x in listed] + [(item, -float(coupling.min_stores[i]))]
                self.model.addConstraint(row(terms, MORE, f"min_stores_{i}"))

    # ---- solvers

    def with_cbc(self, gap: float, seconds: float, log: Path) -> Answer:
        """PuLP with its CBC; the bound stands in CBC's log alone."""
        with warnings.catch_warnings():
            # PuLP wants CBC installed apart in its next version; today's brings one.
            warnings.simplefilter("ignore", DeprecationWarning)
            solver = pulp.PULP_CBC_CMD(
                msg=False, threads=1, gapRel=gap, timeLimit=seconds, logPath=str(log)
            )
        self.model.solve(solver)
        text = log.read_text(errors="replace") if log.exists() else ""
        # Without a plan PuLP hands on the values of the relaxation as if they were one.
        none = "No feasible solution found" in text
        return Answer(None if none else self._values(), _bound_of_cbc(text), _result_of_cbc(text))

    def with_pulp_highs(self, gap: float, seconds: float) -> Answer:
        """PuLP with its HiGHS adapter; the truth is asked of the solver behind it."""
        self.model.solve(pulp.HiGHS(msg=False, threads=1, gapRel=gap, timeLimit=seconds))
        highs = self.model.solverModel
        status = highs.modelStatusToString(highs.getModelStatus())
        bound = float(highs.getInfo().mip_dual_bound)
        if highs.getObjectiveSense()[1] == highspy.ObjSense.kMinimize:
            bound = -bound
        bound += float(self.model.objective.constant)
        # Without a plan PuLP hands on zeros as if they were one.
        found = highs.getInfo().primal_solution_status
        feasible = found == highspy.SolutionStatus.kSolutionStatusFeasible
        return Answer(self._values() if feasible else None, bound, status)

    def with_arrays(self, gap: float, seconds: float) -> tuple[Answer, float]:
        """HiGHS handed arrays, as the planner does; also the seconds of handing over."""
        start = time.perf_counter()
        live = LiveModel(self.model, self.model.variables())
        handed = time.perf_counter() - start
        found = live.solve(gap, seconds)
        values = None
        if found.values is not None:
            values = {v.name: float(found.values[k]) for v, k in live.column.items()}
        return Answer(values, found.bound, found.status.value), handed

    def _values(self) -> dict[str, float] | None:
        values = {v.name: v.varValue for v in self.model.variables()}
        if all(value is None for value in values.values()):
            return None
        return {name: float(value or 0.0) for name, value in values.items()}

    # ---- the truth about an answer

    def scores(self, values: Mapping[str, float]) -> list[Score]:
        """Every store by the exact formulas: its facings, its stock held inside their bounds."""
        scores = []
        for s, program in enumerate(self.programs):
            problem = program.problem
            names = {v: values.get(c.name, 0.0) for v, c in self._known[s].items()}
            column = {v: k for k, v in enumerate(names)}
            facings = program.facings_of(np.array(list(names.values())), column)
            stock = np.zeros(len(problem.item_ids))
            for i in program.items:
                stock[i] = names[program.q[i]] if facings[i] else 0.0
            mean = score(problem, facings, stock).demand_units_week / problem.deliveries_week
            least, most = stock_bounds(problem, facings, mean)
            scores.append(score(problem, facings, np.clip(stock, least, most)))
        return scores


def _bound_of_cbc(log: str) -> float:
    """The bound at the end of CBC's log; the objective itself where none is left to prove."""
    found = re.findall(r"^(?:Upper bound|Objective value):\s+(\S+)", log, flags=re.MULTILINE)
    return max(map(float, found), default=float("inf"))


def _result_of_cbc(log: str) -> str:
    found = re.findall(r"^Result - (.*)$", log, flags=re.MULTILINE)
    said = found[-1] if found else "no result"
    return said + (", no plan" if "No feasible solution found" in log else "")
