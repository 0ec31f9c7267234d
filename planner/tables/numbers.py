"""Texts understood as numbers: decimal points, decimal commas, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

_FAST = r"^-?\d+(\.\d+)?$"
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d*,\d+", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}([., '’\u00a0\u202f]\d{3})+([.,]\d+)?", re.ASCII)
_MAYBE_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_MAYBE_GROUPED_POINT = r"^-?[1-9]\d{0,2}\.\d{3}$"

NOT_A_NUMBER = "a number, or an empty cell where it is not known"
ONE_MARK = "one decimal mark in a column, and no thousands separators"
FORMULA_MEND = (
    "the formula has no stored value: open the workbook in Excel and save it, or write the number"
)
POINT_OR_THOUSAND = (
    "other columns have decimal commas, so this could be a thousand: write 1234 or 1,234"
)


@dataclass(frozen=True)
class Fault:
    """Why some of a column's texts cannot be read, and how to mend it."""

    codes: tuple[int, ...]
    allowed: str
    mend: str


@dataclass(frozen=True)
class Numbers:
    """The distinct texts of a column as numbers; NaN where a fault says why."""

    values: NDArray[np.float64]
    faults: tuple[Fault, ...]
    decimal_commas: int
    """How many of the texts have a decimal comma."""


def has_clear_decimal_comma(texts: pa.StringArray) -> bool:
    """True if a text such as 1,5 or 0,125 can only have a decimal comma."""
    with_comma = texts.filter(pc.match_substring(texts, ","))
    return any(
        _COMMA.fullmatch(text) and not _MAYBE_GROUPED.fullmatch(text)
        for text in _stripped(with_comma)
    )


def parse_numbers(texts: pa.StringArray, table_has_decimal_commas: bool) -> Numbers:
    """Read the distinct texts of a number column.

    ``table_has_decimal_commas`` (some column has a clear decimal comma) settles a text such as
    "1,234" as a decimal; without it the text could as well be a thousand and is refused.
    """
    fast = pc.match_substring_regex(texts, _FAST).to_numpy(zero_copy_only=False).astype(bool)
    values = np.full(len(texts), np.nan)
    values[fast] = pc.cast(texts.filter(pa.array(fast)), pa.float64()).to_numpy()
    slow = np.flatnonzero(~fast)
    written = dict(zip(slow.tolist(), _stripped(texts.take(pa.array(slow))), strict=True))
    kinds = {code: _kind(text) for code, text in written.items()}
    faults = [
        _fault(kinds, "words", NOT_A_NUMBER, "write the number itself, or leave the cell empty"),
        _fault(kinds, "formula", NOT_A_NUMBER, FORMULA_MEND),
        _fault(kinds, "grouped", ONE_MARK, "write the number without separators, such as 1234.56"),
    ]
    for code, kind in kinds.items():
        if kind == "plain":
            values[code] = float(written[code])
    pointed = np.flatnonzero(fast & pc.match_substring(texts, ".").to_numpy(zero_copy_only=False))
    has_points = bool(len(pointed)) or any(
        kind == "plain" and "." in written[code] for code, kind in kinds.items()
    )
    commas = {code: written[code] for code, kind in kinds.items() if kind == "comma"}
    refusal = _why_not_commas(commas, has_points, table_has_decimal_commas)
    if refusal:
        faults.append(Fault(tuple(commas), ONE_MARK, refusal))
    else:
        for code, text in commas.items():
            values[code] = float(text.replace(",", "."))
    if table_has_decimal_commas and not commas and _all_may_be_grouped(texts, pointed):
        values[pointed] = np.nan
        faults.append(Fault(tuple(pointed.tolist()), ONE_MARK, POINT_OR_THOUSAND))
    endless = np.flatnonzero(np.isinf(values))
    values[endless] = np.nan
    faults.append(Fault(tuple(endless.tolist()), NOT_A_NUMBER, "write a smaller number"))
    return Numbers(
        values, tuple(fault for fault in faults if fault.codes), 0 if refusal else len(commas)
    )


def _why_not_commas(
    commas: dict[int, str], has_points: bool, table_has_decimal_commas: bool
) -> str:
    if commas and has_points:
        return (
            "write every number of the column with a decimal point, or every one with a"
            " decimal comma"
        )
    unclear = all(_MAYBE_GROUPED.fullmatch(text) for text in commas.values())
    if commas and unclear and not table_has_decimal_commas:
        return "it could be a thousand or a decimal: write 1234 or 1.234"
    return ""


def _all_may_be_grouped(texts: pa.StringArray, codes: NDArray[np.int64]) -> bool:
    chosen = texts.take(pa.array(codes))
    return bool(pc.all(pc.match_substring_regex(chosen, _MAYBE_GROUPED_POINT)).as_py())


def _stripped(texts: pa.StringArray) -> list[str]:
    return [str(text).strip() for text in texts.to_pylist()]


def _kind(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return "plain"
    if _COMMA.fullmatch(text):
        return "comma"
    if _GROUPED.fullmatch(text):
        return "grouped"
    return "formula" if text.startswith("=") else "words"


def _fault(kinds: dict[int, str], kind: str, allowed: str, mend: str) -> Fault:
    return Fault(tuple(code for code, k in kinds.items() if k == kind), allowed, mend)


def not_whole(values: NDArray[np.float64]) -> Sequence[int]:
    """Codes of the values that are not whole numbers."""
    found: list[int] = np.flatnonzero(~np.isnan(values) & (values != np.round(values))).tolist()
    return found
