"""ListShards, DescribeStream, DescribeStreamSummary and ListStreams.

Rules: API model, ListShardsInput, ShardFilterType, DescribeStreamInput, ListStreamsInput.
"""

from collections.abc import Sequence
from typing import Any

from lab.rules import quotas
from lab_emulator.kinesis import page_tokens
from lab_emulator.kinesis.consumers import present
from lab_emulator.kinesis.protocol.moments import Moment, milliseconds
from lab_emulator.kinesis.reads import hash_range
from lab_emulator.kinesis.store.errors import (
    ExpiredNextTokenException,
    InvalidArgumentException,
    ResourceNotFoundException,
)
from lab_emulator.kinesis.store.registry import Region
from lab_emulator.kinesis.store.shard import Shard, shard_id
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import SEAL

Request = dict[str, Any]
Answer = dict[str, Any]
SHARDS = "shards"
NOT_BESIDE_A_TOKEN = (
    "StreamName",
    "StreamARN",
    "ExclusiveStartShardId",
    "ShardFilter",
    "StreamCreationTimestamp",
)
"""API model: ListShardsInput, NextToken; of ShardFilter and StreamARN, the token tells already."""


def list_shards(stream: Stream, request: Request) -> Answer:
    """One page of the stream's shards, those that are expired left out."""
    _check_creation(stream, request)
    request = _continued(stream, request) if request.get("NextToken") else request
    shards = _filtered(stream, request.get("ShardFilter") or {"Type": "FROM_TRIM_HORIZON"})
    if after := request.get("ExclusiveStartShardId"):
        number = stream.number_in(after)
        shards = [shard for shard in shards if shard.number > number]
    most = min(request.get("MaxResults") or quotas.LIST_SHARDS_MAX_RESULTS, quotas.LIST_SHARDS_MAX_RESULTS)
    answer: Answer = {"Shards": [told_shard(shard) for shard in shards[:most]]}
    if len(shards) > most:
        filter_ = request.get("ShardFilter")
        if filter_ and "Timestamp" in filter_:
            filter_ = filter_ | {"Timestamp": milliseconds(filter_["Timestamp"]) / 1000}
        answer["NextToken"] = page_tokens.sealed(stream, SHARDS, after=shards[most - 1].id, filter=filter_)
    return answer


def check_token(request: Request) -> None:
    """Raises InvalidArgumentException for a token beside what it tells already, in AWS's words."""
    for name in NOT_BESIDE_A_TOKEN:
        if request.get(name) is not None:
            raise InvalidArgumentException(f"NextToken and {name} cannot be provided together.")


def _continued(stream: Stream, request: Request) -> Request:
    token = page_tokens.opened_for(stream, request["NextToken"], SHARDS)
    told = {"ShardFilter": token["filter"], "ExclusiveStartShardId": token["after"]}
    return told | {"MaxResults": request.get("MaxResults")}


def _check_creation(stream: Stream, request: Request) -> None:
    created = request.get("StreamCreationTimestamp")
    if created is not None and milliseconds(created) // 1000 != stream.created // 1000:
        raise ResourceNotFoundException(
            f"Stream {stream.name} under account {stream.arn.account}, created at that time, not found."
        )


def _filtered(stream: Stream, filter_: Request) -> list[Shard]:
    kind, shards = filter_["Type"], stream.listed()
    if kind == "AFTER_SHARD_ID":
        after = stream.number_in(_needed(filter_, "ShardId"))
        return [shard for shard in shards if shard.number > after]
    if kind == "FROM_TRIM_HORIZON":
        return shards
    if kind == "AT_LATEST":
        return [shard for shard in shards if shard.is_open]
    moment = _moment(stream, kind, filter_)
    chosen = []
    for shard in shards:
        was_open = shard.closed is None or shard.closed >= moment
        if was_open and (kind == "FROM_TIMESTAMP" or shard.created <= moment):
            chosen.append(shard)
    return chosen


def _moment(stream: Stream, kind: str, filter_: Request) -> int:
    """The lab's time that a filter speaks of, not before the trim horizon or the stream itself."""
    oldest = max(stream.horizon, stream.created)
    if kind == "AT_TRIM_HORIZON":
        return oldest
    return max(oldest, milliseconds(_needed(filter_, "Timestamp")))


def _needed(filter_: Request, name: str) -> Any:
    if filter_.get(name) is None:
        raise InvalidArgumentException(f"A ShardFilter of type {filter_['Type']} needs {name}.")
    return filter_[name]


def told_shard(shard: Shard) -> Answer:
    told: Answer = {"ShardId": shard.id}
    for name, parent in zip(("ParentShardId", "AdjacentParentShardId"), shard.parents, strict=False):
        told[name] = shard_id(parent)
    numbers = {"StartingSequenceNumber": shard.starting_number}
    if (ending := shard.ending_number) is not None:
        numbers["EndingSequenceNumber"] = ending
    return told | {"HashKeyRange": hash_range(shard), "SequenceNumberRange": numbers}


def describe_stream(stream: Stream, request: Request) -> Answer:
    """The stream with at most 100 of its shards."""
    shards: Sequence[Shard] = stream.listed()
    if after := request.get("ExclusiveStartShardId"):
        number = stream.number_in(after)
        shards = [shard for shard in shards if shard.number > number]
    most = min(request.get("Limit") or quotas.DESCRIBE_STREAM_MAX_SHARDS, quotas.DESCRIBE_STREAM_MAX_SHARDS)
    told = _described(stream) | {
        "Shards": [told_shard(shard) for shard in shards[:most]],
        "HasMoreShards": len(shards) > most,
    }
    return {"StreamDescription": told}


def describe_stream_summary(stream: Stream) -> Answer:
    """The stream without its shards."""
    told = _described(stream) | {
        "OpenShardCount": 0 if stream.status == "CREATING" else len(stream.map.open),
        "ConsumerCount": len(present(stream)),
        "MaxRecordSizeInKiB": stream.record_max_kib,
    }
    if stream.warm_mib is not None:
        told["WarmThroughput"] = {"TargetMiBps": stream.warm_mib, "CurrentMiBps": stream.warm_mib}
    return {"StreamDescriptionSummary": told}


def _described(stream: Stream) -> Answer:
    metrics = {"ShardLevelMetrics": sorted(stream.metrics)} if stream.metrics else {"ShardLevelMetrics": []}
    told: Answer = {
        "StreamName": stream.name,
        "StreamARN": str(stream.arn),
        "StreamStatus": stream.status or "DELETING",
        "StreamModeDetails": {"StreamMode": stream.mode},
        "RetentionPeriodHours": stream.retention_hours,
        "StreamCreationTimestamp": Moment(stream.created),
        "EnhancedMonitoring": [metrics],
        "EncryptionType": "KMS" if stream.key_id else "NONE",
    }
    return told | ({"KeyId": stream.key_id} if stream.key_id else {})


def list_streams(region: Region, request: Request) -> Answer:
    """One page of the account's streams in a Region, in the order of their names."""
    after = request.get("ExclusiveStartStreamName")
    if token := request.get("NextToken"):
        after = _after(region, token)
    found = [stream for stream in region.all() if after is None or stream.name > after]
    most = min(request.get("Limit") or quotas.LIST_STREAMS_MAX_RESULTS, quotas.LIST_STREAMS_MAX_RESULTS)
    page = found[:most]
    answer: Answer = {
        "StreamNames": [stream.name for stream in page],
        "HasMoreStreams": len(found) > most,
        "StreamSummaries": [_summary(stream) for stream in page],
    }
    if len(found) > most:
        place = {"account": region.account, "region": region.name, "issued": region.clock()}
        answer["NextToken"] = SEAL.token(kind="streams", after=page[-1].name, **place)
    return answer


def _after(region: Region, token: str) -> str:
    content = page_tokens.opened(token, "streams")
    if (content["account"], content["region"]) != (region.account, region.name):
        raise InvalidArgumentException("Invalid NextToken.")
    if region.clock() - content["issued"] > quotas.NEXT_TOKEN_SECONDS * 1000:
        raise ExpiredNextTokenException("Pagination token expired.")
    return str(content["after"])


def _summary(stream: Stream) -> Answer:
    return {
        "StreamName": stream.name,
        "StreamARN": str(stream.arn),
        "StreamStatus": stream.status or "DELETING",
        "StreamModeDetails": {"StreamMode": stream.mode},
        "StreamCreationTimestamp": Moment(stream.created),
    }
