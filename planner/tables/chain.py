"""The chain's settings: ``chain.toml``, or the sheet ``chain`` of the input workbook."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.numbers import is_currency

from planner.tables.collect import Findings, nearest
from planner.tables.inputs import ChainSettings
from planner.tables.raw import RawTable
from planner.tables.texts import clean_text, text_fault

KEYS = ("name", "currency", "locale", "budget_week", "horizon_weeks")
DEFAULT_LOCALE = "en_US"
DEFAULT_HORIZON_WEEKS = 4
LONGEST_HORIZON_WEEKS = 52

Entry = tuple[object, int]
"""A value and the row (line) where it stands."""


def toml_entries(path: Path, findings: Findings) -> dict[str, Entry]:
    """Keys of ``chain.toml`` with their values and lines; faults go to ``findings``."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        row = path.read_bytes()[: error.start].count(b"\n") + 1
        mend = "save the file as UTF-8"
        findings.problem(path.name, row, "", "text in another encoding", "UTF-8", mend)
        return {}
    except OSError as error:
        mend = "check the file's permissions"
        findings.problem(path.name, 1, "", error.strerror or error, "a readable file", mend)
        return {}
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        findings.problem(
            path.name,
            int(line[1]) if line else 1,
            "",
            error,
            'lines such as name = "My chain"',
            "put quotation marks around texts and one key on each line",
        )
        return {}
    return {key: (value, _line_of(key, text)) for key, value in content.items()}


def _line_of(key: str, text: str) -> int:
    for row, line in enumerate(text.splitlines(), start=1):
        if re.match(rf"""\s*\[*\s*["']?{re.escape(key)}\b""", line):
            return row
    return 1


def sheet_entries(sheet: RawTable, findings: Findings) -> dict[str, Entry]:
    """Keys of the sheet ``chain``: a header ``key``, ``value`` and a row for each key."""
    header = [name.lower() for name in sheet.header]
    if "key" not in header or "value" not in header:
        mend = "write key and value in the first row"
        findings.problem(
            sheet.file, 1, "", ", ".join(sheet.header), "the columns key and value", mend
        )
        return {}
    keys = sheet.columns[header.index("key")]
    values = sheet.columns[header.index("value")]
    entries: dict[str, Entry] = {}
    for position, row in enumerate(sheet.rows.tolist()):
        key, value = clean_text(keys.at(position)), clean_text(values.at(position))
        if key in entries:
            mend = "remove one of the rows"
            findings.problem(sheet.file, row, key, value, "every key once", mend)
        elif key and value:
            entries[key] = (_as_number(value) if key in KEYS[3:] else value, row)
    return entries


def _as_number(text: str) -> object:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def chain_settings(
    file: str, entries: Mapping[str, Entry], default_name: str, findings: Findings
) -> ChainSettings:
    """Settings from their entries, defaults filled in; faults go to ``findings``."""
    for key, (value, row) in entries.items():
        if key in KEYS:
            continue
        likely = nearest(key, [other for other in KEYS if other not in entries])
        mend = f"write {likely} instead of {key}" if likely else f"remove {key}"
        findings.problem(file, row, key, value, f"one of {', '.join(KEYS)}", mend, kind=key)
    for key, default in (("locale", DEFAULT_LOCALE), ("horizon_weeks", DEFAULT_HORIZON_WEEKS)):
        if key not in entries:
            findings.assume(f"chain.{key}", f"not given: {default}", 1)
    if "name" not in entries:
        findings.assume("chain.name", f"not given: the name of the source, {default_name}", 1)
    return ChainSettings(
        name=_text(file, entries, "name", default_name, findings),
        currency=_currency(file, entries, findings),
        locale=_locale(file, entries, findings),
        budget_week=_budget(file, entries, findings),
        horizon_weeks=_horizon(file, entries, findings),
    )


def _text(
    file: str, entries: Mapping[str, Entry], key: str, default: str, findings: Findings
) -> str:
    value, row = entries.get(key, (default, 1))
    if not isinstance(value, str):
        mend = f'put quotation marks around it: {key} = "{value}"'
        findings.problem(file, row, key, value, "a text", mend)
        return default
    if fault := text_fault(value):
        findings.problem(file, row, key, value, *fault)
        return default
    return clean_text(value)


def _currency(file: str, entries: Mapping[str, Entry], findings: Findings) -> str:
    currency = _text(file, entries, "currency", "", findings)
    if not currency or is_currency(currency):
        return currency
    findings.problem(
        file,
        entries["currency"][1],
        "currency",
        currency,
        "an ISO 4217 code such as EUR or USD",
        "write the three letters of the currency",
    )
    return ""


def _locale(file: str, entries: Mapping[str, Entry], findings: Findings) -> str:
    locale = _text(file, entries, "locale", DEFAULT_LOCALE, findings).replace("-", "_")
    try:
        return str(Locale.parse(locale))
    except (UnknownLocaleError, ValueError):
        findings.problem(
            file,
            entries["locale"][1],
            "locale",
            locale,
            "a language and country such as en_US or de_DE",
            "write the locale's code",
        )
        return DEFAULT_LOCALE


def _budget(file: str, entries: Mapping[str, Entry], findings: Findings) -> float | None:
    """Money per week for the purchases of all stores; None: no limit."""
    if "budget_week" not in entries:
        return None
    value, row = entries["budget_week"]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and isinstance(value, int | float) and 0 < value < math.inf:
        return float(value)
    allowed = "a number above 0: money per week for the purchases of all stores"
    mend = "write the chain's weekly budget, or leave the key out for none"
    findings.problem(file, row, "budget_week", value, allowed, mend)
    return None


def _horizon(file: str, entries: Mapping[str, Entry], findings: Findings) -> int:
    value, row = entries.get("horizon_weeks", (DEFAULT_HORIZON_WEEKS, 1))
    fits = isinstance(value, int) and not isinstance(value, bool)
    if fits and isinstance(value, int) and 1 <= value <= LONGEST_HORIZON_WEEKS:
        return value
    findings.problem(
        file,
        row,
        "horizon_weeks",
        value,
        f"a whole number from 1 to {LONGEST_HORIZON_WEEKS}",
        "write how many weeks the plan is made for",
    )
    return DEFAULT_HORIZON_WEEKS
