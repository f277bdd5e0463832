"""A learner's own commands: the full marking of one's own work, the hand-in, a task set back."""

import json
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from grader.classroom.autograde import Request, autograde
from grader.classroom.layout import write_hand_in
from grader.engine.handed import read_modules
from grader.notebook import progress_file
from grader.source import answer_cell, code_cells, grade_id, parse_notebook, read_notebook, stub_of
from grader.whereabouts import DEFAULT_LEARNER, STATE, CallError, exercise_names, learner_name, suggestion
from lab.machine.whole_files import write_whole


def own_notebook(root: Path, assignment: str) -> Path:
    path = root / "exercises" / assignment / f"{assignment}.ipynb"
    if not path.is_file():
        known = exercise_names(root)
        raise CallError(
            f"There is no exercise {assignment!r} here. {suggestion(known, assignment)}"
            f"There is: {', '.join(known) or 'none'}."
        )
    return path


def named(root: Path) -> str:
    """The learner's name. Raises CallError for whoever has none: a whole class would hand in as one."""
    name = learner_name(root)
    if name == DEFAULT_LEARNER:
        raise CallError(
            "You have no name yet, and your numbers and your hand-in go by it. Say it once: "
            "grader whoami NAME. Then run cells with variant(...), if there are any, again, and save."
        )
    return name


def forgotten(root: Path, line: Mapping[str, Any]) -> list[str]:
    """Tasks whose last check was better on the visible cases than the saved notebook is."""
    tried = progress_file.load(root)
    return [
        task["id"]
        for task in line["tasks"]
        if tried.get(f"{line['assignment']}/{task['id']}", {}).get("visible_points", 0)
        > task["visible_points"]
    ]


@dataclass(frozen=True)
class HandIn:
    """What was written where the instructor collects it."""

    path: Path
    modules: tuple[str, ...] = ()
    """Files beside the notebook that went along."""
    kept: Path | None = None
    """An earlier hand-in, which stays."""
    notes: tuple[str, ...] = ()


def hand_in(root: Path, assignment: str, target: Path, zipped: bool, learner: str) -> HandIn:
    """Write TARGET/<learner>/<assignment>/<assignment>.ipynb, or one zip of it, with the modules beside it.

    Without outputs: nobody judges them, and they may weigh more than is read. An earlier hand-in is kept.
    """
    notebook = own_notebook(root, assignment)
    modules, notes = read_modules(notebook.parent)
    files = {notebook.name: without_outputs(notebook.read_bytes())}
    files |= {name: text.encode() for name, text in modules.items()}
    write = _zip_file if zipped else _folder
    path, kept = write(target, learner, assignment, files)
    return HandIn(path, tuple(modules), kept, tuple(notes))


def without_outputs(raw: bytes) -> bytes:
    """A notebook's bytes without its outputs; others as they are."""
    try:
        notebook = parse_notebook(raw)
    except (ValueError, RecursionError):
        return raw
    dropped = [cell for cell in code_cells(notebook) if cell.get("outputs")]
    for cell in dropped:
        cell.update(outputs=[], execution_count=None)
    return _as_text(notebook).encode("utf-8", "backslashreplace") if dropped else raw


def _as_text(notebook: Mapping[str, Any]) -> str:
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _folder(
    target: Path, learner: str, assignment: str, files: Mapping[str, bytes]
) -> tuple[Path, Path | None]:
    _, kept = write_hand_in(target, learner, assignment, files, datetime.now(UTC))
    return target / learner / assignment / f"{assignment}.ipynb", kept


def _zip_file(
    target: Path, learner: str, assignment: str, files: Mapping[str, bytes]
) -> tuple[Path, Path | None]:
    """One more zip beside those that are there, as a browser counts them."""
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            member = zipfile.ZipInfo(f"{learner}/{assignment}/{name}")  # undated: the same work, the same zip
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)
    stem, kept, number = f"{learner}-{assignment}", None, 0
    path = target / f"{stem}.zip"
    while path.exists() and path.read_bytes() != packed.getvalue():
        kept, number = path, number + 1
        path = target / f"{stem} ({number}).zip"
    if not path.exists():
        write_whole(path, packed.getvalue())
    return path, kept


def mark_own(root: Path, assignment: str) -> dict[str, Any]:
    """Grade one's own notebook with a seed of its own, hidden cases included. It is the caller's own code.

    It is handed in as `hand_in` does, so what autograde will refuse is told.
    """
    folder = root / STATE / "mark" / assignment
    shutil.rmtree(folder, ignore_errors=True)
    hand_in(root, assignment, folder / "submitted", zipped=False, learner=learner_name(root))
    seed = folder / "seed"
    write_whole(seed, secrets.token_hex(32), mode=0o600)
    request = Request(
        root, assignment, folder / "submitted", folder / "results.jsonl", folder, seed, 1, trust=True
    )
    (line,) = autograde(request, lambda _text: None).lines
    return line


def task_names(root: Path, assignment: str) -> list[str]:
    """The tasks of one's own notebook that have an answer cell."""
    named = [grade_id(cell) or "" for cell in read_notebook(own_notebook(root, assignment))["cells"]]
    return [name.removesuffix("_answer") for name in named if name.endswith("_answer")]


def graded_names(root: Path, assignment: str) -> list[str]:
    """All tasks of one's own notebook, those that a person marks too."""
    cells = read_notebook(own_notebook(root, assignment))["cells"]
    return [grade_id(cell) or "" for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade")]


def reset_task(root: Path, assignment: str, task_id: str) -> Path:
    """Put a task's answer cell back to the stub, keeping the notebook as it was in a backup; its path."""
    path = own_notebook(root, assignment)
    source = root / "solutions" / assignment / f"{assignment}.ipynb"
    if not source.is_file():
        raise CallError(
            f"This release of {assignment} came without its source, so a single task cannot be set back. "
            "Get the exercise again; your notebook stays as it is."
        )
    notebook, wanted = read_notebook(path), f"{task_id}_answer"
    places = [cell for cell in notebook["cells"] if grade_id(cell) == wanted]
    try:
        stub = stub_of(answer_cell(read_notebook(source), task_id))
    except ValueError:
        places = []
    if not places:
        known = task_names(root, assignment)
        raise CallError(
            f"{assignment} has no task {task_id!r} with an answer cell. {suggestion(known, task_id)}"
            f"Its tasks: {', '.join(known)}."
        )
    backup = _free_name(path)
    shutil.copy2(path, backup)
    for cell in places:
        cell.update(source=stub, outputs=[], execution_count=None)
    write_whole(path, _as_text(notebook))
    return backup


def _free_name(path: Path) -> Path:
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    number = 1
    while (name := folder / f"{path.stem}.{number}.ipynb").exists():
        number += 1
    return name
