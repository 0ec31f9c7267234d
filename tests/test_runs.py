"""The run folder: whole or not there, never over something else."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from whole_chain import QUICK, corner_shops, plan_of

from planner import runs
from planner.errors import BadInput
from planner.workers import InProcess


def everything(folder: Path) -> dict[str, bytes]:
    """Bytes of every file of a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def finished(shop_run, tmp_path) -> Path:
    """A copy of a finished run that a test may change."""
    folder = tmp_path / "place" / "run"
    shutil.copytree(shop_run, folder)
    return folder


def test_every_file_of_a_run_is_hashed(shop_run):
    """run.json holds the SHA-256 of every other file of the run."""
    named = json.loads((shop_run / "run.json").read_text())["files"]
    files = everything(shop_run)
    del files["run.json"]
    assert named == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_inputs_are_copied_as_they_were_read(shop_run):
    """The small tables are copied byte for byte; sales are not, but their hash is there."""
    entries = json.loads((shop_run / "run.json").read_text())["inputs"]
    for table, entry in entries.items():
        source = shop_run.parent / "data" / entry["file"]
        assert entry["sha256"] == hashlib.sha256(source.read_bytes()).hexdigest()
        if table == "sales":
            assert entry["copy"] == ""
        else:
            assert (shop_run / entry["copy"]).read_bytes() == source.read_bytes()


def test_a_run_is_not_overwritten_without_leave(shop_run, finished):
    """An earlier run is refused without leave and stays as it was, to the byte."""
    before = everything(finished)
    with pytest.raises(BadInput) as caught:
        plan_of(shop_run.parent / "data", finished)
    assert "--overwrite" in caught.value.problems[0].mend
    assert everything(finished) == before
    assert list(finished.parent.iterdir()) == [finished]


@pytest.fixture
def light_write(monkeypatch):
    """``write_run`` with a run that is one file, for tests of where it goes."""

    def write_into(aside: Path, *rest: object) -> None:
        aside.mkdir(parents=True)
        (aside / "run.json").write_text('{"run_id": "light"}')

    monkeypatch.setattr(runs, "_write_into", write_into)

    def write(folder: Path, *, overwrite: bool = False) -> Path:
        silent = lambda done, total: None  # noqa: E731
        return runs.write_run(folder, None, {}, None, executor=InProcess(), overwrite=overwrite,
                              progress=silent)  # fmt: skip

    return write


def test_with_leave_a_run_is_replaced_whole(light_write, finished):
    """With leave nothing of the earlier run stays, and nothing is left beside it."""
    light_write(finished, overwrite=True)
    assert everything(finished) == {"run.json": b'{"run_id": "light"}'}
    assert list(finished.parent.iterdir()) == [finished]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_not_a_run_is_never_touched(light_write, tmp_path, overwrite):
    """A folder of other files, or a file, is refused even with leave to overwrite."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "letter.txt").write_text("kept")
    for place in (folder, folder / "letter.txt"):
        with pytest.raises(BadInput):
            light_write(place, overwrite=overwrite)
    assert everything(tmp_path) == {"documents/letter.txt": b"kept"}


def test_an_empty_or_new_folder_is_used(light_write, tmp_path):
    """An empty folder may be named, or one whose parents are not there yet."""
    (tmp_path / "run").mkdir()
    for folder in (tmp_path / "run", tmp_path / "deep" / "deeper" / "run"):
        assert light_write(folder) == folder
    light = {"run/run.json": b'{"run_id": "light"}'}
    light |= {"deep/deeper/run/run.json": b'{"run_id": "light"}'}
    assert everything(tmp_path) == light
    assert len(list(tmp_path.rglob("*"))) == 6


def test_the_present_directory_is_refused(light_write, tmp_path, monkeypatch):
    """A run is never moved over the directory that the command was given in, or one above."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    for place in (Path("."), Path(".."), here, tmp_path):
        with pytest.raises(BadInput):
            light_write(place, overwrite=True)
    assert list(tmp_path.iterdir()) == [here]
    assert list(here.iterdir()) == []


def test_a_failed_write_leaves_no_half_folder(shop_run, tmp_path, monkeypatch):
    """Where a run cannot be written whole, neither a folder nor a part of one stays."""

    def full(*arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(runs, "make_files", full)
    with pytest.raises(OSError, match="no space left"):
        plan_of(shop_run.parent / "data", tmp_path / "run", QUICK)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_earlier_run(shop_run, finished, monkeypatch):
    """Where a replacement fails, the run that was there is still there, to the byte."""
    before = everything(finished)

    def full(*arguments: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(runs, "make_files", full)
    with pytest.raises(OSError, match="no space left"):
        plan_of(shop_run.parent / "data", finished, QUICK, overwrite=True)
    assert everything(finished) == before
    assert list(finished.parent.iterdir()) == [finished]


def test_a_failed_move_puts_the_earlier_run_back(light_write, finished, monkeypatch):
    """Where the new run cannot be moved into place, the earlier one returns to its name."""
    before = everything(finished)
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        if self.name.endswith(".part"):
            raise OSError("locked by another program")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with pytest.raises(OSError, match="locked by another"):
        light_write(finished, overwrite=True)
    assert everything(finished) == before
    assert list(finished.parent.iterdir()) == [finished]


def test_run_names_carry_data_and_scenario_and_differ(tmp_path):
    """A run is named after its data and scenario, and no two runs alike."""
    data = corner_shops(tmp_path / "corner shops")
    names = [runs.new_run_id(data, "base")]
    while len(names) < 3:
        name = runs.new_run_id(data, "base")
        if name != names[-1]:
            names.append(name)
    assert all(name.startswith("corner shops-base-2") for name in names)
    assert names == sorted(set(names))


def test_the_default_folder_is_named_after_the_run(shop_run, tmp_path, monkeypatch):
    """Without a folder the run goes to reports/<run id> under the present directory."""
    monkeypatch.chdir(tmp_path)
    data = shop_run.parent / "data"
    folder = plan_of(data, None, QUICK)
    assert folder.parent == Path("reports")
    assert json.loads((folder / "run.json").read_text())["run_id"] == folder.name
