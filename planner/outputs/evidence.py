"""The parameters behind a plan, in tables, so that an audit can recompute it without the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from planner.assortment.problem import StoreProblem
from planner.assortment.result import Assortment, StoreOutcome
from planner.outputs.stored_problem import problem_tables


def evidence_tables(assortment: Assortment) -> Mapping[str, pd.DataFrame]:
    """What is behind every store's plan, by table name: ``choice``, ``choice_groups``,
    ``economics``, ``reasons``, and the problem itself (``stored_problem``)."""
    problems = assortment.problems
    found = problem_tables(problems.values()) | choice_tables(problems.values())
    return found | {
        "reasons": pd.concat(
            [_reasons(p, assortment.outcomes[s]) for s, p in problems.items()], ignore_index=True
        ),
        "economics": pd.concat(
            [
                _economics(p, assortment.not_candidate.loc[s].to_numpy())
                for s, p in problems.items()
            ],
            ignore_index=True,
        ),
    }


def choice_tables(problems: Iterable[StoreProblem]) -> dict[str, pd.DataFrame]:
    """``choice`` and ``choice_groups``: who buys what, by segment."""
    every = list(problems)
    return {
        "choice": pd.concat([_choice(p) for p in every], ignore_index=True),
        "choice_groups": pd.concat([_choice_groups(p) for p in every], ignore_index=True),
    }


def _reasons(problem: StoreProblem, outcome: StoreOutcome) -> pd.DataFrame:
    """What each item does in the store, and what forcing it in costs, in numbers."""
    count, ids = len(problem.item_ids), problem.item_ids
    effects, forcing = outcome.effects, outcome.forcing
    # Stores without a plan are left out.
    assert effects is not None
    assert outcome.plan.score is not None
    costs = {name: np.full(count, np.nan) for name in ("cost_week", "least_week", "most_week")}
    for item, found in forcing.items():
        for name, column in costs.items():
            column[item] = getattr(found, name)
    return pd.DataFrame(
        {
            "store_id": problem.store_id,
            "item_id": list(ids),
            "planned_facings": outcome.plan.score.facings,
            "unit_price_of_chain": np.zeros(count)
            if outcome.unit_price_of_chain is None
            else outcome.unit_price_of_chain,
            "adds_week": outcome.marginal_week,
            "taken_units_week": effects.taken_units_week,
            "waste_units_week": effects.waste_units_week,
            "waste_cost_week": effects.waste_cost_week,
            "forcing_known": [forcing[i].how.value if i in forcing else "" for i in range(count)],
            "forcing_cost_week": costs["cost_week"],
            "forcing_least_week": costs["least_week"],
            "forcing_most_week": costs["most_week"],
            "forcing_puts_out": [
                ";".join(ids[k] for k in forcing[i].leaves) if i in forcing else ""
                for i in range(count)
            ],
        }
    )


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
