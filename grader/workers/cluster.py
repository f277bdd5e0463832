"""Grading on several hosts: a Dask scheduler hands submissions to workers that `grader worker` starts.

What crosses is data: a submission's bytes, the seed, versions; and answers as JSON. Dask itself pickles
between its own processes, which are ours and run none of a learner's code; a learner's bytes are never
unpickled. Dask may do a task twice (a worker's results are lost with it): a task does nothing but answer, and
the one writer of the log takes one answer for each submission.
"""

import hashlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

from grader.whereabouts import CallError
from grader.workers.dask import needed
from grader.workers.jobs import Answer, Job, Setup
from grader.workers.pool import ATTEMPTS
from grader.workers.remote import grade_remotely, look_remotely

JOIN_SECONDS = 30.0
CONNECT_SECONDS = 10.0
AHEAD = 2
"""Submissions on their way for each thread of a worker: nobody waits for the network."""


class Cluster:
    """The workers of one scheduler."""

    def __init__(self, address: str, setup: Setup) -> None:
        """Raises CallError when nobody answers there, no worker joins, or one has another course."""
        dask = needed()
        self._setup = setup.encoded()
        self._threads, self._asked = 0, float("-inf")
        try:
            self._client = dask.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise CallError(
                f"No Dask scheduler answers at {address} ({str(error)[:200] or type(error).__name__}). "
                "Start one: dask scheduler"
            ) from None
        try:
            self._look(address)
        except BaseException:
            self.close()
            raise

    def _look(self, address: str) -> None:
        """Ask every worker that is there whether it can grade this; later ones with their first job."""
        try:
            self._client.wait_for_workers(1, timeout=JOIN_SECONDS)
        except TimeoutError:
            raise CallError(f"No worker has joined {address}. Start some: grader worker {address}") from None
        # As tasks, each held to its worker: Client.run would stop the workers' event loops meanwhile.
        asked = {
            worker: self._client.submit(
                look_remotely, self._setup, workers=[worker], allow_other_workers=False, pure=False
            )
            for worker in self._client.nthreads()
        }
        said = {worker: str(future.result()) for worker, future in asked.items()}
        if refusals := [f"{worker} on {words}." for worker, words in sorted(said.items()) if words]:
            raise CallError("Not every worker can grade this. " + " ".join(refusals))

    def run(self, jobs: Iterator[Job]) -> Iterator[tuple[Job, Answer]]:
        """Answers as they come, one for each job."""
        coming = needed().as_completed(loop=self._client.loop)
        waiting: dict[str, _Given] = {}

        def hand_out(given: _Given) -> None:
            key = hashlib.sha256(self._setup + given.job.encoded()).hexdigest() + f"-{given.number}"
            waiting[key] = given
            coming.add(self._client.submit(grade_remotely, self._setup, given.job.encoded(), key=key))

        def fill() -> None:
            room = self._room()
            while len(waiting) < room and (job := next(jobs, None)) is not None:
                hand_out(_Given(job))

        fill()
        for future in coming:
            given, answer = waiting.pop(future.key), self._answer_of(future)
            future.release()
            if answer.status == "refused":
                self._send_away(answer)
                hand_out(replace(given, number=given.number + 1))
            elif answer.status == "fault" and given.faults + 1 < ATTEMPTS:
                hand_out(replace(given, number=given.number + 1, faults=given.faults + 1))
            else:
                fill()
                yield given.job, answer

    def _room(self) -> int:
        """How many submissions may be on their way. The scheduler is asked once a second at most."""
        if time.monotonic() > self._asked + 1.0:
            self._threads = sum(self._client.nthreads().values())
            self._asked = time.monotonic()
        return AHEAD * max(1, self._threads)

    def _answer_of(self, future: Any) -> Answer:
        """A task that Dask gave up is a fault: too many workers ended with it."""
        if future.status == "finished":
            return Answer.decoded(future.result())
        return Answer("fault", f"Dask gave it up: {str(future.exception())[:300] or future.status}")

    def _send_away(self, refusal: Answer) -> None:
        """A worker that joined later and cannot grade this: it gets nothing more to do."""
        print(f"Sent away: {refusal.words}", file=sys.stderr)
        self._client.retire_workers([refusal.worker])

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class _Given:
    """A submission on its way, and how often it was."""

    job: Job
    number: int = 1
    faults: int = 0
