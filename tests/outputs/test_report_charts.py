"""The charts: numbers are those of the tables, titles say what the data says and no more."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from chart_parts import drawn, frame_of, lack, listed_local, scopes
from report_variants import repeated

from planner.outputs.contents import Contents
from planner.outputs.report.chart_claims import claims_chart
from planner.outputs.report.chart_drivers import drivers_chart, signals_chart
from planner.outputs.report.chart_limits import limits_chart
from planner.outputs.report.chart_local_items import local_grid, local_items_chart, most_telling
from planner.outputs.report.chart_recapture import recapture_chart
from planner.outputs.report.chart_sources import sources_chart
from planner.outputs.report.chart_waterfall import waterfall_chart
from planner.outputs.report.limits import limit_rows, limit_summary
from planner.outputs.report.scope import Scope, chain_scope


@pytest.fixture(scope="module")
def six(contents: Contents) -> Contents:
    """The made-up run with each of its two stores three times."""
    return repeated(contents, 3)


# ---- from plan to plan


@pytest.mark.parametrize("which", [0, 1, 2])
def test_steps_lead_from_plan_to_plan(contents: Contents, which: int) -> None:
    """Every bar starts where the one before ended, parts are those of the table, and plans stand
    where their margins in the figures put them: of the chain, and of each region."""
    scope = scopes(contents)[which]
    chart = drawn(waterfall_chart(scope))
    trace = chart.figure["data"][0]
    margin = scope.contents.figures.groupby("plan")["margin_week"].sum()
    parts = frame_of(chart)
    level = "chain" if which == 0 else "region"
    table = scope.contents.waterfall[scope.contents.waterfall["level"] == level]
    steps = list(zip(parts["from_plan"], parts["to_plan"], strict=True))
    assert list(dict.fromkeys(steps)) == [("current", "common"), ("common", "local")]
    kept = table.merge(parts, on=["from_plan", "to_plan", "part"], suffixes=("", "_shown"))
    own = kept[kept["name"] == (scope.region or "")]
    np.testing.assert_array_equal(own["change_week"], own["change_week_shown"])
    end, totals, changes = 0.0, [], []
    for label, base, length in zip(
        chart.figure["layout"]["yaxis"]["ticktext"], trace["base"], trace["x"], strict=True
    ):
        if label.startswith("<b>"):
            assert base == 0.0
            assert length == pytest.approx(end)
            totals.append(length)
        else:
            assert base == pytest.approx(end)
            end = base + length
            changes.append(length)
    np.testing.assert_allclose(changes, parts["change_week"][parts["change_week"] != 0])
    before = margin["current"]
    np.testing.assert_allclose(
        totals, [0.0, margin["common"] - before, margin["local"] - before], atol=1e-9
    )


def valued(contents: Contents, **of: tuple[float, float, float]) -> Scope:
    """The chain with these values, lows and highs against the plans named."""
    value = contents.value.copy()
    for against, numbers in of.items():
        value.loc[
            (value["level"] == "chain") & (value["against"] == against),
            ["value_week", "low_week", "high_week"],
        ] = numbers
    return chain_scope(replace(contents, value=value))


@pytest.mark.parametrize(
    ("current", "common", "words"),
    [
        ((100, 50, 150), (20, 10, 30), "earns $100 a week more than the current range"),
        ((100, 50, 150), (20, 10, 30), "$20 of it by going local (+$10 to +$30)"),
        ((100, 50, 150), (20, -10, 30), "of going local, +$20 (−$10 to +$30) is within noise"),
        ((100, -50, 150), (20, 10, 30), "No clear gain over the current range: +$100 a week is"),
        ((-100, -150, -50), (20, 10, 30), "earns $100 a week less than the current range"),
        ((100, 50, 150), (-20, -30, -10), "going local brings −$20 (−$30 to −$10)"),
    ],
)
def test_the_title_claims_what_the_intervals_bear_out(
    contents: Contents,
    current: tuple[float, float, float],
    common: tuple[float, float, float],
    words: str,
) -> None:
    """Gain, loss and noise read differently, each with its interval."""
    title = drawn(waterfall_chart(valued(contents, current=current, common=common))).finding
    assert words in title
    assert title.count(" to ") == 2


def test_a_mean_that_is_not_the_plan_at_the_demand_expected_is_explained(
    contents: Contents,
) -> None:
    """The caption tells the two apart where they are written differently, and only there."""
    for planned, told in ((100.0, False), (140.0, True)):
        value = contents.value.assign(value_week=100.0, planned_week=planned)
        chart = drawn(waterfall_chart(chain_scope(replace(contents, value=value))))
        assert ("Bars are at the demand expected (+$140 in all)" in chart.caption) == told


def test_the_note_counts_no_item_twice(contents: Contents) -> None:
    """What the note tells are the parts straight from the current range to the local plan, and
    their sum is the gain at the demand expected; the two steps are not added up."""
    rows = contents.waterfall
    steps = rows["level"].eq("chain") & rows["part"].isin(["new_items", "lost_items"])
    there = steps & rows["from_plan"].eq("current") & rows["to_plan"].eq("common")
    back = steps & rows["from_plan"].eq("common")
    turned = rows.assign(change_week=rows["change_week"].where(~there, 7e5).where(~back, -7e5))
    caption, changed = (
        drawn(waterfall_chart(chain_scope(replace(contents, waterfall=table)))).caption
        for table in (rows, turned)
    )
    assert changed == caption
    margin = contents.figures.groupby("plan")["margin_week"].sum()
    whole_gain = margin["local"] - margin["current"]
    assert f"+${whole_gain:,.0f} in all" in caption


@pytest.mark.parametrize(("recaptured", "told"), [(90.0, True), (10.0, False)])
def test_more_recaptured_than_the_shares_of_units_is_explained(
    contents: Contents, recaptured: float, told: bool
) -> None:
    """The note says why, where others take over more of the money than of any group's units."""
    recapture = contents.recapture.assign(recapture_share=0.4)
    part = contents.waterfall["part"]
    change = contents.waterfall["change_week"].where(part != "lost_items", -100.0)
    table = contents.waterfall.assign(change_week=change.where(part != "recaptured", recaptured))
    scope = chain_scope(replace(contents, waterfall=table, recapture=recapture))
    assert ("recapture is money" in drawn(waterfall_chart(scope)).caption) == told


def test_without_a_common_plan_the_way_is_straight(contents: Contents) -> None:
    """One step from the current range; without any step the section says why there is none."""
    rows = contents.waterfall
    straight = rows[(rows["from_plan"] == "current") & (rows["to_plan"] == "local")]
    chart = drawn(waterfall_chart(chain_scope(replace(contents, waterfall=straight))))
    assert set(frame_of(chart)["to_plan"]) == {"local"}
    none = replace(contents, waterfall=rows.iloc[:0])
    assert "no plan to compare with" in lack(waterfall_chart(chain_scope(none)))


# ---- what is local


def test_cells_are_those_of_the_assortment(six: Contents) -> None:
    """Every cell says what the assortment says: not listed, kept, new."""
    grid = local_grid(listed_local(six), chain_scope(six))
    rows = six.assortment.set_index(["store_id", "item_id"])
    for i, item in enumerate(grid.items):
        for k, [store] in enumerate(grid.stores):
            row = rows.loc[(store, item)]
            local = bool(row["listed"]) and not row["core"]
            assert grid.shares[i, k] == local
            assert grid.new[i, k] == (local and row["status"] == "NEW")
    chart = drawn(local_items_chart(chain_scope(six)))
    shown = most_telling(grid)
    differ = grid.shares.min(axis=1) < grid.shares.max(axis=1)
    assert set(shown.items) == {item for item, told in zip(grid.items, differ, strict=True) if told}
    assert chart.figure["data"][0]["z"] == (shown.shares + shown.new).astype(int).tolist()
    frame = frame_of(chart).set_index("item_id")
    counts = listed_local(six).groupby("item_id").size()
    assert frame["stores"].to_dict() == counts.to_dict()


def test_renamed_stores_give_the_same_picture(six: Contents) -> None:
    """What stores are called, and in which order they come, changes no cell of the heat map."""
    before = drawn(local_items_chart(chain_scope(six))).figure["data"][0]["z"]
    names = dict(zip(six.stores["store_id"], reversed([f"x{n}" for n in range(6)]), strict=True))

    def renamed(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(store_id=table["store_id"].map(names)).iloc[::-1]

    other = replace(
        six,
        stores=renamed(six.stores).reset_index(drop=True),
        assortment=renamed(six.assortment).reset_index(drop=True),
    )
    assert drawn(local_items_chart(chain_scope(other))).figure["data"][0]["z"] == before


def large(base: Contents, stores: int, regions: int, seed: int = 2) -> Contents:
    """A chain in which each store lists some of 120 local items, by its region."""
    rng = np.random.default_rng(seed)
    ids = [f"s{n:04d}" for n in range(stores)]
    region = np.arange(stores) % regions
    items = [f"i{n:03d}" for n in range(120)]
    liked = rng.random((regions, len(items)))
    has = rng.random((stores, len(items))) < liked[region]
    at_store, at_item = np.nonzero(has)
    assortment = pd.DataFrame(
        {
            "store_id": np.array(ids)[at_store],
            "item_id": np.array(items)[at_item],
            "core": False,
            "listed": True,
            "status": np.where(rng.random(len(at_store)) < 0.3, "NEW", "KEEP"),
            "sold_units_week": 3.0,
        }
    )
    table = pd.concat([base.stores.iloc[:1]] * stores, ignore_index=True).assign(
        store_id=ids, store_name=[f"Store {n}" for n in ids], region=[f"R{k}" for k in region]
    )
    return replace(base, stores=table, assortment=assortment)


@pytest.mark.parametrize(("regions", "what"), [(7, "region"), (1, "family")])
def test_a_large_chain_is_summed_up(contents: Contents, regions: int, what: str) -> None:
    """Above forty stores a column is a region, or stores alike: few columns, every store in one,
    and each share the mean of its stores."""
    contents = large(contents, 300, regions)
    scope = chain_scope(contents)
    grid = local_grid(listed_local(contents), scope)
    assert grid.what == what
    assert len(grid.columns) == 7 if regions > 1 else 2 <= len(grid.columns) <= 12
    assert sorted(store for stores in grid.stores for store in stores) == sorted(
        contents.stores["store_id"]
    )
    has = pd.crosstab(contents.assortment["item_id"], contents.assortment["store_id"])
    has = has.reindex(columns=list(contents.stores["store_id"]), fill_value=0)
    for k, stores in enumerate(grid.stores):
        np.testing.assert_allclose(grid.shares[:, k], has.loc[grid.items, stores].mean(axis=1))
    chart = drawn(local_items_chart(scope))
    assert np.shape(chart.figure["data"][0]["z"]) == (40, len(grid.columns))
    assert len(json.dumps(chart.figure)) < 200_000


def test_the_title_counts_how_local_items_are(six: Contents) -> None:
    """Items in few stores and in all stores are told apart; another assortment, another title."""
    title = drawn(local_items_chart(chain_scope(six))).finding
    counts = listed_local(six).groupby("item_id").size()
    assert title.startswith(f"{len(counts)} items are local: {(counts < 3).sum()} in fewer")
    first = six.assortment["store_id"] == six.stores["store_id"].iloc[0]
    fewer = replace(six, assortment=six.assortment.assign(listed=six.assortment["listed"] & first))
    counts = listed_local(fewer).groupby("item_id").size()
    title = drawn(local_items_chart(chain_scope(fewer))).finding
    assert title.startswith(f"{len(counts)} items are local: {len(counts)} in fewer")


# ---- limits, recapture, sources, claims


def all_binding(contents: Contents) -> Contents:
    """The same run with every limit at a price."""
    return replace(contents, limits=contents.limits.assign(shadow_price=0.3))


def test_worth_of_more_is_that_of_the_table(contents: Contents) -> None:
    """Colour is what is proved; bounds carry their sign; the raw table is the run's, of limits
    that bind."""
    contents = all_binding(contents)
    chart = drawn(limits_chart(chain_scope(contents)))
    frame = frame_of(chart)
    columns = list(frame.columns.intersection(contents.worth.columns))
    pd.testing.assert_frame_equal(
        frame[columns].sort_values(["store_id", "limit"], ignore_index=True),
        contents.worth[columns].sort_values(["store_id", "limit"], ignore_index=True),
        check_dtype=False,
    )
    trace = chart.figure["data"][0]
    proved = sorted(cell for line in trace["z"] for cell in line)
    np.testing.assert_allclose(proved, sorted(contents.worth["least_week"]))
    written = [text for line in trace["text"] for text in line]
    assert (
        sum(text.startswith("≤") for text in written) == (contents.worth["known"] != "exact").sum()
    )


def test_what_is_not_used_up_is_worth_nothing(contents: Contents) -> None:
    """A budget without a shadow price is not binding, whatever the slack of its proof bounds: 0
    in the chart, and what is left in the store's limits."""
    limits = contents.limits.assign(used=0.75 * contents.limits["available"])
    free = limits["limit"] == "budget_week"
    limits["shadow_price"] = limits["shadow_price"].mask(free, 0.0)
    worth = contents.worth.assign(known="at most", worth_week=3.22, least_week=0, most_week=3.22)
    changed = replace(contents, limits=limits, worth=worth)
    frame = frame_of(drawn(limits_chart(chain_scope(changed))))
    budget = frame[frame["limit"] == "budget_week"]
    assert set(budget["known"]) == {"not binding"}
    assert (budget["worth_week"] == 0).all()
    left = limits[free].iloc[0]
    (row,) = limit_rows(limits[free].head(1), worth, contents.stamp)
    assert row.more == f"not binding: ${0.25 * left['available']:,.0f} left"


@pytest.mark.parametrize("first", [0, 1])
def test_of_stores_written_alike_table_and_title_name_the_same(
    contents: Contents, first: int
) -> None:
    """One rule for ties: the store where more is proved to be worth most."""
    stores = list(contents.stores["store_id"])
    price = dict(zip(stores, (0.1204, 0.1201), strict=True))
    limits = contents.limits[contents.limits["limit"] == "budget_week"]
    limits = limits.assign(shadow_price=limits["store_id"].map(price))
    worth = contents.worth[contents.worth["limit"] == "budget_week"]
    sure = np.where(worth["store_id"] == stores[first], 12.2, 11.6)
    worth = worth.assign(known="exact", worth_week=sure, least_week=sure, most_week=sure)
    scope = chain_scope(replace(contents, limits=limits, worth=worth))
    (row,) = limit_summary(scope)
    assert row.highest_store == scope.store_names[stores[first]]
    assert f"most in {row.highest_store} ($12 a week)" in drawn(limits_chart(scope)).finding


def test_the_title_names_the_store_where_a_shelf_pays(contents: Contents) -> None:
    """The best proved one by name; nothing where nothing is proved."""
    worth = contents.worth
    best = worth.loc[worth["least_week"].idxmax()]
    name = contents.stores.set_index("store_id")["store_name"][best["store_id"]]
    title = drawn(limits_chart(chain_scope(contents))).finding
    assert f"One more shelf pays most in {name}: +60 cm of" in title
    assert f"worth ${best['least_week']:.0f} a week" in title
    assert "$100 more budget is proved to pay in no store" in title
    none = replace(contents, worth=worth.assign(least_week=0.0))
    assert drawn(limits_chart(chain_scope(none))).finding.startswith("No store is proved to gain")


def test_prices_that_nothing_bounds_are_called_prices(contents: Contents) -> None:
    """Where stores share limits the worth is that at the plan's prices: the title says so, every
    number is marked, and the colour is that worth."""
    worth = contents.worth.assign(known="at the plan's prices", least_week=0.0, most_week=np.nan)
    chart = drawn(limits_chart(chain_scope(replace(all_binding(contents), worth=worth))))
    assert chart.finding.startswith("At the plan's prices, one more shelf pays most in")
    trace = chart.figure["data"][0]
    assert all(text.startswith("≈") for line in trace["text"] for text in line)
    shown = sorted(cell for line in trace["z"] for cell in line)
    np.testing.assert_allclose(shown, sorted(worth["worth_week"]))


@pytest.mark.parametrize(
    ("objective", "currency", "words"),
    [
        ("margin", "USD", "USD a week of more margin"),
        ("sales", "USD", "USD a week of more sales"),
        ("waste", "USD", "USD a week of less waste"),
        ("units", "USD", "units a week more"),
        ("units", "", "units a week more"),
    ],
)
def test_worth_is_in_units_of_the_objective(
    contents: Contents, objective: str, currency: str, words: str
) -> None:
    """What more of a limit brings is what the plan was made for."""
    stamp = replace(contents.stamp, objective=objective, currency=currency)
    chart = drawn(limits_chart(chain_scope(replace(contents, stamp=stamp))))
    assert words in chart.caption
    assert ("$" in chart.finding) == (currency == "USD")


def test_recapture_tells_assumptions_from_findings(contents: Contents) -> None:
    """Marks are hollow and the title counts them where the source is an assumption."""
    every = drawn(recapture_chart(chain_scope(contents)))
    several = contents.recapture[contents.recapture["items"] > 1]
    assert f"in {len(several)} of {len(several)} need groups" in every.finding
    assert set(every.figure["data"][0]["marker"]["symbol"]) == {"circle-open"}
    known = contents.recapture.assign(source="estimated")
    found = drawn(recapture_chart(chain_scope(replace(contents, recapture=known))))
    assert found.finding.startswith("Recapture is estimated from the sales in all")
    assert sorted(found.figure["data"][0]["x"]) == sorted(several["recapture_share"])


def test_sources_count_pairs_and_units(contents: Contents) -> None:
    """The title's shares of the listed pairs are those of the demand table."""
    listed = contents.assortment[contents.assortment["listed"]]
    rows = listed.merge(contents.demand, on=["store_id", "item_id"])
    chart = drawn(sources_chart(chain_scope(contents)))
    model = (rows["source"] == "model").mean()
    assert f"{100 * model:.1f}% of listed store-item pairs rest on the model alone" in chart.finding
    known = replace(contents, demand=contents.demand.assign(source="history"))
    assert "0.0% of listed" in drawn(sources_chart(chain_scope(known))).finding


def test_claims_above_six_per_cent_are_called_unusual(contents: Contents) -> None:
    """None, some stores, the chain: the title says which; every claim is in the table raw."""
    usual = contents.value.assign(share_of_sales=0.02, sales_growth=0.01, unusual=False)
    chart = drawn(claims_chart(chain_scope(replace(contents, value=usual))))
    assert chart.finding.startswith("No claim is above 6")
    one = usual.copy()
    store = contents.stores["store_id"].iloc[1]
    one.loc[one["name"] == store, ["sales_growth", "unusual"]] = [0.09, True]
    title = drawn(claims_chart(chain_scope(replace(contents, value=one)))).finding
    name = contents.stores["store_name"].iloc[1]
    assert title.startswith("1 of 2 stores claim more than 6")
    assert f"check {name} first (+9.0%)" in title
    every = usual.assign(unusual=True)
    title = drawn(claims_chart(chain_scope(replace(contents, value=every)))).finding
    assert title.startswith("The gain of the chain is above 6")
    frame = frame_of(chart)
    assert set(frame["name"]) == set(usual["name"])


def test_drivers_are_counted(contents: Contents) -> None:
    """A bar is as long as the number of local listings that the cause drives most."""
    chart = drawn(drivers_chart(chain_scope(contents)))
    counts = contents.local_drivers.groupby(["kind", "name"]).size()
    frame = frame_of(chart)
    assert frame["listings"].tolist() == chart.figure["data"][0]["x"]
    assert sorted(frame["listings"]) == sorted(counts)
    assert "most of all the signal share families" in chart.finding
    own = contents.local_drivers.assign(kind="own sales", name="")
    title = drawn(drivers_chart(chain_scope(replace(contents, local_drivers=own)))).finding
    assert title.startswith("Own sales drive 100.0% of local items, no signal")
    still = contents.local_drivers.assign(kind="nothing", name="", change=0.0)
    title = drawn(drivers_chart(chain_scope(replace(contents, local_drivers=still)))).finding
    assert "100.0% sell no better there than elsewhere" in title


def test_signals_show_their_effects(contents: Contents) -> None:
    """Marks are the effects of the table as changes, each inside its interval."""
    chart = drawn(signals_chart(chain_scope(contents)))
    effects = contents.signal_effects
    moves = effects[effects["moves"] == "yes"]
    trace = chart.figure["data"][0]
    np.testing.assert_allclose(sorted(trace["x"]), sorted(np.expm1(moves["effect"])))
    assert chart.finding.startswith("1 of 2 signals moves demand")
    assert min(trace["error_x"]["array"] + trace["error_x"]["arrayminus"]) > 0
