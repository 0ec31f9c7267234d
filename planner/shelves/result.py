"""The result of the shelves stage."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from planner.tables.inputs import Assumption


@dataclass(frozen=True)
class Shelves:
    """Where every listed item stands, and what is left empty.

    ``positions``: tables/positions.parquet of the design's section 9 (store_id, item_id,
    fixture_id, bay, shelf, position, left_cm, width_cm, facings), facings as printed, that is
    with the left-over width given to them; ordered store, fixture, bay, shelf, position;
    position counts from 1 on each shelf.
    ``shelves``: a row per shelf of every store (store_id, fixture_id, fixture_type, bay, shelf,
    eye_level, width_cm, used_cm, empty_cm, note); note says why more than 5 % is empty.
    ``facings_added``: store_id, item_id, facings_added, cost_week.
    ``blocks``: store_id, fixture_type, need_group, items, in_one_block.
    ``placement``: a row per store, fixture type and placement rule: store_id, fixture_type, items,
    rule, weight, counted, of (both in the rule's own unit: need groups in one block, items moved,
    margin at eye level ...), broken (in items; weight x broken is the rule's part of the loss),
    where (need groups that fall apart or do not stand upright, shelves that stay too empty; ``;``
    between them), proven (whether no placement of these items has a lower loss); ``score.py`` says
    what each counts.
    ``unplaced``: store_id -> fixture type -> centimetres that the store program must leave free
    for the items to fit shelf by shelf; empty when everything stands.
    """

    positions: pd.DataFrame
    shelves: pd.DataFrame
    facings_added: pd.DataFrame
    blocks: pd.DataFrame
    placement: pd.DataFrame
    unplaced: dict[str, dict[str, float]]
    assumptions: tuple[Assumption, ...]
