"""Grading with real Dask schedulers and workers: a worker that is killed costs time and no mark."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from grader.walls.sandbox import SWITCH
from lab.machine.processes import is_alive
from tests.grader.classroom.test_nothing_lost import SLOW, WRONG, below, logged, undisturbed, wait_for
from tests.grader.small_course import CHECKS, NAME, RIGHT, hand_in, log_lines, make, results

Join = Callable[..., "subprocess.Popen[str]"]


def python(*arguments: str, cwd: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", *arguments]
    return subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make(tmp_path / "course")
    return tmp_path / "course"


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[str]:
    """The address of one on a free port."""
    with ExitStack() as stack:
        told = tmp_path / "scheduler.json"
        run = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        process = python(*run, "--scheduler-file", str(told), cwd=tmp_path)
        stack.callback(ended, process)
        wait_for(told.exists)
        yield wait_for(lambda: told.read_text() and json.loads(told.read_text())["address"])


@pytest.fixture
def join(scheduler: str) -> Iterator[Join]:
    """`grader worker` in a course's folder."""
    with ExitStack() as stack:

        def joined(course: Path, count: int = 1) -> "subprocess.Popen[str]":
            process = python("grader.cli", "worker", scheduler, "--workers", str(count), cwd=course)
            stack.callback(ended, process)
            assert process.stdout is not None
            assert "joined" in process.stdout.readline()
            return process

        yield joined


def start(course: Path, scheduler: str) -> "subprocess.Popen[str]":
    run = ("grader.cli", "autograde", NAME, "--trust", "--seed", "seed", "--scheduler", scheduler)
    return python(*run, cwd=course)


def at_work(hosts: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The Dask workers below it that have started a worker process of ours."""
    with suppress(psutil.Error):
        return [one for one in psutil.Process(hosts.pid).children() if below(one, "grader.workers.worker")]
    return []


def test_a_worker_that_is_killed_costs_time_and_no_mark(course: Path, scheduler: str, join: Join) -> None:
    for number in range(8):
        hand_in(course, f"s{number}", one=SLOW, two=WRONG)
    hosts = join(course, 2)
    running = start(course, scheduler)
    wait_for(lambda: logged(course))
    family = psutil.Process(hosts.pid).children(recursive=True)
    at_work(hosts)[0].kill()
    said, words = running.communicate(timeout=100)
    assert running.returncode == 0, words
    assert "8 students: 8 graded" in said
    assert len({line["key"] for line in log_lines(course)}) == len(log_lines(course)) == 8 * 3
    after = results(course)
    assert [line["score"] for line in after.values()] == [1] * 8

    family += psutil.Process(hosts.pid).children(recursive=True)
    hosts.send_signal(signal.SIGINT)
    hosts.communicate(timeout=30)
    wait_for(lambda: not any(map(is_alive, family)), 10)
    assert after == undisturbed(course)


def test_no_process_outlives_a_killed_host(course: Path, scheduler: str, join: Join) -> None:
    hand_in(course, "ada", one="time.sleep(25)\n" + RIGHT["one"])
    hosts = join(course)
    running = start(course, scheduler)
    wait_for(lambda: at_work(hosts))
    family = psutil.Process(hosts.pid).children(recursive=True)
    hosts.kill()
    wait_for(lambda: not any(map(is_alive, family)), 20)
    running.kill()
    running.communicate()


def another(course: Path) -> Path:
    """The same course with a helper written in another way."""
    other = course.with_name("other")
    shutil.copytree(course, other)
    checks = CHECKS.replace("return 2 * n", "return n + n")
    (other / "solutions" / NAME / "checks.py").write_text(checks)
    return other


def test_a_worker_with_another_course_is_refused(course: Path, scheduler: str, join: Join) -> None:
    hand_in(course, "ada")
    join(another(course))
    running = start(course, scheduler)
    _, words = running.communicate(timeout=60)
    assert running.returncode == 2
    assert "another version of 90-small" in words
    assert "Traceback" not in words
    assert not (course / ".grader" / NAME / "results.jsonl").exists()


def test_one_that_joins_in_the_middle_is_sent_away(
    course: Path, scheduler: str, join: Join, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a sandbox, so that the submissions can wait until it has joined."""
    monkeypatch.setenv(SWITCH, "off")
    flag = tmp_path / "joined"
    wait = f"import os\nfor _ in range(250):\n    os.path.exists({str(flag)!r}) or time.sleep(0.1)\n"
    wait = f"open({str(flag.with_name('begun'))!r}, 'w').close()\n" + wait
    for number in range(12):
        hand_in(course, f"s{number}", **{name: wait + answer for name, answer in RIGHT.items()})
    other = another(course)
    join(course)
    running = start(course, scheduler)
    wait_for(lambda: flag.with_name("begun").exists())
    join(other)
    flag.touch()
    _, words = running.communicate(timeout=150)
    assert running.returncode == 0, words
    assert "Sent away" in words
    assert "another version of 90-small" in words
    assert [line["score"] for line in results(course).values()] == [7] * 12


def test_a_scheduler_that_is_not_there(course: Path) -> None:
    hand_in(course, "ada")
    running = start(course, "tcp://127.0.0.1:9")
    _, words = running.communicate(timeout=60)
    assert (running.returncode, "No Dask scheduler answers at tcp://127.0.0.1:9" in words) == (2, True), words
    assert "Traceback" not in words
