"""How much room a text takes, so that it can be wrapped or cut before it is printed."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

MM_PER_POINT = 25.4 / 72

_ARIAL = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 "
    "556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 "
    "1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 "
    "667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 "
    "333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 "
    "556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
"""Widths of the letters from space to tilde in thousandths of the font size: Arial's own, which
are those of Adobe's published Helvetica metrics."""
_WIDTHS = {chr(32 + n): int(width) for n, width in enumerate(_ARIAL.split())}
_OTHER_LETTER = 650
_WIDE_LETTER = 1000
_SPACE = _WIDTHS[" "]
_SAFETY = 1.05
"""On screens letters are set to whole pixels, which makes small text wider."""


def text_mm(text: str, points: float) -> float:
    """Width of a text in Arial, in millimetres, a little on the safe side."""
    return _mm(_thousandths(text), points)


def wrap(text: str, width_mm: float, points: float) -> list[str]:
    """Break a text into lines of at most the given width; only a word too long is cut."""
    lines: list[str] = []
    line: list[str] = []
    taken = 0
    for word in text.split():
        width = _of_word(word)
        longer = taken + _SPACE + width if line else width
        if _mm(longer, points) <= width_mm:
            line.append(word)
            taken = longer
            continue
        if line:
            lines.append(" ".join(line))
        while _mm(width, points) > width_mm and len(word) > 1:
            fitting = _fitting(word, width_mm, points)
            lines.append(word[:fitting])
            word = word[fitting:]
            width = _of_word(word)
        line, taken = [word], width
    return [*lines, " ".join(line)] if line else lines


def cut(text: str, width_mm: float, points: float) -> str:
    """The text, or as much of its beginning as there is room for, with an ellipsis."""
    if text_mm(text, points) <= width_mm:
        return text
    while text and text_mm(text + "…", points) > width_mm:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""


def _fitting(word: str, width_mm: float, points: float) -> int:
    count = 1
    while count < len(word) - 1 and text_mm(word[: count + 1], points) <= width_mm:
        count += 1
    return count


def _mm(thousandths: int, points: float) -> float:
    return thousandths / 1000 * points * MM_PER_POINT * _SAFETY


def _thousandths(text: str) -> int:
    """Width in thousandths of the font size."""
    return sum(map(_letter, text))


_of_word = lru_cache(maxsize=1 << 14)(_thousandths)


@lru_cache(maxsize=4096)
def _letter(letter: str) -> int:
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE_LETTER
    base = unicodedata.normalize("NFKD", letter)[0]
    return _WIDTHS.get(base, _OTHER_LETTER)
