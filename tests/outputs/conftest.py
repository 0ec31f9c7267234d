"""A small made-up run, with every table that the outputs show."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from chart_samples import drivers_of, waterfall_of, worth_of
from workbooks import orders_of

from planner.demand.backtest.result import (
    HIDDEN_PAIRS,
    ITEM_MEAN,
    LAST_WEEK,
    OWN_AVERAGE,
    ROLLING_ORIGIN,
    SCORE_COLUMNS,
    typed,
)
from planner.demand.backtest.scores import LIGHT_SLICES, forecast_scores
from planner.outputs.contents import Contents, Stamp

LONG_NAME = "Heritage tomato selection " * 8  # 208 characters
PRODUCE = [
    # name, need group, fixture type, facing width in cm
    ("Bananas", "Bananas", "table", 40.0),
    ("=SUM(A1:A9)", "Bananas", "table", 30.0),
    ("Apples Gala", "Apples", "table", 30.0),
    ("Apples Granny Smith", "Apples", "table", 30.0),
    ("<script>alert('x')</script>", "Citrus & <more>", "table", 25.0),
    ("Lemons", "Citrus & <more>", "table", 20.0),
    (LONG_NAME, "Tomatoes", "multideck", 22.0),
    ("-Tomatoes on the vine", "Tomatoes", "multideck", 18.0),
    ("Cucumber", "Salad vegetables", "multideck", 12.0),
    ("@Peppers mixed", "Salad vegetables", "multideck", 16.0),
    ("+Radishes", "Salad vegetables", "multideck", 9.0),
    ("#N/A", "Leaf salad", "wet rack", 28.0),
    ("Romaine lettuce", "Leaf salad", "wet rack", 24.0),
    ("Crème de la « Crème » Spinat 菠菜", "Leaf salad", "wet rack", 20.0),
    ("Parsley", "Herbs", "wet rack", 8.0),
    ("Chives", "Herbs", "wet rack", 8.0),
]
LOSS = 1.05
"""Bought for each unit that reaches the shelf."""
FIXTURES = [
    # fixture_id, fixture_type, bays, shelves, width of a shelf in cm
    ("Wet/Rack:1", "wet rack", 1, 2, 120.0),
    ("M1", "multideck", 2, 3, 60.0),
    ("T1", "table", 1, 2, 200.0),
]


def build_contents(
    produce: list[tuple[str, str, str, float]] = PRODUCE,
    fixtures: list[tuple[str, str, int, int, float]] = FIXTURES,
    stores: int = 2,
    currency: str = "USD",
) -> Contents:
    """A run of ``stores`` stores whose tables agree with one another.

    The first store lists every item but the last two that fit; each further store leaves out
    one item more, so stores differ.
    """
    item_rows = items_table(produce)
    store_rows = stores_table(stores)
    parts: dict[str, list[pd.DataFrame]] = {}
    for number, store_id in enumerate(store_rows["store_id"]):
        for name, frame in _store_tables(store_id, number, item_rows, fixtures).items():
            frame.insert(0, "store_id", store_id)
            parts.setdefault(name, []).append(frame)
    tables = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    local = tables["figures"].query("plan == 'local'")
    return Contents(
        stamp=Stamp(
            run_id="2024-10-01-7f3a",
            chain_name="Green & Co",
            scenario="base",
            currency=currency,
            locale="en_US",
            data_date=pd.Timestamp("2024-09-29"),
            valid_from=pd.Timestamp("2024-10-07"),
            valid_to=pd.Timestamp("2024-11-03"),
            plan="feasible",
            proof="within 0.4 %",
            objective="margin" if currency else "units",
            objective_week=float(local["margin_week"].sum()),
            bound_week=float(local["margin_week"].sum()) * 1.003,
            gap=0.003,
            planner_version="0.1.0",
        ),
        items=item_rows,
        stores=store_rows,
        value=_value(store_rows, tables["figures"]),
        recapture=pd.DataFrame(
            {
                "need_group": item_rows["need_group"].unique(),
                "recapture_share": 0.6,
                "low_share": 0.4,
                "high_share": 0.8,
                "source": "assumption",
                "items": item_rows.groupby("need_group", sort=False).size().to_numpy(),
            }
        ),
        signal_effects=signal_effects(item_rows),
        assumptions=pd.DataFrame(
            {
                "weight": ["look first", "assumed", "assumed", "left open"],
                "stage": ["tables", "demand", "assortment", "tables"],
                "subject": ["items.demand_cv", "recapture", "=unmet demand", "items.regions"],
                "text": [
                    "no value: 0.5 assumed",
                    "the data cannot tell how shoppers substitute: 60 % assumed",
                    "demand that finds an empty shelf is lost",
                    "not given: everywhere",
                ],
                "count": [len(item_rows), 3, 1, len(item_rows)],
                "survived": [True, False, False, False],
            }
        ),
        backtest=backtest_scores(store_rows, item_rows),
        orders=orders_of(tables["assortment"], item_rows, LOSS),
        waterfall=waterfall_of(tables["figures"], store_rows),
        local_drivers=drivers_of(tables["assortment"]),
        worth=worth_of(tables["limits"]),
        **tables,
    )


def signal_effects(items: pd.DataFrame) -> pd.DataFrame:
    """Families move every other item, up and down by turns; parking moves none."""
    number = np.arange(len(items))
    families = pd.DataFrame(
        {
            "item_id": items["item_id"],
            "signal": "share_families",
            "effect": np.where(number % 2 == 0, 0.2 * (-1.0) ** (number // 2), 0.01),
        }
    )
    parking = families.assign(signal="parking_spaces", effect=0.0)
    both = pd.concat([families, parking], ignore_index=True)
    both["low"], both["high"] = both["effect"] - 0.05, both["effect"] + 0.05
    both["moves"] = np.where(both["effect"].abs() > 0.05, "yes", "no")
    return both.astype({"signal": "str", "moves": "str"})


def backtest_scores(stores: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Scores of made-up forecasts of every pair, 5 % too high; the rules miss by more."""
    pairs = stores[["store_id", "region"]].merge(items[["item_id", "category"]], how="cross")
    truth = 10.0 + 3.0 * (np.arange(len(pairs)) % 7)
    wrong = 1.0 + 0.1 * (np.arange(len(pairs)) % 3)
    parts = [
        pairs.assign(
            kind=kind,
            source=source,
            truth_units_week=truth,
            demand_units_week=1.05 * truth,
            low_units_week=0.9 * truth,
            high_units_week=(0.95 + 0.1 * wrong) * truth,
            **{OWN_AVERAGE: np.nan, LAST_WEEK: np.nan, ITEM_MEAN: wrong * 1.1 * truth},
        )
        for kind, source in ((ROLLING_ORIGIN, "history"), (HIDDEN_PAIRS, "model"))
    ]
    table = pd.concat(parts, ignore_index=True)
    return typed(forecast_scores(table, 1, LIGHT_SLICES), SCORE_COLUMNS)


def items_table(produce: list[tuple[str, str, str, float]]) -> pd.DataFrame:
    """The items table, with the columns and types of the input stage."""
    n = len(produce)
    step = np.arange(n)
    return pd.DataFrame(
        {
            "item_id": [f"{4000 + i:05d}" for i in range(n)],
            "item_name": [row[0] for row in produce],
            "category": "produce",
            "need_group": [row[1] for row in produce],
            "price": 1.0 + 0.25 * (step % 9),
            "unit_cost": (1.0 + 0.25 * (step % 9)) * 0.6,
            "unit": "each",
            "facing_width_cm": [row[3] for row in produce],
            "units_per_facing": 12.0,
            "min_units_per_facing": 2.0,
            "min_facings": 1.0,
            "max_facings": 6.0,
            "case_units": 6.0,
            "shelf_fills_per_cycle": 1.0,
            "shelf_life_days": 7.0,
            "store_loss_share": 0.05,
            "listing_cost_week": 1.0,
            "facing_cost_week": 0.2,
            "demand_cv": 0.5,
            "fixture_type": [row[2] for row in produce],
            "core": step % 3 == 0,
            "available_from": pd.NaT,
            "available_to": pd.NaT,
            "supplier_id": [f"S{i % 3}" for i in range(n)],
            "regions": "",
            "organic": step % 5 == 0,
            "origin": "",
            "colour": "",
        }
    ).astype({"available_from": "datetime64[ns]", "available_to": "datetime64[ns]"})


def stores_table(stores: int) -> pd.DataFrame:
    """The stores table; store ids are text with leading zeros."""
    step = np.arange(stores)
    return pd.DataFrame(
        {
            "store_id": [f"{i + 1:03d}" for i in range(stores)],
            "store_name": [f"Market street {i + 1}" for i in range(stores)],
            "city": [("Springfield", "Lake & Town")[i % 2] for i in range(stores)],
            "region": [("North", "South")[i % 2] for i in range(stores)],
            "latitude": 48.0 + 0.1 * step,
            "longitude": 9.0 + 0.1 * step,
            "budget_week": 4000.0,
            "deliveries_week": 3.0,
            "max_local_items": 60.0,
        }
    )


def _store_tables(
    store_id: str,
    number: int,
    items: pd.DataFrame,
    fixtures: list[tuple[str, str, int, int, float]],
) -> dict[str, pd.DataFrame]:
    shelves, positions = _fill_shelves(items.drop(index=[len(items) - 1 - number]), fixtures)
    n = len(items)
    placed = items["item_id"].isin(positions["item_id"]).to_numpy()
    step = np.arange(n)
    rate = 20.0 + 3.0 * ((step * 7 + number) % 11)
    new = placed & (step % 4 == 1)
    out = ~placed & (step % 2 == 1)
    status = np.select([new, placed, out], ["NEW", "KEEP", "OUT"], "NOT CARRIED")
    demand_units = np.where(placed, rate, 0.0)
    sold = demand_units * 0.97
    waste = demand_units * 0.06
    sales = sold * items["price"].to_numpy()
    margin = sales - (sold + waste) * items["unit_cost"].to_numpy()
    facings = items["item_id"].map(positions.set_index("item_id")["facings"]).fillna(0.0)
    moved = items["item_id"][placed & (step % 7 == 3)]
    assortment = pd.DataFrame(
        {
            "item_id": items["item_id"],
            "core": items["core"] & placed,
            "listed": placed,
            "facings": facings.to_numpy(),
            "stock_units_cycle": np.where(placed, 12.0 + step, 0.0),
            "demand_units_week": demand_units,
            "sold_units_week": sold,
            "waste_units_week": waste,
            "sales_week": sales,
            "margin_week": margin,
            "status": status,
            "reason": np.where(
                placed, "Earns its width", "No shelf space left: the width is worth more elsewhere"
            ),
        }
    )
    changes = pd.concat(
        [
            _changes(items["item_id"][new], "NEW", 0.0, 2.0),
            _changes(items["item_id"][out], "OUT", 1.0, 0.0),
            _changes(moved, "MOVED", 2.0, 2.0),
        ],
        ignore_index=True,
    )
    if new.any() and out.any():
        changes.loc[0, "replaces"] = items["item_id"][out].iloc[0]
    width = shelves.groupby("fixture_type")[["used_cm", "width_cm"]].sum()
    spend = LOSS * float(((sold + waste) * items["unit_cost"]).sum())
    local_items = float((placed & ~items["core"]).sum())
    limits = pd.DataFrame(
        {
            "limit": [*(f"shelf_cm:{t}" for t in width.index), "budget_week", "max_local_items"],
            "unit": [*("cm" for _ in width.index), "money/week", "items"],
            "used": [*width["used_cm"], spend, local_items],
            "available": [*width["width_cm"], 4000.0, 60.0],
            "shadow_price": [*(0.4 for _ in width.index), 0.0, float("nan")],
        }
    )
    objective = float(margin.sum())
    figures = pd.DataFrame(
        {
            "plan": ["local", "common", "current"],
            "listed_items": [float(placed.sum()), float(placed.sum()) - 1, float(placed.sum()) - 2],
            "local_items": [local_items, local_items - 1, local_items - 1],
            "sold_units_week": sold.sum() * np.array([1, 0.98, 0.97]),
            "waste_units_week": waste.sum() * np.array([1, 1.05, 1.1]),
            "sales_week": sales.sum() * np.array([1, 0.975, 0.965]),
            "margin_week": objective * np.array([1, 0.97, 0.95]),
            "margin_before_waste_week": objective * np.array([1.1, 1.08, 1.06]),
            "spend_week": spend * np.array([1, 0.99, 0.98]),
            "shelf_used_share": float(width["used_cm"].sum() / width["width_cm"].sum())
            * np.array([1, 0.98, 0.97]),
            "over_shelf_cm": 0.0,
        }
    )
    return {
        "demand": pd.DataFrame(
            {
                "item_id": items["item_id"],
                "demand_units_week": rate,
                "se_units_week": rate * 0.1,
                "low_units_week": rate * 0.87,
                "high_units_week": rate * 1.13,
                "source": np.where(step % 3 == 0, "history", "model"),
            }
        ),
        "assortment": assortment,
        "limits": limits,
        "positions": positions,
        "shelves": shelves,
        "store_plans": pd.DataFrame(
            {
                "plan_id": [f"plan-{store_id}-c0ffee"],
                "plan": ["feasible"],
                "proof": ["optimal" if number else "within 0.4 %"],
                "objective_week": [objective],
                "bound_week": [objective * 1.003],
                "gap": [0.0 if number else 0.003],
                "seconds": [0.4],
                "facings_added_cost_week": [1.2],
            }
        ),
        "figures": figures,
        "changes": changes,
        "forcing": _forcing(items["item_id"][~placed], items["item_id"][placed]),
    }


def _forcing(absent: pd.Series, listed: pd.Series) -> pd.DataFrame:
    """The first costs 5 and puts the first listed item out, the others at least 3, 2, 1, 0, ..."""
    cost = np.array([5.0, 3.0, 2.0, 1.0, *[0.0] * len(absent)])[: len(absent)]
    return pd.DataFrame(
        {
            "item_id": absent,
            "known": ["exact", *["at least"] * (len(absent) - 1)][: len(absent)],
            "cost_week": cost,
            "least_week": cost,
            "most_week": cost,
            "puts_out": [listed.iloc[0], *[""] * (len(absent) - 1)][: len(absent)],
        }
    )


def _fill_shelves(
    items: pd.DataFrame, fixtures: list[tuple[str, str, int, int, float]]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Stand the items of each fixture type on its shelves in need-group order, first come."""
    waiting = {t: list(f.itertuples()) for t, f in items.groupby("fixture_type", sort=False)}
    shelves, positions = [], []
    for fixture_id, fixture_type, bays, levels, width in fixtures:
        for bay in range(1, bays + 1):
            for shelf in range(1, levels + 1):
                left, position = 0.0, 0
                queue = waiting.get(fixture_type, [])
                while queue:
                    item = queue[0]
                    facings = 1 + (int(item.item_id) % 3)
                    facings = min(facings, int((width - left) / item.facing_width_cm + 1e-9))
                    if facings < 1:
                        break
                    queue.pop(0)
                    position += 1
                    taken = facings * item.facing_width_cm
                    positions.append(
                        (item.item_id, fixture_id, bay, shelf, position, left, taken, facings)
                    )
                    left += taken
                empty = width - left
                note = "the next item is too wide" if empty > 0.05 * width else ""
                shelves.append(
                    (
                        fixture_id,
                        fixture_type,
                        bay,
                        shelf,
                        shelf == levels > 1,
                        width,
                        left,
                        empty,
                        note,
                    )
                )
    return (
        pd.DataFrame(
            shelves,
            columns=[
                "fixture_id",
                "fixture_type",
                "bay",
                "shelf",
                "eye_level",
                "width_cm",
                "used_cm",
                "empty_cm",
                "note",
            ],
        ),
        pd.DataFrame(
            positions,
            columns=[
                "item_id",
                "fixture_id",
                "bay",
                "shelf",
                "position",
                "left_cm",
                "width_cm",
                "facings",
            ],
        ),
    )


def _changes(ids: pd.Series, change: str, before: float, after: float) -> pd.DataFrame:
    first, last = pd.Timestamp("2024-10-05"), pd.Timestamp("2024-10-02")
    return pd.DataFrame(
        {
            "item_id": ids,
            "change": change,
            "facings_before": before,
            "facings_after": after,
            "replaces": "",
            "first_order_date": first if change == "NEW" else pd.NaT,
            "last_order_date": last if change == "OUT" else pd.NaT,
            "run_down_date": last + pd.Timedelta(days=3) if change == "OUT" else pd.NaT,
            "value_week": float("nan") if change == "MOVED" else 10.0 + ids.index.to_numpy(),
            "reason": f"{change.lower()}: worth it here",
            "net_week": float("nan") if change == "MOVED" else 5.0 + ids.index.to_numpy(),
            "net_known": {"NEW": "at the plan's prices", "OUT": "exact"}.get(change, ""),
        }
    ).astype(
        dict.fromkeys(["first_order_date", "last_order_date", "run_down_date"], "datetime64[ns]")
    )


def _value(stores: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    margin = figures.pivot(index="store_id", columns="plan", values="margin_week")
    sales = figures.query("plan == 'local'").set_index("store_id")["sales_week"]
    region = stores.set_index("store_id")["region"]
    rows = []
    for against in ("common", "current"):
        gain = margin["local"] - margin[against]
        groups = [("chain", "Green & Co", gain, sales)]
        groups += [
            ("region", name, gain[region == name], sales[region == name])
            for name in region.unique()
        ]
        groups += [("store", s, gain[[s]], sales[[s]]) for s in stores["store_id"]]
        for level, name, gains, base in groups:
            value = float(gains.sum())
            part = value / float(base.sum())
            rows.append(
                (
                    level,
                    name,
                    against,
                    value,
                    0.5 * value,
                    1.4 * value,
                    value,
                    part,
                    0.01,
                    part > 0.06,
                )
            )
    return pd.DataFrame(
        rows,
        columns=[
            "level",
            "name",
            "against",
            "value_week",
            "low_week",
            "high_week",
            "planned_week",
            "share_of_sales",
            "sales_growth",
            "unusual",
        ],
    )


@pytest.fixture(scope="session")
def contents() -> Contents:
    """A run of two stores, three fixtures each and 16 items, some with evil names."""
    return build_contents()


@pytest.fixture(scope="session")
def four_stores() -> Contents:
    """Four stores of two regions."""
    return build_contents(stores=4)


@pytest.fixture(scope="session")
def crowded() -> Contents:
    """A store with room for few of its items: many are not carried."""
    return build_contents(fixtures=[("T1", "table", 1, 1, 90.0)], stores=1)


@pytest.fixture(scope="session")
def convert(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, str, Path], None]:
    """Convert a workbook with LibreOffice: (workbook, kind such as pdf, folder to write to)."""
    profile = tmp_path_factory.mktemp("office").as_uri()

    def run(path: Path, kind: str, folder: Path) -> None:
        command = ["soffice", f"-env:UserInstallation={profile}", "--headless"]
        command += ["--convert-to", kind, "--outdir", str(folder), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    return run
