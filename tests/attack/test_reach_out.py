"""A5-A7, A19-A22: reach what lies outside. The same attack without the sandbox is each test's control."""

import os
import shutil
import socket
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from grader.walls import sandbox
from tests.attack.conftest import TASK, Arena
from tests.grader.conftest import Grader, Submit

pytestmark = pytest.mark.skipif(
    sandbox.tier() == "none", reason="this machine gives no sandbox (grader doctor says why)"
)


def listing(path: Path) -> str:
    return f"import os\ndef {TASK}(shard):\n    return sorted(os.listdir({str(path)!r}))"


@pytest.mark.parametrize("place", ["solutions/02-shards", "submitted", ".grader", "exercises"])
def test_a5_a6_solutions_others_and_seeds_are_not_there(arena: Arena, course: Path, place: str) -> None:
    (course / place).mkdir(parents=True, exist_ok=True)
    assert "FileNotFoundError" in arena.said(listing(course / place))
    assert "returned [" in arena.said(listing(course / place), sandbox=False), "the control"


def test_a5_the_real_course_is_not_there_either(arena: Arena) -> None:
    root = Path(__file__).resolve().parents[2]
    for place in ("solutions", "tests", ".lab", ".git"):
        assert "Error" in arena.said(listing(root / place))
    assert "returned [" in arena.said(listing(root / "solutions"), sandbox=False), "the control"


def test_a5_a_course_where_the_sandbox_would_show_it(course: Path, submit: Submit, grader: Grader) -> None:
    """Python's own folder can be read inside, so a course that lies in it is refused before anything runs."""
    with tempfile.TemporaryDirectory(dir=sys.prefix, prefix="course-of-a-test-") as shown:
        Path(shown).chmod(0o755)
        submit("mallory", {TASK: listing(Path(shown) / "course/solutions")})
        there = Path(shutil.copytree(course, Path(shown) / "course"))
        done = grader("autograde", "02-shards", "--seed", "seed", cwd=there)
        assert done.returncode == 2
        assert "learners' code can read" in " ".join(done.stderr.split())
        assert grader("autograde", "02-shards", "--seed", "seed", "--trust", cwd=there).returncode == 0
        told = (there / ".grader/02-shards/results.jsonl").read_text()
    assert "returned [" in told, "the control: it is read"


def test_a7_results_cannot_be_written(arena: Arena, tmp_path: Path) -> None:
    target = tmp_path / "forged"
    write = f"from pathlib import Path\ndef {TASK}(shard):\n    Path({str(target)!r}).write_text('20')"
    assert "FileNotFoundError" in arena.said(write)
    assert not target.exists()
    arena.attack(write, sandbox=False)
    assert target.exists(), "the control"


def test_a7_the_system_cannot_be_changed(arena: Arena) -> None:
    write = "def split_point(shard):\n    places = ['/usr/x', '/etc/x', '/x', '/proc/sys/kernel/hostname']\n"
    write += (
        "    written = []\n    for place in places:\n        try:\n            open(place, 'w').write('x')\n"
    )
    write += "            written.append(place)\n        except OSError: pass\n    return written"
    assert "returned []" in arena.said(write)
    assert "returned ['/learner/x']" in arena.said(write.replace("'/usr/x'", "'/learner/x'")), "the control"


DAEMON = """
import os, sys
def split_point(shard):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(20)", "{mark}"])
        os._exit(0)
    return "0"
"""


def _alive(mark: str) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]


def test_a19_nothing_outlives_the_grade(arena: Arena, tmp_path: Path) -> None:
    mark = f"daemon-of-{tmp_path.name}-{os.getpid()}"
    arena.attack(DAEMON.format(mark=mark))
    end = time.monotonic() + 5
    while _alive(mark) and time.monotonic() < end:
        time.sleep(0.05)
    assert not _alive(mark)
    arena.attack(DAEMON.format(mark=mark), sandbox=False)
    left = _alive(mark)
    for process in left:
        process.kill()
    assert left, "the control"


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_UNIX])
def test_a20_a21_no_network_no_lab(arena: Arena, tmp_path: Path, family: socket.AddressFamily) -> None:
    with socket.socket(family) as listener:
        address = ("127.0.0.1", 0) if family == socket.AF_INET else str(tmp_path / "s")
        listener.bind(address)
        listener.listen(100)
        name = listener.getsockname()
        connect = (
            f"import socket\ndef {TASK}(shard):\n    with socket.socket({int(family)}) as s:\n"
            f"        s.settimeout(2)\n        s.connect({name!r})\n    return 'reached'"
        )
        assert "Error" in arena.said(connect)
        assert "reached" in arena.said(connect, sandbox=False), "the control"


@pytest.mark.parametrize(
    "call",
    [
        "os.kill(1, 9) or os.kill(os.getppid(), 9)",
        "ctypes.CDLL(None, use_errno=True).unshare(0x10000000) and 1 / 0",
        "os.setuid(0)",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW)",
        "open('/proc/1/environ').read()",
    ],
)
def test_a22_no_way_to_the_kernel_or_the_guard(arena: Arena, call: str) -> None:
    answer = f"import ctypes, os, socket\ndef {TASK}(shard):\n    {call}\n    return 'reached'"
    assert "reached" not in arena.said(answer)


def test_a22_no_capability_is_left_or_can_come_back(arena: Arena) -> None:
    """Whatever program is started from there: the bounding set is empty too."""
    kinds = "[line.split()[0] for line in open('/proc/self/status') if line.startswith('Cap')"
    look = f"def {TASK}(shard):\n    return {kinds} and int(line.split()[1], 16)]"
    assert "returned []" in arena.said(look)
    if os.getuid() == 0:
        assert "CapBnd" in arena.said(look, sandbox=False), "the control"


def test_a22_how_far_a_submission_sees_that_it_is_graded(arena: Arena) -> None:
    """It can: by its folder, its user, its empty network. It finds no word about the assignment's answers."""
    see = f"import os\ndef {TASK}(shard):\n    return [os.getcwd(), sorted(os.listdir('.'))]"
    assert "/learner" in arena.said(see)
    assert ".checks.json" in arena.said(see)
    variables = (
        f"import os\ndef {TASK}(shard):\n    return sorted(k for k in os.environ if 'GRADE' in k.upper())"
    )
    assert "returned []" in arena.said(variables)
