"""What an account's fault plan has in store for a call: decided once, before the service sees it."""

import os
from dataclasses import dataclass, field
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lab.rules.control_token import HEADER, opens
from lab_emulator.accounts.registry import ACCOUNTS, Account

FAULTS_OF_THE_SERVER = ("InternalFailure", "InternalServerError", "ServiceUnavailable")


@dataclass
class Fate:
    """What the plan has in store for one call."""

    error: CommonServiceException | None = None
    after: bool = False
    entries: dict[int, str] = field(default_factory=dict)
    """The places of the entries that fail, and the error's code of each."""
    most: int | None = None
    """The most records that it gives."""


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
            elif one.most:
                fate.most = one.most[(one.seen - 1) % len(one.most)]
    return fate


def _error(code: str) -> CommonServiceException:
    server = code in FAULTS_OF_THE_SERVER
    message = "A fault of the lab's fault plan."
    return CommonServiceException(code, message, 500 if server else 400, sender_fault=not server)


def fate_of(context: RequestContext) -> Fate:
    """What was decided for a call; nothing for the lab's own calls."""
    found = getattr(context, "lab_fate", None)
    return found if isinstance(found, Fate) else Fate()
