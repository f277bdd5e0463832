"""Linux's own calls that Python has no function for: namespaces, mounts, capabilities, seccomp.

Only what `grader.walls.sandbox` needs, by ctypes, so that a sandbox can be put on after a fork: tools that
start a command (bubblewrap, firejail) would throw the preloaded process away.
"""

import ctypes
import errno
import functools
import os
import platform
import struct
from collections.abc import Mapping
from typing import Final

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x08000000, 0x10000000, 0x20000000, 0x40000000
EVERY_NAMESPACE: Final = (
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET
)
CLONE_NEWTIME = 0x00000080

MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_CAPBSET_DROP = 1, 4, 22, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
SECCOMP_MODE_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)
# Looked up here, once, and not in each process that is forked later. Other systems have none of them.
for _name, _takes in {
    "unshare": [ctypes.c_int],
    "setns": [ctypes.c_int, ctypes.c_int],
    "capset": [ctypes.c_char_p, ctypes.c_char_p],
    "prctl": [ctypes.c_int, *[ctypes.c_ulong] * 4],
}.items():
    if hasattr(_libc, _name):
        getattr(_libc, _name).argtypes = _takes
MACHINE: Final = platform.machine()


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def setns(namespace: int) -> None:
    """Into the namespace that the descriptor stands for; one of process ids: for what is forked from here."""
    _checked(_libc.setns(namespace, 0), "setns")


def prctl(option: int, value: int = 0, more: int = 0) -> None:
    _checked(_libc.prctl(option, value, more, 0, 0), "prctl")


def mount(source: str, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [text.encode() if text is not None else None for text in (source, target, kind)]
    options = data.encode() if data is not None else None
    _checked(_libc.mount(*texts, ctypes.c_ulong(flags), options), f"mount {target}")


def unmount(target: str) -> None:
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def _syscall(name: str, *arguments: object) -> int:
    number = ctypes.c_long(SYSCALLS[MACHINE][name])
    return _checked(int(_libc.syscall(number, *arguments)), name)


def pivot_root(new: str, old: str) -> None:
    _syscall("pivot_root", ctypes.c_char_p(new.encode()), ctypes.c_char_p(old.encode()))


AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID = -100, 0x8000, 1, 2


def make_read_only(path: str, *, recursive: bool = True) -> None:
    """mount_setattr(2), Linux 5.12: the mount at PATH, and those below it, read-only and without set-uid."""
    attributes = ctypes.create_string_buffer(
        struct.pack("QQQQ", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID, 0, 0, 0)
    )
    flags = ctypes.c_uint(AT_RECURSIVE if recursive else 0)
    where = ctypes.c_char_p(path.encode())
    _syscall("mount_setattr", ctypes.c_int(AT_FDCWD), where, flags, attributes, ctypes.c_size_t(32))


def bound_capabilities() -> None:
    """No program that is started from here on can bring a capability back."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if error.errno == errno.EINVAL:  # past the last one that this kernel knows
                return
            raise


_OWN_CAPABILITIES: Final = struct.pack("Ii", 0x20080522, 0)


def drop_capabilities() -> None:
    """None is left."""
    _checked(_libc.capset(_OWN_CAPABILITIES, bytes(24)), "capset")


# --- seccomp -----------------------------------------------------------------------------------------

AUDIT_ARCH: Final[Mapping[str, int]] = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

SYSCALLS: Final[Mapping[str, Mapping[str, int]]] = {
    "x86_64": {
        "acct": 163, "add_key": 248, "adjtimex": 159, "bpf": 321, "chroot": 161, "clock_adjtime": 305,
        "clock_settime": 227, "clone": 56, "clone3": 435, "delete_module": 176, "fanotify_init": 300,
        "finit_module": 313, "fsconfig": 431, "fsmount": 432, "fsopen": 430, "fspick": 433,
        "fcntl": 72, "init_module": 175,
        "ioctl": 16, "io_uring_enter": 426, "io_uring_register": 427, "io_uring_setup": 425, "kcmp": 312,
        "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250, "lookup_dcookie": 212, "mbind": 237,
        "migrate_pages": 256, "mmap": 9, "memfd_create": 319, "memfd_secret": 447,
        "mknod": 133, "mknodat": 259, "mount": 165, "mount_setattr": 442,
        "move_mount": 429, "move_pages": 279, "msgget": 68, "semget": 64, "shmget": 29,
        "name_to_handle_at": 303, "open_by_handle_at": 304,
        "open_tree": 428, "perf_event_open": 298, "personality": 135, "pidfd_getfd": 438, "pivot_root": 155,
        "process_vm_readv": 310, "process_vm_writev": 311, "ptrace": 101, "quotactl": 179, "reboot": 169,
        "request_key": 249, "set_mempolicy": 238, "setdomainname": 171, "setsockopt": 54,
        "sethostname": 170, "setns": 308,
        "settimeofday": 164, "socket": 41, "swapoff": 168, "swapon": 167, "syslog": 103, "umount2": 166,
        "unshare": 272, "userfaultfd": 323, "vhangup": 153,
    },
    "aarch64": {
        "acct": 89, "add_key": 217, "adjtimex": 171, "bpf": 280, "chroot": 51, "clock_adjtime": 266,
        "clock_settime": 112, "clone": 220, "clone3": 435, "delete_module": 106, "fanotify_init": 262,
        "finit_module": 273, "fsconfig": 431, "fsmount": 432, "fsopen": 430, "fspick": 433,
        "fcntl": 25, "init_module": 105,
        "ioctl": 29, "io_uring_enter": 426, "io_uring_register": 427, "io_uring_setup": 425, "kcmp": 272,
        "kexec_file_load": 294, "kexec_load": 104, "keyctl": 219, "lookup_dcookie": 18, "mbind": 235,
        "migrate_pages": 238, "mmap": 222, "memfd_create": 279, "memfd_secret": 447,
        "mknodat": 33, "mount": 40, "mount_setattr": 442, "move_mount": 429,
        "move_pages": 239, "msgget": 186, "semget": 190, "shmget": 194,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "open_tree": 428,
        "perf_event_open": 241, "personality": 92, "pidfd_getfd": 438, "pivot_root": 41,
        "process_vm_readv": 270, "process_vm_writev": 271, "ptrace": 117, "quotactl": 60, "reboot": 142,
        "request_key": 218, "set_mempolicy": 237, "setdomainname": 162, "setsockopt": 208,
        "sethostname": 161, "setns": 268,
        "settimeofday": 170, "socket": 198, "swapoff": 225, "swapon": 224, "syslog": 116, "umount2": 39,
        "unshare": 97, "userfaultfd": 282, "vhangup": 58,
    },
}  # fmt: skip

JUDGED = ("clone", "clone3", "fcntl", "ioctl", "mmap", "setsockopt", "socket")
"""Calls that are looked at more closely; every other one of SYSCALLS is refused."""

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_CALL_NUMBER, _ARCHITECTURE, _FIRST, _SECOND, _THIRD, _FOURTH = 0, 4, 16, 24, 32, 40
X32_CALLS = 0x40000000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
NEW_NAMESPACES = EVERY_NAMESPACE | CLONE_NEWTIME
LOCKS = (6, 7, 37, 38)
"""F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW. Each lock is memory of the kernel's that nobody counts."""
BUFFER_SIZES = (7, 8, 32, 33)
"""SO_SNDBUF, SO_RCVBUF and both by force, of SOL_SOCKET."""
SOL_SOCKET = 1
SHARED_AND_NO_FILE = 0x21
"""MAP_SHARED | MAP_ANONYMOUS: pages that stay when no process has them in its own memory any more."""
FAMILIES = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6."""


def _instruction(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, when_true, when_false, value & 0xFFFFFFFF)


def _refuse(error: int) -> bytes:
    return _instruction(_RETURN, _ERROR | error)


def _only_for(call: int, body: list[bytes]) -> list[bytes]:
    """BODY, which returns, for one call; the others jump over it."""
    return [_instruction(_EQUAL, call, 0, len(body)), *body]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


@functools.cache
def seccomp_filter() -> _Program:
    """A deny list like the container engines': no kernel administration, no spying, no new namespaces.

    And no memory that belongs to no process (memfd, System V, shared pages without a file, larger socket
    buffers, file locks), which the guard could not count. Locks and sizes of buffers are said to be taken and
    are not: nobody else is there to lock a file from, and programs go on.

    Sockets are local or TCP and UDP; there is nothing to reach in the sandbox's own network.
    """
    calls = SYSCALLS[MACHINE]
    program = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_EQUAL, AUDIT_ARCH[MACHINE], 1, 0),
        _instruction(_RETURN, _KILL),
        _instruction(_LOAD, _CALL_NUMBER),
    ]
    if MACHINE == "x86_64":
        program += [_instruction(_AT_LEAST, X32_CALLS, 0, 1), _refuse(errno.EPERM)]
    for name, number in calls.items():
        if name not in JUDGED:
            error = errno.ENOSYS if name.startswith(("io_uring", "memfd")) else errno.EPERM
            program += _only_for(number, [_refuse(error)])
    # glibc falls back to clone, whose flags can be looked at.
    program += _only_for(calls["clone3"], [_refuse(errno.ENOSYS)])
    allow = _instruction(_RETURN, _ALLOW)
    first = _instruction(_LOAD, _FIRST)
    program += _only_for(
        calls["clone"], [first, _instruction(_ANY_BIT, NEW_NAMESPACES, 0, 1), _refuse(errno.EPERM), allow]
    )
    program += _only_for(
        calls["ioctl"],
        [
            _instruction(_LOAD, _SECOND),
            _instruction(_EQUAL, TIOCSTI, 1, 0),
            _instruction(_EQUAL, TIOCLINUX, 0, 1),
            _refuse(errno.EPERM),
            allow,
        ],
    )
    # Each of the three jumps over those that follow it and over the refusal.
    families = [_instruction(_EQUAL, family, 3 - place) for place, family in enumerate(FAMILIES)]
    program += _only_for(calls["socket"], [first, *families, _refuse(errno.EAFNOSUPPORT), allow])
    done = _refuse(0)
    sizes = [_instruction(_EQUAL, size, len(BUFFER_SIZES) - n) for n, size in enumerate(BUFFER_SIZES)]
    second, third = _instruction(_LOAD, _SECOND), _instruction(_LOAD, _THIRD)
    of_sockets = _instruction(_EQUAL, SOL_SOCKET, 0, len(sizes) + 1)
    program += _only_for(calls["setsockopt"], [second, of_sockets, third, *sizes, allow, done])
    locks = [_instruction(_EQUAL, lock, len(LOCKS) - n) for n, lock in enumerate(LOCKS)]
    program += _only_for(calls["fcntl"], [second, *locks, allow, done])
    both = [_instruction(_AND, SHARED_AND_NO_FILE), _instruction(_EQUAL, SHARED_AND_NO_FILE, 0, 1)]
    flags = _instruction(_LOAD, _FOURTH)
    program += _only_for(calls["mmap"], [flags, *both, _refuse(errno.EPERM), allow])
    whole = b"".join([*program, allow])
    return _Program(len(whole) // 8, whole)


def apply_seccomp(program: _Program) -> None:
    """From here on, for this process and all that it starts."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))
