"""``scenarios.toml`` beside the data: named blocks of what a plan is asked for."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from planner.assortment.rules import Objective, PlanRules
from planner.errors import BadInput, Problem
from planner.scenarios.lines import key_lines, line_of
from planner.scenarios.schema import SUPPLIER, ScenarioBlock, keys, merged
from planner.shelves.weights import PlacementWeights
from planner.tables.chain import toml_entries
from planner.tables.collect import Findings, nearest
from planner.tables.inputs import Assumption, Inputs, SourceFile
from planner.tables.scan import sha256_of

BASE = "base"
"""The data as it is."""
FILE = "scenarios.toml"
TABLE = "scenarios"
STAGE = "scenario"
NAME = r"[\w-]+"


@dataclass(frozen=True)
class Given:
    """A value in the file, and its line."""

    value: object
    line: int


@dataclass(frozen=True)
class Scenario:
    """A scenario with everything that it extends taken in."""

    name: str = BASE
    lineage: tuple[str, ...] = ()
    """The scenarios that it extends, nearest first; the base left out."""
    rules: PlanRules = field(default_factory=PlanRules)
    placement: PlacementWeights = field(default_factory=PlacementWeights)
    given: Mapping[str, Given] = field(default_factory=dict)
    """Every key that is set, by its dotted path, here or in a scenario that it extends."""
    source: SourceFile | None = None
    noted: tuple[Assumption, ...] = ()
    """Faults of the file that do not touch this scenario: warnings."""

    def resolved(self) -> dict[str, Any]:
        """Name, what it extends, every rule and placement weight, for run.json."""
        rules = dataclasses.asdict(self.rules) | {"objective": self.rules.objective.value}
        rules["placement"] = dataclasses.asdict(self.placement)
        return {"name": self.name, "extends": list(self.lineage), **rules}

    def assumptions(self) -> tuple[Assumption, ...]:
        """What it asks for and what was noted, for the *Assumptions* sheet."""
        asked = (
            Assumption(STAGE, key, f"the scenario {self.name} sets it to {given.value}", 1)
            for key, given in self.given.items()
            if key != "extends"
        )
        return (*self.noted, *asked)


def scenarios_path(data: Path) -> Path:
    """Where the scenarios of a data folder, or of a workbook, lie."""
    return (data if data.is_dir() else data.parent) / FILE


def read_scenario(data: Path, name: str) -> Scenario:
    """The scenario ``name`` of the data; the base needs no file.

    Raises BadInput with every fault of the file, whichever block it is in. The base uses none of
    them: it notes their faults as warnings.
    """
    path = scenarios_path(data)
    if name == BASE:
        try:
            if path.is_file():
                read_scenarios(path)
        except BadInput as error:
            return Scenario(noted=tuple(map(_noted, error.problems)))
        return Scenario()
    found = read_scenarios(path) if path.is_file() else {}
    if name not in found:
        known = ", ".join([BASE, *found])
        likely = nearest(name, [BASE, *found])
        mend = f"write {likely}" if likely else f"write a block [{name}] in {path.name}"
        asked = name if path.is_file() else f"{name}, and no {path.name} in {path.parent}"
        raise BadInput([Problem("--scenario", 0, "", asked, f"one of {known}", mend)])
    return found[name]


def read_scenarios(path: Path) -> dict[str, Scenario]:
    """Every scenario of a file by name, the base left out; raises BadInput with every fault."""
    findings = Findings()
    entries = toml_entries(path, findings)
    if findings.problems:
        raise BadInput(findings.problems)
    lines = key_lines(path.read_text(encoding="utf-8-sig"))
    blocks: dict[str, dict[str, Any]] = {}
    for name, (content, line) in entries.items():
        if not isinstance(content, dict):
            mend = f"write [{name}] above the keys of a scenario"
            findings.problem(path.name, line, name, content, "a block of keys", mend)
        elif name == BASE:
            findings.problem(
                path.name, line, name, "a block", "another name: base is the data as it is",
                "rename the block, or remove it",
            )  # fmt: skip
        elif not re.fullmatch(NAME, name):
            allowed = "letters, digits, - and _, as a run is named after its scenario"
            findings.problem(path.name, line, name, name, allowed, "rename the block")
        else:
            blocks[name] = content
    file = _File(path.name, lines, findings)
    sound = [name for name, content in blocks.items() if file.check_keys(name, content)]
    lineages = {name: file.lineage(name, blocks) for name in blocks}
    source = SourceFile(TABLE, path, "", len(blocks), sha256_of(path))
    scenarios: dict[str, Scenario] = {}
    for name, lineage in lineages.items():
        if lineage is None or not {name, *lineage} <= set(sound):
            continue
        whole: dict[str, Any] = {}
        for block in (*reversed(lineage), name):
            whole = merged(whole, blocks[block])
        resolved = ScenarioBlock.model_validate(whole)
        file.check_together(name, resolved)
        own = (name, *lineage)
        scenarios[name] = Scenario(
            name,
            lineage,
            resolved.plan_rules(),
            resolved.placement_weights(),
            _given(own, whole, lines),
            source,
        )
    if findings.problems:
        raise BadInput(findings.problems)
    return scenarios


def _noted(fault: Problem) -> Assumption:
    """A fault of a block that is not used, as a warning with its block, key and mend."""
    block, _, key = fault.kind.partition(".")
    where = f"{fault.file}, row {fault.row}" + (f", [{block}] {key}".rstrip() if block else "")
    text = f"found {fault.value!r}, which no scenario can use: {fault.mend}"
    return Assumption(STAGE, where, text, 1, warning=True, survived=True)


def check_with_inputs(scenario: Scenario, inputs: Inputs) -> None:
    """Refuse what a scenario asks of things that the input has not; raises BadInput with all."""
    findings = Findings()

    def problem(key: str, value: object, allowed: str, mend: str) -> None:
        line = scenario.given[key].line if key in scenario.given else 1
        findings.problem(FILE, line, key, value, allowed, mend)

    rules = scenario.rules
    for key in ("core.size", "core.min_size"):
        if key in scenario.given and (rules.core_min_size or 0) > len(inputs.items):
            allowed = f"at most {len(inputs.items)}, the number of items"
            problem(key, scenario.given[key].value, allowed, "lower it")
    suppliers = sorted(set(inputs.items["supplier_id"]) - {""})
    for supplier in rules.min_supplier_share:
        if supplier not in suppliers:
            likely = nearest(supplier, suppliers)
            allowed = "a supplier_id of the items table"
            mend = f"write {likely} instead" if likely else "correct the id, or remove the key"
            problem(f"rules.min_share.supplier.{supplier}", supplier, allowed, mend)
    if inputs.planned_in_units and rules.objective in (Objective.SALES, Objective.WASTE):
        allowed = "margin or units, as the items have no prices"
        mend = "give prices in the items table, or plan in units"
        problem("objective", rules.objective.value, allowed, mend)
    if findings.problems:
        raise BadInput(findings.problems)


@dataclass(frozen=True)
class _File:
    """A file of scenarios while it is checked."""

    name: str
    lines: dict[tuple[str, ...], int]
    findings: Findings

    def problem(self, path: Sequence[str], value: object, allowed: str, mend: str) -> None:
        line = line_of(path, self.lines)
        column = ".".join(path[1:])
        self.findings.problem(self.name, line, column, value, allowed, mend, kind=".".join(path))

    def check_keys(self, name: str, content: Mapping[str, Any]) -> bool:
        """Whether a block by itself has known keys and allowed values."""
        try:
            ScenarioBlock.model_validate(content)
        except ValidationError as error:
            for fault in error.errors():
                path = tuple(str(step) for step in fault["loc"])
                if fault["type"] == "extra_forbidden":
                    self._unknown_key(name, path, fault["input"])
                else:
                    self._wrong_value(name, path, fault["input"])
            return False
        return True

    def _unknown_key(self, name: str, path: tuple[str, ...], value: object) -> None:
        known, key = keys(), ".".join(path)
        leaf = [other for other in known if other.rsplit(".", 1)[-1] == path[-1]]
        likely = leaf[0] if len(leaf) == 1 else nearest(key, known)
        if likely is None:
            by_leaf = {other.rsplit(".", 1)[-1]: other for other in known}
            likely = by_leaf.get(nearest(path[-1], by_leaf) or "")
        mend = f"write {likely} instead of {key}" if likely else f"remove {key}"
        self.problem((name, *path), value, f"one of {', '.join(known)}", mend)

    def _wrong_value(self, name: str, path: tuple[str, ...], value: object) -> None:
        known, key = keys(), ".".join(path)
        below = [other for other in known if other.startswith(f"{key}.")]
        if below and not isinstance(value, dict):
            allowed, mend = f"keys below it: {', '.join(below)}", f"write {below[0]} = ..."
        else:
            general = key if key in known else ".".join((*path[:-1], SUPPLIER))
            allowed, mend = known.get(general, "another value"), "correct the value"
        self.problem((name, *path), value, allowed, mend)

    def lineage(self, name: str, blocks: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...] | None:
        """The scenarios that one extends, nearest first; None where that leads nowhere."""
        above: list[str] = []
        parent = blocks[name].get("extends", BASE)
        while isinstance(parent, str) and parent != BASE:
            if parent not in blocks:
                if not above:
                    likely = nearest(str(parent), [BASE, *blocks])
                    mend = f"write {likely}" if likely else f"add a block [{parent}]"
                    allowed = f"one of {', '.join([BASE, *blocks])}"
                    self.problem((name, "extends"), parent, allowed, mend)
                return None
            if parent == name or parent in above:
                if parent == name:
                    circle = " extends ".join([name, *above, name])
                    mend = "let one of them extend base"
                    self.problem((name, "extends"), circle, "no circle", mend)
                return None
            above.append(parent)
            parent = blocks[parent].get("extends", BASE)
        return tuple(above)

    def check_together(self, name: str, block: ScenarioBlock) -> None:
        """Keys that do not go together, once all that is extended is taken in."""
        core, rules = block.core, block.rules
        least, most = core.min_size, core.max_size
        if core.size is not None and (least, most) != (None, None):
            self.problem((name, "core"), "size beside min_size or max_size",
                         "core.size alone, or core.min_size and core.max_size",
                         "remove one of them")  # fmt: skip
        elif least is not None and most is not None and least > most:
            allowed = f"at most core.max_size ({most})"
            self.problem((name, "core", "min_size"), least, allowed, "lower it")
        if block.objective is Objective.WASTE and rules.min_sales_share <= 0:
            mend = "write how much of today's sales to keep, such as rules.min_sales_share = 0.98"
            allowed = "waste with rules.min_sales_share: the least waste is an empty shelf"
            self.problem((name, "objective"), "waste", allowed, mend)
        share = rules.min_share
        together = sum(share.supplier.values())
        if together > 1:
            self.problem((name, "rules", "min_share", "supplier"), f"{together:g} together",
                         "at most 1 over all suppliers", "lower some of the shares")  # fmt: skip


def _given(
    blocks: Sequence[str], whole: Mapping[str, Any], lines: Mapping[tuple[str, ...], int]
) -> dict[str, Given]:
    """Each key that is set with its value, and its line in the nearest block that sets it."""
    found = {}
    for path, value in _leaves(whole, ()):
        here = [lines[name, *path] for name in blocks if (name, *path) in lines]
        found[".".join(path)] = Given(value, here[0] if here else 1)
    return found


def _leaves(
    content: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object]]:
    for key, value in content.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key), value
