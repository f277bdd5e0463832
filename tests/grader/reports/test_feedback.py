"""`grader feedback`: a page a learner can read, with nothing in it that a learner could have planted."""

import re
from pathlib import Path

import pytest

from grader.engine.judge import Judge
from grader.engine.plan import load_plan
from grader.reports.pages import STYLE, page, picture
from grader.reports.printable import duration
from tests.grader import made_results
from tests.grader.conftest import SECRET, Grader, Submit
from tests.grader.made_results import line, task
from tests.grader.markup import Markup, faults

HOSTILE = "</code></pre><script>alert('x')</script><img src=x onerror=alert(1)> \x1b[31m\x07‮ =1+1"


def pages(course: Path, assignment: str = "02-shards") -> dict[str, str]:
    return {p.parent.name: p.read_text() for p in (course / "feedback").glob(f"*/{assignment}.html")}


def test_a_class_gets_its_pages(course: Path, submit: Submit, grader: Grader) -> None:
    wrong = course / "solutions/02-shards/wrong"
    submit(
        "bob",
        {
            "split_point": (wrong / "split_point/forgets_start.py").read_text(),
            "plan_scaling": "def plan_scaling(current, target):\n    ...",
            "reading_order": f"# {HOSTILE}\ndef reading_order(shards):\n    raise ValueError({HOSTILE!r})",
        },
        solved=True,
    )
    submit("<script>alert(1)<&script>", solved=True)
    submit("eve").write_text("{")
    (course / "submitted/zoe").mkdir()
    assert grader("autograde", "02-shards", "--trust", "--seed", "seed").returncode == 0
    done = grader("feedback", "02-shards")
    assert (done.returncode, done.stdout.split(":")[0]) == (0, "4 pages"), done.stderr
    made = pages(course)
    assert [faults(made[name]) for name in made] == [[], [], [], []]

    bob = Markup(made["bob"])
    words = bob.text()
    assert "15 of 25 points" in words
    assert "What it looks like:" in words
    assert "forget where it starts" in words
    assert "not attempted" in words
    assert "course/02-shards.ipynb, “Split it”" in words
    assert "alert('x')" in words, "the learner's own code is shown"
    assert "�[31m" in words
    assert "could not be read" in Markup(made["eve"]).text()
    assert "No notebook was found" in Markup(made["zoe"]).text()

    again = grader("feedback", "02-shards")
    assert again.returncode == 0
    assert pages(course) == made


def test_the_search_for_planted_markup_can_fail() -> None:
    good = page("A title", "<p>words</p>" + picture(b"png", "what it shows"))
    assert faults(good) == []
    planted = (
        "<script>alert(1)</script>",
        '<p onclick="x"></p>',
        '<img src="http://a.example/b.png" alt="x">',
    )
    for bad in (*planted, '<a href="javascript:alert(1)">x</a>', "\x1b[31m", '<img src="data:image/png;x">'):
        assert faults(good.replace("<p>words</p>", bad)), bad
    assert faults(good.replace("color", "colour", 1)) == ["a policy that does not hold"]


def test_no_value_of_a_hidden_case_is_told(course: Path, grader: Grader) -> None:
    """The answer is right for the visible cases alone, so that only hidden ones are wrong."""
    from grader.authoring.compose import compose, hand_in

    source = course / "solutions/00-welcome/00-welcome.ipynb"
    wrong = course / "solutions/00-welcome/wrong/stream_arn"
    by_heart = (
        "from grader import case\nknown = {str(a): 'arn:aws:kinesis:{region}:{account}:stream/{name}'"
        ".format(**a) for a in (case('stream_arn', n) for n in range(1, 7))}\n"
        "def stream_arn(**given):\n    return known.get(str(given), 'no idea')\n"
    )
    for student, answer in (("cam", by_heart), ("dee", (wrong / "colon.py").read_text())):
        answers = {"stream_arn": answer}
        hand_in(course / "submitted", student, "00-welcome", compose(source, answers, solved=True))
    assert grader("autograde", "00-welcome", "--trust", "--seed", "seed").returncode == 0
    assert grader("feedback", "00-welcome").returncode == 0
    words = {name: Markup(text).text() for name, text in pages(course, "00-welcome").items()}
    judge = Judge.draw(load_plan(course, "00-welcome"), SECRET.strip().encode())
    hidden = [case for part in judge.hidden["stream_arn"].cases.values() for case in part]
    assert "hidden ones are not" in words["cam"]
    assert not [c.expected for c in hidden for text in words.values() if c.expected in text]
    assert not [c for c in hidden for text in words.values() if c.arguments["account"] in text]
    assert "expected 'arn:aws:kinesis:eu-west-1:123456789012:stream/orders'" in words["dee"], (
        "what is expected of a visible case is told, and would be found"
    )


def test_late_manual_and_changed_since(course: Path, submit: Submit, grader: Grader) -> None:
    submit("ada", solved=True)
    tasks = [task("required_shards", 5, 5), task("gone_task", 0, 4, "needs_manual")]
    made_results.write(
        course, [line("ada", tasks, late_seconds=7500, submission_sha256="0" * 64, warnings=["Mind\x1b[1m"])]
    )
    done = grader("feedback", "02-shards", "--to", "out")
    assert done.returncode == 0, done.stderr
    text = (course / "out/ada/02-shards.html").read_text()
    assert faults(text) == []
    words = Markup(text).text()
    assert "5 of 9 points so far; 4 points more are given by a person" in words
    assert "Handed in 2 h 5 min after the due time." in words
    assert "changed since it was graded" in words
    assert "Mind�[1m" in words
    assert "gone_task" in words, "a task that the current version lacks is shown by its id"


def test_a_student_s_name_stays_inside_the_folder(course: Path, submit: Submit, grader: Grader) -> None:
    submit("ada")
    made_results.write(course, [line("../../evil", [task("required_shards", 5, 5)])])
    done = grader("feedback", "02-shards")
    assert done.returncode == 2
    assert "no folder's name" in done.stderr


@pytest.mark.parametrize("content", ["{", "[]\n", '{"student": "ada"}\n'])
def test_damaged_results_are_one_sentence(course: Path, grader: Grader, content: str) -> None:
    made_results.write(course, []).write_text(content)
    done = grader("feedback", "02-shards")
    assert done.returncode == 2
    assert "does not hold results" in done.stderr
    assert "Traceback" not in done.stderr


def luminance(colour: str) -> float:
    """Relative luminance, by WCAG 2.2."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_words_stand_out_in_light_and_dark() -> None:
    """WCAG 2.2, level AA: 4.5 to 1 for text."""
    light = dict(re.findall(r"--(\w+): (#\w{6})", STYLE.split("@media")[0]))
    dark = dict(re.findall(r"--(\w+): (#\w{6})", STYLE.split("@media")[1]))
    assert set(light) == set(dark)
    for colours in (light, dark):
        for name in ("text", "dim", "passed", "partial", "wrong", "open"):
            assert contrast(colours[name], colours["back"]) >= 4.5, name
        assert contrast(colours["text"], colours["soft"]) >= 4.5
    assert contrast("#999999", "#ffffff") < 4.5


def test_spans_of_time_in_words() -> None:
    spans = {0: "0 s", 59: "59 s", 7500: "2 h 5 min", 90_061: "1 d 1 h", 86_400: "1 d"}
    assert {seconds: duration(seconds) for seconds in spans} == spans
