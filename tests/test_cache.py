"""The cache: what was solved before comes back as it was, and nothing else does."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from cache_questions import Question, answer
from whole_chain import SETTINGS, SHOP_ITEMS, SHOP_STORES, same_tables, table

from planner import cache as cache_module
from planner.assortment import store_job
from planner.assortment.chain import plan_chain
from planner.assortment.jobs import SolveJob, solve_job
from planner.assortment.result import StorePlan
from planner.assortment.whole_program import Solver
from planner.cache import Keepable, ResultCache, cache_folder
from planner.pipeline import plan
from planner.tables.inputs import Assumption
from planner.workers import store_executor


def ask(folder: Path, *jobs: Question) -> tuple[ResultCache, list[StorePlan]]:
    """What a run with these jobs gets, and its cache."""
    cache = ResultCache(folder)
    with store_executor(1, cache=cache) as executor:
        found = dict(executor.map_stores(answer, jobs))
    return cache, [found[number] for number in range(len(jobs))]


def said_of_cache(run: Path) -> tuple[int, int, int]:
    """Stores reused and solved, and damaged files, by run.json."""
    said = json.loads((run / "run.json").read_text())["cache"]
    return said["reused"], said["solved"], said["unreadable"]


def planned(line: Path, name: str) -> tuple[Path, tuple[Assumption, ...]]:
    """The next run of the line, and its assumptions."""
    return plan(line / "data", line / "runs" / name, settings=SETTINGS, cache=True)


def test_a_run_from_the_cache_has_the_same_tables(shop_run, line):
    """With an empty cache, with a full one, with a damaged one: the same bytes."""
    solved = said_of_cache(shop_run)[1]
    assert said_of_cache(shop_run) == (0, solved, 0)
    assert solved >= len(table(shop_run, "store_plans"))
    again, _ = planned(line, "again")
    assert said_of_cache(again) == (solved, 0, 0)
    damaged = sorted(cache_folder(again, line / "data").iterdir())[0]
    damaged.write_bytes(damaged.read_bytes()[:-7])
    mended, warnings = planned(line, "mended")
    assert said_of_cache(mended) == (solved - 1, 1, 1)
    assert any(w.subject == "cache" and w.warning and w.count == 1 for w in warnings)
    for run in (again, mended):
        same_tables(shop_run, run)


def test_only_what_changed_is_solved_again(line):
    """Another budget in one store: the others come from the cache, as if all were solved."""
    dearer = SHOP_STORES.replace("9,Station,Bonn,South,400", "9,Station,Bonn,South,350")
    (line / "data" / "stores.csv").write_text(dearer)
    after, _ = planned(line, "after")
    alone, _ = plan(line / "data", line / "alone" / "run", settings=SETTINGS)
    reused, solved, _ = said_of_cache(after)
    assert solved == 1
    assert reused == 2
    same_tables(after, alone)


def test_another_price_is_another_problem(line):
    """What concerns all stores is solved again in all of them."""
    (line / "data" / "items.csv").write_text(
        SHOP_ITEMS.replace("bananas,0.8,0.5", "bananas,0.9,0.5")
    )
    after, _ = planned(line, "after")
    assert said_of_cache(after)[0] == 0


def test_runs_share_a_cache_only_in_one_line(tmp_path):
    """A line of runs: one data folder, runs side by side."""
    data, other = tmp_path / "a" / "data", tmp_path / "b" / "data"
    line = cache_folder(tmp_path / "runs" / "one", data)
    assert line == cache_folder(tmp_path / "runs" / "two", data)
    assert line != cache_folder(tmp_path / "runs" / "one", other)
    assert line != cache_folder(tmp_path / "elsewhere" / "one", data)


def test_a_tighter_gap_serves_a_looser_one_and_never_the_reverse(tmp_path):
    """The answer for the gap asked for comes first, then the tightest that is known."""
    ask(tmp_path, Question(1, gap=0.01))
    assert ask(tmp_path, Question(1, gap=0.001))[0].reused == 0
    cache, (found,) = ask(tmp_path, Question(1, gap=0.005))
    assert (cache.reused, found.proof) == (1, "gap 0.001")
    cache, (found,) = ask(tmp_path, Question(1, gap=0.01))
    assert (cache.reused, found.proof) == (1, "gap 0.01")


def test_what_a_time_limit_may_have_cut_short_is_not_kept(tmp_path):
    """A job that took as long as a time limit inside it is done again."""
    slow = Question(1, time_limit_seconds=0.01, slow_seconds=0.02)
    ask(tmp_path, slow)
    assert ask(tmp_path, slow)[0].reused == 0


def test_what_contradicts_is_not_kept_where_the_time_to_tell_may_have_struck(
    shops, tmp_path, monkeypatch
):
    """A store without a plan has less time to say why than it had for a plan: what may have been
    cut short is found anew, the other stores are not."""
    stores = shops.inputs.stores
    budget = stores["budget_week"].where(stores["store_id"] != "9", 0.01)
    poor = replace(shops.inputs, stores=stores.assign(budget_week=budget))
    counts = []
    for seconds in (1e-6, 600.0, 600.0):
        monkeypatch.setattr(store_job, "CONFLICT_SECONDS", seconds)
        kept = ResultCache(tmp_path)
        with store_executor(1, cache=kept) as executor:
            settings = replace(SETTINGS, keep_going=True)
            found = plan_chain(poor, shops.demand, settings, executor=executor)
        assert list(found.left_out) == ["9"]
        counts.append((kept.reused, kept.done))
    assert counts == [(0, 3), (2, 1), (3, 0)]


def test_other_work_or_another_planner_has_other_answers(tmp_path, monkeypatch):
    """The same job is asked of another function, or by a changed planner: it is done."""
    ask(tmp_path, Question(1))
    assert ask(tmp_path, Question(1))[0].reused == 1
    monkeypatch.setattr(cache_module, "sources_hash", lambda: "changed")
    assert ask(tmp_path, Question(1))[0].reused == 0


def test_a_plan_of_one_solver_is_not_handed_out_for_another(shops, tmp_path):
    """The chain planned by the other solver: every store is solved by it, and kept as its own."""
    counts = []
    for solver in (Solver.HIGHS, Solver.CBC, Solver.CBC):
        kept = ResultCache(tmp_path)
        settings = replace(SETTINGS, solver=solver)
        with store_executor(1, cache=kept) as executor:
            plan_chain(shops.inputs, shops.demand, settings, executor=executor)
        counts.append((kept.reused, kept.done))
    stores = len(shops.demand.store_ids)
    assert counts == [(0, stores), (0, stores), (stores, 0)]


def test_all_of_a_job_counts_but_its_gap_and_its_time_limit(shops):
    """No other field of any job is left out of its hash, and none of the two is in it."""
    jobs = [kind for kind in Keepable.__subclasses__() if kind is not Question]
    assert {"StoreJob", "SolveJob", "RelaxationJob"} <= {kind.__name__ for kind in jobs}
    for kind in jobs:
        left_out = {field.name for field in fields(kind) if not field.compare}
        assert left_out == {"gap", "time_limit_seconds"}, kind
    job = SolveJob(shops.assortment.problems["7"], gap=0.01)
    key = cache_module._key(solve_job, job)
    for same in ({"gap": 0.1}, {"time_limit_seconds": 9.0}):
        assert cache_module._key(solve_job, replace(job, **same)) == key
    dearer = replace(job.problem, price=job.problem.price + 1)
    for another in ({"solver": Solver.CBC}, {"problem": dearer}):
        assert cache_module._key(solve_job, replace(job, **another)) != key


def test_jobs_in_workers_are_answered_alike(tmp_path):
    """Known and new jobs in one call, in processes: every number has its own result."""
    ask(tmp_path, *(Question(n) for n in range(0, 10, 2)))
    cache = ResultCache(tmp_path)
    with store_executor(2, cache=cache) as executor:
        found = dict(executor.map_stores(answer, [Question(n) for n in range(10)]))
    assert [found[n].store_id for n in range(10)] == [str(n) for n in range(10)]
    assert (cache.reused, cache.done) == (5, 5)


def test_results_of_other_runs_meanwhile_are_not_seen(tmp_path):
    """What a cache holds is settled when a run begins."""
    early = ResultCache(tmp_path)
    ask(tmp_path, Question(1))
    with store_executor(1, cache=early) as executor:
        list(executor.map_stores(answer, [Question(1)]))
    assert early.reused == 0
    assert ask(tmp_path, Question(1))[0].reused == 1


@pytest.mark.parametrize("damage", ["empty", "cut", "bit", "foreign"])
def test_a_damaged_result_is_counted_and_made_again(tmp_path, damage, monkeypatch):
    """Whatever is wrong with a file, the job is done, and the file is whole again."""
    ask(tmp_path, Question(1))
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "foreign":
        # Whole, but it would call a function when it is read.
        content = bytearray(cache_module._packed(Call()))
    if damage == "bit":
        content[len(content) // 2] ^= 4
    path.write_bytes({"empty": b"", "cut": bytes(content[:-1])}.get(damage, bytes(content)))
    cache, (found,) = ask(tmp_path, Question(1))
    assert (cache.reused, cache.unreadable, found.store_id) == (0, 1, "1")
    assert not (tmp_path / "called").exists()
    assert ask(tmp_path, Question(1))[0].reused == 1


class Call:
    """Unpickled without care, it makes a file."""

    def __reduce__(self):
        return os.system, ("touch called",)


def test_a_folder_that_cannot_be_written_is_counted(tmp_path):
    """Results are then forgotten, and the run goes on."""
    (tmp_path / "file").write_text("in the way")
    cache, (found,) = ask(tmp_path / "file" / "cache", Question(1))
    assert (cache.unwritable, found.store_id) == (1, "1")


def test_the_longest_unused_results_go_first(tmp_path):
    """Above the size allowed the oldest are deleted; one that was used is young again."""
    ask(tmp_path, *(Question(n) for n in range(4)))
    files = sorted(tmp_path.iterdir())
    for age, path in enumerate(files):
        os.utime(path, (1_000_000 - age, 1_000_000 - age))
    used = [n for n in range(4) if _age_of(tmp_path, n) == 1_000_000 - 3]
    ask(tmp_path, Question(used[0]))
    ResultCache(tmp_path).prune(most_bytes=sum(files[n].stat().st_size for n in (0, 3)))
    left = sorted(tmp_path.iterdir())
    assert left == sorted([files[0], files[3]])


def _age_of(folder: Path, number: int) -> float:
    key = cache_module._key(answer, Question(number))
    return (folder / f"{key}@0.01.kept").stat().st_mtime


def test_plans_come_back_as_they_were(shops, tmp_path):
    """Every number of a store's outcome survives the cache."""
    outcome = shops.assortment.outcomes["7"]
    back = cache_module._unpacked(cache_module._packed(outcome))
    assert back.reasons == outcome.reasons
    assert back.plan.limits == outcome.plan.limits
    np.testing.assert_array_equal(back.draws, outcome.draws)
    np.testing.assert_array_equal(
        back.plan.score.stock_units_cycle, outcome.plan.score.stock_units_cycle
    )
    assert pickle.dumps(replace(back.plan, score=None)) == pickle.dumps(
        replace(outcome.plan, score=None)
    )
