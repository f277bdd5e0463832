"""The gradebook in PostgreSQL: a private server on a socket of its own, where the machine has PostgreSQL."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from grader.inside.preloaded import die_with_parent
from tests.grader.reports.test_gradebook import check_the_marked_class, marked

__all__ = ["marked"]

pytestmark = pytest.mark.xdist_group("nbgrader")


def binaries() -> Path | None:
    """The newest PostgreSQL's folder; Debian keeps it off the PATH."""
    if found := shutil.which("postgres"):
        return Path(found).resolve().parent
    kept = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "postgres").is_file()]
    return max(kept, key=lambda path: float(path.parent.name), default=None)


def as_whom() -> str | None:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else None


@pytest.fixture
def database() -> Iterator[str]:
    """The URL of an empty database on a server of the test's own; ends with it."""
    programs = binaries()
    if programs is None:
        pytest.skip(
            "PostgreSQL is not on this machine (Debian: apt install postgresql); "
            "the gradebook was tested with SQLite only"
        )
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        if user := as_whom():
            shutil.chown(folder, user)
        data = Path(folder) / "data"
        made = [programs / "initdb", "-D", data, "-A", "trust", "-U", "instructor", "-E", "UTF8", "--no-sync"]
        done = subprocess.run(made, user=user, capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0, done.stderr
        command = [programs / "postgres", "-D", data, "-k", folder, "-h", "", "-F"]
        server = subprocess.Popen(
            command, user=user, cwd=folder, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        try:
            wait_until_ready(server, f"host={folder} user=instructor dbname=postgres")
            yield f"postgresql://instructor@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def wait_until_ready(server: subprocess.Popen[bytes], connection: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended"
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(connection).close()
            return
        time.sleep(0.05)
    raise AssertionError("the server does not answer")


def test_marks_in_postgresql(marked: Path, capsys: pytest.CaptureFixture[str], database: str) -> None:
    check_the_marked_class(marked, capsys, database)
    assert not (marked / "gradebook.db").exists()
