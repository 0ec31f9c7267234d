"""Size of a large chain's report, and what a browser needs to open it.

python benchmarks/report_pages.py RUN [--stores 1000] [--items 300] [--regions 10] [--keep FOLDER]

The tables are those of a finished run with its stores and items repeated under new numbers, every
figure a little changed; nothing is planned. Chromium opens the chain's page and the first region's
page from disk, offline. Times are the browser's own, so other work on the machine lengthens them;
processor seconds are those of all its processes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from planner.outputs.contents import Contents, Stamp
from planner.outputs.report.write import pages, text_of_page
from planner.tables.read import read_inputs

BY_NAME = ("value", "waterfall", "certainty")
"""Frames that tell a chain, its regions and its stores by level and name."""


def contents_of(run: Path) -> Contents:
    """What the outputs of a finished run showed; its data must still be where it was."""
    known = json.loads((run / "run.json").read_text("utf-8"))
    inputs = read_inputs(Path(known["data_path"]))
    tables = {
        field.name: pd.read_parquet(run / "tables" / f"{field.name}.parquet")
        for field in fields(Contents)
        if (run / "tables" / f"{field.name}.parquet").exists()
    }
    days = {name: pd.Timestamp(known[name]) for name in ("data_date", "valid_from", "valid_to")}
    same = ("run_id", "currency", "plan", "proof", "objective_week", "bound_week", "gap")
    stamp = Stamp(
        chain_name=known["chain"],
        scenario=known["scenario"]["name"],
        objective=known["scenario"]["objective"],
        locale="en_US",
        planner_version=known["versions"]["planner"],
        **days,
        **{name: known[name] for name in same},
    )
    return Contents(stamp=stamp, items=inputs.items, stores=inputs.stores, **tables)


def enlarged(contents: Contents, stores: int, items: int, regions: int) -> Contents:
    """The same with so many stores, items and regions."""
    draw = np.random.default_rng(1)
    of_item = renamed(contents.items["item_id"], items)
    of_store = renamed(contents.stores["store_id"], stores)
    of_region = pd.DataFrame(
        {"old": contents.stores["region"].iloc[0], "new": [f"Region {k}" for k in range(regions)]}
    )
    made: dict[str, pd.DataFrame] = {}
    for field in fields(Contents):
        frame = getattr(contents, field.name)
        if not isinstance(frame, pd.DataFrame) or frame.empty:
            continue
        if "item_id" in frame:
            frame = repeated(frame, "item_id", of_item)
        if "store_id" in frame:
            of_chain = frame[frame["store_id"] == ""]
            frame = pd.concat([of_chain, repeated(frame, "store_id", of_store)], ignore_index=True)
        if field.name in BY_NAME:
            frame = pd.concat(
                [
                    frame[frame["level"] == "chain"],
                    repeated(frame[frame["level"] == "region"], "name", of_region),
                    repeated(frame[frame["level"] == "store"], "name", of_store),
                ],
                ignore_index=True,
            )
        for name in frame.select_dtypes("float64"):
            frame[name] = frame[name] * draw.uniform(0.95, 1.05, len(frame))
        made[field.name] = frame
    table = made["stores"]
    made["stores"] = table.assign(
        store_name=table["store_name"] + " " + table["store_id"],
        region=[f"Region {k % regions}" for k in range(len(table))],
        city=[f"City {k % (4 * regions)}" for k in range(len(table))],
    )
    return replace(contents, **made)


def renamed(ids: pd.Series, count: int) -> pd.DataFrame:
    """Old numbers and so many new ones: each old one again and again, with a tail."""
    old = [str(ids.iloc[k % len(ids)]) for k in range(count)]
    new = [f"{name}-{k // len(ids)}" if k >= len(ids) else name for k, name in enumerate(old)]
    return pd.DataFrame({"old": old, "new": new})


def repeated(frame: pd.DataFrame, column: str, names: pd.DataFrame) -> pd.DataFrame:
    """The rows of each old name under each of its new ones."""
    rows = names.merge(frame, left_on="old", right_on=column)
    return rows.assign(**{column: rows["new"]})[list(frame.columns)]


DRAWN = "html[data-charts=drawn]"
TIMES = """() => {
    const page = performance.getEntriesByType('navigation')[0];
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    const charts = performance.getEntriesByName('charts drawn')[0];
    return { painted: paint?.startTime, read: page.domContentLoadedEventEnd,
             loaded: page.loadEventEnd, drawn: charts?.startTime,
             elements: document.querySelectorAll('*').length };
}"""


def processor_seconds(pids: set[int]) -> float:
    """Of these processes, so far."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except FileNotFoundError:
            continue
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def browser_processes(profile: str) -> set[int]:
    """Processes whose command line names the profile, and their children."""
    parents: dict[int, int] = {}
    own = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
            if profile in (folder / "cmdline").read_text():
                own.add(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    while more := {pid for pid, parent in parents.items() if parent in own} - own:
        own |= more
    return own


def open_in_browser(path: Path) -> dict[str, float]:
    """Open a page once; milliseconds since it was asked for, and processor seconds."""
    with tempfile.TemporaryDirectory() as profile, sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=shutil.which("chromium"), args=["--no-sandbox"], offline=True
        )
        page = context.new_page()
        page.goto("about:blank")
        before = processor_seconds(browser_processes(profile))
        page.goto(path.as_uri())
        page.wait_for_selector(DRAWN, state="attached", timeout=120_000)
        found: dict[str, float] = page.evaluate(TIMES)
        found["processor_seconds"] = processor_seconds(browser_processes(profile)) - before
        context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--stores", type=int, default=1000)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--regions", type=int, default=10)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    contents = enlarged(contents_of(options.run), options.stores, options.items, options.regions)
    print(f"{len(contents.changes):,} changes, {len(contents.assortment):,} store-item pairs")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        for page in pages(contents)[:2]:
            start = time.process_time()
            text = text_of_page(page)
            made = time.process_time() - start
            path = folder / page.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            seen = open_in_browser(path)
            print(
                f"{page.name}: {path.stat().st_size / 1e6:.2f} MB, made in {made:.1f} s; first "
                f"paint {seen['painted']:.0f} ms, read {seen['read']:.0f} ms, loaded "
                f"{seen['loaded']:.0f} ms, charts drawn {seen['drawn']:.0f} ms; "
                f"{seen['elements']:.0f} elements, {seen['processor_seconds']:.1f} processor s"
            )


if __name__ == "__main__":
    main()
