"""The tables of a chain and the scenario that it is planned with, checked together."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from planner.errors import BadInput, Problem
from planner.outputs.workbook.edits import noticed_edits
from planner.runs import RUN_FILE
from planner.scenarios.file import Scenario, check_with_inputs, read_scenario
from planner.tables import read
from planner.tables.inputs import Inputs


def read_inputs_and_scenario(
    data: Path,
    locks: Path | None,
    scenario: str,
    weeks: int | None = None,
    *,
    every_problem: bool = False,
) -> tuple[Inputs, Scenario]:
    """Both, the scenario's file among the inputs; raises BadInput with the problems of both.

    ``weeks``: of the plan; the chain's horizon if not given. ``every_problem``: as for
    ``read_inputs``.
    """
    problems: list[Problem] = []
    of_scenario: list[Problem] = []
    found, inputs = None, None
    if data.exists():
        try:
            found = read_scenario(data, scenario)
        except BadInput as error:
            of_scenario += error.problems
    try:
        inputs = read.read_inputs(
            data,
            locks=locks,
            weeks=weeks,
            chooses_core=found is not None and found.rules.chooses_core,
            every_problem=every_problem,
        )
    except BadInput as error:
        problems += error.problems
    problems += of_scenario
    if inputs is not None and found is not None:
        try:
            check_with_inputs(found, inputs)
        except BadInput as error:
            problems += error.problems
    if problems or inputs is None or found is None:
        raise BadInput(problems)
    noticed = noticed_edits(inputs.lock_workbooks, RUN_FILE)
    inputs = dataclasses.replace(inputs, assumptions=(*inputs.assumptions, *noticed))
    if found.source is not None:
        files = {**inputs.files, found.source.table: found.source}
        inputs = dataclasses.replace(inputs, files=files)
    return inputs, found
