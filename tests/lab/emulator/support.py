"""What the emulator's tests use: clients of one account, and the account's switches."""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from lab import wait_until_active
from lab.control import Control

NO_RETRIES = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def client(variables: Mapping[str, str], service: str = "kinesis", config: Config = NO_RETRIES) -> Any:
    """A plain boto3 client in the environment VARIABLES."""
    return boto3.client(
        service,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables.get("AWS_SESSION_TOKEN"),
        config=config,
    )


def create(kinesis: Any, name: str = "orders", shards: int = 1, **settings: Any) -> str:
    """An ACTIVE stream; its ARN."""
    if "StreamModeDetails" not in settings:
        settings["ShardCount"] = shards
    kinesis.create_stream(StreamName=name, **settings)
    wait_until_active(kinesis, name)
    return str(kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"])


def shards_of(kinesis: Any, name: str = "orders", **filters: Any) -> list[dict[str, Any]]:
    shards: list[dict[str, Any]] = []
    for page in kinesis.get_paginator("list_shards").paginate(StreamName=name, **filters):
        shards += page["Shards"]
    return shards


def iterator(kinesis: Any, shard: str, name: str = "orders", kind: str = "TRIM_HORIZON", **more: Any) -> str:
    answer = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType=kind, **more)
    return str(answer["ShardIterator"])


def read_all(kinesis: Any, shard: str, name: str = "orders") -> list[dict[str, Any]]:
    """Every record of a shard. Quotas should be off, or the shard be small."""
    records: list[dict[str, Any]] = []
    following: str | None = iterator(kinesis, shard, name)
    while following:
        page = kinesis.get_records(ShardIterator=following)
        records += page["Records"]
        following = page.get("NextShardIterator") if page["MillisBehindLatest"] else None
    return records


def everything(kinesis: Any, name: str = "orders") -> list[dict[str, Any]]:
    return [r for shard in shards_of(kinesis, name) for r in read_all(kinesis, shard["ShardId"], name)]


def code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def quotas_off(control: Control) -> None:
    control.set("quotas", mode="off")


def share(kinesis: Any, arn: str, account: str, *actions: str) -> None:
    """Let another account do ACTIONS on a stream or consumer."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": list(actions),
        "Resource": arn,
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    kinesis.put_resource_policy(ResourceARN=arn, Policy=json.dumps(policy))
