"""The sandbox around a learner's process, put on after the fork. Trust ends here.

Inside: a system that can only be read, without this project's solutions, submissions and results; a folder
of its own in memory; a network with nothing in it; no process but its own; limits on memory, processes and
files. Whoever is outside ends everything in it, whatever it has become (`grader.walls.guard`).

A small process, forked before the slow imports, makes rooms ahead: namespaces, the tree of files
(`grader.walls.tree`) and a process 1, which cost little there. A submission's process is forked into a room
and shuts the door.

Linux only, as an ordinary user or as root. Where the kernel refuses, `tier` says "none" and untrusted work
is refused: nothing is half-closed.
"""

import contextlib
import fcntl
import functools
import itertools
import os
import resource
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NoReturn

from grader.walls import kernel, tree

SWITCH: Final = "GRADER_SANDBOX"
Tier = Literal["full", "none"]

MEMORY_BYTES: Final = 2 * 2**30
"""Address space of one process; what all of them have in memory together is held to TREE_BYTES."""
TREE_BYTES: Final = 1536 * 2**20
FILE_BYTES: Final = 64 * 2**20
PROCESSES: Final = 64
OPEN_FILES: Final = 256
SOCKETS: Final = 400
"""Of all processes together: what is in a socket on its way is no process's memory."""
LOOK_MILLISECONDS: Final = 50
CPU_SECONDS: Final = 300.0
"""Processor time of all processes together."""
AHEAD: Final = 2
"""How many sandboxes are ready while submissions are graded."""
FIRST_USER: Final = 0x70000000
MAKERS: Final = 2**22
USERS_OF_ONE: Final = 16
"""When root grades, each sandbox has a user of its own: so many, in turn, for whatever process makes
sandboxes, by its process id. systemd's table of users leaves these ids free (systemd.io/UIDS-GIDS)."""

LISTENING: Final = b"L"
SOCKET_BUFFERS: Final = {"tcp_rmem": "4096 65536 131072", "tcp_wmem": "4096 65536 131072"}
"""Bytes of a TCP connection's buffers in the sandbox's own network: least, at first, most."""
GROUP_BYTES: Final = TREE_BYTES + (2 * tree.WORK_MIB + 32) * 2**20 + 320 * 2**20
"""Of a preloaded process, a submission's processes and their files in memory, where the kernel counts."""
VICTIM: Final = "1000"
"""Of all processes the kernel ends these first when memory is short."""


def set_limits() -> None:
    """What the kernel enforces for each process, and for the number of processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))  # not 0: that still starts a system's dump program
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if sys.platform == "linux":  # macOS does not enforce it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


@dataclass(frozen=True)
class Room:
    """A sandbox that is ready and empty: its process 1, and what it takes to enter. Used once."""

    user: int
    first: int
    """Descriptor of its process 1 (pidfd). When that is killed, the kernel ends everything inside."""
    lease: int
    """Descriptor that keeps it: when the last copy is closed, process 1 ends."""
    processes: int
    """Descriptor of its namespace of process ids, which only a fork can enter."""
    namespaces: tuple[int, ...]
    """Descriptors of the others, in the order of entering."""

    def fork(self) -> int:
        """As os.fork, the new process among the room's. Raises OSError when the room has ended."""
        kernel.setns(self.processes)
        return os.fork()

    def pid(self) -> int:
        """Of its process 1, as seen from here; -1 when it has ended."""
        told = Path(f"/proc/self/fdinfo/{self.first}").read_text()
        return int(told.split("\nPid:")[1].split()[0])

    def close(self) -> None:
        """End whatever is inside."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.first, signal.SIGKILL)
        for descriptor in (self.first, self.lease, self.processes, *self.namespaces):
            os.close(descriptor)


def _own_users() -> None:
    """For an ordinary user: a namespace of users in which this process may do what follows. Root needs none.

    Root could not read its own home in one as somebody else.
    """
    uid, gid = os.getuid(), os.getgid()
    if uid == 0:
        return
    kernel.unshare(kernel.CLONE_NEWUSER)
    _map_only(uid, gid)


def _map_only(uid: int, gid: int) -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _namespaces() -> list[str]:
    return ["pid", *(["user"] if os.getuid() else []), "mnt", "net", "ipc", "uts", "cgroup"]


def _take(channel: socket.socket) -> Room:
    """The next room that CHANNEL hands out. Raises OSError with the words that come instead of one."""
    said, descriptors, _, _ = socket.recv_fds(channel, 500, 12)
    if len(descriptors) != 2 + len(_namespaces()):
        raise OSError(said.decode(errors="replace") or "no sandbox is made any more")
    first, lease, processes, *others = descriptors
    return Room(int(said), first, lease, processes, tuple(others))


def _make_room(channel: socket.socket, learner_s: int, gid: int) -> NoReturn:
    """Turn this process into a room's process 1 and hand the room out on CHANNEL. The tree is there."""
    kept, lease = os.pipe()
    if os.getuid():  # it has the right to process ids of its own only among users of its own
        kernel.unshare(kernel.EVERY_NAMESPACE)
        _map_only(learner_s, gid)
        if os.fork():
            os._exit(0)
    else:
        kernel.unshare(kernel.EVERY_NAMESPACE & ~kernel.CLONE_NEWUSER & ~kernel.CLONE_NEWPID)
    _loopback_up()
    tree.add_own_folders(learner_s, gid)
    _small_buffers()
    opened = [os.open(f"/proc/self/ns/{name}", os.O_RDONLY) for name in _namespaces()]
    descriptors = [os.pidfd_open(os.getpid()), lease, *opened]
    _bound_capabilities()
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for what is left to it
    socket.send_fds(channel, [str(learner_s).encode()], descriptors)
    _close_all_but((kept,))
    os.read(kept, 1)
    os._exit(0)


class Rooms:
    """Ready sandboxes; each is taken once."""

    def __init__(self, ahead: int = AHEAD) -> None:
        """Call it in a process with one thread. Raises OSError where the kernel refuses."""
        _own_users()
        kernel.bound_capabilities()  # of all that is forked from here
        self._maker, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            self._maker.close()
            with contextlib.suppress(OSError):
                _make(theirs)
            os._exit(0)
        theirs.close()
        for _ in range(ahead):
            self._maker.send(b"r")

    def take(self) -> Room:
        """A room nobody was in; another one is begun. Raises OSError where the kernel refuses."""
        self._maker.send(b"r")
        return _take(self._maker)


def _make(channel: socket.socket) -> None:
    """One room for each byte that is asked for, until nobody can ask."""
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)  # of the rooms' first processes, whose parents end at once
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    outside = os.open("/proc/self/ns/pid", os.O_RDONLY)
    try:
        tree.build()
    except OSError as error:
        channel.send(str(error).encode())
        return
    for number in itertools.count():
        if not channel.recv(1):
            return
        user, group = _learner_s_user(number)
        if (os.fork() if os.getuid() else _fork_as_first(outside)) == 0:
            try:
                _make_room(channel, user, group)
            except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
                channel.send(str(error).encode())
            finally:
                os._exit(0)


def _fork_as_first(outside: int) -> int:
    """As os.fork, the new process the first of new process ids; OUTSIDE is the namespace of this one's."""
    kernel.unshare(kernel.CLONE_NEWPID)
    child = -1
    try:
        child = os.fork()
    finally:
        if child:
            kernel.setns(outside)
    return child


def enter(
    room: Room, keep: Sequence[int], notes: socket.socket | None = None, port: int | None = None
) -> None:
    """Put the sandbox on this process, which was forked into the room's process ids; there is no way back.

    KEEP: its open descriptors. With a PORT, a socket that listens there inside is handed out on NOTES:
    whoever has it answers what is inside (`grader.walls.relay`). Raises OSError where the kernel refuses.
    """
    root = os.getuid() == 0
    for namespace in room.namespaces:
        kernel.setns(namespace)
    if port is not None and notes is not None:
        with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
            socket.send_fds(notes, [LISTENING], [listener.fileno()])
    _close_all_but(keep)
    _bound_capabilities()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(VICTIM)
    if root:
        os.setgroups([])
        os.setresgid(room.user, room.user, room.user)
        os.setresuid(room.user, room.user, room.user)
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)  # a change of user forgets it
    set_limits()
    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    os.chdir(tree.WORK)
    kernel.apply_seccomp(kernel.seccomp_filter())


def _bound_capabilities() -> None:
    """Again where a namespace of users was entered: with it they all came back."""
    if os.getuid():
        kernel.bound_capabilities()


def _learner_s_user(number: int) -> tuple[int, int]:
    """Root gives each sandbox a user of its own, as processes are counted by user; others stay themselves.

    Few of a maker's sandboxes live at a time, so NUMBER may begin again.
    """
    if os.getuid() == 0:
        own = FIRST_USER + os.getpid() % MAKERS * USERS_OF_ONE + number % USERS_OF_ONE
        return own, own
    return os.getuid(), os.getgid()


def _loopback_up() -> None:
    """The sandbox's own loopback, so that programs that talk to themselves work; it leads nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(any_socket, 0x8914, up_and_running)  # SIOCSIFFLAGS


def _small_buffers() -> None:
    """For TCP. A kernel that has them for all networks alike keeps its own."""
    for name, sizes in SOCKET_BUFFERS.items():
        with contextlib.suppress(OSError):
            Path(f"/proc/sys/net/ipv4/{name}").write_text(sizes)


def _close_all_but(keep: Sequence[int]) -> None:
    last = 0
    for descriptor in sorted({0, 1, 2, *keep}):
        if last < descriptor:  # an empty range would close everything
            os.closerange(last, descriptor)
        last = descriptor + 1
    os.closerange(last, 1 << 16)


@functools.cache
def tier() -> Tier:
    """What this machine gives, found out by trying it in a process of its own.

    The variable GRADER_SANDBOX=off is for finding faults; the work then counts as unprotected.
    """
    if os.environ.get(SWITCH) == "off":
        return "none"
    if sys.platform != "linux" or kernel.MACHINE not in kernel.SYSCALLS:
        return "none"
    ours, theirs = socket.socketpair()
    trial = os.fork()
    if trial == 0:
        ours.close()
        with contextlib.suppress(BaseException):
            _try_it(theirs)
        os._exit(0)
    theirs.close()
    with ours:
        said = ours.recv(16)
    os.waitpid(trial, 0)
    return "full" if said == b"full" else "none"


def _try_it(says: socket.socket) -> None:
    rooms = Rooms(ahead=1)
    room = rooms.take()
    if room.fork() == 0:
        enter(room, [says.fileno()])
        says.send(b"full")
        os._exit(0)
    os.wait()


SIGNS: Final = {
    "MemoryError": f"limit for memory: {MEMORY_BYTES // 2**20} MiB a process",
    "[Errno 27]": f"limit for a file: {FILE_BYTES // 2**20} MiB",
    "[Errno 28]": f"limit for files: {tree.WORK_MIB} MiB together",
    "[Errno 24]": f"limit for open files: {OPEN_FILES}",
    "[Errno 11]": f"limit for processes and threads: {PROCESSES}",
    "can't start new thread": f"limit for processes and threads: {PROCESSES}",
}
"""What an error of Python's looks like when a limit of the kernel is behind it."""


def limit_behind(error: str) -> str | None:
    """The limit that a learner's error (its type and words) comes from, if it looks like one."""
    return next((limit for sign, limit in SIGNS.items() if sign in error), None)


def shown_at(path: Path) -> str | None:
    """The folder by which learners' code in the sandbox could read PATH; None when it could not."""
    whole = path.resolve()
    return next((shown for shown in tree.readable() if whole.is_relative_to(Path(shown).resolve())), None)


def findings() -> list[str]:
    """What `grader doctor` says of this machine."""
    if tier() == "none":
        why = "it was switched off by GRADER_SANDBOX" if os.environ.get(SWITCH) == "off" else _why_none()
        return [
            f"Sandbox: none, because {why}.",
            "Learners' code would run with your rights; autograde refuses it without --trust.",
        ]
    user = "a user of its own for each submission" if os.getuid() == 0 else "your user, in its own namespaces"
    return [
        f"Sandbox: full ({user}).",
        "Covered: files (system and Python read-only, nothing of the course's secrets), network (none, but",
        "  the lab where an assignment uses it), processes (own, ended with the submission), kernel",
        f"  administration, memory ({TREE_BYTES // 2**20} MiB), {PROCESSES} processes, "
        f"{FILE_BYTES // 2**20} MiB a file.",
        _how_memory_is_held(),
        "Not covered: a fault of the Linux kernel itself (grade hostile classes in a virtual machine),",
        "  and code that notices where it runs and behaves well there.",
    ]


def _how_memory_is_held() -> str:
    from grader.walls import cgroup

    version = cgroup.offered(GROUP_BYTES)
    if version is None:
        return (
            f"Memory is held by looks every {LOOK_MILLISECONDS} ms alone, so it can pass for a moment:\n"
            "  this machine gives no memory cgroup (as root it may; in a systemd session:\n"
            "  systemd-run --user --scope -p Delegate=yes)."
        )
    return f"Memory is held by the kernel too (cgroup {version}, {GROUP_BYTES // 2**20} MiB a worker)."


def _why_none() -> str:
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    if kernel.MACHINE not in kernel.SYSCALLS:
        return f"it knows x86_64 and aarch64, and this is {kernel.MACHINE}"
    return (
        "the kernel refuses namespaces to this user (on Ubuntu 24.04 and later an AppArmor profile can allow "
        "them; in a container its engine must; or grade as root in a virtual machine)"
    )
