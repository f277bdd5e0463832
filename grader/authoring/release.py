"""`grader release`: exercises/ from solutions/, by nbgrader's own generate_assignment and one export.

First the source is stamped: `.checks.json` holds the visible cases as data, and the notebook's metadata
names the assignment and its version, a hash of all that a learner gets. Then nbgrader makes the release.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from grader.alembic_path import with_own_commands
from grader.engine import kept
from grader.engine.plan import assignments, load_tasks
from grader.source import cell_source, read_notebook
from grader.tasks.exercise import FILE_NAME, exercise_of, to_text
from grader.whereabouts import CallError
from lab.machine.whole_files import write_whole


class ReleaseError(Exception):
    """What nbgrader or the source said no to."""


def stamp(folder: Path) -> str:
    """Bring `.checks.json` and the version in the source notebook up to date; the version."""
    assignment = folder.name
    text = to_text(exercise_of(assignment, load_tasks(folder)))
    _write_if_changed(folder / FILE_NAME, text)
    path = folder / f"{assignment}.ipynb"
    notebook = read_notebook(path)
    version = _version(notebook["cells"], text)
    notebook.setdefault("metadata", {})["kinesis_course"] = {"assignment": assignment, "version": version}
    _write_if_changed(path, json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return version


def stamp_now(folder: Path) -> str:
    """The version that `stamp` would give the source as it is now; nothing is written."""
    text = to_text(exercise_of(folder.name, load_tasks(folder)))
    return _version(read_notebook(folder / f"{folder.name}.ipynb")["cells"], text)


def _version(cells: list[dict[str, object]], checks: str) -> str:
    digest = hashlib.sha256(checks.encode())
    for cell in cells:
        parts = (cell.get("cell_type"), cell_source(cell), cell.get("metadata"))
        digest.update(json.dumps(parts, sort_keys=True).encode())
    return digest.hexdigest()[:16]


def _write_if_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_whole(path, text)


def generate(root: Path, assignment: str, target: Path) -> None:
    """Run nbgrader's generate_assignment on the stamped source, into `target`/<assignment>.

    nbgrader's database is a throw-away here: an old one would hold the release to its cells of then.
    """
    with tempfile.TemporaryDirectory(prefix="release-") as scratch:
        command = [
            sys.executable, "-m", "nbgrader", "generate_assignment", assignment, "--force", "--create",
            f"--CourseDirectory.root={root}",
            f"--CourseDirectory.release_directory={target}",
            f"--CourseDirectory.db_url=sqlite:///{scratch}/gradebook.db",
        ]  # fmt: skip
        environment = {
            **os.environ,
            "PATH": with_own_commands(),
            "JUPYTER_DATA_DIR": scratch,
            "PYTHONWARNINGS": "ignore",
        }
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    if done.returncode or not (target / assignment / f"{assignment}.ipynb").is_file():
        raise ReleaseError(f"nbgrader could not release {assignment}:\n{done.stderr.strip()}")


def release(root: Path, names: list[str], target: Path | None = None) -> list[tuple[str, str]]:
    """Release the named assignments, or all; pairs of name and version. Raises CallError, ReleaseError."""
    known = assignments(root)
    if unknown := [name for name in names if name not in known]:
        raise CallError(f"There is no assignment {unknown[0]!r}; there is: {', '.join(known) or 'none'}.")
    done = []
    for name in names or known:
        version = stamp(root / "solutions" / name)
        generate(root, name, target or root / "exercises")
        if target is None:
            kept.keep(root, name, version, root / "exercises" / name)
        done.append((name, version))
    return done
