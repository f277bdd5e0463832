"""The lab dies while submissions that use it are graded: no mark is lost, and none is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.aws.instance import Instance, private_lab
from lab.machine.ports import ANY_PORT
from tests.grader.classroom.test_nothing_lost import wait_for
from tests.grader.small_course import NAME, hand_in, log_lines, make, results

CHECKS = """
from grader.tasks.declaration import Cases, Task

SERVICES = ("kinesis",)
TASKS = [
    Task(id="kept", title="Kept", function="kept", read="here", hints=("a", "b"),
         oracle=lambda n: "ACTIVE", seconds_per_call=20.0,
         parts=(Cases("all", 1, "must find the stream", ({"n": 1},), lambda rng: {"n": 2}, 1),)),
]
"""
KEPT = """
import boto3, time
kinesis = boto3.client("kinesis")
kinesis.create_stream(StreamName="mine", ShardCount=1)
kinesis.get_waiter("stream_exists").wait(StreamName="mine", WaiterConfig={"Delay": 1})
def kept(n):
    time.sleep(1.5)
    try:
        return kinesis.describe_stream_summary(StreamName="mine")["StreamDescriptionSummary"]["StreamStatus"]
    except Exception as error:
        return f"gone: {error}"
"""


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    with private_lab() as instance:
        monkeypatch.setenv("LAB_STATE", str(instance.state))
        yield instance


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make(tmp_path, CHECKS)
    for number in range(3):
        path = hand_in(tmp_path, f"s{number}")
        notebook = json.loads(path.read_text())
        notebook["cells"][1]["source"] = KEPT
        notebook["cells"][1]["metadata"]["nbgrader"]["grade_id"] = "kept_answer"
        path.write_text(json.dumps(notebook))
    return tmp_path


def start(course: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "grader.cli", "autograde", NAME, "--trust", "--workers", "1"]
    return subprocess.Popen(command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def first_is_done(course: Path) -> bool:
    log = course / ".grader" / NAME / "log.jsonl"
    return log.exists() and log.stat().st_size > 0


def test_a_dead_lab_is_told_and_the_next_run_completes(course: Path, lab: Instance) -> None:
    running = start(course)
    wait_for(lambda: first_is_done(course))
    lab.down()
    _, words = running.communicate(timeout=100)
    assert running.returncode == 1, words
    assert "Traceback" not in words
    lines = results(course)
    assert [lines[f"s{number}"]["status"] for number in range(3)] == ["graded", "error", "error"]
    assert "the lab" in lines["s1"]["warnings"][0]
    assert "tried 3 times" in lines["s1"]["warnings"][0]
    assert [entry["mark"]["points"] for entry in log_lines(course)] == [1]

    lab.up(ANY_PORT)
    running = start(course)
    _, words = running.communicate(timeout=100)
    assert running.returncode == 0, words
    assert [(line["status"], line["score"]) for line in results(course).values()] == [("graded", 1)] * 3
    assert len(log_lines(course)) == 3
