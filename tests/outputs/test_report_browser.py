"""The report in a browser, offline: it draws, sorts, filters, opens, and fits any screen."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from report_files import write_report
from report_variants import EVIL, evil, repeated

from planner.outputs.contents import Contents

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

    def __init__(self, browser: sync_api.Browser, path: Path) -> None:
        context = browser.new_context(
            viewport={"width": 1440, "height": 900}, color_scheme="light", offline=True
        )
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
def opened(
    browser: sync_api.Browser, contents: Contents, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Opened]:
    """The chain's page and a region's page of a chain of six stores, each opened once."""
    folder = tmp_path_factory.mktemp("a run with a space #")
    chain, region, *_ = write_report(repeated(contents, 3), folder)
    return {"chain": Opened(browser, chain), "region": Opened(browser, region)}


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
    """Six charts with ink in them, no message, no request beyond the page."""
    for chart in ("value", "plans", "local-items", "accuracy", "coverage", "sources"):
        place = opened[which].page.locator(f"#chart-{chart}")
        assert place.locator("svg.main-svg").count() > 0
        marks = ".points .point, .hm image, .heatmaplayer image"
        assert place.locator(marks).count() > 0
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
    chain.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true })")
    until(chain, "document.querySelector('#chart-value svg').clientWidth <= innerWidth")
    for element in ("documentElement", "body"):
        assert chain.evaluate(f"document.{element}.scrollWidth") <= width
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
    assert chain.locator("#stores-table tr.store").evaluate_all(
        "rows => rows.every(row => row.nextElementSibling.id =="
        " row.querySelector('.open').getAttribute('aria-controls'))"
    )


def test_filters(chain: sync_api.Page) -> None:
    """Text, region and noise narrow the table, the count says so, and clearing brings all back."""
    chain.get_by_label("Find a store").fill("SPRING north")
    assert names(chain) == ["Market street 1"] * 3
    assert chain.locator("#filter-count").inner_text() == "3 of 6 stores"
    chain.get_by_label("Find a store").fill("")
    chain.get_by_role("combobox").select_option("South")
    assert names(chain) == ["Market street 2"] * 3
    chain.get_by_role("combobox").select_option("")
    assert len(names(chain)) == 6
    chain.evaluate("document.querySelector('tr.store').dataset.noise = 'yes'")
    chain.get_by_label("only where the change is more than noise").check()
    assert len(names(chain)) == 5
    chain.get_by_label("only where the change is more than noise").uncheck()
    assert len(names(chain)) == 6


def test_opens_a_store_with_the_keyboard(chain: sync_api.Page) -> None:
    """Enter on a store's name opens its figures, changes and limits, and closes them again."""
    button = chain.locator("#stores-table .open").first
    detail = chain.locator(f"#{button.get_attribute('aria-controls')}")
    assert not detail.is_visible()
    button.focus()
    chain.keyboard.press("Enter")
    assert detail.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    for words in ("Local plan", "Current range", "Common plan", "Worth of one more", "NEW"):
        assert detail.get_by_text(words).first.is_visible()
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


def test_markup_in_names_is_drawn_as_text(
    browser: sync_api.Browser, contents: Contents, tmp_path: Path
) -> None:
    """Charts and tables show markup as typed; nothing of it runs."""
    strange = Opened(browser, write_report(evil(contents), tmp_path)[0])
    page = strange.page
    assert page.locator("h1").inner_text() == EVIL[1]
    assert page.title().startswith(EVIL[1])
    labels = page.locator("#chart-value .ytick text").all_text_contents()
    assert sorted(labels) == [EVIL[1], EVIL[0][:23] + "…"] or sorted(labels) == [
        EVIL[1],
        EVIL[0],
    ]
    assert page.locator("img").count() == 0
    page.locator("#stores-table .open").first.click()
    assert page.locator("tr.detail").get_by_text(EVIL[2]).first.is_visible()
    strange.check()
