"""A PuLP model in HiGHS: handed over as arrays, kept alive, asked for the truth.

PuLP names the model; its own adapter needs seconds to hand a store over, reports a time limit
as optimal and drops the objective's constant, so the arrays go to highspy directly and status,
bound and gap come from HiGHS itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import highspy
import numpy as np
import pulp

from planner.assortment.problem import Floats


class SolveStatus(Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """Proven within the gap that was asked for."""
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time limit"


TINY_COLUMNS = 150
"""Programs of so few columns are solved without presolve: it saves nothing there, and it has
returned wrong answers on tiny programs whose numbers lie a thousandfold apart."""


@dataclass(frozen=True)
class Solution:
    """Values by column of the live model, or none; ``bound`` is valid whatever the status."""

    status: SolveStatus
    values: Floats | None
    objective: float
    bound: float


UNDECIDED = (
    highspy.HighsModelStatus.kUnknown,
    highspy.HighsModelStatus.kSolveError,
    highspy.HighsModelStatus.kNotset,
)
OTHER_WAYS: tuple[tuple[str, int | float | str], ...] = (
    ("simplex_strategy", 1),
    ("simplex_strategy", 4),
    ("solver", "ipm"),
    ("primal_feasibility_tolerance", 1e-6),
)
"""What is tried in turn, from nothing: as always, the primal simplex, the interior point method,
a tolerance of a millionth."""


class LiveModel:
    """A maximisation model living in HiGHS; rows can be added between solves.

    One thread: stores are solved in parallel by processes, and HiGHS's scheduler is global.
    """

    def __init__(self, model: pulp.LpProblem, variables: Iterable[pulp.LpVariable] = ()) -> None:
        """``variables``: all of the model; PuLP itself forgets those that no row names."""
        self.model = model
        self.column: dict[pulp.LpVariable, int] = {}
        self.row: dict[str, int] = {}
        self._whole_numbers = False
        self._contradiction = False
        self.objective: pulp.LpAffineExpression = pulp.LpAffineExpression(model.objective)
        self._highs = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("mip_allow_restart", False),
            ("mip_feasibility_tolerance", 1e-7),
            ("primal_feasibility_tolerance", 1e-8),
            ("dual_feasibility_tolerance", 1e-8),
            ("random_seed", 0),
        ):
            self._highs.setOptionValue(option, value)
        every = list(dict.fromkeys([*variables, *model.variables()]))
        self._presolve = len(every) > TINY_COLUMNS
        if not self._presolve:
            self._highs.setOptionValue("presolve", "off")
        self._pass(model, every)

    def _pass(self, model: pulp.LpProblem, variables: list[pulp.LpVariable]) -> None:
        self.column = {variable: k for k, variable in enumerate(variables)}
        constraints = model.constraints()
        starts, index, value = [0], [], []
        for number, constraint in enumerate(constraints):
            self.row[str(constraint.name)] = number
            for variable, coefficient in constraint.items():
                index.append(self.column[variable])
                value.append(coefficient)
            starts.append(len(index))
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(variables), len(constraints)
        cost = np.zeros(len(variables))
        for variable, coefficient in self.objective.items():
            cost[self.column[variable]] = coefficient
        lp.col_cost_ = cost
        ranges = [_column_bounds(variable) for variable in variables]
        lp.col_lower_ = np.array([low for low, _ in ranges])
        lp.col_upper_ = np.array([high for _, high in ranges])
        bounds = [_row_bounds(constraint) for constraint in constraints]
        # HiGHS without presolve overlooks a row without variables that asks for something.
        self._contradiction = any(
            not (low <= 0.0 <= high)
            for constraint, (low, high) in zip(constraints, bounds, strict=True)
            if not len(constraint)
        )
        lp.row_lower_ = np.array([low for low, _ in bounds])
        lp.row_upper_ = np.array([high for _, high in bounds])
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(starts)
        lp.a_matrix_.index_ = np.array(index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(value, dtype=np.float64)
        lp.integrality_ = [
            highspy.HighsVarType.kInteger
            if v.cat == pulp.LpInteger
            else highspy.HighsVarType.kContinuous
            for v in variables
        ]
        self._whole_numbers = any(v.cat == pulp.LpInteger for v in variables)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.offset_ = float(self.objective.constant)
        self._highs.passModel(lp)

    def add(self, constraint: pulp.LpConstraint) -> None:
        """Add a row over variables that the live model knows (or new ones) to model and solver."""
        self.model.addConstraint(constraint)
        for variable in constraint:
            if variable not in self.column:
                self._add_column(variable)
        low, high = _row_bounds(constraint)
        self.row[str(constraint.name)] = len(self.row)
        items = list(constraint.items())
        self._highs.addRow(
            low,
            high,
            len(items),
            np.array([self.column[v] for v, _ in items], dtype=np.int32),
            np.array([c for _, c in items], dtype=np.float64),
        )

    def add_column(self, name: str, objective: float, rows: Mapping[str, float]) -> pulp.LpVariable:
        """Add a variable (at least 0) with its objective and its coefficients in known rows.

        The solver alone knows what it is worth and where it counts: the written-out model
        keeps the rows of before.
        """
        variable = self.model.add_variable(name, 0, None)
        number = len(self.column)
        self.column[variable] = number
        self._highs.addCol(
            objective,
            *_column_bounds(variable),
            len(rows),
            np.array([self.row[name] for name in rows], dtype=np.int32),
            np.array(list(rows.values()), dtype=np.float64),
        )
        return variable

    def _add_column(self, variable: pulp.LpVariable) -> None:
        number = len(self.column)
        self.column[variable] = number
        self._highs.addCol(
            0.0, *_column_bounds(variable), 0, np.array([], dtype=np.int32), np.array([])
        )
        if variable.cat == pulp.LpInteger:
            self._whole_numbers = True
            self._highs.changeColIntegrality(number, highspy.HighsVarType.kInteger)

    def solve_relaxation(self) -> tuple[Solution, Floats]:
        """Solve without integrality; also the dual of every row (objective per unit of bound)."""
        self._highs.setOptionValue("solve_relaxation", True)
        self._highs.setOptionValue("time_limit", highspy.kHighsInf)
        if self._contradiction:
            nothing = Solution(SolveStatus.INFEASIBLE, None, -np.inf, np.inf)
            return nothing, np.zeros(len(self.row))
        self._run()
        status = self._status()
        found = self._highs.getSolution()
        usable = status is SolveStatus.OPTIMAL
        objective = self._highs.getInfo().objective_function_value if usable else -np.inf
        values = np.array(found.col_value) if usable else None
        duals = np.array(found.row_dual) if usable else np.zeros(len(self.row))
        return Solution(status, values, objective, objective if usable else np.inf), duals

    def reduced_costs(self) -> Floats:
        """By column, after ``solve_relaxation``: objective per unit of moving off its value."""
        return np.array(self._highs.getSolution().col_dual)

    def begin_with(self, values: Mapping[pulp.LpVariable, float]) -> None:
        """Values of all whole variables of a solution to begin with; the others follow."""
        index = np.array([self.column[variable] for variable in values], dtype=np.int32)
        self._highs.setSolution(len(index), index, np.array(list(values.values())))

    def solve(self, gap: float, seconds: float) -> Solution:
        """Solve to a relative gap within a time limit in seconds."""
        self._highs.setOptionValue("solve_relaxation", False)
        self._highs.setOptionValue("mip_rel_gap", gap)
        self._highs.setOptionValue("mip_abs_gap", 1e-9)
        # HiGHS counts its time limit from the start of each run; its run time adds up over runs.
        self._highs.setOptionValue("time_limit", max(0.01, seconds))
        if self._contradiction:
            return Solution(SolveStatus.INFEASIBLE, None, -np.inf, -np.inf)
        self._run()
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kModelEmpty:
            nothing = float(self.objective.constant)
            return Solution(SolveStatus.OPTIMAL, np.zeros(0), nothing, nothing)
        status = self._status()
        if status is SolveStatus.INFEASIBLE:
            return Solution(status, None, -np.inf, -np.inf)
        info = self._highs.getInfo()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.array(self._highs.getSolution().col_value) if feasible else None
        objective = float(info.objective_function_value) if feasible else -np.inf
        bound = float(info.mip_dual_bound) if self._whole_numbers else objective
        proven = np.isfinite(bound) and (self._whole_numbers or status is SolveStatus.OPTIMAL)
        return Solution(status, values, objective, bound if proven else np.inf)

    def _run(self) -> None:
        """Solve, and once more without presolve where it says that there is no solution."""
        self._decide()
        if self._presolve and self._status() is SolveStatus.INFEASIBLE:
            # Where numbers lie far apart presolve has called feasible programs infeasible.
            self._highs.setOptionValue("presolve", "off")
            self._decide()
            self._highs.setOptionValue("presolve", "choose")

    def _decide(self) -> None:
        """Solve from where the last solve ended; from nothing, and in other ways, where HiGHS
        then cannot say what it has found."""
        self._highs.run()
        for option, value in OTHER_WAYS:
            if self._highs.getModelStatus() not in UNDECIDED:
                return
            _, usual = self._highs.getOptionValue(option)
            self._highs.clearSolver()
            self._highs.setOptionValue(option, value)
            self._highs.run()
            self._highs.setOptionValue(option, usual)

    def _status(self) -> SolveStatus:
        status = self._highs.getModelStatus()
        if status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kModelEmpty):
            return SolveStatus.OPTIMAL
        if status in (
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        ):
            return SolveStatus.INFEASIBLE
        if status in (
            highspy.HighsModelStatus.kTimeLimit,
            highspy.HighsModelStatus.kInterrupt,
            highspy.HighsModelStatus.kSolutionLimit,
        ):
            return SolveStatus.TIME_LIMIT
        raise RuntimeError(f"HiGHS stopped with status {status}")


def _column_bounds(variable: pulp.LpVariable) -> tuple[float, float]:
    low, high = variable.lowBound, variable.upBound
    return (
        -highspy.kHighsInf if low is None else float(low),
        highspy.kHighsInf if high is None else float(high),
    )


def _row_bounds(constraint: pulp.LpConstraint) -> tuple[float, float]:
    low, high = constraint.getLb(), constraint.getUb()
    return (
        -highspy.kHighsInf if low is None else float(low),
        highspy.kHighsInf if high is None else float(high),
    )
