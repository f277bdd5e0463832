"""A process that has the slow imports behind it and forks one learner's process per request.

Started with a clean environment and without any secret, so a fork of it has none either. One thread only,
as a fork must find it.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from grader import kernel, wire

FAULT = "!"
"""Begins a note that tells of our own fault, not of a limit."""


def die_with_parent() -> None:
    """Linux: let the kernel end this process when the one that forked it ends, however it ends."""
    if sys.platform == "linux":
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def become_learner(channel: socket.socket, notes: socket.socket, request: dict[str, Any], shell: Any) -> None:
    """Turn a fresh fork into a learner's process: sandboxed, with a folder and an environment of its own."""
    from grader import sandbox
    from grader.learner import serve

    die_with_parent()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    if request["sandbox"]:
        sandbox.enter([channel.fileno()], notes, request["port"])
    else:
        notes.close()
        os.chdir(request["folder"])
        sandbox.set_limits()
    os.environ.clear()
    os.environ.update(request["environment"])
    for name, content in request["files"].items():
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    sys.argv = ["notebook"]
    sys.path.insert(0, "")
    serve(channel, shell)


def run_child(channel: socket.socket, notes: socket.socket, request: dict[str, Any], shell: Any) -> NoReturn:
    """A fault of ours before the learner's code runs is told on NOTES, which that code does not have."""
    try:
        become_learner(channel, notes, request, shell)
    except BaseException as error:  # noqa: BLE001 - there is nobody above to tell
        with contextlib.suppress(OSError):
            notes.send(f"{FAULT}{type(error).__name__}: {error}"[:500].encode())
    finally:
        os._exit(0)


def import_what_notebooks_use() -> Any:
    """Pay for the imports once. Nothing here may start a thread."""
    import boto3  # noqa: F401
    import matplotlib as mpl

    import grader.notebook
    import grader.sandbox  # noqa: F401
    from grader.learner import make_shell

    mpl.use("agg")
    shell = make_shell()
    shell.run_cell("None")  # the first cell of a shell imports some more
    # What is there now stays: a collection in a fork would touch, and so copy, all of its pages.
    gc.collect()
    gc.freeze()
    return shell


def main() -> None:
    """Serve fork requests: two descriptors (channel, notes) and a message; the reply is the process id."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shell = import_what_notebooks_use()
    with contextlib.suppress(wire.Gone, OSError):  # the grader ended, perhaps in the middle of a request
        requests.send(b"ready")
        while serve_one(requests, shell):
            pass


def serve_one(requests: socket.socket, shell: Any) -> bool:
    """Fork one learner's process; False when no more is asked. Raises wire.Gone or OSError at a torn end."""
    begin, descriptors, _, _ = socket.recv_fds(requests, 1, 2)
    if not begin:
        return False
    request = wire.receive(requests)
    child = os.fork()
    if child == 0:
        os.setsid()
        requests.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        channel, notes = (socket.socket(fileno=descriptor) for descriptor in descriptors)
        run_child(channel, notes, request, shell)
    for descriptor in descriptors:
        os.close(descriptor)
    requests.send(str(child).encode())
    return True


def command() -> list[str]:
    """How to start it: isolated, so that no file of the working directory shadows a module."""
    return [sys.executable, "-I", "-m", "grader.preloaded"]


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
