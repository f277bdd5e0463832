"""The grader's handle on learners' processes: start one, ask it, end it from outside, always."""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from grader.inside import preloaded
from grader.inside.preloaded import Needs
from grader.tasks.answers import Answer, Missing, Raised, Refused, Returned, Stopped
from grader.tasks.brief import MOST, in_brief
from grader.tasks.scenarios.stage import Asked
from grader.walls import cgroup, guard, sandbox, wire
from grader.walls.gate import Gate
from grader.walls.guard import CPU_NOTE
from grader.walls.relay import Relay

NOTHING = Needs()
START_SECONDS = 20.0
TOGETHER = 64
"""Cases in one request; few, so that it stays below the largest message."""
LARGEST_TALK = 10_000
"""Things that a record processor may ask while it handles one message."""
SECONDS_OF_ALL = 420.0
"""For all that a submission's processes do, from the first cell to the last answer. Nothing restarts it."""
BYTES_OF_ALL = 32 * 2**20
"""Of all that they say, however many they are: the grader keeps answers until they are judged."""
GRACE = 1.0
"""Seconds that the process has beyond a call's own limit, before it is ended from outside."""
LONGEST_TYPE = 100
"""Characters of an error's type; its words come after it."""


class ProcessFault(Exception):  # noqa: N818 - ours, never the learner's
    """A learner's process could not be made; it says nothing about the submission."""


@dataclass
class Allowance:
    """What is left to one submission, all its processes together. It only shrinks."""

    seconds: float = field(default_factory=lambda: SECONDS_OF_ALL)
    bytes: int = field(default_factory=lambda: BYTES_OF_ALL)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def passed(self) -> Stopped | None:
        """The limit that was reached, if one was."""
        if self.left <= 0:
            return Stopped("timeout", f"limit for a whole submission: {self.seconds:g} s")
        if self.bytes < 0:
            return Stopped("crashed", f"limit for all answers together: {BYTES_OF_ALL >> 20} MiB")
        return None

    def skip(self, seconds: object, most: float) -> None:
        """Count SECONDS that somebody was spared, who says it himself: at MOST so many."""
        if isinstance(seconds, int | float) and seconds > 0:
            self._end -= min(seconds, most)

    @property
    def left(self) -> float:
        """Seconds."""
        return self._end - time.monotonic()


@dataclass(frozen=True)
class Place:
    """Where a learner's process runs: sandboxed or in FOLDER, with its files and its environment."""

    sandbox: bool
    port: int | None
    """Where the lab is, inside the sandbox; None without one, and where the assignment uses no lab."""
    folder: str
    files: Mapping[str, str]
    environment: Mapping[str, str]


class Preloaded:
    """The preloaded process of a grading run: forks learners' processes, ends with the run."""

    def __init__(self, needs: Needs | None = NOTHING) -> None:
        """Without NEEDS it begins with what every notebook uses, and waits for `prepare`."""
        self.home = Path(tempfile.mkdtemp(prefix="grader-"))
        ours, theirs = socket.socketpair()
        self._requests = ours
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            preloaded.command(theirs.fileno(), sandbox.tier()),
            pass_fds=[theirs.fileno()],
            env=preloaded.clean_environment(self.home),
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        theirs.close()
        self.needs: Needs | None = None
        self._ready = False
        if needs is not None:
            self.prepare(needs)

    def prepare(self, needs: Needs) -> None:
        """Say, once, what the notebooks that it is for will use."""
        self.needs = needs
        with contextlib.suppress(OSError):  # it ended already: the first fork tells
            wire.send(self._requests, asdict(needs))

    def _wait(self) -> None:
        """Raises RuntimeError when it did not start."""
        if not self._ready and self._requests.recv(16) != b"ready":
            self.close()
            raise RuntimeError("the grading process did not start; its own words are above")
        self._ready = True

    def fork(self, channel: socket.socket, notes: int) -> "Handle":
        """A new learner's process, which waits on `channel` for its place. Raises ProcessFault."""
        with self._lock:
            self._wait()
            socket.send_fds(self._requests, [b"f"], [channel.fileno(), notes])
            said, descriptors, _, _ = socket.recv_fds(self._requests, 600, 1)
        text = said.decode(errors="replace")
        if not text.isdecimal():
            raise ProcessFault(
                f"a learner's process could not be made: {text[1:] or 'the grading process ended'}"
            )
        return Handle(int(text), descriptors[0] if descriptors else None)

    def lives(self, seconds: float = 0.0) -> bool:
        """Whether it can fork still; looked at for some SECONDS. All that it forked ends with it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
            return False
        return True

    def close(self) -> None:
        self._requests.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(GRACE)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        cgroup.remove_of(self._process.pid)
        shutil.rmtree(self.home, ignore_errors=True)

    def __enter__(self) -> "Preloaded":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True)
class Handle:
    """What to end a learner's process by: its sandbox's first process, or its session where there is none."""

    session: int
    sandbox: int | None

    def end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self.sandbox is None:
                os.killpg(self.session, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self.sandbox, signal.SIGKILL)

    def close(self) -> None:
        self.end()
        if self.sandbox is not None:
            os.close(self.sandbox)


class LearnerProcess:
    """One learner's process. Ended from outside when it hangs; asking a dead one says how it ended."""

    def __init__(
        self,
        server: Preloaded,
        place: Place,
        gate: Gate | None = None,
        endpoint: str = "",
        allowance: Allowance | None = None,
    ) -> None:
        self._allowance = allowance or Allowance()
        self._channel, theirs = socket.socketpair()
        self._notes, notes = socket.socketpair()
        try:
            self._handle: Handle | None = server.fork(theirs, notes.fileno())
        finally:
            theirs.close()
            notes.close()
        self._sandboxed = place.sandbox
        self._asked, self._told = "", 0
        """The last request's number, which nobody can guess, and how many replies to it have come."""
        self.stopped: Stopped | None = None
        self._held = wire.Held()
        self._channel.settimeout(START_SECONDS)
        with contextlib.suppress(OSError):  # a process that is gone already says so when it is asked
            wire.send(self._channel, vars(place))
        self._relay: Relay | None = None
        if place.port is not None and gate is not None:
            self._relay = Relay(self._listener(), endpoint, gate)

    def _ask(
        self, requests: Sequence[dict[str, Any]], seconds: float, limit: str, cases: str | None = None
    ) -> dict[str, Any] | Stopped:
        """Send the requests, if any, each with the text of its CASES, and take the next reply."""
        self.stopped = self.stopped or self._allowance.passed()
        if self.stopped is None:
            seconds, said = max(0.001, min(seconds, self._allowance.left)), self._held.taken
            try:
                self._channel.settimeout(seconds)
                for request in requests:
                    self._asked, self._told = secrets.token_hex(8), 0
                    more = () if cases is None else (cases,)
                    wire.send(self._channel, {**request, "id": self._asked}, *more)
                reply = wire.receive(self._channel, seconds, self._held)
            except (wire.Hung, TimeoutError):
                self.stopped = self._allowance.passed() or Stopped("timeout", limit)
            except (wire.Gone, OSError) as error:
                words = str(error) if isinstance(error, wire.Gone) else wire.ENDED
                self.stopped = self._ended(self._note() or words)
            else:
                self._allowance.bytes -= self._held.taken - said
                if self._allowance.bytes >= 0:
                    return reply if self._is_due(reply.pop("id", None)) else self._broken()
                self.stopped = self._allowance.passed() or Stopped("crashed", limit)
        self.end()
        return self.stopped

    def _is_due(self, number: object) -> bool:
        due = f"{self._asked}/{self._told}"
        self._told += 1
        return number == due

    def _ended(self, note: str) -> Stopped:
        return Stopped("timeout" if note.startswith(CPU_NOTE) else "crashed", note)

    def _listener(self) -> socket.socket:
        """The socket that listens inside the sandbox."""
        self._notes.settimeout(START_SECONDS)
        said, descriptors, _, _ = socket.recv_fds(self._notes, 1, 1)
        if said != sandbox.LISTENING or not descriptors:
            self._note(said)
            raise ProcessFault("a learner's process gave no way to the lab")
        return socket.socket(fileno=descriptors[0])

    def _note(self, begun: bytes = b"") -> str:
        """What the guard said when it ended the process; nothing when the process ended by itself."""
        self._notes.settimeout(GRACE)
        note = begun
        with contextlib.suppress(OSError):
            note += self._notes.recv(1000)
        text = note.decode(errors="replace")
        if text.startswith(guard.FAULT):
            self.end()
            raise ProcessFault(f"a learner's process could not be made: {text[1:]}")
        return text

    def run(self, source: str, seconds: float, keep: Sequence[str] = ()) -> dict[str, Any] | Stopped:
        """Run a cell: {"output": text, "error": text or None}, or how the process ended.

        KEEP are tasks whose check stands behind it: they are asked as things are then.
        """
        request = {"do": "run", "source": source, **({"keep": list(keep)} if keep else {})}
        reply = self._ask([request], seconds, f"limit for one cell: {seconds:g} s")
        if isinstance(reply, Stopped):
            return reply
        match reply:
            case {"output": str(), "error": None}:
                return reply
            case {"output": str(), "error": str(error)}:
                return {**reply, "error": self._with_limit(error)}
        return self._broken()

    def _with_limit(self, error: str) -> str:
        """An error's words, and the limit of the sandbox that is behind it, if one is."""
        limit = sandbox.limit_behind(error) if self._sandboxed else None
        words = in_brief(error, MOST + LONGEST_TYPE)
        return f"{words} ({limit})" if limit else words

    def calls(
        self,
        function: str,
        cases: Sequence[str],
        seconds: float,
        together: int = TOGETHER,
        task: str = "",
        discard: bool = False,
        pace: float = 1.0,
    ) -> list[Answer]:
        """Call a function once for each case, which is its arguments as JSON; SECONDS are for each.

        TASK: as things were at its check cell. DISCARD: what it returns is not looked at, so None comes back.
        What it waits passes at PACE, and counts as much as at 1.

        So many are asked TOGETHER, and their answers may cross together. A call that takes too long, or ends
        the process, ends the rest. When it cannot be told which call that was, the answers end before it
        (`stopped` says how); with one case at a time the last answer is always the one that stopped.
        """
        limit = f"limit for one call: {seconds:g} s"
        answers: list[Answer] = []
        for first in range(0, len(cases), together):
            asked = cases[first : first + together]
            request = [
                {"do": "calls", "function": function, "seconds": seconds, "task": task, "discard": discard,
                 "pace": pace}
            ]  # fmt: skip
            while (left := first + len(asked) - len(answers)) > 0:
                reply = self._ask(request, seconds + GRACE, limit, f"[{','.join(asked)}]")
                request = []
                if pace != 1 and not isinstance(reply, Stopped):
                    self._allowance.skip(reply.get("skipped"), seconds * len(asked))
                if isinstance(reply, Stopped) and left > 1:
                    return answers
                for one in self._several(reply, left):
                    answers.append(self._answer(one, function, limit))
                    if isinstance(answers[-1], Stopped):
                        self.stopped = self.stopped or answers[-1]
                        self.end()
                        return answers
        return answers

    def _several(self, reply: dict[str, Any] | Stopped, most: int) -> Sequence[dict[str, Any] | Stopped]:
        """The answers that came in one reply."""
        if isinstance(reply, Stopped):
            return [reply]
        match reply:
            case {"answers": list(several)} if 0 < len(several) <= most:
                return several
        return [self._broken()]

    def look(self, name: str, task: str = "") -> Answer:
        limit = f"limit: {GRACE:g} s"
        return self._answer(
            self._ask([{"do": "look", "name": name, "task": task}], GRACE, limit), name, limit
        )

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float, task: str = "") -> Answer:
        """One of KCL's messages to the learner's record processor; ASKED answers what it asks meanwhile.

        The time is for the whole message, however much is asked.
        """
        limit = f"limit for one call: {seconds:g} s"
        request: dict[str, Any] = {"do": "tell", "message": dict(message), "seconds": seconds, "task": task}
        end = time.monotonic() + seconds + GRACE
        for _ in range(LARGEST_TALK):
            reply = self._ask([request], max(0.001, end - time.monotonic()), limit)
            if isinstance(reply, Stopped) or not isinstance(reply.get("asks"), dict):
                return self._answer(reply, message["action"], limit)
            request = asked(reply["asks"])
        return self._broken()

    def _broken(self) -> Stopped:
        self.stopped = Stopped("crashed", wire.BROKEN)
        self.end()
        return self.stopped

    def _answer(self, reply: object, name: str, limit: str) -> Answer:
        """Build the answer from the reply; whatever is not exactly an answer is a broken process."""
        if isinstance(reply, Stopped):
            return reply
        match reply:
            case {"returned": value, **rest} if not rest:
                return Returned(value)
            case {"raised": [str(kind), str(message)]}:
                words = self._with_limit(f"{kind}: {message}").removeprefix(f"{kind}: ")
                return Raised(kind[:LONGEST_TYPE] if kind.isidentifier() else "an error", words)
            case {"refused": str(what)}:
                return Refused(what[:200])
            case {"missing": str()}:
                return Missing(name)
            case {"timeout": str()}:
                return Stopped("timeout", limit)
        return self._broken()

    def end(self) -> None:
        """End the process and all that it started."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None
        self._channel.close()
        self._notes.close()
        if self._relay is not None:
            self._relay.close()
            self._relay = None

    def __enter__(self) -> "LearnerProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
