"""Strangers' zips, read with care: nothing is unpacked by the names in them, and never more than a limit.

What is wrong with a zip, or with a member, is a `Bad` or one of BROKEN, with the reason as a sentence's end.
"""

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Final

from grader.classroom.downloads import IGNORED

LARGEST_OF_ONE: Final = 64 * 2**20
"""Bytes of one learner's zip, and of all that is read of it unpacked."""
LARGEST_CLASS: Final = 2**34
"""Bytes that are read of a whole class's."""
MEMBERS_OF_ONE: Final = 1_000
DIRECTORY_OF_ONE: Final = MEMBERS_OF_ONE * 500
"""Bytes of its list of members."""
MEMBERS: Final = 1_000_000
"""Of a whole class's zip."""
LONGEST_NAME: Final = 400
END: Final = b"PK\5\6"
END_BYTES: Final = 22
LOCATOR_64: Final = b"PK\6\7"
NAMED: Final = 5


class Bad(Exception):  # noqa: N818 - a finding about a zip
    """What is wrong with a member or a whole zip."""


BROKEN: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError)
"""What Python's zipfile raises for damaged or strange zips."""


class Opened:
    """A zip under inspection. OF_CLASS: whoever grades made it, or a course system; else a learner."""

    def __init__(self, file: IO[bytes], size: int, *, of_class: bool) -> None:
        """Raises Bad or one of BROKEN."""
        if not of_class:
            _refuse_large_directory(file, size)
        self._archive = zipfile.ZipFile(file)
        self._size = size
        self._packed, self._left = 0, LARGEST_CLASS if of_class else LARGEST_OF_ONE
        most = MEMBERS if of_class else MEMBERS_OF_ONE
        if len(self._archive.infolist()) > most:
            raise Bad(f"it has {len(self._archive.infolist())} members; {most} are read at most")

    def members(self) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...], Bad | None]]:
        """Each file with its name in parts, and what is wrong with it; what systems add is left out."""
        for member in self._archive.infolist():
            name = member.filename.replace("\\", "/")
            parts = PurePosixPath(name).parts
            if not parts or any(part in IGNORED or part.startswith("._") for part in parts):
                continue
            problem = None
            try:
                _refuse(member, name, parts)
            except Bad as found:
                problem = found
            if problem is not None or not member.is_dir():
                yield member, parts, problem

    def refuse_bad_members(self) -> None:
        """A learner's zip is refused as a whole. Raises Bad."""
        for _, _, problem in self.members():
            if problem is not None:
                raise problem

    def content(self, member: zipfile.ZipInfo, most: int) -> bytes:
        """Never more than MOST bytes, whatever the zip says of itself. Raises Bad or one of BROKEN.

        Nor more than a limit in all: many equal lines are no fault, a bomb is.
        """
        name = PurePosixPath(member.filename).name[:60]
        self._packed += member.compress_size
        if self._packed > self._size:
            raise Bad("its members overlap, so it is a bomb")
        if member.file_size > most:
            raise Bad(f"{name} has {member.file_size >> 20} MiB; {most >> 20} are read at most")
        with self._archive.open(member) as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise Bad(f"{name} has more than the {most >> 20} MiB that are read at most")
        self._left -= len(content)
        if self._left < 0:
            raise Bad("unpacked, it has more than is read of a zip, so it is a bomb")
        return content

    def what_lies_there(self) -> str:
        """Names that can be looked for, of what a zip holds instead of a hand-in."""
        names = [ascii("/".join(parts)) for _, parts, _ in self.members()]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"; in it lies: {', '.join(names[:NAMED])}{more}" if names else "; it is empty"


def is_zip(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip" and not path.name.startswith(".")


def words_of(problem: Exception) -> str:
    """The end of a sentence about a zip."""
    if isinstance(problem, Bad):
        return str(problem)
    return f"it is damaged ({str(problem).rstrip('.') or type(problem).__name__})"


def _refuse_large_directory(file: IO[bytes], size: int) -> None:
    """Python reads a zip's list of members as a whole, so its size is looked at before. Raises Bad."""
    file.seek(max(0, size - END_BYTES - 2**16))
    tail = file.read()
    at = len(tail) - END_BYTES
    if not (tail[at : at + 4] == END and tail.endswith(b"\0\0")):
        at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_BYTES:
        raise Bad("it is damaged, or cut off")
    (directory,) = struct.unpack_from("<I", tail, at + 12)
    if directory > DIRECTORY_OF_ONE or tail[max(0, at - 20) : at].startswith(LOCATOR_64):
        raise Bad(f"its list of members is longer than that of {MEMBERS_OF_ONE} members")


def _refuse(member: zipfile.ZipInfo, name: str, parts: tuple[str, ...]) -> None:
    """Members that no honest zip has. Raises Bad."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    if "\0" in member.orig_filename or len(name) > LONGEST_NAME:
        raise Bad(f"a member's name is longer than {LONGEST_NAME} characters, or is not a name")
    if parts[0] == "/" or re.match(r"[A-Za-z]:", parts[0]):
        raise Bad(f"{shown} is an absolute name")
    if ".." in parts:
        raise Bad(f"{shown} leads out of the zip by `..`")
    if kind == stat.S_IFLNK:
        raise Bad(f"{shown} is a link; hand in the notebook itself")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise Bad(f"{shown} is not a file")
    if member.flag_bits & 0x1:
        raise Bad(f"{shown} is encrypted")
