"""A learner's progress: one readable file, `.grader/progress.json`; a convenience, no proof."""

import datetime
import json
from collections.abc import Mapping
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
    path = path_for(start)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return {str(key): dict(value) for key, value in data["tasks"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError, AttributeError):
        path.replace(path.with_suffix(".damaged.json"))
        return {}


def record(start: Path, assignment: str, mark: TaskMark) -> None:
    """Count an attempt and keep its result, beside the best one so far. Untouched tasks do not count."""
    if mark.outcome == "not_attempted":
        return
    tasks = load(start)
    key = f"{assignment}/{mark.id}"
    before = tasks.get(key, {})
    won = {"visible_points": mark.visible_points, "outcome": mark.outcome}
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    tasks[key] = {
        "attempts": before.get("attempts", 0) + 1,
        "visible_points": mark.visible_points,
        "max_points": mark.max_points,
        "outcome": mark.outcome,
        "last": now,
        "best": won if _worth(won) >= _worth(_best(before)) else _best(before),
    }
    write_whole(path_for(start), json.dumps({"tasks": tasks}, indent=1) + "\n")


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
