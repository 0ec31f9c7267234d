"""Numbers, dates and names as texts."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.tables.dates import parse_dates
from planner.tables.numbers import parse_numbers
from planner.tables.texts import LONGEST_NAME, clean_id, file_name_fault, text_fault


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, unique=True))
def test_written_numbers_are_read_back(values: list[float]) -> None:
    """Every finite number is read back exactly as it was written."""
    read = parse_numbers(pa.array([repr(v) for v in values], type=pa.string()), False)
    assert not read.faults
    np.testing.assert_array_equal(read.values, values)


@given(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, unique=True))
def test_decimal_commas_are_points(values: list[object]) -> None:
    """Numbers with two decimals read the same with a comma as with a point."""
    texts = [str(v) for v in values]
    points = parse_numbers(pa.array(texts, type=pa.string()), False)
    commas = parse_numbers(
        pa.array([text.replace(".", ",") for text in texts], type=pa.string()), True
    )
    np.testing.assert_array_equal(points.values, commas.values)
    assert not points.faults
    assert not commas.faults


@given(st.text(max_size=12))
def test_a_number_or_a_fault(text: str) -> None:
    """Any text is a finite number or has a fault that says so, never both."""
    read = parse_numbers(pa.array([text], type=pa.string()), False)
    assert bool(np.isfinite(read.values[0])) != bool(read.faults)


@given(
    st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2199, 12, 31)), min_size=1, max_size=30),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%d.%m.%Y", "%Y%m%d", "%Y-%m-%d 00:00:00"]),
)
def test_written_dates_are_read_back(days: list[dt.date], form: str) -> None:
    """Dates of any unambiguous form are read back."""
    read = parse_dates([day.strftime(form) for day in days])
    assert not read.faults
    assert read.values.astype("datetime64[D]").tolist() == days


@given(st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2199, 12, 31)), min_size=1, max_size=8))
def test_slashed_dates_are_never_guessed(days: list[dt.date]) -> None:
    """Dates with slashes are read as written, or refused, but never with day and month swapped."""
    read = parse_dates([day.strftime("%d/%m/%Y") for day in days])
    if not read.faults:
        assert read.values.astype("datetime64[D]").tolist() == days
    elif all(day.day <= 12 for day in days):
        assert any(day.day != day.month for day in days)


@given(st.text(max_size=80))
def test_usable_names_stay_in_their_folder(name: str) -> None:
    """A name without a fault has no separator, is not hidden, and is not too long."""
    if name and file_name_fault(name) is None and text_fault(name) is None:
        assert not set(name) & set('/\\:*?"<>|\n\r\t\0')
        assert name[0] not in ". "
        assert name[-1] not in ". "
        assert len(name) <= LONGEST_NAME


@pytest.mark.parametrize("name", ["CON", "nul.x", "Lpt1", "aux ", "../x", "a/b", ".a", "a.", "é\n"])
def test_unusable_names(name: str) -> None:
    """Names that some system refuses or that leave the folder have a fault."""
    assert file_name_fault(name)


@pytest.mark.parametrize("name", ["12", "Market Square", "Köln-Süd", "店 3", "a_b.c", "Store CON"])
def test_usable_names(name: str) -> None:
    """Ordinary names in any script are usable."""
    assert file_name_fault(name) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("4011", "4011"),
        ("4011.0", "4011"),
        (" 0040 ", "0040"),
        ("4011.5", "4011.5"),
        ("v1.0", "v1.0"),
    ],
)
def test_ids(written: str, meant: str) -> None:
    """Ids lose only the decimal zero that Excel adds, and surrounding space."""
    assert clean_id(written) == meant
