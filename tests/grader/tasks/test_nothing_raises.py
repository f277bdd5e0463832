"""Nothing that a learner writes can raise in the grader: every comparison, parser and criterion is fed it.

A raise would cost the whole submission a line `error`; each of these costs a task at most, in words.
"""

import contextlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from grader.engine.submission import Release, Unreadable, parse_notebook, read_submission
from grader.marking.task_marks import LONGEST_REASON, mark_task
from grader.notebook.attempt import answers, attempts, defines, is_stub, without_stubs
from grader.tasks.answers import Answer, Missing, NotRun, Raised, Refused, Returned, Stopped, parse
from grader.tasks.compare import Close, Comparison, Equal, LegalSteps, ParentsFirst, resembles
from grader.tasks.cuts import Isolates
from grader.tasks.exercise import Case, CasesPart, ChoicePart, ExerciseTask, ValuePart
from grader.tasks.policies import Decides
from grader.tasks.scenarios import Delivery, Processing, Sending
from grader.tasks.scenarios.replaying import judge as judge_replay
from grader.tasks.scenarios.stage import Stage, play

HUGE = 2**4000
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-HUGE, max_value=HUGE),
    st.sampled_from([2**1024, -(2**1025), 10**400, 0, -1]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(),
    st.sampled_from(["a", "", "9" * 5000, "shard-1", "arn:aws:kinesis:*", "\x00", "\u2028"]),
)
KEYS = st.one_of(st.text(max_size=8), st.sampled_from(["a", "b", "Version", "Statement", "Effect", "Action"]))
PLAIN: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(KEYS, inner, max_size=5))
)
GIVEN = st.one_of(
    PLAIN.map(Returned),
    st.builds(Raised, st.text(), st.text()),
    st.builds(Refused, st.text()),
    st.builds(Missing, st.text(), st.text()),
    st.builds(Stopped, st.sampled_from(["timeout", "crashed"]), st.text()),
    st.just(NotRun()),
)
QUESTION = {
    "says": "a caller reads",
    "caller": "arn:aws:iam::111122223333:user/ada",
    "action": "kinesis:GetRecords",
    "resource": "arn:aws:kinesis:us-east-1:111122223333:stream/s",
    "allowed": True,
}
KINDS: dict[str, tuple[Comparison, Any]] = {
    "equal": (Equal(), 3),
    "equal text": (Equal(), "shard-1"),
    "equal list": (Equal(), ["a", "b"]),
    "equal object": (Equal(), {"a": [1.5, {"b": "c"}], "b": None}),
    "close": (Close(0.01, 0.5), 1.25),
    "close to a whole one": (Close(0.0), 7),
    "close list": (Close(0.1), [1.5, 2, {"a": 3.5}]),
    "close object": (Close(0.1), {"a": 1.5, "b": [2.5]}),
    "parents": (ParentsFirst(), {"items": ["a", "b"], "pairs": [["a", "b"]]}),
    "steps": (LegalSteps(2), {"start": 2, "goal": 8, "steps": 2, "largest": 100}),
    "cuts": (Isolates(2), {"shard": "a", "range": ["1", "9"], "key": "5", "others": ["2", "8"]}),
    "policy": (Decides("identity"), {"questions": [QUESTION]}),
    "resource policy": (Decides("resource"), {"questions": [QUESTION]}),
}


def task_of(comparison: Comparison, expected: Any, *, hidden: bool) -> ExerciseTask:
    cases = (Case({"a": 1}, expected, {"wrong": expected}), Case({"a": 2}, expected, {}, hidden))
    parts = (
        CasesPart("all", 1, "must be right", cases),
        ValuePart("own", 1, "it is so", "own", "shards", 0, 10**9, ({},), 0.01, 1.5, 2.5, {"wrong": 3.5}),
        ValuePart("whole", 1, "it is so", "whole", "shards", 0, 10**9, ({},), 0.0, 15, 25, {"wrong": 35}),
        ChoicePart("choice", 1, "read it", "choice", ("a", "b"), True, ("a",), {"b": "no"}),
    )
    return ExerciseTask(
        "t", "T", "t", "here", 1.0, comparison, (), ("a", "b"), {"wrong": "It is wrong."}, parts
    )


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(one=GIVEN, other=GIVEN, hidden=st.booleans(), attempted=st.booleans())
@example(Returned(2**1024), Returned(-(2**1024)), True, True)
@example(Returned([2**1024, 2**1024, {"a": 2**1024}]), Returned({"a": 2**1024, "b": [2**1024]}), False, True)
@example(Returned("x" * 1_000_000), Returned({"k" * 900_000: 1}), False, True)
@example(
    Returned({"Statement": [{"Sid": "x" * 15_000}] * 2}),
    Returned('{"Statement": ' + "[" * 9_000),
    False,
    True,
)
def test_no_answer_raises_in_a_comparison(
    kind: str, one: Answer, other: Answer, hidden: bool, attempted: bool
) -> None:
    comparison, expected = KINDS[kind]
    task = task_of(comparison, expected, hidden=hidden)
    asked: Mapping[str, list[Answer]] = {
        "all": [one, other], "own": [one], "whole": [other], "choice": [other]
    }  # fmt: skip
    mark = mark_task(task, asked, attempted)
    assert 0 <= mark.points <= 4
    assert all(len(reason) <= LONGEST_REASON + 40 for reason in mark.reasons)
    assert json.dumps(mark.reasons)
    for answer in (one, other):
        if isinstance(answer, Returned):
            comparison.differs(expected, answer.value)
            resembles(comparison, expected, expected, answer.value)


@pytest.mark.parametrize("kind", KINDS)
def test_the_control_a_right_answer_is_right(kind: str) -> None:
    comparison, expected = KINDS[kind]
    answer: Any = expected
    if kind == "parents":
        answer = ["a", "b"]
    elif kind == "steps":
        answer = [4, 8]
    elif kind == "cuts":
        answer = {"shard": "a", "cuts": ["4", "6"]}
    elif "policy" in kind:
        allow = {"Effect": "Allow", "Action": "kinesis:*", "Resource": QUESTION["resource"]}
        who = {"Principal": {"AWS": QUESTION["caller"]}} if kind == "resource policy" else {}
        answer = {"Version": "2012-10-17", "Statement": [{**allow, **who}]}
    assert comparison.differs(expected, answer) is None


CODE = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            ["def f(a):", "    ...", "    pass", "f = ...", "del f", "if f:", "elif f:", "else:", "    f = 1",
             "class f:", "%run x", "!ls", "f?", "%%time", "async def f(): pass", "match f:",
             "    case 1: f = 2",
             "try:", "except* E:", "finally:", "    raise NotImplementedError", "f: int = 3", "\x00", "\f",
             "\\",
             "from x import *", "f(*, a", "'''", "lambda f=f: f", "@f", "f = " + "(" * 200, "\ud800"]
        ),
        max_size=12,
    ).map("\n".join),
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(CODE)
@example("f = " + "-" * 60_000 + "1")
@example("f = " + "[" * 60_000)
@example("if f: pass\n" + "elif f: pass\n" * 1_500)
@example("\n".join(f"f{n}=1" for n in range(8_000)))
@example("raise " + ".a" * 20_000)
def test_no_cell_raises_where_it_is_read(source: str) -> None:
    for look in (answers, attempts, defines, is_stub):
        assert look(source, "f") in (True, False)
    assert isinstance(without_stubs(source, ["f"]), str)


RELEASE = Release("90-small", "v1", ("import time",), frozenset({"import time"}), {"t": "write"})
CELLS = st.lists(
    st.one_of(
        PLAIN,
        st.fixed_dictionaries(
            {"cell_type": st.one_of(PLAIN, st.sampled_from(["code", "markdown", "raw"])),
             "source": st.one_of(PLAIN, CODE, st.just("def t(a):\n    return 1"), st.just('check("t")')),
             "metadata": st.one_of(PLAIN, st.just({"nbgrader": {"grade_id": "t_answer"}}))}
        ),
    ),
    max_size=5,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(CELLS, PLAIN, PLAIN)
def test_no_notebook_raises_where_it_is_read(cells: list[Any], metadata: Any, version: Any) -> None:
    course = {"kinesis_course": {"version": version, "assignment": version}}
    tasks = [task_of(Equal(), 1, hidden=True)]
    for found in (metadata, course):
        raw = json.dumps({"cells": cells, "metadata": found}).encode(errors="replace")
        try:
            submission = read_submission(raw, parse_notebook(raw, "n.ipynb"), RELEASE, tasks)
        except Unreadable:
            continue
        submission.attempted(tasks[0])
        submission.later_cell(tasks[0])


@settings(max_examples=300, deadline=None)
@given(st.binary())
@example(b"[" * 100_000)
@example(b"9" * 10_000)
@example(b'{"a": 1e999}')
def test_no_message_raises_but_as_it_must(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse(raw)
    with contextlib.suppress(Unreadable):
        parse_notebook(raw, "n.ipynb")


EVENTS = Delivery(events=5, keys=2, seed=1, most_calls=3).made_events()
DATA = st.one_of(
    st.binary(),
    PLAIN.map(lambda value: json.dumps(value).encode(errors="replace")),
    st.sampled_from(EVENTS).flatmap(
        lambda event: st.dictionaries(st.sampled_from(["key", "n", "text", "more"]), PLAIN).map(
            lambda other: json.dumps({**event, **other}).encode(errors="replace")
        )
    ),
)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {"Data": DATA, "PartitionKey": st.text(max_size=5), "ShardId": st.sampled_from(["a", "b"])}
    ),
    max_size=6,
)


@settings(max_examples=200, deadline=None)
@given(RECORDS, st.integers(0, 9), PLAIN)
def test_no_record_raises_in_a_criterion(records: list[dict[str, Any]], count: int, returned: Any) -> None:
    calls = {"kinesis.PutRecord": count, "kinesis.PutRecords": count}
    Delivery(events=5, keys=2, seed=1, most_calls=3).judge(EVENTS, records, calls)
    sending = Sending(2, 2, 1)
    sending.judge(sending.events(), records, calls)
    now = datetime.now(UTC)
    judge_replay([], (now, now), returned)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["store", "setAside", "checkpoint", "x"]), PLAIN, PLAIN), max_size=6)
)
@example([("checkpoint", "9" * 5000, None), ("store", "9" * 5000, 2**1024), ("setAside", "1", {"a": 1})])
def test_no_record_processor_raises_in_its_play(said: list[tuple[str, Any, Any]]) -> None:
    class Performer:
        def tell(self, message: Mapping[str, Any], asked: Any, _seconds: float) -> Answer:
            for action, number, value in said:
                asked({"action": action, "sequenceNumber": number, "value": value, "data": value})
            return Returned(None)

        def renew(self) -> None: ...
        def ready(self) -> None: ...
        def let_in(self) -> None: ...
        def shut_out(self) -> None: ...

    performer: Any = Performer()
    run = Processing(batches=(3, 2), bad=(1,), refused={"0": ("ThrottlingException",)}, crashes=(1,))
    assert play(run, False, lambda: Stage(None, performer, "Processor", 1.0)) is not None
