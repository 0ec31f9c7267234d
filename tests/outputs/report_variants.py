"""Runs that put the report under strain, made from the made-up run of the fixture."""

from __future__ import annotations

from dataclasses import fields, replace

import pandas as pd

from planner.outputs.contents import Contents

EVIL = (
    "<script>alert(1)</script>",
    "</title>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }} %{y}",
    "<b>bold</b><br><a href='javascript:alert(1)'>x</a>",
    "W" * 200,
    "\u05d7\u05e0\u05d5\u05ea \u202egnp.exe",
    "\U0001f96c\U0001f345 & <i>fruit</i>",
    "=1+1",
    '\'@shop, "new"',
)


def evil(contents: Contents) -> Contents:
    """Every text that a person may type holds markup, or is too long, turned or a formula."""
    stores, items = contents.stores.copy(), contents.items.copy()
    stores["store_name"] = [EVIL[i % len(EVIL)] for i in range(len(stores))]
    stores["city"] = EVIL[3]
    items["item_name"] = [EVIL[i % len(EVIL)] for i in range(len(items))]
    recapture, assumptions = contents.recapture.copy(), contents.assumptions.copy()
    recapture["need_group"] = EVIL[2]
    assumptions["text"] = EVIL[0]
    assumptions["subject"] = EVIL[1]
    return replace(
        contents,
        stamp=replace(contents.stamp, chain_name=EVIL[1], scenario=EVIL[2]),
        stores=stores,
        items=items,
        recapture=recapture,
        assumptions=assumptions,
        changes=contents.changes.assign(reason=EVIL[2]),
        limits=contents.limits.assign(limit="need_group_max:" + EVIL[0]),
    )


def in_units(contents: Contents) -> Contents:
    """The chain without money."""
    return replace(
        contents, stamp=replace(contents.stamp, currency="", objective="units", locale="")
    )


def repeated(contents: Contents, times: int) -> Contents:
    """A chain with each store so many times, under new numbers."""
    ids = list(contents.stores["store_id"])

    def again(table: pd.DataFrame, column: str) -> pd.DataFrame:
        of_stores = table[table[column].isin(ids)]
        copies = [
            of_stores.assign(**{column: of_stores[column] + f"-{number:03d}"})
            for number in range(1, times)
        ]
        return pd.concat([table, *copies], ignore_index=True)

    tables = {}
    for field in fields(contents):
        table = getattr(contents, field.name)
        if field.name == "value":
            tables[field.name] = again(table, "name")
        elif isinstance(table, pd.DataFrame) and "store_id" in table:
            tables[field.name] = again(table, "store_id")
    return replace(contents, **tables)
