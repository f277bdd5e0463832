"""SplitShard, MergeShards, UpdateShardCount, UpdateStreamMode and the retention calls, by AWS's rules.

Sources: API model, UpdateShardCount (double, half, ten calls in 24 hours, 10,000 shards, UNIFORM_SCALING),
SplitShard and MergeShards (provisioned streams only: ValidationException otherwise), UpdateStreamMode
(Quotas page: twice in 24 hours). The 24 hours are the lab clock's. On-demand streams:
`lab_emulator.kinesis.shards.growth`.
"""

import contextlib
import time
from typing import Any

from localstack.aws.api import CommonServiceException

from lab.rules import quotas
from lab.rules.hash_space import is_open, range_of
from lab_emulator.errors import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ValidationException,
)
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.shards.growth import Growth
from lab_emulator.kinesis.shards.reshard_plan import Merge, Split, plan
from lab_emulator.kinesis.streams import Stream

Request = dict[str, Any]
ACTIVE_SECONDS = 30.0


def change_shards(stream: Stream, operation: str, request: Request) -> Wire:
    """SplitShard or MergeShards."""
    _must_be_provisioned(stream, operation)
    if stream.resharding.locked():
        raise ResourceInUseException(f"Stream {stream.name} is not ACTIVE: it is being resharded.")
    try:
        return stream.backend.call(operation, _named(stream, request))
    finally:
        stream.changed()
        stream.shards()


def update_shard_count(stream: Stream, request: Request) -> Wire:
    """Split and merge until the ranges are equally wide. It is done when the call returns.

    Reads and writes go on meanwhile; another resharding is refused with ResourceInUseException.
    """
    if not stream.resharding.acquire(blocking=False):
        raise ResourceInUseException(f"Stream {stream.name} is not ACTIVE: it is being resharded.")
    try:
        return _update_shard_count(stream, request["TargetShardCount"])
    finally:
        stream.changed()
        stream.resharding.release()
        stream.shards()


def _update_shard_count(stream: Stream, target: int) -> Wire:
    stream.changed()
    _must_be_provisioned(stream, "UpdateShardCount")
    if stream.summary()["StreamStatus"] != "ACTIVE":
        raise ResourceInUseException(f"Stream {stream.name} is not ACTIVE.")
    shards = stream.shards()
    current = len(shards.open)
    _check_target(stream, current, target)
    stream.note("UpdateShardCount")
    for step in plan([range_of(shard) for shard in shards.shards if is_open(shard)], target):
        _take(stream, step)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }


def _check_target(stream: Stream, current: int, target: int) -> None:
    if not 1 <= target <= quotas.UPDATE_SHARD_COUNT_MAX_SHARDS:
        raise InvalidArgumentException(
            f"TargetShardCount {target}: a stream has 1 to {quotas.UPDATE_SHARD_COUNT_MAX_SHARDS} shards."
        )
    if stream.account.quotas == "off":
        return
    legal = quotas.legal_shard_counts(current)
    if target not in legal:
        raise InvalidArgumentException(
            f"UpdateShardCount cannot change {stream.where()} from {current} to {target} shards: a call may "
            f"at most double the open shards and not go below half of them, here {legal[0]} to {legal[-1]}."
        )
    most = quotas.UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS
    if stream.times_today("UpdateShardCount") >= most:
        raise LimitExceededException(
            f"UpdateShardCount was called {most} times on {stream.where()} in the last 24 hours, which is "
            "all that is allowed."
        )


def grow(stream: Stream) -> None:
    """Split an on-demand stream's shards whose time has come, each in the middle of its range.

    A split that kinesis-mock refuses, for having no more shards to give, is dropped; the shard's next
    second over the rate asks for it again.
    """
    growth = stream.growth
    if growth is None or not growth.hot or not growth.to_split(stream.minute()):
        return
    if stream.account.quotas == "off" or not stream.resharding.acquire(blocking=False):
        return
    try:
        with contextlib.suppress(CommonServiceException):
            _split(stream, growth)
    finally:
        stream.changed()
        stream.resharding.release()


def _split(stream: Stream, growth: Growth) -> None:
    with stream.lock:
        due = set(growth.to_split(stream.minute()))
        for shard_id in due:
            del growth.hot[shard_id]
    stream.changed()
    if stream.mode != "ON_DEMAND":
        return
    shards = [range_of(shard) for shard in stream.shards().open if shard["ShardId"] in due]
    for one in shards:
        if one.width > 1:
            _take(stream, Split(one.middle + 1))


def _take(stream: Stream, step: Split | Merge) -> None:
    stream.changed()
    open_shards = stream.shards().open
    if isinstance(step, Split):
        parent = next(s for s in open_shards if step.at - 1 in range_of(s))
        request = {"ShardToSplit": parent["ShardId"], "NewStartingHashKey": str(step.at)}
        stream.backend.call("SplitShard", _named(stream, request))
    else:
        left = next(s for s in open_shards if step.at - 1 in range_of(s))
        right = next(s for s in open_shards if step.at in range_of(s))
        request = {"ShardToMerge": left["ShardId"], "AdjacentShardToMerge": right["ShardId"]}
        stream.backend.call("MergeShards", _named(stream, request))
    _wait_until_active(stream)


def _wait_until_active(stream: Stream) -> None:
    """kinesis-mock needs a moment after each step."""
    deadline = time.monotonic() + ACTIVE_SECONDS
    while time.monotonic() < deadline:
        answer = stream.backend.call("DescribeStreamSummary", {"StreamARN": stream.arn})
        if answer["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE":
            return
        time.sleep(0.002)
    raise ResourceInUseException(f"Stream {stream.name} is still UPDATING.")


def _must_be_provisioned(stream: Stream, operation: str) -> None:
    if stream.mode != "PROVISIONED":
        raise ValidationException(
            f"{operation} is only for streams in provisioned capacity mode; {stream.where()} is on-demand."
        )


def _named(stream: Stream, request: Request) -> Request:
    return {name: value for name, value in request.items() if name != "StreamName"} | {
        "StreamARN": stream.arn
    }


def update_stream_mode(stream: Stream, request: Request) -> Wire:
    """Provisioned to on-demand or back: twice in 24 hours; the shards stay as they are."""
    most = quotas.MODE_SWITCHES_PER_24_HOURS
    if stream.account.quotas == "aws" and stream.times_today("UpdateStreamMode") >= most:
        raise LimitExceededException(
            f"The mode of {stream.where()} was switched {most} times in the last 24 hours, which is all that "
            "is allowed."
        )
    try:
        answer = stream.backend.call("UpdateStreamMode", request)
        stream.note("UpdateStreamMode")
        stream.growth = None
        return answer
    finally:
        stream.changed()


def change_retention(stream: Stream, operation: str, request: Request) -> Wire:
    """Longer or shorter, 24 to 8,760 hours. What has expired does not come back."""
    hours, now = request["RetentionPeriodHours"], stream.summary()["RetentionPeriodHours"]
    if not quotas.RETENTION_MIN_HOURS <= hours <= quotas.RETENTION_MAX_HOURS:
        raise InvalidArgumentException(
            f"RetentionPeriodHours {hours}: a stream keeps its records {quotas.RETENTION_MIN_HOURS} to "
            f"{quotas.RETENTION_MAX_HOURS} hours."
        )
    longer = operation == "IncreaseStreamRetentionPeriod"
    if (longer and hours < now) or (not longer and hours > now):
        raise InvalidArgumentException(
            f"Requested retention period ({hours} hours) for {stream.where()} can not be "
            f"{'shorter' if longer else 'longer'} than existing retention period ({now} hours). Use "
            f"{'DecreaseStreamRetentionPeriod' if longer else 'IncreaseStreamRetentionPeriod'} API."
        )
    horizon = stream.horizon_ms()
    try:
        answer = stream.backend.call(operation, _named(stream, request))
        stream.trimmed_ms = max(stream.trimmed_ms, horizon)
        return answer
    finally:
        stream.changed()
