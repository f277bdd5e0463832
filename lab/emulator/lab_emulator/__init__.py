"""LocalStack plugins of the lab, run in the emulator's environment. Of the course they import `lab.rules`.

From the top down: `main`, `life`, `upkeep`; `firehose`, `cloudtrail`, `iam`; `kinesis`; `cloudwatch`;
`accounts`; and what all share, `aws_policies`, `errors`, `server`, `http2`, `http1`, `short_way`, `put_off`.
"""
