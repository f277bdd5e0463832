"""The checks of assignment 00-welcome: a warm-up task, and six jobs that each want a service.

Source of the ARN's form: Service Authorization Reference, Amazon Kinesis Data Streams
(`arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME`); of a stream's name: API model, StreamName.
"""

from . import choose_service, stream_arn

TASKS = [stream_arn.TASK, choose_service.TASK]
