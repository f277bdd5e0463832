"""Ctrl-C, a closed terminal and `kill` all end a command the same way: tidily."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ended(KeyboardInterrupt):
    """A signal asked this process to end; a KeyboardInterrupt, so what tidies after Ctrl-C tidies."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def stay(_number: int, _frame: FrameType | None) -> None:
    """Go on. Not SIG_IGN: a signal that is just coming in when that is set prints a traceback of Python's."""


def raise_on_signals() -> None:
    """Turn the signals that end a process into `Ended`, once: a second one doesn't disturb the tidying."""

    def end(number: int, _frame: FrameType | None) -> None:
        for other in ENDING:
            signal.signal(other, stay)
        raise Ended(number)

    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN or number == signal.SIGINT:
            signal.signal(number, end)


@contextmanager
def deaf() -> Iterator[None]:
    """Not to be interrupted: for the few moments in which something is being put away."""
    try:
        before = {number: signal.signal(number, stay) for number in ENDING}
    except ValueError:  # not the main thread, which is the only one that signals interrupt
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
