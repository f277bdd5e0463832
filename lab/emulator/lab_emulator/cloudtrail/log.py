"""The log of management calls, kept for each account: who did what, when, from where, and what came of it."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from localstack.aws.api import RequestContext
from localstack.http import Response
from localstack.runtime import hooks

from lab_emulator.accounts.control import on_wipe
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudtrail.events import Event, event_of, is_logged, resources_of, user_identity, user_name

MOST_EVENTS: Final = 10_000
"""Events of one account that are kept; AWS keeps 90 days."""
IDENTITY: Final = "lab_user_identity"
"""Where a request's context keeps who called: a call may take away its own caller."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it is kept: its JSON, and what it is looked up by. `serial` grows by 1 from 1."""

    serial: int
    moment: float
    """The account's time, seconds since 1970."""
    region: str
    is_global: bool
    text: str
    attributes: dict[str, Any]
    resources: list[dict[str, str]]


class Log:
    """The events of one account, the oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_EVENTS)
        self._lock = threading.Lock()
        self.last = 0
        """The newest event's serial."""

    def add(self, event: Event, moment: float, resources: list[dict[str, str]]) -> None:
        attributes = {
            "EventId": event["eventID"],
            "EventName": event["eventName"],
            "EventSource": event["eventSource"],
            "ReadOnly": str(event["readOnly"]).lower(),
            "Username": user_name(event),
            "AccessKeyId": event["userIdentity"].get("accessKeyId", ""),
        }
        is_global = event["eventSource"] == "iam.amazonaws.com"
        with self._lock:
            self.last += 1
            text = json.dumps(event)
            self._entries.append(
                Entry(self.last, moment, event["awsRegion"], is_global, text, attributes, resources)
            )

    def newest_first(self, before: int | None = None) -> Iterator[Entry]:
        """Those with a serial below BEFORE."""
        with self._lock:
            entries = list(self._entries)
        skipped = 0 if before is None or not entries else max(entries[-1].serial - before + 1, 0)
        return islice(reversed(entries), skipped, None)

    def after(self, serial: int, until: int | None) -> list[Entry]:
        """Those with a higher serial than SERIAL, up to UNTIL, the oldest first."""
        if self.last <= serial:
            return []
        with self._lock:
            entries = list(self._entries)
        return [one for one in entries if one.serial > serial and (until is None or one.serial <= until)]


_LOGS: dict[str, Log] = {}
_LOCK = threading.Lock()


def log_of(account_id: str) -> Log:
    with _LOCK:
        return _LOGS.setdefault(account_id, Log())


def forget(account_id: str) -> None:
    with _LOCK:
        _LOGS.pop(account_id, None)


def note_caller(_chain: Any, context: RequestContext, _response: Response) -> None:
    """Who calls, before the call."""
    if is_logged(context):
        setattr(context, IDENTITY, user_identity(context))


def log_call(_chain: Any, context: RequestContext, _response: Response) -> None:
    """Log a call that is over."""
    identity = context.get(IDENTITY)
    if identity is None:
        return
    moment = ACCOUNTS[context.account_id].now()
    resources = resources_of(str(context.service.service_name), context.service_request or {})
    log_of(context.account_id).add(event_of(context, identity, moment), moment, resources)


@hooks.on_infra_start()
def keep_trail() -> None:
    from localstack.aws import handlers

    # Before those that may refuse the call: refused calls are told too.
    handlers.serve_custom_service_request_handlers.handlers.insert(0, note_caller)
    handlers.run_custom_response_handlers.append(log_call)
    on_wipe(forget)
