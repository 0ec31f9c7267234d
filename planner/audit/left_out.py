"""Stores that were left out because they have no plan: in no table, and each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from planner.audit.folder import MANIFEST, RunFolder
from planner.audit.ledger import Ledger

FILE = "tables/left_out.parquet"


def without_left_out(
    inputs: Mapping[str, pd.DataFrame], tables: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """The input without the stores that the run says it left out: the rest must be planned."""
    if "left_out" not in tables:
        return dict(inputs)
    gone = set(tables["left_out"]["store_id"])
    return {
        name: frame[~frame["store_id"].isin(gone)].reset_index(drop=True)
        if name in ("stores", "fixtures", "store_locks")
        else frame
        for name, frame in inputs.items()
    }


def check_left_out(run: RunFolder, ledger: Ledger) -> None:
    """A store that was left out has no plan, a reason, no rows, and stands in run.json."""
    frame = run.tables["left_out"]
    ledger.expect_rows(
        frame,
        frame["plan"].isin(["infeasible", "none"]) & (frame["reason"] != ""),
        lambda row: (
            f"{FILE}: store {row['store_id']} is left out with plan {row['plan']!r} and reason "
            f"{row['reason']!r}"
        ),
    )
    for name in ("assortment", "store_plans"):
        planned = set(run.tables[name]["store_id"])
        ledger.expect_rows(
            frame,
            ~frame["store_id"].isin(planned),
            lambda row, name=name: (  # type: ignore[misc]
                f"{FILE}: store {row['store_id']} is left out, yet tables/{name}.parquet has it"
            ),
        )
    said = run.manifest.get("left_out") or {}
    told = {
        row["store_id"]: {name: row[name] for name in ("plan", "proof", "reason")}
        for row in frame.to_dict("records")
    }
    ledger.expect(said == told, f"{MANIFEST}: left_out is not what {FILE} says")
    expected = "infeasible" if told else "feasible"
    plan = run.manifest.get("plan")
    ledger.expect(plan == expected, f"{MANIFEST}: plan is {plan!r}, expected {expected!r}")
