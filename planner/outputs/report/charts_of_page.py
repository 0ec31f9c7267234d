"""The charts of a page, by the names under which the templates know them."""

from __future__ import annotations

from planner.outputs.report.chart_accuracy import accuracy_chart
from planner.outputs.report.chart_coverage import coverage_chart
from planner.outputs.report.chart_local_items import local_items_chart
from planner.outputs.report.chart_plans import plans_chart
from planner.outputs.report.chart_sources import sources_chart
from planner.outputs.report.chart_value import value_chart
from planner.outputs.report.charts import Chart
from planner.outputs.report.scope import Scope


def charts_of_page(scope: Scope) -> dict[str, Chart | None]:
    """A chart, or None where there is nothing to draw."""
    contents = scope.contents
    return {
        "value": value_chart(scope),
        "plans": plans_chart(scope),
        "local_items": local_items_chart(scope),
        "accuracy": accuracy_chart(contents.backtest, contents.stamp, *scope.backtest_slice),
        "coverage": coverage_chart(contents.backtest, contents.stamp, *scope.backtest_slice),
        "sources": sources_chart(scope),
    }
