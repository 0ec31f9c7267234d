"""A small chain of three stores that every test of the tables starts from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SMALL_CHAIN: dict[str, str] = {
    "items.csv": """\
item_id,item_name,category,need_group,price,unit_cost,unit,facing_width_cm,min_facings,\
max_facings,fixture_type,core,supplier_id,regions,available_from,available_to
4011,Banana,fruit,bananas,1.20,0.70,kg,30,1,4,rack,yes,S1,,,
4012,Orange,fruit,citrus,2.10,1.20,kg,25,1,4,rack,yes,S1,,,
4013,Lemon,fruit,citrus,0.50,0.25,each,15,1,4,rack,no,S2,,,
4014,Spinach,leaf,spinach,1.80,1.00,each,20,1,3,cooler,no,S2,North,,
""",
    "stores.csv": """\
store_id,store_name,city,region,budget_week,deliveries_week,max_local_items
A1,Market Square,Ahlen,North,900,6,10
A2,Harbour,Ahlen,North,700,3,10
B1,Station,Bonn,South,,3,10
""",
    "sales.csv": "store_id,item_id,week,units,revenue,days_in_stock,promo_days,discount\n"
    + "".join(
        f"{store},{item},{week},{units},{units * price:.2f},7,0,0\n"
        for store, item, price, units in (
            ("A1", "4011", 1.2, 40),
            ("A1", "4012", 2.1, 22),
            ("A1", "4014", 1.8, 9),
            ("A2", "4011", 1.2, 30),
            ("A2", "4013", 0.5, 12),
            ("B1", "4011", 1.2, 35),
            ("B1", "4012", 2.1, 14),
        )
        for week in ("2025-01-06", "2025-01-13", "2025-01-20")
    ),
    "fixtures.csv": """\
store_id,fixture_id,fixture_type,bay,shelf,width_cm,eye_level
A1,R1,rack,1,1,120,no
A1,R1,rack,1,2,120,yes
A1,C1,cooler,1,1,100,yes
A2,R1,rack,1,1,120,no
A2,C1,cooler,1,1,100,yes
B1,R1,rack,1,1,120,yes
""",
    "suppliers.csv": "supplier_id,min_order_week,max_units_week,min_stores\nS1,,,\nS2,,,\n",
    "chain.toml": 'name = "Small Chain"\ncurrency = "EUR"\nlocale = "de_DE"\nhorizon_weeks = 4\n',
}

WriteChain = Callable[..., Path]
