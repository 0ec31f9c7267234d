"""A PuLP model in CBC, the solver that PuLP brings along: slower, and told by other code.

The fallback for the store's whole program. PuLP says "optimal" where CBC stopped at a time limit
and tells no bound, so status and bound are read from CBC's own log.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pulp
from pulp.apis.coin_api import COIN_CMD, PULP_CBC_CMD

from planner.assortment.problem import Floats
from planner.assortment.solver import Solution, SolveStatus
from planner.errors import PlannerError

LOG_DIGITS = 0.0005
"""Half of the last digit of the bound that CBC's log prints."""
EXACT = 5e-8
"""Relative distance to its own objective that CBC's word "optimal" leaves open."""
_BOUND = re.compile(r"^(?:Upper|Lower) bound:\s+(\S+)", re.MULTILINE)
_RESULT = re.compile(r"^Result - (.+)$", re.MULTILINE)


class CbcModel:
    """A maximisation model solved by CBC anew each time; rows can be added between solves.

    The same questions as ``solver.LiveModel`` answers.
    """

    def __init__(self, model: pulp.LpProblem, variables: Iterable[pulp.LpVariable] = ()) -> None:
        """``variables``: all of the model; PuLP itself forgets those that no row names."""
        self.model = model
        self.objective: pulp.LpAffineExpression = pulp.LpAffineExpression(model.objective)
        every = dict.fromkeys([*variables, *model.variables()])
        self.column: dict[pulp.LpVariable, int] = {v: k for k, v in enumerate(every)}
        self.row: dict[str, int] = {
            str(constraint.name): k for k, constraint in enumerate(model.constraints())
        }

    def add(self, constraint: pulp.LpConstraint) -> None:
        """Add a row; its variables may be new."""
        self.model.addConstraint(constraint)
        self.row[str(constraint.name)] = len(self.row)
        for variable in constraint:
            self.column.setdefault(variable, len(self.column))

    def solve_relaxation(self) -> tuple[Solution, Floats]:
        """Solve without integrality; also the dual of every row (objective per unit of bound)."""
        solution, _ = self._run(whole=False)
        duals = np.zeros(len(self.row))
        if solution.status is SolveStatus.OPTIMAL:
            for constraint in self.model.constraints():
                duals[self.row[str(constraint.name)]] = constraint.pi or 0.0
        return solution, duals

    def solve(self, gap: float, seconds: float) -> Solution:
        """Solve to a relative gap within a time limit in seconds."""
        solution, log = self._run(whole=True, gap=gap, seconds=max(0.01, seconds))
        if solution.status is SolveStatus.INFEASIBLE:
            return solution
        printed = _BOUND.search(log)
        bound = solution.bound
        if printed is not None and np.isfinite(float(printed[1])):
            bound = float(printed[1]) + LOG_DIGITS + float(self.objective.constant)
        elif solution.status is SolveStatus.TIME_LIMIT:
            bound = np.inf
        return Solution(solution.status, solution.values, solution.objective, bound)

    def _run(
        self, *, whole: bool, gap: float = 0.0, seconds: float | None = None
    ) -> tuple[Solution, str]:
        nothing = Solution(SolveStatus.INFEASIBLE, None, -np.inf, -np.inf)
        if any(not len(row) and not row.valid() for row in self.model.constraints()):
            return nothing, ""
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "cbc.log"
            solver = COIN_CMD(
                path=PULP_CBC_CMD.pulp_cbc_path,
                mip=whole,
                msg=False,
                timeLimit=seconds,
                gapRel=gap,
                threads=1,
                options=["increment 1e-9", "allow 1e-9"],
                logPath=str(log),
            )
            if not solver.available():
                raise PlannerError("PuLP's own CBC does not run on this machine: use HiGHS")
            self.model.solve(solver)
            text = log.read_text(errors="replace")
        status = self._status(text)
        if status is SolveStatus.INFEASIBLE:
            return nothing, text
        found = self.model.sol_status in (
            pulp.LpSolutionOptimal,
            pulp.LpSolutionIntegerFeasible,
        )
        if not found:
            return Solution(SolveStatus.TIME_LIMIT, None, -np.inf, np.inf), text
        values = np.zeros(len(self.column))
        for variable, number in self.column.items():
            known = variable.varValue
            values[number] = (variable.lowBound or 0.0) if known is None else known
        objective = float(self.objective.constant) + sum(
            coefficient * values[self.column[variable]]
            for variable, coefficient in self.objective.items()
        )
        bound = objective + EXACT * max(1.0, abs(objective))
        return Solution(status, values, objective, bound), text

    def _status(self, log: str) -> SolveStatus:
        words = _RESULT.search(log)
        if words is not None and words[1].startswith("Stopped"):
            return SolveStatus.TIME_LIMIT
        if self.model.status == pulp.LpStatusOptimal:
            return SolveStatus.OPTIMAL
        if self.model.status == pulp.LpStatusInfeasible:
            return SolveStatus.INFEASIBLE
        if self.model.status == pulp.LpStatusNotSolved:
            return SolveStatus.TIME_LIMIT
        raise RuntimeError(f"CBC stopped with status {pulp.LpStatus[self.model.status]}")
