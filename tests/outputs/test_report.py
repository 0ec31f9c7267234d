"""The report's files: complete, self-contained, the same bytes twice, numbers from the tables."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from plotly.offline import get_plotlyjs_version
from report_files import write_report
from report_variants import EVIL, evil, in_units, repeated

from planner.outputs.contents import LEFT_OUT, Contents, Stamp
from planner.outputs.numbers import day
from planner.outputs.report.amounts import amount, quantity, signed_amount
from planner.outputs.report.glossary import GLOSSARY
from planner.outputs.report.scope import region_files
from planner.outputs.report.tiles import totals
from planner.outputs.report.worth import interval, worths
from planner.outputs.report.write import PLOTLY_JS

CARTESIAN = {
    "bar", "box", "contour", "heatmap", "histogram", "histogram2d", "histogram2dcontour", "image",
    "pie", "scatter", "scatterternary", "violin",
}  # fmt: skip
"""Traces of the part of plotly.js that pages carry, as its README lists them."""
VOID = {"meta", "link", "input", "line", "rect", "br", "img"}


class Page(HTMLParser):
    """A page taken apart: its text as read, its elements, and whether every one is closed."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.packed: dict[str, str] = {}
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(path.read_text("utf-8"))
        for inside in self.unpacked("details").values():
            self.feed(inside)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element."""
        element = (tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element; it has no content."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Check that elements close in the order in which they opened."""
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        """Keep what a reader sees, and the data of the charts."""
        tag, attributes = self._open[-1] if self._open else ("", {})
        if tag == "script" and attributes.get("type") == "application/gzip":
            self.packed[attributes["id"]] = data.strip()
        elif tag not in ("script", "style"):
            self.words.append(data.strip())

    @property
    def text(self) -> str:
        """All that a reader sees, with single spaces."""
        return re.sub(r"\s+", " ", " ".join(self.words))

    def unpacked(self, name: str) -> Any:
        """What the page carries under a name, as its script reads it."""
        return json.loads(gzip.decompress(b64decode(self.packed[name], validate=True)))

    def all(self, tag: str) -> list[dict[str, str]]:
        """Attributes of every element of a kind."""
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def pages(contents: Contents, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Page]:
    """The pages of the made-up run by name."""
    folder = tmp_path_factory.mktemp("run")
    paths = write_report(contents, folder)
    assert [path.relative_to(folder).as_posix() for path in paths] == [
        "report.html",
        "regions/North.html",
        "regions/South.html",
    ]
    return {path.stem: Page(path) for path in paths}


def test_stamp_stands_on_every_page(contents: Contents, pages: dict[str, Page]) -> None:
    """Chain, validity, data date, scenario, both status words and run id are on each page; the
    gap stands in the proof, once."""
    stamp = contents.stamp
    for page in pages.values():
        for words in (
            stamp.chain_name,
            day(stamp.valid_from, stamp),
            day(stamp.valid_to, stamp),
            day(stamp.data_date, stamp),
            f"Scenario {stamp.scenario}",
            f"{stamp.plan}, {stamp.proof}",
            stamp.run_id,
        ):
            assert words in page.text


def test_figures_on_the_page_are_those_of_the_tables(
    contents: Contents, pages: dict[str, Page]
) -> None:
    """Value with its interval and the totals of all three plans are printed from the tables."""
    stamp = contents.stamp
    for name, level in (("report", "chain"), ("North", "region"), ("South", "region")):
        rows = contents.value[contents.value["level"] == level]
        if level == "region":
            rows = rows[rows["name"] == name]
        for _, row in rows.iterrows():
            assert signed_amount(row["value_week"], stamp) in pages[name].text
            assert interval(row, stamp) in pages[name].text
        stores = contents.stores["store_id"]
        if level == "region":
            stores = stores[contents.stores["region"] == name]
        figures = contents.figures[contents.figures["store_id"].isin(stores)]
        for _, of_plan in figures.groupby("plan"):
            for column in ("sales_week", "margin_week", "spend_week"):
                assert amount(of_plan[column].sum(), stamp) in pages[name].text
            assert quantity(of_plan["waste_units_week"].sum(), stamp) in pages[name].text


def test_region_page_shows_its_region_alone(contents: Contents, pages: dict[str, Page]) -> None:
    """A region's page names none of the other region's stores and leads back to the chain."""
    for region, page in (("North", pages["North"]), ("South", pages["South"])):
        for store in contents.stores.itertuples():
            assert (store.store_name in page.text) == (store.region == region)
        assert "../report.html" in [link.get("href") for link in page.all("a")]


def test_planogram_links_lead_to_the_workbooks(contents: Contents, tmp_path: Path) -> None:
    """Every store links to its workbook, relative to the page and quoted."""
    strange = contents.stores["store_id"].iloc[0]

    def renamed(table: pd.DataFrame, column: str) -> pd.DataFrame:
        return table.assign(**{column: table[column].replace(strange, "0 #1%&ü")})

    changed = replace(
        contents,
        **{
            name: renamed(getattr(contents, name), "store_id")
            for name in ("stores", "figures", "changes", "store_plans", "limits", "shelves")
        },
        value=renamed(contents.value, "name"),
    )
    chain, *regions = write_report(changed, tmp_path)
    quoted = "planograms/0%20%231%25%26%C3%BC.xlsx"
    assert quoted in [link.get("href") for link in Page(chain).all("a")]
    links = [link.get("href") for path in regions for link in Page(path).all("a")]
    assert f"../{quoted}" in links


def test_pages_need_nothing_beyond_themselves(pages: dict[str, Page]) -> None:
    """No element loads a file, and the page forbids the browser to try."""
    for page in pages.values():
        assert not [s for s in page.all("script") if "src" in s]
        assert page.all("img") == []
        assert [link.get("href") for link in page.all("link")] == ["data:,"]
        policies = [m["content"] for m in page.all("meta") if "http-equiv" in m]
        assert len(policies) == 1
        assert "default-src 'none'" in policies[0]
        for link in page.all("a"):
            assert not re.match(r"[a-z]+:", link.get("href", "")), link


def test_the_page_draws_with_the_plotly_that_checked_its_charts(pages: dict[str, Page]) -> None:
    """The part of plotly.js in the page has the package's version and knows every trace."""
    head = PLOTLY_JS.read_text("utf-8")[:200]
    version = get_plotlyjs_version()  # type: ignore[no-untyped-call]
    assert f"plotly.js (cartesian - minified) v{version}\n" in head
    assert f"v{version}\n".encode() in gzip.decompress(b64decode(pages["North"].packed["plotly"]))
    charts = pages["report"].unpacked("figures")["charts"].values()
    assert {trace["type"] for chart in charts for trace in chart["data"]} <= CARTESIAN


def test_same_contents_same_bytes(contents: Contents, tmp_path: Path) -> None:
    """Writing twice gives identical files."""
    first = write_report(contents, tmp_path / "first")
    second = write_report(contents, tmp_path / "second")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_markup_in_names_stays_text(contents: Contents, tmp_path: Path) -> None:
    """Names made of markup are read as they were typed and add no element to the page."""
    before = [Page(path).elements for path in write_report(contents, tmp_path / "plain")]
    paths = write_report(evil(repeated(contents, 5)), tmp_path / "evil")
    shown = [Page(path) for path in paths]
    for word in EVIL:
        assert all(word in page.text for page in shown[:1])
        assert any(word in page.text for page in shown[1:])
    for page, elements in zip(shown, before, strict=True):
        kinds = {tag for tag, _ in page.elements}
        assert kinds <= {tag for tag, _ in elements}
        assert not [a for _, attributes in page.elements for a in attributes if a[:2] == "on"]
        drawn = json.dumps(page.unpacked("figures")["charts"])
        assert "<script" not in drawn
        assert "<img" not in drawn


def test_ids_are_unique_and_links_inside_the_page_lead_somewhere(pages: dict[str, Page]) -> None:
    """No id twice; every fragment, label and described-by names an element of the page."""
    for page in pages.values():
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        for _, attributes in page.elements:
            for name in ("aria-labelledby", "aria-controls"):
                assert attributes.get(name, ids[0]) in ids
            if attributes.get("href", "").startswith("#"):
                assert attributes["href"][1:] in ids


def test_headings_go_down_one_step_at_a_time(pages: dict[str, Page]) -> None:
    """One first heading, and none that skips a level; the language is said."""
    for page in pages.values():
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert max(np.diff(levels)) <= 1
        assert page.all("html")[0]["lang"] == "en"


def test_every_chart_has_a_text_and_a_table(pages: dict[str, Page]) -> None:
    """Each chart drawn has a place with a text alternative and a caption; so has the map."""
    for page in pages.values():
        figures = page.unpacked("figures")["charts"]
        assert isinstance(figures, dict)
        assert len(figures) >= 6
        named = {a["id"]: a for a in page.all("div") if a.get("role") == "img"}
        assert set(named) == set(figures)
        assert all(len(a["aria-label"]) > 20 for a in named.values())
        drawings = [a for a in page.all("svg") if a.get("id") == "store-map"]
        assert [len(a["aria-label"]) > 20 for a in drawings] == [True]
        assert len(page.all("figcaption")) == len(figures) + 1


def test_every_assumption_and_word_is_told(contents: Contents, pages: dict[str, Page]) -> None:
    """Assumptions stand on every page with their count, and so does the glossary."""
    for page in pages.values():
        for row in contents.assumptions.itertuples():
            assert re.sub(r"\s+", " ", row.text) in page.text
        assert f"Assumptions: {len(contents.assumptions)}" in page.text
        for meaning in GLOSSARY.values():
            assert meaning in page.text
        assert "is an assumption, not a finding, in 7 of 7 need groups" in page.text


def test_chain_without_money_shows_none(contents: Contents, tmp_path: Path) -> None:
    """Without a currency values are units, and no margin, spend or budget in money appears."""
    for path in write_report(in_units(contents), tmp_path):
        page = Page(path)
        text = page.text.split("Words Core range")[0]
        assert "$" not in text
        assert "USD" not in text
        for word in ("Margin", "Spend", "Sales USD"):
            assert word not in text
        assert "units sold" in text
        assert "Units sold" in text


def test_details_move_to_the_regions_in_a_large_chain(contents: Contents, tmp_path: Path) -> None:
    """Above 60 stores the chain's page stays small and links each store to its region's page."""
    chain, *regions = write_report(repeated(contents, 31), tmp_path)
    page = Page(chain)
    assert page.unpacked("details") == {}
    assert "changes" not in page.unpacked("tables")
    assert len([row for row in page.all("tr") if row.get("class") == "store"]) == 62
    links = {link.get("href", "").partition("#")[::2] for link in page.all("a")}
    for path in regions:
        rows = [row["id"] for row in Page(path).all("tr") if row.get("class") == "store"]
        assert {(f"regions/{path.name}", row) for row in rows} <= links
    details = [row for path in regions for row in Page(path).unpacked("details")]
    assert len(set(details)) == 62


def test_parts_that_are_not_known_are_said_not_guessed(contents: Contents, tmp_path: Path) -> None:
    """Without a current range, changes, local items or assumptions the pages are still whole."""
    bare = replace(
        contents,
        value=contents.value.iloc[:0],
        figures=contents.figures[contents.figures["plan"] == "local"].reset_index(drop=True),
        changes=contents.changes.iloc[:0],
        assumptions=contents.assumptions.iloc[:0],
        assortment=contents.assortment.assign(core=True),
        recapture=contents.recapture.iloc[:0],
        signal_effects=contents.signal_effects.iloc[:0],
        limits=contents.limits.iloc[:0],
    )
    for path in write_report(bare, tmp_path):
        text = Page(path).text
        assert "What the plan is worth is not known" in text
        assert "No item comes or leaves" in text
        assert "No store lists a local item" in text
        assert "Assumptions: 0" in text
        assert not re.search(r"\bnan\b", text)


def test_a_missing_figure_is_marked(contents: Contents) -> None:
    """A total with an unknown part is unknown."""
    figures = contents.figures.copy()
    figures.loc[figures["plan"] == "current", "margin_week"] = [np.nan, 1.0]
    table = totals(replace(contents, figures=figures))
    fewer = figures.drop(index=figures.index[figures["plan"] == "common"][:1])
    assert pd.isna(totals(replace(contents, figures=fewer)).at["common", "sales_week"])
    assert pd.isna(table.at["current", "margin_week"])
    assert table.at["local", "margin_week"] == pytest.approx(
        figures.loc[figures["plan"] == "local", "margin_week"].sum()
    )


@pytest.mark.parametrize(
    ("low", "high", "noise"),
    [(1.0, 9.0, False), (-1.0, 9.0, True), (0.0, 9.0, True), (-9.0, -1.0, False)],
)
def test_noise_means_that_the_interval_includes_zero(
    contents: Contents, low: float, high: float, noise: bool
) -> None:
    """Within noise exactly where zero is inside the interval, ends included."""
    rows = contents.value[contents.value["level"] == "chain"].assign(low_week=low, high_week=high)
    assert [worth.noise for worth in worths(rows, contents.stamp)] == [noise, noise]


def test_noise_and_unusual_stand_beside_the_value(contents: Contents, tmp_path: Path) -> None:
    """Both warnings are on the first screen where they apply, and only there."""
    sure = Page(write_report(contents, tmp_path / "sure")[0])
    flags = [a["class"] for a in sure.all("a") if a.get("class", "").startswith("flag")]
    assert flags == []
    value = contents.value.assign(low_week=-1.0, unusual=True)
    doubtful = Page(write_report(replace(contents, value=value), tmp_path / "doubtful")[0])
    flags = [a["class"] for a in doubtful.all("a") if a.get("class", "").startswith("flag")]
    assert flags[:4] == ["flag", "flag unusual"] * 2
    assert set(flags[4:]) == {"flag", "flag unusual"}


def test_a_store_without_a_plan_is_named_on_top(contents: Contents, tmp_path: Path) -> None:
    """A store that was left out is named with its reason before any figure, on its region's page
    too, and nowhere on another region's."""
    row = ("77", "Harbour", "North", "infeasible", "optimal", "the core is too wide")
    left_out = pd.DataFrame([row], columns=list(LEFT_OUT))
    pages = write_report(replace(contents, left_out=left_out), tmp_path)
    for page in pages:
        text = Page(page).text
        if page.name in ("report.html", "North.html"):
            told = text.index("Harbour (77), infeasible: the core is too wide")
            assert text.index("No feasible plan") < told < text.index("Worth against")
        else:
            assert "Harbour" not in text
    assert len(pages) > 2


def test_region_names_that_cannot_be_files(contents: Contents) -> None:
    """Every region has a file of its own whatever its name; a plain name is kept."""
    names = ["North", "north", "a/b", "a:b", "", "..", "Süd-West", "CON", *EVIL]
    stores = pd.concat([contents.stores] * 9, ignore_index=True).iloc[: len(names)]
    files = region_files(replace(contents, stores=stores.assign(region=names)))
    assert set(files) == set(names)
    assert len({name.casefold() for name in files.values()}) == len(names)
    assert not [name for name in files.values() if re.search(r'[\\/:*?"<>|\u202e]|^\.', name)]
    assert max(len(name.encode()) for name in files.values()) < 200
    assert "CON.html" not in files.values()
    assert files["North"] == "North.html"
    assert files["Süd-West"] == "Süd-West.html"


@pytest.mark.parametrize(
    ("value", "currency", "locale", "written"),
    [
        (1234.4, "USD", "en_US", "+$1,234"),
        (-1234.6, "USD", "en_US", "−$1,235"),
        (3.456, "USD", "en_US", "+$3.46"),
        (0.001, "USD", "en_US", "$0.00"),
        (1234.4, "EUR", "de_DE", "+1.234\xa0€"),
        (1234.4, "", "", "+1,234 units"),
        (-3.21, "", "", "−3.2 units"),
        (float("nan"), "USD", "en_US", "n/a"),
    ],
)
def test_amounts(
    contents: Contents, value: float, currency: str, locale: str, written: str
) -> None:
    """Signed amounts: sign in front, no cents on large sums, the locale's separators."""
    stamp: Stamp = replace(contents.stamp, currency=currency, locale=locale)
    assert signed_amount(value, stamp) == written
