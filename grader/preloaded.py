"""A process that has the slow imports behind it and forks one learner's process per request.

Started with a clean environment and without any secret, so a fork of it has none either. One thread only,
as a fork must find it.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import Any

MEMORY_BYTES = 4 * 2**30
FILE_BYTES = 64 * 2**20
PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Linux: let the kernel end this process when the one that forked it ends, however it ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def set_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, FILE_BYTES))
    if sys.platform == "linux":  # macOS does not enforce it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def become_learner(channel: socket.socket, request: dict[str, Any], shell: Any) -> None:
    """Turn a fresh fork into a learner's process: own session, folder, environment, no terminal."""
    from grader.learner import serve

    die_with_parent()
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = ["notebook"]
    sys.path.insert(0, "")
    set_limits()
    serve(channel, shell)


def import_what_notebooks_use() -> Any:
    """Pay for the imports once. Nothing here may start a thread."""
    import boto3  # noqa: F401
    import matplotlib as mpl

    import grader.notebook  # noqa: F401
    from grader.learner import make_shell

    mpl.use("agg")
    return make_shell()


def main() -> None:
    """Serve fork requests: one JSON message with the channel's descriptor beside it; reply the process id."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    shell = import_what_notebooks_use()
    requests.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(requests, 1 << 16, 1)
        if not message:
            return
        child = os.fork()
        if child == 0:
            os.setsid()
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            try:
                become_learner(socket.socket(fileno=descriptors[0]), json.loads(message), shell)
            finally:
                os._exit(0)
        os.close(descriptors[0])
        requests.send(str(child).encode())


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
