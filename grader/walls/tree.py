"""The tree of files inside the sandbox: parts of the real one, only to read, and folders in memory."""

import functools
import os
import stat
import sys
from pathlib import Path
from typing import Final

from grader.walls import kernel

WORK: Final = "/learner"
"""The learner's folder inside."""
WORK_MIB: Final = 64

SYSTEM: Final = (
    "/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/passwd", "/etc/group",
    "/etc/nsswitch.conf", "/etc/localtime", "/etc/ssl", "/etc/fonts", "/etc/mime.types", "/etc/alternatives",
)  # fmt: skip
BASES: Final = ("/mnt", "/srv", "/media", "/opt", "/var", "/tmp")
"""Where the new tree is begun: the first that hides nothing which goes into it."""
ASIDE: Final = "/.aside"
"""Where a room's tree is seen a second time, while folders in memory are put over it."""
QUIET: Final = kernel.MS_NOSUID | kernel.MS_NODEV
DEVICES: Final = {"null": "null", "zero": "full", "full": "full", "random": "random", "urandom": "urandom"}
"""Which of the real ones stands for each. Both give zeros, but the real `zero` shares memory without end."""


@functools.cache
def readable() -> tuple[str, ...]:
    """What a notebook needs to read: the system, this Python, its packages, and the two packages of ours."""
    here = Path(__file__).resolve().parents[1]
    pythons = {sys.base_prefix, sys.prefix, sys.exec_prefix}
    ours = {str(here), str(here.parent / "lab")}
    wanted = [*SYSTEM, *sorted(p for p in pythons if not p.startswith("/usr")), *sorted(ours)]
    return tuple(path for path in wanted if Path(path).exists() or Path(path).is_symlink())


def build() -> None:
    """A tree in memory with what may be read of the real one, read-only; then it is the only tree there is.

    Every room is a copy of it, with folders of its own on top.
    """
    paths = readable()
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    base = next(b for b in BASES if Path(b).is_dir() and not any(p.startswith(f"{b}/") for p in paths))
    kernel.mount("tmpfs", base, "tmpfs", QUIET, "size=1m,mode=755")
    os.chdir(base)
    for name in ("new", "old"):
        Path(name).mkdir()
    kernel.pivot_root(".", "old")
    os.chdir("/")
    kernel.mount("tmpfs", "/new", "tmpfs", QUIET, "size=1m,mode=755")
    for folder in (WORK, ASIDE, "/tmp", "/dev/shm", "/dev/pts", "/proc"):
        Path(f"/new{folder}").mkdir(parents=True, exist_ok=True)
    for path in paths:
        _bind("/old", "/new", path)
    for name, real in DEVICES.items():
        _bind_file(f"/old/dev/{real}", f"/new/dev/{name}")
    Path("/new/dev/ptmx").symlink_to("pts/ptmx")
    Path("/new/dev/fd").symlink_to("/proc/self/fd")
    if os.getuid():  # the kernel lets an ordinary user mount a /proc only on top of a whole one
        kernel.mount("/old/proc", "/new/proc", None, kernel.MS_BIND | kernel.MS_REC)
    kernel.unmount("/old")
    kernel.make_read_only("/new", recursive=False)
    os.chdir("/new")
    kernel.pivot_root(".", ".")
    kernel.unmount(".")
    os.chdir("/")


def add_own_folders(uid: int, gid: int) -> None:
    """What a room has for itself: a learner's folder and other room in memory, terminals, its processes."""
    in_memory = {
        WORK: f"size={WORK_MIB}m,nr_inodes=4k,mode=755,uid={uid},gid={gid}",
        "/tmp": f"size={WORK_MIB}m,nr_inodes=4k,mode=1777",
        "/dev/shm": "size=32m,nr_inodes=1k,mode=1777",
    }
    covered = [path for path in readable() if path.startswith(tuple(f"{folder}/" for folder in in_memory))]
    if covered:  # this course, or its Python, is in /tmp itself
        kernel.mount("/", ASIDE, None, kernel.MS_BIND | kernel.MS_REC)
    for folder, options in in_memory.items():
        kernel.mount("tmpfs", folder, "tmpfs", QUIET, options)
    for path in covered:
        _bind(ASIDE, "", path)
    if covered:
        kernel.unmount(ASIDE)
    options = "newinstance,ptmxmode=0666,mode=620"
    kernel.mount("devpts", "/dev/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, options)
    kernel.mount("proc", "/proc", "proc", QUIET | kernel.MS_NOEXEC)


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
