"""docker-compose.yml as it stands, started for real: `make containers`.

The images are built, a lesson is compared in them, an assignment is handed in and graded, and all is ended;
then the same files for another user, and with a port that is taken; then the profile `class`. Where root has
podman, this happens in namespaces of its own: no port, mount or process of the machine is touched. Else this
user's docker or podman does it. Where no registry gives an image, a Debian of the machine's mirror takes its
name.
"""

import os
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lab.machine.locks import locked
from tests.packaging.class_in_containers import have_gradebook, teach
from tests.packaging.course_in_containers import (
    JUPYTER_PORT,
    LAB_PORT,
    USER,
    Course,
    FoundError,
    answers,
    copy_for,
)
from tests.packaging.engines import (
    INSIDE,
    KEPT,
    Engine,
    StandIn,
    base_image,
    enter,
    find_engine,
    have_image,
)
from tests.packaging.machines import PROJECT, NotTriedError

LESSON, ASSIGNMENT = "course/02-shards.ipynb", "02-shards"
NOT_TRIED = 3
"""Exit status where no container can be had."""
ANOTHER = 1234
PYTHON = StandIn(
    "python3,python3-venv,python3-pip,ca-certificates", "ln -s /usr/bin/python3 /usr/local/bin/python"
)
"""For the images' base: its Python is where the base has it."""
COMPARE = (
    "python -m pytest -q --nbval --nbval-current-env --nbval-sanitize-with lab/commands/sanitize.cfg "
    f"-p no:cacheprovider -c /dev/null --rootdir /course {LESSON}"
)
HAND_IN = "python docs/demo.py submission /course"
GRADE = f"grader autograde {ASSIGNMENT} --trust && grader show {ASSIGNMENT}"
CALL = 'python -c \'import boto3; print(boto3.client("kinesis").list_streams()["StreamNames"])\''


def build(engine: Engine) -> Iterator[str]:
    """Builds the images from the repository itself; says each step."""
    origin = have_image(engine, base_image(), PYTHON)
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
    course = Course(engine, copy_for(folder, USER))
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
    engine.remove_all()
    with tempfile.TemporaryDirectory(prefix="containers-") as folder:
        for part in (work, another_user, taken_port):
            yield from part(engine, Path(folder))


PARTS = {"build": build, "use": use, "gradebook": have_gradebook, "class": teach}
WITH_NETWORK = ("build", "gradebook")
"""The parts that fetch something."""


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
    """As `run_part`, for all parts, or for those that WORDS name."""
    for name in words or list(PARTS):
        try:
            own = find_engine().own and not os.environ.get(INSIDE)
        except NotTriedError as reason:
            print(f"not tried: {reason}")
            return NOT_TRIED
        if own:
            command = [sys.executable, "-m", "tests.packaging.containers", name]
            with locked(KEPT / "lock", "it works with the images and containers."):
                status = enter(command, network=name in WITH_NETWORK)
        else:
            status = run_part(name)
        if status == NOT_TRIED and name == "gradebook" and not words:
            return 0  # it is said, and all but the class was tried
        if status:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
