"""Every file of the run is there, is the one that was written, and none was added."""

from __future__ import annotations

from planner.audit.folder import MANIFEST, RunFolder
from planner.audit.ledger import Ledger
from planner.tables.scan import sha256_of

EXPECTED = ("report.html", "chain.xlsx", "exchange/positions.csv")


def check_files(run: RunFolder, ledger: Ledger) -> None:
    """Files against the hashes in run.json, both ways."""
    known: dict[str, str] = dict(run.manifest.get("files") or {})
    for name, digest in sorted(known.items()):
        file = run.path / name
        if not file.is_file():
            ledger.expect(False, f"{name} is named in {MANIFEST} but missing")
            continue
        ledger.expect(
            sha256_of(file) == digest,
            f"{name} was changed after the run: its SHA-256 is not the one in {MANIFEST}",
        )
    for file in sorted(run.path.rglob("*")):
        name = file.relative_to(run.path).as_posix()
        if file.is_file() and name != MANIFEST:
            ledger.expect(name in known, f"{name} is no file of this run: {MANIFEST} has no such")
    for name in EXPECTED:
        ledger.expect(name in known, f"{name} is not among the files of {MANIFEST}")
    for store_id in run.manifest.get("stores") or {}:
        name = f"planograms/{store_id}.xlsx"
        ledger.expect(name in known, f"store {store_id} has no workbook {name} in {MANIFEST}")
