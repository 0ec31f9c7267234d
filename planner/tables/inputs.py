"""What comes in, checked and typed: the result of the tables stage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

GENERIC_CURRENCY = "¤"
"""Sign of a currency that the chain has not named."""


IN_FORCE, EXPIRED = "in force", "expired"
STORE_LOCKS = (
    "store_id", "item_id", "lock", "facings", "since", "until", "note", "state", "own",
    "file", "row", "cell",
)  # fmt: skip
"""Columns of ``Inputs.store_locks``: ``since``, the first day of the first plan that obeyed it;
``state``, in force or expired; ``own``, whether it is of the chain's own table; and where it was
written (``cell`` in workbooks alone)."""


@dataclass(frozen=True)
class Assumption:
    """Something the planner assumed or left out, counted, for the *Assumptions* sheet."""

    stage: str
    subject: str
    """Table and column, or the part of the model, that the assumption is about."""
    text: str
    count: int
    """Rows, items, stores or pairs concerned."""
    warning: bool = False
    """Worth a look before the plan is used: the command line says it too."""
    default: bool = False
    """Only what an empty cell or a missing table means: no limit, always, everywhere."""
    survived: bool = False
    """A fault of the input that was read around: mend it where it was not meant so."""


@dataclass(frozen=True)
class SourceFile:
    """One input file (or sheet of the input workbook) as it was read."""

    table: str
    path: Path
    sheet: str
    """Sheet name when the input is a workbook, else empty."""
    rows: int
    sha256: str
    """Of the whole file."""


@dataclass(frozen=True)
class ChainSettings:
    """Content of ``chain.toml`` (or of the sheet ``chain``)."""

    name: str
    currency: str
    """ISO 4217 code; empty when the chain is planned in units."""
    locale: str
    budget_week: float | None
    """Money per week for the whole chain; None: no limit."""
    horizon_weeks: int


def no_store_locks() -> pd.DataFrame:
    """The table of a chain without locks."""
    kinds: dict[str, Any] = dict.fromkeys(STORE_LOCKS, "str")
    kinds |= {"facings": "float64", "own": "bool", "row": "int64"}
    kinds |= {"since": "datetime64[ns]", "until": "datetime64[ns]"}
    return pd.DataFrame({name: [] for name in STORE_LOCKS}).astype(kinds)


def with_locked_facings(items: pd.DataFrame, store_locks: pd.DataFrame, store: str) -> pd.DataFrame:
    """The items table with the facings that the locks of a store leave each item."""
    here = store_locks[(store_locks["store_id"] == store) & (store_locks["state"] == IN_FORCE)]
    bounds = {"MIN": "min_facings", "MAX": "max_facings"}
    locked = here[here["lock"].isin(list(bounds))]
    if locked.empty:
        return items
    found = items.set_index("item_id", drop=False)
    for row in locked.itertuples():
        name, least = bounds[str(row.lock)], row.lock == "MIN"
        now, asked = float(str(found.at[row.item_id, name])), float(str(row.facings))
        found.at[row.item_id, name] = max(now, asked) if least else np.fmin(now, asked)
    return found.reset_index(drop=True)


@dataclass(frozen=True)
class Inputs:
    """Every table of the design's section 4, typed and with defaults filled in.

    Each frame has all columns of ``columns.csv`` for its table, in that order, and a fresh
    RangeIndex in file order. Ids and texts are ``str`` ("" where unknown), numbers float64
    (NaN only where the column's default is "no limit" or unknown; +inf is never used), integer
    columns float64 holding whole numbers or NaN, flags bool, dates ``datetime64[ns]`` (NaT
    where unknown). ``sales.store_id`` and ``sales.item_id`` are categoricals over the ids of
    ``stores`` and ``items`` in their order.
    """

    source: Path
    chain: ChainSettings
    sales: pd.DataFrame
    items: pd.DataFrame
    stores: pd.DataFrame
    fixtures: pd.DataFrame
    signals: pd.DataFrame
    segments: pd.DataFrame
    segment_index: pd.DataFrame
    promotions: pd.DataFrame
    suppliers: pd.DataFrame
    current_range: pd.DataFrame
    range_rules: pd.DataFrame
    locks: pd.DataFrame
    planned_in_units: bool
    """True: price 1 and cost 0 for every item, because prices are not known."""
    assumptions: tuple[Assumption, ...]
    files: Mapping[str, SourceFile]
    """By table name; ``chain`` for chain.toml, ``locks/<name>`` for lock files given beside it."""
    store_locks: pd.DataFrame = field(default_factory=no_store_locks)
    """Every lock of every store, those that have expired too, with the columns ``STORE_LOCKS``;
    ``locks`` is the table of those in force as it was written."""
    lock_workbooks: tuple[Path, ...] = ()
    """Workbooks of stores that were given for their locks."""

    def without_stores(self, left_out: Collection[str]) -> Inputs:
        """The same tables without the rows of some stores and their fixtures; sales stay."""

        def kept(frame: pd.DataFrame) -> pd.DataFrame:
            return frame[~frame["store_id"].isin(list(left_out))].reset_index(drop=True)

        if not left_out:
            return self
        return replace(
            self,
            stores=kept(self.stores),
            fixtures=kept(self.fixtures),
            current_range=kept(self.current_range),
            store_locks=kept(self.store_locks),
        )
