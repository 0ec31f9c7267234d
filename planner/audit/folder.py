"""A finished run as it lies in its folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from planner.audit.ledger import Ledger

MANIFEST = "run.json"
SEAL = "manifest_sha256"


@dataclass(frozen=True)
class Layout:
    """Columns of one table of a run that the audit reads."""

    key: tuple[str, ...]
    text: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


PAIR = ("store_id", "item_id")
TABLES: Mapping[str, Layout] = MappingProxyType(
    {
        "demand": Layout(
            PAIR,
            ("source",),
            ("demand_units_week", "se_units_week", "low_units_week", "high_units_week"),
        ),
        "assortment": Layout(
            PAIR,
            ("status", "reason"),
            (
                "facings",
                "stock_units_cycle",
                "demand_units_week",
                "sold_units_week",
                "waste_units_week",
                "sales_week",
                "margin_week",
            ),
            ("core", "listed"),
        ),
        "limits": Layout(("store_id", "limit"), ("unit",), ("used", "available", "shadow_price")),
        "positions": Layout(
            PAIR,
            ("fixture_id",),
            ("bay", "shelf", "position", "left_cm", "width_cm", "facings"),
        ),
        "shelves": Layout(
            ("store_id", "fixture_id", "bay", "shelf"),
            ("fixture_type",),
            ("width_cm", "used_cm", "empty_cm"),
            ("eye_level",),
        ),
        "placement": Layout(
            ("store_id", "fixture_type", "rule"),
            ("where",),
            ("items", "weight", "counted", "of", "broken"),
            ("proven",),
        ),
        "store_plans": Layout(
            ("store_id",),
            ("plan_id", "plan", "proof"),
            ("objective_week", "bound_week", "gap", "facings_added_cost_week"),
        ),
        "figures": Layout(
            ("store_id", "plan"),
            (),
            (
                "listed_items",
                "local_items",
                "sold_units_week",
                "waste_units_week",
                "sales_week",
                "margin_week",
                "spend_week",
            ),
        ),
        "value": Layout(
            ("level", "name", "against"),
            (),
            (
                "value_week",
                "low_week",
                "high_week",
                "planned_week",
                "share_of_sales",
                "sales_growth",
            ),
            ("unusual",),
        ),
        "waterfall": Layout(
            ("level", "name", "from_plan", "to_plan", "part"), (), ("change_week",)
        ),
        "certainty": Layout(("level", "name", "measure", "part"), (), ("count", "of", "share")),
        "choice": Layout(
            ("store_id", "segment", "item_id"),
            ("need_group",),
            ("attraction", "shadow_attraction"),
        ),
        "choice_groups": Layout(
            ("store_id", "segment", "need_group"),
            (),
            ("potential_units_week", "no_purchase_attraction"),
        ),
        "economics": Layout(
            PAIR,
            ("locked",),
            (
                "price",
                "unit_cost",
                "spend_cost",
                "waste_share",
                "demand_cv",
                "listing_cost_week",
                "facing_cost_week",
                "deliveries_week",
            ),
            ("candidate", "core"),
        ),
        "orders": Layout(
            ("item_id",),
            ("supplier_id",),
            ("stores", "sold_units_week", "waste_units_week", "spend_week"),
        ),
        "reasons": Layout(PAIR, ("forcing_known",), ("forcing_cost_week",)),
        "locks": Layout(
            (*PAIR, "lock"),
            ("note", "state", "known", "origin"),
            ("facings", "cost_week", "least_week", "most_week"),
            ("own",),
        ),
        "lock_totals": Layout(
            ("store_id",), ("known",), ("locks", "cost_week", "least_week", "most_week")
        ),
        "left_out": Layout(("store_id",), ("plan", "proof", "reason")),
        "cells": Layout(("workbook", "sheet", "cell"), ("value",)),
    }
)
"""Every table that a check needs; ``changes``, ``recapture``, ``signal_effects``,
``local_drivers``, ``worth``, ``backtest`` and ``assumptions`` are not recomputed, their hashes
alone are checked."""


@dataclass(frozen=True)
class RunFolder:
    """What the checks read: the manifest, the run's tables, and its copies of the input.

    ``tables`` holds those of ``TABLES`` that could be read, ``inputs`` the typed input tables
    with defaults filled in, sales left out; both by name.
    """

    path: Path
    manifest: Mapping[str, Any]
    tables: Mapping[str, pd.DataFrame]
    inputs: Mapping[str, pd.DataFrame]


def seal_of(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of everything that ``run.json`` says beside the seal itself, in hexadecimal."""
    said = {name: value for name, value in manifest.items() if name != SEAL}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_manifest(path: Path, ledger: Ledger) -> Mapping[str, Any]:
    """The content of ``run.json``; empty, with a finding, where there is none."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        ledger.expect(False, f"{MANIFEST} cannot be read: {error}")
        return {}
    if not isinstance(manifest, dict):
        ledger.expect(False, f"{MANIFEST} is no table of names and values")
        return {}
    ledger.expect(
        manifest.get(SEAL) == seal_of(manifest),
        f"{MANIFEST} was changed after the run: its content is not that of its {SEAL}",
    )
    for name in ("files", "inputs", "stores"):
        ledger.expect(isinstance(manifest.get(name), dict), f"{MANIFEST} does not name its {name}")
    return manifest


def read_tables(path: Path, ledger: Ledger) -> dict[str, pd.DataFrame]:
    """The run's tables, typed; one that is missing, damaged or not unique is a finding."""
    found = {}
    for name, layout in TABLES.items():
        file = f"tables/{name}.parquet"
        if not (path / file).is_file():
            ledger.expect(False, f"{file} is missing")
            continue
        try:
            frame = pd.read_parquet(path / file)
        except (OSError, ValueError) as error:
            ledger.expect(False, f"{file} cannot be read: {error}")
            continue
        columns = (*layout.key, *layout.text, *layout.numbers, *layout.flags)
        missing = [column for column in columns if column not in frame.columns]
        ledger.expect(not missing, f"{file} has no column {', '.join(missing)}")
        if missing:
            continue
        frame = _typed(frame, layout)
        twice = frame.duplicated(list(layout.key))
        ledger.expect_rows(
            frame,
            ~twice,
            lambda row, file=file, key=layout.key: (  # type: ignore[misc]
                f"{file}: two rows of " + ", ".join(f"{k} {row[k]}" for k in key)
            ),
        )
        found[name] = frame[~twice].reset_index(drop=True)
    return found


def _typed(frame: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    numeric = {*layout.numbers, "bay", "shelf"}
    types: dict[str, Any] = {}
    for column in (*layout.key, *layout.text):
        if column not in numeric:
            types[column] = frame[column].astype("str").fillna("")
    for column in (*layout.key, *layout.numbers):
        if column in numeric:
            types[column] = pd.to_numeric(frame[column], errors="coerce").astype("float64")
    for column in layout.flags:
        types[column] = frame[column].fillna(False).astype(bool)
    return frame.assign(**types)
