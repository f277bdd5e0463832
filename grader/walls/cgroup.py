"""A memory cgroup around the preloaded process and all that it forks, where the machine lets us make one.

Counted by the kernel at each page: nothing overshoots it, and what no process owns (socket buffers, files in
memory) is in it too. One for all submissions of a preloaded process, entered before the first fork: moving
each submission's process would wait for the kernel longer than the rest of its start takes.
Sources: Linux, Documentation/admin-guide/cgroup-v1/memory.rst and cgroup-v2.rst.
"""

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

NAME: Final = re.compile(r"grader-(\d+)")
REMOVE_SECONDS: Final = 1.0


@dataclass(frozen=True)
class Group:
    """One that a process of ours is in."""

    folder: Path
    version: Literal["v1", "v2"]

    def ended_by_memory(self) -> int:
        """How many processes in it the kernel has ended because its limit was reached."""
        name = "memory.oom_control" if self.version == "v1" else "memory.events"
        with contextlib.suppress(OSError):
            for line in (self.folder / name).read_text().splitlines():
                if line.startswith("oom_kill "):
                    return int(line.split()[1])
        return 0


def enter(limit: int) -> Group | None:
    """Put this process, and what it forks from here on, into a group of LIMIT bytes; None: refused."""
    for parent, version in _places():
        _sweep(parent)
        folder = parent / f"grader-{os.getpid()}"
        try:
            if version == "v2" and "memory" not in (parent / "cgroup.subtree_control").read_text().split():
                (parent / "cgroup.subtree_control").write_text("+memory")
            folder.mkdir()
            name = "memory.limit_in_bytes" if version == "v1" else "memory.max"
            (folder / name).write_text(str(limit))
            (folder / "cgroup.procs").write_text(str(os.getpid()))
            if int((folder / name).read_text()) <= limit and _is_in(folder):
                return Group(folder, version)
        except (OSError, ValueError):
            pass
        remove(folder)
    return None


def offered(limit: int) -> str | None:
    """The version of cgroups that this machine lets us use; None for none. Tried by a process of its own."""
    ours, theirs = os.pipe()
    trial = os.fork()
    if trial == 0:
        with contextlib.suppress(BaseException):
            group = enter(limit)
            os.write(theirs, group.version.encode() if group else b"-")
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours, "rb") as told:
        version = told.read().decode()
    os.waitpid(trial, 0)
    remove_of(trial)
    return version if version.startswith("v") else None


def remove(folder: Path) -> None:
    """Its processes are ending; one that does not go is left for the next to sweep."""
    end = time.monotonic() + REMOVE_SECONDS
    while folder.is_dir() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        time.sleep(0.01)


def remove_of(pid: int) -> None:
    """The group that the process PID had made."""
    for parent, _ in _places():
        remove(parent / f"grader-{pid}")


def _is_in(folder: Path) -> bool:
    return str(os.getpid()) in (folder / "cgroup.procs").read_text().split()


def _places() -> list[tuple[Path, Literal["v1", "v2"]]]:
    """Where a group may be made: below the own one; with version 2, else at the top, as its rule wants."""
    found: list[tuple[Path, Literal["v1", "v2"]]] = []
    with contextlib.suppress(OSError, ValueError, IndexError):
        own = {
            line.split(":", 2)[1]: line.split(":", 2)[2]
            for line in Path("/proc/self/cgroup").read_text().splitlines()
        }
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            before, _, after = line.partition(" - ")
            kind, _, options = after.split(" ", 2)
            top = Path(before.split()[4])
            if kind == "cgroup" and "memory" in options.split(","):
                path = next(path for names, path in own.items() if "memory" in names.split(","))
                found.append((_below(top, path), "v1"))
            elif kind == "cgroup2" and "memory" in (top / "cgroup.controllers").read_text().split():
                found += [(_below(top, own[""]), "v2"), (top, "v2")]
    return found


def _below(top: Path, path: str) -> Path:
    """The own group; in a container its path may be one of the host's, and the top is the own one."""
    below = top / path.lstrip("/")
    # A group that an earlier process of ours is in: beside it, not below.
    below = below.parent if NAME.fullmatch(below.name) else below
    return below if below.is_dir() else top


def _sweep(parent: Path) -> None:
    """Those whose processes were killed with all that could tidy up. One that is in use cannot be removed."""
    with contextlib.suppress(OSError):
        for folder in parent.iterdir():
            match = NAME.fullmatch(folder.name)
            if match is not None and not Path(f"/proc/{match[1]}").exists():
                with contextlib.suppress(OSError):
                    folder.rmdir()
