"""A knowledge check answered in a lesson: the verdict, what is kept, and how far one is."""

import json
import shutil
from pathlib import Path

import pytest

from grader.notebook import progress_file
from grader.notebook.knowledge_checks import Answered, question, right_letters
from grader.notebook.overview import overview
from grader.notebook.views import Message
from grader.tasks.questions import FOLDER, LETTERS, Question, load_questions

LESSON = "02-shards"
QUESTIONS = load_questions(FOLDER / f"{LESSON}.toml")
SINGLE = next(one for one in QUESTIONS.values() if not one.multiple)
SEVERAL_LESSON, SEVERAL = next(
    (path.stem, one)
    for path in sorted(FOLDER.glob("*.toml"))
    for one in load_questions(path).values()
    if one.multiple
)
RIGHT = next(iter(right_letters(SINGLE)))
WRONG = next(letter for letter in LETTERS if letter != RIGHT)


@pytest.fixture(autouse=True)
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with the questions and the index alone; the work is done where its lessons are."""
    root = tmp_path / "course"
    (root / "course/source").mkdir(parents=True)
    (root / "exercises").mkdir()
    shutil.copy2(FOLDER.parent / "course.toml", root / "course/source")
    shutil.copytree(FOLDER, root / "course/source/questions")
    shutil.copy2(FOLDER.parents[2] / "nbgrader_config.py", root)
    monkeypatch.chdir(root / "course")
    return root


def test_without_a_letter_it_is_asked_and_nothing_is_kept() -> None:
    assert question(LESSON, SINGLE.id) == SINGLE
    assert progress_file.answered(Path.cwd()) == {}


def test_a_wrong_answer_then_the_right_one(there: Path) -> None:
    wrong = question(LESSON, SINGLE.id, WRONG.lower())
    assert isinstance(wrong, Answered)
    assert wrong._repr_html_().count("<details") == len(SINGLE.options)
    assert wrong._repr_html_().count(" open>") == 1
    assert repr(wrong).startswith("✘ Not right yet.")
    assert repr(wrong).endswith(
        f"Knowledge checks of lesson {LESSON}: 1 of {len(QUESTIONS)} answered, 0 right."
    )
    assert repr(question(LESSON, SINGLE.id, f"{RIGHT})")).startswith("✔ Right.")
    assert repr(question(LESSON, SINGLE.id, WRONG)).endswith("1 right."), "once right, it stays right"
    kept = progress_file.answered(there)[f"{LESSON}/{SINGLE.id}"]
    assert (kept["attempts"], kept["chosen"], kept["right"]) == (3, [WRONG], True)


def test_several_letters() -> None:
    right = sorted(right_letters(SEVERAL))
    for answer in (right, ", ".join(right).lower()):
        assert repr(question(SEVERAL_LESSON, SEVERAL.id, answer)).startswith("✔")
    assert repr(question(SEVERAL_LESSON, SEVERAL.id, right[0])).startswith("◐ What you chose is right")


@pytest.mark.parametrize("answer", ["", "z", "a b", 2, [1], True, "the first"])
def test_what_is_no_letter_is_told_and_not_kept(answer: object) -> None:
    told = question(LESSON, SINGLE.id, answer)
    assert isinstance(told, Message)
    assert told.title.startswith("Choose one of the letters A, B")
    assert f'question("{LESSON}", "{SINGLE.id}", "a")' in told.text
    assert progress_file.answered(Path.cwd()) == {}


def test_the_way_through_the_course_counts_them(there: Path) -> None:
    assert f"knowledge checks: none of {len(QUESTIONS)} answered" in repr(overview(there))
    question(LESSON, SINGLE.id, RIGHT)
    assert f"knowledge checks: 1 of {len(QUESTIONS)} answered, 1 right" in repr(overview(there))
    assert f"1 of {len(QUESTIONS)} answered, 1 right</td>" in overview(there)._repr_html_()


def test_answers_and_tasks_are_kept_side_by_side(there: Path) -> None:
    """An older file without answers is read, and what it holds stays."""
    entry = {"attempts": 1, "visible_points": 3, "max_points": 3, "outcome": "passed"}
    file = there / ".grader/progress.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"tasks": {"02-shards/split_point": entry}}))
    question(LESSON, SINGLE.id, RIGHT)
    assert progress_file.load(there) == {"02-shards/split_point": entry}
    assert set(json.loads(file.read_text())["questions"]) == {f"{LESSON}/{SINGLE.id}"}


def test_every_question_is_told_right_by_its_right_letters_alone() -> None:
    every: list[tuple[str, Question]] = [
        (path.stem, one) for path in FOLDER.glob("*.toml") for one in load_questions(path).values()
    ]
    for lesson, one in every:
        assert repr(question(lesson, one.id, sorted(right_letters(one)))).startswith("✔"), one.id
