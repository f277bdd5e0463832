"""A submission as data: found, read and repaired, whatever browsers, editors and learners did to it.

The learner's own code cells are kept in their order, helpers in extra cells included. Set-up cells come
from the release, check cells are left out (the grader asks by itself), outputs are dropped.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from grader.notebook.attempt import answers, attempts, defines, is_prose, without_stubs
from grader.plain_files import NotReadError, read_plain
from grader.source import as_format_4, cell_source, grade_id, text_of
from grader.tasks.exercise import ChoicePart, ExerciseTask, ValuePart

MOST_PARTS = 8_000_000
"""Of a notebook's JSON: values in lists and objects. Each costs memory, however short it is."""
LONGEST_CELL = 2**16
MOST_CODE = 2**19
"""Characters of one cell and of all that are run: reading code takes some thousand times its memory."""
LONGEST_VERSION = 128
"""Characters of what a notebook says of the exercise that it was made from."""
LARGEST_NOTEBOOK = 64 * 2**20
"""Bytes, outputs included, which nobody judges; one beyond it is refused before it is read."""


class Unreadable(Exception):  # noqa: N818 - a finding about a submission
    """What is wrong with a submitted notebook, in a sentence."""


class NoNotebook(Unreadable):
    """The folder holds none."""


@dataclass(frozen=True)
class Release:
    """What of a released exercise a submission is read against."""

    assignment: str
    version: str
    setup: tuple[str, ...]
    sources: frozenset[str]
    """Every cell of the release, stripped: a submitted cell equal to one is untouched."""
    texts: Mapping[str, str] = field(default_factory=dict)
    """The text cells that a person marks, as they are released, stripped, by their id."""
    prose: frozenset[str] = frozenset()
    """Every other text cell of the release, stripped."""


@dataclass(frozen=True)
class Submission:
    """A readable submission: the code cells to run, in order."""

    sha256: str
    version: str | None
    cells: tuple[str, ...]
    untouched: frozenset[str]
    blank_texts: frozenset[str] = frozenset()
    """Tasks with a text cell that is empty, or as it was released."""
    warnings: list[str] = field(default_factory=list)
    checked: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """By a cell's place, the tasks whose check cell stands right behind it: what stood there is judged."""

    modules: Mapping[str, str] = field(default_factory=dict)
    """The learner's own, by their files' names."""
    attempts: Mapping[str, bool] = field(default_factory=dict)
    later_cells: Mapping[str, str | None] = field(default_factory=dict)
    """Where it was read elsewhere: what was found there, by task."""

    def attempted(self, task: ExerciseTask) -> bool:
        """Did the learner write anything for this task: more than the stub, in any cell of its kind?"""
        if task.id in self.attempts:
            return self.attempts[task.id]
        if task.by_hand:
            return task.id not in self.blank_texts
        own = [cell for cell in self.cells if cell.strip() not in self.untouched]
        names = _names(task)
        if any(attempts(cell, name) for cell in own for name in names):
            return True
        elsewhere = any(ELSEWHERE.search(cell) for cell in own)
        return elsewhere and not any(defines(cell, name) for cell in self.cells for name in names)

    def later_cell(self, task: ExerciseTask) -> str | None:
        """A cell below the task's check cell that defines its answer anew."""
        if task.id in self.later_cells:
            return self.later_cells[task.id]
        last = max((place for place, tasks in self.checked.items() if task.id in tasks), default=None)
        below = () if last is None else self.cells[last + 1 :]
        return next((cell for cell in below if any(answers(cell, name) for name in _names(task))), None)


def find_notebook(folder: Path, assignment: str) -> tuple[Path, list[str]]:
    """The submitted notebook: by its name, or the only one there. Raises NoNotebook or Unreadable."""
    wanted = folder / f"{assignment}.ipynb"
    here = _notebooks(folder)
    links = [p.name for p in (folder, *here) if p.is_symlink()]
    if links:
        raise Unreadable(f"{links[0]} is a link; links are not followed. Hand in the notebook itself.")
    if wanted.is_file():
        return wanted, []
    found = here or _one_folder_down(folder)
    if not found:
        raise NoNotebook(
            f"There is no notebook; {assignment}.ipynb is expected in {folder.name}/.{_what_lies(folder)}"
        )
    chosen = found[0] if len(found) == 1 else _latest_copy(found, assignment)
    if chosen is None:
        names = ", ".join(p.name for p in found)
        raise Unreadable(f"Several notebooks and none named {assignment}.ipynb: {names}. Keep one.")
    named = chosen.relative_to(folder)
    others = f", of {len(found)} that are there" if len(found) > 1 else ""
    return chosen, [f"The file is named {named}, not {assignment}.ipynb; it was read all the same{others}."]


NAMED = 5


def _what_lies(folder: Path) -> str:
    """What a learner handed in instead, by names that can be looked for: in the folder, or beside it."""
    for place in (folder, folder.parent):
        if place.is_dir() and not place.is_symlink():
            names = sorted(ascii(p.name) for p in place.iterdir() if not p.name.startswith("."))
            if names and names != [ascii(folder.name)]:
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                return f" In {place.name!a} lies: {', '.join(names[:NAMED])}{more}."
    return ""


def _notebooks(folder: Path) -> list[Path]:
    """However their names' ending is written; a link that leads nowhere is one too."""
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if p.suffix.lower() == ".ipynb" and not p.is_dir())


def _one_folder_down(folder: Path) -> list[Path]:
    """Where unpacking a zip, or saving a whole folder, may have put it; an autosave's copy only at last."""
    if not folder.is_dir():
        return []
    folders = [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.is_symlink()]
    shown = [p for p in folders if not p.name.startswith((".", "__"))]
    saved = [p for p in folders if p.name == ".ipynb_checkpoints"]
    for group in (shown, saved):
        if found := [p for one in group for p in _notebooks(one) if not p.is_symlink()]:
            return found
    return []


ELSEWHERE: Final = re.compile(r"^[ \t]*(%run[ \t]+\S|from[ \t]+\S+[ \t]+import[ \t]*\*)", re.MULTILINE)
"""What brings names into a notebook that no cell of it shows."""
FORGETS: Final = re.compile(r"^[ \t]*%reset(_selective)?\b", re.MULTILINE)

COPY: Final = re.compile(
    r"(?P<name>.+?)(?P<saved>-checkpoint)?(?: ?\((?P<number>\d{1,4})\)|-Copy(?P<copy>\d*))?"
)


def _latest_copy(found: Sequence[Path], assignment: str) -> Path | None:
    """Of several copies that a browser or JupyterLab named after ASSIGNMENT, the last; not an autosave's."""
    numbered: dict[int, Path] = {}
    for path in found:
        match = COPY.fullmatch(path.stem)
        if match is None or match["name"].lower() != assignment.lower():
            return None
        number = int(match["number"] or match["copy"] or 0)
        if not match["saved"] and numbered.setdefault(number, path) is not path:
            return None
    return numbered[max(numbered)] if numbered else None


def read_submission(
    raw: bytes, notebook: dict[str, Any], release: Release, tasks: Sequence[ExerciseTask]
) -> Submission:
    """A parsed notebook as the submission that it is. Raises Unreadable for another assignment's."""
    names = {name for task in tasks for name in _names(task)}
    warnings: list[str] = []
    sources = [
        (cell, cell_source(cell))
        for cell in _not_too_long(notebook["cells"], warnings)
        if _is_code(cell, names)
    ]
    _refuse_foreign(_course(notebook), sources, release, tasks, names)
    version = carried_version(notebook)
    if version is None:
        warnings.append("The notebook does not say which version of the exercise it is.")
    cells, checked = _in_order(sources, release, tasks, names)
    digest = hashlib.sha256(raw).hexdigest()
    blank = _blank_texts(notebook, release, tasks)
    return Submission(digest, version, tuple(cells), release.sources, blank, warnings, checked)


def _blank_texts(notebook: dict[str, Any], release: Release, tasks: Sequence[ExerciseTask]) -> frozenset[str]:
    """Texts that nobody need look for: their cell stands as it was, and the learner wrote no other text.

    One whose cell has lost its id is not blank, nor is one of which a copy is filled in.
    """
    by_hand = [task for task in tasks if task.by_hand]
    cells = [cell for cell in notebook["cells"] if isinstance(cell, dict)] if by_hand else []
    if any(_is_own_text(cell, release) for cell in cells):
        return frozenset()
    blank = set()
    for task in by_hand:
        same = [cell for cell in cells if grade_id(cell) == task.id]
        unwritten = ("", release.texts.get(task.id))
        plain = [one for one in same if not one.get("attachments")]
        if same and same == plain and all(cell_source(one).strip() in unwritten for one in same):
            blank.add(task.id)
    return frozenset(blank)


def _is_own_text(cell: dict[str, Any], release: Release) -> bool:
    """The learner's words in a cell that the release does not have: a text cell, or one with no code."""
    source = cell_source(cell).strip()
    if grade_id(cell) in release.texts or not source:
        return False
    if cell.get("cell_type") == "code":
        return grade_id(cell) is None and source not in release.sources and is_prose(source)
    return source not in release.prose


def carried_version(notebook: dict[str, Any]) -> str | None:
    """The version of the exercise that a notebook says it was made from."""
    version = _course(notebook).get("version")
    return version[:LONGEST_VERSION] if isinstance(version, str) else None


def _course(notebook: dict[str, Any]) -> dict[str, Any]:
    metadata = notebook.get("metadata")
    course = metadata.get("kinesis_course") if isinstance(metadata, dict) else None
    return course if isinstance(course, dict) else {}


def read_bytes(path: Path) -> bytes:
    """Raises Unreadable for a file that is too large, no plain file, or cannot be read."""
    try:
        return read_plain(path, LARGEST_NOTEBOOK)
    except NotReadError as reason:
        raise Unreadable(f"{path.name} {reason}.") from None


def parse_notebook(raw: bytes, name: str) -> dict[str, Any]:
    """Raises Unreadable with what is wrong: an empty file, not JSON, cut off, not a notebook."""
    if not raw.strip():
        raise Unreadable(f"{name} is empty.")
    if sum(map(raw.count, (b",", b"[", b"{"))) > MOST_PARTS:
        raise Unreadable(f"{name} has more than {MOST_PARTS} values in it, which no notebook has.")
    try:
        notebook = as_format_4(json.loads(text_of(raw)))
    except UnicodeDecodeError:
        raise Unreadable("The file is not text in UTF-8, so it is no notebook.") from None
    except (RecursionError, MemoryError):
        raise Unreadable("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        where = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise Unreadable(
            f"The file is not whole: its JSON breaks off or is damaged{where}. Was the upload complete?"
        ) from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable("The file is JSON, but not a notebook of nbformat 4: it has no list of cells.")
    return notebook


def _refuse_foreign(
    course: dict[str, Any],
    sources: Sequence[tuple[dict[str, Any], str]],
    release: Release,
    tasks: Sequence[ExerciseTask],
    names: Set[str],
) -> None:
    """A notebook that has nothing of this assignment was handed in by mistake."""
    ids = {grade_id(cell) for cell, _ in sources}
    known = any(task.id in ids or f"{task.id}_answer" in ids for task in tasks)
    if known or any(defines(source, name) for _, source in sources for name in names):
        return
    other = course.get("assignment")
    if isinstance(other, str) and other != release.assignment:
        raise Unreadable(f"This is the notebook of the assignment {other[:60]}, not {release.assignment}.")
    raise Unreadable(f"This notebook has none of the tasks of {release.assignment}: a wrong file?")


def _not_too_long(cells: Sequence[Any], warnings: list[str]) -> Iterator[Any]:
    """The cells that are read; a warning for each that is left out."""
    left = MOST_CODE
    for cell in cells:
        size = len(cell_source(cell)) if isinstance(cell, dict) else 0
        if isinstance(cell, dict) and cell.get("cell_type") in ("markdown", "raw") and size > LONGEST_CELL:
            continue  # a long text, an attachment
        if size > LONGEST_CELL or size > left:
            warnings.append(
                f"A cell of {size} characters was left out: {LONGEST_CELL} are run of one cell, "
                f"{MOST_CODE} of all together."
            )
            continue
        left -= size
        yield cell


def _is_code(cell: Any, names: Set[str]) -> bool:
    """A code cell, or one that an answer stands in though a slip of a key made text of it."""
    if not isinstance(cell, dict) or cell.get("cell_type") == "code":
        return isinstance(cell, dict)
    if "outputs" in cell and "cell_type" not in cell:
        return True
    source = cell_source(cell)
    return any(answers(source, name) for name in names)


def _names(task: ExerciseTask) -> set[str]:
    """What the learner is to define for a task."""
    asked = {part.name for part in task.parts if isinstance(part, ValuePart | ChoicePart)}
    return asked | ({task.function} if task.function else set())


def _in_order(
    sources: Sequence[tuple[dict[str, Any], str]],
    release: Release,
    tasks: Sequence[ExerciseTask],
    names: Set[str],
) -> tuple[list[str], dict[int, tuple[str, ...]]]:
    """The cells to run, and behind which of them the tasks' check cells stand (`Submission.checked`)."""
    asks = {f'check("{task.id}")': task.id for task in tasks}
    ids = set(asks.values())
    kept = [(cell, source) for cell, source in sources if source.strip() and source not in release.setup]
    own = [source for _, source in kept if _plain(source) not in asks]
    written = {name for name in names if any(answers(source, name) for source in own)}
    cells, at = list(release.setup), dict[str, int]()
    for cell, source in kept:
        named = grade_id(cell)
        if (task := asks.get(_plain(source)) or (named if named in ids else None)) is not None:
            at[task] = len(cells) - 1  # of copies, the last
        if _plain(source) in asks:
            continue
        # A copied cell that is still the stub must not undo the answer in the other copy.
        cells.append(without_stubs(source, written))
        if FORGETS.search(source):
            cells += release.setup
    checked: dict[int, tuple[str, ...]] = {}
    for task, place in at.items():
        checked[place] = (*checked.get(place, ()), task)
    return cells, checked


def _plain(source: str) -> str:
    """A call of `check` is the same in other quotation marks."""
    return source.strip().replace("'", '"')
