"""docker-compose.yml as it stands, started for real: `make containers`.

The images are built, a lesson is compared in them, an assignment is handed in and graded, and all is ended;
then the same files for another user, and with a port that is taken. Where root has podman, this happens in
namespaces of its own: no port, mount or process of the machine is touched. Else this user's docker or podman
does it. Where no registry gives an image, a Debian of the machine's mirror takes its name.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab.machine.locks import locked
from tests.packaging.engines import INSIDE, KEPT, Engine, base_image, enter, find_engine, have_image
from tests.packaging.machines import MADE_HERE, PROJECT, NotTriedError

NAME = "kinesis-course-proof"
LESSON, ASSIGNMENT = "course/02-shards.ipynb", "02-shards"
LAB_PORT, JUPYTER_PORT = 4566, 8888
START_SECONDS = 300.0
NOT_TRIED = 3
"""Exit status where no container can be had."""
USER, ANOTHER = 1000, 1234
PYTHON = ("python3,python3-venv,python3-pip,ca-certificates", "ln -s /usr/bin/python3 /usr/local/bin/python")
"""The packages of a stand-in for the images' base, and what makes its Python be where the base has it."""
COMPARE = (
    "python -m pytest -q --nbval --nbval-current-env --nbval-sanitize-with lab/commands/sanitize.cfg "
    f"-p no:cacheprovider -c /dev/null --rootdir /course {LESSON}"
)
HAND_IN = "python docs/demo.py submission /course"
GRADE = f"grader autograde {ASSIGNMENT} --trust && grader show {ASSIGNMENT}"
CALL = 'python -c \'import boto3; print(boto3.client("kinesis").list_streams()["StreamNames"])\''


class FoundError(Exception):
    """What does not work, in words."""


@dataclass
class Course:
    """A copy of the course in FOLDER, and the containers that work on it."""

    engine: Engine
    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    def compose(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """What both its outputs say is in stdout."""
        return subprocess.run(
            [*self.engine.compose, "-p", NAME, *words],
            cwd=self.folder,
            env={**os.environ, **self.variables},
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
            self.must("up", "-d", "--no-build", *services)
            for service in services:
                self._wait(service)
            yield f"{time.monotonic() - began:.0f} s until healthy"
        finally:
            ended = self.compose("down", "-t", "10")
        if ended.returncode or answers(LAB_PORT) or answers(JUPYTER_PORT):
            raise FoundError(f"compose down left something running:\n{ended.stdout}")

    def _wait(self, service: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.engine.is_healthy(f"{NAME}_{service}_1"):
            if time.monotonic() > deadline:
                raise FoundError(f"{service} is not healthy:\n{self.compose('logs', service).stdout}")
            time.sleep(0.5)


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


def build(engine: Engine) -> Iterator[str]:
    """Builds the images from the repository itself; says each step."""
    origin = have_image(engine, base_image(), *PYTHON)
    yield f"base: {base_image()}, {origin}"
    if engine.own and (tried := engine.say("run", "--rm", "--network=none", base_image(), "true")).returncode:
        raise NotTriedError(f"podman can't start a container here: {tried.stderr.strip()}")
    began = time.monotonic()
    Course(engine, PROJECT).must("build")
    yield f"build: {time.monotonic() - began:.0f} s"
    said = engine.say("images", "--format", "{{.Repository}}:{{.Tag}} {{.Size}}").stdout
    for line in sorted(said.splitlines()):
        if "kinesis-course" in line or "python" in line:
            yield f"size: {line.removeprefix('localhost/')}"


def work(engine: Engine, folder: Path) -> Iterator[str]:
    """A learner's evening, with the user that is in the file; whoever isn't root says who they are."""
    variables = {} if os.geteuid() == 0 else {"LAB_USER": f"{os.geteuid()}:{os.getegid()}"}
    course = Course(engine, copy_for(folder, USER), variables)
    with course.up("localstack", "jupyter") as started:
        yield f"up: {started}"
        if not (answers(LAB_PORT, "/_lab/instance") and answers(JUPYTER_PORT, "/api")):
            raise FoundError("the ports do not lead to the containers")
        for service in ("localstack", "jupyter"):
            if course.inside(service, "id -u; touch /usr/written 2>&1 || true").count("Read-only") != 1:
                raise FoundError(f"{service}: its image can be written")
        yield f"{LESSON}: {course.inside('jupyter', COMPARE).splitlines()[-1]}"
        course.inside("jupyter", HAND_IN)
        said = course.inside("jupyter", GRADE)
        if "sample-learner" not in said:
            raise FoundError(f"the hand-in has no line:\n{said}")
        yield f"graded: {next(line for line in said.splitlines()[::-1] if 'sample-learner' in line)}"
    yield "down: nothing answers any more"


def another_user(engine: Engine, folder: Path) -> Iterator[str]:
    """LAB_USER of another number, and other ports."""
    user = ANOTHER if os.geteuid() == 0 else os.geteuid()
    course = Course(engine, copy_for(folder, user), {"LAB_USER": f"{user}:{user}", "LAB_PORT": "4599"})
    with course.up("localstack", "jupyter"):
        course.inside("jupyter", f"{CALL} && touch exercises/mine")
        owner = (course.folder / "exercises" / "mine").stat().st_uid
        if owner != user or not answers(4599, "/_lab/instance"):
            raise FoundError(f"LAB_USER={user}: the file's owner is {owner}")
    yield f"LAB_USER={user}:{user}, LAB_PORT=4599: boto3 reaches the lab, files are {user}'s"


def taken_port(engine: Engine, folder: Path) -> Iterator[str]:
    """Another program has the lab's port: that is said, and nothing is left running."""
    course = Course(engine, copy_for(folder, USER + 1))
    with socket.create_server(("127.0.0.1", LAB_PORT)):
        done = course.compose("up", "-d", "--no-build")
        course.compose("down", "-t", "1")
    told = [line for line in done.stdout.splitlines() if str(LAB_PORT) in line and "in use" in line]
    if not (told or "already allocated" in done.stdout):
        raise FoundError(f"a taken port is not told:\n{done.stdout}")
    yield f"port taken: {told[0].strip()}"


def use(engine: Engine) -> Iterator[str]:
    if engine.own:
        engine.say("rm", "--all", "--force")  # what a run that was killed left in the folder
    with tempfile.TemporaryDirectory(prefix="containers-") as folder:
        for part in (work, another_user, taken_port):
            yield from part(engine, Path(folder))


PARTS = {"build": build, "use": use}


def run_part(name: str) -> int:
    """0: it works; 1: it does not; NOT_TRIED: it could not be. Each step is a line."""
    try:
        for line in PARTS[name](find_engine()):
            print(line, flush=True)
    except NotTriedError as reason:
        print(f"not tried: {reason}")
        return NOT_TRIED
    except FoundError as found:
        print(f"does not work: {found}")
        return 1
    return 0


def main(words: list[str]) -> int:
    """As `run_part`, for all parts, or for the one that WORDS name."""
    for name in words or list(PARTS):
        try:
            own = find_engine().own and not os.environ.get(INSIDE)
        except NotTriedError as reason:
            print(f"not tried: {reason}")
            return NOT_TRIED
        if own:
            command = [sys.executable, "-m", "tests.packaging.containers", name]
            with locked(KEPT / "lock", "it works with the images and containers."):
                status = enter(command, network=name == "build")
        else:
            status = run_part(name)
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
