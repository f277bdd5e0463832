"""A course of one assignment with three small tasks, whose checks tests may change: made without nbgrader."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "90-small"
CHECKS = '''
"""Three tasks. `one` and `two` share a helper, `two` and `three` a list, `three` needs `two`."""

from lab.rules.prices import PAYLOAD_UNIT_KB
from grader.tasks.declaration import Cases, Task

STEP = [1]


def twice(n):
    return 2 * n


def one(n):
    return twice(n)


def two(n):
    return twice(n) + STEP[0]


def three(n):
    return n + STEP[0] + PAYLOAD_UNIT_KB


def case(rng):
    return {"n": rng.randrange(1000)}


def parts(points):
    return (Cases("all", points, "must be right", ({"n": 3},), case, 2),)


THREE = Task(id="three", title="Three", function="three", read="here", hints=("a three", "b"),
             oracle=three, parts=parts(4), needs=("two",))
TASKS = [
    Task(id="one", title="One", function="one", read="here", hints=("a one", "b"),
         oracle=one, parts=parts(1)),
    Task(id="two", title="Two", function="two", read="here", hints=("a two", "b"),
         oracle=two, parts=parts(2)),
    THREE,
]
'''
FOLDER = {
    "__init__.py": '''
"""Three tasks, as in CHECKS."""
from . import one, three, two
TASKS = [one.TASK, two.TASK, three.TASK]
''',
    "drawing.py": """
from grader.tasks.declaration import Cases
def case(rng):
    return {"n": rng.randrange(1000)}
def parts(points):
    return (Cases("all", points, "must be right", ({"n": 3},), case, 2),)
""",
    "doubling.py": "def twice(n):\n    return 2 * n\n",
    "steps.py": "STEP = [1]\n",
    "one.py": """
from grader.tasks.declaration import Task
from .doubling import twice
from .drawing import parts
def one(n):
    return twice(n)
TASK = Task(id="one", title="One", function="one", read="here", hints=("a one", "b"), oracle=one,
            parts=parts(1))
""",
    "two.py": '''
"""Task two."""
from grader.tasks.declaration import Task
from . import drawing
from .doubling import twice
from .steps import STEP
def two(n):
    return twice(n) + STEP[0]
TASK = Task(id="two", title="Two", function="two", read="here", hints=("a two", "b"), oracle=two,
            parts=drawing.parts(2))
''',
    "three.py": """
from grader.tasks.declaration import Task
from lab.rules.prices import PAYLOAD_UNIT_KB
from .drawing import parts
def three(n):
    from .steps import STEP
    return n + STEP[0] + PAYLOAD_UNIT_KB
TASK = Task(id="three", title="Three", function="three", read="here", hints=("a three", "b"), oracle=three,
            parts=parts(4), needs=("two",))
""",
}
"""The same with one file a task, and what tasks share in files beside them."""
RIGHT = {
    "one": "def one(n):\n    return 2 * n",
    "two": "def two(n):\n    return 2 * n + 1",
    "three": "def three(n):\n    return n + 26",
}


def code_cell(source: str, **flags: Any) -> dict[str, Any]:
    nbgrader = {"schema_version": 3, "task": False, "grade": False, "solution": False, "locked": False}
    return {
        "cell_type": "code",
        "id": flags["grade_id"].replace("_", "-"),
        "metadata": {"nbgrader": {**nbgrader, **flags}},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def notebook(answers: Mapping[str, str], version: str = "v1") -> str:
    cells = [code_cell("import time", grade_id="setup", locked=True)]
    for name, answer in answers.items():
        cells.append(code_cell(answer, grade_id=f"{name}_answer", solution=True))
        cells.append(code_cell(f'check("{name}")', grade_id=name, grade=True, points=1, locked=True))
    course = {"assignment": NAME, "version": version}
    metadata = {"kinesis_course": course}
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def make(root: Path, checks: str = CHECKS) -> Path:
    """The course in ROOT, with a seed; its checks.py."""
    for folder in ("solutions", "exercises"):
        (root / folder / NAME).mkdir(parents=True)
    stubs = {name: f"def {name}(n):\n    ..." for name in RIGHT}
    (root / "exercises" / NAME / f"{NAME}.ipynb").write_text(notebook(stubs))
    (root / "seed").write_text("a seed for the tests: long enough\n")
    (root / "seed").chmod(0o600)
    path = root / "solutions" / NAME / "checks.py"
    path.write_text(checks)
    return path


def as_folder(root: Path) -> Path:
    """The course in ROOT with its checks one file a task; the folder of these."""
    folder = root / "solutions" / NAME / "checks"
    folder.with_suffix(".py").unlink()
    folder.mkdir()
    for name, text in FOLDER.items():
        (folder / name).write_text(text)
    return folder


def hand_in(root: Path, student: str, **answers: str) -> Path:
    """A submission that is right but for the given answers; its path."""
    path = root / "submitted" / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook({**RIGHT, **answers}))
    return path


def results(root: Path) -> dict[str, dict[str, Any]]:
    """The results' lines by student, without the seconds, which differ from run to run."""
    text = (root / ".grader" / NAME / "results.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert len({line["student"] for line in lines}) == len(lines)
    return {line["student"]: {k: v for k, v in line.items() if k != "seconds"} for line in lines}


def log_lines(root: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (root / ".grader" / NAME / "log.jsonl").read_text().splitlines()]
