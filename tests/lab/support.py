"""What the lab's own tests use: the command, the processes of a lab, and what is planted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from lab.aws.runtime import MARK
from lab.machine.processes import marked

PATIENCE_SECONDS = 120.0
"""For what comes about by itself; only a failing test waits this long."""

PLANTED_KEY = "AKIAPLANTEDINHOME001"
PLANTED_ENDPOINT = "http://127.0.0.1:9/planted"
PLANTED_REGION = "eu-north-1"
PLANTED_VARIABLES = {
    "AWS_PROFILE": "work",
    "AWS_ACCESS_KEY_ID": "AKIAPLANTEDINSHELL01",
    "AWS_SECRET_ACCESS_KEY": "planted/secret",
    "AWS_SESSION_TOKEN": "planted-token",
    "AWS_ENDPOINT_URL_KINESIS": PLANTED_ENDPOINT,
    "AWS_REGION": "ap-south-1",
    "AWS_DEFAULT_REGION": "ap-south-1",
    "AWS_CA_BUNDLE": "/planted/bundle.pem",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
}

STAY = """
import os, pathlib, time
pathlib.Path(os.environ["SAID"]).write_text(os.environ["LAB_STATE"])
time.sleep(60)
"""
"""A program that says which lab it is in, in the file $SAID, and then stays."""

T = TypeVar("T")


def eventually(condition: Callable[[], T]) -> T:
    """Wait until CONDITION gives something true, and give that."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
    return value


def of_lab(state: Path) -> list[psutil.Process]:
    """The living processes of the lab in STATE."""
    return [p for p in marked(MARK, str(state)) if p.status() != psutil.STATUS_ZOMBIE]


def interrupt(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Send PROCESS what Ctrl-C sends; its exit status and what it said on stderr."""
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, said


class Command:
    """The command `lab`, as a person types it, in a process of its own."""

    def __init__(self, state: Path, home: Path) -> None:
        self.state = state
        self.variables = {"HOME": str(home), "PATH": os.environ["PATH"], "LAB_STATE": str(state)}

    def __call__(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._words(words), env=self.variables | variables, capture_output=True, text=True, timeout=120
        )

    def begin(self, *words: str, **variables: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self._words(words),
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _words(self, words: Sequence[str]) -> list[str]:
        return [sys.executable, "-m", "lab.cli", *words]
