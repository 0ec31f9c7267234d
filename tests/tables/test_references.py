"""One wrong id in a table that others refer to is one problem, and no advice goes in a circle."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_chain import SMALL_CHAIN, WriteChain

from planner.errors import BadInput, Problem
from planner.tables.problems import problem_lines
from planner.tables.read import read_inputs


def problems_of(source: Path) -> tuple[Problem, ...]:
    """What is wrong with a chain, as a person reads it."""
    with pytest.raises(BadInput) as caught:
        read_inputs(source)
    return caught.value.problems


def changed(file: str, old: str, new: str, times: int = 1) -> dict[str, str]:
    """The small chain with a text replaced in one file."""
    assert old in SMALL_CHAIN[file]
    return {file.replace(".", "__"): SMALL_CHAIN[file].replace(old, new, times)}


PARENTS = {
    "store misspelt": (changed("stores.csv", "B1,", "B7,"), "stores.csv", 4, "write B1 here", 7),
    "item misspelt": (changed("items.csv", "4012,", "4O12,"), "items.csv", 3, "write 4012 here", 6),
    "store empty": (changed("stores.csv", "A2,H", ",H"), "stores.csv", 3, "fill in the cell", 8),
    "item twice": (changed("items.csv", "4012,", "4011,"), "items.csv", 3, "remove one", 6),
    "id shortened by Excel": (
        changed("items.csv", "4012,", "4.01E+03,"), "items.csv", 3, "format the column as text", 6,
    ),
    "fixture type": (
        changed("fixtures.csv", "cooler", "coolr", 2)
        | {"items__csv": SMALL_CHAIN["items.csv"].replace(",4,rack,no", ",4,cooler,no")},
        "fixtures.csv", 4, "write cooler here", 2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PARENTS))
def test_a_wrong_row_above_is_named_and_its_followers_counted(
    name: str, tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """The row that is wrong comes first and says what to do; all rows that only lack it are one
    line, which counts them and sends nobody to change them."""
    changes, file, row, mend, following = PARENTS[name]
    fault, follows = problems_of(write_small_chain(tmp_path, **changes))
    assert (fault.file, fault.row, fault.follows) == (file, row, False)
    assert mend in fault.mend
    assert follows.follows
    assert 1 + follows.more == following
    assert follows.mend.startswith("nothing here")
    assert f"{file}, row {row}" in follows.mend
    last = problem_lines([fault, follows], "nothing was planned").splitlines()[-1]
    rows = 1 + fault.more
    assert last.startswith(f"{'1 problem' if rows == 1 else f'{rows} problems'} and {following} ")
    assert "nothing was planned" in last


def test_no_problem_asks_for_what_another_forbids(
    tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """A misspelt store: no line says to write the misspelling."""
    found = problems_of(write_small_chain(tmp_path, **changed("stores.csv", "B1,", "B7,")))
    assert not any("write B7" in problem.mend for problem in found)


def test_a_wrong_row_below_is_its_own_fault(tmp_path: Path, write_small_chain: WriteChain) -> None:
    """One row with an id that is not there is that row's fault, though a store has no rows yet."""
    stores = SMALL_CHAIN["stores.csv"] + "A3,New,Ahlen,North,700,3,10\n"
    sales = SMALL_CHAIN["sales.csv"] + "A33,4011,2025-01-06,1,1,7,0,0\n"
    (fault,) = problems_of(write_small_chain(tmp_path, stores__csv=stores, sales__csv=sales))
    assert (fault.file, fault.row, fault.follows) == ("sales.csv", 23, False)
    assert fault.mend.endswith("or add A33 to stores")


def test_rows_with_the_same_unknown_id_are_one_line(
    tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """An item that is nowhere but in the sales is told once, with its number of rows."""
    rows = "".join(f"A1,7777,2025-01-{day:02d},1,1,7,0,0\n" for day in (6, 13, 20))
    sales = SMALL_CHAIN["sales.csv"] + rows
    (fault,) = problems_of(write_small_chain(tmp_path, sales__csv=sales))
    assert (fault.row, fault.more) == (23, 2)
    assert "row 23 and 2 more rows" in str(fault)


def test_a_core_that_lacks_a_stray_shelf_waits_for_it(
    tmp_path: Path, write_small_chain: WriteChain
) -> None:
    """A shelf with a store that is not there: the store that may lack it is not told to add one."""
    fixtures = SMALL_CHAIN["fixtures.csv"].replace("B1,R1", "C9,R1")
    fixtures += "B1,C1,cooler,1,1,100,yes\n"
    fault, follows = problems_of(write_small_chain(tmp_path, fixtures__csv=fixtures))
    assert (fault.row, fault.value, fault.follows) == (7, "C9", False)
    assert follows.follows
    assert "fixtures.csv, row 7" in follows.mend
