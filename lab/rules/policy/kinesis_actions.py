"""The Kinesis actions that the lab serves: on what resource each is authorized, and what it needs of KMS.

Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon Kinesis Data
Streams" (list_kinesis.html, copy of 2026); operations: botocore 1.44.5, service `kinesis`; KMS: Kinesis Data
Streams Developer Guide, "Permissions to use user-generated KMS keys" (permissions-user-key-KMS.html).
Channels and queues are not among them.
"""

from enum import Enum
from typing import Final


class Target(Enum):
    """The resource whose ARN an action is authorized on."""

    STREAM = "stream"
    CONSUMER = "consumer"
    STREAM_OR_CONSUMER = "stream or consumer"
    STREAM_AND_KEY = "stream and KMS key"
    """Two requests, one on each: both resource types are marked required."""
    NONE = "none"
    """The reference lists no resource type: authorized on "*"."""


_STREAM_ACTIONS: Final = """
AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream DescribeStreamSummary
GetRecords GetShardIterator IncreaseStreamRetentionPeriod ListShards ListStreamConsumers ListTagsForStream
MergeShards PutRecord PutRecords RegisterStreamConsumer RemoveTagsFromStream SplitShard UpdateMaxRecordSize
UpdateStreamWarmThroughput
"""
_CONSUMER_ACTIONS: Final = "DeregisterStreamConsumer DescribeStreamConsumer SubscribeToShard"
_EITHER_ACTIONS: Final = (
    "DeleteResourcePolicy GetResourcePolicy ListTagsForResource PutResourcePolicy TagResource UntagResource"
)
_STREAM_AND_KEY_ACTIONS: Final = "StartStreamEncryption StopStreamEncryption"
_BARE_ACTIONS: Final = """
DescribeAccountSettings DescribeLimits DisableEnhancedMonitoring EnableEnhancedMonitoring ListStreams
UpdateAccountSettings UpdateShardCount UpdateStreamMode
"""

TARGETS: Final[dict[str, Target]] = {
    operation: target
    for target, operations in (
        (Target.STREAM, _STREAM_ACTIONS),
        (Target.CONSUMER, _CONSUMER_ACTIONS),
        (Target.STREAM_OR_CONSUMER, _EITHER_ACTIONS),
        (Target.STREAM_AND_KEY, _STREAM_AND_KEY_ACTIONS),
        (Target.NONE, _BARE_ACTIONS),
    )
    for operation in operations.split()
}
"""By API operation, which is the action's name too: PutRecord is kinesis:PutRecord."""

KMS_ACTIONS: Final = {
    "PutRecord": "kms:GenerateDataKey",
    "PutRecords": "kms:GenerateDataKey",
    "GetRecords": "kms:Decrypt",
    "SubscribeToShard": "kms:Decrypt",
}
"""What an operation on a stream with a customer managed key needs on that key; the AWS managed key
aws/kinesis needs nothing more."""

TAGGING_ACTIONS: Final = {
    "CreateStream": "kinesis:AddTagsToStream",
    "RegisterStreamConsumer": "kinesis:TagResource",
}
"""What an operation needs besides when the call brings tags (API model, operations of these names)."""


def stream_arn(region: str, account: str, stream: str, partition: str = "aws") -> str:
    """arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME"""
    return f"arn:{partition}:kinesis:{region}:{account}:stream/{stream}"


def consumer_arn(stream: str, consumer: str, created: int) -> str:
    """The ARN of a consumer of the stream with ARN `stream`, registered at `created` (seconds since 1970)."""
    return f"{stream}/consumer/{consumer}:{created}"
