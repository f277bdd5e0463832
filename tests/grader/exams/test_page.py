"""The page in a real browser, by the keyboard alone, and the server that keeps its state."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grader.exams import results
from grader.exams.practice import Practice
from tests.browser import Page, chromium
from tests.grader.exams.conftest import PROJECT

KEYS = {"Tab": (9, ""), "Enter": (13, "\r")}


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """`grader exam` in ROOT; its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "grader.cli", "exam", "--no-browser", "--port", "0"],
        cwd=root, stdout=subprocess.PIPE, text=True, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip().startswith("http://"):
                yield line.strip()
                break
    finally:
        process.send_signal(signal.SIGKILL)  # as a crash; what was chosen must be on disk
        process.communicate(timeout=30)


@pytest.fixture
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("browser")) as tab:
        opened = tab()
        yield opened
        opened.close()


def press(page: Page, key: str) -> None:
    code, text = KEYS[key] if key in KEYS else (ord(key.upper()), key)
    page.key(key, code, text)


def tab_to(page: Page, selector: str) -> None:
    """Reach an element by the Tab key alone."""
    for _ in range(100):
        press(page, "Tab")
        if page.ask(f"Boolean(document.activeElement?.matches({json.dumps(selector)}))"):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def go_to(page: Page, number: int) -> None:
    tab_to(page, f".grid li:nth-child({number}) button")
    press(page, "Enter")
    page.wait(f"document.querySelector('h1').textContent === 'Question {number} of 20'")


@pytest.mark.long
@pytest.mark.xdist_group("chromium")
def test_an_exam_by_the_keyboard_through_a_crash(root: Path, page: Page) -> None:
    with serving(root) as address:
        page.look(390, 800, "dark")
        page.open(address)
        page.wait("Boolean(document.querySelector('.offer'))")
        assert not (root / ".grader").exists(), "looking starts nothing"
        tab_to(page, "[aria-label^='Start Data Engineer']")
        press(page, "Enter")
        page.wait("document.querySelector('h1').textContent === 'Question 1 of 20'")
        sitting = Practice(root).current()
        assert sitting is not None
        questions = Practice(root).questions(sitting)
        texts = page.ask("document.body.innerHTML")
        assert not [why for question in questions for why in question.item.reasons if why in texts]
        kinds = [question.item.kind for question in questions]
        number = kinds.index("choice") + 1
        if number > 1:
            go_to(page, number)
        press(page, "abcd"[questions[number - 1].right[0]])
        page.wait("Boolean(document.querySelector('input:checked'))")
        press(page, "m")
        page.wait("document.querySelector('#flag').textContent.includes('Flagged')")
        assert page.ask("document.documentElement.scrollWidth") == 390
    with serving(root) as address:  # after the crash, at another port
        page.look(1200, 900)
        page.open(f"{address}#exam")
        page.wait(f"document.querySelector('h1')?.textContent === 'Question {number} of 20'")
        assert page.ask("Boolean(document.querySelector('input:checked'))")
        tab_to(page, "#hand-in")
        press(page, "Enter")
        page.wait("Boolean(document.querySelector('dialog[open]'))")
        assert "19 questions are open" in page.text("dialog")
        press(page, "Enter")
        page.wait("Boolean(document.querySelector('.points'))")
        assert page.text(".points") == "1 of 20 points"
        (result,), faults = results.read_all(root)
        assert (result["points"], faults) == (1, [])
        assert [n for n, item in enumerate(result["items"], 1) if item["flagged"]] == [number]
        whole = page.ask("document.body.innerText")
        assert "can't be worked out" in whole
        assert all(why.replace("`", "") in whole for q in questions for why in q.item.reasons)
        assert page.ask("document.querySelectorAll('article.right').length") == 1
    # While the server was away the page asked in vain.
    assert [error for error in page.errors if "ERR_CONNECTION_REFUSED" not in error] == []


SLOW_FIRST = """(() => {
    const real = window.fetch;
    let delay = 800;
    window.fetch = async (...given) => {
        const wait = delay;
        delay = 0;
        const answer = await real(...given);
        await new Promise((done) => setTimeout(done, wait));
        return answer;
    };
})()"""
"""The next answer of the server comes after those to later questions."""


@pytest.mark.xdist_group("chromium")
def test_keys_that_are_quicker_than_the_server(root: Path, page: Page) -> None:
    """Each counts, in the order in which they were pressed."""
    with serving(root) as address:
        page.look(1200, 900)
        page.open(address)
        page.wait("Boolean(document.querySelector('.offer'))")
        page.click("[aria-label^='Start Data Engineer']")
        page.wait("document.querySelector('h1').textContent === 'Question 1 of 20'")
        page.ask(SLOW_FIRST)
        for key in "nnmnpp":
            press(page, key)
        page.wait("document.querySelector('h1').textContent === 'Question 2 of 20'")
        page.wait("document.querySelector('.grid li:nth-child(3)').textContent.includes('⚑')")
        page.ask("new Promise((done) => setTimeout(done, 1000))")
        sitting = Practice(root).current()
        assert sitting is not None
        assert (sitting.at, sorted(sitting.flags)) == (2, [3])
        assert page.text("h1") == "Question 2 of 20"
        page.ask("document.querySelector('#flag').focus()")
        page.ask("document.dispatchEvent(new Event('visibilitychange'))")
        page.ask("new Promise((done) => setTimeout(done, 1000))")
        assert page.ask("document.activeElement.id") == "flag", "a look at the clock moves no focus"
        assert page.errors == []


def asked(address: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
    """Status and text of an answer; a BODY is posted by the page's own origin."""
    connection = http.client.HTTPConnection(address.removeprefix("http://").rstrip("/"), timeout=120)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            origin = {"Origin": address.rstrip("/"), **headers}
            connection.request("POST", path, json.dumps(body), origin)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


@pytest.mark.xdist_group("chromium")
def test_the_server_serves_its_own_page_and_the_lessons(root: Path) -> None:
    (root / "course" / "02-shards.ipynb").symlink_to(PROJECT / "course" / "02-shards.ipynb")
    start = {"do": "start", "exam": "course"}
    with serving(root) as address:
        token = asked(address, "/")[1].partition('name="token" content="')[2].partition('"')[0]
        assert asked(address, "/step", start)[0] == 403
        assert asked(address, "/step", start, **{"X-Page-Token": "x"})[0] == 403
        assert Practice(root).current() is None
        assert asked(address, "/step", {"do": "what"}, **{"X-Page-Token": token})[0] == 409
        assert asked(address, "/step", start, **{"X-Page-Token": token})[0] == 200
        assert Practice(root).current() is not None
        heading = next(i.read for i in Practice(root).items.values() if i.lesson == "02-shards")
        assert f'id="{heading.replace(" ", "-")}"' in asked(address, "/lesson/02-shards")[1]
        for lost in ("/lesson/99-none", "/lesson/..%2f..%2fetc", "/../results.py"):
            assert asked(address, lost)[0] == 404
