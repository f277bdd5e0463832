"""Where a lesson says that the lab differs from AWS, it does.

When one of these fails, the lab has come nearer to AWS: take the sentence out of the lesson.
"""

from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lab import wait_until_active

STREAM = "differences"


@pytest.fixture
def kinesis(fresh_account: Mapping[str, str]) -> Any:
    return boto3.client(
        "kinesis",
        endpoint_url=fresh_account["AWS_ENDPOINT_URL"],
        region_name=fresh_account["AWS_REGION"],
        aws_access_key_id=fresh_account["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=fresh_account["AWS_SECRET_ACCESS_KEY"],
    )


def summary_of(kinesis: Any) -> dict[str, Any]:
    summary: dict[str, Any] = kinesis.describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
    return summary


def test_update_shard_count_is_done_when_it_returns(kinesis: Any) -> None:
    """02-shards: "resharding takes minutes, not milliseconds"; AWS's status would be UPDATING."""
    kinesis.create_stream(StreamName=STREAM, ShardCount=4)
    wait_until_active(kinesis, STREAM)
    kinesis.update_shard_count(StreamName=STREAM, TargetShardCount=8, ScalingType="UNIFORM_SCALING")
    summary = summary_of(kinesis)
    assert (summary["StreamStatus"], summary["OpenShardCount"]) == ("ACTIVE", 8)


def test_no_record_distribution(kinesis: Any) -> None:
    """00-welcome: "the lab has no AUTO"."""
    kinesis.create_stream(StreamName=STREAM, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    wait_until_active(kinesis, STREAM)
    with pytest.raises(ClientError, match="UpdateStreamRecordDistributionStrategy") as refused:
        kinesis.update_stream_record_distribution_strategy(
            StreamARN=summary_of(kinesis)["StreamARN"], RecordDistributionStrategy="AUTO"
        )
    assert refused.value.response["Error"]["Code"] == "InvalidArgumentException", "not tried again"
