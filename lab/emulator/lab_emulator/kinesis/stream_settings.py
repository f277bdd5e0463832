"""What is set on a stream: encryption, shard-level metrics, the largest record, warm throughput.

Sources: API model, StartStreamEncryption, EnableEnhancedMonitoring, UpdateMaxRecordSize,
UpdateStreamWarmThroughput.
"""

from typing import Any

from lab_emulator.kinesis.limits import account_settings, stream_limits
from lab_emulator.kinesis.limits.meters import meter_of
from lab_emulator.kinesis.store.errors import InvalidArgumentException
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
START, STOP = "StartStreamEncryption", "StopStreamEncryption"


def start_encryption(stream: Stream, request: Request) -> Answer:
    _must_be_kms(request)
    return _change_encryption(stream, START, request["KeyId"])


def stop_encryption(stream: Stream, request: Request) -> Answer:
    _must_be_kms(request)
    return _change_encryption(stream, STOP, None)


def _must_be_kms(request: Request) -> None:
    if request["EncryptionType"] != "KMS":
        raise InvalidArgumentException("The only valid EncryptionType is KMS.")


def _change_encryption(stream: Stream, operation: str, key_id: str | None) -> Answer:
    with stream.lock:
        stream.must_be_active()
        stream_limits.check_encryption_changes(stream, operation)
        stream.encrypt(key_id)
        meter_of(stream).note(operation)
        stream.is_updated()
    return {}


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
