"""What a plan is asked for beyond the input tables: the objective and the rules of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Objective(Enum):
    """What a plan makes as large as possible (waste: as small as possible)."""

    MARGIN = "margin"
    """After purchase cost, waste, listing and facing cost."""
    SALES = "sales"
    UNITS = "units"
    WASTE = "waste"
    """Purchase cost of what is lost, at a floor of sales."""


@dataclass(frozen=True)
class PlanRules:
    """Rules of one plan; the defaults leave the data as it is.

    Shares are of the listed items of a store. ``core_min_size`` and ``core_max_size`` ask for the
    core to be chosen instead of given; ``max_distinct_ranges`` caps how many different ranges the
    chain runs (one per group of stores).
    """

    objective: Objective = Objective.MARGIN
    budget_scale: float = 1.0
    max_local_items: int | None = None
    max_swaps: int | None = None
    """Most items that enter, and most that leave, a store's current range."""
    min_days_of_supply: float | None = None
    min_local_share: float = 0.0
    min_organic_share: float = 0.0
    min_supplier_share: Mapping[str, float] = field(default_factory=dict)
    min_sales_share: float = 0.0
    """Floor of a store's sales, as a share of what today's range sells."""
    core_min_size: int | None = None
    core_max_size: int | None = None
    max_distinct_ranges: int | None = None

    @property
    def chooses_core(self) -> bool:
        """Whether the core is to be chosen."""
        return self.core_min_size is not None or self.core_max_size is not None
