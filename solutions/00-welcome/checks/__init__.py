"""The check of assignment 00-welcome: one warm-up task.

Source of the ARN's form: Service Authorization Reference, Amazon Kinesis Data Streams
(`arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME`); of a stream's name: API model, StreamName.
"""

from . import stream_arn

TASKS = [stream_arn.TASK]
