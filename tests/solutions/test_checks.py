"""The content of the assignments: oracles, misconceptions, cases, and the notebooks that carry them.

The engine has tests of its own; nothing here runs it. A learner's cell is run in this process, as it is.
"""

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.engine.plan import find_checks, load_checks
from grader.tasks.compare import Equal, LegalSteps, ParentsFirst, resembles
from grader.tasks.declaration import Arguments, Cases, Misconception, Task, Value
from grader.tasks.policies import Decides
from lab.rules.hash_space import LARGEST_HASH_KEY, is_open, range_of, shard_for
from tests.lessons.rules import mathematics

SOLUTIONS = Path(__file__).parents[2] / "solutions"
ASSIGNMENTS = ("00-welcome", "01-producers", "02-shards", "04-retention", "07-security")
SEEDS = 200
DRAWS = 200


@cache
def checks_of(assignment: str) -> ModuleType:
    found = find_checks(SOLUTIONS / assignment)
    assert found is not None
    return load_checks(found)


def tasks() -> Iterator[tuple[str, Task]]:
    for assignment in ASSIGNMENTS:
        for task in checks_of(assignment).TASKS:
            yield assignment, task


def case_parts(task: Task) -> list[Cases]:
    return [part for part in task.parts if isinstance(part, Cases)]


def of_cases() -> list[tuple[str, Task]]:
    """The tasks of pure functions. Those that work in the lab are judged in it, by `grader lint`."""
    return [(a, task) for a, task in tasks() if case_parts(task)]


TASKS = [pytest.param(a, task, id=task.id) for a, task in tasks()]
CASE_TASKS = [pytest.param(a, task, id=task.id) for a, task in of_cases()]
MISCONCEPTIONS = [
    pytest.param(a, task, m, id=f"{task.id}-{m.id}") for a, task in of_cases() for m in task.misconceptions
]
CELLS = {
    kind: [
        pytest.param(task, path, id=f"{task.id}-{path.stem}")
        for a, task in of_cases()
        for path in sorted((SOLUTIONS / a / kind / task.id).glob("*.py"))
    ]
    for kind in ("right", "wrong")
}
SHARDS = {task.id: task for task in checks_of("02-shards").TASKS}


class _Crash:
    """What stands for an answer when the learner's function raised."""


def visible(task: Task) -> list[Arguments]:
    return [case for part in case_parts(task) for case in part.visible]


def copied(case: Arguments) -> dict[str, Any]:
    """The case as the learner's process gets it: through JSON."""
    arguments: dict[str, Any] = json.loads(json.dumps(case))
    return arguments


def same(one: Any, other: Any) -> bool:
    return Equal().differs(one, other) is None


def telling(task: Task, case: Arguments, answer: Any) -> Any:
    """What of an answer is compared: of a policy what it decides, never its spelling."""
    if not isinstance(task.compare, Decides):
        return answer
    return task.compare.decisions(task.oracle(**copied(case)), answer)


def of_model(task: Task, misconception: Misconception, case: Arguments) -> Any:
    return telling(task, case, misconception.model(**copied(case)))


def is_right(task: Task, case: Arguments, answer: Any) -> bool:
    return task.compare.differs(task.oracle(**copied(case)), answer) is None


def is_caught(task: Task, misconception: Misconception, case: Arguments) -> bool:
    return not is_right(task, case, misconception.model(**copied(case)))


def run_cell(task: Task, source: str) -> dict[str, Any]:
    """The names that an answer cell leaves; `variant` gives the first variant's givens.

    A cell that stops half way, as a learner's may, leaves the names that it had by then.
    """
    values = [part for part in task.parts if isinstance(part, Value)]
    names: dict[str, Any] = {"variant": lambda task_id: dict(values[0].givens(task_id)[0])}
    with suppress(Exception):
        exec(compile(source, task.id, "exec"), names)
    return names


def answers(task: Task, source: str, cases: list[Arguments]) -> list[Any]:
    function: Callable[..., Any] = run_cell(task, source)[task.function]

    def answer(case: Arguments) -> Any:
        try:
            return function(**copied(case))
        except Exception:  # noqa: BLE001  a learner's function may raise anything
            return _Crash()

    return [answer(case) for case in cases]


def recognised(task: Task, given_answers: list[Any]) -> list[str]:
    """Misconceptions whose models give these answers to all visible cases."""
    cases = visible(task)
    return [
        m.id
        for m in task.misconceptions
        if all(
            resembles(task.compare, task.oracle(**copied(c)), m.model(**copied(c)), a)
            for c, a in zip(cases, given_answers, strict=True)
        )
    ]


def hidden(task: Task, seed: int) -> list[Arguments]:
    return [
        part.hidden(Random(f"{seed}/{task.id}/{part.id}/{index}"))
        for part in case_parts(task)
        for index in range(part.hidden_count)
    ]


# --- Answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "path"), CELLS["right"])
def test_a_right_answer_is_right_in_every_case(task: Task, path: Path) -> None:
    cases = visible(task) + [case for seed in range(50) for case in hidden(task, seed)]
    given_answers = answers(task, path.read_text(encoding="utf-8"), cases)
    assert [c for c, a in zip(cases, given_answers, strict=True) if not is_right(task, c, a)] == []


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_the_notebooks_own_solution_is_right_in_every_case(assignment: str, task: Task) -> None:
    source = cell_source(assignment, f"{task.id}_answer")
    cases = visible(task) + [case for seed in range(50) for case in hidden(task, seed)]
    given_answers = answers(task, source, cases)
    assert [c for c, a in zip(cases, given_answers, strict=True) if not is_right(task, c, a)] == []


@pytest.mark.parametrize(("task", "path"), CELLS["wrong"])
def test_a_wrong_answer_is_wrong_and_gets_its_misconception_alone(task: Task, path: Path) -> None:
    given_answers = answers(task, path.read_text(encoding="utf-8"), visible(task))
    wrong = [c for c, a in zip(visible(task), given_answers, strict=True) if not is_right(task, c, a)]
    expected = [] if path.stem.startswith("other_") else [path.stem]
    assert wrong
    assert recognised(task, given_answers) == expected


@pytest.mark.parametrize(("assignment", "task"), TASKS)
def test_every_misconception_has_a_wrong_answer_and_every_task_a_right_one(
    assignment: str, task: Task
) -> None:
    wrong = {path.stem for path in (SOLUTIONS / assignment / "wrong" / task.id).glob("*.py")}
    named = {name for name in wrong if not name.startswith("other_")}
    assert named == {m.id for m in task.misconceptions}
    assert wrong - named
    assert any((SOLUTIONS / assignment / "right" / task.id).glob("*.py"))


def test_own_workload_is_right_or_wrong_with_the_function() -> None:
    task = SHARDS["required_shards"]
    folder = SOLUTIONS / "02-shards"
    value = next(part for part in task.parts if isinstance(part, Value))
    expected = task.oracle(**value.givens(task.id)[0])
    right = run_cell(task, (folder / "right/required_shards/floats.py").read_text(encoding="utf-8"))
    wrong = run_cell(task, (folder / "wrong/required_shards/rounds_down.py").read_text(encoding="utf-8"))
    assert right[value.name] == expected
    assert wrong[value.name] != expected


@pytest.mark.parametrize(("assignment", "task"), TASKS)
def test_the_place_to_read_is_a_heading_of_the_lesson(assignment: str, task: Task) -> None:
    lesson, heading = task.read.split(", ", 1)
    assert lesson == f"course/{assignment}.ipynb"
    read = nbformat.read(SOLUTIONS.parent / lesson, as_version=4)
    headings = [cell.source.splitlines()[0] for cell in read.cells if cell.cell_type == "markdown"]
    assert f"## {heading.strip('“”')}" in headings


# --- Cases ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("assignment", "task", "misconception"), MISCONCEPTIONS)
def test_a_visible_case_catches_the_misconception(
    assignment: str, task: Task, misconception: Misconception
) -> None:
    assert any(is_caught(task, misconception, case) for case in visible(task))


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_visible_cases_tell_misconceptions_apart(assignment: str, task: Task) -> None:
    alike = [
        (one.id, other.id)
        for one, other in combinations(task.misconceptions, 2)
        if all(same(of_model(task, one, c), of_model(task, other, c)) for c in visible(task))
    ]
    assert alike == []


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_each_part_shows_three_to_six_cases_or_fewer_lists(assignment: str, task: Task) -> None:
    for part in case_parts(task):
        assert 2 <= len(part.visible) <= 6


@pytest.mark.parametrize(("assignment", "task", "misconception"), MISCONCEPTIONS)
def test_under_every_seed_a_hidden_case_catches_the_misconception(
    assignment: str, task: Task, misconception: Misconception
) -> None:
    """Drawn as the engine draws: some cases a part, then more until one catches it, 200 at the most."""
    parts = [
        part
        for part in case_parts(task)
        if any(is_caught(task, misconception, case) for case in part.visible)
    ]
    late = []
    for seed in range(SEEDS):
        for part in parts:
            rng = Random(f"{seed}/{task.id}/{part.id}")
            if not any(is_caught(task, misconception, part.hidden(rng)) for _ in range(DRAWS)):
                late.append((seed, part.id))
    assert late == []


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_hidden_cases_tell_misconceptions_apart_in_most_seeds(assignment: str, task: Task) -> None:
    told_apart = dict.fromkeys(((a.id, b.id) for a, b in combinations(task.misconceptions, 2)), 0)
    for seed in range(40):
        cases = hidden(task, seed)
        models = {m.id: [of_model(task, m, case) for case in cases] for m in task.misconceptions}
        for one, other in told_apart:
            pairs = zip(models[one], models[other], strict=True)
            told_apart[one, other] += any(not same(a, b) for a, b in pairs)
    assert {pair: n for pair, n in told_apart.items() if n < 20} == {}


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_equal_seeds_draw_equal_cases_and_others_do_not(assignment: str, task: Task) -> None:
    assert hidden(task, 7) == hidden(task, 7)
    assert hidden(task, 7) != hidden(task, 8)


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_cases_answers_and_expectations_are_json(assignment: str, task: Task) -> None:
    for case in visible(task) + hidden(task, 3):
        assert copied(case) == dict(case)
        for value in (task.oracle(**case), *(m.model(**case) for m in task.misconceptions)):
            assert json.loads(json.dumps(value)) == value


@pytest.mark.parametrize(("assignment", "task"), CASE_TASKS)
def test_oracles_and_models_leave_their_arguments_alone(assignment: str, task: Task) -> None:
    for case in visible(task):
        before = json.dumps(case)
        task.oracle(**case)
        for misconception in task.misconceptions:
            misconception.model(**case)
        assert json.dumps(case) == before


# --- Task 1 --------------------------------------------------------------------------------------


def exact_shards(
    size: Fraction, rate: int, shared: int, headroom: int, kib: int = 1024
) -> tuple[int, Fraction]:
    """Written from the printed rule, with fractions: the answer, and the need before rounding."""
    written = size * rate
    needs = (written / kib, written * shared / (2 * kib), Fraction(rate) / 1000)
    need = max(needs) * Fraction(100 + headroom, 100)
    return max(1, math.ceil(need)), need


WORKLOADS = (
    st.integers(1, 400).map(lambda quarters: quarters / 4),
    st.integers(0, 100_000),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 300),
)


@given(*WORKLOADS)
def test_required_shards_is_the_printed_rule(
    size: float, rate: int, shared: int, fan_out: int, headroom: int
) -> None:
    exact, _ = exact_shards(Fraction(size), rate, shared, headroom)
    assert SHARDS["required_shards"].oracle(size, rate, shared, fan_out, headroom) == exact


@given(*WORKLOADS)
def test_the_notebooks_required_shards_is_exact_as_well(
    size: float, rate: int, shared: int, fan_out: int, headroom: int
) -> None:
    function = notebook_function("02-shards", "required_shards")
    exact, _ = exact_shards(Fraction(size), rate, shared, headroom)
    assert function(size, rate, shared, fan_out, headroom) == exact


def test_required_shards_agrees_with_the_worked_examples() -> None:
    oracle = SHARDS["required_shards"].oracle
    assert oracle(3, 500, 2, 0, 0) == 2
    assert oracle(0.25, 5000, 1, 0, 0) == 5
    assert oracle(3, 500, 2, 1, 20) == 2


def is_clear(case: Arguments) -> bool:
    """Neither a float's rounding error nor 1,000 for 1,024 can change the answer."""
    size, rate = Fraction(case["record_kib"]), case["records_per_second"]
    shared, headroom = case["shared_consumers"], case["headroom_percent"]
    right, need = exact_shards(size, rate, shared, headroom)
    counted = Fraction(rate, 1000) * Fraction(100 + headroom, 100)
    # Exactly whole by the number of records: the rule that is printed decides it, in whole numbers.
    by_count_alone = need == counted and need.denominator == 1
    away = by_count_alone or abs(need - round(need)) >= Fraction(1, 50)
    return away and exact_shards(size, rate, shared, headroom, kib=1000)[0] == right


@pytest.mark.parametrize(("rate", "headroom"), [(512, 0), (510, 0), (465, 10), (1020, 50)])
def test_a_workload_near_a_boundary_is_known_as_one(rate: int, headroom: int) -> None:
    case = {"record_kib": 4, "records_per_second": rate, "shared_consumers": 1, "headroom_percent": headroom}
    assert is_clear(case | {"records_per_second": 640})
    assert not is_clear(case)


def test_no_workload_lies_where_a_float_or_decimal_kilobytes_change_the_answer() -> None:
    task = SHARDS["required_shards"]
    value = next(part for part in task.parts if isinstance(part, Value))
    cases = visible(task) + value.givens(task.id)
    cases += [case for seed in range(SEEDS) for case in hidden(task, seed)]
    assert [case for case in cases if not is_clear(case)] == []


def test_own_workloads_vary_and_lie_in_the_range_that_is_told() -> None:
    task = SHARDS["required_shards"]
    value = next(part for part in task.parts if isinstance(part, Value))
    expected = [task.oracle(**givens) for givens in value.givens(task.id)]
    assert all(value.lowest <= shards <= value.highest for shards in expected)
    assert len({json.dumps(givens) for givens in value.givens(task.id)}) == len(expected)
    for name in ("rounds_down", "forgets_headroom", "megabits"):
        model = next(m.model for m in task.misconceptions if m.id == name)
        assert all(model(**g) != e for g, e in zip(value.givens(task.id), expected, strict=True))


# --- Tasks 2, 3 and 5 ----------------------------------------------------------------------------


def shard_lists(task: Task) -> list[list[dict[str, Any]]]:
    cases = visible(task) + [case for seed in range(SEEDS) for case in hidden(task, seed)]
    return [case["shards"] for case in cases]


def test_predict_shard_is_the_printed_rule() -> None:
    task = SHARDS["predict_shard"]
    for case in visible(task) + [case for seed in range(50) for case in hidden(task, seed)]:
        number = int(hashlib.md5(case["partition_key"].encode("utf-8")).hexdigest(), 16)
        covering = [s for s in case["shards"] if is_open(s) and number in range_of(s)]
        expected = task.oracle(**case)
        assert [shard["ShardId"] for shard in covering] == [expected]
        assert shard_for(case["partition_key"], case["shards"]) == expected


def test_open_shards_of_a_list_cover_the_whole_hash_space_once() -> None:
    for shards in shard_lists(SHARDS["predict_shard"]):
        ranges = sorted(range_of(shard) for shard in shards if is_open(shard))
        assert ranges[0].start == 0
        assert ranges[-1].end == LARGEST_HASH_KEY
        assert all(a.end + 1 == b.start for a, b in pairwise(ranges))


def test_shards_look_like_those_of_list_shards() -> None:
    for shards in shard_lists(SHARDS["predict_shard"]) + shard_lists(SHARDS["reading_order"]):
        assert len({shard["ShardId"] for shard in shards}) == len(shards)
        for shard in shards:
            assert re.fullmatch(r"shardId-\d{12}", shard["ShardId"])
            numbers = shard["SequenceNumberRange"]
            assert all(re.fullmatch(r"[1-9]\d{55}", number) for number in numbers.values())
            if not is_open(shard):
                assert int(numbers["StartingSequenceNumber"]) < int(numbers["EndingSequenceNumber"])
            assert "AdjacentParentShardId" not in shard or "ParentShardId" in shard


def test_a_childs_range_lies_in_its_parents_ranges() -> None:
    for shards in shard_lists(SHARDS["reading_order"]):
        by_id = {shard["ShardId"]: shard for shard in shards}
        for shard in shards:
            parents = [by_id.get(shard.get(k)) for k in ("ParentShardId", "AdjacentParentShardId")]
            spans = [range_of(parent) for parent in parents if parent]
            child = range_of(shard)
            assert all(span.start <= child.end and child.start <= span.end for span in spans)
            assert not any(is_open(parent) for parent in parents if parent)


def test_ids_do_not_tell_age() -> None:
    """In a fair number of lists, sorting by id puts a child before its parent."""
    lists = shard_lists(SHARDS["reading_order"])
    expected = [SHARDS["reading_order"].oracle(shards) for shards in lists]
    wrong = [e for e in expected if ParentsFirst().differs(e, sorted(e["items"]))]
    assert len(wrong) > len(lists) / 2


def test_expired_parents_are_missing_and_ask_nothing() -> None:
    part = next(p for p in case_parts(SHARDS["reading_order"]) if p.id == "expired")
    drawn = [part.hidden(Random(seed)) for seed in range(SEEDS)]
    for case in [*part.visible, *drawn]:
        listed = {shard["ShardId"] for shard in case["shards"]}
        assert any(shard.get("ParentShardId") not in {None, *listed} for shard in case["shards"])
        pairs = SHARDS["reading_order"].oracle(**case)["pairs"]
        assert all(parent in listed for parent, _ in pairs)


@given(st.integers(0, LARGEST_HASH_KEY - 1), st.data())
def test_split_point_is_the_printed_rule(start: int, data: st.DataObject) -> None:
    end = data.draw(st.integers(start + 1, LARGEST_HASH_KEY))
    shard = {"HashKeyRange": {"StartingHashKey": str(start), "EndingHashKey": str(end)}}
    assert SHARDS["split_point"].oracle(shard) == str(math.floor(Fraction(start + end, 2)))


# --- Task 4 --------------------------------------------------------------------------------------

SMALL = 40


def fewest_calls(start: int) -> dict[int, int]:
    """Breadth first over every legal call: target at most double, not below half."""
    found, edge = {start: 0}, [start]
    while edge:
        reached = {
            target
            for count in edge
            for target in range(1, 2 * SMALL + 1)
            if target <= 2 * count and 2 * target >= count and target not in found
        }
        found |= dict.fromkeys(reached, found[edge[0]] + 1)
        edge = list(reached)
    return found


def test_plan_scaling_knows_the_fewest_calls() -> None:
    oracle = SHARDS["plan_scaling"].oracle
    for start in range(1, SMALL + 1):
        fewest = fewest_calls(start)
        for goal in range(1, SMALL + 1):
            assert oracle(start, goal)["steps"] == fewest[goal]


def test_plan_scaling_takes_every_shortest_legal_plan_and_no_longer_one() -> None:
    expected = SHARDS["plan_scaling"].oracle(2, 10)
    compare = LegalSteps(factor=2)
    assert [compare.differs(expected, plan) for plan in ([4, 8, 10], [3, 5, 10], [4, 6, 10])] == [None] * 3
    assert compare.differs(expected, [4, 8, 9, 10]) is not None


def test_plans_stay_within_ten_calls_and_ten_thousand_shards() -> None:
    task = SHARDS["plan_scaling"]
    for case in visible(task) + [case for seed in range(SEEDS) for case in hidden(task, seed)]:
        assert task.oracle(**case)["steps"] <= 10
        assert all(1 <= case[name] <= 10_000 for name in ("current", "target"))


# --- Notebooks -----------------------------------------------------------------------------------


@cache
def notebook(assignment: str) -> nbformat.NotebookNode:
    return nbformat.read(SOLUTIONS / assignment / f"{assignment}.ipynb", as_version=4)


def nbgrader_cells(assignment: str) -> dict[str, Any]:
    cells = [cell for cell in notebook(assignment).cells if "nbgrader" in cell.metadata]
    found = {cell.metadata.nbgrader.grade_id: cell for cell in cells}
    assert len(found) == len(cells), "a grade_id stands twice"
    return found


def cell_source(assignment: str, grade_id: str) -> str:
    return str(nbgrader_cells(assignment)[grade_id].source)


@cache
def notebook_function(assignment: str, task_id: str) -> Callable[..., Any]:
    task = next(t for a, t in tasks() if a == assignment and t.id == task_id)
    function: Callable[..., Any] = run_cell(task, cell_source(assignment, f"{task_id}_answer"))[task.function]
    return function


def stub(source: str) -> str:
    """What nbgrader's ClearSolutions leaves of a cell with our code stub."""
    block = re.compile(r"^([ \t]*)### BEGIN SOLUTION\n.*?^\1### END SOLUTION$", re.MULTILINE | re.DOTALL)
    return block.sub(r"\1...  # write your code here", source)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_notebook_is_valid_and_holds_its_tasks_in_order(assignment: str) -> None:
    nbformat.validate(notebook(assignment))
    expected = ["setup"]
    for task in checks_of(assignment).TASKS:
        expected += [f"{task.id}_answer", task.id]
    assert list(nbgrader_cells(assignment)) == expected
    assert all(not cell.get("outputs") for cell in notebook(assignment).cells)
    assert notebook(assignment).metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_setup_cell_brings_what_the_notebook_calls(assignment: str) -> None:
    names: dict[str, Any] = {}
    exec(compile(cell_source(assignment, "setup"), "setup", "exec"), names)
    assert {"case", "check", "hint", "progress", "solution"} <= set(names)


@pytest.mark.parametrize("assignment", sorted(path.name for path in SOLUTIONS.glob("[0-9]*")))
def test_no_price_in_a_prompt_is_taken_for_a_formula(assignment: str) -> None:
    texts = [cell.source for cell in notebook(assignment).cells if cell.cell_type == "markdown"]
    assert [text for text in texts if mathematics(text)] == []
    assert mathematics("| $0.020 an hour | $0.10 a GB |"), "two prices in one cell must be noticed"
    assert not mathematics("`$0.02` and `$0.10`, or \\$1 and \\$2, or $3 alone")


@pytest.mark.parametrize("assignment", sorted(path.name for path in SOLUTIONS.glob("[0-9]*")))
def test_an_exercise_names_the_lesson_that_comes_next(assignment: str) -> None:
    course = tomllib.loads((SOLUTIONS.parent / "course/source/course.toml").read_text(encoding="utf-8"))
    after = dict(pairwise(lesson["name"] for lesson in course["lesson"]))
    text = " ".join(cell.source for cell in notebook(assignment).cells if cell.cell_type == "markdown")
    assert set(re.findall(r"Next:\s+lesson\s+(\S+)", text)) <= {after.get(assignment)}


@pytest.mark.parametrize(("assignment", "task"), TASKS)
def test_a_tasks_cells_have_its_points_and_flags(assignment: str, task: Task) -> None:
    cells = nbgrader_cells(assignment)
    common = {"schema_version": 3, "task": False}
    answer = {"grade": False, "grade_id": f"{task.id}_answer", "locked": False, "solution": True}
    check = {"grade": True, "grade_id": task.id, "locked": True, "solution": False, "points": task.points}
    assert cells[f"{task.id}_answer"].metadata.nbgrader == common | answer
    assert cells[task.id].metadata.nbgrader == common | check
    assert cells[task.id].source == f'check("{task.id}")'
    assert cells["setup"].metadata.nbgrader.locked


@pytest.mark.parametrize(("assignment", "task"), TASKS)
def test_the_stub_runs_and_answers_nothing(assignment: str, task: Task) -> None:
    source = stub(cell_source(assignment, f"{task.id}_answer"))
    assert "SOLUTION" not in source
    names = run_cell(task, source + "\nran_to_the_end = True")
    assert names["ran_to_the_end"]
    if task.function:  # what is only chosen has none
        assert names[task.function](*[None] * names[task.function].__code__.co_argcount) is None
    assert not any(part.name in names for part in task.parts if isinstance(part, Value))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_prompts_are_short_and_say_what_where_and_an_example(assignment: str) -> None:
    cells = [cell for cell in notebook(assignment).cells if cell.cell_type == "markdown"]
    assert [cell.source for cell in cells if len(cell.source.splitlines()) > 12] == []
    text = " ".join("\n".join(cell.source for cell in cells).split())
    for number, task in enumerate(checks_of(assignment).TASKS, 1):
        assert f"### Task {number} — {task.title} " in text
        assert f"`{task.function}(" in text or not task.function
        assert f"**Read:** lesson {assignment}, {task.read.split(', ', 1)[1]}." in text
    tasks = checks_of(assignment).TASKS
    rules = sum(bool(task.function) for task in tasks)  # what is only chosen follows no rule of its own
    counted = {
        "**Rule:**": rules,
        "**Example:**": len(tasks),
        "**Constraint:**": len(tasks),
        "**Read:**": len(tasks),
    }
    for word, count in counted.items():
        assert text.count(word) == count
