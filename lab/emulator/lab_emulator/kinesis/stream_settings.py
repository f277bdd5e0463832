"""What is set on a stream: shard-level metrics, the largest record, warm throughput.

Sources: API model, EnableEnhancedMonitoring, UpdateMaxRecordSize, UpdateStreamWarmThroughput.
"""

from typing import Any

from lab_emulator.kinesis.limits import account_settings
from lab_emulator.kinesis.store.stream import Stream

Request = dict[str, Any]
Answer = dict[str, Any]

SHARD_LEVEL = (
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
)
"""API model: MetricsName, without ALL."""


def enable_metrics(stream: Stream, request: Request) -> Answer:
    return _change_metrics(stream, stream.metrics | _named(request))


def disable_metrics(stream: Stream, request: Request) -> Answer:
    return _change_metrics(stream, stream.metrics - _named(request))


def _named(request: Request) -> frozenset[str]:
    names = frozenset(request["ShardLevelMetrics"])
    return frozenset(SHARD_LEVEL) if "ALL" in names else names


def _change_metrics(stream: Stream, desired: frozenset[str]) -> Answer:
    with stream.lock:
        stream.must_be_active()
        before, stream.metrics = stream.metrics, desired
        stream.is_updated()
    return {
        "StreamName": stream.name,
        "StreamARN": str(stream.arn),
        "CurrentShardLevelMetrics": sorted(before),
        "DesiredShardLevelMetrics": sorted(desired),
    }


def update_max_record_size(stream: Stream, request: Request) -> Answer:
    with stream.lock:
        stream.must_be_active()
        stream.record_max_kib = request["MaxRecordSizeInKiB"]
        stream.is_updated()
    return {}


def update_warm_throughput(stream: Stream, request: Request) -> Answer:
    """Kept and told; it gives a stream of the lab neither shards nor capacity."""
    with stream.lock:
        account_settings.check_warm_throughput(stream)
        stream.must_be_active()
        stream.warm_mib = request["WarmThroughputMiBps"]
        stream.is_updated()
    warm = {"TargetMiBps": stream.warm_mib, "CurrentMiBps": stream.warm_mib}
    return {"StreamARN": str(stream.arn), "StreamName": stream.name, "WarmThroughput": warm}
