"""Encryption at rest with KMS keys that can and can't be used."""

from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.control import Control
from tests.lab.emulator.support import client, code, create, iterator, quotas_off

pytestmark = pytest.mark.xdist_group("shared-lab")
SHARD = "shardId-000000000000"
NOWHERE = "12345678-1234-1234-1234-123456789012"


def refused(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return code(caught.value), str(caught.value.response["Error"]["Message"])


def key_of(kinesis: Any) -> str | None:
    found: str | None = kinesis.describe_stream_summary(StreamName="orders")["StreamDescriptionSummary"].get(
        "KeyId"
    )
    return found


@pytest.fixture
def kms(fresh_account: Mapping[str, str]) -> Any:
    return client(fresh_account, "kms")


@pytest.fixture
def key(kms: Any) -> dict[str, str]:
    return dict(kms.create_key()["KeyMetadata"])


def test_a_stream_is_encrypted_with_a_key_that_is_there_by_any_of_its_names(
    kinesis: Any, kms: Any, key: Mapping[str, str], control: Control
) -> None:
    create(kinesis)
    quotas_off(control)
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key["KeyId"])
    encrypt = {"StreamName": "orders", "EncryptionType": "KMS"}
    alias = key["Arn"].replace(f"key/{key['KeyId']}", "alias/orders")
    elsewhere = key["Arn"].replace("us-east-1", "eu-west-1")
    missing = {
        NOWHERE: key["Arn"].replace(key["KeyId"], NOWHERE),
        key["Arn"].replace(key["KeyId"], NOWHERE): key["Arn"].replace(key["KeyId"], NOWHERE),
        "alias/missing": alias.replace("orders", "missing"),
        alias.replace("orders", "missing"): alias.replace("orders", "missing"),
        "orders": "orders",
        elsewhere: "eu-west-1",
        key["Arn"].replace(":key/", ":secret/"): key["KeyId"],
    }
    for named, told in missing.items():
        error, message = refused(kinesis.start_stream_encryption, KeyId=named, **encrypt)
        assert error == "KMSNotFoundException", named
        assert told in message
    assert key_of(kinesis) is None, "nothing was changed"
    for named in (key["KeyId"], key["Arn"], "alias/orders", alias, "alias/aws/kinesis"):
        kinesis.start_stream_encryption(KeyId=named, **encrypt)
        assert key_of(kinesis) == named


def test_a_key_is_asked_for_when_records_are_written_and_read(
    kinesis: Any, kms: Any, key: Mapping[str, str], control: Control
) -> None:
    arn = create(kinesis)
    quotas_off(control)
    encrypt = {"StreamName": "orders", "EncryptionType": "KMS", "KeyId": key["Arn"]}
    one = {"StreamName": "orders", "PartitionKey": "k"}
    many = {"StreamName": "orders", "Records": [{"PartitionKey": "k", "Data": b"x"}]}
    reader = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    start = {"ConsumerARN": reader, "ShardId": SHARD, "StartingPosition": {"Type": "TRIM_HORIZON"}}
    kinesis.put_record(Data=b"plain", **one)
    kinesis.start_stream_encryption(**encrypt)
    kinesis.put_record(Data=b"sealed", **one)
    begin = iterator(kinesis, SHARD)
    disabled = ("KMSDisabledException", f"{key['Arn']} is disabled.")
    pending = ("KMSInvalidStateException", f"{key['Arn']} is pending deletion.")
    for expected in (disabled, pending):
        if expected == disabled:
            kms.disable_key(KeyId=key["KeyId"])
        else:
            kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        assert refused(kinesis.put_record, Data=b"x", **one) == expected
        assert refused(kinesis.put_records, **many) == expected
        assert refused(kinesis.put_record, Data=b"x", DryRun=True, **one) == expected
        assert refused(kinesis.get_records, ShardIterator=begin) == expected
        assert refused(kinesis.start_stream_encryption, **encrypt) == expected
        events = kinesis.subscribe_to_shard(**start)["EventStream"]
        with closing(events), pytest.raises(ClientError) as caught:
            list(events)
        assert code(caught.value) == expected[0], "an event of the subscription, not its answer"
        page = kinesis.get_records(ShardIterator=begin, Limit=1)
        assert [record["Data"] for record in page["Records"]] == [b"plain"], "it was never encrypted"
    kms.cancel_key_deletion(KeyId=key["KeyId"])
    assert refused(kinesis.get_records, ShardIterator=begin) == disabled, "as KMS leaves it"
    kms.enable_key(KeyId=key["KeyId"])
    kinesis.put_records(**many)
    page = kinesis.get_records(ShardIterator=begin)
    assert [record["Data"] for record in page["Records"]] == [b"plain", b"sealed", b"x"]
    kms.disable_key(KeyId=key["KeyId"])
    kinesis.stop_stream_encryption(**encrypt)
    kinesis.put_record(Data=b"x", **one)
