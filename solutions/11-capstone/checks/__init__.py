"""The checks of assignment 11-capstone: a game's launch night, from its size to its alarms.

Limits of a shard: lab.rules.quotas; prices: lab.rules.prices. Each task is judged by itself: a mistake in one
costs nothing in the others. Every draw is seeded, every case is JSON, no fault strikes by the clock.
"""

from . import alarms, choose_mode, delivery_settings, handler, policies, produce, size_stream

SERVICES = ("kinesis",)

TASKS = [
    size_stream.TASK,
    choose_mode.TASK,
    policies.TASK,
    produce.TASK,
    handler.TASK,
    delivery_settings.TASK,
    alarms.TASK,
]
