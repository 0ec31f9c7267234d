"""A table as it was written: each distinct text kept once, rows as people count them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class RawColumn:
    """Cells of one column: ``texts[code]`` of each row, code -1 for an empty cell."""

    codes: Codes
    texts: pa.StringArray

    def at(self, position: int) -> str:
        """The text of one cell; "" if it is empty."""
        code = int(self.codes[position])
        return str(self.texts[code].as_py()) if code >= 0 else ""

    @classmethod
    def empty(cls, rows: int) -> RawColumn:
        """A column without a value."""
        return cls(np.full(rows, -1, dtype=np.int32), pa.array([], type=pa.string()))

    @classmethod
    def from_arrow(cls, column: pa.ChunkedArray) -> RawColumn:
        """From an Arrow column of dictionary-encoded strings."""
        column = column.unify_dictionaries()
        if column.num_chunks == 0:
            return cls.empty(0)
        codes = np.concatenate(
            [
                chunk.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
                for chunk in column.chunks
            ]
        )
        return cls(*_without_blanks(codes, column.chunk(0).dictionary))

    def take(self, keep: NDArray[np.bool_]) -> RawColumn:
        """The column on some rows only."""
        return RawColumn(self.codes[keep], self.texts)

    def renamed(self, texts: Sequence[str]) -> RawColumn:
        """The same cells with other texts, one for each distinct text."""
        return RawColumn(self.codes, pa.array(texts, type=pa.string()))

    def joined(self, other: RawColumn) -> RawColumn:
        """The cells of this column followed by those of another."""
        shifted = np.where(other.codes < 0, -1, other.codes + len(self.texts)).astype(np.int32)
        return RawColumn(
            np.concatenate([self.codes, shifted]), pa.concat_arrays([self.texts, other.texts])
        )


def _without_blanks(codes: Codes, texts: pa.StringArray) -> tuple[Codes, pa.StringArray]:
    kept = pc.not_equal(pc.utf8_trim_whitespace(texts), "").to_numpy(zero_copy_only=False)
    if kept.all():
        return codes, texts
    new = np.full(len(texts) + 1, -1, dtype=np.int32)
    new[:-1][kept] = np.arange(kept.sum(), dtype=np.int32)
    return new[codes], texts.filter(pa.array(kept))


@dataclass(frozen=True)
class RawTable:
    """A table as it was written, before any text is understood."""

    file: str
    """As problems name it: ``sales.csv``, or ``input.xlsx, sheet sales``."""
    header: tuple[str, ...]
    columns: tuple[RawColumn, ...]
    rows: NDArray[np.int64]
    """Row of each record as Excel counts it: the header is row 1."""
    complete: bool = True
    """False: some records could not be read, so ids may be missing."""

    def without_blank_rows(self) -> RawTable:
        """The table less the rows in which every cell is empty."""
        if not self.columns or not len(self.rows):
            return self
        filled = np.zeros(len(self.rows), dtype=bool)
        for column in self.columns:
            filled |= column.codes >= 0
        if filled.all():
            return self
        kept = tuple(column.take(filled) for column in self.columns)
        return RawTable(self.file, self.header, kept, self.rows[filled], self.complete)


class ColumnsBuilder:
    """Collects records into dictionary-encoded columns, a batch at a time, to save memory."""

    BATCH = 200_000

    def __init__(self, width: int) -> None:
        self._width = width
        self._chunks: list[list[pa.Array]] = [[] for _ in range(width)]
        self._pending: list[Sequence[str | None]] = []

    def add(self, record: Sequence[str | None]) -> None:
        """Add one record of ``width`` cells."""
        self._pending.append(record)
        if len(self._pending) >= self.BATCH:
            self._flush()

    def add_batch(self, arrays: Iterable[pa.Array]) -> None:
        """Add one Arrow batch of string columns."""
        for chunks, array in zip(self._chunks, arrays, strict=True):
            chunks.append(array.cast(pa.string()).dictionary_encode())

    def _flush(self) -> None:
        if self._pending:
            self.add_batch(
                pa.array([record[i] for record in self._pending], type=pa.string())
                for i in range(self._width)
            )
            self._pending = []

    def columns(self) -> tuple[RawColumn, ...]:
        """The columns collected so far."""
        self._flush()
        kind = pa.dictionary(pa.int32(), pa.string())
        return tuple(
            RawColumn.from_arrow(pa.chunked_array(chunks, type=kind)) for chunks in self._chunks
        )
