"""One process in which a function's handler waits for events: started, given events, ended.

Source: Lambda guide, "Understanding the Lambda execution environment lifecycle": an environment is used for
one event after another, is frozen in between, and its beginning may take ten seconds. No LocalStack here.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

RUNTIME: Final = Path(__file__).with_name("runtime.py")
INIT_SECONDS: Final = 10.0
MOST_ANSWERED: Final = 6 * 2**20
"""Bytes of an answer (Lambda quotas: "Invocation payload (request and response)", 6 MB)."""
ENDING_SECONDS: Final = 0.5
LOG_TAIL: Final = 4_096
"""Bytes of what was printed that are kept, as LogType=Tail gives them (API model: LogResult)."""
_CHUNK: Final = 65_536
_SPAWNER: Final = ThreadPoolExecutor(1, "lab-functions")
"""One thread starts all processes and outlives them: a process is told when the thread that made it ends."""


@dataclass(frozen=True)
class Plan:
    """What a process is made of. `variables` is its whole environment."""

    name: str
    arn: str
    handler: str
    folder: Path
    memory_mib: int
    variables: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What came of one event. `error`: the type of the error, "" for success. `seconds`: the machine's."""

    payload: bytes
    error: str = ""
    printed: bytes = b""
    seconds: float = 0.0
    peak_mib: int = 0
    timed_out: bool = False


class _TimedOutError(Exception):
    """No answer came in time."""


class _EndedError(Exception):
    """The process is gone, or says what no runtime says."""


class Environment:
    """A process of its own, in a group of its own. Used by one thread at a time."""

    def __init__(self, plan: Plan) -> None:
        """Start it. Raises OSError when the machine has no more processes."""
        self.plan = plan
        self.alive, self.is_ready = True, False
        self.used = time.monotonic()
        self._home = tempfile.mkdtemp(prefix="lab-function-")
        self._printed = b""
        requests, self._requests = os.pipe()
        self._answers, answers = os.pipe()
        try:
            self._process = _SPAWNER.submit(self._spawn, requests, answers).result()
        except BaseException:
            for number in (self._requests, self._answers):
                os.close(number)
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        finally:
            os.close(requests)
            os.close(answers)
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        self._exit = os.pidfd_open(self._process.pid) if hasattr(os, "pidfd_open") else -1
        for number in (self._requests, self._answers, self._output):
            os.set_blocking(number, False)

    def _spawn(self, requests: int, answers: int) -> "subprocess.Popen[bytes]":
        plan = self.plan
        settings: dict[str, Any] = {
            "name": plan.name,
            "arn": plan.arn,
            "handler": plan.handler,
            "memory_mib": plan.memory_mib,
            "parent": os.getpid(),
            "requests": requests,
            "answers": answers,
        }
        return subprocess.Popen(
            [sys.executable, "-I", "-u", str(RUNTIME), json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd=plan.folder,
            env={**plan.variables, "HOME": self._home, "TMPDIR": self._home},
            pass_fds=(requests, answers),
            start_new_session=True,
        )

    def run(self, request_id: str, event: bytes, timeout: float) -> Outcome:
        """Hand EVENT to the handler and wait for its answer, TIMEOUT seconds at most.

        Whatever happens inside, there is an outcome; `alive` tells whether it can take another event.
        """
        self._printed = b""
        begun = time.monotonic()
        try:
            if not self.is_ready:
                head, body = self._exchange(b"", INIT_SECONDS)
                begun = time.monotonic()
                if head.get("ready") is not True:
                    self.end()
                    return self._outcome(begun, body, json.loads(body)["errorType"])
                self.is_ready = True
            self._signal(signal.SIGCONT)
            head, body = self._exchange(_framed(request_id, event, timeout), timeout)
            outcome = self._outcome(begun, body, _error_type(body) if head["error"] else "", head["peak_kib"])
            self._signal(signal.SIGSTOP)
        except _TimedOutError:
            return self._timed_out(request_id, begun, timeout)
        except (_EndedError, OSError, ValueError, KeyError, TypeError) as error:
            return self._died(request_id, begun, str(error) if isinstance(error, _EndedError) else "")
        self.used = time.monotonic()
        return outcome

    def _outcome(self, begun: float, body: bytes, error: str, peak_kib: int = 0) -> Outcome:
        return Outcome(body, error, self._printed, time.monotonic() - begun, int(peak_kib) // 1024)

    def _timed_out(self, request_id: str, begun: float, timeout: float) -> Outcome:
        self.end()
        limit = timeout if self.is_ready else INIT_SECONDS
        message = f"RequestId: {request_id} Error: Task timed out after {limit:.2f} seconds"
        return Outcome(
            _error(message, "Sandbox.Timedout"),
            "Sandbox.Timedout",
            self._printed,
            time.monotonic() - begun,
            timed_out=True,
        )

    def _died(self, request_id: str, begun: float, words: str) -> Outcome:
        """The handler ended its interpreter, or was killed, or says nonsense."""
        status = self.end(0.0 if words else ENDING_SECONDS)
        kind = "Runtime.ExitError"
        if words:
            kind, message = "Function.ResponseSizeTooLarge", words
        elif status < 0:
            name = signal.Signals(-status).name.removeprefix("SIG").lower()
            killed = "killed" if name == "kill" else name
            message = f"RequestId: {request_id} Error: Runtime exited with error: signal: {killed}"
        elif status:
            message = f"RequestId: {request_id} Error: Runtime exited with error: exit status {status}"
        else:
            message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return Outcome(_error(message, kind), kind, self._printed, time.monotonic() - begun)

    def _exchange(self, to_send: bytes, seconds: float) -> tuple[dict[str, Any], bytes]:
        """Send, and take in everything until the answer is there. Raises _TimedOutError, _EndedError."""
        deadline = time.monotonic() + seconds
        rest, answer = memoryview(to_send), bytearray()
        poll = select.poll()
        for number in (self._answers, self._output, self._exit):
            if number >= 0:
                poll.register(number, select.POLLIN)
        if rest:
            poll.register(self._requests, select.POLLOUT)
        while (left := deadline - time.monotonic()) > 0:
            for number, _ in poll.poll(left * 1000):
                is_over = False
                if number == self._output:
                    is_over = not self._read_output()
                elif number == self._requests:
                    rest = rest[os.write(number, rest[:_CHUNK]) :]
                    is_over = not rest
                elif (found := self._answered(answer, ended=number == self._exit)) is not None:
                    return found
                if is_over:
                    poll.unregister(number)
        raise _TimedOutError

    def _answered(self, answer: bytearray, *, ended: bool) -> tuple[dict[str, Any], bytes] | None:
        """Add what is there to ANSWER; the answer, once it is whole. Raises _EndedError."""
        is_over = not self._read_answer(answer) or ended
        found = _unframed(answer)
        if found is not None or is_over:
            self._drain()
        if found is None and is_over:
            raise _EndedError
        return found

    def _read_answer(self, answer: bytearray) -> bool:
        """Add all that is there; whether there may be more."""
        with contextlib.suppress(BlockingIOError):
            while len(answer) <= 2 * MOST_ANSWERED:
                chunk = os.read(self._answers, _CHUNK)
                if not chunk:
                    return False
                answer += chunk
        return True

    def _read_output(self) -> bool:
        """Keep the end of what was printed; whether there may be more."""
        try:
            chunk = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return True
        self._printed = (self._printed + chunk)[-LOG_TAIL:]
        return bool(chunk)

    def _drain(self) -> None:
        """What is in the pipe now, and no more: a process beside the handler may print for ever."""
        for _ in range(16):
            if not select.select([self._output], [], [], 0)[0] or not self._read_output():
                return

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """From another thread: end what runs, so that `run` comes back."""
        if self.alive:
            self._signal(signal.SIGKILL)

    def end(self, patience: float = 0.0) -> int:
        """End the process and all of its group; its exit status, negative for a signal. Any number of times.

        PATIENCE: seconds that a process gets to end by itself, so that its own status is known.
        """
        if self.alive:
            self.alive = False
            if self._exit >= 0:
                select.select([self._exit], [], [], patience)
            self._signal(signal.SIGKILL)
            self._process.wait()
            for number in (self._requests, self._answers, self._exit):
                if number >= 0:
                    os.close(number)
            if self._process.stdout is not None:
                self._process.stdout.close()
            shutil.rmtree(self._home, ignore_errors=True)
        return self._process.returncode


def _framed(request_id: str, event: bytes, timeout: float) -> bytes:
    head = json.dumps({"request_id": request_id, "timeout": timeout}).encode()
    return len(head).to_bytes(4, "big") + head + len(event).to_bytes(4, "big") + event


def _unframed(answer: bytearray) -> tuple[dict[str, Any], bytes] | None:
    """An answer's head and body, once it is whole. Raises _EndedError for one that is too large."""
    if len(answer) < 8:
        return None
    size, head = int.from_bytes(answer[:4], "big"), int.from_bytes(answer[4:8], "big")
    if (body := size - head - 4) > MOST_ANSWERED:
        raise _EndedError(
            f"Response payload size ({body} bytes) exceeded maximum allowed payload size ({MOST_ANSWERED} "
            "bytes)."
        )
    if len(answer) < size + 4:
        return None
    return json.loads(answer[8 : 8 + head]), bytes(answer[8 + head : size + 4])


def _error(message: str, kind: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _error_type(body: bytes) -> str:
    return str(json.loads(body)["errorType"])
