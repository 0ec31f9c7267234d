"""The words of the report and what they mean, for readers who did not make the plan."""

from __future__ import annotations

BACKTEST_GLOSSARY: dict[str, str] = {
    "backtest": "The planner made its forecasts once more as if the last weeks had not happened "
    "yet; what was sold in those weeks is the truth that it is compared with.",
    "items already sold": "The last weeks are held out, everything before is known: "
    "the ordinary case. Where the history allows, three times, one stretch before the other.",
    "items new to a store": "A tenth of all store-item pairs lose their whole history. They stand "
    "for items that a store has never stocked; but they are items that somebody chose to stock "
    "there, and others may sell less.",
    "new stores": "A tenth of the stores lose their whole history, tenth after tenth, and are "
    "foretold from their region and signals alone.",
    "error": "The differences between forecast and sold units a week, each taken as positive, "
    "summed and divided by the units sold. What is compared is the weekly rate while in stock.",
    "bias": "Forecast units over sold units, less one: above zero the forecasts are too high.",
    "R² of the log rate": "Share of the differences between the logarithms of weekly rates that "
    "the forecast explains: 1 is perfect, 0 as good as one number for all.",
    "best simple rule": "The one with the least error on these very forecasts. Which one that is "
    "shows only afterwards, so the planner is measured against a little more than any one rule.",
    "own average": "Simple rule: what the store sold of the item a week over its whole history.",
    "last week": "Simple rule: what the store sold of the item in the last week known.",
    "item mean x store index": "Simple rule: the item's mean in the region times how much the "
    "store sells against its region; 1 for a store without history.",
    "95 % interval": "Where the figure lies in 95 of 100 samples in which items (for new stores "
    "and for capture: stores) are drawn anew. Other weeks than these could still differ by more.",
    "within noise": "The interval of the difference includes zero, or there is too little to "
    "tell: no claim.",
    "inside the 80 % intervals": "Share of the held-out weekly rates that fell between the low and "
    "the high demand of the forecast. Of honest intervals it is 80 %.",
    "capture": "Stores choose from their items with half or a quarter of the places. Captured: "
    "the units that the chosen items sold later, as a share of what the best choice sold.",
}
_ON_EVERY_REPORT = (
    "backtest",
    "items already sold",
    "items new to a store",
    "error",
    "bias",
    "R² of the log rate",
    "best simple rule",
    "own average",
    "last week",
    "item mean x store index",
    "95 % interval",
    "inside the 80 % intervals",
)

GLOSSARY: dict[str, str] = {
    "core range": "The items that the chain decided every store must carry.",
    "local item": "An item beyond the core range that each store chose by itself, because the "
    "people who shop there want it and it pays for its shelf, budget and waste. Some are chosen by "
    "every store: they stay local, as none has to carry them, and are counted apart.",
    "local plan": "The plan of this report: the core range, and in each store its own local items.",
    "common plan": "One ranking of items for the whole chain, of which each store lists as many "
    "from the top as fit, under the same limits, demand model and facings. It is what the chain "
    "could do without local ranges.",
    "current range": "What the stores carry today.",
    "80 % interval": "Where the value lies in 8 of 10 draws of what is not known: demand as "
    "uncertain as estimated, recapture as the report's table of it has it, and an "
    "error shared by all items never sold in their store. It does not hold errors of prices and "
    "costs, nor that a plan tends to pick what was estimated too high.",
    "within noise": "The interval includes zero: the data cannot tell a gain from a loss.",
    "unusual": "A gain above 6 % of sales, or sales that grow by more. Implemented studies in "
    "this field found 3.6 % and 5.8 %: check the input before believing more.",
    "sales": "What shoppers pay in a mean week of the plan for what the shelves can serve.",
    "units sold": "Pieces and weights sold in a mean week, each item in its own unit.",
    "items listed": "Items that the store carries.",
    "gain": "What the plan earns a week beyond the other plan (margin after waste, or what the "
    "scenario asks for), in the mean over what demand may be. The difference of the two plans' "
    "figures, at the demand expected, is a little different.",
    "worth of a change": "What an item that comes or leaves is worth a week, after what it takes "
    "from others and after the shelf, the places and the budget that it takes or frees.",
    "come": "Items that the store does not carry today and is to list.",
    "leave": "Items that the store carries today and is to take out.",
    "margin before waste": "The same without the cost of what is lost: what the margin would be if "
    "nothing spoiled.",
    "margin after waste": "Sales minus the purchase cost of what is sold and of what is lost, "
    "minus the cost of listing and tending items.",
    "waste": "Units bought and not sold before they spoil.",
    "shelf use": "Share of the shelf width that facings take.",
    "spend": "Weekly purchase cost of what is sold and what is lost; the budget limits it.",
    "budget": "The most that may be spent in a week.",
    "purchase": "What is bought in a mean week: what is sold and what is lost, counted as budgets "
    "and suppliers' minimum orders count it, with the loss before the shelf.",
    "facing": "One width of an item at the front of a shelf.",
    "need group": "Items that shoppers accept for one another. Substitution happens inside it.",
    "recapture": "Share of a missing item's demand that moves to other items of its need group.",
    "signal": "What is known of the people around a store, such as the share of households with "
    "children. How far it moves an item is learned from the chain's own stores, and is nothing "
    "where a signal dealt out by chance would explain as much.",
    "source of demand": "History: the store's own sales decide. Model: the item was (almost) never "
    "sold there, so comparable stores and items decide. Mixed: both count.",
    "limit": "What the plan may not exceed: shelf width, budget, number of items.",
    "worth of one more": "What the objective would gain in a week from one more unit of the limit "
    "(its shadow price). Zero: the limit does not hold the plan back.",
    "gap": "Proven distance between the plan and the best one possible if the forecasts hold, as a "
    "share of the plan. "
    "Optimal means the gap is as good as zero.",
    "feasible": "The plan respects every limit.",
    "proof": "How well it is known that no plan is better: optimal, within a stated gap, or "
    "stopped at the time limit.",
    "worth of more": "What the objective gains in a week from the stated amount more of the limit, "
    "found by planning the store again. At most: no more than that.",
    "used": "How much of the limit the plan takes.",
    "available": "How much of the limit there is; for a limit that asks for at least something, "
    "how much it asks for.",
    "holds back in": "Stores that would gain from more of the limit.",
    "share of sales": "The gain as a share of what the plan it is compared with sells: "
    "today's range, or the common plan.",
    "assumption": "What the planner took for granted where the input is silent, and how often.",
    "sales data to": "Last day of the sales history behind the plan. What happened later is not in "
    "it.",
    "scenario": "Name of the assumptions that were planned; base: the data as it is.",
    "run": "Name of the folder with this plan: its workbooks, tables and inputs.",
    **{word: BACKTEST_GLOSSARY[word] for word in _ON_EVERY_REPORT},
}


ALIASES: dict[str, str] = {
    "local items": "local item",
    "facings": "facing",
    "recaptured": "recapture",
    "gain against current": "gain",
    "gain against common": "gain",
    "against the current range": "gain",
    "against the common plan": "gain",
    "items that come or leave": "come",
    "items it moves": "signal",
    "units bought": "purchase",
}
"""How words of the glossary are called where they stand over figures."""

SOURCES: tuple[tuple[str, str, str], ...] = (
    ("sales", "money a week", "figures.sales_week"),
    ("margin after waste", "money a week", "figures.margin_week"),
    ("margin before waste", "money a week", "figures.margin_before_waste_week"),
    ("units sold", "units a week", "figures.sold_units_week"),
    ("waste", "units a week", "figures.waste_units_week"),
    ("items listed", "items", "figures.listed_items"),
    ("local item", "items", "figures.local_items"),
    ("shelf use", "share of the shelf width", "figures.shelf_used_share"),
    ("spend", "money a week", "figures.spend_week"),
    ("gain", "money a week", "value.value_week"),
    ("80 % interval", "money a week", "value.low_week, value.high_week"),
    ("share of sales", "share", "value.share_of_sales"),
    ("unusual", "yes or no", "value.unusual"),
    ("come", "items", "changes.change"),
    ("leave", "items", "changes.change"),
    ("facing", "facings", "changes.facings_before, changes.facings_after"),
    ("used", "the limit's own unit", "limits.used"),
    ("available", "the limit's own unit", "limits.available"),
    ("worth of one more", "money a week per unit of the limit", "limits.shadow_price"),
    ("worth of more", "money a week", "worth.worth_week"),
    ("gap", "share of the plan", "store_plans.gap"),
    ("proof", "words", "store_plans.plan, store_plans.proof"),
    ("purchase", "units, money a week", "orders.sold_units_week, orders.waste_units_week, "
     "orders.spend_week"),
    ("recapture", "share of the demand", "recapture.recapture_share"),
    ("signal", "log demand per standard deviation", "signal_effects.effect"),
    ("error", "share of the units sold", "backtest.value"),
    ("inside the 80 % intervals", "share", "backtest.value"),
    ("assumption", "times", "assumptions.count"),
)  # fmt: skip
"""Word, unit, and the table and columns of the run where its figures stand."""


def sources(money: bool) -> list[tuple[str, str, str]]:
    """``SOURCES`` as a chain sees them; without money what is a gain counts units."""
    if money:
        return list(SOURCES)
    cash = ("sales", "margin after waste", "margin before waste", "spend")
    return [
        (word, unit.replace("money a week", "units a week"), source)
        for word, unit, source in SOURCES
        if word not in cash
    ]


def defined(label: str) -> str:
    """The word of the glossary that says what stands under a label; empty where there is none."""
    word = label.lower()
    word = ALIASES.get(word, word)
    return word if word in GLOSSARY or word in BACKTEST_GLOSSARY else ""


def anchor(word: str) -> str:
    """The fragment under which a word of the glossary is found on the page."""
    return "word-" + "".join(letter if letter.isalnum() else "-" for letter in word)
