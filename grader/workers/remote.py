"""What a Dask worker does: it keeps one of our own worker processes and passes submissions on to it.

Dask runs tasks in threads, and grading forks: so that is done in a process of its own
(`grader.workers.worker`), which ends when this one does, however it ends. Its course is the one in which
`grader worker` was called; the grader's must be the same, to the last check.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import tempfile
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.tasks.declaration import AuthoringError
from grader.workers.dask import needed
from grader.workers.jobs import Answer, Job, Setup
from grader.workers.pool import Worker, WorkerEnded

COURSE = "GRADER_WORKER_COURSE"
"""Variable by which `grader worker` tells its Dask workers where the course is."""
START_ATTEMPTS = 3
DEATH_SECONDS = 60
"""How long a worker waits for a scheduler that does not answer."""


@dataclass
class _Kept:
    """This process's worker, and what it was set up for."""

    lock: threading.Lock
    setup: bytes = b""
    worker: Worker | None = None


_KEPT = _Kept(threading.Lock())


def look_remotely(setup: bytes) -> str:
    """Why this worker cannot grade with this set-up; "" when it can. Runs in a Dask worker."""
    with _KEPT.lock:
        try:
            _ready(setup)
        except (AuthoringError, WorkerEnded) as problem:
            return f"{socket.gethostname()}: {problem}".rstrip(".")
    return ""


def grade_remotely(setup: bytes, job: bytes) -> bytes:
    """The answer to a job. Runs in a Dask worker."""
    with _KEPT.lock:
        try:
            worker = _ready(setup)
        except (AuthoringError, WorkerEnded) as problem:
            words = f"{_address()} on {socket.gethostname()}: {problem}"
            return Answer("refused", words, worker=_address()).encoded()
        worker.give(Job.decoded(job))
        try:
            answer = worker.heard()
        except WorkerEnded as ended:
            _end()
            answer = Answer("fault", str(ended))
        assert answer is not None
        return answer.encoded()


def _address() -> str:
    from distributed import get_worker

    return str(get_worker().address)


def _ready(setup: bytes) -> Worker:
    """Raises AuthoringError when this course cannot grade it, WorkerEnded when no process can be started."""
    if _KEPT.worker is not None and _KEPT.setup == setup:
        return _KEPT.worker
    _end()
    for attempt in range(1, START_ATTEMPTS + 1):
        _KEPT.setup = setup
        _KEPT.worker = Worker(replace(Setup.decoded(setup), root=os.environ[COURSE]))
        try:
            while not _KEPT.worker.ready:
                _KEPT.worker.heard()
            return _KEPT.worker
        except WorkerEnded:
            _end()
            if attempt == START_ATTEMPTS:
                raise
        except AuthoringError:
            _end()
            raise
    raise AssertionError


def _end() -> None:
    if _KEPT.worker is not None:
        _KEPT.worker.end()
        _KEPT.worker = None


def serve(address: str, root: Path, count: int) -> None:
    """Join the scheduler with COUNT Dask workers, each in a process that is started again when it ends.

    Returns when it is asked to end (Ctrl-C, SIGTERM) or the scheduler is gone for good. Raises CallError
    where Dask is not installed, OSError or TimeoutError when no scheduler answers.
    """
    with tempfile.TemporaryDirectory(prefix="grader-worker-", ignore_cleanup_errors=True) as scratch:
        asyncio.run(_serve(needed(), address, root, count, scratch))


async def _serve(dask: Any, address: str, root: Path, count: int, scratch: str) -> None:
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    async with contextlib.AsyncExitStack() as stack:
        nannies = [
            await stack.enter_async_context(
                dask.Nanny(
                    address,
                    nthreads=1,
                    memory_limit=0,  # what a learner's process may have is the sandbox's matter
                    local_directory=scratch,
                    silence_logs=logging.WARNING,
                    death_timeout=DEATH_SECONDS,
                    env={COURSE: str(root)},
                )
            )
            for _ in range(count)
        ]
        print(f"{count} worker{'s' * (count != 1)} joined {address}. Ctrl-C ends them.", flush=True)
        ended = [asyncio.ensure_future(nanny.finished()) for nanny in nannies]
        stop = asyncio.ensure_future(asked.wait())
        await asyncio.wait(
            [stop, asyncio.ensure_future(asyncio.wait(ended))], return_when=asyncio.FIRST_COMPLETED
        )
