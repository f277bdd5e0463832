"""`grader autograde` against `nbgrader autograde`: same submissions, same machine, same visible marks.

Compute-only: no task calls the lab. Ours with the sandbox on. And how the rate grows.
"""

import shutil
import tempfile
from pathlib import Path
from statistics import median

from benchmarks._classes import ROOT, Class, Race, others, sandboxed, told
from grader.authoring.compose import compose

ASSIGNMENT = "02-shards"
SAMPLE = 6
ROUNDS = 3
MANY = 1000
SIZES = (10, 100)
WORKERS = (1, 2, 3)
FOR_WORKERS = 200


def shards(folder: Path) -> Class:
    """The course's assignment 02-shards; every second submission has a known mistake in one task."""
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy2(ROOT / "nbgrader_config.py", folder)
    source = folder / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    wrong = (source.parent / "wrong/split_point/forgets_start.py").read_text()
    texts = [compose(source, answers, solved=True) for answers in ({}, {"split_point": wrong})]
    return Class(folder, ASSIGNMENT, lambda number: texts[number % 2] + " " * number)


def main() -> None:
    sandboxed()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        both = shards(Path(scratch))
        both.command("nbgrader", "generate_assignment", ASSIGNMENT, "--create", "--force")
        print(f"compute-only, sandbox on, same visible marks; {others()}", flush=True)
        race = Race(both, SAMPLE, MANY, ROUNDS)
        race.run()
        race.tell(100)
        grow(both, median(theirs.clock for theirs in race.theirs))


def grow(both: Class, theirs: float) -> None:
    """The rate by number of submissions, and by workers. THEIRS: nbgrader's seconds for each."""
    for size in SIZES:
        both.fill(size)
        taken = [both.ours().each(size) for _ in range(ROUNDS)]
        ratio = theirs / median(one.clock for one in taken)
        print(f"  {size} submissions: {told(taken)}, start included: ratio {ratio:.0f}", flush=True)
    both.fill(FOR_WORKERS)
    for workers in WORKERS:
        taken = [both.ours("--workers", str(workers)).each(FOR_WORKERS) for _ in range(ROUNDS)]
        print(f"  {FOR_WORKERS} submissions, {workers} worker(s): {told(taken)}", flush=True)


if __name__ == "__main__":
    main()
