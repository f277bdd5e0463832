"""ListShards, DescribeStream and DescribeStreamSummary: answered from the shard map, by the lab's clock.

kinesis-mock lists expired shards, gives at most 100 a call and reads its filters otherwise than AWS.
Rules: API model, ListShardsInput, ShardFilterType, DescribeStreamInput.
"""

from typing import Any

from lab.rules import quotas
from lab_emulator.accounts.registry import Account
from lab_emulator.errors import InvalidArgumentException
from lab_emulator.kinesis import page_tokens
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.reads import milliseconds
from lab_emulator.kinesis.streams import Stream

Request = dict[str, Any]
IN_TOKEN = ("after", "filter")


def arn_of_token(token: str) -> str:
    """The stream that a NextToken belongs to. Raises InvalidArgumentException."""
    return str(page_tokens.opened(token, *IN_TOKEN)["arn"])


def list_shards(stream: Stream, request: Request) -> Wire:
    """One page of the stream's shards, those that are expired left out."""
    request = _continued(stream, request) if request.get("NextToken") else request
    shards = _filtered(stream, request.get("ShardFilter") or {"Type": "FROM_TRIM_HORIZON"})
    if after := request.get("ExclusiveStartShardId"):
        shards = [shard for shard in shards if shard["ShardId"] > after]
    most = min(request.get("MaxResults") or quotas.LIST_SHARDS_MAX_RESULTS, quotas.LIST_SHARDS_MAX_RESULTS)
    answer: Wire = {"Shards": shards[:most]}
    if len(shards) > most:
        filter_ = request.get("ShardFilter")
        if filter_ and "Timestamp" in filter_:
            filter_ = filter_ | {"Timestamp": milliseconds(filter_["Timestamp"]) / 1000}
        answer["NextToken"] = page_tokens.sealed(stream, after=shards[most - 1]["ShardId"], filter=filter_)
    return answer


def _continued(stream: Stream, request: Request) -> Request:
    others = {
        "StreamName",
        "ExclusiveStartShardId",
        "ShardFilter",
        "StreamCreationTimestamp",
    } & request.keys()
    if others:
        raise InvalidArgumentException(
            f"NextToken and {', '.join(sorted(others))} cannot be provided together."
        )
    token = page_tokens.opened_for(stream, request["NextToken"], *IN_TOKEN)
    told = {"ShardFilter": token["filter"], "ExclusiveStartShardId": token["after"]}
    return told | {"MaxResults": request.get("MaxResults")}


def _filtered(stream: Stream, filter_: Request) -> list[Wire]:
    kind, shards = filter_["Type"], stream.listed_shards()
    if kind == "AFTER_SHARD_ID":
        return [shard for shard in shards if shard["ShardId"] > _needed(filter_, "ShardId")]
    if kind == "FROM_TRIM_HORIZON":
        return shards
    moment = _moment(stream, kind, filter_)
    chosen = []
    for shard in shards:
        life = stream.lives[shard["ShardId"]]
        made = stream.account.timeline.lab(life.created)
        ended = None if life.closed is None else stream.account.timeline.lab(life.closed)
        was_open = ended is None or ended >= moment
        if was_open and (kind == "FROM_TIMESTAMP" or made <= moment):
            chosen.append(shard)
    return chosen


def _moment(stream: Stream, kind: str, filter_: Request) -> int:
    """The lab's time that a filter speaks of, not before the trim horizon or the stream itself."""
    if kind == "AT_LATEST":
        return stream.account.now_ms()
    oldest = max(stream.horizon_ms(), stream.account.timeline.lab(stream.created_ms))
    if kind == "AT_TRIM_HORIZON":
        return oldest
    return max(oldest, milliseconds(_needed(filter_, "Timestamp")))


def _needed(filter_: Request, name: str) -> Any:
    if filter_.get(name) is None:
        raise InvalidArgumentException(f"A ShardFilter of type {filter_['Type']} needs {name}.")
    return filter_[name]


def list_streams(answer: Wire, account: Account) -> Wire:
    """kinesis-mock's page of streams with the token that paginators ask for, and times by the lab's clock."""
    if answer.get("HasMoreStreams") and answer["StreamNames"]:
        answer["NextToken"] = answer["StreamNames"][-1]
    summaries = [in_lab_time(account, one) for one in answer.get("StreamSummaries") or ()]
    return answer | ({"StreamSummaries": summaries} if summaries else {})


def describe_stream(stream: Stream, request: Request) -> Wire:
    """The stream with at most 100 of its shards."""
    description = stream.backend.call("DescribeStream", {"StreamARN": stream.arn, "Limit": 1})
    told: Wire = description["StreamDescription"]
    shards = stream.listed_shards()
    if after := request.get("ExclusiveStartShardId"):
        shards = [shard for shard in shards if shard["ShardId"] > after]
    most = min(request.get("Limit") or quotas.DESCRIBE_STREAM_MAX_SHARDS, quotas.DESCRIBE_STREAM_MAX_SHARDS)
    told |= {"Shards": shards[:most], "HasMoreShards": len(shards) > most}
    return {"StreamDescription": in_lab_time(stream.account, told)}


def describe_stream_summary(stream: Stream) -> Wire:
    """The stream without its shards."""
    answer = stream.backend.call("DescribeStreamSummary", {"StreamARN": stream.arn})
    return {"StreamDescriptionSummary": in_lab_time(stream.account, answer["StreamDescriptionSummary"])}


def in_lab_time(account: Account, told: Wire) -> Wire:
    """A description with its times of creation moved from the machine's clock to the lab's."""
    moved = {
        name: account.timeline.lab(round(told[name] * 1000)) / 1000
        for name in ("StreamCreationTimestamp", "ConsumerCreationTimestamp")
        if isinstance(told.get(name), int | float)
    }
    return told | moved
