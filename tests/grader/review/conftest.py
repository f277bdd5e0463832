"""A class that has handed in texts: results made by hand, notebooks as learners would have saved them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from grader.authoring.compose import compose, hand_in
from grader.engine.handed import read_handed
from grader.tasks.exercise import variant_index
from tests.grader import made_results
from tests.grader.made_results import line, task

NAME = "05-capacity-modes"
ESSAY = "We take on demand: 812 USD a month, provisioned 640 USD. Spikes are left out. Double would turn it."
SHORT = "Provisioned, since it is cheap."

HandIn = Callable[[Mapping[str, str]], list[str]]


def twins() -> tuple[str, str]:
    """Two learners with the same own numbers in task `pick`."""
    seen: dict[int, str] = {}
    for number in range(100):
        student = f"twin{number:02}"
        if (other := seen.get(index := variant_index(student, "pick"))) is not None:
            return other, student
        seen[index] = student
    raise AssertionError("a hundred learners share 32 variants")


@pytest.fixture
def texts(course: Path) -> HandIn:
    """Hand in these texts for `defence`, by student, with results that wait for a person."""

    def made(given: Mapping[str, str]) -> list[str]:
        source = course / f"solutions/{NAME}/{NAME}.ipynb"
        lines = []
        for student, text in given.items():
            notebook = json.loads(compose(source, {}, solved=True))
            for cell in notebook["cells"]:
                if cell["metadata"].get("nbgrader", {}).get("grade_id") == "defence":
                    cell["source"] = text
            hand_in(course / "submitted", student, NAME, json.dumps(notebook))
            digest = read_handed(course / "submitted" / student / NAME, NAME).digest
            marks = [
                task("monthly_cost", 1, 3, reasons=["Your function forgets the readers."]),
                task("pick", 2, 2),
                task("defence", 0, 2, "needs_manual", reasons=["A person marks this text."]),
            ]
            lines.append(line(student, marks, NAME, submission_sha256=digest))
        made_results.write(course, lines, NAME)
        return list(given)

    return made
