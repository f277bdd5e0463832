"""Who of a class has reached what `certificate.toml` asks for, by what this computer graded.

A line of the results counts only as far as the log says the same: the results may be made again from the log,
so a line that was edited is found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.certificates.document import EXAM, Graded
from grader.certificates.exam_results import of_class
from grader.certificates.graded import of_exam, of_line
from grader.certificates.terms import FILE_NAME, Terms
from grader.classroom import results
from grader.classroom.autograde import task_keys
from grader.classroom.log import Log
from grader.engine.plan import Plans
from grader.whereabouts import STATE, CallError


@dataclass(frozen=True)
class Standing:
    """One learner: what was graded, and what is missing."""

    student: str
    parts: tuple[Graded, ...]
    missing: tuple[str, ...]


class Class:
    """What a class has done in some assignments and in the course exam."""

    def __init__(self, root: Path, terms: Terms, assignments: Sequence[str]) -> None:
        """Raises CallError where nothing was graded, or where no points are asked for."""
        self.root, self.terms, self.assignments = root, terms, assignments
        if unasked := [name for name in assignments if name not in terms.points]:
            raise CallError(
                f"{FILE_NAME} asks for no points in {', '.join(unasked)}: [require.points] says them."
            )
        self._lines = {name: self._read(name) for name in assignments}
        self._plans = {name: Plans(root, name) for name in assignments}
        self._logs = {name: Log(root / STATE / name / "log.jsonl") for name in assignments}

    def _read(self, assignment: str) -> dict[str, dict[str, Any]]:
        path = self.root / STATE / assignment / "results.jsonl"
        if not path.is_file():
            raise CallError(f"{assignment} is not graded here. Run `grader autograde {assignment}`.")
        try:
            return {line["student"]: line for line in results.read(path)}
        except (ValueError, KeyError, TypeError) as error:
            raise CallError(f"{path} does not hold results ({error}). Grade again.") from None

    def standing(self, student: str) -> Standing:
        """A learner's points, and a sentence for each thing that is missing."""
        parts, missing = [], []
        for name in self.assignments:
            line = self._lines[name].get(student)
            fault = self._fault(name, line)
            if fault or line is None:
                missing.append(f"{name}: {fault}")
            else:
                parts.append(of_line(line, self.terms.points[name]))
        if self.terms.needs_exam:
            exam, fault = self._exam(student)
            missing += [f"{EXAM}: {fault}"] if fault else []
            parts += [exam] if exam else []
        return Standing(student, tuple(parts), tuple(missing))

    def _fault(self, name: str, line: Mapping[str, Any] | None) -> str:
        """Why a line gives no certificate; "" where it does."""
        if line is None or line["status"] != "graded":
            return "nothing was graded" if line is None else f"it is {line['status']}"
        if not self.terms.enough(line["sandbox"]):
            return f"graded with sandbox {line['sandbox']}, and {FILE_NAME} asks for {self.terms.sandbox}"
        if any(task["outcome"] == "needs_manual" for task in line["tasks"]):
            return "it has answers that are marked by hand, which is not done by this command"
        if not self._in_log(name, line):
            return "its line in the results is not what the log says. Run `grader autograde` again"
        if line["score"] < self.terms.points[name]:
            return f"{line['score']:g} points, and {self.terms.points[name]:g} are asked for"
        return ""

    def _in_log(self, name: str, line: Mapping[str, Any]) -> bool:
        plan, _ = self._plans[name].for_version(line["exercise_version"])
        keys = task_keys(
            plan, line["submission_sha256"], line["sandbox"], line["seed_digest"], line["student"]
        )
        marks = [entry and entry["mark"] for entry in self._logs[name].find(keys)]
        if marks != line["tasks"] or line["checks_version"] != plan.checks_version:
            return False
        most = sum(task.points for task in plan.tasks)
        return bool(
            line["score"] == sum(task["points"] for task in line["tasks"]) and line["max_score"] == most
        )

    def _exam(self, student: str) -> tuple[Graded | None, str]:
        result = of_class(self.root, student)
        if result is None:
            return None, "no result of the class that was marked here, in time"
        least = result["pass_line"] if self.terms.exam is None else self.terms.exam
        if result["points"] < least:
            return None, f"{result['points']:g} points, and {least:g} are asked for"
        return of_exam(result, least), ""
