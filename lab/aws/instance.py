"""One local AWS: starting it, finding it again, ending it. Its state folder is its identity."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from lab.aws import probe
from lab.aws.build import build, built_from
from lab.aws.folders import PRIVATE_LABS, default_state
from lab.aws.runtime import COMMAND, LISTENING, MARK, TOKEN, chosen_settings, runtime_environment
from lab.errors import LabError
from lab.machine.locks import locked
from lab.machine.ports import ANY_PORT, HOST, listen_on
from lab.machine.processes import end_marked, owner_of, this_process, variable_of
from lab.machine.progress import progress
from lab.machine.whole_files import write_whole

DEFAULT_PORT = 4566
START_SECONDS = 120.0
"""How long a start may take, on a busy machine too, before it counts as hung."""
HUNG_SECONDS = 20.0
"""How long a lab that runs may keep silent before the next start replaces it."""


_STARTED: "list[subprocess.Popen[bytes]]" = []
"""Children of this process, kept so that they are waited for when they end."""


@dataclass(frozen=True)
class Running:
    """What state.json says of a lab that was started."""

    pid: int
    port: int
    endpoint: str
    token: str
    secret: str
    """What the tokens of the control addresses are made from (`lab.rules.control_token`)."""
    built_from: str
    started: str
    """Time of the start, ISO 8601, UTC."""
    owner: str
    """The process whose end ends the lab, as `this_process` names it, or ""."""


Condition = Literal["running", "not answering", "stopped"]


class PortTakenError(LabError):
    """The port that was asked for is another program's."""


class Instance:
    """The lab whose state folder is STATE (default: the one that `lab up` starts)."""

    def __init__(self, state: Path | None = None) -> None:
        self.state = (state or default_state()).absolute()
        self.log = self.state / "localstack.log"
        self._file = self.state / "state.json"
        self._last_port = self.state / "port"

    @property
    def running(self) -> Running | None:
        """What is known of the lab, if its process is alive; it may still be starting, or hang."""
        known = self._recorded()
        if known and variable_of(known.pid, TOKEN) == known.token:
            return known
        return None

    @property
    def died(self) -> bool:
        """Whether it was running and is gone, though nobody told it to end: then its state is still noted.

        Somebody who is just ending it has killed it and not yet taken the note away: that is waited for.
        """
        if not self._noted_and_gone():
            return False
        with self._alone():
            return self._noted_and_gone()

    def _noted_and_gone(self) -> bool:
        return self._recorded() is not None and self.running is None

    def condition(self) -> Condition:
        """Whether the lab runs and answers now."""
        known = self.running
        if known is None:
            return "stopped"
        return "running" if probe.kinesis_answers(known.endpoint, known.token) else "not answering"

    def up(self, port: int | None = None, owner: str = "") -> Running:
        """Start the lab unless it runs; comes back when Kinesis answers.

        PORT: exactly this one, ANY_PORT for any free one, None for the last one, 4566 or any free one.
        OWNER: a process, as `this_process` names it, whose end ends a lab that is started here.
        What is left of a lab that was killed, or hangs, or was built from older lock files, is ended first.
        When this is interrupted or fails, nothing is left running.

        A lab that is started takes `chosen_settings` from this process; one that runs keeps its own.

        Raises PortTakenError, LabError (wrong setting, can't be built, ended while starting) and OSError
        (folder not writable, disk full).
        """
        chosen_settings(os.environ)  # before anything else is done: a wrong one is said at once
        build()
        with self._alone():
            known = self.running
            if known and self._is_good(known, port):
                return known
            if known:
                print(
                    "The lab that runs does not answer, or is of an older version: starting it anew, empty.",
                    file=sys.stderr,
                )
            self._end()
            return self._start(port, self._liked_port(), owner)

    def down(self) -> bool:
        """End the lab and everything that belongs to it; whether there was anything."""
        if not self.state.exists():
            return False
        with self._alone():
            return self._end() > 0

    def reset(self) -> Running:
        """Forget every stream, record, bucket and table: a new start on the same endpoint.

        Raises LabError when the lab is not running.
        """
        chosen_settings(os.environ)
        known = self.running
        if known is None:
            raise LabError("The lab is not running, so there is nothing to reset. Start it: lab up")
        with self._alone():
            self._end()
            return self._start(known.port, None, known.owner)

    def log_tail(self, lines: int) -> list[str]:
        """The last LINES lines of LocalStack's log."""
        try:
            return self.log.read_text(errors="replace").splitlines()[-lines:]
        except FileNotFoundError:
            return []

    def _recorded(self) -> Running | None:
        try:
            return Running(**json.loads(self._file.read_text()))
        except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
            return None

    def _liked_port(self) -> int | None:
        """Where this lab was last: notebooks and shells that know it look for it there."""
        try:
            return int(self._last_port.read_text())
        except (OSError, ValueError):
            return None

    def _is_good(self, known: Running, port: int | None) -> bool:
        if port not in (None, ANY_PORT, known.port):
            raise LabError(
                f"The lab already runs at {known.endpoint}. To have it on port {port}: "
                f"lab down && lab up --port {port}"
            )
        return known.built_from == built_from() and self._comes_to_answer(known)

    def _comes_to_answer(self, known: Running) -> bool:
        """Whether a running lab answers, if slowly: one under load is slow, and killing it loses streams."""
        deadline = time.monotonic() + HUNG_SECONDS
        with progress("The lab runs; waiting for it to answer"):
            while not probe.kinesis_answers(known.endpoint, known.token, seconds=min(HUNG_SECONDS, 5)):
                if self.running is None or time.monotonic() > deadline:
                    return False
                time.sleep(0.2)
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.state.mkdir(parents=True, exist_ok=True)
        with locked(self.state / "lock", "it is starting or stopping the lab."):
            yield

    def _end(self) -> int:
        """Kill outright: a lab's streams and tables live in memory, so there is nothing to be saved."""
        ended = end_marked(MARK, str(self.state))
        _STARTED[:] = [process for process in _STARTED if process.poll() is None]
        self._file.unlink(missing_ok=True)
        return ended

    def _start(self, port: int | None, liked: int | None, owner: str) -> Running:
        listening = _take_port(port, liked)
        chosen = int(listening.getsockname()[1])
        token = secrets.token_hex(16)
        secret = secrets.token_hex(16)
        environment = runtime_environment(self.state, chosen, token, secret, owner)
        environment |= chosen_settings(os.environ)
        if self.log.exists():
            self.log.replace(self.log.with_suffix(".log.before"))
        try:
            with listening, self.log.open("ab") as log:
                process = subprocess.Popen(
                    COMMAND,
                    env=environment | {LISTENING: str(listening.fileno())},
                    pass_fds=[listening.fileno()],
                    cwd=self.state,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            _STARTED.append(process)
            known = Running(
                pid=process.pid,
                port=chosen,
                endpoint=f"http://{HOST}:{chosen}",
                token=token,
                secret=secret,
                built_from=built_from(),
                started=datetime.now(UTC).isoformat(timespec="seconds"),
                owner=owner,
            )
            with progress("Starting the local AWS"):
                self._wait(process, known)
            write_whole(self._last_port, f"{chosen}\n")
            write_whole(self._file, json.dumps(asdict(known), indent=1) + "\n", mode=0o600)
        except BaseException:
            self._end()
            raise
        return known

    def _wait(self, process: "subprocess.Popen[bytes]", known: Running) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not probe.kinesis_answers(known.endpoint, known.token, seconds=2):
            if process.poll() is not None:
                raise LabError(
                    f"The local AWS ended while it started (exit status {process.returncode}). "
                    f"{self._last_words()}"
                )
            if time.monotonic() > deadline:
                raise LabError(
                    f"The local AWS did not answer within {START_SECONDS:.0f} seconds and was stopped. "
                    f"{self._last_words()}"
                )
            time.sleep(0.1)

    def _last_words(self) -> str:
        lines = [line for line in self.log_tail(200) if line.strip()]
        telling = [line for line in lines if "error" in line.lower()]
        shown = (telling or lines)[-3:]
        said = "".join(f"\n    {line.strip()[:300]}" for line in shown)
        return f"Its log ends:{said}\nThe whole log: {self.log}"


@contextmanager
def private_lab() -> Iterator[Instance]:
    """A lab on a free port that ends, with its folder, when the block or this process ends."""
    with private_state() as state:
        instance = Instance(state)
        instance.up(ANY_PORT, owner=this_process())
        yield instance


@contextmanager
def private_state() -> Iterator[Path]:
    """A state folder for this process; at the block's end a lab in it is ended and the folder taken away."""
    PRIVATE_LABS.mkdir(parents=True, exist_ok=True)
    _clear_left_behind()
    state = PRIVATE_LABS / secrets.token_hex(4)
    try:
        state.mkdir()
        write_whole(state / "owner", this_process())
        yield state
    finally:
        Instance(state).down()
        shutil.rmtree(state, ignore_errors=True)


def _clear_left_behind() -> None:
    """Take away the private labs whose owners were killed."""
    for state in PRIVATE_LABS.iterdir():
        if (state / "owner").exists() and owner_of(state) is None:
            Instance(state).down()
            shutil.rmtree(state, ignore_errors=True)


def _take_port(port: int | None, liked: int | None) -> socket.socket:
    """Listen on the port that `Instance.up` describes; LocalStack inherits it, so nobody comes between."""
    wanted = [liked or DEFAULT_PORT, DEFAULT_PORT, ANY_PORT] if port is None else [port]
    for candidate in wanted:
        if listening := listen_on(candidate):
            return listening
    raise PortTakenError(
        f"Port {port} is taken by another program. Stop that program, choose another port "
        "(lab up --port N), or leave --port out to get a free one."
    )
