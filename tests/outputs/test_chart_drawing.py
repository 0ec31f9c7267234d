"""The charts as drawings: what is missing is said, names stay text, colours are the theme's."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from chart_parts import drawn, frame_of, lack, listed_local, scopes, texts
from report_variants import evil, in_units, repeated

from planner.demand.backtest.result import empty_scores
from planner.outputs.contents import Contents
from planner.outputs.report import theme
from planner.outputs.report.chart_claims import claims_chart
from planner.outputs.report.chart_drivers import drivers_chart, signals_chart
from planner.outputs.report.chart_limits import limits_chart
from planner.outputs.report.chart_local_items import local_grid, local_items_chart, most_telling
from planner.outputs.report.chart_recapture import recapture_chart
from planner.outputs.report.chart_sources import sources_chart
from planner.outputs.report.chart_value import value_chart
from planner.outputs.report.charts import Chart, different, figure, hover, letters, short
from planner.outputs.report.charts_of_page import charts_of_page
from planner.outputs.report.scope import Scope, chain_scope, region_scope

MARKUP = re.compile(r"</?b>|<br>")


# ---- what a page lacks


def test_what_is_not_there_is_said_in_a_line(contents: Contents) -> None:
    """Each part that has nothing to show says why, and draws nothing."""
    alone = region_scope(contents, "North")
    assert "no other to compare" in lack(local_items_chart(alone))
    scope = chain_scope(contents)
    rows = contents.assortment

    def without(**tables: pd.DataFrame) -> Scope:
        return chain_scope(replace(contents, **tables))

    core = without(assortment=rows.assign(core=True))
    assert "No store lists a local item" in lack(local_items_chart(core))
    same = rows["item_id"].isin(rows["item_id"].unique()[:4])
    alike = without(assortment=rows.assign(listed=same, core=False))
    assert "stores do not differ" in lack(local_items_chart(alike))
    effects = contents.signal_effects
    assert "No signals were given" in lack(signals_chart(without(signal_effects=effects.iloc[:0])))
    still = without(signal_effects=effects.assign(moves="no"))
    assert "None of the 2 signals" in lack(signals_chart(still))
    assert lack(drivers_chart(without(local_drivers=contents.local_drivers.iloc[:0])))
    assert lack(limits_chart(without(worth=contents.worth.iloc[:0])))
    assert lack(recapture_chart(without(recapture=contents.recapture.iloc[:0])))
    assert lack(value_chart(without(value=contents.value.iloc[:0])))
    assert lack(claims_chart(without(value=contents.value.iloc[:0])))
    assert lack(sources_chart(without(demand=contents.demand.iloc[:0])))
    none = charts_of_page(without(backtest=empty_scores()))
    assert lack(none["accuracy"])
    assert lack(none["coverage"])
    assert isinstance(charts_of_page(scope)["accuracy"], Chart)


@pytest.mark.parametrize("variant", [in_units, evil, lambda contents: repeated(contents, 30)])
def test_every_chart_of_every_page_is_drawn(contents: Contents, variant: Any) -> None:
    """Chain and regions, in money and in units, with names that are markup, with many stores."""
    for scope in scopes(variant(contents)):
        for part in charts_of_page(scope).values():
            if isinstance(part, Chart):
                assert part.finding
                assert not re.search(r"\bnan\b", part.finding + part.caption)
                assert {len(row) for row in part.table.rows} == {len(part.table.columns)}


@pytest.mark.parametrize("on_phone", [False, True])
def test_plotly_knows_every_property(contents: Contents, on_phone: bool) -> None:
    """No chart asks for what Plotly does not have, on a wide screen or on a phone."""
    for part in charts_of_page(chain_scope(contents)).values():
        made = drawn(part).figure
        data, layout = made["data"], made["layout"]
        if on_phone and "narrow" in made:
            layout = merged(layout, made["narrow"]["layout"])
            over = [*made["narrow"]["data"], *({} for _ in data)]
            data = [merged(trace, more) for trace, more in zip(data, over, strict=False)]
        go.Figure({"data": data, "layout": layout})


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """As the page merges what is otherwise on a phone."""
    both = {k: merged(base[k], v) if isinstance(v, dict) and k in base else v
            for k, v in over.items()}  # fmt: skip
    return base | both


# ---- text, colours


def test_names_are_drawn_as_they_are_written(contents: Contents) -> None:
    """No markup in a drawing but the charts' own, and every evil name whole once it is read."""
    read: list[str] = []
    for scope in scopes(evil(contents)):
        for part in charts_of_page(scope).values():
            if isinstance(part, Chart):
                for text in texts(part.figure):
                    assert not re.search("[<>]", MARKUP.sub("", text)), text
                    read.append("".join(html.unescape(MARKUP.sub("", text)).split()))
    strange = evil(contents)
    shown = most_telling(local_grid(listed_local(strange), chain_scope(strange))).items
    local = strange.items[strange.items["item_id"].isin(shown)]
    assert len(local) > 0
    for name in (*local["item_name"], *strange.stores["store_name"]):
        assert any("".join(name.split()) in text for text in read), name
    assert not any("&lt;" in text or "&amp;" in text for text in read)


def test_figure_makes_safe_what_is_not_markup_already() -> None:
    """A name is escaped once, whether it goes in plain or through the charts' own markup."""
    made = figure(
        [{"type": "bar", "x": [1], "y": ["a<b>&"], "hovertext": [hover("<i>", "x & y")]}],
        {"title": {"text": "<script>"}},
        {"title": {"text": "<br>"}},
    )
    assert made["data"][0]["y"] == ["a&lt;b&gt;&amp;"]
    assert made["data"][0]["hovertext"] == ["&lt;i&gt;<br>x &amp; y"]
    assert made["layout"]["title"]["text"] == "&lt;script&gt;"
    assert made["narrow"]["layout"]["title"]["text"] == "&lt;br&gt;"


def test_long_names_are_cut_and_stay_different() -> None:
    """Labels keep to their width, wide letters count double, and no two are the same."""
    names = ["A" * 200, "A" * 199, "菠菜" * 50, "short", "short"]
    cut = different(names)
    assert len(set(cut)) == len(names)
    assert max(letters(short(name)) for name in names) <= 24
    assert max(len(line) for line in str(hover("word " * 60)).split("<br>")) <= 42


def test_the_alternative_tells_finding_and_numbers(contents: Contents) -> None:
    """What a screen reader reads holds the title and the figures of the first rows."""
    for part in charts_of_page(chain_scope(contents)).values():
        chart = drawn(part)
        assert chart.alternative.startswith(chart.finding)
        assert frame_of(chart).select_dtypes("number").shape[1] > 0
        for row in chart.table.rows[:3]:
            assert row[0] in chart.alternative
            assert row[2] in chart.alternative


def test_colours_are_the_themes_own_and_few(contents: Contents) -> None:
    """Every colour of a drawing is one of the theme's, and has its counterpart for the dark."""
    allowed = set(theme.ON_DARK) | {"rgba(0,0,0,0)", theme.ON_BRIGHT}
    for part in charts_of_page(chain_scope(contents)).values():
        figure_of = drawn(part).figure
        found = {t for t in texts(figure_of["data"]) if re.fullmatch("#[0-9a-f]{6}|rgba?.*", t)}
        assert found <= allowed
        assert len(found) <= 5


def luminance(colour: str) -> float:
    """Relative luminance of a colour (WCAG 2.2, definition)."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, definition)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_figures_in_cells_can_be_read() -> None:
    """Text of cells has the contrast of AA on every shade, in light and dark."""
    for text, ground in (
        (theme.INK, theme.EMPTY),
        (theme.INK, theme.FILL),
        (theme.ON_BRIGHT, theme.NEW_ITEM),
    ):
        assert contrast(text, ground) >= 4.5
        on_dark = theme.ON_DARK.get
        assert contrast(on_dark(text, text), on_dark(ground, ground)) >= 4.5
