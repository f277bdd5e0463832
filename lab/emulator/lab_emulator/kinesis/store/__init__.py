"""The streams of the lab: shards, records, consumers, tags, as plain Python with a clock that is handed in.

Imports the standard library and `lab.rules`, nothing of LocalStack. Raises the errors of `errors`, in AWS's
words where they are public. Sources: API model (botocore 1.44.5, `kinesis`), developer guide.
"""
