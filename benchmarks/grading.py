"""`grader autograde` against `nbgrader autograde`: same submissions, same machine, same visible marks."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from grader.alembic_path import with_own_commands
from grader.compose import compose, hand_in

ROOT = Path(__file__).resolve().parents[1]
ASSIGNMENT = "02-shards"
SUBMISSIONS = 12
"""nbgrader takes some 3 s for each."""
MANY = 200
"""How many ours is measured with besides, once its start is paid."""


def course(folder: Path) -> Path:
    for name in ("solutions", "exercises"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy2(ROOT / "nbgrader_config.py", folder)
    return folder


def fill(root: Path, count: int) -> None:
    """Every second one right, the others with a known mistake in one task."""
    source = root / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    wrong = (root / "solutions" / ASSIGNMENT / "wrong/split_point/forgets_start.py").read_text()
    for number in range(count):
        answers = {"split_point": wrong} if number % 2 else {}
        notebook = compose(source, answers, solved=True)
        hand_in(
            root / "submitted", f"s{number:04}", ASSIGNMENT, notebook.replace("\n", f"{' ' * (number % 7)}\n")
        )


def seconds(command: list[str], root: Path) -> float:
    environment = {**os.environ, "PATH": with_own_commands(), "PYTHONWARNINGS": "ignore"}
    started = time.monotonic()
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    return time.monotonic() - started


def visible_marks(root: Path) -> dict[str, float]:
    lines = map(json.loads, (root / f".grader/{ASSIGNMENT}/results.jsonl").read_text().splitlines())
    return {line["student"]: sum(task["visible_points"] for task in line["tasks"]) for line in lines}


def nbgrader_marks(root: Path) -> dict[str, float]:
    seconds([sys.executable, "-m", "nbgrader", "export"], root)
    with (root / "grades.csv").open() as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def main() -> None:
    nbgrader = [sys.executable, "-m", "nbgrader"]
    ours = [sys.executable, "-m", "grader.cli", "autograde", ASSIGNMENT, "--trust"]
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        root = course(Path(scratch))
        fill(root, SUBMISSIONS)
        seconds([*nbgrader, "generate_assignment", ASSIGNMENT, "--create", "--force"], root)
        theirs = seconds([*nbgrader, "autograde", ASSIGNMENT, "--create"], root)
        first = seconds(ours, root)
        if visible_marks(root) != nbgrader_marks(root):
            sys.exit("the visible marks differ: the comparison is void")
        fill(root, MANY)
        shutil.rmtree(root / ".grader")
        many = seconds(ours, root)
        sandbox = json.loads((root / f".grader/{ASSIGNMENT}/results.jsonl").read_text().splitlines()[0])[
            "sandbox"
        ]
    per_theirs, per_ours, per_many = theirs / SUBMISSIONS, first / SUBMISSIONS, many / MANY
    print(f"autograde, compute-only, sandbox {sandbox}, same visible marks")
    print(f"  nbgrader, {SUBMISSIONS} submissions:  {per_theirs * 1000:8.0f} ms each")
    print(f"  ours,     {SUBMISSIONS} submissions:  {per_ours * 1000:8.0f} ms each, start included")
    print(f"  ours,     {MANY} submissions: {per_many * 1000:8.0f} ms each, start included")
    print(f"  ratio: {per_theirs / per_ours:.0f} with {SUBMISSIONS}, {per_theirs / per_many:.0f} with {MANY}")


if __name__ == "__main__":
    main()
