"""A class to grade: a course in a folder of its own, its submissions, and both graders, as commands."""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from grader.alembic_path import with_own_commands
from grader.walls import sandbox

ROOT = Path(__file__).resolve().parents[1]
LOOK = 3.0
NBGRADER = (sys.executable, "-m", "nbgrader")


@dataclass(frozen=True)
class Taken:
    """Seconds on the clock, and seconds that the machine's processors were busy meanwhile, with whatever."""

    clock: float
    processor: float

    def without(self, start: "Taken", count: int) -> "Taken":
        """For each of COUNT, beyond what START took."""
        return Taken((self.clock - start.clock) / count, (self.processor - start.processor) / count)

    def each(self, count: int) -> "Taken":
        return self.without(Taken(0, 0), count)


def _processor() -> float:
    """Of the whole machine since it started: what a process took is lost where nobody waits for its end."""
    user, nice, system, _idle, _waiting, interrupts, soft = (
        int(ticks) for ticks in Path("/proc/stat").read_text().split()[1:8]
    )
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


@dataclass
class Class:
    """A course's folder with one assignment. SUBMISSION gives the text of the notebook with that number."""

    root: Path
    assignment: str
    submission: Callable[[int], str]
    variables: Mapping[str, str] = field(default_factory=dict)

    def fill(self, count: int) -> None:
        """Hand in COUNT notebooks, each a file of its own."""
        shutil.rmtree(self.root / "submitted", ignore_errors=True)
        for number in range(count):
            path = self.root / "submitted" / f"s{number:04}" / self.assignment / f"{self.assignment}.ipynb"
            path.parent.mkdir(parents=True)
            path.write_text(self.submission(number))

    def command(self, *command: str) -> Taken:
        """Run it in the course."""
        environment = {
            **os.environ,
            "PATH": with_own_commands(),
            "PYTHONWARNINGS": "ignore",
            "NBGRADER_TRUSTS_SUBMISSIONS": "1",
            **self.variables,
        }
        began, used = time.monotonic(), _processor()
        done = subprocess.run(command, cwd=self.root, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return Taken(time.monotonic() - began, _processor() - used)

    def nbgrader(self, *more: str) -> Taken:
        """nbgrader's autograde, of all or of one (--student)."""
        return self.command(*NBGRADER, "autograde", self.assignment, "--create", "--force", *more)

    def ours(self, *more: str) -> Taken:
        """`grader autograde`, from nothing."""
        shutil.rmtree(self.root / ".grader" / self.assignment, ignore_errors=True)
        return self.command(sys.executable, "-m", "grader.cli", "autograde", self.assignment, *more)

    def lines(self) -> list[dict[str, Any]]:
        text = (self.root / ".grader" / self.assignment / "results.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def agree(self) -> None:
        """Exit when the two do not give the same visible marks."""
        ours = {
            line["student"]: sum(task["visible_points"] for task in line["tasks"]) for line in self.lines()
        }
        self.command(*NBGRADER, "export")
        with (self.root / "grades.csv").open() as file:
            rows = [row for row in csv.DictReader(file) if row["assignment"] == self.assignment]
        theirs = {row["student_id"]: float(row["score"] or 0) for row in rows if row["student_id"] in ours}
        if ours != theirs or len(set(ours.values())) < 2:
            sys.exit(f"the visible marks differ, or are all the same: {ours} and {theirs}; no ratio is valid")


def sandboxed() -> None:
    """Exit where there is no sandbox: what is measured is the grader with it."""
    if sandbox.tier() != "full":
        sys.exit("This machine gives no sandbox (grader doctor says why); the measurement is of one with it.")


def others() -> str:
    """How busy the machine is with other things, looked at for LOOK seconds: a rate is worth so much less."""
    before = _processor()
    time.sleep(LOOK)
    share = (_processor() - before) / LOOK / (os.cpu_count() or 1)
    return f"{os.cpu_count()} processors, {share:.0%} of them in use by others"


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median, and the lowest and the highest."""
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


@dataclass
class Race:
    """Both graders in turns: nbgrader on a sample, ours on many."""

    both: Class
    sample: int
    """How many nbgrader grades in each round: it takes seconds for each, and the same for each."""
    many: int
    rounds: int
    theirs: list[Taken] = field(default_factory=list)
    """For each submission, without the start."""
    ours: list[Taken] = field(default_factory=list)
    """For each submission of MANY, with the start."""

    def run(self, before: Callable[[], object] = lambda: None) -> None:
        for number in range(self.rounds):
            self.both.fill(self.sample)
            before()
            start = self.both.nbgrader("--student", "s0000")
            before()
            self.theirs.append(self.both.nbgrader().without(start, self.sample - 1))
            if number == 0:
                before()
                self.both.ours()
                self.both.agree()
            self.both.fill(self.many)
            before()
            self.ours.append(self.both.ours().each(self.many))

    def tell(self, target: int) -> None:
        print(f"  nbgrader, {self.sample} submissions at a time, its start left out: {told(self.theirs)}")
        print(f"  ours, {self.many} at a time, start included: {told(self.ours)}")
        pairs = list(zip(self.theirs, self.ours, strict=True))
        rate = [theirs.clock / ours.clock for theirs, ours in pairs]
        work = [theirs.processor / ours.processor for theirs, ours in pairs]
        print(f"  ratio of the rates: {spread(rate)} (target {target}); of processor time: {spread(work)}")
        print(flush=True, end="")


def told(taken: Sequence[Taken]) -> str:
    """Milliseconds."""
    clock = spread([1000 * one.clock for one in taken], 1)
    return f"{clock} ms each, {spread([1000 * one.processor for one in taken], 1)} ms of a processor"
