"""Proposals from the data that a person looks over before they are used: segments, need groups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from planner.demand.clean import History, clean
from planner.demand.factors import Grouping
from planner.demand.need_groups import propose_need_groups
from planner.demand.rates import Rates, fit
from planner.demand.segmentation import Segmentation, discover_segments, segment_names
from planner.errors import BadInput, Problem
from planner.out_paths import check_files
from planner.outputs.workbook.groups_book import write_groups_workbook
from planner.outputs.workbook.segments_book import SegmentsPage, write_segments_workbook
from planner.tables.inputs import Inputs
from planner.tables.read import read_inputs
from planner.unfinished import write_together

Progress = Callable[[str, int, int], None]
Writer = Callable[[Path], None]

SAME_INDEX = 0.05
"""An item this near the index of its need group needs no row of its own."""
SHOWN = 3


@dataclass(frozen=True)
class Fitted:
    """A chain's tables and the rates behind its sales, all weeks alike."""

    inputs: Inputs
    history: History
    grouping: Grouping
    need_groups: tuple[str, ...]
    rates: Rates

    @property
    def data_date(self) -> pd.Timestamp:
        """Last day of the sales history."""
        return self.history.first_week - pd.Timedelta(days=1)


def fit_chain(data: Path, groups: str = "need_group") -> Fitted:
    """Read a chain and fit its rates, with need groups from this column of the items.

    Raises BadInput.
    """
    inputs = read_inputs(data)
    history = clean(inputs)
    group, names = pd.factorize(inputs.items[groups])
    grouping = Grouping(
        region_of_store=_codes(inputs.stores["region"]),
        category_of_item=_codes(inputs.items["category"]),
        group_of_item=group.astype(np.int64),
    )
    rates = fit(history, grouping, float("inf"))
    return Fitted(inputs, history, grouping, tuple(str(name) for name in names), rates)


def _codes(names: pd.Series[str]) -> NDArray[np.int64]:
    return pd.factorize(names)[0].astype(np.int64)


def propose_segments(
    data: Path,
    out: Path,
    *,
    number: int | None = None,
    overwrite: bool = False,
    progress: Progress,
) -> Segmentation:
    """Find customer segments and write segments.csv, segment_index.csv and segments.xlsx.

    Raises BadInput for tables that cannot be used, a number of segments that the stores cannot
    show, or files that are there already; then nothing is written.
    """
    files = ("segments.csv", "segment_index.csv", "segments.xlsx")
    check_files(out, files, overwrite=overwrite)
    progress("reading the tables", 0, 1)
    chain = fit_chain(data)
    progress("looking for segments", 0, 1)
    try:
        found = discover_segments(chain.history, chain.grouping, chain.rates, number=number)
    except ValueError as error:
        problem = Problem("--segments", 0, "", str(number), str(error), "ask for fewer segments")
        raise BadInput([problem]) from error
    h = chain.history
    units = np.bincount(
        chain.grouping.group_of_item[h.item], h.units, minlength=len(chain.need_groups)
    )
    names = segment_names(found, chain.need_groups, np.maximum(units, 0.0))
    shares = segments_table(chain.inputs, found, names)
    index = segment_index_table(chain.inputs, found, names, chain.need_groups)
    page = _segments_page(chain, found, names)
    write_together(
        out,
        {
            files[0]: lambda path: shares.to_csv(path, index=False, lineterminator="\n"),
            files[1]: lambda path: index.to_csv(path, index=False, lineterminator="\n"),
            files[2]: lambda path: write_segments_workbook(page, path),
        },
    )
    return found


def propose_groups(
    data: Path, out: Path, *, overwrite: bool = False, progress: Progress
) -> pd.DataFrame:
    """Propose need groups and write need_groups.csv and need_groups.xlsx; returns the table.

    Need groups that the items have already are not looked at. Raises BadInput for tables that
    cannot be used or files that are there already; then nothing is written.
    """
    files = ("need_groups.csv", "need_groups.xlsx")
    check_files(out, files, overwrite=overwrite)
    progress("reading the tables", 0, 1)
    chain = fit_chain(data, "category")
    progress("comparing items", 0, 1)
    items = chain.inputs.items[["item_id", "item_name", "category"]]
    found = propose_need_groups(
        chain.history, chain.grouping, chain.rates, items["item_name"].tolist()
    )
    table = pd.concat([items, found], axis=1)
    in_order = table.sort_values(["category", "need_group"], kind="stable")
    write_together(
        out,
        {
            files[0]: lambda path: table.round({"stays_share": 3}).to_csv(
                path, index=False, lineterminator="\n"
            ),
            files[1]: lambda path: write_groups_workbook(
                in_order, chain.inputs.chain.name, chain.data_date, path
            ),
        },
    )
    return table


def segments_table(inputs: Inputs, found: Segmentation, names: tuple[str, ...]) -> pd.DataFrame:
    """The input table ``segments``: store_id, segment, share; shares of a store sum to 1."""
    share = found.share.round(4)
    largest = share.argmax(axis=1)
    share[np.arange(len(share)), largest] += 1.0 - share.sum(axis=1)
    return pd.DataFrame(
        {
            "store_id": np.repeat(inputs.stores["store_id"].to_numpy(), found.number),
            "segment": np.tile(np.asarray(names, dtype=object), len(share)),
            "share": share.ravel().round(4),
        }
    )


def segment_index_table(
    inputs: Inputs, found: Segmentation, names: tuple[str, ...], need_groups: tuple[str, ...]
) -> pd.DataFrame:
    """The input table ``segment_index``: a row a need group, and one an item that differs."""
    group = pd.factorize(inputs.items["need_group"])[0]
    segment, item = np.nonzero(np.abs(found.index - found.group_index[:, group]) > SAME_INDEX)
    name = np.asarray(names, dtype=object)
    items = inputs.items["item_id"].to_numpy()
    groups = pd.DataFrame(
        {
            "segment": np.repeat(name, len(need_groups)),
            "item_id": "",
            "need_group": np.tile(np.asarray(need_groups, dtype=object), found.number),
            "index": found.group_index.ravel(),
        }
    )
    single = pd.DataFrame(
        {
            "segment": name[segment],
            "item_id": items[item],
            "need_group": "",
            "index": found.index[segment, item],
        }
    )
    table = pd.concat([groups, single], ignore_index=True)
    table["index"] = table["index"].round(3)
    return table


def _segments_page(chain: Fitted, found: Segmentation, names: tuple[str, ...]) -> SegmentsPage:
    inputs = chain.inputs
    groups = np.asarray(chain.need_groups, dtype=object)

    def listed(row: NDArray[np.float64], order: NDArray[np.int64], wanted: float) -> str:
        far = [k for k in order[: 2 * SHOWN] if (row[k] - 1.0) * wanted > 0.02]
        return ", ".join(f"{groups[k]} ({row[k]:.2f})" for k in far) or "nothing"

    stores = inputs.stores["store_name"].to_numpy()
    rows = []
    for g, name in enumerate(names):
        row = found.group_index[g]
        order = np.argsort(-row, kind="stable")
        strongest = np.argsort(-found.share[:, g], kind="stable")[:SHOWN]
        rows.append(
            (
                name,
                float(found.chain_share[g]),
                listed(row, order, 1.0),
                listed(row, order[::-1], -1.0),
                ", ".join(f"{stores[s]} ({found.share[s, g]:.0%})" for s in strongest),
            )
        )
    by_store = inputs.stores[["store_id", "store_name", "region"]].copy()
    by_group = pd.DataFrame({"need_group": groups})
    by_item = inputs.items[["item_id", "item_name", "need_group"]].copy()
    for g, name in enumerate(names):
        by_store[name] = found.share[:, g]
        by_group[name] = found.group_index[g]
        by_item[name] = found.index[g]
    return SegmentsPage(
        chain_name=inputs.chain.name,
        data_date=chain.data_date,
        segments=pd.DataFrame(
            rows,
            columns=["segment", "chain_share", "buys_more", "buys_less", "strongest_stores"],
        ),
        curve=found.curve,
        shares=by_store,
        group_index=by_group,
        item_index=by_item,
    )
