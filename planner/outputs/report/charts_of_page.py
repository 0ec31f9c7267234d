"""The charts of a page, by the names under which the templates know them."""

from __future__ import annotations

from planner.outputs.report.backtest_words import not_scored
from planner.outputs.report.chart_accuracy import accuracy_chart
from planner.outputs.report.chart_claims import claims_chart
from planner.outputs.report.chart_coverage import coverage_chart
from planner.outputs.report.chart_drivers import drivers_chart, signals_chart
from planner.outputs.report.chart_limits import limits_chart
from planner.outputs.report.chart_local_items import local_items_chart
from planner.outputs.report.chart_recapture import recapture_chart
from planner.outputs.report.chart_sources import sources_chart
from planner.outputs.report.chart_value import value_chart
from planner.outputs.report.chart_waterfall import waterfall_chart
from planner.outputs.report.charts import Chart, Lack
from planner.outputs.report.scope import Scope


def charts_of_page(scope: Scope) -> dict[str, Chart | Lack]:
    """A chart, or the sentence that says why there is none."""
    contents = scope.contents
    slice_of = (contents.backtest, contents.stamp, *scope.backtest_slice)
    why = not_scored(contents) or "No forecast of these stores was scored on past weeks"
    return {
        "waterfall": waterfall_chart(scope),
        "value": value_chart(scope),
        "local_items": local_items_chart(scope),
        "drivers": drivers_chart(scope),
        "signals": signals_chart(scope),
        "limits": limits_chart(scope),
        "accuracy": accuracy_chart(*slice_of) or Lack("chart-accuracy", f"{why}."),
        "coverage": coverage_chart(*slice_of)
        or Lack("chart-coverage", "Whether intervals hold what they promise was not tested."),
        "sources": sources_chart(scope),
        "recapture": recapture_chart(scope),
        "claims": claims_chart(scope),
    }
