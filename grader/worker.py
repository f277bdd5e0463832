"""A worker process: grades the submissions that come through its connection, one after the other.

It ends when the other end of the connection does, however that ended and whatever it is doing; all that it
started ends with it. (Not by PR_SET_PDEATHSIG, which fires when the *thread* ends that started a process:
who starts workers may do so from any thread.)
"""

import contextlib
import os
import select
import shutil
import signal
import sys
import tempfile
import threading
from multiprocessing.connection import Connection

from grader.jobs import Job, Setup

READY = b"ready"
REFUSED = b"refused "
UNFIT = b"unfit "
"""As it is now: another process may be fit."""


def end_with(descriptor: int, scratch: str) -> None:
    """Watch the connection from a thread of its own, and end this process when the other side is gone."""

    def watch() -> None:
        poll = select.poll()
        poll.register(descriptor, 0)  # hang-ups only: what comes is the main thread's
        while not poll.poll():
            pass
        shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    connection = Connection(int(sys.argv[1]))
    os.environ["TMPDIR"] = tempfile.tempdir = scratch = sys.argv[2]
    with contextlib.suppress(EOFError, OSError):
        serve(connection, scratch)


def serve(connection: Connection, scratch: str) -> None:
    from grader import sandbox
    from grader.grading import Grading
    from grader.task import AuthoringError
    from grader.whereabouts import CallError

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
    connection.send_bytes(READY)
    try:
        while True:
            connection.send_bytes(grading.answer(Job.decoded(connection.recv_bytes())).encoded())
    finally:
        grading.close()


if __name__ == "__main__":
    main()
