"""Every Kinesis operation of the lab: from checked parameters to the answer."""

from collections.abc import Callable
from typing import Any, NoReturn

from localstack.aws.api import RequestContext

from lab.rules import quotas
from lab.rules.arn import StreamArn
from lab_emulator.accounts.faults import fate_of
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.kinesis import (
    consumers,
    encryption,
    fan_out,
    listing,
    metrics,
    page_tokens,
    reads,
    resharding,
    sharing,
    stream_settings,
    streams,
    tagging,
    writes,
)
from lab_emulator.kinesis.limits import account_settings, stream_limits
from lab_emulator.kinesis.store.consumers import Consumer
from lab_emulator.kinesis.store.errors import (
    DryRunOperationException,
    InvalidArgumentException,
    ResourceInUseException,
    ResourceNotFoundException,
    ValidationException,
)
from lab_emulator.kinesis.store.registry import Region
from lab_emulator.kinesis.store.shard import shard_number
from lab_emulator.kinesis.store.stream import Stream, no_shard
from lab_emulator.kinesis.streams import STREAMS

Request = dict[str, Any]
Answer = dict[str, Any]
Operation = Callable[[RequestContext, Request], Any]

ON_DEMAND, PROVISIONED = "ON_DEMAND", "PROVISIONED"


def _stream(context: RequestContext, request: Request) -> Stream:
    """The stream that a request names, grown if it is time to. Raises InvalidArgumentException,
    ResourceNotFoundException."""
    found = streams.existing(context, streams.needed_arn(context, request))
    resharding.grow(found)
    return found


def _check_shard_names(context: RequestContext, request: Request, *members: str) -> None:
    """Names that are no shard's are told before the stream is looked up (seen).

    Raises ResourceNotFoundException.
    """
    for member in members:
        if shard_number(request[member]) is None:
            raise no_shard(request[member], streams.needed_arn(context, request))


def _region(context: RequestContext) -> Region:
    return STREAMS.region(context.account_id, context.region)


def _tried() -> NoReturn:
    raise DryRunOperationException(
        "The request would have succeeded, but the DryRun parameter was specified."
    )


# Records


def put_record(context: RequestContext, request: Request) -> Answer:
    stream = _stream(context, request)
    if request.get("DryRun"):
        writes.try_put(stream, request)
        _tried()
    return writes.put_record(stream, request)


def put_records(context: RequestContext, request: Request) -> Answer:
    stream = _stream(context, request)
    if request.get("DryRun"):
        writes.try_put(stream, request)
        _tried()
    return writes.put_records(stream, request, fate_of(context).entries)


def get_shard_iterator(context: RequestContext, request: Request) -> Answer:
    is_try = bool(request.get("DryRun"))
    _check_shard_names(context, request, "ShardId")
    answer = reads.get_shard_iterator(_stream_of_shard(context, request), request, is_try=is_try)
    if is_try:
        _tried()
    return answer


def _stream_of_shard(context: RequestContext, request: Request) -> Stream:
    """The same as `_stream`. Without the stream, AWS's words are of the shard (seen)."""
    try:
        return _stream(context, request)
    except ResourceNotFoundException:
        raise reads.no_such_shard(streams.needed_arn(context, request), request["ShardId"]) from None


def get_records(context: RequestContext, request: Request) -> Answer:
    position = reads.position_of(request["ShardIterator"])
    named = streams.arn_in(context, request)
    stream = reads.stream_of_iterator(position)
    if position.region != context.region:
        raise InvalidArgumentException("Invalid ShardIterator.")
    if named is not None and named != stream.arn:
        raise InvalidArgumentException(
            f"StreamARN {named} is not the stream that the ShardIterator was made for."
        )
    resharding.grow(stream)
    if request.get("DryRun"):
        _tried()
    return reads.get_records(stream, position, request.get("Limit"), fate_of(context).most)


def subscribe_to_shard(context: RequestContext, request: Request) -> Any:
    """The only answer that is a stream of events."""
    stream, consumer = consumers.find(context, request)
    if request.get("DryRun"):
        fan_out.check(stream, consumer, request)
        _tried()
    events = fan_out.subscribe(stream, consumer, request)
    return metrics.pushed(stream, request, events)


# Streams


def create_stream(context: RequestContext, request: Request) -> Answer:
    count = request.get("ShardCount")
    asked = request.get("StreamModeDetails") or {}
    # Without a mode, the number of shards decides (developer guide, "Create a stream using the APIs").
    mode = asked.get("StreamMode", ON_DEMAND if count is None else PROVISIONED)
    _check_distribution(request, mode)
    if mode == PROVISIONED and count is None:
        raise ValidationException(
            "1 validation error detected: Value null at 'shardCount' failed to satisfy constraint: Member "
            "must not be null"
        )
    if mode == ON_DEMAND:
        count = quotas.ON_DEMAND_START_SHARDS
    arn = StreamArn(context.partition, context.region, context.account_id, request["StreamName"])
    region, account = _region(context), ACCOUNTS[context.account_id]
    warm = request.get("WarmThroughputMiBps")
    if warm is not None and mode == PROVISIONED:
        raise ValidationException("Warm throughput is for on-demand streams.")
    with region.lock:
        if mode == ON_DEMAND:
            stream_limits.check_on_demand_streams(region)
        if warm is not None:
            account_settings.check_advantage(account, context.region)
        made = region.create(arn, count)
        made.tags = tagging.checked(made, {}, request.get("Tags") or {})
        made.mode, made.warm_mib = mode, warm
        made.record_max_kib = request.get("MaxRecordSizeInKiB") or quotas.RECORD_DEFAULT_MAX_KIB
        STREAMS.add(made)
    return {}


def _check_distribution(request: Request, mode: str) -> None:
    if request.get("RecordDistributionStrategy") == "AUTO":
        if mode == PROVISIONED:
            raise InvalidArgumentException(
                "RecordDistributionStrategy AUTO is only for streams in on-demand capacity mode."
            )
        raise InvalidArgumentException(
            "RecordDistributionStrategy AUTO is not there in this lab: its streams place records by their "
            "partition keys (USER_PARTITION_KEY)."
        )


def delete_stream(context: RequestContext, request: Request) -> Answer:
    stream = _stream(context, request)
    with _region(context).lock, stream.lock:
        if stream.status == "DELETING":
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.arn.account} is being deleted already."
            )
        if consumers.present(stream) and not request.get("EnforceConsumerDeletion"):
            raise ResourceInUseException(
                f"Stream {stream.name} under account {stream.arn.account} can't be deleted: there are "
                "consumers associated with this data stream. Deregister them first, or set "
                "EnforceConsumerDeletion to true."
            )
        STREAMS.delete(stream)
    fan_out.end(stream)
    return {}


def describe_stream(context: RequestContext, request: Request) -> Answer:
    return listing.describe_stream(_stream(context, request), request)


def describe_stream_summary(context: RequestContext, request: Request) -> Answer:
    return listing.describe_stream_summary(_stream(context, request))


def list_streams(context: RequestContext, request: Request) -> Answer:
    return listing.list_streams(_region(context), request)


def list_shards(context: RequestContext, request: Request) -> Answer:
    if token := request.get("NextToken"):
        listing.check_token(request)
        stream = streams.existing(context, page_tokens.arn_of(token, listing.SHARDS))
    else:
        if not (request.get("StreamName") or request.get("StreamARN")):
            raise InvalidArgumentException("Either NextToken or StreamName should be provided.")
        stream = _stream(context, request)
    return listing.list_shards(stream, request)


def describe_limits(context: RequestContext, _request: Request) -> Answer:
    region = _region(context)
    return {
        "ShardLimit": quotas.shard_limit(context.region),
        "OpenShardCount": region.open_shards,
        "OnDemandStreamCount": stream_limits.on_demand_streams(region),
        "OnDemandStreamCountLimit": quotas.ON_DEMAND_STREAMS,
    }


# Shards and settings


def split_shard(context: RequestContext, request: Request) -> Answer:
    _check_shard_names(context, request, "ShardToSplit")
    return resharding.split_shard(_stream(context, request), request)


def merge_shards(context: RequestContext, request: Request) -> Answer:
    _check_shard_names(context, request, "ShardToMerge", "AdjacentShardToMerge")
    return resharding.merge_shards(_stream(context, request), request)


def update_shard_count(context: RequestContext, request: Request) -> Answer:
    return resharding.update_shard_count(_stream(context, request), request)


def update_stream_mode(context: RequestContext, request: Request) -> Answer:
    stream, warm = _stream(context, request), request.get("WarmThroughputMiBps")
    wanted = request["StreamModeDetails"]["StreamMode"]
    if warm is not None and wanted != ON_DEMAND:
        raise ValidationException("WarmThroughputMiBps is only for a change to on-demand capacity mode.")
    with _region(context).lock:
        if wanted == ON_DEMAND and stream.mode != ON_DEMAND:
            stream_limits.check_on_demand_streams(_region(context))
            if warm is not None:
                account_settings.check_advantage(ACCOUNTS[context.account_id], context.region)
        answer = resharding.update_stream_mode(stream, request)
        stream.warm_mib = warm
    return answer


def increase_stream_retention_period(context: RequestContext, request: Request) -> Answer:
    return resharding.change_retention(_stream(context, request), request, longer=True)


def decrease_stream_retention_period(context: RequestContext, request: Request) -> Answer:
    return resharding.change_retention(_stream(context, request), request, longer=False)


def update_stream_record_distribution_strategy(context: RequestContext, request: Request) -> Answer:
    stream = _stream(context, request)
    _check_distribution(request, stream.mode)
    return {}


def _on_stream(operation: Callable[[Stream, Request], Answer]) -> Operation:
    return lambda context, request: operation(_stream(context, request), request)


# Consumers


def register_stream_consumer(context: RequestContext, request: Request) -> Answer:
    return consumers.register(_stream(context, request), request)


def describe_stream_consumer(context: RequestContext, request: Request) -> Answer:
    return consumers.described(*consumers.find(context, request))


def deregister_stream_consumer(context: RequestContext, request: Request) -> Answer:
    return consumers.deregister(*consumers.find(context, request))


def list_stream_consumers(context: RequestContext, request: Request) -> Answer:
    return consumers.page(_stream(context, request), request)


# Tags and policies


def _resource(context: RequestContext, request: Request) -> tuple[Stream, Stream | Consumer]:
    """The stream or consumer that ResourceARN names, and its stream. Raises ResourceNotFoundException."""
    named = streams.parsed(request["ResourceARN"], "ResourceARN")
    stream = streams.existing(context, streams.stream_of(named))
    if isinstance(named, StreamArn):
        return stream, stream
    consumer = consumers.present(stream).get(named.name)
    if consumer is None or consumer.arn != str(named):
        raise ResourceNotFoundException(f"Consumer {named}, account {stream.arn.account} not found.")
    return stream, consumer


def add_tags_to_stream(context: RequestContext, request: Request) -> Answer:
    stream = _stream(context, request)
    with stream.lock:
        stream.tags = tagging.checked(stream, stream.tags, request["Tags"])
    return {}


def remove_tags_from_stream(context: RequestContext, request: Request) -> Answer:
    stream = _stream(context, request)
    with stream.lock:
        stream.tags = tagging.without(stream, stream.tags, request["TagKeys"])
    return {}


def list_tags_for_stream(context: RequestContext, request: Request) -> Answer:
    return tagging.page(_stream(context, request), request)


def tag_resource(context: RequestContext, request: Request) -> Answer:
    stream, resource = _resource(context, request)
    with stream.lock:
        resource.tags = tagging.checked(stream, resource.tags, request["Tags"])
    return {}


def untag_resource(context: RequestContext, request: Request) -> Answer:
    stream, resource = _resource(context, request)
    with stream.lock:
        resource.tags = tagging.without(stream, resource.tags, request["TagKeys"])
    return {}


def list_tags_for_resource(context: RequestContext, request: Request) -> Answer:
    return {"Tags": tagging.listed(_resource(context, request)[1].tags)}


def put_resource_policy(context: RequestContext, request: Request) -> Answer:
    return sharing.put(_resource(context, request)[1], request["Policy"])


def get_resource_policy(context: RequestContext, request: Request) -> Answer:
    return sharing.get(_resource(context, request)[1])


def delete_resource_policy(context: RequestContext, request: Request) -> Answer:
    return sharing.delete(_resource(context, request)[1])


# Account


def describe_account_settings(context: RequestContext, _request: Request) -> Answer:
    return account_settings.describe(ACCOUNTS[context.account_id], context.region)


def update_account_settings(context: RequestContext, request: Request) -> Answer:
    return account_settings.update(ACCOUNTS[context.account_id], context.region, request)


def _missing(context: RequestContext, _request: Request) -> NoReturn:
    raise InvalidArgumentException(
        f"{context.operation.name} is not there in this lab: it has streams, shards, records and consumers, "
        "and no channels or queues."
    )


OPERATIONS: dict[str, Operation] = {
    "AddTagsToStream": add_tags_to_stream,
    "CreateStream": create_stream,
    "DecreaseStreamRetentionPeriod": decrease_stream_retention_period,
    "DeleteResourcePolicy": delete_resource_policy,
    "DeleteStream": delete_stream,
    "DeregisterStreamConsumer": deregister_stream_consumer,
    "DescribeAccountSettings": describe_account_settings,
    "DescribeLimits": describe_limits,
    "DescribeStream": describe_stream,
    "DescribeStreamConsumer": describe_stream_consumer,
    "DescribeStreamSummary": describe_stream_summary,
    "DisableEnhancedMonitoring": _on_stream(stream_settings.disable_metrics),
    "EnableEnhancedMonitoring": _on_stream(stream_settings.enable_metrics),
    "GetRecords": get_records,
    "GetResourcePolicy": get_resource_policy,
    "GetShardIterator": get_shard_iterator,
    "IncreaseStreamRetentionPeriod": increase_stream_retention_period,
    "ListShards": list_shards,
    "ListStreamConsumers": list_stream_consumers,
    "ListStreams": list_streams,
    "ListTagsForResource": list_tags_for_resource,
    "ListTagsForStream": list_tags_for_stream,
    "MergeShards": merge_shards,
    "PutRecord": put_record,
    "PutRecords": put_records,
    "PutResourcePolicy": put_resource_policy,
    "RegisterStreamConsumer": register_stream_consumer,
    "RemoveTagsFromStream": remove_tags_from_stream,
    "SplitShard": split_shard,
    "StartStreamEncryption": _on_stream(encryption.start),
    "StopStreamEncryption": _on_stream(encryption.stop),
    "SubscribeToShard": subscribe_to_shard,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    "UpdateAccountSettings": update_account_settings,
    "UpdateMaxRecordSize": _on_stream(stream_settings.update_max_record_size),
    "UpdateShardCount": update_shard_count,
    "UpdateStreamMode": update_stream_mode,
    "UpdateStreamRecordDistributionStrategy": update_stream_record_distribution_strategy,
    "UpdateStreamWarmThroughput": _on_stream(stream_settings.update_warm_throughput),
}
"""What is there; every other operation of the API model is refused by name."""


def operation(name: str) -> Operation:
    return OPERATIONS.get(name, _missing)
