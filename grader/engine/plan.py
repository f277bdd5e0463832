"""What one assignment is graded by: its tasks, its release, their versions. Read once a run."""

import hashlib
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from grader.engine import kept, old_names
from grader.engine.submission import LONGEST_VERSION, Release
from grader.engine.versions import digest, task_versions
from grader.inside.preloaded import Needs
from grader.source import TEXT_STUB, cell_source, code_cells, grade_id, read_notebook, stub_of
from grader.tasks.declaration import AuthoringError, Task
from grader.tasks.exercise import Exercise, exercise_of, to_text
from grader.whereabouts import CallError
from lab.rules.control_token import LEARNER_SWITCHES


@dataclass(frozen=True)
class Plan:
    """Everything to grade one version of an assignment with."""

    assignment: str
    tasks: tuple[Task, ...]
    exercise: Exercise
    exercise_text: str
    release: Release
    versions: Mapping[str, str]
    """Of each task's checks, by the task's id (`grader.engine.versions`)."""
    checks_version: str
    """Of all of them together."""
    services: frozenset[str] = frozenset()
    """AWS services that the learner's code may call in the lab; none: it has no way out."""
    switches: frozenset[str] = frozenset()
    """The lab's own switches that it may touch, of its own account."""

    @property
    def version(self) -> str:
        """Of all that a submission is graded by: the same here and there, or marks differ."""
        release = self.release
        cells = json.dumps([release.version, release.setup, sorted(release.sources)])
        return digest(self.checks_version, cells, self.exercise_text)

    @property
    def needs(self) -> Needs:
        """What its notebooks import, to be paid for once."""
        withheld = [name for task in self.tasks for name in task.withheld]
        return Needs.of(self.release.sources, self.services, self.exercise_text, withheld)


def assignments(root: Path) -> list[str]:
    """Names of the assignments whose checks are here, in order."""
    folders = (path for path in (root / "solutions").glob("*") if path.is_dir())
    return sorted(folder.name for folder in folders if find_checks(folder) is not None)


def find_checks(folder: Path) -> Path | None:
    """Where FOLDER declares its tasks: `checks/__init__.py`, or `checks.py` for all tasks in one file."""
    for path in (folder / "checks" / "__init__.py", folder / "checks.py"):
        if path.is_file():
            return path
    return None


def load_checks(checks: Path) -> ModuleType:
    """Run what `find_checks` found. Raises AuthoringError when it cannot be."""
    name = "checks_" + hashlib.sha256(str(checks).encode()).hexdigest()[:16]
    beside = [str(checks.parent)] if checks.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, checks, submodule_search_locations=beside)
    if spec is None or spec.loader is None:
        raise AuthoringError(f"{checks} is not a Python file")
    for old in [known for known in sys.modules if known == name or known.startswith(f"{name}.")]:
        del sys.modules[old]  # its files may have changed since
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except AuthoringError:
        raise
    except Exception as error:
        raise AuthoringError(f"{checks} cannot be run: {type(error).__name__}: {error}") from error
    return module


def load_tasks(folder: Path) -> tuple[Task, ...]:
    """The TASKS of an assignment's source. Raises AuthoringError when it does not declare them."""
    checks = find_checks(folder)
    if checks is None:
        raise AuthoringError(f"{folder} declares no tasks: it has neither a folder checks nor a checks.py")
    return _tasks_of(load_checks(checks), checks)


def _tasks_of(module: ModuleType, checks: Path) -> tuple[Task, ...]:
    tasks = getattr(module, "TASKS", None)
    if not isinstance(tasks, Sequence) or not all(isinstance(task, Task) for task in tasks):
        raise AuthoringError(f"{checks} has no TASKS = [Task(...), ...]")
    ids = [task.id for task in tasks]
    if len(set(ids)) < len(ids):
        raise AuthoringError(f"{checks}: a task id stands twice")
    return tuple(tasks)


def read_release(notebook_path: Path, assignment: str) -> Release:
    """What learners got, from the source of an assignment or from a release that was kept.

    Never from exercises/ where there is a source: a self-paced learner works in that very notebook.
    """
    notebook = read_notebook(notebook_path)
    locked = tuple(
        cell_source(cell)
        for cell in code_cells(notebook)
        if grade_id(cell) and _is_setup(cell)
    )  # fmt: skip
    sources = frozenset(stub_of(cell_source(cell)).strip() for cell in code_cells(notebook))
    version = notebook.get("metadata", {}).get("kinesis_course", {}).get("version", "")
    prose = frozenset(
        cell_source(cell).strip() for cell in notebook["cells"] if cell["cell_type"] == "markdown"
    )
    return Release(assignment, version, locked, sources, _texts(notebook), prose)


def _texts(notebook: dict[str, Any]) -> dict[str, str]:
    """What stands in the markdown cells of manually graded answers, by their id: nbgrader's stub."""
    return {
        name: TEXT_STUB
        for cell in notebook["cells"]
        if cell["cell_type"] == "markdown" and (name := grade_id(cell)) is not None
    }


def _is_setup(cell: dict[str, dict[str, dict[str, object]]]) -> bool:
    flags = cell["metadata"]["nbgrader"]
    return bool(flags.get("locked")) and not flags.get("grade") and not flags.get("solution")


def load_plan(root: Path, assignment: str) -> Plan:
    """Raises CallError for an assignment that is not here, AuthoringError for damaged checks."""
    known = assignments(root)
    if assignment not in known:
        raise CallError(
            f"There is no assignment {assignment!r} to grade in {root / 'solutions'}. "
            + (f"There is: {', '.join(known)}." if known else "No folder in it has checks.")
        )
    released = root / "exercises" / assignment / f"{assignment}.ipynb"
    source = root / "solutions" / assignment / f"{assignment}.ipynb"
    if not released.is_file():
        raise CallError(f"{assignment} is not released: {released} is missing. Run `grader release`.")
    return _plan(root / "solutions" / assignment, source if source.is_file() else released, assignment)


def older_plan(root: Path, assignment: str, version: str) -> Plan | None:
    """The plan of an earlier release, if this course has kept it."""
    if not version.isalnum() or len(version) > LONGEST_VERSION:
        return None
    folder = kept.place(root, version)
    if (
        find_checks(folder) is None or not (folder / f"{assignment}.ipynb").is_file()
    ):  # or another assignment's
        return None
    with old_names.importable():
        return _plan(folder, folder / f"{assignment}.ipynb", assignment)


def with_todays_checks(older: Plan, current: Plan) -> Plan:
    """An earlier release's plan with the checks of today, task by task.

    A task keeps its own checks where today has none of its name, or other points or needs for it: hand-ins
    keep the points of their release. Tasks that were added since are not asked.
    """
    today = {task.id: task for task in current.tasks}
    chosen = []
    for task in older.tasks:
        other = today.get(task.id)
        same = other is not None and (other.points, other.builds_on) == (task.points, task.builds_on)
        chosen.append((other, current) if other is not None and same else (task, older))
    tasks = tuple(task for task, _ in chosen)
    exercise = exercise_of(older.assignment, tasks)
    versions = {task.id: plan.versions[task.id] for task, plan in chosen}
    return replace(
        older,
        tasks=tasks,
        exercise=exercise,
        exercise_text=to_text(exercise),
        versions=versions,
        checks_version=digest(*versions.values()),
        services=older.services | current.services,
        switches=older.switches | current.switches,
    )


class Plans:
    """The plan of the current release, and of earlier ones for the submissions that were made from them."""

    def __init__(self, root: Path, assignment: str, *, todays_checks: bool = False) -> None:
        """TODAYS_CHECKS: for hand-ins of earlier releases too. Raises as `load_plan` does."""
        self._root, self._assignment, self.todays_checks = root, assignment, todays_checks
        self.current = load_plan(root, assignment)
        self._kept: dict[str, Plan | None] = {self.current.release.version: self.current}

    def for_version(self, carried: str | None) -> tuple[Plan, str | None]:
        """The plan for a submission that carries this version, and a warning when it is not kept.

        Raises AuthoringError when what is kept of it is damaged.
        """
        if carried is None:
            return self.current, None
        if carried not in self._kept:
            older = older_plan(self._root, self._assignment, carried)
            if older is not None and self.todays_checks:
                older = with_todays_checks(older, self.current)
            self._kept[carried] = older
        if (plan := self._kept[carried]) is not None:
            return plan, None
        return self.current, (
            f"It was made from version {carried[:40]} of the exercise, which is not kept here; "
            "it is graded by the current one."
        )


def _plan(folder: Path, released: Path, assignment: str) -> Plan:
    checks = find_checks(folder)
    assert checks is not None
    module = load_checks(checks)
    tasks = _tasks_of(module, checks)
    exercise = exercise_of(assignment, tasks)
    text = to_text(exercise)
    services = frozenset(getattr(module, "SERVICES", ()))
    switches = frozenset(getattr(module, "SWITCHES", ())) & LEARNER_SWITCHES
    around = json.dumps([sorted(services), sorted(switches)])
    versions = task_versions(checks, tasks, text, around)
    return Plan(
        assignment,
        tasks,
        exercise,
        text,
        read_release(released, assignment),
        versions,
        digest(*versions.values()),
        services,
        switches,
    )
