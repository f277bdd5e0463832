"""Outside the sandbox: ends all that is in it when the learner's process ended or memory runs out."""

import contextlib
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from grader.walls.sandbox import CPU_SECONDS, SOCKETS, TREE_BYTES, Room

LOOK_SECONDS: Final = 0.05
FAULT: Final = "!"
"""Begins a note that tells of our own fault, not of a limit."""
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
TICKS: Final = os.sysconf("SC_CLK_TCK")
CPU_NOTE: Final = "limit for processor time"


@dataclass(frozen=True)
class Guarded:
    """A learner's process, where it is, and where to say why it was ended."""

    room: Room | None
    notes: socket.socket
    told: list[str] = field(default_factory=list)

    def tell(self, why: str) -> None:
        """Say why it ends; only the first reason counts."""
        if not self.told:
            self.told.append(why)
            with contextlib.suppress(OSError):  # nobody asks any more
                self.notes.send(why.encode())

    def lost_its_room(self) -> bool:
        """Did process 1 end first, which nobody inside can bring about? The kernel kills the others then."""
        if self.room is None:
            return False
        ended, _, _ = select.select([self.room.first], [], [], LOOK_SECONDS * 4)
        return bool(ended)

    def end(self) -> None:
        if self.room is not None:
            self.room.close()
        self.notes.close()


class Guard:
    """All learners' processes that one preloaded process has forked and that still live."""

    def __init__(self) -> None:
        self._live: dict[int, Guarded] = {}
        self._looked = 0.0

    def add(self, pid: int, learner: Guarded) -> None:
        self._live[pid] = learner

    @property
    def pause(self) -> float | None:
        """Seconds until the next look; None when there is nobody to look at."""
        sandboxed = any(learner.room for learner in self._live.values())
        return max(0.0, self._looked + LOOK_SECONDS - time.monotonic()) if sandboxed else None

    def bury(self) -> None:
        """Take leave of those that ended, with all that they started."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                if (learner := self._live.pop(ended[0], None)) is not None:
                    if ended[1] == signal.SIGKILL and learner.lost_its_room():
                        learner.tell(f"{FAULT}its sandbox was ended from outside")
                    learner.end()

    def look(self) -> None:
        """At what those that live have used, when it is time."""
        if self.pause != 0.0:
            return
        for pid, learner in self._live.items():
            limit = passed([pid, learner.room.pid()]) if learner.room is not None else None
            if learner.room is not None and limit is not None:
                learner.tell(limit)
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(learner.room.first, signal.SIGKILL)
        self._looked = time.monotonic()


def passed(roots: list[int]) -> str | None:
    """The limit that these processes and all below them have passed together, if one is.

    Shared pages count once among them (PSS). That is slow to ask, so first what is quick and never less.
    """
    tree = _tree(roots)
    if sum(map(_resident, tree)) > TREE_BYTES and sum(map(_proportional, tree)) > TREE_BYTES:
        return f"limit for memory: {TREE_BYTES // 2**20} MiB"
    if sum(map(_seconds, tree)) > CPU_SECONDS:
        return f"{CPU_NOTE}: {CPU_SECONDS:g} s, all processes together"
    return f"limit for sockets: {SOCKETS}" if _sockets(roots[-1]) > SOCKETS else None


# Looked at often, in a process that is forked often: each object that is touched is copied again then.


def _read(path: str) -> str:
    """A file of /proc; empty when its process has ended or hides it."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(file, 1 << 16).decode(errors="replace")
    except OSError:
        return ""
    finally:
        os.close(file)


def _tree(roots: list[int]) -> list[int]:
    found, waiting = list[int](), list(roots)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - each has children of its own
                waiting += map(int, _read(f"/proc/{pid}/task/{thread}/children").split())
    return found


def _resident(pid: int) -> int:
    told = _read(f"/proc/{pid}/statm").split()
    return int(told[1]) * PAGE if told else 0


def _seconds(pid: int) -> float:
    """Processor time, its own and that of children it waited for."""
    # Behind the name, which may hold anything, the 12th to the 15th field.
    times = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[11:15]
    return sum(map(int, times)) / TICKS


def _sockets(pid: int) -> int:
    """How many there are in the network of a process."""
    told = _read(f"/proc/{pid}/net/sockstat").split(maxsplit=3)
    return int(told[2]) if told else 0


def _proportional(pid: int) -> int:
    for line in _read(f"/proc/{pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return _resident(pid)  # a process may hide its own from an ordinary user
