"""What is accepted beside the plain form, each with the assumption that it brings."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest
from small_chain import SMALL_CHAIN, WriteChain

from planner.errors import BadInput
from planner.tables.columns import tables
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs


def assumed(inputs: Inputs, subject: str, words: str) -> int:
    """Count of the assumption about a subject that has the words; 0 if there is none."""
    return sum(a.count for a in inputs.assumptions if a.subject == subject and words in a.text)


def as_workbook(path: Path, **changes: str) -> openpyxl.Workbook:
    """The small chain as a workbook of text cells, one sheet per table; saved by the caller."""
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.worksheets[0])
    for name, text in {**SMALL_CHAIN, **changes}.items():
        if name.endswith(".csv"):
            sheet = workbook.create_sheet(name.removesuffix(".csv"))
            for line in text.splitlines():
                sheet.append([cell or None for cell in line.split(",")])
    return workbook


def assert_same_tables(one: Inputs, other: Inputs) -> None:
    """Both inputs have the same content in every table."""
    for name in tables():
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))


def test_types_and_order(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Frames have every column of the attribute table, in order, with the promised types."""
    inputs = read_inputs(write_small_chain(tmp_path))
    kinds = {"id": "str", "text": "str", "list": "str", "flag": "bool", "date": "datetime64[ns]"}
    for name, table in tables().items():
        frame = getattr(inputs, name)
        assert tuple(frame.columns) == table.names
        assert isinstance(frame.index, pd.RangeIndex)
        for column in table.columns:
            if (name, column.name) not in {("sales", "store_id"), ("sales", "item_id")}:
                assert str(frame[column.name].dtype) == kinds.get(column.type, "float64")
    assert list(inputs.sales["store_id"].cat.categories) == ["A1", "A2", "B1"]
    assert list(inputs.sales["item_id"].cat.categories) == ["4011", "4012", "4013", "4014"]
    assert inputs.sales["units"].sum() == 3 * (40 + 22 + 9 + 30 + 12 + 35 + 14)
    assert inputs.items["core"].tolist() == [True, True, False, False]
    assert inputs.items["regions"].tolist() == ["", "", "", "North"]
    assert inputs.stores["budget_week"].isna().tolist() == [False, False, True]
    assert (inputs.chain.name, inputs.chain.currency) == ("Small Chain", "EUR")
    assert not inputs.planned_in_units


def test_every_file_is_fingerprinted(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """The SHA-256 and the rows of every file that was read are recorded."""
    source = write_small_chain(tmp_path)
    inputs = read_inputs(source)
    assert set(inputs.files) == {"sales", "items", "stores", "fixtures", "suppliers", "chain"}
    for file in inputs.files.values():
        assert file.sha256 == hashlib.sha256(file.path.read_bytes()).hexdigest()
    assert inputs.files["sales"].rows == 21


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_decimal_commas(delimiter: str, tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Semicolons or tabs with decimal commas give the same numbers, and say so."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    other = {
        name.replace(".", "__"): text.replace(",", delimiter).replace(".", ",")
        for name, text in SMALL_CHAIN.items()
        if name.endswith(".csv")
    }
    inputs = read_inputs(write_small_chain(tmp_path / "other", **other))
    assert_same_tables(plain, inputs)
    assert assumed(inputs, "items.price", "decimal commas") == 4
    assert assumed(inputs, "sales.csv", "separated by") == 1


def test_comma_before_three_digits(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """A comma before three digits is a decimal where another value leaves no doubt."""
    text = SMALL_CHAIN["items.csv"]
    for old, new in (("1.20", '"1,234"'), ("2.10", '"2,5"'), ("0.50", "1"), ("1.80", "2")):
        text = text.replace(old, new, 1)
    inputs = read_inputs(write_small_chain(tmp_path, items__csv=text))
    assert inputs.items["price"].tolist() == [1.234, 2.5, 1, 2]


@pytest.mark.parametrize("ends", ["\r\n", "\r", "mixed"])
def test_byte_order_mark_and_line_ends(
    ends: str, tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """A byte order mark and any kind of line end are read quietly."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    text = SMALL_CHAIN["sales.csv"]
    text = text.replace("\n", "\r\n", 3) if ends == "mixed" else text.replace("\n", ends)
    data = b"\xef\xbb\xbf" + text.encode()
    inputs = read_inputs(write_small_chain(tmp_path / "other", sales__csv=data))
    assert_same_tables(plain, inputs)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (("6.1.2025", "13.1.2025", "20.1.2025"), ""),
        (("2025/01/06", "2025/1/13", "20250120"), ""),
        (("2025-01-06 00:00:00", "2025-01-13T00:00:00", "2025-01-20T00:00:00.000Z"), ""),
        (("45663", "45670", "45677.0"), "Excel dates"),
        (("06/01/2025", "13/01/2025", "20/01/2025"), "day/month/year"),
        (("1/6/2025", "1/13/2025", "1/20/2025"), "month/day/year"),
    ],
)
def test_dates(
    written: tuple[str, str, str], words: str, tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """Every accepted way to write a date gives the same weeks; guesses are stated."""
    text = SMALL_CHAIN["sales.csv"]
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    for iso, other in zip(("2025-01-06", "2025-01-13", "2025-01-20"), written, strict=True):
        text = text.replace(iso, other)
    inputs = read_inputs(write_small_chain(tmp_path / "other", sales__csv=text))
    assert_same_tables(plain, inputs)
    if words:
        assert assumed(inputs, "sales.week", words) == 21


def test_workbook(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """A workbook with typed cells, dates and numbers in ids gives the same tables."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    workbook = as_workbook(tmp_path)
    for row in workbook["sales"].iter_rows(min_row=2):
        row[1].value = float(str(row[1].value))
        row[2].value = dt.datetime.fromisoformat(str(row[2].value))
        row[3].value = int(str(row[3].value))
    for row in workbook["items"].iter_rows(min_row=2):
        row[0].value = int(str(row[0].value))
        row[4].value = float(str(row[4].value))
        row[11].value = row[11].value == "yes"
    chain = workbook.create_sheet("chain")
    for pair in (("key", "value"), ("name", "Small Chain"), ("horizon_weeks", 6)):
        chain.append(pair)
    workbook.create_sheet("scratch").append(["x"])
    workbook.create_sheet("signal").append(["x"])
    workbook.save(tmp_path / "chain.xlsx")
    inputs = read_inputs(tmp_path / "chain.xlsx")
    assert_same_tables(plain, inputs)
    assert (inputs.chain.name, inputs.chain.horizon_weeks) == ("Small Chain", 6)
    assert inputs.files["sales"].sheet == "sales"
    assert assumed(inputs, "chain.xlsx, sheet scratch", "left out") == 1
    assert assumed(inputs, "chain.xlsx, sheet signal", "meant to be signals") == 1


def test_parquet(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Parquet with typed columns gives the same tables as CSV."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    source = write_small_chain(tmp_path / "other")
    for name in ("sales", "items"):
        with duckdb.connect() as connection:
            connection.execute(
                f"COPY (SELECT * FROM read_csv('{source / name}.csv'))"
                f" TO '{source / name}.parquet' (FORMAT parquet)"
            )
        (source / f"{name}.csv").unlink()
    assert_same_tables(plain, read_inputs(source))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_parquet_without_number(
    value: float, tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """NaN and infinity stored in a Parquet file are refused, not taken as missing."""
    source = write_small_chain(tmp_path, stores__csv=None)
    frame = pd.DataFrame({"store_id": ["A1", "A2", "B1"], "budget_week": [1.0, value, 2.0]})
    with duckdb.connect() as connection:
        connection.register("frame", frame)
        literal = "'nan'::DOUBLE" if np.isnan(value) else "'inf'::DOUBLE"
        connection.execute(
            "COPY (SELECT store_id, CASE WHEN store_id = 'A2' THEN "
            f"{literal} ELSE budget_week END AS budget_week FROM frame)"
            f" TO '{source}/stores.parquet' (FORMAT parquet)"
        )
    with pytest.raises(BadInput) as caught:
        read_inputs(source)
    assert ("stores.parquet", 3, "budget_week") in {
        (p.file, p.row, p.column) for p in caught.value.problems
    }


def test_id_with_decimal_zero(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """4011 and 4011.0 are the same id, and leading zeros stay."""
    items = SMALL_CHAIN["items.csv"].replace("4014,", "0044,")
    sales = SMALL_CHAIN["sales.csv"].replace(",4011,", ",4011.0,").replace(",4014,", ",0044,")
    inputs = read_inputs(write_small_chain(tmp_path, items__csv=items, sales__csv=sales))
    assert set(inputs.sales["item_id"]) == {"4011", "4012", "4013", "0044"}


def test_store_and_item_without_sales(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Stores and items that never sold are accepted and counted."""
    stores = SMALL_CHAIN["stores.csv"] + "B2,New,Bonn,South,,,\n"
    items = SMALL_CHAIN["items.csv"] + "4015,Fig,fruit,figs,3,2,kg,20,1,4,rack,no,S1,,,\n"
    inputs = read_inputs(write_small_chain(tmp_path, stores__csv=stores, items__csv=items))
    assert assumed(inputs, "stores.store_id", "without sales") == 1
    assert assumed(inputs, "items.item_id", "without sales") == 1
    assert assumed(inputs, "fixtures.store_id", "without fixtures") == 1


def test_price_from_revenue(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """A missing price is the median of revenue per unit, discounts undone; cost follows it."""
    items = SMALL_CHAIN["items.csv"].replace("1.20,0.70", ",")
    sales = SMALL_CHAIN["sales.csv"].replace("40,48.00,7,0,0", "40,24.00,7,7,0.5")
    inputs = read_inputs(write_small_chain(tmp_path, items__csv=items, sales__csv=sales))
    assert inputs.items["price"].tolist() == pytest.approx([1.2, 2.1, 0.5, 1.8])
    assert inputs.items["unit_cost"].iloc[0] == pytest.approx(0.65 * 1.2)
    assert assumed(inputs, "items.price", "median") == 1
    assert assumed(inputs, "items.unit_cost", "0.65 x price") == 1
    assert not inputs.planned_in_units


def test_planned_in_units(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Without a price and revenue of an item the chain is planned in units, said loudly."""
    items = SMALL_CHAIN["items.csv"].replace("1.20,0.70", ",")
    sales = "\n".join(
        ",".join(line.split(",")[:4]) for line in SMALL_CHAIN["sales.csv"].splitlines()
    )
    inputs = read_inputs(write_small_chain(tmp_path, items__csv=items, sales__csv=sales))
    assert inputs.planned_in_units
    assert set(inputs.items["price"]) == {1.0}
    assert set(inputs.items["unit_cost"]) == {0.0}
    assert inputs.stores["budget_week"].isna().all()
    assert inputs.chain.currency == ""
    assert assumed(inputs, "items.price", "WHOLE CHAIN IS PLANNED IN UNITS") == 1


@pytest.mark.parametrize("name", ["=1+1", "@cmd", "+x", "-x", "<script>alert(1)</script>", "Ä 'x'"])
def test_names_stay_text(name: str, tmp_path: Path, write_small_chain: WriteChain) -> None:
    """A name that looks like a formula or a program stays as it is, and the former is counted."""
    items = SMALL_CHAIN["items.csv"].replace("Banana", name)
    inputs = read_inputs(write_small_chain(tmp_path, items__csv=items))
    assert inputs.items["item_name"].iloc[0] == name
    formula = assumed(inputs, "items.item_name", "looks like a formula")
    assert formula == (1 if name[0] in "=+-@" else 0)


def test_formula_in_a_workbook_name(tmp_path: Path) -> None:
    """A formula without a stored value, in a text column, is kept as text."""
    workbook = as_workbook(tmp_path)
    workbook["items"]["B2"] = "=1+1"
    workbook.save(tmp_path / "chain.xlsx")
    inputs = read_inputs(tmp_path / "chain.xlsx")
    assert inputs.items["item_name"].iloc[0] == "=1+1"
    assert assumed(inputs, "items.item_name", "looks like a formula") == 1


def test_left_out_is_said(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Files and columns that are none of the input are named, with the likely right name."""
    stores = SMALL_CHAIN["stores.csv"].replace("max_local_items", "max_local_item")
    source = write_small_chain(
        tmp_path,
        stores__csv=stores,
        signal__csv="a,b\n",
        README__md="x",
        scenarios__toml="",
        notes__txt="x",
    )
    inputs = read_inputs(source)
    assert assumed(inputs, "signal.csv", "meant to be signals") == 1
    assert assumed(inputs, "stores.max_local_item", "meant to be max_local_items") == 3
    assert not [a for a in inputs.assumptions if "README" in a.text or "notes" in a.text]


def test_empty_optional_table(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """An optional table without rows is the same as none."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    empty = read_inputs(
        write_small_chain(tmp_path / "other", signals__csv="", locks__csv="store_id,item_id,lock\n")
    )
    assert_same_tables(plain, empty)
    assert plain.assumptions == empty.assumptions


def test_defaults(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """The least input has every default filled in and stated."""
    source = write_small_chain(
        tmp_path / "My Chain",
        **dict.fromkeys(("fixtures__csv", "suppliers__csv", "chain__toml")),
        items__csv="item_id,item_name\n4011,a\n4012,b\n4013,c\n4014,d\n",
        stores__csv="store_id,city\nA1,Ahlen\nA2,\nB1,Bonn\n",
    )
    inputs = read_inputs(source)
    first = inputs.items.iloc[0]
    assert (first["category"], first["need_group"], first["unit"]) == ("all items",) * 2 + ("each",)
    assert (first["fixture_type"], first["facing_width_cm"], first["max_facings"]) == (
        "shelf",
        20,
        6,
    )
    assert np.isnan(first["units_per_facing"])
    assert np.isnan(first["shelf_life_days"])
    assert np.isnan(first["demand_cv"])
    assert inputs.stores["region"].tolist() == ["Ahlen", "all stores", "Bonn"]
    assert inputs.stores["store_name"].tolist() == ["A1", "A2", "B1"]
    assert inputs.stores["deliveries_week"].tolist() == [3, 3, 3]
    assert not inputs.items["core"].any()
    assert inputs.chain.name == "My Chain"
    assert (inputs.chain.currency, inputs.chain.locale) == ("", "en_US")
    assert assumed(inputs, "items.facing_width_cm", "not given: 20") == 4
    assert assumed(inputs, "stores.region", "not given: the city") == 2
    assert assumed(inputs, "items.core", "") == 0
    assert assumed(inputs, "fixtures", "not limited") == 1
    open_cells = {a.subject for a in inputs.assumptions if a.default}
    assert {"stores.budget_week", "items.units_per_facing", "locks"} <= open_cells
    assert not {"items.facing_width_cm", "stores.region", "fixtures"} & open_cells


def test_returns_and_contradicted_stock_days(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Weeks of returns are kept and counted; sales on no day in stock are mended and stated."""
    sales = SMALL_CHAIN["sales.csv"].replace("40,48.00,7", "-2,-2.40,7", 1)
    sales = sales.replace("22,46.20,7", "22,46.20,0", 1).replace("9,16.20,7", "0,0,0", 1)
    inputs = read_inputs(write_small_chain(tmp_path, sales__csv=sales))
    assert inputs.sales["units"].min() == -2
    assert assumed(inputs, "sales.units", "returns") == 1
    assert assumed(inputs, "sales.days_in_stock", "0 days in stock") == 1
    assert (inputs.sales["days_in_stock"] == 0).sum() == 1


def test_small_signals_are_dropped(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Signals of fewer than five people are dropped."""
    source = write_small_chain(
        tmp_path,
        signals__csv="store_id,signal,value,base\nA1,young,0.3,4\nA2,young,0.2,5\nB1,young,0.1,\n",
    )
    inputs = read_inputs(source)
    assert inputs.signals["store_id"].tolist() == ["A2", "B1"]
    assert assumed(inputs, "signals.base", "dropped") == 1


def test_item_that_no_shelf_can_hold(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """A local item wider than every shelf is accepted, and said to be never listed."""
    items = SMALL_CHAIN["items.csv"].replace("each,15,1,4", "each,130,1,4")
    inputs = read_inputs(write_small_chain(tmp_path, items__csv=items))
    assert assumed(inputs, "items.facing_width_cm", "never be listed") == 1


def test_locks_of_the_command_line(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Locks given beside the source replace its own of the same item and store, and add to it."""
    own = "store_id,item_id,lock\nA1,4013,IN\nA2,4013,IN\n"
    source = write_small_chain(tmp_path / "chain", locks__csv=own)
    extra = tmp_path / "mine.csv"
    extra.write_text("store_id,item_id,lock\nA1,4013,out\n,4014,OUT\n")
    locks = read_inputs(source, locks=extra).locks[["store_id", "item_id", "lock"]]
    assert sorted(locks.itertuples(index=False, name=None)) == [
        ("", "4014", "OUT"),
        ("A1", "4013", "OUT"),
        ("A2", "4013", "IN"),
    ]


def test_prices_of_one_without_currency(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Prices of 1 and costs of 0 without a currency are no money: the plan is in units."""
    lines = [line.split(",") for line in SMALL_CHAIN["items.csv"].splitlines()]
    for cells in lines[1:]:
        cells[4:6] = ["1", "0"]
    items = "\n".join(map(",".join, lines))
    with_money = read_inputs(write_small_chain(tmp_path / "a", items__csv=items))
    without = read_inputs(write_small_chain(tmp_path / "b", items__csv=items, chain__toml=""))
    assert not with_money.planned_in_units
    assert without.planned_in_units
    assert assumed(without, "items.price", "PLANNED IN UNITS") == 4


def test_money_without_a_currency_is_stated(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Without a currency the figures of money name none, and the reader is told."""
    with_currency = read_inputs(write_small_chain(tmp_path / "a"))
    without = read_inputs(write_small_chain(tmp_path / "b", chain__toml=""))
    assert not any(
        assumption.subject == "chain.currency" for assumption in with_currency.assumptions
    )
    assert without.chain.currency == ""
    assert assumed(without, "chain.currency", "not given") == 1


def test_every_cell_quoted(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """Quotation marks around every cell change nothing."""
    plain = read_inputs(write_small_chain(tmp_path / "plain"))
    quoted = {
        name.replace(".", "__"): "".join(
            ",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in text.splitlines()
        )
        for name, text in SMALL_CHAIN.items()
        if name.endswith(".csv")
    }
    assert_same_tables(plain, read_inputs(write_small_chain(tmp_path / "quoted", **quoted)))
