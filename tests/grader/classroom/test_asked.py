"""A learner's question about a mark, and the answer: kept with it, and on the feedback page."""

import json
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


def test_a_learner_asks_in_a_file(course: Path, submit: Submit, capsys: pytest.CaptureFixture[str]) -> None:
    def grader(status: int, *arguments: str) -> str:
        assert main(["--course", str(course), *arguments]) == status
        told = capsys.readouterr()
        return " ".join((told.out + told.err).split())

    files = course / "mark-questions"
    assert "You have no name yet" in grader(2, "ask", "02/split_point", "Why?")
    grader(0, "whoami", "Ada", "Lovelace")
    for mark, words, said in (
        ("02", "Why?", "Name a task of 02-shards"), ("02/none", "Why?", "Name a task"),
        ("02/split_point", " ", "1 to 5000"), ("99/x", "Why?", "no exercise"),
    ):  # fmt: skip
        assert said in grader(2, "ask", mark, words)
    assert not files.exists()
    assert "Written, as Ada Lovelace" in grader(0, "ask", "02/split", "Why <b>two</b>?")
    (sent,) = files.iterdir()
    # From here on it is the instructor's course, where she has another name.
    submit("lovelace", solved=True)
    made_results.write(course, [line("lovelace", [task("split_point", 2, 4)])])
    assert "Say whose it is" in grader(1, "question", "02", "--from", str(sent))
    told = grader(0, "question", "02", "lovelace/split_point", "--from", str(sent))
    assert "lovelace/split_point, kept: Why <b>two</b>?" in told
    assert "look who sent it" in told
    assert "known already" in grader(0, "question", "02", "lovelace/split_point", "--from", str(sent))
    grader(0, "feedback", "02-shards")
    page = (course / "feedback/lovelace/02-shards.html").read_text()
    assert faults(page) == []
    text = " ".join(Markup(page).text().split())
    assert text.count("You asked: Why <b>two</b>?") == 1
    assert "grader ask 02-shards/TASK" in text
    good = json.loads(sent.read_text()) | {"student": "lovelace"}
    for bad in ("[", "[]", {**good, "kind": "x"}, {**good, "task": 3}, {**good, "question": "x" * 5001},
                {**good, "student": "eve"}, {**good, "assignment": "01-producers"}):  # fmt: skip
        sent.write_text(bad if isinstance(bad, str) else json.dumps(bad))
        assert "Not taken" in grader(1, "question", "02", "--from", str(sent)), bad
    sent.write_text(json.dumps(good))
    assert "known already" in grader(0, "question", "02", "--from", str(sent)), "the control"
    (course / "roster.csv").write_text('student,name\nlovelace,"Lovelace, Ada"\n')
    sent.write_text(json.dumps({**good, "student": "Ada Lovelace"}))
    assert "lovelace/split_point, known" in grader(0, "question", "02", "--from", str(sent)), "by the roster"


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
