"""The site is built once, as `make site` does, and its pages are read. Each look at them has a control."""

import re
import shutil
import tomllib
from pathlib import Path

import nbformat
import pytest

from publish.build import build
from publish.proof import answer_lines, faults, fetched, leaks
from publish.sources import lay_out, links_to_pages

PROJECT = Path(__file__).resolve().parents[2]
INDEX = tomllib.loads((PROJECT / "course/source/course.toml").read_text(encoding="utf-8"))["lesson"]
PUBLIC = [PROJECT / "exercises", PROJECT / "course"]
READY = [lesson for lesson in INDEX if lesson["status"] == "ready"]

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("site")]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "html"
    assert build(folder) == [], "a warning is an error"
    return folder


@pytest.fixture
def spoilt(site: Path, tmp_path: Path) -> Path:
    """A page of the site alone, to be spoilt."""
    page = tmp_path / "page.html"
    shutil.copy(site / "docs" / "questions.html", page)
    return page


def text(site: Path, page: str) -> str:
    return (site / page).read_text(encoding="utf-8")


def test_every_lesson_has_its_page_with_the_outputs_that_are_committed(site: Path) -> None:
    for lesson in READY:
        assert lesson["title"].split(":")[0] in text(site, f"course/{lesson['name']}.html")
    assert "player-17 at 25.7 % (shard 1): 51 records" in text(site, "course/02-shards.html")


def test_the_lessons_follow_each_other_as_the_course_does(site: Path) -> None:
    begin = text(site, f"course/{READY[0]['name']}.html")
    assert "next-title" in begin
    course = text(site, "course/index.html")
    places = [course.index(f'href="{lesson["name"]}.html"') for lesson in READY]
    assert places == sorted(places)


def test_links_lead_somewhere_and_pictures_have_words(site: Path) -> None:
    assert faults(site) == []


def test_a_dead_link_and_a_picture_without_words_are_seen(spoilt: Path) -> None:
    page = spoilt.read_text(encoding="utf-8")
    spoilt.write_text(page + '<a href="nowhere.html">x</a><a href="#nothing">y</a><img src="a.png">')
    said = "\n".join(faults(spoilt.parent))
    assert "nowhere.html leads nowhere" in said
    assert "#nothing names a place" in said
    assert "a picture has no words" in said


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    assert fetched(site) == []


def test_an_address_that_a_page_would_load_is_seen(spoilt: Path) -> None:
    spoilt.write_text('<script src="//far.example/a.js"></script>')
    assert fetched(spoilt.parent) == ["page.html loads //far.example/a.js"]


def test_no_page_has_a_line_of_an_answer(site: Path) -> None:
    answers = answer_lines(PROJECT / "solutions", PUBLIC)
    assert len(answers) > 1000
    assert leaks(site, answers) == []


def test_a_line_of_an_answer_is_seen(spoilt: Path) -> None:
    answers = answer_lines(PROJECT / "solutions", PUBLIC)
    line, where = next(item for item in answers.items() if "<" not in item[0] and "&" not in item[0])
    spoilt.write_text(f"<pre>\n    <span>{line[:9]}</span>{line[9:]}\n</pre>")
    assert leaks(spoilt.parent, answers) == [f"page.html has {line!r} of {where}"]


def test_keys_of_items_that_are_no_knowledge_checks_are_in_no_page(site: Path) -> None:
    bank = PROJECT / "course/source/questions/bank"
    whys = [
        option["why"]
        for path in sorted(bank.glob("*.toml"))
        for item in tomllib.loads(path.read_text(encoding="utf-8")).get("item", [])
        for option in item.get("options", [])
    ]
    assert len(whys) > 300
    checks = "".join(path.read_text(encoding="utf-8") for path in bank.parent.glob("*.toml"))
    prose = " ".join(
        cell["source"].replace("\n", " ")
        for path in (PROJECT / "course").glob("*.ipynb")
        for cell in nbformat.read(path, as_version=4).cells
    )
    shown = "".join(path.read_text(encoding="utf-8") for path in site.rglob("*.html"))
    assert [why for why in whys if why in shown and why not in checks + prose] == []
    assert any(why in shown for why in re.findall(r'why = "([^"]{30,})"', checks)), "the control"


def test_knowledge_checks_need_no_server(site: Path) -> None:
    page = text(site, "course/02-shards.html")
    assert page.count("Knowledge check.") >= 6
    assert "<details" in page


def test_a_certificate_can_be_checked_there(site: Path) -> None:
    assert 'href="check-a-certificate.html"' in text(site, "index.html")
    assert "Check a certificate" in text(site, "check-a-certificate.html")


def test_a_link_to_what_has_no_page_keeps_its_words() -> None:
    known = {"docs/lab.md", "docs/attacks.md"}
    said = "See [the sandbox](../grader/walls/sandbox.py), [lab](lab.md#quotas) and [x](https://a.example/)."
    assert links_to_pages(said, "docs/attacks.md", known) == (
        "See the sandbox (`grader/walls/sandbox.py`), [lab](lab.md#quotas) and [x](https://a.example/)."
    )


def test_page_sources_hold_nothing_of_the_solutions(tmp_path: Path) -> None:
    lay_out(PROJECT, tmp_path / "source")
    assert not list((tmp_path / "source").rglob("checks"))
    assert not (tmp_path / "source" / "solutions").exists()
