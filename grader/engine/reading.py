"""Reading a submission where limits hold: what Python makes of a text may take a thousand times its memory.

A small notebook is read at once: so little can become only so much. A larger one, with plots or without,
is read by a process of its own with limits of the kernel's, whose end costs that submission alone.
"""

import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from grader.engine.plan import Plan, Plans
from grader.engine.submission import (
    Submission,
    Unreadable,
    carried_version,
    parse_notebook,
    read_submission,
)

SMALL: Final = 2**18
"""Bytes of a notebook that is read at once."""
MEMORY: Final = 2**30
"""Bytes that reading a larger one may take."""
SECONDS: Final = 20
"""Of processor time."""
LARGEST_REPLY: Final = 32 * 2**20
TOO_MUCH: Final = f"it takes more than {MEMORY >> 20} MiB of memory or {SECONDS} s to read it."


def read(raw: bytes, name: str, plans: Plans) -> tuple[str | None, Plan, Submission]:
    """The version of the exercise that a notebook carries, its plan, the submission. Raises Unreadable."""
    if len(raw) <= SMALL:
        return _read(raw, name, plans)
    reply = _from_child(lambda: json.dumps(_told(raw, name, plans)).encode())
    if reply is None:
        raise Unreadable(f"{name}: {TOO_MUCH}")
    found = json.loads(reply)
    if (words := found.get("unreadable")) is not None:
        raise Unreadable(words)
    if (words := found.get("fault")) is not None:
        raise RuntimeError(words)
    plan, _ = plans.for_version(found["carried"])
    given = found["submission"]
    given |= {"cells": tuple(given["cells"]), "blank_texts": frozenset(given["blank_texts"])}
    given |= {"checked": {int(place): tuple(tasks) for place, tasks in given["checked"].items()}}
    return found["carried"], plan, Submission(**{**given, "untouched": plan.release.sources})


def _read(raw: bytes, name: str, plans: Plans) -> tuple[str | None, Plan, Submission]:
    notebook = parse_notebook(raw, name)
    carried = carried_version(notebook)
    plan, _ = plans.for_version(carried)
    return carried, plan, read_submission(raw, notebook, plan.release, plan.exercise.tasks)


def _told(raw: bytes, name: str, plans: Plans) -> dict[str, Any]:
    """What was found in a notebook, as JSON, all that takes a look at its code included."""
    try:
        carried, plan, read = _read(raw, name, plans)
        tasks = plan.exercise.tasks
        known = replace(
            read,
            untouched=frozenset(),
            attempts={task.id: read.attempted(task) for task in tasks},
            later_cells={task.id: read.later_cell(task) for task in tasks},
        )
    except Unreadable as problem:
        return {"unreadable": str(problem)}
    except MemoryError:
        return {"unreadable": f"{name}: {TOO_MUCH}"}
    except Exception as error:  # noqa: BLE001 - ours, and told as such
        return {"fault": f"{type(error).__name__}: {error}"[:500]}
    lists = {"untouched": [], "blank_texts": [*known.blank_texts]}
    return {"carried": carried, "submission": {**asdict(known), **lists}}


def _from_child(work: Callable[[], bytes]) -> bytes | None:
    """What WORK gives in a fork of this process with limits; None when it came to no end."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.close(ours)
            _limit()
            with os.fdopen(theirs, "wb") as out:
                out.write(work())
            status = 0
        finally:
            os._exit(status)
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb") as told:
            reply = told.read(LARGEST_REPLY)
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _, ended = os.waitpid(child, 0)
    return reply if ended == 0 else None


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    if sys.platform == "linux":  # macOS does not enforce it
        taken = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (taken + MEMORY, taken + MEMORY))
