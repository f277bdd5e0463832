"""The learner's side of grading: runs a notebook's cells and answers questions about what they defined.

Runs in a process of its own (forked by `grader.inside.preloaded`), where the learner's code is. It knows
nothing worth knowing: no expected value, no hidden check, no solution. Nothing that it says is believed; the
grader judges the answers elsewhere (`grader.engine.judge`).
"""

import builtins
import contextlib
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

from grader.inside.pace import at_pace
from grader.notebook.calls import ask_quietly, look, quietly, told
from grader.notebook.processor_host import ProcessorHost
from grader.tasks.answers import Answer, Missing, Raised, Refused, Returned, words_of
from grader.walls import wire

CELL_NAME = re.compile(r"<ipython-input-[^>]*>")
"""What IPython calls a cell in a SyntaxError."""
HELD_SECONDS: Final = 0.01


WARM_UP = (
    'import json\n\n\ndef double(number):\n    """Twice."""\n    return [2 * n for n in (number,)]\n',
    "value = {'number': double(2)}\nprint(f'{value}')\nvalue",
    "%precision 3",
    "1 / 0",
)


def warm_up(shell: Any) -> None:
    """Let what a first cell and a first question touch be touched before the fork, then forget it.

    What a module has from the beginning stays: without its `__spec__`, multiprocessing starts no process
    by "spawn" or "forkserver", which Python 3.14 does where nothing else is asked for.
    """
    at_first = vars(shell.user_module)
    of_a_module = {name: at_first[name] for name in vars(ModuleType("")) if name in at_first}
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for source in WARM_UP:
            wire.send(ours, {"do": "run", "source": source})
        for number in range(3):
            wire.send(ours, {"do": "calls", "function": "double", "seconds": 1.0})
            wire.send_text(ours, f'[{{"number": {number}}}]')
        wire.send(ours, {"do": "look", "name": "value"})
        ours.shutdown(socket.SHUT_WR)
        serve(theirs, shell)
    shell.forget_loop()
    shell.reset(new_session=True)
    shell.user_ns.update(of_a_module)


def serve(channel: socket.socket, shell: Any) -> None:
    """Answer the grader's requests until it closes the channel."""
    talk, kept = _Talk(shell, channel), _Kept(shell)
    handlers: dict[str, Callable[[dict[str, Any]], Iterator[dict[str, Any]]]] = {
        "run": lambda request: iter([_run(shell, kept, **request)]),
        "calls": lambda request: _call(shell, wire.receive_trusted(channel), **request),
        "look": lambda request: iter([as_reply(look(shell.user_ns, request["name"]))]),
        "tell": lambda request: iter([talk.tell(**request)]),
    }
    while True:
        try:
            request = wire.receive_trusted(channel)
        except wire.Gone:
            return
        talk.number = request.pop("id", None)
        kept.go_to(request.pop("task", ""))
        for place, reply in enumerate(handlers[request.pop("do")](request)):
            wire.send(channel, {**reply, "id": f"{talk.number}/{place}"})


class _Kept:
    """The notebook's names as they stood at the tasks' check cells. An answer is what stood there.

    What a later cell defined for the first time is there as well, as a learner may run cells in any order;
    but not where it would hide one of Python's own names, which the answer may use.
    """

    def __init__(self, shell: Any) -> None:
        self._shell, self._at, self._in_the_end = shell, "", dict[str, Any]()
        self._by_task: dict[str, dict[str, Any]] = {}

    def keep(self, task: str) -> None:
        self._by_task[task] = dict(self._shell.user_ns)

    def go_to(self, task: str) -> None:
        """Have the names of TASK's check cell; "": leave them as they are."""
        if not task or task == self._at:
            return
        if not self._at:
            self._in_the_end = dict(self._shell.user_ns)
        self._at, names, then = task, self._shell.user_ns, self._by_task.get(task)
        names.update(self._in_the_end)
        if then is not None:
            for name in [name for name in names if name not in then and hasattr(builtins, name)]:
                del names[name]
            names.update(then)


def _call(
    shell: Any,
    cases: list[dict[str, Any]],
    function: str,
    seconds: float,
    discard: bool = False,
    pace: float = 1.0,
) -> Iterator[dict[str, Any]]:
    """An answer for each case. Quick ones are told together, as telling takes longer than most calls.

    None waits for more than HELD_SECONDS and the time of one call. What the function waits passes at PACE.
    """
    held: list[dict[str, Any]] = []
    with quietly() as can, at_pace(pace) as skipped:
        since = time.monotonic()
        for arguments in cases:
            target = shell.user_ns.get(function)
            held.append(as_reply(ask_quietly(target, function, arguments, seconds, can, discard)))
            if time.monotonic() - since > HELD_SECONDS:
                yield {"answers": held, "skipped": skipped()}
                held, since = [], time.monotonic()
        if held:
            yield {"answers": held, "skipped": skipped()}


@dataclass
class _Talk:
    """With the grader, about a record processor; a reply goes by the number of the grader's last message."""

    shell: Any
    channel: socket.socket
    number: str | None = None
    host: ProcessorHost | None = None

    def tell(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One of KCL's messages to the learner's record processor."""
        if message["action"] == "begin" or self.host is None:
            self.host = ProcessorHost(self.shell.user_ns, self._ask_outside)
        return as_reply(told(self.host, message, seconds))

    def _ask_outside(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What the processor asks meanwhile crosses the channel, and so does the answer."""
        wire.send(self.channel, {"asks": asked, "id": f"{self.number}/0"})
        answer: dict[str, Any] = wire.receive_trusted(self.channel)
        self.number = answer.pop("id", None)
        return answer


def _run(shell: Any, kept: _Kept, source: str, keep: Sequence[str] = ()) -> dict[str, Any]:
    """Run one cell. Its output is kept for people to read and never judged."""
    from grader.inside.shell import Tail

    tail = Tail()
    with contextlib.redirect_stdout(tail), contextlib.redirect_stderr(tail):
        result = shell.run_cell(source, store_history=True)
        with contextlib.suppress(Exception):
            sys.stdout.flush()
    for task in keep:
        kept.keep(task)
    error = result.error_before_exec or result.error_in_exec
    if error is None:
        return {"output": tail.text(), "error": None}
    words = CELL_NAME.sub("the cell", words_of(error))
    return {"output": tail.text(), "error": f"{type(error).__name__}: {words}"}


def as_reply(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Returned):
        return {"returned": answer.value}
    if isinstance(answer, Raised):
        return {"raised": [answer.type, answer.message]}
    if isinstance(answer, Refused):
        return {"refused": answer.what}
    if isinstance(answer, Missing):
        return {"missing": answer.name}
    return {"timeout": ""}
