"""Between KCL and a record processor: passes every byte on and writes down what happens.

`python -m lab.kcl.relay EVENTS COMMAND ...` is what MultiLangDaemon starts for each shard. It runs COMMAND, a
record processor that knows nothing of it, and adds one JSON line an event to a new file in the folder EVENTS.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from lab.kcl.conversation import Content, Conversation


class Notes:
    """The file of events of one conversation; its threads take turns."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("ab")
        self._turn = threading.Lock()

    def note(self, understand: Callable[[], Content | None]) -> None:
        """Write what UNDERSTAND gives, if anything, with the time."""
        with self._turn:
            content = understand()
            if content is not None:
                self._file.write(json.dumps({"at": time.time(), **content}).encode() + b"\n")
                self._file.flush()


def relay(events: Path, command: list[str]) -> int:
    """Run COMMAND until it ends; its exit status, 128 + N when signal N ended it."""
    conversation, notes = Conversation(), Notes(events / f"{os.getpid()}-{time.time_ns()}.jsonl")
    pipe = subprocess.PIPE
    processor = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
    assert processor.stdin
    assert processor.stdout
    assert processor.stderr
    signal.signal(signal.SIGTERM, lambda *_: processor.terminate())  # KCL's way to end a processor

    def pass_on(source: IO[bytes], to: IO[bytes], understand: Callable[[bytes], Content | None]) -> None:
        for line in source:
            notes.note(lambda line=line: understand(line))  # type: ignore[misc]
            try:
                to.write(line)
                to.flush()
            except OSError:  # the other side has gone; what the processor still says is worth a note
                continue

    def hear(source: IO[bytes], to: IO[bytes]) -> None:
        pass_on(source, to, conversation.heard)
        to.close()  # KCL has gone: the processor reads the end of its input, as it would without a relay

    listening = threading.Thread(target=hear, args=(sys.stdin.buffer, processor.stdin), daemon=True)
    errors = threading.Thread(
        target=pass_on, args=(processor.stderr, sys.stderr.buffer, conversation.complained), daemon=True
    )
    listening.start()
    errors.start()
    pass_on(processor.stdout, sys.stdout.buffer, conversation.said)
    errors.join()
    status = processor.wait()
    notes.note(lambda: conversation.ended(status))
    return status if status >= 0 else 128 - status


def main(arguments: list[str]) -> None:
    events, command = Path(arguments[0]), arguments[1:]
    # At once, since the thread that listens to KCL may still wait for a line.
    os._exit(relay(events, command))


if __name__ == "__main__":
    main(sys.argv[1:])
