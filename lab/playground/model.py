"""From AWS's answers and the lab's counts to what the page shows. Pure; knows nothing of pages or servers.

A record that was sent is in exactly one place. In this order: refused, given up by Firehose, delivered to S3,
in Firehose's buffer, read by another reader, still in the stream, or expired before anybody read it.
`reckoning` puts each where it is, and says whether the sum is what was sent.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from lab.playground.spans import Span, size, union, within
from lab.rules import quotas
from lab.rules.hash_space import HASH_SPACE_SIZE

Answer = Mapping[str, Any]
Spans = Mapping[str, Sequence[Span]]
"""By shard, what a reader has read."""


def flights(answer: Answer, shard_of: Callable[[int], str]) -> dict[str, dict[str, int]]:
    """Of one PutRecords ANSWER, by shard: how many records were accepted, and how many refused.

    SHARD_OF: the shard of the entry at a place by its key's hash. A refused entry's result names none.
    """
    found: dict[str, Counter[str]] = {}
    for place, result in enumerate(answer["Records"]):
        shard = result.get("ShardId") or shard_of(place)
        found.setdefault(shard, Counter())["refused" if result.get("ErrorCode") else "accepted"] += 1
    return {
        shard: {name: counts[name] for name in ("accepted", "refused")} for shard, counts in found.items()
    }


@dataclass(frozen=True)
class Reckoning:
    """Where all records are that were sent; `lost`: deleted with Firehose, or given up by it."""

    sent: int
    refused: int
    in_stream: int
    read: int
    buffered: int
    delivered: int
    expired: int
    lost: int

    @property
    def is_right(self) -> bool:
        """Whether the parts are together what was sent."""
        parts: dict[str, int] = asdict(self)
        return parts.pop("sent") == sum(parts.values())


def reckoning(sent: int, stream: Answer, firehoses: Sequence[Answer], readers: Sequence[Spans]) -> Reckoning:
    """Where the records are. SENT: entries of all PutRecords calls that were answered.

    FIREHOSES, STREAM: what the lab's switches `firehose` and `shards` tell, asked in this order and after
    READERS: so nothing is read that is not accepted yet.
    """
    refused = in_stream = read = expired = 0
    for shard_id, shard in stream["shards"].items():
        taken = union(*(one["taken"].get(shard_id, ()) for one in firehoses))
        others = union(*(one.get(shard_id, ()) for one in readers))
        gone, all_of_it = shard["expired"], shard["accepted"]
        either = union(taken, others)
        refused += shard["refused"]
        read += size(either) - size(taken)
        expired += gone - size(within(either, 1, gone))
        in_stream += all_of_it - gone - size(within(either, gone + 1, all_of_it))
    return Reckoning(
        sent,
        refused,
        in_stream,
        read,
        buffered=sum(one["records"] for one in firehoses),
        delivered=sum(one["delivered"]["records"] for one in firehoses),
        expired=expired,
        lost=sum(one["dropped"] for one in firehoses),
    )


def lanes(stream: Answer) -> list[dict[str, Any]]:
    """The shards that are listed, by hash range; closed ones too, until they have expired."""
    found = [
        _lane(shard_id, shard, stream) for shard_id, shard in stream["shards"].items() if shard["listed"]
    ]
    return sorted(found, key=lambda lane: (lane["from"], lane["id"]))


def _lane(shard_id: str, shard: Answer, stream: Answer) -> dict[str, Any]:
    first, last = int(shard["first_hash_key"]), int(shard["last_hash_key"])
    buckets = shard["buckets"] or {}
    closed = shard["closed"]
    return {
        "id": shard_id,
        "parents": [one for one in shard["parents"] if stream["shards"][one]["listed"]],
        "from": first / HASH_SPACE_SIZE,
        "to": (last + 1) / HASH_SPACE_SIZE,
        "open": closed is None,
        "gone_at": None if closed is None else (closed + stream["retention_hours"] * 3_600_000) / 1000,
        "accepted": shard["accepted"],
        "refused": shard["refused"],
        "held": shard["accepted"] - shard["expired"],
        "records_used": _used(buckets.get("write_records"), quotas.SHARD_WRITE_RECORDS_PER_SECOND),
        "bytes_used": _used(buckets.get("write_bytes"), quotas.SHARD_WRITE_BYTES_PER_SECOND),
        "reads_closed": round(buckets.get("read_closed_seconds", 0.0), 1),
    }


def _used(left: float | None, most: float) -> float:
    """Part of a bucket that is spent: 0 to 1, more in debt. A shard that has none yet has spent nothing."""
    return 0.0 if left is None else round(1 - left / most, 3)


def gauge(firehoses: Sequence[Answer]) -> dict[str, Any] | None:
    """The buffer of the Firehose that runs; None when none does. `first`: which limit is nearer."""
    running = [one for one in firehoses if one["open"]]
    if not running:
        return None
    one = running[-1]
    seconds = one["filling_seconds"]
    by_size, by_time = one["filling_bytes"] / one["limit_bytes"], (seconds or 0) / one["interval_seconds"]
    return {
        "bytes": one["filling_bytes"],
        "limit_bytes": one["limit_bytes"],
        "seconds": None if seconds is None else round(seconds, 1),
        "limit_seconds": one["interval_seconds"],
        "first": None if seconds is None else ("size" if by_size > by_time else "time"),
        "records": one["records"],
        "delivered": one["delivered"],
    }


def lag(stream: Answer, spans: Spans) -> dict[str, int]:
    """By shard that is listed: the records that a reader could still read and has not."""
    found = {}
    for shard_id, shard in stream["shards"].items():
        if shard["listed"]:
            last = max((one[1] for one in spans.get(shard_id, ())), default=0)
            found[shard_id] = shard["accepted"] - max(last, shard["expired"])
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is new in AFTER, by its top-level names."""
    return {name: value for name, value in after.items() if name not in before or before[name] != value}
