"""With IAM on, a function is what its role may do; with IAM off, nobody asks."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.control import Control
from tests.lab.emulator.functions.support import ROLE, Lambda
from tests.lab.emulator.functions.test_mappings import FINE, POISON, Queue, Stream
from tests.lab.emulator.people import People, allow, document
from tests.lab.emulator.support import code
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")
READING = [
    f"kinesis:{name}"
    for name in (
        "DescribeStream",
        "DescribeStreamSummary",
        "GetRecords",
        "GetShardIterator",
        "ListShards",
        "ListStreams",
    )
]


class Roles:
    """The role `worker` of an account, which Lambda may take."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.people = People(variables)

    def make(self, *statements: dict[str, Any], service: str = "lambda.amazonaws.com") -> None:
        trust = document(allow("sts:AssumeRole") | {"Principal": {"Service": service}})
        trust = trust.replace(', "Resource": "*"', "")
        self.people.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
        self.grant(*statements)

    def grant(self, *statements: dict[str, Any]) -> None:
        if statements:
            self.people.iam.put_role_policy(
                RoleName="worker", PolicyName="inline", PolicyDocument=document(*statements)
            )


@pytest.fixture
def roles(fresh_account: Mapping[str, str]) -> Roles:
    return Roles(fresh_account)


@pytest.fixture
def stream(fresh_account: Mapping[str, str], control: Control) -> Stream:
    made = Stream(fresh_account, control)
    made.create()
    return made


def test_a_role_that_lambda_may_not_take_is_refused(
    functions: Lambda, roles: Roles, control: Control
) -> None:
    control.set("iam", enabled=True)
    for service in ("", "firehose.amazonaws.com"):
        if service:
            roles.make(service=service)
        with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
            functions.make(FINE)
    control.set("iam", enabled=False)
    functions.make(FINE)


def test_a_role_must_be_allowed_to_read_the_stream(stream: Stream, roles: Roles, control: Control) -> None:
    roles.make()
    control.set("iam", enabled=True)
    stream.functions.make(FINE)
    stream.put("a")
    with pytest.raises(ClientError, match="Cannot access stream") as caught:
        stream.map()
    assert code(caught.value) == "InvalidParameterValueException"
    roles.grant(allow(READING, stream.arn))
    mapping = stream.map()
    eventually(lambda: stream.done() == ["a"])
    roles.grant(allow("kinesis:ListShards", stream.arn))
    eventually(lambda: stream.state(mapping)[1].startswith("PROBLEM: the function's role"))
    stream.put("b")
    roles.grant(allow(READING, stream.arn))
    eventually(lambda: stream.done() == ["a", "b"])


def test_a_destination_needs_the_roles_permission(stream: Stream, roles: Roles, control: Control) -> None:
    roles.make(allow(READING, stream.arn))
    queue = Queue(stream.variables)
    control.set("iam", enabled=True)
    stream.functions.make(POISON)
    stream.put("bad")
    stream.map(MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": queue.arn}})
    eventually(stream.given_up)
    assert queue.messages() == []
    assert "AccessDenied" in stream.log()[-1]["destination"]
    roles.grant(allow(READING, stream.arn), allow("sqs:SendMessage", queue.arn))
    stream.put("bad")
    eventually(lambda: len(stream.given_up()) == 2)
    assert len(queue.messages()) == 1


def test_a_handler_may_what_its_role_may(functions: Lambda, roles: Roles, control: Control) -> None:
    roles.make(allow("s3:ListAllMyBuckets"))
    control.set("iam", enabled=True)
    functions.make(
        """
        import boto3
        from botocore.exceptions import ClientError
        def handler(event, context):
            boto3.client("s3").list_buckets()
            try:
                boto3.client("kinesis").list_streams()
            except ClientError as error:
                return [boto3.client("sts").get_caller_identity()["Arn"], error.response["Error"]["Code"]]
        """,
        Timeout=60,
        MemorySize=512,
    )
    arn, error = functions.result()
    assert arn.startswith(f"arn:aws:sts::{functions.account}:assumed-role/worker/")
    assert error == "AccessDeniedException"


def test_calls_to_lambda_need_permission_and_the_role_to_be_passed(
    fresh_account: Mapping[str, str], roles: Roles, control: Control
) -> None:
    roles.make()
    role = ROLE.format(fresh_account["AWS_ACCESS_KEY_ID"])
    user = roles.people.user("ada", allow("lambda:CreateFunction"))
    control.set("iam", enabled=True)
    ada = Lambda(user)
    with pytest.raises(ClientError, match="iam:PassRole"):
        ada.make(FINE, Role=role)
    roles.people.grant("ada", allow("lambda:CreateFunction"), allow("iam:PassRole", role))
    ada.make(FINE, Role=role)
    with pytest.raises(ClientError, match="lambda:InvokeFunction"):
        ada.invoke()
    roles.people.grant("ada", allow("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:other"))
    with pytest.raises(ClientError, match="lambda:InvokeFunction"):
        ada.invoke()
    roles.people.grant("ada", allow("lambda:InvokeFunction", "arn:aws:lambda:*:*:function:worker"))
    assert ada.result() is None
