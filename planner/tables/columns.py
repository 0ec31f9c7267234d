"""The attribute table: every input table and column, read from ``columns.csv``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

REQUIRED_TABLES = ("sales", "items", "stores")

TABLE_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "sales": "one store, item and week",
        "items": "one item",
        "stores": "one store",
        "fixtures": "one shelf of a fixture in a store",
        "signals": "one signal of a store (and week)",
        "segments": "one customer segment of a store",
        "segment_index": "one segment and item, or segment and need group",
        "promotions": "one item and week (and store) already on promotion in the weeks to come",
        "suppliers": "one supplier",
        "current_range": "one item that a store lists today",
        "range_rules": "one rule on how many items of a group are listed",
        "locks": "one lock of an item: that it is listed, or not, or its fewest or most facings",
    }
)


@dataclass(frozen=True)
class Column:
    """One column of an input table, as ``columns.csv`` states it."""

    table: str
    name: str
    type: str
    """id, text, list (texts separated by semicolons), number, integer, date or flag."""
    unit: str
    key: bool
    """Part of what makes a row unique."""
    required: bool
    minimum: float | None
    maximum: float | None
    allowed: tuple[str, ...]
    """The only words allowed; empty: any."""
    refers_to: tuple[str, str] | None
    """Table and column whose values are the only ones allowed."""
    default: str
    """In words, or the number that an empty cell means."""
    description: str

    @property
    def is_text(self) -> bool:
        """True for ids, texts and lists."""
        return self.type in ("id", "text", "list")

    @property
    def is_number(self) -> bool:
        """True for numbers and integers."""
        return self.type in ("number", "integer")

    @property
    def allowed_in_words(self) -> str:
        """What a cell may hold, for a person."""
        if self.type == "flag":
            return "yes or no"
        if self.type == "date":
            return "a date such as 2025-01-06"
        if self.allowed:
            return " or ".join(self.allowed)
        if self.is_number:
            kind = "a whole number" if self.type == "integer" else "a number"
            if self.minimum is not None and self.maximum is not None:
                return f"{kind} from {self.minimum:g} to {self.maximum:.12g}"
            if self.minimum is not None:
                return f"{kind} of at least {self.minimum:g}"
            if self.maximum is not None:
                return f"{kind} of at most {self.maximum:g}"
            return kind
        if self.refers_to:
            table, name = self.refers_to
            plural = "values" if self.type == "list" else "a value"
            return f"{plural} of {table}.{name}"
        return "text of at most 500 characters"


@dataclass(frozen=True)
class Table:
    """One input table."""

    name: str
    required: bool
    row: str
    """What a row is, in words."""
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that make a row unique."""
        return tuple(column.name for column in self.columns if column.key)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")


def _number(text: str) -> float | None:
    return float(text) if text else None


@cache
def tables() -> Mapping[str, Table]:
    """Every input table by name, in the order of ``columns.csv``."""
    text = files("planner.tables").joinpath("columns.csv").read_text(encoding="utf-8")
    columns: dict[str, list[Column]] = {}
    for row in csv.DictReader(text.splitlines()):
        referred = row["refers_to"].split(".")
        columns.setdefault(row["table"], []).append(
            Column(
                table=row["table"],
                name=row["column"],
                type=row["type"],
                unit=row["unit"],
                key=row["key"] == "yes",
                required=row["required"] == "yes",
                minimum=_number(row["minimum"]),
                maximum=_number(row["maximum"]),
                allowed=tuple(word for word in row["allowed"].split(";") if word),
                refers_to=(referred[0], referred[1]) if len(referred) == 2 else None,
                default=row["default"],
                description=row["description"],
            )
        )
    return MappingProxyType(
        {
            name: Table(name, name in REQUIRED_TABLES, TABLE_ROWS[name], tuple(members))
            for name, members in columns.items()
        }
    )


def reference_markdown() -> str:
    """The reference page ``docs/tables.md``: every table and column, as Markdown."""
    lines = [
        "# Input tables",
        "",
        "Made from `planner/tables/columns.csv`; edit that file, not this page.",
        "",
        "A chain is a folder with one file per table, `<table>.csv` or `<table>.parquet`,"
        " and an optional `chain.toml`; or one Excel workbook with one sheet per table and an"
        " optional sheet `chain`. Only `sales`, `items` and `stores` are required. An empty"
        " cell means *not known*: the default is used and stated among the assumptions.",
        "",
        "Dates are best written 2025-01-06. Numbers have a decimal point or a decimal comma,"
        " one of them in a column, and no thousands separators. Ids are text. CSV files are"
        " UTF-8, separated by commas, semicolons or tabs.",
        "",
        "## chain.toml",
        "",
        "| key | type | default | meaning |",
        "| --- | --- | --- | --- |",
        "| name | text | the folder's name | Name of the chain |",
        "| currency | ISO 4217 code | none | Currency of every amount of money, such as EUR |",
        "| locale | locale code | en_US | How numbers and dates are shown, such as de_DE |",
        "| budget_week | number | no limit | Money a week for the purchases of all stores |",
        "| horizon_weeks | whole number, 1 to 52 | 4 | Weeks the plan is made for |",
    ]
    for table in tables().values():
        lines += [
            "",
            f"## {table.name}{' (required)' if table.required else ''}",
            "",
            f"A row is {table.row}. Rows are told apart by {', '.join(table.key)}.",
            "",
            "| column | required | type | unit | allowed | default | meaning |",
            "| --- | --- | --- | --- | --- | --- | --- |",
        ]
        for column in table.columns:
            cells = (
                column.name,
                "yes" if column.required else "",
                column.type,
                column.unit,
                column.allowed_in_words,
                column.default,
                column.description,
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
