"""Size of a large chain's report, and what a browser needs to open it.

python benchmarks/report_pages.py [--stores 1000] [--items 300] [--regions 10] [--keep FOLDER]

The tables are made up (nothing is planned); every store changes a fifth of its range. Chromium
opens the chain's page and the first region's page from disk, offline. Times are the browser's own,
so other work on the machine lengthens them; processor seconds are those of all its processes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from planner.outputs.contents import LOCKS, Contents, Stamp
from planner.outputs.report.write import pages, text_of_page

CHANGED = 0.2
LISTED = 0.45
CORE = 0.2
SUPPLIERS = 20
LIMITS = ("shelf_cm:wet rack", "shelf_cm:multideck", "shelf_cm:table", "shelf_cm:bin",
          "budget_week", "max_local_items")  # fmt: skip


def made_up(stores: int, items: int, regions: int, seed: int = 1) -> Contents:
    """The tables of a run of so many stores and items; numbers have all their decimals."""
    draw = np.random.default_rng(seed)
    store_ids = np.array([f"{1000 + k}" for k in range(stores)])
    item_ids = np.array([f"{4000 + k}" for k in range(items)])
    number = np.arange(stores)
    store_table = pd.DataFrame(
        {
            "store_id": store_ids,
            "store_name": [f"Market {k} at the old town hall" for k in number],
            "city": [f"City {k % (4 * regions)}" for k in number],
            "region": [f"Region {k % regions + 1}" for k in number],
            "latitude": 46 + 6 * draw.random(stores),
            "longitude": 7 + 8 * draw.random(stores),
            "budget_week": draw.uniform(5e3, 3e4, stores),
        }
    )
    item_table = pd.DataFrame(
        {
            "item_id": item_ids,
            "item_name": [f"Item number {k}, loose or in a bag" for k in range(items)],
            "need_group": [f"group {k % 40}" for k in range(items)],
            "supplier_id": [f"supplier {k % SUPPLIERS}" for k in range(items)],
        }
    )
    core = np.arange(items) < CORE * items
    listed = (draw.random((stores, items)) < LISTED) | core
    changed = draw.random((stores, items)) < CHANGED
    status = np.where(
        listed, np.where(changed & ~core, "NEW", "KEEP"), np.where(changed, "OUT", "NOT CARRIED")
    )
    pair = {"store_id": np.repeat(store_ids, items), "item_id": np.tile(item_ids, stores)}
    size = stores * items
    sold = np.where(listed, draw.gamma(2, 12, (stores, items)), 0.0).ravel()
    assortment = pd.DataFrame(
        {
            **pair,
            "core": np.tile(core, stores) & listed.ravel(),
            "listed": listed.ravel(),
            "facings": np.where(listed, 2.0, 0.0).ravel(),
            "sold_units_week": sold,
            "waste_units_week": 0.06 * sold,
            "sales_week": 2.1 * sold,
            "margin_week": 0.6 * sold,
            "demand_units_week": 1.02 * sold,
            "stock_units_cycle": 0.4 * sold,
            "status": status.ravel(),
            "reason": "",
        }
    )
    moves = assortment[assortment["status"].isin(["NEW", "OUT"])]
    worth = draw.gamma(2, 9, len(moves))
    day = pd.Timestamp("2026-10-26")
    new = (moves["status"] == "NEW").to_numpy()
    changes = pd.DataFrame(
        {
            "store_id": moves["store_id"].to_numpy(),
            "item_id": moves["item_id"].to_numpy(),
            "change": moves["status"].to_numpy(),
            "facings_before": np.where(new, 0.0, 2.0),
            "facings_after": np.where(new, 2.0, 0.0),
            "replaces": "",
            "first_order_date": pd.Series(np.where(new, day, pd.NaT)).astype("datetime64[ns]"),
            "last_order_date": pd.Series(np.where(new, pd.NaT, day)).astype("datetime64[ns]"),
            "run_down_date": pd.Series(np.where(new, pd.NaT, day)).astype("datetime64[ns]"),
            "value_week": worth,
            "reason": [
                f"adds USD {value:.2f} a week after what it takes from others; "
                f"{value / 9:.1f} units of waste (USD {value / 5:.2f})"
                for value in worth
            ],
        }
    )
    demand = pd.DataFrame(
        {
            **pair,
            "demand_units_week": 20.0,
            "se_units_week": 2.0,
            "low_units_week": 17.0,
            "high_units_week": 23.0,
            "source": draw.choice(["history", "mixed", "model"], size),
        }
    )
    return Contents(
        stamp=_stamp(day),
        items=item_table,
        stores=store_table,
        demand=demand,
        assortment=assortment,
        limits=_limits(store_ids, draw),
        positions=pd.DataFrame(columns=["store_id"]),
        shelves=pd.DataFrame({"store_id": store_ids, "width_cm": 4000.0}),
        store_plans=pd.DataFrame(
            {
                "store_id": store_ids,
                "plan_id": [f"{value:012x}" for value in draw.integers(0, 2**48, stores)],
                "plan": "feasible",
                "proof": "within 0.4 %",
                "gap": draw.uniform(0, 0.004, stores),
            }
        ),
        figures=_figures(store_ids, assortment),
        value=_value(store_table, draw),
        changes=changes,
        recapture=pd.DataFrame(
            {
                "need_group": [f"group {k}" for k in range(40)],
                "recapture_share": 0.5,
                "low_share": 0.4,
                "high_share": 0.6,
                "source": "assumption",
                "items": 8,
            }
        ),
        signal_effects=_signals(item_ids, draw),
        assumptions=pd.DataFrame(
            {"stage": "tables", "subject": "items", "text": ["Default taken"], "count": 9}
        ),
        backtest=_no_scores(),
        locks=pd.DataFrame(columns=list(LOCKS)),
        worth=pd.DataFrame(
            {
                "store_id": np.repeat(store_ids, len(LIMITS)),
                "limit": np.tile(LIMITS, stores),
                "unit": "cm",
                "amount": 60.0,
                "known": "exact",
                "worth_week": draw.gamma(2, 3, stores * len(LIMITS)),
            }
        ),
        orders=_orders(item_table, assortment),
    )


def _stamp(day: pd.Timestamp) -> Stamp:
    return Stamp(
        run_id="made-up", chain_name="A large chain", scenario="base", currency="USD",
        locale="en_US", data_date=day - pd.Timedelta(days=1), valid_from=day,
        valid_to=day + pd.Timedelta(days=27), plan="feasible", proof="within 0.4 %",
        objective="margin", objective_week=1e6, bound_week=1.003e6, gap=0.003, planner_version="0",
    )  # fmt: skip


def _signals(items: np.ndarray, draw: np.random.Generator) -> pd.DataFrame:
    names = ("households with children", "students", "income", "organic index")
    effect = draw.normal(0, 0.1, len(items) * len(names))
    moves = np.where(np.abs(effect) > 0.13, "yes", "no")
    return pd.DataFrame(
        {
            "item_id": np.tile(items, len(names)),
            "signal": np.repeat(names, len(items)),
            "effect": effect,
            "low": effect - 0.13,
            "high": effect + 0.13,
            "moves": moves,
        }
    )


def _limits(stores: np.ndarray, draw: np.random.Generator) -> pd.DataFrame:
    used = draw.uniform(100, 1000, len(stores) * len(LIMITS))
    return pd.DataFrame(
        {
            "store_id": np.repeat(stores, len(LIMITS)),
            "limit": np.tile(LIMITS, len(stores)),
            "unit": "cm",
            "used": used,
            "available": used + 5,
            "shadow_price": draw.gamma(0.5, 0.4, len(used)),
        }
    )


def _figures(stores: np.ndarray, assortment: pd.DataFrame) -> pd.DataFrame:
    sums = assortment.groupby("store_id", sort=False)[
        ["sold_units_week", "waste_units_week", "sales_week", "margin_week"]
    ].sum()
    local = sums.reset_index().assign(
        listed_items=assortment.groupby("store_id", sort=False)["listed"].sum().to_numpy(),
        local_items=40.0,
        margin_before_waste_week=lambda frame: 1.1 * frame["margin_week"],
        spend_week=lambda frame: 0.8 * frame["sales_week"],
        shelf_used_share=0.97,
    )
    parts = []
    for plan, factor in (("local", 1.0), ("common", 0.981), ("current", 0.957)):
        cash = [name for name in local if name.endswith("_week")]
        parts.append(local.assign(plan=plan, **{name: factor * local[name] for name in cash}))
    return pd.concat(parts, ignore_index=True)


def _value(stores: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    parts = []
    for against in ("common", "current"):
        for level, names in (
            ("chain", np.array(["A large chain"])),
            ("region", stores["region"].unique()),
            ("store", stores["store_id"].to_numpy()),
        ):
            gain = draw.normal(120, 90, len(names))
            parts.append(
                pd.DataFrame(
                    {
                        "level": level, "name": names, "against": against, "value_week": gain,
                        "low_week": gain - 70.3, "high_week": gain + 80.7,
                        "share_of_sales": gain / 9000, "sales_growth": 0.02, "unusual": gain > 300,
                    }
                )
            )  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _orders(items: pd.DataFrame, assortment: pd.DataFrame) -> pd.DataFrame:
    listed = assortment[assortment["listed"]]
    sums = listed.groupby("item_id").agg(
        stores=("store_id", "size"),
        sold_units_week=("sold_units_week", "sum"),
        waste_units_week=("waste_units_week", "sum"),
    )
    orders = items[["item_id", "supplier_id"]].merge(sums, left_on="item_id", right_index=True)
    return orders.assign(spend_week=orders["sold_units_week"] * 1.7).reset_index(drop=True)


def _no_scores() -> pd.DataFrame:
    from planner.demand.backtest.result import empty_scores

    return empty_scores()


DRAWN = "html[data-charts=drawn]"
TIMES = """() => {
    const page = performance.getEntriesByType('navigation')[0];
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    const charts = performance.getEntriesByName('charts drawn')[0];
    return { painted: paint?.startTime, read: page.domContentLoadedEventEnd,
             loaded: page.loadEventEnd, drawn: charts?.startTime,
             elements: document.querySelectorAll('*').length };
}"""


def processor_seconds(pids: set[int]) -> float:
    """Of these processes, so far."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def browser_processes(profile: str) -> set[int]:
    """Processes whose command line names the profile, and their children."""
    parents: dict[int, int] = {}
    own = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
            if profile in (folder / "cmdline").read_text():
                own.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    while more := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= more
    return own


def open_in_browser(path: Path) -> dict[str, float]:
    """Open a page once; milliseconds since it was asked for, and processor seconds."""
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=["--no-sandbox"], offline=True
        )
        page = context.new_page()
        page.goto("about:blank")
        before = processor_seconds(browser_processes(profile))
        page.goto(path.as_uri())
        page.wait_for_selector(DRAWN, state="attached", timeout=120_000)
        found: dict[str, float] = page.evaluate(TIMES)
        found["processor_seconds"] = processor_seconds(browser_processes(profile)) - before
        context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stores", type=int, default=1000)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--regions", type=int, default=10)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    contents = made_up(options.stores, options.items, options.regions)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for page in pages(contents)[:2]:
            start = time.process_time()
            text = text_of_page(page)
            made = time.process_time() - start
            path = folder / page.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            seen = open_in_browser(path)
            print(
                f"{page.name}: {path.stat().st_size / 1e6:.2f} MB, made in {made:.1f} s; first "
                f"paint {seen['painted']:.0f} ms, read {seen['read']:.0f} ms, loaded "
                f"{seen['loaded']:.0f} ms, charts drawn {seen['drawn']:.0f} ms; "
                f"{seen['elements']:.0f} elements, {seen['processor_seconds']:.1f} processor s"
            )


if __name__ == "__main__":
    main()
