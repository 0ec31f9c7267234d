"""What figures of the report say agrees with the figures printed beside them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.outputs.contents import Contents
from planner.outputs.numbers import proof
from planner.outputs.report.amounts import MINUS, amount, signed_amount, signed_difference
from planner.outputs.report.chart_sources import new_on_model
from planner.outputs.report.scope import chain_scope
from planner.outputs.report.store_details import store_details
from planner.outputs.report.tiles import tiles


def test_a_difference_is_that_of_the_figures_printed(contents: Contents) -> None:
    """What two figures printed side by side differ by is what stands between them."""
    stamp = contents.stamp
    assert (amount(389033.6, stamp), amount(370963.4, stamp)) == ("$389,034", "$370,963")
    assert signed_difference(389033.6, 370963.4, stamp) == "+$18,071"
    assert signed_difference(370963.4, 389033.6, stamp) == f"{MINUS}$18,071"
    assert signed_difference(9.754, 9.746, stamp) == "$0.00"


@pytest.mark.parametrize(
    ("words", "printed"),
    [
        ("within 0.00081 %", "within 0.01 %"),
        ("within 0.412 %", "within 0.42 %"),
        ("within 5.6 %", "within 5.6 %"),
        ("within 10 %", "within 10 %"),
        ("optimal", "optimal"),
    ],
)
def test_a_proof_has_two_decimals_and_claims_no_more(words: str, printed: str) -> None:
    """A proof is rounded up, so that what is printed holds too."""
    assert proof(words) == printed


def test_changes_of_a_store_stand_by_their_worth(contents: Contents) -> None:
    """Of each kind the largest worth first, each printed, a loss said to be one."""
    net = contents.changes["net_week"] - 10.0
    told = replace(contents, changes=contents.changes.assign(net_week=net, net_known="exact"))
    losses = 0
    for store, detail in store_details(chain_scope(told)).items():
        for kind in ("NEW", "OUT"):
            of_store = told.changes["store_id"] == store
            own = told.changes[of_store & (told.changes["change"] == kind)]
            shown = [row.net for row in detail.changes if row.change == kind]
            worths_of = own["net_week"].sort_values(ascending=False)
            assert [words.removesuffix(", a loss") for words in shown] == [
                signed_amount(worth, contents.stamp) for worth in worths_of
            ]
            losses += sum(words.endswith(", a loss") for words in shown)
        assert all(row.net == "" for row in detail.changes if row.change == "MOVED")
    assert losses == (net < -0.005).sum()


def test_waste_is_told_in_money_too(contents: Contents) -> None:
    """Under the waste in units stands what is lost in money, of every plan."""
    waste = next(tile for tile in tiles(contents) if tile.label == "Waste")
    figures = contents.figures
    lost = figures["margin_before_waste_week"] - figures["margin_week"]
    cost = lost.groupby(figures["plan"]).sum()
    assert waste.more is not None
    assert waste.more.value == amount(cost["local"], contents.stamp)
    assert [b.value for b in waste.more.beside] == [
        amount(cost[plan], contents.stamp) for plan in ("current", "common")
    ]


def test_what_new_items_rest_on_stands_beside_the_test_on_the_past(contents: Contents) -> None:
    """The share of new items' units that no sales stand behind is on the first screen."""
    alone = replace(contents, demand=contents.demand.assign(source="model"))
    assert "100.0% rest on the model alone" in new_on_model(chain_scope(alone))
    kept = replace(contents, assortment=contents.assortment.assign(status="KEEP"))
    assert new_on_model(chain_scope(kept)) == ""
