"""The form of CHANGELOG.md, by Keep a Changelog 1.1.0: its versions, and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from packaging.version import Version

KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""Types of changes, in the order in which the page has them."""
NEXT = "Unreleased"
HEADING = re.compile(r"## \[(?P<name>[^\]]+)\](?: - (?P<day>\S+))?(?P<yanked> \[YANKED\])?")
FORM = "keepachangelog.com/en/1.1.0"


@dataclass
class Release:
    """One version's section; DAY is "" where it has none. Entries by kind of change."""

    name: str
    day: str
    entries: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def releases(text: str) -> list[Release]:
    """The versions of a changelog, in its order."""
    found: list[Release] = []
    kind = ""
    for line in text.splitlines():
        if line.startswith("## "):
            told = HEADING.fullmatch(line)
            found.append(Release(told["name"], told["day"] or "") if told else Release(line, ""))
            found[-1].faults += [] if told else [f"{line!r} is not '## [1.2.3] - 2026-11-29'"]
            kind = ""
        elif found and line.startswith("### "):
            kind = line.removeprefix("### ")
            found[-1].faults += [f"{kind} stands twice"] if kind in found[-1].entries else []
            found[-1].entries.setdefault(kind, [])
        elif found and line.startswith("- "):
            found[-1].faults += [] if kind else [f"{line!r} is of no kind"]
            found[-1].entries.setdefault(kind, []).append(line)
        elif found and line.strip() and not line.startswith(("  ", "[")):
            found[-1].faults.append(f"{line!r} is no entry of a list")
    return found


def faults(text: str) -> list[str]:
    """What is wrong with the form of a changelog; [] when nothing is."""
    found = releases(text)
    wrong = [] if text.startswith("# Changelog\n") else ["it does not begin with '# Changelog'"]
    wrong += [] if FORM in text else [f"it does not name its form, {FORM}"]
    if not found or found[0].name != NEXT:
        wrong.append(f"its first section is not [{NEXT}]")
    for one in found:
        wrong += [f"[{one.name}]: {fault}" for fault in [*one.faults, *_kinds(one.entries), *_named(one)]]
        if f"\n[{one.name}]: " not in text:
            wrong.append(f"[{one.name}]: its link is missing at the end")
    return wrong + list(_order(found))


def _kinds(entries: Mapping[str, list[str]]) -> Iterator[str]:
    known = [kind for kind in entries if kind in KINDS]
    yield from (f"{kind} is no kind of change: {', '.join(KINDS)}" for kind in entries if kind not in KINDS)
    yield from (f"{kind} has no entry" for kind, lines in entries.items() if not lines)
    if known != sorted(known, key=KINDS.index):
        yield f"its kinds stand in another order than {', '.join(KINDS)}"


def _named(one: Release) -> Iterator[str]:
    if one.name == NEXT:
        yield from ["it has a date"] if one.day else []
        return
    if not re.fullmatch(r"\d+\.\d+\.\d+", one.name):
        yield "it is no version such as 1.2.3"
    try:
        if date.fromisoformat(one.day).isoformat() != one.day:
            raise ValueError
    except ValueError:
        yield f"{one.day!r} is no date such as 2026-11-29"


def _order(found: list[Release]) -> Iterator[str]:
    """The latest first, by number and by day."""
    dated = [one for one in found if re.fullmatch(r"\d+\.\d+\.\d+", one.name)]
    for later, earlier in pairwise(dated):
        if Version(later.name) <= Version(earlier.name) or later.day < earlier.day:
            yield f"[{later.name}] stands above [{earlier.name}] and is not later"
