"""One pass over a file's bytes: its fingerprint, its encoding and how many lines it has."""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from pathlib import Path

BLOCK = 1 << 22


@dataclass(frozen=True)
class Scan:
    """What the bytes of a file say before anything is read as a table."""

    sha256: str
    size: int
    line_feeds: int
    ends_with_line_feed: bool
    bad_byte: bytes
    """The first byte that is not UTF-8 text; empty if all are."""
    bad_row: int
    """Line of that byte; 0 if there is none."""


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal. Raises OSError."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def scan(path: Path) -> Scan:
    """Read a text file once, block by block. Raises OSError."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    size = line_feeds = bad_row = 0
    bad_byte = last = b""
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
            if not bad_row:
                held = len(decoder.getstate()[0])
                bad_at = -1
                try:
                    decoder.decode(block)
                except UnicodeDecodeError as error:
                    bad_at = max(0, error.start - held)
                nul_at = block.find(0)
                if nul_at >= 0 and (bad_at < 0 or nul_at < bad_at):
                    bad_at = nul_at
                if bad_at >= 0:
                    bad_byte = block[bad_at : bad_at + 1]
                    bad_row = line_feeds + block.count(b"\n", 0, bad_at) + 1
            size += len(block)
            line_feeds += block.count(b"\n")
            last = block[-1:]
    if not bad_row and decoder.getstate()[0]:
        bad_byte, bad_row = decoder.getstate()[0][:1], line_feeds + 1
    return Scan(digest.hexdigest(), size, line_feeds, last == b"\n", bad_byte, bad_row)
