"""Nothing is lost: whatever is killed or full, the same command goes on, and the results are the same."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from grader.inside import preloaded
from grader.walls import sandbox
from tests.grader.small_course import (
    CHECKS,
    FOLDER,
    NAME,
    RIGHT,
    as_folder,
    hand_in,
    log_lines,
    make,
    notebook,
    results,
)

AUTOGRADE = (sys.executable, "-m", "grader.cli", "autograde", NAME, "--trust", "--seed", "seed")
SLOW = "time.sleep(0.3)\n" + RIGHT["one"]
WRONG = "def two(n):\n    return 2 * n"
needs_sandbox = pytest.mark.skipif(sandbox.tier() == "none", reason="this machine gives no sandbox")

Kill = Callable[[psutil.Process], None]


@pytest.fixture
def course(tmp_path: Path) -> Path:
    make(tmp_path)
    return tmp_path


def start(course: Path, *arguments: str, **more: Any) -> "subprocess.Popen[str]":
    command = [*AUTOGRADE, *arguments]
    return subprocess.Popen(
        command, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more
    )


def grade(course: Path, *arguments: str, **more: Any) -> str:
    """What it said on both streams; it has to succeed."""
    running = start(course, *arguments, **more)
    said, complained = running.communicate(timeout=100)
    assert running.returncode == 0, complained
    assert "Traceback" not in complained
    return said + complained


def below(parent: psutil.Process, module: str) -> list[psutil.Process]:
    """Children that run this module of ours. (What they fork has the same words in its command line.)"""
    found = []
    with suppress(psutil.Error):
        for process in parent.children():
            with suppress(psutil.Error):
                if module in process.cmdline():
                    found.append(process)
    return found


def wait_for(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


def logged(course: Path) -> int:
    log = course / ".grader" / NAME / "log.jsonl"
    return len(log.read_bytes().splitlines()) if log.exists() else 0


def undisturbed(course: Path) -> dict[str, dict[str, Any]]:
    """The results of a run from nothing."""
    (course / ".grader" / NAME / "log.jsonl").unlink()
    grade(course)
    return results(course)


def servers(parent: psutil.Process) -> list[psutil.Process]:
    return [
        one
        for worker in below(parent, "grader.workers.worker")
        for one in below(worker, "grader.inside.preloaded")
    ]


def at_work(server: psutil.Process) -> bool:
    """Is there a learner's process, beside the one that makes sandboxes?"""
    with suppress(psutil.Error):
        return len(server.children()) > (sandbox.tier() == "full")
    return False


def kill_worker(parent: psutil.Process) -> None:
    below(parent, "grader.workers.worker")[0].kill()


def kill_preloaded(parent: psutil.Process) -> None:
    wait_for(lambda: [server for server in servers(parent) if at_work(server)])[0].kill()


def kill_learner_s_sandboxes(parent: psutil.Process) -> None:
    """Their processes 1, whose end ends the learner's process: the children of the ones that make them."""
    for server in wait_for(lambda: [one for one in servers(parent) if at_work(one)]):
        for maker in server.children():
            with suppress(psutil.Error):  # a learner's process may have ended meanwhile
                for first in maker.children():
                    first.kill()


class TestKilled:
    @pytest.mark.parametrize(
        "kill",
        [kill_worker, kill_preloaded, pytest.param(kill_learner_s_sandboxes, marks=needs_sandbox)],
    )
    def test_a_process_that_is_killed_costs_time_and_no_mark(self, course: Path, kill: Kill) -> None:
        for number in range(6):
            hand_in(course, f"s{number}", one=SLOW, two=WRONG)
        running = start(course, "--workers", "2")
        wait_for(lambda: logged(course))
        kill(psutil.Process(running.pid))
        _, words = running.communicate(timeout=100)
        assert running.returncode == 0, words
        assert "Traceback" not in words
        after = results(course)
        assert [line["score"] for line in after.values()] == [1] * 6
        assert len(log_lines(course)) == 6 * 3
        assert after == undisturbed(course)

    def test_a_submission_that_costs_every_worker_is_given_up_with_words(self, course: Path) -> None:
        hand_in(course, "ada", one="time.sleep(20)\n" + RIGHT["one"])
        running = start(course, "--workers", "1")
        killed = 0
        while running.poll() is None:
            with suppress(psutil.Error):
                for worker in below(psutil.Process(running.pid), "grader.workers.worker"):
                    if any(map(at_work, below(worker, "grader.inside.preloaded"))):
                        worker.kill()
                        worker.wait(10)
                        killed += 1
            time.sleep(0.02)
        running.communicate()
        assert killed == 3
        line = results(course)["ada"]
        assert (line["status"], line["score"], line["tasks"]) == ("error", 0, [])
        assert "ended by SIGKILL (tried 3 times)" in line["warnings"][0]
        assert logged(course) == 0
        hand_in(course, "ada")
        grade(course)
        assert results(course)["ada"]["score"] == 7

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
    def test_no_process_outlives_the_grader(self, course: Path, how: signal.Signals, tmp_path: Path) -> None:
        (tmp_path / "scratch").mkdir()
        for number in range(4):
            hand_in(course, f"s{number}", one="time.sleep(25)\n" + RIGHT["one"])
        environment = {**os.environ, "TMPDIR": str(tmp_path / "scratch")}
        running = start(course, "--workers", "2", env=environment)
        grader = psutil.Process(running.pid)
        wait_for(lambda: len(grader.children(recursive=True)) >= 8)
        family = grader.children(recursive=True)
        os.kill(running.pid, how)
        running.communicate(timeout=30)
        wait_for(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in family), 10)
        wait_for(lambda: not list((tmp_path / "scratch").iterdir()), 10)

    @pytest.mark.parametrize("processes", [1, 3, 4, 5, 6, 7])
    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
    def test_nothing_is_left_at_whatever_moment(
        self, course: Path, how: signal.Signals, processes: int, tmp_path: Path
    ) -> None:
        """While the first ones start, that is: each makes files then."""
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        hand_in(course, "ada", one="time.sleep(25)\n" + RIGHT["one"])
        hand_in(course, "ben", one="time.sleep(25)\n" + RIGHT["one"])
        running = start(course, "--workers", "2", env={**os.environ, "TMPDIR": str(scratch)})
        grader = psutil.Process(running.pid)
        wait_for(lambda: any(scratch.iterdir()) and len(grader.children(recursive=True)) >= processes)
        os.kill(running.pid, how)
        _, words = running.communicate(timeout=30)
        assert "Traceback" not in words
        wait_for(lambda: not list(scratch.iterdir()), 10)

    def test_a_preloaded_process_whose_grader_is_gone_makes_no_file(self, tmp_path: Path) -> None:
        ours, theirs = socket.socketpair()
        ours.close()
        with theirs:
            command = preloaded.command(theirs.fileno(), "none")
            environment = preloaded.clean_environment(tmp_path)
            subprocess.run(command, env=environment, pass_fds=[theirs.fileno()], timeout=60, check=True)
        assert not list(tmp_path.iterdir())

    def test_a_worker_whose_grader_is_gone_leaves_no_file(self, tmp_path: Path) -> None:
        ours, theirs = socket.socketpair()
        ours.close()
        with theirs:
            command = [sys.executable, "-m", "grader.workers.worker", str(theirs.fileno())]
            environment = {**os.environ, "TMPDIR": str(tmp_path)}
            subprocess.run(command, env=environment, pass_fds=[theirs.fileno()], timeout=60, check=True)
        assert not list(tmp_path.iterdir())

    def test_a_learner_who_ends_the_own_process_has_crashed_it(self, course: Path) -> None:
        """The control of the killed guard: this is the learner's doing, and a mark."""
        hand_in(course, "ada", one="def one(n):\n    import os\n    os._exit(0)")
        grade(course)
        assert [task["outcome"] for task in results(course)["ada"]["tasks"]] == [
            "crashed",
            "passed",
            "passed",
        ]


class TestFullDisk:
    def check(self, course: Path, **more: Any) -> None:
        """It stops with a sentence; with room again, the same command completes the results."""
        for number in range(8):
            hand_in(course, f"s{number}", two=WRONG)
        running = start(course, **more)
        _, words = running.communicate(timeout=100)
        assert running.returncode == 1
        assert "Traceback" not in words
        assert "log.jsonl" in words or "No space left" in words or "File too large" in words
        assert not (course / ".grader" / NAME / "results.jsonl").exists()
        assert 0 < logged(course) < 8 * 3
        before = log_lines(course)  # every line of it is whole

        if room := more.get("room"):
            room()
        grade(course)
        assert log_lines(course)[: len(before)] == before
        assert len(log_lines(course)) == 8 * 3
        assert results(course) == undisturbed(course)

    def test_a_file_that_may_not_grow(self, course: Path) -> None:
        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))

        self.check(course, preexec_fn=limit)

    @pytest.fixture
    def small_disk(self, course: Path) -> Iterator[Path]:
        folder = course / ".grader"
        folder.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
        if os.getuid() or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip(
                "a disk of its own cannot be mounted here; the limit on files' sizes is tested instead"
            )
        yield folder
        subprocess.run(["umount", str(folder)], check=True)

    def test_a_disk_that_is_full(self, course: Path, small_disk: Path) -> None:
        for number in range(8):
            hand_in(course, f"s{number}", two=WRONG)
        running = start(course)
        _, words = running.communicate(timeout=100)
        assert (running.returncode, "Traceback" in words) == (1, False)
        assert "No space left on device" in words
        before = log_lines(course)
        assert 0 < len(before) < 8 * 3
        subprocess.run(["mount", "-o", "remount,size=1m", str(small_disk)], check=True)
        grade(course)
        assert log_lines(course)[: len(before)] == before
        assert len(log_lines(course)) == 8 * 3
        assert results(course) == undisturbed(course)


class TestLog:
    def test_a_damaged_line_is_no_mark_and_its_task_is_graded_again(self, course: Path) -> None:
        hand_in(course, "ada")
        hand_in(course, "bob", two=WRONG)
        grade(course)
        log, whole = course / ".grader" / NAME / "log.jsonl", results(course)
        lines = log.read_bytes().splitlines(keepends=True)
        lines[1] = b"\0" * (len(lines[1]) - 1) + b"\n"
        log.write_bytes(b"".join(lines))
        grade(course)
        assert results(course) == whole
        assert len(log.read_bytes().splitlines()) == 6 + 1

    def test_two_at_once_take_turns(self, course: Path) -> None:
        for number in range(4):
            hand_in(course, f"s{number}", one="time.sleep(1.5)\n" + RIGHT["one"])
        first = start(course, "--workers", "1")
        wait_for(lambda: logged(course))
        said = grade(course)
        assert first.wait(100) == 0
        first.communicate()
        assert "Waiting for another process" in said
        assert len(log_lines(course)) == 4 * 3


class Noted:
    """A submission that notes its calls; only without a sandbox can it."""

    def __init__(self, course: Path) -> None:
        self.course, self.path = course, course / "calls"
        bodies = {"one": "2 * n", "two": "2 * n + 1", "three": "n + 26"}
        answers = {
            name: f"def {name}(n):\n    open({str(self.path)!r}, 'a').write('{name} ')\n    return {body}"
            for name, body in bodies.items()
        }
        hand_in(course, "ada", **answers)

    def tasks_run(self, *arguments: str) -> set[str]:
        self.path.write_text("")
        grade(self.course, *arguments, env={**os.environ, sandbox.SWITCH: "off"})
        return set(self.path.read_text().split())


class TestAgain:
    def test_a_changed_check_is_graded_again_alone(self, course: Path) -> None:
        noted, checks = Noted(course), as_folder(course)
        assert noted.tasks_run() == {"one", "two", "three"}
        assert noted.tasks_run() == set()
        (checks / "one.py").write_text(FOLDER["one.py"].replace("return twice(n)\n", "return twice(n) + 7\n"))
        assert noted.tasks_run() == {"one"}
        line = results(course)["ada"]
        assert {task["id"]: task["points"] for task in line["tasks"]} == {"one": 0, "two": 2, "three": 4}
        assert [entry["mark"]["id"] for entry in log_lines(course)] == ["one", "two", "three", "one"]
        (course / ".grader" / NAME / "log.jsonl").unlink()
        noted.tasks_run()
        assert results(course)["ada"] == line

    def test_a_mark_that_needs_another_follows_it(self, course: Path) -> None:
        noted, checks = Noted(course), as_folder(course)
        noted.tasks_run()
        (checks / "two.py").write_text(FOLDER["two.py"].replace("twice(n) + STEP[0]", "twice(n) - STEP[0]"))
        assert noted.tasks_run() == {"two"}
        outcomes = {task["id"]: task["outcome"] for task in results(course)["ada"]["tasks"]}
        assert outcomes == {"one": "passed", "two": "failed", "three": "skipped"}
        (checks / "two.py").write_text(FOLDER["two.py"])
        assert noted.tasks_run() == set()  # those marks are in the log still
        assert results(course)["ada"]["score"] == 7

    def test_shared_code_is_graded_again_wherever_it_is_used(self, course: Path) -> None:
        noted, checks = Noted(course), as_folder(course)
        noted.tasks_run()
        (checks / "doubling.py").write_text("def twice(n):\n    return n + n\n")
        assert noted.tasks_run() == {"one", "two"} | {"three"}  # which needs two

    def test_only_what_is_named(self, course: Path) -> None:
        noted = Noted(course)
        hand_in(course, "bob", two=WRONG)
        noted.tasks_run()
        whole = results(course)
        assert noted.tasks_run("--only", "ada/one") == {"one"}
        assert noted.tasks_run("--only", "ada/two") == {"two", "three"}  # whose mark follows
        assert noted.tasks_run("--only", "bob") == set()
        assert noted.tasks_run("--only", "ada", "--only", "bob/one") == {"one", "two", "three"}
        assert results(course) == whole

    def test_only_keeps_the_lines_of_those_who_are_not_graded_yet(self, course: Path) -> None:
        noted = Noted(course)
        hand_in(course, "bob", two=WRONG)
        noted.tasks_run()
        before = results(course)
        hand_in(course, "bob")
        noted.tasks_run("--only", "ada/one")
        assert results(course) == before

    @pytest.mark.parametrize(
        ("only", "words"), [("eve", "no submission of 'eve'"), ("ada/four", "it has: one, two, three")]
    )
    def test_only_a_wrong_name(self, course: Path, only: str, words: str) -> None:
        hand_in(course, "ada")
        running = start(course, "--only", only)
        _, said = running.communicate(timeout=60)
        assert (running.returncode, words in said) == (2, True)
        assert {path.name for path in (course / ".grader" / NAME).iterdir()} == {"lock"}


class TestOlderRelease:
    """A submission is graded by the release that it carries, if that is kept."""

    def release(self, course: Path, version: str, checks: str, setup: str) -> None:
        """What `grader release` keeps of a version."""
        kept = course / ".grader/releases" / version
        kept.mkdir(parents=True)
        (kept / "checks.py").write_text(checks)
        stubs = {name: f"def {name}(n):\n    ..." for name in RIGHT}
        text = notebook(stubs, version).replace('"import time"', json.dumps(setup))
        (kept / f"{NAME}.ipynb").write_text(text)

    def test_old_checks_and_old_set_up(self, course: Path) -> None:
        old = CHECKS.replace("return 2 * n", "return 20 * n")
        self.release(course, "old", old, "FACTOR = 20")
        path = hand_in(course, "ada", one="def one(n):\n    return FACTOR * n")
        path.write_text(path.read_text().replace('"version": "v1"', '"version": "old"'))
        path = hand_in(course, "bob", one="def one(n):\n    return FACTOR * n")
        path = hand_in(course, "eve")
        path.write_text(path.read_text().replace('"version": "v1"', '"version": "lost"'))
        grade(course)
        lines = results(course)
        assert {task["id"]: task["points"] for task in lines["ada"]["tasks"]}["one"] == 1
        assert (lines["ada"]["exercise_version"], lines["ada"]["warnings"]) == ("old", [])
        assert {task["id"]: task["points"] for task in lines["bob"]["tasks"]}["one"] == 0
        assert lines["eve"]["score"] == 7
        assert "version lost of the exercise, which is not kept here" in lines["eve"]["warnings"][0]
        grade(course)
        assert results(course) == lines
        assert logged(course) == 9

    def test_checks_that_import_the_modules_names_of_then(self, course: Path) -> None:
        """Kept before the modules moved; outside of such checks nothing knows the old names."""
        old = CHECKS.replace("return 2 * n", "return 20 * n")
        old = old.replace("grader.tasks.declaration", "grader.task").replace("lab.rules.prices", "lab.prices")
        assert "from grader.task import" in old
        self.release(course, "old", old, "FACTOR = 20")
        path = hand_in(course, "ada", one="def one(n):\n    return FACTOR * n")
        path.write_text(path.read_text().replace('"version": "v1"', '"version": "old"'))
        grade(course)
        line = results(course)["ada"]
        assert {task["id"]: task["points"] for task in line["tasks"]} == {"one": 1, "two": 0, "three": 0}
        (course / "solutions" / NAME / "checks.py").write_text(old)
        assert "No module named 'lab.prices'" in start(course).communicate(timeout=60)[1]

    def test_damaged_it_is_no_reason_for_a_wrong_mark(self, course: Path) -> None:
        self.release(course, "old", "TASKS = [", "import time")
        path = hand_in(course, "ada")
        path.write_text(path.read_text().replace('"version": "v1"', '"version": "old"'))
        hand_in(course, "bob")
        running = start(course)
        said = "".join(running.communicate(timeout=100))
        assert running.returncode == 1, "the grader failed on one"
        lines = results(course)
        assert (lines["ada"]["status"], lines["bob"]["score"]) == ("error", 7)
        assert "cannot be run: SyntaxError" in said


def test_progress_tells_rate_and_time_left(course: Path) -> None:
    from grader.classroom.autograde import Request, autograde

    hand_in(course, "ada")
    hand_in(course, "bob").write_text("{")
    (course / "submitted/eve").mkdir()
    state = course / ".grader" / NAME
    told: list[str] = []
    request = Request(
        course, NAME, course / "submitted", state / "results.jsonl", state, course / "seed", 1, True
    )
    thread = threading.Thread(target=autograde, args=(request, told.append))  # from any thread
    thread.start()
    thread.join(100)
    assert told[-1].startswith("3 of 3 done · 2 failed · ")
    assert told[-1].endswith("/s · 0 s left")
