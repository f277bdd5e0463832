"""Task `consumer_policy`: write the least policy for a consumer."""

from typing import Any

from grader.tasks.declaration import Misconception, Task
from grader.tasks.policies import Decides

from .policies import Document, allow_statement, document
from .programs import (
    of_program,
    policy_parts,
    program_parts,
    shared_misconceptions,
)

LESSON = "course/07-security.ipynb"

CONSUMER_NEEDS = (
    "kinesis:DescribeStreamSummary",
    "kinesis:ListShards",
    "kinesis:GetShardIterator",
    "kinesis:GetRecords",
)


def consumer_policy(stream_arn: str, key_arn: str | None) -> dict[str, Any]:
    refused = (
        "kinesis:PutRecord",
        "kinesis:GetResourcePolicy",
        "kinesis:ListTagsForStream",
        "kinesis:DeleteStream",
        "kinesis:DescribeStream",
    )
    kms_refused = ("kms:GenerateDataKey", "kms:Encrypt", "kms:ScheduleKeyDeletion", "kms:DescribeKey")
    return of_program(
        "the consumer", stream_arn, key_arn, CONSUMER_NEEDS, refused, "kms:Decrypt", kms_refused
    )


def _records_of_any_stream(stream_arn: str, key_arn: str | None) -> Document:
    found = [allow_statement(list(CONSUMER_NEEDS[:-1]), stream_arn), allow_statement(CONSUMER_NEEDS[-1], "*")]
    return document(*found, *([allow_statement("kms:Decrypt", key_arn)] if key_arn else []))


TASK = Task(
    id="consumer_policy",
    title="Write the least policy for a consumer",
    function="consumer_policy",
    oracle=consumer_policy,
    compare=Decides("identity"),
    read=f"{LESSON}, “The least for a consumer, one denial at a time”",
    parts=policy_parts("consumer", "read this stream"),
    misconceptions=(
        Misconception(
            id="reading_wildcards",
            words="Get*, List* and Describe* read more than records: GetResourcePolicy and "
            "ListTagsForStream, for example. Write the four actions out.",
            model=program_parts(["kinesis:Get*", "kinesis:List*", "kinesis:Describe*"], ["kms:Decrypt"]),
        ),
        Misconception(
            id="only_get_records",
            words="GetRecords alone does not read: the consumer must find the shards and get an iterator "
            "first, and it asks for the stream's status.",
            model=program_parts(["kinesis:GetRecords"], ["kms:Decrypt"]),
        ),
        Misconception(
            id="no_iterator",
            words="GetShardIterator is missing: without an iterator there is nothing to call "
            "GetRecords with.",
            model=program_parts([a for a in CONSUMER_NEEDS if "Iterator" not in a], ["kms:Decrypt"]),
        ),
        Misconception(
            id="no_summary",
            words="DescribeStreamSummary is missing: this consumer also asks for the stream's status.",
            model=program_parts([a for a in CONSUMER_NEEDS if "Summary" not in a], ["kms:Decrypt"]),
        ),
        Misconception(
            id="describes_stream",
            words="DescribeStream and DescribeStreamSummary are two actions. This consumer calls the second.",
            model=program_parts(["kinesis:DescribeStream", *CONSUMER_NEEDS[1:]], ["kms:Decrypt"]),
        ),
        Misconception(
            id="describes_all",
            words="kinesis:Describe* matches DescribeStream too, which is another action than "
            "DescribeStreamSummary. Write the four actions out.",
            model=program_parts(["kinesis:Describe*", *CONSUMER_NEEDS[1:]], ["kms:Decrypt"]),
        ),
        Misconception(
            id="records_of_any_stream",
            words="You allow GetRecords on every stream. The call names no stream, but its iterator belongs "
            "to one, and AWS checks the permission there. Give that stream's ARN.",
            model=_records_of_any_stream,
        ),
        Misconception(
            id="makes_data_keys",
            words="You allow kms:GenerateDataKey, which producers need. A consumer needs kms:Decrypt: KMS "
            "opens the data key for it.",
            model=program_parts(CONSUMER_NEEDS, ["kms:GenerateDataKey"]),
        ),
        *shared_misconceptions(CONSUMER_NEEDS, "kms:Decrypt"),
    ),
    hints=(
        "Reading is more than one call. Which ones does a consumer make before it holds a record?",
        "The status of the stream, its shards, an iterator, the records: four actions, all on the stream's "
        "ARN. And, when key_arn is given, one on the key.",
        'Actions: "kinesis:DescribeStreamSummary", "kinesis:ListShards", "kinesis:GetShardIterator", '
        '"kinesis:GetRecords"; on the key "kms:Decrypt".',
    ),
)
