"""Whether today's range stands on its fixtures, as far as the tables tell."""

from __future__ import annotations

from math import gcd

import numpy as np
import pandas as pd

from planner.shelves.completion import complete_or_none
from planner.shelves.effort import EffortSpent
from planner.shelves.rack import to_steps
from planner.shelves.subset import finest_step, sums_of
from planner.tables.inputs import Assumption, Inputs

COLUMNS = ("store_id", "fixture_type", "used_cm", "width_cm", "over_cm")
MOST_NAMED = 5


def overfull_today(inputs: Inputs, today: pd.DataFrame) -> pd.DataFrame:
    """Fixture types on which today's range does not stand for all that is known, a row each.

    ``today``: store_id, item_id and facings of today's range. Columns: store_id, fixture_type,
    used_cm (facings times width), width_cm (of all shelves) and over_cm, the width of facings for
    which there is no place at least; 0 where no place was found for all of them, but it is not
    known that there is none. Facings may stand apart from each other here, so what does not
    fit as a plan must stand may fit as it stands today. Stores without fixtures have no rows.
    """
    items = inputs.items[["item_id", "fixture_type", "facing_width_cm"]]
    stands = today[today["facings"] > 0].merge(items, on="item_id")
    shelves = inputs.fixtures.groupby(["store_id", "fixture_type"], sort=False)["width_cm"]
    rooms = {key: width.to_numpy(dtype=np.float64) for key, width in shelves}
    with_fixtures = set(inputs.fixtures["store_id"])
    rows = []
    for (store, kind), own in stands.groupby(["store_id", "fixture_type"], sort=False):
        if store not in with_fixtures:
            continue
        room = rooms.get((store, kind), np.zeros(0))
        facings = own["facings"].to_numpy(dtype=np.int64)
        width = np.repeat(own["facing_width_cm"].to_numpy(dtype=np.float64), facings)
        over = _without_place(width, room)
        if over is not None:
            rows.append((store, kind, float(width.sum()), float(room.sum()), over))
    numbers = dict.fromkeys(COLUMNS[2:], "float64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        dict.fromkeys(COLUMNS[:2], "str") | numbers
    )


def _without_place(width: np.ndarray, room: np.ndarray) -> float | None:
    """Width in cm of facings that have no place, at least; None where all stand.

    0 where neither is known. No shelf holds more than the widest sum of facings that fits on it;
    and where they cannot all stand, one at least does not, be it the narrowest.
    """
    steps = sorted((to_steps(w) for w in width), reverse=True)
    rooms = [to_steps(w) for w in room]
    if _stand_widest_first(steps, rooms):
        return None
    narrowest = steps[-1] / to_steps(1.0)
    common = gcd(*steps)
    # Widths without a common measure are taken as a little wider, or sums would be endless.
    step = max(common, finest_step(rooms or [0]))
    can = [one for one in steps if one <= max(rooms, default=0)]
    most = {w: w for w in rooms}
    if step == common:
        sums = sums_of([one // step for one in can], max(rooms, default=0) // step)
        most = {w: step * _widest(sums, w // step) for w in most}
    over = sum(steps) - sum(can) + max(0, sum(can) - sum(most[w] for w in rooms))
    if over > 0:
        return max(over / to_steps(1.0), narrowest)
    try:
        stands = complete_or_none([-(-one // step) for one in steps], [w // step for w in rooms])
    except EffortSpent:
        return 0.0
    if stands is not None:
        return None
    return narrowest if step == common else 0.0


def _widest(sums: int, most: int) -> int:
    return (sums & ((1 << (most + 1)) - 1)).bit_length() - 1


def _stand_widest_first(steps: list[int], rooms: list[int]) -> bool:
    """Whether all find a place, the first first, each where least is left."""
    free = list(rooms)
    for one in steps:
        fits = [z for z, left in enumerate(free) if left >= one]
        if not fits:
            return False
        free[min(fits, key=lambda z: (free[z], z))] -= one
    return True


def overfull_assumptions(overfull: pd.DataFrame, stores: int) -> tuple[Assumption, ...]:
    """Warnings where today's range does not stand on its shelves, and where that is not known.

    ``stores``: of the chain.
    """
    certain = overfull["over_cm"] > 0
    found = []
    if certain.any():
        worst = overfull.sort_values("over_cm", ascending=False, kind="stable").iloc[0]
        where, count = _stores(overfull[certain], stores)
        found.append(
            (
                f"today's range does not stand on its shelves, says the data, in {where}; the most "
                f"in store {worst['store_id']}: {worst['used_cm']:g} cm of facings on "
                f"{worst['width_cm']:g} cm of {worst['fixture_type']}, no place for "
                f"{worst['over_cm']:g} cm at least): it is valued as if it did, and the plan, "
                "which has to fit, is compared with more than its shelves hold; check "
                "facing_width_cm, facings and fixtures",
                count,
            )
        )
    if not certain.all():
        where, count = _stores(overfull[~certain], stores)
        found.append(
            (
                "no way was found to stand today's range on its shelves, nor is it known that "
                f"there is none, in {where}): it is valued as if it stood",
                count,
            )
        )
    return tuple(
        Assumption("shelves", "current_range", text, count, warning=True) for text, count in found
    )


def _stores(overfull: pd.DataFrame, stores: int) -> tuple[str, int]:
    """Words for the stores, with a parenthesis left open, and how many they are."""
    named = overfull["store_id"].drop_duplicates()
    more = ", ..." if len(named) > MOST_NAMED else ""
    return (
        f"{len(named)} of {stores} stores ({', '.join(named.head(MOST_NAMED))}{more}",
        len(named),
    )
