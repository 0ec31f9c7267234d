"""What signals do to demand, for people: items that move, and signals that move nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd


def moved_items(signal_effects: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``Demand.signal_effects`` that move their item, the most moved first.

    signal, item_id, item_name, need_group and change, low_change, high_change: change of demand
    as a share where the signal is one standard deviation higher, with its 80 % interval.
    """
    found = signal_effects[signal_effects["moves"] == "yes"]
    found = found.merge(items[["item_id", "item_name", "need_group"]], on="item_id")
    found = found.assign(
        change=np.expm1(found["effect"]),
        low_change=np.expm1(found["low"]),
        high_change=np.expm1(found["high"]),
        size=found["effect"].abs(),
    )
    found = found.sort_values(["size", "signal", "item_id"], ascending=[False, True, True])
    columns = ["signal", "item_id", "item_name", "need_group", "change", "low_change"]
    return found[[*columns, "high_change"]].reset_index(drop=True)


def signal_rows(
    signal_effects: pd.DataFrame, items: pd.DataFrame, shown: int = 3
) -> list[dict[str, object]]:
    """A row per signal, those that move most items first: signal, items (moved), up and down
    (its most moved items, as name and change)."""
    moved = moved_items(signal_effects, items)
    rows: list[dict[str, object]] = []
    for signal in signal_effects["signal"].unique():
        own = moved[moved["signal"] == signal]
        ups, downs = own[own["change"] > 0], own[own["change"] < 0]
        rows.append(
            {
                "signal": signal,
                "items": len(own),
                "up": ups.head(shown)[["item_name", "change"]].to_dict("records"),
                "down": downs.head(shown)[["item_name", "change"]].to_dict("records"),
            }
        )
    return sorted(rows, key=lambda row: (-int(str(row["items"])), str(row["signal"])))
