"""A class's exam: keys that no learner has, papers that open by a token, hand-ins that are told apart."""

import datetime
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import cli
from grader.exams.class_exam import ClassExam, load_exam, own_items
from grader.exams.paper import Paper
from grader.exams.results import digest
from grader.exams.seal import SealError, is_proof, key_of, new_token, proof
from grader.exams.sitting import SittingError
from grader.whereabouts import CallError
from tests.grader.exams.conftest import PROJECT, Clock

NOON = datetime.datetime(2026, 11, 29, 12, tzinfo=datetime.UTC)
ITEM = """
[[item]]
id = "own-{n}"
version = {version}
kind = "choice"
level = "apply"
angoff = 0.5
date = 2026-11-29
exams = ["SAA-C03 3.5"]
facts = ["shards.write-bytes"]
stem = "Own question {n}: which one is right?"
options = [
    {{ text = "The first of {n}", right = {first}, why = "Secret reason a of item {n}." }},
    {{ text = "The second of {n}", right = {second}, why = "Secret reason b of item {n}." }},
    {{ text = "The third of {n}", right = false, why = "Secret reason c of item {n}." }},
    {{ text = "The fourth of {n}", right = false, why = "Secret reason d of item {n}." }},
]
"""


def own(root: Path, count: int = 12, mended: str = "") -> None:
    """Items of one's own; the one MENDED has a second version with another key."""
    text = ""
    for n in range(count):
        again = f"own-{n}" == mended
        first = (n % 2 == 0) is not again
        words = {"first": str(first).lower(), "second": str(not first).lower()}
        text += ITEM.format(n=n, version=1 + again, **words)
    (root / "exam-items").mkdir(exist_ok=True)
    (root / "exam-items" / "02-shards.toml").write_text(text)


def call(root: Path, *arguments: str) -> int:
    return cli.main(["--course", str(root), "exam", *arguments])


WINDOW = ("--from", "2026-11-29T12:00:00+00:00", "--until", "2026-11-29T13:00:00+00:00")


@pytest.fixture
def midterm(root: Path) -> ClassExam:
    own(root)
    people = ("--learner", "ada", "--learner", "bob", "--learner", "eve")
    assert call(root, "open", "midterm", *WINDOW, *people, "--count", "10", "--minutes", "30") == 0
    return load_exam(root, "midterm")


def paper(root: Path, exam: ClassExam, learner: str, clock: Clock) -> Paper:
    return Paper(
        root,
        root / "exam-papers" / f"midterm-{learner}.paper.json",
        exam.tokens[learner],
        root / "submitted",
        clock,
    )


def answered(root: Path, exam: ClassExam, learner: str, clock: Clock, right: int) -> Path:
    """Sit it with RIGHT questions right; the answers file, dated by the clock."""
    desk = paper(root, exam, learner, clock)
    items = own_items(root, root / "exam-items", False)
    sitting = desk.start("midterm")
    for number, question in enumerate(exam.questions(items, learner), start=1):
        wrong = next(place for place in range(4) if place not in question.right)
        sitting.answer(number, [question.right[0] if number <= right else wrong], clock.forward(5))
    desk.hand_over(sitting)
    os.utime(desk.answers, (clock().timestamp(),) * 2)
    return desk.answers


def lines(root: Path) -> dict[str, dict[str, object]]:
    assert call(root, "grade", "midterm") == 0
    text = (root / ".grader" / "exams" / "midterm" / "results.jsonl").read_text()
    return {line["learner"]: line for line in map(json.loads, text.splitlines())}


def test_what_a_learner_gets_holds_no_key(root: Path, midterm: ClassExam, clock: Clock) -> None:
    desk = paper(root, midterm, "ada", clock)
    inside = json.dumps([desk.questions, desk.head, desk.home()])
    outside = (root / "exam-papers" / "midterm-ada.paper.json").read_text()
    assert "Own question" in inside, "the control: the questions are there"
    assert "Own question" not in outside
    for secret in ("Secret reason", '"right"', midterm.seed, "own-1"):
        assert secret not in inside + outside
    answers = answered(root, midterm, "ada", clock, 3).read_text()
    assert "Secret" not in answers
    assert "right" not in answers


def test_no_own_item_and_no_secret_is_in_what_git_keeps() -> None:
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    for folder in ("/exam-items/", "/exam-papers/", "/exam-results/", ".grader/"):
        assert folder in ignored


def test_a_learner_of_each_kind_is_marked_or_told(root: Path, midterm: ClassExam, clock: Clock) -> None:
    answered(root, midterm, "ada", clock, 7)
    clock.time = NOON + datetime.timedelta(minutes=59)
    bob = answered(root, midterm, "bob", clock, 4)
    late = NOON + datetime.timedelta(hours=1, minutes=2)
    os.utime(bob, (late.timestamp(),) * 2)
    found = lines(root)
    assert (found["ada"]["status"], found["ada"]["points"], found["ada"]["late_seconds"]) == (
        "graded",
        7,
        0.0,
    )
    assert (found["bob"]["points"], found["bob"]["late_seconds"]) == (4, 120.0)
    assert found["eve"]["status"] == "missing"
    assert found["ada"]["mode"] == "class"
    assert found["ada"]["pass_line"] == 5.0
    for line in found.values():
        assert line["digest"] == digest(line)
    one = json.loads((root / ".grader/exams/midterm/results/ada.json").read_text())
    assert one == found["ada"]


def test_each_learner_has_an_order_of_their_own_and_the_same_items(root: Path, midterm: ClassExam) -> None:
    items = own_items(root, root / "exam-items", False)
    ada, bob = (midterm.questions(items, name) for name in ("ada", "bob"))
    assert {q.item.id for q in ada} == {q.item.id for q in bob}
    assert [(q.item.id, q.order) for q in ada] != [(q.item.id, q.order) for q in bob]


def test_another_token_opens_nothing(root: Path, midterm: ClassExam, clock: Clock) -> None:
    file = root / "exam-papers" / "midterm-ada.paper.json"
    for token in (midterm.tokens["bob"], new_token(), ""):
        with pytest.raises(SealError, match="does not open"):
            Paper(root, file, token, root / "submitted", clock)
    Paper(root, file, f" {midterm.tokens['ada'].upper()} ", root / "submitted", clock)
    sealed = json.loads(file.read_text())
    file.write_text(json.dumps({**sealed, "closes": "2027-01-01T00:00:00+00:00"}))
    with pytest.raises(SealError):
        Paper(root, file, midterm.tokens["ada"], root / "submitted", clock)


def test_it_is_started_within_the_window_and_once(root: Path, midterm: ClassExam, clock: Clock) -> None:
    desk = paper(root, midterm, "ada", clock)
    clock.forward(-1)
    with pytest.raises(SittingError, match="opens at"):
        desk.start("midterm")
    clock.forward(3601)
    with pytest.raises(SittingError, match="closed"):
        desk.start("midterm")
    clock.forward(-60)
    sitting = desk.start("midterm")
    assert sitting.left(clock()) == 60, "it ends for all when the window ends"
    with pytest.raises(SittingError, match="once"):
        desk.start("midterm")
    with pytest.raises(SittingError, match="given up"):
        desk.give_up()
    desk.hand_over(sitting)
    with pytest.raises(SittingError, match="once"):
        desk.start("midterm")


Spoil = Callable[[dict[str, object], ClassExam], object]


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda data, _: {**data, "answers": {"1": [0]}}, "was changed"),
        (lambda data, _: {**data, "learner": "bob"}, "token of bob"),
        (lambda data, _: {**data, "learner": "mallory"}, "not opened"),
        (lambda data, _: {**data, "exam": "other"}, "no answers to midterm"),
        (lambda _data, _: [], "no answers to midterm"),
        (lambda data, _: {**data, "proof": 7}, "was changed"),
    ],
)
def test_answers_that_were_tampered_with_are_told(
    root: Path, midterm: ClassExam, clock: Clock, spoil: Spoil, words: str
) -> None:
    path = answered(root, midterm, "ada", clock, 3)
    path.write_text(json.dumps(spoil(json.loads(path.read_text()), midterm)))
    line = lines(root)["ada"]
    assert line["status"] == "unreadable"
    assert words in str(line["warnings"])


@pytest.mark.parametrize(
    "member",
    [
        {"answers": {"1": [99]}},
        {"answers": {"99": [0]}},
        {"answers": 3},
        {"seconds": {"1": "x"}},
        {"finished": "soon"},
        {"used": []},
        {"flags": None},
    ],
)
def test_a_form_that_is_broken_with_a_good_proof_is_told(
    root: Path, midterm: ClassExam, clock: Clock, member: dict[str, object]
) -> None:
    path = answered(root, midterm, "ada", clock, 3)
    made = {**json.loads(path.read_text()), **member}
    made["proof"] = proof(made, key_of(midterm.tokens["ada"], "midterm ada"))
    path.write_text(json.dumps(made))
    line = lines(root)["ada"]
    assert line["status"] == "unreadable"
    assert "breaks its form" in str(line["warnings"])


def test_strange_files_stop_nobody(root: Path, midterm: ClassExam, clock: Clock) -> None:
    answered(root, midterm, "ada", clock, 3)
    for name, content in (("bob", b"[" * 100_000), ("eve", b"\xff" * 10), ("zoe", b"x" * (2**20 + 1))):
        (root / "submitted" / name / "midterm").mkdir(parents=True)
        (root / "submitted" / name / "midterm" / "a.json").write_bytes(content)
    (root / "submitted" / "yan" / "midterm").mkdir(parents=True)
    (root / "submitted" / "yan" / "midterm" / "a.json").symlink_to(root / ".grader/exams/midterm/exam.json")
    found = lines(root)
    assert found["ada"]["status"] == "graded"
    assert {found[name]["status"] for name in ("bob", "eve", "zoe", "yan")} == {"unreadable"}
    assert "links are not followed" in str(found["yan"]["warnings"])


def test_two_hand_ins_are_told_and_copies_of_one_are_not(
    root: Path, midterm: ClassExam, clock: Clock
) -> None:
    path = answered(root, midterm, "ada", clock, 3)
    copy = root / "submitted" / "midterm-ada.answers.json"
    copy.write_bytes(path.read_bytes())
    assert lines(root)["ada"]["status"] == "graded"
    made = {**json.loads(path.read_text()), "answers": {}}
    made["proof"] = proof(made, key_of(midterm.tokens["ada"], "midterm ada"))
    copy.write_text(json.dumps(made))
    line = lines(root)["ada"]
    assert line["status"] == "double"
    assert "Keep one" in str(line["warnings"])


def test_another_learners_answers_in_ones_own_folder_are_told(
    root: Path, midterm: ClassExam, clock: Clock
) -> None:
    path = answered(root, midterm, "ada", clock, 10)
    (root / "submitted" / "bob" / "midterm").mkdir(parents=True)
    (root / "submitted" / "bob" / "midterm" / path.name).write_bytes(path.read_bytes())
    found = lines(root)
    assert found["ada"]["status"] == "graded"
    assert found["bob"]["status"] == "unreadable"
    assert "answers of ada" in str(found["bob"]["warnings"])


def test_times_that_do_not_fit_are_told(root: Path, midterm: ClassExam, clock: Clock) -> None:
    path = answered(root, midterm, "ada", clock, 3)
    made = {**json.loads(path.read_text()), "started": "2026-11-29T10:00:00+00:00"}
    made["proof"] = proof(made, key_of(midterm.tokens["ada"], "midterm ada"))
    path.write_text(json.dumps(made))
    line = lines(root)["ada"]
    assert line["status"] == "graded"
    assert "before the exam opened" in str(line["warnings"])
    assert "longer than 30 minutes" in str(line["warnings"])


def test_a_key_that_was_mended_is_marked_anew_and_said(
    root: Path, midterm: ClassExam, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(root, midterm, "ada", clock, 10)
    assert lines(root)["ada"]["points"] == 10
    own(root, mended=midterm.items[0][0].partition("/")[2])
    assert lines(root)["ada"]["points"] == 9
    assert "has a new version" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("Mid term", *WINDOW, "--learner", "ada"), "small letters"),
        (("x", "--from", WINDOW[3], "--until", WINDOW[1], "--learner", "ada"), "before it opens"),
        (("x", "--from", "2026-11-29T12:00", "--until", WINDOW[3], "--learner", "ada"), "no zone"),
        (("x", *WINDOW), "For whom"),
        (("x", *WINDOW, "--learner", "ada"), "Write more, or ask fewer"),
        (("x", *WINDOW, "--learner", "ada", "--like", "SAP"), "no exam 'SAP'"),
        (("x", *WINDOW, "--learner", "../ada"), "folder's name"),
        (("x", *WINDOW, "--learner", "ada", "--items", "/nowhere"), "no items"),
    ],
)
def test_what_cannot_be_opened_is_told(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    own(root)
    assert call(root, "open", *arguments) == 2
    assert words in capsys.readouterr().err
    assert not (root / ".grader" / "exams" / "x").exists()


def test_own_items_are_checked(root: Path) -> None:
    own(root)
    place = root / "exam-items" / "02-shards.toml"
    place.write_text(place.read_text().replace("right = true", "right = false", 1))
    with pytest.raises(CallError, match="a choice has 4 options, 1 of them right"):
        own_items(root, root / "exam-items", False)


def test_secrets_are_for_the_instructors_eyes(root: Path, midterm: ClassExam) -> None:
    for name in ("exam.json", "tokens.csv"):
        assert (root / ".grader" / "exams" / "midterm" / name).stat().st_mode & 0o077 == 0
    assert len({*midterm.tokens.values()}) == 3
    key = key_of(midterm.tokens["ada"], "midterm ada")
    assert is_proof({"a": 1, "proof": proof({"a": 1}, key)}, key)
    assert not is_proof({"a": 2, "proof": proof({"a": 1}, key)}, key)


def test_a_paper_that_is_not_there_is_told_before_the_token_is_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(root, "sit", "midterm-ada.json") == 2
    assert capsys.readouterr().err.startswith("grader: There is no paper midterm-ada.json. Name the file")
