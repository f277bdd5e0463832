"""IAM's decisions on Kinesis calls, as unmodified clients see them."""

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab import iam
from lab.aws.environment import fresh_account as new_account
from lab.aws.environment import lab_environment
from lab.control import Control
from lab.errors import LabError
from tests.conftest import STATE
from tests.lab.emulator.people import (
    People,
    Variables,
    allow,
    as_credentials,
    command_line,
    deny,
    document,
    refusal,
)
from tests.lab.emulator.support import client, create, iterator, shards_of

pytestmark = pytest.mark.xdist_group("shared-lab")


@pytest.fixture
def people(fresh_account: Variables) -> People:
    return People(fresh_account)


@pytest.fixture
def orders(kinesis: Any) -> str:
    """An open stream, made while IAM is still off."""
    return create(kinesis)


def put(variables: Variables, **stream: str) -> Any:
    where = stream or {"StreamName": "orders"}
    return client(variables).put_record(**where, Data=b"x", PartitionKey="k")


def refused(call: Any, *arguments: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*arguments, **named)
    return refusal(caught.value)


def no_policy(people: People, action: str, resource: str, who: str = "user/ada") -> tuple[str, str]:
    message = (
        f"User: {people.arn(who)} is not authorized to perform: {action} on resource: {resource} because no "
        f"identity-based policy allows the {action} action"
    )
    return "AccessDeniedException", message


def test_off_until_it_is_switched_on(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada")
    assert control.look("iam") == {"enabled": False}
    put(ada)
    control.set("iam", enabled=True)
    assert refused(put, ada) == no_policy(people, "kinesis:PutRecord", orders)
    control.set("iam", enabled=False)
    put(ada)


def test_the_least_policy_opens_what_it_names(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada")
    assert refused(put, ada) == no_policy(people, "kinesis:PutRecord", orders)
    people.grant("ada", allow("kinesis:PutRecord", orders))
    assert put(ada)["SequenceNumber"]
    records = [{"Data": b"x", "PartitionKey": "k"}]
    many = refused(client(ada).put_records, StreamName="orders", Records=records)
    assert many == no_policy(people, "kinesis:PutRecords", orders)


def test_the_root_user_needs_no_policy(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    assert put(people.root)["SequenceNumber"]
    assert client(people.root, "iam").list_users()["Users"] == []


def test_one_accounts_switch_leaves_another_alone(
    people: People, running_lab: str, orders: str, control: Control
) -> None:
    neighbour = People(lab_environment(running_lab, new_account()))
    create(client(neighbour.root))
    control.set("iam", enabled=True)
    assert put(neighbour.user("bob"))["SequenceNumber"]


def test_a_reader_by_its_iterator(people: People, orders: str, kinesis: Any, control: Control) -> None:
    create(kinesis, "secrets")
    put(people.root, StreamName="secrets")
    control.set("iam", enabled=True)
    ada = people.user("ada", allow(["kinesis:GetShardIterator", "kinesis:GetRecords"], orders))
    reader = client(ada)
    shard = shards_of(kinesis)[0]["ShardId"]
    assert reader.get_records(ShardIterator=iterator(reader, shard))["Records"] == []
    foreign = iterator(kinesis, shard, "secrets")
    said = refused(reader.get_records, ShardIterator=foreign)
    assert said == no_policy(people, "kinesis:GetRecords", people.stream("secrets"))


def test_an_explicit_deny_wins(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("kinesis:*"), deny("kinesis:DeleteStream"))
    assert put(ada)["SequenceNumber"]
    code, message = refused(client(ada).delete_stream, StreamName="orders")
    assert code == "AccessDeniedException"
    assert message.endswith(f"on resource: {orders} with an explicit deny in an identity-based policy")


def test_what_a_group_allows(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada")
    people.iam.create_group(GroupName="producers")
    arn = people.policy("write-orders", allow("kinesis:Put*", orders))
    people.iam.attach_group_policy(GroupName="producers", PolicyArn=arn)
    assert refused(put, ada)[0] == "AccessDeniedException"
    people.iam.add_user_to_group(GroupName="producers", UserName="ada")
    assert put(ada)["SequenceNumber"]


def test_a_new_default_version_counts(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada")
    arn = people.policy("write", allow("kinesis:PutRecord", orders))
    people.iam.attach_user_policy(UserName="ada", PolicyArn=arn)
    put(ada)
    narrower = document(allow("kinesis:GetRecords", orders))
    people.iam.create_policy_version(PolicyArn=arn, PolicyDocument=narrower, SetAsDefault=True)
    assert refused(put, ada) == no_policy(people, "kinesis:PutRecord", orders)


def test_an_aws_managed_policy(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada")
    read_only = "arn:aws:iam::aws:policy/AmazonKinesisReadOnlyAccess"
    people.iam.attach_user_policy(UserName="ada", PolicyArn=read_only)
    assert client(ada).describe_stream_summary(StreamName="orders")
    assert refused(put, ada) == no_policy(people, "kinesis:PutRecord", orders)


def test_a_boundary_only_narrows(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("kinesis:*"))
    boundary = people.policy("readers", allow(["kinesis:Get*", "kinesis:List*"]))
    people.iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=boundary)
    assert client(ada).list_shards(StreamName="orders")["Shards"]
    message = refused(put, ada)[1]
    assert message.endswith("because no permissions boundary allows the kinesis:PutRecord action")
    people.iam.delete_user_permissions_boundary(UserName="ada")
    assert put(ada)["SequenceNumber"]


def test_an_assumed_role(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada")
    role = people.role("producer", people.arn("root"), allow("kinesis:PutRecord", orders))
    control.set("iam", enabled=True)
    sts = client(ada, "sts")
    code, message = refused(sts.assume_role, RoleArn=role, RoleSessionName="work")
    assert (code, "sts:AssumeRole on resource: " + role in message) == ("AccessDenied", True)
    people.grant("ada", allow("sts:AssumeRole", role))
    answer = sts.assume_role(RoleArn=role, RoleSessionName="work")
    session = as_credentials(people.root, answer["Credentials"])
    who = f"arn:aws:sts::{people.account}:assumed-role/producer/work"
    assert client(session, "sts").get_caller_identity()["Arn"] == who
    assert put(session)["SequenceNumber"]
    said = refused(client(session).list_shards, StreamName="orders")
    assert said == (
        "AccessDeniedException",
        f"User: {who} is not authorized to perform: kinesis:ListShards on resource: {orders} because no "
        "identity-based policy allows the kinesis:ListShards action",
    )
    people.iam.delete_role_policy(RoleName="producer", PolicyName="inline")
    assert refused(put, session)[0] == "AccessDeniedException"


def test_a_role_that_trusts_somebody_else(people: People, control: Control) -> None:
    bob = people.user("bob", allow("sts:AssumeRole"))
    people.user("ada")
    role = people.role("producer", people.arn("user/ada"))
    control.set("iam", enabled=True)
    code, message = refused(client(bob, "sts").assume_role, RoleArn=role, RoleSessionName="work")
    assert code == "AccessDenied"
    assert message.endswith("because no role trust policy allows the sts:AssumeRole action")
    said = refused(client(people.root, "sts").assume_role, RoleArn=role, RoleSessionName="work")
    assert said == ("AccessDenied", "Roles may not be assumed by root accounts.")


def test_a_session_policy_and_its_end(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada", allow("sts:AssumeRole"))
    role = people.role("all", people.arn("root"), allow("kinesis:*"))
    control.set("iam", enabled=True)
    answer = client(ada, "sts").assume_role(
        RoleArn=role,
        RoleSessionName="work",
        Policy=document(allow("kinesis:PutRecord")),
        DurationSeconds=900,
    )
    session = as_credentials(people.root, answer["Credentials"])
    assert put(session)["SequenceNumber"]
    message = refused(client(session).list_shards, StreamName="orders")[1]
    assert message.endswith("because no session policy allows the kinesis:ListShards action")
    without_token = {name: value for name, value in session.items() if name != "AWS_SESSION_TOKEN"}
    said = refused(put, without_token)
    assert said == ("UnrecognizedClientException", "The security token included in the request is invalid.")
    control.set("clock", advance_seconds=901)
    said = refused(put, session)
    assert said == ("ExpiredTokenException", "The security token included in the request is expired")


def test_a_users_and_a_federated_session(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada", allow("kinesis:*", orders), allow("sts:GetFederationToken"))
    control.set("iam", enabled=True)
    sts = client(ada, "sts")
    own = as_credentials(people.root, sts.get_session_token()["Credentials"])
    assert client(own, "sts").get_caller_identity()["Arn"] == people.arn("user/ada")
    assert put(own)["SequenceNumber"]
    assert refused(client(own, "iam").list_users)[0] == "InvalidClientTokenId"
    policy = document(allow("kinesis:PutRecord"))
    guest = as_credentials(people.root, sts.get_federation_token(Name="guest", Policy=policy)["Credentials"])
    assert put(guest)["SequenceNumber"]
    message = refused(client(guest).list_shards, StreamName="orders")[1]
    who = f"arn:aws:sts::{people.account}:federated-user/guest"
    assert message.startswith(f"User: {who} is not authorized to perform: kinesis:ListShards")


def test_keys_that_nobody_has(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada", allow("kinesis:*"))
    control.set("iam", enabled=True)
    put(ada)
    people.iam.update_access_key(UserName="ada", AccessKeyId=ada["AWS_ACCESS_KEY_ID"], Status="Inactive")
    invalid = "UnrecognizedClientException", "The security token included in the request is invalid."
    assert refused(put, ada) == invalid
    people.iam.delete_access_key(UserName="ada", AccessKeyId=ada["AWS_ACCESS_KEY_ID"])
    assert refused(put, ada) == invalid


def test_conditions_on_tags_network_and_time(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada")
    root = client(people.root)

    def opens(**condition: dict[str, str]) -> bool:
        people.grant("ada", allow("kinesis:PutRecord", orders, Condition=condition))
        try:
            put(ada)
        except ClientError as error:
            return refusal(error) != no_policy(people, "kinesis:PutRecord", orders)
        return True

    own_team = {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}
    assert not opens(**own_team)
    root.add_tags_to_stream(StreamName="orders", Tags={"team": "data"})
    people.iam.tag_user(UserName="ada", Tags=[{"Key": "team", "Value": "data"}])
    assert opens(**own_team)
    people.iam.tag_user(UserName="ada", Tags=[{"Key": "team", "Value": "web"}])
    assert not opens(**own_team)
    assert opens(IpAddress={"aws:SourceIp": "127.0.0.0/8"})
    assert not opens(IpAddress={"aws:SourceIp": "203.0.113.0/24"})
    control.set("endpoint_policy", context={"aws:SourceIp": "203.0.113.7"})
    assert opens(IpAddress={"aws:SourceIp": "203.0.113.0/24"})
    assert not opens(Bool={"aws:SecureTransport": "true"}), "the lab speaks plain HTTP"
    assert opens(StringEquals={"aws:RequestedRegion": "us-east-1"})
    soon = "2100-01-01T00:00:00Z"
    assert opens(DateLessThan={"aws:CurrentTime": soon})
    assert not opens(DateGreaterThan={"aws:CurrentTime": soon})


def test_tags_of_a_new_stream(people: People, control: Control) -> None:
    control.set("iam", enabled=True)
    tagged = {"StringEquals": {"aws:RequestTag/team": "data"}}
    ada = client(people.user("ada", allow("kinesis:CreateStream", Condition=tagged)))
    assert refused(ada.create_stream, StreamName="a", ShardCount=1)[0] == "AccessDeniedException"
    said = refused(ada.create_stream, StreamName="a", ShardCount=1, Tags={"team": "data"})
    assert said == no_policy(people, "kinesis:AddTagsToStream", people.stream("a"))
    people.grant("ada", allow(["kinesis:CreateStream", "kinesis:AddTagsToStream"], Condition=tagged))
    ada.create_stream(StreamName="a", ShardCount=1, Tags={"team": "data"})


def test_another_account_by_the_streams_policy(
    people: People, running_lab: str, orders: str, control: Control
) -> None:
    partner = People(lab_environment(running_lab, new_account()))
    bob = partner.user("bob", allow("kinesis:PutRecord", orders))
    control.set("iam", enabled=True)
    code, message = refused(put, bob, StreamARN=orders)
    assert code == "AccessDeniedException"
    assert message.endswith("because no resource-based policy allows the kinesis:PutRecord action")
    shared = allow("kinesis:PutRecord", orders, Principal={"AWS": partner.arn("user/bob")})
    client(people.root).put_resource_policy(ResourceARN=orders, Policy=document(shared))
    assert put(bob, StreamARN=orders)["SequenceNumber"]
    asked = {"StreamARN": orders, "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"}
    assert refused(client(partner.root).update_shard_count, **asked)[0] == "AccessDeniedException"
    eve = partner.user("eve", allow("kinesis:*"))
    assert refused(put, eve, StreamARN=orders)[0] == "AccessDeniedException"


def test_the_streams_policy_opens_it_to_a_user_of_the_account(
    people: People, orders: str, control: Control
) -> None:
    ada = people.user("ada")
    control.set("iam", enabled=True)
    shared = allow("kinesis:PutRecord", orders, Principal={"AWS": people.arn("user/ada")})
    root = client(people.root)
    root.put_resource_policy(ResourceARN=orders, Policy=document(shared))
    assert put(ada)["SequenceNumber"]
    root.delete_resource_policy(ResourceARN=orders)
    assert refused(put, ada) == no_policy(people, "kinesis:PutRecord", orders)


def test_an_endpoint_policy_is_one_more_layer(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada", allow("kinesis:*"))
    policy = json.loads(document(allow("kinesis:PutRecord", orders, Principal="*")))
    control.set("endpoint_policy", policy=policy, context={"aws:SourceVpce": "vpce-0a1b"})
    assert client(ada).list_shards(StreamName="orders"), "no layer counts while IAM is off"
    control.set("iam", enabled=True)
    assert put(ada)["SequenceNumber"]
    message = refused(client(ada).list_shards, StreamName="orders")[1]
    assert message.endswith("because no VPC endpoint policy allows the kinesis:ListShards action")
    only_there = {"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b"}}
    people.grant("ada", allow("kinesis:*"), deny("kinesis:*", Condition=only_there))
    assert put(ada)["SequenceNumber"]
    control.set("endpoint_policy", policy=None)
    message = refused(put, ada)[1]
    assert message.endswith("with an explicit deny in an identity-based policy")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"policy": {"Statement": []}}, "Statement"),
        ({"policy": "all"}, "policy is a policy document"),
        ({"context": {"aws:userid": "x"}}, "context can hold"),
        ({"context": {"aws:SourceIp": "here"}}, "aws:SourceIp: not an IP address"),
        ({"context": {"aws:SourceIp": "10.0.0.1", "aws:SourceVpce": "vpce-1"}}, "has no aws:SourceIp"),
        ({"polcy": None}, "there is no polcy"),
    ],
)
def test_a_wrong_endpoint_is_refused(control: Control, values: dict[str, Any], says: str) -> None:
    before = control.look("endpoint_policy")
    with pytest.raises(LabError, match=says):
        control.set("endpoint_policy", **values)
    assert control.look("endpoint_policy") == before


def test_what_cannot_be_evaluated_is_refused_by_name(people: People, orders: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("kinesis:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
    code, message = refused(put, ada)
    assert code == "AccessDeniedException"
    assert "the lab cannot evaluate condition key aws:MultiFactorAuthPresent" in message
    people.grant("ada", allow("*"))
    message = refused(client(ada, "dynamodb").execute_statement, Statement="SELECT * FROM t")[1]
    assert message.endswith("because the lab cannot evaluate the operation dynamodb:ExecuteStatement")


def test_a_broken_policy_is_refused_by_name(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada", allow("kinesis:*"))
    broad = allow("kinesis:*", orders, Principal={"AWS": people.arn("user/ada")})
    control.set("iam", enabled=True)
    for broken, says in ((document(broad), "Statement[0].Action"), ("{", "not accepted")):
        code, message = refused(
            lambda text=broken: client(people.root).put_resource_policy(ResourceARN=orders, Policy=text)
        )
        assert (code, says in message) == ("InvalidArgumentException", True), message
    assert put(ada)["SequenceNumber"], "nothing was changed"


def test_the_command_line_is_denied_and_then_allowed(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada")
    control.set("iam", enabled=True)
    words = ("kinesis", "put-record", "--stream-name", "orders", "--data", "eA==", "--partition-key", "k")
    denied = command_line(ada, *words)
    assert denied.returncode == 255
    expected = "An error occurred (AccessDeniedException) when calling the PutRecord operation: "
    assert denied.stderr.strip() == expected + no_policy(people, "kinesis:PutRecord", orders)[1]
    who = command_line(ada, "sts", "get-caller-identity")
    assert json.loads(who.stdout)["Arn"] == people.arn("user/ada")
    people.grant("ada", allow("kinesis:PutRecord", orders))
    allowed = command_line(ada, *words)
    assert json.loads(allowed.stdout)["ShardId"] == "shardId-000000000000", allowed.stderr


def test_fan_out(people: People, orders: str, kinesis: Any, control: Control) -> None:
    registered = kinesis.register_stream_consumer(StreamARN=orders, ConsumerName="app")["Consumer"]
    consumer = registered["ConsumerARN"]
    control.set("iam", enabled=True)
    ada = people.user("ada")
    asked = {
        "ConsumerARN": consumer,
        "ShardId": "shardId-000000000000",
        "StartingPosition": {"Type": "LATEST"},
    }
    said = refused(client(ada).subscribe_to_shard, **asked)
    assert said == no_policy(people, "kinesis:SubscribeToShard", consumer)
    people.grant("ada", allow("kinesis:*StreamConsumer", f"{orders}/consumer/app:*"))
    named = {"StreamARN": orders, "ConsumerName": "app"}
    assert client(ada).describe_stream_consumer(**named)["ConsumerDescription"]["ConsumerARN"] == consumer
    people.grant("ada", allow("kinesis:SubscribeToShard", consumer))
    with contextlib.closing(client(ada).subscribe_to_shard(**asked)["EventStream"]) as events:
        assert next(iter(events))


def test_cbor_as_the_java_sdk_speaks_it(people: People, orders: str, control: Control) -> None:
    """{"StreamName": "orders"} in CBOR: a map of one, a text of 10 and one of 6 bytes."""
    body = b"\xa1\x6aStreamName\x66orders"

    def describe(variables: Variables) -> tuple[int, bytes]:
        request = urllib.request.Request(variables["AWS_ENDPOINT_URL"], body, method="POST")
        request.add_header("Content-Type", "application/x-amz-cbor-1.1")
        request.add_header("X-Amz-Target", "Kinesis_20131202.DescribeStreamSummary")
        key = variables["AWS_ACCESS_KEY_ID"]
        scope = f"{key}/20260101/us-east-1/kinesis/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request.add_header("Authorization", signed)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    ada = people.user("ada")
    control.set("iam", enabled=True)
    status, said = describe(ada)
    expected = no_policy(people, "kinesis:DescribeStreamSummary", orders)
    assert (status, all(text.encode() in said for text in expected)) == (400, True), said
    people.grant("ada", allow("kinesis:DescribeStreamSummary", orders))
    status, said = describe(ada)
    assert (status, orders.encode() in said) == (200, True)


def test_a_wipe_ends_users_sessions_and_endpoints(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada", allow("kinesis:*"))
    people.policy("p", allow("*"))
    role = people.role("producer", people.arn("root"), allow("kinesis:*"))
    answer = client(people.root, "sts").assume_role(RoleArn=role, RoleSessionName="work")
    session = as_credentials(people.root, answer["Credentials"])
    control.set("endpoint_policy", context={"aws:SourceVpce": "vpce-0a1b"})
    put(session)
    control.set("wipe")
    assert control.look("iam") == {"enabled": False}
    assert control.look("endpoint_policy")["context"] == {}
    control.set("iam", enabled=True)
    invalid = "UnrecognizedClientException", "The security token included in the request is invalid."
    assert refused(put, session) == invalid
    assert refused(put, ada) == invalid
    assert people.iam.list_users()["Users"] == []
    assert people.iam.list_roles()["Roles"] == []
    assert people.iam.list_policies(Scope="Local")["Policies"] == []


def test_the_labs_own_command_and_module(people: People, orders: str, control: Control) -> None:
    ada = people.user("ada")

    def lab_iam(*words: str) -> str:
        words = ("--state", os.environ[STATE], "iam", *words, "--account", people.account)
        command = [sys.executable, "-m", "lab.cli", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert lab_iam() == f"IAM of account {people.account} is off: every call is allowed.\n"
    assert lab_iam("on") == f"IAM of account {people.account} is on: policies decide on its calls.\n"
    assert refused(put, ada) == no_policy(people, "kinesis:PutRecord", orders)
    assert iam.is_enforced(control)
    lab_iam("off")
    put(ada)
    iam.enforce(True, control)
    assert refused(put, ada)[0] == "AccessDeniedException"
    iam.enforce(False, control)
    put(ada)
