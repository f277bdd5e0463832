"""The checks of assignment 04-retention: six tasks.

Retention's bounds come from `lab.rules.quotas`, prices from `lab.rules.prices`; their sources stand there.
Every draw is seeded, every case is JSON; where a number is rounded, no case lies near the edge.
"""

from . import age_threshold, dead_consumer, drain_time, hours_until_loss, replay, retention_plan

SERVICES = ("kinesis",)

TASKS = [
    replay.TASK,
    age_threshold.TASK,
    retention_plan.TASK,
    hours_until_loss.TASK,
    drain_time.TASK,
    dead_consumer.TASK,
]
