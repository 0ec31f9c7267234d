"""Numbers as they stand in every sentence, sheet and page: one form, in the chain's locale."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_currency_precision

PLAIN_LOCALE = "en"
"""Where a chain names none."""


def money_text(value: float, currency: str, locale: str = "") -> str:
    """An amount of money, such as $21.47; without a currency the number alone.

    ``currency``: ISO 4217; ``locale``: such as de_DE.
    """
    decimals = get_currency_precision(currency) if currency else 2
    if not currency:
        return number_text(value, decimals, locale)
    return _money(_rounded(value, decimals), currency, locale)


def number_text(value: float, decimals: int, locale: str = "") -> str:
    """A number with so many decimals and the separators of the locale."""
    return _number(_rounded(value, decimals), decimals, locale)


def number_text_as_given(value: float, locale: str = "") -> str:
    """A number with the decimals that it has, six at most."""
    return str(format_decimal(value, format="#,##0.######", locale=parsed_locale(locale)))


@lru_cache(maxsize=64)
def parsed_locale(name: str) -> Locale:
    """The locale of this name; the plain one for an empty name."""
    return Locale.parse((name or PLAIN_LOCALE).replace("-", "_"))


def _rounded(value: float, decimals: int) -> float:
    """As printed, so that nothing reads as minus nought."""
    return round(float(value), decimals) or 0.0


@lru_cache(maxsize=8192)
def _money(value: float, currency: str, locale: str) -> str:
    return str(format_currency(value, currency, locale=parsed_locale(locale)))


@lru_cache(maxsize=8192)
def _number(value: float, decimals: int, locale: str) -> str:
    pattern = "#,##0." + "0" * decimals if decimals else "#,##0"
    return str(format_decimal(value, format=pattern, locale=parsed_locale(locale)))
