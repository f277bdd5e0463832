"""The checks of assignment 08-kcl: a record processor under KCL's protocol, workers, lease tables, choices.

Nothing here needs the lab: the record processor is spoken to as MultiLangDaemon would
(grader.tasks.scenarios.Processing).
"""

from . import choose, record_processor, stale_leases, waiting_shards, workers_needed

TASKS = [record_processor.TASK, workers_needed.TASK, stale_leases.TASK, waiting_shards.TASK, choose.TASK]
