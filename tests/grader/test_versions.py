"""A task's version changes with all that its mark depends on, and with little else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grader.small_course import CHECKS, NAME, make

ROOT = Path(__file__).resolve().parents[2]
ALL = {"one", "two", "three"}
FOUR = """    Task(id="four", title="Four", function="four", read="here", hints=("a four", "b"),
         oracle=one, parts=parts(1)),
"""
DYNAMIC = CHECKS + "\n\ndef late():\n    return globals()['twice']\n"
COMPUTED = CHECKS + "\nTASKS = [task for task in TASKS]\n"


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
    ("checks", "old", "new", "expected"),
    [
        pytest.param(CHECKS, '"a one"', '"another hint"', {"one"}, id="a task's own words"),
        pytest.param(CHECKS, "    return twice(n)\n", "    return 1 * twice(n)\n", {"one"}, id="own oracle"),
        pytest.param(CHECKS, '"a two"', '"another hint"', {"two", "three"}, id="and who needs it"),
        pytest.param(CHECKS, "parts(4)", "parts(5)", {"three"}, id="points"),
        pytest.param(CHECKS, "return 2 * n", "return n + n", ALL, id="a shared helper"),
        pytest.param(CHECKS, "STEP = [1]", "STEP = [2]", {"two", "three"}, id="a shared value"),
        pytest.param(CHECKS, "randrange(1000)", "randrange(999)", ALL, id="how hidden cases are drawn"),
        pytest.param(CHECKS, '"""Three tasks.', '"""3 tasks.', set(), id="a text that only documents"),
        pytest.param(CHECKS, "STEP = [1]", "STEP = [1]  # a step", set(), id="a comment"),
        pytest.param(CHECKS, "STEP = [1]", "STEP = [1]\nSERVICES = ('s3',)", ALL, id="what all depend on"),
        pytest.param(CHECKS, "STEP = [1]", "STEP = [1]\nSTEP.append(2)", ALL, id="more than a definition"),
        pytest.param(CHECKS, "STEP = [1]", "STEP = [1]\nfor _ in STEP: pass", ALL, id="a loop"),
        pytest.param(CHECKS, "STEP = [1]", "STEP = [1]\ndef unused(): pass", ALL, id="whose is it?"),
        pytest.param(
            CHECKS, "STEP = [1]", "STEP = [1]\ngrown = STEP.append(2)", {"two", "three"}, id="in place"
        ),
        pytest.param(
            CHECKS,
            "STEP = [1]",
            "STEP = [1]\nALSO = STEP\ndef grow(_): ALSO.append(2)\n@grow\ndef grown(): pass",
            {"two", "three"},
            id="changed through another name",
        ),
        pytest.param(CHECKS, "    THREE,\n", FOUR + "    THREE,\n", {"four"}, id="a new task"),
        pytest.param(DYNAMIC, '"a one"', '"another hint"', ALL, id="names that cannot be followed"),
        pytest.param(COMPUTED, '"a one"', '"another hint"', ALL, id="computed TASKS"),
    ],
)  # fmt: skip
def test_a_change_reaches(tmp_path: Path, checks: str, old: str, new: str, expected: set[str]) -> None:
    path = make(tmp_path, checks)
    before = versions(tmp_path)
    assert old in checks
    path.write_text(checks.replace(old, new, 1))
    assert changed(before, versions(tmp_path)) == expected


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
    for package in ("grader", "lab"):
        ignored = shutil.ignore_patterns("emulator", "__pycache__")
        shutil.copytree(ROOT / package, tmp_path / "packages" / package, ignore=ignored)
    before = versions(tmp_path / "course", tmp_path / "packages")
    with (tmp_path / "packages" / module).open("a") as file:
        file.write("\nONE_MORE = 1\n")
    assert changed(before, versions(tmp_path / "course", tmp_path / "packages")) == expected
