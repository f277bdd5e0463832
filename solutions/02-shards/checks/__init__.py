"""The checks of assignment 02-shards: six tasks.

The quotas come from `lab.rules.quotas`, the hash rules from `lab.rules.hash_space`; their sources stand
there. Every draw is seeded, every case is JSON. No case lies where MB for MiB, or a float's rounding error,
would change the right answer.
"""

from . import cure_hot_shard, plan_scaling, predict_shard, reading_order, required_shards, split_point

TASKS = [
    required_shards.TASK,
    predict_shard.TASK,
    split_point.TASK,
    plan_scaling.TASK,
    reading_order.TASK,
    cure_hot_shard.TASK,
]
