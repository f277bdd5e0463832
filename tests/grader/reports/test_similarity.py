"""`grader similarity`: it finds a renamed copy, and neither independent answers nor what all were given."""

import json
import shutil
from pathlib import Path

import pytest

from grader.authoring.compose import compose, hand_in
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

    submit("cam", {task: f"{texts[0]}\n# mine" for task, texts in answers.items()})
    (pair,) = pairs(grader("similarity", "02-shards").stdout)
    assert pair.startswith("ada and cam: "), "the same answers are alike to one another"
    assert "reading_order (100 %" in pair


def test_what_everybody_was_given_is_not(submit: Submit, grader: Grader) -> None:
    for student in ("ada", "bob"):
        submit(student)
    for student in ("cam", "dee"):
        submit(student, solved=True)
    done = grader("similarity", "02-shards")
    assert pairs(done.stdout) == ["cam, dee: the same notebook, byte for byte", "none"], (
        "untouched is no news"
    )
    assert (
        "No answer is long enough to compare in: required_shards, predict_shard, split_point" in done.stdout
    )


ESSAY = (
    "I choose on demand, since the traffic doubles on two days a month and nobody is here to scale; "
    "provisioned would be 40 dollars cheaper, which an hour of my time eats up, until it is steady."
)


def test_one_notebook_of_two_comes_first_and_texts_are_compared_by_words(
    course: Path, grader: Grader
) -> None:
    """Of twelve alike pairs in a class, the one that is byte for byte the same stands at the top."""
    source = course / "solutions/05-capacity-modes/05-capacity-modes.ipynb"
    other = "Provisioned, as the load is known: four shards for 24 hours come to less than on demand would."

    def hand_in_text(student: str, text: str, then: str = "") -> Path:
        raw = compose(source, {"monthly_cost": f"# {then}"} if then else {}, solved=not then)
        notebook = json.loads(raw)
        for cell in notebook["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == "defence":
                cell["source"] = text
        return hand_in(course / "submitted", student, "05-capacity-modes", json.dumps(notebook))

    first = hand_in_text("eve", ESSAY, "eve's")
    hand_in_text("fay", ESSAY.upper().replace(",", " ,").replace("nobody", "no one"), "fay's")
    hand_in_text("gus", other, "gus's")
    hand_in_text("hal", "YOUR ANSWER HERE", "hal's")
    hand_in_text("zed", ESSAY).write_bytes(first.read_bytes())
    told = grader("similarity", "05-capacity-modes").stdout
    assert pairs(told)[0] == "eve, zed: the same notebook, byte for byte"
    others = pairs(told)[1:]
    assert [pair.split(":")[0] for pair in others] == ["eve and fay", "fay and zed"], told
    assert all("defence (" in pair for pair in others)
    # The control: another digit in one of the two files, outside of the cells.
    zed = course / "submitted/zed/05-capacity-modes/05-capacity-modes.ipynb"
    zed.write_bytes(first.read_bytes() + b"\n")
    assert pairs(grader("similarity", "05-capacity-modes").stdout)[0] == (
        "eve, zed: the same notebook, in every cell"
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
