"""Broken inputs: each is refused with the file, the row and how to mend it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_chain import SMALL_CHAIN, WriteChain

from planner.errors import BadInput, Problem
from planner.tables.collect import folded
from planner.tables.read import read_inputs

Changes = dict[str, str | bytes | None]


@dataclass(frozen=True)
class Broken:
    """One fault of the small chain, and what the person must be told about it."""

    name: str
    changes: Changes = field(repr=False)
    file: str
    row: int
    mend: str
    column: str = ""


def edited(file: str, old: str, new: str) -> Changes:
    """The small chain with the first occurrence of a text replaced."""
    text = SMALL_CHAIN[file]
    assert old in text
    return {file.replace(".", "__"): text.replace(old, new, 1)}


def added(file: str, *rows: str) -> Changes:
    """The small chain with rows added to a file."""
    return {file.replace(".", "__"): SMALL_CHAIN[file] + "".join(row + "\n" for row in rows)}


def with_file(file: str, text: str | bytes) -> Changes:
    """The small chain with one more file."""
    return {file.replace(".", "__"): text}


def price_column(*prices: str) -> str:
    """The items table with other prices."""
    lines = SMALL_CHAIN["items.csv"].splitlines()
    body = []
    for line, price in zip(lines[1:], prices, strict=True):
        cells = line.split(",")
        cells[4] = price
        body.append(",".join(cells))
    return "\n".join([lines[0], *body]) + "\n"


def sales_weeks(*weeks: str) -> str:
    """A sales table with one row for each week."""
    return "store_id,item_id,week,units,revenue\n" + "".join(
        f"A1,4011,{week},5,6\n" for week in weeks
    )


def workbook_of_formula() -> bytes:
    """A workbook whose first units are a formula that was never calculated."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for table in ("items", "stores", "sales"):
        sheet = workbook.create_sheet(table)
        for line in SMALL_CHAIN[f"{table}.csv"].splitlines():
            sheet.append([cell or None for cell in line.split(",")])
    workbook["sales"]["D2"] = "=1+1"
    workbook.create_sheet("signals")["A3"] = "store_id"
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


RULES = "store_id,region,need_group,category,min_items,max_items,min_share,max_share\n"
LOCKS = "store_id,item_id,lock\n"
SUPPLIERS = "supplier_id,min_order_week,max_units_week,min_stores\n"
SEGMENTS = "store_id,segment,share\n"

BROKEN = (
    Broken("missing table", {"sales__csv": None}, "sales.csv", 1, "add the file"),
    Broken(
        "misspelt table",
        {"stores__csv": None, "store__csv": SMALL_CHAIN["stores.csv"]},
        "stores.csv",
        1,
        "rename the file store to stores",
    ),
    Broken("empty file", {"items__csv": ""}, "items.csv", 1, "fill in the table"),
    Broken("header only", {"stores__csv": "store_id\n"}, "stores.csv", 1, "fill in the table"),
    Broken(
        "missing column",
        edited("sales.csv", "units,", "unts,"),
        "sales.csv",
        1,
        "rename the column unts to units",
        "units",
    ),
    Broken(
        "missing column without a likely one",
        edited("items.csv", "item_name", "x"),
        "items.csv",
        1,
        "add the column item_name",
        "item_name",
    ),
    Broken(
        "column twice",
        edited("stores.csv", "city", "region"),
        "stores.csv",
        1,
        "remove or rename",
        "region",
    ),
    Broken(
        "unknown store",
        added("sales.csv", "A9,4011,2025-01-06,1,1,7,0,0"),
        "sales.csv",
        23,
        "add A9 to stores",
        "store_id",
    ),
    Broken(
        "unknown item",
        added("sales.csv", "A1,4099,2025-01-06,1,1,7,0,0"),
        "sales.csv",
        23,
        "add 4099 to items",
        "item_id",
    ),
    Broken(
        "unknown supplier",
        edited("items.csv", "S2", "S3"),
        "items.csv",
        4,
        "add S3 to suppliers",
        "supplier_id",
    ),
    Broken(
        "unknown region of an item",
        edited("items.csv", "North", "Nord"),
        "items.csv",
        5,
        "write North",
        "regions",
    ),
    Broken(
        "duplicate sales",
        added("sales.csv", "A1,4011,2025-01-06,1,1,7,0,0"),
        "sales.csv",
        23,
        "row 2 of sales.csv has the same",
        "store_id",
    ),
    Broken(
        "duplicate item",
        added("items.csv", "4011,Banana again,,,,,,,,,rack,,,,,"),
        "items.csv",
        6,
        "row 2 of items.csv",
        "item_id",
    ),
    Broken(
        "negative width",
        edited("items.csv", ",30,1,4", ",-30,1,4"),
        "items.csv",
        2,
        "correct the number",
        "facing_width_cm",
    ),
    Broken(
        "days above seven",
        edited("sales.csv", ",7,0,0", ",8,0,0"),
        "sales.csv",
        2,
        "correct the number",
        "days_in_stock",
    ),
    Broken(
        "text in a number",
        edited("items.csv", "1.20", "cheap"),
        "items.csv",
        2,
        "write the number",
        "price",
    ),
    Broken(
        "NaN", edited("items.csv", "1.20", "NaN"), "items.csv", 2, "leave the cell empty", "price"
    ),
    Broken("infinity", edited("items.csv", "1.20", "inf"), "items.csv", 2, "number", "price"),
    Broken(
        "endless number", edited("items.csv", "1.20", "1e999"), "items.csv", 2, "smaller", "price"
    ),
    Broken("n/a", edited("sales.csv", ",40,", ",n/a,"), "sales.csv", 2, "leave", "units"),
    Broken(
        "thousands separator",
        {"items__csv": price_column('"1,234.50"', "2", "3", "4")},
        "items.csv",
        2,
        "without separators",
        "price",
    ),
    Broken(
        "German thousands separator",
        {"items__csv": price_column('"1.234,50"', "2", "3", "4")},
        "items.csv",
        2,
        "without separators",
        "price",
    ),
    Broken(
        "comma that may group thousands",
        {"items__csv": price_column('"1,234"', "2", "3", "4")},
        "items.csv",
        2,
        "1234 or 1.234",
        "price",
    ),
    Broken(
        "mixed decimal marks",
        {"items__csv": price_column('"1,5"', "2.5", "3", "4")},
        "items.csv",
        2,
        "every one with a decimal comma",
        "price",
    ),
    Broken(
        "half a facing",
        edited("items.csv", "15,1,4", "15,1.5,4"),
        "items.csv",
        4,
        "without decimals",
        "min_facings",
    ),
    Broken(
        "wrong date",
        edited("sales.csv", "2025-01-06", "2025-02-30"),
        "sales.csv",
        2,
        "year-month-day",
        "week",
    ),
    Broken(
        "date with an hour",
        edited("sales.csv", "2025-01-06", "2025-01-06 10:30"),
        "sales.csv",
        2,
        "year-month-day",
        "week",
    ),
    Broken(
        "ambiguous dates",
        {"sales__csv": sales_weeks("01/06/2025", "08/06/2025")},
        "sales.csv",
        2,
        "cannot be told apart",
        "week",
    ),
    Broken(
        "both orders of dates",
        {"sales__csv": sales_weeks("13/01/2025", "01/20/2025")},
        "sales.csv",
        2,
        "others month/day/year",
        "week",
    ),
    Broken(
        "weeks off the grid",
        edited("sales.csv", "2025-01-20", "2025-01-21"),
        "sales.csv",
        4,
        "first day of the sales week",
        "week",
    ),
    Broken(
        "neither yes nor no",
        edited("items.csv", "yes", "maybe"),
        "items.csv",
        2,
        "write yes or no",
        "core",
    ),
    Broken(
        "word that is not allowed",
        edited("items.csv", ",kg,", ",bunch,"),
        "items.csv",
        2,
        "write each or lb or kg",
        "unit",
    ),
    Broken(
        "Latin-1",
        {"stores__csv": SMALL_CHAIN["stores.csv"].replace("Bonn", "Köln").encode("latin-1")},
        "stores.csv",
        4,
        "CSV UTF-8",
    ),
    Broken(
        "UTF-16",
        {"stores__csv": SMALL_CHAIN["stores.csv"].encode("utf-16")},
        "stores.csv",
        1,
        "CSV UTF-8",
    ),
    Broken(
        "half a character at the end",
        {"stores__csv": SMALL_CHAIN["stores.csv"].encode() + b"\xc3"},
        "stores.csv",
        5,
        "CSV UTF-8",
    ),
    Broken(
        "NUL byte",
        {"stores__csv": SMALL_CHAIN["stores.csv"].replace("Bonn", "Bo\0n")},
        "stores.csv",
        4,
        "CSV UTF-8",
    ),
    Broken(
        "empty row above the header",
        with_file("signals.csv", "\n\nstore_id,signal,value\nA1,a,1\n"),
        "signals.csv",
        1,
        "remove the empty rows",
    ),
    Broken(
        "error of Excel for a name",
        edited("items.csv", "Banana", "#REF!"),
        "items.csv",
        2,
        "correct the formula",
        "item_name",
    ),
    Broken(
        "too many cells",
        edited("stores.csv", "Harbour", "Harbour,Quay"),
        "stores.csv",
        3,
        "as many cells",
    ),
    Broken(
        "too few cells", edited("stores.csv", ",3,10\nB1", "\nB1"), "stores.csv", 3, "as many cells"
    ),
    Broken(
        "open quotation mark",
        edited("stores.csv", "Station", '"Station'),
        "stores.csv",
        4,
        "quotation mark",
    ),
    Broken(
        "required cell empty",
        edited("items.csv", "Banana", ""),
        "items.csv",
        2,
        "fill in the cell",
        "item_name",
    ),
    Broken(
        "control character",
        edited("items.csv", "Banana", "Ban\x07ana"),
        "items.csv",
        2,
        "one line",
        "item_name",
    ),
    Broken(
        "endless name",
        edited("items.csv", "Banana", "B" * 501),
        "items.csv",
        2,
        "shorten",
        "item_name",
    ),
    Broken(
        "id shortened by Excel",
        edited("items.csv", "4014,", "4.01E+12,"),
        "items.csv",
        5,
        "format the column as text",
        "item_id",
    ),
    Broken(
        "store id that leaves the folder",
        added("stores.csv", "../x,,,North,,,"),
        "stores.csv",
        5,
        "remove every other character",
        "store_id",
    ),
    Broken(
        "store id that Windows keeps",
        added("stores.csv", "nul.a,,,North,,,"),
        "stores.csv",
        5,
        "Windows",
        "store_id",
    ),
    Broken(
        "store id starting with a point",
        added("stores.csv", ".x,,,North,,,"),
        "stores.csv",
        5,
        "point or space",
        "store_id",
    ),
    Broken(
        "endless store id",
        added("stores.csv", "x" * 65 + ",,,North,,,"),
        "stores.csv",
        5,
        "64 characters",
        "store_id",
    ),
    Broken(
        "store ids that differ by capitals",
        added("stores.csv", "a1,,,North,,,"),
        "stores.csv",
        5,
        "more than capitals",
        "store_id",
    ),
    Broken(
        "region with a slash",
        edited("stores.csv", "South", "So/uth"),
        "stores.csv",
        4,
        "remove every other character",
        "region",
    ),
    Broken(
        "min_facings above max_facings",
        edited("items.csv", "30,1,4", "30,5,4"),
        "items.csv",
        2,
        "raise max_facings",
        "min_facings",
    ),
    Broken(
        "available_from after available_to",
        edited("items.csv", "S1,,,", "S1,,2025-05-01,2025-04-01"),
        "items.csv",
        2,
        "available_from",
        "available_from",
    ),
    Broken(
        "stock above its facing",
        {
            "items__csv": "item_id,item_name,fixture_type,units_per_facing,min_units_per_facing\n"
            "4011,a,rack,5,9\n4012,b,rack,,\n4013,c,rack,,\n4014,d,rack,,\n"
        },
        "items.csv",
        2,
        "lower min_units_per_facing",
        "min_units_per_facing",
    ),
    Broken(
        "rule without a group",
        with_file("range_rules.csv", RULES + "A1,,,,1,2,,\n"),
        "range_rules.csv",
        2,
        "fill in one of the two",
        "need_group",
    ),
    Broken(
        "rule with two groups",
        with_file("range_rules.csv", RULES + "A1,,citrus,fruit,1,2,,\n"),
        "range_rules.csv",
        2,
        "fill in one of the two",
        "need_group",
    ),
    Broken(
        "rule with store and region",
        with_file("range_rules.csv", RULES + "A1,North,citrus,,1,2,,\n"),
        "range_rules.csv",
        2,
        "leave one of the two empty",
        "region",
    ),
    Broken(
        "rule with minimum above maximum",
        with_file("range_rules.csv", RULES + "A1,,citrus,,2,1,,\n"),
        "range_rules.csv",
        2,
        "raise max_items",
        "min_items",
    ),
    Broken(
        "rule with shares crossed",
        with_file("range_rules.csv", RULES + "A1,,citrus,,,,0.5,0.4\n"),
        "range_rules.csv",
        2,
        "raise max_share",
        "min_share",
    ),
    Broken(
        "rule that cannot be met",
        with_file("range_rules.csv", RULES + "A1,,citrus,,3,,,\n"),
        "range_rules.csv",
        2,
        "lower it to 2",
        "min_items",
    ),
    Broken(
        "rule of an unknown group",
        with_file("range_rules.csv", RULES + "A1,,citrs,,1,,,\n"),
        "range_rules.csv",
        2,
        "write citrus",
        "need_group",
    ),
    Broken(
        "shares that do not sum to 1",
        with_file("segments.csv", SEGMENTS + "A1,s,0.5\nA1,t,0.6\n"),
        "segments.csv",
        2,
        "correct the shares of store A1",
        "share",
    ),
    Broken(
        "segment index of nothing",
        {
            **with_file("segments.csv", SEGMENTS + "A1,s,1\n"),
            **with_file("segment_index.csv", "segment,item_id,need_group,index\ns,,,2\n"),
        },
        "segment_index.csv",
        2,
        "fill in one of the two",
        "item_id",
    ),
    Broken(
        "core not sold in a region",
        edited("items.csv", "yes,S1,,,", "yes,S1,North,,"),
        "items.csv",
        2,
        "add South",
        "regions",
    ),
    Broken(
        "core wider than the shelf",
        edited("fixtures.csv", "B1,R1,rack,1,1,120", "B1,R1,rack,1,1,50"),
        "fixtures.csv",
        7,
        "add shelves of type rack to store B1",
        "width_cm",
    ),
    Broken(
        "core without its fixture type",
        edited("fixtures.csv", "B1,R1,rack", "B1,R1,cooler"),
        "fixtures.csv",
        7,
        "add shelves of type rack to store B1",
        "width_cm",
    ),
    Broken(
        "fixture type that no store has",
        edited("items.csv", "cooler", "freezer"),
        "items.csv",
        5,
        "add freezer to fixtures",
        "fixture_type",
    ),
    Broken(
        "fixture type not given",
        edited("items.csv", "cooler", ""),
        "items.csv",
        5,
        "add it to fixtures",
        "fixture_type",
    ),
    Broken(
        "locked in and out",
        with_file("locks.csv", LOCKS + ",4013,IN\nA1,4013,OUT\n"),
        "locks.csv",
        3,
        "row 2 of locks.csv",
        "lock",
    ),
    Broken(
        "core locked out",
        with_file("locks.csv", LOCKS + "A1,4011,OUT\n"),
        "locks.csv",
        2,
        "remove the lock",
        "lock",
    ),
    Broken(
        "locked in where it is not sold",
        with_file("locks.csv", LOCKS + "B1,4014,IN\n"),
        "locks.csv",
        2,
        "add South",
        "item_id",
    ),
    Broken(
        "locked in but too wide",
        {
            **with_file("locks.csv", LOCKS + "B1,4013,IN\n"),
            **edited("fixtures.csv", "B1,R1,rack,1,1,120", "B1,R1,rack,1,1,60"),
        },
        "locks.csv",
        2,
        "remove the lock",
        "item_id",
    ),
    Broken(
        "supplier who sends nothing and asks for an order",
        {"suppliers__csv": SUPPLIERS + "S1,100,0,\nS2,,,\n"},
        "suppliers.csv",
        2,
        "raise max_units_week",
        "min_order_week",
    ),
    Broken(
        "supplier who asks for more stores than there are",
        {"suppliers__csv": SUPPLIERS + "S1,,,1\nS2,,,200\n"},
        "suppliers.csv",
        3,
        "lower min_stores",
        "min_stores",
    ),
    Broken(
        "chain budget of nothing",
        {"chain__toml": 'name = "x"\nbudget_week = 0\n'},
        "chain.toml",
        2,
        "write the chain's weekly budget",
        "budget_week",
    ),
    Broken(
        "chain budget that is no number",
        {"chain__toml": 'name = "x"\nbudget_week = "much"\n'},
        "chain.toml",
        2,
        "write the chain's weekly budget",
        "budget_week",
    ),
    Broken(
        "unknown key",
        {"chain__toml": 'name = "x"\ncurency = "EUR"\n'},
        "chain.toml",
        2,
        "write currency",
        "curency",
    ),
    Broken(
        "horizon of the wrong type",
        {"chain__toml": 'horizon_weeks = "four"\n'},
        "chain.toml",
        1,
        "how many weeks",
        "horizon_weeks",
    ),
    Broken(
        "unknown currency",
        {"chain__toml": 'currency = "€"\n'},
        "chain.toml",
        1,
        "three letters",
        "currency",
    ),
    Broken(
        "unknown locale", {"chain__toml": 'locale = "xx_YY"\n'}, "chain.toml", 1, "code", "locale"
    ),
    Broken("not TOML", {"chain__toml": 'name = "x"\nno\n'}, "chain.toml", 2, "quotation marks"),
    Broken(
        "two files for one table",
        with_file("sales.parquet", b"PAR1"),
        "sales.parquet",
        1,
        "remove one of the two files",
    ),
    Broken(
        "not Parquet",
        {"stores__csv": None, "stores__parquet": b"no Parquet file at all"},
        "stores.parquet",
        1,
        "as Parquet",
    ),
    Broken(
        "not a workbook",
        {
            **dict.fromkeys(
                (
                    "sales__csv",
                    "items__csv",
                    "stores__csv",
                    "fixtures__csv",
                    "suppliers__csv",
                    "chain__toml",
                )
            ),
            "input__xlsx": b"no workbook",
        },
        "input.xlsx",
        1,
        "save it as Excel Workbook",
    ),
    Broken(
        "formula without a value",
        {
            **dict.fromkeys(
                (
                    "sales__csv",
                    "items__csv",
                    "stores__csv",
                    "fixtures__csv",
                    "suppliers__csv",
                    "chain__toml",
                )
            ),
            "input__xlsx": workbook_of_formula(),
        },
        "input.xlsx, sheet sales",
        2,
        "open the workbook in Excel",
        "units",
    ),
)


def problems_of(call: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems that a call raises."""
    with pytest.raises(BadInput) as caught:
        call()
    return caught.value.problems


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_names_file_row_and_mend(
    broken: Broken, tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """A broken input is refused with file, row and mend, not buried in more, nothing written."""
    source = write_small_chain(tmp_path / "chain", **broken.changes)
    before = {path: path.read_bytes() for path in source.iterdir()}
    problems = problems_of(lambda: read_inputs(source))
    fitting = [p for p in problems if (p.file, p.row) == (broken.file, broken.row)]
    if broken.column:
        fitting = [p for p in fitting if p.column == broken.column]
    assert any(broken.mend in p.mend for p in fitting), [str(p) for p in problems]
    assert len(problems) <= 6
    assert all(p.row >= 1 and p.allowed and p.mend for p in problems)
    assert {path: path.read_bytes() for path in source.iterdir()} == before
    assert list(tmp_path.iterdir()) == [source]


def test_every_problem_at_once(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Faults of several files and kinds are shown together."""
    source = write_small_chain(
        tmp_path,
        **edited("items.csv", "1.20", "cheap"),
        **edited("stores.csv", "South", "So/uth"),
        **edited("sales.csv", ",7,0,0", ",8,0,0"),
        **edited("chain.toml", "EUR", "€"),
    )
    files = {problem.file for problem in problems_of(lambda: read_inputs(source))}
    assert files == {"items.csv", "stores.csv", "sales.csv", "chain.toml"}


def test_many_of_a_kind_are_counted(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Of many problems of one kind the first 20 are listed and the rest counted."""
    rows = "".join(f"A1,4011,{20000 + 7 * i},-x,1\n" for i in range(1500))
    source = write_small_chain(tmp_path, sales__csv="store_id,item_id,week,units,revenue\n" + rows)
    problems = problems_of(lambda: read_inputs(source))
    assert len(problems) == 21
    assert [p.row for p in problems[:20]] == list(range(2, 22))
    assert (problems[-1].row, problems[-1].more) == (22, 1479)
    assert "row 22 and 1,479 more rows, units" in str(problems[-1])
    every = problems_of(lambda: read_inputs(source, every_problem=True))
    assert [(p.row, p.more) for p in every] == [(row, 0) for row in range(2, 1502)]
    assert folded(every) == problems


@pytest.mark.parametrize("name", ["nothing", "file.txt", "empty"])
def test_source_that_is_none(name: str, tmp_path: Path) -> None:
    """A missing path, a file of another kind and an empty folder are refused."""
    (tmp_path / "file.txt").write_text("x")
    (tmp_path / "empty").mkdir()
    assert problems_of(lambda: read_inputs(tmp_path / name))


def test_rows_are_counted_as_people_see_them(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Blank lines and quoted line ends do not shift the row that is named."""
    text = (
        "item_id,item_name,price,fixture_type\n\n4011,a,1,rack\n,,,\n"
        '4012,"b\nb",1,rack\n4013,c,no,rack\n4014,d,1,rack\n'
    )
    source = write_small_chain(tmp_path, items__csv=text)
    found = {(p.row, p.column) for p in problems_of(lambda: read_inputs(source))}
    assert {(5, "item_name"), (6, "price")} <= found
    assert {row for row, _ in found} == {5, 6}


def test_bad_locks_of_the_command_line(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Locks given beside the source are checked like its own, and named by their own file."""
    source = write_small_chain(tmp_path / "chain", locks__csv=LOCKS + "A1,4013,IN\n")
    extra = tmp_path / "mine.csv"
    extra.write_text(LOCKS + "A2,4013,IN\nA9,4013,IN\n,4013,OUT\n")
    problems = problems_of(lambda: read_inputs(source, locks=extra))
    assert {(p.file, p.row) for p in problems} == {("mine.csv", 3), ("mine.csv", 4)}
    assert problems_of(lambda: read_inputs(source, locks=tmp_path / "none.csv"))


CELLS = [
    (file, row, column)
    for file, text in SMALL_CHAIN.items()
    if file.endswith(".csv")
    for row, line in enumerate(text.splitlines()[:4])
    for column in range(len(line.split(",")))
]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cell=st.sampled_from(CELLS),
    value=st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=8),
        st.sampled_from(["", "0", "-1", "1e400", "2025-13-01", "A1", '"', "99999", "=A1", "a;b"]),
    ),
)
def test_any_text_is_read_or_refused(
    cell: tuple[str, int, int], value: str, tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """Whatever stands in one cell, headings included: an answer, or problems; never a crash."""
    file, row, column = cell
    lines = SMALL_CHAIN[file].splitlines()
    cells = lines[row].split(",")
    cells[column] = value
    lines[row] = ",".join(cells)
    source = write_small_chain(tmp_path, **{file.replace(".", "__"): "\n".join(lines)})
    try:
        problems = ()
        inputs = read_inputs(source)
    except BadInput as bad:
        problems = bad.problems
    assert all(str(problem) and problem.row >= 1 for problem in problems)
    assert problems or len(inputs.stores)


def test_sheet_without_a_header(tmp_path: Path) -> None:
    """A sheet whose first row is empty but not the others is refused, not taken as empty."""
    (tmp_path / "chain.xlsx").write_bytes(workbook_of_formula())
    problems = problems_of(lambda: read_inputs(tmp_path / "chain.xlsx"))
    assert ("chain.xlsx, sheet signals", 1) in {(p.file, p.row) for p in problems}
