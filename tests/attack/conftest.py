"""The fixtures of the grader's tests, and an arena: one attack in one task, everything else solved."""

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from grader.authoring.compose import compose, hand_in
from grader.engine.judge import NO_LAB, Judge, grade
from grader.engine.plan import load_plan
from grader.engine.process import Preloaded
from grader.engine.submission import parse_notebook, read_submission
from grader.walls import sandbox as sandbox_module
from tests.grader.conftest import ROOT, SECRET, Grader, Submit, course, grader, submit  # noqa: F401 - fixtures

TASK = "split_point"
POINTS = 3
REST = 22
"""Points of the other tasks, which are solved beside the attack."""


class Servers:
    """A grading run's preloaded process, which every attack meets after those before it; and one without
    the sandbox, as `--trust` has it where the machine gives none."""

    def __init__(self, keeping: contextlib.ExitStack) -> None:
        self._keeping = keeping
        self._made: dict[str, Preloaded] = {}

    def get(self) -> Preloaded:
        tier = sandbox_module.tier()
        if tier not in self._made:
            self._made[tier] = self._keeping.enter_context(Preloaded())
        return self._made[tier]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with contextlib.ExitStack() as keeping:
        yield Servers(keeping)


@pytest.fixture(scope="session")
def judge() -> Judge:
    return Judge.draw(load_plan(ROOT, "02-shards"), SECRET.encode())


class Arena:
    """Grade an attack as the answer to one task and look at the mark."""

    def __init__(self, servers: Servers, judge: Judge, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._servers, self._judge, self._monkeypatch = servers, judge, monkeypatch

    def attack(self, answer: str, *, sandbox: bool = True) -> dict[str, Any]:
        """The task's mark, after checking that a neighbour, graded next, is unharmed."""
        mark = self.grade("mallory", {TASK: answer}, sandbox=sandbox)[TASK]
        rest = self.score - mark["points"]
        assert self.grade("neighbour")[TASK]["points"] == POINTS
        assert self.score == POINTS + REST
        self.score = mark["points"] + rest
        return mark

    def grade(
        self, student: str, answers: dict[str, str] | None = None, *, sandbox: bool = True
    ) -> dict[str, dict[str, Any]]:
        """A submission's marks by task; `score` is their sum. What it has no answer for is solved."""
        source = ROOT / "solutions/02-shards/02-shards.ipynb"
        path = hand_in(self.folder, student, "02-shards", compose(source, answers or {}, solved=True))
        return self.grade_file(path, student, sandbox=sandbox)

    def grade_file(self, path: Path, student: str, *, sandbox: bool = True) -> dict[str, dict[str, Any]]:
        plan = self._judge.plan
        raw = path.read_bytes()
        notebook = parse_notebook(raw, path.name)
        submission = read_submission(raw, notebook, plan.release, plan.exercise.tasks)
        with self._monkeypatch.context() as patch:
            if not sandbox:
                patch.setattr(sandbox_module, "tier", lambda: "none")
            marks, _ = grade(self._servers.get(), self._judge, submission, student, NO_LAB)
        self.score = sum(mark.points for mark in marks)
        return {mark.id: asdict(mark) for mark in marks}

    def said(self, answer: str, *, sandbox: bool = True) -> str:
        """What the attack's function returned, as the reasons quote it."""
        return " ".join(self.attack(answer, sandbox=sandbox)["reasons"])


@pytest.fixture
def arena(servers: Servers, judge: Judge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Arena:
    return Arena(servers, judge, tmp_path / "submitted", monkeypatch)


def lines(course: Path) -> dict[str, dict[str, Any]]:  # noqa: F811 - pytest's way
    """The results of `grader autograde` by learner."""
    text = (course / ".grader/02-shards/results.jsonl").read_text()
    return {line["student"]: line for line in map(json.loads, text.split("\n")[:-1])}


Control = Callable[[str], bool]


@pytest.fixture
def naive() -> Control:
    """A grader as others are: it asserts in the learner's own interpreter. True: full marks."""
    from IPython.core.interactiveshell import InteractiveShell

    def marks(answer: str) -> bool:
        shell = InteractiveShell()
        shell.run_cell(answer)
        test = (
            "EXPECTED = '42'\n"
            "shard = {'HashKeyRange': {'StartingHashKey': '0', 'EndingHashKey': '85'}}\n"
            "assert split_point(shard) == EXPECTED"
        )
        return bool(shell.run_cell(test).success)

    return marks
