"""How numbers, money and dates are written, in text and in Excel; the only place for it."""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import lru_cache

import pandas as pd
from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_percent, get_currency_precision

from planner.number_text import money_text, number_text, number_text_as_given, parsed_locale
from planner.outputs.contents import Stamp

MISSING = "n/a"
"""Printed where a figure is not known: a blank would read as zero or as forgotten."""

_WITHIN = re.compile(r"within (\d+(?:\.\d+)?) %")

EXCEL_WHOLE = "#,##0"
EXCEL_UNITS = "#,##0.0"
EXCEL_SHARE = "0.0%"
EXCEL_POINTS = '0.0" points"'
EXCEL_DAY = "d mmm yyyy"
"""The month in letters, because 03/04 is a different day on each side of the Atlantic."""


def money(value: float, stamp: Stamp) -> str:
    """Money in the chain's currency and locale; units per week when the chain has no money."""
    if pd.isna(value):
        return MISSING
    if not stamp.currency:
        return f"{units(value, stamp)} units"
    return money_text(value, stamp.currency, stamp.locale)


def units(value: float, stamp: Stamp | None = None) -> str:
    """Units (of an item, a week) with one decimal; separators of the stamp's locale."""
    if pd.isna(value):
        return MISSING
    return number_text(value, 1, stamp.locale if stamp is not None else "")


def as_given(value: float, stamp: Stamp | None = None) -> str:
    """A number that a person chose, with the decimals that it has."""
    return number_text_as_given(value, stamp.locale if stamp is not None else "")


def count_of(count: int, one: str, stamp: Stamp) -> str:
    """A count of things: "1 item", "2 items"."""
    return f"{whole(count, stamp)} {one}{'' if count == 1 else 's'}"


def whole(value: float, stamp: Stamp | None = None) -> str:
    """A count, such as items, stores or facings."""
    if pd.isna(value):
        return MISSING
    return number_text(value, 0, stamp.locale if stamp is not None else "")


def share(value: float, stamp: Stamp | None = None) -> str:
    """A share of one (0.036) as a percentage with one decimal (3.6%)."""
    return _percent(value, 1, stamp)


def gap(value: float, stamp: Stamp | None = None) -> str:
    """Proven distance to the best possible, a share of one, with two decimals (0.04%)."""
    return _percent(value, 2, stamp)


def proof(words: str) -> str:
    """The words for a proof with at most two decimals, rounded up: ``within 0.01 %``."""
    found = _WITHIN.fullmatch(words)
    if not found:
        return words
    return f"within {math.ceil(100 * float(found.group(1)) - 1e-9) / 100:.12g} %"


def day(timestamp: pd.Timestamp, stamp: Stamp) -> str:
    """A date with its month in letters, in the stamp's locale."""
    if pd.isna(timestamp):
        return MISSING
    return _day(timestamp.to_pydatetime(), _locale(stamp))


def money_unit(stamp: Stamp) -> str:
    """What a money column counts: the currency code, or units."""
    return stamp.currency or "units"


@lru_cache(maxsize=16)
def excel_money_format(stamp: Stamp) -> str:
    """Excel number format of money: the currency's symbol where the locale puts it.

    Separators follow the reader's own Excel, so only the symbol and the decimals are fixed.
    """
    if not stamp.currency:
        return '#,##0.0 "units"'
    locale = _locale(stamp)
    decimals = get_currency_precision(stamp.currency)
    digits = "#,##0" + ("." + "0" * decimals if decimals else "")
    symbol = str(locale.currency_symbols.get(stamp.currency, stamp.currency))
    sample = str(locale.currency_formats["standard"].pattern).split(";")[0]
    before, after = sample.split("¤")[0], sample.split("¤")[-1]
    quoted = '"' + symbol.replace('"', "") + '"'
    if any(mark in after for mark in "#0"):
        return f"{quoted}{' ' if not after[0].isdigit() and after[0] != '#' else ''}{digits}"
    return f"{digits}{' ' if not before[-1].isdigit() else ''}{quoted}"


def excel_signed(number_format: str) -> str:
    """The same Excel number format for a difference: with its sign."""
    return f"+{number_format};-{number_format};{number_format}"


def excel_whole_money_format(stamp: Stamp) -> str:
    """The same without decimals, for figures of a chart; units have no word there."""
    if not stamp.currency:
        return EXCEL_WHOLE
    decimals = get_currency_precision(stamp.currency)
    return excel_money_format(stamp).replace("0." + "0" * decimals, "0")


@lru_cache(maxsize=1024)
def _day(moment: dt.datetime, locale: Locale) -> str:
    return str(format_skeleton("yMMMd", moment, locale=locale))


def _locale(stamp: Stamp | None) -> Locale:
    return parsed_locale(stamp.locale if stamp is not None else "")


def _percent(value: float, decimals: int, stamp: Stamp | None) -> str:
    if pd.isna(value):
        return MISSING
    number, locale = _no_negative_zero(value, decimals + 2), _locale(stamp)
    return str(format_percent(number, format=_percent_pattern(locale, decimals), locale=locale))


@lru_cache(maxsize=64)
def _percent_pattern(locale: Locale, decimals: int) -> str:
    pattern = str(locale.percent_formats[None].pattern)
    return pattern.replace("#,##0", "#,##0." + "0" * decimals)


def _no_negative_zero(value: float, decimals: int) -> float:
    return 0.0 if round(float(value), decimals) == 0 else float(value)
