"""Why a store has no plan and what would give it one, in words: pure sentences from facts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from planner.assortment.amounts import Amounts
from planner.assortment.conflict import SUPPLY, Kind
from planner.assortment.problem import StoreProblem
from planner.assortment.ways_out import Mended, WayOut, mended_conflicts, share_of

MOST_NAMED = 6
DAYS_OF_A_WEEK = 7
NOT_FOUND = "proven to have no plan; time ran out before what contradicts was found"
"""Said of a store without any conflict to name."""
_SWAPS = {
    "max_swaps:in": "at most {} items new to today's range",
    "max_swaps:out": "at least {} items of today's range that stay",
}

_MEMBERS = {"local": "local items", "organic": "organic items"}
LEAST, MOST = "at least", "at most"


def conflict_lines(
    problem: StoreProblem,
    mended: Sequence[Mended],
    reserved_cm: Mapping[str, float],
    amounts: Amounts,
) -> list[str]:
    """One sentence per conflict of a store: what cannot hold together, and each way out.

    ``reserved_cm``: fixture type -> centimetres that stay empty as items do not fit shelf by
    shelf.
    """
    words = _Words(problem, reserved_cm, amounts)
    return [words.sentence(one) for one in mended]


def conflict_entries(problem: StoreProblem, seconds: float) -> list[dict[str, Any]]:
    """Why a store has no plan, as PLAN.json holds it; ``seconds`` to find and mend each."""
    mended = mended_conflicts(problem, seconds)
    lines = conflict_lines(problem, mended, {}, Amounts(""))
    return [_entry(one, line) for one, line in zip(mended, lines, strict=True)]


def _entry(one: Mended, sentence: str) -> dict[str, Any]:
    conflict = one.conflict
    return {
        "limits": list(conflict.names(Kind.LIMIT)),
        "must_list": list(conflict.names(Kind.LISTED)),
        "locked_out": list(conflict.names(Kind.LOCKED_OUT)),
        "smallest": conflict.proven,
        "ways_out": [_way_entry(way) for way in one.ways],
        "words": sentence,
    }


def _way_entry(way: WayOut) -> dict[str, Any]:
    value = float(way.objective_week) if math.isfinite(way.objective_week) else None
    if way.limit:
        change: dict[str, Any] = {
            "limit": way.limit, "available": float(way.available), "needed": float(way.needed)
        }  # fmt: skip
    elif way.dropped:
        change = {"drop": list(way.dropped)}
    else:
        change = {"unlock": list(way.unlocked)}
    return change | {"objective_week": value}


class _Words:
    def __init__(
        self, problem: StoreProblem, reserved_cm: Mapping[str, float], amounts: Amounts
    ) -> None:
        self.problem = problem
        self.reserved = reserved_cm
        self.amounts = amounts
        self.core = {problem.item_ids[i] for i in np.flatnonzero(problem.core)}

    def sentence(self, one: Mended) -> str:
        ways = [self._way(way) for way in one.ways]
        said = self._what(one)
        if not one.conflict.proven:
            said += " (time ran out before the smallest set was found)"
        if not ways:
            return f"{said}; no single change mends it"
        return f"{said}: {', or '.join(ways)}"

    def _what(self, one: Mended) -> str:
        conflict = one.conflict
        limits, listed = conflict.names(Kind.LIMIT), conflict.names(Kind.LISTED)
        if locked := conflict.names(Kind.LOCKED_OUT):
            return f"{_items(locked)} must be listed and {_is(locked)} locked out"
        if not limits:
            return (
                f"{_items(listed)} must be listed, but its most facings do not hold its least stock"
            )
        if len(limits) > 1:
            held = " and ".join(self._limit(name) for name in limits)
            return f"{held} cannot hold together{self._with(listed)}"
        needed = next((way.needed for way in one.ways if way.limit), math.nan)
        return self._alone(limits[0], needed, listed)

    def _alone(self, name: str, needed: float, listed: Sequence[str]) -> str:
        """One limit against what must be listed."""
        kind, _, of = name.partition(":")
        if math.isnan(needed):
            return f"{self._limit(name)} cannot be kept{self._with(listed)}"
        there = self._available(name)
        if kind == "shelf_cm":
            need = f"{self._whole(needed)} cm of {_fixture(of)}"
            said = f"{self._who(listed)} needs {need}, there are {self._whole(there)}"
            if self.reserved.get(of, 0.0) > 0:
                kept = self.reserved[of]
                said += f" and {self._whole(kept)} stay empty, as items do not fit shelf by shelf"
            return said
        if kind == "budget_week":
            return (
                f"the least stock of what must be listed ({_items(listed)}) costs "
                f"{self._money(needed)} a week, the budget is {self._money(there)}"
            )
        if kind == "max_local_items":
            return (
                f"{self._whole(there)} local items are allowed, {self._whole(needed)} must be "
                f"listed ({_items(listed)})"
            )
        said = f"{self._limit(name)} cannot be kept{self._with(listed)}"
        return f"{said}, {self._figure(name, needed)} can"

    def _limit(self, name: str) -> str:
        kind, _, of = name.partition(":")
        there = self._available(name)
        if kind == "shelf_cm":
            return f"{self._whole(there)} cm of {_fixture(of)}"
        if kind == "budget_week":
            return f"the budget of {self._money(there)} a week"
        if kind == "max_local_items":
            return f"at most {self._whole(there)} local items"
        if name in _SWAPS:
            return _SWAPS[name].format(self._whole(there))
        return f"{_asks(name)} {self._counted(name, there)}"

    def _counted(self, name: str, value: float) -> str:
        """So much of what a limit counts, such as 4 items of herbs or 20% local items."""
        kind, _, of = name.partition("=")[0].partition(":")
        figure = self._figure(name, value)
        if kind == "min_sales_week":
            return f"{figure} of sales"
        if kind == SUPPLY:
            return f"{figure} of supply of every item"
        if kind == "min_share":
            return f"{figure} {_MEMBERS.get(of, of.replace('supplier:', 'items of supplier '))}"
        if kind.endswith("_share"):
            return f"{figure} items of {of}"
        return f"{figure} {'item' if figure == '1' else 'items'} of {of}"

    def _figure(self, name: str, value: float) -> str:
        kind = name.partition(":")[0]
        if kind == "min_sales_week":
            return f"{self._money(value)} a week"
        if kind == SUPPLY:
            days = value * DAYS_OF_A_WEEK / self.problem.deliveries_week
            return f"{self.amounts.as_given(days)} days"
        limit = next(limit for limit in self.problem.range_limits if limit.name == name)
        return f"{value:.0%}" if share_of(limit) is not None else self._whole(value)

    def _available(self, name: str) -> float:
        problem = self.problem
        if name.startswith("shelf_cm:"):
            return problem.shelf_cm[name.removeprefix("shelf_cm:")]
        known = {
            "budget_week": problem.budget_week,
            "max_local_items": problem.max_local_items,
            "min_sales_week": problem.min_sales_week,
        }
        if name in known:
            return known[name]
        if name == SUPPLY:
            return float(problem.min_supply_cycles.max())
        limit = next(limit for limit in problem.range_limits if limit.name == name)
        share = share_of(limit)
        if share is not None:
            return share
        return limit.lower if np.isfinite(limit.lower) else limit.upper

    def _who(self, listed: Sequence[str]) -> str:
        """What must be listed: the core as a whole where nothing else is among it."""
        if not listed:
            return "what must be listed"
        whole = "the core" if set(listed) <= self.core else "what must be listed"
        return f"{whole} ({_items(listed)})"

    def _with(self, listed: Sequence[str]) -> str:
        return f" with {_items(listed)}, which must be listed" if listed else ""

    def _way(self, way: WayOut) -> str:
        return f"{self._change(way)}{self._then(way)}"

    def _change(self, way: WayOut) -> str:
        if way.dropped:
            core = [item for item in way.dropped if item in self.core]
            locked = [item for item in way.dropped if item not in self.core]
            said = [f"drop core {_items(core)}"] if core else []
            said += [f"lift the lock on {_items(locked)}"] if locked else []
            return " and ".join(said)
        if way.unlocked:
            return f"lift the lock that keeps {_items(way.unlocked)} out"
        kind, _, of = way.limit.partition(":")
        more = abs(way.needed - way.available)
        if kind == "shelf_cm":
            return f"add {self._whole(more)} cm of {_fixture(of)}"
        if kind == "budget_week":
            return f"raise the budget by {self._money(more)} to {self._money(way.needed)}"
        if kind == "max_local_items":
            return f"allow {self._whole(way.needed)} local items"
        if way.limit in _SWAPS:
            return f"allow {self._whole(more)} more {'swap' if more == 1 else 'swaps'}"
        verb = "ask for" if _asks(way.limit) == LEAST else "allow"
        was = self._figure(way.limit, way.available)
        return f"{verb} {self._counted(way.limit, way.needed)} instead of {was}"

    def _then(self, way: WayOut) -> str:
        if not math.isfinite(way.objective_week):
            return ""
        return f" (the store then {self.amounts.whole_store(way.objective_week)} a week)"

    def _money(self, value: float) -> str:
        return self.amounts.money(value)

    def _whole(self, value: float) -> str:
        return self.amounts.whole(value)


def _items(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    rest = len(names) - MOST_NAMED
    more = f" and {rest} more" if rest > 0 else ""
    return f"{'item' if len(names) == 1 else 'items'} {shown}{more}"


def _asks(limit: str) -> str:
    """Whether a limit asks for at least or at most something."""
    kind = limit.partition(":")[0]
    return LEAST if "_min" in kind or kind.startswith("min_") else MOST


def _fixture(kind: str) -> str:
    return kind or "shelf"


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
