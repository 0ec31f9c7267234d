"""Texts understood as dates, whatever program wrote them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.tables.numbers import Fault

_MIDNIGHT = r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00(?::?00)?)?)?"
_YEAR_FIRST = re.compile(rf"(\d{{4}})([-/])(\d{{1,2}})\2(\d{{1,2}}){_MIDNIGHT}", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})([-/])(\d{1,2})\2(\d{4})", re.ASCII)
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?", re.ASCII)
_EXCEL_DAY_ZERO = dt.date(1899, 12, 30)
_SERIALS = range(20_000, 80_001)
_YEARS = range(1950, 2200)

A_DATE = "a date such as 2025-01-06"


@dataclass(frozen=True)
class Dates:
    """The distinct texts of a column as dates; NaT where a fault says why."""

    values: NDArray[np.datetime64]
    faults: tuple[Fault, ...]
    assumptions: tuple[tuple[str, tuple[int, ...]], ...]
    """What was assumed, and the codes of the texts concerned."""


def parse_dates(texts: Sequence[str]) -> Dates:
    """Read the distinct texts of a date column.

    ISO dates (also with the time 00:00:00), 2025/01/06, 20250106, 6.1.2025 and Excel's day
    numbers are read one by one; dates such as 01/06/2025 only if exactly one order of day and
    month fits every value of the column.
    """
    values = np.full(len(texts), "NaT", dtype="datetime64[ns]")
    serial: list[int] = []
    wrong: list[int] = []
    slashed: dict[int, tuple[int, int, int]] = {}
    for code, text in enumerate(text.strip() for text in texts):
        if found := _SLASHED.fullmatch(text):
            slashed[code] = (int(found[1]), int(found[3]), int(found[4]))
            continue
        day = _one(text)
        if day is None:
            wrong.append(code)
            continue
        values[code] = np.datetime64(day, "ns")
        if _SERIAL.fullmatch(text):
            serial.append(code)
    faults = [Fault(tuple(wrong), A_DATE, "write the date as year-month-day")]
    assumptions: list[tuple[str, tuple[int, ...]]] = []
    if serial:
        assumptions.append(("day numbers read as Excel dates", tuple(serial)))
    faults += _slashed(slashed, values, assumptions)
    return Dates(values, tuple(fault for fault in faults if fault.codes), tuple(assumptions))


def _one(text: str) -> dt.date | None:
    if found := _YEAR_FIRST.fullmatch(text):
        return _date(int(found[1]), int(found[3]), int(found[4]))
    if found := _COMPACT.fullmatch(text):
        return _date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DOTTED.fullmatch(text):
        return _date(int(found[3]), int(found[2]), int(found[1]))
    if (found := _SERIAL.fullmatch(text)) and int(found[1]) in _SERIALS:
        return _EXCEL_DAY_ZERO + dt.timedelta(days=int(found[1]))
    return None


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _slashed(
    parts: dict[int, tuple[int, int, int]],
    values: NDArray[np.datetime64],
    assumptions: list[tuple[str, tuple[int, ...]]],
) -> list[Fault]:
    orders: dict[str, Callable[[int, int, int], dt.date | None]] = {
        "day/month/year": lambda a, b, year: _date(year, b, a),
        "month/day/year": lambda a, b, year: _date(year, a, b),
    }
    read = {name: {c: order(*p) for c, p in parts.items()} for name, order in orders.items()}
    wrong = tuple(c for c in parts if all(days[c] is None for days in read.values()))
    faults = [Fault(wrong, A_DATE, "write the date as year-month-day")]
    rest = tuple(c for c in parts if c not in set(wrong))
    if not rest:
        return faults
    fitting = {name: days for name, days in read.items() if all(days[c] is not None for c in rest)}
    if not fitting:
        mend = (
            "some of the column are day/month/year and others month/day/year: write year-month-day"
        )
        return [*faults, Fault(rest, A_DATE, mend)]
    name, days = next(iter(fitting.items()))
    if len(fitting) == 2 and any(read["month/day/year"][c] != days[c] for c in rest):
        mend = "day and month cannot be told apart in this column: write year-month-day"
        return [*faults, Fault(rest, A_DATE, mend)]
    for code in rest:
        values[code] = np.datetime64(str(days[code]), "ns")
    if len(fitting) == 1:
        assumptions.append((f"read as {name}, the only order that fits every value", rest))
    return faults
