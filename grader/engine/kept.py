"""What releases are graded by, kept in `.grader/releases/<version>/` for hand-ins that were made from them.

A release is kept when it is made, and its checks again at each grading run: a check that was corrected and
graded with stays corrected for the hand-ins of that release when the next one comes.
"""

import json
import shutil
from pathlib import Path

from grader.source import TEXT_STUB, cell_source, grade_id, read_notebook, stub_of
from grader.whereabouts import STATE
from lab.machine.whole_files import write_whole


def place(root: Path, version: str) -> Path:
    """Where a release is kept, or would be."""
    return root / STATE / "releases" / version


def keep(root: Path, assignment: str, version: str, released: Path) -> None:
    """Keep for VERSION the checks of today, and the notebook as learners get it, in the folder RELEASED."""
    _keep_checks(root, assignment, version)
    shutil.copy2(released / f"{assignment}.ipynb", place(root, version) / f"{assignment}.ipynb")


def keep_again(root: Path, assignment: str, version: str) -> None:
    """Keep the checks of today for VERSION, the current release; its notebook where it is not kept yet.

    From the source: a self-paced learner works in the exercise itself. Without a source nothing is kept.
    """
    source = root / "solutions" / assignment / f"{assignment}.ipynb"
    if not version or not source.is_file():
        return
    _keep_checks(root, assignment, version)
    notebook = place(root, version) / f"{assignment}.ipynb"
    if not notebook.is_file():
        write_whole(notebook, _as_released(source))


def _keep_checks(root: Path, assignment: str, version: str) -> None:
    kept, source = place(root, version), root / "solutions" / assignment
    kept.mkdir(parents=True, exist_ok=True)
    for name in ("checks", "checks.py"):
        if (source / name).is_dir():
            shutil.rmtree(kept / name, ignore_errors=True)
            shutil.copytree(source / name, kept / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (source / name).is_file():
            shutil.copy2(source / name, kept / name)


def _as_released(source: Path) -> str:
    """The source without its solutions, as nbgrader would hand it out."""
    notebook = read_notebook(source)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(source=stub_of(cell_source(cell)), outputs=[], execution_count=None)
        elif grade_id(cell):
            cell["source"] = TEXT_STUB
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
