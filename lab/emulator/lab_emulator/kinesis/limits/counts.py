"""What became of all records that were ever sent to a stream, shard by shard: the switch `shards`."""

from typing import Any

from lab_emulator.accounts.registry import Account
from lab_emulator.kinesis.limits.meters import Meter, meter_of
from lab_emulator.kinesis.store.shard import Shard, shard_id
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import STREAMS


def shards(account: Account) -> dict[str, Any]:
    """The account's streams by name, each as of one moment. Times are the account's, ms since 1970."""
    return {stream.name: _stream(stream) for stream in STREAMS.of_account(account.id)}


def _stream(stream: Stream) -> dict[str, Any]:
    with stream.lock:
        meter, listed = meter_of(stream), {shard.number for shard in stream.listed()}
        return {
            "now": stream.clock(),
            "status": stream.status,
            "retention_hours": stream.retention_hours,
            "shards": {
                shard.id: _shard(stream, meter, shard, shard.number in listed) for shard in stream.shards
            },
        }


def _shard(stream: Stream, meter: Meter, shard: Shard, is_listed: bool) -> dict[str, Any]:
    limits = meter.limits.get(shard.id)
    return {
        # as text: hash keys are beyond what numbers of JSON hold exactly elsewhere
        "first_hash_key": str(shard.range.start),
        "last_hash_key": str(shard.range.end),
        "parents": [shard_id(number) for number in shard.parents],
        "created": shard.created,
        "closed": shard.closed,
        "listed": is_listed,
        "accepted": shard.end - 1,
        "expired": shard.place_since(stream.horizon) - 1,
        "refused": meter.refused[shard.id],
        "buckets": limits.levels(meter.account.running()) if limits else None,
    }
