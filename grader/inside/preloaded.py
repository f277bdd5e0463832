"""A process that has the slow imports behind it and forks one learner's process per request.

Started with a clean environment and without any secret, so a fork of it has none either. One thread only,
as a fork must find it.
"""

import contextlib
import gc
import importlib
import os
import re
import select
import signal
import socket
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn

from grader.inside import models
from grader.walls import cgroup, kernel, sandbox, wire
from grader.walls.guard import FAULT, Guard, Guarded


def die_with_parent() -> None:
    """Linux: let the kernel end this process when the one that forked it ends, however it ends."""
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def is_alone(requests: socket.socket) -> bool:
    """Did the grader end before the kernel knew to end this process with it?"""
    poll = select.poll()
    poll.register(requests, 0)
    return bool(poll.poll(0))


def become_learner(
    channel: socket.socket, notes: socket.socket, ready: "Ready", room: sandbox.Room | None
) -> None:
    """Turn a fresh fork into a learner's process: sandboxed, with a folder and an environment of its own.

    The fork itself reads where it is to run: what the preloaded process once had in its memory, the next
    submission's process would have too.
    """
    from grader.inside.learner import serve

    request = wire.receive_trusted(channel)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    if room is not None:
        sandbox.enter(room, [channel.fileno()], notes, request["port"])
    else:
        die_with_parent()
        notes.close()
        os.chdir(request["folder"])
        sandbox.set_limits()
    have_environment(request["environment"])
    given = {name: text.encode() for name, text in request["files"].items()}
    for name, content in {**ready.files, **given}.items():
        _write(name, content)
    renew_seeds()
    sys.argv = ["notebook"]
    sys.path.insert(0, "")
    serve(channel, ready.shell)


# In a fork each object that is touched costs the copy of a page: so what follows says it in few words.


def have_environment(wanted: Mapping[str, str]) -> None:
    """These variables and no others."""
    for name in [*os.environ]:
        if name not in wanted:
            del os.environ[name]
    for name, value in wanted.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _write(name: str, content: bytes) -> None:
    """A file in the working folder."""
    folder = name.rpartition("/")[0]
    if folder:
        os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    with open(name, "wb") as file:  # noqa: PTH123
        file.write(content)


def renew_seeds() -> None:
    """Python's own random numbers differ after a fork; NumPy's would be the same in every submission."""
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def run_child(
    channel: socket.socket, notes: socket.socket, ready: "Ready", room: sandbox.Room | None
) -> NoReturn:
    """A fault of ours before the learner's code runs is told on NOTES, which that code does not have."""
    try:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        become_learner(channel, notes, ready, room)
    except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
        with contextlib.suppress(OSError):
            notes.send(f"{FAULT}{type(error).__name__}: {error}"[:500].encode())
    finally:
        os._exit(0)


@dataclass(frozen=True)
class Needs:
    """What the notebooks of an assignment use: paid for once. More would make every fork dearer."""

    libraries: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    exercise: str = ""
    """The content of its `.checks.json`, which every submission's folder has."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Most of the variables that every submission's process has."""
    withheld: tuple[str, ...] = ()
    """Modules whose functions refuse to work there."""

    @classmethod
    def of(
        cls, cells: Iterable[str], services: Iterable[str], exercise: str, withheld: Iterable[str] = ()
    ) -> "Needs":
        """From the cells of a release, the AWS services that it may call, and its data."""
        text, services = "\n".join(cells), tuple(sorted(services))
        named = [name for name, sign in LIBRARIES.items() if re.search(rf"\b{sign}\b", text)]
        libraries = tuple(sorted({*named, *(["boto3"] if services else [])}))
        return cls(libraries, services, exercise, withheld=tuple(sorted(set(withheld))))


LIBRARIES: Final = {"boto3": "boto3", "matplotlib.pyplot": "matplotlib", "numpy": "numpy", "pandas": "pandas"}
"""Slow imports that start no thread, and what a cell that uses them says."""


@dataclass(frozen=True)
class Ready:
    """What every fork has from the beginning."""

    shell: Any
    files: Mapping[str, bytes]
    """By their names, for the working folder."""


def start_shell() -> Any:
    """What every notebook uses: paid for once. Nothing here may start a thread."""
    import grader.notebook.calls  # noqa: F401
    from grader.inside.learner import warm_up
    from grader.inside.shell import make_shell

    shell = make_shell()
    warm_up(shell)
    kernel.seccomp_filter()
    return shell


def make_ready(shell: Any, needs: Needs) -> Ready:
    """What the notebooks of one assignment use besides. Nothing here may start a thread."""
    from grader.inside import pace
    from grader.tasks.exercise import FILE_NAME, from_bytes
    from grader.tasks.withheld import withhold

    for name in needs.libraries:
        importlib.import_module(name)
    withhold(needs.withheld)
    if needs.services:
        pace.install()
        read_models(needs.services)
    have_environment(needs.environment)
    if needs.exercise:
        from_bytes(needs.exercise.encode())  # which remembers it
    # What is there now stays: a collection in a fork would touch, and so copy, all of its pages.
    gc.collect()
    gc.freeze()
    return Ready(shell, {FILE_NAME: needs.exercise.encode()} if needs.exercise else {})


def read_models(services: Iterable[str]) -> None:
    """Let clients of these services be made fast: their models are read, some 100 ms for each, and kept."""
    import boto3
    from botocore import exceptions

    models.keep()
    models.keep_rules()
    client: Any = boto3.Session().client
    for service in services:
        with contextlib.suppress(exceptions.UnknownServiceError):
            client(service, "us-east-1", aws_access_key_id="-", aws_secret_access_key="-")


def main() -> None:
    """Serve fork requests until the grader ends: see `Server`."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent()
    if is_alone(requests):
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    group = cgroup.enter(sandbox.GROUP_BYTES) if sys.argv[2] == "full" else None
    rooms = sandbox.Rooms() if sys.argv[2] == "full" else None  # its process must be a small one
    with contextlib.suppress(OSError, wire.Gone):  # the grader ended, perhaps in the middle of a request
        shell = start_shell()
        ready = make_ready(shell, Needs(**wire.receive_trusted(requests)))
        requests.send(b"ready")
        Server(requests, ready, rooms, group).serve()


class Server:
    """Forks a learner's process for each request, and guards those that live."""

    def __init__(
        self,
        requests: socket.socket,
        ready: Ready,
        rooms: sandbox.Rooms | None,
        group: cgroup.Group | None = None,
    ) -> None:
        self._requests, self._ready, self._rooms = requests, ready, rooms
        self._guard = Guard(group)

    def serve(self) -> None:
        """Until no more is asked. Raises OSError at a torn end."""
        ended, wake = socket.socketpair()
        for one in (ended, wake):
            one.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        try:
            self._serve(ended)
        finally:
            signal.set_wakeup_fd(-1)

    def _serve(self, ended: socket.socket) -> None:
        going_on = True
        while going_on:
            ready, _, _ = select.select([self._requests, ended], [], [], self._guard.pause)
            if ended in ready:
                ended.recv(4096)
                self._guard.bury()
            self._guard.look()
            if self._requests in ready:
                going_on = self._one()

    def _one(self) -> bool:
        """Two descriptors (channel, notes); the reply is the process, to end it by."""
        begin, descriptors, _, _ = socket.recv_fds(self._requests, 1, 2)
        if not begin:
            return False
        channel, notes = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        with channel:
            try:
                room = self._rooms.take() if self._rooms else None
                child = room.fork() if room else os.fork()
            except OSError as error:
                notes.close()
                self._requests.send(f"{FAULT}{error}"[:500].encode())
                return True
            if child == 0:
                run_child(channel, notes, self._ready, room)
        self._guard.add(child, Guarded(room, notes))
        socket.send_fds(self._requests, [str(child).encode()], [room.first] if room else [])
        return True


def command(requests: int, tier: str) -> list[str]:
    """How to start it: isolated, so that no file of the working directory shadows a module.

    What it is to make ready (`Needs`) comes as the first message.
    """
    return [sys.executable, "-I", "-m", "grader.inside.preloaded", str(requests), tier]


def clean_environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(home / "matplotlib"),
        "IPYTHONDIR": str(home / "ipython"),
        "OPENBLAS_NUM_THREADS": "1",
    }


if __name__ == "__main__":
    main()
