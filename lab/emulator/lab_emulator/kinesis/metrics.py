"""AWS/Kinesis: what each data-plane call adds to the metrics of its stream, and of its shards when asked.

Names, units and meanings: developer guide, "Monitoring the Amazon Kinesis Data Streams Service with Amazon
CloudWatch". The guide does not say whether bytes count the partition keys; here they do, as in the quotas.
Computed from request and answer after the call, so that the operations themselves know nothing of it.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from localstack.aws.api import RequestContext
from localstack.http import Response
from localstack.runtime import hooks

from lab.rules.arn import StreamArn
from lab_emulator.accounts.control import on_wipe
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudwatch.metric_store import METRICS, Sample, dimensions
from lab_emulator.kinesis.store.errors import Refused
from lab_emulator.kinesis.store.shard import Shard, shard_id
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import SEAL, STREAMS, arn_in

NAMESPACE = "AWS/Kinesis"
THROTTLED = "ProvisionedThroughputExceededException"
OVER_THE_RATE = ("LimitExceededException", "ResourceInUseException")
"""How SubscribeToShard refuses a second call within a second, and within five (API model)."""
BYTES, COUNT, MILLISECONDS = "Bytes", "Count", "Milliseconds"
WRITE_EXCEEDED, READ_EXCEEDED = "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded"
BEGAN = "lab_began"
"""Where a request's context keeps the moment at which it began."""
_SHARD = re.compile(r"shardId-\d{12}")


class Call:
    """One call on a stream that is over: what was asked and answered, and where to add what it measured."""

    def __init__(self, context: RequestContext, arn: StreamArn) -> None:
        self.operation: str = context.operation.name
        self.request: dict[str, Any] = context.service_request or {}
        self.answer: dict[str, Any] = context.service_response or {}
        error = context.service_exception
        self.error: str | None = error.code if error else None
        self.message: str = (error.message or "") if error else ""
        self.failed_inside = bool(error) and error.status_code >= 500
        self.milliseconds = (time.perf_counter() - context.get(BEGAN)) * 1000
        self.region, self.account, self.stream = arn.region, arn.account, arn.name
        self.moment = ACCOUNTS[self.account].now()
        stream = STREAMS.find(arn)
        self.enabled = stream.metrics if stream is not None else frozenset()

    @property
    def counts(self) -> bool:
        """Whether the call says something of the stream: it worked, was throttled, or failed inside.

        A request that is wrong in itself, or not allowed, is the caller's matter.
        """
        refusals = OVER_THE_RATE if self.operation == "SubscribeToShard" else (THROTTLED,)
        return self.error is None or self.error in refusals or self.failed_inside

    def add(self, samples: list[Sample], **more: str) -> None:
        """Samples of the stream, or of what MORE names within it."""
        where = (self.account, self.region, NAMESPACE)
        METRICS.add(where, self.moment, dimensions(StreamName=self.stream, **more), samples)

    def add_shard(self, shard_id: str, samples: list[Sample]) -> None:
        """Those of SAMPLES that are enabled."""
        wanted = [sample for sample in samples if sample[0] in self.enabled]
        if wanted:
            self.add(wanted, ShardId=shard_id)


def size(entry: dict[str, Any]) -> int:
    """Bytes of one entry of a request, partition key included."""
    key = entry["PartitionKey"]
    return len(entry["Data"]) + (len(key) if key.isascii() else len(key.encode()))


def put_record(call: Call) -> None:
    name = call.operation
    samples = [(f"{name}.Latency", MILLISECONDS, call.milliseconds)]
    samples.append((f"{name}.Success", COUNT, 0 if call.error else 1))
    throttled = 1 if call.error == THROTTLED else 0
    samples.append((WRITE_EXCEEDED, COUNT, throttled))
    shard = call.answer.get("ShardId")
    if throttled:
        shard = (_SHARD.findall(call.message) or [None])[0]
    incoming: list[Sample] = []
    if not call.error:
        written = size(call.request)
        samples.append((f"{name}.Bytes", BYTES, written))
        incoming = [("IncomingBytes", BYTES, written), ("IncomingRecords", COUNT, 1)]
    call.add(samples + incoming)
    if shard and call.enabled:
        call.add_shard(shard, [*incoming, (WRITE_EXCEEDED, COUNT, throttled)])


def put_records(call: Call) -> None:
    name = call.operation
    entries = call.request["Records"]
    total = len(entries)
    samples: list[Sample] = [
        (f"{name}.Latency", MILLISECONDS, call.milliseconds),
        (f"{name}.TotalRecords", COUNT, total),
    ]
    if call.error:
        samples += [(f"{name}.Success", COUNT, 0), (f"{name}.SuccessfulRecords", COUNT, 0)]
        samples += [(f"{name}.FailedRecords", COUNT, total), (f"{name}.ThrottledRecords", COUNT, 0)]
        call.add(samples)
        return
    results = call.answer["Records"]
    refused: Counter[str] = Counter()
    if call.answer.get("FailedRecordCount"):
        refused.update(one["ErrorCode"] for one in results if one.get("ErrorCode"))
        pairs = [
            (entry, one) for entry, one in zip(entries, results, strict=True) if not one.get("ErrorCode")
        ]
        accepted = [entry for entry, _ in pairs]
    else:
        accepted = entries
    written, throttled = sum(map(size, accepted)), refused[THROTTLED]
    samples += [
        (f"{name}.Success", COUNT, 1 if accepted else 0),
        (f"{name}.SuccessfulRecords", COUNT, len(accepted)),
        (f"{name}.FailedRecords", COUNT, refused.total() - throttled),
        (f"{name}.ThrottledRecords", COUNT, throttled),
        (WRITE_EXCEEDED, COUNT, throttled),
    ]
    if accepted:
        samples.append((f"{name}.Bytes", BYTES, written))
        samples += [("IncomingBytes", BYTES, written), ("IncomingRecords", COUNT, len(accepted))]
    call.add(samples)
    if call.enabled:
        _put_records_by_shard(call, entries, results)


def _put_records_by_shard(call: Call, entries: list[dict[str, Any]], results: list[dict[str, Any]]) -> None:
    records: Counter[str] = Counter()
    written: Counter[str] = Counter()
    messages: Counter[str] = Counter()
    for entry, one in zip(entries, results, strict=True):
        if one.get("ErrorCode") == THROTTLED:
            messages[one["ErrorMessage"]] += 1
        elif not one.get("ErrorCode"):
            records[one["ShardId"]] += 1
            written[one["ShardId"]] += size(entry)
    throttled: Counter[str] = Counter()
    for message, count in messages.items():
        throttled.update(dict.fromkeys(_SHARD.findall(message)[:1], count))
    for shard in records.keys() | throttled.keys():
        samples: list[Sample] = [(WRITE_EXCEEDED, COUNT, throttled[shard])]
        if records[shard]:
            samples += [("IncomingBytes", BYTES, written[shard]), ("IncomingRecords", COUNT, records[shard])]
        call.add_shard(shard, samples)


def get_records(call: Call) -> None:
    samples, by_shard = _of_reading(call.error, call.answer, call.milliseconds)
    call.add(samples)
    if call.enabled:
        call.add_shard(shard_id(SEAL.position(call.request["ShardIterator"]).shard), by_shard)


def _of_reading(
    error: str | None, answer: Mapping[str, Any], milliseconds: float
) -> tuple[list[Sample], list[Sample]]:
    """What one GetRecords adds to the metrics of its stream, and of its shard."""
    name = "GetRecords"
    throttled = 1 if error == THROTTLED else 0
    samples: list[Sample] = [
        (f"{name}.Latency", MILLISECONDS, milliseconds),
        (f"{name}.Success", COUNT, 0 if error else 1),
        (READ_EXCEEDED, COUNT, throttled),
    ]
    by_shard: list[Sample] = [(READ_EXCEEDED, COUNT, throttled)]
    if not error:
        records = answer["Records"]
        numbers = (_size_of(records), len(records), answer.get("MillisBehindLatest") or 0)
        samples += _reading(numbers, f"{name}.Bytes", f"{name}.Records", f"{name}.IteratorAgeMilliseconds")
        by_shard += _reading(numbers, "OutgoingBytes", "OutgoingRecords", "IteratorAgeMilliseconds")
    return samples, by_shard


def count_service_read(
    stream: Stream, shard: Shard, answer: Mapping[str, Any] | None, milliseconds: float
) -> None:
    """A read that a service of the lab made inside: Lambda for a mapping. ANSWER: None when throttled."""
    samples, by_shard = _of_reading(THROTTLED if answer is None else None, answer or {}, milliseconds)
    where, moment = (stream.arn.account, stream.arn.region, NAMESPACE), stream.clock() / 1000
    METRICS.add(where, moment, dimensions(StreamName=stream.name), samples)
    if wanted := [one for one in by_shard if one[0] in stream.metrics]:
        METRICS.add(where, moment, dimensions(StreamName=stream.name, ShardId=shard.id), wanted)


def _reading(numbers: Sequence[int], *names: str) -> list[Sample]:
    """NUMBERS: bytes, records and, for three names, milliseconds."""
    units = (BYTES, COUNT, MILLISECONDS)[: len(names)]
    return list(zip(names, units, numbers, strict=True))


def _size_of(records: list[dict[str, Any]]) -> int:
    return sum(map(size, records))


def subscribe_to_shard(call: Call) -> None:
    name = call.operation
    samples: list[Sample] = [
        (f"{name}.Success", COUNT, 0 if call.error else 1),
        (f"{name}.RateExceeded", COUNT, 1 if call.error in OVER_THE_RATE else 0),
    ]
    call.add(samples)
    call.add(samples, ConsumerName=consumer_name(call.request["ConsumerARN"]))


def consumer_name(arn: str) -> str:
    """The name in a consumer's ARN, .../consumer/NAME:CREATED."""
    return arn.rpartition("/")[2].partition(":")[0]


def pushed(
    stream: Stream, request: dict[str, Any], events: Iterator[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """EVENTS, which a subscription pushes to its consumer, counted as they are sent."""
    where = (stream.arn.account, stream.arn.region, NAMESPACE)
    consumer = consumer_name(request["ConsumerARN"])
    of_stream = dimensions(StreamName=stream.name)
    of_consumer = dimensions(StreamName=stream.name, ConsumerName=consumer)
    of_shard = dimensions(StreamName=stream.name, ShardId=request["ShardId"])
    for event in events:
        records, moment = event["Records"], stream.clock() / 1000
        numbers = (_size_of(records), len(records), event["MillisBehindLatest"])
        prefix = "SubscribeToShardEvent"
        samples = _reading(numbers, f"{prefix}.Bytes", f"{prefix}.Records", f"{prefix}.MillisBehindLatest")
        samples.append((f"{prefix}.Success", COUNT, 1))
        METRICS.add(where, moment, of_stream, samples)
        METRICS.add(where, moment, of_consumer, samples)
        outgoing = _reading(numbers[:2], "OutgoingBytes", "OutgoingRecords")
        if wanted := [one for one in outgoing if one[0] in stream.metrics]:
            METRICS.add(where, moment, of_shard, wanted)
        yield event


METERED: dict[str, Callable[[Call], None]] = {
    "PutRecord": put_record,
    "PutRecords": put_records,
    "GetRecords": get_records,
    "SubscribeToShard": subscribe_to_shard,
}


def stream_of(context: RequestContext) -> StreamArn | None:
    """The stream that a request is about."""
    request = context.service_request or {}
    try:
        if iterator := request.get("ShardIterator"):
            stream = STREAMS.of_position(SEAL.position(iterator))
            return stream.arn if stream else None
        return arn_in(context, request)
    except (Refused, ValueError):
        return None


def begin(_chain: Any, context: RequestContext, _response: Response) -> None:
    """When the call began."""
    setattr(context, BEGAN, time.perf_counter())


def measure(_chain: Any, context: RequestContext, _response: Response) -> None:
    """Add what a Kinesis call that is over means for the metrics."""
    if not context.operation or not context.service or context.service.service_name != "kinesis":
        return
    metered = METERED.get(context.operation.name)
    if metered is None or context.get(BEGAN) is None:
        return
    arn = stream_of(context)
    if arn is None:
        return
    call = Call(context, arn)
    if call.counts:
        metered(call)


@hooks.on_infra_start()
def measure_kinesis() -> None:
    from localstack.aws import handlers

    handlers.serve_custom_service_request_handlers.handlers.insert(0, begin)
    handlers.run_custom_response_handlers.append(measure)
    on_wipe(METRICS.forget)
