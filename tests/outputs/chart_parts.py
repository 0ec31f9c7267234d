"""What tests of charts share."""

from __future__ import annotations

from typing import Any

import pandas as pd

from planner.outputs.contents import Contents
from planner.outputs.report.charts import Chart, Lack
from planner.outputs.report.scope import Scope, chain_scope, region_scope


def drawn(part: Chart | Lack) -> Chart:
    """The chart, which must be there."""
    assert isinstance(part, Chart), part
    return part


def lack(part: Chart | Lack) -> str:
    """Why there is no chart."""
    assert isinstance(part, Lack), part
    assert part.why.endswith(".")
    return part.why


def frame_of(chart: Chart) -> pd.DataFrame:
    """The raw table behind a chart."""
    assert chart.table.frame is not None
    assert len(chart.table.rows) == len(chart.table.frame)
    return chart.table.frame


def texts(node: Any) -> list[str]:
    """Every text of a drawing."""
    if isinstance(node, str):
        return [node]
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return [text for child in children for text in texts(child)]


def listed_local(contents: Contents) -> pd.DataFrame:
    """Rows of the assortment that list a local item."""
    rows = contents.assortment
    return rows[rows["listed"] & ~rows["core"]]


def scopes(contents: Contents) -> list[Scope]:
    """The chain and its regions."""
    regions = sorted(contents.stores["region"].unique())
    return [chain_scope(contents), *(region_scope(contents, region) for region in regions)]
