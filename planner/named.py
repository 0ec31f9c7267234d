"""A store or an item as a person names it on the command line: by its id or by its name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from planner.errors import Problem

MOST_SHOWN = 5


def named(option: str, given: str, names: Mapping[str, str], problems: list[Problem]) -> str:
    """The id that was meant, "" with a problem added where that cannot be told.

    ``names``: name by id. An id as it is written counts before any name; capitals do not count
    otherwise. ``option``: such as ``--store``; the word without hyphens is what is looked for.
    """
    if given in names:
        return given
    what = option.removeprefix("--")
    spelt = _spelt(given)
    same = [key for key, name in names.items() if spelt in (_spelt(key), _spelt(name))]
    if len(same) == 1:
        return same[0]
    article = "an" if what[0] in "aeiou" else "a"
    if same:
        allowed = f"one {what}: {len(same)} are called so"
        mend = f"give the id: {_shown(same, names)}"
    else:
        allowed = f"{article} {what} of this run, by id or name"
        mend = f"the nearest are {_shown(_nearest(spelt, names), names)}"
    problems.append(Problem(option, 0, "", given, allowed, mend))
    return ""


def _nearest(spelt: str, names: Mapping[str, str]) -> list[str]:
    """Ids whose id or name holds the text, then those that are spelt most alike."""
    holding = [k for k, name in names.items() if spelt and spelt in _spelt(f"{k} {name}")]
    known = {**{_spelt(name): key for key, name in names.items()}, **{_spelt(k): k for k in names}}
    alike = difflib.get_close_matches(spelt, list(known), n=3, cutoff=0.0)
    return list(dict.fromkeys([*holding, *(known[text] for text in alike)]))


def _shown(ids: Iterable[str], names: Mapping[str, str]) -> str:
    found = list(ids)
    shown = ", ".join(f"{key} ({names[key]})" for key in found[:MOST_SHOWN])
    return f"{shown} and {len(found) - MOST_SHOWN} more" if found[MOST_SHOWN:] else shown


def _spelt(text: str) -> str:
    return " ".join(text.casefold().split())
