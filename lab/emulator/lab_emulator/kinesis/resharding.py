"""SplitShard, MergeShards, UpdateShardCount, UpdateStreamMode and the retention calls, by AWS's rules.

Sources: API model, UpdateShardCount (double, half, ten calls in 24 hours, 10,000 shards, UNIFORM_SCALING),
SplitShard and MergeShards (provisioned streams only: ValidationException otherwise), UpdateStreamMode
(Quotas page: twice in 24 hours). The 24 hours are the lab clock's. On-demand streams: `lab_emulator.growth`.
"""

import contextlib
from typing import Any

from lab.rules import quotas
from lab_emulator.kinesis.limits.growth import Growth
from lab_emulator.kinesis.limits.meters import Meter, meter_of
from lab_emulator.kinesis.store import resharding as shards
from lab_emulator.kinesis.store.errors import (
    InvalidArgumentException,
    LimitExceededException,
    Refused,
    ValidationException,
)
from lab_emulator.kinesis.store.plan import Split, plan
from lab_emulator.kinesis.store.registry import Region
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import STREAMS

Request = dict[str, Any]
Answer = dict[str, Any]


def region_of(stream: Stream) -> Region:
    return STREAMS.region(stream.arn.account, stream.arn.region)


def split_shard(stream: Stream, request: Request) -> Answer:
    with region_of(stream).lock, stream.lock:
        _must_be_provisioned(stream)
        stream.must_be_active()
        parent, low, high = shards.split(stream, request["ShardToSplit"], int(request["NewStartingHashKey"]))
        region_of(stream).check_shards(1)
        stream.replace([parent], [low, high])
        stream.is_updated()
    return {}


def merge_shards(stream: Stream, request: Request) -> Answer:
    with stream.lock:
        _must_be_provisioned(stream)
        stream.must_be_active()
        one, other, whole = shards.merge(stream, request["ShardToMerge"], request["AdjacentShardToMerge"])
        stream.replace([one, other], [whole])
        stream.is_updated()
    return {}


def update_shard_count(stream: Stream, request: Request) -> Answer:
    """Split and merge until the ranges are equally wide. Whole or not at all, and done at once."""
    target = request["TargetShardCount"]
    region = region_of(stream)
    with region.lock, stream.lock:
        _must_be_provisioned(stream)
        stream.must_be_active()
        current, meter = len(stream.map.open), meter_of(stream)
        _check_target(stream, meter, current, target)
        in_order = sorted(stream.map.open, key=lambda shard: shard.number)
        steps = plan([shard.range for shard in in_order], target)
        region.check_shards(sum(isinstance(step, Split) for step in steps))
        shards.take(stream, steps)
        meter.note("UpdateShardCount")
        stream.is_updated()
    return {
        "StreamName": stream.name,
        "StreamARN": str(stream.arn),
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }


def _check_target(stream: Stream, meter: Meter, current: int, target: int) -> None:
    if not 1 <= target <= quotas.UPDATE_SHARD_COUNT_MAX_SHARDS:
        raise InvalidArgumentException(
            f"TargetShardCount {target}: a stream has 1 to {quotas.UPDATE_SHARD_COUNT_MAX_SHARDS} shards."
        )
    if meter.account.quotas == "off":
        return
    legal = quotas.legal_shard_counts(current)
    if target not in legal:
        raise InvalidArgumentException(
            f"UpdateShardCount cannot change {stream.where} from {current} to {target} shards: a call may "
            f"at most double the open shards and not go below half of them, here {legal[0]} to {legal[-1]}."
        )
    most = quotas.UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS
    if meter.times_today("UpdateShardCount") >= most:
        raise LimitExceededException(
            f"UpdateShardCount was called {most} times on {stream.where} in the last 24 hours, which is "
            "all that is allowed."
        )


def grow(stream: Stream) -> None:
    """Split an on-demand stream's shards whose time has come, each in the middle of its range.

    A split for which the account has no more shards is dropped; the shard's next second over the rate asks
    for it again.
    """
    meter = meter_of(stream)
    growth = meter.growth
    if growth is None or not growth.hot or meter.account.quotas == "off":
        return
    with region_of(stream).lock, stream.lock:
        due = growth.to_split(meter.minute())
        if due and stream.status == "ACTIVE":
            _split(stream, growth, due)


def _split(stream: Stream, growth: Growth, due: list[str]) -> None:
    for shard_id in due:
        growth.hot.pop(shard_id, None)
    if stream.mode != "ON_DEMAND":
        return
    chosen = [shard for shard in stream.map.open if shard.id in due and shard.range.width > 1]
    with contextlib.suppress(Refused):
        region_of(stream).check_shards(len(chosen))
        shards.take(stream, [Split(shard.range.middle + 1) for shard in chosen])
        stream.wake()


def _must_be_provisioned(stream: Stream) -> None:
    if stream.mode != "PROVISIONED":
        raise ValidationException(
            f"Request is invalid. Stream {stream.name} under account {stream.arn.account} is in On-Demand "
            "mode."
        )


def update_stream_mode(stream: Stream, request: Request) -> Answer:
    """Provisioned to on-demand or back: twice in 24 hours; the shards stay as they are."""
    wanted, most = request["StreamModeDetails"]["StreamMode"], quotas.MODE_SWITCHES_PER_24_HOURS
    meter = meter_of(stream)
    with stream.lock:
        stream.must_be_active()
        if meter.account.quotas == "aws" and meter.times_today("UpdateStreamMode") >= most:
            raise LimitExceededException(
                f"The mode of {stream.where} was switched {most} times in the last 24 hours, which is all "
                "that is allowed."
            )
        stream.mode = wanted
        meter.note("UpdateStreamMode")
        meter.growth = None
        stream.is_updated()
    return {}


def change_retention(stream: Stream, request: Request, *, longer: bool) -> Answer:
    """Longer or shorter, 24 to 8,760 hours. What has expired does not come back."""
    hours = request["RetentionPeriodHours"]
    with stream.lock:
        _check_retention(stream, hours, longer)
        stream.must_be_active()
        stream.trimmed = max(stream.trimmed, stream.horizon)
        stream.retention_hours = hours
        stream.trim()
        stream.is_updated()
    return {}


def _check_retention(stream: Stream, hours: int, longer: bool) -> None:
    now = stream.retention_hours
    words = f"Requested retention period ({hours} hours)"
    if hours < quotas.RETENTION_MIN_HOURS:
        raise InvalidArgumentException(
            f"Minimum allowed retention period is {quotas.RETENTION_MIN_HOURS} hours. {words} is too short."
        )
    if hours > quotas.RETENTION_MAX_HOURS:
        raise InvalidArgumentException(
            f"Maximum allowed retention period is {quotas.RETENTION_MAX_HOURS} hours. {words} is too long."
        )
    if (longer and hours < now) or (not longer and hours > now):
        wrong, other = ("shorter", "Decrease") if longer else ("longer", "Increase")
        raise InvalidArgumentException(
            f"{words} for stream {stream.name} can not be {wrong} than existing retention period ({now} "
            f"hours). Use {other}RetentionPeriod API."
        )
