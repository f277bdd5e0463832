"""Running a command in the lab's environment."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType

import psutil

from lab.aws.environment import lab_environment
from lab.aws.instance import Instance, private_lab
from lab.errors import LabError
from lab.machine.interrupts import ENDING
from lab.machine.processes import end, this_process

PATIENCE_SECONDS = 10
"""How long a command may take to end after it was told to by SIGTERM or SIGHUP."""


def run_in_lab(instance: Instance, words: list[str], account: str, own: bool = False) -> int:
    """Run the command WORDS as ACCOUNT (12 digits); its exit status, 128 + N when signal N ended it.

    The lab is INSTANCE, started for the command when it does not run and then stopped afterwards, or, with
    OWN, one that nobody else has.
    """
    with private_lab() if own else _running(instance) as lab:
        known = lab.running
        if known is None:
            raise LabError("The lab stopped just now. Start it: lab up")
        environment = lab_environment(known.endpoint, account)
        environment |= {"LAB_STATE": str(lab.state), "PATH": own_commands(environment)}
        return _call(words, environment)


@contextlib.contextmanager
def _running(instance: Instance) -> Iterator[Instance]:
    """INSTANCE as it runs. Also one that has to be started anew stays its owner's, and goes on afterwards."""
    before = instance.running
    try:
        instance.up(owner=before.owner if before else this_process())
        yield instance
    finally:
        if before is None:
            instance.down()


def own_commands(environment: Mapping[str, str]) -> str:
    """The PATH where commands are looked for: in the course's environment first, which need not be activated.

    A person who has activated another one gets that one's commands first.
    """
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    ours = str(Path(sys.prefix) / "bin")
    chosen = environment.get("VIRTUAL_ENV") or environment.get("CONDA_PREFIX")
    return os.pathsep.join([*folders, ours] if chosen else [ours, *folders])


def _call(words: list[str], environment: dict[str, str]) -> int:
    try:
        process = subprocess.Popen(words, env=environment)
    except FileNotFoundError:
        print(f"There is no command {words[0]!r}: check its name and your PATH.", file=sys.stderr)
        return 127
    except OSError as error:
        print(f"{words[0]} can't be run: {error.strerror}.", file=sys.stderr)
        return 126
    with _passed_on(process):
        status = process.wait()
    return status if status >= 0 else 128 - status


@contextlib.contextmanager
def _passed_on(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Signals that end a program go to PROCESS, which decides what they mean to it."""

    def pass_on(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and _terminal_is_ours():
            return  # Ctrl-C: the terminal has sent it to the command already
        process.send_signal(number)
        if number != signal.SIGINT:
            signal.alarm(PATIENCE_SECONDS)

    def lose_patience(_number: int, _frame: FrameType | None) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(process.pid)
            end([*root.children(recursive=True), root], gentle_seconds=0)

    before = {number: signal.signal(number, pass_on) for number in ENDING}
    before[signal.SIGALRM] = signal.signal(signal.SIGALRM, lose_patience)
    try:
        yield
    finally:
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_is_ours() -> bool:
    """Whether a terminal's Ctrl-C reaches this process and its children alike."""
    try:
        with Path(os.ctermid()).open() as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False
