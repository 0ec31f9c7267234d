"""The parameters behind a plan, in tables, so that an audit can recompute it without the model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from planner.assortment.problem import StoreProblem
from planner.assortment.result import Assortment


def evidence_tables(assortment: Assortment) -> Mapping[str, pd.DataFrame]:
    """``choice``, ``choice_groups`` and ``economics`` of every store, by table name."""
    problems = assortment.problems
    return {
        "choice": pd.concat([_choice(p) for p in problems.values()], ignore_index=True),
        "choice_groups": pd.concat(
            [_choice_groups(p) for p in problems.values()], ignore_index=True
        ),
        "economics": pd.concat(
            [
                _economics(p, assortment.not_candidate.loc[s].to_numpy())
                for s, p in problems.items()
            ],
            ignore_index=True,
        ),
    }


def _choice(problem: StoreProblem) -> pd.DataFrame:
    groups = np.asarray(problem.need_groups, dtype=object)[problem.group_of_item]
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "store_id": problem.store_id,
                    "segment": segment,
                    "item_id": list(problem.item_ids),
                    "need_group": list(groups),
                    "attraction": problem.attraction[g],
                    "shadow_attraction": problem.shadow_attraction[g],
                }
            )
            for g, segment in enumerate(problem.segments)
        ]
    )


def _choice_groups(problem: StoreProblem) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "store_id": problem.store_id,
                    "segment": segment,
                    "need_group": list(problem.need_groups),
                    "potential_units_week": problem.potential_units_week[g],
                    "no_purchase_attraction": problem.no_purchase_attraction[g],
                }
            )
            for g, segment in enumerate(problem.segments)
        ]
    )


def _economics(problem: StoreProblem, not_candidate: np.ndarray) -> pd.DataFrame:
    locked = np.select([problem.locked_in, not_candidate == "locked out"], ["IN", "OUT"], "")
    return pd.DataFrame(
        {
            "store_id": problem.store_id,
            "item_id": list(problem.item_ids),
            "price": problem.sales_price,
            "unit_cost": problem.spend_cost,
            "spend_cost": problem.spend_cost,
            "waste_share": problem.waste_share,
            "demand_cv": problem.demand_cv,
            "listing_cost_week": problem.listing_money_week,
            "facing_cost_week": problem.facing_money_week,
            "deliveries_week": problem.deliveries_week,
            "candidate": ~problem.locked_out,
            "core": problem.core,
            "locked": locked,
        }
    )
