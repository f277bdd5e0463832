"""Who is in the class: `roster.csv`, when the course has one. It makes missing hand-ins seen, and names
learners as Canvas and Moodle know them.

The column `student` holds the names of the folders in submitted/; every other column may be left out.
Between the columns stand commas, semicolons or tabs.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from grader.whereabouts import CallError, check_name, identity

FILE_NAME = "roster.csv"
SEPARATORS = (",", ";", "\t")
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
"""How a spreadsheet's "Unicode text" begins."""


@dataclass(frozen=True)
class Learner:
    """A row of the roster. What is empty is not known."""

    student: str
    name: str = ""
    email: str = ""
    section: str = ""
    canvas_id: str = ""
    """Canvas's own number of the user: the column ID of its gradebook export."""
    sis_user_id: str = ""
    sis_login_id: str = ""
    username: str = ""
    """Moodle's user name."""
    id_number: str = ""
    """Moodle's ID number."""

    @property
    def first_and_last(self) -> dict[str, str]:
        """The name as nbgrader keeps it: "Lovelace, Ada" or "Ada Lovelace"."""
        last, comma, first = self.name.partition(",")
        if not comma:
            first, _, last = self.name.rpartition(" ")
        return {"first_name": first.strip(), "last_name": last.strip()}


class Directory:
    """Whose a course system's file is, by the roster: by Canvas's number of the user, else by the name."""

    def __init__(self, roster: Sequence[Learner]) -> None:
        self._by_number = {one.canvas_id: one.student for one in roster if one.canvas_id}
        self._by_name: dict[str, set[str]] = {}
        for one in roster:
            first, last = one.first_and_last["first_name"], one.first_and_last["last_name"]
            for name in {_letters(first + last), _letters(last + first)} - {""}:
                self._by_name.setdefault(name, set()).add(one.student)

    def find(self, user: str, name: str) -> str | None:
        """The learner's folder's name; None where the roster does not tell, or names two so.

        USER is like "canvas 17", NAME as the system writes it: "lovelaceada", "Ada Lovelace".
        """
        system, _, number = user.partition(" ")
        if system == "canvas" and number in self._by_number:
            return self._by_number[number]
        found = self._by_name.get(_letters(name), set())
        return next(iter(found)) if len(found) == 1 else None


def _letters(name: str) -> str:
    """A name without blanks, marks and capital letters, as Canvas writes it in the names of files."""
    return "".join(char for char in identity(name).casefold() if char.isalnum())


def read_roster(root: Path) -> list[Learner] | None:
    """The learners, or None without a roster. Raises CallError with a sentence for one that is damaged."""
    path = root / FILE_NAME
    if not path.is_file():
        return None
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw.startswith(UTF_16) else "utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_separator(text)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CallError(f"{FILE_NAME} is not a CSV file in UTF-8: {error}.") from None
    header = [name.strip().lower().replace(" ", "_") for name in rows[0]] if rows else []
    if "student" not in header:
        raise CallError(f"{FILE_NAME} has no column `student`: the names of the folders in submitted/.")
    learners = [_learner(header, row, number) for number, row in enumerate(rows[1:], 2) if any(row)]
    names = [learner.student for learner in learners]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise CallError(f"{FILE_NAME} names {twice[0]} twice.")
    return learners


def _separator(text: str) -> str:
    """What stands between a file's columns, by its first line: a spreadsheet may write `;` or tabs."""
    head = text.partition("\n")[0]
    return max(SEPARATORS, key=head.count)


def _learner(header: Sequence[str], row: Sequence[str], number: int) -> Learner:
    if len(row) != len(header):
        raise CallError(f"{FILE_NAME}, line {number}: {len(row)} cells under {len(header)} columns.")
    known = {field.name for field in fields(Learner)}
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if name in known}
    try:
        cells["student"] = check_name(cells["student"])
    except CallError as error:
        raise CallError(f"{FILE_NAME}, line {number}: {error}") from None
    return Learner(**cells)
