"""Knowledge checks: the loader refuses what breaks the rules, and what is shown is plain HTML."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import grader
from grader.notebook.knowledge_checks import question
from grader.tasks.questions import FOLDER, QuestionError, load_questions

GOOD = """
[[question]]
id = "hot-key"
text = "Which `key` is <hot> & why?"
exam_tasks = ["SAA-C03 3.5"]
[[question.options]]
text = "The first"
right = true
why = "It is."
[[question.options]]
text = "The second"
right = false
why = "It is <script>alert(1)</script>not."
[[question.options]]
text = "The third"
right = false
why = "Nor is it."
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "99-test.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_questions_of_the_course(path: Path) -> None:
    questions = load_questions(path)
    assert 3 <= len(questions) <= 6
    for item in questions.values():
        assert all(len(option.why) >= 40 for option in item.options), item.id
        assert len({option.text for option in item.options}) == len(item.options), item.id
        assert len({option.why for option in item.options}) == len(item.options), item.id


def test_right_answers_do_not_always_come_first() -> None:
    """Over the course as a whole, no letter is a good guess."""
    items = [q for path in FOLDER.glob("*.toml") for q in load_questions(path).values()]
    first = [item for item in items if item.options[0].right and not item.multiple]
    assert len(first) <= len(items) / 2


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ('why = "It is."\n', "", r"question hot-key, option A: `why` is missing or empty"),
        ('why = "It is."', 'why = " "', r"option A: `why` is missing or empty"),
        ('text = "The first"\n', "", r"option A: `text` is missing"),
        ("right = true", 'right = "yes"', r"option A: say right = true or right = false"),
        ("right = true", "right = false", r"one option must be right, not 0"),
        ("right = false", "right = true", r"one option must be right, not 3"),
        ('id = "hot-key"', 'id = "hot-key"\nmultiple = true', r"two or more are right"),
        ('id = "hot-key"', 'id = "Hot key"', r"an id is small letters and digits"),
        ('["SAA-C03 3.5"]', '["SAA 3.5"]', r"exam_tasks is a list like"),
        ('["SAA-C03 3.5"]', "[]", r"exam_tasks is a list like"),
        ('["SAA-C03 3.5"]', '["SAA-C03 domain"]', r"exam_tasks is a list like"),
        ('id = "hot-key"', 'id = "hot-key"\nhint = "x"', r"question hot-key: unknown hint; known"),
        ("right = true", "right = true\npoints = 2", r"option A: unknown points; known are right"),
        ("[[question]]", "title = 1\n[[question]]", r"99-test.toml: unknown title"),
        ("[[question]]", "[[question", r"99-test.toml is not valid TOML"),
        (GOOD, "", r"holds no \[\[question\]\]"),
        (GOOD, GOOD + GOOD, r"the id 'hot-key' stands twice"),
        (GOOD, 'question = "x"', r"`question` is a list of tables"),
        (GOOD[GOOD.index("[[question.options]]") :], "", r"3 to 5 options, not 0"),
    ],
)
def test_loader_refuses(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    assert before in GOOD
    assert load_questions(written(tmp_path, GOOD))
    with pytest.raises(QuestionError, match=complaint):
        load_questions(written(tmp_path, GOOD.replace(before, after)))


def test_lessons_take_it_from_the_package() -> None:
    assert grader.question is question


def test_unknown_question_and_lesson_say_what_there_is() -> None:
    told = str(question("02-shards", "hot"))
    assert "There is no knowledge check in lesson 02-shards 'hot'." in told
    assert {"who-chooses", "hot-key"} <= set(re.split(r"[ ,.]+", told))
    told = str(question("2-shards", "hot-key"))
    assert "There is no lesson '2-shards'." in told
    assert "Do you mean “02-shards”?" in told


class Tags(HTMLParser):
    """Collects what a browser would see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes |= {name for name, _ in attrs}


def test_html_is_plain_escaped_and_folds_one_answer_an_option(tmp_path: Path) -> None:
    shown = load_questions(written(tmp_path, GOOD))["hot-key"]._repr_html_()
    tags = Tags()
    tags.feed(shown)
    assert tags.seen.count("details") == tags.seen.count("summary") == 3
    assert set(tags.seen) == {"p", "strong", "br", "small", "code", "details", "summary"}
    assert tags.attributes == {"style"}, "no ids, no classes, no scripts"
    assert "Which <code>key</code> is &lt;hot&gt; &amp; why?" in shown
    assert "&lt;script&gt;" in shown
    assert len(re.findall("✔ Right", shown)) == 1


def test_text_has_the_question_and_no_answer(tmp_path: Path) -> None:
    item = load_questions(written(tmp_path, GOOD))["hot-key"]
    assert repr(item) == (
        "Knowledge check: Which key is <hot> & why?\n  A. The first\n  B. The second\n  C. The third"
    )


def test_more_than_one_right_is_said(tmp_path: Path) -> None:
    text = GOOD.replace('id = "hot-key"', 'id = "hot-key"\nmultiple = true')
    text = text.replace("right = false", "right = true", 1)
    item = load_questions(written(tmp_path, text))["hot-key"]
    assert "(More than one is right.)" in repr(item)
    assert "(More than one is right.)" in item._repr_html_()
