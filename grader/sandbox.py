"""The sandbox around a learner's process, put on after the fork. Trust ends here.

Inside: a system that can only be read, without this project's solutions, submissions and results; a folder
of its own in memory; a network with nothing in it; no process but its own; limits on memory, processes and
files. The process that stays outside ends everything in it, whatever it has become.

Linux only, as an ordinary user or as root. Where the kernel refuses, `tier` says "none" and untrusted work
is refused: nothing is half-closed.
"""

import contextlib
import fcntl
import functools
import os
import resource
import signal
import socket
import stat
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, NoReturn

from grader import kernel

SWITCH: Final = "GRADER_SANDBOX"
Tier = Literal["full", "none"]

WORK: Final = "/learner"
"""The learner's folder inside."""
MEMORY_BYTES: Final = 2 * 2**30
"""Address space of one process; what all of them have in memory together is held to TREE_BYTES."""
TREE_BYTES: Final = 1536 * 2**20
FILE_BYTES: Final = 64 * 2**20
WORK_MIB: Final = 64
PROCESSES: Final = 64
OPEN_FILES: Final = 256
LOOK_SECONDS: Final = 0.05
FIRST_USER: Final = 100_000
USERS: Final = 50_000
"""Users that learners' processes run as when root grades: ids that no account of the system has."""

SYSTEM: Final = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/passwd", "/etc/group",
    "/etc/nsswitch.conf", "/etc/localtime", "/etc/ssl", "/etc/fonts", "/etc/mime.types", "/etc/alternatives",
)  # fmt: skip
LISTENING: Final = b"L"
BASES: Final = ("/mnt", "/srv", "/media", "/opt", "/var", "/tmp")
"""Where the new tree is begun: the first that hides nothing which goes into it."""
DEVICES: Final = ("null", "zero", "full", "random", "urandom")


def readable() -> list[str]:
    """What a notebook needs to read: the system, this Python, its packages, and the two packages of ours."""
    here = Path(__file__).resolve().parent
    pythons = {sys.base_prefix, sys.prefix, sys.exec_prefix}
    ours = {str(here), str(here.parent / "lab")}
    wanted = [*SYSTEM, *sorted(p for p in pythons if not p.startswith("/usr")), *sorted(ours)]
    return [path for path in wanted if Path(path).exists() or Path(path).is_symlink()]


def set_limits() -> None:
    """What the kernel enforces for each process, and for the number of processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))
    if sys.platform == "linux":  # macOS does not enforce it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def enter(keep: Sequence[int], notes: socket.socket, port: int | None = None) -> None:
    """Put the sandbox on; returns inside, in a process that has no way back. KEEP: its open descriptors.

    The calling process stays outside as the guard and never returns: it ends what is inside when it has
    too much memory, and says so on NOTES. With a PORT, a socket that listens there inside is handed out on
    NOTES: whoever has it answers what is inside (`grader.relay`). Raises OSError where the kernel refuses.
    """
    uid, gid = _learner_s_user()
    _enter_namespaces()
    _loopback_up()
    if port is not None:
        with socket.create_server(("127.0.0.1", port), backlog=64) as listener:
            socket.send_fds(notes, [LISTENING], [listener.fileno()])
    inside = os.fork()
    if inside:
        _guard(inside, notes.fileno())
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    # Its own tree of mounts, not the guard's: the guard goes on seeing the machine's /proc.
    kernel.unshare(kernel.CLONE_NEWNS)
    _build_root(readable(), uid, gid)
    learner = os.fork()
    if learner:
        _reap(learner)
    os.setsid()
    _close_all_but(keep)
    kernel.bound_capabilities()
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    kernel.drop_capabilities()
    set_limits()
    resource.setrlimit(resource.RLIMIT_NPROC, (PROCESSES, PROCESSES))
    os.chdir(WORK)
    kernel.apply_seccomp(kernel.seccomp_filter())


def _learner_s_user() -> tuple[int, int]:
    """Root gives each sandbox a user of its own, as processes are counted by user; others stay themselves."""
    if os.getuid() == 0:
        own = FIRST_USER + os.getpid() % USERS
        return own, own
    return os.getuid(), os.getgid()


def _enter_namespaces() -> None:
    """Root needs no namespace of users, and could not read its own home in one as somebody else."""
    uid, gid = os.getuid(), os.getgid()
    wanted = kernel.EVERY_NAMESPACE & ~kernel.CLONE_NEWNS
    if uid == 0:
        kernel.unshare(wanted & ~kernel.CLONE_NEWUSER)
        return
    kernel.unshare(wanted)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")


def _loopback_up() -> None:
    """The sandbox's own loopback, so that programs that talk to themselves work; it leads nowhere else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up_and_running = struct.pack("16sH14x", b"lo", 0x1 | 0x40)
        fcntl.ioctl(any_socket, 0x8914, up_and_running)  # SIOCSIFFLAGS


def _build_root(paths: Sequence[str], uid: int, gid: int) -> None:
    """A tree in memory with PATHS of the real one in it, read-only; then it is the only tree there is."""
    quiet = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    base = next(b for b in BASES if Path(b).is_dir() and not any(p.startswith(f"{b}/") for p in paths))
    kernel.mount("tmpfs", base, "tmpfs", quiet, "size=1m,mode=755")
    os.chdir(base)
    for name in ("new", "old"):
        Path(name).mkdir()
    kernel.pivot_root(".", "old")
    os.chdir("/")
    kernel.mount("tmpfs", "/new", "tmpfs", quiet, "size=1m,mode=755")
    _own_folders(quiet, f",uid={uid},gid={gid}")
    for path in paths:
        _bind("/old", "/new", path)
    for name in DEVICES:
        _bind_file(f"/old/dev/{name}", f"/new/dev/{name}")
    kernel.unmount("/old")
    kernel.make_read_only("/new", recursive=False)
    os.chdir("/new")
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")


def _own_folders(quiet: int, owner: str) -> None:
    in_memory = {
        f"/new{WORK}": f"size={WORK_MIB}m,nr_inodes=4k,mode=755{owner}",
        "/new/tmp": f"size={WORK_MIB}m,nr_inodes=4k,mode=1777",
        "/new/dev/shm": "size=32m,nr_inodes=1k,mode=1777",
    }
    for folder, options in in_memory.items():
        Path(folder).mkdir(parents=True, exist_ok=True)
        kernel.mount("tmpfs", folder, "tmpfs", quiet, options)
    Path("/new/dev/pts").mkdir()
    options = "newinstance,ptmxmode=0666,mode=620"
    kernel.mount("devpts", "/new/dev/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, options)
    Path("/new/dev/ptmx").symlink_to("pts/ptmx")
    Path("/new/dev/fd").symlink_to("/proc/self/fd")
    Path("/new/proc").mkdir()
    kernel.mount("proc", "/new/proc", "proc", quiet | kernel.MS_NOEXEC)


def _bind(old: str, new: str, path: str) -> None:
    source, target = Path(old + path), Path(new + path)
    if source.is_symlink():
        if not (target.exists() or target.is_symlink()):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(source.readlink())
        return
    if stat.S_ISDIR(source.stat().st_mode):
        target.mkdir(parents=True, exist_ok=True)
        kernel.mount(str(source), str(target), None, kernel.MS_BIND | kernel.MS_REC)
    else:
        _bind_file(str(source), str(target))
    kernel.make_read_only(str(target))


def _bind_file(source: str, target: str) -> None:
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    Path(target).touch()
    kernel.mount(source, target, None, kernel.MS_BIND)


def _close_all_but(keep: Sequence[int]) -> None:
    last = 0
    for descriptor in sorted({0, 1, 2, *keep}):
        if last < descriptor:  # an empty range would close everything
            os.closerange(last, descriptor)
        last = descriptor + 1
    os.closerange(last, 1 << 16)


def _reap(learner: int) -> NoReturn:
    """Process 1 inside: it ends with the learner's process, and the kernel ends the others with it."""
    _close_all_but(())
    kernel.bound_capabilities()
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    while True:
        pid, status = os.wait()
        if pid == learner:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def _guard(inside: int, notes: int) -> NoReturn:
    """The process outside: it looks at the memory of all that is inside, and ends it when it is too much."""
    _close_all_but((notes,))
    while True:
        pid, _ = os.waitpid(inside, os.WNOHANG)
        if pid:
            os._exit(0)
        if tree_bytes(inside) > TREE_BYTES:
            os.write(notes, f"limit for memory: {TREE_BYTES // 2**20} MiB".encode())
            os.kill(inside, signal.SIGKILL)
        time.sleep(LOOK_SECONDS)


def tree_bytes(root: int) -> int:
    """Memory of a process and all below it, shared pages counted once among them (PSS), bytes."""
    total, waiting = 0, [root]
    while waiting:
        pid = waiting.pop()
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        with contextlib.suppress(OSError):
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return total


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
            enter([theirs.fileno()], theirs)
            theirs.send(b"full")
        os._exit(0)
    theirs.close()
    with ours:
        said = ours.recv(16)
    os.waitpid(trial, 0)
    return "full" if said == b"full" else "none"


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
        "Covered: files (system and Python read-only, nothing of the course's secrets), network (none),",
        "  processes (own, ended with the submission), kernel administration, "
        f"memory ({TREE_BYTES // 2**20} MiB), {PROCESSES} processes, {FILE_BYTES // 2**20} MiB a file.",
        "Not covered: a fault of the Linux kernel itself (grade hostile classes in a virtual machine),",
        "  and code that notices where it runs and behaves well there.",
    ]


def _why_none() -> str:
    if sys.platform != "linux":
        return f"it needs Linux, and this is {sys.platform}"
    if kernel.MACHINE not in kernel.SYSCALLS:
        return f"it knows x86_64 and aarch64, and this is {kernel.MACHINE}"
    return (
        "the kernel refuses namespaces to this user (on Ubuntu 24.04 and later an AppArmor profile can allow "
        "them; in a container its engine must; or grade as root in a virtual machine)"
    )
