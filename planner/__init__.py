"""Store-level assortment planner: a shared core range and each store's local items."""

__version__ = "0.1.0"
