"""The bundled greengrocer chain cut down to a few stores, and ways to change its tables."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from planner.assortment.result import Assortment
from planner.assortment.solve_settings import SolveSettings
from planner.demand.estimate import estimate
from planner.demand.result import Demand
from planner.pipeline import PhaseClock, plan, plan_and_place
from planner.shelves.result import Shelves
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs

GREENGROCER = Path(__file__).parents[1] / "data" / "greengrocer"
STORES = ("209", "104", "206", "102")
"""In the order in which they are taken: stores of two regions in turn, whose reasons are soon found
to the exact (203 alone takes as long as all of these)."""
BY_STORE_OR_ITEM = (
    "stores",
    "items",
    "fixtures",
    "signals",
    "segments",
    "segment_index",
    "current_range",
    "promotions",
)
SETTINGS = SolveSettings(gap=0.005, workers=1)
QUICK = replace(SETTINGS, exact_reasons=0)
"""Where no cost of an item and no worth of a limit is looked at: none is solved for exactly."""

SHOP_ITEMS = """\
item_id,item_name,category,need_group,price,unit_cost,facing_width_cm,units_per_facing,\
min_units_per_facing,min_facings,max_facings,case_units,shelf_fills_per_cycle,shelf_life_days,\
store_loss_share,listing_cost_week,facing_cost_week,demand_cv,fixture_type,core,regions
4011,Bananas,fruit,bananas,0.8,0.5,40,30,2,1,3,5,2,5,0.06,1,0.1,0.4,table,yes,
4012,Bananas organic,fruit,bananas,1.2,0.8,30,20,2,1,3,4,2,5,0.06,1,0.1,0.7,table,no,
4020,Apples Gala,fruit,apples,1.0,0.6,20,15,2,1,3,4,2,21,0.04,1,0.1,0.5,table,yes,
4021,Apples Fuji,fruit,apples,1.5,0.9,20,15,1,1,3,4,2,21,0.04,1,0.1,0.6,table,no,
4022,Apples Boskoop,fruit,apples,1.4,0.8,20,15,1,1,3,4,2,21,0.04,1,0.1,0,table,no,North
4023,Apples Granny,fruit,apples,1.3,0.8,20,15,1,1,3,4,2,21,0.04,1,0.1,0.6,table,no,
4061,Lettuce,salads,lettuce,1.1,0.6,30,10,2,1,4,6,2,6,0.1,1,0.2,0.5,wet rack,yes,
4062,Romaine,salads,lettuce,1.6,0.9,25,10,2,1,4,6,2,6,0.1,1,0.2,0.8,wet rack,no,
4063,Endive,salads,lettuce,2.0,1.2,25,10,2,1,4,2,2,6,0.1,1,0.2,1,wet rack,no,
4070,Parsley,salads,herbs,1.2,0.6,10,12,1,1,3,3,2,7,0.1,0.5,0.1,0.8,wet rack,no,
4071,Chives,salads,herbs,1.3,0.6,10,12,1,1,3,3,2,7,0.1,0.5,0.1,0.9,wet rack,no,
4072,Dill,salads,herbs,1.1,0.6,10,12,1,1,3,3,2,7,0.1,0.5,0.1,1,wet rack,no,
"""
SHOP_STORES = """\
store_id,store_name,city,region,budget_week,deliveries_week,max_local_items
7,Harbour,Ahlen,North,500,3,5
8,Market,Ahlen,North,,4,4
9,Station,Bonn,South,400,3,5
"""
SHOP_FIXTURES = """\
store_id,fixture_id,fixture_type,bay,shelf,width_cm,eye_level
7,T1,table,1,1,100,no
7,T1,table,1,2,80,yes
7,W1,wet rack,1,1,110,no
8,T1,table,1,1,120,no
8,W1,wet rack,1,1,90,yes
9,T1,table,1,1,130,no
9,W1,wet rack,1,1,100,yes
"""
SHOP_TOML = 'name = "Corner shops"\ncurrency = "EUR"\nlocale = "de_DE"\nhorizon_weeks = 4\n'
SHOP_LISTS = {
    "7": ("4011", "4012", "4020", "4021", "4022", "4061", "4062", "4070", "4071"),
    "8": ("4011", "4020", "4021", "4023", "4061", "4070"),
    "9": ("4011", "4012", "4020", "4023", "4061", "4063", "4070", "4072"),
}
"""The range that each corner shop has sold all along."""
SHOP_RATES = {"4011": 90, "4012": 25, "4020": 45, "4021": 35, "4022": 22, "4023": 18, "4061": 40,
              "4062": 18, "4063": 14, "4070": 15, "4071": 9, "4072": 6}  # fmt: skip
SHOP_WEEKS = 14


@dataclass(frozen=True)
class Stages:
    """Frozen results of every stage before the outputs."""

    inputs: Inputs
    demand: Demand
    assortment: Assortment
    shelves: Shelves


def corner_shops(path: Path, **changes: str | None) -> Path:
    """Three shops with twelve items: small enough to plan in a second.

    ``changes``: table name -> other CSV text, or None to leave the table out.
    """
    tables: dict[str, str | None] = {
        "items": SHOP_ITEMS,
        "stores": SHOP_STORES,
        "fixtures": SHOP_FIXTURES,
        "sales": shop_sales(),
    }
    path.mkdir(parents=True)
    (path / "chain.toml").write_text(SHOP_TOML)
    for name, text in (tables | changes).items():
        if text is not None:
            (path / f"{name}.csv").write_text(text)
    return path


def shop_sales(stores: tuple[str, ...] = ("7", "8", "9"), revenue: bool = True) -> str:
    """Weekly sales of the corner shops: Poisson draws around fixed rates, always the same."""
    random = np.random.default_rng(5)
    price = {line.split(",")[0]: float(line.split(",")[4]) for line in SHOP_ITEMS.splitlines()[1:]}
    lines = ["store_id,item_id,week,units" + (",revenue" if revenue else "")]
    for size, store in zip((1.3, 0.8, 1.0), ("7", "8", "9"), strict=True):
        for item in SHOP_LISTS[store]:
            for week in pd.date_range("2026-01-05", periods=SHOP_WEEKS, freq="7D"):
                units = random.poisson(size * SHOP_RATES[item])
                money = f",{units * price[item]:.2f}" if revenue else ""
                if store in stores:
                    lines.append(f"{store},{item},{week:%Y-%m-%d},{units}{money}")
    return "\n".join(lines) + "\n"


def stages_of(
    data: Path, *, locks: Path | None = None, settings: SolveSettings = SETTINGS
) -> Stages:
    """Every stage of the main job but the outputs."""
    inputs = read_inputs(data, locks=locks)
    demand = estimate(inputs, weeks=inputs.chain.horizon_weeks)
    assortment, shelves = plan_and_place(inputs, demand, settings, PhaseClock())
    return Stages(inputs, demand, assortment, shelves)


def small_greengrocer(path: Path, stores: int = 4) -> Path:
    """The greengrocer chain with only its first few small stores, as CSV and Parquet.

    Items that can only be bought in regions without a store are left out with all their rows.
    """
    path.mkdir(parents=True)
    for name in ("chain.toml", "suppliers.csv", "range_rules.csv"):
        shutil.copy(GREENGROCER / name, path / name)
    tables = {
        name: pd.read_csv(GREENGROCER / f"{name}.csv", dtype=str, keep_default_na=False)
        for name in BY_STORE_OR_ITEM
    }
    kept = STORES[:stores]
    sites, items = tables["stores"], tables["items"]
    regions = set(sites.loc[sites["store_id"].isin(kept), "region"])
    items["regions"] = [_known(listed, regions) for listed in items["regions"]]
    gone = set(items.loc[items["regions"] == "nowhere", "item_id"])
    tables["sales"] = pd.read_parquet(GREENGROCER / "sales.parquet")
    for name, frame in tables.items():
        part = frame
        if "store_id" in part:
            part = part[part["store_id"].isin([*kept, ""])]
        if "item_id" in part:
            part = part[~part["item_id"].isin(gone)]
        if name == "sales":
            part.to_parquet(path / "sales.parquet", index=False)
        else:
            part.to_csv(path / f"{name}.csv", index=False)
    return path


def _known(listed: str, regions: set[str]) -> str:
    if not listed:
        return ""
    return ";".join(name for name in listed.split(";") if name in regions) or "nowhere"


def plan_of(data: Path, out: Path, settings: SolveSettings = SETTINGS, **options: object) -> Path:
    """The run folder of a chain planned in this process."""
    return plan(data, out, settings=settings, **options)[0]  # type: ignore[arg-type]


def table(run: Path, name: str) -> pd.DataFrame:
    """One table of a run."""
    return pd.read_parquet(run / "tables" / f"{name}.parquet")


def same_tables(run: Path, other: Path) -> None:
    """Assert that every table of two runs is there in both, and the same to the byte."""
    folders = [run / "tables", other / "tables"]
    one, two = ({path.name: path.read_bytes() for path in f.iterdir()} for f in folders)
    assert sorted(one) == sorted(two)
    assert [name for name in sorted(one) if one[name] != two[name]] == []
