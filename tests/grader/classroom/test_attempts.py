"""Several hand-ins of one learner, and what course systems hand out as one zip: nothing is lost."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from grader.classroom.collect import Collected, collect
from grader.classroom.due import Rule, read_rule
from grader.whereabouts import CallError
from tests.grader.conftest import Grader
from tests.grader.small_course import NAME, RIGHT, make, notebook

GOOD = notebook(RIGHT)
WORSE = notebook({**RIGHT, "one": "def one(n): return 0"})
WORST = notebook({**RIGHT, "one": "def one(n): return 0", "three": "def three(n): return 0"})
MOODLE = "Ada Lovelace_123_assignsubmission_file_"
OF_ADA = "ada_7_assignsubmission_file_"
HELPED = notebook({**RIGHT, "one": "from helpers import one"})
HELPERS = "def one(n):\n    return 2 * n\n"


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return into.getvalue()


def own_zip(student: str, text: str = GOOD) -> bytes:
    return zipped({f"{student}/{NAME}/{NAME}.ipynb": text})


def put(root: Path, name: str, content: str | bytes, hour: int = 0) -> None:
    """A file in submitted/, that came at this hour of a day."""
    path = root / "submitted" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    when = 1_790_000_000 + 3600 * hour
    os.utime(path, (when, when))


def found(root: Path, rule: Rule = "last", given: str = "submitted") -> Collected:
    return collect(root / given, NAME, root / "collected", [NAME, "00-other"], rule)


def content(collected: Collected, student: str) -> str:
    return (collected.folder / student / NAME / f"{NAME}.ipynb").read_text()


PLACES = {
    "zips": (f"ada-{NAME}.zip", f"ada-{NAME} (1).zip"),
    "a folder and a zip": (f"ada/{NAME}/{NAME}.ipynb", f"ada-{NAME}.zip"),
    "a zip and a folder": (f"ada-{NAME}.zip", f"ada/{NAME}/{NAME}.ipynb"),
    "Canvas": (f"ada_1_22_{NAME}.ipynb", f"ada_LATE_1_100_{NAME}-1.ipynb"),
    "Canvas, zips": (f"lovelace_1_22_ada-{NAME}.zip", f"lovelace_1_100_ada-{NAME}-1.zip"),
    "Moodle": (f"{OF_ADA}/{NAME}.ipynb", f"{OF_ADA}/{NAME} (1).ipynb"),
    "kept by submit": (f"ada/{NAME}/earlier/1/{NAME}.ipynb", f"ada/{NAME}/{NAME}.ipynb"),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLACES)
def test_of_two_attempts_the_last_counts_and_that_is_told(tmp_path: Path, kind: str) -> None:
    for text, other, hour in ((GOOD, WORSE, 1), (WORSE, GOOD, 1)):
        first, last = PLACES[kind]
        # Canvas's numbers tell the order: what is unpacked has the date of the download.
        for place, given, when in ((first, text, hour + 8 * kind.startswith("Canvas")), (last, other, 5)):
            put(tmp_path, place, own_zip("ada", given) if place.endswith(".zip") else given, when)
        collected = found(tmp_path)
        assert collected.problems == {}
        assert [p.name for p in collected.folder.iterdir() if p.name[0] != "."] == ["ada"]
        assert content(collected, "ada") == other
        attempts = collected.attempts["ada"]
        told = collected.note("ada", attempts[1].digest)
        assert (
            f"There are 2 hand-ins, and the last one counts (attempts = “last”): {attempts[1].shown}" in told
        )
        assert f"Kept beside it: {attempts[0].shown}" in told
        refused = found(tmp_path, "refuse")
        assert "Keep one" in refused.problems["ada"]
        assert not (refused.folder / "ada").exists()
        best = found(tmp_path, "best").folders("ada", NAME)
        assert [(one / f"{NAME}.ipynb").read_text() for one in best] == [text, other]


def test_the_same_content_twice_is_one_hand_in_at_its_first_time(tmp_path: Path) -> None:
    put(tmp_path, f"ada-{NAME}.zip", own_zip("ada"), 1)
    put(tmp_path, f"ada-{NAME} (1).zip", own_zip("ada"), 9)
    collected = found(tmp_path, "refuse")
    assert (collected.problems, dict(collected.attempts)) == ({}, {})
    path = collected.folder / "ada" / NAME / f"{NAME}.ipynb"
    assert path.stat().st_mtime == 1_790_000_000 + 3600


def test_an_attempt_that_is_damaged_takes_no_other_away(tmp_path: Path) -> None:
    put(tmp_path, f"ada-{NAME}.zip", own_zip("ada")[:-30], 1)
    put(tmp_path, f"ada-{NAME} (1).zip", own_zip("ada"), 2)
    assert content(found(tmp_path), "ada") == GOOD
    put(tmp_path, f"ada-{NAME} (2).zip", own_zip("ada")[:-30], 3)
    assert "it is damaged" in found(tmp_path).problems["ada"], "the control: the last one counts"
    assert content(found(tmp_path, "best"), "ada") == GOOD


def test_who_claims_another_s_name_takes_no_mark_away(tmp_path: Path) -> None:
    """Neither by the last hand-in nor by a better one: two who claim one name are both told."""
    put(tmp_path, f"lovelace_1_22_ada-{NAME}.zip", own_zip("ada"))
    put(tmp_path, f"zz_2_23_ada-{NAME}.zip", own_zip("ada", WORSE))
    for rule in ("last", "best"):
        assert "handed in by lovelace" in found(tmp_path, rule).problems["ada"]  # type: ignore[arg-type]


def test_a_download_that_a_learner_has_made_up_takes_no_mark_away(tmp_path: Path) -> None:
    put(tmp_path, f"ada-{NAME}.zip", own_zip("ada"), 1)
    put(tmp_path, f"eve_15_27_{NAME}.ipynb", GOOD, 1)
    forged = {f"ada_1_99_{NAME}.ipynb": WORSE, f"eve_15_99_{NAME}.ipynb": WORSE}
    put(tmp_path, "x.zip", zipped(forged), 9)
    collected = found(tmp_path)
    assert (content(collected, "ada"), content(collected, "eve")) == (GOOD, GOOD)
    assert sorted(one.partition(" ")[0] for one in collected.problems.values()) == sorted(forged)


def test_another_assignment_s_hand_in_is_no_attempt_at_this_one(tmp_path: Path) -> None:
    put(tmp_path, f"ada/00-other/{NAME}.ipynb", WORSE, 9)
    put(tmp_path, f"ada-{NAME}.zip", own_zip("ada"), 1)
    collected = found(tmp_path)
    assert (content(collected, "ada"), collected.problems, dict(collected.attempts)) == (GOOD, {}, {})


def graded(root: Path, grader: Grader, *arguments: str) -> dict[str, dict[str, Any]]:
    done = grader("autograde", NAME, "--trust", "--seed", "seed", *arguments, cwd=root)
    assert done.returncode == 0, done.stderr
    text = (root / ".grader" / NAME / "results.jsonl").read_text()
    return {line["student"]: line for line in map(json.loads, text.splitlines())}


def test_best_grades_all_and_every_report_shows_the_one_that_counts(tmp_path: Path, grader: Grader) -> None:
    make(tmp_path)
    (tmp_path / "due.toml").write_text('attempts = "best"\n')
    for number, text in enumerate((WORSE, GOOD, WORST)):
        put(tmp_path, f"ada-{NAME} ({number}).zip", own_zip("ada", text), number)
    put(tmp_path, f"bob-{NAME}.zip", own_zip("bob", WORSE))
    lines = graded(tmp_path, grader)
    assert {name: line["score"] for name, line in lines.items()} == {"ada": 7, "bob": 6}
    (told,) = lines["ada"]["warnings"]
    assert f"the one with the most points counts (attempts = “best”): ada-{NAME} (1).zip" in told
    assert grader("feedback", NAME, cwd=tmp_path).returncode == 0
    page = (tmp_path / "feedback/ada" / f"{NAME}.html").read_text()
    assert "return 2 * n" in page
    assert "not shown" not in page
    before = (tmp_path / ".grader" / NAME / "log.jsonl").read_text()
    (tmp_path / "due.toml").write_text('attempts = "last"\n')
    assert graded(tmp_path, grader)["ada"]["score"] == 2
    (tmp_path / "due.toml").write_text('attempts = "best"\n')
    assert graded(tmp_path, grader)["ada"]["score"] == 7
    assert (tmp_path / ".grader" / NAME / "log.jsonl").read_text() == before, "all were known"


def test_an_unknown_rule_is_refused_with_words(tmp_path: Path) -> None:
    assert read_rule(tmp_path) == "last"
    (tmp_path / "due.toml").write_text('attempts = "first"\n')
    with pytest.raises(CallError, match='attempts is one of "last", "best", "refuse", not \'first\''):
        read_rule(tmp_path)


CANVAS_ZIP = {
    f"lovelaceada_LATE_11_22_{NAME}.ipynb": HELPED,
    "lovelaceada_11_23_helpers.py": HELPERS,
    f"hoppergrace_12_24_grace-{NAME}.zip": own_zip("grace"),
    "turingalan_13_25_work.zip": zipped({f"work/{NAME}.ipynb": GOOD, "work/notes.txt": "x"}),
    f"bobby_14_26_{NAME}.ipynb.txt": GOOD,
    "eve_15_27_work.rar": "x",
}
MOODLE_ZIP = {
    f"{MOODLE}/{NAME}.ipynb": HELPED,
    f"{MOODLE}/helpers.py": HELPERS,
    f"Grace Hopper_124_assignsubmission_file_/grace-{NAME}.zip": own_zip("grace"),
    "Alan Turing_125_assignsubmission_file_/work.zip": zipped({f"{NAME} (1).ipynb": GOOD}),
    f"Bob_126_assignsubmission_file_/{NAME}.ipynb.txt": GOOD,
    "Eve_127_assignsubmission_file_/work.7z": "x",
}


@pytest.mark.parametrize("system", ["Canvas", "Moodle"])
@pytest.mark.parametrize("how", ["the zip itself", "the zip in submitted", "unpacked"])
def test_a_course_system_s_download_is_graded_as_it_comes(
    tmp_path: Path, grader: Grader, system: str, how: str
) -> None:
    make(tmp_path)
    members = CANVAS_ZIP if system == "Canvas" else MOODLE_ZIP
    if how == "unpacked":
        for name, text in members.items():
            put(tmp_path, name, text)
    else:
        put(tmp_path, "submissions.zip", zipped(members))
    more = ("--submitted", "submitted/submissions.zip") if how == "the zip itself" else ()
    done = grader("autograde", NAME, "--trust", "--seed", "seed", *more, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / ".grader" / NAME / "results.jsonl").read_text()
    scores = {line["student"]: line["score"] for line in map(json.loads, text.splitlines())}
    ada, alan = ("lovelaceada", "turingalan") if system == "Canvas" else ("Ada Lovelace", "Alan Turing")
    assert scores == {ada: 7, alan: 7, "grace": 7}
    for passed_over in list(members)[-2:]:
        assert done.stderr.count(passed_over) == 1, done.stderr
    told = done.stderr.partition("Passed over")[0]
    assert all(name in told for name in (ada, alan, "grace"))


def test_a_zip_that_holds_none_says_what_it_holds(tmp_path: Path) -> None:
    put(tmp_path, f"ada-{NAME}.zip", zipped({f"x/{NAME}.ipynb.txt": "", "report.pdf": ""}))
    (words,) = found(tmp_path).problems.values()
    assert f"in it lies: 'x/{NAME}.ipynb.txt', 'report.pdf'" in words


def test_many_equal_lines_are_no_bomb(tmp_path: Path) -> None:
    lines = json.loads(GOOD)
    lines["cells"][0]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "a line\n" * 1_000_000}
    ]
    put(tmp_path, f"ada-{NAME}.zip", own_zip("ada", json.dumps(lines)))
    assert found(tmp_path).problems == {}


def test_outputs_are_dropped_before_a_hand_in_is_weighed(tmp_path: Path, grader: Grader) -> None:
    """A notebook that was uploaded as it is: 25 MiB of pictures and 200,000 equal lines."""
    make(tmp_path)
    heavy = json.loads(GOOD)
    picture = {"image/png": "iVBORw0KGgo" * (25 * 2**20 // 11)}
    heavy["cells"][0]["outputs"] = [
        {"output_type": "display_data", "data": picture, "metadata": {}},
        {"output_type": "stream", "name": "stdout", "text": ["0, 1, 2, 3\n"] * 200_000},
    ]
    put(tmp_path, f"ada/{NAME}/{NAME}.ipynb", json.dumps(heavy))
    put(tmp_path, f"bob-{NAME}.zip", own_zip("bob", json.dumps(heavy)))
    assert {name: line["score"] for name, line in graded(tmp_path, grader).items()} == {"ada": 7, "bob": 7}
