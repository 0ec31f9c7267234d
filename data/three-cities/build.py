"""Builds this folder's tables from the weekly FreshRetailNet-50K slice.

    python build.py FOLDER [--out FOLDER]

FOLDER holds the slice: store_product_week.parquet, stores.csv, products.csv, store_week.parquet.
README.md beside this file says where the slice comes from and what is changed here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

CITIES = (6, 12, 16)
FIRST_DAY = pd.Timestamp("2024-03-28")
CORE_SHARE = 0.6
SLOT_CM = 10
SLOTS_PER_SHELF = 10
SHELVES_PER_BAY = 5
SIGNALS = {
    "precpt": "precipitation_mm_day",
    "avg_temperature": "temperature_c",
    "avg_humidity": "humidity_pct",
    "avg_wind_level": "wind_level",
    "holiday_days": "holiday_days",
}


def read_pairs(folder: Path) -> pd.DataFrame:
    """Store x item x week rows of the three cities, ids as text, with the city's name."""
    stores = pd.read_csv(folder / "stores.csv")
    rows = pd.read_parquet(folder / "store_product_week.parquet").merge(stores, on="store_id")
    rows = rows[rows.city_id.isin(CITIES)].sort_values(["store_id", "product_id", "week"])
    rows["region"] = "City " + rows.city_id.astype(str)
    return rows.reset_index(drop=True)


def with_week(rows: pd.DataFrame) -> pd.Series:
    """First day of the week as a date (Thursdays, as published)."""
    days = pd.to_timedelta(rows.week.astype(int) * 7, unit="D")
    return (FIRST_DAY + days).dt.date


def sales_table(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "store_id": rows.store_id.astype(str),
            "item_id": rows.product_id.astype(str),
            "week": with_week(rows),
            "units": rows.units_in_stock.astype(float).round(2),
            "days_in_stock": rows.exposure_days.astype(float).clip(0, 7).round(4),
            "promo_days": rows.promo_days.astype(int),
            "discount": (1 - rows.discount.astype(float)).clip(0, 1).round(4),
        }
    )


def core_items(rows: pd.DataFrame) -> set[int]:
    """Items found in at least 60 % of the stores of every one of the cities."""
    stores_with = rows.groupby(["product_id", "city_id"]).store_id.nunique().unstack(fill_value=0)
    presence = stores_with / rows.groupby("city_id").store_id.nunique()
    return set(presence.index[(presence >= CORE_SHARE).all(axis=1)])


def items_table(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    core = core_items(rows)
    regions = rows.sort_values(["product_id", "city_id"]).groupby("product_id").region.unique()
    products = pd.read_csv(folder / "products.csv").set_index("product_id").loc[regions.index]
    ids = regions.index.astype(int)
    return pd.DataFrame(
        {
            "item_id": ids.astype(str),
            "item_name": [f"Fresh item {i}" for i in ids],
            "category": [f"category {c}" for c in products.first_category_id],
            "need_group": [f"group {g}" for g in products.second_category_id],
            "price": 1,
            "unit_cost": 0,
            "facing_width_cm": SLOT_CM,
            "min_facings": 1,
            "max_facings": 1,
            "demand_cv": 0,
            "fixture_type": "slot",
            "core": ["yes" if i in core else "no" for i in ids],
            "regions": [";".join(names) for names in regions],
        }
    )


def stores_table(rows: pd.DataFrame) -> pd.DataFrame:
    stores = rows[["store_id", "region"]].drop_duplicates().sort_values("store_id")
    return pd.DataFrame(
        {
            "store_id": stores.store_id.astype(str),
            "store_name": "Store " + stores.store_id.astype(str),
            "city": stores.region,
            "region": stores.region,
            "deliveries_week": 7,
        }
    )


def fixtures_table(rows: pd.DataFrame) -> pd.DataFrame:
    """As many slots as the store's present number of items, laid out as shelves of ten slots."""
    shelves = []
    for store, n_items in rows.groupby("store_id").product_id.nunique().items():
        for number, first in enumerate(range(0, n_items, SLOTS_PER_SHELF)):
            shelves.append(
                {
                    "store_id": str(store),
                    "fixture_id": "slots",
                    "fixture_type": "slot",
                    "bay": number // SHELVES_PER_BAY + 1,
                    "shelf": number % SHELVES_PER_BAY + 1,
                    "width_cm": SLOT_CM * min(SLOTS_PER_SHELF, n_items - first),
                }
            )
    return pd.DataFrame(shelves)


def current_range_table(rows: pd.DataFrame) -> pd.DataFrame:
    pairs = rows[["store_id", "product_id"]].drop_duplicates()
    return pd.DataFrame(
        {
            "store_id": pairs.store_id.astype(str),
            "item_id": pairs.product_id.astype(str),
            "facings": 1,
        }
    )


def signals_table(rows: pd.DataFrame, folder: Path) -> pd.DataFrame:
    """Weather and holidays by store and week, one row a signal."""
    wide = pd.read_parquet(folder / "store_week.parquet")
    wide = wide[wide.store_id.isin(rows.store_id.unique())].rename(columns=SIGNALS)
    long = wide.melt(["store_id", "week"], list(SIGNALS.values()), "signal", "value")
    long = long.sort_values(["store_id", "signal", "week"]).reset_index(drop=True)
    return pd.DataFrame(
        {
            "store_id": long.store_id.astype(str),
            "signal": long.signal,
            "value": long.value.round(3),
            "week": with_week(long),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slice", type=Path, help="folder of the FreshRetailNet weekly slice")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent)
    arguments = parser.parse_args()
    rows = read_pairs(arguments.slice)
    arguments.out.mkdir(parents=True, exist_ok=True)
    sales_table(rows).to_parquet(arguments.out / "sales.parquet", index=False, compression="zstd")
    tables = {
        "items": items_table(rows, arguments.slice),
        "stores": stores_table(rows),
        "fixtures": fixtures_table(rows),
        "signals": signals_table(rows, arguments.slice),
        "current_range": current_range_table(rows),
    }
    for name, table in tables.items():
        table.to_csv(arguments.out / f"{name}.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
