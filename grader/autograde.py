"""`grader autograde`: every submission of an assignment, from nbgrader's folders to `results.jsonl`."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from grader import results, sandbox, seed
from grader.due import DueDate, lateness
from grader.engine import Judge, grade, lab_endpoint
from grader.log import Log, task_key
from grader.marking import TaskMark
from grader.plan import Plan, load_plan, older_plan
from grader.process import Preloaded
from grader.submission import NoNotebook, Submission, Unreadable, find_notebook, read_submission
from grader.whereabouts import CallError


@dataclass(frozen=True)
class Request:
    """One call of autograde, checked."""

    root: Path
    assignment: str
    submitted: Path
    results: Path
    state: Path
    """Where the log is kept, and the seed when none is named."""
    seed_file: Path | None = None
    workers: int = 2
    trust: bool = False
    due: DueDate | None = None
    expected: frozenset[str] = frozenset()
    """Learners of the roster: whoever of them handed in nothing gets a line too."""


@dataclass
class Counts:
    """What the progress line tells."""

    total: int
    done: int = 0
    troubled: int = 0
    started: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        rate = self.done / max(time.monotonic() - self.started, 1e-9)
        left = (self.total - self.done) / rate if rate else 0.0
        troubled = f" · {self.troubled} not readable" if self.troubled else ""
        return f"{self.done} of {self.total} graded{troubled} · {rate:.1f}/s · {left:.0f} s left"


def refuse_untrusted(trust: bool) -> None:
    """Without a sandbox, learners' code runs with the rights of whoever grades."""
    if not trust and sandbox.tier() == "none":
        raise CallError(
            "Grading runs the learners' code, and this machine gives no sandbox (see `grader doctor`): that "
            "code could read and change your files. If you trust these submissions, or grade on a machine "
            "you can lose, say so with --trust."
        )


def students(submitted: Path) -> list[str]:
    """Learners by their folders. Raises CallError when there is no such folder, or none in it."""
    if not submitted.is_dir():
        raise CallError(
            f"There is no folder {submitted}. Submissions are expected as "
            "submitted/<student>/<assignment>/<assignment>.ipynb; name another with --submitted."
        )
    found = sorted(p.name for p in submitted.iterdir() if p.is_dir() and not p.name.startswith("."))
    if not found:
        raise CallError(f"{submitted} holds no student's folder.")
    return found


class Run:
    """One grading run: plans by exercise version, the log, the lines of the results."""

    def __init__(self, request: Request) -> None:
        self.request = request
        plan = load_plan(request.root, request.assignment)
        self.secret = seed.read_or_make(
            request.seed_file or request.state / "seed", make=request.seed_file is None
        )
        self.judge = Judge.draw(plan, self.secret)
        self.judges = {self.judge.plan.release.version: self.judge}
        self.log = Log(request.state / "log.jsonl")
        self.endpoint = lab_endpoint(plan)

    @property
    def max_score(self) -> int:
        return sum(task.points for task in self.judge.plan.tasks)

    def judge_for(self, submission: Submission) -> Judge:
        """Old submissions are judged by the version that they carry, if it was kept."""
        version = submission.version
        if version is None:
            return self.judge
        if version not in self.judges:
            plan = older_plan(self.request.root, self.request.assignment, version)
            self.judges[version] = Judge.draw(plan, self.secret) if plan else self.judge
        judge = self.judges[version]
        if judge.plan.release.version != version:
            submission.warnings.append(
                f"It was made from version {version[:40]} of the exercise, which is not kept here; "
                "it is graded by the current one."
            )
        return judge

    def one(self, server: Callable[[], Preloaded], student: str) -> tuple[dict[str, Any], "Pending | None"]:
        """A submission's line, and what of it is still to be logged."""
        assignment = self.request.assignment
        try:
            submission = self._read(student)
            judge = self.judge_for(submission)
            keys = self._keys(judge.plan, submission, student)
            if (known := self.log.find(keys)) is not None:
                marks = [entry["mark"] for entry in known]
                return self._line(student, judge.plan, submission, marks, known[0]["seconds"]), None
            made, seconds = grade(server(), judge, submission, student, self.endpoint)
        except NoNotebook as missing:
            return results.line(student, assignment, "missing", self.max_score, warnings=[str(missing)]), None
        except Unreadable as problem:
            return results.line(
                student, assignment, "unreadable", self.max_score, warnings=[str(problem)]
            ), None
        pending = Pending(keys, student, made, seconds)
        line = self._line(student, judge.plan, submission, pending.data(), seconds)
        return line, pending

    def _read(self, student: str) -> Submission:
        folder = self.request.submitted / student / self.request.assignment
        path, warnings = find_notebook(folder, self.request.assignment)
        plan = self.judge.plan
        submission = read_submission(path, plan.release, plan.exercise.tasks)
        submission.warnings.extend(warnings)
        return submission

    def _keys(self, plan: Plan, submission: Submission, student: str) -> list[str]:
        # Without a sandbox the learner's code could have reached the checks: such a mark is another mark.
        versions = (submission.sha256, plan.release.version, plan.checks_version, sandbox.tier())
        return [task_key(*versions, seed.digest(self.secret), student, task.id) for task in plan.tasks]

    def _line(
        self, student: str, plan: Plan, submission: Submission, marks: list[dict[str, Any]], seconds: float
    ) -> dict[str, Any]:
        late_seconds, notes = lateness(self.request.due, student, submission.path)
        return results.line(
            student,
            plan.assignment,
            "graded",
            sum(task.points for task in plan.tasks),
            marks,
            [*submission.warnings, *notes],
            {
                "exercise": submission.version,
                "checks": plan.checks_version,
                "submission": submission.sha256,
                "seed": seed.digest(self.secret),
            },
            seconds,
            late_seconds,
        )


@dataclass(frozen=True)
class Pending:
    """Marks that are not in the log yet."""

    keys: list[str]
    student: str
    marks: list[TaskMark]
    seconds: float

    def data(self) -> list[dict[str, Any]]:
        return [asdict(mark) for mark in self.marks]


def autograde(request: Request, show: Callable[[str], None]) -> list[dict[str, Any]]:
    """Grade, log and write the results; `show` is given progress lines.

    Raises CallError before anything is written when the call is wrong.
    """
    refuse_untrusted(request.trust)
    names = sorted(request.expected.union(students(request.submitted)))
    run = Run(request)
    counts = Counts(len(names))
    lines = []
    for line, pending in _graded(run, names):
        if pending is not None:
            run.log.append(pending.keys, pending.student, pending.marks, pending.seconds)
        lines.append(line)
        counts.done += 1
        counts.troubled += line["status"] != "graded"
        show(counts.text())
    results.write(request.results, lines)
    return lines


def _graded(run: Run, names: list[str]) -> Iterator[tuple[dict[str, Any], Pending | None]]:
    """Lines as they become ready. The preloaded process starts when the first submission needs it."""
    server: list[Preloaded] = []

    def started() -> Preloaded:
        if not server:
            server.append(Preloaded(run.judge.plan.needs))
        return server[0]

    pool = ThreadPoolExecutor(max_workers=run.request.workers)
    try:
        if names:
            started()
        futures: dict[Future[tuple[dict[str, Any], Pending | None]], str] = {
            pool.submit(run.one, started, name): name for name in names
        }
        for future in as_completed(futures):
            try:
                yield future.result()
            except Exception as error:  # noqa: BLE001 - one submission's trouble is one line, never the end
                yield _error_line(run, futures[future], error), None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in server:
            process.close()


def _error_line(run: Run, student: str, error: Exception) -> dict[str, Any]:
    words = f"The grader failed on this submission ({type(error).__name__}: {error}). It is not a mark."
    print(f"{student}: {words}", file=sys.stderr)
    return results.line(student, run.request.assignment, "error", run.max_score, warnings=[words])


def default_workers() -> int:
    return os.cpu_count() or 1
