"""The names that course systems give to what learners hand in, read: whose it is, and what it is.

Canvas writes all files of an assignment into one folder: `lovelaceada_LATE_11_22_02-shards.ipynb`, with the
learner's sortable name in small letters, perhaps LATE, the numbers of the user and of the file.
Moodle makes a folder for each learner: `Ada Lovelace_123_assignsubmission_file_/02-shards.ipynb`.
Both hand out a zip that holds this, and perhaps a folder around it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CANVAS: Final = re.compile(
    r"(?P<student>[^_/]+)_(?P<late>LATE_)?(?P<user>\d+)_(?P<file>\d{1,18})_(?P<name>.+)", re.DOTALL
)
MOODLE: Final = re.compile(
    r"(?P<student>[^/]+)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)_?", re.DOTALL
)
COPY: Final = re.compile(r"(?:-(?P<canvas>\d{1,4})|-Copy(?P<jupyter>\d{0,4})| ?\((?P<browser>\d{1,4})\))$")
"""What a browser, JupyterLab, or Canvas for a second attempt puts behind a name."""
NOTEBOOK: Final = ".ipynb"
IGNORED: Final = ("__MACOSX", ".DS_Store", "Thumbs.db")
"""What systems leave everywhere."""


@dataclass(frozen=True)
class Named:
    """A file as a course system named it."""

    student: str
    """Who handed it in, as the system writes the name."""
    user: str
    """The same by the system's number, which nobody else has."""
    name: str
    """What the learner called it."""
    file: int = 0
    """Canvas's number of the file: a later one is larger."""
    late: bool | None = None
    """Whether Canvas marks it as late, by the due time that Canvas has; None of what is not Canvas's."""


def named(parts: Sequence[str]) -> Named | None:
    """Whose file of these PARTS of a path it is, as Canvas or Moodle wrote it; None when neither did."""
    for folder in parts[:-1]:
        if (moodle := MOODLE.fullmatch(folder)) is not None:
            return Named(moodle["student"], f"moodle {moodle['user']}", parts[-1])
    canvas = CANVAS.fullmatch(parts[-1])
    if canvas is None or len(parts) > 2:
        return None
    late = canvas["late"] is not None
    return Named(canvas["student"], f"canvas {canvas['user']}", canvas["name"], int(canvas["file"]), late)


def is_moodle(folder: str) -> bool:
    """Whether Moodle made the folder of this name for a learner."""
    return MOODLE.fullmatch(folder) is not None


def is_called(name: str, assignment: str) -> bool:
    """Whether a file is the notebook of ASSIGNMENT, or a copy of it, by its name."""
    stem, ending = name[: -len(NOTEBOOK)], name[-len(NOTEBOOK) :]
    return ending.lower() == NOTEBOOK and COPY.sub("", stem).casefold() == assignment.casefold()


def copy_number(stem: str) -> int:
    """0 for a first file, 1 for its first copy, as programs count them."""
    found = COPY.search(stem)
    number = next((one for one in found.groups() if one), "1") if found else "0"
    return int(number)
