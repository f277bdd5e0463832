"""On-demand Advantage: DescribeAccountSettings, UpdateAccountSettings, and what needs it.

Kept for each account and Region, by the account's clock. Sources: API model,
MinimumThroughputBillingCommitmentInput (at least 24 hours before it ends), UpdateStreamWarmThroughput
(on-demand streams of accounts with On-demand Advantage).
"""

from dataclasses import dataclass
from typing import Any

from lab.rules import quotas
from lab_emulator.accounts.registry import Account
from lab_emulator.kinesis.protocol.moments import Moment
from lab_emulator.kinesis.store.errors import ValidationException
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import owner

Answer = dict[str, Any]


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


def describe(account: Account, region: str) -> Answer:
    """DescribeAccountSettings."""
    made = _COMMITMENTS.get((account.id, region))
    if made is None:
        return {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
    began, earliest = _moment(made.since), _moment(made.earliest_end)
    told: Answer = {"Status": "ENABLED", "StartedAt": began, "EarliestAllowedEndAt": earliest}
    if made.ends is not None and account.now() < made.ends:
        told["Status"] = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
    elif made.ends is not None:
        told = {"Status": "DISABLED", "StartedAt": began, "EndedAt": _moment(made.ends)}
    return {"MinimumThroughputBillingCommitment": told}


def _moment(seconds: float) -> Moment:
    return Moment(round(seconds * 1000))


def update(account: Account, region: str, request: dict[str, Any]) -> Answer:
    """UpdateAccountSettings: switched off, it goes on until its first 24 hours are over."""
    wanted = request["MinimumThroughputBillingCommitment"]["Status"]
    if wanted == "ENABLED" and not has_advantage(account, region):
        _COMMITMENTS[account.id, region] = Commitment(account.now())
    elif has_advantage(account, region):
        made = _COMMITMENTS[account.id, region]
        made.ends = None if wanted == "ENABLED" else max(account.now(), made.earliest_end)
    return describe(account, region)


def check_warm_throughput(stream: Stream) -> None:
    """Raises ValidationException where warm throughput can't be had."""
    if stream.mode != "ON_DEMAND":
        raise ValidationException(f"Warm throughput is for on-demand streams; {stream.where} is provisioned.")
    check_advantage(owner(stream), stream.arn.region)


def check_advantage(account: Account, region: str) -> None:
    """Raises ValidationException where warm throughput can't be had."""
    if not has_advantage(account, region):
        raise ValidationException(
            "Warm throughput needs On-demand Advantage: first set "
            "MinimumThroughputBillingCommitment to ENABLED "
            "with UpdateAccountSettings."
        )


def forget(account_id: str) -> None:
    """The account is wiped."""
    for key in [key for key in _COMMITMENTS if key[0] == account_id]:
        del _COMMITMENTS[key]
