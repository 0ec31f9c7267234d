"""What contradicts in a store without a plan, and what mends it, judged by trying every plan."""

from __future__ import annotations

import copy
import json

import pytest
from every_plan import best_by_trying, random_problem, wild_problem
from small_store import small_store

from planner.assortment.amounts import Amounts
from planner.assortment.conflict import Kind, Part, find_conflicts, parts_of, taken_away, without
from planner.assortment.conflict_words import conflict_entries, conflict_lines
from planner.assortment.feasibility import has_plan
from planner.assortment.problem_file import read_problem
from planner.assortment.ways_out import apply, mended_conflicts

SECONDS = 30.0
EARLY, LATE = range(40), range(40, 80)


def infeasible(seeds) -> list[dict]:
    """Random problems of which trying every plan finds none."""
    made = [make(seed) for make in (random_problem, wild_problem) for seed in seeds]
    found = [content for content in made if best_by_trying(content) is None]
    assert len(found) >= 8
    return found


def dropped(content: dict, part: Part) -> dict:
    """A problem file without one of the things that were asked of the store."""
    rest = copy.deepcopy(content)
    locks = rest.get("locks", {})
    if part.kind is Kind.LIMIT:
        kind, _, of = part.name.partition(":")
        owner, key = (rest["limits"][kind], of) if of else (rest["limits"], kind)
        del owner[key]
    elif part.kind is Kind.LISTED:
        for item in rest["items"]:
            item["core"] = item.get("core", False) and item["id"] != part.name
        locks["in"] = [item for item in locks.get("in", []) if item != part.name]
    else:
        locks["out"] = [item for item in locks["out"] if item != part.name]
    return rest


def changed(content: dict, way) -> dict:
    """A problem file after a way out."""
    rest = copy.deepcopy(content)
    if way.limit:
        kind, _, of = way.limit.partition(":")
        owner, key = (rest["limits"][kind], of) if of else (rest["limits"], kind)
        owner[key] = way.needed
    for item in way.dropped:
        rest = dropped(rest, Part(Kind.LISTED, item))
    for item in way.unlocked:
        rest = dropped(rest, Part(Kind.LOCKED_OUT, item))
    return rest


def test_a_conflict_is_a_smallest_set_that_contradicts(problem_path):
    """The parts of a conflict alone leave no plan; without any one of them there is a plan."""
    for content in infeasible(EARLY):
        problem = read_problem(problem_path(content))
        for conflict in find_conflicts(problem, SECONDS):
            assert conflict.proven
            alone = content
            for part in parts_of(problem):
                if part not in conflict.parts:
                    alone = dropped(alone, part)
            assert best_by_trying(alone) is None
            for part in conflict.parts:
                assert best_by_trying(dropped(alone, part)) is not None


def test_every_conflict_is_found(problem_path):
    """With the limits (else the items) of all conflicts taken away the store has a plan."""
    for content in infeasible(EARLY):
        conflicts = find_conflicts(read_problem(problem_path(content)), SECONDS)
        assert conflicts
        for conflict in conflicts:
            for part in taken_away(conflict):
                content = dropped(content, part)
        assert best_by_trying(content) is not None


def test_every_way_out_leads_out(problem_path):
    """After a way out, and with the other conflicts mended, there is a plan; a limit gives no
    more way than it must."""
    ways_seen = set()
    for content in infeasible(LATE):
        mended = mended_conflicts(read_problem(problem_path(content)), SECONDS)
        for one in mended:
            rest = content
            for other in mended:
                if other is not one:
                    for part in taken_away(other.conflict):
                        rest = dropped(rest, part)
            for way in one.ways:
                assert best_by_trying(changed(rest, way)) is not None
                ways_seen.add("limit" if way.limit else "items" if way.dropped else "lock")
                if way.limit.startswith(("shelf_cm", "max_local", "need_group")):
                    sign = 1.0 if way.needed > way.available else -1.0
                    short = copy.copy(way.__dict__) | {"needed": way.needed - sign}
                    assert best_by_trying(changed(rest, type(way)(**short))) is None
    assert ways_seen == {"limit", "items", "lock"}


def test_fewest_items_are_dropped(problem_path):
    """No smaller number of items than named would do."""
    content = small_store(shelf_cm={"table": 65}, max_local_items=None, budget_week=None)
    for item in content["items"][:5]:
        item["core"] = True
    problem = read_problem(problem_path(content))
    (one,) = mended_conflicts(problem, SECONDS)
    way = next(way for way in one.ways if way.dropped)
    assert len(way.dropped) == 2
    for item in content["items"][:5]:
        fewer = dropped(content, Part(Kind.LISTED, item["id"]))
        assert has_plan(read_problem(problem_path(fewer)), SECONDS) is False


def test_whether_there_is_a_plan_is_what_trying_says(problem_path):
    """The cheap questions and the store program together never err."""
    answers = set()
    for seed in range(80, 120):
        content = wild_problem(seed)
        expected = best_by_trying(content) is not None
        assert has_plan(read_problem(problem_path(content)), SECONDS) is expected, seed
        answers.add(expected)
    assert answers == {True, False}


def test_taking_everything_away_leaves_a_plan(problem_path):
    """Without any of its parts a store can at least stay empty."""
    for content in infeasible(EARLY):
        problem = read_problem(problem_path(content))
        assert has_plan(without(problem, parts_of(problem)), SECONDS)


def test_the_sentence_names_what_is_needed_and_each_way_out(problem_path):
    """Width needed and there, the item to drop, the centimetres to add; both do mend it."""
    content = small_store(shelf_cm={"table": 50})
    for item in content["items"][:3]:
        item["core"] = True
    problem = read_problem(problem_path(content))
    mended = mended_conflicts(problem, SECONDS)
    (line,) = conflict_lines(problem, mended, {"table": 10}, Amounts("EUR"))
    assert "the core (items " in line
    assert "needs 60 cm of table, there are 50" in line
    assert "10 stay empty" in line
    assert "add 10 cm of table" in line
    way = next(way for way in mended[0].ways if way.dropped)
    assert f"drop core item {way.dropped[0]}" in line
    assert "€" in line
    for way in mended[0].ways:
        assert has_plan(apply(problem, way), SECONDS)


@pytest.mark.parametrize(
    ("changes", "locks", "said"),
    [
        ({}, {"in": ["fuji"], "out": ["fuji"]}, "item fuji must be listed and is locked out"),
        ({"max_local_items": 0}, {"in": ["fuji"]}, "0 local items are allowed, 1 must be listed"),
        ({"budget_week": 0.5}, {"in": ["fuji"]}, "the budget is 0.50"),
        (
            {"need_group_min": {"herbs": 4}},
            {},
            "at least 4 items of herbs cannot be kept, 3 can: ask for 3 "
            "items of herbs instead of 4",
        ),
        (
            {"need_group_min": {"herbs": 3}, "max_local_items": 2},
            {},
            "at most 2 local items cannot hold together",
        ),
    ],
)
def test_conflicts_in_words(problem_path, changes, locks, said):
    """Each kind of conflict has its sentence, and PLAN.json the same with its parts."""
    content = small_store(**changes) | {"locks": locks}
    problem = read_problem(problem_path(content))
    entries = conflict_entries(problem, SECONDS)
    assert any(said in entry["words"] for entry in entries), entries
    json.dumps(entries)
    for entry in entries:
        assert entry["smallest"]
        assert entry["ways_out"]
        assert entry["limits"] or entry["must_list"]


def test_an_item_whose_facings_cannot_hold_its_case_is_named(problem_path):
    """A core item that no facing count carries is a conflict by itself."""
    content = small_store()
    content["items"][0]["min_stock_units"] = 1000
    problem = read_problem(problem_path(content))
    (entry,) = conflict_entries(problem, SECONDS)
    assert entry["must_list"] == ["gala"]
    assert not entry["limits"]
    assert "do not hold its least stock" in entry["words"]
    assert entry["ways_out"][0]["drop"] == ["gala"]


def test_a_store_with_a_plan_has_no_conflict(problem_path):
    """Nothing contradicts where a plan exists."""
    assert find_conflicts(read_problem(problem_path(small_store())), SECONDS) == []


@pytest.mark.parametrize("share", ["organic", "local"])
def test_a_share_that_no_item_counts_for_is_told_as_a_share(problem_path, share):
    """Where all items count against a share it gives way in points of a hundred, like any other."""
    content = small_store(min_share={share: 0.2}, budget_week=None, shelf_cm=None)
    for item in content["items"]:
        item["core"] = True
    (entry,) = conflict_entries(read_problem(problem_path(content)), SECONDS)
    assert f"at least 20% {share} items cannot be kept" in entry["words"]
    assert f"ask for 0% {share} items instead of 20%" in entry["words"]


def test_a_store_whose_conflict_is_not_found_in_time_has_none_to_tell(problem_path, monkeypatch):
    """A proof of the solver stands, also where asking again is cut short."""
    monkeypatch.setattr("planner.assortment.conflict.has_plan", lambda problem, seconds: None)
    problem = read_problem(problem_path(small_store(need_group_min={"herbs": 4})))
    assert find_conflicts(problem, SECONDS) == []
    assert conflict_entries(problem, SECONDS) == []
