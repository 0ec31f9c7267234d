"""A hash of what a value holds: the same on every system, in every process."""

from __future__ import annotations

import dataclasses
import hashlib
import struct
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

STORED_AS = {"f": "<f8", "i": "<i8", "u": "<i8", "b": "|b1"}
"""Kind of a numpy array -> how its numbers are counted: sizes and byte orders differ by system."""


def content_hash(value: object) -> str:
    """SHA-256 of a value: dataclasses, arrays, tuples, lists, mappings, numbers, texts, None.

    Every field counts but those of dataclasses declared with ``compare=False``; so does the
    order of a mapping. Raises TypeError for anything else, rather than miss a change of it.
    """
    digest = hashlib.sha256()
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: object) -> None:
    """Each kind has its letter, and each length stands first: no two values read alike."""
    if type(value) is str:
        # Nearly all that a problem holds beside its arrays: asked for before dearer questions.
        _part(digest, b"S", value.encode())
    elif isinstance(value, Enum):
        _part(digest, b"E", f"{type(value).__qualname__}.{value.name}".encode())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        _part(digest, b"D", type(value).__qualname__.encode())
        for field in dataclasses.fields(value):
            if field.compare:
                _part(digest, b"F", field.name.encode())
                _feed(digest, getattr(value, field.name))
    elif isinstance(value, np.ndarray):
        _feed_array(digest, value)
    elif isinstance(value, Mapping):
        _part(digest, b"M", str(len(value)).encode())
        for key, held in value.items():
            _feed(digest, key)
            _feed(digest, held)
    elif isinstance(value, (tuple, list)):
        _part(digest, b"T", str(len(value)).encode())
        for held in value:
            _feed(digest, held)
    elif isinstance(value, str):
        _part(digest, b"S", value.encode())
    elif value is None or isinstance(value, (bool, np.bool_)):
        _part(digest, b"B", str(value).encode())
    elif isinstance(value, (int, np.integer)):
        _part(digest, b"I", str(int(value)).encode())
    elif isinstance(value, (float, np.floating)):
        _part(digest, b"N", _double(float(value)))
    else:
        raise TypeError(f"no hash of the content of {type(value).__name__}")


def _feed_array(digest: Any, array: np.ndarray[Any, Any]) -> None:
    _part(digest, b"A", f"{array.dtype.kind}{array.shape}".encode())
    if array.dtype.kind not in STORED_AS:
        for held in array.ravel():
            _feed(digest, held)
        return
    numbers = np.ascontiguousarray(array, dtype=STORED_AS[array.dtype.kind])
    if array.dtype.kind == "f":
        # One zero and one "not a number": the others differ in bits alone.
        numbers = np.where(np.isnan(numbers), np.nan, numbers + 0.0).astype("<f8")
    _part(digest, b"V", numbers.tobytes())


def _double(value: float) -> bytes:
    return struct.pack("<d", float("nan") if value != value else value + 0.0)


def _part(digest: Any, kind: bytes, content: bytes) -> None:
    digest.update(kind + struct.pack("<Q", len(content)))
    digest.update(content)
