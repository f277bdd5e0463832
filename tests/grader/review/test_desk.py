"""What the desk of a review does: groups, steps, undo, and what is refused."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.engine.handed import read_handed
from grader.engine.plan import load_plan
from grader.reports.by_hand import ByHand
from grader.review.desk import Desk, step
from grader.review.hand_ins import Piece, groups, pieces, questions
from grader.review.journal import Journal
from lab.errors import LabError
from tests.grader.conftest import ROOT
from tests.grader.made_results import line, task
from tests.grader.review.conftest import ESSAY, NAME, HandIn, twins

QUESTIONS = {name: one for name, one in questions(ROOT, load_plan(ROOT, NAME)).items() if one.by_a_person}


def piece(student: str, text: str, **more: Any) -> Piece:
    return Piece(student, "defence", text, **more)


class Book:
    """A gradebook in memory."""

    def __init__(self) -> None:
        self.marks: dict[str, ByHand] = {}

    def give(self, marks: Sequence[ByHand]) -> list[ByHand]:
        before = [self.marks.get(one.student, ByHand(one.student, one.task, None, "")) for one in marks]
        self.marks |= {one.student: one for one in marks}
        return before

    def points(self) -> dict[str, float | None]:
        return {name: mark.points for name, mark in self.marks.items()}


def desk(tmp_path: Path, book: Book, *found: Piece) -> Desk:
    marks = {(mark.student, mark.task): mark for mark in book.marks.values()}
    journal = Journal(tmp_path / "review.jsonl")
    return Desk(NAME, QUESTIONS, found, marks, book.give, journal, render=lambda text: text)


def test_answers_with_the_same_words_for_the_same_numbers_are_one_group() -> None:
    found = [
        piece("a", "On demand: it is cheap."), piece("b", "on  demand -- it is CHEAP"),
        piece("c", "On demand: it is cheap.", givens={"shards": 3}),
        piece("d", "On demand: it is cheap.", further=("And more.",)),
        piece("e", "On demand: it is not cheap."), piece("f", "I do not know."),
    ]  # fmt: skip
    made = [[one.student for one in group] for group in groups(found)]
    assert made[0] == ["a", "b"]
    assert sorted(map(len, made)) == [1, 1, 1, 1, 2], "with other numbers it is another"
    assert made[-1] == ["f"], "what is alike stands together"


def test_a_group_is_graded_once_and_one_of_it_alone(tmp_path: Path) -> None:
    book = Book()
    at = desk(tmp_path, book, piece("a", "same"), piece("b", "same"), piece("c", "other"))
    place = at.look({"do": "look"})["piece"]["place"]
    given = {"place": place, "task": "defence", "points": 1.5, "comment": " Good. ", "ticks": [0, 7, "x"]}
    view = step(at, {"do": "grade", **given})
    assert book.points() == {"a": 1.5, "b": 1.5}
    assert book.marks["b"].comment == "Good."
    assert (view["piece"]["ticks"], view["tasks"][0]["waiting"]) == ([0], 1)
    step(at, {"do": "grade", **given, "points": 2, "by": "learner"})
    assert sorted(book.points().values()) == [1.5, 2], "by learner each is graded alone"
    again = desk(tmp_path, book, piece("a", "same"), piece("b", "same"), piece("c", "other"))
    step(again, {"do": "undo"})
    assert set(book.points().values()) == {1.5}, "also after the page was closed"
    view = step(again, {"do": "undo"})
    assert set(book.points().values()) == {None}
    assert (view["tasks"][0]["waiting"], view["undo"]) == (3, None)
    assert view["piece"]["comments"] == ["Good."], "kept for use again"
    with pytest.raises(LabError, match="no change to take back"):
        step(again, {"do": "undo"})


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"points": 3}, "from 0 to 2"),
        ({"points": -1}, "from 0 to 2"),
        ({"points": True}, "from 0 to 2"),
        ({"points": "1"}, "from 0 to 2"),
        ({"comment": None}, "A comment is a text"),
        ({"comment": "x" * 5001}, "A comment is a text"),
        ({"place": 99}, "not here any more"),
        ({"task": "pick"}, "not here any more"),
        ({"do": "what"}, "There is no step 'what'"),
    ],
)
def test_what_is_refused(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    book = Book()
    at = desk(tmp_path, book, piece("a", "text"))
    body = {"do": "grade", "place": 1, "task": "defence", "points": 1, "comment": "", "ticks": []}
    with pytest.raises(LabError, match=words):
        step(at, {**body, **more})
    assert book.marks == {}
    step(at, body)
    assert book.points() == {"a": 1}, "the control"


def test_names_are_in_nothing_that_is_sent_when_they_are_hidden(tmp_path: Path) -> None:
    at = desk(tmp_path, Book(), piece("lovelace", "one"), piece("turing", "two"))
    assert "lovelace" in str(at.look({"names": True})), "the control"
    for by in ("question", "learner"):
        told = str(at.look({"names": False, "by": by}))
        assert not [name for name in ("lovelace", "turing") if name in told]


def test_an_answer_that_changed_after_it_was_marked_waits_again(tmp_path: Path) -> None:
    book = Book()
    at = desk(tmp_path, book, piece("a", "text"))
    body = {"do": "grade", "place": 1, "task": "defence", "points": 1, "comment": "", "ticks": []}
    assert step(at, body)["tasks"][0]["waiting"] == 0
    at.again = {("a", "defence")}
    view = at.look({})
    assert (view["tasks"][0]["waiting"], view["piece"]["again"], view["piece"]["points"]) == (1, True, 1)
    assert step(at, body)["tasks"][0]["waiting"] == 0, "looked at"


def test_a_question_is_answered_where_the_mark_is(tmp_path: Path) -> None:
    kept: list[tuple[str, str, str]] = []
    at = desk(tmp_path, Book(), piece("a", "text"), piece("b", "other"))
    at.asked = {("a", "defence"): [{"question": "Why?", "answer": ""}]}
    at.tell = lambda *given: kept.append(given)
    view = at.look({})
    (row,) = [row for row in view["rows"] if row["asked"]]
    body = {"do": "answer", "place": row["place"], "task": "defence", "text": " Since. "}
    view = step(at, body)
    assert kept == [("a", "defence", " Since. ")]
    assert not [one for one in view["rows"] if one["asked"]]
    assert view["piece"]["asked"][0]["answer"] == "Since."
    (other,) = [one["place"] for one in view["rows"] if one["place"] != row["place"]]
    for more, words in (({"text": " "}, "An answer is a text"), ({"place": other}, "Nothing was asked")):
        with pytest.raises(LabError, match=words):
            step(at, {**body, **more})


def test_what_is_ticked_is_told_until_the_mark_comes_from_elsewhere(tmp_path: Path) -> None:
    book = Book()
    at = desk(tmp_path, book, piece("a", "same"), piece("b", "same"))
    body = {"do": "grade", "place": 1, "task": "defence", "comment": ""}
    first, second = QUESTIONS["defence"].rubric
    path = tmp_path / "review.jsonl"
    step(at, {**body, "points": first[0], "ticks": [0]})
    step(at, {**body, "points": 2, "ticks": [0, 1]})
    assert [Journal(path).earned(name, "defence", 2) for name in "ab"] == [(first, second)] * 2
    assert Journal(path).earned("a", "defence", 1.5) == (), "changed in formgrader since"
    step(at, {"do": "undo"})
    assert Journal(path).earned("a", "defence", 1) == (first,)
    assert Journal(path).earned("c", "defence", 1) == (), "nobody ticked"
    step(at, {**body, "points": 1, "ticks": []})
    assert Journal(path).earned("a", "defence", 1) == (), "points by hand"


def test_a_torn_line_of_the_journal_costs_itself(tmp_path: Path) -> None:
    book = Book()
    at = desk(tmp_path, book, piece("a", "text"))
    body = {"do": "grade", "place": 1, "task": "defence", "comment": "", "ticks": []}
    step(at, {**body, "points": 1})
    path = tmp_path / "review.jsonl"
    path.write_text(path.read_text() + '\n{"number": 2, "task"')
    again = desk(tmp_path, book, piece("a", "text"))
    step(again, {**body, "points": 2})
    assert [entry.number for entry in Journal(path).entries] == [1, 2]


def test_what_is_read_of_a_hand_in(course: Path, texts: HandIn) -> None:
    """The answer, what lies beside it, the own numbers and what is right for them."""
    first, second = twins()
    texts({first: ESSAY, second: ESSAY, "ada": ESSAY})
    plan = load_plan(course, NAME)
    wanted = {name: one for name, one in questions(course, plan).items() if one.by_a_person}
    assert list(wanted) == ["defence"]
    assert wanted["defence"].prompt.startswith("### Task 5")
    assert wanted["defence"].guide.startswith("A good answer names a mode")
    assert sum(points for points, _ in wanted["defence"].rubric) == 2
    digest = "0" * 64
    lines = [line(name, [task("defence", 0, 2, "needs_manual")], NAME) for name in (first, second, "ada")]
    for one in lines:
        one["submission_sha256"] = read_handed(course / "submitted" / one["student"] / NAME, NAME).digest
    lines.append({**lines[0], "student": "ada", "submission_sha256": digest})
    found, unread = pieces(course, plan, lines, course / "submitted", wanted)
    assert unread == ["ada"], "a notebook that is not the one that was graded is not shown"
    assert [one.text for one in found] == [ESSAY] * 3
    assert found[0].givens == found[1].givens != found[2].givens
    assert min(map(float, (str(v) for v in found[0].right.values()))) > 0
    assert [len(group) for group in groups(found)] == [2, 1]
    assert [len(g) for g in groups([found[0], replace(found[1], givens={"shards": 1})])] == [1, 1]


def test_another_task_s_text_does_not_part_the_same_answers(course: Path, texts: HandIn) -> None:
    first, second = twins()
    texts({first: ESSAY, second: ESSAY})
    flags = {"grade": True, "solution": True, "grade_id": "other", "points": 1, "schema_version": 3}
    places = [(course / f"exercises/{NAME}/{NAME}.ipynb", "")]
    places += [(course / f"submitted/{who}/{NAME}/{NAME}.ipynb", f"Of {who}.") for who in (first, second)]
    for path, text in places:
        notebook = json.loads(path.read_text())
        cell = {"cell_type": "markdown", "id": "other", "metadata": {"nbgrader": flags}, "source": text}
        path.write_text(json.dumps({**notebook, "cells": [*notebook["cells"], cell]}))
    plan = load_plan(course, NAME)
    marks = [task("defence", 0, 2, "needs_manual")]
    lines = [
        line(who, marks, NAME, submission_sha256=read_handed(course / "submitted" / who / NAME, NAME).digest)
        for who in (first, second)
    ]
    found, unread = pieces(course, plan, lines, course / "submitted", QUESTIONS)
    assert ([one.further for one in found], unread) == ([(), ()], [])
    assert [len(group) for group in groups(found)] == [2]
