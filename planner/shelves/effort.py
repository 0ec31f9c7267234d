"""A limit to what is tried: counted, not timed, so that every machine gives the same answer."""

from __future__ import annotations

from dataclasses import dataclass


class EffortSpent(Exception):
    """No more may be tried."""


@dataclass
class Effort:
    """What may still be tried."""

    left: int

    def spend(self, steps: int = 1) -> None:
        """Raises EffortSpent where nothing is left."""
        self.left -= steps
        if self.left < 0:
            raise EffortSpent
