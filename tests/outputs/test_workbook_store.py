import re
import shutil
from dataclasses import replace

import pandas as pd
import pytest
from openpyxl import load_workbook

from planner.outputs.slices import split_by_store
from planner.outputs.workbook.sheet import HEADER_ROW
from planner.outputs.workbook.store import write_store_workbook

STORE = "001"
SHEETS_BESIDE_PLANOGRAMS = ["Summary", "Items", "Changes", "Not carried", "Limits", "Assumptions"]


@pytest.fixture(scope="module")
def path(contents, tmp_path_factory):
    """The workbook of the first store."""
    file = tmp_path_factory.mktemp("store") / "001.xlsx"
    write_store_workbook(contents, STORE, file)
    return file


@pytest.fixture(scope="module")
def book(path):
    """The same, read back."""
    return load_workbook(path)


@pytest.fixture(scope="module")
def here(contents):
    """The tables of the first store."""
    return split_by_store(contents)[STORE]


def table(sheet):
    """The rows under the head, without the totals, as a frame."""
    rows = list(sheet.iter_rows(min_row=HEADER_ROW, values_only=True))
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    return frame[frame.iloc[:, 0] != "Total"].reset_index(drop=True)


def drawn(book):
    """Each block of the planograms: sheet, row, columns and what is written on it."""
    blocks = []
    for sheet in book.worksheets:
        if not sheet.title.startswith("Planogram"):
            continue
        for area in sheet.merged_cells.ranges:
            text = sheet.cell(area.min_row, area.min_col).value
            mark = re.match(r"(\d+) (●?)([NKM])\b", str(text or ""))
            if mark:
                columns = area.max_col - area.min_col + 1
                blocks.append((sheet.title, area.min_row, columns, int(mark[1]), mark[2], mark[3]))
    return pd.DataFrame(blocks, columns=["sheet", "row", "columns", "pos", "core", "letter"])


def test_sheets_and_their_order(book):
    """A summary, one planogram a fixture under a name that Excel accepts, then the lists."""
    assert book.sheetnames == [
        "Summary",
        "Planogram Wet_Rack_1",
        "Planogram M1",
        "Planogram T1",
        *SHEETS_BESIDE_PLANOGRAMS[1:],
    ]


def test_items_list_is_the_table(book, here):
    """Every listed item once, in the order of filling, with the figures of tables/."""
    items = table(book["Items"])
    assert items["PLU"].tolist() == here.positions["item_id"].tolist()
    assert items["Pos"].tolist() == list(range(1, len(items) + 1))
    places = here.positions[["bay", "shelf", "position"]].astype(str).agg("-".join, axis=1)
    assert items["Place bay-shelf-position"].tolist() == places.tolist()
    figures = here.assortment.set_index("item_id").loc[items["PLU"]]
    for head, column in {
        "Stock units per delivery": "stock_units_cycle",
        "Demand units per week": "demand_units_week",
        "Sold units per week": "sold_units_week",
        "Waste units per week": "waste_units_week",
        "Sales per week": "sales_week",
        "Margin per week": "margin_week",
    }.items():
        assert items[head].astype(float).to_numpy() == pytest.approx(figures[column].to_numpy())
    assert items["Facings"].tolist() == here.positions["facings"].tolist()
    moved = set(here.changes.loc[here.changes["change"] == "MOVED", "item_id"])
    expected = figures["status"].where(~figures.index.isin(moved), "MOVED")
    assert [text.split()[1] for text in items["Status"]] == expected.tolist()


def test_every_listed_item_is_drawn_once_under_its_number(book):
    """Numbers, core marks and status letters on the drawing are those of the list."""
    items, blocks = table(book["Items"]), drawn(book).sort_values("pos")
    assert blocks["pos"].tolist() == items["Pos"].tolist()
    assert blocks["letter"].tolist() == [status[0] for status in items["Status"]]
    assert (blocks["core"] == "●").tolist() == (items["Core/Local"] == "Core").tolist()


def test_blocks_are_drawn_to_scale(book):
    """Width of a block over width of another is the real ratio within one grid column."""
    items, blocks = table(book["Items"]), drawn(book)
    joined = blocks.merge(items, left_on="pos", right_on="Pos")
    for _, fixture in joined.groupby("sheet"):
        real = fixture["Width cm"].astype(float)
        cm_per_column = real.sum() / fixture["columns"].sum()
        assert ((fixture["columns"] - real / cm_per_column).abs() <= 1.2).all()


def test_upper_shelves_are_drawn_above_lower_ones(book):
    """In each bay, an item of a higher shelf stands in a higher row."""
    items, blocks = table(book["Items"]), drawn(book)
    joined = blocks.merge(items, left_on="pos", right_on="Pos")
    place = joined["Place bay-shelf-position"].str.split("-", expand=True).astype(int)
    joined = joined.assign(bay=place[0], shelf=place[1])
    for _, bay in joined.groupby(["sheet", "bay"]):
        rows = bay.groupby("shelf")["row"].unique()
        assert all(len(r) == 1 for r in rows)
        assert rows.map(min).is_monotonic_decreasing


def test_empty_shelf_is_labelled_with_its_width(book, here):
    """What stays empty is written in cm where it is drawn."""
    sheet = book["Planogram M1"]
    labels = [c.value for row in sheet.iter_rows() for c in row if str(c.value).endswith(" cm")]
    empty = here.shelves.query("fixture_id == 'M1' and empty_cm > 0")["empty_cm"]
    assert sorted(labels) == sorted(f"{cm:.3g} cm" for cm in empty)


def test_text_that_looks_like_a_formula_stays_text(book):
    """Names such as =SUM(A1:A9) or #N/A are stored as text and marked as such."""
    sheet = book["Items"]
    cells = [row[4] for row in sheet.iter_rows(min_row=HEADER_ROW + 1)]
    evil = [c for c in cells if str(c.value).startswith(("=", "+", "-", "@"))]
    assert {c.value for c in evil} >= {"=SUM(A1:A9)", "-Tomatoes on the vine", "@Peppers mixed"}
    assert all(c.data_type == "s" and c.quotePrefix for c in evil)
    assert next(c for c in cells if c.value == "#N/A").data_type == "s"


def test_plu_is_text(book):
    """A PLU keeps its leading zeros."""
    plus = [row[3] for row in book["Items"].iter_rows(min_row=HEADER_ROW + 1, max_row=9)]
    assert all(c.data_type == "s" and c.value.startswith("04") for c in plus)


def test_every_sheet_is_stamped_and_set_up_for_print(book, here):
    """Status, gap, scenario, dates and plan id on every sheet; landscape A4; page x of y."""
    plan = here.store_plans.iloc[0]
    for sheet in book.worksheets:
        head = " ".join(str(sheet.cell(row, 1).value) for row in (1, 2, 3))
        for part in ("Market street 1", STORE, "Green & Co", "base", "Sep 29, 2024"):
            assert part in head
        for part in ("Oct 7, 2024", plan["plan"], plan["proof"], "0.30%", plan["plan_id"]):
            assert part in head
        assert sheet.page_setup.orientation == "landscape"
        assert int(sheet.page_setup.paperSize) == 9
        assert plan["plan_id"] in sheet.oddFooter.left.text
        assert "&P of &N" in sheet.oddFooter.right.text.replace("&[Page]", "&P").replace(
            "&[Pages]", "&N"
        )
    assert book["Items"].print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
    assert book["Items"].freeze_panes == f"A{HEADER_ROW + 1}"


def test_the_run_leaves_no_trace(contents, path, tmp_path):
    """Another run with the same contents gives the same bytes, so the file can be reused."""
    again = tmp_path / "again.xlsx"
    other_run = replace(contents, stamp=replace(contents.stamp, run_id="another", gap=0.1))
    write_store_workbook(split_by_store(other_run)[STORE], STORE, again)
    assert again.read_bytes() == path.read_bytes()


def test_not_carried_lists_nearest_candidates_first(book, here):
    """Items that are not listed, by what they would bring in, each with its reason."""
    rows = table(book["Not carried"])
    out = here.assortment[~here.assortment["listed"]]
    assert sorted(rows["PLU"]) == sorted(out["item_id"])
    assert rows["Margin per week if added, before waste"].is_monotonic_decreasing
    assert rows["Why not here"].str.len().gt(0).all()


def test_changes_name_what_is_replaced_and_when(book, here):
    """Every change with its dates; what has no date or no partner says so."""
    rows = table(book["Changes"])
    assert rows["PLU"].tolist() == here.changes["item_id"].tolist()
    new = rows[rows["Change"] == "N NEW"].iloc[0]
    assert pd.Timestamp(new["First order"]) == pd.Timestamp("2024-10-05")
    assert new["Last order"] == "–"
    assert new["Replaces PLU"] == here.changes["replaces"].iloc[0]


def test_limits_show_what_is_free_and_mark_what_is_unknown(book, here):
    """Free is available less used; an unknown worth is marked, not blank."""
    rows = table(book["Limits"])
    assert rows["Limit"].tolist()[-2:] == ["Purchase budget of a week", "Local items"]
    free = here.limits["available"] - here.limits["used"]
    assert rows["Free"].astype(float).to_numpy() == pytest.approx(free.to_numpy())
    assert rows["One unit more is worth per week"].iloc[-1] == "n/a"


def test_a_chain_in_units_shows_no_currency(contents, tmp_path):
    """Without prices every money figure is marked as units."""
    file = tmp_path / "units.xlsx"
    stamp = replace(contents.stamp, currency="", objective="units")
    write_store_workbook(replace(contents, stamp=stamp), STORE, file)
    book = load_workbook(file)
    assert "units" in book["Items"].cell(HEADER_ROW + 1, 15).number_format
    lines = [str(row[0].value) for row in book["Summary"].iter_rows()]
    assert not any("$" in line for line in lines)


def test_an_unknown_store_is_refused(contents, tmp_path):
    """Asking for a store that the run does not have is an error, and writes nothing."""
    with pytest.raises(KeyError):
        write_store_workbook(contents, "999", tmp_path / "x.xlsx")
    assert not (tmp_path / "x.xlsx").exists()


def test_a_store_without_changes_or_limits(here, tmp_path):
    """Empty tables say that there is nothing, instead of showing nothing."""
    bare = replace(here, changes=here.changes.iloc[:0], limits=here.limits.iloc[:0])
    write_store_workbook(bare, STORE, tmp_path / "bare.xlsx")
    book = load_workbook(tmp_path / "bare.xlsx")
    assert book["Changes"].cell(HEADER_ROW + 1, 1).value == "Nothing comes, leaves or moves."
    assert book["Limits"].cell(HEADER_ROW + 1, 1).value == "No limit holds here."


def test_fixtures_with_the_same_sheet_name(here, tmp_path):
    """Fixture names that Excel cannot tell apart still get a sheet each."""
    long = "A very long fixture name of the produce hall "
    names = {"Wet/Rack:1": long + "1", "M1": long + "2", "T1": long.upper() + "3"}
    renamed = replace(
        here,
        shelves=here.shelves.assign(fixture_id=here.shelves["fixture_id"].map(names)),
        positions=here.positions.assign(fixture_id=here.positions["fixture_id"].map(names)),
    )
    write_store_workbook(renamed, STORE, tmp_path / "long.xlsx")
    sheets = load_workbook(tmp_path / "long.xlsx").sheetnames
    assert len({name.lower() for name in sheets}) == len(sheets) == 9
    assert max(map(len, sheets)) <= 31


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")
def test_totals_recalculate_to_the_tables(path, here, convert, tmp_path):
    """LibreOffice opens the file, its sums are those of the tables, and no cell is an error."""
    convert(path, "xlsx", tmp_path)
    book = load_workbook(tmp_path / path.name, data_only=True)
    rows = list(book["Items"].iter_rows(min_row=HEADER_ROW, values_only=True))
    totals = dict(zip(rows[0], rows[-1], strict=True))
    assert totals["Pos"] == "Total"
    listed = here.assortment[here.assortment["listed"]]
    assert totals["Sales per week"] == pytest.approx(listed["sales_week"].sum())
    assert totals["Margin per week"] == pytest.approx(listed["margin_week"].sum())
    assert totals["Waste units per week"] == pytest.approx(listed["waste_units_week"].sum())
    assert totals["Facings"] == here.positions["facings"].sum()
    summary = {row[0]: row for row in book["Summary"].iter_rows(min_row=6, values_only=True)}
    by_plan = here.figures.set_index("plan")["margin_week"]
    gain = summary["Margin after waste, a week"][4]
    assert gain == pytest.approx(by_plan["local"] - by_plan["common"])
    errors = [
        c for s in book.worksheets for row in s.iter_rows() for c in row if c.data_type == "e"
    ]
    assert errors == []


@pytest.mark.office
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is missing")
def test_each_fixture_prints_on_one_page(path, book, convert, tmp_path):
    """The PDF has a page for each sheet, and on a planogram's page stands the whole fixture."""
    pypdf = pytest.importorskip("pypdf")
    convert(path, "pdf", tmp_path)
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "001.pdf").pages]
    assert len(pages) == len(book.sheetnames)
    for number, sheet in enumerate(book.sheetnames, start=1):
        assert f"{sheet} – page {number} of {len(pages)}" in pages[number - 1]
        assert "###" not in pages[number - 1]
