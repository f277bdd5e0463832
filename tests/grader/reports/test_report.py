"""`grader report`: item statistics that are right, and silence where there is nothing to say."""

import random
from pathlib import Path
from typing import Any

import pytest

from grader.engine.plan import load_plan
from grader.reports import class_report
from grader.reports.item_statistics import statistics_of
from grader.reports.plots import misconceptions, outcomes, scores
from tests.grader import made_results
from tests.grader.conftest import ROOT, Grader
from tests.grader.made_results import line, task
from tests.grader.markup import Markup, faults

TASKS = load_plan(ROOT, "02-shards").tasks


def a_class(size: int) -> list[dict[str, Any]]:
    """`easy` is done by all; `good` by the able half; `odd` by the other half; `left` is left out by most."""
    made = []
    for number in range(size):
        able = number % 2 == 0
        made.append(
            line(
                f"s{number:03}",
                [
                    task("easy", 5, 5),
                    task("good", 4 * able, 4, misconception=None if able else "a_wrong_idea"),
                    task("more", 4 * able, 4),
                    task("odd", 3 * (not able), 3),
                    task("left", 0, 4, "passed" if number == 0 else "not_attempted"),
                ],
                late_seconds=60 if number < 3 else 0,
            )
        )
    return made


def item(statistics: Any, name: str) -> Any:
    return next(entry for entry in statistics.items if entry.id == name)


def test_difficulty_and_discrimination() -> None:
    statistics = statistics_of("x", [], a_class(40))
    assert item(statistics, "easy").difficulty == 1
    assert item(statistics, "easy").discrimination is None, "all have the same points"
    assert item(statistics, "good").difficulty == 0.5
    assert item(statistics, "good").discrimination == pytest.approx(1)
    assert item(statistics, "odd").discrimination == pytest.approx(-1)
    assert item(statistics, "good").misconceptions == {"a_wrong_idea": 20}
    assert item(statistics, "more").unnamed == 20
    assert item(statistics, "left").share("not_attempted") == pytest.approx(39 / 40)


def test_which_task_to_look_at() -> None:
    advice = statistics_of("x", [], a_class(40)).advice()
    assert advice[0].startswith("odd: who does well elsewhere does no better here (discrimination -1.00)")
    words = " ".join(advice)
    assert "left: hard: 0% of its points" in words
    assert "left: 98% have not attempted it" in words
    assert "more: 20 of 20 wrong answers have no known misconception" in words
    assert "easy: 100% of its points are earned" in words
    assert "good: " not in words
    even = [
        line(f"s{n}", [task(name, (n + k) % 3, 2, misconception="m") for k, name in enumerate("ab")])
        for n in range(12)
    ]
    assert statistics_of("x", [], even).advice() == ["No task stands out."]


def test_a_task_that_stops_is_named_first() -> None:
    lines = [line(f"s{n}", [task("a", 1, 1), task("b", 0, 2, "timeout")]) for n in range(10)]
    assert statistics_of("x", [], lines).advice()[0].startswith("b: 100% were stopped")


def test_what_few_submissions_do_not_say() -> None:
    few = statistics_of("x", [], a_class(4))
    assert few.advice() == []
    assert item(few, "odd").discrimination is None
    assert "With 4 graded submissions every number here may be chance" in class_report.text_of(few)
    some = statistics_of("x", [], a_class(12))
    assert [words.split()[0] for words in some.cannot_be_said()] == ["Discrimination"]
    assert some.advice()
    assert statistics_of("x", [], a_class(40)).cannot_be_said() == []
    nobody = statistics_of("02-shards", TASKS, [line("zoe", status="missing")])
    assert "0 of 1 graded (1 missing)" in class_report.text_of(nobody)
    assert faults(class_report.page_of(nobody, {})) == []


def test_a_text_that_nobody_read_yet_is_no_hard_task() -> None:
    """The task is left out of every number, of the others' too, until a person has read the last hand-in."""
    lines = [
        line(f"s{n:02}", [task("a", n % 3, 2), task("essay", 0, 4, "needs_manual" if n else "not_attempted")])
        for n in range(24)
    ]
    waits = statistics_of("x", [], lines)
    assert [entry.id for entry in waits.items] == ["a"]
    assert (waits.max_score, max(waits.scores)) == (2, 2)
    words = class_report.text_of(waits)
    assert "essay waits for a person in 23 hand-ins, so it is left out" in words
    assert "essay: hard" not in words
    read = [{**one, "tasks": [one["tasks"][0], {**one["tasks"][1], "outcome": "failed"}]} for one in lines]
    told = class_report.text_of(statistics_of("x", [], read))
    assert "essay: hard: 0% of its points are earned." in told, "the control"


def test_points_lost_by_part() -> None:
    """By what the reasons say; where nothing was earned, every part is lost; what is not attempted is not."""
    parts = {part.id: part for part in TASKS[0].parts}
    reason = f"Your function {parts['read'].says}. Case 5: ..."
    lines = [
        line("ada", [task("required_shards", 4, 5, reasons=[reason])]),
        line("bob", [task("required_shards", 0, 5, "failed", reasons=["`required_shards` is not defined."])]),
        line("cam", [task("required_shards", 0, 5, "not_attempted")]),
        line("dee", [task("required_shards", 5, 5)]),
    ]
    lost = item(statistics_of("02-shards", TASKS, lines), "required_shards").lost
    assert {entry.part: entry.learners for entry in lost} == {name: 1 + (name == "read") for name in parts}
    assert lost[0].part == "read"


def test_text_and_page(course: Path, grader: Grader) -> None:
    rng = random.Random(5)
    names = [t.id for t in TASKS]
    lines = [
        line(f"s{n:02}", [
            task(name, rng.randint(0, 3), 3, misconception="<script>alert(1)</script>") for name in names
        ])
        for n in range(25)
    ]  # fmt: skip
    made_results.write(course, [*lines, line("zoe", status="missing")])
    done = grader("report", "02-shards")
    assert done.returncode == 0, done.stderr
    assert "25 of 26 graded (1 missing)" in done.stdout
    assert all(name in done.stdout for name in names)
    assert "report/02-shards.html" in done.stdout
    text = (course / "report/02-shards.html").read_text()
    assert faults(text) == []
    markup = Markup(text)
    images = [attributes for tag, attributes in markup.tags if tag == "img"]
    assert [image["alt"].split("\n")[0] for image in images] == [
        f"Scores of 25 submissions, of {3 * len(TASKS)} points.",
        "Outcomes by task, in % of 25 submissions.",
        "Misconceptions, by submissions.",
    ]
    assert "Work out how many shards a workload needs" in markup.text("h2")


def test_every_picture_has_labels_with_units() -> None:
    statistics = statistics_of("x", [], a_class(40))
    made = [scores(statistics), outcomes(statistics), misconceptions(statistics)]
    for one in made:
        assert one is not None
        (axes,) = one.figure.axes
        assert "submissions" in axes.get_xlabel() + axes.get_ylabel()
        assert axes.get_title()
    assert made[1] is not None
    assert made[1].figure.axes[0].get_xlabel().endswith("%")
    widths: dict[float, float] = {}
    for patch in made[1].figure.axes[0].patches:
        widths[round(patch.get_y(), 3)] = widths.get(round(patch.get_y(), 3), 0) + patch.get_width()
    assert list(widths.values()) == pytest.approx([1.0] * 5), "the shares of each task are all of it"
    assert misconceptions(statistics_of("x", [], [line("ada", [task("a", 1, 1)])])) is None
