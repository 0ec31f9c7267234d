"""What a page carries besides what is read: its scripts and figures, made small.

Packed text is letters, digits, ``+``, ``/`` and ``=`` alone, so nothing in it can end the element
that it stands in.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

from markupsafe import Markup


def packed(text: str) -> Markup:
    """Text as gzip in base64; the same text gives the same letters."""
    return Markup(b64encode(gzip.compress(text.encode(), compresslevel=9, mtime=0)).decode())


def packed_json(value: object) -> Markup:
    """JSON, packed. Raises ``ValueError`` on a number that JSON does not know."""
    return packed(json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False))
