"""What lateness costs: percent a day, a most, tokens; applied once and everywhere, and explained."""

import json
from pathlib import Path

import pytest

from grader.classroom.late import Late, Policy, read_policy, spent
from grader.cli import main
from grader.reports import gradebook
from grader.whereabouts import CallError
from tests.grader import made_results
from tests.grader.conftest import Submit
from tests.grader.made_results import line, task
from tests.grader.markup import Markup

DAY = 86_400.0


@pytest.mark.parametrize(
    ("seconds", "tokens", "policy", "penalty", "words"),
    [
        (60, 0, Policy(10), 1.2, "1 day begun. 1 day at 10 % a day: 10 % of the 12 points earned"),
        (DAY, 0, Policy(10), 1.2, "1 day begun."),
        (DAY + 1, 0, Policy(10), 2.4, "2 days begun. 2 days at 10 % a day: 20 %"),
        (9 * DAY, 0, Policy(10, 50), 6.0, "9 days at 10 % a day, at most 50 %: 50 % of"),
        (20 * DAY, 0, Policy(10), 12.0, "100 % of the 12 points"),
        (
            2 * DAY,
            2,
            Policy(10, 100, 3),
            0.0,
            "2 of them cost nothing: you may be late 3 days in this course, and 1 of these is",
        ),
        (
            2 * DAY,
            1,
            Policy(10, 100, 1),
            1.2,
            "1 of them costs nothing: you may be late 1 day in this course, and 0 of these",
        ),
        (DAY, 0, Policy(0, 100, 0), 0.0, "That is 1 day begun."),
    ],
)
def test_a_penalty_and_its_words(
    seconds: float, tokens: int, policy: Policy, penalty: float, words: str
) -> None:
    late = Late(seconds, tokens, policy.tokens - tokens, policy)
    assert late.penalty(12) == penalty
    assert words in late.words(12)


def test_tokens_go_to_the_assignments_in_the_order_of_their_due_times() -> None:
    found = spent(
        Policy(10, 100, 3),
        [("one", {"ada": 1.5 * DAY, "bob": 0}), ("two", {"ada": 60.0, "bob": 60.0}), ("three", {"ada": DAY})],
    )
    assert [(one["ada"].tokens, one["ada"].left) for one in found.values()] == [(2, 1), (1, 0), (0, 0)]
    assert [found[name]["ada"].percent for name in found] == [0, 0, 10]
    assert "bob" not in found["one"], "who is in time spends nothing"
    assert (found["two"]["bob"].tokens, found["two"]["bob"].left) == (1, 2)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("late = 3", "[late] knows percent_a_day, most_percent, tokens."),
        ("[late]\npercent = 3", "not 'percent'"),
        ("[late]\npercent_a_day = 101", "percent_a_day is a number from 0 to 100"),
        ("[late]\npercent_a_day = true", "percent_a_day is a number"),
        ("[late]\ntokens = 1.5", "tokens is a whole number"),
        ("[late]\ntokens = -1", "tokens is a whole number"),
    ],
)
def test_a_malformed_policy_gets_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    assert read_policy(tmp_path) is None
    (tmp_path / "due.toml").write_text(content)
    with pytest.raises(CallError) as caught:
        read_policy(tmp_path)
    assert words in str(caught.value)


@pytest.mark.xdist_group("nbgrader")
def test_it_is_taken_off_once_and_everywhere(
    course: Path, submit: Submit, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "due.toml").write_text(
        "[due]\n00-welcome = 2026-11-01T12:00:00Z\n02-shards = 2026-12-01T12:00:00Z\n"
        "[late]\npercent_a_day = 10\ntokens = 1\n"
    )
    for student in ("ada", "bob"):
        submit(student, solved=True)
    marks = [task("required_shards", 4, 5), task("split_point", 4, 4)]
    made_results.write(course, [line("ada", marks, late_seconds=60), line("bob", marks, late_seconds=0)])
    made_results.write(course, [line("ada", [task("w", 2, 2)], "00-welcome", late_seconds=60)], "00-welcome")

    def grader(*arguments: str) -> str:
        assert main(["--course", str(course), *arguments]) == 0
        return capsys.readouterr().out

    def scores() -> dict[str, float]:
        told = json.loads(grader("export", "02-shards", "--format", "json"))
        return {one["student"]: one["grades"][0]["score"] for one in told["students"]}

    assert scores() == {"ada": 7.2, "bob": 8}, "the token went to 00-welcome, which was due first"
    grader("gradebook", "02-shards")
    assert scores() == {"ada": 7.2, "bob": 8}, "not once more"
    assert gradebook.given(gradebook.database_url(course), "02-shards")["ada"].penalty == 0.8
    grader("feedback", "02-shards")
    words = Markup((course / "feedback/ada/02-shards.html").read_text()).text()
    assert "7.2 of 9 points" in words
    assert "1 min after the due time. That is 1 day begun. Your late days of this course (1)" in words
    assert "1 day at 10 % a day: 10 % of the 8 points earned are taken off, 0.8." in words
    assert "10 %" not in Markup((course / "feedback/bob/02-shards.html").read_text()).text(), "the control"
    made_results.write(course, [], "00-welcome")
    assert scores() == {"ada": 8, "bob": 8}, "the token is free again"
