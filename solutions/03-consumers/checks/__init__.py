"""The checks of assignment 03-consumers: five tasks.

Only the first works in the lab. The handler of the third is driven as an event source mapping would drive it
(grader.tasks.scenarios.Invoking). Faults strike by the number of a call, never by time.
"""

from . import count_once, follow, handler, invocations, way_to_read

SERVICES = ("kinesis",)

TASKS = [follow.TASK, way_to_read.TASK, handler.TASK, count_once.TASK, invocations.TASK]
