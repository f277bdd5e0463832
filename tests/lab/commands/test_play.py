"""`lab play`: the playground as a command, from its start to Ctrl-C."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.aws.instance import Instance
from lab.machine.ports import some_free_port
from tests.lab.support import of_lab

pytestmark = pytest.mark.long
LAB = Path(sys.executable).parent / "lab"


class Events:
    """What the page's server tells, as a page that listens hears it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._connection.request("GET", "/events", headers={"Host": f"localhost:{port}"})
        self._lines = self._connection.getresponse()
        self.state: dict[str, Any] = {}

    def wait(self, name: str, value: Any) -> None:
        """Until the state has VALUE for NAME."""
        while self.state.get(name) != value:
            line = self._lines.readline().decode()
            if line.startswith("event: "):
                kind = line[7:].strip()
            elif line.startswith("data: ") and kind in ("snapshot", "changed"):
                self.state.update(json.loads(line[6:]))

    def close(self) -> None:
        self._connection.close()


@contextlib.contextmanager
def playing(state: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    command = [str(LAB), "--state", str(state), "play", "--no-browser", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(process: "subprocess.Popen[str]", words: str) -> str:
    """What it has said when it says WORDS."""
    assert process.stdout is not None
    said = ""
    while words not in said:
        line = process.stdout.readline()
        assert line, f"it ended without {words!r}: {said}"
        said += line
    return said


def test_it_starts_the_lab_outlives_its_death_and_ends_it(state: Path) -> None:
    port = some_free_port()
    with playing(state, port) as process:
        assert f"http://localhost:{port}/" in until(process, "Ctrl-C here ends it.")
        events = Events(port)
        events.wait("lab", "running")
        assert events.state["sum"]["sent"] == 0
        known = Instance(state).running
        assert known is not None
        os.kill(known.pid, signal.SIGKILL)
        until(process, "ended by itself")
        events.wait("lab", "lost")
        events.wait("lab", "running")
        assert events.state["sum"] == dict.fromkeys(events.state["sum"], 0) | {"right": True}
        assert Instance(state).running not in (None, known)
        events.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        end = time.monotonic() + 30
        while of_lab(state):
            assert time.monotonic() < end, "the lab outlives the page"
            time.sleep(0.2)


def test_a_lab_that_runs_already_goes_on(state: Path) -> None:
    Instance(state).up()
    with playing(state, some_free_port()) as process:
        until(process, "Ctrl-C here ends it.")
        process.send_signal(signal.SIGINT)
        process.wait(60)
    assert Instance(state).condition() == "running"


def test_a_port_that_is_taken(state: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with playing(state, port) as process:
            assert f"Port {port} is taken" in until(process, "is taken")
            assert process.wait(60) == 1
    assert of_lab(state) == []
