"""The first call of a lesson: the lab answers, its switches are set back, what the lesson left is gone.

from lab import begin
begin("02-shards")
"""

import re
from collections.abc import Iterator
from typing import Any

from lab.connection import connect
from lab.control import Control, control
from lab.errors import LabError
from lab.leftovers import clear

OFF: dict[str, dict[str, Any]] = {
    "iam": {"enabled": False},
    "faults": {"rules": []},
    "endpoint_policy": {"policy": None},
    "firehose": {"speed": 1},
}
LESSON = re.compile(r"(\d\d)-[a-z0-9-]+")


def begin(lesson: str) -> None:
    """Set the account's switches back and delete what an earlier run of LESSON left; print what was found.

    LESSON is a name such as `02-shards`. Quotas and their scale become those that the lab was started with;
    IAM, faults and the policy of the VPC endpoint are off; Firehose's intervals have their length; calls are
    counted from 0; a commitment to on-demand Advantage is ended. What this lesson has made is named
    `course-02-…` and goes. What others have made stays. The clock stays too, since it never goes back.

    Raises LabError when the lab does not answer, when this is not the lab, or for a name that is none.
    """
    named = LESSON.fullmatch(lesson)
    if named is None:
        raise LabError(f"{lesson!r} is no lesson's name. It looks like this: 02-shards.")
    connect()
    switches = control()
    found = [*_set_back(switches), *clear(f"course-{named[1]}", switches)]
    print("\n".join(_words(found)))


def _set_back(switches: Control) -> Iterator[str]:
    """Every switch that stood otherwise, in words."""
    if switches.look("iam")["enabled"]:
        yield "IAM was on: now off"
    if rules := switches.look("faults")["rules"]:
        yield f"a plan of faults was on ({len(rules)} rule{'s' * (len(rules) != 1)}): now off"
    endpoint = switches.look("endpoint_policy")
    if endpoint["policy"] is not None or endpoint["context"]:
        yield "calls went through a VPC endpoint: now they don't"
    if (speed := switches.look("firehose")["speed"]) != 1:
        yield f"Firehose's intervals passed {speed:g} times as fast: now as AWS's"
    for switch, values in OFF.items():
        switches.set(switch, **values)
    began, now = switches.look("quotas_at_start"), switches.look("quotas")
    if now != began:
        yield f"quotas were {_quotas(now)}: now {_quotas(began)}"
        switches.set("quotas", **began)
    switches.set("calls")


def _quotas(told: dict[str, Any]) -> str:
    if told["mode"] == "off":
        return "off"
    return "AWS's" if told["scale"] == 1 else f"{told['scale']:g} times AWS's"


def _words(found: list[str]) -> Iterator[str]:
    if not found:
        yield "The lab is ready. Nothing is left of an earlier run."
    else:
        yield "The lab is ready. An earlier run had left something:"
        yield from (f"- {one}" for one in found)
        yield "To go on with a lesson that you left half-way, run it again from its top."
