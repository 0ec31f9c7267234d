"""Texts, ids and names: what is kept, what is mended quietly and what is refused."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 500
LONGEST_NAME = 64
_WHOLE = re.compile(r"([+-]?\d+)\.0+", re.ASCII)
_SHORTENED = re.compile(r"\d+([.,]\d+)?[eE]\+\d+", re.ASCII)
_FILE_NAME = re.compile(r"[\w .-]+")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)

EXCEL_ERRORS = frozenset(
    {"#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}
)

USABLE_AS_FILE_NAME = (
    f"letters, digits, spaces, points, hyphens and underscores, at most {LONGEST_NAME} of them,"
    " neither starting nor ending with a point"
)


def clean_text(text: str) -> str:
    """Text without surrounding space, accents in their composed form."""
    return unicodedata.normalize("NFC", text.strip())


def clean_id(text: str) -> str:
    """An id as text; Excel's 4011.0 is 4011."""
    text = clean_text(text)
    found = _WHOLE.fullmatch(text)
    return found[1] if found else text


def clean_list(text: str) -> str:
    """Texts separated by semicolons, without empty ones."""
    return ";".join(part for part in map(clean_text, text.split(";")) if part)


def text_fault(text: str) -> tuple[str, str] | None:
    """What is allowed and how to mend it, where a text cannot be used; else None."""
    if any(unicodedata.category(c) == "Cc" or c in "\ufffe\uffff" for c in text):
        return (
            "text without control characters such as line ends and tabs",
            "write the text on one line, without special characters",
        )
    if text in EXCEL_ERRORS:
        return "text, not an error of Excel", "correct the formula behind it or write the text"
    if len(text) > LONGEST:
        return f"text of at most {LONGEST} characters", "shorten the text"
    return None


def id_fault(text: str) -> tuple[str, str] | None:
    """The same for an id: Excel shortens long numbers for good, and the digits are lost."""
    if _SHORTENED.fullmatch(text):
        return (
            "an id with all its digits",
            "Excel has shortened the number: format the column as text and enter the ids again",
        )
    return text_fault(text)


def file_name_fault(name: str) -> tuple[str, str] | None:
    """The same for a store or region, which names a file that must open on every system."""
    allowed = USABLE_AS_FILE_NAME
    if len(name) > LONGEST_NAME:
        return allowed, f"shorten it to {LONGEST_NAME} characters"
    if not _FILE_NAME.fullmatch(name) or "\u3000" in name:
        return allowed, "remove every other character, such as / \\ : * ? and quotation marks"
    if name[0] in ". " or name[-1] in ". ":
        return allowed, "remove the point or space at the start or the end"
    if _RESERVED.fullmatch(name.split(".")[0].rstrip()):
        return allowed, "Windows keeps this name for itself: choose another, such as Store CON"
    return None
