"""A native bar chart of a table's column, one bar a row, the first at the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openpyxl.chart import BarChart
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.series import Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Font,
    Paragraph,
    ParagraphProperties,
)
from openpyxl.utils import get_column_letter, quote_sheetname

from planner.outputs.workbook import styles

_LABEL_SHARE = 0.36
"""Of the chart's width, for the names at its left."""
_VALUE_SHARE = 0.14
"""Of the chart's width, for the figure behind the longest bar."""


def bar_chart(
    names: Sequence[str],
    values: Sequence[float],
    *,
    sheet: str,
    column: int,
    row: int,
    number_format: str,
    width_cm: float,
    height_cm: float,
) -> Any:
    """The chart of ``values``, which stand from ``row`` down beside their ``names``.

    The names are in ``column`` of the sheet, the values in the next one; both are kept in the
    chart as well, for programs that show a file without computing it.
    """
    chart: Any = BarChart()
    chart.type, chart.style, chart.gapWidth = "bar", 2, 35
    chart.width, chart.height = width_cm, height_cm
    chart.legend, chart.varyColors = None, False
    last = row + len(names) - 1
    series: Any = Series(
        cat=AxDataSource(strRef=StrRef(_range(sheet, column, row, last), _texts(names))),
        val=NumDataSource(
            numRef=NumRef(_range(sheet, column + 1, row, last), _numbers(values, number_format))
        ),
        spPr=GraphicalProperties(solidFill=styles.BAR),
    )
    series.invertIfNegative = False
    chart.series.append(series)
    chart.dataLabels = DataLabelList(
        showVal=True,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        numFmt=number_format,
        txPr=_letters(),
        dLblPos="outEnd",
    )
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.majorTickMark = "none"
    chart.x_axis.txPr = _letters()
    chart.y_axis.majorGridlines = None
    chart.y_axis.scaling.min = min(0.0, *values)
    chart.layout = Layout(
        ManualLayout(
            layoutTarget="inner",
            xMode="edge",
            yMode="edge",
            x=_LABEL_SHARE,
            y=0.01,
            w=1 - _LABEL_SHARE - _VALUE_SHARE,
            h=0.98,
        )
    )
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    return chart


def _range(sheet: str, column: int, first: int, last: int) -> str:
    letter = get_column_letter(column)
    return f"{quote_sheetname(sheet)}!${letter}${first}:${letter}${last}"


def _texts(names: Sequence[str]) -> StrData:
    return StrData(ptCount=len(names), pt=[StrVal(idx=n, v=name) for n, name in enumerate(names)])


def _numbers(values: Sequence[float], number_format: str) -> NumData:
    points = [NumVal(idx=n, v=f"{value:.16g}") for n, value in enumerate(values)]
    return NumData(formatCode=number_format, ptCount=len(values), pt=points)


def _letters() -> RichText:
    look = CharacterProperties(sz=800, solidFill=styles.INK, latin=Font(typeface=styles.FONT))
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=look), endParaRPr=look)])
