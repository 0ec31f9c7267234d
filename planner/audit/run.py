"""The audit of a finished run, check by check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from planner.audit import (
    chain_limits,
    economics,
    exchange,
    gains,
    left_out,
    lists,
    locks,
    placement,
    placement_sheet,
    planogram,
    rules,
    scenario,
    totals,
    workbooks,
)
from planner.audit.copies import check_copies, read_copies
from planner.audit.files import check_files
from planner.audit.folder import RunFolder, read_manifest, read_tables
from planner.audit.ledger import AuditResult, Ledger
from planner.audit.left_out import without_left_out

Check = Callable[[RunFolder, Ledger], None]
CHECKS: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (rules.check_complete, ("demand", "assortment")),
    (rules.check_demand, ("demand",)),
    (rules.check_core, ("assortment", "economics")),
    (rules.check_may_be_listed, ("assortment", "economics")),
    (locks.check_obeyed, ("assortment", "economics")),
    (locks.check_table, ("locks",)),
    (locks.check_totals, ("locks", "lock_totals", "limits")),
    (locks.check_sheets, ("locks", "cells")),
    (locks.check_chain_sheet, ("locks", "lock_totals", "cells")),
    (rules.check_facings, ("assortment", "economics")),
    (rules.check_counts, ("assortment", "economics")),
    (scenario.check_shares, ("assortment",)),
    (scenario.check_swaps, ("assortment", "economics")),
    (scenario.check_distinct_ranges, ("assortment",)),
    (scenario.check_supply, ("assortment",)),
    (scenario.check_sales_floor, ("assortment", "figures")),
    (planogram.check_each_once, ("assortment", "positions")),
    (planogram.check_positions, ("positions",)),
    (planogram.check_shelves, ("positions", "shelves")),
    (
        placement.check_placement,
        ("assortment", "placement", "positions", "shelves", "store_plans"),
    ),
    (placement_sheet.check_placement_sheets, ("cells", "placement")),
    (planogram.check_total_width, ("assortment",)),
    (economics.check_demand_of_plan, ("assortment", "choice", "choice_groups")),
    (economics.check_not_listed, ("assortment",)),
    (economics.check_stock, ("assortment", "economics")),
    (economics.check_sales, ("assortment", "economics")),
    (economics.check_budget, ("assortment", "economics")),
    (chain_limits.check_chain_budget, ("assortment", "economics")),
    (chain_limits.check_suppliers, ("assortment", "economics")),
    (chain_limits.check_orders, ("assortment", "economics", "orders")),
    (totals.check_objectives, ("assortment", "economics", "store_plans")),
    (totals.check_proofs, ("store_plans",)),
    (left_out.check_left_out, ("left_out", "assortment", "store_plans")),
    (totals.check_manifest, ("store_plans",)),
    (totals.check_limits, ("assortment", "economics", "figures", "limits")),
    (totals.check_figures, ("assortment", "economics", "figures")),
    (gains.check_value, ("value",)),
    (gains.check_waterfall, ("waterfall", "figures")),
    (gains.check_certainty, ("assortment", "certainty", "demand")),
    (workbooks.check_cells, ("cells",)),
    (lists.check_covers, ("cells", "figures")),
    (lists.check_item_lists, ("assortment", "cells")),
    (lists.check_candidates, ("assortment", "cells", "demand", "reasons")),
    (lists.check_changes, ("assortment", "cells")),
    (workbooks.check_drawings, ("assortment", "cells", "positions")),
    (exchange.check_csv, ("assortment", "positions", "store_plans")),
    (exchange.check_psa, ("assortment", "positions", "shelves")),
)
"""Each check with the tables of the run that it reads."""


def audit(run: Path, data: Path | None = None) -> AuditResult:
    """Check a finished run against itself, its tables, its workbooks and its data.

    ``run`` is the run's folder; ``data`` the input as it is now, by default where it was at
    planning time. Nothing of the demand model or of the solver is used: every figure is
    recomputed here from the formulas of docs/model.md. Raises nothing for a damaged run: what
    is missing or unreadable is a finding.
    """
    ledger = Ledger()
    manifest = read_manifest(run, ledger)
    if not manifest:
        return ledger.result()
    tables = read_tables(run, ledger)
    inputs = without_left_out(read_copies(run, manifest), tables)
    folder = RunFolder(run, manifest, tables, inputs)
    check_files(folder, ledger)
    check_copies(run, manifest, data, ledger)
    unreadable = [name for name in ("items", "stores") if inputs[name].empty]
    ledger.expect(
        not unreadable,
        f"inputs/: the run's copy of {' and '.join(unreadable)} cannot be read, so the plan "
        "could not be checked",
    )
    if not unreadable:
        for check, needed in CHECKS:
            if all(name in tables for name in needed):
                try:
                    check(folder, ledger)
                except (KeyError, IndexError, TypeError, ValueError) as error:
                    what = (check.__doc__ or check.__name__).splitlines()[0]
                    tables_read = ", ".join(f"tables/{name}.parquet" for name in needed)
                    ledger.expect(
                        False,
                        f"{tables_read}: damaged, as this could not be checked: {what} "
                        f"({type(error).__name__}: {error})",
                    )
    return ledger.result()
