"""Amounts as the report writes them: signed differences, and no cents on large sums.

What is compared is money where the chain has a currency and units where it has none; every
page asks here, so the two never mix.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd
from babel.numbers import format_currency, get_currency_precision

from planner.number_text import parsed_locale
from planner.outputs.contents import Stamp
from planner.outputs.numbers import MISSING, money, share, units, whole

MINUS = "−"
WHOLE_MONEY = 10
"""From here on cents are noise."""
WHOLE_UNITS = 100
"""From here on tenths of a unit are noise."""


def in_money(stamp: Stamp) -> bool:
    """Whether the chain is planned in money; without a currency it is planned in units."""
    return bool(stamp.currency)


def number(cell: Any) -> float:
    """The number in a cell of a table; pandas does not tell its type."""
    return float(cell)


def amount(value: float, stamp: Stamp, scale: float = 0.0) -> str:
    """Money (or units of a chain without money) of a week, rounded for reading.

    ``scale``: the largest of the amounts that stand together, so that they are rounded alike.
    """
    if pd.isna(value):
        return MISSING
    if not stamp.currency:
        return f"{quantity(value, stamp, scale)} units"
    if max(abs(value), scale) < WHOLE_MONEY:
        return money(value, stamp).replace("-", MINUS)
    return _whole_money(round(value), stamp.currency, stamp.locale)


@lru_cache(maxsize=4096)
def _whole_money(value: int, currency: str, locale_name: str) -> str:
    locale = parsed_locale(locale_name)
    pattern = str(locale.currency_formats["standard"].pattern).split(";")[0].replace("0.00", "0")
    written = format_currency(value, currency, format=pattern, locale=locale, currency_digits=False)
    return str(written).replace("-", MINUS)


def quantity(value: float, stamp: Stamp, scale: float = 0.0) -> str:
    """Units of a week, rounded for reading, without the word."""
    if pd.isna(value):
        return MISSING
    written = whole(value, stamp) if max(abs(value), scale) >= WHOLE_UNITS else units(value, stamp)
    return written.replace("-", MINUS)


def signed(written: str, value: float) -> str:
    """A difference as written by one of the other functions, with its sign in front."""
    shows_nothing = not any(digit in written for digit in "123456789")
    return written if pd.isna(value) or value <= 0 or shows_nothing else f"+{written}"


def signed_amount(value: float, stamp: Stamp, scale: float = 0.0) -> str:
    """A difference in money (or units) of a week."""
    return signed(amount(value, stamp, scale), value)


def signed_difference(value: float, other: float, stamp: Stamp) -> str:
    """The difference of two amounts that stand beside it, of the figures as they are printed."""
    scale = max(abs(value), abs(other))
    return signed_amount(_printed(value, stamp) - _printed(other, stamp), stamp, scale)


def _printed(value: float, stamp: Stamp) -> float:
    """An amount with the decimals that ``amount`` gives it."""
    if not stamp.currency:
        return round(value) if abs(value) >= WHOLE_UNITS else round(value, 1)
    if abs(value) >= WHOLE_MONEY:
        return round(value)
    return round(value, get_currency_precision(stamp.currency))


def signed_share(value: float, stamp: Stamp) -> str:
    """A relative difference, a share of one, as a percentage."""
    return signed(share(value, stamp).replace("-", MINUS), value)
