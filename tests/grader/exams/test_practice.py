"""A sitting keeps what was done through reloads, crashes and sleep, and its result says what was chosen."""

import datetime
import json
from pathlib import Path

import pytest

from grader.exams import results
from grader.exams.practice import AGAIN, Practice
from grader.exams.results import ResultError, digest, read
from grader.exams.sitting import Sitting, SittingError, from_saved
from tests.grader.exams.conftest import Clock


def sit(practice: Practice, exam: str, right: int, seed: str = "seed") -> dict[str, object]:
    """Sit an exam with the first RIGHT questions right and the next one wrong; the result."""
    sitting = practice.start(exam, seed)
    questions = practice.questions(sitting)
    for number, question in enumerate(questions[:right], start=1):
        sitting.answer(number, list(question.right), practice.now())
    if right < len(questions) and questions[right].item.options:
        wrong = [n for n in range(4) if n not in questions[right].right][: questions[right].choose]
        sitting.answer(right + 1, wrong, practice.now())
    handed: dict[str, object] = practice.hand_over(sitting)["result"]
    return handed


def test_points_are_what_was_chosen(practice: Practice) -> None:
    result = sit(practice, "SAA-C03", 7)
    assert (result["points"], result["max_points"]) == (7, 20)
    assert [item["points"] for item in result["items"]] == [1] * 7 + [0] * 13  # type: ignore[attr-defined]
    for key in ("domains", "lessons"):
        assert sum(part["points"] for part in result[key]) == 7  # type: ignore[attr-defined]
        assert sum(part["max_points"] for part in result[key]) == 20  # type: ignore[attr-defined]
    angoff = sum(item["angoff"] for item in result["items"])  # type: ignore[attr-defined]
    assert result["pass_line"] == pytest.approx(angoff, abs=0.01)
    assert result["passed"] is (angoff <= 7)


def test_nothing_is_started_by_looking(practice: Practice) -> None:
    assert {offer["exam"] for offer in practice.offers()} == {"SAA-C03", "DEA-C01", "DVA-C03", "course"}
    assert practice.current() is None
    practice.start("course")
    with pytest.raises(SittingError, match="under way"):
        practice.start("SAA-C03")


def test_a_sitting_goes_on_after_a_crash(practice: Practice, root: Path, clock: Clock) -> None:
    sitting = practice.start("DEA-C01", "abc")
    sitting.answer(1, [2] if sitting.questions[0]["kind"] == "choice" else [], clock.forward(5))
    sitting.flag(3, True, clock.forward(5))
    practice.save(sitting)
    clock.forward(3 * 3600)
    again = Practice(root, clock).current()
    assert again == sitting
    again.tick(clock())
    assert again.used == 10, "three hours with no page cost nothing in practice"
    assert again.left(clock()) == 40 * 60 - 10
    assert again.flags == {3}


def test_a_pause_stops_the_clock_and_hides_the_questions(practice: Practice, clock: Clock) -> None:
    sitting = practice.start("SAA-C03")
    sitting.pause(clock.forward(4))
    for _ in range(100):
        sitting.tick(clock.forward(5))
    with pytest.raises(SittingError, match="paused"):
        sitting.answer(1, [0], clock())
    sitting.go_on(clock.forward(5))
    sitting.tick(clock.forward(5))
    assert sitting.used == 9


def test_time_that_is_over_ends_it_and_what_was_chosen_counts(practice: Practice, clock: Clock) -> None:
    sitting = practice.start("SAA-C03", "s")
    question = practice.questions(sitting)[0]
    sitting.answer(1, list(question.right), clock.forward(1))
    while not sitting.finished:
        sitting.tick(clock.forward(5))
    assert sitting.used == 40 * 60
    with pytest.raises(SittingError, match="over"):
        sitting.answer(1, [], clock())
    assert practice.hand_over(sitting)["result"]["points"] == 1


def test_a_class_exam_runs_on_whatever_happens(clock: Clock) -> None:
    shown = {"kind": "choice", "options": ["a", "b"], "prompts": [], "choose": 1}
    end = clock() + datetime.timedelta(minutes=10)
    sitting = Sitting(
        "x", "t", "s", "b", 10, [shown], clock().isoformat(), clock().isoformat(), end.isoformat()
    )
    with pytest.raises(SittingError, match="no pause"):
        sitting.pause(clock.forward(1))
    clock.forward(599)
    assert sitting.left(clock()) == 0
    with pytest.raises(SittingError, match="over"):
        sitting.answer(1, [0], clock())
    assert sitting.finished == end.isoformat()


def test_time_goes_to_the_question_that_is_shown(practice: Practice, clock: Clock) -> None:
    sitting = practice.start("SAA-C03")
    sitting.show(2, clock.forward(7))
    sitting.show(1, clock.forward(5))
    sitting.tick(clock.forward(3))
    assert sitting.seconds == {1: 10.0, 2: 5.0}
    clock.forward(-3600)
    sitting.tick(clock())
    assert sitting.used == 15, "a clock that is set back takes nothing away"


def test_a_result_that_was_changed_is_told(practice: Practice, root: Path) -> None:
    result = sit(practice, "SAA-C03", 3)
    (path,) = (root / results.FOLDER).glob("*.json")
    assert read(path) == result
    path.write_text(path.read_text().replace('"points": 3', '"points": 20'))
    with pytest.raises(ResultError, match="was changed"):
        read(path)
    found, faults = practice.results()
    assert (found, len(faults)) == ([], 1)


def test_a_crash_between_the_result_and_the_end_gives_one_result(practice: Practice, root: Path) -> None:
    sitting = practice.start("SAA-C03", "s")
    practice.hand_over(sitting)
    practice.save(sitting)  # as a crash would have left it
    again = practice.current()
    assert again is not None
    practice.hand_over(again)
    assert len(list((root / results.FOLDER).glob("*.json"))) == 1
    assert practice.current() is None


def test_another_bank_marks_nothing(practice: Practice, root: Path) -> None:
    sitting = practice.start("SAA-C03", "s")
    practice.bank = "sha256:another"
    with pytest.raises(SittingError, match="bank of questions changed"):
        practice.hand_over(sitting)
    assert practice.current() is not None, "nothing is thrown away"


@pytest.mark.parametrize(
    "change",
    [{"schema": 2}, {"answers": {"1": [99]}}, {"last": "yesterday"}, {"flags": 3}, {"unknown": 1}],
)
def test_a_damaged_state_is_told(practice: Practice, change: dict[str, object]) -> None:
    sitting = practice.start("SAA-C03")
    saved = json.loads(json.dumps(sitting.saved()))
    assert from_saved(saved) == sitting, "the control"
    practice.place.write_text(json.dumps({**saved, **change}))
    with pytest.raises(SittingError, match="damaged"):
        practice.current()


@pytest.mark.parametrize("seed", ["a b", "ä", "x" * 41, "../x"])
def test_a_seed_is_letters_and_digits(practice: Practice, seed: str) -> None:
    with pytest.raises(SittingError, match="seed"):
        practice.start("SAA-C03", seed)


def test_what_was_missed_comes_back_at_growing_intervals(practice: Practice, clock: Clock) -> None:
    result = sit(practice, "SAA-C03", 17)
    missed = {item["item"] for item in result["items"] if not item["points"]}  # type: ignore[attr-defined]
    assert {one.item for one in practice.studied()} == missed
    assert practice.due() == [], "not on the same day"
    waits = []
    while True:
        soonest = practice.studied()[0].due
        if soonest is None:
            break
        waits.append((soonest - clock()).days)
        clock.time = soonest
        assert {item.id for item in practice.due()} == missed
        sit(practice, AGAIN, 3, seed=f"seed{len(waits)}")
    assert waits == sorted(set(waits))
    assert waits[0] == 1
    assert len(waits) > 3
    assert "again" not in {offer["exam"] for offer in practice.offers()}, "what is known comes back no more"


def test_a_miss_sets_an_item_back(practice: Practice, clock: Clock) -> None:
    sit(practice, "SAA-C03", 19)
    for round_ in range(3):
        due = practice.studied()[0].due
        assert due is not None
        clock.time = due
        sit(practice, AGAIN, 1, seed=f"ok{round_}")
    before = practice.studied()[0].due
    assert before is not None
    long = before - clock()
    clock.time = before
    sit(practice, AGAIN, 0, seed="miss")
    after = practice.studied()[0]
    assert after.due is not None
    assert after.due - clock() < long
    assert after.missed == 2


def test_a_new_version_of_an_item_forgets_the_old_answers(practice: Practice) -> None:
    sit(practice, "SAA-C03", 19)
    (one,) = practice.studied()
    object.__setattr__(practice.items[one.item], "version", 2)
    assert practice.studied() == []


def test_the_review_has_every_reason_and_the_place_to_read(practice: Practice) -> None:
    result = sit(practice, "course", 10)
    for entry in practice.review(result):
        item = practice.items[entry["item"]]
        assert {option["why"] for option in entry["options"]} == set(item.reasons)
        assert entry["read"] == item.read


def test_the_digest_is_of_all_but_itself() -> None:
    assert digest({"a": 1, "digest": "x"}) == digest({"a": 1})
    assert digest({"a": 1}) != digest({"a": 2})
