"""The sandbox for an ordinary user: the same tier by other means, tried when the tests run as root."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SYSTEM_PYTHON = next((p for p in ("/usr/bin/python3.13", "/usr/bin/python3.12", "/usr/bin/python3.11")
                      if Path(p).exists()), None)  # fmt: skip
SOMEBODY = 54321


def run_as_somebody(code: str, folder: Path) -> str:
    """CODE with the sandbox's modules, which need the standard library alone."""
    for name in ("__init__", "walls/__init__", "walls/sandbox", "walls/tree", "walls/kernel"):
        (folder / "grader/walls").mkdir(parents=True, exist_ok=True)
        shutil.copy2(PROJECT / f"grader/{name}.py", folder / f"grader/{name}.py")
    for path in (*folder.rglob("*"), *list(folder.parents)[:-2], folder):
        path.chmod(path.stat().st_mode | 0o055)
    done = subprocess.run(
        [str(SYSTEM_PYTHON), "-c", code], cwd=folder, user=SOMEBODY, group=SOMEBODY, extra_groups=[],
        capture_output=True, text=True, timeout=60, env={"PATH": os.defpath},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(SYSTEM_PYTHON is None, reason="no system Python that everybody may read")
def test_an_ordinary_user_gets_the_full_sandbox(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("somebody")
    secret = folder / "secret"
    secret.write_text("42")
    look = (
        "import os, socket\nfrom grader.walls import sandbox\n"
        "read, write = socket.socketpair()\n"
        "room = sandbox.Rooms().take()\n"
        "if room.fork() == 0:\n"
        "    sandbox.enter(room, [write.fileno()])\n"
        "    processes = sorted(p for p in os.listdir('/proc') if p.isdigit())\n"
        "    left = [l for l in open('/proc/self/status') if l[:3] == 'Cap' and int(l.split()[1], 16)]\n"
        f"    seen = [os.path.exists({str(secret)!r}), os.getuid(), processes, left]\n"
        "    write.send(repr(seen).encode())\n"
        "    os._exit(0)\n"
        "write.close()\n"
        f"print(os.path.exists({str(secret)!r}), read.recv(999).decode())"
    )
    said = run_as_somebody(look, folder)
    outside, inside = said.split(" ", 1)
    assert outside == "True", "the control: outside, the file is there"
    assert inside.strip() == f"[False, {SOMEBODY}, ['1', '2'], []]"
