"""Locks from the chain's own table and from all that was given: which count, and in which store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.tables.collect import Findings
from planner.tables.inputs import EXPIRED, IN_FORCE, STORE_LOCKS, no_store_locks
from planner.tables.typed import TypedTable

PAIR = ["store_id", "item_id"]
MOST_NAMED = 3


@dataclass(frozen=True)
class Locks:
    """Every lock as it was written, those that have expired apart: nothing is asked of them.

    Of each table the first ``own`` rows are the chain's own, the others were given beside it.
    """

    in_force: TypedTable
    own_in_force: int
    expired: TypedTable
    own_expired: int


def first_day_of_plan(sales: TypedTable) -> pd.Timestamp:
    """The day after the last week of sales; NaT without any."""
    last: pd.Timestamp = sales.frame["week"].max()
    return last + pd.Timedelta(weeks=1)


def gathered(
    own: TypedTable, given: Sequence[TypedTable], first_day: pd.Timestamp, findings: Findings
) -> Locks:
    """The chain's own locks and those given beside it, which replace own ones of the same store
    and item; a lock counts in plans that begin no later than its last day."""
    counting, over = _by_state(own, first_day)
    parts = [_by_state(table, first_day) for table in given]
    replaced = np.zeros(len(counting), dtype=bool)
    pairs = pd.MultiIndex.from_frame(counting.frame[PAIR].astype("str"))
    for table, (now, _) in zip(given, parts, strict=True):
        here = pairs.isin(pd.MultiIndex.from_frame(now.frame[PAIR].astype("str")))
        text = f"locks of the input were replaced by those of {table.file}"
        findings.assume("locks", text, int((here & ~replaced).sum()))
        replaced |= here
    kept = counting.take(~replaced)
    return Locks(
        joined([kept, *(now for now, _ in parts)]),
        len(kept),
        joined([over, *(then for _, then in parts)]),
        len(over),
    )


def _by_state(table: TypedTable, first_day: pd.Timestamp) -> tuple[TypedTable, TypedTable]:
    """The rows in force in a plan that begins on a day, and those that have expired."""
    expired = (table.frame["until"] < first_day).to_numpy(dtype=bool)
    return table.take(~expired), table.take(expired)


def joined(parts: Sequence[TypedTable]) -> TypedTable:
    """Tables of the same columns as one; each row keeps its file and row number."""
    parts = [part for part in parts if len(part)] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    frame = pd.concat([_plain(part) for part in parts], ignore_index=True)
    texts = [column.name for column in first.table.columns if column.is_text]
    raw = dict(parts[0].raw)
    for part in parts[1:]:
        raw = {name: column.joined(part.raw[name]) for name, column in raw.items()}
    return TypedTable(
        table=first.table,
        file=parts[-1].file,
        frame=frame.astype(dict.fromkeys(texts, "category")),
        raw=raw,
        rows=np.concatenate([part.rows for part in parts]),
        given=frozenset().union(*(part.given for part in parts)),
        complete=all(part.complete for part in parts),
        file_of_row=tuple(part.place(k)[0] for part in parts for k in range(len(part))),
    )


def _plain(table: TypedTable) -> pd.DataFrame:
    """The frame with texts that can be joined with those of another one."""
    texts = [column.name for column in table.table.columns if column.is_text]
    return table.frame.astype(dict.fromkeys(texts, "object"))


def store_locks(
    locks: Locks, store_ids: Sequence[str], first_day: pd.Timestamp, findings: Findings
) -> pd.DataFrame:
    """A row for each lock of each store, with the columns ``STORE_LOCKS``.

    A lock without a store is that of every store but those with a lock of their own of the same
    kind on the item. ``since``: the first day of this plan where the lock is new.
    """
    parts = [
        _expanded(table, own, state, store_ids, findings)
        for table, own, state in (
            (locks.in_force, locks.own_in_force, IN_FORCE),
            (locks.expired, locks.own_expired, EXPIRED),
        )
    ]
    frame = pd.concat(parts, ignore_index=True)
    late = (frame["since"] > first_day) & (frame["state"] == IN_FORCE)
    text = "a lock begins after the plan's first day: it counts as first seen in this plan"
    findings.assume("locks.since", text, int(late.sum()))
    new = frame["since"].isna()
    expired = frame["state"] == EXPIRED
    never = frame[new & expired]
    places = [
        f"{row['file']}, {'cell ' + row['cell'] if row['cell'] else 'row ' + str(row['row'])}"
        for row in never.drop_duplicates(["file", "row"]).head(MOST_NAMED).to_dict("records")
    ]
    more = ", ..." if len(never.drop_duplicates(["file", "row"])) > MOST_NAMED else ""
    over = "locks that had expired before they were ever in force: is the year right?"
    over += f" ({'; '.join(places)}{more})"
    findings.assume("locks.until", over, len(never), warning=True)
    text = "locks that have expired are shown, and not obeyed"
    findings.assume("locks.until", text, int(expired.sum()))
    frame["since"] = frame["since"].mask((new & ~expired) | late, first_day)
    order = {store: number for number, store in enumerate(store_ids)}
    by = pd.DataFrame({"store": frame["store_id"].map(order), "state": expired})
    order_of_rows = by.sort_values(["store", "state"], kind="stable").index
    return frame.loc[order_of_rows].reset_index(drop=True)


def _expanded(
    table: TypedTable, own: int, state: str, store_ids: Sequence[str], findings: Findings
) -> pd.DataFrame:
    columns = {
        name: table.frame[name].astype("str").fillna("")
        for name in ("store_id", "item_id", "lock", "note")
    }
    numbers = {name: table.frame[name] for name in ("facings", "since", "until")}
    places = [table.place(position) for position in range(len(table))]
    letters = [findings.letters.get(file, {}).get("lock", "") for file, _ in places]
    frame = pd.DataFrame(
        {
            **columns,
            **numbers,
            "own": np.arange(len(table)) < own,
            "state": state,
            "file": pd.array([file for file, _ in places], "str"),
            "row": np.array([row for _, row in places], dtype=np.int64),
            "cell": pd.array(
                [f"{a}{row}" if a else "" for a, (_, row) in zip(letters, places, strict=True)],
                "str",
            ),
        }
    )[list(STORE_LOCKS)]
    special = frame[frame["store_id"] != ""]
    special = special[special["store_id"].isin(list(store_ids))]
    everywhere = frame[frame["store_id"] == ""].drop(columns="store_id")
    spread = everywhere.merge(pd.DataFrame({"store_id": list(store_ids)}, dtype="str"), how="cross")
    key = ["store_id", "item_id", "lock"]
    # The store's own comes first, so it is the one that stays.
    both = pd.concat([special, spread[list(STORE_LOCKS)]], ignore_index=True)
    kept: NDArray[np.bool_] = ~both.duplicated(key).to_numpy()
    return both[kept].astype(dict(no_store_locks().dtypes))
