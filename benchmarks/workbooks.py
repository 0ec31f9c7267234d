"""How long it takes to write the files of many stores, and in how much memory.

python benchmarks/workbooks.py [--stores 500] [--items 80] [--workers 2] [--chain] [--keep FOLDER]

Made-up stores that list so many items of half as many more, each on a shelf with three others;
the workbook and the .psa file of each are made by the writer of a run, in its workers, and stored
with the table of all cells as a run does; with --chain the workbook of the chain instead. Seconds
are of the clock; CPU seconds are of all processes, and do not depend on what else the machine is
at. Memory is the peak of the largest process when so many files were done: flat is what it should
be.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from planner.memory import peak_memory_mb
from planner.outputs.contents import ORDERS, Contents, Stamp
from planner.outputs.slices import only, split_by_store
from planner.outputs.workbook.chain import SHOWN
from planner.run_files import (
    CHAIN_WORKBOOK,
    FOLDERS,
    CellsTable,
    ChainWorkbookJob,
    FileJob,
    StoreFilesJob,
    make_files,
)
from planner.workers import store_executor

TYPES = ("wet rack", "multideck", "table", "bin")
ITEMS_A_SHELF = 4
SHELF_WIDTH_CM = 200.0
MEASURED_AT = (100, 300, 500)
WHY_IN = (
    "Adds 12.40 a week after what it takes from others; sells 34 units a week, 9 % of its group"
)
WHY_OUT = "Its 30 cm are worth 4.10 a week more to other items; without it 61 % of its buyers stay"


def chain_contents(stores: int, items: int, seed: int) -> Contents:
    """Made-up contents of a run: every store lists ``items`` of half as many more."""
    rng = np.random.default_rng(seed)
    table = _items(items + items // 2, rng)
    ids = [f"{1001 + k}" for k in range(stores)]
    parts: dict[str, list[pd.DataFrame]] = {}
    for store in ids:
        for name, frame in _store(table, items, rng).items():
            frame.insert(0, "store_id", store)
            parts.setdefault(name, []).append(frame)
    frames = {name: pd.concat(own, ignore_index=True) for name, own in parts.items()}
    margin = float(frames["figures"].query("plan == 'local'")["margin_week"].sum())
    return Contents(
        stamp=Stamp(
            run_id="benchmark",
            chain_name="Made-up chain",
            scenario="base",
            currency="EUR",
            locale="en_IE",
            data_date=pd.Timestamp("2026-01-04"),
            valid_from=pd.Timestamp("2026-01-05"),
            valid_to=pd.Timestamp("2026-02-01"),
            plan="feasible",
            proof="within 0.4 %",
            objective="margin",
            objective_week=margin,
            bound_week=margin * 1.003,
            gap=0.003,
            planner_version="0",
        ),
        items=table,
        stores=pd.DataFrame(
            {
                "store_id": ids,
                "store_name": [f"Market street {k}" for k in range(stores)],
                "city": [f"City {k % 20}" for k in range(stores)],
                "region": [f"Region {k % 5}" for k in range(stores)],
                "deliveries_week": 4.0,
            }
        ),
        recapture=pd.DataFrame({"need_group": table["need_group"].unique()}).assign(
            recapture_share=0.4, low_share=0.2, high_share=0.6, source="estimated", items=4
        ),
        signal_effects=pd.DataFrame(columns=["item_id", "signal", "effect", "low", "high",
                                             "moves"]),
        assumptions=pd.DataFrame(
            {"weight": "assumed", "stage": "tables",
             "subject": [f"items.column_{k}" for k in range(40)],
             "text": "not given: what the documentation says is used instead", "count": 100,
             "survived": False}
        ),
        backtest=pd.DataFrame(),
        value=_value(pd.Series(ids)),
        orders=orders_of(frames["assortment"], table),
        **frames,
    )  # fmt: skip


def _items(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """As many items of each fixture type as of any other."""
    number = np.arange(count)
    price = rng.uniform(0.5, 6.0, count).round(2)
    return pd.DataFrame(
        {
            "item_id": [f"{4001 + k}" for k in number],
            "item_name": [f"Item {k} of the season, loose or by the bunch" for k in number],
            "category": [f"Category {k % 6}" for k in number],
            "need_group": [f"Need group {k // 8 + 1}" for k in number],
            "price": price,
            "unit_cost": (price * 0.6).round(2),
            "unit": "each",
            "facing_width_cm": 10.0 + 5.0 * (number % 7),
            "units_per_facing": 12.0,
            "case_units": 6.0,
            "fixture_type": [TYPES[k % len(TYPES)] for k in number],
            "core": number % 3 == 0,
            "supplier_id": [f"supplier-{k % 20:02}" for k in number],
            "shelf_life_days": 7.0,
            "shelf_fills_per_cycle": 1.0,
            "organic": number % 5 == 0,
            "origin": [("Spain", "Italy", "")[k % 3] for k in number],
            "colour": "",
        }
    )


def _store(items: pd.DataFrame, listed: int, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """The tables of one store, without its id."""
    chosen = np.zeros(len(items), dtype=bool)
    for kind in TYPES:
        of_kind = np.flatnonzero((items["fixture_type"] == kind).to_numpy())
        chosen[rng.choice(of_kind, listed // len(TYPES), replace=False)] = True
    shelves, positions = _placed(items[chosen])
    number = np.arange(len(items))
    status = np.select([chosen & (number % 4 == 1), chosen, number % 4 == 2],
                       ["NEW", "KEEP", "OUT"], "NOT CARRIED")  # fmt: skip
    demand = rng.uniform(5, 60, len(items))
    sold = np.where(chosen, demand * 0.96, 0.0)
    waste = np.where(chosen, demand * 0.06, 0.0)
    spend = (sold + waste) * items["unit_cost"].to_numpy()
    sales = sold * items["price"].to_numpy()
    facings = items["item_id"].map(positions.set_index("item_id")["facings"]).fillna(0.0)
    assortment = pd.DataFrame(
        {
            "item_id": items["item_id"],
            "core": items["core"],
            "listed": chosen,
            "facings": facings.to_numpy(),
            "stock_units_cycle": np.where(chosen, 12.0 + number % 9, 0.0),
            "demand_units_week": np.where(chosen, demand, 0.0),
            "sold_units_week": sold,
            "waste_units_week": waste,
            "sales_week": sales,
            "margin_week": sales - spend,
            "status": status,
            "reason": np.where(chosen, WHY_IN, WHY_OUT),
        }
    )
    changed = np.flatnonzero((status == "NEW") | (status == "OUT"))
    new = status[changed] == "NEW"
    changes = pd.DataFrame(
        {
            "item_id": items["item_id"].to_numpy()[changed],
            "change": status[changed],
            "facings_before": np.where(new, 0.0, 2.0),
            "facings_after": np.where(new, 2.0, 0.0),
            "replaces": "",
            "first_order_date": np.where(new, np.datetime64("2026-01-05", "ns"),
                                         np.datetime64("NaT", "ns")),
            "last_order_date": np.where(new, np.datetime64("NaT", "ns"),
                                        np.datetime64("2026-01-04", "ns")),
            "run_down_date": np.where(new, np.datetime64("NaT", "ns"),
                                      np.datetime64("2026-01-06", "ns")),
            "value_week": 3.5,
            "reason": np.where(new, WHY_IN, WHY_OUT),
        }
    )  # fmt: skip
    return {
        "demand": pd.DataFrame(
            {"item_id": items["item_id"], "demand_units_week": demand,
             "se_units_week": demand * 0.1, "low_units_week": demand * 0.9,
             "high_units_week": demand * 1.1, "source": "history"}
        ),
        "assortment": assortment,
        "limits": pd.DataFrame(
            {"limit": [*(f"shelf_cm:{kind}" for kind in TYPES), "budget_week"],
             "unit": [*("cm" for _ in TYPES), "money/week"], "used": 900.0, "available": 1000.0,
             "shadow_price": 0.4}
        ),
        "positions": positions,
        "shelves": shelves,
        "store_plans": pd.DataFrame(
            {"plan_id": ["benchmark"], "plan": ["feasible"], "proof": ["optimal"],
             "objective_week": [float((sales - spend).sum())],
             "bound_week": [float((sales - spend).sum())], "gap": [0.0],
             "facings_added_cost_week": [2.5]}
        ),
        "figures": pd.DataFrame(
            {"plan": ["local", "common", "current"], "listed_items": float(listed),
             "local_items": float((chosen & ~items["core"]).sum()),
             "sold_units_week": sold.sum(), "waste_units_week": waste.sum(),
             "sales_week": sales.sum() * np.array([1, 0.98, 0.97]),
             "margin_week": (sales - spend).sum() * np.array([1, 0.97, 0.96]),
             "margin_before_waste_week": (sales - spend).sum() * 1.05,
             "spend_week": spend.sum(), "shelf_used_share": 0.95}
        ),
        "changes": changes,
        "forcing": pd.DataFrame(
            {"item_id": items["item_id"][~chosen].to_numpy(), "known": "exact", "cost_week": 4.5,
             "least_week": 4.5, "most_week": 4.5, "puts_out": items["item_id"][chosen].iloc[0]}
        ),
    }  # fmt: skip


def _placed(items: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Shelves and positions: four items a shelf, as many facings as then fit."""
    shelves, positions = [], []
    for kind, own in items.groupby("fixture_type", sort=False):
        records = list(zip(own["item_id"], own["facing_width_cm"], strict=True))
        for first in range(0, len(records), ITEMS_A_SHELF):
            shelf, left = first // ITEMS_A_SHELF + 1, 0.0
            for position, (item, width) in enumerate(records[first : first + ITEMS_A_SHELF], 1):
                facings = max(1, min(3, int(SHELF_WIDTH_CM / ITEMS_A_SHELF / width)))
                taken = facings * width
                positions.append((item, kind, 1, shelf, position, left, taken, facings))
                left += taken
            shelves.append((kind, kind, 1, shelf, shelf == 3, SHELF_WIDTH_CM, left,
                            SHELF_WIDTH_CM - left, ""))  # fmt: skip
    names = ["fixture_id", "fixture_type", "bay", "shelf", "eye_level", "width_cm", "used_cm",
             "empty_cm", "note"]  # fmt: skip
    places = ["item_id", "fixture_id", "bay", "shelf", "position", "left_cm", "width_cm", "facings"]
    return pd.DataFrame(shelves, columns=names), pd.DataFrame(positions, columns=places)


def orders_of(assortment: pd.DataFrame, items: pd.DataFrame, loss: float = 1.0) -> pd.DataFrame:
    """What all stores buy of each item, ``loss`` times what reaches their shelves."""
    listed = assortment[assortment["listed"]]
    units = listed.groupby("item_id", as_index=False).agg(
        stores=("store_id", "size"),
        sold_units_week=("sold_units_week", "sum"),
        waste_units_week=("waste_units_week", "sum"),
    )
    about = units.merge(items[["item_id", "supplier_id", "unit_cost"]], on="item_id")
    bought = about["sold_units_week"] + about["waste_units_week"]
    return about.assign(spend_week=loss * about["unit_cost"] * bought)[list(ORDERS)]


def _value(stores: pd.Series[str]) -> pd.DataFrame:
    """What going local is worth to every store."""
    one = pd.DataFrame({"against": ["common", "current"]}).assign(
        level="store", value_week=40.0, low_week=10.0, high_week=70.0, share_of_sales=0.02,
        sales_growth=0.02, unusual=False,
    )  # fmt: skip
    return stores.rename("name").to_frame().merge(one, how="cross")


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--stores", type=int, default=500)
    parser.add_argument("--items", type=int, default=80)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--chain", action="store_true", help="the workbook of all stores instead")
    parser.add_argument("--keep", type=Path, help="keep the files in this folder")
    asked = parser.parse_args()
    contents = chain_contents(asked.stores, asked.items, asked.seed)
    parts = split_by_store(contents)
    jobs: list[FileJob] = [StoreFilesJob(part, store) for store, part in parts.items()]
    names = [f"planograms/{store}.xlsx" for store in parts]
    if asked.chain:
        jobs, names = [ChainWorkbookJob(only(contents, SHOWN))], [CHAIN_WORKBOOK]
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)
        before, start = cpu_seconds(), time.perf_counter()
        with (
            store_executor(asked.workers) as executor,
            CellsTable(folder / "cells.parquet", names, "benchmark") as cells,
        ):
            for done, (_, files) in enumerate(executor.map_stores(make_files, jobs), start=1):
                for made in files:
                    (folder / made.name).write_bytes(made.content)
                    if made.cells is not None:
                        cells.add(made.name, made.cells)
                if done in MEASURED_AT or done == len(jobs):
                    here, there = peak_memory_mb() or 0.0, executor.peak_memory_mb
                    print(
                        f"{done} files: {time.perf_counter() - start:.1f} s, peak memory of this "
                        f"process {here:.0f} MB, of a worker {there:.0f} MB",
                        flush=True,
                    )
        seconds, cpu = time.perf_counter() - start, cpu_seconds() - before
        size = sum((folder / name).stat().st_size for name in names)
    print(
        f"{len(jobs)} workbooks of {asked.items} items in {seconds:.1f} s with {asked.workers} "
        f"workers, {1000 * seconds / len(jobs):.0f} ms each; {cpu:.1f} CPU seconds, "
        f"{1000 * cpu / len(jobs):.0f} ms each; {size / len(jobs) / 1024:.0f} kB each"
    )


if __name__ == "__main__":
    main()
