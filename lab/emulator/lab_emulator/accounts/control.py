"""Control addresses: `/_lab/accounts/<account>/<switch>`, GET to look, POST (JSON) to set, a token needed.

A plugin adds a switch of its own by `switch("name", get, set)`; wiping asks every plugin by `on_wipe`.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import Any

from localstack.aws.api import RequestContext
from localstack.http import Request, Response
from localstack.runtime import hooks

from lab.rules.control_token import HEADER, opens
from lab_emulator.accounts.fault_plan import rule
from lab_emulator.accounts.faults import note_call
from lab_emulator.accounts.registry import ACCOUNTS, Account, States, default_quotas, default_scale

Get = Callable[[Account], Any]
Set = Callable[[Account, dict[str, Any]], None]

_SWITCHES: dict[str, tuple[Get, Set | None]] = {}
_WIPERS: list[Callable[[str], None]] = []
LONGEST_STATE_SECONDS = 86_400
TOGETHER = ("clock", "states", "quotas", "faults", "iam", "calls")
"""What the switch `all` looks at and sets: a caller that sets many is spared the requests."""
LARGEST_BODY = 2**20
"""Bytes of a POST that are read."""


def switch(name: str, get: Get, set_: Set | None = None) -> None:
    """Serve NAME under every account. `set_` raises ValueError, in words for the caller, for bad values."""
    _SWITCHES[name] = (get, set_)


def on_wipe(wiper: Callable[[str], None]) -> None:
    """Call WIPER with the account's id when an account is wiped."""
    _WIPERS.append(wiper)


def wipe(account_id: str) -> None:
    """Empty one account and leave its neighbours alone."""
    for wiper in _WIPERS:
        wiper(account_id)
    ACCOUNTS.forget(account_id)


def _answer(status: int, content: Any) -> Response:
    return Response(json.dumps(content), status=status, mimetype="application/json")


def serve(request: Request, account: str, name: str) -> Response:
    if len(account) != 12 or not (account.isascii() and account.isdecimal()):
        return _answer(404, {"error": f"{account!r} is no AWS account: that is 12 digits"})
    if not opens(request.headers.get(HEADER, ""), os.environ.get("LAB_SECRET", ""), account, name):
        return _answer(403, {"error": f"this token does not open {name} of account {account}"})
    if name not in _SWITCHES:
        return _answer(404, {"error": f"there is no {name}; there is: {', '.join(sorted(_SWITCHES))}"})
    get, set_ = _SWITCHES[name]
    if request.method == "POST":
        if set_ is None:
            return _answer(405, {"error": f"{name} can only be looked at"})
        problem = _set(request, ACCOUNTS[account], set_)
        if problem:
            return _answer(400, {"error": problem})
    return _answer(200, get(ACCOUNTS[account]))


def _set(request: Request, account: Account, set_: Set) -> str | None:
    raw = request.get_data()
    if len(raw) > LARGEST_BODY:
        return f"the body has {len(raw)} bytes; {LARGEST_BODY} are read at most"
    try:
        body = json.loads(raw or b"{}")
        if not isinstance(body, dict):
            raise ValueError("the body is not a JSON object")
        with account.lock:
            set_(account, body)
    except (ValueError, RecursionError) as error:
        return str(error)
    return None


def _set_clock(account: Account, body: dict[str, Any]) -> None:
    pace = body.get("pace")
    seconds = body.get("advance_seconds", None if pace is None else 0)
    if not _is_number(seconds):
        raise ValueError("advance_seconds is a number of seconds")
    if pace is not None:
        if not _is_number(pace):
            raise ValueError("pace is a number: how many seconds of the account pass in one of the machine's")
        account.clock.set_pace(pace)
    account.advance(seconds)


def _clock(account: Account) -> dict[str, Any]:
    return {"now": account.now(), "offset_seconds": account.clock_offset, "pace": account.clock.pace}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _set_states(account: Account, body: dict[str, Any]) -> None:
    """How long states are to be seen; what is not named stays as it is."""
    names = [one.name for one in fields(States)]
    if unknown := sorted(body.keys() - set(names)):
        raise ValueError(f"there is no {', '.join(unknown)}; there is: {', '.join(names)}")
    for name, seconds in body.items():
        if not (_is_number(seconds) and 0 <= seconds <= LONGEST_STATE_SECONDS):
            raise ValueError(f"{name} is a number of seconds from 0 to {LONGEST_STATE_SECONDS}")
    account.states = replace(account.states, **body)


def _set_quotas(account: Account, body: dict[str, Any]) -> None:
    mode, scale = body.get("mode", account.quotas), body.get("scale", account.quota_scale)
    if mode not in ("aws", "off"):
        raise ValueError(f"mode is aws or off, not {mode!r}")
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 < scale <= 1000:
        raise ValueError(f"scale is a number above 0 (1 is AWS's values), not {scale!r}")
    account.quotas, account.quota_scale = mode, float(scale)


def _set_faults(account: Account, body: dict[str, Any]) -> None:
    """Replace the plan, and count its calls from 1."""
    if not isinstance(body.get("rules"), list):
        raise ValueError("rules is a list; an empty one ends the faults")
    account.faults = [rule(told) for told in body["rules"]]


def _faults(account: Account) -> dict[str, Any]:
    return {"rules": [asdict(one) for one in account.faults]}


def _set_iam(account: Account, body: dict[str, Any]) -> None:
    if not isinstance(body.get("enabled"), bool):
        raise ValueError("enabled is true or false")
    account.iam = body["enabled"]


switch("clock", _clock, _set_clock)
switch("states", lambda account: asdict(account.states), _set_states)
switch("quotas", lambda account: {"mode": account.quotas, "scale": account.quota_scale}, _set_quotas)
switch("quotas_at_start", lambda _account: {"mode": default_quotas(), "scale": default_scale()})
switch("faults", _faults, _set_faults)
switch("iam", lambda account: {"enabled": account.iam}, _set_iam)
switch("calls", lambda account: dict(account.calls), lambda account, _body: account.calls.clear())
switch("wipe", lambda _account: {}, lambda account, _body: wipe(account.id))


def _every(account: Account) -> dict[str, Any]:
    return {name: get(account) for name, (get, _) in _SWITCHES.items() if name in TOGETHER}


def _set_every(account: Account, body: dict[str, Any]) -> None:
    """Several switches in one request, in the order in which they are named."""
    for name, values in body.items():
        set_ = _SWITCHES[name][1] if name in TOGETHER else None
        if set_ is None or not isinstance(values, dict):
            raise ValueError(f"name each of {', '.join(TOGETHER)} with an object of its values, not {name!r}")
        set_(account, values)


switch("all", _every, _set_every)


@hooks.on_infra_start()
def add_addresses() -> None:
    from localstack.services.edge import ROUTER

    ROUTER.add("/_lab/accounts/<account>/<name>", serve, methods=["GET", "POST"])


@hooks.on_infra_start()
def count_calls() -> None:
    from localstack.aws.handlers import serve_custom_service_request_handlers

    def note(_chain: object, context: RequestContext, _response: object) -> None:
        note_call(context)

    serve_custom_service_request_handlers.append(note)
