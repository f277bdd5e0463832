"""`grader autograde`: every submission of an assignment, from nbgrader's folders to `results.jsonl`.

This process reads submissions as bytes, looks up in the log what is known of them, and writes down what its
workers answer. It runs none of a learner's code and parses none of a learner's files.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from grader.classroom import results
from grader.classroom.collect import Collected, collect
from grader.classroom.due import DEFAULT_RULE, DueDate, Rule, lateness
from grader.classroom.log import Log, Reading, task_key
from grader.classroom.roster import Learner
from grader.classroom.told import changes, graded_by
from grader.engine import kept
from grader.engine.handed import Handed, read_handed
from grader.engine.judge import lab_endpoint
from grader.engine.plan import Plan, Plans, assignments
from grader.engine.submission import NoNotebook, Unreadable
from grader.tasks import seed
from grader.walls import sandbox
from grader.whereabouts import CallError
from grader.workers.jobs import Answer, Job, Setup
from grader.workers.pool import Pool
from lab.machine.locks import locked

if TYPE_CHECKING:
    from grader.workers.cluster import Cluster


SHOWN = 50
"""Names in a list that a person reads."""


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
    workers: int | None = 2
    """Processes that grade; None: as many as `default_workers` says."""
    trust: bool = False
    due: DueDate | None = None
    expected: frozenset[str] = frozenset()
    """Learners of the roster: whoever of them handed in nothing gets a line too."""
    scheduler: str | None = None
    """Address of a Dask scheduler, whose workers grade instead of processes on this machine."""
    only: tuple[str, ...] = ()
    """STUDENT or STUDENT/TASK: grade these again, and no others."""
    attempts: Rule = DEFAULT_RULE
    """Which of several hand-ins of a learner counts."""
    todays_checks: bool = False
    """Grade hand-ins of earlier releases by today's checks, not by those of their release."""
    keeps: bool = False
    """Keep today's checks for the current release's hand-ins (`grader.engine.kept`)."""
    roster: tuple[Learner, ...] = ()
    """The class, to know by names and numbers whose a course system's files are."""


class Workers(Protocol):
    """What grades: processes on this machine, or on others."""

    def run(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Answer]]:
        """Answers as they come, one for each job."""


@dataclass
class Counts:
    """What the progress line tells."""

    total: int
    done: int = 0
    failed: int = 0
    graded: int = 0
    """Of those done, the ones that were not known from an earlier run: they alone tell the rate."""
    started: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        rate = self.graded / max(time.monotonic() - self.started, 1e-9)
        failed = f" · {self.failed} failed" if self.failed else ""
        left = f" · {rate:.1f}/s · {(self.total - self.done) / rate:.0f} s left" if rate else ""
        return f"{self.done} of {self.total} done{failed}{left}"


def refuse_untrusted(trust: bool) -> None:
    """Without a sandbox, learners' code runs with the rights of whoever grades."""
    if not trust and sandbox.tier() == "none":
        raise CallError(
            "Grading runs the learners' code, and this machine gives no sandbox (see `grader doctor`): that "
            "code could read and change your files. If you trust these submissions, or grade on a machine "
            "you can lose, say so with --trust."
        )


def refuse_exposed(request: Request) -> None:
    """The sandbox shows the system and Python's own folder: what must stay unseen cannot lie there."""
    if request.trust:
        return
    seed_file = request.seed_file or request.state
    for path in (request.root / "solutions", request.submitted, request.results, request.state, seed_file):
        if (shown := sandbox.shown_at(path)) is not None:
            raise CallError(
                f"{path} lies in {shown}, which learners' code can read in the sandbox: Python and the "
                "system are there. Move the course, the submissions and the seed to another folder."
            )


def students(collected: Collected) -> set[str]:
    """Learners by their folders and zips. Raises CallError when there is none."""
    folders = {p.name for p in collected.folder.iterdir() if p.is_dir() and not p.name.startswith(".")}
    if not folders and not collected.problems:
        names = ", ".join(map(ascii, collected.passed_over[:SHOWN]))
        lies = f" In it lies: {names}." if names else ""
        raise CallError(f"{collected.folder} holds no student's folder and no zip.{lies}")
    return folders.union(collected.problems)


@dataclass(frozen=True)
class _Found:
    """A hand-in, and where it lies."""

    notebook: Path
    folder: Path
    warnings: tuple[str, ...]


class Run:
    """One grading run: plans by exercise version, the log, the lines of the results."""

    def __init__(
        self,
        request: Request,
        plans: Plans,
        collected: Collected,
        secret: bytes,
        again: Mapping[str, set[str]],
    ) -> None:
        self.request, self.plans, self.collected = request, plans, collected
        self.secret, self._digest = secret, seed.digest(secret)
        self._again = again
        """Tasks to be graded again though they are known, by student."""
        self.log = Log(request.state / "log.jsonl")
        self.lines: dict[str, dict[str, Any]] = {}
        self._found: dict[tuple[str, str], _Found] = {}
        """By student and digest."""

    def jobs(self, names: Sequence[str]) -> Iterator[Job]:
        """What is to be graded; the lines of all others are there then."""
        for name in names:
            for folder in self.collected.folders(name, self.request.assignment):
                try:
                    job = self._job(name, folder)
                except Exception as error:  # noqa: BLE001 - one submission's trouble is one line, never the end
                    self._fault(name, f"{type(error).__name__}: {error}")
                    continue
                if job is not None:
                    yield job

    def _job(self, student: str, folder: Path) -> Job | None:
        try:
            if student in self.collected.problems:
                raise Unreadable(self.collected.problems[student])
            handed = read_handed(folder, self.request.assignment)
        except NoNotebook as missing:
            self._failed(student, "missing", str(missing))
            return None
        except Unreadable as problem:
            self._failed(student, "unreadable", str(problem))
            return None
        self._found[student, handed.digest] = _Found(handed.path, folder, handed.warnings)
        return self._missing(student, handed)

    def _missing(self, student: str, handed: Handed) -> Job | None:
        """The job of what is not known of this hand-in; None, and its line, when all is."""
        submission, name = handed.digest, handed.path.name
        reading = self.log.reading(student, submission)
        if reading is None:
            return Job(student, name, handed.notebook, None, handed.modules)
        plan, _ = self.plans.for_version(reading.carried)
        known = self.log.find(self._keys(plan, submission, student))
        again = followers(plan, self._again.get(student, set()))
        only = tuple(
            task.id
            for task, entry in zip(plan.tasks, known, strict=True)
            if entry is None or task.id in again
        )
        if only:
            return Job(student, name, handed.notebook, only, handed.modules)
        self._known(student, submission, reading)
        return None

    def done(self, job: Job, answer: Answer) -> None:
        """Log what a worker answered, and make the line of it. Raises OSError when it cannot be written."""
        if answer.status == "fault":
            self._fault(job.student, answer.words)
        elif answer.status == "unreadable":
            self._failed(job.student, "unreadable", answer.words)
        else:
            reading = Reading(answer.carried, tuple(answer.warnings))
            plan, _ = self.plans.for_version(answer.carried)
            if answer.checks != plan.checks_version:
                self._fault(job.student, "its worker has other checks for the version that it was made from")
                return
            keys = dict(
                zip((t.id for t in plan.tasks), self._keys(plan, job.digest, job.student), strict=True)
            )
            marks = [(keys[mark["id"]], mark) for mark in answer.marks]
            self.log.append(job.student, job.digest, reading, marks, answer.seconds)
            self._known(job.student, job.digest, reading)

    def _keys(self, plan: Plan, submission: str, student: str) -> list[str]:
        # Without a sandbox the learner's code could have reached the checks: such a mark is another mark.
        return task_keys(plan, submission, sandbox.tier(), self._digest, student)

    def _known(self, student: str, submission: str, reading: Reading) -> None:
        """The line of a submission that is in the log as a whole."""
        plan, unkept = self.plans.for_version(reading.carried)
        found = self._found[student, submission]
        late_seconds, notes = lateness(self.request.due, student, found.notebook, found.folder)
        entries = [entry for entry in self.log.find(self._keys(plan, submission, student)) if entry]
        line = results.line(
            student,
            plan.assignment,
            "graded",
            sum(task.points for task in plan.tasks),
            [entry["mark"] for entry in entries],
            [*reading.warnings, *found.warnings, *([unkept] if unkept else []), *notes],
            {
                "exercise": reading.carried,
                "checks": plan.checks_version,
                "submission": submission,
                "seed": self._digest,
            },
            max(entry["seconds"] for entry in entries),
            late_seconds,
        )
        self._keep(line)

    def _failed(self, student: str, status: str, words: str) -> None:
        most = sum(task.points for task in self.plans.current.tasks)
        self._keep(results.line(student, self.request.assignment, status, most, warnings=[words]))

    def _keep(self, line: dict[str, Any]) -> None:
        """The line of a learner; of several hand-ins that of the best, and of equal ones of the last."""
        before = self.lines.get(line["student"])
        if before is None or not self._is_one_of_several(line) or self._worth(line) >= self._worth(before):
            self.lines[line["student"]] = line

    def _is_one_of_several(self, line: Mapping[str, Any]) -> bool:
        return self.request.attempts == "best" and line["student"] in self.collected.attempts

    def _worth(self, line: Mapping[str, Any]) -> tuple[bool, float, int]:
        order = [one.digest for one in self.collected.attempts[line["student"]]]
        submission = line["submission_sha256"]
        place = order.index(submission) if submission in order else -1
        return line["status"] == "graded", line["score"], place

    def told(self) -> list[dict[str, Any]]:
        """The lines; of a learner with several hand-ins it says which counts."""
        for student, line in self.lines.items():
            note = self.collected.note(student, line["submission_sha256"])
            line["warnings"] = [*([note] if note else []), *line["warnings"]]
        return list(self.lines.values())

    def _fault(self, student: str, words: str) -> None:
        told = (
            f"The grader failed on this submission ({words}). It is not a mark: run the same command again."
        )
        print(f"{student}: {told}", file=sys.stderr)
        self._failed(student, "error", told)


def task_keys(plan: Plan, submission: str, tier: str, seed_digest: str, student: str) -> list[str]:
    """What the log knows the marks of a submission by, in the order of the plan's tasks."""
    exercise = plan.release.version
    return [
        task_key(submission, exercise, plan.versions[task.id], tier, seed_digest, student, task.id)
        for task in plan.tasks
    ]


def followers(plan: Plan, named: set[str]) -> set[str]:
    """These tasks and all whose marks follow theirs."""
    found = set[str]()
    while named - found:
        found |= named
        named = {task.id for task in plan.tasks if found.intersection(task.builds_on)}
    return found


def chosen(only: Sequence[str], names: Sequence[str], plan: Plan) -> dict[str, set[str]]:
    """The tasks to grade again, by student. Raises CallError for a student or a task that is not there."""
    tasks = [task.id for task in plan.tasks]
    again: dict[str, set[str]] = {}
    for choice in only:
        student, _, task = choice.partition("/")
        if student not in names:
            raise CallError(f"There is no submission of {student!r} (--only {choice}).")
        if task and task not in tasks:
            raise CallError(f"{plan.assignment} has no task {task!r}; it has: {', '.join(tasks)}.")
        again.setdefault(student, set()).update([task] if task else tasks)
    return again


@dataclass(frozen=True)
class Graded:
    """What a run has made."""

    lines: Sequence[dict[str, Any]]
    told: Sequence[str]
    """By which release and checks, and which marks changed; a line each, for whoever grades a class."""


def autograde(request: Request, show: Callable[[str], None]) -> Graded:
    """Grade, log and write the results; `show` is given progress lines.

    Raises CallError or AuthoringError before anything is written when the call is wrong, OSError when
    something cannot be written; what is in the log then is kept.
    """
    refuse_untrusted(request.trust)
    refuse_exposed(request)
    plans = Plans(request.root, request.assignment, todays_checks=request.todays_checks)
    if request.scheduler is None:
        lab_endpoint(plans.current)
    if request.seed_file is not None:
        seed.read_or_make(request.seed_file, make=False)
    if not request.submitted.exists():
        collect(request.submitted, request.assignment, request.state)
    with locked(request.state / "lock", f"it grades {request.assignment}."):
        known = assignments(request.root)
        into = request.state / "collected"
        collected = collect(
            request.submitted, request.assignment, into, known, request.attempts, roster=request.roster
        )
        tell_of(collected)
        names = sorted(request.expected.union(students(collected)))
        again = chosen(request.only, names, plans.current)
        secret = seed.read_or_make(
            request.seed_file or request.state / "seed", make=request.seed_file is None
        )
        run = Run(request, plans, collected, secret, again)
        if request.keeps:
            kept.keep_again(request.root, request.assignment, plans.current.release.version)
        setup = Setup.of(request.root, secret, plans)
        with _workers(request, setup, plans.current) as workers:
            _grade(run, workers, list(again) or names, show)
        left = _others(run, names) if again else []
        lines = run.told() + left
        before = _before(request)
        results.write(request.results, lines)
    told = [*graded_by(lines, plans), *_told_changes(before, lines)] if request.keeps else []
    return Graded(lines, told)


def default_workers(plan: Plan) -> int:
    """One for each core; two where a submission waits for the lab, and another can be graded meanwhile."""
    return (os.cpu_count() or 1) * (2 if plan.services else 1)


def tell_of(collected: Collected) -> None:
    """Who was taken for whom, and what was passed over, named once."""
    if collected.taken:
        width = max(map(len, collected.taken))
        rows = [f"  {name:{width}}  {student}" for name, student in sorted(collected.taken.items())]
        print("Taken for the learners on the right:", *rows, sep="\n", file=sys.stderr)
    if collected.passed_over:
        names = ", ".join(map(ascii, collected.passed_over[:SHOWN]))
        if (more := len(collected.passed_over) - SHOWN) > 0:
            names += f" and {more} more"
        print(
            f"Passed over, as none of them is a hand-in of this assignment: {names}. Expected are folders "
            "<student>/<assignment>/, zips, and what Canvas or Moodle let one download.",
            file=sys.stderr,
        )


def _workers(request: Request, setup: Setup, plan: Plan) -> "Pool | Cluster":
    if request.scheduler is None:
        return Pool(setup, request.workers or default_workers(plan))
    from grader.workers.cluster import Cluster

    return Cluster(request.scheduler, setup)


def _grade(run: Run, workers: Workers, names: Sequence[str], show: Callable[[str], None]) -> None:
    counts = Counts(len(names))

    def tell() -> None:
        counts.done = len(run.lines)
        counts.failed = sum(line["status"] != "graded" for line in run.lines.values())
        show(counts.text())

    for job, answer in workers.run(run.jobs(names)):
        run.done(job, answer)
        counts.graded += 1
        tell()
    tell()


def _before(request: Request) -> list[dict[str, Any]]:
    """The results as the last run left them; none where they cannot be read."""
    try:
        return results.read(request.results)
    except (OSError, ValueError):
        return []


def _told_changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[str]:
    found = changes(before, after)
    if not found:
        return []
    shown = [f"  {words}" for words in found[:SHOWN]]
    more = [f"  and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
    return [f"{len(found)} mark{'s' * (len(found) != 1)} changed since the last run:", *shown, *more]


def _others(run: Run, names: Sequence[str]) -> list[dict[str, Any]]:
    """Make the lines of those not asked for, from the log; what is not in it is returned as it stood."""
    before = {}
    if run.request.results.is_file():
        before = {line["student"]: line for line in results.read(run.request.results)}
    asked = set(run.lines)
    for _ in run.jobs([name for name in names if name not in asked]):
        pass
    return [before[name] for name in names if name not in run.lines and name in before]
