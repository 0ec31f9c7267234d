"""A chain of any size, from a seed: store problems with known demand, or a folder of tables.

python benchmarks/generated_chain.py FOLDER --stores 50 [--items 300] [--groups 40] [--segments 1]
        [--seed 1] [--weeks 10] [--uncoupled]
    writes the tables of a chain with a chain budget, suppliers' minimum and maximum orders and
    min_stores (none of them with --uncoupled), for `planner plan FOLDER`.

Shoppers choose inside need groups by a general attraction model, each store with its own size,
region and taste; what a store sells today comes from its own range. Nothing in it is real.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from planner.assortment.problem import StoreProblem

FIXTURE_TYPES = ("wet rack", "multideck", "table", "bin")
FIXTURE_SHARES = (0.35, 0.3, 0.25, 0.1)
REGIONS = ("North", "East", "South", "West")
SUPPLIERS = 12
FIRST_WEEK = "2026-08-31"
STAYS = 0.5
"""Share of a missing item's attraction that is lost with it (its shadow attraction), unless asked
otherwise."""
BUDGET_SHARES = (0.8, 0.95, 1.1)
"""Of what today's range spends: stores' budgets in turn."""
CHAIN_BUDGET_SHARE = 0.93
SHELF_WIDTH_CM = 120


@dataclass(frozen=True)
class Market:
    """Items, stores and what shoppers want; arrays are [segment, store, item] or parts of it."""

    items: pd.DataFrame
    stores: pd.DataFrame
    group_of_item: np.ndarray
    shares: np.ndarray
    """[store, segment] share of the customers."""
    index: np.ndarray
    """[segment, item] 1 = average."""
    attraction: np.ndarray
    potential: np.ndarray
    """[segment, store, group] units a week."""
    no_purchase: np.ndarray
    """[segment, group]"""
    shelf_cm: np.ndarray
    """[store, fixture type]"""
    in_range: np.ndarray
    """[store, item] what stores sell today."""
    buyable: np.ndarray
    """[store, item]"""
    stays: float
    """Share of a missing item's attraction that is lost with it."""

    def sold_units_week(self) -> np.ndarray:
        """[store, item] mean units a week with today's range, always in stock."""
        total = np.zeros(self.in_range.shape)
        groups = np.eye(self.potential.shape[2])[self.group_of_item]
        for g in range(len(self.index)):
            v = self.attraction[g]
            drawn = (v * np.where(self.in_range, 1.0, self.stays)) @ groups + self.no_purchase[g]
            rate = self.potential[g] / drawn
            total += v * self.in_range * rate[:, self.group_of_item]
        return total


def market(
    seed: int,
    stores: int,
    items: int = 300,
    groups: int = 40,
    segments: int = 1,
    *,
    stores_know: bool = True,
    stays: float = STAYS,
) -> Market:
    """A chain; the same seed and sizes give the same, and more stores leave the items alone.

    ``stores_know``: today's ranges follow what each store's own shoppers like, which the sales
    cannot tell the planner of what is not listed; else what is popular in the chain.
    """
    table, group_of_item = _items(np.random.default_rng([seed, 1]), items, groups)
    taste = np.random.default_rng([seed, 2])
    popular = taste.lognormal(0.0, 0.8, items)
    wanted = taste.lognormal(0.0, 0.5, groups) * 9000 / groups
    index = taste.lognormal(0.0, 0.6 if segments > 1 else 0.0, (segments, items))
    region_taste = taste.lognormal(0.0, 0.3, (len(REGIONS), items))
    rng = np.random.default_rng([seed, 3])
    region = np.arange(stores) % len(REGIONS)
    size = rng.lognormal(0.0, 0.3, stores)
    shares = rng.dirichlet(np.full(segments, 2.0), stores)
    local = region_taste[region] * rng.lognormal(0.0, 0.4, (stores, items))
    here = table["regions"].to_numpy()
    buyable = (here[None, :] == "") | (here[None, :] == np.array(REGIONS)[region][:, None])
    attraction = popular * index[:, None, :] * local * buyable
    potential = shares.T[:, :, None] * size[:, None] * wanted
    members = np.eye(groups)[group_of_item]
    no_purchase = 0.25 * (popular * index) @ members
    places = np.array([FIXTURE_TYPES.index(kind) for kind in table["fixture_type"]])
    needs = np.bincount(places, table["facing_width_cm"], len(FIXTURE_TYPES))
    room = 0.55 * needs * size[:, None] ** 0.5 * rng.uniform(0.85, 1.15, (stores, len(needs)))
    shelf_cm = np.maximum(2, np.round(room / SHELF_WIDTH_CM)) * SHELF_WIDTH_CM
    core = (table["core"] == "yes").to_numpy()
    liked = popular * (local if stores_know else np.ones_like(local))
    in_range = _ranges_today(rng, table, places, shelf_cm, core, liked, buyable)
    found = Market(
        items=table,
        stores=pd.DataFrame(
            {
                "store_id": [f"{1001 + s}" for s in range(stores)],
                "region": np.array(REGIONS)[region],
                "deliveries_week": rng.integers(3, 7, stores),
            }
        ),
        group_of_item=group_of_item,
        shares=shares,
        index=index,
        attraction=attraction,
        potential=potential,
        no_purchase=no_purchase,
        shelf_cm=shelf_cm,
        in_range=in_range,
        buyable=buyable,
        stays=stays,
    )
    cost = (table["unit_cost"] / (1 - table["store_loss_share"])).to_numpy()
    spends = found.sold_units_week() @ cost
    budget = spends * np.array(BUDGET_SHARES)[np.arange(stores) % len(BUDGET_SHARES)]
    found.stores["budget_week"] = budget.round()
    return found


def _items(rng: np.random.Generator, items: int, groups: int) -> tuple[pd.DataFrame, np.ndarray]:
    least = min(3, items // groups)
    more = rng.multinomial(items - least * groups, rng.dirichlet(np.full(groups, 4.0)))
    group = np.repeat(np.arange(groups), least + more)
    kind_of_group = rng.choice(len(FIXTURE_TYPES), groups, p=FIXTURE_SHARES)
    kind_of_group[: len(FIXTURE_TYPES)] = range(len(FIXTURE_TYPES))
    price = rng.lognormal(0.6, 0.45, items).round(2) + 0.2
    first = np.r_[True, group[1:] != group[:-1]]
    local = ~first & (rng.random(items) < 0.1)
    table = pd.DataFrame(
        {
            "item_id": [f"{4001 + i}" for i in range(items)],
            "item_name": [f"Item {4001 + i}" for i in range(items)],
            "category": [f"Category {g // 5 + 1}" for g in group],
            "need_group": [f"Need {g + 1}" for g in group],
            "price": price,
            "unit_cost": (price * rng.uniform(0.5, 0.72, items)).round(2),
            "facing_width_cm": 5 * rng.integers(3, 9, items),
            "units_per_facing": rng.integers(4, 16, items),
            "min_units_per_facing": rng.integers(1, 4, items),
            "min_facings": 1,
            "max_facings": rng.integers(3, 7, items),
            "case_units": rng.integers(4, 13, items),
            "shelf_fills_per_cycle": 2,
            "shelf_life_days": rng.integers(4, 21, items),
            "store_loss_share": rng.uniform(0.03, 0.1, items).round(3),
            "listing_cost_week": rng.uniform(0.5, 2.0, items).round(2),
            "facing_cost_week": rng.uniform(0.1, 0.3, items).round(2),
            "demand_cv": rng.uniform(0.3, 0.9, items).round(2),
            "fixture_type": np.array(FIXTURE_TYPES)[kind_of_group[group]],
            # One item of each need group is core; some others can be bought in one region alone.
            "core": np.where(first, "yes", "no"),
            "supplier_id": [f"supplier-{k + 1:02}" for k in rng.integers(0, SUPPLIERS, items)],
            "regions": np.where(local, rng.choice(REGIONS, items), ""),
            "organic": np.where(rng.random(items) < 0.2, "yes", "no"),
        }
    )
    return table, group


def _ranges_today(rng, items, places, shelf_cm, core, liked, buyable) -> np.ndarray:
    """Core, then local items at random, liked ones first, until the shelves are nearly full."""
    width = items["facing_width_cm"].to_numpy()
    in_range = np.repeat(core[None, :], len(shelf_cm), axis=0)
    for s, room in enumerate(shelf_cm):
        left = 0.75 * room - np.bincount(places, width * core, len(room))
        order = np.argsort(-np.log(liked[s]) + rng.gumbel(0.0, 1.0, len(width)), kind="stable")
        for i in order:
            if not in_range[s, i] and buyable[s, i] and width[i] <= left[places[i]]:
                in_range[s, i] = True
                left[places[i]] -= width[i]
    return in_range


def store_problem(chain: Market, store: int) -> StoreProblem:
    """The program of one store, with the demand that is true."""
    items, row = chain.items, chain.stores.iloc[store]
    column = {name: items[name].to_numpy(np.float64) for name in items if name not in _TEXTS}
    cycle_days = 7 / float(row["deliveries_week"])
    none = np.zeros(len(items), dtype=bool)
    groups = chain.potential.shape[2]
    waste = np.minimum(
        1.0, 1 - np.exp(-cycle_days / column["shelf_life_days"]) + column["store_loss_share"]
    )
    return StoreProblem(
        store_id=str(row["store_id"]),
        deliveries_week=float(row["deliveries_week"]),
        segments=tuple(f"segment-{g + 1}" for g in range(len(chain.index))),
        need_groups=tuple(f"Need {n + 1}" for n in range(groups)),
        item_ids=tuple(items["item_id"]),
        group_of_item=chain.group_of_item.astype(np.int64),
        potential_units_week=chain.potential[:, store],
        no_purchase_attraction=chain.no_purchase,
        attraction=chain.attraction[:, store],
        shadow_attraction=chain.stays * chain.attraction[:, store],
        price=column["price"],
        unit_cost=column["unit_cost"],
        spend_cost=column["unit_cost"],
        sales_price=column["price"],
        waste_share=waste,
        demand_cv=column["demand_cv"],
        fixture_type=tuple(items["fixture_type"]),
        facing_width_cm=column["facing_width_cm"],
        units_per_facing=column["units_per_facing"],
        shelf_fills_per_cycle=column["shelf_fills_per_cycle"],
        min_units_per_facing=column["min_units_per_facing"],
        min_stock_units=column["case_units"],
        min_supply_cycles=np.zeros(len(items)),
        min_facings=items["min_facings"].to_numpy(np.int64),
        max_facings=items["max_facings"].to_numpy(np.int64),
        listing_cost_week=column["listing_cost_week"],
        listing_money_week=column["listing_cost_week"],
        facing_cost_week=column["facing_cost_week"],
        facing_money_week=column["facing_cost_week"],
        core=(items["core"] == "yes").to_numpy(),
        locked_in=none,
        locked_out=~chain.buyable[store],
        shelf_cm=dict(zip(FIXTURE_TYPES, map(float, chain.shelf_cm[store]), strict=True)),
        budget_week=float(row["budget_week"]),
        max_local_items=np.inf,
        min_sales_week=-np.inf,
        range_limits=(),
    )


_TEXTS = {"item_id", "item_name", "category", "need_group", "fixture_type", "core", "supplier_id",
          "regions", "organic"}  # fmt: skip


def suppliers_table(chain: Market) -> pd.DataFrame:
    """Limits that a chain like this has to struggle with, from what it orders today.

    Three suppliers ask for about what they sell today, one cannot deliver all of it, and local
    items of five more are worth a delivery only for a twentieth of the stores.
    """
    units = chain.sold_units_week().sum(axis=0) / (1 - chain.items["store_loss_share"])
    by_supplier = chain.items[["supplier_id"]].assign(
        units=units, money=units * chain.items["unit_cost"]
    )
    today = (
        by_supplier.groupby("supplier_id")
        .sum()
        .reindex([f"supplier-{k + 1:02}" for k in range(SUPPLIERS)], fill_value=0.0)
    )
    table = today.reset_index()[["supplier_id"]]
    share = np.array([0.9, 1.0, 1.05] + [np.nan] * (SUPPLIERS - 3))
    table["min_order_week"] = (share * today["money"].to_numpy()).round()
    most = np.where(np.arange(SUPPLIERS) == 3, 0.95 * today["units"].to_numpy(), np.nan)
    table["max_units_week"] = most.round()
    several = max(2, -(-len(chain.stores) // 20))
    few = (np.arange(SUPPLIERS) >= 4) & (np.arange(SUPPLIERS) < 9)
    table["min_stores"] = pd.Series(np.where(few, several, None), dtype="Int64")
    return table


def chain_budget_week(chain: Market) -> float:
    """A budget that binds: less than what today's ranges spend."""
    cost = (chain.items["unit_cost"] / (1 - chain.items["store_loss_share"])).to_numpy()
    spends = chain.sold_units_week() @ cost
    return float(round(CHAIN_BUDGET_SHARE * np.minimum(spends, chain.stores["budget_week"]).sum()))


def write_chain(
    chain: Market, folder: Path, seed: int, weeks: int = 10, *, coupled: bool = True
) -> None:
    """Write the tables of the chain: what `planner plan` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    about = 'name = "Generated chain"\ncurrency = "EUR"\nlocale = "en_IE"\nhorizon_weeks = 4\n'
    if coupled:
        about += f"budget_week = {chain_budget_week(chain):.0f}\n"
    (folder / "chain.toml").write_text(about)
    chain.items.to_csv(folder / "items.csv", index=False)
    chain.stores.to_csv(folder / "stores.csv", index=False)
    suppliers = suppliers_table(chain)
    suppliers = suppliers if coupled else suppliers[["supplier_id"]]
    suppliers.to_csv(folder / "suppliers.csv", index=False)
    _fixtures(chain).to_csv(folder / "fixtures.csv", index=False)
    store, item = np.nonzero(chain.in_range)
    ids = chain.stores["store_id"].to_numpy(), chain.items["item_id"].to_numpy()
    today = pd.DataFrame({"store_id": ids[0][store], "item_id": ids[1][item]})
    today.to_csv(folder / "current_range.csv", index=False)
    if len(chain.index) > 1:
        _write_segments(chain, folder)
    rate = chain.sold_units_week()[store, item]
    rng = np.random.default_rng([seed, 4])
    days = pd.date_range(FIRST_WEEK, periods=weeks, freq="7D").strftime("%Y-%m-%d")
    price = chain.items["price"].to_numpy()[item]
    parts = []
    for day in days:
        units = rng.poisson(rate)
        parts.append(today.assign(week=day, units=units, revenue=(units * price).round(2)))
    pd.concat(parts, ignore_index=True).to_parquet(folder / "sales.parquet", index=False)


def _fixtures(chain: Market) -> pd.DataFrame:
    rows = []
    for store, room in zip(chain.stores["store_id"], chain.shelf_cm, strict=True):
        for kind, width in zip(FIXTURE_TYPES, room, strict=True):
            for number in range(int(width // SHELF_WIDTH_CM)):
                bay, shelf = divmod(number, 4)
                rows.append((store, kind, kind, bay + 1, shelf + 1, SHELF_WIDTH_CM, shelf == 2))
    names = ["store_id", "fixture_id", "fixture_type", "bay", "shelf", "width_cm", "eye_level"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(eye_level=np.where(frame["eye_level"], "yes", "no"))


def _write_segments(chain: Market, folder: Path) -> None:
    names = [f"segment-{g + 1}" for g in range(len(chain.index))]
    stores, items = chain.stores["store_id"].to_numpy(), chain.items["item_id"].to_numpy()
    shares = chain.shares.round(4)
    shares[:, -1] = 1.0 - shares[:, :-1].sum(axis=1)
    pd.DataFrame(
        {
            "store_id": np.repeat(stores, len(names)),
            "segment": np.tile(names, len(stores)),
            "share": shares.ravel().round(4),
        }
    ).to_csv(folder / "segments.csv", index=False)
    pd.DataFrame(
        {
            "segment": np.repeat(names, len(items)),
            "item_id": np.tile(items, len(names)),
            "index": chain.index.ravel().round(4),
        }
    ).to_csv(folder / "segment_index.csv", index=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--stores", type=int, default=50)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--groups", type=int, default=40)
    parser.add_argument("--segments", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--weeks", type=int, default=10)
    parser.add_argument("--uncoupled", action="store_true")
    asked = parser.parse_args()
    chain = market(asked.seed, asked.stores, asked.items, asked.groups, asked.segments)
    coupled = not asked.uncoupled
    write_chain(chain, asked.folder, asked.seed, asked.weeks, coupled=coupled)
    print(json.dumps({"stores": asked.stores, "items": asked.items, "folder": str(asked.folder)}))


if __name__ == "__main__":
    main()
