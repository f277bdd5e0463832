"""`grader report --exam`: numbers that are right, floors below which nothing is said."""

import json
import random
import statistics
from pathlib import Path
from typing import Any

import numpy
import pytest

from grader import cli
from grader.bank.items import Item, load_bank
from grader.exams.draw import for_exams
from grader.reports.exam_report import page_of, text_of
from grader.reports.exam_statistics import ExamStatistics, exam_statistics, guessing
from tests.grader.markup import Markup, faults

PROJECT = Path(__file__).resolve().parents[3]
BANK = {item.id: item for item in for_exams(load_bank(PROJECT / "course" / "source"))}
ITEMS = [item for item in BANK.values() if item.kind == "choice"][:20]
KINDS = {kind: next(item for item in BANK.values() if item.kind == kind) for kind in
         ("choice", "several", "ordering", "matching")}  # fmt: skip


def entry(item: Item, chosen: list[int] | None, seconds: int = 30) -> dict[str, Any]:
    points = int(chosen == list(item.right)) if item.options else 0
    return {"item": item.id, "points": points, "chosen": chosen, "seconds": seconds}


def line(number: int, entries: list[dict[str, Any]], pass_line: float = 10.0) -> dict[str, Any]:
    return {
        "learner": f"s{number:03}",
        "status": "graded",
        "late_seconds": 0.0,
        "points": sum(one["points"] for one in entries),
        "max_points": len(entries),
        "pass_line": pass_line,
        "items": entries,
    }


def a_class(size: int, seed: int = 1, ability: float = 1.2) -> list[dict[str, Any]]:
    """Learners by the Rasch model; whoever misses takes one of two wrong options, so one is never taken."""
    chance = random.Random(seed)
    made = []
    for number in range(size):
        able = chance.gauss(0, ability)
        entries = []
        for hard, item in enumerate(ITEMS):
            wrong = [n for n in range(4) if n not in item.right][:2]
            p = 1 / (1 + 2.718281828 ** -(able - (hard - 9.5) / 6))
            right = chance.random() < p
            entries.append(entry(item, list(item.right) if right else [chance.choice(wrong)], 20 + hard))
        made.append(line(number, entries))
    return made


def report(lines: list[dict[str, Any]]) -> ExamStatistics:
    return exam_statistics("midterm", lines, BANK)


def test_reliability_and_point_biserials_are_those_of_another_way_to_work_them_out() -> None:
    lines = a_class(60)
    found = report(lines)
    ids = sorted(item.id for item in ITEMS)
    table = numpy.array(
        [[{e["item"]: e["points"] for e in one["items"]}[name] for name in ids] for one in lines]
    )
    total = table.sum(axis=1)
    alpha = 20 / 19 * (1 - table.var(axis=0, ddof=1).sum() / total.var(ddof=1))
    assert found.reliability is not None
    assert found.reliability.value == pytest.approx(alpha)
    assert found.reliability.low < alpha < found.reliability.high
    assert found.reliability.error == pytest.approx(total.std() * (1 - alpha) ** 0.5)
    for column, item in enumerate(found.items):
        own = table[:, column]
        assert item.difficulty == pytest.approx(own.mean())
        assert item.discrimination == pytest.approx(numpy.corrcoef(own, total - own)[0, 1])
        right = next(choice for choice in item.choices if choice.right)
        assert right.biserial == pytest.approx(item.discrimination)
        assert sum(choice.taken for choice in item.choices) == 60


def test_the_interval_holds_what_larger_classes_show() -> None:
    whole = report(a_class(3000, seed=9)).reliability
    assert whole is not None
    inside = 0
    for seed in range(40):
        found = report(a_class(30, seed)).reliability
        assert found is not None
        inside += found.low <= whole.value <= found.high
    assert inside >= 34, "of 40 intervals of 95 % about 38 hold it"


def test_guesses_have_no_reliability() -> None:
    found = report(a_class(200, ability=0.0)).reliability
    assert found is not None
    assert abs(found.value) < 0.25
    assert found.low < 0.1


def test_what_stands_out_is_said() -> None:
    lines = a_class(100)
    wrong_key = ITEMS[3].id
    for one in lines:  # the able take a wrong option of one item, all others the right one
        rest = sum(e["points"] for e in one["items"] if e["item"] != wrong_key)
        (of_item,) = (e for e in one["items"] if e["item"] == wrong_key)
        bad = [n for n in range(4) if n not in ITEMS[3].right]
        of_item.update(entry(ITEMS[3], [bad[0]] if rest >= 10 else list(ITEMS[3].right)))
        one["points"] = sum(e["points"] for e in one["items"])
    found = report(lines)
    advice = " ".join(found.advice())
    assert f"{wrong_key}: who does well elsewhere does no better here" in advice
    assert f"{wrong_key}: those who do well take" in advice
    assert advice.count("nobody takes") >= 19, "the last distractor of each item is taken by nobody"
    healthy = next(item for item in found.items if item.id == ITEMS[8].id)
    assert not [
        words for words in found.advice() if words.startswith(healthy.id) and "does no better" in words
    ]


def test_estimates_are_compared_among_the_just_qualified() -> None:
    lines = a_class(200)
    found = report(lines)
    near = [one for one in lines if 8 <= one["points"] <= 12]
    assert found.near == len(near)
    for item in found.items:
        got = statistics.fmean(e["points"] for one in near for e in one["items"] if e["item"] == item.id)
        assert item.near == pytest.approx(got)
        assert item.angoff == BANK[item.id].angoff
    assert [words for words in found.advice() if "just qualified" in words]


@pytest.mark.parametrize(
    ("size", "advises", "correlates"), [(9, False, False), (10, True, False), (20, True, True)]
)
def test_below_the_floors_nothing_is_said(size: int, advises: bool, correlates: bool) -> None:
    found = report(a_class(size))
    assert bool(found.advice()) is advises
    assert (found.reliability is not None) is correlates
    assert any(item.discrimination is not None for item in found.items) is correlates
    assert any(choice.biserial is not None for item in found.items for choice in item.choices) is correlates
    unsaid = " ".join(found.cannot_be_said())
    assert ("may be chance" in unsaid) is not advises
    assert ("from 20 results on" in unsaid) is not correlates


def test_nobody_and_nothing() -> None:
    found = report([{"learner": "a", "status": "missing", "warnings": []}])
    assert (found.graded, found.items, found.advice()) == (0, [], [])
    assert "0 of 1 graded (1 missing)" in text_of(found)
    assert faults(page_of(found)) == []


def test_steps_and_lines_are_counted_in_their_place() -> None:
    ordering, matching = KINDS["ordering"], KINDS["matching"]
    steps = list(range(len(ordering.steps)))
    swapped = [steps[1], steps[0], *steps[2:]]
    prompts = len(matching.pairs)
    lines = [
        line(0, [entry(ordering, steps), entry(matching, None)]),
        line(1, [entry(ordering, swapped), entry(matching, [0, *[len(matching.pairs)] * (prompts - 1)])]),
    ]
    items = {item.id: item for item in report(lines).items}
    assert [choice.taken for choice in items[ordering.id].choices][:3] == [1, 1, 2]
    assert [choice.taken for choice in items[matching.id].choices] == [1, *[0] * (prompts - 1)]
    assert items[matching.id].unanswered == 1


def test_guessing() -> None:
    assert guessing(KINDS["choice"]) == 0.25
    several = KINDS["several"]
    assert guessing(several) == pytest.approx(
        1 / numpy.prod([(len(several.options) - n) / (n + 1) for n in range(len(several.right))])
    )
    assert guessing(KINDS["ordering"]) in (1 / 6, 1 / 24, 1 / 120)
    assert guessing(KINDS["matching"]) < 0.05


def test_the_page_is_sound_and_escapes_what_it_shows() -> None:
    found = report(a_class(30))
    html = page_of(found)
    assert faults(html) == []
    assert "<script" not in html
    assert "KR-20" in html
    odd = page_of(report([]).__class__(**{**found.__dict__, "exam": "<b>x</b>"}))
    assert "<b>x</b>" not in odd
    assert isinstance(Markup(html), Markup)


def test_the_command_reads_what_grading_wrote(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "exercises").mkdir()
    (tmp_path / "course").mkdir()
    (tmp_path / "course" / "source").symlink_to(PROJECT / "course" / "source", target_is_directory=True)
    window = ("--from", "2026-11-29T12:00:00Z", "--until", "2026-11-29T13:00:00Z")
    base = ["--course", str(tmp_path)]
    assert cli.main([*base, "exam", "open", "final", *window, "--learner", "ada", "--with-bank"]) == 0
    assert cli.main([*base, "report", "final", "--exam"]) == 2
    assert "grader exam grade final" in capsys.readouterr().err
    (tmp_path / ".grader/exams/final/results.jsonl").write_text(
        "".join(json.dumps(one) + "\n" for one in a_class(25))
    )
    assert cli.main([*base, "report", "final", "--exam"]) == 0
    assert "Reliability (KR-20)" in capsys.readouterr().out
    assert faults((tmp_path / "report" / "final.html").read_text()) == []
