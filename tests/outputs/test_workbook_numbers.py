from dataclasses import replace

import pandas as pd
import pytest

from planner.assortment.amounts import Amounts
from planner.outputs import numbers
from planner.outputs.contents import Stamp

STAMP = Stamp(
    run_id="r",
    chain_name="c",
    scenario="base",
    currency="EUR",
    locale="de_DE",
    data_date=pd.Timestamp("2024-09-29"),
    valid_from=pd.Timestamp("2024-10-07"),
    valid_to=pd.Timestamp("2024-11-03"),
    plan="feasible",
    proof="optimal",
    objective="margin",
    objective_week=1.0,
    bound_week=1.0,
    gap=0.0,
    planner_version="0",
)


def test_money_stands_in_the_locale_of_the_chain():
    """Separators and the symbol's place come from the locale, also written with a hyphen."""
    assert numbers.money(-1234.5, STAMP) == "-1.234,50\N{NO-BREAK SPACE}€"
    assert numbers.money(1234.5, replace(STAMP, locale="en-US", currency="USD")) == "$1,234.50"
    assert numbers.money(1234.5, replace(STAMP, locale="ja_JP", currency="JPY")) == "￥1,234"


def test_a_chain_without_money_shows_units():
    """An empty currency means that every money figure counts units, in text and in Excel."""
    stamp = replace(STAMP, currency="", locale="en_US")
    assert numbers.money(1234.5, stamp) == "1,234.5 units"
    assert numbers.excel_money_format(stamp) == '#,##0.0 "units"'
    assert numbers.money_unit(stamp) == "units"


def test_what_is_not_known_is_marked():
    """A missing figure is never blank and never zero."""
    for text in (
        numbers.money(float("nan"), STAMP),
        numbers.units(float("nan")),
        numbers.whole(float("nan")),
        numbers.share(float("nan")),
        numbers.gap(float("nan")),
        numbers.day(pd.NaT, STAMP),
    ):
        assert text == numbers.MISSING


def test_no_minus_before_a_zero():
    """What rounds to zero is shown without a sign."""
    assert numbers.units(-0.01) == "0.0"
    assert numbers.share(-0.0001) == "0.0%"
    assert numbers.money(-0.001, replace(STAMP, locale="en_US")) == "€0.00"


def test_shares_gaps_and_days():
    """Shares have one decimal, gaps two, and a day has its month in letters."""
    assert numbers.share(0.0361) == "3.6%"
    assert numbers.share(0.0361, STAMP) == "3,6\N{NO-BREAK SPACE}%"
    assert numbers.gap(0.00041) == "0.04%"
    assert numbers.day(STAMP.data_date, STAMP) == "29. Sept. 2024"


@pytest.mark.parametrize(
    ("locale", "currency", "expected"),
    [
        ("en_US", "USD", '"$"#,##0.00'),
        ("de_DE", "EUR", '#,##0.00 "€"'),
        ("nl_NL", "EUR", '"€" #,##0.00'),
        ("ja_JP", "JPY", '"￥"#,##0'),
    ],
)
def test_excel_money_format(locale, currency, expected):
    """The Excel format has the symbol where the locale puts it, and the currency's decimals."""
    stamp = replace(STAMP, locale=locale, currency=currency)
    assert numbers.excel_money_format(stamp) == expected


@pytest.mark.parametrize(
    ("locale", "currency"), [("en_US", "USD"), ("de_DE", "EUR"), ("fr_FR", "EUR"), ("", "JPY")]
)
@pytest.mark.parametrize("value", [1234.567, -3.0, -0.001, 0.5])
def test_sentences_and_sheets_write_money_alike(locale, currency, value):
    """An amount in a reason is, letter for letter, what the outputs print beside it."""
    stamp = replace(STAMP, locale=locale, currency=currency)
    assert Amounts(currency, locale=locale).money(value) == numbers.money(value, stamp)
    assert Amounts(currency, locale=locale).units(value) == numbers.units(value, stamp)
