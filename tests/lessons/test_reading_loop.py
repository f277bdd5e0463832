"""Lessons read with one loop, which loses no record. One call alone stands only where that is the subject."""

import ast

import pytest

from .course import COURSE, READY

HELPER = "read_shard"
SINGLE = {
    "02-shards": {"read": "gives the last answer, too", "": "sees a refusal"},
    "03-consumers": {
        "": "sees an iterator expire",
        "poll": "counts refusals",
        "keep_polling": "measures the delay until all have come",
    },
    "04-retention": {
        "one_answer": "a reader that is slow on purpose",
        "read_on": "a reader that is slow on purpose",
    },
    "06-throttling": {"poll": "counts refusals"},
    "10-operations": {
        "readable": "a stream of one record, which one answer holds",
        "read": "one hour of a consumer whose stop is the subject",
    },
    "07-security": {"read_by_arn": "asks only whether another account may"},
}
"""Functions ("" for a cell's own lines) that call GetRecords by themselves, and why, by lesson."""


def _tree(lesson: str) -> ast.Module:
    return ast.parse((COURSE / "source" / "text" / f"{lesson}.py").read_text(encoding="utf-8"))


def helpers(tree: ast.Module) -> list[str]:
    """The loops that a lesson shows, as source without comments."""
    found = [one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == HELPER]
    return [ast.unparse(one) for one in found]


def readers(tree: ast.Module) -> set[str]:
    """The functions that call get_records, the helper left out; "" for lines outside functions."""
    found = set()
    for statement in tree.body:
        name = statement.name if isinstance(statement, ast.FunctionDef) else ""
        calls = (node for node in ast.walk(statement) if isinstance(node, ast.Attribute))
        if name != HELPER and any(call.attr == "get_records" for call in calls):
            found.add(name)
    return found


(RIGHT,) = helpers(_tree("03-consumers"))


@pytest.mark.parametrize("lesson", READY)
def test_a_lesson_reads_with_the_loop_of_lesson_03(lesson: str) -> None:
    tree = _tree(lesson)
    assert set(helpers(tree)) <= {RIGHT}
    assert len(helpers(tree)) <= 1
    assert readers(tree) == SINGLE.get(lesson, {}).keys()


@pytest.mark.parametrize(
    "lesson", ["00-welcome", "01-producers", "04-retention", "06-throttling", "07-security"]
)
def test_a_lesson_that_reads_shows_the_loop(lesson: str) -> None:
    assert helpers(_tree(lesson)) == [RIGHT]


def test_another_loop_is_seen() -> None:
    other = ast.parse(RIGHT.replace("behind != 0", "behind"))
    assert helpers(other) != [RIGHT]
    assert readers(ast.parse("def all(k):\n    return k.get_records(ShardIterator='')")) == {"all"}
