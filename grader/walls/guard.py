"""Outside the sandbox: ends all that is in it when the learner's process ended or memory runs out."""

import contextlib
import os
import select
import signal
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from grader.walls.cgroup import Group
from grader.walls.sandbox import CPU_SECONDS, LOOK_MILLISECONDS, SOCKETS, TREE_BYTES, Room

LOOK_SECONDS: Final = LOOK_MILLISECONDS / 1000
NEAR_SECONDS: Final = LOOK_SECONDS / 5
"""The same when half of the memory is taken."""
ROUNDS: Final = 4
"""In which the processes of a submission are stopped: each may have started others before its turn."""
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

    def __init__(self, group: Group | None = None) -> None:
        """GROUP: what the kernel holds their memory by."""
        self._live: dict[int, Guarded] = {}
        self._looked, self._wait = 0.0, LOOK_SECONDS
        self._group, self._ended_by_memory = group, 0

    def add(self, pid: int, learner: Guarded) -> None:
        self._live[pid] = learner

    @property
    def pause(self) -> float | None:
        """Seconds until the next look; None when there is nobody to look at."""
        sandboxed = any(learner.room for learner in self._live.values())
        return max(0.0, self._looked + self._wait - time.monotonic()) if sandboxed else None

    def bury(self) -> None:
        """Take leave of those that ended, with all that they started."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                if (learner := self._live.pop(ended[0], None)) is not None:
                    if ended[1] == signal.SIGKILL and learner.lost_its_room():
                        learner.tell(f"{FAULT}its sandbox was ended from outside")
                    elif ended[1] == signal.SIGKILL and self._by_memory():
                        learner.tell(MEMORY_NOTE)
                    learner.end()

    def look(self) -> None:
        """At what those that live have used, when it is time."""
        if self.pause != 0.0:
            return
        self._wait = LOOK_SECONDS
        for pid, learner in self._live.items():
            if learner.room is None:
                continue
            roots = [pid, learner.room.pid()]
            tree = _tree(roots)
            resident = sum(map(_resident, tree))
            if resident > TREE_BYTES / 2:
                self._wait = NEAR_SECONDS
            if (limit := _passed(roots, tree, resident)) is not None:
                learner.tell(limit)
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(learner.room.first, signal.SIGKILL)
        self._looked = time.monotonic()

    def _by_memory(self) -> bool:
        """Whether the kernel has ended a process at the group's limit since this was asked last."""
        before = self._ended_by_memory
        self._ended_by_memory = self._group.ended_by_memory() if self._group is not None else 0
        return self._ended_by_memory > before


MEMORY_NOTE: Final = f"limit for memory: {TREE_BYTES // 2**20} MiB"


def _passed(roots: list[int], tree: list[int], resident: int) -> str | None:
    """The limit that these processes and all below them have passed together, if one is.

    Shared pages count once among them. That is slow to ask, so first what is quick and never less.
    """
    if resident > TREE_BYTES and _more_than_allowed(roots):
        return MEMORY_NOTE
    if sum(map(_seconds, tree)) > CPU_SECONDS:
        return f"{CPU_NOTE}: {CPU_SECONDS:g} s, all processes together"
    return f"limit for sockets: {SOCKETS}" if _sockets(roots[-1]) > SOCKETS else None


def _more_than_allowed(roots: list[int]) -> bool:
    """Whether their pages, shared ones counted once (PSS), pass the limit.

    They are stopped meanwhile: counting takes a while, in which many processes could take much more.
    """
    stopped, total = set[int](), 0
    for _ in range(ROUNDS):
        fresh = set(_tree(roots)) - stopped - {roots[-1]}
        if not fresh:
            break
        _send(fresh, signal.SIGSTOP)
        stopped |= fresh
    for pid in (*stopped, roots[-1]):
        total += _proportional(pid)
        if total > TREE_BYTES:
            return True  # and they stay as they are until they are ended
    _send(stopped, signal.SIGCONT)
    return False


def _send(processes: set[int], number: int) -> None:
    for pid in processes:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


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
