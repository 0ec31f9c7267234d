"""What the first screen says of the plan's worth, its figures and where to act first."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from planner.outputs.contents import Contents
from planner.outputs.report.actions import changes_first, stores_first
from planner.outputs.report.scope import chain_scope
from planner.outputs.report.tiles import budget_week, tiles
from planner.outputs.report.worth import worths


@pytest.fixture(scope="module")
def contents(four_stores: Contents) -> Contents:
    """Four stores."""
    return four_stores


def notes(contents: Contents, **value: float) -> dict[str, str]:
    """What stands beside the chain's worth, by what it is compared with."""
    value = {"planned_week": value["value_week"]} | value
    rows = contents.value[contents.value["level"] == "chain"].assign(**value)
    return {worth.against: worth.note for worth in worths(rows, contents.stamp, contents)}


def test_a_gain_that_is_sure_needs_no_words(contents):
    """Nothing is said beside a gain whose interval lies above zero."""
    assert set(notes(contents, value_week=5.0, low_week=1.0, high_week=9.0).values()) == {""}


def test_noise_and_loss_are_said(contents):
    """An interval around zero claims nothing; a plan that is worse is called so, with what it is
    charged for the facings that fill left-over width."""
    noise = notes(contents, value_week=5.0, low_week=-1.0, high_week=9.0)
    assert all("may as well" in note for note in noise.values())
    worse = notes(contents, value_week=-5.0, low_week=-9.0, high_week=-1.0)
    assert all("worth less than" in note and "$4.80" in note for note in worse.values())


def test_what_the_demand_expected_would_give_is_told_where_it_differs(contents):
    """The mean over what demand may be stands beside the difference of the margins where the two
    are apart, and alone where they are not."""
    apart = notes(contents, value_week=5.0, planned_week=7.0, low_week=1.0, high_week=9.0)
    assert all("expected it would be +$7.00" in note for note in apart.values())
    near = notes(contents, value_week=5.0, planned_week=5.2, low_week=1.0, high_week=9.0)
    assert set(near.values()) == {""}


def test_a_range_that_does_not_fit_is_said_beside_the_current_range_alone(contents):
    """Where the data has more on the shelf than fits, the comparison with today says so."""
    figures = contents.figures
    over = (figures["plan"] == "current") & (figures["store_id"] == "002")
    warned = replace(contents, figures=figures.assign(over_shelf_cm=over * 20.0))
    said = notes(warned, value_week=5.0, low_week=1.0, high_week=9.0)
    assert "in 1 of 4 stores than fits" in said["current"]
    assert said["common"] == ""


def test_six_tiles_with_budget_use_in_points(contents):
    """Sales, margin, waste, local items, shelf and budget use; margin before waste opens under
    margin; shares differ in points, money in money."""
    shown = tiles(contents)
    assert len(shown) == 6
    spent = contents.figures.groupby("plan")["spend_week"].sum()
    budget = 4 * 4000.0
    assert budget_week(contents) == budget
    last = shown[-1]
    assert last.label == "Budget use"
    assert last.value == f"{100 * spent['local'] / budget:.1f}%"
    points = round(100 * spent["local"] / budget, 1) - round(100 * spent["current"] / budget, 1)
    assert last.beside[0].difference == f"+{points:.1f} points"
    margin = shown[1].more
    assert margin is not None
    assert margin.label == "Margin before waste"
    assert margin.beside[0].difference.startswith("+$")


def test_without_a_budget_there_is_only_the_spend(contents):
    """A store without a budget leaves no share to tell."""
    limits = contents.limits
    less = limits[~((limits["limit"] == "budget_week") & (limits["store_id"] == "001"))]
    last = tiles(replace(contents, limits=less))[-1]
    assert last.label == "Spend"
    assert "no budget for every store" in last.unit


def test_changes_are_ranked_by_what_they_are_worth_over_all_stores(contents):
    """The first is the change of an item whose net worth summed over the stores is largest, and
    that sum is what is printed."""
    changes = contents.changes
    net = changes[changes["change"] != "MOVED"].groupby(["change", "item_id"])["net_week"].sum()
    first = changes_first(chain_scope(contents))
    names = chain_scope(contents).item_names
    assert first[0].what.endswith(names[net.idxmax()[1]])
    assert first[0].much.removeprefix("about ").startswith(f"+${int(net.max())}")
    assert len({action.what for action in first}) == len(first)


def test_a_change_without_a_worth_is_not_ranked(contents):
    """Where nothing is known of what changes are worth, none is put first."""
    unknown = contents.changes.assign(net_week=float("nan"), net_known="")
    assert changes_first(chain_scope(replace(contents, changes=unknown))) == []


def test_large_claims_are_marked_and_local_items_of_every_store_named(contents):
    """A change or a store worth more than 6 % of its sales is unusual, a store that loses is said
    to; a local item that every store lists is said to be chosen by all."""
    large = contents.changes.assign(net_week=contents.changes["net_week"] * 1000)
    scope = chain_scope(replace(contents, changes=large))
    assert all(action.unusual for action in changes_first(scope))
    assert not any(action.unusual for action in changes_first(chain_scope(contents)))
    worse = contents.value.assign(value_week=-1.0)
    told = stores_first(chain_scope(replace(contents, value=worse)))
    assert all("less than today's range" in action.why for action in told)
    value = contents.value.assign(unusual=True, share_of_sales=0.027, sales_growth=0.094)
    marked = stores_first(chain_scope(replace(contents, value=value)))
    assert all(a.unusual.startswith("sales grow 9.4%, above 6 %: check") for a in marked)
    plan = contents.assortment
    listed = plan[plan["listed"] & ~plan["core"]].groupby("item_id")["store_id"].nunique()
    everywhere = set(listed.index[listed == 4])
    names = {scope.item_names[item] for item in everywhere}
    for action in changes_first(chain_scope(contents)):
        named = action.what.removeprefix("List ") in names
        assert ("every store here chose it" in action.why) == named


def test_a_store_says_the_two_changes_it_gains_most_from(contents):
    """The largest change of a store is named first in its reason; without worths none is."""
    scope = chain_scope(contents)
    changes = contents.changes.dropna(subset=["net_week"])
    for action in stores_first(scope):
        own = changes[changes["store_id"] == action.store_id]
        names = [scope.item_names[item] for item in own.nlargest(2, "net_week")["item_id"]]
        cause = action.why.split("Most comes of ")[1]
        assert cause.index(names[0]) < cause.index(names[1])
    unknown = contents.changes.assign(net_week=float("nan"))
    silent = stores_first(chain_scope(replace(contents, changes=unknown)))
    assert not any("Most comes of" in action.why for action in silent)


def test_a_change_says_where_it_rests_on_the_model_alone(contents):
    """The stores without own sales of the item are counted out of those where it changes."""
    changes = contents.changes[contents.changes["change"].isin(["NEW", "OUT"])]
    alone = replace(contents, demand=contents.demand.assign(source="model"))
    names = chain_scope(alone).item_names
    for action in changes_first(chain_scope(alone)):
        name = action.what.removeprefix("List ").removeprefix("Take out ")
        kind = "NEW" if action.what.startswith("List ") else "OUT"
        rows = changes[(changes["item_id"].map(names) == name) & (changes["change"] == kind)]
        said = f"in {len(rows)} of {len(rows)} stores" if len(rows) > 1 else "rests on the model"
        assert said in action.why
    known = replace(contents, demand=contents.demand.assign(source="history"))
    assert not any("model" in action.why for action in changes_first(chain_scope(known)))


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("would lose $31.00 a week: it does not pay; forcing it in costs at least $30.11 a week",
         "it does not pay; forcing it in costs at least $30.11 a week."),
        ("would add $2.00 a week on its own, but its 9 cm are worth about $3; forcing it in costs "
         "$1.00 a week and puts out Kale", "forcing it in costs $1.00 a week and puts out Kale."),
        ("would lose $31.00 a week: it does not pay", "would lose $31.00 a week: it does not pay."),
    ],
)  # fmt: skip
def test_one_number_tells_what_taking_out_is_worth(contents, reason, said):
    """Where it is known what forcing an item in costs, that alone stands in the sentence."""
    told = contents.changes.assign(reason=reason)
    actions = changes_first(chain_scope(replace(contents, changes=told)))
    assert actions
    assert all(action.why.startswith(said) for action in actions)


def test_where_nothing_changes_there_is_nothing_to_do_first(contents):
    """An empty table gives an empty list."""
    none: pd.DataFrame = contents.changes.iloc[:0]
    assert changes_first(chain_scope(replace(contents, changes=none))) == []
