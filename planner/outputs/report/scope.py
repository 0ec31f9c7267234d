"""What a page is about: the whole chain, or the stores of one region."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from planner.outputs.contents import Contents

_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]|[\u202a-\u202e\u2066-\u2069]')
"""Nor marks that turn the direction of what follows: they would show another ending."""
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{d}{n}" for d in ("COM", "LPT") for n in range(1, 10))}
"""No file may be called so on Windows."""
LONGEST_NAME = 120
"""Bytes of a file's name before its ending."""


@dataclass(frozen=True)
class Scope:
    """The contents cut to the stores of a page; chain-wide tables stay whole.

    ``value`` holds one row per comparison (against): what the scope as a whole gains.
    """

    region: str | None
    """None: the chain."""
    contents: Contents
    value: pd.DataFrame

    @property
    def title(self) -> str:
        """Name of what the page is about."""
        return self.contents.stamp.chain_name if self.region is None else self.region

    @property
    def backtest_slice(self) -> tuple[str, str]:
        """``by`` and ``name`` of the rows of the backtest that are about the scope."""
        return ("all", "all") if self.region is None else ("region", self.region)

    @cached_property
    def store_value(self) -> pd.DataFrame:
        """Rows of the value table for single stores."""
        value = self.contents.value
        return value[value["level"] == "store"]

    @cached_property
    def store_names(self) -> dict[str, str]:
        """Name of every store of the scope; the id where it has none."""
        stores = self.contents.stores
        return {
            str(store): str(name) or str(store)
            for store, name in zip(stores["store_id"], stores["store_name"], strict=True)
        }

    @cached_property
    def item_names(self) -> dict[str, str]:
        """Name of every item; the id where it has none."""
        items = self.contents.items
        return {
            str(item): str(name) or str(item)
            for item, name in zip(items["item_id"], items["item_name"], strict=True)
        }


def chain_scope(contents: Contents) -> Scope:
    """Everything."""
    value = contents.value
    return Scope(None, contents, value[value["level"] == "chain"].reset_index(drop=True))


def region_scope(contents: Contents, region: str) -> Scope:
    """The stores of one region."""
    stores = contents.stores[contents.stores["region"] == region].reset_index(drop=True)
    ids = set(stores["store_id"])

    def of_region(table: pd.DataFrame) -> pd.DataFrame:
        return table[table["store_id"].isin(ids)].reset_index(drop=True)

    def of_level(table: pd.DataFrame) -> pd.DataFrame:
        own = (table["level"] == "store") & table["name"].isin(ids)
        whole = (table["level"] == "region") & (table["name"] == region)
        return table[own | whole].reset_index(drop=True)

    value, left_out = contents.value, contents.left_out
    of_stores = value[(value["level"] == "store") & value["name"].isin(ids)]
    of_scope = value[(value["level"] == "region") & (value["name"] == region)]
    cut = replace(
        contents,
        stores=stores,
        demand=of_region(contents.demand),
        assortment=of_region(contents.assortment),
        limits=of_region(contents.limits),
        positions=of_region(contents.positions),
        shelves=of_region(contents.shelves),
        placement=of_region(contents.placement),
        store_plans=of_region(contents.store_plans),
        figures=of_region(contents.figures),
        value=of_stores.reset_index(drop=True),
        changes=of_region(contents.changes),
        worth=of_region(contents.worth),
        waterfall=of_level(contents.waterfall),
        local_drivers=of_region(contents.local_drivers),
        certainty=of_level(contents.certainty),
        left_out=left_out[left_out["region"] == region].reset_index(drop=True),
    )
    return Scope(region, cut, of_scope.reset_index(drop=True))


def regions(contents: Contents) -> list[str]:
    """Every region, in the order of its name."""
    return sorted({str(region) for region in contents.stores["region"]})


def region_files(contents: Contents) -> dict[str, str]:
    """File name of every region's page.

    It is the region's name, except where a name could not be a file on some system, is too long
    for one, or two names differ in capitals alone.
    """
    taken: set[str] = set()
    files: dict[str, str] = {}
    for region in regions(contents):
        plain = _NOT_IN_FILE_NAMES.sub("_", region)
        plain = plain.encode()[:LONGEST_NAME].decode(errors="ignore").strip(" .") or "region"
        if plain.upper() in _DEVICES:
            plain = f"{plain}_"
        name, copy = plain, 1
        while name.casefold() in taken:
            copy += 1
            name = f"{plain} {copy}"
        taken.add(name.casefold())
        files[region] = f"{name}.html"
    return files
