"""A small linear program given as arrays, kept alive in HiGHS.

For bounds that are asked for hundreds of times a second; programs that people read are named in
PuLP (``program.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from planner.assortment.problem import Floats

INFINITY = highspy.kHighsInf


@dataclass(frozen=True)
class LpAnswer:
    """The best value with its point and duals; ``-inf`` and empty where nothing is feasible.

    ``value`` is ``inf`` where the solver gave up: then nothing is known.
    """

    value: float
    point: Floats
    reduced_cost: Floats
    row_dual: Floats


class ArrayLp:
    """``max cost x`` over ``row_lower <= matrix x <= row_upper`` and bounds of x."""

    def __init__(self) -> None:
        self._highs = highspy.Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            ("primal_feasibility_tolerance", 1e-9),
            ("dual_feasibility_tolerance", 1e-9),
        ):
            self._highs.setOptionValue(option, value)
        self._columns = np.arange(0, dtype=np.int32)

    def load(
        self,
        cost: Floats,
        lower: Floats,
        upper: Floats,
        matrix: sparse.csr_matrix,
        row_lower: Floats,
        row_upper: Floats,
    ) -> None:
        """Replace the program by another one."""
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(cost), len(row_lower)
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, lower, upper
        lp.row_lower_, lp.row_upper_ = row_lower, row_upper
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = matrix.indptr
        lp.a_matrix_.index_ = matrix.indices
        lp.a_matrix_.value_ = matrix.data
        lp.sense_ = highspy.ObjSense.kMaximize
        self._highs.passModel(lp)
        self._columns = np.arange(len(cost), dtype=np.int32)
        # Rows that come later leave the basis dual feasible: the dual simplex is the right one.
        self._highs.setOptionValue("simplex_strategy", 1)

    def add_rows(self, matrix: sparse.csr_matrix, lower: Floats, upper: Floats) -> None:
        """Add rows to the program as it lives."""
        self._highs.addRows(
            len(lower),
            lower,
            upper,
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
        )

    def add_columns(self, cost: Floats, matrix: sparse.csc_matrix) -> None:
        """Add columns, at least 0, to the program as it lives."""
        self._highs.addCols(
            len(cost),
            cost,
            np.zeros(len(cost)),
            np.full(len(cost), INFINITY),
            matrix.nnz,
            matrix.indptr[:-1].astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
        )
        # Columns that come later leave the basis feasible: the primal simplex is the right one.
        self._highs.setOptionValue("simplex_strategy", 4)

    def bound_row(self, row: int, lower: float) -> None:
        """Give a row another lower bound and no upper one."""
        self._highs.changeRowBounds(row, lower, INFINITY)

    def maximise(self) -> LpAnswer:
        """Solve for the cost that was loaded."""
        value = self._run()
        if not np.isfinite(value):
            nothing = np.zeros(0)
            return LpAnswer(value, nothing, nothing, nothing)
        found = self._highs.getSolution()
        return LpAnswer(
            value,
            np.array(found.col_value),
            np.array(found.col_dual),
            np.array(found.row_dual),
        )

    def extremes(self, cost: Floats) -> tuple[float, float]:
        """Least and largest value of ``cost x``; the cost stays in place."""
        # With the rows as they were the last basis stays feasible for any cost.
        self._highs.setOptionValue("simplex_strategy", 4)
        self._highs.changeColsCost(len(cost), self._columns, cost)
        largest = self._run()
        self._highs.changeColsCost(len(cost), self._columns, -cost)
        return -self._run(), largest

    def _run(self) -> float:
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return float(self._highs.getInfo().objective_function_value)
        infeasible = status == highspy.HighsModelStatus.kInfeasible
        return -np.inf if infeasible else np.inf
