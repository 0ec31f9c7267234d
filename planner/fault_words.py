"""What a person reads where a command ends without its result: one message, and what to do."""

from __future__ import annotations

import errno
from collections.abc import Sequence
from pathlib import Path

from planner.errors import AuditFailed, BadInput, PlannerError
from planner.unfinished import target_of

UNDONE = {
    "new": "nothing was made",
    "check": "",
    "demand": "nothing was estimated",
    "plan": "nothing was planned",
    "sweep": "nothing was planned",
    "groups": "nothing was proposed",
    "segments": "nothing was proposed",
    "solve": "nothing was solved",
    "backtest": "nothing was scored",
    "explain": "nothing was explained",
    "audit": "nothing was audited",
}
"""By command, what a refusal leaves undone; a check is done when it has found the problems."""
ON_DATA = ("check", "demand", "plan", "sweep", "groups", "segments", "backtest")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def fault_words(error: PlannerError, arguments: Sequence[str]) -> str:
    """The message of a fault that was foreseen, for the command line ``arguments``."""
    if isinstance(error, BadInput):
        from planner.tables.collect import folded
        from planner.tables.problems import problem_lines

        command = command_of(arguments)
        undone = UNDONE.get(command, "")
        shown = error.problems if error.in_full else folded(error.problems)
        see_all = "" if error.in_full else _see_all(command, arguments)
        lines = problem_lines(shown, undone, see_all)
        return f"this cannot be used:\n{lines}"
    if isinstance(error, AuditFailed):
        return f"{error}:\n" + "\n".join(f"  {finding}" for finding in error.findings)
    return str(error)


def system_fault_words(error: OSError, arguments: Sequence[str]) -> str:
    """The message where the system refuses to read or write."""
    undone = UNDONE.get(command_of(arguments), "")
    after = f"; {undone}" if undone else ""
    said = error.strerror or str(error)
    name = target_of(Path(str(error.filename))) if error.filename else ""
    if error.errno in NO_ROOM:
        return f"cannot write {name or 'the result'}: {said}, make room{after}"
    return f"cannot read or write {name or 'a file'}: {said}{after}"


def command_of(arguments: Sequence[str]) -> str:
    """The command that was asked for; empty where there is none."""
    return next((argument for argument in arguments if argument in UNDONE), "")


def _see_all(command: str, arguments: Sequence[str]) -> str:
    if command not in ON_DATA:
        return ""
    data = next((a for a in arguments[1:] if not a.startswith("-")), "DATA")
    return f"Every row of each: planner check {data} --all, or --problems FILE.xlsx (or .csv)"
