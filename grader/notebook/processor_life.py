"""One life of a record processor in the notebook: a process of its own, forked from the kernel, to crash.

So a crash is what it is with the real KCL: what the processor kept in memory, in its class or in the
notebook's variables is gone, and the next one begins as the notebook stands. Nothing that it does changes
the notebook.
"""

import contextlib
import os
import signal
import socket
import warnings
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from grader.notebook.processor_host import ProcessorHost
from grader.tasks.answers import Answer, Missing, Raised, Refused, Returned, Stopped
from grader.tasks.scenarios.stage import Asked
from grader.walls import wire

GRACE = 2.0
"""Seconds beyond a call's own limit, in which the process itself ends it."""

Tell = Callable[[ProcessorHost, Mapping[str, Any], float], Answer]
"""Has a host handle a message within so many seconds."""


class ProcessorLife:
    """A host for the processors of NAMESPACE, which TELL lets work, in a fork of this process."""

    def __init__(self, namespace: Mapping[str, Any], tell: Tell) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs, warnings.catch_warnings():
            # A kernel has threads. The fork uses none of them, and no lock of theirs.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._child = os.fork()
            if self._child == 0:
                _live(theirs, self._channel, namespace, tell)
        self._limit: Stopped | None = None

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float) -> Answer:
        """One of KCL's messages; ASKED answers what the processor asks meanwhile."""
        if self._limit is not None:
            return self._limit
        request: dict[str, Any] = {"message": dict(message), "seconds": seconds}
        try:
            while True:
                wire.send(self._channel, request)
                reply = wire.receive(self._channel, seconds + GRACE)
                if "asks" not in reply:
                    return _answer(reply)
                request = asked(reply["asks"])
        except wire.Hung:
            self._limit = Stopped("timeout", f"limit for one call: {seconds:g} s")
        except (wire.Gone, OSError):
            self._limit = Stopped("crashed", "the process ended")
        return self._limit

    def end(self) -> None:
        """As a crash ends it: at once."""
        self._channel.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._child, 0)


def _live(channel: socket.socket, other: socket.socket, namespace: Mapping[str, Any], tell: Tell) -> NoReturn:
    try:
        other.close()
        host = ProcessorHost(namespace, lambda told: _ask(channel, told))
        while True:
            request = wire.receive_trusted(channel)
            wire.send(channel, _reply(tell(host, request["message"], request["seconds"])))
    finally:
        os._exit(0)  # whatever happens: two kernels must not answer the same notebook


def _ask(channel: socket.socket, told: dict[str, Any]) -> Mapping[str, Any]:
    wire.send(channel, {"asks": told})
    answer: Mapping[str, Any] = wire.receive_trusted(channel)
    return answer


def _reply(answer: Answer) -> dict[str, Any]:
    match answer:
        case Raised(kind, message):
            return {"raised": [kind, message]}
        case Refused(what):
            return {"refused": what}
        case Missing():
            return {"missing": answer.name}
        case Stopped():
            return {"stopped": [answer.outcome, answer.limit]}
    return {"returned": None}


def _answer(reply: Mapping[str, Any]) -> Answer:
    match reply:
        case {"raised": [kind, message]}:
            return Raised(kind, message)
        case {"refused": what}:
            return Refused(what)
        case {"missing": name}:
            return Missing(name)
        case {"stopped": [outcome, limit]}:
            return Stopped(outcome, limit)
    return Returned(None)
