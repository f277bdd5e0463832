"""`grader collect`: what Canvas and Moodle let one download, taken into nbgrader's layout, once and stamped.

`grader autograde` reads such a download where it lies. Collected, a hand-in keeps the time at which it came
first, however often the whole class is downloaded again; formgrader finds it; and an earlier one stays beside
the later.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from grader.classroom.collect import Collected, collect
from grader.classroom.due import TIMESTAMP, marked_by_canvas, parse_timestamp
from grader.classroom.layout import write_hand_in
from grader.classroom.roster import Learner
from grader.plain_files import NotReadError, read_plain

LARGEST = 64 << 20
"""Bytes of a file that is taken."""


@dataclass
class Taken:
    """What came of a collection, by student."""

    new: list[str] = field(default_factory=list)
    later: list[str] = field(default_factory=list)
    """Who had handed in before."""
    known: list[str] = field(default_factory=list)
    """Whose hand-in was here already, or none of whose was new."""
    late: list[str] = field(default_factory=list)
    """Whose newest hand-in Canvas marks as late."""
    strangers: list[str] = field(default_factory=list)
    """Who is not in the roster that there is."""
    collected: Collected | None = None


def take(
    given: Path,
    assignment: str,
    target: Path,
    when: datetime,
    known: Sequence[str] = (),
    roster: Sequence[Learner] = (),
) -> Taken:
    """Put the hand-ins in GIVEN into TARGET, stamped with WHEN unless they bring a stamp of the class's own.

    Raises CallError when GIVEN holds none, and OSError when TARGET cannot be written.
    """
    taken, names = Taken(), {learner.student for learner in roster}
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target, prefix=".collect-") as scratch:
        # By "best" all hand-ins of a learner stay, in their order.
        found = collect(given, assignment, Path(scratch) / "all", known, "best", roster=roster)
        taken.collected = found
        for folder in sorted(p for p in found.folder.iterdir() if not p.name.startswith(".")):
            attempts = found.attempts.get(folder.name, ())
            places = [one.folder for one in attempts if not one.problem] or [folder / assignment]
            _take(taken, target, folder.name, assignment, places, when)
            if marked_by_canvas(places[-1]):
                taken.late.append(folder.name)
            if roster and folder.name not in names:
                taken.strangers.append(folder.name)
    return taken


def _take(
    taken: Taken, target: Path, student: str, assignment: str, places: Sequence[Path], when: datetime
) -> None:
    there = (target / student / assignment).is_dir()
    written = False
    for place in places:
        files = _files(place)
        if any(name.endswith(".ipynb") for name in files):
            own = parse_timestamp(files.pop(TIMESTAMP, b"").decode(errors="replace"))
            written |= write_hand_in(target, student, assignment, files, own or when)[0]
    if written:
        (taken.later if there else taken.new).append(student)
    elif there:
        taken.known.append(student)


def _files(folder: Path) -> dict[str, bytes]:
    """A hand-in's plain files; what is none stays where it is."""
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or not path.is_file():
            continue
        try:
            found[path.name] = read_plain(path, LARGEST)
        except (NotReadError, OSError):
            continue
    return found
