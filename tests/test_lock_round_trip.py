"""Locks from the sheet of a store's workbook to the plan, and back into the next workbook."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lock_workbooks import cell_of, edit, lock_rows, saved_by_libreoffice
from whole_chain import (
    SETTINGS,
    SHOP_ITEMS,
    SHOP_LISTS,
    SHOP_RATES,
    SHOP_WEEKS,
    corner_shops,
    plan_of,
    shop_sales,
    stages_of,
    table,
)

from planner.audit import audit
from planner.outputs.lock_table import lock_notes, lock_pairs
from planner.pipeline import plan
from planner.tables.inputs import Assumption

FIRST_DAY = pd.Timestamp("2026-01-05") + pd.Timedelta(weeks=SHOP_WEEKS)
TIGHT = dataclasses.replace(SETTINGS, gap=1e-6, exact_reasons=1)
CHEF = {"Item": "4063", "Lock": "IN", "Until": dt.date(2026, 4, 30), "Note": "the chef asks"}
NO_FUJI = {"Item": "apples fuji", "Lock": "OUT"}
WIDE = {"Item": "Parsley · 4070", "Lock": "MIN", "Facings": 2}
NARROW = {"Item": "4020 · Apples Gala", "Lock": "MAX", "Facings": 1}


@pytest.fixture
def handed_out(shop_run: Path, tmp_path: Path) -> Path:
    """The planograms of a run, to be edited; the data lies beside the run, not beside them."""
    return Path(shutil.copytree(shop_run / "planograms", tmp_path / "planograms"))


def facings_of(run: Path, store: str) -> pd.Series:
    """Printed facings by item of a store, 0 where it is not listed."""
    frame = table(run, "assortment").query("store_id == @store").set_index("item_id")
    return frame["facings"].where(frame["listed"], 0).astype(int)


def warned(assumptions: tuple[Assumption, ...]) -> list[str]:
    """Subject and text of every warning."""
    return [f"{a.subject}: {a.text}" for a in assumptions if a.warning]


def as_saved_by_a_script(path: Path, folder: Path) -> None:
    """As ``edit`` saves it: with shared strings, like Excel."""


def as_saved_by_libreoffice(path: Path, folder: Path) -> None:
    """Saved once more by LibreOffice."""
    saved_by_libreoffice(path, folder / "profile")


@pytest.mark.parametrize(
    "save",
    [
        as_saved_by_a_script,
        pytest.param(
            as_saved_by_libreoffice,
            marks=[
                pytest.mark.office,
                pytest.mark.skipif(shutil.which("soffice") is None, reason="no LibreOffice"),
            ],
        ),
    ],
)
def test_locks_of_a_workbook_are_obeyed(
    shop_run: Path, handed_out: Path, tmp_path: Path, save: Callable[[Path, Path], None]
) -> None:
    """IN, OUT, MIN and MAX of an edited workbook hold in the next plan, whichever program saved
    it; its workbook shows them with what they cost; what comes and goes by a lock is paired in the
    changes, which say so; an edit elsewhere is named, nothing else is; the run passes the audit."""
    path = handed_out / "7.xlsx"
    cell = cell_of(path, "Items", "Bananas")
    edit(path, CHEF, NO_FUJI, WIDE, NARROW, Items={cell: "Bananas of mine"})
    save(path, tmp_path)
    before = facings_of(shop_run, "7")
    assert (before["4063"], before["4070"]) == (0, 1)
    assert before["4021"] > 0
    assert before["4020"] > 1
    data = shop_run.parent / "data"
    run, assumptions = plan(data, tmp_path / "run", settings=SETTINGS, locks=handed_out)
    after = facings_of(run, "7")
    assert after["4063"] >= 1
    assert after["4021"] == 0
    assert after["4070"] >= 2
    assert after["4020"] == 1
    (said,) = warned(assumptions)
    assert said.startswith(f"7.xlsx, sheet Items, cell {cell}: was 'Bananas', is 'Bananas of mine'")
    rows = {(row["Item"].split(" · ")[0], row["Lock"]): row for row in lock_rows(
        run / "planograms" / "7.xlsx")}  # fmt: skip
    chef = rows["4063", "IN"]
    assert (chef["Note"], chef["Until"]) == ("the chef asks", dt.datetime(2026, 4, 30))
    assert chef["Since"] == FIRST_DAY
    assert {row["State"] for row in rows.values()} == {"in force"}
    locks = table(run, "locks")
    changes = table(run, "changes").set_index(["store_id", "item_id"])
    pairs = [
        (store, comes, goes)
        for store, comes, goes in lock_pairs(locks)
        if changes["change"].get((store, comes), "") == "NEW"
        and changes["change"].get((store, goes), "") == "OUT"
    ]
    assert pairs
    comes = {(store, comes) for store, comes, _ in pairs}
    assert {(*key, changes.at[key, "replaces"]) for key in comes} <= set(pairs)
    for key, words in lock_notes(locks).items():
        if key in changes.index:
            assert all(word in changes.at[key, "reason"] for word in words)
    costs = locks.set_index(["item_id", "lock"])["cost_week"]
    assert len(costs) == 4
    for key, row in rows.items():
        assert row["Cost per week"] == pytest.approx(costs[key], abs=1e-9)
    assert lock_rows(run / "planograms" / "8.xlsx") == []
    found = audit(run)
    assert (found.findings, found.notes) == ((), ())


def test_a_cost_is_the_change_of_the_objective(tmp_path: Path) -> None:
    """The cost of a lock is the objective of the store planned without it less that of the store
    planned with it, both planned from the start, within their gaps; and IN, OUT, MIN and MAX that
    go against the free plan do cost something."""
    # So little fits a facing of bananas that more than one of them pays.
    items = SHOP_ITEMS.replace("0.5,40,30,2,1,3,5", "0.5,40,12,2,1,3,5")
    shops = stages_of(corner_shops(tmp_path / "data", items=items), settings=TIGHT)
    change: dict[str, list[str]] = {"7": [], "8": [], "9": []}
    for number, lines in enumerate(
        (
            ("7,4063,IN,", "8,4021,OUT,", "9,4070,MIN,3"),
            ("7,4011,MAX,1", "8,4061,MIN,2", "9,4072,IN,"),
        )
    ):
        locks = tmp_path / f"locks{number}.csv"
        locks.write_text("\n".join(["store_id,item_id,lock,facings", *lines, ""]))
        held = stages_of(shops.inputs.source, locks=locks, settings=TIGHT).assortment
        for store, found in change.items():
            free, plan = shops.assortment.plans[store], held.plans[store]
            (cost,) = held.outcomes[store].lock_costs
            assert cost.how.value == "exact"
            assert cost.least_week - 1e-9 <= cost.cost_week <= cost.most_week + 1e-9
            slack = (free.bound_week - free.objective_week) + (cost.most_week - cost.least_week)
            assert abs(cost.cost_week - (free.objective_week - plan.objective_week)) <= slack + 1e-6
            if cost.least_week > 0.01:
                found.append(lines[int(store) - 7].split(",")[2])
    assert {word for found in change.values() for word in found} == {"IN", "OUT", "MIN", "MAX"}


def longer_sales(weeks: int, sold: dict[tuple[str, str], int]) -> str:
    """The shops' sales and ``weeks`` more, in which ``sold`` items (store, item: units a week)
    are sold too."""
    text = shop_sales(revenue=False)
    lines = text.splitlines()
    for week in pd.date_range(FIRST_DAY, periods=weeks, freq="7D"):
        for (store, item), units in sold.items():
            lines.append(f"{store},{item},{week:%Y-%m-%d},{units}")
        for store, items in SHOP_LISTS.items():
            lines += [
                f"{store},{item},{week:%Y-%m-%d},{SHOP_RATES[item]}"
                for item in items
                if (store, item) not in sold
            ]
    return "\n".join(lines) + "\n"


def test_locks_are_kept_until_they_expire(shop_run: Path, handed_out: Path, tmp_path: Path) -> None:
    """The next workbooks continue the locks with their first day, last day and note; one that has
    expired is shown, counted and not obeyed; later sales are held against what was expected."""
    path = handed_out / "7.xlsx"
    edit(path, CHEF, NO_FUJI, {"Item": "4072", "Lock": "IN", "Until": dt.date(2027, 1, 1)})
    second = plan_of(shop_run.parent / "data", tmp_path / "run2", locks=handed_out)
    sold = {("7", "4063"): 60, ("7", "4021"): 0}
    data = corner_shops(tmp_path / "later", sales=longer_sales(4, sold))
    third, assumptions = plan(data, tmp_path / "run3", settings=SETTINGS, locks=second)
    locks = table(third, "locks").set_index("item_id")
    assert (locks["since"] == FIRST_DAY).all()
    assert locks["state"].to_dict() == {"4063": "expired", "4021": "in force", "4072": "in force"}
    assert locks.at["4063", "note"] == "the chef asks"
    assert np.isnan(locks.at["4063", "cost_week"])
    assert (
        "locked in"
        not in table(third, "assortment")
        .set_index(["store_id", "item_id"])
        .at[("7", "4063"), "reason"]
    )
    told = [a for a in assumptions if a.text == "locks that have expired are shown, and not obeyed"]
    assert [a.count for a in told] == [1]
    rows = {row["Item"].split(" · ")[0]: row for row in lock_rows(third / "planograms" / "7.xlsx")}
    assert rows["4063"]["State"] == "expired"
    # It ended on 30 April, in the third week: weeks that began until then count.
    assert locks.at["4063", "review_weeks"] == 3
    assert locks.at["4063", "sold_units_week"] == pytest.approx(60)
    assert locks.at["4063", "sold_units_week"] > locks.at["4063", "high_units_week"]
    assert "more than expected" in rows["4063"]["What later sales say"]
    assert locks.at["4021", "review_weeks"] == 4
    assert "need group" in rows["4021"]["What later sales say"]
    assert "says nothing" in rows["4072"]["What later sales say"]
    assert audit(third).findings == ()


def test_a_lock_concerns_its_own_store_alone(line: Path, handed_out: Path) -> None:
    """With a cache a lock has its own store solved again, and no other."""

    def answers(name: str) -> dict[str, int]:
        run = plan_of(line / "data", line / "runs" / name, locks=handed_out, cache=True)
        kept = json.loads((run / "run.json").read_text())["cache"]
        return {key: kept[key] for key in ("reused", "solved")}

    assert answers("again") == {"reused": 3, "solved": 0}
    edit(handed_out / "8.xlsx", {"Item": "4021", "Lock": "OUT"})
    assert answers("locked") == {"reused": 2, "solved": 1}
