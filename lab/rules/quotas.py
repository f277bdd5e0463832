"""The quotas of Kinesis Data Streams that the lab, the lessons and the checks use: the one place for them.

Standard library only: the emulator imports it too. `FACTS` names the fact of course/source/facts.toml that
each is of, and a test compares the two. Sources: "Quotas page" is "Quotas and limits" in the
Kinesis Data Streams developer guide (docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html);
"API model" is the description of the operation or shape in botocore 1.44.5, service `kinesis`.
"""

from dataclasses import dataclass
from typing import Final, Literal

KIB: Final = 1024
MIB: Final = 1024 * KIB

KB: Final = 1_000

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
SHARD_ITERATOR_CALLS_PER_SECOND: Final = 5
"""GetShardIterator calls a second on one shard."""
SHARD_ITERATOR_SECONDS: Final = 300
"""How long a shard iterator is valid (API model: GetShardIterator)."""
GET_RECORDS_MAX_RECORDS: Final = 10_000
GET_RECORDS_MAX_BYTES: Final = 10 * MIB
"""What one GetRecords call returns at most; after 10 MiB the shard's reads are closed for 5 s."""
FAN_OUT_BYTES_PER_SECOND: Final = 2 * MIB
"""Bytes a second for each enhanced fan-out consumer of a shard, shared with nobody."""

SUBSCRIBE_TO_SHARD_CALLS_PER_SECOND: Final = 1
"""SubscribeToShard calls a second of one consumer on one shard (API model: SubscribeToShard)."""
SUBSCRIPTION_SECONDS: Final = 300
"""How long a subscription sends events (API model: SubscribeToShard)."""
SUBSCRIPTION_TAKE_OVER_SECONDS: Final = 5
"""Before that, a second call for the same consumer and shard is refused; later it takes over."""

# Records and requests (Quotas page; API model: PutRecords, PartitionKey, MaxRecordSizeInKiB)
PUT_RECORDS_MAX_RECORDS: Final = 500
PUT_RECORDS_MAX_BYTES: Final = 10 * MIB
RECORD_DEFAULT_MAX_KIB: Final = 1_024
RECORD_LARGEST_MAX_KIB: Final = 10_240
PARTITION_KEY_MAX_CHARACTERS: Final = 256

# Listing (API model: ListShardsInput, DescribeStreamInput, ListStreamConsumersInput)
LIST_SHARDS_MAX_RESULTS: Final = 1_000
LIST_STREAMS_MAX_RESULTS: Final = 100
DESCRIBE_STREAM_MAX_SHARDS: Final = 100
LIST_CONSUMERS_MAX_RESULTS: Final = 100
NEXT_TOKEN_SECONDS: Final = 300
"""How long the pagination token of ListShards and ListStreamConsumers is valid."""

# Retention, hours (Quotas page; API model: IncreaseStreamRetentionPeriod)
RETENTION_DEFAULT_HOURS: Final = 24
RETENTION_MIN_HOURS: Final = 24
RETENTION_MAX_HOURS: Final = 8_760

# UpdateShardCount, provisioned streams only (API model: UpdateShardCount)
UPDATE_SHARD_COUNT_MAX_FACTOR: Final = 2
"""A call may at most double the number of open shards, and at most halve it."""
UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS: Final = 10
UPDATE_SHARD_COUNT_MAX_SHARDS: Final = 10_000

# Streams and shards, for each account and Region (Quotas page; API model: CreateStream)
STREAMS_BEING_CREATED: Final = 5
SHARDS_IN_LARGE_REGIONS: Final = 20_000
SHARDS_ELSEWHERE: Final = 1_000
"""The Quotas page has 1,000 or 6,000 by Region; the smaller one serves all of them here."""
LARGE_REGIONS: Final = ("us-east-1", "us-west-2", "eu-west-1")
CONSUMERS_BEING_CREATED: Final = 5
TAGS_PER_RESOURCE: Final = 50

MODE_SWITCHES_PER_24_HOURS: Final = 2
"""Provisioned to on-demand or back, for one stream (Quotas page)."""

# On-demand streams (Quotas page; developer guide, "Choose the right mode to stream in")
ON_DEMAND_STREAMS: Final = 50
"""For each account and Region."""
ON_DEMAND_START_SHARDS: Final = 4
"""What 4 MB/s and 4,000 records/s of writes, 8 MB/s of reads come to."""
ON_DEMAND_PEAK_FACTOR: Final = 2
"""Up to so many times the peak write rate of the last `ON_DEMAND_PEAK_DAYS` is absorbed."""
ON_DEMAND_PEAK_DAYS: Final = 30
ON_DEMAND_SPLIT_BYTES_PER_SECOND: Final = 500 * KB
"""A shard that receives more is split within `ON_DEMAND_SPLIT_MINUTES`."""
ON_DEMAND_SPLIT_MINUTES: Final = 15

CONSUMERS: Final = 20
"""Enhanced fan-out consumers of a stream (Quotas page; API model: RegisterStreamConsumer)."""
CONSUMERS_WITH_ADVANTAGE: Final = 50

ENCRYPTION_CHANGES_PER_24_HOURS: Final = 25
"""Successful StartStreamEncryption calls of one stream, and apart from them StopStreamEncryption calls
(Quotas page; API model: StartStreamEncryption, StopStreamEncryption)."""

ADVANTAGE_MIN_HOURS: Final = 24
"""How long On-demand Advantage lasts at least (API model: MinimumThroughputBillingCommitmentInput)."""


@dataclass(frozen=True)
class CallRate:
    """`per_second` calls of an operation for each account and Region, or for each stream; `fact` says so."""

    per_second: int
    per: Literal["account", "stream"]
    fact: str


_FIVE_PER_ACCOUNT = CallRate(5, "account", "rates.five-per-account")
_FIVE_PER_STREAM = CallRate(5, "stream", "rates.five-per-stream")
_FIVE_DISPUTED = CallRate(5, "stream", "rates.five-disputed")

CONTROL_RATES: Final[dict[str, CallRate]] = {
    "DescribeLimits": CallRate(1, "account", "rates.one-per-account"),
    "AddTagsToStream": _FIVE_PER_ACCOUNT,
    "CreateStream": _FIVE_PER_ACCOUNT,
    "DeleteStream": _FIVE_PER_ACCOUNT,
    "ListStreams": _FIVE_PER_ACCOUNT,
    "PutResourcePolicy": _FIVE_PER_ACCOUNT,
    "GetResourcePolicy": _FIVE_PER_ACCOUNT,
    "DeleteResourcePolicy": _FIVE_PER_ACCOUNT,
    "DescribeAccountSettings": _FIVE_PER_ACCOUNT,
    "UpdateAccountSettings": _FIVE_PER_ACCOUNT,
    "UpdateStreamWarmThroughput": _FIVE_PER_ACCOUNT,
    "IncreaseStreamRetentionPeriod": _FIVE_PER_STREAM,
    "DecreaseStreamRetentionPeriod": _FIVE_PER_STREAM,
    "EnableEnhancedMonitoring": _FIVE_PER_STREAM,
    "DisableEnhancedMonitoring": _FIVE_PER_STREAM,
    "DeregisterStreamConsumer": _FIVE_PER_STREAM,
    "ListStreamConsumers": _FIVE_PER_STREAM,
    "RemoveTagsFromStream": _FIVE_PER_STREAM,
    "RegisterStreamConsumer": _FIVE_DISPUTED,
    "SplitShard": _FIVE_DISPUTED,
    "MergeShards": _FIVE_DISPUTED,
    "ListTagsForStream": _FIVE_DISPUTED,
    "DescribeStream": CallRate(10, "account", "rates.ten-per-account"),
    "UpdateShardCount": CallRate(10, "account", "rates.ten-per-account"),
    "DescribeStreamSummary": CallRate(20, "account", "rates.twenty"),
    "DescribeStreamConsumer": CallRate(20, "stream", "rates.twenty"),
    "ListShards": CallRate(1_000, "stream", "rates.list-shards"),
}
"""Control-plane operations by name (Quotas page; API model). The scope of RegisterStreamConsumer,
SplitShard, MergeShards and ListTagsForStream is disputed between the two; here it is the stream."""


# Amazon Data Firehose: API model, BufferingHints, PutRecordBatch ("up to 500 records ... 1,000 KB (before
# base64 encoding), up to a limit of 4 MB for the entire request"), Data (at most 1,024,000 bytes).

FIREHOSE_BUFFER_MIB: Final = range(1, 129)
FIREHOSE_BUFFER_DEFAULT_MIB: Final = 5
FIREHOSE_BUFFER_SECONDS: Final = range(901)
FIREHOSE_BUFFER_DEFAULT_SECONDS: Final = 300
FIREHOSE_BATCH_MAX_RECORDS: Final = 500
FIREHOSE_BATCH_MAX_BYTES: Final = 4 * MIB
FIREHOSE_RECORD_MAX_BYTES: Final = 1_000 * KIB
FIREHOSE_KEPT_HOURS: Final = 24

# Firehose guide: "Amazon Data Firehose Data Transformation" (buffer hint, retries, invocation time),
# "Buffer data for dynamic partitioning" (partitions), "Understand partitioning keys", "Amazon Data Firehose
# quota" (backup).
FIREHOSE_TRANSFORM_MB: Final = (0.2, 3.0)
FIREHOSE_TRANSFORM_DEFAULT_MB: Final = 1.0
FIREHOSE_TRANSFORM_SECONDS: Final = range(901)
FIREHOSE_TRANSFORM_DEFAULT_SECONDS: Final = 60
FIREHOSE_TRANSFORM_RETRIES: Final = 3
FIREHOSE_TRANSFORM_MAX_SECONDS: Final = 300
FIREHOSE_ACTIVE_PARTITIONS: Final = 500
FIREHOSE_PARTITION_KEYS: Final = range(1, 51)
FIREHOSE_BACKUP_SECONDS: Final = range(60, 901)

FACTS: Final[dict[str, str]] = {
    "SHARD_WRITE_BYTES_PER_SECOND": "shards.write-bytes",
    "SHARD_WRITE_KIB_PER_SECOND": "shards.sizing",
    "SHARD_WRITE_RECORDS_PER_SECOND": "shards.write-records",
    "SHARD_READ_BYTES_PER_SECOND": "shards.read-bytes",
    "SHARD_READ_KIB_PER_SECOND": "shards.sizing",
    "SHARD_READ_CALLS_PER_SECOND": "shards.read-calls",
    "SHARD_ITERATOR_CALLS_PER_SECOND": "iterators.rate",
    "SHARD_ITERATOR_SECONDS": "iterators.lifetime",
    "GET_RECORDS_MAX_RECORDS": "reads.max-records",
    "GET_RECORDS_MAX_BYTES": "reads.max-bytes",
    "FAN_OUT_BYTES_PER_SECOND": "fan-out.bytes",
    "SUBSCRIBE_TO_SHARD_CALLS_PER_SECOND": "fan-out.subscription",
    "SUBSCRIPTION_SECONDS": "fan-out.subscription",
    "SUBSCRIPTION_TAKE_OVER_SECONDS": "fan-out.subscription",
    "PUT_RECORDS_MAX_RECORDS": "puts.batch-records",
    "PUT_RECORDS_MAX_BYTES": "puts.batch-bytes",
    "RECORD_DEFAULT_MAX_KIB": "records.max-size",
    "RECORD_LARGEST_MAX_KIB": "records.max-size",
    "PARTITION_KEY_MAX_CHARACTERS": "keys.length",
    "LIST_SHARDS_MAX_RESULTS": "listing.shards",
    "LIST_STREAMS_MAX_RESULTS": "listing.streams",
    "STREAMS_BEING_CREATED": "streams.creating",
    "SHARDS_IN_LARGE_REGIONS": "shards.quota",
    "SHARDS_ELSEWHERE": "shards.quota",
    "CONSUMERS_BEING_CREATED": "fan-out.creating",
    "TAGS_PER_RESOURCE": "tags.count",
    "DESCRIBE_STREAM_MAX_SHARDS": "listing.describe",
    "LIST_CONSUMERS_MAX_RESULTS": "listing.consumers",
    "NEXT_TOKEN_SECONDS": "listing.token",
    "RETENTION_DEFAULT_HOURS": "retention.default",
    "RETENTION_MIN_HOURS": "retention.range",
    "RETENTION_MAX_HOURS": "retention.range",
    "UPDATE_SHARD_COUNT_MAX_FACTOR": "resharding.factor",
    "UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS": "resharding.daily",
    "UPDATE_SHARD_COUNT_MAX_SHARDS": "resharding.most",
    "MODE_SWITCHES_PER_24_HOURS": "modes.switch",
    "ON_DEMAND_STREAMS": "on-demand.streams",
    "ON_DEMAND_START_SHARDS": "on-demand.start",
    "ON_DEMAND_PEAK_FACTOR": "on-demand.peak",
    "ON_DEMAND_PEAK_DAYS": "on-demand.peak",
    "ON_DEMAND_SPLIT_BYTES_PER_SECOND": "on-demand.split",
    "ON_DEMAND_SPLIT_MINUTES": "on-demand.split",
    "CONSUMERS": "fan-out.consumers",
    "CONSUMERS_WITH_ADVANTAGE": "fan-out.consumers",
    "ENCRYPTION_CHANGES_PER_24_HOURS": "security.changes",
    "ADVANTAGE_MIN_HOURS": "advantage.hours",
    "FIREHOSE_BUFFER_MIB": "firehose.buffer",
    "FIREHOSE_BUFFER_DEFAULT_MIB": "firehose.buffer",
    "FIREHOSE_BUFFER_SECONDS": "firehose.buffer",
    "FIREHOSE_BUFFER_DEFAULT_SECONDS": "firehose.buffer",
    "FIREHOSE_BATCH_MAX_RECORDS": "firehose.batch",
    "FIREHOSE_BATCH_MAX_BYTES": "firehose.batch",
    "FIREHOSE_RECORD_MAX_BYTES": "firehose.batch",
    "FIREHOSE_KEPT_HOURS": "firehose.retry",
    "FIREHOSE_TRANSFORM_MB": "firehose.transform",
    "FIREHOSE_TRANSFORM_DEFAULT_MB": "firehose.transform",
    "FIREHOSE_TRANSFORM_SECONDS": "firehose.transform",
    "FIREHOSE_TRANSFORM_DEFAULT_SECONDS": "firehose.transform",
    "FIREHOSE_TRANSFORM_RETRIES": "firehose.transform-retries",
    "FIREHOSE_TRANSFORM_MAX_SECONDS": "firehose.transform-time",
    "FIREHOSE_ACTIVE_PARTITIONS": "firehose.partitions",
    "FIREHOSE_PARTITION_KEYS": "firehose.partition-keys",
    "FIREHOSE_BACKUP_SECONDS": "firehose.backup",
}
"""The fact of course/source/facts.toml that each quota is of."""


def shard_limit(region: str) -> int:
    """Open shards that an account may have in a Region."""
    return SHARDS_IN_LARGE_REGIONS if region in LARGE_REGIONS else SHARDS_ELSEWHERE


def legal_shard_counts(current: int) -> range:
    """Targets that one UpdateShardCount call accepts on a stream of `current` open shards.

    Not more than double, not below half (fact resharding.factor): from 5 shards, 3 to 10.
    A stream above 10,000 shards may only go below 10,000; such streams are left out here.

    Raises ValueError when `current` is not between 1 and 10,000.
    """
    if not 1 <= current <= UPDATE_SHARD_COUNT_MAX_SHARDS:
        raise ValueError(f"a stream has 1 to {UPDATE_SHARD_COUNT_MAX_SHARDS} shards, not {current}")
    lowest = -(-current // UPDATE_SHARD_COUNT_MAX_FACTOR)
    highest = min(current * UPDATE_SHARD_COUNT_MAX_FACTOR, UPDATE_SHARD_COUNT_MAX_SHARDS)
    return range(lowest, highest + 1)
