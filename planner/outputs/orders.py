"""What the chain orders in a mean week, item by item."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.assortment.result import Assortment
from planner.tables.inputs import Inputs


def orders_table(inputs: Inputs, assortment: Assortment) -> pd.DataFrame:
    """Contents.orders: a row per item that is listed anywhere, in the order of the items."""
    items = inputs.items
    number = {item: k for k, item in enumerate(items["item_id"])}
    totals = np.zeros((4, len(items)))
    for store, problem in assortment.problems.items():
        plan = assortment.plans[store].score
        assert plan is not None  # stores without a plan are left out
        at = [number[item] for item in problem.item_ids]
        own = (plan.listed, plan.sold_units_week, plan.waste_units_week, plan.spend_week)
        totals[:, at] += np.where(plan.listed, np.array(own, dtype=np.float64), 0.0)
    stores, sold, waste, spend = totals
    return pd.DataFrame(
        {
            "item_id": items["item_id"],
            "supplier_id": items["supplier_id"],
            "stores": stores.astype(np.int64),
            "sold_units_week": sold,
            "waste_units_week": waste,
            "spend_week": spend,
        }
    )[stores > 0].reset_index(drop=True)
