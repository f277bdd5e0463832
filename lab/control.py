"""The lab's switches of one account, asked over HTTP: its clock, quotas, faults, the calls it made.

What asks is imported on first use: every graded notebook's process has this module, and few ask.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lab.aws.environment import LEARNER_ACCOUNT
from lab.errors import LabError
from lab.rules.control_token import HEADER, VARIABLE, control_token

if TYPE_CHECKING:
    from lab.aws.instance import Instance
    from lab.machine.kept_line import Line

SECONDS = 60.0


@dataclass(frozen=True)
class Control:
    """The switches of ACCOUNT (12 digits) in the lab at ENDPOINT (a URL), opened by TOKEN."""

    endpoint: str
    account: str
    token: str
    line: "Line | None" = field(default=None, compare=False)
    """A connection to the lab that is kept, whoever closes it; else each request has one of its own."""

    def on(self, line: "Line") -> "Control":
        """The same switches, asked on LINE."""
        return replace(self, line=line)

    def look(self, switch: str) -> dict[str, Any]:
        """How a switch stands. Raises LabError."""
        return self._ask("GET", switch, None)

    def set(self, switch: str, **values: Any) -> dict[str, Any]:
        """Set a switch; how it stands then. Raises LabError, with the lab's own words for a bad value."""
        return self._ask("POST", switch, json.dumps(values).encode())

    def set_all(self, **switches: Mapping[str, Any]) -> dict[str, Any]:
        """Set several switches in one request, in this order; how all stand then. Raises LabError."""
        return self._ask("POST", "all", json.dumps(switches).encode())

    def _ask(self, method: str, switch: str, body: bytes | None) -> dict[str, Any]:
        from lab.machine.kept_line import Line

        path = f"/_lab/accounts/{self.account}/{switch}"
        headers = {HEADER: self.token, "Content-Type": "application/json"}
        line = self.line or Line(self.endpoint, SECONDS)
        try:
            status, text = line.ask(method, path, headers, body or b"")
        except OSError:
            raise LabError(f"The lab does not answer at {self.endpoint}. Start it: lab up") from None
        finally:
            if line is not self.line:
                line.close()
        return _told(status, text, switch)


def _told(status: int, text: bytes, switch: str) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise LabError(f"What answers is not the lab, or an older one ({switch}, status {status}): lab up")
    if status != 200:
        raise LabError(f"The lab refuses: {answer.get('error', f'status {status}')}.")
    return answer


def control(account: str | None = None, variables: Mapping[str, str] = os.environ) -> Control:
    """The switches of ACCOUNT, by default of the account that boto3 uses here.

    In a learner's graded process $LAB_CONTROL_TOKEN opens the clock and IAM of its own account; elsewhere
    the lab's state folder ($LAB_STATE or the lab's own) has the secret. Raises LabError when no lab runs.
    """
    from lab.aws.instance import Instance

    ours = account or _account_in(variables) or LEARNER_ACCOUNT
    if VARIABLE in variables and "AWS_ENDPOINT_URL" in variables:
        return Control(variables["AWS_ENDPOINT_URL"], ours, variables[VARIABLE])
    return control_of(Instance(), ours)


def control_of(instance: "Instance", account: str) -> Control:
    """The switches of ACCOUNT in the lab INSTANCE. Raises LabError when it does not run."""
    known = instance.running
    if known is None:
        raise LabError("The lab is not running. Start it: lab up")
    return Control(known.endpoint, account, control_token(known.secret, account))


def _account_in(variables: Mapping[str, str]) -> str | None:
    key = variables.get("AWS_ACCESS_KEY_ID", "")
    return key if len(key) == 12 and key.isascii() and key.isdecimal() else None
