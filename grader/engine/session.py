"""One submission under execution: the process that ran its cells, the answers it gives, the runs it plays."""

import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from grader.engine.process import Allowance, LearnerProcess, Place, Preloaded
from grader.engine.submission import ELSEWHERE, Submission
from grader.engine.waits import pace_of
from grader.tasks.answers import Answer, Missing, NotRun, Stopped
from grader.tasks.declaration import AuthoringError
from grader.tasks.exercise import Case, CasesPart, ChoicePart, CriterionPart, ExerciseTask, ValuePart
from grader.tasks.scenarios.lab_side import LabSide
from grader.tasks.scenarios.stage import Asked, Played, Scenario, Stage, needs_lab, play
from grader.walls.gate import Gate
from lab.control import control

SECONDS_PER_CELL = 30.0
NAME_CHARACTERS = 40
IN_THE_END = "*"
"""Stands for a task: no check cell, but the end of the notebook."""
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
        self._allowance = Allowance()

    def process(self) -> LearnerProcess:
        """A live process in which every cell has run that does not end it.

        One that has ended when nothing is left to the submission: each question to it says so.
        """
        while self._process is None or (self._process.stopped and not self._allowance.passed()):
            self.end()
            self._process = LearnerProcess(self._server, self._place, self._gate, self._lab, self._allowance)
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
        keep = self._submission.checked.get(place, ())
        reply = process.run(self._submission.cells[place], SECONDS_PER_CELL, keep)
        self._left -= time.monotonic() - began
        if isinstance(reply, Stopped):
            self.lost[place] = reply
        elif reply.get("error"):
            self.errors[place] = str(reply["error"])

    def renew(self) -> None:
        """End the process, and everything that it has in memory; the next one begins when it is asked."""
        self.end()
        self._process = None

    def end(self) -> None:
        if self._process is not None:
            self._process.end()

    def explain(self, answer: Answer) -> Answer:
        """Say of a missing name what became of the cell that should have defined it."""
        if not isinstance(answer, Missing):
            return answer
        cells = self._submission.cells
        for place, source in enumerate(cells):
            if answer.name in source and place in self.lost:
                return self.lost[place]
            if answer.name in source and place in self.errors:
                return replace(
                    answer, why=f"its cell ({cell_name(source)}) stopped with {self.errors[place]}"
                )
        for place, error in self.errors.items():
            if ELSEWHERE.search(cells[place]):
                return replace(answer, why=f"the cell {cell_name(cells[place])} stopped with {error}")
        return answer

    def answers(self, task: ExerciseTask, at: str = "") -> dict[str, list[Answer]]:
        """One answer for each visible case, value and choice. None is told of a hidden case yet.

        As things stand at the check cell of the task AT; IN_THE_END: when all cells have run.
        A call that ends the process or takes too long ends the task.
        """
        parts = [part for part in task.parts if isinstance(part, CasesPart)]
        answers = self._asked(task, at, {part.id: [c for c in part.cases if not c.hidden] for part in parts})
        for part in task.parts:
            if isinstance(part, ValuePart | ChoicePart):
                answers[part.id] = [self.explain(self.process().look(part.name, at))]
        return answers

    def hidden_answers(self, task: ExerciseTask, at: str, parts: Collection[str]) -> dict[str, list[Answer]]:
        """One for each hidden case; those of other PARTS are not tried."""
        of_parts = [part for part in task.parts if isinstance(part, CasesPart)]
        hidden = {part.id: [case for case in part.cases if case.hidden] for part in of_parts}
        asked = self._asked(task, at, {name: cases for name, cases in hidden.items() if name in parts})
        return {name: asked.get(name, [NotRun()] * len(cases)) for name, cases in hidden.items()}

    def _asked(
        self, task: ExerciseTask, at: str, cases: Mapping[str, Sequence[Case]]
    ) -> dict[str, list[Answer]]:
        texts = [case.asked for of_part in cases.values() for case in of_part]
        called = iter(self._calls(task, at, texts) if texts else ())
        return {name: [self.explain(next(called)) for _ in of_part] for name, of_part in cases.items()}

    def _calls(self, task: ExerciseTask, at: str, cases: Sequence[str]) -> list[Answer]:
        """As `LearnerProcess.calls`, an answer for each case: those after one that stopped are not run.

        Where the process ended and nobody knows by which of several calls, these are asked again one by one.
        """
        function, seconds = task.function, task.seconds_per_call
        answers = self.process().calls(function, cases, seconds, task=at)
        if len(answers) < len(cases) and not any(isinstance(answer, Stopped) for answer in answers):
            left = cases[len(answers) :]
            answers += self.process().calls(function, left, seconds, together=1, task=at)
        return answers + [NotRun()] * (len(cases) - len(answers))

    def values(self, task: ExerciseTask, at: str, cases: Sequence[Mapping[str, Any]]) -> list[Answer]:
        """What the learner's function of TASK answers to CASES, as things stand at the check cell of AT."""
        return self._calls(task, at, [json.dumps(case) for case in cases])

    def play(
        self, task: ExerciseTask, at: str, before: Sequence[Played] = (), *, hidden: bool
    ) -> list[Played]:
        """The task's visible runs, or the hidden ones, as far as there is still a part to lose after BEFORE.

        Raises LabError, or botocore's errors, when the lab is at fault.
        """
        played = list(before)
        wanted = [part.criteria for part in task.parts if isinstance(part, CriterionPart)]
        for run in task.runs:
            if all(any(one.no_answer or one.seen(criteria) for one in played) for criteria in wanted):
                break
            if run.hidden is hidden:
                played.append(play(run.scenario, hidden, lambda run=run: self._stage(task, at, run.scenario)))  # type: ignore[misc]
        return played[len(before) :]

    def _stage(self, task: ExerciseTask, at: str, scenario: Scenario) -> Stage:
        texts = [*self._submission.cells, *self._submission.modules.values()]
        performer = _Sandboxed(self, self._gate, at, pace_of(scenario, texts))
        if not needs_lab(scenario):
            return Stage(None, performer, task.function, task.run_seconds)
        if self._gate is None:
            raise AuthoringError(
                f"task {task.id} has runs: name the SERVICES that they use in checks/__init__.py"
            )
        side = LabSide(control(self._gate.account))
        return Stage(side, performer, task.function, task.run_seconds)


@dataclass(frozen=True)
class _Sandboxed:
    """The learner's side of a stage: its process, and the gate to the lab."""

    session: Session
    gate: Gate | None
    at: str
    pace: float = 1.0
    """At which the learner's function waits when it is at work."""

    def renew(self) -> None:
        self.session.renew()

    def ready(self) -> None:
        self.session.process()

    def call(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer:
        return self._call(function, arguments, seconds, discard=False)

    def work(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer:
        """What it returns is left behind."""
        return self._call(function, arguments, seconds, discard=True)

    def _call(self, function: str, arguments: Mapping[str, Any], seconds: float, discard: bool) -> Answer:
        process, case = self.session.process(), json.dumps(arguments)
        (answer,) = process.calls(function, [case], seconds, task=self.at, discard=discard, pace=self.pace)
        return self.session.explain(answer)

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float) -> Answer:
        return self.session.explain(self.session.process().tell(message, asked, seconds, self.at))

    def let_in(self) -> None:
        if self.gate is not None:
            self.gate.open()

    def shut_out(self) -> None:
        if self.gate is not None:
            self.gate.close()


def cell_name(source: str) -> str:
    """A cell by its first line, as it has no number that a learner sees."""
    first = next((line.strip() for line in source.splitlines() if line.strip()), "")
    cut = f"{first[:NAME_CHARACTERS]}…" if len(first) > NAME_CHARACTERS else first
    return "`" + cut.replace("`", "'") + "`"
