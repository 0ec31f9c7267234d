"""Whether today's range stands on its fixtures, as far as the tables tell."""

from __future__ import annotations

import numpy as np
import pandas as pd

from planner.shelves.completion import complete
from planner.shelves.rack import to_steps
from planner.tables.inputs import Assumption, Inputs

COLUMNS = ("store_id", "fixture_type", "used_cm", "width_cm", "over_cm")
MOST_NAMED = 5
DUST = 1e-6


def overfull_today(inputs: Inputs, today: pd.DataFrame) -> pd.DataFrame:
    """Fixture types on which more of today's range is said to stand than fits, a row each.

    ``today``: store_id, item_id and facings of today's range. Columns: store_id, fixture_type,
    used_cm (facings times width), width_cm (of all shelves) and over_cm, the width of the facings
    for which no place is found. Facings may stand apart from each other here, so what does not
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
        if over > DUST:
            rows.append((store, kind, float(width.sum()), float(room.sum()), over))
    numbers = dict.fromkeys(COLUMNS[2:], "float64")
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(
        dict.fromkeys(COLUMNS[:2], "str") | numbers
    )


def _without_place(width: np.ndarray, room: np.ndarray) -> float:
    """Width in cm of the facings that find no place: widest first, each where least is left."""
    free = [to_steps(w) for w in room]
    left_out = []
    steps = sorted((to_steps(w) for w in width), reverse=True)
    for one in steps:
        fits = [z for z, left in enumerate(free) if left >= one]
        if fits:
            free[min(fits, key=lambda z: (free[z], z))] -= one
        else:
            left_out.append(one)
    if not left_out:
        return 0.0
    step = int(np.gcd.reduce(np.array(steps, dtype=np.int64)))
    rooms = [to_steps(w) // step for w in room]
    if complete([one // step for one in steps], rooms) is not None:
        return 0.0
    return float(sum(left_out)) / to_steps(1.0)


def overfull_assumptions(overfull: pd.DataFrame, stores: int) -> tuple[Assumption, ...]:
    """A warning where today's range does not stand on its shelves; ``stores``: of the chain."""
    if overfull.empty:
        return ()
    named = overfull["store_id"].drop_duplicates()
    worst = overfull.sort_values("over_cm", ascending=False, kind="stable").iloc[0]
    more = ", ..." if len(named) > MOST_NAMED else ""
    text = (
        f"today's range does not stand on its shelves, says the data, in {len(named)} of {stores} "
        f"stores ({', '.join(named.head(MOST_NAMED))}{more}; the most in store "
        f"{worst['store_id']}: {worst['used_cm']:g} cm of facings on {worst['width_cm']:g} cm of "
        f"{worst['fixture_type']}, no place for {worst['over_cm']:g} cm): it is valued as if it "
        "did, and the plan, which has to fit, is compared with more than its shelves hold; check "
        "facing_width_cm, facings and fixtures"
    )
    return (Assumption("shelves", "current_range", text, len(named), warning=True),)
