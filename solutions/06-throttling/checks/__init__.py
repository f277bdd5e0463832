"""The checks of assignment 06-throttling: six tasks.

Nothing here hangs on a number that AWS does not publish. Faults of the runs strike by the number of a call
and a seed, never by time.
"""

from . import backoff, deliver, diagnose, first, salted_key, unsalted

SERVICES = ("kinesis",)

TASKS = [backoff.TASK, deliver.TASK, diagnose.TASK, salted_key.TASK, unsalted.TASK, first.TASK]
