"""Where to read from: what GetShardIterator and SubscribeToShard are told, as a place in a shard.

Words: as seen of AWS in public.
"""

from dataclasses import dataclass

from lab.rules import sequence_numbers
from lab_emulator.kinesis.store.errors import InvalidArgumentException
from lab_emulator.kinesis.store.shard import Shard, shard_id
from lab_emulator.kinesis.store.stream import Stream

BY_NUMBER = ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")


@dataclass(frozen=True)
class Start:
    """`kind`: a ShardIteratorType. `moment`: milliseconds since 1970."""

    kind: str
    number: str | None = None
    moment: int | None = None


def place_of(stream: Stream, shard: Shard, start: Start) -> int:
    """The place of the first record to read. Raises InvalidArgumentException."""
    if (start.kind in BY_NUMBER) != (start.number is not None):
        raise InvalidArgumentException(
            "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber "
            f"or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {start.kind} "
            f"and {'no' if start.number is None else 'also a'} StartingSequenceNumber."
        )
    if start.number is not None:
        return _place_by_number(stream, shard, start.kind, start.number)
    if start.kind == "LATEST":
        return shard.end
    if start.kind == "TRIM_HORIZON":
        return shard.place_since(stream.horizon)
    return _place_by_time(stream, shard, start.moment)


def _place_by_time(stream: Stream, shard: Shard, moment: int | None) -> int:
    if moment is None:
        raise InvalidArgumentException(
            "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has "
            "no timestamp parameter."
        )
    now = stream.clock()
    if moment > now:
        raise InvalidArgumentException(
            "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
            f"timestampInMillis: {moment}, currentTimestampInMillis: {now}"
        )
    return shard.place_since(max(moment, stream.horizon))


def _place_by_number(stream: Stream, shard: Shard, kind: str, number: str) -> int:
    told = checked_number(stream, shard, number)
    if kind == "AFTER_SEQUENCE_NUMBER" and told.place == sequence_numbers.LAST_PLACE:
        raise InvalidArgumentException(
            "Invalid SequenceNumber for ShardIteratorType AFTER_SEQUENCE_NUMBER, SequenceNumber has reached "
            "max possible value for the shard."
        )
    there = int(shard.number_at(told.place)) if told.place < shard.end else 0
    is_before = there < int(number) or (there == int(number) and kind == "AFTER_SEQUENCE_NUMBER")
    return min(max(told.place, 1) if not is_before else told.place + 1, shard.end)


def checked_number(stream: Stream, shard: Shard, number: str) -> sequence_numbers.SequenceNumber:
    """A number that belongs to SHARD. Raises InvalidArgumentException."""
    used = f"used in GetShardIterator on shard {shard.id} in {stream.where}"
    try:
        told = sequence_numbers.parse(number)
    except ValueError:
        raise InvalidArgumentException(f"StartingSequenceNumber {number} {used} is invalid.") from None
    if told.shard != shard.number:
        raise InvalidArgumentException(
            f"Invalid StartingSequenceNumber. It encodes {shard_id(told.shard)}, while it was used in a call "
            f"to a shard with {shard.id}"
        )
    if told.created != shard.epoch or told.place < 0:
        raise InvalidArgumentException(
            f"StartingSequenceNumber {told.text} {used} is invalid because it did not come from this stream."
        )
    return told


def check_ordering(stream: Stream, number: str) -> None:
    """SequenceNumberForOrdering: a number that AWS could have given out. Raises InvalidArgumentException."""
    try:
        told = sequence_numbers.parse(number)
        if told.seconds * 1000 <= stream.clock():
            return
    except ValueError:
        pass
    raise InvalidArgumentException(
        f"ExclusiveMinimumSequenceNumber {number} used in PutRecord on {stream.where} is invalid."
    )
