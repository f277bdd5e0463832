"""A15, A16, A18: hold up or fill the grader itself, outside the sandbox. The attack pays, no neighbour."""

import contextlib
import json
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.engine import process as process_module
from grader.engine.process import Allowance, LearnerProcess
from grader.tasks.answers import Returned, Stopped
from grader.workers import grading
from tests.attack.conftest import REST, TASK, Arena
from tests.grader import small_course
from tests.grader.conftest import Grader
from tests.grader.engine.test_session import answers, place, server

__all__ = ["place", "server"]
NAME = small_course.NAME
POLICY = """
from grader.tasks.policies import Decides

QUESTION = {"says": "ada reads", "caller": "arn:aws:iam::111122223333:user/ada",
            "action": "kinesis:GetRecords", "resource": "arn:aws:kinesis:us-east-1:111122223333:stream/s",
            "allowed": True}
TASKS.append(Task(id="policy", title="Policy", function="policy", read="here", hints=("a", "b"),
             oracle=lambda n: {"questions": [QUESTION]}, compare=Decides("identity"), parts=parts(1),
             seconds_per_call=1.0))
"""
RIGHT_POLICY = """def policy(n):
    allow = {"Effect": "Allow", "Action": "kinesis:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [allow]}
"""
LONG_ACTIONS = """def policy(n):
    allow = {"Effect": "Allow", "Action": ["kinesis:" + "*a" * 50_000] * 8, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [allow]}
"""
LONG_KEYS = "def one(n):\n    return {'k' * 900_000: 1, 'l': ['x' * 900_000]}"
LARGE = "def one(n):\n    return ['x' * 999_000] * 8"
TWINS = "def policy(n):\n    return '{' + ','.join(f'\"k{i}\": 1' for i in range(60_000)) + ', \"k1\": 2}'"
LOOP = """def one(n):
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
STORM = (
    "import os\ndef one(n):\n    block = bytearray(b'x') * 900_000_000\n    for _ in range(8):\n"
    "        if os.fork() == 0:\n            for at in range(0, len(block), 4096): block[at] = 1\n"
    "            os._exit(0)\n    os.wait()\n    return 2 * n"
)


def with_policy(**changed: str) -> str:
    answers = {**small_course.RIGHT, "policy": RIGHT_POLICY, **changed}
    return small_course.notebook(answers)


def short_lines() -> str:
    """A cell of 4 MiB, of which Python would make some 3.7 GiB."""
    notebook = json.loads(with_policy())
    cell = small_course.code_cell("a\n" * (2 * 2**20), grade_id="mine")
    return json.dumps({**notebook, "cells": [*notebook["cells"], cell]})


EIGHT: dict[str, Callable[[], str] | str] = {
    "long-actions": lambda: with_policy(policy=LONG_ACTIONS),
    "twins": lambda: with_policy(policy=TWINS),
    "short-lines": short_lines,
    "long-keys": lambda: with_policy(one=LONG_KEYS),
    "large": lambda: with_policy(one=LARGE),
    "many-values": lambda: '{"cells": [' + "[]," * 3_000_000 + "[]]}",
    "storm": lambda: with_policy(one=STORM),
    "loop": lambda: with_policy(one=LOOP),
}


def test_eight_of_these_among_forty_honest_ones(tmp_path: Path, grader: Grader) -> None:
    root = tmp_path / "small"
    small_course.make(root, small_course.CHECKS + POLICY)
    for number in range(40):
        small_course.hand_in(root, f"honest-{number:02}").write_text(with_policy())
    for name, text in EIGHT.items():
        made = text() if callable(text) else text
        small_course.hand_in(root, f"a-{name}").write_text(made)
    os.mkfifo(root / "submitted/a-loop" / NAME / f"{NAME} (1).ipynb")
    done = grader("autograde", NAME, "--trust", "--seed", "seed", "--workers", "2", cwd=root, seconds=600)
    assert done.returncode == 0, done.stderr
    found = small_course.results(root)
    assert len(found) == 48
    honest = [line for name, line in found.items() if name.startswith("honest")]
    assert {(line["status"], line["score"]) for line in honest} == {("graded", 8)}
    lost = {name: line["score"] for name, line in found.items() if name.startswith("a-")}
    assert lost["a-short-lines"] == 8, "what is left out costs no answer"
    assert "left out" in " ".join(found["a-short-lines"]["warnings"])
    assert found["a-many-values"]["status"] == "unreadable"
    del lost["a-short-lines"]
    assert all(score < 8 for score in lost.values()), "the control: each of them is met"
    assert (root / ".grader" / NAME / "results.jsonl").stat().st_size < 500_000
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    assert children < 2_300, f"{children:.0f} MiB in the largest process that the run had"


def test_a15_nothing_restarts_the_time_of_a_submission(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each case ends its process after a while; each new process runs the cells again."""
    slow = f"import os, time\ndef {TASK}(shard):\n    time.sleep(0.6)\n    os._exit(1)"
    monkeypatch.setattr(process_module, "SECONDS_OF_ALL", 2.0)
    mark = arena.grade("mallory", {name: slow.replace(TASK, name) for name in (TASK,)})[TASK]
    assert mark["points"] == 0
    loops = f"import time\ndef {TASK}(shard):\n    time.sleep(4)\n    return '0'"
    mark = arena.grade("mallory", {TASK: loops})[TASK]
    assert mark["limit"] == "limit for a whole submission: 2 s"
    monkeypatch.undo()
    assert arena.grade("mallory", {TASK: loops})[TASK]["limit"] is None, "the control"
    assert arena.score == REST


STORES = """
class Processor:
    def __init__(self, store, set_aside): self.store = store
    def initialize(self, given): pass
    def process_records(self, given):
        import signal, time
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        while True:
            self.store("1", 1)
            time.sleep(0.05)
"""


def test_a15_what_is_asked_meanwhile_does_not_restart_the_time(server: object, place: object) -> None:
    """`store` crosses to the grader and back; bounded by the 10,000 times of one message."""
    from grader.engine.process import Preloaded

    assert isinstance(server, Preloaded)
    told = []

    def asked(message: object) -> dict[str, object]:
        told.append(message)
        return {}

    with LearnerProcess(server, place) as process:  # type: ignore[arg-type]
        process.run(STORES, 30)
        process.tell({"action": "begin", "name": "Processor"}, asked, 1.0)
        number = "4968000000"
        process.tell({"action": "initialize", "shardId": "s", "sequenceNumber": number,
                      "subSequenceNumber": 0}, asked, 1.0)  # fmt: skip
        began = time.monotonic()
        answer = process.tell(
            {"action": "processRecords", "records": [], "millisBehindLatest": 0}, asked, 1.0
        )
        assert answer == Stopped("timeout", "limit for one call: 1 s")
        assert time.monotonic() - began < 30
    assert len(told) > 3, "the control: it was asked all the while"


def test_a18_all_answers_together_are_bounded(
    server: object, place: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = "def answer(number):\n    return 'x' * 900_000"
    monkeypatch.setattr(process_module, "BYTES_OF_ALL", 2_000_000)
    found = answers(server, place, cell)  # type: ignore[arg-type]
    assert any(isinstance(one, Stopped) for one in found)
    monkeypatch.undo()
    assert all(isinstance(one, Returned) for one in answers(server, place, cell))  # type: ignore[arg-type]
    assert Allowance().passed() is None, "the control"


def test_a15_the_grader_s_own_work_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is busy with: reading, comparing, waiting for a lab."""
    from grader.workers.jobs import Job

    class Busy(grading.Grading):
        def __init__(self) -> None: ...
        def _end_server(self) -> None: ...
        def _graded(self, job: Job) -> object:  # type: ignore[override]
            end = time.monotonic() + 20
            while time.monotonic() < end:
                with contextlib.suppress(Exception):  # as somebody's code might
                    sum(range(1000))
            raise AssertionError("it went on")

    monkeypatch.setattr(grading, "GIVE_UP", 0.2)
    answer = Busy().answer(Job("ada", "n.ipynb", b""))
    assert (answer.status, answer.words[:15]) == ("unreadable", "It was given up")
    monkeypatch.setattr(grading, "GIVE_UP", 60.0)
    monkeypatch.setattr(Busy, "_graded", lambda _self, _job: "graded")
    assert Busy().answer(Job("ada", "n.ipynb", b"")) == "graded", "the control"  # type: ignore[comparison-overlap]
