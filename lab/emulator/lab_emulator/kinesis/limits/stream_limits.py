"""How many on-demand streams there may be, and how often a stream's encryption may change.

Sources: Quotas page (50 on-demand streams for each account and Region, none for provisioned ones); Quotas
page and API model, StartStreamEncryption and StopStreamEncryption (25 successes each in 24 hours).
"""

from lab.rules import quotas
from lab_emulator.kinesis.limits.meters import meter_of
from lab_emulator.kinesis.store.errors import LimitExceededException
from lab_emulator.kinesis.store.registry import Region
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import owner


def on_demand_streams(region: Region) -> int:
    """How many there are in an account's Region."""
    return sum(stream.mode == "ON_DEMAND" for stream in region.all())


def check_on_demand_streams(region: Region) -> None:
    """Whether there may be one more. Raises LimitExceededException."""
    if on_demand_streams(region) >= quotas.ON_DEMAND_STREAMS:
        raise LimitExceededException(
            f"Account {region.account} has {quotas.ON_DEMAND_STREAMS} on-demand streams in {region.name}, "
            "which is all it may have."
        )


def check_encryption_changes(stream: Stream, operation: str) -> None:
    """Raises LimitExceededException."""
    most = quotas.ENCRYPTION_CHANGES_PER_24_HOURS
    if owner(stream).quotas == "aws" and meter_of(stream).times_today(operation) >= most:
        raise LimitExceededException(
            f"{operation} succeeded {most} times on {stream.where} in the last 24 hours, which is all that "
            "is allowed."
        )
