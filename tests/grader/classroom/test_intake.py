"""`grader collect`: a class's downloads, one after the other, each hand-in once and at its first time."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from grader.classroom.collect import collect as gather
from grader.classroom.due import handed_in
from grader.cli import main
from tests.grader.small_course import NAME, RIGHT, make, notebook

FIRST, SECOND = "2026-12-01T12:00:00+01:00", "2026-12-03T12:00:00+01:00"


@pytest.fixture
def class_(tmp_path: Path) -> Path:
    make(tmp_path)
    (tmp_path / "roster.csv").write_text(
        'student,name,canvas_id\nada,"Lovelace, Ada",11\ngrace,Grace Hopper,12\nalan,Alan Turing,13\n'
    )
    return tmp_path


def download(root: Path, name: str, members: Mapping[str, str]) -> str:
    """A zip as a course system makes it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    (root / name).write_bytes(packed.getvalue())
    return str(root / name)


def collect(root: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(["--course", str(root), "collect", NAME, *arguments])
    told = capsys.readouterr()
    assert status == 0, told.err
    return told.out + told.err


def when(root: Path, student: str) -> str:
    folder = root / "submitted" / student / NAME
    return f"{handed_in(folder / f'{NAME}.ipynb', folder).when:%d %H:%M}"


def test_two_downloads_of_canvas(class_: Path, capsys: pytest.CaptureFixture[str]) -> None:
    early, late = notebook(RIGHT), notebook({**RIGHT, "one": "def one(n):\n    return n"})
    first = {f"lovelaceada_11_101_{NAME}.ipynb": early, f"x_12_102_{NAME}.ipynb": early, "notes.txt": "x"}
    told = collect(class_, capsys, download(class_, "1.zip", first), "--at", FIRST)
    assert "2 new, 0 once more (the earlier ones are kept), 0 known already" in told
    assert "notes.txt" in told
    assert "Nothing yet from: alan." in told
    again = {**first, f"lovelaceada_LATE_11_201_{NAME}-1.ipynb": late, f"z_99_203_{NAME}.ipynb": early}
    told = collect(class_, capsys, download(class_, "2.zip", again), "--at", SECOND)
    assert "1 new, 1 once more (the earlier ones are kept), 1 known already" in told
    assert "Not in roster.csv: z." in told
    assert {name: when(class_, name) for name in ("ada", "grace", "z")} == {
        "ada": "03 11:00", "grace": "01 11:00", "z": "03 11:00",
    }, "the same again keeps its first time"  # fmt: skip
    ada = class_ / "submitted" / "ada" / NAME
    assert (ada / f"{NAME}.ipynb").read_text() == late
    assert (ada / "earlier" / "1" / f"{NAME}.ipynb").read_text() == early
    os.utime(ada / "earlier" / "1" / f"{NAME}.ipynb", (2e9, 2e9))  # as a copy of the class has it: newer
    found = gather(class_ / "submitted", NAME, class_ / "gathered")
    assert (found.folder / "ada" / NAME / f"{NAME}.ipynb").read_text() == late, "by the stamps the last"
    before = sorted(str(path) for path in (class_ / "submitted").rglob("*"))
    told = collect(class_, capsys, str(class_ / "2.zip"))
    assert "0 new, 0 once more (the earlier ones are kept), 3 known already" in told
    assert sorted(str(path) for path in (class_ / "submitted").rglob("*")) == before


def test_what_canvas_says_of_lateness_stands_beside_what_due_toml_says(
    class_: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    due = f"[due]\n{NAME} = 2026-12-02T12:00:00+01:00\n"
    (class_ / "due.toml").write_text(due)
    files = {
        f"lovelaceada_LATE_11_101_{NAME}.ipynb": notebook(RIGHT), f"x_12_102_{NAME}.ipynb": notebook(RIGHT),
        f"Alan Turing_5_assignsubmission_file_/{NAME}.ipynb": notebook(RIGHT),
    }  # fmt: skip

    def notes(submitted: Path) -> dict[str, list[str]]:
        assert (
            main(["--course", str(class_), "autograde", NAME, "--trust", "--submitted", str(submitted)]) == 0
        )
        text = (class_ / ".grader" / NAME / "results.jsonl").read_text()
        lines = {line["student"]: line for line in map(json.loads, text.splitlines())}
        assert not [w for line in lines.values() for w in line["warnings"] if "newer than its" in w]
        return {name: [w for w in line["warnings"] if "Canvas" in w] for name, line in lines.items()}

    path = download(class_, "c.zip", files)
    assert "Canvas marks as late: ada." in collect(class_, capsys, path, "--at", FIRST)
    told = notes(class_ / "submitted")
    assert "disagree: Canvas marks it as late, by due.toml it is in time" in told["ada"][0]
    assert (told["grace"], told["alan"]) == ([], []), "in time by both; Moodle says nothing"
    (class_ / "due.toml").write_text(due.replace("-02T", "-01T").replace("12:00:00", "11:00:00"))
    told = notes(class_ / "submitted")
    assert "late too" in told["ada"][0]
    capsys.readouterr()
    main(["--course", str(class_), "show", NAME])
    rows = {words.split()[0]: words for words in capsys.readouterr().out.splitlines() if words.strip()}
    assert "Canvas and due.toml disagree" in rows["grace"]
    assert "disagree" not in rows["ada"] + rows["alan"]
    assert "Canvas does not mark it as late, by due.toml it is late" in told["grace"][0]
    assert told["alan"] == []
    (class_ / "due.toml").unlink()
    assert "due.toml has no due time" in notes(class_ / "submitted")["ada"][0]
    assert "due.toml has no due time" in notes(Path(path))["ada"][0], "also from the download as it lies"
    moved = {name.replace("LATE_", ""): text for name, text in files.items()}
    assert "3 known already" in collect(class_, capsys, download(class_, "d.zip", moved)), "no new hand-in"


def test_a_class_that_is_collected_after_its_due_time_is_not_late_by_that(
    class_: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = download(class_, "c.zip", {f"x_12_102_{NAME}.ipynb": notebook(RIGHT)})
    (class_ / "due.toml").write_text(f"[due]\n{NAME} = 2020-12-02T12:00:00+01:00\n")
    assert main(["--course", str(class_), "collect", NAME, path]) == 2
    assert "--at 2020-12-02T11:00:00+00:00" in capsys.readouterr().err
    assert not (class_ / "submitted").exists()
    assert "1 new" in collect(class_, capsys, path, "--at", "now")


def test_moodle_by_names(class_: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = "Alan Turing_123_assignsubmission_file_"
    told = collect(
        class_, capsys, download(class_, "m.zip", {f"{folder}/{NAME}.ipynb": notebook(RIGHT)}), "--at", FIRST
    )
    assert "1 new" in told
    assert when(class_, "alan") == "01 11:00"
    bad = main(["--course", str(class_), "collect", NAME, str(class_ / "m.zip"), "--at", "yesterday"])
    assert (bad, "--at is 'yesterday', and not a time with its zone" in capsys.readouterr().err) == (2, True)


def test_what_is_no_plain_file_stays_where_it_is(class_: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = class_ / "given" / "ada" / NAME
    folder.mkdir(parents=True)
    (folder / f"{NAME}.ipynb").write_text(notebook(RIGHT))
    (class_ / "secret").write_text("mine")
    (folder / "helpers.py").symlink_to(class_ / "secret")
    os.mkfifo(folder / "pipe.py")
    assert "1 new" in collect(class_, capsys, str(class_ / "given"))
    taken = class_ / "submitted" / "ada" / NAME
    assert sorted(path.name for path in taken.iterdir()) == [f"{NAME}.ipynb", "timestamp.txt"]
