"""The report in a browser, offline: it draws, sorts, filters, opens, and fits any screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe
from pypdf import PdfReader
from report_files import write_report
from report_variants import EVIL, evil, repeated

from planner.outputs.contents import Contents
from planner.outputs.report.csv_tables import page_tables
from planner.outputs.report.glossary import GLOSSARY
from planner.outputs.report.scope import Scope, chain_scope, region_scope

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    """One browser for the file."""
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


class Opened:
    """A page that was opened offline, with what it asked for and complained about."""

    def __init__(self, browser: sync_api.Browser, path: Path, **options: Any) -> None:
        screen = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"}
        context = browser.new_context(**(screen | options), offline=True)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.set_default_timeout(15_000)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-charts=drawn]", state="attached")

    def check(self) -> None:
        """Nothing was asked for but the page itself, and nothing went wrong."""
        assert self.complaints == []
        assert len(self.requests) == 1


@pytest.fixture(scope="module")
def six_stores(contents: Contents) -> Contents:
    """A chain of six stores: three in each of two regions."""
    return repeated(contents, 3)


@pytest.fixture(scope="module")
def opened(
    browser: sync_api.Browser, six_stores: Contents, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Opened]:
    """The chain's page in its folder and a region's page alone in another, each opened once."""
    folder = tmp_path_factory.mktemp("a run with a space #")
    chain, region, *_ = write_report(six_stores, folder)
    alone = region.rename(tmp_path_factory.mktemp("mailed") / "attachment.html")
    return {"chain": Opened(browser, chain), "region": Opened(browser, alone)}


@pytest.fixture(scope="module")
def scopes(six_stores: Contents) -> dict[str, Scope]:
    """What the two pages are about."""
    return {"chain": chain_scope(six_stores), "region": region_scope(six_stores, "North")}


@pytest.fixture
def chain(opened: dict[str, Opened]) -> Iterator[sync_api.Page]:
    """The chain's page; what a test changes on it, it changes back."""
    yield opened["chain"].page
    opened["chain"].check()


def until(page: sync_api.Page, expression: str) -> None:
    """Wait until an expression is true (the page forbids the browser's own way of waiting)."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never came true: {expression}")


def names(page: sync_api.Page) -> list[str]:
    """Store names in the order in which the table shows them."""
    found = page.locator("#stores-table tr.store:visible th").evaluate_all(
        "cells => cells.map(cell => cell.dataset.sort)"
    )
    return [str(name) for name in found]


@pytest.mark.parametrize("which", ["chain", "region"])
def test_draws_every_chart_offline(opened: dict[str, Opened], which: str) -> None:
    """Every chart has ink in it, there is no message, no request beyond the page."""
    page = opened[which].page
    assert page.locator(".chart").count() >= 6
    marks = "svg.main-svg :is(.points path, .heatmaplayer image, .textpoint text, .js-line)"
    empty = page.locator(".chart").evaluate_all(
        f"all => all.filter(chart => !chart.querySelector({marks!r})).map(chart => chart.id)"
    )
    assert empty == []
    opened[which].check()


CHART_INK = "getComputedStyle(document.querySelector('#chart-value .ytick text')).fill"


def turn(page: sync_api.Page, scheme: str) -> str:
    """Set the reader's screen to light or dark; the colour in which charts write then."""
    before = page.evaluate(CHART_INK)
    page.emulate_media(color_scheme=scheme)
    until(page, f"{CHART_INK} !== '{before}'")
    return str(page.evaluate(CHART_INK))


def test_charts_follow_the_screen_from_light_to_dark(chain: sync_api.Page) -> None:
    """Text of the charts changes colour with the reader's setting, and back."""
    light = chain.evaluate(CHART_INK)
    assert turn(chain, "dark") != light
    assert turn(chain, "light") == light


@pytest.mark.parametrize("width", [390, 768, 1440])
def test_fits_the_screen(chain: sync_api.Page, width: int) -> None:
    """The page never scrolls sideways, also with a store and every table open."""
    chain.set_viewport_size({"width": width, "height": 900})
    chain.locator("#stores-table .open").first.click()
    chain.wait_for_selector("tr.detail:visible")
    chain.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    until(chain, "document.querySelector('#chart-value svg').clientWidth <= innerWidth")
    for element in ("documentElement", "body"):
        assert chain.evaluate(f"document.{element}.scrollWidth") <= width
    boxes = ".scroll" if width < 500 else ".scroll.stores, tr.detail .scroll"
    wide = chain.locator(boxes).evaluate_all(
        "all => all.filter(box => box.scrollWidth > box.clientWidth).map(box => box.ariaLabel)"
    )
    assert wide == []
    chain.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false })")
    chain.locator("#stores-table .open").first.click()
    chain.set_viewport_size({"width": 1440, "height": 900})


def test_sorts_by_number_and_by_name(chain: sync_api.Page) -> None:
    """A heading sorts, again turns round; numbers sort as numbers; details follow their store."""
    store = chain.get_by_role("button", name="Store", exact=True)
    store.click()
    ordered = names(chain)
    assert len(ordered) == 6
    assert ordered == sorted(ordered)
    store.click()
    assert names(chain) == sorted(ordered, reverse=True)
    button = chain.get_by_role("button", name="Margin after waste")
    for direction in ("descending", "ascending"):
        button.click()
        heading = chain.locator("th[aria-sort]")
        assert heading.get_attribute("aria-sort") == direction
        column = heading.evaluate("cell => cell.cellIndex")
        values = chain.locator("#stores-table tr.store").evaluate_all(
            f"rows => rows.map(row => Number(row.cells[{column}].dataset.sort))"
        )
        assert len(set(values)) > 1
        assert values == sorted(values, reverse=direction == "descending")


def test_filters(chain: sync_api.Page) -> None:
    """Text, region, city and gain narrow the table; the count says so; clearing brings all back."""
    chain.get_by_label("Find a store").fill("SPRING north")
    assert names(chain) == ["Market street 1"] * 3
    assert chain.locator("#filter-count").inner_text() == "3 of 6 stores"
    chain.get_by_label("Find a store").fill("")
    for which, choice, fitting in (
        ("region", "South", "Market street 2"),
        ("city", "Springfield", "Market street 1"),
    ):
        chain.locator(f"#filter-{which}").select_option(choice)
        assert names(chain) == [fitting] * 3
        if which == "region":
            # All cities, and those of the region.
            assert chain.locator("#filter-city option").count() == 2
        chain.locator(f"#filter-{which}").select_option(index=0)
        assert len(names(chain)) == 6
    chain.evaluate("document.querySelector('tr.store').dataset.kind = 'noise'")
    kinds = chain.locator("#filter-kind")
    for choice, count in (("gain beyond noise", 5), ("within noise", 1), ("lose beyond noise", 0)):
        kinds.select_option(label=choice)
        assert len(names(chain)) == count
    assert chain.get_by_text("No store fits").is_visible()
    chain.get_by_role("button", name="Clear the filters").click()
    assert not chain.get_by_text("No store fits").is_visible()
    chain.evaluate("document.querySelector('tr.store').dataset.kind = 'gain'")
    assert len(names(chain)) == 6


def test_opens_a_store_with_the_keyboard(chain: sync_api.Page) -> None:
    """Enter on a store's name opens its figures, changes and limits, and closes them again."""
    button = chain.locator("#stores-table .open").last
    row = chain.locator("tr.store").last
    detail = chain.locator(f"#{row.get_attribute('id')}-more")
    assert not detail.is_visible()
    button.focus()
    chain.keyboard.press("Enter")
    detail.wait_for()
    assert button.get_attribute("aria-controls") == detail.get_attribute("id")
    assert button.get_attribute("aria-expanded") == "true"
    for words in ("Local plan", "Current range", "Common plan", "Worth of one more", "NEW"):
        assert detail.get_by_text(words).first.is_visible()
    chain.get_by_role("button", name="Come").click()
    assert detail.evaluate(
        "own => own.previousElementSibling.id + '-more'"
    ) == detail.get_attribute("id")
    button.focus()
    chain.keyboard.press("Enter")
    assert not detail.is_visible()


def test_a_link_to_a_store_opens_it(chain: sync_api.Page) -> None:
    """A store named in the list of where to act first opens its row."""
    link = chain.locator("#act-stores ~ ol a").first
    row = chain.locator(f"[id='{str(link.get_attribute('href'))[1:]}']")
    button = row.locator(".open")
    assert button.get_attribute("aria-expanded") == "false"
    link.click()
    until(chain, "document.querySelector('tr.detail:not([hidden])') !== null")
    assert button.get_attribute("aria-expanded") == "true"
    button.click()


@pytest.mark.parametrize(
    ("which", "scheme", "details"),
    [
        ("chain", "light", "closed"),
        ("chain", "dark", "open"),
        ("region", "light", "open"),
        ("region", "dark", "closed"),
    ],
)
def test_nothing_keeps_anybody_from_using_the_page(
    opened: dict[str, Opened], which: str, scheme: str, details: str
) -> None:
    """axe-core has nothing serious or critical to say, and nothing about contrast."""
    page = opened[which].page
    page.emulate_media(color_scheme=scheme)
    if details == "open":
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
        page.locator("#stores-table .open").first.click()
        page.wait_for_selector("tr.detail:visible")
    # Only drawings' own insides are left out: they are pictures with a text beside them.
    found = Axe().run(page, {"exclude": [[".chart > *"]]}, {"resultTypes": ["violations"]})
    if details == "open":
        page.locator("#stores-table .open").first.click()
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = false })")
    page.emulate_media(color_scheme="light")
    assert [
        (violation["id"], node["html"])
        for violation in found.response["violations"]
        for node in violation["nodes"]
        if violation["impact"] in ("serious", "critical")
    ] == []


def test_axe_sees_what_is_wrong(browser: sync_api.Browser) -> None:
    """The check of the pages can fail: it finds grey on white and a button without a name."""
    page = browser.new_page()
    page.set_content("<main><h1 style='color: #ccc'>Plan</h1><button></button></main>")
    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert {"color-contrast", "button-name"} <= found


def saved(page: sync_api.Page, button: sync_api.Locator) -> tuple[str, pd.DataFrame]:
    """The file that a button saves: its name, and its cells as text."""
    with page.expect_download() as download:
        button.dispatch_event("click")
    path = download.value.path()
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    frame = pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8-sig")
    return download.value.suggested_filename, frame


def as_saved(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of the run in the types that a CSV file tells apart: numbers, and text."""
    plain = frame.reset_index(drop=True).copy()
    for name in plain:
        if pd.api.types.is_bool_dtype(plain[name]):
            plain[name] = plain[name].map({True: "yes", False: "no"})
        elif pd.api.types.is_datetime64_any_dtype(plain[name]):
            plain[name] = plain[name].dt.strftime("%Y-%m-%d").fillna("")
        elif pd.api.types.is_numeric_dtype(plain[name]):
            plain[name] = plain[name].astype("float64")
        else:
            text = plain[name].astype("str")
            plain[name] = text.where(~text.str.match("[=+@'-]"), "'" + text)
    return plain


@pytest.mark.parametrize("which", ["chain", "region"])
def test_saved_tables_are_those_of_the_run(
    opened: dict[str, Opened], scopes: dict[str, Scope], which: str
) -> None:
    """Every table that the page saves has the columns, rows and every decimal of the run's."""
    page, scope = opened[which].page, scopes[which]
    tables = page_tables(scope, detailed=True)
    shown = {
        *page.locator("main > * .csv, main > .csv").evaluate_all("a => a.map(b => b.dataset.csv)")
    }
    assert {"figures", "value", "changes", "limits", "worth", "orders", "assumptions"} <= shown
    assert {"suppliers", "limit_summary"} <= shown
    for name in sorted(shown & set(tables)):
        button = page.locator(f".csv[data-csv={name}]:not([data-store])").first
        file, frame = saved(page, button)
        assert file.startswith(scope.contents.stamp.run_id)
        assert file.endswith(f"-{name}.csv")
        assert ("North" in file) == (which == "region")
        wanted = as_saved(tables[name])
        for column in wanted.select_dtypes("float64"):
            frame[column] = pd.to_numeric(frame[column])
        pd.testing.assert_frame_equal(frame, wanted, check_exact=True, check_dtype=False)
        # Chromium drops what is saved faster than ten files in a second.
        page.wait_for_timeout(120)


def test_a_store_saves_its_own_rows(chain: sync_api.Page, scopes: dict[str, Scope]) -> None:
    """What is saved under a store holds the rows of that store, and says so in its name."""
    button = chain.locator("#stores-table .open").first
    button.click()
    save = chain.locator("tr.detail:visible .csv[data-csv=changes]")
    file, frame = saved(chain, save)
    store = str(save.get_attribute("data-store"))
    changes = scopes["chain"].contents.changes
    assert file.endswith(f"-changes-{store}.csv")
    assert set(frame["store_id"]) == {store}
    assert len(frame) == (changes["store_id"] == store).sum() > 0
    button.click()


def test_the_table_of_stores_shows_what_is_saved(
    chain: sync_api.Page, scopes: dict[str, Scope]
) -> None:
    """Gain and margin by which the rows sort are those of the run, store by store."""
    contents = scopes["chain"].contents
    value = contents.value.query("level == 'store' and against == 'current'")
    figures = contents.figures.query("plan == 'local'")
    rows = chain.locator("#stores-table tr.store").evaluate_all(
        "rows => rows.map(row => [row.cells[0].querySelector('small').textContent.split(',')[0],"
        " row.cells[1].dataset.sort, row.cells[4].dataset.sort])"
    )
    shown = pd.DataFrame(rows, columns=["store", "gain", "margin"]).set_index("store").astype(float)
    for name, known in (
        ("gain", value.set_index("name")["value_week"]),
        ("margin", figures.set_index("store_id")["margin_week"]),
    ):
        assert len(known) == len(shown)
        assert (shown[name] / known.loc[shown.index] - 1).abs().max() < 1e-5


def test_every_figure_says_what_it_is(opened: dict[str, Opened]) -> None:
    """Tiles, columns of numbers and rows of a store's figures lead to a word of the glossary."""
    page = opened["chain"].page
    page.locator("#stores-table .open").first.click()
    page.wait_for_selector("tr.detail:visible")
    bare = page.locator(
        ".tile h2, .stamp dt, #stores-table > thead .num, .detail th.num, .detail .fits tbody th"
    ).evaluate_all(
        "all => all.filter(one => !one.querySelector('[aria-describedby]'))"
        ".map(one => one.textContent)"
    )
    assert bare == []
    missing = page.locator("[aria-describedby^=meaning-]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-describedby'))"
        ".filter(id => !document.getElementById(id)?.textContent)"
    )
    assert missing == []
    page.locator("#stores-table .open").first.click()


def test_a_word_is_explained_under_pointer_and_keyboard(chain: sync_api.Page) -> None:
    """The definition shows on hover and on focus, and goes when the reader leaves or escapes."""
    tip, word = (
        chain.locator("#tip"),
        chain.locator(".tiles").get_by_role("link", name="Waste", exact=True),
    )
    word.hover()
    assert tip.inner_text() == GLOSSARY["waste"]
    tip.hover()
    assert tip.is_visible()
    chain.keyboard.press("Escape")
    assert not tip.is_visible()
    chain.locator(".tile .term").first.focus()
    chain.keyboard.press("Tab")
    chain.keyboard.press("Shift+Tab")
    assert tip.inner_text() == GLOSSARY["sales"]
    chain.keyboard.press("Tab")
    assert tip.inner_text() != GLOSSARY["sales"]
    chain.keyboard.press("Escape")
    chain.mouse.move(0, 0)


def test_a_word_is_explained_by_a_tap(
    browser: sync_api.Browser, six_stores: Contents, tmp_path: Path
) -> None:
    """On a phone the first tap shows the definition, the second leads to the glossary."""
    chain = write_report(six_stores, tmp_path)[0]
    phone = Opened(browser, chain, viewport={"width": 390, "height": 800}, has_touch=True)
    page = phone.page
    word = page.locator(".tiles").get_by_role("link", name="Waste", exact=True)
    word.tap()
    tip = page.locator("#tip")
    assert tip.inner_text() == GLOSSARY["waste"]
    assert "#" not in page.url
    box = tip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    word.tap()
    assert page.url.endswith("#word-waste")
    phone.check()


def test_the_map_opens_a_store(chain: sync_api.Page) -> None:
    """There is a mark for every store that has a place; a click opens the store's row."""
    marks = chain.locator("#store-map [data-href]")
    assert marks.count() == 6
    mark = marks.first
    row = chain.locator(f"[id='{str(mark.get_attribute('data-href'))[1:]}']")
    mark.click()
    chain.locator("tr.detail:visible").wait_for()
    assert row.locator(".open").get_attribute("aria-expanded") == "true"
    row.locator(".open").click()


def test_prints_on_paper(chain: sync_api.Page) -> None:
    """Printing from a dark screen redraws charts in ink for white paper, within its width."""
    light = chain.evaluate(CHART_INK)
    dark = turn(chain, "dark")
    chain.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert chain.evaluate(CHART_INK) == light
    assert chain.evaluate("document.querySelector('#chart-value svg').clientWidth") <= 690
    chain.evaluate("dispatchEvent(new Event('afterprint'))")
    assert chain.evaluate(CHART_INK) == dark
    assert turn(chain, "light") == light


def test_paper_is_a4_and_shows_the_charts(chain: sync_api.Page) -> None:
    """Printed from a dark screen every page is A4, and charts stand on them with their labels."""
    chain.emulate_media(color_scheme="dark")
    printed = PdfReader(BytesIO(chain.pdf(prefer_css_page_size=True)))
    chain.emulate_media(color_scheme="light")
    sizes = {
        (round(p.mediabox.width / 72 * 25.4), round(p.mediabox.height / 72 * 25.4))
        for p in printed.pages
    }
    assert sizes == {(210, 297)}
    text = " ".join(" ".join(page.extract_text() for page in printed.pages).split())
    axes = chain.locator(".chart .ytick text").all_text_contents()
    assert len(axes) > 10
    assert [label for label in axes if " ".join(label.split()) not in text] == []
    assert "Save as CSV" not in text


def test_markup_in_names_is_drawn_as_text(
    browser: sync_api.Browser, contents: Contents, tmp_path: Path
) -> None:
    """Charts, tables and files show names as typed; nothing of them runs or widens the page."""
    strange = Opened(browser, write_report(evil(repeated(contents, 5)), tmp_path)[0])
    page = strange.page
    assert page.locator("h1").inner_text() == EVIL[1]
    assert page.title().startswith(EVIL[1])
    labels = page.locator("#chart-value .ytick text").all_text_contents()
    assert {label[:12] for label in labels} >= {name[:12] for name in EVIL}
    assert page.locator(".chart svg a").count() == 0
    assert page.locator("img").count() == 0
    assert set(names(page)) == set(EVIL)
    _, stores = saved(page, page.locator(".csv[data-csv=stores]"))
    assert {name.removeprefix("'") for name in stores["store_name"]} == set(EVIL)
    assert {"'=1+1", "''@shop, \"new\""} <= set(stores["store_name"])
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        until(page, f"document.documentElement.scrollWidth <= {width}")
    page.locator("#stores-table .open").first.click()
    page.locator("tr.detail").wait_for()
    assert page.locator("tr.detail").get_by_text(EVIL[2]).first.is_visible()
    strange.check()
