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
    slow_texts = _stripped(texts.take(pa.array(slow)))
    points_by_group = False
    has_points = bool(pc.any(pc.match_substring(texts.filter(pa.array(fast)), ".")).as_py())
    if has_points and table_has_decimal_commas:
        pointed = texts.filter(pc.and_(pa.array(fast), pc.match_substring(texts, ".")))
        points_by_group = bool(
            pc.all(pc.match_substring_regex(pointed, _MAYBE_GROUPED_POINT)).as_py()
        )
    kinds = {int(c): _kind(text) for c, text in zip(slow, slow_texts, strict=True)}
    has_points |= any(
        kinds[int(c)] == "plain" and "." in t for c, t in zip(slow, slow_texts, strict=True)
    )
    commas = [c for c, kind in kinds.items() if kind == "comma"]
    faults = [
        _fault(kinds, "words", NOT_A_NUMBER, "write the number itself, or leave the cell empty"),
        _fault(
            kinds,
            "formula",
            NOT_A_NUMBER,
            "the formula has no stored value: open the workbook in Excel and save it,"
            " or write the number",
        ),
        _fault(kinds, "grouped", ONE_MARK, "write the number without separators, such as 1234.56"),
    ]
    by_code = dict(zip((int(c) for c in slow), slow_texts, strict=True))
    unclear = all(_MAYBE_GROUPED.fullmatch(by_code[c]) for c in commas)
    read_commas = False
    if commas and has_points:
        faults.append(
            Fault(
                tuple(commas),
                ONE_MARK,
                "write every number of the column with a decimal point, or every one with a"
                " decimal comma",
            )
        )
    elif commas and unclear and not table_has_decimal_commas:
        faults.append(
            Fault(
                tuple(commas),
                ONE_MARK,
                "it could be a thousand or a decimal: write 1234 or 1.234",
            )
        )
    else:
        read_commas = True
    if points_by_group and not commas:
        grouped = pc.and_(pa.array(fast), pc.match_substring(texts, "."))
        codes = np.flatnonzero(grouped.to_numpy(zero_copy_only=False))
        values[codes] = np.nan
        faults.append(
            Fault(
                tuple(codes.tolist()),
                ONE_MARK,
                "other columns have decimal commas, so this could be a thousand: write 1234"
                " or 1,234",
            )
        )
    for code, kind in kinds.items():
        if kind == "plain":
            values[code] = float(by_code[code])
        elif kind == "comma" and read_commas:
            values[code] = float(by_code[code].replace(",", "."))
    endless = np.flatnonzero(np.isinf(values))
    values[endless] = np.nan
    faults.append(Fault(tuple(endless.tolist()), NOT_A_NUMBER, "write a smaller number"))
    return Numbers(values, tuple(f for f in faults if f.codes), len(commas) if read_commas else 0)


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
