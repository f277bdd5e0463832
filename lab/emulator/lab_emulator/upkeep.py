"""Now and then: what has expired is freed, also in streams that nobody uses."""

from lab_emulator.cloudwatch.metric_store import METRICS
from lab_emulator.kinesis import fan_out
from lab_emulator.kinesis.limits import meters, rates
from lab_emulator.kinesis.streams import STREAMS


def free_memory() -> None:
    """Free expired records, and what was noted for limits that nobody can meet any more; write metrics down.

    Of an expired shard its counts are left, which the switch `shards` tells.
    """
    STREAMS.trim()
    for stream in STREAMS:
        expired = frozenset(shard.id for shard in list(stream.shards) if stream.is_expired(shard))
        if expired:
            meters.forget(stream, expired)
            fan_out.forget(stream, expired)
    rates.forget_full()
    METRICS.relieve()
