"""The fixtures of the grader's tests, and an arena: one attack in one task, everything else solved."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.grader.conftest import Grader, Submit, course, grader, submit  # noqa: F401 - fixtures

TASK = "split_point"
POINTS = 3
REST = 17
"""Points of the other tasks, which are solved beside the attack."""


@dataclass
class Arena:
    """Hand in an attack as the answer to one task and look at the mark."""

    course: Path
    submit: Submit
    grader: Grader

    def attack(self, answer: str, *, sandbox: bool = True) -> dict[str, Any]:
        """The task's mark, after checking that the other tasks and a neighbour are unharmed."""
        self.submit("mallory", {TASK: answer}, solved=True)
        self.submit("neighbour", solved=True)
        done = self.grader(
            "autograde", "02-shards", "--trust", "--seed", "seed", "--workers", "1", sandbox=sandbox
        )
        assert done.returncode == 0, done.stderr
        lines = self.lines()
        assert lines["neighbour"]["score"] == POINTS + REST
        assert lines["mallory"]["sandbox"] == ("full" if sandbox else "none")
        self.line = lines["mallory"]
        return next(task for task in self.line["tasks"] if task["id"] == TASK)

    def said(self, answer: str, *, sandbox: bool = True) -> str:
        """What the attack's function returned, as the reasons quote it."""
        return " ".join(self.attack(answer, sandbox=sandbox)["reasons"])

    def lines(self) -> dict[str, dict[str, Any]]:
        text = (self.course / ".grader/02-shards/results.jsonl").read_text()
        return {line["student"]: line for line in map(json.loads, text.splitlines())}


@pytest.fixture
def arena(course: Path, submit: Submit, grader: Grader) -> Arena:  # noqa: F811 - pytest's way
    return Arena(course, submit, grader)


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
