"""The page of a sweep: what the chain's plan is worth at each value of a key, offline."""

from __future__ import annotations

import pandas as pd

from planner import __version__
from planner.demand.result import Demand
from planner.outputs.assemble import DAYS_OF_A_WEEK
from planner.outputs.contents import Stamp
from planner.outputs.report.chart_trade_off import objective_words, trade_off_chart
from planner.outputs.report.charts import Chart
from planner.outputs.report.csv_tables import chart_tables, file_stem, for_csv
from planner.outputs.report.glossary import GLOSSARY, defined
from planner.outputs.report.packed import packed_json
from planner.outputs.report.trade_off_words import key_words
from planner.outputs.report.write import chart_figures, render
from planner.tables.inputs import Inputs

WORDS = ("core range", "local item", "margin after waste", "limit", "gap", "feasible")
"""Those of the glossary that the page uses."""


def trade_off_stamp(
    inputs: Inputs, demand: Demand, objective: str, run_id: str, scenario: str
) -> Stamp:
    """What stands on the page: no plan of its own, so plan and proof are "none"."""
    unknown = float("nan")
    return Stamp(
        run_id=run_id,
        chain_name=inputs.chain.name,
        scenario=scenario,
        currency="" if inputs.planned_in_units else inputs.chain.currency,
        locale=inputs.chain.locale,
        data_date=inputs.sales["week"].max() + pd.Timedelta(days=DAYS_OF_A_WEEK - 1),
        valid_from=demand.first_week,
        valid_to=demand.first_week + pd.Timedelta(days=DAYS_OF_A_WEEK * demand.weeks - 1),
        plan="none",
        proof="none",
        objective="units" if inputs.planned_in_units else objective,
        objective_week=unknown,
        bound_week=unknown,
        gap=unknown,
        planner_version=__version__,
    )


def trade_off_charts(table: pd.DataFrame, base: pd.Series, stamp: Stamp) -> dict[str, Chart]:
    """A chart for each key, in the order of the table.

    ``table``: as from ``planner.sweep.trade_off``; ``base``: such a row of the scenario as it is.
    """
    return {
        str(key): trade_off_chart(rows, base, str(key), number, stamp)
        for number, (key, rows) in enumerate(table.groupby("key", sort=False))
    }


def trade_off_page(table: pd.DataFrame, base: pd.Series, stamp: Stamp, gap_asked: float) -> str:
    """One HTML page, plotly.js inside: a chart and a table for each key."""
    charts = trade_off_charts(table, base, stamp)
    heads = [head for chart in charts.values() for head in chart.table.columns]
    words = dict.fromkeys([*WORDS, *filter(None, map(defined, heads))])
    return render(
        "trade_off.html.j2",
        stamp=stamp,
        charts=charts,
        titles={key: key_words(key).title for key in charts},
        objective=objective_words(stamp),
        values=len(table),
        gap_asked=gap_asked,
        figures=chart_figures(dict(charts)),
        tables=packed_json(for_csv(chart_tables(charts.values()))),
        file_stem=file_stem(stamp, None),
        glossary={word: GLOSSARY[word] for word in words},
    )
