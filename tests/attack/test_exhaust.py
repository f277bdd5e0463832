"""A13, A15-A18: use everything up. Limits end it, its task pays, the reason names the limit."""

import ctypes
import json
import subprocess
import sys

import pytest

from grader.authoring.compose import compose, hand_in
from grader.walls import sandbox
from tests.attack.conftest import POINTS, REST, ROOT, TASK, Arena

needs_sandbox = pytest.mark.skipif(
    sandbox.tier() == "none", reason="this machine gives no sandbox (grader doctor says why)"
)


@pytest.mark.parametrize(
    "end",
    ["os._exit(0)", "os.kill(os.getpid(), 9)", "sys.exit(0)", "ctypes.string_at(0)",
     "os.closerange(0, 256)"],
)  # fmt: skip
def test_a13_the_process_ends(arena: Arena, end: str) -> None:
    mark = arena.attack(f"import ctypes, os, sys\ndef {TASK}(shard):\n    {end}\n    return '0'")
    assert mark["points"] == 0
    assert mark["outcome"] in ("crashed", "failed")
    assert arena.score == REST


def test_a15_a_loop_that_swallows_every_signal(arena: Arena) -> None:
    loop = f"""
import signal
def {TASK}(shard):
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            while True: pass
        except BaseException: pass
"""
    mark = arena.attack(loop)
    assert (mark["outcome"], mark["limit"]) == ("timeout", "limit for one call: 5 s")
    assert arena.score == REST


def test_a15_many_cells_that_take_their_time(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """All cells of a notebook have a limit together, however often a crash makes them run again."""
    slow = "\n".join(["import time", "time.sleep(0.4)", "done = True"])
    notebook = json.loads(compose(ROOT / "solutions/02-shards/02-shards.ipynb", {}, solved=True))
    cells = [{"cell_type": "code", "metadata": {}, "source": f"{slow}  # {n}"} for n in range(8)]
    last = {"cell_type": "code", "metadata": {}, "source": "def split_point(shard):\n    return done"}
    notebook["cells"] = [cell for cell in notebook["cells"] if TASK not in json.dumps(cell["source"])[-40:]]
    notebook["cells"] += [*cells, last]
    path = hand_in(arena.folder, "mallory", "02-shards", json.dumps(notebook))
    monkeypatch.setattr("grader.engine.session.SECONDS_PER_NOTEBOOK", 2.0)
    mark = arena.grade_file(path, "mallory")[TASK]
    assert mark["points"] == POINTS, "what ran in time counts"
    monkeypatch.undo()
    said = " ".join(arena.grade_file(path, "mallory")[TASK]["reasons"])
    assert "returned True" in said, "the control: with more time, the last cell runs too"


@needs_sandbox
def test_a16_one_process_with_too_much_memory(arena: Arena) -> None:
    said = arena.said(f"def {TASK}(shard):\n    return len(bytearray(3 * 2**30))")
    assert "MemoryError" in said
    small = arena.said(f"def {TASK}(shard):\n    return len(bytearray(3 * 2**20))")
    assert "returned 3145728" in small, "the control"


GUARDED = """
import contextlib, ctypes, os, select, signal, socket, sys, threading, time
from grader.walls import guard, sandbox
smaller, body, wait = eval(sys.argv[1]), sys.argv[2], float(sys.argv[3])
vars(guard).update(smaller)
room = sandbox.Rooms(ahead=0).take()
ours, theirs = socket.socketpair()
if (pid := room.fork()) == 0:
    sandbox.enter(room, [])
    exec(body)
    sys.stdout.flush()
    os._exit(0)
ended = os.pidfd_open(pid)
keeper = guard.Guard()
keeper.add(pid, guard.Guarded(room, theirs))
end, said = time.monotonic() + wait, b""
ours.settimeout(0.01)
while not said and time.monotonic() < end:
    over = bool(select.select([ended], [], [], 0)[0])
    keeper.look()
    with contextlib.suppress(TimeoutError):
        said = ours.recv(200)
    if over:
        break
print(said.decode() or "survived")
room.close()
"""


def guarded(body: str, wait: float = 20.0, **smaller: float) -> str:
    """Learner's code in a real sandbox under a real guard, whose limits are smaller than usual.

    What it printed, and why the guard ended it; "survived" when it ended itself, or lived for WAIT seconds.
    """
    command = [sys.executable, "-c", GUARDED, repr(smaller), body, str(wait)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout.strip() or done.stderr


HOLD = "block = bytearray(b'x') * {size}; time.sleep(30)"
CHILDREN = "for _ in range(3):\n    if os.fork() == 0:\n        " + HOLD + "\ntime.sleep(30)"
BY_THREAD = "def fork():\n    if os.fork() == 0:\n        " + HOLD + (
    "\nfor _ in range(3): threading.Thread(target=fork).start()\ntime.sleep(30)"
)  # fmt: skip
HIDDEN = "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n" + CHILDREN
LEFT_ALONE = (
    "if os.fork() == 0:\n    if os.fork() == 0:\n        " + HOLD + "\n    os._exit(0)\ntime.sleep(30)"
)


@needs_sandbox
@pytest.mark.parametrize("attack", [CHILDREN, BY_THREAD, HIDDEN, LEFT_ALONE],
                         ids=["children", "by threads", "not to be looked at", "left alone"])  # fmt: skip
def test_a16_many_processes_with_too_much_memory(attack: str) -> None:
    """Bounded at 180 MB, against a limit of 100 MiB."""
    size = 60_000_000 if attack != LEFT_ALONE else 180_000_000
    limit = 100 * 2**20
    assert guarded(attack.format(size=size), TREE_BYTES=limit).startswith("limit for memory")
    assert guarded(attack.format(size=1000), 1.0, TREE_BYTES=limit) == "survived", "the control"


@needs_sandbox
@pytest.mark.parametrize(
    ("get", "remove"),
    [
        ("memfd_create(b'x', 0)", "close({0})"),
        ("shmget(0, 4096, 0o1600)", "shmctl({0}, 0, None)"),
        ("semget(0, 1, 0o1600)", "semctl({0}, 0, 0)"),
        ("msgget(0, 0o1600)", "msgctl({0}, 0, None)"),
    ],
)
def test_a16_memory_that_no_process_owns(arena: Arena, get: str, remove: str) -> None:
    body = f"import ctypes\ndef {TASK}(shard):\n    return ctypes.CDLL(None).{get}"
    assert "returned -1" in arena.said(body)
    made: int = eval(f"libc.{get}", {"libc": ctypes.CDLL(None)})
    eval(f"libc.{remove.format(made)}", {"libc": ctypes.CDLL(None)})
    assert made >= 0, "the control"


@needs_sandbox
def test_processor_time_is_counted_for_all_together() -> None:
    """Bounded at 20 s."""
    burn = "for _ in range(2): os.fork()\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"
    assert guarded(burn, CPU_SECONDS=0.5).startswith("limit for processor time: 0.5 s")
    assert guarded("time.sleep(30)", 1.0, CPU_SECONDS=0.5) == "survived", "the control"


@needs_sandbox
def test_sockets_are_counted_for_all_together() -> None:
    """Bounded at 200: what waits in a socket is no process's memory."""
    many = "made = [socket.socketpair() for _ in range({count})]\ntime.sleep(30)"
    assert guarded(many.format(count=100), SOCKETS=150) == "limit for sockets: 150"
    assert guarded(many.format(count=20), 1.0, SOCKETS=150) == "survived", "the control"


@needs_sandbox
def test_a17_many_processes(arena: Arena) -> None:
    """Bounded at 80 whatever happens."""
    fork = f"""
import os, time
begun = []
def {TASK}(shard):
    for _ in range(0 if begun else 80):
        begun.append(1)
        if os.fork() == 0:
            time.sleep(0.2)
            os._exit(0)
    return "all"
"""
    assert "limit for processes and threads: 64" in arena.said(fork)
    assert "returned 'all'" in arena.said(fork, sandbox=False), "the control"


@needs_sandbox
@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ("bytearray(3 * 2**30)", "limit for memory: 2048 MiB a process"),
        ("open('big', 'wb').truncate(65 * 2**20)", "limit for a file: 64 MiB"),
        ("[open(f'f{n}', 'wb').write(bytes(2**23)) for n in range(9)]", "limit for files: 64 MiB together"),
        ("[os.dup(0) for _ in range(300)]", "limit for open files: 256"),
        ("[threading.Thread(target=time.sleep, args=(0.5,)).start() for _ in range(80)]",
         "limit for processes and threads: 64"),
    ],
)  # fmt: skip
def test_a_limit_is_named_when_it_is_hit(arena: Arena, body: str, limit: str) -> None:
    said = arena.said(f"import os, threading, time\ndef {TASK}(shard):\n    {body}")
    assert limit in said
    assert "limit" not in arena.said(f"def {TASK}(shard):\n    1 / 0"), "the control"


@needs_sandbox
def test_a18_a_full_disk(arena: Arena) -> None:
    """Bounded at 100 MiB whatever happens."""
    fill = f"""
def {TASK}(shard):
    written = 0
    try:
        for number in range(10):
            with open(f"fill{{number}}", "wb") as file:
                for _ in range(10): written += file.write(bytes(2**20))
    except OSError: pass
    return "full" if written < 100 * 2**20 else "room"
"""
    assert "returned 'full'" in arena.said(fill)
    assert "returned 'room'" in arena.said(fill, sandbox=False), "the control"


def test_a18_endless_output_is_cut_and_costs_nothing(arena: Arena) -> None:
    """Bounded at 50 MB."""
    right = (
        f"def {TASK}(shard):\n    for _ in range(50): print('x' * 10**5)\n    r = shard['HashKeyRange']\n"
        "    return str((int(r['StartingHashKey']) + int(r['EndingHashKey'])) // 2)\n"
        "print('y' * 10**7)"
    )
    assert arena.attack(right)["points"] == 3


def test_a18_an_answer_too_large(arena: Arena) -> None:
    mark = arena.attack(f"def {TASK}(shard):\n    return 'x' * 30_000_000")
    assert mark["points"] == 0
    assert arena.score == REST
