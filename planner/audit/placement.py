"""What the run says of its placement rules, counted again from its positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import pandas as pd

from planner.audit.folder import RunFolder
from planner.audit.ledger import Ledger

FILE = "tables/placement.parquet"
KG_OF_UNIT = {"kg": 1.0, "lb": 0.45359237}
OVERLAP = 0.5
MOST_EMPTY = 0.05
STEP_CM = 1e-6
Row = dict[str, Any]
Figures = tuple[float, float, float]


def check_placement(run: RunFolder, ledger: Ledger) -> None:
    """For every store, fixture type and rule: what is counted, of how much, and what is broken.

    Margins are those before facings were added, which the run's tables do not keep: those of eye
    level may differ by what the added facings of the store cost.
    """
    expected = pd.DataFrame(
        _recomputed(run),
        columns=[
            "store_id",
            "fixture_type",
            "rule",
            "now_counted",
            "now_of",
            "now_broken",
            "now_where",
        ],
    )
    frame = ledger.expect_same_rows(
        expected,
        run.tables["placement"],
        ["store_id", "fixture_type", "rule"],
        lambda row: (
            f"{FILE}: store {row['store_id']}, {row['fixture_type']}: the rule {row['rule']}"
        ),
        extra="is unknown",
    )
    eye = frame["rule"] == "eye_level_margin"
    for column in ("counted", "of", "broken"):
        rest = frame[~eye]
        ledger.expect_close(rest, column, rest[f"now_{column}"], FILE, "from the positions")
    ledger.expect_rows(
        frame,
        frame["where"] == frame["now_where"],
        lambda row: (
            f"{FILE}: store {row['store_id']}, {row['fixture_type']}, {row['rule']}: broken at "
            f"{row['where'] or 'no place'}, expected {row['now_where'] or 'no place'}"
        ),
    )
    kinds = frame.groupby(["store_id", "fixture_type"], sort=False)
    proofs = kinds["proven"].nunique().reset_index()
    ledger.expect_rows(
        proofs,
        proofs["proven"] == 1,
        lambda row: (
            f"{FILE}: store {row['store_id']}, {row['fixture_type']}: some rules say that the "
            "placement is proven the best, others that it is not"
        ),
    )
    costs = run.tables["store_plans"].set_index("store_id")["facings_added_cost_week"]
    at_eye = frame[eye]
    allowed = at_eye["store_id"].map(costs).fillna(0.0) + 1e-6 * (1 + at_eye["now_of"].abs())
    for column in ("counted", "of"):
        ledger.expect_rows(
            at_eye,
            (at_eye[column] - at_eye[f"now_{column}"]).abs() <= allowed,
            lambda row, column=column: (  # type: ignore[misc]
                f"{FILE}: store {row['store_id']}, {row['fixture_type']}, eye_level_margin: "
                f"{column} is {row[column]:.10g}, expected {row[f'now_{column}']:.10g}"
            ),
        )
    kind = ["store_id", "fixture_type"]
    has_eye = run.tables["shelves"].groupby(kind)["eye_level"].any().rename("has_eye")
    at_eye = at_eye.merge(has_eye.reset_index(), on=kind, how="left")
    # In items: money away from eye level over the mean margin of an item.
    mean = (at_eye["of"] / at_eye["items"].clip(lower=1)).replace(0.0, 1.0)
    away = ((at_eye["of"] - at_eye["counted"]) / mean).where(at_eye["has_eye"].astype(bool), 0.0)
    ledger.expect_close(at_eye, "broken", away, FILE, "margin away from eye level, in items")


def _recomputed(run: RunFolder) -> Iterator[tuple[object, ...]]:
    items = run.inputs["items"].set_index("item_id").to_dict("index")
    plan = run.tables["assortment"].set_index(["store_id", "item_id"])
    margins = plan["margin_week"].to_dict()
    stocks = plan["stock_units_cycle"].to_dict()
    today = {
        (row["store_id"], row["item_id"]): row
        for row in run.inputs["current_range"].to_dict("records")
    }
    weekly = {
        (row["store_id"], row["fixture_id"], row["bay"], row["shelf"])
        for row in run.inputs["fixtures"].to_dict("records")
        if row["changes_weekly"]
    }
    standing: dict[tuple[object, ...], list[Row]] = {}
    for row in run.tables["positions"].sort_values("position").to_dict("records"):
        known = today.get((row["store_id"], row["item_id"]), {})
        item = items.get(row["item_id"], {})
        pair = row["store_id"], row["item_id"]
        shelf = row["store_id"], row["fixture_id"], row["bay"], row["shelf"]
        home = row["store_id"], known.get("fixture_id"), known.get("bay"), known.get("shelf")
        weight = item.get("unit_weight_kg")
        unit_kg = KG_OF_UNIT.get(str(item.get("unit")), 0.0) if pd.isna(weight) else float(weight)
        standing.setdefault(shelf, []).append(
            {
                "group": item.get("need_group"),
                "colour": item.get("colour") or None,
                "left": float(row["left_cm"]),
                "right": float(row["left_cm"] + row["width_cm"]),
                "margin": float(margins.get(pair, 0.0)),
                "kg": float(stocks.get(pair, 0.0)) * unit_kg,
                "home": None if home in weekly else home,
                "place": known.get("position"),
            }
        )
    kinds = ["store_id", "fixture_type"]
    for (store_id, kind), shelves in run.tables["shelves"].groupby(kinds, sort=False):
        rows: list[Row] = shelves.to_dict("records")  # type: ignore[assignment]
        places = [(r["store_id"], r["fixture_id"], r["bay"], r["shelf"]) for r in rows]
        here = [standing.get(p, []) for p in places]
        where = _where(rows, places, here)
        for rule, figures in _rules(rows, places, here).items():
            yield store_id, kind, rule, *figures, "; ".join(where.get(rule, []))


def _where(
    rows: Sequence[Row], places: Sequence[tuple[object, ...]], shelves: Sequence[Sequence[Row]]
) -> dict[str, list[str]]:
    """Need groups, and shelves, where the rules about them are broken."""
    reading, upright = _pieces([place[:3] for place in places], shelves)
    return {
        "group_blocks": sorted(str(g) for g, n in reading.items() if n > 1),
        "vertical_blocks": sorted(
            str(g) for g, n in upright.items() if n > 1 and _shelves_of(g, shelves) > 1
        ),
        "full_shelves": [
            f"{row['fixture_id']} {row['bay']:g}-{row['shelf']:g}" for row in rows if _empty(row)
        ],
    }


def _shelves_of(group: object, shelves: Sequence[Sequence[Row]]) -> int:
    return sum(any(item["group"] == group for item in shelf) for shelf in shelves)


def _empty(row: Row) -> bool:
    return bool(row["empty_cm"] > MOST_EMPTY * row["width_cm"] + STEP_CM)


def _rules(
    rows: Sequence[Row], places: Sequence[tuple[object, ...]], shelves: Sequence[Sequence[Row]]
) -> dict[str, Figures]:
    """Counted, of and broken of each rule on one fixture type; shelves in reading order."""
    everything = [item for shelf in shelves for item in shelf]
    bays = [place[:3] for place in places]
    heights = [
        (z - bays.index(bay)) / (bays.count(bay) - 1) if bays.count(bay) > 1 else 0.0
        for z, bay in enumerate(bays)
    ]
    known = set(places)
    settled = [
        (item["home"] == place, item)
        for place, shelf in zip(places, shelves, strict=True)
        for item in shelf
        if item["home"] in known
    ]
    moved = sum(not stays for stays, _ in settled)
    lifted = sum(
        _lifted([i["place"] for i in shelf if i["home"] == place and pd.notna(i["place"])])
        for place, shelf in zip(places, shelves, strict=True)
    )
    neighbours = [(a["colour"], b["colour"]) for shelf in shelves for a, b in pairwise(shelf)]
    alike = sum(a is not None and a == b for a, b in neighbours)
    kg = sum(item["kg"] for item in everything)
    lift = sum(
        item["kg"] * height
        for shelf, height in zip(shelves, heights, strict=True)
        for item in shelf
    )
    margin = sum(abs(item["margin"]) for item in everything)
    at_eye = sum(
        item["margin"] for row, shelf in zip(rows, shelves, strict=True) if row["eye_level"]
        for item in shelf
    )  # fmt: skip
    empty = sum(map(_empty, rows))
    reading, upright = _pieces(bays, shelves)
    wide = [g for g in reading if _shelves_of(g, shelves) > 1]
    return {
        "group_blocks": (
            sum(n == 1 for n in reading.values()),
            len(reading),
            sum(n - 1 for n in reading.values()),
        ),
        "vertical_blocks": (
            sum(upright[g] == 1 for g in wide),
            len(wide),
            sum(n - 1 for n in upright.values()),
        ),
        "full_shelves": (empty, len(rows), empty),
        "moves": (moved, len(settled), moved),
        "shelf_order": (lifted, len(settled) - moved, lifted),
        "eye_level_margin": (at_eye, margin, 0.0),
        "heavy_low": (lift, kg, lift / (kg / len(everything)) if kg else 0.0),
        "colour_breaks": (alike, sum(None not in pair for pair in neighbours), alike),
    }


def _lifted(places: Sequence[float]) -> int:
    """Fewest that must leave the row for the others to stand in rising order."""
    longest: list[int] = []
    for k, place in enumerate(places):
        longest.append(1 + max((longest[j] for j in range(k) if places[j] <= place), default=0))
    return len(places) - max(longest, default=0)


def _pieces(
    bays: Sequence[tuple[object, ...]], shelves: Sequence[Sequence[Row]]
) -> tuple[dict[object, int], dict[object, int]]:
    """Into how many pieces each need group falls: read on from shelf to shelf, and upright."""
    filled = [z for z, shelf in enumerate(shelves) if shelf]
    after = dict(pairwise(filled))
    pieces: dict[object, list[tuple[int, int, float, float]]] = {}
    for z, shelf in enumerate(shelves):
        start = 0
        for k in range(1, len(shelf) + 1):
            if k == len(shelf) or shelf[k]["group"] != shelf[start]["group"]:
                ends = 2 * (k == len(shelf)) + (start == 0)
                piece = (z, ends, shelf[start]["left"], shelf[k - 1]["right"])
                pieces.setdefault(shelf[start]["group"], []).append(piece)
                start = k
    reading, upright = {}, {}
    for group, own in pieces.items():
        links: list[list[set[int]]] = [[], []]
        for a, (za, ends_a, left_a, right_a) in enumerate(own):
            for b, (zb, ends_b, left_b, right_b) in enumerate(own):
                common = min(right_a, right_b) - max(left_a, left_b)
                least = OVERLAP * min(right_a - left_a, right_b - left_b)
                above = zb == za + 1 and bays[za] == bays[zb] and common >= least - STEP_CM
                on = after.get(za) == zb and bool(ends_a & 2) and bool(ends_b & 1)
                single = bays.count(bays[za]) == bays.count(bays[zb]) == 1
                if above or on:
                    links[0].append({a, b})
                if above or (on and single):
                    links[1].append({a, b})
        reading[group], upright[group] = (_together(len(own), joined) for joined in links)
    return reading, upright


def _together(count: int, links: Sequence[set[int]]) -> int:
    """Sets into which links join ``count`` things."""
    sets = [{k} for k in range(count)]
    for link in links:
        touching = [s for s in sets if s & link]
        sets = [s for s in sets if not s & link] + [set().union(*touching)]
    return len(sets)
