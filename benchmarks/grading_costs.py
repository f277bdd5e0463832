"""What grading costs: a submission against a bare fork, memory, `check()` in a notebook."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import psutil

from benchmarks._classes import ROOT, sandboxed, spread
from benchmarks.grading import ASSIGNMENT, shards
from grader.engine.judge import NO_LAB, Judge, grade, needs
from grader.engine.plan import load_plan
from grader.engine.process import LearnerProcess, Place, Preloaded
from grader.engine.submission import parse_notebook, read_submission
from grader.source import cell_source, code_cells, read_notebook
from grader.walls import tree

TIMES = 60
BARE_FORK = """
import os, sys, time
from grader.inside.preloaded import Needs, make_ready, start_shell
make_ready(start_shell(), Needs())
for _ in range(int(sys.argv[1])):
    began = time.perf_counter()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    print(1000 * (time.perf_counter() - began))
"""


def bare_forks() -> list[float]:
    """Milliseconds of a fork of the preloaded process that does nothing but end."""
    done = subprocess.run(
        [sys.executable, "-c", BARE_FORK, str(TIMES)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return [float(line) for line in done.stdout.split()]


def timed(do: Callable[[], object]) -> list[float]:
    """Milliseconds, TIMES of them."""
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        do()
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def costs(folder: Path) -> None:
    both = shards(folder)
    both.fill(1)
    plan = load_plan(folder, ASSIGNMENT)
    judge = Judge.draw(plan, b"a seed for the benchmark")
    path = folder / f"submitted/s0000/{ASSIGNMENT}/{ASSIGNMENT}.ipynb"

    def submission() -> None:
        raw = path.read_bytes()
        read = read_submission(raw, parse_notebook(raw, path.name), plan.release, plan.exercise.tasks)
        grade(server, judge, read, "s0000", NO_LAB)

    def empty() -> None:
        with LearnerProcess(server, Place(True, None, tree.WORK, {}, {})) as process:
            process.look("nothing")

    forks = bare_forks()
    with Preloaded(needs(plan)) as server:
        made, whole = timed(empty), timed(submission)
    print(f"  bare fork of the preloaded process: {spread(forks, 1)} ms")
    print(f"  a sandboxed process, asked once and ended: {spread(made, 1)} ms: {ratio(made, forks)} forks")
    print(
        f"  a whole submission, one at a time: {spread(whole, 1)} ms: {ratio(whole, forks)} forks (target 5)",
        flush=True,
    )


def ratio(one: list[float], other: list[float]) -> str:
    return f"{median(one) / median(other):.1f}"


class Watch:
    """The most memory, shared pages by their share (PSS), of each kind of process of a grading run."""

    def __init__(self) -> None:
        self.most: dict[str, int] = {}
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._end.wait(0.1):
            sizes: dict[str, int] = {}
            for process in psutil.Process().children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    kind, size = kind_of(process), process.memory_full_info().pss
                    sizes[kind] = max(sizes.get(kind, 0), size)
            for kind, size in sizes.items():
                self.most[kind] = max(self.most.get(kind, 0), size)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def kind_of(process: psutil.Process) -> str:
    line = process.cmdline()
    if "grader.inside.preloaded" not in line:
        return "grader"
    parent = process.parent()
    is_first = parent is None or "grader.inside.preloaded" not in parent.cmdline()
    return "the preloaded process" if is_first else "a learner's process, or a sandbox's first"


def memory(folder: Path) -> None:
    both = shards(folder)
    both.fill(100)
    with Watch() as watch:
        both.ours("--workers", "1")
    for kind, size in sorted(watch.most.items()):
        print(f"  memory of {kind}: {size / 2**20:.0f} MiB")
    print("  (one worker; target: 200 MiB beside the preloaded process)", flush=True)


def check(folder: Path) -> None:
    """`check(task)` as a learner calls it, in the exercise's folder, everything solved."""
    from grader.notebook import calls as learner_s

    shards(folder)
    os.chdir(folder / "exercises" / ASSIGNMENT)
    solved = read_notebook(folder / f"solutions/{ASSIGNMENT}/{ASSIGNMENT}.ipynb")
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in code_cells(solved):
            shell.run_cell(cell_source(cell))
    plan = load_plan(folder, ASSIGNMENT)
    for task in plan.tasks:
        taken = timed(partial(shown, learner_s.check, task.id))
        print(f"  check({task.id!r}): {spread(taken, 1)} ms (target 100)")


def shown(check_: Callable[[str], object], task_id: str) -> None:
    """As JupyterLab shows it."""
    html = getattr(check_(task_id), "_repr_html_", None)
    if html is not None:
        html()


def main() -> None:
    sandboxed()
    for part in (costs, memory, check):
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            part(Path(scratch))
            os.chdir(ROOT)


if __name__ == "__main__":
    main()
