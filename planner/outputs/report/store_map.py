"""A map of the stores by their coordinates, drawn without map tiles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from planner.outputs.numbers import whole
from planner.outputs.report.amounts import signed_amount
from planner.outputs.report.scope import Scope
from planner.outputs.report.worth import AGAINST, interval, kind_of

WIDTH = 560.0
HEIGHTS = (200.0, 360.0)
"""Least and most, in the map's own units (a desktop draws one as 1.3 pixels, a phone as 0.6)."""
MARGIN = 30.0
RADII = (5.0, 12.0)
MOST_MOVED_APART = 300
"""With more stores marks may hide one another."""
EDGE = 8.0
"""Free between a mark that was moved and the frame."""
BEARS = 0.1
"""A bar of the scale is drawn where no mark was moved by a larger part of its length."""
STRIP = 24.0
"""Below the marks, for the scale."""
LETTER = 5.8
"""Mean width of a letter of a label."""
LINE = 12.0
CITIES_NAMED = 15
"""With more cities, as with one, stores are named instead, where there is room."""
KM_PER_DEGREE = 111.32
LONGEST_LABEL = 22


@dataclass(frozen=True)
class Mark:
    """A store on the map; ``kind``: gain, noise, loss or unknown."""

    store_id: str
    x: float
    y: float
    radius: float
    kind: str
    words: str


@dataclass(frozen=True)
class Label:
    """A name: of a store beside its mark, x and y its left foot; or of a city above or below its
    marks, x its middle."""

    text: str
    x: float
    y: float


@dataclass(frozen=True)
class StoreMap:
    """Marks, largest first, so that small ones stand on top."""

    height: float
    marks: list[Mark]
    labels: list[Label]
    labelled: str
    """What has labels: city or store."""
    finding: str
    kinds: list[str]
    missing: int
    """Stores without coordinates."""
    moved_km: float
    """How far a mark was moved at most, so that none hides another."""
    scale_km: float
    scale_width: float
    """0 where marks were moved so far that no scale is true."""


def store_map(scope: Scope) -> StoreMap | None:
    """The map of a scope's stores; None where no store has coordinates."""
    stores = scope.contents.stores
    known = stores.dropna(subset=["latitude", "longitude"])
    if known.empty:
        return None
    against, gains = _gains(scope)
    ids = [str(store) for store in known["store_id"]]
    radius = _radii(np.array([_value(gains.get(store)) for store in ids]))
    x, y, unit_km, height = _project(
        known["longitude"].to_numpy(dtype=float), known["latitude"].to_numpy(dtype=float)
    )
    apart_x, apart_y = _move_apart(x, y, radius, height)
    kinds = [kind_of(gains.get(store)) for store in ids]
    order = sorted(range(len(ids)), key=lambda k: (-radius[k], ids[k]))
    marks = [
        Mark(
            store_id=ids[k],
            x=round(float(apart_x[k]), 1),
            y=round(float(apart_y[k]), 1),
            radius=round(float(radius[k]), 1),
            kind=kinds[k],
            words=f"{scope.store_names[ids[k]]}: {_words(gains.get(ids[k]), against, scope)}",
        )
        for k in order
    ]
    cities = dict(zip(ids, (str(city) for city in known["city"]), strict=True))
    scale_km = _round_km(90 * unit_km)
    moved = np.hypot(apart_x - x, apart_y - y).max() * unit_km
    return StoreMap(
        height=round(height + STRIP, 1),
        marks=marks,
        labels=_labels(marks, cities, scope),
        labelled="city" if _names_cities(cities) else "store",
        finding=_finding(kinds, against, scope),
        kinds=[kind for kind in _KINDS if kind in kinds],
        missing=len(stores) - len(known),
        moved_km=float(moved),
        scale_km=scale_km,
        scale_width=round(scale_km / unit_km, 1) if moved <= BEARS * scale_km else 0.0,
    )


_KINDS = ("gain", "noise", "loss", "unknown")


def _gains(scope: Scope) -> tuple[str, dict[str, pd.Series]]:
    """Against what the map shows gains, and the row of every store that has one."""
    value = scope.store_value.dropna(subset=["value_week"])
    for against in AGAINST:
        rows = value[value["against"] == against]
        if len(rows):
            return against, {str(row["name"]): row for _, row in rows.iterrows()}
    return "", {}


def _value(row: pd.Series | None) -> float:
    return float("nan") if row is None else float(row["value_week"])


def _words(row: pd.Series | None, against: str, scope: Scope) -> str:
    if row is None:
        return "gain not known"
    stamp = scope.contents.stamp
    gain = signed_amount(float(row["value_week"]), stamp)
    return f"{gain} a week against {AGAINST[against]}, 80 % interval {interval(row, stamp)}"


def _radii(values: np.ndarray) -> np.ndarray:
    """Areas grow with the size of the gain; a store without one has the smallest mark."""
    size = np.abs(np.nan_to_num(values))
    largest = size.max() if len(size) else 0.0
    if largest <= 0:
        return np.full(len(size), RADII[0])
    grown: np.ndarray = RADII[0] + (RADII[1] - RADII[0]) * np.sqrt(size / largest)
    return grown


def _project(
    longitude: np.ndarray, latitude: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Places on the map (x, y), kilometres per unit of it, and its height.

    Equirectangular about the middle latitude: true to scale there, and near enough over a country.
    """
    east = (longitude - longitude.min()) * math.cos(math.radians(float(latitude.mean())))
    south = latitude.max() - latitude
    inner_width = WIDTH - 2 * MARGIN
    wide, high = float(np.ptp(east)), float(np.ptp(south))
    least, most = (height - 2 * MARGIN for height in HEIGHTS)
    unit = max(wide / inner_width, high / most)  # degrees of latitude a unit
    if unit <= 0:
        unit = 1 / KM_PER_DEGREE / 100
    inner_height = min(most, max(least, high / unit))
    x = MARGIN + (inner_width - wide / unit) / 2 + east / unit
    y = MARGIN + (inner_height - high / unit) / 2 + south / unit
    return x, y, unit * KM_PER_DEGREE, inner_height + 2 * MARGIN


def _move_apart(
    x: np.ndarray, y: np.ndarray, radius: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Marks moved until (almost) none hides another, each as little as it takes."""
    if not 1 < len(x) <= MOST_MOVED_APART:
        return x, y
    place = np.column_stack([x, y])
    # Two stores at one place would push in no direction.
    turn = 2.4 * np.arange(len(x))
    apart = 1e-3 * np.column_stack([np.cos(turn), np.sin(turn)])
    wanted = radius[:, None] + radius[None, :] + 1.5
    for _ in range(120):
        place = place + apart
        between = place[:, None, :] - place[None, :, :]
        distance = np.hypot(between[..., 0], between[..., 1]).clip(1e-6)
        np.fill_diagonal(distance, np.inf)
        overlap = np.clip(wanted - distance, 0, None)
        if overlap.max() < 0.5:
            break
        push = (overlap / distance / 2)[..., None] * between
        place = place + 0.8 * push.sum(axis=1)
        place[:, 0] = place[:, 0].clip(radius + EDGE, WIDTH - radius - EDGE)
        place[:, 1] = place[:, 1].clip(radius + EDGE, height - radius - EDGE)
    return place[:, 0], place[:, 1]


def _labels(marks: list[Mark], cities: dict[str, str], scope: Scope) -> list[Label]:
    """Names that cover no mark and no other name: of cities, or of stores where all are in one."""
    taken = [(m.x - m.radius, m.y - m.radius, m.x + m.radius, m.y + m.radius) for m in marks]
    wanted: list[tuple[str, list[tuple[float, float]]]] = []
    of_cities = _names_cities(cities)
    if of_cities:
        for city in sorted(set(cities.values())):
            own = [box for m, box in zip(marks, taken, strict=True) if cities[m.store_id] == city]
            text = _cut(city or "no city")
            middle = (min(b[0] for b in own) + max(b[2] for b in own) - LETTER * len(text)) / 2
            top, foot = min(b[1] for b in own), max(b[3] for b in own)
            wanted.append((text, [(middle, top - 4), (middle, foot + LINE)]))
    else:
        for m in marks:
            text = _cut(scope.store_names[m.store_id])
            right, left = m.x + m.radius + 4, m.x - m.radius - 4 - LETTER * len(text)
            wanted.append((text, [(right, m.y + 4), (left, m.y + 4)]))
    labels = []
    for text, places in wanted:
        width = LETTER * len(text)
        for x, y in places:
            x = min(max(x, 2.0), max(WIDTH - width - 2, 2.0)) if of_cities else x
            box = (x, y - LINE + 2, x + width, y + 2)
            inside = x >= 0 and x + width <= WIDTH and box[1] >= 0
            if inside and not any(_overlap(box, other) for other in taken):
                taken.append(box)
                labels.append(Label(text, round(x + of_cities * width / 2, 1), round(y, 1)))
                break
    return labels


def _names_cities(cities: dict[str, str]) -> bool:
    return 1 < len(set(cities.values())) <= CITIES_NAMED


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1].rstrip()}…"


_Box = tuple[float, float, float, float]


def _overlap(one: _Box, other: _Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _round_km(most: float) -> float:
    """The largest 1, 2 or 5 times a power of ten up to so many kilometres."""
    power: float = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most * (1 + 1e-9))


def _finding(kinds: list[str], against: str, scope: Scope) -> str:
    stamp = scope.contents.stamp
    if not against:
        return f"Where the {whole(len(kinds), stamp)} stores are"
    count = {kind: kinds.count(kind) for kind in _KINDS}
    words = [f"{whole(count['gain'], stamp)} of {whole(len(kinds), stamp)} stores on the map gain"]
    if count["loss"]:
        words.append(f"{whole(count['loss'], stamp)} lose")
    if count["noise"]:
        words.append(f"{whole(count['noise'], stamp)} are within noise")
    return f"{', '.join(words)} against {AGAINST[against]}"
