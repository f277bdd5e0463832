"""The grader's handle on learners' processes: start one, ask it, end it from outside, always."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from grader import preloaded, wire
from grader.marking import Answer, Missing, Raised, Refused, Returned, Stopped

GRACE = 1.0
"""Seconds that the process has beyond a call's own limit, before it is ended from outside."""


class Preloaded:
    """The preloaded process of a grading run: forks learners' processes, ends with the run."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="grader-"))
        ours, theirs = socket.socketpair()
        self._requests = ours
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [*preloaded.command(), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=preloaded.clean_environment(self.home),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        if ours.recv(16) != b"ready":
            self.close()
            raise RuntimeError("the grading process did not start; its own words are above")

    def fork(self, channel: socket.socket, request: dict[str, Any]) -> int:
        """A new learner's process that talks on `channel`; its process id."""
        with self._lock:
            socket.send_fds(self._requests, [json.dumps(request).encode()], [channel.fileno()])
            return int(self._requests.recv(32))

    def close(self) -> None:
        self._requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> "Preloaded":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class LearnerProcess:
    """One learner's process. Ended from outside when it hangs; asking a dead one says how it ended."""

    def __init__(self, server: Preloaded, folder: Path, environment: Mapping[str, str]) -> None:
        self._channel, theirs = socket.socketpair()
        request = {"folder": str(folder), "environment": dict(environment)}
        self._pid = server.fork(theirs, request)
        theirs.close()
        self.stopped: Stopped | None = None

    def _ask(self, request: dict[str, Any], seconds: float, limit: str) -> dict[str, Any] | Stopped:
        if self.stopped is None:
            try:
                self._channel.settimeout(seconds)
                wire.send(self._channel, request)
                return wire.receive(self._channel, seconds)
            except wire.Hung:
                self.stopped = Stopped("timeout", limit)
            except (wire.Gone, OSError) as error:
                self.stopped = Stopped("crashed", str(error) or "the process ended")
            self.end()
        return self.stopped

    def run(self, source: str, seconds: float) -> dict[str, Any] | Stopped:
        """Run a cell: {"output": text, "error": text or None}, or how the process ended."""
        reply = self._ask({"do": "run", "source": source}, seconds, f"limit for one cell: {seconds:g} s")
        if isinstance(reply, Stopped) or isinstance(reply.get("output"), str):
            return reply
        return self._broken()

    def call(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer:
        request = {"do": "call", "function": function, "arguments": arguments, "seconds": seconds}
        reply = self._ask(request, seconds + GRACE, f"limit for one call: {seconds:g} s")
        return self._answer(reply)

    def look(self, name: str) -> Answer:
        return self._answer(self._ask({"do": "look", "name": name}, GRACE, f"limit: {GRACE:g} s"))

    def _broken(self) -> Stopped:
        self.stopped = Stopped("crashed", "the process broke the protocol")
        self.end()
        return self.stopped

    def _answer(self, reply: dict[str, Any] | Stopped) -> Answer:
        """Build the answer from the reply; whatever is not exactly an answer is a broken process."""
        if isinstance(reply, Stopped):
            return reply
        match reply:
            case {"returned": value, **rest} if not rest:
                return Returned(value)
            case {"raised": [str(kind), str(message)]}:
                return Raised(kind[:100], message[:300])
            case {"refused": str(what)}:
                return Refused(what[:200])
            case {"missing": str(name)}:
                return Missing(name[:100])
            case {"timeout": str(limit)}:
                return Stopped("timeout", limit[:100])
        return self._broken()

    def end(self) -> None:
        """End the process and what it started in its session."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)
        self._channel.close()

    def __enter__(self) -> "LearnerProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
