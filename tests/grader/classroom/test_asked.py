"""A learner's question about a mark, and the answer: kept with it, and on the feedback page."""

from pathlib import Path

import pytest

from grader.classroom import asked
from grader.cli import main
from grader.whereabouts import CallError
from tests.grader import made_results
from tests.grader.conftest import Submit
from tests.grader.made_results import line, task
from tests.grader.markup import Markup, faults


def test_a_question_and_its_answer_are_kept_with_the_mark(
    course: Path, submit: Submit, capsys: pytest.CaptureFixture[str]
) -> None:
    for student in ("ada", "bob"):
        submit(student, solved=True)
    made_results.write(course, [line(name, [task("split_point", 2, 4)]) for name in ("ada", "bob")])

    def grader(*arguments: str) -> int:
        return main(["--course", str(course), *arguments])

    def page(student: str) -> str:
        assert grader("feedback", "02-shards") == 0
        text = (course / f"feedback/{student}/02-shards.html").read_text()
        assert faults(text) == []
        return " ".join(Markup(text).text().split())

    assert grader("question", "02-shards", "ada/split_point", "Why <b>two</b>?") == 0
    assert "You asked: Why <b>two</b>?" in page("ada")
    assert "Answer:" not in page("ada")
    assert grader("question", "02-shards", "ada/split_point", "--answer", "The start was forgotten.") == 0
    assert "Answer: The start was forgotten." in page("ada")
    assert "You asked" not in page("bob"), "the control"
    capsys.readouterr()
    assert grader("show", "02-shards", "--only", "ada") == 0
    assert "answer: The start was forgotten." in capsys.readouterr().out
    for mark, more, words in (
        ("ada/none", ("Why?",), "have no mark 'ada/none'"),
        ("eve/split_point", ("Why?",), "have no mark"),
        ("bob/split_point", ("--answer", "So."), "bob has asked nothing about split_point"),
        ("bob/split_point", (), "Write what the learner asks"),
    ):
        assert grader("question", "02-shards", mark, *more) == 2
        assert words in capsys.readouterr().err


def test_a_torn_line_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    asked.ask(path, "ada", "a", "Why?")
    path.write_text(path.read_text() + '\n{"student": "ada"')
    asked.answer(path, "ada", "a", "So.")
    asked.ask(path, "ada", "a", "And this?")
    assert asked.read(path) == {
        ("ada", "a"): [{"question": "Why?", "answer": "So."}, {"question": "And this?", "answer": ""}]
    }
    with pytest.raises(CallError, match="1 to 5000"):
        asked.ask(path, "ada", "a", " ")
