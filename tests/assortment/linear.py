"""Tiny linear programs by the thousand, for judges that try every plan: HiGHS without the checks
and reports around it, which take five times as long as such a program."""

from __future__ import annotations

from functools import cache

import highspy
import numpy as np


@cache
def _solver() -> highspy.Highs:
    found = highspy.Highs()
    for option, value in (("output_flag", False), ("presolve", "off"), ("threads", 1)):
        found.setOptionValue(option, value)
    return found


def largest(gain, rows, right, upper) -> float | None:
    """The largest ``gain @ x`` with ``rows @ x <= right`` and ``0 <= x <= upper``; None where no
    x keeps the rows."""
    matrix = np.array(rows, dtype=np.float64)
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = np.asarray(gain, dtype=np.float64)
    program.col_lower_, program.col_upper_ = np.zeros(len(upper)), np.asarray(upper, np.float64)
    program.row_lower_ = np.full(len(matrix), -np.inf)
    program.row_upper_ = np.asarray(right, dtype=np.float64)
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = np.arange(len(matrix) + 1) * len(upper)
    program.a_matrix_.index_ = np.tile(np.arange(len(upper)), len(matrix))
    program.a_matrix_.value_ = matrix.ravel()
    solver = _solver()
    solver.passModel(program)
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return None
    assert status == highspy.HighsModelStatus.kOptimal, status
    return float(solver.getInfo().objective_function_value)
