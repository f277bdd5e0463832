"""A16: memory that no process owns, or that many share: it is refused, or counted by the kernel."""

import subprocess
import sys

import pytest

from grader.walls import cgroup, sandbox
from tests.attack.test_exhaust import guarded, needs_sandbox

pytestmark = needs_sandbox

FILL = """
import socket
held = 0
for _ in range(4):
    for one in socket.socketpair():
        for name in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            one.setsockopt(socket.SOL_SOCKET, name, 2**30)
        one.setblocking(False)
        globals().setdefault("kept", []).append(one)
        try:
            while True: held += one.send(bytes(1 << 16))
        except BlockingIOError: pass
print("MiB:", held >> 20)
"""
CONNECT = """
import socket
held, kept = 0, []
with socket.create_server(("127.0.0.1", 0)) as server:
    for _ in range(4):
        one = socket.create_connection(server.getsockname())
        kept += [one, server.accept()[0]]
        one.setblocking(False)
        try:
            while True: held += one.send(bytes(1 << 16))
        except BlockingIOError: pass
print("MiB:", held >> 20)
"""


def plainly(body: str) -> str:
    """The same without a sandbox: each test's control."""
    done = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def mib(said: str) -> int:
    return int(said.split("MiB:")[1].split()[0])


@pytest.mark.parametrize("fill", [FILL, CONNECT], ids=["local", "TCP"])
def test_a16_buffers_of_sockets_do_not_grow(fill: str) -> None:
    """Bounded at 100 MiB. With 400 sockets, what 8 can hold comes to less than 100 MiB."""
    inside, outside = mib(guarded(fill)), mib(plainly(fill))
    assert inside * 400 / 8 <= 100
    assert outside > inside, "the control: outside they hold more"


LOCK = """
import fcntl, os
file = open({place!r}, "wb")
for start in range(0, 2000, 2):
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, start)
print("locks:", open("/proc/locks").read().count(str(os.fstat(file.fileno()).st_ino) + " "))
"""


def test_a16_locks_of_a_file_are_not_kept(tmp_path: object) -> None:
    """Each is some 200 bytes of the kernel's; programs that lock their own files go on."""
    assert "locks: 0" in guarded(LOCK.format(place="/tmp/locked"))
    assert "locks: 0" not in plainly(LOCK.format(place=f"{tmp_path}/locked")), "the control"
    database = "import sqlite3\nwith sqlite3.connect('/tmp/a.db') as db: db.execute('create table a (b)')"
    assert "kept" in guarded(f"{database}\nprint('kept')")


SHARED = """
import mmap
try:
    if {zero}:
        with open("/dev/zero", "r+b") as file: held = mmap.mmap(file.fileno(), 1 << 20)
    else:
        held = mmap.mmap(-1, 1 << 20)
    print("shared")
except OSError as error: print("refused:", error.errno)
"""


@pytest.mark.parametrize("zero", [True, False], ids=["/dev/zero", "no file"])
def test_a16_pages_that_stay_when_nobody_has_them(zero: bool) -> None:
    body = SHARED.format(zero=zero)
    assert "refused" in guarded(body)
    assert "shared" in plainly(body), "the control"
    fine = (
        "import mmap\nmmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nprint('private')"
    )
    assert "private" in guarded(fine)
    zeros = "print(open('/dev/zero', 'rb').read(3))"
    assert "b'\\x00\\x00\\x00'" in guarded(zeros)
    pool = "import multiprocessing as m\nwith m.Pool(2) as pool: print(pool.map(abs, [-1]))"
    assert "[1]" in guarded(pool)


COPIES = """
block = bytearray(60_000_000)
for _ in range({count}):
    if os.fork() == 0:
        for place in range(0, {bytes}, 4096): block[place] = 1
        time.sleep(30)
time.sleep(30)
"""


def test_a16_pages_that_many_share_until_they_write() -> None:
    """Bounded at 660 MB. 60 MB in ten processes is 60 MB, until each writes its own copy."""
    limit = 150 * 2**20
    shared = COPIES.format(count=10, bytes=0)
    assert guarded(shared, 2.0, TREE_BYTES=limit) == "survived", "the control: shared, they count once"
    written = COPIES.format(count=10, bytes=60_000_000)
    assert guarded(written, TREE_BYTES=limit).startswith("limit for memory")


GROUPED = """
import os, sys, time
from grader.walls import cgroup
limit, size = int(sys.argv[1]), int(sys.argv[2])
group = cgroup.enter(limit)
if (child := os.fork()) == 0:
    open("/proc/self/oom_score_adj", "w").write("1000")
    block = b"x" * size
    os._exit(0)
_, status = os.waitpid(child, 0)
print(status, group.ended_by_memory() if group else "no group")
"""


@pytest.mark.skipif(cgroup.offered(2**30) is None, reason="this machine gives no memory cgroup")
def test_a16_the_kernel_counts_where_it_lets_us_make_a_group() -> None:
    """Bounded at 300 MB."""

    def run(limit: int, size: int) -> str:
        command = [sys.executable, "-c", GROUPED, str(limit), str(size)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        return done.stdout.strip() or done.stderr

    assert run(120 * 2**20, 300_000_000) == "9 1", "ended by SIGKILL, and it is known why"
    assert run(1000 * 2**20, 300_000_000) == "0 0", "the control"
    assert [line for line in sandbox.findings() if "held by the kernel" in line]
