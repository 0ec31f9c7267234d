"""The text of a ProSpace ``.psa`` file: lines of cells, and the bytes they are stored as.

Unofficial: the owner of the format publishes no description; docs/exchange.md says what was
learned where, and what is uncertain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

FIRST_LINE = "PROSPACE SCHEMATIC FILE"
VERSION = "2017.2.0"
"""The oldest whose columns two sources agree on; later versions only add columns at the end."""

_WINDOWS_1252, _UTF_8 = ("cp1252", "1252"), ("utf-8", "65001")
_MEANING = {"n": "\n", "r": "\r", "t": "\t", ",": ",", "\\": "\\", '"': '"'}
"""What the character after a backslash stands for; with any other both are kept."""
_ESCAPES = str.maketrans({meaning: "\\" + letter for letter, meaning in _MEANING.items()})
_CELL = re.compile(r"(?:^|,)((?:[^,\\]|\\.?)*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_CODEPAGE = re.compile(rb"^; *Codepage *= *(\d+)", re.MULTILINE)


class NotPsa(ValueError):
    """The bytes are no ``.psa`` file."""


def text_cell(text: str) -> str:
    """A text as a cell: commas, backslashes, quotes, tabs and line ends behind a backslash."""
    return text.translate(_ESCAPES)


def number_cell(value: float, decimals: int = 4) -> str:
    """A number as a cell, without zeros at its end and without an exponent."""
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".") if decimals else f"{value:.0f}"
    return "0" if text == "-0" else text


def to_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """The file with these rows of cells, each beginning with the kind of its record.

    Windows-1252, as programs write it. A text that it cannot hold, or that a reader would take
    for UTF-8, is stored as UTF-8 and says so in its third line.
    """
    body = "".join([",".join(cells) + "\r\n" for cells in rows])
    encoding, number = _encoding_of(body)
    head = f"{FIRST_LINE}\r\n; Version {VERSION}\r\n; Codepage={number}\r\n"
    return (head + body).encode(encoding)


def _encoding_of(text: str) -> tuple[str, str]:
    if text.isascii():
        return _WINDOWS_1252
    try:
        stored = text.encode(_WINDOWS_1252[0])
    except UnicodeEncodeError:
        return _UTF_8
    try:
        stored.decode(_UTF_8[0])
    except UnicodeDecodeError:
        return _WINDOWS_1252
    return _UTF_8


def from_bytes(content: bytes) -> Iterator[list[str]]:
    """The rows of a file, each beginning with the kind of its record; comments left out.

    Raises NotPsa where the first line is another, or the text is not in the encoding it names.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    named = _CODEPAGE.search(content)
    encoding = (_UTF_8 if named and named[1] == _UTF_8[1].encode() else _WINDOWS_1252)[0]
    try:
        # A line feed is the only end of a line; str.splitlines knows ten.
        lines = content.decode(encoding).split("\n")
    except UnicodeDecodeError as error:
        raise NotPsa(f"its text is not {encoding}: {error}") from error
    if not lines[0].startswith(FIRST_LINE):
        raise NotPsa(f"its first line is not {FIRST_LINE}")
    return (_cells(line.removesuffix("\r")) for line in lines[1:] if line.strip()[:1] not in "; ")


def _cells(line: str) -> list[str]:
    if "\\" not in line:
        return line.split(",")
    return [_ESCAPED.sub(_meant, cell) for cell in _CELL.findall(line)]


def _meant(escaped: re.Match[str]) -> str:
    return _MEANING.get(escaped[1], escaped[0])
