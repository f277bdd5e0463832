"""The course in containers, as docker-compose.yml has it: a copy, brought up, used and ended by compose."""

import contextlib
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.packaging.engines import Engine
from tests.packaging.machines import MADE_HERE, PROJECT

NAME = "kinesis-course-proof"
USER = 1000
"""Whose the files are in the containers, where nobody says otherwise."""
LAB_PORT, JUPYTER_PORT = 4566, 8888
START_SECONDS = 300.0


class FoundError(Exception):
    """What does not work, in words."""


@dataclass
class Course:
    """A copy of the course in FOLDER, and the containers that work on it."""

    engine: Engine
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    profile: str = ""

    def compose(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """What both its outputs say is in stdout."""
        profile = ["--profile", self.profile] if self.profile else []
        return subprocess.run(
            [*self.engine.compose, "-p", NAME, *profile, *words],
            cwd=self.folder,
            env={**os.environ, **whose(), **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def must(self, *words: str) -> str:
        """What compose says to WORDS; raises FoundError when it fails."""
        done = self.compose(*words)
        if done.returncode:
            raise FoundError(f"compose {' '.join(words)}:\n{done.stdout}")
        return done.stdout

    def inside(self, service: str, command: str) -> str:
        """What a shell's COMMAND says in the container of SERVICE; raises FoundError when it fails."""
        return self.must("exec", "-T", service, "sh", "-c", command)

    @contextlib.contextmanager
    def up(self, *services: str) -> Iterator[str]:
        """SERVICES run and are healthy, and are gone afterwards; gives how long their start took."""
        began = time.monotonic()
        try:
            self.start(*services)
            yield f"{time.monotonic() - began:.0f} s until healthy"
        finally:
            ended = self.compose("down", "-t", "10")
        if ended.returncode or answers(LAB_PORT) or answers(JUPYTER_PORT):
            raise FoundError(f"compose down left something running:\n{ended.stdout}")

    def start(self, *services: str) -> None:
        """SERVICES run and are healthy; one that is named twice has two containers. Raises FoundError."""
        self.must("up", "-d", "--no-build", *dict.fromkeys(services))
        for place, service in enumerate(services):
            self._wait(service, services[: place + 1].count(service))

    def _wait(self, service: str, number: int) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.engine.is_healthy(f"{NAME}_{service}_{number}"):
            if time.monotonic() > deadline:
                raise FoundError(f"{service} is not healthy:\n{self.compose('logs', service).stdout}")
            time.sleep(0.5)


def whose() -> dict[str, str]:
    """Root is user 1000 in the containers, as the file has it; whoever isn't root says who they are."""
    return {} if os.geteuid() == 0 else {"LAB_USER": f"{os.geteuid()}:{os.getegid()}"}


def copy_for(folder: Path, user: int) -> Path:
    """The course in a folder of USER's below FOLDER, as a clone has it."""
    place = folder / f"course-{user}"
    shutil.copytree(PROJECT, place, ignore=MADE_HERE, symlinks=True)
    if os.geteuid() == 0:
        for path in (place, *place.rglob("*")):
            os.chown(path, user, user, follow_symlinks=False)
    return place


def answers(port: int, path: str = "/") -> bool:
    """Whether an HTTP server answers outside the containers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
