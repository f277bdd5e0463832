"""`grader lint`: is an assignment's source in order? Each rule proves one thing, and says what to do.

The solution and every right answer get full marks, under many seeds too; the untouched exercise none; every
wrong answer its misconception and less than full marks; every part is lost by some wrong answer; an answer
that does no work earns nothing; mutants of the solution are noticed; no check promises what the mark refuses;
the exercise says how many tasks and points it has; nothing of a solution stands in it, and it is what a
release makes today.
"""

import contextlib
import filecmp
import functools
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from grader.authoring import lint_answers, promises, unearned, wordless
from grader.authoring.leaks import leaks
from grader.authoring.lint_answers import answers
from grader.authoring.mutants import FILE_NAME, Mutant, mutants, read_reasons, read_survivors
from grader.authoring.release import ReleaseError, release
from grader.authoring.trial import Trial, function_of, has_cases
from grader.engine.plan import Plan, load_plan
from grader.source import cell_source, code_cells, grade_id, read_notebook, solution_of
from grader.tasks.declaration import Task
from grader.walls import sandbox

SEEDS = 50
"""Right answers are tried under so many; the same ones each time, so that a finding can be found again."""
MUTANT_SEEDS = 3
WANTED_MUTANTS = 20
WORKERS = 2

Tell = Callable[[str], None]
Findings = Iterator[str]


class Subject:
    """The assignment under the lint; what several rules need is made once."""

    def __init__(self, root: Path, assignment: str, tell: Tell, workers: int = WORKERS) -> None:
        self.root, self.assignment, self.tell, self.workers = root, assignment, tell, workers
        self.folder = root / "solutions" / assignment
        self.plan: Plan = load_plan(root, assignment)
        self._functions: dict[tuple[str, str | None], Callable[..., Any] | None] = {}
        self._trials: dict[str, list[Trial]] = {}
        self._slips: dict[str, list[tuple[str, Callable[..., Any]]]] = {}
        self._mutants: dict[str, list[Mutant]] = {}

    @functools.cached_property
    def lines(self) -> dict[str, dict[str, Any]]:
        with tempfile.TemporaryDirectory(prefix="lint-") as scratch:
            return lint_answers.grade_everything(self.root, self.assignment, Path(scratch), self.workers)

    @functools.cached_property
    def cells(self) -> list[tuple[str | None, str]]:
        """The source's code cells, solved, with their ids."""
        notebook = read_notebook(self.folder / f"{self.assignment}.ipynb")
        return [(grade_id(cell), solution_of(cell_source(cell))) for cell in code_cells(notebook)]

    def function(self, task: Task, answer: str | None = None) -> Callable[..., Any] | None:
        """The task's function as the solution defines it, or as ANSWER, its answer cell, does.

        The same for the same text, so that no rule tries again what another one tried. Raises what defining
        it raises.
        """
        if (task.id, answer) not in self._functions:
            name = f"{task.id}_answer"
            cells = [answer if answer is not None and cell == name else text for cell, text in self.cells]
            self._functions[task.id, answer] = function_of(cells, task.function)
        return self._functions[task.id, answer]

    def trials(self, task: Task, count: int) -> list[Trial]:
        """The first COUNT seeds' trials."""
        made = self._trials.setdefault(task.id, [])
        for number in range(len(made), count):
            made.append(Trial(self.plan.exercise, task, f"lint, seed {number:02}".encode()))
        return made[:count]

    def slips(self, task: Task) -> list[tuple[str, Callable[..., Any]]]:
        """What a learner could make of the solution."""
        if task.id not in self._slips:
            solution = self.function(task)
            assert solution is not None
            self._slips[task.id] = list(promises.slips(solution))
        return self._slips[task.id]

    def mutants(self, task: Task) -> list[Mutant]:
        """The solution's."""
        if task.id not in self._mutants:
            self._mutants[task.id] = mutants(dict(self.cells)[f"{task.id}_answer"])
        return self._mutants[task.id]


def lint(
    root: Path,
    assignment: str,
    only: frozenset[str] = frozenset(),
    tell: Tell = lambda _text: None,
    workers: int = WORKERS,
) -> list[str]:
    """What is not in order, a sentence each; nothing when all is. `tell` gets what is worth knowing beside.

    `only` names the rules to apply, all when empty. `workers`: processes that grade. Raises CallError,
    AuthoringError.
    """
    subject = Subject(root, assignment, tell, workers)
    chosen = [rule for name, rule in RULES.items() if not only or name in only]
    return [finding for rule in chosen for finding in rule(subject)]


def _leaks(subject: Subject) -> Findings:
    return leaks(subject.folder, subject.root / "exercises" / subject.assignment)


def _graded(subject: Subject) -> Findings:
    """The solution, the stub, right and wrong answers by real grading."""
    yield from lint_answers.check_whole(subject.lines)
    tasks = {task.id for task in subject.plan.tasks}
    for task in subject.plan.tasks:
        yield from lint_answers.check_wrong(task, subject.folder, subject.lines)
        yield from lint_answers.check_right(task, subject.folder, subject.lines)
        yield from lint_answers.check_parts(task, subject.folder, subject.lines, tasks)
        for words in lint_answers.earnings(task, subject.folder, subject.lines):
            subject.tell(words)


def _seeds(subject: Subject) -> Findings:
    """Right answers stay right whatever hidden cases are drawn."""
    for task in filter(has_cases, subject.plan.tasks):
        right = {f"right/{task.id}/{name}.py": text for id_, name, text in answers(subject.folder, "right")
                 if id_ == task.id}  # fmt: skip
        trials = subject.trials(task, SEEDS)
        for name, answer in {"the solution": None, **right}.items():
            function = subject.function(task, answer)
            for number, trial in enumerate(trials):
                mark = trial.mark(function)
                if mark.points < mark.max_points:
                    yield (
                        f"{task.id}: {name} is not right under hidden cases of seed {number} of {SEEDS}; "
                        f"mend it, or keep `hidden` from drawing such a case: {' '.join(mark.reasons)}"
                    )
                    break


def _unearned(subject: Subject) -> Findings:
    """An answer that does no work earns nothing."""
    if sandbox.tier() != "full":
        subject.tell("Without a sandbox the course's own functions are not tried as answers.")
    trials = {task.id: subject.trials(task, MUTANT_SEEDS) for task in filter(has_cases, subject.plan.tasks)}
    with tempfile.TemporaryDirectory(prefix="lint-") as scratch:
        yield from unearned.findings(subject.root, subject.plan, trials, Path(scratch), subject.workers)


def _mutants(subject: Subject) -> Findings:
    """The cases notice every small mistake that the author has not let pass with a reason."""
    allowed = read_survivors(subject.folder)
    known = {task.id for task in subject.plan.tasks}
    for task_id in sorted(set(allowed) - known):
        yield f"{FILE_NAME} names a task {task_id}, which is not there; remove it."
    for task in filter(has_cases, subject.plan.tasks):
        yield from _mutants_of(subject, task, allowed.get(task.id, {}))


def _mutants_of(subject: Subject, task: Task, allowed: Mapping[str, str]) -> Findings:
    made = subject.mutants(task)
    trials = subject.trials(task, MUTANT_SEEDS)
    survivors = {mutant.name: mutant for mutant in made if _survives(subject, task, mutant, trials)}
    killed = len(made) - len(survivors)
    for name, mutant in survivors.items():
        if name not in allowed:
            yield (
                f"{task.id}: the mutant `{name}` in `{mutant.line}` goes unnoticed, under some seeds at "
                f"least; add a visible case that shows it, or say in {FILE_NAME} why it may pass."
            )
    for name in sorted(set(allowed) - set(survivors)):
        yield f"{task.id}: {FILE_NAME} lets `{name}` pass, and no such mutant survives; remove it."
    if len(made) < WANTED_MUTANTS:
        subject.tell(f"{task.id}: a small solution: {killed} of all its {len(made)} mutants are noticed.")
    elif killed < WANTED_MUTANTS:
        yield f"{task.id}: of {len(made)} mutants {killed} are noticed and {WANTED_MUTANTS} wanted; add cases"
    else:
        subject.tell(f"{task.id}: {killed} of {len(made)} mutants are noticed.")


def _survives(subject: Subject, task: Task, mutant: Mutant, trials: list[Trial]) -> bool:
    """Does it get full marks under one of the seeds? What visible cases notice, no seed can save."""
    try:
        function = subject.function(task, mutant.source)
    except Exception:  # noqa: BLE001 - a mutant that cannot even be defined is noticed by everybody
        return False
    first, *others = trials
    mark = first.mark(function)
    if mark.visible_points < mark.max_points:
        return False
    marks = [mark, *(trial.mark(function) for trial in others)]
    return any(mark.points == mark.max_points for mark in marks)


def _promises(subject: Subject) -> Findings:
    """What passes every visible case and loses hidden ones is named: a visible case is missing."""
    allowed, seen = read_reasons(subject.folder, promises.FILE_NAME), set[tuple[str, str]]()
    for task in filter(has_cases, subject.plan.tasks):
        trials = subject.trials(task, MUTANT_SEEDS)
        for name, answer in _tried(subject, task):
            if not promises.broken(answer, trials):
                continue
            seen.add((task.id, name))
            if name not in allowed.get(task.id, {}):
                yield (
                    f"{task.id}: check says ✔ to {name}, and the mark refuses it; add a visible case, or say "
                    f"in {promises.FILE_NAME} why not."
                )
    for task_id, reasons in allowed.items():
        for name in sorted(set(reasons) - {name for of_task, name in seen if of_task == task_id}):
            yield f"{task_id}: {promises.FILE_NAME} excuses `{name}`, and check refuses that; remove it."


def _tried(subject: Subject, task: Task) -> Iterator[tuple[str, Callable[..., Any] | None]]:
    yield from subject.slips(task)
    for mutant in subject.mutants(task):
        with contextlib.suppress(Exception):
            yield f"the mutant {mutant.name}", subject.function(task, mutant.source)
    for task_id, name, text in answers(subject.folder, "wrong"):
        if task_id == task.id:
            with contextlib.suppress(Exception):  # what cannot even be defined passes nothing
                yield f"wrong/{task.id}/{name}.py", subject.function(task, text)


def _words(subject: Subject) -> Findings:
    """No finding: it tells which wrong answers have no words of their own."""
    for task in filter(has_cases, subject.plan.tasks):
        names = wordless.wordless(_likely(subject, task), subject.trials(task, 1))
        subject.tell(wordless.told(task.id, names))
    yield from ()


def _likely(subject: Subject, task: Task) -> Iterator[wordless.Candidate]:
    for task_id, name, text in answers(subject.folder, "wrong"):
        if task_id == task.id:
            with contextlib.suppress(Exception):
                yield wordless.KEPT, f"wrong/{task.id}/{name}.py", subject.function(task, text)
    for name, answer in subject.slips(task):
        yield wordless.SLIP, name, answer
    for mutant in subject.mutants(task):
        with contextlib.suppress(Exception):
            yield wordless.rank_of(mutant), mutant.name, subject.function(task, mutant.source)


def _released(subject: Subject) -> Findings:
    """The exercise is, byte for byte, what the release makes of the source."""
    name = subject.assignment
    with tempfile.TemporaryDirectory(prefix="lint-") as scratch:
        # A copy, as the release stamps the source.
        copied = Path(scratch) / "course"
        shutil.copytree(subject.folder, copied / "solutions" / name)
        if (config := subject.root / "nbgrader_config.py").is_file():
            shutil.copy2(config, copied)
        try:
            release(copied, [name], Path(scratch) / "made")
        except ReleaseError as error:
            yield f"{name} cannot be released: {error}"
            return
        yield from differences(Path(scratch) / "made" / name, subject.root / "exercises" / name)
        yield from _unstamped(copied / "solutions" / name, subject.folder)


def _files(folder: Path) -> set[Path]:
    left_out = ("backups", ".ipynb_checkpoints", "__pycache__")
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and not set(left_out) & set(path.relative_to(folder).parts)
    }


def differences(made: Path, committed: Path) -> Findings:
    """Where a fresh release and exercises/ part."""
    for path in sorted(_files(made) | _files(committed)):
        both = (made / path).is_file() and (committed / path).is_file()
        if not both or not filecmp.cmp(made / path, committed / path, shallow=False):
            yield f"exercises/{committed.name}/{path} is not what a release makes now: run make release."


def _unstamped(stamped: Path, source: Path) -> Findings:
    for path in sorted(_files(stamped)):
        there = (source / path).is_file()
        if not there or not filecmp.cmp(stamped / path, source / path, shallow=False):
            yield f"solutions/{source.name}/{path} is behind its checks or its text: run make release."


NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)
TOLD = re.compile(r"\b(\w+) tasks?, (\d+) points?\b")
"""How an exercise says what it holds: "Six tasks, 19 points"."""


def _counts(subject: Subject) -> Findings:
    """What the exercise says of its tasks and points is what it has."""
    notebook = read_notebook(subject.folder / f"{subject.assignment}.ipynb")
    text = "\n".join(cell_source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    tasks, points = len(subject.plan.tasks), sum(task.points for task in subject.plan.tasks)
    word = NUMBERS[tasks].capitalize() if tasks < len(NUMBERS) else str(tasks)
    right = f"{word} task{'s' * (tasks != 1)}, {points} point{'s' * (points != 1)}"
    found = TOLD.findall(text)
    if not found:
        yield f"The exercise does not say how much it holds; write at its beginning: {right}."
    for said, of_points in found:
        if said.lower() not in (word.lower(), str(tasks)) or int(of_points) != points:
            yield f"The exercise says “{said} tasks, {of_points} points”, and it has: {right}."


RULES: Mapping[str, Callable[[Subject], Findings]] = {
    "leaks": _leaks,
    "counts": _counts,
    "graded": _graded,
    "unearned": _unearned,
    "seeds": _seeds,
    "mutants": _mutants,
    "promises": _promises,
    "words": _words,
    "released": _released,
}
