"""The checks of assignment 10-operations: a loader, a plan, an apply in the lab, a drift report, an incident.

Rules of scaling and retention: lab.rules.quotas. Nothing hangs on the error that AWS gives to a target beyond
double, which is not published. Every draw is seeded, every case is JSON.
"""

from . import apply, drift, find_cause, load, plan

SERVICES = ("kinesis",)

TASKS = [load.TASK, plan.TASK, apply.TASK, drift.TASK, find_cause.TASK]
