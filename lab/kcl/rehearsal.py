"""Speaks KCL's protocol to a record processor in KCL's place: no Java, no tables, no stream, milliseconds.

The messages are those of MultiLangDaemon (KCL 3.1.3, package software.amazon.kinesis.multilang.messages) and
so are the rules: after an action nothing more is said until the processor has answered it, but for the
replies to its checkpoints.
"""

import base64
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from lab.errors import LabError
from lab.kcl.conversation import Content, Conversation, exit_words, message_of
from lab.kcl.environment import kcl
from lab.kcl.events import Event, Record, event_of

ANSWER_SECONDS = 30.0
HEAR_OUT_SECONDS = 5.0
"""A process that the processor has started, and left, may keep its streams open."""


class Rehearsal:
    """A record processor, the Python file PROCESSOR, for the shard SHARD, as KCL runs one for each lease.

    ENVIRONMENT is what its process gets, this process's by default. Use it in a `with` block. Each method
    that tells the processor something comes back when it has answered, with the events since the last one.

    Raises LabError when the file is missing, or when the processor ends or is silent for SECONDS.
    """

    def __init__(
        self,
        processor: str | Path,
        shard: str = "shardId-000000000000",
        *,
        environment: dict[str, str] | None = None,
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._file = Path(processor).absolute()
        if not self._file.is_file():
            raise LabError(f"There is no record processor {processor}: name a Python file.")
        self.shard = shard
        self._environment = dict(os.environ if environment is None else environment)
        self._seconds = seconds
        self._conversation = Conversation()
        self._refusals: deque[str] = deque()
        self._said: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._events: list[Event] = []
        self._process: subprocess.Popen[bytes] | None = None
        self._ears: list[threading.Thread] = []

    def __enter__(self) -> "Rehearsal":
        path = [self._environment.get("PYTHONPATH", ""), str(kcl().packages)]
        variables = self._environment | {"PYTHONPATH": os.pathsep.join(filter(None, path))}
        pipe = subprocess.PIPE
        command = [sys.executable, str(self._file)]
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=variables)
        assert self._process.stdout
        assert self._process.stderr
        self._ears = [
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._hear_complaints, args=(self._process.stderr,), daemon=True),
        ]
        for ear in self._ears:
            ear.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        process = self._running()
        process.kill()
        process.wait()
        self._hear_out()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                with suppress(OSError):  # what it did not read any more
                    pipe.close()

    @property
    def events(self) -> tuple[Event, ...]:
        """All that has happened up to now."""
        with self._turn:
            return tuple(self._events)

    def refuse_checkpoints(self, *errors: str) -> None:
        """Answer the next checkpoints with ERRORS, names of KCL's exceptions, one each.

        ThrottlingException: DynamoDB was too busy, try again. ShutdownException: the lease is another
        worker's. InvalidStateException: KCL can't go on. KinesisClientLibDependencyException: DynamoDB
        failed.
        """
        self._refusals.extend(errors)

    def initialize(self, sequence_number: str = "TRIM_HORIZON") -> list[Event]:
        """The lease is won; SEQUENCE_NUMBER is its checkpoint."""
        return self._tell(
            "initialize", shardId=self.shard, sequenceNumber=sequence_number, subSequenceNumber=0
        )

    def process_records(self, records: Iterable[Record], millis_behind_latest: int = 0) -> list[Event]:
        """A batch is there."""
        return self._tell(
            "processRecords",
            records=[_message(record) for record in records],
            millisBehindLatest=millis_behind_latest,
        )

    def lease_lost(self) -> list[Event]:
        """Another worker has the lease: a checkpoint is impossible now (InvalidStateException)."""
        self._refusals = deque(["InvalidStateException"] * 1000)
        return self._tell("leaseLost")

    def shard_ended(self) -> list[Event]:
        """The shard was split or merged and all its records are delivered: the processor must checkpoint."""
        return self._tell("shardEnded")

    def shutdown_requested(self) -> list[Event]:
        """The worker is about to stop: a last chance to checkpoint."""
        return self._tell("shutdownRequested")

    def end(self) -> str:
        """Close the processor's input, as a worker that ends does; how its process ended."""
        process = self._running()
        assert process.stdin
        process.stdin.close()
        try:
            status = process.wait(self._seconds)
        except subprocess.TimeoutExpired:
            raise LabError(
                f"The record processor still runs {self._seconds:g} seconds after its input ended."
            ) from None
        return exit_words(status)

    def _tell(self, action: str, **fields: Any) -> list[Event]:
        seen = len(self.events)
        self._say({"action": action, **fields})
        while not self._answered():
            pass
        return list(self.events[seen:])

    def _answered(self) -> bool:
        """Hear the processor's next line; whether it is the answer that was waited for."""
        try:
            line = self._said.get(timeout=self._seconds)
        except queue.Empty:
            raise LabError(
                f"The record processor has not answered for {self._seconds:g} seconds.{self._complaints()}"
            ) from None
        if line is None:
            process = self._running()
            how = exit_words(process.wait())
            self._hear_out()
            raise LabError(f"The record processor ended with {how}.{self._complaints()}")
        self._note(lambda: self._conversation.said(line))
        message = message_of(line) or {}
        if message.get("action") == "checkpoint":
            error = self._refusals.popleft() if self._refusals else None
            self._say({**message, "error": error})
        return message.get("action") == "status"

    def _say(self, message: Content) -> None:
        line = json.dumps(message).encode() + b"\n"
        self._note(lambda: self._conversation.heard(line))
        stdin = self._running().stdin
        assert stdin
        try:
            stdin.write(line)
            stdin.flush()
        except OSError:
            return  # it has ended, as the next line that is not there tells

    def _hear_out(self) -> None:
        """Hear the last lines of a processor that has ended."""
        for ear in self._ears:
            ear.join(HEAR_OUT_SECONDS)

    def _listen(self, stdout: IO[bytes]) -> None:
        for line in stdout:
            self._said.put(line)
        self._said.put(None)

    def _hear_complaints(self, stderr: IO[bytes]) -> None:
        for line in stderr:
            self._note(lambda line=line: self._conversation.complained(line))  # type: ignore[misc]

    def _note(self, understand: Callable[[], Content | None]) -> None:
        with self._turn:
            content = understand()
            if content is not None:
                self._events.append(event_of({"at": time.time(), **content}, None))

    def _complaints(self) -> str:
        lines = [event.text for event in self.events if event.kind == "complained"]
        return "".join(f"\n    {line}" for line in lines[-8:])

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise LabError("The rehearsal has not begun: use it in a with block.")
        return self._process


def _message(record: Record) -> Content:
    """RECORD as MultiLangDaemon writes one."""
    return {
        "action": "record",
        "data": base64.b64encode(record.data).decode(),
        "partitionKey": record.partition_key,
        "sequenceNumber": record.sequence_number,
        "subSequenceNumber": record.sub_sequence_number,
        "approximateArrivalTimestamp": round(record.arrival * 1000),
    }
