"""A line on stderr for what takes longer than two seconds."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

QUIET_SECONDS = 2.0


@contextmanager
def progress(what: str, stream: TextIO | None = None) -> Iterator[None]:
    """Show WHAT and the seconds gone by, from the second second on, for as long as the block runs.

    In a terminal one line counts; elsewhere (a log) the line is printed once. In a notebook nothing is shown:
    its own [*] says that the cell runs, and a line would stay in what the cell has shown.
    """
    out = stream or sys.stderr
    if type(out).__module__.startswith("ipykernel"):
        yield
        return
    done = threading.Event()
    teller = threading.Thread(target=_tell, args=(what, out, done), daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()


def _tell(what: str, out: TextIO, done: threading.Event) -> None:
    start = time.monotonic()
    if done.wait(QUIET_SECONDS):
        return
    if not out.isatty():
        print(f"{what} …", file=out, flush=True)
        return
    while True:
        print(f"\r{what} … {time.monotonic() - start:.0f} s", end="", file=out, flush=True)
        if done.wait(1):
            print("\r\033[K", end="", file=out, flush=True)
            return
