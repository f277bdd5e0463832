"""A worker process: grades the submissions that come through its connection, one after the other.

It ends when the other end of the connection does, however that ended and whatever it is doing; all that it
started ends with it, and its scratch folder goes. (Not by PR_SET_PDEATHSIG, which fires when the *thread*
ends that started a process: who starts workers may do so from any thread.)
"""

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path

from grader.workers.jobs import Job, Setup
from lab.machine.interrupts import stay

READY = b"ready"
REFUSED = b"refused "
UNFIT = b"unfit "
"""As it is now: another process may be fit."""
SCRATCH = b"scratch "
"""Its folder for what nobody needs afterwards, should it not come to removing it."""
REMOVE_SECONDS = 1.0


def remove(folder: str) -> None:
    """A folder that a process killed a moment ago may still be making a file in."""
    end = time.monotonic() + REMOVE_SECONDS
    while True:
        shutil.rmtree(folder, ignore_errors=True)
        if not Path(folder).exists() or time.monotonic() > end:
            return
        time.sleep(0.01)


def tidy(scratch: str) -> None:
    """End what this process started, however far that has come, then remove what it wrote."""
    import psutil

    started = psutil.Process().children()
    for child in started:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(started, REMOVE_SECONDS)
    remove(scratch)


def end_with(descriptor: int, scratch: str) -> None:
    """Watch the connection from a thread of its own, and end this process when the other side is gone."""

    def watch() -> None:
        poll = select.poll()
        poll.register(descriptor, 0)  # hang-ups only: what comes is the main thread's
        while not poll.poll():
            pass
        tidy(scratch)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def leave(*_: object) -> None:
    signal.signal(signal.SIGTERM, stay)  # asked once more, it would not tidy up
    sys.exit(0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, leave)
    connection = Connection(int(sys.argv[1]))
    os.environ["TMPDIR"] = tempfile.tempdir = scratch = tempfile.mkdtemp(prefix="grader-")
    try:
        with contextlib.suppress(EOFError, OSError):
            connection.send_bytes(SCRATCH + os.fsencode(scratch))
            serve(connection, scratch)
    finally:
        tidy(scratch)


def serve(connection: Connection, scratch: str) -> None:
    from grader.tasks.declaration import AuthoringError
    from grader.walls import sandbox
    from grader.whereabouts import CallError
    from grader.workers.grading import Grading

    tier = sandbox.tier()  # it forks to find out: before there is a second thread
    end_with(connection.fileno(), scratch)
    setup = Setup.decoded(connection.recv_bytes())
    if tier != setup.sandbox:
        connection.send_bytes(UNFIT + f"its sandbox is {tier}, and {setup.sandbox} is asked for".encode())
        return
    try:
        grading = Grading(setup)
    except (CallError, AuthoringError) as problem:
        connection.send_bytes(REFUSED + str(problem).encode())
        return
    except OSError as trouble:
        connection.send_bytes(UNFIT + f"it can't begin: {trouble}".encode())
        return
    connection.send_bytes(READY)
    try:
        while True:
            connection.send_bytes(grading.answer(Job.decoded(connection.recv_bytes())).encoded())
    finally:
        grading.close()


if __name__ == "__main__":
    main()
