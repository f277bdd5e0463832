"""Runs a learner's record processor where the learner's code is; whoever plays KCL is on the other side.

The processor is made with two functions, `store(sequence_number, value)` and `set_aside(sequence_number,
data)`. What they are given, and every checkpoint, is told to the other side at once, which keeps the books.
"""

from collections.abc import Callable, Mapping
from typing import Any

from grader.tasks.answers import Answer, Missing, NotPlain, Raised, Refused, Returned, plain
from lab.kcl.python_side import dispatch

Ask = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Tells something to whoever plays KCL, and gives the reply."""


class _Killed(BaseException):
    """Whoever plays KCL has the worker die here; nothing that a learner's code catches."""


class ProcessorHost:
    """One record processor at a time, of the class that NAMESPACE has under a name."""

    def __init__(self, namespace: Mapping[str, Any], ask: Ask) -> None:
        self._namespace, self._ask = namespace, ask
        self._processor: Any = None

    def tell(self, message: Mapping[str, Any]) -> Answer:
        """Pass on one of KCL's messages, or {"action": "begin", "name": class}, which makes a new processor.

        What the processor raises is an answer: KCL itself would log it and go on.
        """
        try:
            if message["action"] != "begin":
                dispatch(self._processor, message, self._exchange)
                return Returned(None)
            made = self._namespace.get(message["name"])
            if not callable(made):
                return Missing(message["name"])
            self._processor = made(self._store, self._set_aside)
        except _Killed:
            return Returned(None)  # the other side knows
        except NotPlain as refusal:
            return Refused(str(refusal))
        except Exception as error:  # noqa: BLE001 - whatever the learner's code raises
            return Raised(type(error).__name__, str(error)[:300])
        return Returned(None)

    def _exchange(self, message: dict[str, Any]) -> Mapping[str, Any]:
        reply = self._ask(message)
        if reply.get("killed"):
            raise _Killed
        return reply

    def _store(self, sequence_number: str, value: Any) -> None:
        self._exchange({"action": "store", "sequenceNumber": plain(sequence_number), "value": plain(value)})

    def _set_aside(self, sequence_number: str, data: Any) -> None:
        if not isinstance(data, bytes):
            raise TypeError(
                f"set_aside takes the record's data as bytes, and was given {type(data).__name__}"
            )
        text = data.decode(errors="replace")
        self._exchange({"action": "setAside", "sequenceNumber": plain(sequence_number), "data": text})
