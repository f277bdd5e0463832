"""What the tests of Firehose use: a bucket, and streams that write into it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.control import Control
from tests.lab.emulator.people import Variables, refusal
from tests.lab.emulator.support import client

MIB = 2**20
NEVER = {"SizeInMBs": 128, "IntervalInSeconds": 900}
"""Hints under which no test's records are delivered by themselves."""
NOW = {"SizeInMBs": 1, "IntervalInSeconds": 0}


class Lake:
    """A bucket and the Firehose streams that write into it."""

    def __init__(self, variables: Variables) -> None:
        self.account = variables["AWS_ACCESS_KEY_ID"]
        self.bucket = f"lake-{self.account}"
        self.s3, self.firehose = client(variables, "s3"), client(variables, "firehose")
        self.s3.create_bucket(Bucket=self.bucket)

    def stream(self, name: str, hints: dict[str, int] | None, source: str = "", **settings: Any) -> None:
        role = f"arn:aws:iam::{self.account}:role/delivery"
        destination = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{self.bucket}"} | settings
        if hints is not None:
            destination["BufferingHints"] = hints
        kind: dict[str, Any] = {"DeliveryStreamType": "DirectPut"}
        if source:
            reading = {"KinesisStreamARN": source, "RoleARN": role}
            kind = {"DeliveryStreamType": "KinesisStreamAsSource"}
            kind["KinesisStreamSourceConfiguration"] = reading
        self.firehose.create_delivery_stream(
            DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination, **kind
        )

    def put(self, name: str, *records: bytes) -> Any:
        return self.firehose.put_record_batch(
            DeliveryStreamName=name, Records=[{"Data": record} for record in records]
        )

    def keys(self) -> list[str]:
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def lines(self, prefix: str) -> list[str]:
        """Of all objects below PREFIX."""
        found = [
            self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
            for key in self.keys()
            if key.startswith(prefix)
        ]
        return "".join(found).splitlines()

    def contents(self) -> list[bytes]:
        return [self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in self.keys()]

    def described(self, name: str) -> Any:
        return self.firehose.describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]


def refused(call: Any, **named: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**named)
    return refusal(caught.value)


def waiting(control: Control, name: str) -> dict[str, int]:
    found: dict[str, int] = control.look("firehose")["waiting"][name]
    return found
