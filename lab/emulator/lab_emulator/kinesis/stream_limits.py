"""How many on-demand streams there may be, and how often a stream's encryption may change.

Sources: Quotas page (50 on-demand streams for each account and Region, none for provisioned ones); Quotas
page and API model, StartStreamEncryption and StopStreamEncryption (25 successes each in 24 hours).
"""

import contextlib

from localstack.aws.api import CommonServiceException

from lab.rules import quotas
from lab_emulator.errors import LimitExceededException
from lab_emulator.kinesis.streams import STREAMS, Stream


def on_demand_streams(account_id: str, region: str) -> int:
    """How many there are. kinesis-mock would tell those of all accounts."""
    return sum(_is_on_demand(one) for one in STREAMS.of_account(account_id) if one.region == region)


def _is_on_demand(stream: Stream) -> bool:
    with contextlib.suppress(CommonServiceException):  # it was only asked for, and is not there
        return stream.mode == "ON_DEMAND"
    return False


def check_on_demand_streams(account_id: str, region: str) -> None:
    """Whether there may be one more. Raises LimitExceededException."""
    if on_demand_streams(account_id, region) >= quotas.ON_DEMAND_STREAMS:
        raise LimitExceededException(
            f"Account {account_id} has {quotas.ON_DEMAND_STREAMS} on-demand streams in {region}, which is "
            "all it may have."
        )


def check_encryption_changes(stream: Stream, operation: str) -> None:
    """Raises LimitExceededException."""
    most = quotas.ENCRYPTION_CHANGES_PER_24_HOURS
    if stream.account.quotas == "aws" and stream.times_today(operation) >= most:
        raise LimitExceededException(
            f"{operation} succeeded {most} times on {stream.where()} in the last 24 hours, which is all that "
            "is allowed."
        )
