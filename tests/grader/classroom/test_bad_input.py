"""What strangers hand in: a line says what is wrong with it, and the others are graded."""

import io
import json
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.classroom.collect import collect
from grader.classroom.roster import Learner
from tests.grader.small_course import NAME, RIGHT, hand_in, make, notebook, results

GOOD = notebook(RIGHT)
Members = dict[str, str | bytes]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make(tmp_path)
    (tmp_path / "submitted").mkdir()
    return tmp_path


def zipped(members: Members, change: Callable[[zipfile.ZipInfo], None] = lambda _: None) -> bytes:
    """A zip of these members, each changed on its way in."""
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            change(info)
            archive.writestr(info, content)
    return into.getvalue()


def of(student: str, content: str | bytes = GOOD, name: str = f"{NAME}.ipynb") -> Members:
    return {f"{student}/{NAME}/{name}": content}


def autograde(course: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "grader.cli", "autograde", NAME, "--trust", *arguments]
    command += ["--workers", "1"]  # another takes longer to start than all of these to grade
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=100)
    assert "Traceback" not in done.stderr
    return done


class Collecting:
    """Zips in a folder, and what becomes of them."""

    def __init__(self, root: Path) -> None:
        self.folder, self.into = root / "zips", root / "collected"
        self.folder.mkdir()

    def put(self, name: str, content: bytes) -> None:
        (self.folder / name).write_bytes(content)

    def problems(self, given: Path | None = None) -> dict[str, str]:
        return collect(given or self.folder, NAME, self.into, [NAME, "00-other"]).problems

    def files(self) -> list[str]:
        return sorted(str(p.relative_to(self.into)) for p in self.into.rglob("*") if p.is_file())


@pytest.fixture
def collecting(tmp_path: Path) -> Collecting:
    return Collecting(tmp_path)


def link(info: zipfile.ZipInfo) -> None:
    if "link" in info.filename:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16


def pipe(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFIFO | 0o644) << 16


def lies_of_its_size() -> bytes:
    """The list of members says 10 bytes, of what has a thousand times more."""
    raw = bytearray(zipped(of("bob", b"x" * 10_000)))
    at = raw.index(b"PK\1\2")
    raw[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(raw)


def encrypted() -> bytes:
    raw = bytearray(zipped(of("bob")))
    raw[6] |= 1
    raw[raw.index(b"PK\1\2") + 8] |= 1
    return bytes(raw)


def twice() -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w") as archive:
        archive.writestr(f"bob/{NAME}/{NAME}.ipynb", GOOD)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr(f"bob/{NAME}/{NAME}.ipynb", GOOD)
    return into.getvalue()


BAD = {
    "parents": (zipped({f"bob/../../{NAME}.ipynb": GOOD}), "leads out of the zip by `..`"),
    "beside a good one": (zipped({**of("bob"), "../../x": "x"}), "leads out of the zip by `..`"),
    "backslashes": (zipped({f"..\\..\\{NAME}.ipynb": GOOD}), "leads out of the zip by `..`"),
    "absolute": (zipped({f"/bob/{NAME}/{NAME}.ipynb": GOOD}), "is an absolute name"),
    "a drive": (zipped({f"C:\\bob\\{NAME}\\{NAME}.ipynb": GOOD}), "is an absolute name"),
    "a link": (zipped({f"bob/{NAME}/link.ipynb": "/etc/passwd"}, link), "is a link"),
    "a pipe": (zipped(of("bob"), pipe), "is not a file"),
    "a bomb": (
        zipped({f"bob/{NAME}/{n}.ipynb": b"[" * 19 * 2**20 for n in range(4)}), "so it is a bomb",
    ),
    "too large": (zipped(of("bob", bytes(65 * 2**20))), "64 are read at most"),
    "a lie": (lies_of_its_size(), "it is damaged"),
    "encrypted": (encrypted(), "is encrypted"),
    "twice": (twice, "stands twice"),
    "many": (zipped({f"bob/{n}": "" for n in range(1001)}), "1001 members"),
    "very many": (zipped({f"bob/{n:0300}": "" for n in range(2000)}), "list of members"),
    "many notebooks": (
        zipped({f"bob/{NAME}/{n}.ipynb": GOOD for n in range(21)}), "more than 20 notebooks",
    ),
    "a long name": (zipped({f"bob/{NAME}/{'x' * 500}.ipynb": GOOD}), "is not a name"),
    "no zip": (b"not a zip at all", "it is damaged"),
    "cut off": (zipped(of("bob"))[:-30], "it is damaged"),
    "empty": (b"", "it is damaged"),
    "nothing for us": (zipped({"bob/readme.txt": "x"}), f"it holds no <student>/{NAME}/<name>.ipynb"),
    "a dot for a name": (zipped(of(".bob")), "no dot or dash in front"),
}  # fmt: skip


def test_what_canvas_and_moodle_let_one_download_is_taken(collecting: Collecting) -> None:
    canvas = (f"lovelaceada_LATE_11_22_{NAME}.ipynb", f"hoppergrace_12_23_{NAME}-1.ipynb")
    for name in canvas:
        collecting.put(name, GOOD.encode())
    folder = collecting.folder / "Alan Turing_123_assignsubmission_file_"
    folder.mkdir()
    (folder / f"{NAME}.ipynb").write_text(GOOD)
    others = (f"{NAME}.ipynb", f"{NAME}.ipynb.txt", "work.rar", "work.7z", "x_1_2_00-other.ipynb")
    for name in others:
        collecting.put(name, b"x")
    collecting.put(".DS_Store", b"x")
    empty = collecting.folder / "Grace Hopper_124_assignsubmission_file_"
    empty.mkdir()
    (empty / "essay.pdf").write_bytes(b"x")
    collected = collect(collecting.folder, NAME, collecting.into, [NAME, "00-other"])
    students = ("Alan Turing", "hoppergrace", "lovelaceada")
    marks = [f"{student}/{NAME}/canvas.txt" for student in students[1:]]
    notebooks = [f"{student}/{NAME}/{NAME}.ipynb" for student in students]
    assert collecting.files() == sorted([*notebooks, *marks]), "what Canvas says of lateness stands beside it"
    assert set(collected.taken.values()) == set(students)
    assert collected.taken[canvas[0]] == "lovelaceada"
    assert sorted(collected.passed_over) == sorted((*others, f"{empty.name}/essay.pdf"))
    assert collected.problems == {}


def test_a_roster_says_whose_a_download_s_files_are(collecting: Collecting) -> None:
    """By Canvas's number of the user, else by the name; a name that two have is nobody's."""
    roster = [
        Learner("ada", "Lovelace, Ada", canvas_id="999"),
        Learner("grace", "Grace Hopper", canvas_id="12"),
        Learner("alan", "Alan Turing"),
        Learner("jane1", "Jane Doe"),
        Learner("jane2", "Doe, Jane"),
    ]
    for name in (f"lovelaceada_LATE_11_22_{NAME}.ipynb", f"renamed_12_23_{NAME}.ipynb"):
        collecting.put(name, GOOD.encode())
    for name in ("Alan TURING_123", "Jane Doe_124"):
        (collecting.folder / f"{name}_assignsubmission_file_").mkdir()
        (collecting.folder / f"{name}_assignsubmission_file_" / f"{NAME}.ipynb").write_text(GOOD)
    collected = collect(collecting.folder, NAME, collecting.into, [NAME], roster=roster)
    assert sorted(set(collected.taken.values())) == ["Jane Doe", "ada", "alan", "grace"]
    without = collect(collecting.folder, NAME, collecting.into, [NAME])
    assert sorted(set(without.taken.values())) == [
        "Alan TURING", "Jane Doe", "lovelaceada", "renamed",
    ], "the control"  # fmt: skip


def test_a_missing_notebook_s_line_says_what_lies_there(course: Path) -> None:
    hand_in(course, "bob")
    wrong = course / "submitted" / "eve" / NAME
    wrong.mkdir(parents=True)
    (wrong / f"{NAME}.ipynb.txt").write_text(GOOD)
    (course / "submitted" / "zoe" / "another").mkdir(parents=True)
    autograde(course)
    lines = results(course)
    assert f"In '{NAME}' lies: '{NAME}.ipynb.txt'." in lines["eve"]["warnings"][0]
    assert "In 'zoe' lies: 'another'." in lines["zoe"]["warnings"][0]
    assert {lines[name]["status"] for name in ("eve", "zoe")} == {"missing"}


def test_what_is_passed_over_is_told_once(course: Path) -> None:
    hand_in(course, "bob")
    (course / "submitted" / "notes.rar").write_bytes(b"x")
    (course / "submitted" / f"lovelaceada_11_22_{NAME}.ipynb").write_text(GOOD)
    done = autograde(course)
    assert done.stderr.count("notes.rar") == 1
    assert f"lovelaceada_11_22_{NAME}.ipynb  lovelaceada" in done.stderr
    assert {name: line["score"] for name, line in results(course).items()} == {"bob": 7, "lovelaceada": 7}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_zip_is_its_students_and_the_others_are_there(collecting: Collecting, kind: str) -> None:
    content, words = BAD[kind]
    collecting.put(f"bob-{NAME}.zip", content() if callable(content) else content)
    collecting.put(f"ada-{NAME}.zip", zipped(of("ada")))
    (student, told), *more = collecting.problems().items()
    assert (more, student in ("bob", f"bob-{NAME}")) == ([], True)
    assert told.startswith(f"bob-{NAME}.zip: ")
    assert words in told
    assert collecting.files() == [f"ada/{NAME}/{NAME}.ipynb"]
    assert sorted(p.name for p in collecting.folder.parent.iterdir()) == ["collected", "zips"]


@pytest.mark.parametrize("kind", ["parents", "a link", "a bomb", "twice", "encrypted"])
def test_in_a_zip_of_the_class_too(collecting: Collecting, kind: str) -> None:
    """The bad members stand beside good ones; the same zips once more as members."""
    bad, words = BAD[kind]
    raw = bad() if callable(bad) else bad
    path = collecting.folder.parent / "class.zip"
    path.write_bytes(
        zipped({f"Bob 4711/bob-{NAME}.zip": raw, f"ada-{NAME}.zip": zipped(of("ada")), **of("eve")})
    )
    (told,) = collecting.problems(path).values()
    assert words in told
    assert collecting.files() == [f"ada/{NAME}/{NAME}.ipynb", f"eve/{NAME}/{NAME}.ipynb"]


def test_names_that_are_the_same_to_some_file_systems_are_named(collecting: Collecting) -> None:
    collecting.put("1.zip", zipped(of("Ada")))
    collecting.put("2.zip", zipped(of("ada")))
    collecting.put("3.zip", zipped(of("bob")))
    words = "Ada and ada differ only in upper and lower case: handed in by 1.zip and by 2.zip. Keep one."
    assert collecting.problems() == {"Ada": words, "ada": words}
    assert collecting.files() == [f"bob/{NAME}/{NAME}.ipynb"]


def test_what_operating_systems_add_is_no_fault(collecting: Collecting) -> None:
    extra: Members = {f"__MACOSX/ada/{NAME}/._x.ipynb": "x", f"ada/{NAME}/.DS_Store": "x", "ada/": ""}
    collecting.put(f"ada-{NAME} (1).zip", zipped({**extra, **of("ada")}))
    collecting.put("ada-00-other.zip", b"damaged, but not of this assignment")
    assert collecting.problems() == {}
    assert collecting.files() == [f"ada/{NAME}/{NAME}.ipynb"]


@pytest.mark.parametrize("how", ["folder of zips", "one zip", "zip of zips", "folders and zips"])
def test_graded_from_zips_as_from_folders(course: Path, how: str) -> None:
    wrong = notebook({**RIGHT, "one": "def one(n): return 0"})
    class_zip = course / "class.zip"
    if how == "one zip":
        class_zip.write_bytes(zipped({**of("ada"), **of("bob", wrong)}))
    elif how == "zip of zips":
        class_zip.write_bytes(
            zipped({f"{s}.zip": zipped(of(s, t)) for s, t in (("ada", GOOD), ("bob", wrong))})
        )
    else:
        (course / f"submitted/bob-{NAME}.zip").write_bytes(zipped(of("bob", wrong)))
        (course / f"submitted/eve-{NAME}.zip").write_bytes(zipped({"../eve": ""}))
        if how == "folders and zips":
            hand_in(course, "ada")
        else:
            (course / f"submitted/ada-{NAME}.zip").write_bytes(zipped(of("ada")))
    done = autograde(course, *(["--submitted", "class.zip"] if class_zip.exists() else []))
    assert done.returncode == 0, done.stderr
    lines = results(course)
    assert (lines["ada"]["score"], lines["bob"]["score"]) == (7, 6)
    if "eve" in lines:
        assert lines["eve"]["status"] == "unreadable"
        assert "leads out of the zip" in lines["eve"]["warnings"][0]


def test_zips_that_grader_submit_makes_are_taken(course: Path) -> None:
    exercise = course / "exercises" / NAME / f"{NAME}.ipynb"
    exercise.write_text(notebook(RIGHT))
    for command in (["whoami", "ada"], ["submit", NAME, "--zip"]):
        subprocess.run(
            [sys.executable, "-m", "grader.cli", *command], cwd=course, check=True, capture_output=True
        )
    assert [p.name for p in (course / "submitted").iterdir()] == [f"ada-{NAME}.zip"]
    assert autograde(course).returncode == 0
    assert results(course)["ada"]["score"] == 7


@pytest.mark.parametrize(
    ("make_it", "words"),
    [
        (lambda path: path.write_bytes(b"PK no"), "neither a folder nor a zip"),
        (lambda path: path.write_bytes(zipped(of("ada"))[:-20]), "neither a folder nor a zip"),
        (lambda path: path.write_bytes(zipped({"x": "x"})), f"it holds no <student>/{NAME}/<name>.ipynb"),
        (lambda path: path.mkdir(), "no student's folder and no zip"),
        (lambda path: None, "no folder or zip"),
    ],
)
def test_a_bad_call_writes_no_results(course: Path, make_it: Callable[[Path], Any], words: str) -> None:
    make_it(course / "given.zip")
    done = autograde(course, "--submitted", "given.zip")
    assert (done.returncode, words in done.stderr) == (2, True), done.stderr
    assert not (course / ".grader" / NAME / "results.jsonl").exists()


def test_huge_and_deep_notebooks_cost_a_line_and_no_memory(course: Path) -> None:
    with hand_in(course, "bob").open("wb") as file:
        file.truncate(2**30)  # without content, so it takes no disk
    hand_in(course, "deep").write_text('{"cells":' * 100_000)
    hand_in(course, "wide").write_text(json.dumps({"cells": [[[]]] * 100_000}))
    hand_in(course, "number").write_text('{"cells": [' + "9" * 100_000 + "]}")
    hand_in(course, "ada")
    assert autograde(course).returncode == 0
    lines = results(course)
    assert lines["ada"]["score"] == 7
    assert {lines[name]["status"] for name in ("bob", "deep", "wide", "number")} == {"unreadable"}
    assert lines["bob"]["warnings"] == [f"{NAME}.ipynb has 1024 MiB; 64 MiB are read at most."]
    assert "nested too deeply" in lines["deep"]["warnings"][0]
