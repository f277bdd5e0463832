"""How words to a learner look in JupyterLab: HTML that works untrusted, in light and dark."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from grader.marking.task_marks import TaskMark
from grader.notebook.progress_file import best as best_outcome
from grader.notebook.progress_file import best_points
from grader.tasks.exercise import CasesPart, ChoicePart, CriterionPart, ExerciseTask, ValuePart

MARKS = {
    "passed": "✔",
    "partial": "◐",
    "failed": "✘",
    "timeout": "✘",
    "crashed": "✘",
    "not_attempted": "○",
    "needs_manual": "◌",
}
# Okabe-Ito; the mark and the words say the same, so colour is never the only sign.
COLOURS = {"passed": "#009E73", "partial": "#E69F00", "not_attempted": "#56B4E9"}
WRONG = "#D55E00"


def box(colour: str, title: str, body: str) -> str:
    return (
        f'<div style="border-left: 4px solid {colour}; padding: 0.3em 0.9em; margin: 0.3em 0">'
        f"<p><strong>{title}</strong></p>{body}</div>"
    )


def code_text(text: str) -> str:
    """Escaped text in which `back-quoted` words become code."""
    pieces = escape(text).split("`")
    if len(pieces) % 2 == 0:
        return escape(text)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(pieces))


LINK = re.compile(r"\[([^\]]+)\]\((\.\./[\w./#-]+)\)")
READ = re.compile(r"Read: (course/([\w-]+\.ipynb))(, “([^”]+)”)?(.*)", re.DOTALL)


def linked(text: str) -> str:
    """Text of our own, escaped, in which [words](../a/path) become a link."""
    return LINK.sub(r'<a href="\2">\1</a>', code_text(text))


def reading(reason: str) -> str:
    """A reason escaped; one that says where to read leads there, from an exercise's folder."""
    found = READ.fullmatch(reason)
    if found is None:
        return code_text(reason)
    path, notebook, section, heading, rest = found.groups()
    place = f"#{heading.replace(' ', '-')}" if heading else ""
    words = f"{escape(path)}{escape(section or '')}"
    return f'Read: <a href="../../course/{notebook}{escape(place)}">{words}</a>{code_text(rest)}'


def visible_points(task: ExerciseTask) -> int:
    """What the visible cases and runs can give; own numbers and choices are not among them."""
    return sum(part.points for part in task.parts if isinstance(part, CasesPart | CriterionPart))


def visible_kinds(task: ExerciseTask) -> str:
    """What a check tries of this task: "cases", "runs", or both; nothing of a task of choices."""
    kinds = (CasesPart, "cases"), (CriterionPart, "runs")
    return " and ".join(words for kind, words in kinds if any(isinstance(part, kind) for part in task.parts))


def points_text(points: float) -> str:
    return f"{points:g} point{'s' * (points != 1)}"


@dataclass(frozen=True)
class CheckView:
    """The result of a check. Its plain text is the bare points: nbgrader takes them as the score."""

    task: ExerciseTask
    mark: TaskMark
    then: str = ""
    """What comes next, when this was the exercise's last task to be passed."""
    before: str = ""
    """What is to be known first: why the answer that was checked may not be the one that was meant."""

    @property
    def title(self) -> str:
        most = visible_points(self.task)
        if not most:
            return f"{'○' if self.mark.reasons else '◌'} {self.task.title}"
        points = (
            f"{self.mark.visible_points} of {points_text(most)} on the visible {visible_kinds(self.task)}"
        )
        return f"{MARKS.get(self.mark.outcome, '✘')} {self.task.title} — {points}"

    @property
    def lines(self) -> list[str]:
        if self.mark.outcome == "not_attempted":
            if self.before:
                return [self.before]
            what = "methods" if self.task.kind == "class" else "body"
            body = f"Write the {what} of `{self.task.function}`" if self.task.function else self._to_be_set()
            return [f"No answer yet. {body}, or (after a restart) run its cell; then check."]
        first = [self.before] if self.before else []
        if self.mark.reasons:
            return [*first, *self.mark.reasons, self._next_step()]
        return [*first, *self._all_right(), *self._left_to_the_marking()]

    def _to_be_set(self) -> str:
        names = [f"`{p.name}`" for p in self.task.parts if isinstance(p, ChoicePart | ValuePart)]
        if len(names) > 1:
            names[-2:] = [f"{names[-2]} and {names[-1]}"]
        return f"Set {', '.join(names)}" if names else "Write it"

    def _all_right(self) -> list[str]:
        both = visible_kinds(self.task)
        return [f"All visible {both} are right. Grading tries hidden {both} as well."] if both else []

    def _left_to_the_marking(self) -> list[str]:
        """What a check cannot tell: the exercise holds no answers to own numbers, and no right options."""
        lines = []
        for part in self.task.parts:
            if isinstance(part, ValuePart):
                known, right = f"`{part.name}` is a number in the right range", "right for your numbers"
            elif isinstance(part, ChoicePart):
                known, right = f"`{part.name}` has the right form", "right"
            else:
                continue
            lines.append(f"{known}. The marking says whether it is {right} ({points_text(part.points)}).")
        return lines

    def _next_step(self) -> str:
        """How to go on: look at the failing case by hand, or take a hint."""
        hint = f'Take a hint: `hint("{self.task.id}")`. Changed your answer since? Run its cell first.'
        if self.mark.outcome == "timeout":
            return f"Is there a loop that never ends? {hint}"
        number = re.search(r"Case (\d+): ", " ".join(self.mark.reasons))
        if number is None:
            return hint
        return f'Try it by hand: `{self.task.function}(**case("{self.task.id}", {number[1]}))`. {hint}'

    def __repr__(self) -> str:
        return str(self.mark.visible_points)

    def _repr_html_(self) -> str:
        colour = COLOURS.get(self.mark.outcome, WRONG)
        lines = [reading(line) for line in self.lines]
        lines += [linked(self.then)] if self.then else []
        return box(colour, escape(self.title), "".join(f"<p>{line}</p>" for line in lines))


@dataclass(frozen=True)
class Message:
    """A few sentences. With points (a check that could not be made), the plain text is the points."""

    title: str
    text: str
    then: str = ""
    points: int | None = None

    def with_points(self, points: int) -> "Message":
        return replace(self, points=points)

    def __repr__(self) -> str:
        if self.points is not None:
            return str(self.points)
        return "\n".join(line for line in (self.title, self.text, self.then) if line)

    def _repr_html_(self) -> str:
        lines = "".join(f"<p>{code_text(line)}</p>" for line in (self.text, self.then) if line)
        return box("#0072B2", escape(self.title), lines)


@dataclass(frozen=True)
class CodeView:
    title: str
    code: str

    def __repr__(self) -> str:
        return f"{self.title}\n\n{self.code}"

    def _repr_html_(self) -> str:
        return box("#0072B2", escape(self.title), f"<pre>{escape(self.code)}</pre>")


@dataclass(frozen=True)
class ProgressView:
    assignment: str
    rows: Sequence[tuple[ExerciseTask, Mapping[str, Any] | None]]
    then: str = ""
    waiting: frozenset[str] = frozenset()
    """Tasks with a text that a person is to read."""

    def _row(self, task: ExerciseTask, tried: Mapping[str, Any] | None) -> tuple[str, str, str]:
        if task.id in self.waiting:
            return MARKS["needs_manual"], task.title, f"waits to be read, {points_text(task.points)}"
        if tried is None:
            return "○", task.title, f"not tried, {points_text(task.points)}"
        if not visible_points(task):
            return "◌", task.title, "answered; only the marking can tell whether it is right"
        best, last, count = best_points(tried), tried.get("visible_points"), tried.get("attempts")
        state = f"{best} of {points_text(visible_points(task))} on the visible {visible_kinds(task)}"
        tries = f"{count} attempt{'s' * (count != 1)}"
        state += f", {tries}" if last == best else f" at best; {last} at the last of {tries}"
        return MARKS.get(str(best_outcome(tried)), "✘"), task.title, state

    def __repr__(self) -> str:
        rows = [self._row(*row) for row in self.rows]
        lines = [f"{mark} {title}: {state}" for mark, title, state in rows]
        return "\n".join([self.assignment, *lines, *([LINK.sub(r"\1", self.then)] if self.then else [])])

    def _repr_html_(self) -> str:
        cells = "".join(
            "<tr>" + "".join(f'<td style="text-align: left">{escape(c)}</td>' for c in self._row(*row))
            + "</tr>"
            for row in self.rows
        )  # fmt: skip
        then = f"<p>{linked(self.then)}</p>" if self.then else ""
        return box("#0072B2", f"Progress in {escape(self.assignment)}", f"<table>{cells}</table>{then}")
