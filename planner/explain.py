"""Why a store of a finished run lists an item or not, in one paragraph; solved again, exactly."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from planner.assortment.amounts import Amounts
from planner.assortment.effects import Effects, item_effects, taken_from
from planner.assortment.forced import both_ways, forced_plans
from planner.assortment.problem import Floats, StoreProblem
from planner.assortment.reasons import marginal_values
from planner.assortment.result import Forcing, Known, Limit, StorePlan
from planner.assortment.rules import Objective
from planner.assortment.score import fewest_facings, score
from planner.audit.copies import read_copies
from planner.errors import BadInput, Infeasible, Problem
from planner.named import named
from planner.outputs.stored_problem import ITEMS, problem_of_run
from planner.run_folder import check_is_run

MOST_NAMED = 3
OF_A_GROUP = (
    "The stores of its group share one range: what the opposite would cost is not worked out for "
    "such a chain."
)


@dataclass(frozen=True)
class StoredPlan:
    """A store's plan of a finished run with its problem, and the words of the run."""

    problem: StoreProblem
    plan: StorePlan
    reasons: tuple[str, ...]
    locked: tuple[str, ...]
    """By item: IN, OUT or "" as the chain's locks say."""
    item_names: tuple[str, ...]
    store_name: str
    currency: str
    locale: str
    objective: str
    shares_limits: bool
    """Whether the chain's limits couple this store to the others."""
    unit_price_of_chain: Floats
    """By item: what a unit bought takes of those limits, at their prices."""
    shares_range: bool = False
    """Whether the chain may have so many different ranges alone: then the range is a group's."""
    item_id: str = ""
    """The item that was asked for."""


def explain(run: Path, store: str, item: str, *, seconds: float = 120.0) -> str:
    """Why the store lists the item or not, with the exact cost of the opposite.

    ``store``, ``item``: an id or a name. Raises BadInput for a run, a store or an item that is
    not there or not the only one of its name, with the nearest, and Infeasible for a store that
    was left out as it has no plan.
    """
    stored = stored_plan(run, store, item)
    return paragraph(stored, stored.problem.item_ids.index(stored.item_id), seconds)


def stored_plan(run: Path, store: str, item: str) -> StoredPlan:
    """A store's plan from the tables of its run, with the item asked for; raises as ``explain``."""
    manifest = _manifest(run)
    inputs = read_copies(run, manifest)
    stores = dict(zip(inputs["stores"]["store_id"], inputs["stores"]["store_name"], strict=True))
    names = dict(zip(inputs["items"]["item_id"], inputs["items"]["item_name"], strict=True))
    problems: list[Problem] = []
    store_id = named("--store", store, stores, problems)
    item_id = named("--item", item, names, problems)
    if problems:
        raise BadInput(problems)
    left_out: Mapping[str, Any] = manifest.get("left_out") or {}
    if store_id in left_out:
        reason = left_out[store_id]["reason"]
        raise Infeasible(f"store {store_id} ({stores[store_id]}) has no plan: {reason}")
    problem = problem_of_run(run, store_id)

    def rows(name: str) -> pd.DataFrame:
        path = run / "tables" / f"{name}.parquet"
        return pd.read_parquet(path, filters=[("store_id", "==", store_id)])

    items = rows("assortment").set_index("item_id").loc[list(problem.item_ids)]
    reasons = rows("reasons").set_index("item_id").loc[list(problem.item_ids)]
    facings = reasons["planned_facings"]
    status = rows("store_plans").iloc[0]
    found = score(
        problem,
        facings.to_numpy(dtype=np.int64),
        items["stock_units_cycle"].to_numpy(dtype=np.float64),
    )
    limits = tuple(
        Limit(str(row["limit"]), str(row["unit"]), row["used"], row["available"],
              row["shadow_price"])
        for row in rows("limits").to_dict("records")
    )  # fmt: skip
    of_chain = pd.read_parquet(run / "tables" / "limits.parquet", columns=["store_id"])
    plan = StorePlan(
        store_id, str(status["plan"]), str(status["proof"]), found.objective_week,
        max(float(status["bound_week"]), found.objective_week), 0.0, found, limits,
    )  # fmt: skip
    locked = rows("economics").set_index("item_id").loc[list(problem.item_ids), "locked"]
    return StoredPlan(
        problem=problem,
        plan=plan,
        reasons=tuple(map(str, items["reason"])),
        locked=tuple(map(str, locked)),
        item_names=tuple(names[item] or item for item in problem.item_ids),
        store_name=stores[store_id] or store_id,
        currency=str(manifest.get("currency", "")),
        locale=str(manifest.get("locale", "")),
        objective=str((manifest.get("scenario") or {}).get("objective", "margin")),
        shares_limits=bool((of_chain["store_id"] == "").any()),
        unit_price_of_chain=reasons["unit_price_of_chain"].to_numpy(dtype=np.float64),
        shares_range=(manifest.get("scenario") or {}).get("max_distinct_ranges") is not None,
        item_id=item_id,
    )


def _manifest(run: Path) -> Mapping[str, Any]:
    manifest = check_is_run(run)
    if not (run / "tables" / f"{ITEMS}.parquet").is_file():
        allowed = "a run that holds the problems of its stores"
        raise BadInput([Problem(str(run), 0, "", f"no tables/{ITEMS}", allowed, "plan again")])
    return manifest


def paragraph(stored: StoredPlan, item: int, seconds: float) -> str:
    """The paragraph about one item (by number), both plans solved to 0.001 % where time allows."""
    problem, plan = stored.problem, stored.plan
    assert plan.score is not None  # a run holds plans alone
    words = _Words(stored, item)
    if plan.score.listed[item]:
        said = words.listed()
    elif problem.locked_out[item] and stored.locked[item] != "OUT":
        return f"{words.not_listed()} It {stored.reasons[item]}."
    else:
        said = f"{words.not_listed()} {words.if_added()}"
    if stored.shares_range:
        return f"{said} {OF_A_GROUP}"
    inside = not bool(plan.score.listed[item])
    if stored.shares_limits:
        cost = problem.unit_cost + stored.unit_price_of_chain
        at_prices = dataclasses.replace(problem, unit_cost=cost)
        return f"{said} {words.forced(*both_ways(at_prices, item, not inside, seconds))}"
    return f"{said} {words.forced(*forced_plans(problem, plan, item, inside, seconds))}"


class _Words:
    """Sentences about one item of one store, in the words of a shop."""

    def __init__(self, stored: StoredPlan, item: int) -> None:
        assert stored.plan.score is not None  # a run holds plans alone
        self.stored, self.item = stored, item
        self.problem, self.score = stored.problem, stored.plan.score
        self.amounts = Amounts(stored.currency, Objective(stored.objective), stored.locale)
        self.effects: Effects = item_effects(self.problem, self.score)
        prices = {limit.limit: limit.shadow_price for limit in stored.plan.limits}
        budget_price = prices.get("budget_week", 0.0)
        self.adds = float(marginal_values(self.problem, self.score.facings, budget_price)[item])
        self.name = f"{stored.item_names[item]} ({self.problem.item_ids[item]})"
        self.store = f"{stored.store_name} (store {self.problem.store_id})"

    def listed(self) -> str:
        """What a listed item has, sells, wastes, takes and adds."""
        i, found = self.item, self.score
        facings = int(found.facings[i])
        why = " (core range, in every store)" if self.problem.core[i] else ""
        if not why and self.problem.locked_in[i]:
            why = " (locked in)"
        stock = self.amounts.units(float(found.stock_units_cycle[i]))
        said = (
            f"{self.store} lists {self.name}{why} with "
            f"{self._facings(facings)} and a stock of {stock} units a "
            f"delivery. {self._sells('sells', 'wastes')}{self._taken('take')}"
        )
        verb = "adds" if self.adds >= 0 else "costs"
        return (
            f"{said} After purchase, waste, handling and what it takes from others it {verb} "
            f"{self._amount(abs(self.adds))} a week."
        )

    def not_listed(self) -> str:
        """That the item is not in."""
        locked = self.stored.locked[self.item] == "OUT"
        return f"{self.store} does not list {self.name}{', as it is locked out' if locked else ''}."

    def if_added(self) -> str:
        """What the item would do beside today's plan, at its fewest facings."""
        facings = int(fewest_facings(self.problem, np.ones_like(self.problem.core))[self.item])
        verb = "add" if self.adds >= 0 else "lose"
        return (
            f"Put beside the plan with {self._facings(facings)}, room left aside, it "
            f"{self._sells('would sell', 'waste').removeprefix('It ')}{self._taken('would take')} "
            f"After purchase, waste, handling and what it takes from others it would {verb} "
            f"{self._amount(abs(self.adds))} a week."
        )

    def forced(self, plan: StorePlan, rival: StorePlan, forcing: Forcing) -> str:
        """What the opposite costs, how well that is known, and who comes and goes."""
        inside = bool(self.score.listed[self.item])
        move = "Leaving it out" if inside else "Forcing it in"
        if not inside and self.problem.locked_out[self.item]:
            move = "Lifting the lock and forcing it in"
        if forcing.how is Known.IMPOSSIBLE:
            return f"{move} leaves no plan that keeps every limit."
        if rival.score is None:
            return f"{move}: no plan was found within the time limit."
        change = plan.objective_week - rival.objective_week
        verb = "costs" if change >= 0 else "gains"
        least = plan.objective_week - rival.bound_week
        most = plan.bound_week - rival.objective_week
        low, high = sorted((least, most)) if change >= 0 else sorted((-least, -most))
        sure = "exact" if forcing.how is Known.EXACT else "the time ran out before it was exact"
        whose = "the chain " if self.stored.shares_limits else ""
        if self.stored.shares_limits:
            sure += " at the prices of the limits that stores share, as long as those stay"
        said = (
            f"{move} {verb} {whose}{self._amount(abs(change))} a week ({sure}: the best plan "
            f"{'with' if inside else 'without'} it is worth {self._amount(plan.objective_week)}, "
            f"the best {'without' if inside else 'with'} it {self._amount(rival.objective_week)}"
        )
        if high - low > 0.01:
            said += f"; proven between {self._amount(max(low, 0.0))} and {self._amount(high)}"
        return f"{said}). {self._moves(plan, rival)}"

    def _moves(self, plan: StorePlan, rival: StorePlan) -> str:
        assert plan.score is not None
        assert rival.score is not None  # checked by the caller
        before, after = plan.score.facings, rival.score.facings
        others = np.arange(len(before)) != self.item
        leaves = np.flatnonzero(others & (before > 0) & (after == 0))
        enters = np.flatnonzero(others & (before == 0) & (after > 0))
        fewer = np.flatnonzero(others & (after > 0) & (after < before))
        said = []
        if len(leaves):
            said.append(f"{self._named(leaves)} would have to leave")
        if len(fewer):
            said.append(f"{self._named(fewer)} would lose facings")
        if len(enters):
            said.append(f"{self._named(enters)} would come in")
        if not said:
            return "Nothing else would come or leave."
        text = ", ".join(said)
        return text[0].upper() + text[1:] + "."

    def _facings(self, facings: int) -> str:
        width = float(self.problem.facing_width_cm[self.item]) * facings
        kind = self.problem.fixture_type[self.item]
        place = f" ({self.amounts.whole(width)} cm of {kind})" if width and kind else ""
        return f"{facings} {'facing' if facings == 1 else 'facings'}{place}"

    def _sells(self, sells: str, wastes: str) -> str:
        i, found = self.item, self.effects
        sold, wasted = float(found.sold_units_week[i]), float(found.waste_units_week[i])
        money = ""
        if self.stored.currency:
            money = f" for {self.amounts.money(sold * float(self.problem.sales_price[i]))}"
        said = f"It {sells} {self.amounts.units(sold)} units a week{money}"
        if wasted < 0.05:
            return f"{said} and {wastes} next to nothing."
        cost = (
            f" ({self.amounts.money(float(found.waste_cost_week[i]))})"
            if self.stored.currency
            else ""
        )
        return f"{said} and {wastes} {self.amounts.units(wasted)}{cost}."

    def _taken(self, take: str) -> str:
        taken = taken_from(self.problem, self.score, self.item)
        whole = sum(taken.values())
        if whole < 0.05:
            return (
                f" It {take}s nothing from others."
                if take == "take"
                else (f" It {take} nothing from others.")
            )
        first = list(taken.items())[:MOST_NAMED]
        named = ", ".join(
            f"{self.stored.item_names[i]} {self.amounts.units(units)}" for i, units in first
        )
        verb = "takes" if take == "take" else take
        rest = " and others" if len(taken) > MOST_NAMED else ""
        return f" It {verb} {self.amounts.units(whole)} units of demand from others: {named}{rest}."

    def _named(self, items: Sequence[int] | np.ndarray) -> str:
        names = [self.stored.item_names[int(i)] for i in items]
        shown = ", ".join(names[:MOST_NAMED])
        return f"{shown} and {len(names) - MOST_NAMED} more" if names[MOST_NAMED:] else shown

    def _amount(self, value: float) -> str:
        return self.amounts.worth(value)
