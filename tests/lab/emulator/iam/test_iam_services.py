"""IAM's decisions on the services around Kinesis, each in its own error shape, and on encrypted streams."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.aws.environment import fresh_account as new_account
from lab.aws.environment import lab_environment
from lab.control import Control
from tests.lab.emulator.people import People, Variables, allow, command_line, deny, document, refusal
from tests.lab.emulator.support import client, create, iterator

pytestmark = pytest.mark.xdist_group("shared-lab")


@pytest.fixture
def people(fresh_account: Variables) -> People:
    return People(fresh_account)


def refused(call: Callable[..., Any], **named: Any) -> tuple[int, str, str]:
    """HTTP status, code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**named)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], *refusal(caught.value)


def no_policy(people: People, action: str, resource: str) -> str:
    return (
        f"User: {people.arn('user/ada')} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


# Encrypted streams


@pytest.fixture
def key(fresh_account: Variables) -> str:
    """A customer managed key's ARN; its policy is KMS's default, which leaves it to IAM policies."""
    return str(client(fresh_account, "kms").create_key()["KeyMetadata"]["Arn"])


def test_an_encrypted_stream_needs_its_key_on_both_sides(
    people: People, kinesis: Any, key: str, control: Control
) -> None:
    orders = create(kinesis)
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    control.set("iam", enabled=True)
    read = ["kinesis:GetShardIterator", "kinesis:GetRecords"]
    ada = people.user("ada", allow(["kinesis:PutRecord", "kinesis:PutRecords", *read], orders))
    one = {"StreamName": "orders", "Data": b"x", "PartitionKey": "k"}
    many = {"StreamName": "orders", "Records": [{"Data": b"x", "PartitionKey": "k"}]}
    for call, arguments in ((client(ada).put_record, one), (client(ada).put_records, many)):
        said = refused(call, **arguments)
        expected = no_policy(people, "kms:GenerateDataKey", key)
        assert said == (400, "KMSAccessDeniedException", expected)
    here = iterator(client(ada), "shardId-000000000000")
    said = refused(client(ada).get_records, ShardIterator=here)
    assert said == (400, "KMSAccessDeniedException", no_policy(people, "kms:Decrypt", key))

    through = {"StringEquals": {"kms:ViaService": "kinesis.us-east-1.amazonaws.com"}}
    for_orders = {"StringEquals": {"kms:EncryptionContext:aws:kinesis:arn": orders}}
    producer = allow("kms:GenerateDataKey", key, Condition=through)
    people.grant("ada", allow(["kinesis:PutRecord", *read], orders), producer)
    assert client(ada).put_record(**one)["EncryptionType"] == "KMS"
    assert refused(client(ada).get_records, ShardIterator=here)[1] == "KMSAccessDeniedException"
    consumer = allow("kms:Decrypt", key, Condition=through | for_orders)
    people.grant("ada", allow(read, orders), consumer)
    records = client(ada).get_records(ShardIterator=here)["Records"]
    assert [record["Data"] for record in records] == [b"x"]


def test_a_key_policy_that_leaves_nothing_to_iam(
    people: People, kinesis: Any, key: str, control: Control
) -> None:
    orders = create(kinesis)
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)
    ada = people.user("ada", allow(["kinesis:*", "kms:*"]))
    control.set("iam", enabled=True)
    one = {"StreamName": "orders", "Data": b"x", "PartitionKey": "k"}
    assert client(ada).put_record(**one)
    people.user("administrator")
    only = allow("kms:*", Principal={"AWS": people.arn("user/administrator")})
    policy = document(only)
    client(people.root, "kms").put_key_policy(KeyId=key, PolicyName="default", Policy=policy)
    said = refused(client(ada).put_record, **one)
    assert said[1] == "KMSAccessDeniedException"
    assert said[2].endswith("because no resource-based policy allows the kms:GenerateDataKey action")
    assert orders not in said[2]


def test_the_key_of_kinesis_needs_no_permission(people: People, kinesis: Any, control: Control) -> None:
    orders = create(kinesis)
    kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("kinesis:PutRecord", orders))
    assert client(ada).put_record(StreamName="orders", Data=b"x", PartitionKey="k")


def test_encrypting_a_stream_needs_both_resources(
    people: People, kinesis: Any, key: str, control: Control
) -> None:
    orders = create(kinesis)
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("kinesis:StartStreamEncryption", orders))
    asked = {"StreamName": "orders", "EncryptionType": "KMS", "KeyId": key}
    said = refused(client(ada).start_stream_encryption, **asked)
    assert said[2] == no_policy(people, "kinesis:StartStreamEncryption", key)
    people.grant("ada", allow("kinesis:StartStreamEncryption", [orders, key]))
    client(ada).start_stream_encryption(**asked)


def test_calls_of_kms_itself(people: People, key: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("kms:Encrypt", key))
    kms = client(ada, "kms")
    blob = kms.encrypt(KeyId=key, Plaintext=b"secret", EncryptionContext={"for": "x"})["CiphertextBlob"]
    asked = {"CiphertextBlob": blob, "EncryptionContext": {"for": "x"}}
    said = refused(kms.decrypt, **asked)
    assert said == (400, "AccessDeniedException", no_policy(people, "kms:Decrypt", key))
    right = {"StringEquals": {"kms:EncryptionContext:for": "x"}}
    people.grant("ada", allow("kms:Decrypt", key, Condition=right))
    assert kms.decrypt(**asked)["Plaintext"] == b"secret"
    wrong = {"StringEquals": {"kms:EncryptionContext:for": "y"}}
    people.grant("ada", allow("kms:Decrypt", key, Condition=wrong))
    assert refused(kms.decrypt, **asked)[1] == "AccessDeniedException"


# S3


@pytest.fixture
def bucket(people: People) -> str:
    name = f"lake-{people.account}"
    client(people.root, "s3").create_bucket(Bucket=name)
    return name


def test_objects_and_their_bucket(people: People, bucket: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada")
    s3 = client(ada, "s3")
    arn = f"arn:aws:s3:::{bucket}"
    said = refused(s3.put_object, Bucket=bucket, Key="in/a", Body=b"x")
    assert said == (403, "AccessDenied", no_policy(people, "s3:PutObject", f'"{arn}/in/a"'))
    people.grant("ada", allow(["s3:PutObject", "s3:GetObject"], f"{arn}/in/*"))
    s3.put_object(Bucket=bucket, Key="in/a", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="in/a")["Body"].read() == b"x"
    said = refused(s3.list_objects_v2, Bucket=bucket)
    assert said == (403, "AccessDenied", no_policy(people, "s3:ListBucket", f'"{arn}"'))
    assert (
        refused(s3.copy_object, Bucket=bucket, Key="in/b", CopySource=f"{bucket}/out/a")[1] == "AccessDenied"
    )
    assert refused(s3.delete_object, Bucket=bucket, Key="in/a")[1] == "AccessDenied"
    asked = {"Objects": [{"Key": "in/a"}]}
    assert refused(s3.delete_objects, Bucket=bucket, Delete=asked)[1] == "AccessDenied"
    assert refused(s3.head_object, Bucket=bucket, Key="out/a")[:2] == (403, "403")
    people.grant("ada", allow("s3:ListBucket", arn))
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["in/a"]


def test_a_bucket_policy(people: People, running_lab: str, bucket: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("s3:*"))
    partner = People(lab_environment(running_lab, new_account()))
    bob = partner.user("bob", allow("s3:GetObject"))
    root, objects = client(people.root, "s3"), f"arn:aws:s3:::{bucket}/*"
    root.put_object(Bucket=bucket, Key="a", Body=b"x")
    asked = {"Bucket": bucket, "Key": "a"}
    assert refused(client(bob, "s3").get_object, **asked) == (403, "AccessDenied", "Access Denied")
    theirs = allow("s3:GetObject", objects, Principal={"AWS": partner.arn("user/bob")})
    not_hers = deny("s3:GetObject", objects, Principal={"AWS": people.arn("user/ada")})
    root.put_bucket_policy(Bucket=bucket, Policy=document(theirs, not_hers))
    assert client(bob, "s3").get_object(**asked)["Body"].read() == b"x"
    said = refused(client(ada, "s3").get_object, **asked)
    assert said[2].endswith("with an explicit deny in a resource-based policy")


def test_requests_without_a_signature(people: People, bucket: str, control: Control) -> None:
    from botocore import UNSIGNED
    from botocore.config import Config

    client(people.root, "s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    anybody = client(people.root, "s3", Config(signature_version=UNSIGNED))
    assert anybody.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"
    control.set("iam", enabled=True)
    assert refused(anybody.get_object, Bucket=bucket, Key="a") == (403, "AccessDenied", "Access Denied")


def test_a_presigned_address_is_its_signers(people: People, bucket: str, control: Control) -> None:
    import urllib.error
    import urllib.request

    client(people.root, "s3").put_object(Bucket=bucket, Key="a", Body=b"x")
    control.set("iam", enabled=True)
    ada = people.user("ada")
    address = client(ada, "s3").generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
    with pytest.raises(urllib.error.HTTPError, match="403") as refused:
        urllib.request.urlopen(address)
    refused.value.close()
    people.grant("ada", allow("s3:GetObject", f"arn:aws:s3:::{bucket}/a"))
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"x"


# DynamoDB, CloudWatch, Firehose, IAM


def test_tables_and_batches(people: People, control: Control) -> None:
    root = client(people.root, "dynamodb")
    for name in ("leases", "other"):
        root.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    control.set("iam", enabled=True)
    leases, other = (f"arn:aws:dynamodb:us-east-1:{people.account}:table/{n}" for n in ("leases", "other"))
    ada = people.user("ada", allow(["dynamodb:PutItem", "dynamodb:BatchWriteItem"], leases))
    dynamodb = client(ada, "dynamodb")
    item = {"id": {"S": "a"}}
    dynamodb.put_item(TableName="leases", Item=item)
    said = refused(dynamodb.put_item, TableName="other", Item=item)
    assert said == (400, "AccessDeniedException", no_policy(people, "dynamodb:PutItem", other))
    put = [{"PutRequest": {"Item": item}}]
    dynamodb.batch_write_item(RequestItems={"leases": put})
    both = {"leases": put, "other": put}
    said = refused(dynamodb.batch_write_item, RequestItems=both)
    assert said[2] == no_policy(people, "dynamodb:BatchWriteItem", other)
    transaction = [{"Delete": {"TableName": "leases", "Key": item}}]
    said = refused(dynamodb.transact_write_items, TransactItems=transaction)
    assert said[2] == no_policy(people, "dynamodb:DeleteItem", leases)
    said = refused(dynamodb.query, TableName="leases", IndexName="by-owner", KeyConditionExpression="a = b")
    assert said[2] == no_policy(people, "dynamodb:Query", f"{leases}/index/by-owner")


def test_metrics_and_alarms(people: People, control: Control) -> None:
    control.set("iam", enabled=True)
    only = {"StringEquals": {"cloudwatch:namespace": "shop"}}
    ada = people.user("ada", allow("cloudwatch:PutMetricData", Condition=only))
    cloudwatch = client(ada, "cloudwatch")
    data = [{"MetricName": "orders", "Value": 1.0}]
    cloudwatch.put_metric_data(Namespace="shop", MetricData=data)
    said = refused(cloudwatch.put_metric_data, Namespace="other", MetricData=data)
    assert said[2] == no_policy(people, "cloudwatch:PutMetricData", "*")
    alarm = f"arn:aws:cloudwatch:us-east-1:{people.account}:alarm:late"
    said = refused(cloudwatch.delete_alarms, AlarmNames=["late"])
    assert said[2] == no_policy(people, "cloudwatch:DeleteAlarms", alarm)
    assert said[1].startswith("AccessDenied")


def test_a_user_who_looks_after_herself(people: People, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("iam:*AccessKey*", people.arn("user/${aws:username}")))
    people.user("bob")
    iam = client(ada, "iam")
    assert len(iam.list_access_keys()["AccessKeyMetadata"]) == 1
    assert len(iam.list_access_keys(UserName="ada")["AccessKeyMetadata"]) == 1
    said = refused(iam.create_access_key, UserName="bob")
    assert said == (403, "AccessDenied", no_policy(people, "iam:CreateAccessKey", people.arn("user/bob")))
    said = refused(iam.put_user_policy, UserName="ada", PolicyName="p", PolicyDocument=document(allow("*")))
    assert said[2] == no_policy(people, "iam:PutUserPolicy", people.arn("user/ada"))


def test_a_role_is_passed_only_by_who_may(people: People, bucket: str, control: Control) -> None:
    role = people.role("delivery", people.arn("root"))
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("firehose:CreateDeliveryStream"))
    destination = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{bucket}"}
    asked = {"DeliveryStreamName": "lake", "ExtendedS3DestinationConfiguration": destination}
    said = refused(client(ada, "firehose").create_delivery_stream, **asked)
    assert said == (400, "AccessDeniedException", no_policy(people, "iam:PassRole", role))
    to_firehose = {"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}
    people.grant("ada", allow("firehose:Create*"), allow("iam:PassRole", role, Condition=to_firehose))
    arn = client(ada, "firehose").create_delivery_stream(**asked)["DeliveryStreamARN"]
    said = refused(client(ada, "firehose").put_record, DeliveryStreamName="lake", Record={"Data": b"x"})
    assert said[2] == no_policy(people, "firehose:PutRecord", arn)


def test_the_command_line_gets_each_services_error(people: People, bucket: str, control: Control) -> None:
    control.set("iam", enabled=True)
    ada = people.user("ada", allow("iam:GetUser"))
    for words, code in (
        (("s3api", "list-objects-v2", "--bucket", bucket), "AccessDenied"),
        (("kms", "list-keys"), "AccessDeniedException"),
        (("dynamodb", "list-tables"), "AccessDeniedException"),
        (("firehose", "list-delivery-streams"), "AccessDeniedException"),
        (("cloudwatch", "list-metrics"), "AccessDenied"),
        (("cloudtrail", "lookup-events"), "AccessDeniedException"),
        (("iam", "list-users"), "AccessDenied"),
    ):
        said = command_line(ada, *words)
        assert said.returncode == 255, words
        assert f"An error occurred ({code}" in said.stderr
        assert people.arn("user/ada") in said.stderr
    assert json.loads(command_line(ada, "iam", "get-user").stdout)["User"]["UserName"] == "ada"
