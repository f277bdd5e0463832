"""An answer is as it stands at its check cell, and no honest mark is lost by what stands around it."""

import json
from typing import Any

import pytest

from grader.authoring.compose import compose, hand_in
from grader.notebook.attempt import answers, defines, is_stub, without_stubs
from tests.attack.conftest import POINTS, REST, TASK, Arena, arena, judge, servers
from tests.grader.conftest import ROOT

__all__ = ["arena", "judge", "servers"]
WRONG = f"def {TASK}(shard):\n    return '0'"


def cell(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def grade(
    arena: Arena, cells: dict[int, str], answer: str | None = None, student: str = "ada"
) -> dict[str, dict[str, Any]]:
    """A solved notebook with own CELLS put in, by their distance from TASK's check cell (0: behind it)."""
    given = {} if answer is None else {TASK: answer}
    notebook = json.loads(compose(ROOT / "solutions/02-shards/02-shards.ipynb", given, solved=True))
    ids = [one["metadata"].get("nbgrader", {}).get("grade_id") for one in notebook["cells"]]
    behind = ids.index(TASK) + 1
    for distance, source in sorted(cells.items(), reverse=True):
        notebook["cells"].insert(behind + distance, cell(source))
    path = hand_in(arena.folder, student, "02-shards", json.dumps(notebook))
    return arena.grade_file(path, student)


@pytest.mark.parametrize(
    "below",
    [
        f"# my first try\n{WRONG}",
        f"{TASK} = None",
        f"def {TASK}(shard): pass\ndel {TASK}",
        "int = max(3, 4)",
        "str = 'shadowed'",
        "%reset -f",
        "%reset -f\nimport math",
        "get_ipython().reset()",
    ],
)
def test_what_stands_below_the_check_cell_changes_no_answer(arena: Arena, below: str) -> None:
    assert grade(arena, {0: below})[TASK]["points"] == POINTS
    if below.startswith(("#", TASK)):
        mark = grade(arena, {-1: below})[TASK]
        assert mark["points"] == 0, "the control: above it, it is the answer"


def test_a_lost_answer_that_was_changed_below_is_named(arena: Arena) -> None:
    mark = grade(arena, {0: f"def {TASK}(shard):\n    return 'better'"}, WRONG)[TASK]
    assert mark["points"] == 0
    assert f"The cell `def {TASK}(shard):`, below" in " ".join(mark["reasons"])
    assert "below the check cell" not in " ".join(grade(arena, {}, WRONG)[TASK]["reasons"]), "the control"


def test_an_answer_that_was_bettered_below_counts(arena: Arena) -> None:
    ends = "map(int, shard['HashKeyRange'].values())"
    right = f"def {TASK}(shard):\n    return str(sum({ends}) // 2)"
    assert grade(arena, {0: right}, WRONG)[TASK]["points"] == POINTS
    assert grade(arena, {}, WRONG)[TASK]["points"] == 0, "the control"


def test_an_answer_below_its_check_cell_counts_where_none_stands_above(arena: Arena) -> None:
    """The released cell left empty, the answer in a cell of its own behind the check."""
    stub = f"def {TASK}(shard):\n    ...  # write your code here"
    right = json.loads(compose(ROOT / "solutions/02-shards/02-shards.ipynb", {}, solved=True))
    text = next(
        "".join(one["source"])
        for one in right["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade_id") == f"{TASK}_answer"
    )
    assert grade(arena, {0: text}, stub)[TASK]["points"] == POINTS
    assert grade(arena, {}, stub)[TASK]["outcome"] == "not_attempted", "the control"


def test_a_helper_that_stands_below_is_there(arena: Arena) -> None:
    """Cells may have run in any order."""
    uses = f"def {TASK}(shard):\n    return middle(shard['HashKeyRange'])"
    ends = "int(limits['StartingHashKey']) + int(limits['EndingHashKey'])"
    helper = f"def middle(limits):\n    return str(({ends}) // 2)"
    assert grade(arena, {0: helper}, uses)[TASK]["points"] == POINTS
    assert grade(arena, {}, uses)[TASK]["points"] == 0, "the control"


def test_the_set_up_is_made_again_behind_a_reset(arena: Arena) -> None:
    marks = grade(arena, {-3: "%reset -f"})
    assert marks[TASK]["points"] == POINTS
    assert arena.score == POINTS + REST


def test_a_value_whose_cell_stopped_says_by_what(arena: Arena) -> None:
    source = json.loads(compose(ROOT / "solutions/02-shards/02-shards.ipynb", {}, solved=True))
    text = next(
        "".join(one["source"])
        for one in source["cells"]
        if one["metadata"].get("nbgrader", {}).get("grade_id") == "required_shards_answer"
    )
    at = text.rindex("my_shards")
    stops = f"{text[:at]}spare = shards_per_day * 2\n{text[at:]}"
    mark = arena.grade("ada", {"required_shards": stops})["required_shards"]
    said = " ".join(mark["reasons"])
    assert mark["outcome"] == "partial", "the function stands above it and counts"
    assert "`my_shards` has no value: its cell (" in said
    assert "NameError: name 'shards_per_day' is not defined" in said
    assert arena.grade("ada", {"required_shards": text})["required_shards"]["outcome"] == "passed", "control"


@pytest.mark.parametrize("brings", ["%run helpers.py", "from helpers import *"])
def test_an_answer_from_a_file_that_is_not_there_says_so(arena: Arena, brings: str) -> None:
    mark = arena.grade("ada", {TASK: brings})[TASK]
    said = " ".join(mark["reasons"])
    assert mark["outcome"] != "not_attempted"
    assert f"the cell `{brings}` stopped with" in said
    made = f"%%writefile helpers.py\n{WRONG}"
    there = grade(arena, {-2: made}, brings)[TASK]
    assert "returned '0'" in " ".join(there["reasons"]), "the control: with the file it runs"


def test_a_stub_that_is_taken_away_again_is_left_where_it_is() -> None:
    source = "def x(): pass\ndel x\ny = 1"
    assert without_stubs(source, ["x"]) == source
    assert without_stubs("def x(): pass\ny = 1", ["x"]) == "y = 1", "the control"


def test_as_many_branches_as_anybody_writes() -> None:
    """1,500 `elif`, and a sum of as many terms: too deep for some readers, an answer all the same."""
    many = "if a == 0:\n    f = 0\n" + "".join(f"elif a == {n}:\n    f = {n}\n" for n in range(1, 1500))
    assert defines(many, "f") or not is_stub(many, "f")
    branches = "def f(a):\n" + "".join(f"    {line}\n" for line in many.splitlines())
    for source in (many, branches, "f = " + "+".join("1" * 50_000), "raise " + "-" * 5000 + "1"):
        answers(source, "f")
        without_stubs(source, ["f"])
    assert answers("if a:\n    f = 1\nelse:\n    f = 2", "f"), "the control"
