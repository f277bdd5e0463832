"""Tokens for the lab's control addresses, `/_lab/accounts/<account>/...`, made from one secret of each start.

Standard library only: the emulator imports it too. A token opens one account: all its switches ("all"), or
only what a learner's own process may touch ("learner": the clock and IAM).
"""

import hmac
from typing import Final, Literal

Scope = Literal["all", "learner"]

HEADER: Final = "X-Lab-Token"
VARIABLE: Final = "LAB_CONTROL_TOKEN"
"""Variable in a learner's environment that holds the token of the account there."""
LEARNER_SWITCHES: Final = frozenset({"clock", "iam"})


def control_token(secret: str, account: str, scope: Scope = "all") -> str:
    """The token of ACCOUNT (12 digits); whoever has it can not make another account's from it."""
    return hmac.new(secret.encode(), f"{account}/{scope}".encode(), "sha256").hexdigest()


def opens(token: str, secret: str, account: str, switch: str) -> bool:
    """Whether TOKEN may touch SWITCH of ACCOUNT. An empty secret opens nothing."""
    if not secret:
        return False
    if hmac.compare_digest(token, control_token(secret, account, "all")):
        return True
    learner = hmac.compare_digest(token, control_token(secret, account, "learner"))
    return learner and switch in LEARNER_SWITCHES
