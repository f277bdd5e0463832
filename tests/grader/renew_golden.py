"""Grade the golden submissions; `python -m tests.grader.renew_golden` renews what is expected of them.

A golden folder is `golden/<name>/90-forms/` (what was handed in) and `golden/<name>/expected.json`.
Renewing shows the difference: look at it before you commit it.
"""

import difflib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from grader.classroom import results

HERE = Path(__file__).parent
GOLDEN, COURSE = HERE / "golden", HERE / "golden_course"
ASSIGNMENT = "90-forms"
SEED = "the seed of the golden submissions, for ever\n"


def names() -> list[str]:
    return sorted(path.name for path in GOLDEN.iterdir() if path.is_dir())


def graded(folder: Path) -> dict[str, str]:
    """What comes of each golden submission, as text, by `grader autograde` in a course made in FOLDER."""
    root = folder / "course"
    shutil.copytree(COURSE, root)
    for name in names():
        shutil.copytree(GOLDEN / name / ASSIGNMENT, root / "submitted" / name / ASSIGNMENT)
    (root / "seed").write_text(SEED)
    (root / "seed").chmod(0o600)
    command = [sys.executable, "-m", "grader.cli", "autograde", ASSIGNMENT, "--seed", "seed", "--trust"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = results.read(root / f".grader/{ASSIGNMENT}/results.jsonl")
    return {str(line["student"]): _text(line) for line in found}


def _text(line: dict[str, Any]) -> str:
    kept = {key: line[key] for key in ("status", "score", "max_score", "warnings")}
    tasks = {
        task["id"]: {key: task[key] for key in ("points", "outcome", "reasons", "limit") if task[key]}
        for task in line["tasks"]
    }
    return json.dumps({**kept, "tasks": tasks}, indent=1, ensure_ascii=False) + "\n"


def difference(name: str, seen: str) -> str:
    """Nothing when it is as expected."""
    file = GOLDEN / name / "expected.json"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    pair = (before.splitlines(keepends=True), seen.splitlines(keepends=True))
    return "".join(difflib.unified_diff(*pair, f"{name}: expected", f"{name}: seen"))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, seen in graded(Path(folder)).items():
            sys.stdout.write(difference(name, seen))
            (GOLDEN / name / "expected.json").write_text(seen, encoding="utf-8")


if __name__ == "__main__":
    main()
