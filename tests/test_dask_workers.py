"""Workers of a Dask cluster: the same plan as here, or words that say what is wrong."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest
from dask_cluster import Cluster
from job_samples import die_at_five, die_once, square
from whole_chain import SETTINGS, corner_shops, same_tables

from planner.cli import main
from planner.errors import BadInput, WorkersLost
from planner.pipeline import plan
from planner.workers import store_executor

pytest.importorskip("distributed")
PLANNER = Path(__file__).parents[1] / "planner"


@pytest.fixture
def cluster(tmp_path_factory):
    """A scheduler without workers."""
    found = Cluster(tmp_path_factory.mktemp("cluster"))
    yield found
    found.close()


def with_workers(cluster: Cluster, number: int) -> Cluster:
    """The cluster with so many workers more."""
    for _ in range(number):
        cluster.add_worker()
    cluster.wait_for_workers(number)
    return cluster


def test_a_cluster_gives_the_tables_of_this_machine_even_when_a_worker_is_killed(cluster, tmp_path):
    """Two processes of this machine, two Dask workers, two of which one is killed midway: the
    same bytes in every table."""
    data = corner_shops(tmp_path / "data")
    quick = replace(SETTINGS, exact_reasons=1)
    here, _ = plan(data, tmp_path / "here", settings=replace(quick, workers=2))
    settings = replace(quick, dask=with_workers(cluster, 2).address)
    there, _ = plan(data, tmp_path / "there", settings=settings)
    same_tables(there, here)
    killed = []

    def kill(phase: str, done: int, total: int) -> None:
        if phase == "planning stores" and 0 < done < total and not killed:
            killed.append(cluster.workers[0])
            cluster.workers[0].kill()

    survived, _ = plan(data, tmp_path / "survived", settings=settings, progress=kill)
    assert killed
    same_tables(survived, here)
    workers = [json.loads((run / "run.json").read_text())["workers"] for run in (there, survived)]
    assert [said["lost"] for said in workers] == [0, 1]
    assert all(cluster.address in said["where"] for said in workers)


def test_a_worker_that_dies_at_work_is_made_up_for(cluster, tmp_path):
    """A job that takes its worker down once is done by the other; every result is there."""
    deadly = tmp_path / "deadly"
    deadly.touch()
    with store_executor(1, with_workers(cluster, 2).address) as executor:
        found = dict(executor.map_stores(die_once, [(n, deadly) for n in range(12)]))
        assert found == {n: n * n for n in range(12)}
        assert executor.lost_workers == 1


def test_a_job_that_kills_every_worker_is_named(cluster):
    """The scheduler gives such a job up; the message names it."""
    names = [f"store {n}" for n in range(7)]
    with (
        store_executor(1, with_workers(cluster, 3).address) as executor,
        pytest.raises(WorkersLost, match=r"store 5: .*memory"),
    ):
        list(executor.map_stores(die_at_five, range(7), names))


def test_a_cluster_that_goes_away_ends_the_run_in_words(cluster, monkeypatch):
    """The scheduler killed midway: a message, not a wait without end."""
    for name, seconds in (("CONNECT", 3.0), ("ALONE", 2.0), ("LOOK", 0.5)):
        monkeypatch.setattr(f"planner.dask_workers.{name}_SECONDS", seconds)
    with store_executor(1, with_workers(cluster, 1).address) as executor:
        results = executor.map_stores(square, range(50))
        next(results)
        cluster.close()
        with pytest.raises(WorkersLost, match="Dask cluster"):
            list(results)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("127.0.0.1:9", "start one with 'dask scheduler'"),
        ("127.0.0.1", "host:port"),
        ("http://127.0.0.1:8787", "host:port"),
        ("127.0.0.1:port", "host:port"),
    ],
)
def test_an_address_without_a_cluster_is_refused_in_seconds(
    address, said, tmp_path, capsys, monkeypatch
):
    """Exit code 2 and what to do about it, before anything is read; nothing is written."""
    monkeypatch.setattr("planner.dask_workers.CONNECT_SECONDS", 1.0)
    run = tmp_path / "run"
    arguments = ["planner", "plan", str(tmp_path), "--out", str(run), "--dask", address]
    monkeypatch.setattr("sys.argv", arguments)
    start = time.monotonic()
    with pytest.raises(SystemExit) as ending:
        main()
    assert ending.value.code == 2
    assert said in capsys.readouterr().err
    assert time.monotonic() - start < 10
    assert not run.exists()


def test_a_cluster_without_workers_is_refused(cluster, monkeypatch):
    """The scheduler answers but has nobody to work."""
    monkeypatch.setattr("planner.dask_workers.CONNECT_SECONDS", 1.0)
    with pytest.raises(BadInput) as caught, store_executor(1, cluster.address):
        pass
    assert "dask worker" in caught.value.problems[0].mend


@pytest.mark.parametrize("changed", ["another version", "other files", "none like it"])
def test_another_planner_in_the_workers_is_refused(cluster, tmp_path, changed):
    """Workers that would compute something else are named with what differs."""
    copy = tmp_path / "planner"
    if changed == "none like it":
        copy.mkdir()
        (copy / "__init__.py").write_text('__version__ = "0.0.1"\n')
    else:
        shutil.copytree(PLANNER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    if changed == "another version":
        (copy / "__init__.py").write_text('"""Planner."""\n__version__ = "0.0.7"\n')
    if changed == "other files":
        (copy / "memory.py").write_text((copy / "memory.py").read_text() + "# changed\n")
    cluster.add_worker(python_path=[tmp_path])
    cluster.wait_for_workers(1)
    with pytest.raises(BadInput) as caught, store_executor(1, cluster.address):
        pass
    problem = caught.value.problems[-1]
    said = {
        "another version": "planner 0.0.7",
        "other files": "planner's files",
        "none like it": "no planner like this one",
    }
    assert said[changed] in problem.value
    assert "worker tcp://" in problem.file
