import math
import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from planner.outputs.limit_words import worth_of_more
from planner.outputs.slices import split_by_store
from planner.outputs.workbook.items import cases_by_turns, listed_items
from planner.outputs.workbook.lettering import NEW_MARK
from planner.outputs.workbook.sheet import HEADER_ROW
from planner.outputs.workbook.store import write_store_workbook

STORE = "001"
SHEETS_BESIDE_PLANOGRAMS = ["Cover", "Items", "Changes", "Not carried", "Locks",
                            "Placement", "Limits", "Assumptions"]  # fmt: skip


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
            mark = re.match(rf"(\d+) (●?){NEW_MARK}?([NKM])\b", str(text or ""))
            if mark:
                place = (sheet.title, area.min_row, area.min_col, area.max_col)
                blocks.append((*place, int(mark[1]), mark[2], mark[3]))
    return pd.DataFrame(blocks, columns=["sheet", "row", "first", "last", "pos", "core", "letter"])


def is_of_a_shelf(cell):
    """Whether the cell is drawn: an item, or empty shelf, both of which have a frame."""
    return cell.border.top.style is not None or cell.border.bottom.style is not None


def shown(book):
    """The sheets that people see."""
    return [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]


def test_sheets_and_their_order(book):
    """A cover, one planogram a fixture under a name that Excel accepts, then the lists."""
    assert [sheet.title for sheet in shown(book)] == [
        "Cover",
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


def test_blocks_are_drawn_to_scale(book, here):
    """Drawn width of a block over drawn width of its shelf is the real ratio within one grid
    column, on every shelf of every fixture."""
    items, blocks = table(book["Items"]), drawn(book)
    joined = blocks.merge(items, left_on="pos", right_on="Pos")
    place = joined["Place bay-shelf-position"].str.split("-", expand=True).astype(int)
    joined = joined.assign(bay=place[0], shelf=place[1], fixture_id=joined["Fixture"])
    joined = joined.merge(here.shelves, on=["fixture_id", "bay", "shelf"])
    assert len(joined) == len(items)
    for (sheet, row, bay), shelf in joined.groupby(["sheet", "row", "bay"]):
        first = shelf["first"].min()
        last = first
        while is_of_a_shelf(book[sheet].cell(row, last + 1)):
            last += 1
        ratio = shelf["Width cm"].astype(float) / shelf["width_cm"]
        drawn_columns = shelf["last"] - shelf["first"] + 1
        assert ((drawn_columns - ratio * (last - first + 1)).abs() <= 1).all(), (sheet, bay)


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


def test_new_items_carry_a_mark_of_their_own(book):
    """Seen without colour, and on the new item alone: frames are shared with neighbours."""
    blocks = drawn(book)
    cells = [book[b.sheet].cell(b.row, b.first) for b in blocks.itertuples()]
    assert {"N", "K"} <= set(blocks["letter"])
    assert [NEW_MARK in cell.value for cell in cells] == (blocks["letter"] == "N").tolist()
    assert len({cell.border.left.style for cell in cells}) == 1


def test_need_groups_have_a_letter_on_every_edge(book, here):
    """Each need group of a fixture has its own letter, in the legend and on its shelf edges."""
    sheet = book["Planogram M1"]
    texts = [str(c.value) for row in sheet.iter_rows() for c in row if c.value]
    groups = dict.fromkeys(
        here.positions.query("fixture_id == 'M1'")
        .merge(here.items, on="item_id")
        .sort_values(["bay", "shelf", "position"])["need_group"]
    )
    for letter, group in zip("ABCDEF", groups, strict=False):
        assert sum(text in (f"{letter}  {group}", letter) for text in texts) >= 2


def test_text_that_looks_like_a_formula_stays_text(book):
    """Names such as =SUM(A1:A9) or #N/A are stored as text and marked as such."""
    sheet = book["Items"]
    cells = [row[2] for row in sheet.iter_rows(min_row=HEADER_ROW + 1)]
    evil = [c for c in cells if str(c.value).startswith(("=", "+", "-", "@"))]
    assert {c.value for c in evil} >= {"=SUM(A1:A9)", "-Tomatoes on the vine", "@Peppers mixed"}
    assert all(c.data_type == "s" and c.quotePrefix for c in evil)
    assert next(c for c in cells if c.value == "#N/A").data_type == "s"


def test_plu_is_text(book):
    """A PLU keeps its leading zeros."""
    plus = [row[1] for row in book["Items"].iter_rows(min_row=HEADER_ROW + 1, max_row=9)]
    assert all(c.data_type == "s" and c.value.startswith("04") for c in plus)


def test_every_sheet_is_stamped_and_set_up_for_print(book, here):
    """Status, gap, scenario, dates and plan id on every sheet; landscape A4; page x of y."""
    plan = here.store_plans.iloc[0]
    for sheet in shown(book):
        head = " ".join(str(sheet.cell(row, 1).value) for row in (1, 2, 3))
        for part in ("Market street 1", STORE, "Green & Co", "base", "Sep 29, 2024"):
            assert part in head
        for part in ("Oct 7, 2024", plan["plan"], plan["proof"], "gap", plan["plan_id"]):
            assert part in head
        assert sheet.page_setup.orientation == "landscape"
        assert int(sheet.page_setup.paperSize) == 9
        assert plan["plan_id"] in sheet.oddFooter.left.text
        assert "&P of &N" in sheet.oddFooter.right.text.replace("&[Page]", "&P").replace(
            "&[Pages]", "&N"
        )
    assert book["Items"].print_title_rows == f"${HEADER_ROW}:${HEADER_ROW}"
    assert book["Items"].freeze_panes == f"D{HEADER_ROW + 1}"
    assert book["Items"].print_title_cols == "$A:$C"
    assert "Market street 1" in book["Items"].oddHeader.left.text
    assert plan["proof"] in book["Items"].oddHeader.right.text
    for sheet in shown(book):
        one_page = sheet.title.startswith(("Planogram", "Cover"))
        assert (sheet.page_setup.fitToHeight == 1) == one_page


def test_the_run_leaves_no_trace(contents, path, tmp_path):
    """Another run with the same contents gives the same bytes, so the file can be reused."""
    again = tmp_path / "again.xlsx"
    other_run = replace(contents, stamp=replace(contents.stamp, run_id="another", gap=0.1))
    write_store_workbook(split_by_store(other_run)[STORE], STORE, again)
    assert again.read_bytes() == path.read_bytes()


def test_not_carried_lists_nearest_candidates_first(crowded, tmp_path):
    """Exact costs of forcing in before least ones, the cheapest first, then what is not known by
    what it would bring in; each with its reason and what would leave for it."""
    here = split_by_store(crowded)[STORE]
    write_store_workbook(here, STORE, tmp_path / "crowded.xlsx")
    rows = table(load_workbook(tmp_path / "crowded.xlsx")["Not carried"])
    out = here.assortment[~here.assortment["listed"]]
    assert sorted(rows["PLU"]) == sorted(out["item_id"])
    unknown = ["n/a"] * (len(out) - 4)
    assert rows["Forcing it in costs per week"].tolist() == [5, 1, 2, 3, *unknown]
    kinds = ["exact", *["at least"] * 3, *["not known"] * len(unknown)]
    assert rows["Known"].tolist() == kinds
    brings = rows["Margin per week if added, before waste"]
    assert brings[4:].is_monotonic_decreasing
    assert len(unknown) > 3
    leaves = here.forcing["puts_out"].iloc[0]
    assert rows["Would put out"][0] == here.items.set_index("item_id")["item_name"][leaves]
    assert rows["Why not here"].str.len().gt(0).all()


def test_changes_name_what_is_replaced_and_when(book, here):
    """Every change with its dates; what has no date or no partner says so."""
    rows = table(book["Changes"])
    assert sorted(rows["PLU"]) == sorted(here.changes["item_id"])
    (coming, leaving) = here.changes.loc[0, ["item_id", "replaces"]]
    new = rows[(rows["Change"] == "N NEW") & (rows["PLU"] == coming)].iloc[0]
    assert pd.Timestamp(new["First order"]) == pd.Timestamp("2024-10-05")
    assert new["Last order"] == new["Run down by"] == "–"
    out = rows[rows["Change"] == "OUT"].iloc[0]
    assert pd.Timestamp(out["Run down by"]) > pd.Timestamp(out["Last order"])
    assert out["First order"] == out["First order cases"] == out["Pos"] == "–"
    items = table(book["Items"]).set_index("PLU")
    standing = rows[rows["Change"] != "OUT"]
    assert standing["Pos"].tolist() == items["Pos"].loc[standing["PLU"]].tolist()
    listed = here.assortment.set_index("item_id").loc[new["PLU"]]
    cases = here.items.set_index("item_id")["case_units"].loc[new["PLU"]]
    assert new["First order cases"] == math.ceil(listed["stock_units_cycle"] / cases)
    assert new["Replaces, or gives way to"].endswith(f"({leaving})")
    gone = rows[rows["PLU"] == leaving].iloc[0]
    assert gone["Replaces, or gives way to"].endswith(f"({coming})")


def test_limits_show_what_is_free_and_mark_what_is_unknown(book, here):
    """Free is available less used; one figure for what more is worth, none where a limit does not
    bind; an unknown worth is marked, not blank."""
    rows = table(book["Limits"])
    assert rows["Limit"].tolist()[-2:] == ["Purchase budget of a week", "Local items"]
    free = here.limits["available"] - here.limits["used"]
    assert rows["Free"].astype(float).to_numpy() == pytest.approx(free.to_numpy())
    assert rows["Known"].tolist()[-2:] == ["not binding", "n/a"]
    assert rows["is worth per week"].tolist()[-2:] == ["–", "n/a"]


@pytest.mark.parametrize(
    ("known", "worth", "price", "free", "said"),
    [
        ("exact", 7.97, 0.4, 0.0, ("exact", 7.97, 7.97)),
        ("exact", 0.001, 0.4, 0.0, ("not binding",)),
        ("at most", 4.28, 0.0, 2.0, ("not binding",)),
        ("at most", 4.28, 0.0, 1.0, ("a range", 1.0, 4.28)),
        ("at most", 0.001, 0.0, 0.0, ("not binding",)),
        ("at most", 4.28, 0.4, 0.0, ("a range", 1.0, 4.28)),
        ("at the plan's prices", math.nan, 0.0, 0.0, ("",)),
        (None, 0.0, 0.4, 0.0, ("estimate", 0.4, 0.4)),
        (None, 0.0, 0.0, 1.0, ("not binding",)),
        (None, 0.0, 0.0, 0.0, ("",)),
        (None, 0.0, math.nan, 0.0, ("",)),
    ],
)
def test_more_of_a_limit_has_one_figure(known, worth, price, free, said):
    """Exact where it was solved, else the range, else the shadow price; the slack of the proof is
    no worth of a limit of which enough is free, and a full shelf is not called free for want of a
    price."""
    limits = pd.DataFrame(
        {
            "store_id": ["1"],
            "limit": ["need_group_min:a"],
            "shadow_price": [price],
            "used": [3.0 + free],
            "available": [3.0],
        }
    )
    row = {"store_id": "1", "limit": "need_group_min:a", "amount": 2.0, "known": known,
           "worth_week": worth, "least_week": 1.0, "most_week": worth}  # fmt: skip
    asked = pd.DataFrame([row] if known else [], columns=list(row))
    found = worth_of_more(limits, asked)["1", "need_group_min:a"]
    shown = (found.known, found.least_week, found.most_week)
    assert shown[: len(said)] == said
    if len(said) > 1:
        assert found.amount == (-2.0 if known else -1.0)


@given(st.floats(0.0, 60.0))
def test_whole_cases_lie_around_their_average(average):
    """What is ordered by turns is the average rounded down or up, and says so where it is both."""
    numbers_ = [int(found) for found in re.findall(r"\d+", cases_by_turns(average))]
    if "in" in cases_by_turns(average):
        assert 1 / numbers_[1] == pytest.approx(average, rel=0.35)
    elif numbers_:
        assert min(numbers_) - 0.1 <= average <= max(numbers_) + 0.1
        assert max(numbers_) - min(numbers_) == len(numbers_) - 1
    else:
        assert average <= 0.1


def test_what_the_shelf_does_not_hold_is_in_the_back_room(book, here):
    """Units by live formula, and in words on the cover."""
    rows = table(book["Items"])
    assert rows["Of these in the back room"].str.startswith("=MAX(0,").all()
    listed = listed_items(here)
    over = (listed["stock_units_cycle"] - listed["holds_units"]).clip(lower=0)
    cells = [str(c.value) for row in book["Cover"].iter_rows() for c in row]
    said = [text for text in cells if "back room" in text]
    assert len(said) == 1
    if (over > 0).any():
        assert f"{over.sum():,.1f} units" in said[0]
    else:
        assert "nothing stands" in said[0]


def test_a_chain_in_units_shows_no_currency(contents, tmp_path):
    """Without prices every money figure is marked as units."""
    file = tmp_path / "units.xlsx"
    stamp = replace(contents.stamp, currency="", objective="units")
    write_store_workbook(replace(contents, stamp=stamp), STORE, file)
    book = load_workbook(file)
    heads = [cell.value for cell in book["Items"][HEADER_ROW]]
    sales = book["Items"].cell(HEADER_ROW + 1, heads.index("Sales per week") + 1)
    assert "units" in sales.number_format
    assert "Price" not in heads
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert not any("$" in str(cell.value) for cell in row)
            assert not any("$" in cell.number_format for cell in row)


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
    assert "First order" not in [cell.value for cell in book["Items"][HEADER_ROW]]


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
    sheets = [sheet.title for sheet in shown(load_workbook(tmp_path / "long.xlsx"))]
    assert len({name.lower() for name in sheets}) == len(sheets) == 11
    assert max(map(len, sheets)) <= 31
