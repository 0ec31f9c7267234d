"""PROBLEM.json as it is written: its keys, what each may hold, and what is taken if left out."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from planner.assortment.rules import Objective

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
PerSegment = Amount | dict[str, Amount]


def _whole(value: object) -> object:
    """A whole number that was written with a point, as many programs do."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _text(value: object) -> object:
    """An id that was written as a number."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if whole else value


Identifier = Annotated[str, BeforeValidator(_text)]
Count = Annotated[int, Field(ge=0), BeforeValidator(_whole)]
Facings = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NeedGroupEntry(_Strict):
    """Demand of one need group: units per week, and the attraction of buying nothing."""

    id: Identifier
    potential_units_week: PerSegment
    no_purchase_attraction: PerSegment = 0.0


class ItemEntry(_Strict):
    """One candidate item; left out: no limit, 0 for costs and shares, 1 for facings."""

    id: Identifier
    need_group: Identifier
    attraction: PerSegment
    shadow_attraction: PerSegment = 0.0
    price: Amount
    unit_cost: Amount = 0.0
    waste_share: Share = 0.0
    demand_cv: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.0
    fixture_type: str = ""
    facing_width_cm: Amount = 0.0
    units_per_facing: Amount | None = None
    shelf_fills_per_cycle: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    min_units_per_facing: Amount = 0.0
    min_stock_units: Amount = 0.0
    min_facings: Facings = 1
    max_facings: Facings | None = None
    listing_cost_week: Amount = 0.0
    facing_cost_week: Amount = 0.0
    core: bool = False
    category: Identifier = ""
    organic: bool = False
    supplier_id: Identifier = ""
    in_current_range: bool = False


class LimitsEntry(_Strict):
    """Limits of the store; left out: no limit."""

    shelf_cm: dict[str, Amount] = Field(default_factory=dict)
    budget_week: Amount | None = None
    max_local_items: Count | None = None
    need_group_min: dict[str, Count] = Field(default_factory=dict)
    need_group_max: dict[str, Count] = Field(default_factory=dict)
    category_min: dict[str, Count] = Field(default_factory=dict)
    category_max: dict[str, Count] = Field(default_factory=dict)
    min_share: dict[str, Share] = Field(default_factory=dict)
    min_days_of_supply: Amount | None = None
    max_swaps: Count | None = None
    min_sales_week: Amount | None = None


class LocksEntry(_Strict):
    """Items that must or must not be listed, and facings that they have if listed."""

    in_: list[Identifier] = Field(default_factory=list, alias="in")
    out: list[Identifier] = Field(default_factory=list)
    min_facings: dict[str, Facings] = Field(default_factory=dict)
    max_facings: dict[str, Facings] = Field(default_factory=dict)


class ProblemFile(_Strict):
    """PROBLEM.json as it is written."""

    store_id: Identifier = ""
    objective: Annotated[Objective, Field(strict=False)] = Objective.MARGIN
    deliveries_week: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    need_groups: list[NeedGroupEntry]
    items: list[ItemEntry]
    limits: LimitsEntry = Field(default_factory=LimitsEntry)
    locks: LocksEntry = Field(default_factory=lambda: LocksEntry.model_validate({}))
