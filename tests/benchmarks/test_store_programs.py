"""The benchmark of store programs times functions that are still there."""

from __future__ import annotations

import importlib

from store_programs import PHASES


def test_every_function_that_is_timed_exists():
    """Each name of the phases leads to something that can be called: none has moved away."""
    for names in PHASES.values():
        for name in names:
            module, *path = name.split(".")
            found = importlib.import_module(f"planner.assortment.{module}")
            for part in path:
                found = getattr(found, part)
            assert callable(found)
