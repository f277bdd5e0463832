"""Submissions as they come: nbgrader's folders, zips of learners, what Canvas and Moodle let you download.

A zip is a stranger's file. A member is read only when it is a notebook or a module by its place and name,
into memory, up to a limit, and written to a place that is made here. What is wrong with a hand-in is a
sentence in its student's result, and the others are graded. Nothing is passed over in silence.
"""

import os
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import IO, Final

from grader.classroom.attempts import EARLIER, Attempt, in_order, told
from grader.classroom.downloads import IGNORED, Named, copy_number, is_called, is_moodle, named
from grader.classroom.due import CANVAS, DEFAULT_RULE, LONGEST_TIME, MARKS, TIMESTAMP, Rule
from grader.classroom.roster import Directory, Learner
from grader.classroom.zips import BROKEN, LARGEST_OF_ONE, Bad, Opened, is_zip, words_of
from grader.engine.handed import is_module, read_modules
from grader.engine.submission import LARGEST_NOTEBOOK
from grader.plain_files import NotReadError, read_plain
from grader.whereabouts import CallError, check_name, identity

NOTEBOOKS: Final = 20
"""Of one student, for one assignment."""
ATTEMPTS: Final = ".attempts"


@dataclass(frozen=True)
class Collected:
    """Where the submissions are, in nbgrader's layout, and what was wrong with others, by student."""

    folder: Path
    problems: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    """Who was taken for whom: what a course system called a hand-in, and the learner."""
    passed_over: tuple[str, ...] = ()
    """What lies beside the hand-ins and is none."""
    attempts: Mapping[str, Sequence[Attempt]] = field(default_factory=dict)
    """All of a learner's hand-ins, in their order, where there are several."""
    rule: Rule = DEFAULT_RULE

    def folders(self, student: str, assignment: str) -> list[Path]:
        """The folders of what is to be graded: one, or all by the rule "best"."""
        if self.rule == "best" and student in self.attempts:
            return [one.folder for one in self.attempts[student] if not one.problem]
        return [self.folder / student / assignment]

    def note(self, student: str, digest: str | None) -> str:
        """Which of several hand-ins counts, the one of this DIGEST; "" where there is one."""
        attempts = self.attempts.get(student, ())
        counts = next((one for one in attempts if one.digest == digest), None)
        return told(attempts, counts, self.rule) if counts else ""


def collect(
    given: Path,
    assignment: str,
    into: Path,
    known: Collection[str] = (),
    rule: Rule = DEFAULT_RULE,
    graded: Mapping[str, str | None] | None = None,
    roster: Sequence[Learner] = (),
) -> Collected:
    """Submissions in GIVEN: a folder of students, of zips, of a course system's files, or a zip of such.

    Of several hand-ins of a learner the one that counts by RULE is put in the learner's folder, or the one
    that was GRADED already (its digest, by student). Where nothing has to be put anywhere the folder is
    GIVEN itself; else INTO, made anew. KNOWN are the course's assignments. By the ROSTER a course system's
    names and numbers are mapped to learners; without it its names are theirs.
    Raises CallError when there is nothing like that, and OSError when INTO cannot be written.
    """
    if not given.exists():
        raise CallError(
            f"There is no folder or zip {given}. Submissions are expected as "
            "submitted/<student>/<assignment>/<assignment>.ipynb; name another place with --submitted."
        )
    if given.is_file() and not zipfile.is_zipfile(given):
        raise CallError(f"{given} is neither a folder nor a zip, or it is a zip that is cut off.")
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".collected-") as scratch:
        gathering = _Gathering(
            assignment, Path(scratch) / "new", frozenset(known) - {assignment}, Directory(roster)
        )
        if given.is_file():
            gathering.class_zip(given)
        elif gathering.folder_of_class(given):
            shutil.rmtree(into, ignore_errors=True)
            return Collected(given, passed_over=tuple(gathering.passed_over))
        collected = gathering.collected(into, rule, graded or {})
        shutil.rmtree(into, ignore_errors=True)
        gathering.folder.rename(into)
    if not gathering.attempts and not gathering.bare and not collected.problems:
        raise CallError(f"{given} holds no <student>/{assignment}/<name>.ipynb.")
    return collected


def _folded(name: str) -> str:
    """Names that some file systems take for the same are the same."""
    return identity(name).casefold()


def _are_plain(folders: Sequence[Path], assignment: str) -> bool:
    """Whether each is a folder of its own that is named as its learner is, with one hand-in in it."""
    names = {_folded(folder.name) for folder in folders}
    plain = all(identity(folder.name) == folder.name and not folder.is_symlink() for folder in folders)
    single = not any((folder / assignment / EARLIER).is_dir() for folder in folders)
    return plain and single and len(names) == len(folders)


@dataclass(frozen=True)
class _Given:
    """A file that a course system named, on disk or in a zip."""

    whose: Named
    place: str
    when: float
    owner: str
    claimed: bool
    """Whether whoever grades knows that the course system wrote it, and no learner."""
    read: Callable[[int], bytes]
    """Its content, of at most so many bytes. Raises NotReadError, Bad or one of BROKEN."""


@dataclass
class _Gathering:
    """One collection under way."""

    assignment: str
    folder: Path
    others: frozenset[str]
    directory: Directory
    attempts: dict[str, list[Attempt]] = field(default_factory=dict)
    """By the folded name."""
    bare: dict[str, Path] = field(default_factory=dict)
    """Learners' folders without anything for this assignment."""
    problems: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    passed_over: list[str] = field(default_factory=list)
    several: dict[str, Sequence[Attempt]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / ATTEMPTS).mkdir(parents=True)

    # --- Places -----------------------------------------------------------------------------------

    def folder_of_class(self, given: Path) -> bool:
        """Everything in a folder. True when it is in order as it lies there, so that nothing was gathered."""
        entries = sorted(
            p for p in given.iterdir() if not p.name.startswith((".", "~")) and p.name not in IGNORED
        )
        moodle = [p for p in entries if p.is_dir() and is_moodle(p.name) and not p.is_symlink()]
        folders = [p for p in entries if p.is_dir() and p not in moodle]
        files = [p for p in entries if not p.is_dir()]
        inside = [p for folder in moodle for p in sorted(folder.rglob("*")) if not p.is_dir()]
        handed = [one for path in (*files, *inside) if (one := self._on_disk(path, given)) is not None]
        zips = [p for p in files if is_zip(p) and named((p.name,)) is None]
        used = self._named(handed)
        self.passed_over += [p.name for p in files if p not in zips and p.name not in used]
        self.passed_over += [f"{p.name}/" for p in moodle if not any(p.iterdir())]
        self.passed_over += [one.place for one in handed if "/" in one.place and one.place not in used]
        if not zips and not self.attempts and _are_plain(folders, self.assignment):
            return True
        for folder in folders:
            self._own_folder(folder)
        for path in zips:
            self._own_zip(path)
        return False

    def class_zip(self, path: Path) -> None:
        """The zip that holds a whole class. Raises CallError when it cannot be read."""
        try:
            with path.open("rb") as file:
                opened = Opened(file, path.stat().st_size, of_class=True)
                self._class_members(opened, path.name, path.stat().st_mtime, named_by_whoever_grades=True)
            if not self.attempts:
                raise Bad(f"it holds no <student>/{self.assignment}/<name>.ipynb{opened.what_lies_there()}")
        except (Bad, *BROKEN) as problem:
            raise CallError(f"{path} cannot be read: {words_of(problem)}.") from None

    def _class_members(
        self, opened: Opened, zip_name: str, when: float, *, named_by_whoever_grades: bool
    ) -> None:
        given: list[_Given] = []
        # A zip that lies among others may be a learner's, with the names that a course system would write.
        via = "" if named_by_whoever_grades else f" in {self._owner(zip_name)}"
        for member, parts, problem in opened.members():
            whose = self._whose(parts)
            if problem is not None:
                self._blame(parts[0] if len(parts) > 1 else Path(zip_name).stem, zip_name, problem, when)
            elif whose is not None:
                place, owner = "/".join(parts[-2:]), f"{whose.user}{via}"
                given.append(_Given(whose, place, when, owner, not via, _reader(opened, member)))
            elif parts[-1].lower().endswith(".zip"):
                self._inner(_reader(opened, member), "/".join(parts), when)
            elif len(parts) >= 3 and self._belongs(parts[-1], timestamps=True):
                self._member(opened, member, parts[-3:], zip_name, when, parts[-3], of_class=True)
            elif len(parts) < 3:
                self.passed_over.append("/".join(parts))
        used = self._named(given)
        self.passed_over += [one.place for one in given if one.place not in used]

    def _belongs(self, name: str, *, timestamps: bool = False) -> bool:
        return name.endswith(".ipynb") or is_module(name) or (timestamps and name == TIMESTAMP)

    # --- What a course system named ---------------------------------------------------------------

    def _whose(self, parts: Sequence[str]) -> Named | None:
        """As `named`, with the learner whom the roster knows by that."""
        found = named(parts)
        if found is None:
            return None
        known = self.directory.find(found.user, found.student)
        return replace(found, student=known) if known is not None else found

    def _on_disk(self, path: Path, given: Path) -> "_Given | None":
        """A file in GIVEN that a course system named; None for any other."""
        parts = path.relative_to(given).parts
        whose = self._whose(parts)
        if whose is None:
            return None
        when = path.lstat().st_mtime
        return _Given(whose, "/".join(parts), when, whose.user, True, lambda most: read_plain(path, most))

    def _named(self, given: Sequence[_Given]) -> set[str]:
        """Take a course system's files, learner by learner; the places of those that were used."""
        used: set[str] = set()
        by_user: dict[str, list[_Given]] = {}
        for one in given:
            by_user.setdefault(f"{one.whose.user} {one.whose.student}", []).append(one)
        for files in by_user.values():
            used |= self._of_user(files)
        return used

    def _of_user(self, files: Sequence[_Given]) -> set[str]:
        used: set[str] = set()
        modules = [one for one in files if is_module(one.whose.name)]
        for one in files:
            if one.whose.name.lower().endswith(".zip"):
                self._inner(one.read, one.place, one.when, one)
                used.add(one.place)
            elif is_called(one.whose.name, self.assignment):
                used |= {one.place, *(module.place for module in modules)}
                self._notebook_of(one, modules)
        return used

    def _notebook_of(self, one: _Given, modules: Sequence[_Given]) -> None:
        student = one.whose.student
        number = one.whose.file or copy_number(Path(one.whose.name).stem)
        try:
            attempt = self._attempt(student, one.owner, one.place, one.when, number, claimed=one.claimed)
            self._put(attempt, f"{self.assignment}.ipynb", one.read(LARGEST_NOTEBOOK))
            self._keep_mark(attempt, one.whose)
            for module in modules:
                self._put(attempt, module.whose.name, module.read(LARGEST_NOTEBOOK))
        except (CallError, NotReadError, Bad, *BROKEN) as problem:
            self._blame(student, one.place, problem, one.when, one.owner, claimed=one.claimed)
        self.taken[one.place.partition("/")[0]] = identity(student)

    # --- Folders and zips of learners -------------------------------------------------------------

    def _own_folder(self, folder: Path) -> None:
        name = identity(folder.name)
        shown = name if name == folder.name else ascii(folder.name)
        place = f"the folder {shown}"
        if folder.is_symlink():
            return self._blame(name, shown, Bad("it is a link; links are not followed"), 0.0)
        try:
            check_name(name)
        except CallError as problem:
            return self._blame(name, shown, problem, 0.0)
        within = folder / self.assignment
        if not within.is_dir():
            self.bare.setdefault(name, folder)
            return None
        self._add(Attempt(name, folder.name, True, place, within, number=2**60))
        earlier = within / EARLIER
        for path in sorted(earlier.iterdir()) if earlier.is_dir() and not earlier.is_symlink() else ():
            self._earlier(name, folder.name, path)
        return None

    def _earlier(self, name: str, owner: str, path: Path) -> None:
        """A hand-in that a later one has replaced, copied: only plain files of it."""
        place = f"{owner}/{self.assignment}/{EARLIER}/{path.name}"
        found = sorted(path.glob("*.ipynb"))
        with suppress(NotReadError, OSError):
            for notebook in found[:1]:
                content = read_plain(notebook, LARGEST_NOTEBOOK)
                attempt = self._attempt(name, owner, place, notebook.stat().st_mtime, 0)
                self._put(attempt, notebook.name, content)
                for said in (TIMESTAMP, CANVAS):
                    if (path / said).is_file():
                        self._put(attempt, said, read_plain(path / said, LONGEST_TIME))
                for module, text in read_modules(path)[0].items():
                    self._put(attempt, module, text.encode())

    def _own_zip(self, path: Path) -> None:
        """A learner's zip beside others; or a course system's of the whole class, told by what it holds."""
        size, when = path.stat().st_size, path.stat().st_mtime
        try:
            if path.is_symlink():
                raise Bad("it is a link")
            with path.open("rb") as file:
                if self._told_by(path.name) is None and _is_download(file, size):
                    opened = Opened(file, size, of_class=True)
                    self._class_members(opened, path.name, when, named_by_whoever_grades=False)
                    return
                if size > LARGEST_OF_ONE:
                    raise Bad(
                        f"it has {size >> 20} MiB; {LARGEST_OF_ONE >> 20} are read at most of one learner's "
                        "(a whole class's is named with --submitted)"
                    )
                self._zip_of_one(file, size, path.name, when)
        except (Bad, *BROKEN) as problem:
            self._blame(self._named_after(path.name), path.name, problem, when, self._owner(path.name))

    def _inner(
        self, read: Callable[[int], bytes], place: str, when: float, given: _Given | None = None
    ) -> None:
        """A learner's zip in a zip of the class, or as a course system named it. No deeper."""
        try:
            raw = read(LARGEST_OF_ONE)
            self._zip_of_one(BytesIO(raw), len(raw), place, when, given)
        except (NotReadError, Bad, *BROKEN) as problem:
            student = given.whose.student if given else self._named_after(place)
            owner, claimed = (given.owner, given.claimed) if given else (self._owner(place), True)
            self._blame(student, place, problem, when, owner, claimed=claimed)

    def _zip_of_one(
        self, file: IO[bytes], size: int, place: str, when: float, given: _Given | None = None
    ) -> None:
        """Raises Bad or one of BROKEN for what concerns the zip as a whole."""
        opened = Opened(file, size, of_class=False)
        opened.refuse_bad_members()
        members = [(member, parts) for member, parts, _ in opened.members() if self._belongs(parts[-1])]
        deep = [(member, parts) for member, parts in members if len(parts) >= 3]
        if any(parts[-1].endswith(".ipynb") for _, parts in deep):
            owner = given.owner if given else self._owner(place)
            for member, parts in deep:
                self._member(opened, member, parts[-3:], place, when, owner, given)
            return
        self._loose(opened, members, place, when, given)

    def _loose(
        self, opened: Opened, members: Sequence[tuple[zipfile.ZipInfo, tuple[str, ...]]], place: str,
        when: float, given: _Given | None,
    ) -> None:  # fmt: skip
        """A zip that a learner has made by hand: the notebook without the folders around it."""
        student = given.whose.student if given else self._named_after(place)
        notebooks = [parts for _, parts in members if is_called(parts[-1], self.assignment)]
        if student is None:
            return
        if not notebooks:
            raise Bad(f"it holds no <student>/{self.assignment}/<name>.ipynb{opened.what_lies_there()}")
        self.taken[place] = identity(student)
        for member, parts in members:
            if parts in notebooks or is_module(parts[-1]):
                as_given = (student, self.assignment, parts[-1])
                owner = given.owner if given else self._owner(place)
                self._member(opened, member, as_given, place, when, owner, given)

    def _member(
        self, opened: Opened, member: zipfile.ZipInfo, parts: Sequence[str], place: str, when: float,
        owner: str, given: _Given | None = None, *, of_class: bool = False,
    ) -> None:  # fmt: skip
        student, assignment, name = parts
        if assignment != self.assignment:
            return
        claimed = None if of_class else self._told_by(given.whose.name if given else place)
        if (
            claimed is not None
            and not student.startswith((".", "-"))
            and _folded(claimed) != _folded(student)
        ):
            problem = Bad(f"it holds the work of {student}; a zip is named after its own")
            self._blame(claimed, place, problem, when, owner)
            return
        known = given.claimed if given else claimed is not None or owner == student
        try:
            file = given.whose.file if given else 0
            number = file or copy_number(Path(place).stem)
            attempt = self._attempt(student, owner, place, when, number, claimed=known)
            self._put(attempt, name, opened.content(member, LARGEST_NOTEBOOK))
        except (CallError, Bad, *BROKEN) as problem:
            self._blame(student, place, problem, when, owner, claimed=known)
            return
        if given is not None:
            self.taken[place] = identity(student)
            self._keep_mark(attempt, given.whose)

    # --- Whose it is ------------------------------------------------------------------------------

    def _told_by(self, zip_name: str) -> str | None:
        """The learner whose name a zip carries as `grader submit` writes it; None for any other name."""
        pattern = rf"(.+)-{re.escape(self.assignment)}(-\d+| ?\(\d+\))?"
        found = re.fullmatch(pattern, Path(PurePosixPath(zip_name).name).stem)
        return identity(found[1]) if found else None

    def _named_after(self, zip_name: str) -> str | None:
        """The student by a zip's name, like ada-02-shards (1).zip; None for another assignment's zip."""
        stem = Path(PurePosixPath(zip_name).name).stem
        if any(re.fullmatch(rf".+-{re.escape(other)}( ?\(\d+\))?", stem) for other in self.others):
            return None
        return self._told_by(zip_name) or stem

    def _owner(self, zip_name: str) -> str:
        """A zip's name without what counts its copies."""
        name = PurePosixPath(zip_name)
        return self._told_by(name.name) or re.sub(r" ?\(\d+\)$", "", name.stem)

    # --- Attempts ---------------------------------------------------------------------------------

    def _attempt(
        self, student: str, owner: str, place: str, when: float, number: int, *, claimed: bool = True
    ) -> Attempt:
        """This place's hand-in of the student, begun or found. Raises CallError for what is no name."""
        name = check_name(student)
        for attempt in self.attempts.get(_folded(name), []):
            if (attempt.place, attempt.student) == (place, name):
                return attempt
        count = sum(map(len, self.attempts.values()))
        folder = self.folder / ATTEMPTS / str(count) / name / self.assignment
        folder.mkdir(parents=True)
        return self._add(Attempt(name, owner, claimed, place, folder, when, number))

    def _add(self, attempt: Attempt) -> Attempt:
        self.attempts.setdefault(_folded(attempt.student), []).append(attempt)
        return attempt

    def _put(self, attempt: Attempt, name: str, content: bytes) -> None:
        """Raises Bad."""
        present = [_folded(p.name) for p in attempt.folder.iterdir()]
        if _folded(name) in present:
            raise Bad(f"{attempt.student}/{self.assignment}/{name} stands twice in it")
        if len(present) >= NOTEBOOKS:
            raise Bad(f"{attempt.student} has more than {NOTEBOOKS} notebooks in it")
        target = attempt.folder / name
        target.write_bytes(content)
        # Handed in with the zip; a member's date is the learner's to choose.
        os.utime(target, (attempt.when, attempt.when))

    @staticmethod
    def _keep_mark(attempt: Attempt, whose: Named) -> None:
        """What Canvas says of its lateness, beside the notebook."""
        if whose.late is not None:
            (attempt.folder / CANVAS).write_bytes(MARKS[whose.late])

    def _blame(
        self, student: str | None, place: str, problem: Exception, when: float, owner: str = "",
        *, claimed: bool = True,
    ) -> None:  # fmt: skip
        if student is None:
            return
        words = words_of(problem) if not isinstance(problem, CallError) else str(problem).rstrip(".")
        try:
            attempt = self._attempt(student, owner or student, place, when, 0, claimed=claimed)
        except CallError:
            stem = Path(place).stem.lstrip(".-") or "zip"
            attempt = self._attempt(stem, owner or stem, place, when, 0, claimed=claimed)
        attempt.problem = attempt.problem or f"{place}: {words}."

    # --- Which counts -----------------------------------------------------------------------------

    def collected(self, into: Path, rule: Rule, graded: Mapping[str, str | None]) -> Collected:
        """Put in each learner's folder what counts; all is to be moved to INTO then."""
        for attempts in list(self.attempts.values()):
            self._choose(attempts, into, rule, graded)
        if rule != "best" or not self.several:
            shutil.rmtree(self.folder / ATTEMPTS)
        for name, folder in self.bare.items():
            if not (self.folder / name).exists() and name not in self.problems:
                (self.folder / name).symlink_to(folder.resolve())
        return Collected(
            into, self.problems, self.taken, tuple(sorted(set(self.passed_over))), self.several, rule
        )

    def _choose(
        self, attempts: list[Attempt], into: Path, rule: Rule, graded: Mapping[str, str | None]
    ) -> None:
        rightful = list(self._rightful(attempts))
        if (words := _two_claim(rightful)) is not None:
            for name in {one.student for one in rightful}:
                self._refuse(name, words)
            return
        for one in rightful:
            one.look(self.assignment)
            if one.folder.is_relative_to(self.folder):
                one.date_files()
        rightful = in_order([one for one in rightful if not one.empty] or rightful)
        student, counts = rightful[-1].student, rightful[-1]
        counts = next((one for one in rightful if one.digest == graded.get(student)), counts)
        if len(rightful) > 1 and rule == "refuse":
            places = " and by ".join(one.shown for one in rightful)
            self._refuse(student, f"{student}: handed in by {places}. Keep one (attempts = “refuse”).")
            return
        if len(rightful) > 1:
            self.several[student] = rightful
        if counts.problem and rule == "best":
            counts = next((one for one in reversed(rightful) if not one.problem), counts)
        if counts.problem:
            self._refuse(student, counts.problem)
            return
        for one in rightful:
            one.folder = self._final(one, one is counts, into)

    def _rightful(self, attempts: Sequence[Attempt]) -> Iterator[Attempt]:
        """Who hands in under a name that the folder or zip does not carry takes nothing from whoever does."""
        claimed = next((one for one in attempts if one.claimed), None)
        for one in attempts:
            if claimed is None or one.claimed:
                yield one
            else:
                words = f"{one.place} holds the work of {one.student}, who handed in by {claimed.place}."
                self._refuse(Path(one.place).stem, words)

    def _refuse(self, student: str, words: str) -> None:
        self.problems.setdefault(student, words)

    def _final(self, attempt: Attempt, counts: bool, into: Path) -> Path:
        """Where this hand-in will lie, for whoever reads it; the one that COUNTS in the learner's folder."""
        gathered = attempt.folder.is_relative_to(self.folder)
        if not counts:
            return into / attempt.folder.relative_to(self.folder) if gathered else attempt.folder
        if gathered:
            attempt.folder.parent.rename(self.folder / attempt.student)
        else:
            (self.folder / attempt.student).symlink_to(attempt.folder.parent.resolve())
        return into / attempt.student / self.assignment


def _two_claim(attempts: Sequence[Attempt]) -> str | None:
    """What is told where one name is claimed by two: nobody knows whose is meant, so neither is graded."""
    first = attempts[0]
    for other in attempts[1:]:
        if other.student != first.student:
            names = f"{first.student} and {other.student} differ only in upper and lower case"
            return f"{names}: handed in by {first.place} and by {other.place}. Keep one."
        if other.owner != first.owner:
            return f"{first.student}: handed in by {first.place} and by {other.place}. Keep one."
    return None


def _reader(opened: Opened, member: zipfile.ZipInfo) -> Callable[[int], bytes]:
    return lambda most: opened.content(member, most)


def _is_download(file: IO[bytes], size: int) -> bool:
    """Whether a course system has made this zip: it holds what such a one has named. Raises Bad or BROKEN."""
    found = any(named(parts) is not None for _, parts, _ in Opened(file, size, of_class=False).members())
    file.seek(0)
    return found
