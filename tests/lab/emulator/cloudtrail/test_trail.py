"""The CloudTrail log, as boto3 and the AWS CLI read it: by LookupEvents, and from the files in S3."""

import gzip
import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.aws.folders import EMULATOR
from lab.control import Control
from tests.lab.emulator.support import client, create, iterator, quotas_off, shards_of
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")
MINUTE = timedelta(minutes=1)
ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture
def trail(fresh_account: Mapping[str, str]) -> Any:
    return client(fresh_account, "cloudtrail")


def events(trail: Any, **attribute: str) -> list[dict[str, Any]]:
    """The events as CloudTrail wrote them, the oldest first; of one attribute, if one is given."""
    asked = [{"AttributeKey": key, "AttributeValue": value} for key, value in attribute.items()]
    pages = trail.get_paginator("lookup_events").paginate(LookupAttributes=asked)
    return [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]][::-1]


def one(trail: Any, name: str) -> dict[str, Any]:
    (event,) = events(trail, EventName=name)
    return event


def as_user(account: Mapping[str, str], name: str, policy: Mapping[str, Any] | None = None) -> dict[str, str]:
    """A new IAM user's environment."""
    iam = client(account, "iam")
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        **account,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


# What an event says


def test_a_management_call_is_told_with_who_what_when_and_from_where(
    kinesis: Any, trail: Any, control: Control
) -> None:
    control.set("clock", advance_seconds=25 * 3600)
    before = datetime.fromtimestamp(control.look("clock")["now"], UTC)
    answer = kinesis.create_stream(StreamName="orders", ShardCount=2)
    event = one(trail, "CreateStream")
    account = control.account
    assert event["userIdentity"] == {
        "type": "Root",
        "principalId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "accountId": account,
        "accessKeyId": account,
    }
    assert event["requestParameters"] == {"streamName": "orders", "shardCount": 2}
    expected = {
        "eventSource": "kinesis.amazonaws.com",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "127.0.0.1",
        "responseElements": None,
        "requestID": answer["ResponseMetadata"]["RequestId"],
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    assert {name: event[name] for name in expected} == expected
    assert event["userAgent"].startswith("Boto3/")
    assert re.fullmatch(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", event["eventID"])
    when = datetime.strptime(event["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert timedelta(seconds=-1) <= when - before < timedelta(minutes=5)
    assert "errorCode" not in event


def test_reads_are_read_only_and_answers_of_writes_are_told(kinesis: Any, trail: Any) -> None:
    create(kinesis, shards=2)
    kinesis.update_shard_count(StreamName="orders", TargetShardCount=3, ScalingType="UNIFORM_SCALING")
    reads = events(trail, EventName="DescribeStreamSummary")
    assert reads
    assert all(event["readOnly"] and event["responseElements"] is None for event in reads)
    answer = one(trail, "UpdateShardCount")["responseElements"]
    assert (answer["currentShardCount"], answer["targetShardCount"]) == (2, 3)


def test_records_and_their_contents_are_never_told(kinesis: Any, trail: Any) -> None:
    create(kinesis)
    shard = shards_of(kinesis)[0]["ShardId"]
    kinesis.put_record(StreamName="orders", Data=b"geheim", PartitionKey="a")
    kinesis.put_records(StreamName="orders", Records=[{"Data": b"geheim", "PartitionKey": "a"}])
    kinesis.get_records(ShardIterator=iterator(kinesis, shard))
    names = {event["eventName"] for event in events(trail)}
    assert names >= {"CreateStream", "ListShards", "DescribeStreamSummary"}
    assert not names & {"PutRecord", "PutRecords", "GetRecords", "GetShardIterator"}


def test_a_call_that_fails_is_told_with_its_error(kinesis: Any, trail: Any) -> None:
    with pytest.raises(ClientError):
        kinesis.delete_stream(StreamName="none")
    event = one(trail, "DeleteStream")
    assert event["errorCode"] == "ResourceNotFoundException"
    assert "none" in event["errorMessage"]
    assert event["requestParameters"] == {"streamName": "none"}
    assert event["responseElements"] is None


def test_buckets_are_told_and_objects_are_not(fresh_account: Mapping[str, str], trail: Any) -> None:
    bucket = f"told-{fresh_account['AWS_ACCESS_KEY_ID']}"
    s3 = client(fresh_account, "s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    s3.list_objects_v2(Bucket=bucket)
    told = events(trail, EventSource="s3.amazonaws.com")
    assert [(event["eventName"], event["requestParameters"]["bucketName"]) for event in told] == [
        ("CreateBucket", bucket)
    ]


# Who


def test_a_user_is_named_and_secrets_are_not(fresh_account: Mapping[str, str], trail: Any) -> None:
    user = as_user(fresh_account, "ana")
    create(client(user))
    event = one(trail, "CreateStream")
    identity = event["userIdentity"]
    assert identity["type"] == "IAMUser"
    assert identity["userName"] == "ana"
    assert identity["arn"].endswith(":user/ana")
    assert identity["accessKeyId"] == user["AWS_ACCESS_KEY_ID"]
    known = client(fresh_account, "iam").get_user(UserName="ana")["User"]
    assert identity["principalId"] == known["UserId"]
    key = one(trail, "CreateAccessKey")
    assert key["responseElements"]["accessKey"]["accessKeyId"] == user["AWS_ACCESS_KEY_ID"]
    assert key["awsRegion"] == "us-east-1"
    assert user["AWS_SECRET_ACCESS_KEY"] not in json.dumps(events(trail))


def test_a_role_session_is_told_with_its_role(fresh_account: Mapping[str, str], trail: Any) -> None:
    user = as_user(fresh_account, "ana", ANYTHING)
    account = fresh_account["AWS_ACCESS_KEY_ID"]
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": "sts:AssumeRole",
    }
    role = client(fresh_account, "iam").create_role(
        RoleName="reader",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]
    given = client(user, "sts").assume_role(RoleArn=role["Arn"], RoleSessionName="shift-2")["Credentials"]
    command = cli(
        {
            **fresh_account,
            "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
            "AWS_SESSION_TOKEN": given["SessionToken"],
        },
        *("kinesis", "create-stream", "--stream-name", "orders", "--shard-count", "1"),
    )
    assert command.returncode == 0, command.stderr
    identity = one(trail, "CreateStream")["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"] == f"arn:aws:sts::{account}:assumed-role/reader/shift-2"
    issuer = identity["sessionContext"]["sessionIssuer"]
    assert issuer == {
        "type": "Role",
        "principalId": role["RoleId"],
        "arn": role["Arn"],
        "accountId": account,
        "userName": "reader",
    }
    everything = json.dumps(events(trail))
    assert "shift-2" in everything
    assert given["SecretAccessKey"] not in everything
    assert given["SessionToken"] not in everything
    (told,) = trail.lookup_events(
        LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "shift-2"}]
    )["Events"]
    assert told["EventName"] == "CreateStream"


def test_a_call_that_iam_refuses_is_told(
    fresh_account: Mapping[str, str], trail: Any, control: Control
) -> None:
    user = as_user(fresh_account, "ana")
    control.set("iam", enabled=True)
    with pytest.raises(ClientError):
        client(user).create_stream(StreamName="orders", ShardCount=1)
    control.set("iam", enabled=False)
    event = one(trail, "CreateStream")
    assert event["errorCode"] == "AccessDeniedException"
    assert "not authorized to perform: kinesis:CreateStream" in event["errorMessage"]
    assert event["userIdentity"]["userName"] == "ana"


# Looking up


def test_events_are_looked_up_by_attribute_and_time(kinesis: Any, trail: Any, control: Control) -> None:
    create(kinesis, "orders")
    create(kinesis, "clicks")
    middle = datetime.fromtimestamp(control.look("clock")["now"], UTC)
    control.set("clock", advance_seconds=3600)
    kinesis.delete_stream(StreamName="clicks")

    def names(**asked: Any) -> list[str]:
        return [event["EventName"] for event in trail.lookup_events(**asked)["Events"]]

    def by(key: str, value: str) -> list[str]:
        return names(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])

    assert names(StartTime=middle + timedelta(minutes=1))[-1] == "DeleteStream"
    assert "DeleteStream" not in names(EndTime=middle)
    assert [name for name in by("ReadOnly", "false") if "Stream" in name] == [
        "DeleteStream",
        "CreateStream",
        "CreateStream",
    ], "the newest first"
    assert by("ResourceName", "clicks")[0] == "DeleteStream"
    assert "DeleteStream" not in by("ResourceName", "orders")
    assert "CreateStream" in by("ResourceType", "AWS::Kinesis::Stream")
    assert "CreateStream" in by("Username", "root")
    assert by("AccessKeyId", "somebody") == []
    elsewhere = {**os.environ, "AWS_ENDPOINT_URL": kinesis.meta.endpoint_url, "AWS_REGION": "eu-west-1"}
    keys = {"AWS_ACCESS_KEY_ID": control.account, "AWS_SECRET_ACCESS_KEY": "x"}
    other = client(elsewhere | keys, "cloudtrail")
    assert {event["eventName"] for event in events(other)} <= {"LookupEvents"}


def test_pages_follow_each_other_without_gap_or_repetition(
    kinesis: Any, trail: Any, control: Control
) -> None:
    create(kinesis)
    quotas_off(control)
    for number in range(60):
        kinesis.add_tags_to_stream(StreamName="orders", Tags={"number": str(number)})
    told = events(trail, EventName="AddTagsToStream")
    assert [event["requestParameters"]["tags"]["number"] for event in told] == [str(n) for n in range(60)]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"NextToken": "bm9uZQ=="}, "InvalidNextTokenException"),
        ({"StartTime": 2_000_000_000, "EndTime": 1_000_000_000}, "InvalidTimeRangeException"),
        (
            {"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "a"}] * 2},
            "InvalidLookupAttributesException",
        ),
    ],
)
def test_wrong_questions_are_refused(trail: Any, asked: dict[str, Any], error: str) -> None:
    with pytest.raises(ClientError, match=error):
        trail.lookup_events(**asked)


def test_the_cli_looks_up(fresh_account: Mapping[str, str], kinesis: Any) -> None:
    create(kinesis)

    def lookup(value: str) -> list[dict[str, Any]]:
        attribute = f"AttributeKey=EventName,AttributeValue={value}"
        done = cli(fresh_account, "cloudtrail", "lookup-events", "--lookup-attributes", attribute)
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout)["Events"])

    assert lookup("DeleteStream") == []
    assert [event["Username"] for event in lookup("CreateStream")] == ["root"]
    refused = cli(fresh_account, "cloudtrail", "get-trail-status", "--name", "none")
    assert refused.returncode != 0
    assert "TrailNotFoundException" in refused.stderr


def cli(variables: Mapping[str, str], *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(EMULATOR / "bin" / "aws"), *words, "--output", "json"]
    return subprocess.run(command, env=dict(variables), capture_output=True, text=True)


# Delivery


@pytest.fixture
def bucket(fresh_account: Mapping[str, str]) -> str:
    name = f"trail-{fresh_account['AWS_ACCESS_KEY_ID']}"
    client(fresh_account, "s3").create_bucket(Bucket=name)
    return name


def files(account: Mapping[str, str], bucket: str, prefix: str = "") -> dict[str, list[dict[str, Any]]]:
    """The events in each file, by its key."""
    s3 = client(account, "s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    read = {one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed}
    return {key: json.loads(gzip.decompress(content))["Records"] for key, content in read.items()}


def delivered(account: Mapping[str, str], bucket: str, name: str, prefix: str = "") -> list[dict[str, Any]]:
    found = [event for events in files(account, bucket, prefix).values() for event in events]
    return [event for event in found if event["eventName"] == name]


def test_a_trail_delivers_to_its_bucket_while_it_logs(
    fresh_account: Mapping[str, str], kinesis: Any, trail: Any, bucket: str, control: Control
) -> None:
    trail.create_trail(Name="all", S3BucketName=bucket, S3KeyPrefix="logs")
    create(kinesis, "before")
    trail.start_logging(Name="all")
    assert trail.get_trail_status(Name="all")["IsLogging"]
    create(kinesis, "during")
    (event,) = eventually(lambda: delivered(fresh_account, bucket, "CreateStream"))
    assert event == events(trail, EventName="CreateStream")[1], "the same that is looked up"
    assert event["requestParameters"]["streamName"] == "during"
    trail.create_trail(Name="later", S3BucketName=bucket, S3KeyPrefix="later")
    trail.start_logging(Name="later")
    trail.stop_logging(Name="all")
    create(kinesis, "after")
    # The trails deliver one after the other, so what "all" has to deliver is there by then.
    eventually(lambda: delivered(fresh_account, bucket, "CreateStream", "later/"))
    status = trail.get_trail_status(Name="all")
    assert not status["IsLogging"]
    assert status["StartLoggingTime"] <= status["LatestDeliveryTime"] <= status["StopLoggingTime"] + MINUTE
    assert len(delivered(fresh_account, bucket, "CreateStream", "logs/")) == 1
    account, today = control.account, datetime.fromtimestamp(control.look("clock")["now"], UTC)
    written = files(fresh_account, bucket, "logs/")
    for key in written:
        assert re.fullmatch(
            rf"logs/AWSLogs/{account}/CloudTrail/us-east-1/{today:%Y}/\d\d/\d\d/"
            rf"{account}_CloudTrail_us-east-1_\d{{8}}T\d{{4}}Z_[0-9A-Za-z]{{16}}\.json\.gz",
            key,
        )
    told = [event["eventID"] for events in written.values() for event in events]
    assert len(told) == len(set(told)), "each event once"


def test_a_trail_of_all_regions_writes_a_file_for_each(
    fresh_account: Mapping[str, str], kinesis: Any, trail: Any, bucket: str
) -> None:
    trail.create_trail(Name="all", S3BucketName=bucket, IsMultiRegionTrail=True)
    trail.create_trail(Name="home", S3BucketName=bucket, S3KeyPrefix="home")
    for name in ("all", trail.get_trail(Name="home")["Trail"]["TrailARN"]):
        trail.start_logging(Name=name)
    create(client({**fresh_account, "AWS_REGION": "eu-west-1"}), "far")
    create(kinesis, "near")
    assert eventually(lambda: len(delivered(fresh_account, bucket, "CreateStream")) == 3)

    def made(prefix: str) -> Iterator[tuple[str, str]]:
        for key, told in files(fresh_account, bucket, prefix).items():
            for event in told:
                if event["eventName"] == "CreateStream":
                    assert f"/CloudTrail/{event['awsRegion']}/" in key
                    yield event["awsRegion"], event["requestParameters"]["streamName"]

    assert set(made("AWSLogs/")) == {("us-east-1", "near"), ("eu-west-1", "far")}
    assert set(made("home/")) == {("us-east-1", "near")}
    far = client({**fresh_account, "AWS_REGION": "eu-west-1"}, "cloudtrail")
    assert [one["Name"] for one in far.describe_trails()["trailList"]] == ["all"]


def test_what_could_not_be_delivered_comes_when_it_can(
    fresh_account: Mapping[str, str], kinesis: Any, trail: Any, bucket: str
) -> None:
    trail.create_trail(Name="all", S3BucketName=bucket)
    s3 = client(fresh_account, "s3")
    s3.delete_bucket(Bucket=bucket)
    trail.start_logging(Name="all")
    create(kinesis)
    problem = eventually(lambda: trail.get_trail_status(Name="all").get("LatestDeliveryError"))
    assert problem == "NoSuchBucket"
    s3.create_bucket(Bucket=bucket)
    assert eventually(lambda: delivered(fresh_account, bucket, "CreateStream"))
    assert "LatestDeliveryError" not in trail.get_trail_status(Name="all")


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"S3BucketName": "no-such-bucket-anywhere"}, "S3BucketDoesNotExistException"),
        ({"Name": "ab"}, "InvalidTrailNameException"),
        ({"KmsKeyId": "alias/mine"}, "has no KmsKeyId"),
        ({"EnableLogFileValidation": True}, "has no EnableLogFileValidation"),
    ],
)
def test_trails_that_the_lab_can_not_make(
    trail: Any, bucket: str, settings: dict[str, Any], error: str
) -> None:
    with pytest.raises(ClientError, match=error):
        trail.create_trail(**{"Name": "all", "S3BucketName": bucket} | settings)
    assert trail.list_trails()["Trails"] == []
    trail.create_trail(Name="all", S3BucketName=bucket, EnableLogFileValidation=False)
    with pytest.raises(ClientError, match="TrailAlreadyExistsException"):
        trail.create_trail(Name="all", S3BucketName=bucket)
    with pytest.raises(ClientError, match="does not have PutEventSelectors"):
        trail.put_event_selectors(TrailName="all", EventSelectors=[])
    assert [one["Name"] for one in trail.list_trails()["Trails"]] == ["all"]
    trail.delete_trail(Name="all")
    assert trail.describe_trails()["trailList"] == []


def test_wiping_an_account_takes_its_events_and_trails(
    kinesis: Any, trail: Any, bucket: str, control: Control
) -> None:
    create(kinesis)
    trail.create_trail(Name="all", S3BucketName=bucket)
    assert events(trail, EventName="CreateStream")
    control.set("wipe")
    assert events(trail, EventName="CreateStream") == []
    assert trail.list_trails()["Trails"] == []
