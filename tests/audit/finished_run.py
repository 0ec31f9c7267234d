"""A tiny chain with a finished run, worked out by hand-written loops, for tampering with."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.integrate import quad
from scipy.stats import gamma

from planner.audit.folder import SEAL, seal_of
from planner.demand.backtest.result import empty_scores
from planner.demand.signal_effects import no_signal_effects
from planner.outputs.certainty import certainty_table
from planner.outputs.contents import LEFT_OUT, LOCK_TOTALS, ORDERS, WATERFALL, Contents, Stamp
from planner.outputs.contents import LOCKS as LOCK_COLUMNS
from planner.outputs.exchange.positions_csv import positions_csv
from planner.outputs.exchange.psa import store_psa
from planner.outputs.workbook.cells import workbook_cells
from planner.outputs.workbook.chain_locks import write_chain_locks
from planner.outputs.workbook.save import save
from planner.outputs.workbook.sheet import Book, Heading
from planner.outputs.workbook.store import write_store_workbook
from planner.shelves.place import place
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs

ITEMS = """\
item_id,item_name,category,need_group,price,unit_cost,facing_width_cm,units_per_facing,\
min_units_per_facing,min_facings,max_facings,case_units,listing_cost_week,facing_cost_week,\
demand_cv,fixture_type,core,regions
4011,Bananas,Fruit,Bananas,0.8,0.5,40,30,2,1,3,5,1,0.1,0.4,table,yes,
4012,=Bananas organic,Fruit,Bananas,1.2,0.8,30,20,2,1,3,4,1,0.1,0.7,table,no,
4020,Apples Gala,Fruit,Apples,1,0.6,20,15,2,1,2,4,0.5,0.1,0.5,table,yes,
4021,Apples Fuji,Fruit,Apples,1.5,0.9,20,15,1,1,2,4,0.5,0.1,0.6,table,no,
4022,Apples Boskoop,Fruit,Apples,1.4,0.8,20,15,1,1,2,4,0.5,0.1,0,table,no,North
4061,Lettuce,Salads,Lettuce,1.1,0.6,30,10,3,1,4,6,0.5,0.2,0.5,wet rack,yes,
4062,Romaine,Salads,Lettuce,1.6,0.9,25,10,2,1,4,6,0.5,0.2,0.8,wet rack,no,
4063,Endive,Salads,Lettuce,2,1.2,25,10,2,1,4,2,0.5,0.2,1,wet rack,no,
"""
STORES = """\
store_id,store_name,region,budget_week,deliveries_week,max_local_items
7,Harbour,North,900,3,4
8,Station,South,900,4,3
"""
FIXTURES = """\
store_id,fixture_id,fixture_type,bay,shelf,width_cm,eye_level
7,T1,table,1,1,100,no
7,T1,table,1,2,80,yes
7,W1,wet rack,1,1,120,no
8,T1,table,1,1,120,no
8,W1,wet rack,1,1,90,yes
"""
RULES = """\
need_group,category,min_items,max_items,max_share
Apples,,1,2,
,Salads,,,0.5
"""
LOCKS = """\
store_id,item_id,lock,facings
7,4063,IN,
,4012,OUT,
7,4061,MIN,2
7,4020,MAX,2
"""
LISTED = {"7": ("4011", "4020", "4021", "4061", "4063"), "8": ("4011", "4020", "4061")}
FACINGS = {"4011": 1, "4020": 2, "4021": 1, "4061": 2, "4063": 1}
STOCK = {"4011": 22.0, "4020": 19.5, "4021": 6.0, "4061": 15.0, "4063": 7.25}
SEGMENTS = ("families", "students")


def write_data(folder: Path) -> Path:
    """The input of the chain, as a folder of CSV files."""
    folder.mkdir(parents=True)
    for name, text in (
        ("items", ITEMS),
        ("stores", STORES),
        ("fixtures", FIXTURES),
        ("range_rules", RULES),
        ("locks", LOCKS),
    ):
        (folder / f"{name}.csv").write_text(text)
    sales = ["store_id,item_id,week,units"]
    for store_id, listed in LISTED.items():
        sales += [f"{store_id},{item_id},2026-01-05,20" for item_id in listed]
    (folder / "sales.csv").write_text("\n".join(sales) + "\n")
    return folder


def write_run(folder: Path, data: Path) -> Path:
    """A run that is right in every figure."""
    inputs = read_inputs(data)
    (folder / "tables").mkdir(parents=True)
    (folder / "planograms").mkdir()
    (folder / "inputs").mkdir()
    tables = _tables(inputs)
    contents = _contents(inputs, tables)
    names = [f"planograms/{store_id}.xlsx" for store_id in LISTED]
    for store_id, name in zip(LISTED, names, strict=True):
        write_store_workbook(contents, store_id, folder / name)
    chain = Book(Heading("Chain", ("", ""), ""))
    write_chain_locks(chain, contents)
    save(chain, folder / "chain.xlsx", contents.stamp.data_date, "Chain")
    (folder / "report.html").write_text("<html></html>")
    (folder / "exchange").mkdir()
    (folder / "exchange" / "positions.csv").write_bytes(positions_csv(contents))
    for store_id in LISTED:
        (folder / "exchange" / f"{store_id}.psa").write_bytes(store_psa(contents, store_id))
    tables["cells"] = pd.concat(
        [workbook_cells(folder / name).assign(workbook=name) for name in ("chain.xlsx", *names)],
        ignore_index=True,
    )
    for name, frame in tables.items():
        frame.to_parquet(folder / "tables" / f"{name}.parquet", index=False)
    for source in inputs.files.values():
        if source.table != "sales":
            shutil.copy(source.path, folder / "inputs" / source.path.name)
    plans = tables["store_plans"].set_index("store_id")
    objective, bound = plans["objective_week"].sum(), plans["bound_week"].sum()
    manifest = {
        "run_id": "test",
        "data_path": str(data.resolve()),
        "plan": "feasible",
        "proof": "within 0.4 %",
        "left_out": {},
        "objective_week": objective,
        "bound_week": bound,
        "gap": (bound - objective) / max(1, abs(objective)),
        "stores": {store_id: row.to_dict() for store_id, row in plans.iterrows()},
        "inputs": {
            name: {"file": source.path.name, "sha256": source.sha256, "rows": source.rows}
            for name, source in inputs.files.items()
        },
    }
    (folder / "run.json").write_text(json.dumps(manifest))
    sign(folder)
    return folder


def sign(run: Path) -> None:
    """Write the hashes of the run's files anew, as one who hides a change would."""
    manifest = json.loads((run / "run.json").read_text())
    manifest["files"] = {
        file.relative_to(run).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(run.rglob("*"))
        if file.is_file() and file.name != "run.json"
    }
    (run / "run.json").write_text(json.dumps(manifest | {SEAL: seal_of(manifest)}))


def _tables(inputs: Inputs) -> dict[str, pd.DataFrame]:
    items = inputs.items.set_index("item_id")
    stores = inputs.stores.set_index("store_id")
    rng = np.random.default_rng(5)
    pairs = [(store, item) for store in stores.index for item in items.index]
    choice, groups, economics, demand = [], [], [], []
    for store_id in stores.index:
        for segment in SEGMENTS:
            for group in items["need_group"].unique():
                size = (store_id, segment, group, rng.uniform(40, 120), rng.uniform(0.2, 1))
                groups.append(size)
            for item_id, item in items.iterrows():
                v = rng.uniform(0.2, 1)
                choice.append((store_id, segment, item_id, item["need_group"], v, 0.4 * v))
    choice_frame = pd.DataFrame(
        choice,
        columns=[
            "store_id",
            "segment",
            "item_id",
            "need_group",
            "attraction",
            "shadow_attraction",
        ],
    )
    group_frame = pd.DataFrame(
        groups,
        columns=[
            "store_id",
            "segment",
            "need_group",
            "potential_units_week",
            "no_purchase_attraction",
        ],
    )
    locked = {("7", "4063"): "IN", ("7", "4012"): "OUT", ("8", "4012"): "OUT"}
    for store_id, item_id in pairs:
        item = items.loc[item_id]
        demand.append((store_id, item_id, 20.0, 2.0, 17.0, 23.0, "history"))
        economics.append(
            {
                "store_id": store_id,
                "item_id": item_id,
                "price": item["price"],
                "unit_cost": 1.02 * item["unit_cost"],
                "spend_cost": item["unit_cost"],
                "waste_share": 0.2,
                "demand_cv": item["demand_cv"],
                "listing_cost_week": item["listing_cost_week"],
                "facing_cost_week": item["facing_cost_week"],
                "deliveries_week": stores.loc[store_id, "deliveries_week"],
                "candidate": (not item["regions"]) or stores.loc[store_id, "region"] == "North",
                "core": item["core"],
                "locked": locked.get((store_id, item_id), ""),
            }
        )
    economics_frame = pd.DataFrame(economics)
    plan = pd.DataFrame(
        [_row(s, i, choice_frame, group_frame, economics_frame, items) for s, i in pairs]
    )
    listed = plan[plan["listed"]]
    shelves = place(inputs, listed)
    added = shelves.facings_added.set_index(["store_id", "item_id"])
    more = plan.set_index(["store_id", "item_id"]).index.map(added["facings_added"].to_dict())
    cost = plan.set_index(["store_id", "item_id"]).index.map(added["cost_week"].to_dict())
    before = plan.copy()
    plan["facings"] += pd.Series(more).fillna(0).astype(int)
    plan["margin_week"] -= pd.Series(cost).fillna(0)
    objective = before.groupby("store_id")["margin_week"].sum()
    plans = pd.DataFrame(
        {
            "store_id": list(LISTED),
            "plan_id": [f"plan-{s}" for s in LISTED],
            "plan": "feasible",
            "proof": "within 0.4 %",
            "objective_week": objective.to_numpy(),
            "bound_week": objective.to_numpy() * 1.003,
            "gap": 0.003 * objective.to_numpy() / np.maximum(1, objective.to_numpy()),
            "seconds": 0.1,
            "facings_added_cost_week": [
                float(added.loc[s, "cost_week"].sum()) if s in added.index else 0.0 for s in LISTED
            ],
        }
    )
    figures = _figures(plan, economics_frame)
    rival = figures["plan"] != "local"
    gain = figures["store_id"].map({"7": 10.0, "8": 20.0})
    printed = plan.groupby("store_id")["margin_week"].sum()
    figures.loc[rival, "margin_week"] = figures["store_id"].map(printed) - gain
    demand_frame = pd.DataFrame(
        demand,
        columns=[
            "store_id",
            "item_id",
            "demand_units_week",
            "se_units_week",
            "low_units_week",
            "high_units_week",
            "source",
        ],
    )
    recapture = pd.DataFrame(
        {
            "need_group": items["need_group"].unique(),
            "recapture_share": 0.4,
            "low_share": 0.1,
            "high_share": 0.7,
            "source": "assumption",
            "items": 2,
        }
    )
    return {
        "demand": demand_frame,
        "certainty": certainty_table(
            inputs.stores, inputs.items, demand_frame, plan, recapture, _value(figures)
        ),
        "assortment": plan,
        "limits": _limits(plan, figures, inputs),
        "positions": shelves.positions,
        "shelves": shelves.shelves,
        "placement": shelves.placement,
        "store_plans": plans,
        "figures": figures,
        "value": _value(figures),
        "waterfall": _waterfall(figures, inputs),
        "choice": choice_frame,
        "choice_groups": group_frame,
        "economics": economics_frame,
        "reasons": plan[["store_id", "item_id"]].assign(
            forcing_known=np.where(plan["listed"], "", "exact"),
            forcing_cost_week=np.where(plan["listed"], np.nan, 2.5),
        ),
        "changes": _changes(),
        "recapture": recapture,
        "assumptions": pd.DataFrame(
            {
                "weight": ["assumed"],
                "stage": ["tables"],
                "subject": ["sales"],
                "text": ["few"],
                "count": [1],
                "survived": [False],
            }
        ),
        "orders": _orders(plan, economics_frame, inputs),
        "left_out": pd.DataFrame(columns=list(LEFT_OUT)),
        "locks": _locks(inputs),
        "lock_totals": _lock_totals(_locks(inputs)),
    }


def _locks(inputs: Inputs) -> pd.DataFrame:
    """The locks of the input, each of which costs between 1.96 and 2.04."""
    told = {"known": "exact", "cost_week": 2.0, "least_week": 1.96, "most_week": 2.04}
    texts = dict.fromkeys(("keeps_out", "brings_in", "origin"), "")
    frame = inputs.store_locks.assign(**told, **texts).reindex(columns=list(LOCK_COLUMNS))
    return frame.fillna({"review_weeks": 0.0, "review_items": 0.0})


def _lock_totals(locks: pd.DataFrame) -> pd.DataFrame:
    """The locks of a store, and of the chain, cost the sum of each."""
    counts = locks[locks["state"] == "in force"].groupby("store_id").size()
    rows = [
        (store, count, "exact", 2.0 * count, 1.96 * count, 2.04 * count)
        for store, count in (*counts.items(), ("", counts.sum()))
    ]
    return pd.DataFrame(rows, columns=list(LOCK_TOTALS))


def _row(
    store_id: str,
    item_id: str,
    choice: pd.DataFrame,
    groups: pd.DataFrame,
    economics: pd.DataFrame,
    items: pd.DataFrame,
) -> dict[str, object]:
    """One row of the assortment, from the model's formulas written out as loops."""
    row = {"store_id": store_id, "item_id": item_id, "core": bool(items.loc[item_id, "core"])}
    if item_id not in LISTED[store_id]:
        zero = dict.fromkeys(
            ("demand_units_week", "sold_units_week", "waste_units_week", "sales_week"), 0.0
        )
        rest = {"margin_week": 0.0, "status": "NOT CARRIED", "reason": "worth less than others"}
        return {**row, "listed": False, "facings": 0, "stock_units_cycle": 0.0, **zero, **rest}
    week = 0.0
    here = choice[choice["store_id"] == store_id]
    for segment in SEGMENTS:
        group = items.loc[item_id, "need_group"]
        size = groups.set_index(["store_id", "segment", "need_group"]).loc[
            (store_id, segment, group)
        ]
        pull = size["no_purchase_attraction"]
        own = 0.0
        for other in here[
            (here["segment"] == segment) & (here["need_group"] == group)
        ].itertuples():
            inside = other.item_id in LISTED[store_id]
            pull += other.attraction if inside else other.shadow_attraction
            own += other.attraction if other.item_id == item_id else 0.0
        week += own * size["potential_units_week"] / pull
    e = economics.set_index(["store_id", "item_id"]).loc[(store_id, item_id)]
    r, q, mu = e["deliveries_week"], STOCK[item_id], week / e["deliveries_week"]
    sold = min(mu, q)
    if e["demand_cv"] > 0:
        k = 1 / e["demand_cv"] ** 2
        sold = quad(lambda x: gamma.sf(x, k, scale=mu / k), 0, q, epsabs=1e-12, limit=200)[0]
    waste = e["waste_share"] * (q - sold)
    margin = r * (e["price"] * sold - e["unit_cost"] * (sold + waste))
    margin -= e["listing_cost_week"] + e["facing_cost_week"] * FACINGS[item_id]
    return {
        **row,
        "listed": True,
        "facings": FACINGS[item_id],
        "stock_units_cycle": q,
        "demand_units_week": week,
        "sold_units_week": r * sold,
        "waste_units_week": r * waste,
        "sales_week": e["price"] * r * sold,
        "margin_week": margin,
        "status": "NEW" if (store_id, item_id) == ("7", "4063") else "KEEP",
        "reason": "earns its width",
    }


def _figures(plan: pd.DataFrame, economics: pd.DataFrame) -> pd.DataFrame:
    rows = []
    joined = plan[plan["listed"]].merge(economics, on=["store_id", "item_id"])
    for store_id, own in joined.groupby("store_id"):
        spend = (own["spend_cost"] * (own["sold_units_week"] + own["waste_units_week"])).sum()
        rows += [
            {
                "store_id": store_id,
                "plan": name,
                "listed_items": len(own),
                "local_items": int((~own["core_x"]).sum()),
                "sold_units_week": own["sold_units_week"].sum(),
                "waste_units_week": own["waste_units_week"].sum(),
                "sales_week": own["sales_week"].sum(),
                "margin_week": own["margin_week"].sum(),
                "margin_before_waste_week": own["margin_week"].sum() + 1,
                "spend_week": spend,
                "shelf_used_share": 0.9,
                "over_shelf_cm": 0.0,
            }
            for name in ("local", "common", "current")
        ]
    return pd.DataFrame(rows)


def _orders(plan: pd.DataFrame, economics: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """What the stores buy of each item together."""
    supplier = inputs.items.set_index("item_id")["supplier_id"]
    rows = []
    joined = plan[plan["listed"]].merge(economics, on=["store_id", "item_id"])
    for item_id, own in joined.groupby("item_id"):
        units = own["sold_units_week"].sum(), own["waste_units_week"].sum()
        spend = (own["spend_cost"] * (own["sold_units_week"] + own["waste_units_week"])).sum()
        rows.append((item_id, supplier[item_id], len(own), *units, spend))
    return pd.DataFrame(rows, columns=list(ORDERS))


def _limits(plan: pd.DataFrame, figures: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    rows = []
    listed = plan[plan["listed"]].merge(
        inputs.items[["item_id", "facing_width_cm", "fixture_type"]], on="item_id"
    )
    local = figures[figures["plan"] == "local"].set_index("store_id")
    room = inputs.fixtures.groupby(["store_id", "fixture_type"])["width_cm"].sum()
    for store_id in LISTED:
        own = listed[listed["store_id"] == store_id]
        for kind in ("table", "wet rack"):
            here = own[own["fixture_type"] == kind]
            used = (here["facings"] * here["facing_width_cm"]).sum()
            rows.append((store_id, f"shelf_cm:{kind}", "cm", used, room[store_id, kind], 0.1))
        money = ("money per week", local.loc[store_id, "spend_week"], 900.0, 0.0)
        rows.append((store_id, "budget_week", *money))
        most = inputs.stores.set_index("store_id").loc[store_id, "max_local_items"]
        rows.append(
            (store_id, "max_local_items", "items", local.loc[store_id, "local_items"], most, 0.0)
        )
        apples = float(own["item_id"].isin(["4020", "4021", "4022"]).sum())
        rows.append((store_id, "need_group_min:Apples", "items", apples, 1.0, 0.0))
        rows.append((store_id, "need_group_max:Apples", "items", apples, 2.0, 0.0))
    columns = ["store_id", "limit", "unit", "used", "available", "shadow_price"]
    return pd.DataFrame(rows, columns=columns)


def _value(figures: pd.DataFrame) -> pd.DataFrame:
    sales = figures.pivot(index="store_id", columns="plan", values="sales_week")
    stores = {"Chain": ["7", "8"], "North": ["7"], "South": ["8"], "7": ["7"], "8": ["8"]}
    rows = []
    for against in ("common", "current"):
        rows += [
            ("chain", "Chain", against, 30.0, 10.0, 50.0, 0.02, 0.0, False),
            ("region", "North", against, 10.0, 5.0, 15.0, 0.01, 0.0, False),
            ("region", "South", against, 20.0, 5.0, 35.0, 0.03, 0.0, False),
            ("store", "7", against, 10.0, 5.0, 15.0, 0.01, 0.0, False),
            ("store", "8", against, 20.0, 5.0, 35.0, 0.03, 0.0, False),
        ]
    columns = ["level", "name", "against", "value_week", "low_week", "high_week"]
    table = pd.DataFrame(rows, columns=[*columns, "share_of_sales", "sales_growth", "unusual"])
    pairs = list(zip(table["name"], table["against"], strict=True))
    before = [float(sales.loc[stores[name], against].sum()) for name, against in pairs]
    local = [float(sales.loc[stores[name], "local"].sum()) for name, _ in pairs]
    table["share_of_sales"] = table["value_week"] / before
    table["sales_growth"] = np.array(local) / before - 1.0
    table["unusual"] = table[["share_of_sales", "sales_growth"]].max(axis=1) > 0.06
    return table.assign(planned_week=table["value_week"])


def _waterfall(figures: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Two parts a step, of which the second takes back what the first is too large."""
    margin = figures.pivot(index="store_id", columns="plan", values="margin_week")
    regions = inputs.stores.set_index("store_id")["region"]
    rows = []
    for store_id in LISTED:
        for old, new in (("current", "common"), ("common", "local"), ("current", "local")):
            change = margin.loc[store_id, new] - margin.loc[store_id, old]
            for level, name in (("chain", ""), ("region", regions[store_id]), ("store", store_id)):
                rows.append((level, name, old, new, "new_items", change + 3.0))
                rows.append((level, name, old, new, "waste", -3.0))
    table = pd.DataFrame(rows, columns=list(WATERFALL))
    return table.groupby(list(WATERFALL[:-1]), as_index=False, sort=False).sum()


def _changes() -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "store_id": ["7"],
            "item_id": ["4063"],
            "change": ["NEW"],
            "facings_before": [0.0],
            "facings_after": [1.0],
            "replaces": [""],
            "first_order_date": [pd.Timestamp("2026-01-10")],
            "last_order_date": [pd.NaT],
            "run_down_date": [pd.NaT],
            "value_week": [1.0],
            "reason": ["locked in"],
            "net_week": [1.0],
            "net_known": ["exact"],
        }
    )
    return frame.astype(dict.fromkeys(["last_order_date", "run_down_date"], "datetime64[ns]"))


def _contents(inputs: Inputs, tables: dict[str, pd.DataFrame]) -> Contents:
    plans = tables["store_plans"]
    stamp = Stamp(
        run_id="test",
        chain_name="Chain",
        scenario="base",
        currency="EUR",
        locale="en_US",
        data_date=pd.Timestamp("2026-01-11"),
        valid_from=pd.Timestamp("2026-01-12"),
        valid_to=pd.Timestamp("2026-02-08"),
        plan="feasible",
        proof="within 0.4 %",
        objective="margin",
        objective_week=float(plans["objective_week"].sum()),
        bound_week=float(plans["bound_week"].sum()),
        gap=0.003,
        planner_version="0",
    )
    shown = [
        "demand",
        "assortment",
        "limits",
        "positions",
        "shelves",
        "placement",
        "store_plans",
        "figures",
        "value",
        "changes",
        "recapture",
        "assumptions",
        "locks",
        "lock_totals",
    ]
    reasons = tables["reasons"]
    forcing = reasons[reasons["forcing_known"] != ""].rename(
        columns=lambda name: name.removeprefix("forcing_")
    )
    return Contents(
        stamp=stamp,
        forcing=forcing.assign(least_week=2.5, most_week=2.5, puts_out="").reset_index(drop=True),
        items=inputs.items,
        stores=inputs.stores,
        backtest=empty_scores(),
        signal_effects=no_signal_effects(),
        lockable=tables["demand"][["store_id", "item_id"]],
        **{name: tables[name] for name in shown},
    )
