"""Waits pass quickly in some runs: no mark hangs on it, no limit, and no clock that the code may read."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.compose import compose
from grader.engine import waits
from grader.engine.plan import Plans
from grader.engine.process import Allowance, LearnerProcess, Place, Preloaded
from grader.engine.waits import pace_of, reads_no_other_clock
from grader.inside.preloaded import Needs
from grader.tasks.answers import Answer, Raised, Returned, Stopped
from grader.tasks.scenarios import Delivery, Sending
from grader.walls import sandbox, tree
from grader.workers.grading import Grading
from grader.workers.jobs import Job, Setup
from lab.aws.instance import Instance
from tests.conftest import STATE

ROOT = Path(__file__).resolve().parents[3]
ASSIGNMENT = ROOT / "solutions/06-throttling"
PACES = (1.0, 10.0, 50.0)
LIMIT = 5.0
"""Seconds."""

WAITS = """
import time
import time as t
from time import monotonic, sleep

def answer(times, seconds):
    began, wall, fine = t.monotonic(), time.time(), time.perf_counter_ns()
    for _ in range(times):
        time.sleep(seconds)
    passed = [t.monotonic() - began, time.time() - wall, (time.perf_counter_ns() - fine) / 1e9]
    return all(times * seconds <= one + 0.001 for one in passed)

def until(seconds):
    turns, end = 0, monotonic() + seconds
    while monotonic() < end:
        turns += 1
        sleep(0.4)
    return turns

def in_a_thread(seconds):
    import threading
    other = threading.Thread(target=time.sleep, args=(seconds,))
    began = time.monotonic()
    other.start()
    time.sleep(seconds / 2)
    other.join()
    return time.monotonic() - began < seconds * 1.4

def badly(seconds):
    time.sleep(seconds)
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Preloaded]:
    with Preloaded(Needs(services=("kinesis",))) as preloaded:
        yield preloaded


@dataclass
class Asked:
    """What a function of WAITS answers at a pace."""

    process: LearnerProcess

    def __call__(self, pace: float, function: str, **arguments: Any) -> Answer:
        (answer,) = self.process.calls(function, [json.dumps(arguments)], LIMIT, pace=pace)
        return answer


@pytest.fixture
def asked(server: Preloaded, tmp_path: Path) -> Iterator[Asked]:
    inside = sandbox.tier() == "full"
    home = tree.WORK if inside else str(tmp_path)
    place = Place(inside, None, home, {}, {"HOME": home, "TMPDIR": home, "PATH": os.defpath})
    with LearnerProcess(server, place) as process:
        process.run(WAITS, 30)
        yield Asked(process)


@pytest.mark.parametrize("pace", PACES)
def test_clocks_move_by_what_was_waited_and_the_limit_counts_it(asked: Asked, pace: float) -> None:
    assert asked(pace, "answer", times=2, seconds=0.5) == Returned(True)
    assert asked(pace, "until", seconds=1.0) == Returned(3)
    answer = asked(pace, "badly", seconds=-1)
    assert isinstance(answer, Raised)
    assert answer.type == "ValueError"
    assert asked(pace, "answer", times=4, seconds=2.0) == Stopped("timeout", "limit for one call: 5 s")


def test_nobody_is_hurried_who_does_two_things_at_once(asked: Asked) -> None:
    assert asked(50.0, "in_a_thread", seconds=1.5) == Returned(True)


def test_what_was_skipped_is_taken_from_the_whole_time_but_no_more_than_the_limit() -> None:
    allowance = Allowance(seconds=100.0)
    allowance.skip(30.0, 40.0)
    assert 69 < allowance.left <= 70
    for said in (1e9, -5.0, "x", None, float("nan")):
        allowance.skip(said, 10.0)
    assert 59 < allowance.left <= 60


@pytest.mark.parametrize(
    "text",
    [
        "import json, random\nimport time\nimport boto3\nfrom botocore.config import Config\nn % 3",
        "def f():\n    import time\n    time.sleep(1)",
    ],
)
def test_code_with_no_other_clock_is_hurried_where_a_run_allows_it(text: str) -> None:
    run, timed = Delivery(events=1, keys=1, seed=1, most_calls=1), Sending(devices=1, each=1, seed=1)
    assert pace_of(run, [text]) == waits.PACE
    assert pace_of(timed, [text]) == 1.0


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime",
        "import os\nos.times()",
        "import threading",
        "import asyncio",
        "import time, uuid",
        "import pandas as pd",
        "x = 1; import subprocess",
        "time.clock_gettime(1)",
        "getattr(time, 'clock' + '_gettime')",
        "answer['ResponseMetadata']['HTTPHeaders']",
        "%run other",
        "when = !date",
        "open('/proc/uptime')",
    ],
)
def test_code_that_may_read_another_clock_is_not(text: str) -> None:
    assert not reads_no_other_clock(text)


def test_the_same_marks_at_every_pace(running_lab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that boto3 waits for as well, and one that is wrong by how it counts boto3's tries."""
    monkeypatch.setenv("LAB_STATE", os.environ[STATE])
    known = Instance().running
    assert known is not None
    assert known.endpoint == running_lab
    hand_ins = [
        compose(ASSIGNMENT / "06-throttling.ipynb", {"deliver": text}, solved=True)
        for text in (
            (ASSIGNMENT / "right/deliver/boto3_retries.py").read_text(),
            (ASSIGNMENT / "wrong/deliver/counts_tries_once.py").read_text(),
        )
    ]
    grading = Grading(Setup.of(ROOT, bytes(32), Plans(ROOT, "06-throttling")))
    try:
        seen = {pace: _marks(grading, hand_ins, pace, monkeypatch) for pace in PACES}
    finally:
        grading.close()
    assert seen[1.0] == seen[10.0] == seen[50.0]
    assert [marks["points"] for marks in seen[50.0]] == [7, 6]


def _marks(
    grading: Grading, hand_ins: list[str], pace: float, monkeypatch: pytest.MonkeyPatch
) -> list[dict[str, Any]]:
    monkeypatch.setattr(waits, "PACE", pace)
    answers = [
        grading.answer(Job("ada", "06-throttling.ipynb", text.encode(), ("deliver",))) for text in hand_ins
    ]
    assert [answer.status for answer in answers] == ["graded"] * len(hand_ins)
    return [answer.marks[0] for answer in answers]
