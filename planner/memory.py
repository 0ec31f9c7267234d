"""How much memory a process has needed."""

from __future__ import annotations

import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def peak_memory_mb() -> float | None:
    """Largest resident memory of this process so far, in MB; None where the system does not say.

    On Linux the peak of this program alone: ``getrusage`` counts what the process that started
    this one held at that moment.
    """
    if STATUS.exists():
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
