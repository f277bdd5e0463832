"""`grader autograde` as an instructor meets it: a line for each submission, a reason for each lost point."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from grader.classroom.results import SCHEMA_FILE
from grader.engine.plan import load_plan
from grader.inside import preloaded
from grader.walls import wire
from tests.grader.conftest import Grader, Submit

AUTOGRADE = ("autograde", "02-shards", "--trust", "--seed", "seed")


def results(course: Path) -> dict[str, dict[str, Any]]:
    text = (course / ".grader/02-shards/results.jsonl").read_text()
    return {line["student"]: line for line in map(json.loads, text.splitlines())}


def task(line: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(task for task in line["tasks"] if task["id"] == name)
    return found


def test_solution_gets_full_marks_and_the_stub_none(course: Path, submit: Submit, grader: Grader) -> None:
    submit("ada", solved=True)
    submit("eve")
    done = grader(*AUTOGRADE)
    assert done.returncode == 0, done.stderr
    lines = results(course)
    assert (lines["ada"]["score"], lines["ada"]["max_score"]) == (25, 25)
    assert lines["eve"]["score"] == 0
    assert {t["outcome"] for t in lines["eve"]["tasks"]} == {"not_attempted"}


def test_every_line_follows_the_schema(course: Path, submit: Submit, grader: Grader) -> None:
    submit("ada", solved=True)
    submit("bob", {"split_point": "def split_point(shard):\n    return 1 / 0"})
    submit("eve").write_text("{")
    (course / "submitted/zoe").mkdir()
    grader(*AUTOGRADE)
    schema = json.loads(SCHEMA_FILE.read_text())
    lines = results(course)
    for line in lines.values():
        jsonschema.validate(line, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**lines["ada"], "status": "wonderful"}, schema)


def test_a_known_mistake_is_told_in_its_own_words(course: Path, submit: Submit, grader: Grader) -> None:
    wrong = course / "solutions/02-shards/wrong/split_point/forgets_start.py"
    submit("bob", {"split_point": wrong.read_text()}, solved=True)
    grader(*AUTOGRADE)
    mark = task(results(course)["bob"], "split_point")
    assert mark["misconception"] == "forgets_start"
    assert mark["points"] < mark["max_points"]
    assert mark["visible_points"] <= mark["max_points"]
    assert any("Read: course/02-shards.ipynb" in reason for reason in mark["reasons"])


def test_hidden_cases_catch_what_only_knows_the_visible_ones(
    course: Path, submit: Submit, grader: Grader
) -> None:
    checks = json.loads((course / "exercises/02-shards/.checks.json").read_text())
    parts = next(t for t in checks["tasks"] if t["id"] == "split_point")["parts"]
    known = {
        json.dumps(case["arguments"]["shard"], sort_keys=True): case["expected"]
        for part in parts
        for case in part["cases"]
    }
    learnt = f"import json\nKNOWN = {known!r}\ndef split_point(shard):\n"
    learnt += "    return KNOWN.get(json.dumps(shard, sort_keys=True), '0')"
    submit("bob", {"split_point": learnt})
    grader(*AUTOGRADE)
    mark = task(results(course)["bob"], "split_point")
    assert (mark["points"], mark["visible_points"]) == (0, mark["max_points"])
    assert "hidden" in " ".join(mark["reasons"])
    assert "expected" not in " ".join(mark["reasons"])


@pytest.mark.parametrize(
    ("answer", "outcome", "words"),
    [
        ("def split_point(shard):\n    import os\n    os._exit(0)", "crashed", "ended the process"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\ndef split_point(shard): return 1",
         "crashed", "ended the process"),
        ("def split_point(shard):\n    return undefined_name", "failed", "NameError"),
        ("def split_point(shard:\n    return 1", "failed", "SyntaxError"),
        ("def split_point(shard):\n    return object()", "failed", "type object"),
        ("def split_point(shard):\n    return input()", "failed", "returned ''"),
        ("def split_point(shard):\n    print(1)", "failed", "reaches no `return` with a value"),
    ],
)  # fmt: skip
def test_one_broken_task_costs_one_task(
    course: Path, submit: Submit, grader: Grader, answer: str, outcome: str, words: str
) -> None:
    submit("bob", {"split_point": answer}, solved=True)
    done = grader(*AUTOGRADE)
    assert done.returncode == 0, done.stderr
    line = results(course)["bob"]
    mark = task(line, "split_point")
    assert mark["outcome"] == outcome
    assert words in " ".join(mark["reasons"])
    assert line["score"] == 22


def test_an_endless_loop_costs_its_task_and_names_the_limit(
    course: Path, submit: Submit, grader: Grader
) -> None:
    loop = "def split_point(shard):\n    while True:\n        try:\n            while True: pass\n"
    loop += "        except BaseException: pass"
    submit("bob", {"split_point": loop}, solved=True)
    grader(*AUTOGRADE)
    line = results(course)["bob"]
    mark = task(line, "split_point")
    assert (mark["outcome"], mark["limit"]) == ("timeout", "limit for one call: 5 s")
    assert line["score"] == 22


def test_streams_warnings_and_helpers_cost_nothing(course: Path, submit: Submit, grader: Grader) -> None:
    noisy = (
        "import warnings, sys\n%config InlineBackend.close_figures = False\n"
        "def split_point(shard):\n    warnings.warn('careful'); print('here'); print('x', file=sys.stderr)\n"
        "    r = shard['HashKeyRange']\n    return middle(int(r['StartingHashKey']), int(r['EndingHashKey']))"
    )
    path = submit("bob", {"split_point": noisy}, solved=True)
    notebook = json.loads(path.read_text())
    helper = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None,
              "source": "!true\nimport asyncio\nawait asyncio.sleep(0)\n"
                        "def middle(a, b): return str((a + b) // 2)"}  # fmt: skip
    notebook["cells"].append(helper)
    path.write_text(json.dumps(notebook))
    grader(*AUTOGRADE)
    assert results(course)["bob"]["score"] == 25


def test_a_copied_stub_does_not_undo_the_answer(course: Path, submit: Submit, grader: Grader) -> None:
    path = submit("bob", solved=True)
    notebook, stub = json.loads(path.read_text()), json.loads(submit("eve").read_text())
    notebook["cells"] += [c for c in stub["cells"] if c["cell_type"] == "code"]
    path.write_text(json.dumps(notebook))
    grader(*AUTOGRADE)
    assert results(course)["bob"]["score"] >= 15  # the copied own-numbers cell is the stub's


class TestBadSubmissions:
    """Each gets a line that says what is wrong, and the others are graded."""

    def graded_beside(self, course: Path, submit: Submit, grader: Grader) -> dict[str, Any]:
        submit("ada", solved=True)
        done = grader(*AUTOGRADE)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        lines = results(course)
        assert lines["ada"]["score"] == 25
        return lines["bob"]

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "is empty"),
            (b'{"cells": [{"cell_type": "co', "breaks off"),
            (b"\xff\xfe\x00not a notebook", "not text in UTF-8"),
            (b"[1, 2, 3]", "no list of cells"),
            (b"[" * 200_000, "nested too deeply"),
            (b'{"cells": [], "metadata": {"kinesis_course": {"assignment": "00-welcome"}}}', "00-welcome"),
            (b'{"cells": [], "metadata": {}}', "none of the tasks"),
        ],
    )
    def test_unreadable(
        self, course: Path, submit: Submit, grader: Grader, content: bytes, words: str
    ) -> None:
        submit("bob").write_bytes(content)
        line = self.graded_beside(course, submit, grader)
        assert (line["status"], line["score"]) == ("unreadable", 0)
        assert words in line["warnings"][0]

    def test_truncated_anywhere(self, course: Path, submit: Submit, grader: Grader) -> None:
        path = submit("bob", solved=True)
        path.write_bytes(path.read_bytes()[:-40])
        assert self.graded_beside(course, submit, grader)["status"] == "unreadable"

    def test_renamed_by_a_browser_is_read_all_the_same(
        self, course: Path, submit: Submit, grader: Grader
    ) -> None:
        path = submit("bob", solved=True)
        path.rename(path.with_name("02-shards (1).ipynb"))
        line = self.graded_beside(course, submit, grader)
        assert line["score"] == 25
        assert "02-shards (1).ipynb" in line["warnings"][0]

    def test_missing(self, course: Path, submit: Submit, grader: Grader) -> None:
        submit("bob").unlink()
        assert self.graded_beside(course, submit, grader)["status"] == "missing"

    def test_two_candidates(self, course: Path, submit: Submit, grader: Grader) -> None:
        path = submit("bob", solved=True)
        (path.parent / "b.ipynb").write_bytes(path.read_bytes())
        path.rename(path.with_name("a.ipynb"))
        line = self.graded_beside(course, submit, grader)
        assert line["status"] == "unreadable"
        assert "a.ipynb, b.ipynb" in line["warnings"][0]

    def test_without_ids_and_metadata(self, course: Path, submit: Submit, grader: Grader) -> None:
        path = submit("bob", solved=True)
        notebook = json.loads(path.read_text())
        for cell in notebook["cells"]:
            cell.pop("id", None)
            cell["metadata"] = None
        path.write_text(json.dumps({"cells": notebook["cells"], "nbformat": 4, "nbformat_minor": 0}))
        assert self.graded_beside(course, submit, grader)["score"] == 25


class TestSecrets:
    def test_nothing_secret_is_where_the_learner_s_code_runs(
        self, course: Path, submit: Submit, grader: Grader
    ) -> None:
        look = (
            "def split_point(shard):\n    import gc, os, sys\n"
            "    secret = ('grader.engine.plan', 'grader.tasks.hidden', 'grader.engine.judge')\n"
            "    modules = [m for m in sys.modules if m in secret]\n"
            f"    seeds = [k for k, v in os.environ.items() if {'a seed for the tests'!r} in v]\n"
            "    cases = [o for o in gc.get_objects() if type(o).__name__ in ('Case', 'Task', 'Judge')]\n"
            "    return [modules, seeds, len(cases), sys.argv]"
        )
        submit("bob", {"split_point": look})
        grader(*AUTOGRADE)
        reasons = " ".join(task(results(course)["bob"], "split_point")["reasons"])
        assert "returned [[], [], 0, ['notebook']]" in reasons

    def test_the_control_finds_them_in_the_grader_s_own_process(self, course: Path) -> None:
        code = (
            "import gc\nfrom pathlib import Path\nfrom grader.engine.judge import Judge\n"
            "from grader.engine.plan import load_plan\n"
            "judge = Judge.draw(load_plan(Path('.'), '02-shards'), b'x')\n"
            "print(sum(type(o).__name__ == 'Case' for o in gc.get_objects()))"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=course, capture_output=True, text=True)
        assert int(done.stdout) > 50

    def test_marks_depend_on_the_seed_alone(self, course: Path, submit: Submit, grader: Grader) -> None:
        wrong = course / "solutions/02-shards/wrong/required_shards/adds_needs.py"
        submit("bob", {"required_shards": wrong.read_text()})
        grader(*AUTOGRADE)
        first = results(course)["bob"]["tasks"]
        (course / ".grader/02-shards/log.jsonl").unlink()
        grader(*AUTOGRADE)
        assert results(course)["bob"]["tasks"] == first


class TestCalls:
    """A wrong call is refused with a sentence and status 2, and nothing is written."""

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("autograde", "99-nothing", "--trust"), "no assignment '99-nothing'"),
            (("autograde", "02-shards", "--trust", "--submitted", "nowhere"), "no folder or zip nowhere"),
            (("autograde", "02-shards", "--trust", "--seed", "nowhere"), "cannot be read"),
            (("show", "02-shards"), "no results"),
            (("gradebook", "02-shards"), "no results"),
            (("mark", "99-nothing"), "no exercise"),
            (("whoami", "a/b"), "no slashes"),
            (("reset", "split_point"), "02-shards/split_point"),
        ],
    )
    def test_refused(
        self, course: Path, submit: Submit, grader: Grader, arguments: tuple[str, ...], words: str
    ) -> None:
        submit("ada")
        done = grader(*arguments)
        assert done.returncode == 2
        assert words in done.stderr
        assert "Traceback" not in done.stderr
        assert not (course / ".grader/02-shards/results.jsonl").exists()

    def test_untrusted_work_is_refused_without_a_sandbox(
        self, course: Path, submit: Submit, grader: Grader
    ) -> None:
        submit("ada", solved=True)
        done = grader("autograde", "02-shards", sandbox=False)
        assert done.returncode == 2
        assert "--trust" in done.stderr
        assert not (course / ".grader").exists()
        assert grader(*AUTOGRADE, sandbox=False).returncode == 0
        assert results(course)["ada"]["sandbox"] == "none"

    def test_doctor_says_what_this_machine_gives(self, grader: Grader) -> None:
        assert "Sandbox: none" in grader("doctor", sandbox=False).stdout
        assert "Sandbox: " in grader("doctor").stdout

    def test_a_seed_that_others_can_read(self, course: Path, submit: Submit, grader: Grader) -> None:
        submit("ada")
        (course / "seed").chmod(0o644)
        done = grader(*AUTOGRADE)
        assert done.returncode == 2
        assert "chmod 600" in done.stderr

    def test_outside_a_course(self, grader: Grader, tmp_path: Path) -> None:
        done = grader("autograde", "02-shards", "--trust", cwd=tmp_path)
        assert done.returncode == 2
        assert "not inside a course" in done.stderr

    def test_a_made_seed_is_its_owner_s_alone(self, course: Path, submit: Submit, grader: Grader) -> None:
        submit("ada")
        assert grader("autograde", "02-shards", "--trust").returncode == 0
        assert (course / ".grader/02-shards/seed").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("begun", [b"", b"f", b"f\0\0\0\x09{"])
def test_the_preloaded_process_ends_quietly_whenever_its_grader_does(tmp_path: Path, begun: bytes) -> None:
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        preloaded.command(theirs.fileno(), "none"),
        pass_fds=[theirs.fileno()],
        env=preloaded.clean_environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    theirs.close()
    wire.send(ours, {})
    assert ours.recv(16) == b"ready"
    if begun:
        socket.send_fds(ours, [begun], [0, 1])
    ours.close()
    _, words = process.communicate(timeout=30)
    assert (process.returncode, words) == (0, "")


class TestNothingLost:
    def test_what_is_graded_is_not_graded_again(self, course: Path, submit: Submit, grader: Grader) -> None:
        submit("ada", solved=True)
        grader(*AUTOGRADE)
        log = course / ".grader/02-shards/log.jsonl"
        before, lines = log.read_bytes(), results(course)
        grader(*AUTOGRADE)
        assert (log.read_bytes(), results(course)) == (before, lines)

    def test_a_changed_submission_is_graded_again(self, course: Path, submit: Submit, grader: Grader) -> None:
        submit("ada", solved=True)
        grader(*AUTOGRADE)
        submit("ada")
        grader(*AUTOGRADE)
        assert results(course)["ada"]["score"] == 0

    def test_a_torn_line_is_dropped(self, course: Path, submit: Submit, grader: Grader) -> None:
        submit("ada", solved=True)
        grader(*AUTOGRADE)
        log, lines = course / ".grader/02-shards/log.jsonl", results(course)
        log.write_bytes(log.read_bytes()[:-25])
        assert grader(*AUTOGRADE).returncode == 0
        again = results(course)
        assert again["ada"]["tasks"] == lines["ada"]["tasks"]
        assert len(log.read_text().splitlines()) == 6  # five whole lines, then the sixth again

    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
    def test_stopped_in_the_middle_and_run_again(
        self, course: Path, submit: Submit, grader: Grader, how: signal.Signals
    ) -> None:
        slow = "import time\ntime.sleep(0.5)\ndef split_point(shard): return 1"
        for number in range(8):
            submit(f"s{number}", {"split_point": slow}, solved=True)
        command = [sys.executable, "-m", "grader.cli", *AUTOGRADE, "--workers", "2"]
        running = subprocess.Popen(command, cwd=course, stderr=subprocess.PIPE, text=True)
        log = course / ".grader/02-shards/log.jsonl"
        end = time.monotonic() + 60
        while not (log.exists() and log.stat().st_size) and time.monotonic() < end:
            time.sleep(0.02)
        os.kill(running.pid, how)
        _, words = running.communicate(timeout=30)
        assert not (course / ".grader/02-shards/results.jsonl").exists()
        if how == signal.SIGINT:
            assert running.returncode == 130
            assert "Traceback" not in words
            assert "run the same command again" in words
        assert grader(*AUTOGRADE).returncode == 0
        lines = results(course)
        assert [line["score"] for line in lines.values()] == [22] * 8
        assert len(log.read_text().splitlines()) == 8 * 6


def test_more_are_graded_at_once_where_they_wait_for_the_lab(course: Path) -> None:
    from grader.classroom.autograde import default_workers

    plan = load_plan(course, "02-shards")
    alone = default_workers(plan)
    assert plan.services == frozenset()
    assert default_workers(replace(plan, services=frozenset({"kinesis"}))) == 2 * alone
