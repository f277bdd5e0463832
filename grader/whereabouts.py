"""Where things are: the course's root, its folders, the learner's name."""

import difflib
import os
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from lab.aws.folders import IN_CLONE
from lab.machine.whole_files import write_whole

STATE = ".grader"
DEFAULT_LEARNER = "self"


HERE = "Change into the course's folder, or name it with --course."
NO_COURSE = (
    "This grader was installed without the course: get the course's repository, and change into it or "
    "name it with --course."
)


class CallError(Exception):
    """The caller's mistake, in a sentence that says what is wrong and what to do."""


def find_root(start: Path) -> Path | None:
    """The nearest folder at or above `start` that holds a course (or has been told a learner's name)."""
    for folder in (start, *start.parents):
        if (folder / "exercises").is_dir() or (folder / "solutions").is_dir():
            return folder
        if (folder / STATE / "learner").is_file():
            return folder
    return None


def root_or_refuse(start: Path) -> Path:
    root = find_root(start.resolve())
    if root is None:
        raise CallError(
            f"{start.resolve()} is not inside a course (no exercises/ or solutions/ folder here or above). "
            f"{HERE if IN_CLONE else NO_COURSE}"
        )
    return root


def meant(known: Sequence[str], asked: str) -> str:
    """The one of the KNOWN names that ASKED is, or begins; ASKED itself where none is.

    Raises CallError where it begins several.
    """
    begun = [name for name in known if name.startswith(asked)]
    if asked in known or not begun or not asked:
        return asked
    if len(begun) > 1:
        raise CallError(f"{asked!r} begins several names: {', '.join(begun)}. Write more of it.")
    return begun[0]


def suggestion(known: Sequence[str], asked: str) -> str:
    """A question that names what was probably meant, with a blank behind it; "" when nothing is near."""
    near = difflib.get_close_matches(asked, known, 1)
    return f"Do you mean {near[0]}? " if near else ""


def exercise_names(root: Path) -> list[str]:
    """The assignments that are here, as exercises or as their sources."""
    folders = [root / "exercises", root / "solutions"]
    found = {path.name for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_dir()}
    return sorted(name for name in found if not name.startswith((".", "_")))


def short(path: Path) -> str:
    """A path as a person at the keyboard would name it: from the working folder, where it lies in there."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def learner_name(start: Path) -> str:
    """The name set by `grader whoami`, or "self"."""
    root = find_root(start)
    if root is None:
        return DEFAULT_LEARNER
    try:
        name = (root / STATE / "learner").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return DEFAULT_LEARNER
    return name or DEFAULT_LEARNER


def identity(name: str) -> str:
    """The one form of a learner's name, however a file system writes it.

    Accents composed (macOS takes them apart), no blanks at the ends, bytes that are no UTF-8 read as Windows
    and old zips write them.
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        name = os.fsencode(name).decode("cp1252", errors="replace")
    return unicodedata.normalize("NFC", name).strip()


def check_name(name: str) -> str:
    """A learner's name becomes a folder's name. Raises CallError for one that cannot."""
    plain = identity(name)
    if not plain or plain in (".", "..") or len(plain) > 100:
        raise CallError("A learner's name has 1 to 100 characters.")
    if any(char in plain for char in "/\\\0\n\r\t") or plain.startswith((".", "-")):
        raise CallError(
            f"The name {name!r} cannot be a folder's name: no slashes, and no dot or dash in front."
        )
    return plain


def set_learner_name(root: Path, name: str) -> None:
    write_whole(root / STATE / "learner", check_name(name) + os.linesep)
