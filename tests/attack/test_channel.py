"""A14, A30: what a learner's process sends to the grader itself, past every function that it should go by.

The attacks write to the channel's descriptor, which they find by trying.
"""

import json
import socket
import time
from pathlib import Path

import pytest

from grader.classroom import results
from grader.engine import judge
from grader.engine.process import LearnerProcess
from grader.tasks.answers import accept
from grader.walls import wire
from tests.attack.conftest import REST, TASK, Arena
from tests.grader.conftest import Grader, Submit

WRITE = """
import json, os, socket, struct, threading, time
def sockets():
    for number in range(3, 256):
        try:
            found = socket.socket(fileno=os.dup(number))
            found.getpeername()
            yield found
        except OSError: pass
def frame(message):
    text = message if isinstance(message, bytes) else json.dumps(message).encode()
    return struct.pack(">I", len(text)) + text
"""
AHEAD = (
    WRITE
    + f"""
def {TASK}(shard):
    for to in sockets(): to.sendall(frame({{"answers": [{{"returned": "1"}}]}}) * 3)
    return "0"
"""
)


def test_a14_a_reply_is_tied_to_its_request(arena: Arena, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replies for later cases, sent ahead: they lack the number of their request, which cannot be guessed."""
    mark = arena.attack(AHEAD)
    assert (mark["outcome"], mark["limit"]) == ("crashed", "the process broke the protocol")
    assert arena.score == REST
    monkeypatch.setattr(LearnerProcess, "_is_due", lambda _self, _number: True)
    assert "returned '1'" in arena.said(AHEAD), "the control: without a number they are heard"


DRIP = (
    WRITE
    + f"""
def {TASK}(shard):
    every = list(sockets())
    for to in every: to.sendall(struct.pack(">I", 8_000_000))
    for _ in range(150):
        for to in every: to.sendall(b" ")
        time.sleep(0.2)
"""
)


def test_a14_a_reply_that_comes_drop_by_drop_is_late(arena: Arena) -> None:
    """Bounded at 30 s for one call; it is tried a second time, with one case at a time."""
    began = time.monotonic()
    mark = arena.attack(DRIP)
    assert (mark["outcome"], mark["limit"]) == ("timeout", "limit for one call: 5 s")
    assert time.monotonic() - began < 25, "the drops alone take 30 s"


@pytest.mark.parametrize(
    "message",
    [
        b'{"returned": 1e999, "id": "%s"}',
        b'{"returned": NaN, "id": "%s"}',
        b'{"returned": "\\ud800", "id": "%s"}',
        b'{"returned": {"\\ud800": 1}, "id": "%s"}',
        b'{"returned": ' + b"[" * 20 + b"]" * 20 + b', "id": "%s"}',
        b'{"returned": [' + b"1," * 60_000 + b'1], "id": "%s"}',
        b'{"returned": ' + b"9" * 10_000 + b', "id": "%s"}',
    ],
    ids=["infinite", "no number", "half a character", "half in a key", "deep", "many", "long number"],
)
def test_a14_what_no_answer_of_ours_would_be_is_refused(message: bytes) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for sent in (message % b"7", b'{"returned": "0", "id": "7"}'):
            theirs.sendall(len(sent).to_bytes(4, "big") + sent)
        with pytest.raises(wire.Gone):
            wire.receive(ours, 1)
        assert wire.receive(ours, 1) == {"returned": "0", "id": "7"}, "the control: the next one is heard"


HALF = f"def {TASK}(shard):\n    raise ValueError('half \\ud800 \\u2028 \\x85 told')"


def test_a30_words_that_cannot_be_written_down_cost_nobody_a_line(
    course: Path, submit: Submit, grader: Grader
) -> None:
    """Half a character would end the run when it is logged; odd ends of lines would break the results."""
    submit("mallory", {TASK: HALF}, solved=True)
    submit("neighbour", solved=True)
    done = grader("autograde", "02-shards", "--seed", "seed", "--trust")
    assert done.returncode == 0, done.stderr
    path = course / ".grader/02-shards/results.jsonl"
    scores = {line["student"]: line["score"] for line in results.read(path)}
    assert scores == {"mallory": REST, "neighbour": 25}
    assert "told" in path.read_text()
    assert grader("show", "02-shards").returncode == 0
    with pytest.raises(json.JSONDecodeError):  # the control: as lines are read elsewhere
        [json.loads(line) for line in path.read_text().splitlines()]
    with pytest.raises(ValueError, match="not whole"):
        accept("\ud800")


LOOK = f"""
import ctypes, re
def {TASK}(shard):
    found = set()
    for line in open("/proc/self/maps"):
        if " rw-p " not in line: continue
        begin, end = (int(number, 16) for number in line.split()[0].split("-"))
        found.update(re.findall(b"mark-of-the-{{1}}neighbour", ctypes.string_at(begin, end - begin)))
    return [text.decode() for text in sorted(found)]
"""


def test_a6_nothing_of_the_submission_before_is_left_in_memory(
    arena: Arena, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a submission is given (name, account, token) never is in the process that all are forked from."""

    given = judge._home
    monkeypatch.setattr(judge, "_home", lambda home: {**given(home), "MARK": "mark-of-the-" + "neighbour"})
    arena.grade("neighbour")
    assert "returned ['mark-of-the-neighbour']" in arena.said(LOOK), "the control: its own is there"
    monkeypatch.setattr(judge, "_home", given)
    assert "returned []" in arena.said(LOOK)
