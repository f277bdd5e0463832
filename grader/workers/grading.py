"""What a worker does with a submission: read it, grade it, and tell our own faults from the learner's.

A mark is given out only when everything that it rests on was there from beginning to end: the preloaded
process, the learner's guard, the lab.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from grader.engine.judge import Judge, grade, lab_endpoint, needs
from grader.engine.plan import Plan, Plans
from grader.engine.process import SECONDS_OF_ALL, Preloaded, ProcessFault
from grader.engine.reading import read
from grader.engine.submission import Unreadable
from grader.whereabouts import CallError
from grader.workers.jobs import Answer, Job, Setup
from grader.workers.lab_watch import LabWatch

GIVE_UP = SECONDS_OF_ALL + 60.0
"""Seconds for a submission, what the grader itself does with it included. Nothing restarts them."""
GRACE = 0.2
"""Seconds in which the end of the preloaded process is seen, after a learner's process ended with it."""


class _OutOfTime(BaseException):
    """Not an Exception, so that nothing on the way takes it for its own."""


@contextlib.contextmanager
def _deadline() -> Iterator[None]:
    """Raises _OutOfTime within, wherever that is, when the time for a submission is over."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise _OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, GIVE_UP)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Grading:
    """One worker's plans and its preloaded process, which starts while the plans are read."""

    def __init__(self, setup: Setup) -> None:
        """Raises CallError or AuthoringError when the assignment cannot be graded here."""
        self._server: Preloaded | None = Preloaded(None)
        self._watch = LabWatch()
        try:
            self._begin(setup)
        except BaseException:
            self.close()
            raise

    def _begin(self, setup: Setup) -> None:
        self.plans = Plans(Path(setup.root), setup.assignment, todays_checks=setup.todays_checks)
        self._secret = bytes.fromhex(setup.secret)
        self._judges: dict[str, Judge] = {}
        if self.plans.current.version != setup.version:
            raise CallError(
                f"its course has another version of {setup.assignment} than the one that is being graded. "
                "Bring both to the same state."
            )
        if self._server is not None:
            self._server.prepare(needs(self.plans.current))
        self._judge(self.plans.current)

    def answer(self, job: Job) -> Answer:
        """Never raises: what is wrong with a submission is an answer, and so is what is wrong with us."""
        try:
            with _deadline():
                return self._graded(job)
        except Unreadable as problem:
            return Answer("unreadable", str(problem))
        except _OutOfTime:
            self._end_server()
            return Answer(
                "unreadable", f"It was given up: {GIVE_UP:g} s were not enough to read and judge it."
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it is ours and no mark
            self._end_server()
            return Answer("fault", f"{type(error).__name__}: {error}"[:500])

    def _graded(self, job: Job) -> Answer:
        carried, plan, submission = read(job.notebook, job.file_name, self.plans)
        submission = replace(submission, modules=job.modules)
        judge = _limited(self._judge(plan), job.only)
        endpoint, server = lab_endpoint(plan), self._started(plan)
        if plan.services:
            self._watch.begin()
        marks, seconds = grade(server, judge, submission, job.student, endpoint)
        crashed = any(mark.outcome == "crashed" for mark in marks)
        if not server.lives(GRACE if crashed else 0.0):
            raise ProcessFault("the preloaded process was ended from outside")
        if plan.services:
            self._watch.end()
        wanted = [mark for mark in marks if job.only is None or mark.id in job.only]
        given = [dict(vars(mark)) for mark in wanted]
        return Answer("graded", "", carried, submission.warnings, plan.checks_version, given, seconds)

    def _judge(self, plan: Plan) -> Judge:
        """Hidden cases are drawn once for each version of the checks."""
        if plan.checks_version not in self._judges:
            self._judges[plan.checks_version] = Judge.draw(plan, self._secret)
        return self._judges[plan.checks_version]

    def _started(self, plan: Plan) -> Preloaded:
        if self._server is not None and not self._server.lives():
            self._end_server()
        if self._server is None:
            self._server = Preloaded(needs(plan))
        return self._server

    def _end_server(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        self._end_server()
        self._watch.close()


def _limited(judge: Judge, only: tuple[str, ...] | None) -> Judge:
    """The same with those tasks alone, and the ones that they need: what these leave behind may matter."""
    if only is None:
        return judge
    plan = judge.plan
    wanted, waiting = set[str](), set(only)
    while waiting:
        wanted |= waiting
        waiting = {n for t in plan.tasks if t.id in wanted for n in t.builds_on} - wanted
    exercise = replace(plan.exercise, tasks=tuple(t for t in plan.exercise.tasks if t.id in wanted))
    limited = replace(plan, tasks=tuple(t for t in plan.tasks if t.id in wanted), exercise=exercise)
    return replace(judge, plan=limited)
