"""Submissions from zips: one that `grader submit --zip` made for each learner, or one of a whole class.

A zip is a stranger's file. Nothing is unpacked by the names in it: a member is read only when it is
`<student>/<assignment>/<name>.ipynb`, into memory, up to a limit, and written to a place that is made here.
What is wrong with a zip is a sentence in its student's result, and the others are graded.
"""

import os
import re
import shutil
import stat
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Final

from grader.classroom.downloads import Download, canvas_download, is_moodle, moodle_downloads
from grader.classroom.due import TIMESTAMP
from grader.engine.submission import LARGEST_NOTEBOOK
from grader.plain_files import NotReadError, read_plain
from grader.whereabouts import CallError, check_name, identity

LARGEST_OF_ONE: Final = 64 * 2**20
"""Bytes of one learner's zip."""
MEMBERS_OF_ONE: Final = 1_000
DIRECTORY_OF_ONE: Final = MEMBERS_OF_ONE * 500
"""Bytes of its list of members."""
END: Final = b"PK\5\6"
END_BYTES: Final = 22
LOCATOR_64: Final = b"PK\6\7"
MEMBERS: Final = 1_000_000
"""Of a whole class's zip."""
NOTEBOOKS: Final = 20
"""Of one student, for one assignment."""
RATIO: Final = 200
"""How many times larger than in the zip a member may be that has more than a MiB; plots come to about 10."""
LONGEST_NAME: Final = 400
IGNORED: Final = ("__MACOSX", ".DS_Store", "Thumbs.db")
BROKEN: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError)
"""What Python's zipfile raises for damaged or strange zips."""


@dataclass(frozen=True)
class Collected:
    """Where the submissions are, in nbgrader's layout, and what was wrong with others, by student."""

    folder: Path
    problems: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    """Who was taken for whom: what a course system called a hand-in, and the learner."""
    passed_over: tuple[str, ...] = ()
    """What lies beside the hand-ins and is none."""


class _Bad(Exception):  # noqa: N818 - a finding about a zip
    """What is wrong with a member or a whole zip."""


def collect(given: Path, assignment: str, into: Path, known: Collection[str] = ()) -> Collected:
    """Submissions in GIVEN: a folder of students, a folder of zips (or of both), a zip.

    Without zips it is GIVEN itself; else INTO, made anew. KNOWN are the course's assignments.
    Raises CallError when there is nothing like that, and OSError when INTO cannot be written.
    """
    if not given.exists():
        raise CallError(
            f"There is no folder or zip {given}. Submissions are expected as "
            "submitted/<student>/<assignment>/<assignment>.ipynb; name another place with --submitted."
        )
    if given.is_file() and not zipfile.is_zipfile(given):
        raise CallError(f"{given} is neither a folder nor a zip, or it is a zip that is cut off.")
    zips = sorted(p for p in given.iterdir() if _is_zip(p)) if given.is_dir() else [given]
    folders = sorted(p for p in given.iterdir() if _is_folder(p)) if given.is_dir() else []
    loose = sorted(p for p in given.iterdir() if _is_loose(p, zips)) if given.is_dir() else []
    found = [download for path in loose if (download := canvas_download(path, assignment)) is not None]
    taken = {download.path for download in found}
    found += [download for folder in folders for download in moodle_downloads(folder, assignment)]
    empty = {f for f in folders if is_moodle(f)} - {download.path.parent for download in found}
    passed_over = tuple(path.name for path in (*loose, *sorted(empty)) if path not in taken)
    folders = [folder for folder in folders if not is_moodle(folder)]
    if not zips and not found and _are_plain(folders):
        return Collected(given, passed_over=passed_over)
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".collected-") as scratch:
        unpacking = _Unpacking(assignment, Path(scratch) / "new", frozenset(known) - {assignment})
        for folder in folders:
            unpacking.link(folder)
        for download in found:
            unpacking.download(download)
        for path in sorted(zips, key=lambda path: unpacking.told_by(path.name) is None):
            unpacking.take(path, of_class=path == given)
        shutil.rmtree(into, ignore_errors=True)
        unpacking.folder.rename(into)
    if not unpacking.places and not unpacking.problems:
        raise CallError(f"{given} holds no <student>/{assignment}/<name>.ipynb.")
    return Collected(into, unpacking.problems, unpacking.taken, passed_over)


def _is_zip(path: Path) -> bool:
    return path.is_file() and path.suffix.lower() == ".zip" and not path.name.startswith(".")


def _is_loose(path: Path, zips: Collection[Path]) -> bool:
    """A file beside the hand-ins that may be one; none of those that systems leave everywhere."""
    return (
        not path.is_dir()
        and path not in zips
        and not path.name.startswith((".", "~"))
        and (path.name not in IGNORED)
    )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _are_plain(folders: Sequence[Path]) -> bool:
    """Whether each is a folder of its own that is named as its learner is, and no two could be one."""
    names = {_folded(folder.name) for folder in folders}
    plain = all(identity(folder.name) == folder.name and not folder.is_symlink() for folder in folders)
    return plain and len(names) == len(folders)


def _folded(name: str) -> str:
    """Names that some file systems take for the same are the same."""
    return identity(name).casefold()


@dataclass
class _Unpacking:
    """One collection under way."""

    assignment: str
    folder: Path
    others: frozenset[str]
    problems: dict[str, str] = field(default_factory=dict)
    places: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Student and the zip or folder that the work came from, by the folded name."""
    whole_class: str = ""
    """The name of the zip that holds all."""
    taken: dict[str, str] = field(default_factory=dict)
    claims: dict[str, bool] = field(default_factory=dict)
    """Whether that zip or folder carries the student's name, by the folded name."""

    def __post_init__(self) -> None:
        self.folder.mkdir()

    def link(self, student: Path) -> None:
        """A learner's folder stays where it is, under the learner's name."""
        name = identity(student.name)
        shown = name if name == student.name else ascii(student.name)
        if student.is_symlink():
            self._blame(name, shown, _Bad("it is a link; links are not followed"))
            return
        try:
            check_name(name)
        except CallError as problem:
            self._blame(name, shown, _Bad(str(problem).rstrip(".")))
            return
        if self._is_first(name, f"the folder {shown}", claimed=name):
            (self.folder / name).symlink_to(student.resolve())

    def download(self, given: Download) -> None:
        """A notebook that a course system named: put where the learner's own is looked for."""
        try:
            name = check_name(identity(given.student.replace(" ", "-")))
            content = read_plain(given.path, LARGEST_NOTEBOOK)
        except (CallError, NotReadError) as problem:
            self._blame(
                identity(given.student.replace(" ", "-")), given.shown, _Bad(str(problem).rstrip("."))
            )
            return
        if not self._is_first(name, given.shown, claimed=name):
            return
        target = self.folder / name / self.assignment / f"{self.assignment}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_bytes(content)
        when = given.path.stat().st_mtime
        os.utime(target, (when, when))
        self.taken[given.shown] = name

    def take(self, path: Path, *, of_class: bool) -> None:
        """Everything of one zip. Raises CallError for a whole class's that cannot be read."""
        self.whole_class = path.name if of_class else ""
        try:
            if not of_class and path.is_symlink():
                raise _Bad("it is a link")
            if not of_class and path.stat().st_size > LARGEST_OF_ONE:
                raise _Bad(f"it has {path.stat().st_size >> 20} MiB; {LARGEST_OF_ONE >> 20} are read at most")
            with path.open("rb") as file:
                self._read(file, path.name, path.stat().st_size, path.stat().st_mtime, of_class=of_class)
        except (_Bad, *BROKEN) as problem:
            if of_class:
                raise CallError(f"{path} cannot be read: {_words(problem)}.") from None
            self._blame(self._named_after(path.name), path.name, problem)

    def _named_after(self, zip_name: str) -> str | None:
        """The student by a zip's name, like ada-02-shards (1).zip; None for another assignment's zip."""
        stem = Path(zip_name).stem
        if any(re.fullmatch(rf".+-{re.escape(other)}( ?\(\d+\))?", stem) for other in self.others):
            return None
        return re.sub(rf"-{re.escape(self.assignment)}( ?\(\d+\))?$", "", stem)

    def _read(self, file: IO[bytes], zip_name: str, size: int, when: float, *, of_class: bool) -> None:
        """Raises _Bad or one of BROKEN for what concerns the zip as a whole."""
        if not of_class:
            _refuse_large_directory(file, size)
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            most = MEMBERS if of_class else MEMBERS_OF_ONE
            if len(members) > most:
                raise _Bad(f"it has {len(members)} members; {most} are read at most")
            seen, packed = False, 0
            named = [(member, self._parts(member, zip_name, of_class)) for member in members]
            for member, parts in named:
                if parts is None:
                    continue
                packed += member.compress_size
                if packed > size:
                    raise _Bad("its members overlap, so it is a bomb")
                if of_class and parts[-1].lower().endswith(".zip"):
                    self._inner(archive, member, "/".join(parts), when)
                    seen = True
                elif len(parts) >= 3 and parts[-1].endswith(".ipynb"):
                    seen = True
                    self._notebook(archive, member, parts, zip_name, when)
                elif of_class and len(parts) >= 3 and parts[-1] == TIMESTAMP:
                    self._notebook(archive, member, parts, zip_name, when)
        if not seen:
            raise _Bad(f"it holds no <student>/{self.assignment}/<name>.ipynb")

    def _parts(self, member: zipfile.ZipInfo, zip_name: str, of_class: bool) -> list[str] | None:
        """A member's name in its parts; None for what needs no look. Raises _Bad in one learner's zip."""
        name = member.filename.replace("\\", "/")
        parts = list(PurePosixPath(name).parts)
        if not parts or any(part in IGNORED or part.startswith("._") for part in parts):
            return None
        try:
            _refuse(member, name, parts)
        except _Bad as problem:
            if not of_class:
                raise
            self._blame(parts[0] if len(parts) > 1 else Path(zip_name).stem, zip_name, problem)
            return None
        return None if member.is_dir() else parts

    def _inner(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, when: float) -> None:
        """A learner's zip in a zip of the class, as a course system hands them out. No deeper."""
        try:
            raw = _content(archive, member, LARGEST_OF_ONE)
            self._read(BytesIO(raw), name, len(raw), when, of_class=False)
        except (_Bad, *BROKEN) as problem:
            self._blame(self._named_after(name), name, problem)

    def _notebook(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, parts: list[str], zip_name: str, when: float
    ) -> None:
        student, assignment, name = parts[-3:]
        if assignment != self.assignment:
            return
        try:
            student = check_name(student)
        except CallError as problem:
            self._blame(student, zip_name, _Bad(str(problem).rstrip(".")))
            return
        claimed = self.told_by(zip_name)
        # A course system may put something in front of it.
        if claimed is not None and not f"_{_folded(claimed)}".endswith(f"_{_folded(student)}"):
            self._blame(
                claimed, zip_name, _Bad(f"it holds the work of {student}; a zip is named after its own")
            )
            return
        if not self._is_first(student, zip_name, claimed=claimed):
            return
        target = self.folder / student / assignment / name
        try:
            content = _content(archive, member, LARGEST_NOTEBOOK)
            present = [_folded(p.name) for p in target.parent.iterdir()] if target.parent.is_dir() else []
            if _folded(name) in present:
                raise _Bad(f"{'/'.join(parts)} stands twice in it")
            if len(present) >= NOTEBOOKS:
                raise _Bad(f"{student} has more than {NOTEBOOKS} notebooks in it")
        except (_Bad, *BROKEN) as problem:
            self._blame(student, zip_name, problem)
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        os.utime(target, (when, when))  # handed in with the zip; a member's date is the learner's to choose

    def told_by(self, zip_name: str) -> str | None:
        """The learner whose name a zip carries as `grader submit` writes it; None for any other name."""
        if zip_name == self.whole_class:
            return None
        pattern = rf"(.+)-{re.escape(self.assignment)}( ?\(\d+\))?"
        found = re.fullmatch(pattern, Path(PurePosixPath(zip_name).name).stem)
        return identity(found[1]) if found else None

    def _is_first(self, student: str, place: str, claimed: str | None) -> bool:
        """Is this the only hand-in so far? Of two neither is graded: nobody knows which is meant.

        But who hands in under a name that the folder or zip does not carry (CLAIMED) takes nothing from
        whoever does.
        """
        before, first = self.places.setdefault(_folded(student), (student, place))
        if (before, first) == (student, place):
            self.claims.setdefault(_folded(student), claimed is not None)
            return student not in self.problems
        if self.claims[_folded(student)] and claimed is None:
            self._drop(
                f"{Path(place).stem}", f"{place} holds the work of {student}, who handed in by {first}."
            )
            return False
        which = (
            f"{before} and {student} differ only in upper and lower case" if before != student else student
        )
        words = f"{which}: handed in by {first} and by {place}. Keep one."
        for name in (before, student):
            self._drop(name, words)
        return False

    def _blame(self, student: str | None, zip_name: str, problem: Exception) -> None:
        if student is None:
            return
        try:
            student = check_name(student)
        except CallError:
            student = Path(zip_name).stem.lstrip(".-") or "zip"
        self._drop(student, f"{zip_name}: {_words(problem)}.")

    def _drop(self, student: str, words: str) -> None:
        self.problems.setdefault(student, words)
        place = self.folder / student
        if place.is_symlink():
            place.unlink()
        else:
            shutil.rmtree(place, ignore_errors=True)


def _refuse_large_directory(file: IO[bytes], size: int) -> None:
    """Python reads a zip's list of members as a whole, so its size is looked at before. Raises _Bad."""
    file.seek(max(0, size - END_BYTES - 2**16))
    tail = file.read()
    at = len(tail) - END_BYTES
    if not (tail[at : at + 4] == END and tail.endswith(b"\0\0")):
        at = tail.rfind(END)
    if at < 0 or len(tail) - at < END_BYTES:
        raise _Bad("it is damaged, or cut off")
    (directory,) = struct.unpack_from("<I", tail, at + 12)
    if directory > DIRECTORY_OF_ONE or tail[max(0, at - 20) : at].startswith(LOCATOR_64):
        raise _Bad(f"its list of members is longer than that of {MEMBERS_OF_ONE} members")


def _refuse(member: zipfile.ZipInfo, name: str, parts: list[str]) -> None:
    """Members that no honest zip has. Raises _Bad."""
    kind = stat.S_IFMT(member.external_attr >> 16)
    shown = name if len(name) <= 60 else f"{name[:60]}…"
    if "\0" in member.orig_filename or len(name) > LONGEST_NAME:
        raise _Bad(f"a member's name is longer than {LONGEST_NAME} characters, or is not a name")
    if parts[0] == "/" or re.match(r"[A-Za-z]:", parts[0]):
        raise _Bad(f"{shown} is an absolute name")
    if ".." in parts:
        raise _Bad(f"{shown} leads out of the zip by `..`")
    if kind == stat.S_IFLNK:
        raise _Bad(f"{shown} is a link; hand in the notebook itself")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _Bad(f"{shown} is not a file")
    if member.flag_bits & 0x1:
        raise _Bad(f"{shown} is encrypted")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """Never more than MOST bytes, whatever the zip says of itself. Raises _Bad or one of BROKEN."""
    name = PurePosixPath(member.filename).name[:60]
    if member.file_size > most:
        raise _Bad(f"{name} has {member.file_size >> 20} MiB; {most >> 20} are read at most")
    if member.file_size > max(2**20, RATIO * member.compress_size):
        raise _Bad(f"{name} grows to more than {RATIO} times what it has in the zip, so it is a bomb")
    with archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise _Bad(f"{name} has more than the {most >> 20} MiB that are read at most")
    return content


def _words(problem: Exception) -> str:
    if isinstance(problem, _Bad):
        return str(problem)
    return f"it is damaged ({str(problem).rstrip('.') or type(problem).__name__})"
