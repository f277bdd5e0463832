"""Kinesis Data Streams: quotas, reading, writing, resharding, metrics. May import `cloudwatch` and below."""
