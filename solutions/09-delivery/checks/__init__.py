"""The checks of assignment 09-delivery: buffers, files a day, a transforming function, reconciling, layout,
choices.

Nothing here needs the lab: the function is called with events as Firehose makes them, and files are given as
the texts that one reads from S3.
"""

from . import buffer_settings, choose, handler, layout, objects_a_day, reconcile

TASKS = [
    buffer_settings.TASK,
    objects_a_day.TASK,
    handler.TASK,
    reconcile.TASK,
    layout.TASK,
    choose.TASK,
]
