"""A review in a real browser by the keyboard alone; what is given is in the gradebook and in every report."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.reports import gradebook
from grader.reports.by_hand import Given
from tests.browser import Page, chromium
from tests.grader.conftest import ROOT, Grader
from tests.grader.exams.test_page import asked
from tests.grader.markup import Markup
from tests.grader.review.conftest import ESSAY, NAME, SHORT, HandIn, twins

KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Escape": (27, ""), "ArrowRight": (39, "")}


@contextmanager
def serving(course: Path, *more: str) -> Iterator[str]:
    """`grader review` in COURSE; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader.cli", "review", NAME, "--no-browser", "--port", "0", *more],
        cwd=course, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().startswith("http://"):
                yield line.strip()
                break
    finally:
        process.send_signal(signal.SIGKILL)  # as a crash; what was given must be on disk
        process.communicate(timeout=30)


def press(page: Page, key: str) -> None:
    code, text = KEYS[key] if key in KEYS else (ord(key.upper()), key)
    page.key(key, code, text)


def write(page: Page, text: str) -> None:
    page.do("Input.insertText", text=text)


def said(page: Page, words: str) -> None:
    page.wait(f"document.querySelector('#said').textContent.includes({json.dumps(words)})")


def shows(page: Page, words: str) -> None:
    page.wait(f"document.querySelector('#whose')?.textContent.includes({json.dumps(words)})")


def held(course: Path) -> dict[str, Given]:
    found = gradebook.given(gradebook.database_url(course), NAME)
    assert found is not None
    return found


def points(course: Path) -> dict[str, float]:
    return {name: one.points["defence"] for name, one in held(course).items() if "defence" in one.points}


@pytest.mark.xdist_group("chromium")
def test_a_class_is_reviewed_by_the_keyboard(
    course: Path, grader: Grader, texts: HandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    first, second = twins()
    texts({first: ESSAY, second: ESSAY.upper(), "ada": ESSAY.replace("640", "700"), "eve": SHORT})
    others = "".join(f"{student},\n" for student in ("eve", first, second))
    (course / "roster.csv").write_text(f'student,name\nada,"Lovelace, Ada"\n{others}')
    with chromium(tmp_path_factory.mktemp("browser")) as tab:
        page = tab()
        with serving(course) as address:
            page.look(1280, 900)
            page.open(address)
            shows(page, "2 learners with the same answer")
            assert "4 answers to read" in page.text("#left")
            assert page.ask("document.querySelectorAll('.numbers.right dd').length") == 3, "the three costs"
            assert "shards" in page.text(".numbers")
            press(page, "1")
            said(page, "Kept.")
            assert points(course) == {first: 1, second: 1}, "one reading for both, kept at once"
            press(page, "f")
            page.wait("document.querySelectorAll('.item :checked').length === 2")
            press(page, "c")
            write(page, "Clear, with all numbers.")
            press(page, "Escape")
            page.wait("document.querySelector('#again') !== null")
            assert (points(course)[second], held(course)[second].comments["defence"]) == (
                2, "Clear, with all numbers.",
            )  # fmt: skip
            press(page, "n")
            shows(page, "Ada")
            assert "Much like the one before it" in page.ask("document.body.innerText")
            press(page, "r")
            press(page, "Enter")
            said(page, "Kept.")
            press(page, "Escape")
            press(page, "2")
            page.wait("document.querySelectorAll('.item :checked').length === 1")
            assert points(course)["ada"] == 1
            assert held(course)["ada"].comments["defence"] == "Clear, with all numbers."
            press(page, "h")
            shows(page, "Hand-in ")
            assert not [n for n in ("ada", "Lovelace", first) if n in page.ask("document.body.innerText")]
            press(page, "n")
            page.wait(f"document.querySelector('#answer').textContent === {json.dumps(SHORT)}")
            press(page, "0")
            page.wait("document.querySelector('#left').textContent === 'Everything is read.'")
            assert points(course) == {first: 2, second: 2, "ada": 1, "eve": 0}
            press(page, "u")
            said(page, "Taken back.")
            assert "eve" not in points(course)
        with serving(course, "--hide-names") as address:  # after the crash
            page.look(390, 800, "dark")
            page.open(address)
            shows(page, "2 learners with the same answer, graded at once: Hand-in")
            assert page.ask("document.querySelectorAll('.item :checked').length") == 2
            assert page.ask("document.documentElement.scrollWidth") == 390
            press(page, "u")
            said(page, "Taken back.")
            page.wait("document.querySelectorAll('.item :checked').length === 0")
            assert points(course) == {first: 2, second: 2}, "ada's rubric is taken back, her comment is not"
            press(page, "q")
            page.wait("document.querySelector('#task') === null")
            assert page.ask("document.querySelectorAll('nav li').length") == 4, "each by itself"
            assert [e for e in page.errors if "ERR_CONNECTION_REFUSED" not in e] == []
        page.close()
    done = grader("export", NAME, "--format", "json")
    assert "ada (05-capacity-modes: defence), eve" in done.stderr
    (one,) = [s for s in json.loads(done.stdout)["students"] if s["student"] == second]
    assert one["grades"][0]["score"] == 5
    assert grader("feedback", NAME).returncode == 0
    pages = {name: (course / f"feedback/{name}/{NAME}.html").read_text() for name in (second, "ada")}
    told = {name: " ".join(Markup(text).text().split()) for name, text in pages.items()}
    ticked = "✔ It names a mode, and the month's cost of all three. (1 point)"
    assert ticked in told[second]
    assert ticked not in told["ada"], "taken back"
    assert "Clear, with all numbers." in grader("show", NAME, "--only", f"{second}/defence").stdout


@pytest.mark.xdist_group("chromium")
def test_a_learner_s_html_stays_text_and_other_sites_are_refused(
    course: Path, texts: HandIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    evil = """<img src=x onerror="document.title = 'got'"><script>document.title = 'got'</script>"""
    texts({"ada": evil})
    with chromium(tmp_path_factory.mktemp("browser")) as tab, serving(course) as address:
        page = tab()
        page.open(address)
        shows(page, "ada")
        assert page.text("#answer") == evil
        assert page.ask("document.querySelectorAll('#answer *').length") == 0
        assert page.ask("document.title") == f"Review: {NAME}"
        token = page.ask("document.querySelector('meta[name=token]').content")
        mark = {"do": "grade", "place": 1, "task": "defence", "points": 2, "comment": "", "ticks": []}
        for headers in (
            {}, {"X-Page-Token": "x"}, {"X-Page-Token": token, "Origin": "http://evil.example"},
            {"X-Page-Token": token, "Host": "evil.example"},
        ):  # fmt: skip
            assert asked(address, "/step", mark, **headers)[0] == 403, headers
        assert points(course) == {}
        assert asked(address, "/step", mark, **{"X-Page-Token": token})[0] == 200
        assert points(course) == {"ada": 2}, "the control"
        page.close()
