"""From the history to the choice model: theta, its draws, and the recapture table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.availability import neighbours
from planner.demand.beliefs import MODEL_ERROR, Beliefs, believe
from planner.demand.clean import History
from planner.demand.factors import Grouping
from planner.demand.rates import Rates
from planner.demand.recapture import Thetas, estimate_theta
from planner.demand.substitution import Attractions, GroupChoice
from planner.tables.inputs import Assumption

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class LearnedSubstitution:
    """What the history and the assumptions say about substitution."""

    best: Attractions
    draws: tuple[Attractions, ...]
    """Equally likely; all give back the same demand, but for untried items, whose number is
    their attraction."""
    recapture: pd.DataFrame
    """Demand.recapture of the result."""
    assumptions: tuple[Assumption, ...]


def learn_substitution(
    history: History,
    grouping: Grouping,
    rates: Rates,
    demand: Floats,
    lift: Floats,
    listed: Flags,
    untried: Flags,
    need_groups: tuple[str, ...],
    recapture_share: float,
) -> LearnedSubstitution:
    """Estimate theta of every need group and fit the choice model to ``demand``.

    demand: units a week over the horizon of each item if added to or kept in the current range
    ``listed``; lift: factor of planned promotions in it; untried: pairs of which ``demand`` says
    what :class:`GroupChoice` takes for an attraction; all [store, item]. recapture_share: the
    assumption for need groups whose history cannot tell.
    """
    group, groups = grouping.group_of_item, len(need_groups)
    # Substitution is learned at full price; promotions of the horizon come on top.
    full_price = GroupChoice(demand / lift, listed, group, groups, untried=untried)
    choice = GroupChoice(demand, listed, group, groups, lift, untried)
    # A table without any zero may have left the weeks without a sale out.
    near = neighbours(
        history,
        grouping,
        rates,
        listed,
        gaps_told=bool((history.units == 0).any()),
    )
    found = estimate_theta(history, grouping, rates, near, full_price)
    beliefs = believe(found, choice, need_groups, recapture_share)
    best = choice.attractions(beliefs.theta)
    table, assumptions = _told(need_groups, choice, beliefs, found, best, recapture_share)
    return LearnedSubstitution(
        best=best,
        draws=tuple(choice.attractions(draw) for draw in beliefs.draws),
        recapture=table,
        assumptions=tuple(assumptions),
    )


def _told(
    need_groups: tuple[str, ...],
    choice: GroupChoice,
    beliefs: Beliefs,
    found: Thetas,
    best: Attractions,
    wanted: float,
) -> tuple[pd.DataFrame, list[Assumption]]:
    table = pd.DataFrame(
        {
            "need_group": np.asarray(need_groups, dtype=object),
            "recapture_share": best.recapture,
            "low_share": choice.recapture(beliefs.farthest),
            "high_share": choice.recapture(beliefs.closest),
            "theta": beliefs.theta,
            "source": np.where(beliefs.estimated, "estimated", "assumption"),
            "items": np.bincount(choice.group, minlength=len(need_groups)),
            "missing_store_weeks": found.store_weeks,
        }
    ).astype({"need_group": "str", "source": "str"})
    texts = []
    assumed = ~beliefs.estimated
    if assumed.any():
        text = (
            f"{wanted:.0%} of a missing item's units are assumed to move to other items of its "
            "need group, where the history cannot tell"
        )
        texts.append(("recapture", text, int(assumed.sum())))
    if beliefs.estimated.any():
        text = (
            "Recapture estimated from stock-outs and range changes; its interval assumes an error "
            f"of {MODEL_ERROR:.0%} from taking all shoppers of a store as one segment"
        )
        texts.append(("recapture", text, int(beliefs.estimated.sum())))
    short = int((assumed & (best.recapture < wanted - 1e-6)).sum())
    if short:
        text = (
            f"Need groups with too few listed items to reach {wanted:.0%}: what moves to others "
            "is less, see the recapture table"
        )
        texts.append(("recapture", text, short))
    if best.raised:
        text = (
            "Store and need group where a missing item would sell more than the listed ones: the "
            "group's potential (shoppers who now buy nothing) is raised to hold it"
        )
        texts.append(("no-purchase", text, best.raised))
    return table, [Assumption("demand", subject, text, count) for subject, text, count in texts]
