"""The words of the report and what they mean, for readers who did not make the plan."""

from __future__ import annotations

GLOSSARY: dict[str, str] = {
    "core range": "The items that every store of the chain carries.",
    "local item": "An item listed in this store but not in the core range, because the people who "
    "shop here want it and it pays for its shelf, budget and waste.",
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
    "margin after waste": "Sales minus the purchase cost of what is sold and of what is lost, "
    "minus the cost of listing and tending items.",
    "waste": "Units bought and not sold before they spoil.",
    "shelf use": "Share of the shelf width that facings take.",
    "spend": "Weekly purchase cost of what is sold and what is lost; the budget limits it.",
    "facing": "One width of an item at the front of a shelf.",
    "need group": "Items that shoppers accept for one another. Substitution happens inside it.",
    "recapture": "Share of a missing item's demand that moves to other items of its need group.",
    "source of demand": "History: the store's own sales decide. Model: the item was (almost) never "
    "sold there, so comparable stores and items decide. Mixed: both count.",
    "limit": "What the plan may not exceed: shelf width, budget, number of items.",
    "worth of one more": "What the objective would gain in a week from one more unit of the limit "
    "(its shadow price). Zero: the limit does not hold the plan back.",
    "gap": "Proven distance between the plan and the best one possible, as a share of the plan. "
    "Optimal means the gap is as good as zero.",
    "feasible": "The plan respects every limit.",
}


def anchor(word: str) -> str:
    """The fragment under which a word of the glossary is found on the page."""
    return "word-" + "".join(letter if letter.isalnum() else "-" for letter in word)
