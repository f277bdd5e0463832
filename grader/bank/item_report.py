"""A learner's words about an item, in a file to send: which item, which version of it, what is wrong."""

import datetime
import difflib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from grader.bank.items import Item
from lab.machine.whole_files import write_whole

MOST_WORDS: Final = 4_000
"""Characters: room for a page of text."""


class ReportError(ValueError):
    """A report that can't be written, in a sentence that says what to do."""


def item_named(items: Iterable[Item], name: str) -> Item:
    """The item LESSON/ID, or the only one that has this ID. Raises ReportError, with names that are near."""
    known = {item.id: item for item in items}
    if name in known:
        return known[name]
    same = [one for one in known if one.partition("/")[2] == name]
    if len(same) == 1:
        return known[same[0]]
    near = same or difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise ReportError(f"The bank has no item {name!r}.{hint} An item's name stands beside it, LESSON/ID.")


def write_report(item: Item, words: str, folder: Path, now: datetime.datetime) -> Path:
    """Write the report into a new file in `folder` and give its path. It names nobody. Raises ReportError."""
    said = words.strip()
    if not said:
        raise ReportError("Say in a few words what is wrong with the item.")
    if len(said) > MOST_WORDS:
        raise ReportError(f"A report has at most {MOST_WORDS:,} characters, not {len(said):,}.")
    report = {
        "item": item.id,
        "version": item.version,
        "facts": list(item.facts),
        "words": said,
        "written": now.isoformat(timespec="seconds"),
    }
    path = _free(folder, f"{item.id.replace('/', '.')}-v{item.version}")
    write_whole(path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    return path


def _free(folder: Path, stem: str) -> Path:
    path, number = folder / f"{stem}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    return path
