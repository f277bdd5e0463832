"""A KCL application: named workers that share a stream's shards through a lease table, and what they do."""

import atexit
import os
import re
import secrets
import shutil
import subprocess
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lab.aws.folders import STATE_FOLDER
from lab.connection import START
from lab.errors import LabError
from lab.kcl import leases as tables
from lab.kcl.chronicle import Chronicle
from lab.kcl.environment import kcl
from lab.kcl.events import Event, Kind
from lab.kcl.leases import NOT_THERE, Lease
from lab.kcl.properties import worker_properties
from lab.kcl.warden import clear_left_behind, hire
from lab.kcl.worker import EXECUTABLE, Worker
from lab.machine.progress import progress

RUNS = STATE_FOLDER / "kcl-runs"
"""Folders of applications that run: properties, logs and events of their workers."""
APPLICATION_LENGTH = range(3, 238)
"""DynamoDB's table names have 3 to 255 characters; KCL adds "-WorkerMetricStats", which has 18."""
WORKER_LENGTH = range(1, 65)
READ_SECONDS = 0.05
TABLE_SECONDS = 1.0
"""How often the lease table is looked at for new owners."""
WAIT_SECONDS = 180.0
_MADE: "weakref.WeakSet[Application]" = weakref.WeakSet()


def close_all() -> None:
    """End at once all workers of this process, for whoever begins anew and has lost hold of them."""
    for application in list(_MADE):
        application.close(gently=False)


class Application:
    """The application NAME on the stream STREAM, run by PROCESSOR, a Python file that speaks KCL's protocol.

    NAME is the lease table's name too: another application with the same name shares its leases and
    checkpoints, one with another name reads the stream by itself. PROPERTIES replace those of
    `lab.kcl.properties.LESSON`. ENVIRONMENT is what the workers get, this process's by default; it must lead
    to the lab (`lab.aws.environment`).

    Use it in a `with` block, or call `close`: no worker outlives either, nor the process that made it.

    Raises LabError for a bad name, a missing file, or an environment that is not the lab's.
    """

    def __init__(
        self,
        name: str,
        stream: str,
        processor: str | Path,
        *,
        properties: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = _good_name(name, APPLICATION_LENGTH, "an application")
        self.stream = stream
        self.processor = Path(processor).absolute()
        if not self.processor.is_file():
            raise LabError(f"There is no record processor {processor}: name a Python file.")
        self._environment = dict(os.environ if environment is None else environment)
        if not self._environment.get("AWS_ENDPOINT_URL"):
            raise LabError(f"KCL would not reach the lab: AWS_ENDPOINT_URL is not set. {START}")
        self._properties = dict(properties or {})
        self._dynamodb = self._client("dynamodb")
        self._workers: dict[str, Worker] = {}
        self._chronicle = Chronicle()
        self._owners: dict[str, str | None] = {}
        self._closing = threading.Event()
        self._pid = os.getpid()
        self._folder: Path | None = None
        self._warden: subprocess.Popen[bytes] | None = None
        self._watcher: threading.Thread | None = None
        _MADE.add(self)

    def __enter__(self) -> "Application":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close(gently=kind is None)

    def start(self, worker: str) -> None:
        """Start the worker named WORKER; it can be started again when it has ended.

        Raises LabError when it runs already, when there is no such stream, or when KCL can't be installed.
        """
        _good_name(worker, WORKER_LENGTH, "a worker")
        known = self._workers.get(worker)
        if known is not None and known.status is None:
            raise LabError(f"{worker} runs already. Stop it first, or start another name.")
        installed = kcl()
        self._look_for_stream()
        started = known or Worker(worker, self._prepare() / worker)
        properties = worker_properties(
            self.name, self.stream, worker, EXECUTABLE, self._environment, self._properties
        )
        started.start(installed, self.processor, properties, self._environment, str(self._folder))
        self._workers[worker] = started
        self._chronicle.add(self._own("worker_started", worker))

    def stop(self, worker: str, seconds: float = 30.0) -> None:
        """Ask WORKER to stop and wait: its processors get shutdownRequested, then leaseLost.

        The lease table names it until its leases are failoverTimeMillis old; a leader's lock is free at once.

        Raises LabError when it took longer than SECONDS (and was killed), or was never started.
        """
        found = self._worker(worker)
        self._chronicle.add(self._own("worker_stopped", worker))
        if not found.stop(seconds):
            raise LabError(f"{worker} did not stop within {seconds:g} seconds and was killed.")

    def kill(self, worker: str) -> None:
        """Kill WORKER and its processors at once, as when its machine is lost.

        Its leases pass to others after failoverTimeMillis; but a leader, who would see to that, is missed
        only when its lock is two minutes old (KCL 3.1.3, DynamoDBLockBasedLeaderDecider: no property changes
        it).
        """
        found = self._worker(worker)
        self._chronicle.add(self._own("worker_killed", worker))
        found.kill()

    @property
    def events(self) -> tuple[Event, ...]:
        """All that has happened up to now."""
        return self._chronicle.events

    @property
    def running(self) -> tuple[str, ...]:
        """Names of the workers that run."""
        return tuple(name for name, worker in self._workers.items() if worker.status is None)

    def wait_for(self, condition: Callable[[Event], bool], seconds: float = WAIT_SECONDS) -> Event:
        """The first event, past or to come, for which CONDITION is true.

        Raises LabError after SECONDS, or as soon as no worker is left that could bring it about.
        """
        events = self.wait_until(lambda known: any(map(condition, known)), seconds)
        return next(filter(condition, events))

    def wait_until(
        self, condition: Callable[[tuple[Event, ...]], bool], seconds: float = WAIT_SECONDS
    ) -> tuple[Event, ...]:
        """All events, as soon as CONDITION is true of them. Raises as `wait_for` does."""
        return self._chronicle.wait(condition, seconds, lambda: bool(self.running), self._state_in_words)

    def leases(self) -> list[Lease]:
        """The lease table, by shard; empty until the first worker has made it."""
        return tables.leases(self._dynamodb, self.name)

    def leader(self) -> str | None:
        """The worker that gives out the leases."""
        return tables.leader(self._dynamodb, self.name)

    def log(self, worker: str) -> str:
        """What KCL has logged as WORKER (the last megabytes of it), until the application is closed."""
        try:
            return self._worker(worker).log.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def close(self, gently: bool = True) -> None:
        """End all workers: GENTLY, as `stop` does, else at once. The events stay, the tables too.

        Gently is better for who uses the application's name again: a leader that was killed is missed only
        when its lock is two minutes old.
        """
        atexit.unregister(self.close)
        if self._folder is None or os.getpid() != self._pid:
            return
        try:
            if gently:
                self._stop_all()
        finally:
            self._end_all()

    def _stop_all(self) -> None:
        stopping = [threading.Thread(target=self.stop_quietly, args=(name,)) for name in self.running]
        with progress("The workers are stopping"):
            for thread in stopping:
                thread.start()
            for thread in stopping:
                thread.join()

    def stop_quietly(self, worker: str) -> None:
        """As `stop`; a worker that does not stop in time is killed without a word."""
        with suppress(LabError):
            self.stop(worker)

    def _end_all(self) -> None:
        for worker in self._workers.values():
            worker.kill()
        self._closing.set()
        if self._watcher is not None:
            self._watcher.join()
        self._read_events()
        if self._warden is not None:
            self._warden.kill()
            self._warden.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _prepare(self) -> Path:
        """The application's folder, with somebody who looks after the workers and after their events."""
        if self._folder is None:
            clear_left_behind(RUNS)
            folder = RUNS / secrets.token_hex(4)
            self._closing.clear()
            self._workers.clear()
            self._warden = hire(folder)
            self._watcher = threading.Thread(target=self._watch, name="lab-kcl", daemon=True)
            self._folder = folder
            self._watcher.start()
            atexit.register(self.close, gently=False)
        return self._folder

    def _watch(self) -> None:
        looked = 0.0
        while not self._closing.wait(READ_SECONDS):
            self._read_events()
            if time.monotonic() - looked > TABLE_SECONDS:
                self._look_at_owners()
                looked = time.monotonic()

    def _read_events(self) -> None:
        for worker in list(self._workers.values()):
            ended = worker.unannounced_end()  # asked first, so that its last events are not missed
            for event in worker.events.new():
                self._chronicle.add(event)
            if ended:
                ended.announced = True
                self._chronicle.add(self._own("worker_ended", worker.name, text=worker.last_words()))

    def _look_at_owners(self) -> None:
        try:
            table = self.leases()
        except (BotoCoreError, ClientError):
            return  # the workers, which can't reach it either, say so in their own way
        for lease in table:
            if lease.owner != self._owners.get(lease.shard):
                self._owners[lease.shard] = lease.owner
                self._chronicle.add(
                    Event(at=time.time(), kind="owner_changed", shard=lease.shard, owner=lease.owner)
                )

    def _own(self, kind: Kind, worker: str, text: str | None = None) -> Event:
        return Event(at=time.time(), kind=kind, worker=worker, text=text)

    def _state_in_words(self) -> str:
        """What the workers and their processors say, the last lines of it."""
        complaints = [event.text for event in self.events if event.kind in ("complained", "rule_broken")]
        said = "".join(f"\n    {text}" for text in complaints[-8:])
        words = "\n".join(worker.last_words() for worker in self._workers.values())
        return words + (f"\nThe record processors say:{said}" if said else "")

    def _worker(self, name: str) -> Worker:
        if name not in self._workers:
            known = ", ".join(self._workers) or "none"
            raise LabError(f"There is no worker {name}; started were: {known}.")
        return self._workers[name]

    def _look_for_stream(self) -> None:
        """KCL itself tries for ever; a typing error is better said at once."""
        try:
            self._client("kinesis").describe_stream_summary(StreamName=self.stream)
        except ClientError as error:
            if error.response["Error"]["Code"] == NOT_THERE:
                raise LabError(f"There is no stream {self.stream!r}: create it first.") from None
        except BotoCoreError as error:
            raise LabError(f"The lab does not answer: {error}") from None

    def _client(self, service: Any) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._environment["AWS_ENDPOINT_URL"],
            region_name=self._environment.get("AWS_REGION"),
            aws_access_key_id=self._environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self._environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self._environment.get("AWS_SESSION_TOKEN"),
            config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2}),
        )


def _good_name(name: str, length: range, what: str) -> str:
    if len(name) not in length or not re.fullmatch(r"[A-Za-z0-9_.-]+", name) or set(name) == {"."}:
        raise LabError(
            f"{name!r} can't be the name of {what}: that is {length.start} to {length.stop - 1} letters, "
            "digits, '_', '.' and '-'."
        )
    return name
