"""The names that course systems give to what learners hand in, read: whose it is, and what it is.

Canvas writes all files of an assignment into one folder: `lovelaceada_LATE_11_22_02-shards.ipynb`, with the
learner's sortable name in small letters, perhaps LATE, the numbers of the user and of the submission.
Moodle makes a folder for each learner: `Ada Lovelace_123_assignsubmission_file_/02-shards.ipynb`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CANVAS: Final = re.compile(r"(?P<student>[^_/]+)_(?:LATE_)?\d+_\d+_(?P<name>.+)", re.DOTALL)
MOODLE: Final = re.compile(r"(?P<student>[^/]+)_\d+_assignsubmission_(?:file|onlinetext)_?", re.DOTALL)
COPY: Final = re.compile(r"(?:-\d+|-Copy\d*| ?\(\d+\))$")
"""What a browser, JupyterLab, or Canvas for a second attempt puts behind a name."""
NOTEBOOK: Final = ".ipynb"


@dataclass(frozen=True)
class Download:
    """A notebook as a course system named it, and the learner that it is taken for."""

    student: str
    path: Path

    @property
    def shown(self) -> str:
        """The name by which whoever grades finds it."""
        return self.path.name if MOODLE.fullmatch(self.path.parent.name) is None else self.path.parent.name


def is_moodle(folder: Path) -> bool:
    """Whether Moodle made this folder for a learner."""
    return MOODLE.fullmatch(folder.name) is not None and not folder.is_symlink()


def canvas_download(path: Path, assignment: str) -> Download | None:
    """A file beside the learners' folders as a notebook of ASSIGNMENT that Canvas named; else None."""
    match = CANVAS.fullmatch(path.name)
    if match is None or not _is_called(match["name"], assignment):
        return None
    return Download(match["student"], path)


def moodle_downloads(folder: Path, assignment: str) -> Sequence[Download]:
    """The notebooks of ASSIGNMENT in a folder that Moodle made."""
    match = MOODLE.fullmatch(folder.name)
    if match is None or not is_moodle(folder):
        return []
    inside = sorted(path for path in folder.iterdir() if _is_called(path.name, assignment))
    return [Download(match["student"], path) for path in inside]


def _is_called(name: str, assignment: str) -> bool:
    stem, ending = name[: -len(NOTEBOOK)], name[-len(NOTEBOOK) :]
    return ending.lower() == NOTEBOOK and COPY.sub("", stem).casefold() == assignment.casefold()
