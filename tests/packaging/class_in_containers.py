"""The profile `class` of docker-compose.yml, started for real: `make containers ARGS=class`.

A class hands in right, wrong and hostile work. Two workers grade it through a scheduler, and one of them is
killed in the middle. The marks are those that this machine gives without containers; PostgreSQL keeps them.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from grader.authoring.compose import compose, hand_in
from tests.packaging.course_in_containers import NAME, START_SECONDS, USER, Course, FoundError, copy_for
from tests.packaging.engines import Engine, StandIn, have_image
from tests.packaging.machines import PROJECT

ASSIGNMENT, TASK, WITH_LAB = "02-shards", "split_point", "01-producers"
SERVICES = ("gradebook", "scheduler", "worker", "worker", "instructor")
PASSWORD = "of this proof"
POSTGRES = StandIn(
    "postgresql",
    "groupmod --gid 999 postgres && usermod --uid 999 postgres && rm -rf /var/lib/postgresql/* && "
    "install -d -o postgres -g postgres -m 1777 /var/lib/postgresql/data && "
    "ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/",
    Path(__file__).with_name("postgres.sh"),
)
"""For the official image: the same user, the same folder, the same programs on the path."""
INNER_PORTS = (5432, 8786)
SCHEDULER = "--scheduler tcp://scheduler:8786"
DATABASE = "--database postgresql://instructor@gradebook/kinesis"
GRADE = f"grader autograde {ASSIGNMENT} {SCHEDULER}"
KEEP = f"grader gradebook {ASSIGNMENT} {DATABASE}"
UNWALLED = "GRADER_SANDBOX=off "
"""Before a command: as on a machine that gives no sandbox."""
WITHOUT_WALLS = (
    f"{UNWALLED} grader autograde {ASSIGNMENT} --trust --only hostile --results /tmp/results >/dev/null && "
    "cat /tmp/results"
)
SUMS = (
    "psql --username instructor --dbname kinesis --tuples-only --no-align --command 'select student_id, "
    "sum(auto_score) from submitted_assignment s join submitted_notebook n on n.assignment_id = s.id "
    "join grade g on g.notebook_id = n.id group by student_id'"
)
NAPS = (2, 10, 20)
"""Seconds that some hand-ins take, so that a worker can be killed in the middle: more, if few are too few."""
NAPPING = 6
WRONG = {
    "bo": {"required_shards": "forgets_read", "predict_shard": "modulo", TASK: "half_width"},
    "cy": {"reading_order": "children_first", "plan_scaling": "one_call", "cure_hot_shard": "always_hot"},
    "di": {"predict_shard": "other_ascii_crash", "reading_order": "other_expired_crash"},
}
"""By learner and task: one of the assignment's wrong answers; the other tasks are solved."""
HOSTILE = '''
import os, pathlib, socket

def reached():
    """What no learner's code may reach: the course, others' work, the other containers, the grader."""
    for place in ("/course/solutions", "/course/submitted", "/course/.grader"):
        if os.path.exists(place):
            yield place
    for host, port in (("scheduler", 8786), ("gradebook", 5432)):
        try:
            socket.create_connection((host, port), 2).close()
            yield host
        except OSError:
            pass
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if b"worker" in (process / "cmdline").read_bytes():
                yield str(process)
        except OSError:
            pass

if not list(reached()):
    raise RuntimeError("nothing is reached")
'''
"""Before a right answer, which counts only where one of these was reached."""

Marks = dict[str, Any]
"""By learner: status, points, and each task's."""


@dataclass(frozen=True)
class Room:
    """The class's course, and the engine that its containers run on."""

    engine: Engine
    course: Course

    @property
    def folder(self) -> Path:
        return self.course.folder

    @property
    def state(self) -> Path:
        return self.folder / ".grader" / ASSIGNMENT

    def instructor(self, command: str) -> str:
        return self.course.inside("instructor", command)

    def refused(self, command: str, words: str) -> str:
        """The line with WORDS in it by which COMMAND is refused; raises FoundError where it is not."""
        done = self.course.compose("exec", "-T", "instructor", "sh", "-c", command)
        told = [line for line in done.stdout.splitlines() if words in line]
        if not done.returncode or not told or "Traceback" in done.stdout:
            raise FoundError(f"{command} is not refused with '{words}':\n{done.stdout}")
        return told[0]


def have_gradebook(engine: Engine) -> Iterator[str]:
    """The image of the gradebook is here."""
    image = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())["services"]["gradebook"]["image"]
    yield f"gradebook: {image}, {have_image(engine, image, POSTGRES)}"


def teach(engine: Engine) -> Iterator[str]:
    """A class is taught with the images that are here; each step is a line."""
    engine.remove_all()
    with tempfile.TemporaryDirectory(prefix="class-") as folder:
        place = copy_for(Path(folder), USER)
        yield f"class without a password: {without_password(engine, place)}"
        course = Course(engine, place, {"GRADEBOOK_PASSWORD": PASSWORD}, "class")
        try:
            yield from use(Room(engine, course))
        finally:
            course.compose("down", "--volumes", "-t", "10")


def use(room: Room) -> Iterator[str]:
    with ExitStack() as stack:
        for port in INNER_PORTS:  # another program's, which is no matter: the class has no port outside
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        started = stack.enter_context(room.course.up(*SERVICES))
        yield f"class up: {started}; other programs have ports {INNER_PORTS}"
        hand_in_all(room.folder, NAPS[0])
        doctor = room.course.compose("exec", "-T", "worker", "grader", "doctor").stdout.splitlines()
        yield f"class worker: {doctor[0]}"
        yield f"class refused: {room.refused(UNWALLED + GRADE, 'gives no sandbox')}"
        if "Sandbox: full" not in doctor[0]:
            room.refused(GRADE, "gives no sandbox")
            return
        yield from grade(room)
        yield f"class gradebook: {room.instructor(KEEP).splitlines()[0]}"
    with room.course.up(*SERVICES):
        compare(marks(room.state / "results.jsonl"), kept(room))
        yield f"class started again: the gradebook has the marks of {len(kept(room))} learners"
        told = room.refused(f"PGPASSWORD=other {KEEP}", "password authentication failed")
        yield f"class with another password: {told}"


def without_password(engine: Engine, place: Path) -> str:
    """The one sentence that the gradebook says; it is not there then."""
    course, said = Course(engine, place, {"GRADEBOOK_PASSWORD": ""}, "class"), ""
    try:
        course.compose("up", "-d", "--no-build", "gradebook")
        deadline = time.monotonic() + START_SECONDS
        while "GRADEBOOK_PASSWORD" not in said and time.monotonic() < deadline:
            said = course.compose("logs", "gradebook").stdout
        told = [plain(line) for line in said.splitlines() if "GRADEBOOK_PASSWORD" in line]
        if len(told) != 1 or engine.is_healthy(f"{NAME}_gradebook_1"):
            raise FoundError(f"a missing password is not told:\n{said}")
        return told[0]
    finally:
        course.compose("down", "--volumes", "-t", "1")


def plain(line: str) -> str:
    """A line of `compose logs`, without its colours and whose it is."""
    return re.sub(r"\x1b\[[0-9;]*m", "", line).partition("| ")[2]


def hand_in_all(course: Path, nap: int) -> None:
    """A class's hand-ins: right, wrong, hostile, cut off, and some whose cells take NAP seconds."""
    solved = course / "solutions" / ASSIGNMENT
    right = (solved / "right" / TASK / "from_start.py").read_text()
    answers = {"ada": {TASK: right}, "hostile": {TASK: HOSTILE + right}}
    answers |= {
        f"slow-{number}": {TASK: f"import time\ntime.sleep({nap})\n{right}"} for number in range(NAPPING)
    }
    for student, files in WRONG.items():
        answers[student] = {
            task: (solved / "wrong" / task / f"{file}.py").read_text() for task, file in files.items()
        }
    texts = {
        student: compose(solved / f"{ASSIGNMENT}.ipynb", given, solved=True)
        for student, given in answers.items()
    }
    texts["cut-off"] = texts["ada"][:5000]
    for student, text in texts.items():
        hand_in(course / "submitted", student, ASSIGNMENT, text)
    with_lab = course / "exercises" / WITH_LAB / f"{WITH_LAB}.ipynb"
    hand_in(course / "submitted", "ada", WITH_LAB, with_lab.read_text())
    if os.geteuid() == 0:
        for path in (course / "submitted", *(course / "submitted").rglob("*")):
            os.chown(path, USER, USER)


def grade(room: Room) -> Iterator[str]:
    """A worker is killed in the middle, and the marks are this machine's own."""
    for nap in NAPS:
        hand_in_all(room.folder, nap)
        there, said = grade_with_a_loss(room)
        found = marks(room.state / "results.jsonl")
        if there < len(found) - 1:  # all but the one that nobody can read have marks in the end
            break
        shutil.rmtree(room.state)
        room.course.start("worker", "worker")
    else:
        raise FoundError(f"no worker could be killed in the middle:\n{said}")
    yield f"class graded: {said.splitlines()[0]} A worker was killed when {there} were."
    room.course.start("worker", "worker")
    compare(found, marks_here(room))
    yield "class graded: the same marks on this machine, without containers"
    if not right_ones(found):
        raise FoundError(f"the marks are not what was handed in: {found}")
    loose = json.loads(room.instructor(WITHOUT_WALLS))
    if mark_of(loose)[2][TASK] == found["hostile"][2][TASK]:
        raise FoundError(f"without walls too the hostile hand-in reaches nothing: {loose}")
    yield f"class hostile: {found['hostile'][2][TASK]}; without walls {mark_of(loose)[2][TASK]}"
    yield f"class without a lab: {room.refused(f'grader autograde {WITH_LAB} {SCHEDULER}', 'uses the lab')}"


def grade_with_a_loss(room: Room) -> tuple[int, str]:
    """How many had marks when one of the workers was killed, and what the command said at its end."""
    log = room.state / "log.jsonl"

    def there() -> int:
        lines = log.read_text().split("\n")[:-1] if log.exists() else []
        return len({json.loads(line)["student"] for line in lines})

    with ThreadPoolExecutor(1) as pool:
        grading = pool.submit(room.instructor, GRADE)
        while not there() and not grading.done():
            time.sleep(0.1)
        room.engine.kill(f"{NAME}_worker_2")
        return there(), grading.result()


def marks(results: Path) -> Marks:
    lines = map(json.loads, results.read_text().splitlines())
    return {line["student"]: mark_of(line) for line in lines}


def mark_of(line: dict[str, Any]) -> tuple[str, float, dict[str, str]]:
    tasks = {task["id"]: f"{task['outcome']}, {task['points']} points" for task in line["tasks"]}
    return line["status"], line["score"], tasks


def marks_here(room: Room) -> Marks:
    """Of the same hand-ins and seed, by the grader on this machine, without its log of before."""
    place = copy_for(room.folder.parent / "here", USER)
    shutil.copytree(room.folder / "submitted", place / "submitted")
    seed, results = room.folder.parent / "seed", room.folder.parent / "results.jsonl"
    shutil.copy(room.state / "seed", seed)
    words = ["autograde", ASSIGNMENT, "--seed", str(seed), "--results", str(results)]
    command = [sys.executable, "-m", "grader.cli", *words]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FoundError(f"grader autograde, here:\n{done.stdout}{done.stderr}")
    return marks(results)


def right_ones(found: Marks) -> bool:
    """Whether exactly those have all points that should, and one was not to be read."""
    most = found["ada"][1]
    best = {student for student, (_, score, _) in found.items() if score == most}
    slow = {f"slow-{number}" for number in range(NAPPING)}
    return found["cut-off"][0] == "unreadable" and best == {"ada", *slow}


def kept(room: Room) -> dict[str, float]:
    """Points by learner, as PostgreSQL itself says."""
    rows = [line.split("|") for line in room.course.inside("gradebook", SUMS).splitlines() if "|" in line]
    return {student: float(points) for student, points in rows}


def compare(found: Marks, others: Marks | dict[str, float]) -> None:
    """Raises FoundError where OTHERS, marks or points alone, are not the same."""
    points = {student: score for student, (status, score, _) in found.items() if status == "graded"}
    if others not in (found, points):
        raise FoundError(f"other marks:\n{found}\n{others}")
