"""The trade-off job: every value has its row, and what each says holds together."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from whole_chain import SETTINGS, SHOP_STORES, corner_shops

from planner.assortment.solve_settings import SolveSettings
from planner.assortment.whole_program import Solver
from planner.cli import main
from planner.errors import BadInput
from planner.outputs.contents import Stamp
from planner.sweep import NAMES, Sweep, sweep

DAY, NAN = pd.Timestamp("2026-01-04"), float("nan")
STAMP = Stamp("run-7", "Shops", "base", "USD", "en_US", DAY, DAY, DAY, "none", "none", "margin",
              NAN, NAN, NAN, "0")  # fmt: skip


def test_every_value_has_a_row_with_a_bound(tmp_path):
    """Core sizes and numbers of ranges come out as asked for, no plan above its bound, and a value
    that no plan keeps says why."""
    data = corner_shops(tmp_path / "data")
    out = tmp_path / "out"
    vary = ["core.size=1,2", "ranges.max_distinct=1:2"]
    table = sweep(data, vary, out, settings=SolveSettings()).table
    assert list(zip(table["key"], table["value"], strict=True)) == [
        ("core.size", "1"),
        ("core.size", "2"),
        ("ranges.max_distinct", "1"),
        ("ranges.max_distinct", "2"),
    ]
    planned = table[table["plan"] == "feasible"]
    assert len(planned) >= 2
    assert (planned["objective_week"] <= planned["bound_week"] + 1e-9).all()
    for row in planned.to_dict("records"):
        held = row["core_items"] if row["key"] == "core.size" else row["distinct_ranges"]
        assert held == int(row["value"]) or (held < int(row["value"]) and row["key"] != "core.size")
    assert (table.loc[table["plan"] != "feasible", "note"] != "").all()
    assert len(pd.read_csv(out / "trade_off.csv")) == len(table)
    assert table["base_objective_week"].nunique() == 1
    assert sorted(path.name for path in out.iterdir()) == sorted(NAMES)


def test_curves_fall_with_what_is_asked_and_a_second_sweep_solves_nothing(tmp_path):
    """Where nothing else limits the range, a longer core costs and more ranges pay: each plan
    keeps what the laxer value asks, so it never beats that value's plan, nor its bound. The same
    sweep again takes every answer from the cache, and says the same."""
    free = re.sub(r",\d$", ",", SHOP_STORES, flags=re.MULTILINE)
    data = corner_shops(tmp_path / "data", stores=free)
    vary = ["core.size=7:9:1", "ranges.max_distinct=1:3"]
    first, again = (
        sweep(data, vary, tmp_path / name, settings=SETTINGS, cache=True)
        for name in ("first", "again")
    )
    assert first.cache is not None
    assert first.cache["solved"] > 0
    assert again.cache is not None
    assert again.cache["solved"] == 0
    pd.testing.assert_frame_equal(first.table, again.table)
    assert first.warnings == again.warnings == ()
    by_key = first.table.set_index(["key", "value"])
    assert (by_key["plan"] == "feasible").all()
    laxer_first = (
        by_key.loc["core.size"].loc[["7", "8", "9"]],
        by_key.loc["ranges.max_distinct"].loc[["3", "2", "1"]],
    )
    for curve in laxer_first:
        value, bound = curve["objective_week"].to_numpy(), curve["bound_week"].to_numpy()
        assert (np.diff(value) <= 1e-9).all()
        assert value[0] > value[-1]
        assert (value <= np.minimum.accumulate(bound) + 1e-9).all()


def test_a_sweep_stops_on_a_cluster_that_is_not_there(tmp_path):
    """``dask`` is used: an address without a scheduler is refused, and nothing is written."""
    data = corner_shops(tmp_path / "data")
    settings = replace(SETTINGS, dask="no address")
    with pytest.raises(BadInput) as caught:
        sweep(data, ["core.size=1"], tmp_path / "out", settings=settings)
    assert caught.value.problems[0].file == "--dask no address"
    assert not (tmp_path / "out").exists()


def test_the_command_hands_its_options_on(tmp_path, monkeypatch, capsys):
    """What is asked for on the command line reaches the sweep, the cache's answers the screen."""
    asked: dict[str, object] = {}

    def noted(data, vary, out, **options):
        asked.update(options)
        row = {"key": "core.size", "value": "1", "plan": "feasible", "proof": "optimal",
               "objective_week": 1.0, "bound_week": 1.0, "gap": 0.0, "core_items": 1,
               "distinct_ranges": 1, "note": ""}  # fmt: skip
        return Sweep(pd.DataFrame([row]), pd.Series(row), STAMP, (), {"reused": 7})

    monkeypatch.setattr("planner.sweep.sweep", noted)
    words = ["sweep", str(tmp_path), "--vary", "core.size=1", "--out", str(tmp_path / "out")]
    words += ["--dask", "h:1", "--time-limit", "9", "--solver", "cbc", "--no-cache",
              "--keep-going", "--workers", "2", "--locks", "locks.csv"]  # fmt: skip
    monkeypatch.setattr("sys.argv", ["planner", *words])
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 0
    settings = asked["settings"]
    expected = SolveSettings(time_limit_seconds=9.0, workers=2, dask="h:1", solver=Solver.CBC,
                             keep_going=True)  # fmt: skip
    assert settings == expected
    assert (asked["cache"], asked["locks"]) == (False, Path("locks.csv"))
    assert "7 answers from the cache" in capsys.readouterr().out


def test_a_fault_in_what_to_vary_writes_nothing(tmp_path):
    """An unknown key is refused before anything is planned."""
    data = corner_shops(tmp_path / "data")
    with pytest.raises(BadInput):
        sweep(data, ["core.sizes=1,2"], tmp_path / "out", settings=SolveSettings())
    assert not (tmp_path / "out").exists()
