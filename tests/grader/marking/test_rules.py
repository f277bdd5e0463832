"""The rules of judging: comparisons, plain answers, what crosses the wire, hidden cases."""

import enum
import json
import math
import socket
import struct
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.engine.plan import load_tasks
from grader.marking.task_marks import TaskMark, mark_task
from grader.notebook.attempt import is_stub
from grader.tasks.answers import NotPlain, Raised, Returned, parse, plain
from grader.tasks.compare import Close, Equal, LegalSteps, ParentsFirst, from_data, to_data
from grader.tasks.cuts import Isolates
from grader.tasks.declaration import AuthoringError, Cases, Misconception, Task
from grader.tasks.exercise import CasesPart, exercise_of, from_bytes, to_text
from grader.tasks.hidden import catches, hidden_cases
from grader.walls import wire
from tests.grader.conftest import ROOT

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


class TestCompare:
    @pytest.mark.parametrize(
        ("expected", "answer", "right"),
        [(3, 3, True), (3, 3.0, True), (3, "3", False), (1, True, False), (0, None, False), ("a", "a", True),
         ([1], [1], True), (3, 4, False)],
    )  # fmt: skip
    def test_equal(self, expected: Any, answer: Any, right: bool) -> None:
        assert (Equal().differs(expected, answer) is None) is right

    def test_close(self) -> None:
        assert Close(0.01).differs(100, 100.9) is None
        assert Close(0.01).differs(100, 101.1) is not None
        assert Close(0.01).differs(100, "100") is not None

    @pytest.mark.parametrize(
        ("answer", "words"),
        [(["a", "b", "c"], None), (["b", "a", "c"], None), (["c", "a", "b"], "puts c before its parent a"),
         (["a", "b"], "leaves out 1 of 3"), (["a", "b", "c", "d"], "not in the input"),
         (["a", "a", "b", "c"], "twice"), ("abc", "a list"), ([1, 2, 3], "not a string")],
    )  # fmt: skip
    def test_parents_first(self, answer: Any, words: str | None) -> None:
        seen = ParentsFirst().differs({"items": ["a", "b", "c"], "pairs": [["a", "c"], ["b", "c"]]}, answer)
        assert seen is None if words is None else words in str(seen)

    @pytest.mark.parametrize(
        ("answer", "words"),
        [([4, 8, 10], None), ([3, 6, 10], None), ([10], "illegal step"), ([4, 8, 16, 10], "fewer"),
         ([4, 8], "ends at 8"), ([2, 4, 8, 10], "changes nothing"), ([0], "illegal"),
         ([True], "holds True, which is not a whole number"), ([4.0, 8, 10.0], None),
         ([4, 7.5, 10], "holds 7.5, which is not a whole number"),
         (["4"], "holds '4', which is not a whole number"),
         ([math.inf], "holds inf, which is not a whole number"),
         ([math.nan], "holds nan, which is not a whole number")],
    )  # fmt: skip
    def test_legal_steps(self, answer: Any, words: str | None) -> None:
        expected = {"start": 2, "goal": 10, "steps": 3, "largest": 10_000}
        seen = LegalSteps(factor=2).differs(expected, answer)
        assert seen is None if words is None else words in str(seen)

    @pytest.mark.parametrize(
        ("shard", "cuts", "words"),
        [("b", ["50", "52"], None), ("b", ["51", "50"], None), ("b", ["45", "55"], None),
         ("b", ["50"], "leaves 1 other key in"), ("b", ["60"], "leaves 1 other key in"),
         ("b", [], "cuts nothing"), ("b", ["40", "50", "52"], "has 3 cuts, where 2"),
         ("b", ["50", "100"], "cut 2 outside"), ("b", ["50", "50"], "parts nothing"),
         ("b", ["10", "50"], "parts nothing"), ("b", [50, 52], "not a string of digits"),
         ("b", ["5\u0660"], "not a string of digits"), ("b", "50", "not a list"),
         ("a", ["50", "52"], "another shard"), (None, [], "names no shard")],
    )  # fmt: skip
    def test_isolates(self, shard: Any, cuts: Any, words: str | None) -> None:
        expected = {"shard": "b", "range": ["10", "99"], "key": "50", "others": ["20", "70"]}
        seen = Isolates(most=2).differs(expected, {"shard": shard, "cuts": cuts})
        assert seen is None if words is None else words in str(seen)

    @pytest.mark.parametrize(
        ("hot", "shard", "cuts", "words"),
        [(None, None, [], None), (None, "b", [], "no shard is sent"), (None, None, ["5"], "no shard has"),
         ("b", "b", [], None), ("b", "b", ["5"], "no split helps"), ("b", None, [], "names no shard")],
    )  # fmt: skip
    def test_isolates_nothing_where_no_cut_helps(
        self, hot: str | None, shard: str | None, cuts: list[str], words: str | None
    ) -> None:
        expected = {"shard": hot, "range": None, "key": None, "others": []}
        seen = Isolates(most=2).differs(expected, {"shard": shard, "cuts": cuts})
        assert seen is None if words is None else words in str(seen)
        assert Isolates(most=2).differs(expected, {"shard": shard}) is not None

    @pytest.mark.parametrize("comparison", [Equal(), Close(0.5), ParentsFirst(), LegalSteps(3), Isolates(2)])
    def test_travels_as_data(self, comparison: Any) -> None:
        assert from_data(json.loads(json.dumps(to_data(comparison)))) == comparison


class Liar(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


class TestAnswers:
    @given(JSON)
    def test_plain_values_pass_unchanged(self, value: Any) -> None:
        assert parse(json.dumps(plain(value)).encode()) == value

    @pytest.mark.parametrize(
        "value",
        [Liar(1), {1, "a"}, {True}, Decimal("NaN"), Decimal("1E+9999"), Fraction(10**400, 3), object(),
         float("nan"), float("inf"), {1: 2}, b"x", 1 << 5000, lambda: 1, enum.IntEnum("E", "a").a],
    )  # fmt: skip
    def test_anything_else_is_refused(self, value: Any) -> None:
        with pytest.raises(NotPlain):
            plain([value])

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            (Decimal("12.50"), 12.5),
            (Decimal(67948), 67948),
            (Fraction(1, 4), 0.25),
            (Fraction(6, 3), 2),
            ({"b", "a"}, ["a", "b"]),
            (frozenset({10, 9.5, 2}), [2, 9.5, 10]),
            (set(), []),
        ],
    )
    def test_what_is_exact_in_another_form_is_taken(self, value: Any, expected: Any) -> None:
        assert plain(value) == expected
        assert type(plain(value)) is type(expected)

    def test_endless_nesting_is_refused(self) -> None:
        nested: list[Any] = []
        nested.append(nested)
        with pytest.raises(NotPlain):
            plain(nested)

    def test_numpy_numbers_are_numbers(self) -> None:
        numpy = pytest.importorskip("numpy")
        assert plain([numpy.int64(3), numpy.float64(0.5), numpy.arange(2)]) == [3, 0.5, [0, 1]]

    @pytest.mark.parametrize(
        "raw",
        [
            b"NaN",
            b"{",
            b"[" * 100_000,
            b'"' + b"x" * 2_000_000 + b'"',
            b"[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
        ],
    )
    def test_hostile_replies_are_refused(self, raw: bytes) -> None:
        with pytest.raises(ValueError):  # noqa: PT011 - any ValueError is a refusal
            parse(raw)


class TestWire:
    @pytest.mark.parametrize(
        "raw",
        [b"", b"\0\0", struct.pack(">I", 1 << 31), struct.pack(">I", 4) + b"null",
         struct.pack(">I", 9) + b"x",
         struct.pack(">I", 2) + b"{]"],
    )  # fmt: skip
    def test_a_broken_message_ends_the_conversation(self, raw: bytes) -> None:
        ours, theirs = socket.socketpair()
        theirs.sendall(raw)
        theirs.close()
        with ours, pytest.raises(wire.Gone):
            wire.receive(ours, 5)

    def test_silence_is_told_apart(self) -> None:
        ours, theirs = socket.socketpair()
        with ours, theirs, pytest.raises(wire.Hung):
            wire.receive(ours, 0.05)


@pytest.mark.parametrize(
    ("source", "stub"),
    [("def f(x):\n    ...", True), ('def f(x):\n    "doc"\n    pass', True), ("def f(x): return 1", False),
     ("def f(x):\n    ...\ndef f(x):\n    return 1", False), ("def g(x): ...", False), ("def f(", False)],
)  # fmt: skip
def test_stubs(source: str, stub: bool) -> None:
    assert is_stub(source, "f") is stub


@pytest.mark.parametrize("assignment", ["00-welcome", "02-shards"])
class TestHiddenCases:
    def test_every_misconception_fails_under_every_seed(self, assignment: str) -> None:
        tasks = load_tasks(ROOT / f"solutions/{assignment}")
        for seed in range(30):
            for task in tasks:
                cases = [c for part in hidden_cases(task, str(seed).encode()).values() for c in part]
                for misconception in task.misconceptions:
                    assert any(catches(task, case, misconception.id) for case in cases)

    def test_the_seed_decides(self, assignment: str) -> None:
        for task in load_tasks(ROOT / f"solutions/{assignment}"):
            one, two = hidden_cases(task, b"one"), hidden_cases(task, b"two")
            assert one == hidden_cases(task, b"one")
            assert (one != two) is any(isinstance(part, Cases) for part in task.parts)

    def test_an_exercise_travels_as_text(self, assignment: str) -> None:
        exercise = exercise_of(assignment, load_tasks(ROOT / f"solutions/{assignment}"))
        text = to_text(exercise)
        assert to_text(from_bytes(text.encode())) == text


def test_a_misconception_that_no_case_shows_is_the_author_s_error() -> None:
    def hidden(rng: Random) -> dict[str, int]:
        return {"x": rng.randrange(100)}

    task = Task(
        id="t", title="T", function="f", read="there", hints=("a", "b"), oracle=lambda x: x,
        parts=(Cases("all", 1, "must", ({"x": 1},), hidden),),
        misconceptions=(Misconception("same", "You ...", lambda x: x),),
    )  # fmt: skip
    with pytest.raises(AuthoringError, match="same"):
        hidden_cases(task, b"seed")


ELSEWHERE = """
import ctypes
class Elsewhere(ctypes.CDLL):
    def __getattr__(self, name):
        raise AttributeError(name)
ctypes.CDLL = Elsewhere
import grader.cli, grader.notebook.calls, grader.engine.process
from grader.walls import kernel
assert not hasattr(kernel._libc, "unshare"), "the control: none of Linux's calls is there"
"""


def test_the_grader_can_be_imported_where_linux_s_calls_are_not() -> None:
    """On macOS a learner's `check` and `grader mark` work, without the sandbox."""
    subprocess.run([sys.executable, "-c", ELSEWHERE], check=True, timeout=60)


def test_where_faults_meet_the_first_case_that_fails_is_told_by_itself() -> None:
    """No payload units and no minimum: no model of one fault gives all of these answers."""
    tasks = {task.id: task for task in load_tasks(ROOT / "solutions/05-capacity-modes")}
    task = tasks["monthly_cost"]
    models = {one.id: one.model for one in task.misconceptions}

    def marked(*faults: str) -> TaskMark:
        def answer(**work: Any) -> Any:
            given = [model(**work) for name in faults if (model := models[name]) is not None]
            right = task.answer_to(work)
            return next((value for value in given if value != right), right)

        (known,) = exercise_of("x", [task]).tasks
        cases = {part.id: part.cases for part in known.parts if isinstance(part, CasesPart)}
        answers = {name: [Returned(answer(**one.arguments)) for one in of] for name, of in cases.items()}
        return mark_task(known, answers, attempted=True)

    both, words = marked("no_units", "no_minimum"), {m.id: m.words for m in task.misconceptions}
    assert both.misconception is None
    assert f"The first case that fails, by itself, looks like this: {words['no_units']}" in both.reasons
    alone = marked("no_units")
    assert alone.misconception == "no_units"
    assert not [reason for reason in alone.reasons if reason.startswith("The first case that fails")]


def test_what_the_first_case_that_fails_raised_is_not_explained_by_a_later_one() -> None:
    tasks = {task.id: task for task in load_tasks(ROOT / "solutions/05-capacity-modes")}
    (known,) = exercise_of("x", [tasks["monthly_cost"]]).tasks
    model = next(one.model for one in tasks["monthly_cost"].misconceptions if one.id == "no_units")
    assert model is not None
    answers = {
        part.id: [Raised("KeyError", "'a'"), *(Returned(model(**one.arguments)) for one in part.cases[1:])]
        for part in known.parts
        if isinstance(part, CasesPart)
    }
    reasons = mark_task(known, answers, attempted=True).reasons
    assert "raised KeyError" in reasons[0]
    assert not [reason for reason in reasons if reason.startswith("The first case that fails")]
