"""Kinesis Data Streams: quotas, reading, writing, resharding, metrics. May import `accounts` and `cloudwatch`."""
