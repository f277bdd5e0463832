"""A learner's progress: one readable file, `.grader/progress.json`; a convenience, no proof.

Tasks and knowledge checks have a section each.
"""

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from grader.marking.task_marks import TaskMark
from grader.whereabouts import STATE, find_root
from lab.machine.whole_files import write_whole


def path_for(start: Path) -> Path:
    """In the course's root; beside the notebook when it stands alone."""
    return (find_root(start) or start) / STATE / "progress.json"


def load(start: Path) -> dict[str, dict[str, Any]]:
    """Tasks tried so far, by "assignment/task". A damaged file is set aside, not lost."""
    return _sections(start)["tasks"]


def answered(start: Path) -> dict[str, dict[str, Any]]:
    """Knowledge checks answered so far, by "lesson/question"."""
    return _sections(start)["questions"]


def _sections(start: Path) -> dict[str, dict[str, dict[str, Any]]]:
    path = path_for(start)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        kept = {"tasks": data["tasks"], "questions": data.get("questions", {})}
        return {
            name: {str(key): dict(value) for key, value in entries.items()} for name, entries in kept.items()
        }
    except FileNotFoundError:
        return {"tasks": {}, "questions": {}}
    except (ValueError, KeyError, TypeError, AttributeError):
        path.replace(path.with_suffix(".damaged.json"))
        return {"tasks": {}, "questions": {}}


def _write(start: Path, sections: Mapping[str, Mapping[str, Any]]) -> None:
    write_whole(path_for(start), json.dumps(sections, indent=1) + "\n")


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def record_answer(start: Path, key: str, chosen: Sequence[str], *, right: bool) -> None:
    """Count an answer to a knowledge check, "lesson/question". Once right, it stays right."""
    sections = _sections(start)
    before = sections["questions"].get(key, {})
    sections["questions"][key] = {
        "attempts": before.get("attempts", 0) + 1,
        "chosen": list(chosen),
        "right": right or bool(before.get("right")),
        "last": _now(),
    }
    _write(start, sections)


def record(start: Path, assignment: str, mark: TaskMark) -> None:
    """Count an attempt and keep its result, beside the best one so far. Untouched tasks do not count."""
    if mark.outcome == "not_attempted":
        return
    sections = _sections(start)
    tasks = sections["tasks"]
    key = f"{assignment}/{mark.id}"
    before = tasks.get(key, {})
    won = {"visible_points": mark.visible_points, "outcome": mark.outcome}
    tasks[key] = {
        "attempts": before.get("attempts", 0) + 1,
        "visible_points": mark.visible_points,
        "max_points": mark.max_points,
        "outcome": mark.outcome,
        "last": _now(),
        "best": won if _worth(won) >= _worth(_best(before)) else _best(before),
    }
    _write(start, sections)


def best(entry: Mapping[str, Any]) -> str | None:
    """The outcome of the best try; None for a task that was not tried."""
    outcome = _best(entry).get("outcome")
    return None if outcome is None else str(outcome)


def best_points(entry: Mapping[str, Any]) -> int:
    """What the best try got on the visible cases."""
    return int(_best(entry).get("visible_points") or 0)


def _best(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry written by an older version has only its last try."""
    found = entry.get("best")
    return found if isinstance(found, Mapping) else entry


def _worth(won: Mapping[str, Any]) -> tuple[bool, int]:
    return won.get("outcome") == "passed", int(won.get("visible_points") or 0)


def attempts(start: Path, assignment: str, task_id: str) -> int:
    return int(load(start).get(f"{assignment}/{task_id}", {}).get("attempts", 0))
