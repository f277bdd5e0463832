"""One submission under execution: the process that ran its cells, the answers it gives, the runs it plays."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.engine.process import LearnerProcess, Place, Preloaded
from grader.engine.submission import Submission
from grader.tasks.answers import Answer, Missing, NotRun, Stopped
from grader.tasks.declaration import AuthoringError
from grader.tasks.exercise import CasesPart, ChoicePart, CriterionPart, ExerciseTask, ValuePart
from grader.tasks.scenarios.lab_side import LabSide
from grader.tasks.scenarios.stage import Asked, Played, Stage, needs_lab, play
from grader.walls.gate import Gate
from lab.control import control

SECONDS_PER_CELL = 30.0
SECONDS_PER_NOTEBOOK = 300.0
"""For all cells of a submission, however often a crash makes them run again; none is begun after it."""


class Session:
    """A submission under execution: a process that has run the cells, replaced when it is lost."""

    def __init__(
        self, server: Preloaded, submission: Submission, place: Place, gate: Gate | None = None, lab: str = ""
    ) -> None:
        self._server, self._submission, self._place = server, submission, place
        self._gate, self._lab = gate, lab
        self._process: LearnerProcess | None = None
        self.lost: dict[int, Stopped] = {}
        """Cells that ended the process, by their place, and how."""
        self.errors: dict[int, str] = {}
        self._left = SECONDS_PER_NOTEBOOK

    def process(self) -> LearnerProcess:
        """A live process in which every cell has run that does not end it."""
        while self._process is None or self._process.stopped:
            self.end()
            self._process = LearnerProcess(self._server, self._place, self._gate, self._lab)
            self._run_cells(self._process)
        return self._process

    def _run_cells(self, process: LearnerProcess) -> None:
        for place in range(len(self._submission.cells)):
            self._run_cell(process, place)
        # A learner may run cells in any order: one may stand above what it needs.
        for place in [place for place, error in self.errors.items() if error.startswith("NameError")]:
            self._run_cell(process, place)

    def _run_cell(self, process: LearnerProcess, place: int) -> None:
        if place in self.lost or process.stopped:
            return
        self.errors.pop(place, None)
        if self._left <= 0:
            self.lost[place] = Stopped("timeout", f"limit for all cells: {SECONDS_PER_NOTEBOOK:g} s")
            return
        began = time.monotonic()
        reply = process.run(self._submission.cells[place], SECONDS_PER_CELL)
        self._left -= time.monotonic() - began
        if isinstance(reply, Stopped):
            self.lost[place] = reply
        elif reply.get("error"):
            self.errors[place] = str(reply["error"])[:400]

    def end(self) -> None:
        if self._process is not None:
            self._process.end()

    def explain(self, answer: Answer) -> Answer:
        """Say of a missing name what became of the cell that should have defined it."""
        if not isinstance(answer, Missing):
            return answer
        for place, source in enumerate(self._submission.cells):
            if answer.name in source and place in self.lost:
                return self.lost[place]
            if answer.name in source and place in self.errors:
                return replace(answer, why=f"its cell stopped with {self.errors[place]}")
        return answer

    def answers(self, task: ExerciseTask) -> dict[str, list[Answer]]:
        """One answer for each case. A call that ends the process or takes too long ends the task."""
        cases = [part.cases for part in task.parts if isinstance(part, CasesPart)]
        texts = [case.asked for of_part in cases for case in of_part]
        called = iter(self._calls(task.function, texts, task.seconds_per_call))
        answers = {}
        for part in task.parts:
            if isinstance(part, CasesPart):
                answers[part.id] = [self.explain(next(called)) for _ in part.cases]
            elif isinstance(part, ValuePart | ChoicePart):
                answers[part.id] = [self.explain(self.process().look(part.name))]
        return answers

    def _calls(self, function: str, cases: Sequence[str], seconds: float) -> list[Answer]:
        """As `LearnerProcess.calls`, an answer for each case: those after one that stopped are not run.

        Where the process ended and nobody knows by which of several calls, these are asked again one by one.
        """
        answers = self.process().calls(function, cases, seconds)
        if len(answers) < len(cases) and not any(isinstance(answer, Stopped) for answer in answers):
            answers += self.process().calls(function, cases[len(answers) :], seconds, together=1)
        return answers + [NotRun()] * (len(cases) - len(answers))

    def play(self, task: ExerciseTask) -> list[Played]:
        """The task's runs, one after the other, as far as there is still a part to lose.

        Raises LabError, or botocore's errors, when the lab is at fault.
        """
        played: list[Played] = []
        wanted = [part.criteria for part in task.parts if isinstance(part, CriterionPart)]
        for run in task.runs:
            if all(any(one.no_answer or one.seen(criteria) for one in played) for criteria in wanted):
                break
            lab = needs_lab(run.scenario)
            played.append(play(run.scenario, run.hidden, lambda lab=lab: self._stage(task, lab)))  # type: ignore[misc]
        return played

    def _stage(self, task: ExerciseTask, lab: bool) -> Stage:
        performer = _Sandboxed(self, self._gate)
        if not lab:
            return Stage(None, performer, task.function, task.run_seconds)
        if self._gate is None:
            raise AuthoringError(f"task {task.id} has runs: name the SERVICES that they use in checks.py")
        side = LabSide(control(self._gate.account))
        return Stage(side, performer, task.function, task.run_seconds)


@dataclass(frozen=True)
class _Sandboxed:
    """The learner's side of a stage: its process, and the gate to the lab."""

    session: Session
    gate: Gate | None

    def ready(self) -> None:
        self.session.process()

    def call(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer:
        (answer,) = self.session.process().calls(function, [json.dumps(arguments)], seconds)
        return self.session.explain(answer)

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float) -> Answer:
        return self.session.explain(self.session.process().tell(message, asked, seconds))

    def let_in(self) -> None:
        if self.gate is not None:
            self.gate.open()

    def shut_out(self) -> None:
        if self.gate is not None:
            self.gate.close()
