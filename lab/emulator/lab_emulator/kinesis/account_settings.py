"""On-demand Advantage: DescribeAccountSettings, UpdateAccountSettings, and what needs it.

kinesis-mock keeps one setting for all its accounts, so the lab keeps its own, per account and Region, by the
lab's clock. Sources: API model, MinimumThroughputBillingCommitmentInput (at least 24 hours before it ends),
UpdateStreamWarmThroughput (on-demand streams of accounts with On-demand Advantage).
"""

from dataclasses import dataclass
from typing import Any

from lab.rules import quotas
from lab_emulator.accounts.registry import Account
from lab_emulator.errors import InvalidArgumentException, ValidationException
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.streams import Stream


@dataclass
class Commitment:
    """Times are the lab's, seconds since 1970. `ends`: None while nobody asked for the end."""

    since: float
    ends: float | None = None

    @property
    def earliest_end(self) -> float:
        return self.since + quotas.ADVANTAGE_MIN_HOURS * 3600


_COMMITMENTS: dict[tuple[str, str], Commitment] = {}


def has_advantage(account: Account, region: str) -> bool:
    """Whether On-demand Advantage is on."""
    made = _COMMITMENTS.get((account.id, region))
    return made is not None and (made.ends is None or account.now() < made.ends)


def describe(account: Account, region: str) -> Wire:
    """DescribeAccountSettings."""
    made = _COMMITMENTS.get((account.id, region))
    if made is None:
        return {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
    told: Wire = {"Status": "ENABLED", "StartedAt": made.since, "EarliestAllowedEndAt": made.earliest_end}
    if made.ends is not None and account.now() < made.ends:
        told["Status"] = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    elif made.ends is not None:
        told = {"Status": "DISABLED", "StartedAt": made.since, "EndedAt": made.ends}
    return {"MinimumThroughputBillingCommitment": told}


def update(account: Account, region: str, request: dict[str, Any]) -> Wire:
    """UpdateAccountSettings: switched off, it goes on until its first 24 hours are over."""
    wanted = (request.get("MinimumThroughputBillingCommitment") or {}).get("Status")
    if wanted not in ("ENABLED", "DISABLED"):
        raise InvalidArgumentException("Status of MinimumThroughputBillingCommitment: ENABLED or DISABLED.")
    if wanted == "ENABLED" and not has_advantage(account, region):
        _COMMITMENTS[account.id, region] = Commitment(account.now())
    elif has_advantage(account, region):
        made = _COMMITMENTS[account.id, region]
        made.ends = None if wanted == "ENABLED" else max(account.now(), made.earliest_end)
    return describe(account, region)


def check_warm_throughput(stream: Stream, region: str) -> None:
    """Raises ValidationException where warm throughput can't be had."""
    if stream.mode != "ON_DEMAND":
        raise ValidationException(
            f"Warm throughput is for on-demand streams; {stream.where()} is provisioned."
        )
    if not has_advantage(stream.account, region):
        raise ValidationException(
            "Warm throughput needs On-demand Advantage: first set "
            "MinimumThroughputBillingCommitment to ENABLED "
            "with UpdateAccountSettings."
        )


def forget(account_id: str) -> None:
    """The account is wiped."""
    for key in [key for key in _COMMITMENTS if key[0] == account_id]:
        del _COMMITMENTS[key]
