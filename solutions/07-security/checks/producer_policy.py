"""Task `producer_policy`: write the least policy for a producer."""

from typing import Any

from grader.tasks.declaration import Misconception, Task
from grader.tasks.policies import Decides

from .programs import (
    of_program,
    policy_parts,
    program_parts,
    shared_misconceptions,
)

LESSON = "course/07-security.ipynb"

PRODUCER_NEEDS = ("kinesis:PutRecord", "kinesis:PutRecords")


def producer_policy(stream_arn: str, key_arn: str | None) -> dict[str, Any]:
    refused = (
        "kinesis:GetRecords",
        "kinesis:PutResourcePolicy",
        "kinesis:DeleteStream",
        "kinesis:IncreaseStreamRetentionPeriod",
    )
    kms_refused = (
        "kms:Encrypt",
        "kms:Decrypt",
        "kms:ScheduleKeyDeletion",
        "kms:GenerateDataKeyPair",
        "kms:GenerateDataKeyWithoutPlaintext",
    )
    kms_needs = "kms:GenerateDataKey"
    return of_program("the producer", stream_arn, key_arn, PRODUCER_NEEDS, refused, kms_needs, kms_refused)


TASK = Task(
    id="producer_policy",
    title="Write the least policy for a producer",
    function="producer_policy",
    oracle=producer_policy,
    compare=Decides("identity"),
    read=f"{LESSON}, “A denial says what is missing”",
    parts=policy_parts("producer", "write to this stream"),
    misconceptions=(
        Misconception(
            id="put_wildcard",
            words="kinesis:Put* matches PutResourcePolicy too, which decides who else may use the stream. "
            "Write the two actions out.",
            model=program_parts(["kinesis:Put*"], ["kms:GenerateDataKey"]),
        ),
        Misconception(
            id="one_put",
            words="PutRecord and PutRecords are two actions, and this producer calls both.",
            model=program_parts(["kinesis:PutRecord"], ["kms:GenerateDataKey"]),
        ),
        Misconception(
            id="encrypts",
            words="kms:Encrypt is not what a producer's call needs: records are encrypted with data keys, "
            "and for one of these the caller needs kms:GenerateDataKey.",
            model=program_parts(PRODUCER_NEEDS, ["kms:Encrypt"]),
        ),
        Misconception(
            id="opens_too",
            words="kms:Decrypt is the consumers' part. A producer that has it could open what it may "
            "not read.",
            model=program_parts(PRODUCER_NEEDS, ["kms:GenerateDataKey", "kms:Decrypt"]),
        ),
        Misconception(
            id="data_key_wildcard",
            words="kms:GenerateDataKey* matches GenerateDataKeyPair and GenerateDataKeyWithoutPlaintext too. "
            "Write the one action out.",
            model=program_parts(PRODUCER_NEEDS, ["kms:GenerateDataKey*"]),
        ),
        *shared_misconceptions(PRODUCER_NEEDS, "kms:GenerateDataKey"),
    ),
    hints=(
        "Which calls does this producer make? Each is an action of its own, and each can be narrowed to one "
        "stream. In the lesson the denials named them.",
        "One statement for Kinesis with the two actions and the stream's ARN. When key_arn is given, a "
        "second one for KMS, on that key.",
        'Actions: "kinesis:PutRecord", "kinesis:PutRecords"; on the key "kms:GenerateDataKey", and no '
        "wildcard anywhere. When key_arn is None, leave the second statement out.",
    ),
)
