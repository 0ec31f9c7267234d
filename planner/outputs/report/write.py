"""The HTML report: one page for the chain and one for each region.

Every page is one file that opens from any folder without a network: styles, scripts and
plotly.js are inside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from planner.outputs import numbers
from planner.outputs.contents import Contents
from planner.outputs.report import theme
from planner.outputs.report.actions import changes_first, stores_first
from planner.outputs.report.amounts import amount, in_money
from planner.outputs.report.backtest_words import certainty_words, not_scored
from planner.outputs.report.chart_sources import new_on_model
from planner.outputs.report.charts import Chart, Lack
from planner.outputs.report.charts_of_page import charts_of_page
from planner.outputs.report.csv_tables import chart_tables, file_stem, for_csv, page_tables
from planner.outputs.report.glossary import GLOSSARY, anchor, defined, sources
from planner.outputs.report.limits import limit_rows, limit_summary
from planner.outputs.report.packed import packed, packed_json
from planner.outputs.report.scope import Scope, chain_scope, region_files, region_scope
from planner.outputs.report.store_details import store_details
from planner.outputs.report.store_map import store_map
from planner.outputs.report.stores import (
    StoreRow,
    columns,
    row_anchor,
    store_rows,
    workbook_link,
)
from planner.outputs.report.suppliers import suppliers
from planner.outputs.report.tiles import tiles
from planner.outputs.report.worth import worths
from planner.outputs.signals import signal_rows

DETAILS_UP_TO = 60
"""With more stores the chain's page leaves what opens under each row to the regions' pages."""

_TEMPLATES = Path(__file__).parent / "templates"
PLOTLY_JS = Path(__file__).parent / "plotly_js" / "plotly-cartesian.min.js"
"""The part of plotly.js that draws bars, points, lines and heat maps: a third of the whole."""
_SCRIPTS = ("base", "charts", "tables", "csv", "tips", "stores")
"""In the order in which the page runs them."""


@dataclass(frozen=True)
class Page:
    """What a page of the report is made from."""

    name: str
    """Its path in the run's folder."""
    scope: Scope
    region_files: dict[str, str]
    """File name of every region's page."""


def pages(contents: Contents) -> list[Page]:
    """The pages of the report, the chain's first: ``report.html``, ``regions/<region>.html``."""
    files = region_files(contents)
    of_regions = [
        Page(f"regions/{name}", region_scope(contents, region), files)
        for region, name in files.items()
    ]
    return [Page("report.html", chain_scope(contents), files), *of_regions]


def text_of_page(page: Page) -> str:
    """The page as HTML; the same contents give the same text."""
    scope, files = page.scope, page.region_files
    contents, stamp = scope.contents, scope.contents.stamp
    of_chain = scope.region is None
    folder = "" if of_chain else "../"
    detailed = not of_chain or len(contents.stores) <= DETAILS_UP_TO
    charts = charts_of_page(scope)
    links = {
        region: ("regions/" if of_chain else "") + quote(name, safe="")
        for region, name in files.items()
    }
    chain_limits = contents.limits[contents.limits["store_id"] == ""]
    assumptions = contents.assumptions.sort_values(["stage", "subject", "text"])
    workbooks = {str(s): workbook_link(str(s), folder) for s in contents.stores["store_id"]}
    rows = store_rows(scope, folder)
    return render(
        "page.html.j2",
        scope=scope,
        stamp=stamp,
        money=in_money(stamp),
        of_chain=of_chain,
        detailed=detailed,
        chain_page=f"{folder}report.html",
        region_pages=links,
        worths=worths(scope.value, stamp, contents),
        tiles=tiles(contents),
        stores_first=stores_first(scope),
        changes_first=changes_first(scope),
        row_links=_row_links(scope, {} if detailed else links),
        links=workbooks,
        charts=charts,
        figures=chart_figures(charts),
        tables=packed_json(for_csv(page_tables(scope, detailed) | chart_tables(charts.values()))),
        file_stem=file_stem(stamp, scope.region),
        columns=columns(scope),
        rows=rows,
        cities=sorted({row.city for row in rows}),
        details=packed_json(_opened(scope, rows) if detailed else {}),
        map=store_map(scope),
        suppliers=suppliers(scope),
        chain_limits=limit_rows(chain_limits, contents.worth, stamp),
        limit_summary=limit_summary(scope),
        recapture=contents.recapture.to_dict("records"),
        signals=signal_rows(contents.signal_effects, contents.items),
        assumptions=assumptions.to_dict("records"),
        left_out=contents.left_out.to_dict("records"),
        not_scored=not_scored(contents),
        new_on_model=new_on_model(scope),
        certainty=certainty_words(contents.backtest, stamp, *scope.backtest_slice),
        glossary=GLOSSARY,
        sources=sources(in_money(stamp)),
    )


def render(template: str, **values: object) -> str:
    """A page from its template, with its styles, scripts and plotly.js inside."""
    return _environment().get_template(template).render(**values)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        {
            "amount": amount,
            "day": numbers.day,
            "gap": numbers.gap,
            "proof": numbers.proof,
            "share": numbers.share,
            "whole": numbers.whole,
            "anchor": anchor,
            "defined": defined,
            "row_anchor": row_anchor,
        }
    )
    environment.globals["style"] = Markup((_TEMPLATES / "style.css").read_text("utf-8"))
    scripts = [(_TEMPLATES / "scripts" / f"{name}.js").read_text("utf-8") for name in _SCRIPTS]
    environment.globals["script"] = Markup("\n".join(scripts))
    environment.globals["plotly_js"] = packed(PLOTLY_JS.read_text("utf-8"))
    return environment


def chart_figures(charts: Mapping[str, Chart | Lack | None]) -> Markup:
    """What the page draws its charts from, and their colours on a dark screen, packed."""
    drawn = {chart.id: chart.figure for chart in charts.values() if isinstance(chart, Chart)}
    return packed_json({"charts": drawn, "on_dark": theme.ON_DARK})


def _opened(scope: Scope, rows: list[StoreRow]) -> dict[str, str]:
    """What opens under each row, as HTML by the row's id.

    It is kept packed, as the details of all stores are many times the rest of the page.
    """
    details = store_details(scope)
    template = _environment().get_template("store.html.j2")
    shared = {
        "stamp": scope.contents.stamp,
        "glossary": GLOSSARY,
    }
    return {
        row_anchor(row.store_id): template.render(
            row=row,
            detail=details[row.store_id],
            gains=list(zip(columns(scope), row.cells, strict=True))[:2],
            **shared,
        )
        for row in rows
        if row.store_id in details
    }


def _row_links(scope: Scope, pages: dict[str, str]) -> dict[str, str]:
    """Where each store's details open: on this page, or on its region's where pages are given."""
    stores = scope.contents.stores
    return {
        str(store): f"{pages.get(str(region), '')}#{row_anchor(str(store))}"
        for store, region in zip(stores["store_id"], stores["region"], strict=True)
    }
