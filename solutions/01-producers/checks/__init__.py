"""The checks of assignment 01-producers: six tasks.

The quotas come from `lab.rules.quotas`, the payload unit from `lab.rules.prices`; their sources stand
there. Every draw is seeded, every case is JSON. No case lies where MB for MiB, KB for KiB, or a key counted
or not in a payload unit, would change the right answer.
"""

from . import count_sending, cut_batches, keep_order, pack_by_shard, send_all, unpack

SERVICES = ("kinesis",)

TASKS = [
    cut_batches.TASK,
    send_all.TASK,
    keep_order.TASK,
    count_sending.TASK,
    unpack.TASK,
    pack_by_shard.TASK,
]
