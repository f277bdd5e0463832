"""A13, A15-A18: use everything up. Limits end it, its task pays, the reason names the limit."""

import pytest

from grader import sandbox
from tests.attack.conftest import REST, TASK, Arena

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
    assert arena.line["score"] == REST


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
    assert arena.line["score"] == REST


@needs_sandbox
def test_a16_one_process_with_too_much_memory(arena: Arena) -> None:
    said = arena.said(f"def {TASK}(shard):\n    return len(bytearray(3 * 2**30))")
    assert "MemoryError" in said
    small = arena.said(f"def {TASK}(shard):\n    return len(bytearray(3 * 2**20))")
    assert "returned 3145728" in small, "the control"


@needs_sandbox
def test_a16_many_processes_with_too_much_memory(arena: Arena) -> None:
    many = f"""
import os, time
def {TASK}(shard):
    for _ in range(4):
        if os.fork() == 0:
            block = bytearray(700 * 2**20)
            block[::4096] = b"x" * len(block[::4096])
            time.sleep(4)
            os._exit(0)
    time.sleep(4)
    return "survived"
"""
    mark = arena.attack(many)
    assert mark["outcome"] == "crashed"
    assert "limit for memory" in str(mark["limit"])
    assert arena.line["score"] == REST
    assert "survived" in arena.said(many.replace("700", "7")), "the control"


@needs_sandbox
def test_a17_many_processes(arena: Arena) -> None:
    """Bounded at 200 whatever happens."""
    fork = f"""
import os, time
def {TASK}(shard):
    made = 0
    for _ in range(200):
        try:
            if os.fork() == 0:
                time.sleep(2)
                os._exit(0)
        except OSError:
            break
        made += 1
    return "fewer" if made < 200 else "all"
"""
    assert "returned 'fewer'" in arena.said(fork)
    assert "returned 'all'" in arena.said(fork, sandbox=False), "the control"


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
    assert arena.line["score"] == REST
