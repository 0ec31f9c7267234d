"""Reading a chain's input: found, understood, checked, and defaults filled in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd

from planner.errors import BadInput
from planner.tables import checks, defaults
from planner.tables.chain import chain_settings
from planner.tables.collect import Findings
from planner.tables.columns import tables
from planner.tables.files import connect
from planner.tables.given_locks import given_locks, say_other_chains
from planner.tables.inputs import Inputs
from planner.tables.lock_checks import locked_in_is_sold
from planner.tables.lock_core import core_is_not_locked_out
from planner.tables.locks import first_day_of_plan, gathered, store_locks
from planner.tables.source import open_source
from planner.tables.typed import TypedTable, absent, understand


def read_inputs(
    source: Path,
    *,
    locks: Path | None = None,
    weeks: int | None = None,
    every_problem: bool = False,
    chooses_core: bool = False,
) -> Inputs:
    """Read, check and complete a chain's input.

    ``source`` is a folder with ``<table>.csv`` or ``<table>.parquet`` files and an optional
    ``chain.toml``, a folder with ``input.xlsx`` instead, or an ``.xlsx`` workbook. ``locks`` are
    further locks: a file or a folder of store workbooks or lock tables; where one locks the same
    item and store as the source's own locks, it counts. ``weeks``: of the plan that the locks are
    for, the chain's horizon if not given; ``chooses_core``: so the plan will, and no lock is
    against the core that the tables say. Raises BadInput with the problems found; writes nothing.
    Of a kind the first 20 are listed and the rest counted, unless ``every_problem``.
    """
    findings = Findings(every=every_problem)
    typed: dict[str, TypedTable] = {}
    with connect() as connection:
        found = open_source(source, connection, findings)
        for name, table in tables().items():
            raw = found.raw.pop(name, None)
            typed[name] = absent(table) if raw is None else understand(raw, table, findings)
        given = None if locks is None else given_locks(locks, typed, found, findings)
    first_day = first_day_of_plan(typed["sales"])
    every_lock = gathered(typed["locks"], given.tables if given else (), first_day, findings)
    typed["locks"] = every_lock.in_force
    chain = chain_settings(found.chain_file, found.chain, found.name, findings)
    if given is not None:
        say_other_chains(given, chain.name, findings)
    if not found.files and findings.problems:
        raise BadInput(findings.problems)
    planned_in_units = defaults.fill(typed, findings) or defaults.is_without_money(
        typed["items"], chain.currency, findings
    )
    for check in checks.CHECKS:
        check(typed, findings)
    plan_weeks = weeks or chain.horizon_weeks
    locked_in_is_sold(typed, findings, first_day, plan_weeks)
    if not chooses_core:
        core_is_not_locked_out(typed, findings, first_day, plan_weeks)
    if findings.problems:
        raise BadInput(findings.problems)
    defaults.state_unsold(typed, findings)
    stores = typed["stores"].frame["store_id"].astype("str").tolist()
    locks_of_stores = store_locks(every_lock, stores, first_day, findings)
    frames = _final_frames(typed, findings)
    if planned_in_units:
        frames["stores"]["budget_week"] = np.nan
        chain = replace(chain, currency="")
    elif not chain.currency:
        findings.assume("chain.currency", "not given: figures of money name no currency", 1)
    return Inputs(
        source=source,
        chain=chain,
        sales=frames["sales"],
        items=frames["items"],
        stores=frames["stores"],
        fixtures=frames["fixtures"],
        signals=frames["signals"],
        segments=frames["segments"],
        segment_index=frames["segment_index"],
        promotions=frames["promotions"],
        suppliers=frames["suppliers"],
        current_range=frames["current_range"],
        range_rules=frames["range_rules"],
        locks=frames["locks"],
        planned_in_units=planned_in_units,
        assumptions=tuple(findings.assumptions),
        files=MappingProxyType(dict(found.files)),
        store_locks=locks_of_stores,
        lock_workbooks=given.workbooks if given else (),
    )


def _final_frames(typed: dict[str, TypedTable], findings: Findings) -> dict[str, pd.DataFrame]:
    frames = {
        name: defaults.absent_values(table.frame, table.table)
        for name, table in typed.items()
        if name not in ("sales", "signals")
    }
    signals = defaults.drop_small_bases(typed["signals"], findings)
    frames["signals"] = defaults.absent_values(signals, typed["signals"].table)
    sales = typed["sales"].frame
    for name, ids in (
        ("store_id", frames["stores"]["store_id"]),
        ("item_id", frames["items"]["item_id"]),
    ):
        sales[name] = sales[name].astype("category").cat.set_categories(pd.Index(ids))
    frames["sales"] = sales
    return frames
