"""When an assignment is due and when it was handed in. All of a course's dates stand in `due.toml`:

    grace_minutes = 15
    attempts = "last"
    checks = "release"

    [due]
    02-shards = 2026-12-01T23:59:00+01:00

    [extensions.02-shards]
    ada = 2026-12-08T23:59:00+01:00

Times carry their zone, so that they mean the same on every machine. Within the grace period nothing is
late; after it, lateness counts from the due time. Which of several hand-ins counts: `attempts`. Whether
hand-ins of an earlier release are graded by its own checks or by today's: `checks`. What lateness costs:
`[late]` (`grader.classroom.late`).
"""

import tomllib
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal, get_args

from grader.plain_files import NotReadError, read_plain
from grader.whereabouts import CallError

FILE_NAME = "due.toml"
TIMESTAMP = "timestamp.txt"
"""Beside the notebook: `grader submit` writes it at hand-in, `grader collect` and nbgrader at collection."""
CANVAS: Final = "canvas.txt"
"""Beside the notebook, where it came from Canvas: whether Canvas has marked it as late."""
MARKS: Final[Mapping[bool, bytes]] = {True: b"LATE\n", False: b"in time\n"}
DISAGREE: Final = f"Canvas and {FILE_NAME} disagree"
"""Begins what is told then."""
CLOCKS_DIFFER = timedelta(minutes=2)
"""A notebook that is newer than its stamp by more was not what was stamped."""
LONGEST_TIME = 1_000
"""Bytes of it."""

ABBREVIATED = {
    "Z": "UTC", "WET": "+0000", "WEST": "+0100", "CET": "+0100", "CEST": "+0200", "EET": "+0200",
    "EEST": "+0300", "EDT": "-0400", "CDT": "-0500", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}  # fmt: skip
"""Zones by the names that `date` prints, where one name means one zone; the tz database has the others."""

KNOWN = frozenset({"grace_minutes", "attempts", "checks", "due", "extensions", "late"})
EXAMPLE = "2026-12-01T23:59:00+01:00"

Rule = Literal["last", "best", "refuse"]
"""Which of several hand-ins of a learner counts (`grader.classroom.attempts`)."""
DEFAULT_RULE: Final[Rule] = "last"


@dataclass(frozen=True)
class DueDate:
    """The due time of one assignment."""

    due: datetime
    grace: timedelta = timedelta()
    extensions: Mapping[str, datetime] = field(default_factory=dict)

    def for_student(self, student: str) -> datetime:
        return self.extensions.get(student, self.due)

    def late_seconds(self, student: str, handed_in: datetime) -> float:
        """Seconds after the student's due time; 0 in time or within the grace period."""
        late = handed_in - self.for_student(student)
        return late.total_seconds() if late > self.grace else 0.0


@dataclass(frozen=True)
class HandIn:
    """When a notebook was handed in."""

    when: datetime
    way: str
    """How that is known, a sentence."""
    doubts: tuple[str, ...] = ()
    """What speaks against it, a sentence each."""


def read_due(root: Path, assignment: str, known: Sequence[str] = ()) -> DueDate | None:
    """The due time by `due.toml`, or None when it names none. `known` are the course's assignments.

    Raises CallError with a sentence for a file that cannot be read as it must be.
    """
    path = root / FILE_NAME
    if not path.is_file():
        return None
    table = _load(path)
    dates = _table(table, "due")
    extensions = _table(table, "extensions")
    for name in (*dates, *extensions):
        if name not in known:
            raise CallError(
                f"{FILE_NAME} names an assignment {name!r}; there is: {', '.join(known) or 'none'}."
            )
    if assignment not in dates:
        if assignment in extensions:
            raise CallError(f"{FILE_NAME} has extensions of {assignment} and no due time of it in [due].")
        return None
    due = _time(dates[assignment], f"[due] {assignment}")
    extended = {
        student: _time(value, f"[extensions.{assignment}] {student}")
        for student, value in _table(extensions, assignment, f"[extensions.{assignment}]").items()
    }
    if early := [student for student, until in extended.items() if until < due]:
        raise CallError(f"{FILE_NAME}: the extension of {early[0]} ends before {assignment} is due.")
    return DueDate(due, _grace(table), extended)


def _load(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CallError(
            f"{FILE_NAME} is not TOML: {error}. A time is written like {EXAMPLE}, without quotation marks."
        ) from None
    if unknown := sorted(set(table) - KNOWN):
        raise CallError(
            f"{FILE_NAME} knows grace_minutes, attempts, checks, [due], [extensions.<assignment>] and "
            f"[late], not {unknown[0]!r}."
        )
    return table


def read_rule(root: Path) -> Rule:
    """Which of several hand-ins counts, by `due.toml`. Raises CallError as `read_due`."""
    given = read_table(root).get("attempts", DEFAULT_RULE)
    for rule in get_args(Rule):
        if given == rule:
            return rule  # type: ignore[no-any-return]
    known = ", ".join(f'"{rule}"' for rule in get_args(Rule))
    raise CallError(f"{FILE_NAME}: attempts is one of {known}, not {given!r}.")


def read_table(root: Path) -> dict[str, Any]:
    """All that `due.toml` holds; empty without one. Raises CallError as `read_due`."""
    path = root / FILE_NAME
    return _load(path) if path.is_file() else {}


def due_order(root: Path) -> list[str]:
    """The assignments that `due.toml` dates, the first due first. Raises CallError as `read_due`."""
    dates = _table(read_table(root), "due")
    return sorted(dates, key=lambda name: (_time(dates[name], f"[due] {name}"), name))


def read_checks(root: Path) -> str:
    """Whose checks grade hand-ins of an earlier release: "release" or "today". Raises CallError."""
    given = read_table(root).get("checks", "release")
    if given not in ("release", "today"):
        raise CallError(f'{FILE_NAME}: checks is "release" or "today", not {given!r}.')
    return str(given)


def _table(table: Mapping[str, Any], key: str, name: str = "") -> dict[str, Any]:
    found = table.get(key, {})
    if not isinstance(found, dict):
        raise CallError(f"{FILE_NAME}: {name or f'[{key}]'} is a table of times.")
    return found


def _grace(table: Mapping[str, Any]) -> timedelta:
    minutes = table.get("grace_minutes", 0)
    if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes < 1e6:
        raise CallError(f"{FILE_NAME}: grace_minutes is a number of minutes, 0 or more, not {minutes!r}.")
    return timedelta(minutes=minutes)


def _time(value: object, where: str) -> datetime:
    """A time with its zone, in UTC; TOML's own or the same in quotation marks."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = repr(value)
    if not isinstance(value, datetime):
        raise CallError(f"{FILE_NAME}: {where} is {value}, which is no time; write it like {EXAMPLE}.")
    if value.tzinfo is None:
        raise CallError(f"{FILE_NAME}: {where} is {value}, without a zone; write it like {EXAMPLE}.")
    return value.astimezone(UTC)


def parse_time(text: str, where: str) -> datetime:
    """A time with its zone, in UTC. Raises CallError that says WHERE it stands."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise CallError(f"{where} is {text!r}, and not a time with its zone; write it like {EXAMPLE}.")
    return found.astimezone(UTC)


def handed_in(notebook: Path, folder: Path | None = None) -> HandIn:
    """By nbgrader's `timestamp.txt`, else by the file's date. Raises OSError.

    FOLDER is the submission's, where the collector writes it; what lies deeper is the learner's own.
    """
    by_file = datetime.fromtimestamp(notebook.stat().st_mtime, UTC)
    path = (folder or notebook.parent) / TIMESTAMP
    try:
        told = read_plain(path, LONGEST_TIME)
    except NotReadError:
        words = f"The time of the hand-in is taken from the notebook file's date: there is no {TIMESTAMP}."
        return HandIn(by_file, words)
    when = parse_timestamp(told.decode(errors="replace"))
    if when is None:
        words = f"{TIMESTAMP} holds no time, so the hand-in counts by the notebook file's date."
        return HandIn(by_file, words)
    doubts: tuple[str, ...] = ()
    if by_file > when + CLOCKS_DIFFER:
        doubts = (
            f"The notebook file is of {by_file:%Y-%m-%d %H:%M} UTC, newer than its {TIMESTAMP} "
            f"({when:%Y-%m-%d %H:%M} UTC): it was changed or copied after it was handed in.",
        )
    return HandIn(when, f"Handed in {when:%Y-%m-%d %H:%M} UTC, by its {TIMESTAMP}.", doubts)


def stamp(when: datetime) -> str:
    """A time as nbgrader's collector writes it into `timestamp.txt`."""
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f} UTC\n"


def parse_timestamp(text: str) -> datetime | None:
    """nbgrader's form, like "2026-11-25 15:04:05.123456 UTC"; without a zone UTC, as nbgrader reads it."""
    day, _, rest = text.strip("\ufeff \t\r\n").partition(" ")
    time, _, zone = rest.partition(" ")
    zone = ABBREVIATED.get(zone, zone)
    try:
        if zone[:1] in ("+", "-"):
            return datetime.fromisoformat(f"{day} {time}{zone}").astimezone(UTC)
        when = datetime.fromisoformat(f"{day} {time}".strip())
        if when.tzinfo is None:
            when = when.replace(tzinfo=zoneinfo.ZoneInfo(zone or "UTC"))
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return None
    return when.astimezone(UTC)


def lateness(
    due: DueDate | None, student: str, notebook: Path, folder: Path | None = None
) -> tuple[float | None, list[str]]:
    """`late_seconds` of a result, and what is to be known of it; None without a due time.

    What Canvas says costs nothing and saves nothing: it is told beside what `due.toml` says.
    """
    canvas = marked_by_canvas(folder or notebook.parent)
    if due is None:
        told = (
            f"Canvas marks this hand-in as late. {FILE_NAME} has no due time, so lateness costs nothing here."
        )
        return None, [told] if canvas else []
    hand_in = handed_in(notebook, folder)
    after = hand_in.when > due.for_student(student)
    way = [hand_in.way] if after else []
    seconds = round(due.late_seconds(student, hand_in.when), 3)
    return seconds, [*way, *_beside_canvas(canvas, late=seconds > 0), *hand_in.doubts]


def marked_by_canvas(folder: Path) -> bool | None:
    """Whether Canvas has marked the hand-in in FOLDER as late; None where it did not come from Canvas."""
    try:
        told = read_plain(folder / CANVAS, LONGEST_TIME)
    except NotReadError:
        return None
    return next((late for late, text in MARKS.items() if told == text), None)


def _beside_canvas(canvas: bool | None, *, late: bool) -> list[str]:
    if canvas is None or not (canvas or late):
        return []
    if canvas and late:
        return [f"Canvas marks it as late too; how late counts by {FILE_NAME}."]
    says, ours = ("marks it as late", "in time") if canvas else ("does not mark it as late", "late")
    return [
        f"{DISAGREE}: Canvas {says}, by {FILE_NAME} it is {ours}, and that counts. A due time or an "
        "extension may differ between the two, or the hand-in has another stamp (grader collect --at)."
    ]
