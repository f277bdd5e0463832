"""`grader export`: files as Canvas and Moodle read them, whatever learners are called."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest

from grader.classroom.roster import Learner
from grader.reports import export
from tests.grader import made_results
from tests.grader.conftest import Grader
from tests.grader.made_results import line, task

HOSTILE = (
    "=2+5",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    '"quoted", "and", commas',
    "two\nlines",
    "\x1b[31mred",
    "semi;colon",
    "'apostrophe",
    "Points Possible",
    "Ærøskøbing 學生",
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines_of(*students: str) -> list[dict[str, object]]:
    return [line(student, [task("a", 2.5, 5), task("b", 4, 4)], "02-shards") for student in students]


def dangers(text: str) -> list[str]:
    """Cells that a spreadsheet would run, or that would break a line."""
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len({len(row) for row in table}) == 1
    return [
        cell
        for row in table
        for cell in row
        if cell.startswith(export.FORMULA) or any(not char.isprintable() for char in cell)
    ]


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_hostile_names_are_text(form: str) -> None:
    roster = [Learner(f"s{i}", *[name] * 8) for i, name in enumerate(HOSTILE)]
    for grades in (
        export.collect({"02-shards": "=HYPERLINK()"}, lines_of(*HOSTILE), None),
        export.collect({"02-shards": "02-shards"}, lines_of("s0", "s1"), roster),
    ):
        text = export.text_of(grades, form)
        assert dangers(text) == []
        assert len(rows(text)) == len(HOSTILE) + (form == "canvas")
    plain = export.text_of(export.collect({"02-shards": "x"}, lines_of(HOSTILE[-1]), None), form)
    assert HOSTILE[-1] in plain


def test_the_search_for_formulas_can_fail() -> None:
    for name in HOSTILE[:7]:
        file = io.StringIO(newline="")
        csv.writer(file).writerows([["Student", "ID"], [name, ""]])
        assert dangers(file.getvalue()), name


def test_canvas_s_columns(course: Path, grader: Grader) -> None:
    (course / "roster.csv").write_text(
        "student,name,canvas_id,sis_user_id,sis_login_id,section\n"
        'ada,"Lovelace, Ada",17,u17,ada@example.edu,S1\nnobody,No Body,,,,\n'
    )
    made_results.write(course, [*lines_of("ada", "mal"), line("bad", (), status="unreadable", max_score=9)])
    made_results.write(course, [line("ada", [task("w", 2, 2)], "00-welcome")], "00-welcome")
    done = grader(
        "export", "02-shards", "00-welcome", "--format", "canvas", "--to", "out.csv",
        "--title", "02-shards=Shards (4711)",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Left out, as roster.csv does not name them: bad, mal." in done.stderr
    raw = (course / "out.csv").read_bytes()
    assert raw.startswith(b"Student,ID,SIS User ID,SIS Login ID,Section,Shards (4711),00-welcome\r\n")
    _, points, ada, nobody = csv.reader(io.StringIO(raw.decode(), newline=""))
    assert points == ["Points Possible", "", "", "", "", "9", "2"]
    assert ada == ["Lovelace, Ada", "17", "u17", "ada@example.edu", "S1", "6.5", "2"]
    assert nobody == ["No Body", "", "", "nobody", "", "", ""], "nothing handed in is no 0"


def test_a_learner_called_points_possible_is_no_row_of_points() -> None:
    text = export.canvas(export.collect({"02-shards": "x"}, lines_of("My Points Possible"), None))
    first = [row["Student"] for row in rows(text)]
    assert first == ["Points Possible", ""]
    assert rows(text)[1]["SIS Login ID"] == "My Points Possible"


def test_moodle_s_columns() -> None:
    marks = [task("a", 1, 5), task("b", 0, 2, "not_attempted")]
    late = line("ada", marks, "02-shards", late_seconds=7500)
    roster = [Learner("ada", email="ada@example.edu", id_number="00017")]
    (row,) = rows(export.moodle(export.collect({"02-shards": "Shards"}, [late], roster)))
    assert row == {
        "Username": "ada",
        "ID number": "00017",
        "Email address": "ada@example.edu",
        "Shards": "1",
        "Shards (feedback)": "a 1 of 5 (partial), b 0 of 2 (not attempted). 2 h 5 min late.",
    }
    large = export.collect({"02-shards": "x"}, [line("ada", [task("a", 1, 101)])], None)
    assert "above 100" in " ".join(large.notes("moodle"))
    assert "above 100" not in " ".join(large.notes("canvas"))


def test_json_follows_its_schema(course: Path, grader: Grader) -> None:
    waiting = line("fay", [task("a", 0, 3, "needs_manual")])
    made_results.write(course, [*lines_of("=2+5", "ada"), line("zoe", status="missing"), waiting])
    done = grader("export", "02-shards", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "No mark is written where a task waits for a person: fay (02-shards: a)." in done.stderr
    data = json.loads(done.stdout)
    schema = json.loads(Path(export.__file__).with_name("export.schema.json").read_text())
    jsonschema.validate(data, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, "schema": 1}, schema)
    scores = {s["student"]: s["grades"][0]["score"] for s in data["students"]}
    assert scores == {"=2+5": 6.5, "ada": 6.5, "zoe": None, "fay": None}
    waits = {s["student"]: s["grades"][0]["waits_for"] for s in data["students"]}
    assert (waits["fay"], waits["ada"]) == (["a"], [])


WAITING = line("fay", [task("a", 2, 3), task("essay", 0, 4, "needs_manual")])


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_a_mark_that_waits_for_a_person_is_empty_or_said_to_be_partial(form: str) -> None:
    done = line("ada", [task("a", 2, 3), task("essay", 3, 4)])
    grades = export.collect({"02-shards": "x"}, [done, WAITING], None)
    ada, fay = rows(export.text_of(grades, form))[-2:]
    assert (ada["x"], fay["x"]) == ("5", "")
    if form == "moodle":
        assert "essay 0 of 4 (waits to be read by a person)" in fay["x (feedback)"]
    partial = export.collect({"02-shards": "x"}, [done, WAITING], None, partial=True)
    assert rows(export.text_of(partial, form))[-1]["x"] == "2"
    assert "Only the points so far are written" in partial.notes(form)[0]
    assert "fay (02-shards: essay)" in partial.notes(form)[0]


@pytest.mark.parametrize("form", ["canvas", "moodle"])
def test_all_right_is_all_points_from_an_older_release_too(form: str) -> None:
    """A task was added in mid-course: 22 of 22 points of the old release are not 92 %."""
    old = line("ada", [task("a", 22, 22)])
    new = line("bob", [task("a", 11, 22), task("b", 2, 2)])
    grades = export.collect({"02-shards": "x"}, [old, new], None)
    ada, bob = rows(export.text_of(grades, form))[-2:]
    assert (ada["x"], bob["x"]) == ("24", "13")
    assert "ada (02-shards: 22 points)" in " ".join(grades.notes(form))
    assert grades.notes(form)[:-1] == [], "the control: bob is not named"
    entry = json.loads(export.as_json(grades))["students"][0]["grades"][0]
    assert (entry["score"], entry["max_score"]) == (22, 22)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("02-shards", "--format", "canvas", "--title", "x=y"), "is not one of the assignments"),
        (("02-shards", "--format", "canvas", "--title", "02-shards"), "an equals sign and a title"),
        (("00-welcome", "--format", "canvas"), "Run `grader autograde 00-welcome`"),
        (("02-shards", "--format", "canvas", "--gradebook"), "Run `grader gradebook 02-shards`"),
    ],
)
def test_a_bad_call_is_one_sentence(
    course: Path, grader: Grader, arguments: tuple[str, ...], words: str
) -> None:
    made_results.write(course, lines_of("ada"))
    done = grader("export", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_numbers() -> None:
    assert [export.number(n) for n in (0, 10, 2.5, 1 / 3, 100.0, 1e6)] == [
        "0", "10", "2.5", "0.33", "100", "1000000",
    ]  # fmt: skip
