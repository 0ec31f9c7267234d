"""What the outputs show: every table of a run and its stamp.

Workbooks, report and audit read these frames and nothing else, so a printed number can always
be traced to a row of ``tables/``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

WORTH = ("store_id", "limit", "unit", "amount", "known", "worth_week", "least_week", "most_week")
ORDERS = ("item_id", "supplier_id", "stores", "sold_units_week", "waste_units_week", "spend_week")
FORCING = ("store_id", "item_id", "known", "cost_week", "least_week", "most_week", "puts_out")
PLACEMENT = (
    "store_id",
    "fixture_type",
    "items",
    "rule",
    "weight",
    "counted",
    "of",
    "broken",
    "where",
    "proven",
)
WATERFALL = ("level", "name", "from_plan", "to_plan", "part", "change_week")
LOCAL_DRIVERS = ("store_id", "item_id", "kind", "name", "change", "total_change")
CERTAINTY = ("level", "name", "measure", "part", "count", "of", "share")
LEFT_OUT = ("store_id", "store_name", "region", "plan", "proof", "reason")
LOCKS = (
    "store_id", "item_id", "lock", "facings", "since", "until", "note", "state", "own", "known",
    "cost_week", "least_week", "most_week", "keeps_out", "brings_in", "review_weeks",
    "review_items", "sold_units_week", "expected_units_week", "low_units_week", "high_units_week",
    "in_stock_share", "still_sold_units", "origin",
)  # fmt: skip
LOCK_TOTALS = ("store_id", "locks", "known", "cost_week", "least_week", "most_week")


@dataclass(frozen=True)
class Stamp:
    """What stands on every sheet and page."""

    run_id: str
    chain_name: str
    scenario: str
    currency: str
    """ISO 4217 code; empty: planned in units."""
    locale: str
    data_date: pd.Timestamp
    """Last day of the sales history."""
    valid_from: pd.Timestamp
    valid_to: pd.Timestamp
    plan: str
    """feasible; infeasible where a store was left out as it has no plan."""
    proof: str
    """optimal, within 0.4 %, or time limit: of the chain as a whole."""
    objective: str
    """margin, sales, units or waste: what objective_week, bounds and shadow prices are."""
    objective_week: float
    bound_week: float
    gap: float
    planner_version: str


@dataclass(frozen=True)
class Contents:
    """The tables of a run. All frames have a RangeIndex; money is per week in chain currency.

    ``items``: the items table (Inputs.items). ``stores``: the stores table (Inputs.stores).
    ``demand``, ``assortment``, ``limits``, ``positions``: section 9 of the design.
    ``shelves``: Shelves.shelves.
    ``store_plans``: a row per store: store_id, plan_id, plan, proof, objective_week, bound_week,
    gap, facings_added_cost_week.
    ``figures``: a row per store and plan (plan = local, common, current): store_id, plan,
    listed_items, local_items, sold_units_week, waste_units_week, sales_week, margin_week
    (after waste), margin_before_waste_week, spend_week, shelf_used_share, over_shelf_cm (width of
    facings that find no place on the shelves: today's range alone, which is valued as it is).
    ``value``: what going local is worth: level (chain, region, store), name, against (common,
    current), value_week (mean over what demand may be), low_week, high_week (80 % interval),
    planned_week (at the demand expected: the difference of the margins in ``figures``),
    share_of_sales, sales_growth (share), unusual (either above 6 %).
    ``changes``: a row per item that comes, leaves or moves: store_id, item_id, change (NEW, OUT,
    MOVED), facings_before, facings_after, replaces (item_id or ""), first_order_date (NEW),
    last_order_date and run_down_date (OUT: from then on none of it is left), value_week (NEW:
    what it adds after what it takes from others; OUT: what it would add on its own), reason,
    net_week and net_known (``assortment.net_value``: what the change is worth after the shelf, the
    places and the budget that it takes or frees; at the plan's prices, exact, at least, or empty).
    ``recapture``: Demand.recapture. ``signal_effects``: Demand.signal_effects.
    ``assumptions``: weight (``outputs/assumption_table.py``), stage, subject, text, count,
    survived (a fault of the input that was read around).
    ``backtest``: Backtest.scores; empty where no backtest was run.
    ``worth``: a row per store (empty: the chain) and limit: store_id, limit, unit, amount
    (so much more of it, less where it asks for at least something), known (exact, at most, at
    the plan's prices), worth_week, and the least_week and most_week between which the truth lies
    (NaN: not bounded).
    ``orders``: a row per item that is listed anywhere, summed over the stores: item_id,
    supplier_id, stores (that list it), sold_units_week, waste_units_week, spend_week (what is
    bought for them, as budgets count it: with the loss before the shelf).
    ``forcing``: a row per store and item that is not listed and may be: store_id, item_id, known
    (exact, at least, not possible), cost_week of forcing it in, the least_week and most_week
    between which that lies, puts_out (the items that would leave, separated by ``;``). In the
    run's folder it is part of ``tables/reasons``.
    ``placement``: Shelves.placement.
    ``left_out``: a row per store without a plan, where the others were planned without it:
    store_id, store_name, region, plan (infeasible, none), proof, reason. It is in no other frame.
    ``waterfall``: from plan to plan in money of margin a week, by part (``assortment.waterfall``):
    level (chain, region, store), name, from_plan and to_plan (current to common, common to local,
    current to local), part (new_items, taken_from_others, lost_items, recaptured, stock, waste,
    listing, handling), change_week. The parts of a step add up to the difference of the two
    plans' margin_week in ``figures``.
    ``local_drivers``: what raises the demand of a local item where it is listed: store_id,
    item_id, kind (signal, segments, region, own sales, nothing), name (of the signal, segment
    or region), change (share more than in the mean of the stores, from this cause alone),
    total_change (from all causes together); the strongest cause that raises it, a row an item and
    store.
    ``certainty``: how far the plan rests on what is known: level (chain, region, store), name,
    measure, part, count, of, share (``outputs/certainty.py``).
    ``locks``: a row per lock of a store (``LOCKS``): that of the input with its state (in force,
    expired), ``own`` (of the chain's own table), what it costs (``known``: exact, between, not
    possible, or empty where it was not solved; ``cost_week``, where exact, the objective without
    it less that with it; the truth lies between ``least_week`` and ``most_week``), the items that
    it keeps out and brings in beside its own, later sales (``demand.lock_review``) and its
    ``origin``.
    ``lock_totals``: what the locks in force of each store, and with store_id "" those of the
    chain, cost together (``LOCK_TOTALS``; a row only where there are any). ``lockable``:
    store_id, item_id of what a store lists or could list.
    """

    stamp: Stamp
    items: pd.DataFrame
    stores: pd.DataFrame
    demand: pd.DataFrame
    assortment: pd.DataFrame
    limits: pd.DataFrame
    positions: pd.DataFrame
    shelves: pd.DataFrame
    store_plans: pd.DataFrame
    figures: pd.DataFrame
    value: pd.DataFrame
    changes: pd.DataFrame
    recapture: pd.DataFrame
    signal_effects: pd.DataFrame
    assumptions: pd.DataFrame
    backtest: pd.DataFrame
    worth: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(WORTH)))
    orders: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(ORDERS)))
    forcing: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(FORCING)))
    placement: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(PLACEMENT)))
    waterfall: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(WATERFALL)))
    local_drivers: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(LOCAL_DRIVERS))
    )
    certainty: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(CERTAINTY)))
    left_out: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LEFT_OUT)))
    locks: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=list(LOCKS)))
    lock_totals: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=list(LOCK_TOTALS))
    )
    lockable: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=["store_id", "item_id"])
    )
