"""A hand-in in nbgrader's layout: <student>/<assignment>/, stamped, with the earlier ones kept beside it."""

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from grader.classroom.attempts import EARLIER
from grader.classroom.due import CANVAS, TIMESTAMP, stamp
from lab.machine.whole_files import write_whole


def write_hand_in(
    target: Path, learner: str, assignment: str, files: Mapping[str, bytes], when: datetime
) -> tuple[bool, Path | None]:
    """Write TARGET/<learner>/<assignment>/; whether it is new, and where an earlier one is kept.

    The same FILES again change nothing: they keep the time at which they came first, and what Canvas said
    then. Raises OSError.
    """
    folder = target / learner / assignment
    stamped = folder / TIMESTAMP
    before = {path.name: path for path in (folder.iterdir() if folder.is_dir() else ()) if path.is_file()}
    handed = {name: path.read_bytes() for name, path in before.items()}
    if _work(handed) == _work(files):
        return False, None
    if any(_same(place, files) for place in (folder / EARLIER).glob("*")):
        return False, None  # it came before, and something else came since
    kept = _kept(folder, before) if before else None
    for name, content in files.items():
        write_whole(folder / name, content)
        # As old as the stamp, so that only what was changed since is newer than it.
        os.utime(folder / name, (when.timestamp(), when.timestamp()))
    write_whole(stamped, stamp(when))
    return True, kept


def _same(place: Path, files: Mapping[str, bytes]) -> bool:
    return _work({path.name: path.read_bytes() for path in place.iterdir() if path.is_file()}) == _work(files)


def _work(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """A hand-in's files without what is said of it."""
    return {name: content for name, content in files.items() if name not in (TIMESTAMP, CANVAS)}


def _kept(folder: Path, before: Mapping[str, Path]) -> Path:
    """The earlier hand-in, moved aside."""
    number = 1
    while (place := folder / EARLIER / str(number)).exists():
        number += 1
    place.mkdir(parents=True)
    for name, path in before.items():
        path.rename(place / name)
    return place
