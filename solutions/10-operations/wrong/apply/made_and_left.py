import boto3

kinesis = boto3.client("kinesis")


def apply(wanted):
    """Bring each stream to its settings; what is right already is left alone."""

    for name, want in wanted.items():
        try:
            now = _summary(name)
        except kinesis.exceptions.ResourceNotFoundException:
            kinesis.create_stream(StreamName=name, ShardCount=want["shards"], Tags=want["tags"])
            _active(name)
            continue
        shards = now["OpenShardCount"]
        while shards != want["shards"]:
            most, least = 2 * shards, -(-shards // 2)
            shards = min(max(want["shards"], least), most)
            kinesis.update_shard_count(
                StreamName=name, TargetShardCount=shards, ScalingType="UNIFORM_SCALING"
            )
            _active(name)
        hours = {"StreamName": name, "RetentionPeriodHours": want["retention"]}
        if want["retention"] > now["RetentionPeriodHours"]:
            kinesis.increase_stream_retention_period(**hours)
        elif want["retention"] < now["RetentionPeriodHours"]:
            kinesis.decrease_stream_retention_period(**hours)
        _active(name)
        told = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
        missing = want["tags"].items() - {(tag["Key"], tag["Value"]) for tag in told}
        if missing:
            kinesis.add_tags_to_stream(StreamName=name, Tags=dict(missing))


def _summary(name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def _active(name):
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})
    return _summary(name)
