"""`grader similarity`: it finds a renamed copy, and neither independent answers nor what all were given."""

import shutil
from pathlib import Path

import pytest

from grader.reports.similarity import grams, likenesses, tokens
from tests.grader.conftest import Grader, Submit

OWN = '''
def reading_order(shards):
    """The ids of the shards."""
    remaining = list(shards)
    done = []
    while len(remaining) > 0:
        progress = False
        for candidate in list(remaining):
            first = candidate.get("ParentShardId", "")
            second = candidate.get("AdjacentParentShardId", "")
            blocked = [s for s in remaining if s["ShardId"] in (first, second)]
            if len(blocked) == 0:
                done.append(candidate["ShardId"])
                remaining.remove(candidate)
                progress = True
        if not progress:
            raise ValueError("a circle of parents")
    return done
'''
RENAMED = """
# My own work!
def reading_order(shards):
    todo = list(shards)   # what is left
    result = []
    while len(todo) > 0:

        moved = False
        for x in list(todo):
            mum = x.get('ParentShardId', 'none')
            dad = x.get('AdjacentParentShardId', 'none')
            waits = [y for y in todo if y['ShardId'] in (mum, dad)]
            if len(waits) == 0:
                result.append(x['ShardId'])
                todo.remove(x)
                moved = True
        if not moved:
            raise ValueError('oops')
    return result
"""


def pairs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.startswith("  ")]


def test_a_renamed_copy_is_found_and_named(submit: Submit, grader: Grader) -> None:
    submit("ada", {"reading_order": OWN})
    submit("bob", {"reading_order": RENAMED})
    submit("cam", solved=True)
    submit("\x1b[31mdee", {"split_point": "def split_point(shard:\n    return ("})
    submit("eve").write_text("{")
    done = grader("similarity", "02-shards")
    assert done.returncode == 0, done.stderr
    (pair,) = pairs(done.stdout)
    assert pair.startswith("ada and bob: reading_order (100 %: ")
    assert "4 submissions compared; 1 pair with" in done.stdout
    assert "Alike is not copied." in done.stdout
    assert "Not read: eve." in done.stdout
    assert "\x1b" not in done.stdout


def test_two_independent_right_answers_are_not(course: Path, submit: Submit, grader: Grader) -> None:
    """The course's right answers, and not because it knows them."""
    right = course / "solutions/02-shards/right"
    answers = {
        folder.name: [path.read_text() for path in sorted(folder.glob("*.py"))] for folder in right.iterdir()
    }
    shutil.rmtree(right)
    for place, student in enumerate(("ada", "bob")):
        submit(student, {task: texts[place] for task, texts in answers.items()})
    done = grader("similarity", "02-shards")
    assert pairs(done.stdout) == []
    assert "no pairs" in done.stdout

    submit("cam", {task: texts[0] for task, texts in answers.items()})
    (pair,) = pairs(grader("similarity", "02-shards").stdout)
    assert pair.startswith("ada and cam: "), "the same answers are alike to one another"
    assert "reading_order (100 %" in pair


def test_what_everybody_was_given_is_not(submit: Submit, grader: Grader) -> None:
    for student in ("ada", "bob"):
        submit(student)
    for student in ("cam", "dee"):
        submit(student, solved=True)
    done = grader("similarity", "02-shards")
    assert pairs(done.stdout) == []
    assert (
        "No answer is long enough to compare in: required_shards, predict_shard, split_point" in done.stdout
    )


def test_a_shape_that_many_share_is_not_news() -> None:
    own, other = {"t": grams([OWN])}, {"t": grams(["def f(a):\n" + "    a = a.b(c)[1] + d\n" * 30])}
    few = {f"s{i}": own for i in range(3)} | {f"o{i}": other for i in range(2)}
    assert len([pair for pair in likenesses(few, {}) if "s0" in (pair.first, pair.second)]) == 2
    many = {f"s{i:02}": own for i in range(12)}
    assert likenesses(many, {}) == []
    assert likenesses({"a": own, "b": own}, {"t": grams([OWN])}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = len(rows) + 1  # why", "total = len(found) + 250"),
        ("if a:\n    b('text')", "if flag: call('''other\ntext''')"),
        ("a.get(k)", "b.get(j)"),
        ("def f(a):\n    return a", "# f\ndef g(n):\n    # why\n    'Words.'\n    return n"),
    ],
)
def test_renaming_changes_no_tokens(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


@pytest.mark.parametrize(
    ("one", "other"), [("a + b", "a - b"), ("len(a)", "sum(a)"), ("a.get(b)", "a.pop(b)")]
)
def test_other_code_has_other_tokens(one: str, other: str) -> None:
    assert tokens(one) != tokens(other)


@pytest.mark.parametrize(
    "source", ["def f(:", "x = '''", "\x00", "  a\n b\n   c", "(" * 300, "%matplotlib inline\nx = 1"]
)
def test_what_is_no_python_is_read_as_far_as_it_goes(source: str) -> None:
    tokens(source)
