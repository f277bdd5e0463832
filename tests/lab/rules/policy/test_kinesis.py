"""The rows of the facts about IAM and Kinesis: least privilege, encrypted streams, shared streams."""

import json
from typing import Any

import botocore.loaders
import pytest

from lab.rules.policy import Layer, PolicyError, caller, decide, parse_policy
from lab.rules.policy.kinesis_actions import (
    KMS_ACTIONS,
    TAGGING_ACTIONS,
    TARGETS,
    Target,
    consumer_arn,
    stream_arn,
)
from lab.rules.policy.kinesis_sharing import (
    LARGEST_RESOURCE_POLICY_BYTES,
    parse_sharing_policy,
    sharing_problems,
)
from tests.lab.rules.policy.support import (
    ACCOUNT,
    CONSUMER,
    KEY,
    OTHER_ACCOUNT,
    OTHER_STREAM,
    STREAM,
    USER,
    asking,
    document,
    policy,
    shared,
    statement,
)

PRODUCER = policy(statement(Action=["kinesis:PutRecord", "kinesis:PutRecords"], Resource=STREAM))
READER = policy(
    statement(
        Action=[
            "kinesis:GetShardIterator",
            "kinesis:GetRecords",
            "kinesis:ListShards",
            "kinesis:DescribeStreamSummary",
        ],
        Resource=STREAM,
    )
)
FAN_OUT = policy(statement(Action="kinesis:SubscribeToShard", Resource=f"{STREAM}/consumer/*"))


@pytest.mark.parametrize(
    ("held", "action", "resource", "expected"),
    [
        (PRODUCER, "kinesis:PutRecord", STREAM, True),
        (PRODUCER, "kinesis:PutRecords", STREAM, True),
        (PRODUCER, "kinesis:PutRecord", OTHER_STREAM, False),
        (PRODUCER, "kinesis:GetRecords", STREAM, False),
        (PRODUCER, "kinesis:DescribeStreamSummary", STREAM, False),
        (READER, "kinesis:GetShardIterator", STREAM, True),
        (READER, "kinesis:GetRecords", STREAM, True),
        (READER, "kinesis:ListShards", STREAM, True),
        (READER, "kinesis:DescribeStreamSummary", STREAM, True),
        (READER, "kinesis:DescribeStream", STREAM, False),
        (READER, "kinesis:SubscribeToShard", CONSUMER, False),
        (READER, "kinesis:PutRecord", STREAM, False),
        (FAN_OUT, "kinesis:SubscribeToShard", CONSUMER, True),
        (FAN_OUT, "kinesis:SubscribeToShard", f"{OTHER_STREAM}/consumer/billing:1763600000", False),
        (policy(statement(Action="kinesis:ListStreams")), "kinesis:ListStreams", "*", True),
        (policy(statement(Action="kinesis:ListStreams", Resource=STREAM)), "kinesis:ListStreams", "*", False),
    ],
)
def test_the_least_that_producers_and_readers_need(
    held: Any, action: str, resource: str, expected: bool
) -> None:
    assert decide(asking(action=action, resource=resource), [held], same_account=True).allowed is expected


def test_a_consumer_registered_again_has_another_arn() -> None:
    """Facts, API model Consumer: delete and recreate under the same name and IAM policies break."""
    held = policy(
        statement(Action="kinesis:SubscribeToShard", Resource=consumer_arn(STREAM, "billing", 1763600000))
    )
    for created, expected in ((1763600000, True), (1763600001, False)):
        request = asking(action="kinesis:SubscribeToShard", resource=consumer_arn(STREAM, "billing", created))
        assert decide(request, [held], same_account=True).allowed is expected


def test_arns() -> None:
    assert stream_arn("eu-central-1", ACCOUNT, "orders") == STREAM
    assert consumer_arn(STREAM, "billing", 1763600000) == CONSUMER


def test_every_operation_of_the_api_model_has_its_place() -> None:
    """What is in neither list is new in the model: give it its target, or leave it out by name."""
    loader = botocore.loaders.Loader()
    operations = set(loader.load_service_model("kinesis", "service-2")["operations"])
    not_served = {name for name in operations if "Queue" in name or "Channel" in name}
    not_served.add("UpdateStreamRecordDistributionStrategy")  # not in the reference of 2026
    assert set(TARGETS) == operations - not_served
    assert {*KMS_ACTIONS, *TAGGING_ACTIONS} <= set(TARGETS)


@pytest.mark.parametrize(
    ("operation", "target"),
    [
        ("PutRecord", Target.STREAM),
        ("CreateStream", Target.STREAM),
        ("SubscribeToShard", Target.CONSUMER),
        ("PutResourcePolicy", Target.STREAM_OR_CONSUMER),
        ("StartStreamEncryption", Target.STREAM_AND_KEY),
        ("ListStreams", Target.NONE),
        ("DescribeLimits", Target.NONE),
        ("DescribeAccountSettings", Target.NONE),
        ("EnableEnhancedMonitoring", Target.NONE),
        ("UpdateShardCount", Target.NONE),
        ("UpdateStreamMode", Target.NONE),
    ],
)
def test_rows_of_the_service_authorization_reference(operation: str, target: Target) -> None:
    assert TARGETS[operation] is target


ENCRYPTION_CONTEXT = {
    "kms:ViaService": "kinesis.eu-central-1.amazonaws.com",
    "kms:EncryptionContext:aws:kinesis:arn": STREAM,
}


@pytest.mark.parametrize(
    ("operation", "granted", "expected"),
    [
        ("PutRecord", "kms:GenerateDataKey", True),
        ("PutRecords", "kms:GenerateDataKey", True),
        ("PutRecord", "kms:Decrypt", False),
        ("GetRecords", "kms:Decrypt", True),
        ("SubscribeToShard", "kms:Decrypt", True),
        ("GetRecords", "kms:GenerateDataKey", False),
    ],
)
def test_what_encrypted_streams_need_of_their_key(operation: str, granted: str, expected: bool) -> None:
    """Key policy: this user, this action, through Kinesis, for this stream."""
    narrow = {
        "StringEquals": {
            "kms:ViaService": "kinesis.eu-central-1.amazonaws.com",
            "kms:EncryptionContext:aws:kinesis:arn": STREAM,
        }
    }
    key_policy = shared(statement(Principal={"AWS": USER.arn}, Action=granted, Condition=narrow))

    def allowed(context: dict[str, str]) -> bool:
        request = asking(action=KMS_ACTIONS[operation], resource=KEY, context=context)
        return decide(
            request, [], resource_policy=key_policy, same_account=True, resource_policy_required=True
        ).allowed

    assert allowed(ENCRYPTION_CONTEXT) is expected
    assert not allowed({}), "not through Kinesis"
    assert not allowed(ENCRYPTION_CONTEXT | {"kms:EncryptionContext:aws:kinesis:arn": OTHER_STREAM})


PARTNER = f"arn:aws:iam::{OTHER_ACCOUNT}:role/partner"


def sharing(**elements: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"AWS": PARTNER},
        "Action": "kinesis:PutRecord",
        "Resource": STREAM,
    } | elements


def test_a_stream_that_is_shared() -> None:
    shareable = [
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "ListShards",
        "PutRecord",
        "PutRecords",
    ]
    on_stream = parse_sharing_policy(document(sharing(Action=[f"kinesis:{a}" for a in shareable])), STREAM)
    assert on_stream.layer is Layer.RESOURCE
    for_consumer = ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"]
    on_consumer = parse_sharing_policy(document(sharing(Action=for_consumer, Resource=CONSUMER)), CONSUMER)

    partner = caller(f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/partner/import")
    own = policy(statement(Action="kinesis:*"))
    for resource_policy, action, resource in (
        (on_stream, "kinesis:PutRecord", STREAM),
        (on_consumer, "kinesis:SubscribeToShard", CONSUMER),
    ):
        request = asking(partner, action, resource)
        assert decide(request, [own], resource_policy=resource_policy, same_account=False).allowed
        assert not decide(request, [], resource_policy=resource_policy, same_account=False).allowed


@pytest.mark.parametrize(
    ("elements", "resource", "says"),
    [
        ({"Action": "kinesis:*"}, STREAM, "Statement[0].Action: 'kinesis:*': wildcards are not accepted"),
        ({"Action": "kinesis:PutRecord?"}, STREAM, "wildcards are not accepted"),
        ({"Action": "*"}, STREAM, "wildcards are not accepted"),
        ({"Action": "kinesis:DeleteStream"}, STREAM, "'kinesis:DeleteStream' can't be shared here"),
        ({"Action": "kinesis:SubscribeToShard"}, STREAM, "can't be shared here"),
        ({"Resource": CONSUMER}, CONSUMER, "'kinesis:PutRecord' can't be shared here"),
        ({"Principal": "*"}, STREAM, 'Statement[0].Principal: name the principal; "*" is not accepted'),
        ({"Principal": {"AWS": "*"}}, STREAM, '"*" is not accepted'),
        (
            {"Principal": {"Service": "lambda.amazonaws.com"}},
            STREAM,
            "only AWS principals can share a stream",
        ),
        ({"Principal": {"Federated": "accounts.google.com"}}, STREAM, "only AWS principals"),
        ({"Principal": {"CanonicalUser": "79a59df9"}}, STREAM, "only AWS principals"),
        ({"Resource": "*"}, STREAM, "Statement[0].Resource: '*' is not what the policy is attached to"),
        ({"Resource": OTHER_STREAM}, STREAM, "is not what the policy is attached to"),
        ({}, f"arn:aws:s3:::{ACCOUNT}", "is not the ARN of a stream or a consumer"),
    ],
)
def test_what_cannot_be_shared(elements: dict[str, Any], resource: str, says: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_sharing_policy(document(sharing(**elements)), resource)
    assert says in str(refused.value)


def test_all_problems_of_a_sharing_policy_are_listed() -> None:
    wrong = parse_policy(
        document(sharing(Principal="*", Action=["kinesis:*", "kinesis:Get?"])), Layer.RESOURCE
    )
    assert len(list(sharing_problems(wrong, STREAM))) == 3
    assert not list(sharing_problems(parse_policy(document(sharing()), Layer.RESOURCE), STREAM))


def test_a_sharing_policy_has_at_most_20_kb() -> None:
    bare = json.loads(document(sharing()))
    room = LARGEST_RESOURCE_POLICY_BYTES - len(json.dumps(bare | {"Id": ""}))
    assert parse_sharing_policy(json.dumps(bare | {"Id": "x" * room}), STREAM)
    with pytest.raises(PolicyError, match="20481 bytes; a resource policy has at most 20480"):
        parse_sharing_policy(json.dumps(bare | {"Id": "x" * (room + 1)}), STREAM)
