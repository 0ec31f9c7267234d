"""A block of ``scenarios.toml``: its keys, what each may hold, and the rules they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from planner.assortment.rules import Objective, PlanRules
from planner.shelves.weights import PlacementWeights

SUPPLIER = "<supplier_id>"
"""Stands for the id of a supplier in the name of a key."""

Count = Annotated[int, Field(ge=0, description="a whole number, 0 or more")]
Some = Annotated[int, Field(ge=1, description="a whole number, 1 or more")]
Share = Annotated[float, Field(ge=0, le=1, description="a share of the listed items, 0 to 1")]
Weight = Annotated[
    float, Field(ge=0, le=1000, description="a number from 0 (the rule is off) to 1000")
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class BudgetBlock(_Strict):
    """The budgets of the stores and of the chain."""

    scale: Annotated[float, Field(gt=0, description="a number above 0; 0.9 is 10 % less")] = 1.0
    """Factor on every budget of the input."""


class MinShareBlock(_Strict):
    """Least shares of a store's listed items."""

    local: Share = 0.0
    """Items that are not core."""
    organic: Share = 0.0
    supplier: dict[str, Share] = Field(default_factory=dict)


class RulesBlock(_Strict):
    """Rules on the range and stock of every store."""

    max_local_items: Count | None = None
    """Instead of the stores' own number."""
    min_days_of_supply: (
        Annotated[float, Field(ge=0, le=365, description="days, 0 to 365")] | None
    ) = None
    """Stock of every listed item covers at least so many days of its mean demand."""
    min_share: MinShareBlock = Field(default_factory=MinShareBlock)
    min_sales_share: Annotated[
        float, Field(ge=0, le=10, description="a share of what today's range sells, such as 0.98")
    ] = 0.0


class ChangesBlock(_Strict):
    """How far a plan may go from today's range."""

    max_swaps: Count | None = None
    """At most so many items enter and at most so many leave the range of a store."""


class CoreBlock(_Strict):
    """The core to be chosen, instead of the given one."""

    size: Count | None = None
    min_size: Count | None = None
    max_size: Count | None = None


class RangesBlock(_Strict):
    """How many ranges the chain runs."""

    max_distinct: Some | None = None


class PlacementBlock(_Strict):
    """What breaking each rule of a placement once costs, beside an item that must move (1).

    What is counted: the fields of ``PlacementWeights``.
    """

    group_blocks: Weight = PlacementWeights.group_blocks
    vertical_blocks: Weight = PlacementWeights.vertical_blocks
    full_shelves: Weight = PlacementWeights.full_shelves
    moves: Weight = PlacementWeights.moves
    shelf_order: Weight = PlacementWeights.shelf_order
    eye_level_margin: Weight = PlacementWeights.eye_level_margin
    heavy_low: Weight = PlacementWeights.heavy_low
    colour_breaks: Weight = PlacementWeights.colour_breaks


class ScenarioBlock(_Strict):
    """One named block; what it leaves out is as in the block it extends, or as in the data."""

    extends: Annotated[str, Field(description="the name of another scenario")] = "base"
    objective: Annotated[
        Objective,
        Field(strict=False, description=", ".join(objective.value for objective in Objective)),
    ] = Objective.MARGIN
    budget: BudgetBlock = Field(default_factory=BudgetBlock)
    rules: RulesBlock = Field(default_factory=RulesBlock)
    changes: ChangesBlock = Field(default_factory=ChangesBlock)
    core: CoreBlock = Field(default_factory=CoreBlock)
    ranges: RangesBlock = Field(default_factory=RangesBlock)
    placement: PlacementBlock = Field(default_factory=PlacementBlock)

    def plan_rules(self) -> PlanRules:
        """What the planner is asked for."""
        share, core = self.rules.min_share, self.core
        return PlanRules(
            objective=self.objective,
            budget_scale=self.budget.scale,
            max_local_items=self.rules.max_local_items,
            max_swaps=self.changes.max_swaps,
            min_days_of_supply=self.rules.min_days_of_supply,
            min_local_share=share.local,
            min_organic_share=share.organic,
            min_supplier_share=dict(share.supplier),
            min_sales_share=self.rules.min_sales_share,
            core_min_size=core.min_size if core.size is None else core.size,
            core_max_size=core.max_size if core.size is None else core.size,
            max_distinct_ranges=self.ranges.max_distinct,
        )

    def placement_weights(self) -> PlacementWeights:
        """What the shelves stage is asked for."""
        return PlacementWeights(**{k: float(v) for k, v in self.placement.model_dump().items()})


def keys() -> dict[str, str]:
    """Every key with its path, such as ``budget.scale``, and what it may hold."""
    return dict(_keys(ScenarioBlock, ()))


def _keys(block: type[BaseModel], above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name, field in block.model_fields.items():
        path = (*above, name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, path)
        elif name == "supplier":
            yield ".".join((*path, SUPPLIER)), _description(field) or "a share, 0 to 1"
        else:
            yield ".".join(path), _description(field)


def _description(field: FieldInfo) -> str:
    """What a field may hold, also where it may be left out as well."""
    if field.description:
        return field.description
    parts = getattr(field.annotation, "__args__", ())
    found = [note.description for part in parts for note in getattr(part, "__metadata__", ())]
    return next((text for text in found if text), "")


def merged(above: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A block on top of the one it extends, key by key.

    A core size replaces smallest and largest sizes from above, and they replace it.
    """
    result = dict(above)
    for key, value in own.items():
        before = result.get(key)
        if key == "core" and isinstance(before, dict) and isinstance(value, dict):
            drop = {"min_size", "max_size"} if "size" in value else {"size"}
            before = {name: size for name, size in before.items() if name not in drop}
        if isinstance(before, dict) and isinstance(value, dict):
            value = merged(before, value)
        result[key] = value
    return result
