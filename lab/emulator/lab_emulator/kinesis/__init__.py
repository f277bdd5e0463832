"""Kinesis Data Streams: what each operation does, by AWS's rules. May import `cloudwatch` and below.

From the top down: `provider`, `operations`, the modules of single operations, `limits`, `streams`; `protocol`
and `store` at the bottom, which import nothing of LocalStack.
"""
