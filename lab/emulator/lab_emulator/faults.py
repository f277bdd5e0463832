"""A fault plan for one account: which calls fail, told by a seed and the number of the call, never by time.

So a busy machine and a quiet one see the same faults. A plan is a list of rules, as JSON:

    {"operation": "kinesis.PutRecords", "error": "InternalFailure", "requests": [1, 4]}
    {"operation": "s3.PutObject", "error": "SlowDown", "rate": 0.2, "seed": 7}
    {"operation": "kinesis.PutRecord", "error": "InternalFailure", "requests": [2], "after": true}
    {"operation": "kinesis.PutRecords", "entries": 0.1, "seed": 7}

`requests` counts the calls of that operation from 1, since the plan was set; `rate` (0 to 1) is drawn for
each call from the seed. `after` (Kinesis only): the call takes effect and its answer is lost, which is how
a retry stores a record twice. `entries`: single records of a PutRecords that succeeds as a whole; their
`ErrorCode` is the rule's error. `until`: the last call that a rule may strike; later ones all succeed.
"""

import os
import random
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lab.rules.control_token import HEADER, opens
from lab_emulator.accounts import ACCOUNTS, Account

KNOWN = {"operation", "error", "requests", "rate", "seed", "after", "entries", "until"}
FAULTS_OF_THE_SERVER = ("InternalFailure", "InternalServerError", "ServiceUnavailable")


@dataclass
class Rule:
    """One rule of a plan, and how many calls it has seen."""

    operation: str
    error: str = "InternalFailure"
    requests: tuple[int, ...] = ()
    rate: float = 0.0
    seed: int = 0
    after: bool = False
    entries: float = 0.0
    until: int | None = None
    seen: int = 0

    def strikes(self, number: int) -> bool:
        """Whether call NUMBER, from 1, fails as a whole."""
        return number in self.requests or self._drawn(number, 0) < self.rate

    def struck_entries(self, number: int, count: int) -> frozenset[int]:
        """The places of the entries of call NUMBER that fail."""
        return frozenset(p for p in range(count) if self._drawn(number, p + 1) < self.entries)

    def _drawn(self, number: int, place: int) -> float:
        return random.Random(f"{self.seed}/{self.operation}/{number}/{place}").random()


def rule(told: Any) -> Rule:
    """A rule from JSON. Raises ValueError, in words for its author."""
    if not isinstance(told, dict) or not isinstance(told.get("operation"), str):
        raise ValueError('a rule is an object with an "operation" such as "kinesis.PutRecords"')
    if unknown := told.keys() - KNOWN:
        raise ValueError(
            f"a rule has no {', '.join(sorted(unknown))}; it may have {', '.join(sorted(KNOWN))}"
        )
    requests = told.get("requests", [])
    if not isinstance(requests, list) or not all(isinstance(n, int) and n >= 1 for n in requests):
        raise ValueError("requests is a list of numbers of calls, counted from 1")
    made = Rule(**{**told, "requests": tuple(requests)})
    for name in ("rate", "entries"):
        value = getattr(made, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise ValueError(f"{name} is a part from 0 to 1, not {value!r}")
    if made.until is not None and (isinstance(made.until, bool) or not isinstance(made.until, int)):
        raise ValueError(f"until is the number of a call, not {made.until!r}")
    if made.after and not made.operation.startswith("kinesis."):
        raise ValueError("only Kinesis calls can fail after they took effect")
    if made.entries and made.operation != "kinesis.PutRecords":
        raise ValueError("only kinesis.PutRecords has entries")
    return made


@dataclass
class Fate:
    """What the plan has in store for one call."""

    error: CommonServiceException | None = None
    after: bool = False
    entries: dict[int, str] = field(default_factory=dict)
    """The places of the entries that fail, and the error's code of each."""


def note_call(context: RequestContext) -> None:
    """Count a call of a client, and decide its fate. Raises the error of one that fails before its effect.

    Whoever shows the account's full control token looks on, as the grader does: not counted, not struck.
    """
    if context.operation is None or context.is_internal_call or _looks_on(context):
        return
    account = ACCOUNTS[context.account_id]
    name = f"{context.service.service_name}.{context.operation.name}"
    fate = _fate(account, name, context.service_request or {})
    context.lab_fate = fate
    if fate.error is not None and not fate.after:
        raise fate.error


def _looks_on(context: RequestContext) -> bool:
    token = context.request.headers.get(HEADER)
    return token is not None and opens(token, os.environ.get("LAB_SECRET", ""), context.account_id, "faults")


def _fate(account: Account, name: str, request: Any) -> Fate:
    fate = Fate()
    with account.lock:
        account.calls[name] += 1
        for one in account.faults:
            if one.operation != name:
                continue
            one.seen += 1
            if one.until is not None and one.seen > one.until:
                continue
            if one.strikes(one.seen):
                fate.error, fate.after = _error(one.error), one.after
            elif one.entries:
                struck = one.struck_entries(one.seen, len(request.get("Records") or ()))
                fate.entries |= dict.fromkeys(struck, one.error)
    return fate


def _error(code: str) -> CommonServiceException:
    server = code in FAULTS_OF_THE_SERVER
    message = "A fault of the lab's fault plan."
    return CommonServiceException(code, message, 500 if server else 400, sender_fault=not server)


def fate_of(context: RequestContext) -> Fate:
    """What was decided for a call; nothing for the lab's own calls."""
    found = getattr(context, "lab_fate", None)
    return found if isinstance(found, Fate) else Fate()
