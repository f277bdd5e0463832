"""Due times, late hand-ins, and who is missing."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from grader.classroom.due import parse_timestamp, read_due
from grader.classroom.roster import read_roster
from grader.whereabouts import CallError
from tests.grader.conftest import ROOT, Grader, Submit

DUE = datetime(2026, 12, 1, 22, 59, tzinfo=UTC)
TOML = """
grace_minutes = 15
[due]
02-shards = 2026-12-01T23:59:00+01:00
[extensions.02-shards]
bob = 2026-12-02T23:59:00+01:00
"""
KNOWN = ("00-welcome", "02-shards")


def results(course: Path) -> dict[str, dict[str, Any]]:
    text = (course / ".grader/02-shards/results.jsonl").read_text()
    return {line["student"]: line for line in map(json.loads, text.splitlines())}


def hand_in_at(notebook: Path, when: datetime) -> None:
    os.utime(notebook, (when.timestamp(), when.timestamp()))


def test_late_hand_ins_and_the_missing(course: Path, submit: Submit, grader: Grader) -> None:
    (course / "due.toml").write_text(TOML)
    (course / "roster.csv").write_text("student,name\nada,Ada L.\nnobody,No B.\n")
    hand_in_at(submit("ada"), DUE - timedelta(hours=1))
    hand_in_at(submit("bob"), DUE + timedelta(hours=1))
    hand_in_at(submit("cam"), DUE + timedelta(hours=2))
    hand_in_at(submit("dee"), DUE + timedelta(minutes=15))
    stamped = submit("eve")
    hand_in_at(stamped, DUE - timedelta(days=1))
    stamped.with_name("timestamp.txt").write_text("2026-12-02 00:59:00.000000 UTC\n")
    newer = submit("gil")
    hand_in_at(newer, DUE)
    newer.with_name("timestamp.txt").write_text("2026-12-01 20:59:00.000000 UTC\n")
    damaged = submit("fay")
    hand_in_at(damaged, DUE + timedelta(hours=3))
    damaged.with_name("timestamp.txt").write_text("yesterday")
    assert grader("autograde", "02-shards", "--trust", "--seed", "seed").returncode == 0
    lines = results(course)
    late = {name: line["late_seconds"] for name, line in lines.items()}
    late_ones = {"cam": 7200, "eve": 7200, "fay": 10800}
    assert late == {"ada": 0, "bob": 0, "dee": 0, "gil": 0, **late_ones, "nobody": None}
    assert lines["nobody"]["status"] == "missing"
    assert "file's date: there is no timestamp.txt" in " ".join(lines["cam"]["warnings"])
    assert "timestamp.txt holds no time" in " ".join(lines["fay"]["warnings"])
    assert not [w for name in ("ada", "bob") for w in lines[name]["warnings"] if "hand" in w]
    assert "Handed in 2026-12-02 00:59 UTC, by its timestamp.txt." in lines["eve"]["warnings"]
    (newer,) = lines["gil"]["warnings"]
    assert newer.startswith("The notebook file is of 2026-12-01 22:59 UTC, newer than its timestamp.txt")
    assert "2 h late" in grader("show", "02-shards").stdout

    (course / "due.toml").write_text(TOML.replace("2026-12-01", "2026-11-01"))
    assert grader("autograde", "02-shards", "--trust", "--seed", "seed").returncode == 0
    assert results(course)["ada"]["late_seconds"] > 0, "a changed date needs no grading anew"


def test_marking_one_s_own_work_looks_at_neither(course: Path, grader: Grader) -> None:
    (course / "due.toml").write_text(TOML)
    (course / "roster.csv").write_text("student\nada\n")
    done = grader("mark", "00-welcome")
    assert done.returncode == 0, done.stderr
    assert "late" not in done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[due]\n02-shards = soon", "is not TOML"),
        ("[due]\n02-shards = 'soon'", "is 'soon', which is no time; write it like 2026-"),
        ("[due]\n02-shards = 2026-12-01", "which is no time"),
        ("[due]\n02-shards = 2026-12-01T23:59:00", "without a zone"),
        ("[due]\n02-shard = 2026-12-01T23:59:00Z", "assignment '02-shard'; there is: 00-welcome, 02-shards"),
        ("[due]\n02-shards = 5", "is 5, which is no time"),
        ("due = 3", "[due] is a table of times"),
        ("grace = 3", "not 'grace'"),
        ("grace_minutes = -1\n[due]\n02-shards = 2026-12-01T23:59:00Z", "grace_minutes is a number"),
        ("[extensions.02-shards]\nada = 2026-12-01T23:59:00Z", "no due time of it"),
        (TOML.replace("12-02", "11-02"), "the extension of bob ends before"),
    ],
)
def test_a_malformed_date_gets_one_sentence(course: Path, content: str, words: str) -> None:
    (course / "due.toml").write_text(content)
    with pytest.raises(CallError) as caught:
        read_due(course, "02-shards", KNOWN)
    assert words in str(caught.value)
    assert "due.toml" in str(caught.value)


def test_a_bad_call_writes_nothing(course: Path, submit: Submit, grader: Grader) -> None:
    submit("ada")
    (course / "due.toml").write_text("[due]\n02-shards = 'soon'")
    done = grader("autograde", "02-shards", "--trust", "--seed", "seed")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert not (course / ".grader/02-shards").exists()


def test_times_in_quotation_marks_and_no_dates(course: Path) -> None:
    assert read_due(course, "02-shards", KNOWN) is None
    (course / "due.toml").write_text(TOML.replace("2026-12-01T23:59:00+01:00", "'2026-12-01 23:59+01:00'"))
    due = read_due(course, "02-shards", KNOWN)
    assert due is not None
    assert due.due == DUE
    assert read_due(course, "00-welcome", KNOWN) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01 22:59:00.000000 UTC", DUE),
        ("2026-12-01 22:59:00", DUE),
        ("2026-12-01 23:59:00.000000 +0100\n", DUE),
        ("2026-12-01 23:59:00 Europe/Paris", DUE),
        ("2026-12-01T22:59:00Z", DUE),
        ("\ufeff2026-12-01 22:59:00.000000 UTC\r\n", DUE),
        ("2026-12-01 23:59:00+0100", DUE),
        ("2026-12-02 00:59:00 CEST", DUE),
        ("2026-12-01 23:59:00 CET", DUE),
        ("2026-12-02 00:59:00 XYZT", None),
        ("2026-12-01 22:59:00 Nowhere/Land", None),
        ("../../../etc 1 /etc/passwd", None),
        ("", None),
    ],
)
def test_nbgrader_s_timestamps(text: str, expected: datetime | None) -> None:
    assert parse_timestamp(text) == expected


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no column `student`"),
        ("name\nAda", "no column `student`"),
        ("student,name\nada", "line 2: 1 cells under 2 columns"),
        ("student\n../ada", "line 2: The name '../ada' cannot be"),
        ("student\nada\nada", "names ada twice"),
        ('student\n"ada', "not a CSV file"),
    ],
)
def test_a_damaged_roster_gets_one_sentence(course: Path, content: str, words: str) -> None:
    (course / "roster.csv").write_text(content)
    with pytest.raises(CallError) as caught:
        read_roster(course)
    assert words in str(caught.value)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_roster_as_spreadsheets_write_it(course: Path, separator: str, encoding: str) -> None:
    rows = ("student{0}name{0}email", 'ada{0}"Lovelace, Ada"{0}ada@example.edu', "zoë{0}Zoë{0}")
    text = "\r\n".join(rows).format(separator)
    (course / "roster.csv").write_bytes(text.encode(encoding))
    learners = read_roster(course)
    assert learners is not None
    assert [(one.student, one.name, one.email) for one in learners] == [
        ("ada", "Lovelace, Ada", "ada@example.edu"), ("zoë", "Zoë", ""),
    ]  # fmt: skip


def test_dates_with_a_byte_order_mark(course: Path) -> None:
    (course / "due.toml").write_text(TOML, encoding="utf-8-sig")
    due = read_due(course, "02-shards", KNOWN)
    assert due is not None
    assert due.due == DUE


def test_a_roster_s_columns(course: Path) -> None:
    assert read_roster(course) is None
    (course / "roster.csv").write_text("﻿Student,Canvas ID,Hair\nada,17,long\n\n", encoding="utf-8")
    learners = read_roster(course)
    assert learners is not None
    assert [(learner.student, learner.canvas_id, learner.email) for learner in learners] == [
        ("ada", "17", "")
    ]


ODD = ("2026-12-01 23:59:00.000000 +0100", "2026-12-02 00:59:00 CEST", "2026-12-01 22:59:00 UTC")


def test_nbgrader_reads_the_same_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By this course's nbgrader_config.py, as its own commands and formgrader load it."""
    from nbgrader import coursedir, utils
    from nbgrader.apps import api
    from traitlets.config import PyFileConfigLoader

    own = utils.parse_utc
    for module in (utils, coursedir, api):
        monkeypatch.setattr(module, "parse_utc", own)
    assert own(ODD[0]) != DUE.replace(tzinfo=None), "the control: by itself it reads other seconds"
    PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config()
    for text in ODD:
        (tmp_path / "timestamp.txt").write_text(text)
        found = coursedir.CourseDirectory().get_existing_timestamp(str(tmp_path))
        assert found == DUE.replace(tzinfo=None), text
    with pytest.raises(ValueError, match="yesterday"):
        utils.parse_utc("yesterday at noon or so")


@pytest.mark.skipif(
    not str(ROOT).isascii(), reason="In this locale Python can't find a package whose folder has such a name."
)
@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_no_traceback_in_any_locale(course: Path, submit: Submit, encoding: str) -> None:
    """Names, marks and words beyond what a terminal can show."""
    submit("José → Ω")
    (course / "roster.csv").write_text("student\nJosé → Ω\nŽofie\n", encoding="utf-8")
    (course / "due.toml").write_text('# Frühling\nattempts = "last"\n', encoding="utf-8")
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "LC_ALL": "C",
                   "PYTHONIOENCODING": encoding, "GRADER_SANDBOX": "off"}  # fmt: skip
    for words in (
        ("autograde", "02-shards", "--trust", "--seed", "seed"), ("show", "02-shards"), ("progress",),
        ("feedback", "02-shards"), ("export", "02-shards", "--format", "canvas"), ("whoami", "Žofie"),
        ("mark", "00-welcome"),
    ):  # fmt: skip
        command = [sys.executable, "-m", "grader.cli", *words]
        done = subprocess.run(
            command, cwd=course, env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=120
        )
        said = done.stdout + done.stderr
        assert b"Traceback" not in said, (words, said.decode(encoding, "replace"))
        assert done.returncode == 0 or words == ("progress",), (words, said)
