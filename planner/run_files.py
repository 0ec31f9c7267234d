"""The files of a run that are not tables, as jobs for the workers: workbooks, pages of the
report, and what other programs read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from planner.outputs.contents import Contents
from planner.outputs.exchange import positions_csv
from planner.outputs.exchange.psa import store_psa
from planner.outputs.report.write import Page, pages, text_of_page
from planner.outputs.slices import only
from planner.outputs.workbook import chain
from planner.outputs.workbook.cells import without_run_id
from planner.outputs.workbook.store import write_store_workbook

CHAIN_WORKBOOK = "chain.xlsx"
STORE_WORKBOOK = "planograms/{}.xlsx"
POSITIONS_CSV = "exchange/positions.csv"
STORE_PSA = "exchange/{}.psa"
FOLDERS = ("planograms", "regions", "exchange")
"""Where the files lie."""
CELLS = ("workbook", "sheet", "cell", "value")


@dataclass(frozen=True)
class MadeFile:
    """A file as bytes, since a worker may not see the run's disk."""

    name: str
    """Its path in the run's folder."""
    content: bytes
    cells: pd.DataFrame | None
    """Of a workbook, as ``workbook_cells`` reads them."""


class FileJob(Protocol):
    """What files are made from."""

    @property
    def title(self) -> str:
        """What the job is called in a message."""

    def make(self) -> tuple[MadeFile, ...]:
        """Make them."""


@dataclass(frozen=True)
class StoreFilesJob:
    """The workbook of a store, and its planograms for other programs where it has fixtures;
    ``contents`` are that store's alone."""

    contents: Contents
    store_id: str

    @property
    def title(self) -> str:
        """What the job is called in a message."""
        return f"workbook of store {self.store_id}"

    def make(self) -> tuple[MadeFile, ...]:
        """Make the files."""
        file = BytesIO()
        cells = write_store_workbook(self.contents, self.store_id, file)
        workbook = MadeFile(STORE_WORKBOOK.format(self.store_id), file.getvalue(), cells)
        if self.contents.shelves.empty:
            return (workbook,)
        psa = store_psa(self.contents, self.store_id)
        return workbook, MadeFile(STORE_PSA.format(self.store_id), psa, None)


@dataclass(frozen=True)
class ChainWorkbookJob:
    """The workbook of the chain."""

    contents: Contents
    title = "workbook of the chain"

    def make(self) -> tuple[MadeFile, ...]:
        """Make the workbook."""
        file = BytesIO()
        cells = chain.write_chain_workbook(self.contents, file)
        return (MadeFile(CHAIN_WORKBOOK, file.getvalue(), cells),)


@dataclass(frozen=True)
class PositionsJob:
    """The positions of all stores as CSV."""

    contents: Contents
    title = "positions of the chain"

    def make(self) -> tuple[MadeFile, ...]:
        """Make the file."""
        return (MadeFile(POSITIONS_CSV, positions_csv.positions_csv(self.contents), None),)


@dataclass(frozen=True)
class PageJob:
    """A page of the report."""

    page: Page

    @property
    def title(self) -> str:
        """What the job is called in a message."""
        return self.page.name

    def make(self) -> tuple[MadeFile, ...]:
        """Make the page."""
        return (MadeFile(self.page.name, text_of_page(self.page).encode(), None),)


def file_jobs(contents: Contents, stores: Mapping[str, Contents]) -> list[FileJob]:
    """The jobs for all workbooks, pages and other files of a run, the longest first.

    ``stores``: the contents of each store, by its id.
    """
    return [
        ChainWorkbookJob(only(contents, chain.SHOWN)),
        *map(PageJob, pages(contents)),
        PositionsJob(only(contents, positions_csv.SHOWN)),
        *(StoreFilesJob(part, store) for store, part in stores.items()),
    ]


def workbook_names(stores: Iterable[str]) -> list[str]:
    """Paths of a run's workbooks in its folder: the chain's, then those of stores."""
    return [CHAIN_WORKBOOK, *map(STORE_WORKBOOK.format, stores)]


def make_files(job: FileJob) -> tuple[MadeFile, ...]:
    """Do one job."""
    return job.make()


class CellsTable:
    """tables/cells.parquet, written workbook by workbook: those of a chain are never all held.

    The rows stand in the order of ``names``, in whatever order workbooks come in.
    """

    def __init__(self, path: Path, names: Iterable[str], run_id: str) -> None:
        self._path, self._run_id = path, run_id
        self._names = iter(names)
        self._next = next(self._names, None)
        self._waiting: dict[str, pa.Table] = {}
        self._writer: pq.ParquetWriter | None = None

    def add(self, name: str, cells: pd.DataFrame) -> None:
        """Write a workbook's cells as soon as those before it are written."""
        frame = without_run_id(cells, self._run_id).assign(workbook=name)
        frame = frame[list(CELLS)].astype("str")
        self._waiting[name] = pa.Table.from_pandas(frame, preserve_index=False)
        while self._next in self._waiting:
            table = self._waiting.pop(self._next)
            if self._writer is None:
                self._writer = pq.ParquetWriter(self._path, table.schema)
            self._writer.write_table(table)
            self._next = next(self._names, None)

    def __enter__(self) -> CellsTable:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._writer is not None:
            self._writer.close()
