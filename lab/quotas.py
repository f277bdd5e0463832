"""The quotas of Kinesis Data Streams that the lab, the lessons and the checks use: the one place for them.

Standard library only: the emulator imports it too. Sources: "Quotas page" is "Quotas and limits" in the
Kinesis Data Streams developer guide (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html);
"API model" is the description of the operation or shape in botocore 1.44.5, service `kinesis`.
"""

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# Writing, per shard (Quotas page; API model: CreateStream)
SHARD_WRITE_BYTES_PER_SECOND: Final = 1 * MIB
"""Bytes a second a shard takes, partition keys included."""
SHARD_WRITE_KIB_PER_SECOND: Final = SHARD_WRITE_BYTES_PER_SECOND // KIB
SHARD_WRITE_RECORDS_PER_SECOND: Final = 1_000

# Reading, per shard (Quotas page; API model: GetRecords, RegisterStreamConsumer)
SHARD_READ_BYTES_PER_SECOND: Final = 2 * MIB
"""Bytes a second that all callers of GetRecords share."""
SHARD_READ_KIB_PER_SECOND: Final = SHARD_READ_BYTES_PER_SECOND // KIB
SHARD_READ_CALLS_PER_SECOND: Final = 5
FAN_OUT_BYTES_PER_SECOND: Final = 2 * MIB
"""Bytes a second for each enhanced fan-out consumer of a shard, shared with nobody."""

# Records and requests (Quotas page; API model: PutRecords, PartitionKey, MaxRecordSizeInKiB)
PUT_RECORDS_MAX_RECORDS: Final = 500
PUT_RECORDS_MAX_BYTES: Final = 10 * MIB
RECORD_DEFAULT_MAX_KIB: Final = 1_024
RECORD_LARGEST_MAX_KIB: Final = 10_240
PARTITION_KEY_MAX_CHARACTERS: Final = 256

# Retention, hours (Quotas page; API model: IncreaseStreamRetentionPeriod)
RETENTION_DEFAULT_HOURS: Final = 24
RETENTION_MIN_HOURS: Final = 24
RETENTION_MAX_HOURS: Final = 8_760

# UpdateShardCount, provisioned streams only (API model: UpdateShardCount)
UPDATE_SHARD_COUNT_MAX_FACTOR: Final = 2
"""A call may at most double the number of open shards, and at most halve it."""
UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS: Final = 10
UPDATE_SHARD_COUNT_MAX_SHARDS: Final = 10_000


def legal_shard_counts(current: int) -> range:
    """Targets that one UpdateShardCount call accepts on a stream of `current` open shards.

    Not more than double, not below half (API model: UpdateShardCount): from 5 shards, 3 to 10.
    A stream above 10,000 shards may only go below 10,000; such streams are left out here.

    Raises ValueError when `current` is not between 1 and 10,000.
    """
    if not 1 <= current <= UPDATE_SHARD_COUNT_MAX_SHARDS:
        raise ValueError(f"a stream has 1 to {UPDATE_SHARD_COUNT_MAX_SHARDS} shards, not {current}")
    lowest = -(-current // UPDATE_SHARD_COUNT_MAX_FACTOR)
    highest = min(current * UPDATE_SHARD_COUNT_MAX_FACTOR, UPDATE_SHARD_COUNT_MAX_SHARDS)
    return range(lowest, highest + 1)
