"""The engine: runs a submission in a learner's process, asks it, judges the answers here.

Expected values and hidden checks never leave this process. If a cell or a call ends the learner's process,
a new one runs the notebook without that cell, or without that call: one crash costs one task.
"""

import contextlib
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from grader.engine.plan import Plan
from grader.engine.process import Place, Preloaded
from grader.engine.session import IN_THE_END, Session, cell_name
from grader.engine.submission import Submission
from grader.inside.preloaded import Needs
from grader.marking.task_marks import TaskMark, mark_task, skipped, unlost
from grader.tasks.answers import Answer, numbers
from grader.tasks.declaration import Task
from grader.tasks.exercise import FILE_NAME, ExerciseTask, ValuePart, variant_index
from grader.tasks.hidden import Hidden, draw_hidden, with_hidden
from grader.tasks.scenarios.stage import Played
from grader.walls import sandbox, tree
from grader.walls.gate import Gate
from grader.whereabouts import STATE, CallError
from lab.aws.environment import grading_account, lab_environment
from lab.aws.instance import Instance
from lab.control import control
from lab.rules.control_token import VARIABLE, control_token

NO_LAB = "http://127.0.0.1:9"
PORT_INSIDE = 4566
RIGHT_BY_OWN = "It is right by your own `{}`, which is not all right yet; that is not lost twice."
BUILDS_ON = "It builds on your `{}`, which is not all right yet: begin there."
NOBODY = "000000000000"
"""Stands for an account until there is one."""


@dataclass(frozen=True)
class Judge:
    """A plan with its hidden cases drawn: the same for all submissions of a run."""

    plan: Plan
    hidden: Mapping[str, Hidden]
    _made: dict[tuple[str, int], ExerciseTask] = field(default_factory=dict, repr=False, compare=False)
    """Tasks that were made already, by their id and variant."""

    @classmethod
    def draw(cls, plan: Plan, seed: bytes) -> "Judge":
        """Raises AuthoringError when the cases cannot be drawn as they must."""
        return cls(plan, {task.id: draw_hidden(task, seed) for task in plan.tasks})

    def tasks_for(self, learner: str) -> list[ExerciseTask]:
        by_id = {task.id: task for task in self.plan.tasks}
        return [self._task(task, by_id[task.id], learner) for task in self.plan.exercise.tasks]

    def _task(self, exercise: ExerciseTask, task: Task, learner: str) -> ExerciseTask:
        own = any(isinstance(part, ValuePart) for part in exercise.parts)
        variant = variant_index(learner, task.id) if own else 0
        if (task.id, variant) not in self._made:
            made = with_hidden(exercise, task, self.hidden[task.id], variant)
            self._made[task.id, variant] = made
        return self._made[task.id, variant]


def lab_endpoint(plan: Plan) -> str:
    """The running lab, for an assignment that uses it; else an address where nothing answers: never AWS.

    Raises CallError when the assignment needs the lab and it does not run.
    """
    if not plan.services:
        return NO_LAB
    known = Instance().running
    if known is None:
        raise CallError(f"{plan.assignment} uses the lab, and it is not running. Start it: lab up")
    return known.endpoint


def grade(
    server: Preloaded, judge: Judge, submission: Submission, learner: str, endpoint: str
) -> tuple[list[TaskMark], float]:
    """The marks of one submission and the seconds it took."""
    started = time.monotonic()
    # An account of its own, and one that no other submission can guess.
    plan, account = judge.plan, grading_account()
    gate = Gate(account, plan.services, plan.switches) if plan.services else None
    # The exercise's data that the preloaded process puts in by itself.
    there = server.needs.exercise if server.needs else ""
    files = {**submission.modules, f"{STATE}/learner": learner}
    if there != plan.exercise_text:  # an earlier version of the exercise
        files[FILE_NAME] = plan.exercise_text
    with _place(plan, files, endpoint, account) as place, _own_account(plan, account):
        session = Session(server, submission, place, gate, endpoint)
        try:
            marks = _mark_all(session, judge.tasks_for(learner), submission)
        finally:
            session.end()
    return marks, time.monotonic() - started


@contextlib.contextmanager
def _own_account(plan: Plan, account: str) -> Iterator[None]:
    """An empty account in the lab, and an empty one left behind."""
    if not plan.services:
        yield
        return
    control(account).set("wipe")
    try:
        yield
    finally:
        control(account).set("wipe")


@contextlib.contextmanager
def _place(plan: Plan, files: Mapping[str, str], endpoint: str, account: str) -> Iterator[Place]:
    """The working folder as a learner has it, in the sandbox or, without one, in a temporary folder."""
    if sandbox.tier() == "full":
        port = PORT_INSIDE if plan.services else None
        yield Place(True, port, tree.WORK, files, _inside(plan, account))
        return
    environment = _variables(plan, endpoint, account)
    with tempfile.TemporaryDirectory(prefix="grader-", ignore_cleanup_errors=True) as folder:
        yield Place(False, None, folder, files, {**environment, **_home(folder)})


def needs(plan: Plan) -> Needs:
    """What its preloaded process makes ready. No token: a submission's process could find it in memory."""
    given = _inside(plan, NOBODY)
    given.pop(VARIABLE, None)
    return replace(plan.needs, environment=given)


def _inside(plan: Plan, account: str) -> dict[str, str]:
    """The environment in the sandbox."""
    return {**_variables(plan, f"http://127.0.0.1:{PORT_INSIDE}", account), **_home(tree.WORK)}


def _variables(plan: Plan, endpoint: str, account: str) -> dict[str, str]:
    """What plain boto3 and the lab's helpers find; a token for the own clock and IAM where they are given."""
    variables = lab_environment(endpoint, account, base={})
    known = Instance().running if plan.switches else None
    if known is not None:
        variables[VARIABLE] = control_token(known.secret, account, "learner")
    return variables


@dataclass(frozen=True)
class _Seen:
    """What a learner's work came to on the visible cases and runs of a task."""

    attempted: bool
    at: str
    """What was asked: the answer as it stands at this task's check cell, or in the end."""
    answers: Mapping[str, Sequence[Answer]]
    runs: Sequence[Played]
    unlost: Set[str]
    """The parts that have lost nothing so far."""


def _mark_all(session: Session, tasks: list[ExerciseTask], submission: Submission) -> list[TaskMark]:
    """First all that is visible, of every task; then what is hidden.

    So no word that comes from the learner's code was said by somebody who has seen a hidden case, in this
    process or, by way of what a process leaves behind, in a later one.
    """
    seen: dict[str, _Seen] = {}
    lost: set[str] = set()
    for task in tasks:
        if lost.intersection(task.needs):
            lost.add(task.id)
            continue
        seen[task.id] = now = _look(session, task, submission)
        if len(now.unlost) < len(task.parts):
            lost.add(task.id)
    marks: dict[str, TaskMark] = {}
    for task in tasks:
        needed = next((n for n in task.needs if marks[n].outcome != "passed"), None)
        mark = skipped(task, needed) if needed else _mark(session, task, seen[task.id])
        if not needed and mark.points < mark.max_points:
            mark = _by_own_function(session, task, seen[task.id], mark, tasks, marks)
        marks[task.id] = _with_later_cell(mark, submission.later_cell(task))
    return list(marks.values())


def _look(session: Session, task: ExerciseTask, submission: Submission) -> _Seen:
    """An answer as it stands at its check cell; where a cell below has bettered it, as that left it."""

    def look(at: str) -> _Seen:
        answers, attempted = session.answers(task, at), submission.attempted(task)
        runs = session.play(task, at, hidden=False) if attempted else []
        return _Seen(attempted, at, answers, runs, unlost(task, answers, runs))

    seen = look(task.id)
    if len(seen.unlost) == len(task.parts) or submission.later_cell(task) is None:
        return seen
    return max(seen, look(IN_THE_END), key=lambda one: len(one.unlost))


def _mark(session: Session, task: ExerciseTask, seen: _Seen) -> TaskMark:
    hidden = session.hidden_answers(task, seen.at, seen.unlost)
    answers = {part: [*given, *hidden.get(part, ())] for part, given in seen.answers.items()}
    more = session.play(task, seen.at, seen.runs, hidden=True) if seen.attempted else ()
    return mark_task(task, answers, seen.attempted, (*seen.runs, *more))


def _by_own_function(
    session: Session,
    task: ExerciseTask,
    seen: _Seen,
    mark: TaskMark,
    tasks: Sequence[ExerciseTask],
    marks: Mapping[str, TaskMark],
) -> TaskMark:
    """A value that is right by the learner's own function of an earlier task, which is not: not lost twice.

    But who earned nothing there could make that function say whatever the value is.
    """
    for part in task.parts:
        followed = part.follows if isinstance(part, ValuePart) else None
        earlier = marks.get(followed.task) if followed else None
        if followed is None or earlier is None or earlier.outcome == "passed":
            continue
        whose = next(one for one in tasks if one.id == followed.task)
        given = numbers(session.values(whose, seen.at, followed.cases)) if earlier.points else None
        if given is not None and isinstance(part, ValuePart):
            own = replace(part, expected=followed.combine(given))
            parts = tuple(own if one is part else one for one in task.parts)
            again = mark_task(replace(task, parts=parts), seen.answers, seen.attempted, seen.runs)
            if again.points > mark.points:
                return replace(again, reasons=[*again.reasons, RIGHT_BY_OWN.format(whose.function)])
        return replace(mark, reasons=[*mark.reasons, BUILDS_ON.format(whose.function)])
    return mark


def _with_later_cell(mark: TaskMark, cell: str | None) -> TaskMark:
    """Say where an answer that is not right is given anew below its check cell."""
    if cell is None or mark.points == mark.max_points or mark.outcome == "skipped":
        return mark
    words = f"The cell {cell_name(cell)}, below the check cell, gives another answer; neither is all right."
    return replace(mark, reasons=[*mark.reasons[:-1], words, *mark.reasons[-1:]])


def _home(home: str) -> dict[str, str]:
    return {"HOME": home, "TMPDIR": home, "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8",
            "LOGNAME": "learner", "MPLBACKEND": "agg", "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
