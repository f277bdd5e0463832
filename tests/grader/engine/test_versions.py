"""A task's version changes with all that its mark depends on, and with little else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grader.small_course import CHECKS, FOLDER, NAME, as_folder, make

ROOT = Path(__file__).resolve().parents[3]
ALL = {"one", "two", "three"}


def versions(root: Path, packages: Path = ROOT) -> dict[str, str]:
    """As a new process finds them, with `grader` and `lab` from PACKAGES."""
    code = f"""if True:
        import json
        from pathlib import Path
        from grader.engine.plan import load_plan
        print(json.dumps(dict(load_plan(Path({str(root)!r}), {NAME!r}).versions)))"""
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run([sys.executable, "-P", "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        pytest.param("one.py", '"a one"', '"another hint"', {"one"}, id="a task's own words"),
        pytest.param("one.py", "return twice(n)\n", "return 1 * twice(n)\n", {"one"}, id="own oracle"),
        pytest.param("two.py", '"a two"', '"another hint"', {"two", "three"}, id="and who needs it"),
        pytest.param("three.py", "parts(4)", "parts(5)", {"three"}, id="points"),
        pytest.param(
            "doubling.py", "return 2 * n", "return n + n", {"one", "two", "three"}, id="a shared helper"
        ),
        pytest.param("drawing.py", "randrange(1000)", "randrange(999)", ALL, id="how hidden cases are drawn"),
        pytest.param("two.py", "Task two.", "Two.", set(), id="a text that only documents"),
        pytest.param("steps.py", "STEP = [1]", "STEP = [1]  # a step", set(), id="a comment"),
        pytest.param("__init__.py", "TASKS", "SERVICES = ('s3',)\nTASKS", ALL, id="what all depend on"),
        pytest.param(
            "__init__.py", "one.TASK, two.TASK", "two.TASK, one.TASK", set(), id="the order of tasks"
        ),
        pytest.param("steps.py", "STEP = [1]", "STEP = [1]\nSTEP.append(2)", {"two", "three"}, id="in place"),
    ],
)
def test_a_change_reaches(tmp_path: Path, file: str, old: str, new: str, expected: set[str]) -> None:
    make(tmp_path)
    path = as_folder(tmp_path) / file
    before, text = versions(tmp_path), path.read_text()
    assert before.keys() == ALL
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert changed(before, versions(tmp_path)) == expected


def test_a_new_task_changes_no_other(tmp_path: Path) -> None:
    make(tmp_path)
    folder = as_folder(tmp_path)
    before = versions(tmp_path)
    (folder / "four.py").write_text(FOLDER["one.py"].replace("one", "four"))
    tasks = (
        FOLDER["__init__.py"]
        .replace("import one", "import four, one")
        .replace("three.TASK]", "three.TASK, four.TASK]")
    )
    (folder / "__init__.py").write_text(tasks)
    assert changed(before, versions(tmp_path)) == {"four"}


def test_tasks_in_one_file_depend_on_all_of_it(tmp_path: Path) -> None:
    path = make(tmp_path)
    before = versions(tmp_path)
    path.write_text(CHECKS.replace('"a one"', '"another hint"'))
    assert changed(before, versions(tmp_path)) == ALL


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("lab/rules/prices.py", {"three"}),
        ("grader/tasks/compare.py", ALL),
        ("grader/walls/wire.py", ALL),
        ("grader/authoring/lint.py", set()),
    ],
)
def test_a_change_of_our_own_code_reaches(tmp_path: Path, module: str, expected: set[str]) -> None:
    make(tmp_path / "course")
    as_folder(tmp_path / "course")
    for package in ("grader", "lab"):
        ignored = shutil.ignore_patterns("emulator", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / "packages" / package, ignore=ignored)
    before = versions(tmp_path / "course", tmp_path / "packages")
    with (tmp_path / "packages" / module).open("a") as file:
        file.write("\nONE_MORE = 1\n")
    assert changed(before, versions(tmp_path / "course", tmp_path / "packages")) == expected
