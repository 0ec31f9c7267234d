"""What the chain knows about its customers: signals, segment shares and segment indices."""

from __future__ import annotations

import numpy as np
import pandas as pd
from catalogue import SEGMENTS, generator
from market import Market

SIGNALS = {
    # signal: (constant, effect of each segment's share in the order of SEGMENTS, noise)
    "share_households_with_children": (0.10, (0.75, 0.00, 0.35, 0.25, -0.05, 0.05), 0.03),
    "share_age_under_35": (0.15, (0.10, 0.70, 0.15, 0.15, -0.10, 0.20), 0.03),
    "share_age_55_plus": (0.15, (0.00, -0.10, 0.00, 0.05, 0.75, 0.00), 0.03),
    "share_spanish_at_home": (0.03, (0.05, 0.05, 0.80, 0.00, 0.00, 0.00), 0.03),
    "share_asian_language_at_home": (0.02, (0.00, 0.05, 0.00, 0.70, 0.00, 0.00), 0.03),
    "share_income_100k_plus": (0.15, (0.10, -0.10, -0.10, 0.15, 0.05, 0.60), 0.04),
    "share_loyalty_organic_buyers": (0.04, (0.03, 0.02, 0.00, 0.02, 0.00, 0.55), 0.03),
    # No part in the truth: an estimator has to find that out.
    "parking_spaces_per_100_customers": (18.0, (0, 0, 0, 0, 0, 0), 5.0),
    "minutes_from_motorway": (9.0, (0, 0, 0, 0, 0, 0), 3.5),
}
WITHOUT_PEOPLE = ("parking_spaces_per_100_customers", "minutes_from_motorway")


def build_signals(seed: int, stores: pd.DataFrame, shares: np.ndarray) -> pd.DataFrame:
    """Signals a store with the people behind each figure; one figure stands on three people."""
    rng = generator(seed, "signals")
    rows = []
    for s, store_id in enumerate(stores.store_id):
        people = int(rng.integers(900, 6000))
        for signal, (constant, effects, noise) in SIGNALS.items():
            value = constant + shares[s] @ np.array(effects) + rng.normal(0, noise)
            bare = signal in WITHOUT_PEOPLE
            loyal = signal.startswith("share_loyalty")
            rows.append(
                {
                    "store_id": store_id,
                    "signal": signal,
                    "value": round(max(value, 0.0), 1 if bare else 3),
                    "base": "" if bare else people // 8 if loyal else people,
                }
            )
    signals = pd.DataFrame(rows)
    small = (signals.store_id == stores.store_id.iloc[-2]) & (
        signals.signal == "share_loyalty_organic_buyers"
    )
    signals.loc[small, "base"] = 3
    return signals


def build_segments(seed: int, stores: pd.DataFrame, shares: np.ndarray) -> pd.DataFrame:
    """Segment shares as a survey would give them: noisy, in whole percent, summing to 1."""
    rng = generator(seed, "survey")
    noisy = shares * np.exp(rng.normal(0, 0.12, shares.shape))
    percent = 100 * noisy / noisy.sum(axis=1, keepdims=True)
    whole = np.floor(percent)
    short = (100 - whole.sum(axis=1)).astype(int)
    order = np.argsort(whole - percent, axis=1)
    for s in range(len(stores)):
        whole[s, order[s, : short[s]]] += 1
    return pd.DataFrame(
        {
            "store_id": np.repeat(stores.store_id.to_numpy(), len(SEGMENTS)),
            "segment": np.tile(SEGMENTS, len(stores)),
            "share": (whole / 100).ravel(),
        }
    )


def build_segment_index(
    seed: int, items: pd.DataFrame, hidden: pd.DataFrame, market: Market
) -> pd.DataFrame:
    """Noisy indices: a row a need group that stands out, and items that differ from their group."""
    rng = generator(seed, "index")
    weight = hidden.base_units_week.to_numpy()
    group = market.by_group(market.index * weight) / market.by_group(weight)
    seen_group = (group * np.exp(rng.normal(0, 0.06, group.shape)) * 20).round() / 20
    seen_item = (market.index * np.exp(rng.normal(0, 0.06, market.index.shape)) * 20).round() / 20
    rows = []
    for g, segment in enumerate(SEGMENTS):
        for n, need_group in enumerate(market.need_groups):
            if abs(seen_group[g, n] - 1) >= 0.10:
                rows.append((segment, "", need_group, seen_group[g, n]))
        for i, item_id in enumerate(items.item_id):
            if abs(np.log(seen_item[g, i] / seen_group[g, market.group_of_item[i]])) >= 0.25:
                rows.append((segment, item_id, "", seen_item[g, i]))
    return pd.DataFrame(rows, columns=["segment", "item_id", "need_group", "index"])
