"""Runs a learner's record processor, or Lambda handler, where the learner's code is.

Whoever plays KCL, or the event source mapping, is on the other side. The processor is made with two
functions, `store(sequence_number, value)` and `set_aside(sequence_number, data)`, a handler with the first
alone. What they are given, every checkpoint, and what a handler answers, is told to the other side at once,
which keeps the books.
"""

from collections.abc import Callable, Mapping
from typing import Any

from grader.tasks.answers import Answer, Missing, NotPlain, Raised, Refused, Returned, plain, words_of
from lab.kcl.python_side import dispatch

Ask = Callable[[dict[str, Any]], Mapping[str, Any]]
"""Tells something to whoever plays KCL or the mapping, and gives the reply."""


class _Killed(BaseException):
    """Whoever plays KCL has the worker die here; nothing that a learner's code catches."""


class ProcessorHost:
    """One record processor or handler at a time, made by what NAMESPACE has under a name."""

    def __init__(self, namespace: Mapping[str, Any], ask: Ask) -> None:
        self._namespace, self._ask = namespace, ask
        self._processor: Any = None

    def tell(self, message: Mapping[str, Any]) -> Answer:
        """Pass on a message of KCL's, or one of two others.

        {"action": "begin", "name": class or function} makes a new processor; with "gets": ["store"] a
        handler. {"action": "invoke", "event": ...} calls the handler. What is raised is an answer: KCL
        itself would log it and go on, and a mapping would try again.
        """
        try:
            match message["action"]:
                case "begin":
                    return self._begin(message)
                case "invoke":
                    answer = self._processor(message["event"], None)
                    self._exchange({"action": "answered", "value": plain(answer)})
                case _:
                    dispatch(self._processor, message, self._exchange)
        except _Killed:
            return Returned(None)  # the other side knows
        except NotPlain as refusal:
            return Refused(str(refusal))
        except Exception as error:  # noqa: BLE001 - whatever the learner's code raises
            return Raised(type(error).__name__, words_of(error))
        return Returned(None)

    def _begin(self, message: Mapping[str, Any]) -> Answer:
        made = self._namespace.get(message["name"])
        if not callable(made):
            return Missing(message["name"])
        gets = {"store": self._store, "set_aside": self._set_aside}
        self._processor = made(*(gets[name] for name in message.get("gets", gets)))
        return Returned(None)

    def _exchange(self, message: dict[str, Any]) -> Mapping[str, Any]:
        reply = self._ask(message)
        if reply.get("killed"):
            raise _Killed
        if "error" in reply and message["action"] == "store":
            raise ConnectionError(reply["error"])
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
