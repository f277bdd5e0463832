"""Worker processes on this machine: each has one submission at a time, and is replaced when it ends.

The submission of a worker that ended is done again, a bounded number of times: one that ends its workers
gets an answer that says so, and the others are graded.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from types import TracebackType

from grader.tasks.declaration import AuthoringError
from grader.workers.jobs import Answer, Job, Setup
from grader.workers.worker import READY, REFUSED, SCRATCH, UNFIT, remove

ATTEMPTS = 3
"""How often a submission is tried when the fault is ours, before its line says so."""
LOOK = 5.0
"""Seconds between looks at workers that are silent."""
PAUSE = 1.0
"""Seconds before a submission is tried again: a lab that is started anew needs some."""
SILENT = 600.0
"""Seconds after which a worker is ended that has not given up a submission by itself."""
GRACE = 2.0
"""Seconds that a worker has to end by itself, and to empty its account in the lab."""


class WorkerEnded(Exception):  # noqa: N818 - it says nothing about the submission
    """A worker process is gone; the words say how."""


class Worker:
    """The handle on one worker process."""

    def __init__(self, setup: Setup) -> None:
        """Starts it; it is ready when it says so (`heard`)."""
        self.connection, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "grader.workers.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self.job: Job | None = None
        self.since = 0.0
        """When it was given its job."""
        self.ready = False
        self._scratch: str | None = None
        with contextlib.suppress(OSError):  # it ended already: `heard` will tell
            self.connection.send_bytes(setup.encoded())

    @property
    def pid(self) -> int:
        return self._process.pid

    def give(self, job: Job) -> None:
        self.job, self.since = job, time.monotonic()
        with contextlib.suppress(OSError):
            self.connection.send_bytes(job.encoded())

    def heard(self) -> Answer | None:
        """Its answer; None for a worker that is about to be `ready`. Waits for it.

        Raises WorkerEnded, and AuthoringError when the assignment cannot be graded.
        """
        try:
            raw = self.connection.recv_bytes()
        except (EOFError, OSError):
            raise WorkerEnded(self._how_it_ended()) from None
        if raw.startswith(UNFIT):
            raise WorkerEnded(raw.removeprefix(UNFIT).decode())
        if raw.startswith(REFUSED):
            raise AuthoringError(raw.removeprefix(REFUSED).decode())
        if raw.startswith(SCRATCH):
            self._scratch = os.fsdecode(raw.removeprefix(SCRATCH))
            return None
        if raw == READY:
            self.ready = True
            return None
        self.job = None
        return Answer.decoded(raw)

    def _how_it_ended(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            status = self._process.wait(GRACE)
            if status < 0:
                return f"the worker process was ended by {signal.Signals(-status).name}"
            return f"the worker process ended with status {status}"
        return "the worker process closed its connection"

    def end(self, grace: float = 0.0) -> None:
        if self._process.poll() is None and grace:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        with contextlib.suppress(WorkerEnded, AuthoringError, OSError):
            if self._scratch is None and self.connection.poll():
                self.heard()
        self.connection.close()
        if self._scratch is not None:
            remove(self._scratch)


@dataclass
class _Again:
    """A submission to be tried again, and when."""

    job: Job
    not_before: float


@dataclass
class Pool:
    """Up to SIZE workers, started when there is work for them."""

    setup: Setup
    size: int
    workers: list[Worker] = field(default_factory=list)
    _again: deque[_Again] = field(default_factory=deque)
    _tried: dict[str, int] = field(default_factory=dict)

    def run(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Answer]]:
        """Answers as they come, one for each job. Raises AuthoringError when nothing can be graded."""
        coming = _Jobs(jobs)
        while True:
            self._hand_out(coming)
            busy = {worker.connection: worker for worker in self.workers if worker.job or not worker.ready}
            if not busy and not self._again:
                return
            if not busy:
                time.sleep(max(0.0, self._again[0].not_before - time.monotonic()))
                continue
            if overdue := list(self._overdue()):
                yield from overdue
                continue
            for connection in wait(list(busy), PAUSE if self._again else LOOK):
                assert isinstance(connection, Connection)
                if (done := self._listen(busy[connection])) is not None:
                    self._hand_out(coming)  # before the answer is written down: nobody waits for the disk
                    yield done

    def _overdue(self) -> Iterator[tuple[Job, Answer]]:
        """A submission that holds even its worker is not tried again: it would hold the next one too."""
        for worker in [w for w in self.workers if w.job and time.monotonic() - w.since > SILENT]:
            job = worker.job
            worker.end()
            self.workers.remove(worker)
            assert job is not None
            yield job, Answer("fault", f"its worker said nothing for {SILENT:g} s and was ended")

    def _hand_out(self, coming: "_Jobs") -> None:
        for worker in [w for w in self.workers if w.ready and w.job is None]:
            if (job := self._next(coming)) is None:
                return
            worker.give(job)
        starting = sum(not worker.ready for worker in self.workers)
        while len(self.workers) < self.size and coming.more_than(starting, len(self._again)):
            self.workers.append(Worker(self.setup))
            starting += 1

    def _next(self, coming: "_Jobs") -> Job | None:
        if self._again and self._again[0].not_before <= time.monotonic():
            return self._again.popleft().job
        return coming.take()

    def _listen(self, worker: Worker) -> tuple[Job, Answer] | None:
        job = worker.job
        try:
            answer = worker.heard()
        except WorkerEnded as ended:
            worker.end()
            self.workers.remove(worker)
            answer = Answer("fault", str(ended))
        if answer is None:
            return None
        if job is None:
            self._start_failed(answer)
            return None
        if answer.status == "fault":
            return self._after_fault(job, answer)
        return job, answer

    def _start_failed(self, answer: Answer) -> None:
        """A worker ended before it had work: starting another helps only if that does not go on for ever."""
        self._tried[""] = self._tried.get("", 0) + 1
        if self._tried[""] >= ATTEMPTS * self.size:
            raise OSError(f"No worker process can be started: {answer.words}; its own words are above")

    def _after_fault(self, job: Job, answer: Answer) -> tuple[Job, Answer] | None:
        self._tried[job.student] = tried = self._tried.get(job.student, 0) + 1
        if tried < ATTEMPTS:
            self._again.append(_Again(job, time.monotonic() + PAUSE))
            return None
        return job, Answer("fault", f"{answer.words} (tried {tried} times)")

    def close(self) -> None:
        """End all workers, and with them all that they started."""
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.pid, signal.SIGTERM)
        end = time.monotonic() + GRACE
        while self.workers:
            self.workers.pop().end(max(0.01, end - time.monotonic()))

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Jobs:
    """Jobs as they are asked for, with a look at how many there still are."""

    def __init__(self, jobs: Iterator[Job]) -> None:
        self._jobs, self._ahead = jobs, deque[Job]()

    def take(self) -> Job | None:
        return self._ahead.popleft() if self._ahead else next(self._jobs, None)

    def more_than(self, count: int, besides: int) -> bool:
        """Are there more than COUNT, with BESIDES others?"""
        while len(self._ahead) + besides <= count:
            job = next(self._jobs, None)
            if job is None:
                return False
            self._ahead.append(job)
        return True
