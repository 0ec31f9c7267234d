"""The tables of the run behind a page, raw: the page saves each of them as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from planner.outputs.contents import Stamp
from planner.outputs.report.charts import Chart, Lack, Table
from planner.outputs.report.limits import limit_summary_frame
from planner.outputs.report.scope import Scope
from planner.outputs.report.suppliers import orders_of, supplier_totals

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_LONGEST_NAME = 80
"""Letters that a part of a file's name may have."""


def page_tables(scope: Scope, detailed: bool) -> dict[str, pd.DataFrame]:
    """Tables of the run cut to the stores of a page, under their names in the run's folder.

    ``detailed``: with what each store changes and what its limits are worth; the page of a large
    chain leaves these to the pages of its regions.
    """
    contents = scope.contents
    tables = {
        "stores": contents.stores,
        "figures": contents.figures,
        "value": _value(scope),
        "store_plans": contents.store_plans,
        "orders": orders_of(scope),
        "suppliers": supplier_totals(scope),
        "limit_summary": limit_summary_frame(scope),
        "recapture": contents.recapture,
        "signal_effects": contents.signal_effects,
        "assumptions": contents.assumptions,
        "left_out": contents.left_out,
        "limits": contents.limits,
    }
    if detailed:
        tables |= {"changes": contents.changes, "worth": contents.worth}
    return tables


def _value(scope: Scope) -> pd.DataFrame:
    """What a page shows gains of: the chain's has its regions too."""
    if scope.region is None:
        return scope.contents.value
    return pd.concat([scope.value, scope.store_value], ignore_index=True)


def chart_tables(charts: Iterable[Chart | Lack | None]) -> dict[str, pd.DataFrame]:
    """The table behind each chart under the chart's id."""
    return {chart.id: _frame(chart.table) for chart in charts if chart and chart.table}


def _frame(table: Table) -> pd.DataFrame:
    if table.frame is not None:
        return table.frame
    return pd.DataFrame(dict(zip(table.columns, zip(*table.rows, strict=True), strict=True)))


def for_csv(tables: dict[str, pd.DataFrame]) -> dict[str, dict[str, list[Any]]]:
    """The tables as JSON knows them, column by column: numbers in full, days as 2026-10-05,
    yes and no, None where a cell is empty."""
    return {
        name: {str(column): _cells(frame[column]) for column in frame.columns}
        for name, frame in tables.items()
    }


def file_stem(stamp: Stamp, region: str | None) -> str:
    """How the names of saved files begin: the run, and the region of a region's page."""
    parts = [stamp.run_id] + ([] if region is None else [region or "no region"])
    return "-".join(_NOT_IN_NAMES.sub("_", part)[:_LONGEST_NAME] for part in parts)


def _cells(column: pd.Series) -> list[Any]:
    empty = column.isna()
    if pd.api.types.is_bool_dtype(column):
        column = column.map({True: "yes", False: "no"})
    elif pd.api.types.is_datetime64_any_dtype(column):
        column = column.dt.strftime("%Y-%m-%d")
    elif not pd.api.types.is_numeric_dtype(column):
        column = column.astype("str")
    return [None if nothing else cell for cell, nothing in zip(column.tolist(), empty, strict=True)]
