import math

import boto3

kinesis = boto3.client("kinesis")


def settle(name):
    while True:
        now = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        if now["StreamStatus"] == "ACTIVE":
            return now


def apply(wanted):
    pages = kinesis.get_paginator("list_streams").paginate()
    there = {name for page in pages for name in page["StreamNames"]}
    for name in wanted.keys() - there:
        kinesis.create_stream(StreamName=name, ShardCount=wanted[name]["shards"])
    for name, want in sorted(wanted.items()):
        now = settle(name)
        told = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
        tags = {tag["Key"]: tag["Value"] for tag in told}
        new = {key: value for key, value in want["tags"].items() if tags.get(key) != value}
        if new:
            kinesis.add_tags_to_stream(StreamName=name, Tags=new)
        if want["retention"] > now["RetentionPeriodHours"]:
            kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=want["retention"])
        if want["retention"] < now["RetentionPeriodHours"]:
            kinesis.decrease_stream_retention_period(StreamName=name, RetentionPeriodHours=want["retention"])
        while (count := settle(name)["OpenShardCount"]) != want["shards"]:
            target = min(want["shards"], count * 2) if want["shards"] > count else want["shards"]
            target = max(target, math.ceil(count / 2))
            kinesis.update_shard_count(
                StreamName=name, TargetShardCount=target, ScalingType="UNIFORM_SCALING"
            )
