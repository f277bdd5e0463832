"""The relay between KCL and a record processor: all bytes pass, all events are written."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from lab.kcl.events import EventFolder

# Answers each action, with more on both streams than its messages.
ANSWERING = r"""
import json, sys
for line in sys.stdin:
    action = json.loads(line)["action"]
    print("\n{not json\n[1]", flush=True)
    print("trouble", file=sys.stderr, flush=True)
    if action == "crash":
        sys.exit(7)
    print(json.dumps({"action": "status", "responseFor": action}), flush=True)
"""
STAYING = "import sys, time; sys.stdin.readline(); print('here', flush=True); time.sleep(60)"

Relay = subprocess.Popen[str]
Begin = Callable[[str], Relay]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    started: list[Relay] = []

    def start(program: str) -> Relay:
        pipe = subprocess.PIPE
        command = [sys.executable, "-m", "lab.kcl.relay", str(tmp_path), sys.executable, "-c", program]
        started.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for relay in started:
        relay.kill()
        relay.communicate()


def kinds(folder: Path) -> list[tuple[str, str | None]]:
    return [(event.kind, event.text) for event in EventFolder(folder, "w").new()]


def test_what_is_said_passes_unchanged(begin: Begin, tmp_path: Path) -> None:
    initialize = json.dumps({"action": "initialize", "shardId": "s", "sequenceNumber": "TRIM_HORIZON"})
    out, err = begin(ANSWERING).communicate(initialize + "\n", timeout=60)
    assert out == '\n{not json\n[1]\n{"action": "status", "responseFor": "initialize"}\n'
    assert err == "trouble\n"
    seen = kinds(tmp_path)
    assert seen[0] == ("lease_won", None)
    assert ("printed", "{not json") in seen
    assert ("printed", "[1]") in seen
    assert ("complained", "trouble") in seen
    assert seen[-1] == ("processor_ended", "exit status 0")


def test_a_processor_that_ends_ends_the_relay_with_its_status(begin: Begin, tmp_path: Path) -> None:
    relay = begin(ANSWERING)
    assert relay.stdin
    relay.stdin.write('{"action": "crash"}\n')
    relay.stdin.flush()  # and KCL keeps the pipe open
    assert relay.wait(60) == 7
    assert kinds(tmp_path)[-1] == ("processor_ended", "exit status 7")


def test_a_wrong_answer_is_noted(begin: Begin, tmp_path: Path) -> None:
    program = ANSWERING.replace('"responseFor": action', '"responseFor": "initialize"')
    begin(program).communicate('{"action": "shutdownRequested"}\n', timeout=60)
    words = "It answered initialize when KCL waited for an answer to shutdownRequested."
    assert ("rule_broken", words) in kinds(tmp_path)


def test_kcl_ends_the_processor_through_the_relay(begin: Begin, tmp_path: Path) -> None:
    relay = begin(STAYING)
    assert relay.stdin
    relay.stdin.write("\n")
    relay.stdin.flush()
    assert relay.stdout
    assert relay.stdout.readline() == "here\n"
    (processor,) = psutil.Process(relay.pid).children()
    relay.send_signal(signal.SIGTERM)
    assert relay.wait(60) == 128 + signal.SIGTERM
    assert not processor.is_running() or processor.status() == psutil.STATUS_ZOMBIE
    assert kinds(tmp_path)[-1] == ("processor_ended", f"signal {signal.SIGTERM.value}")


def test_a_line_that_is_not_whole_yet_waits(tmp_path: Path) -> None:
    file = tmp_path / "1.jsonl"
    reader = EventFolder(tmp_path, "w")
    line = json.dumps({"at": 1.0, "kind": "printed", "shard": "s", "text": "x"})
    file.write_text(line[:10])
    assert reader.new() == []
    file.write_text(line + "\n")
    assert [event.text for event in reader.new()] == ["x"]
    assert reader.new() == []
