"""Firehose delivers to S3 by size or time, whichever comes first, as unmodified clients see it."""

import gzip
import json
import re
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from lab.control import Control
from lab.errors import LabError
from tests.lab.emulator.firehose.support import MIB, NEVER, NOW, Lake, refused, waiting
from tests.lab.emulator.people import Variables, command_line
from tests.lab.emulator.support import create
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")


def test_without_buffering_a_record_is_there_at_once(lake: Lake) -> None:
    lake.stream("clicks", {"SizeInMBs": 1, "IntervalInSeconds": 0})
    lake.put("clicks", b"a\n")
    assert eventually(lake.contents) == [b"a\n"]


def test_nothing_is_delivered_before_a_limit_is_reached(lake: Lake, control: Control) -> None:
    lake.stream("clicks", NEVER)
    lake.put("clicks", b"a\n", b"b\n")
    time.sleep(2)  # long enough for LocalStack's own Firehose, and for the test above, many times over
    assert lake.keys() == []
    assert waiting(control, "clicks") == {"records": 2, "shaped": 2, "bytes": 4}


def test_delivered_by_size_in_one_object(lake: Lake, control: Control) -> None:
    lake.stream("clicks", {"SizeInMBs": 1, "IntervalInSeconds": 900})
    half = b"x" * (MIB // 2)
    lake.put("clicks", half)
    assert waiting(control, "clicks")["bytes"] == len(half)
    lake.put("clicks", half, b"rest")
    assert eventually(lake.contents) == [half + half], "the buffer that was full"
    assert waiting(control, "clicks") == {"records": 1, "shaped": 1, "bytes": 4}


def test_delivered_by_time_in_order(lake: Lake, control: Control) -> None:
    control.set("firehose", speed=60)
    lake.stream("clicks", {"SizeInMBs": 128, "IntervalInSeconds": 120})
    began = time.monotonic()
    lake.put("clicks", b"a\n")
    lake.put("clicks", b"b\n", b"c\n")
    assert eventually(lake.contents) == [b"a\nb\nc\n"]
    assert time.monotonic() - began >= 2, "120 seconds, 60 times as fast"
    assert waiting(control, "clicks") == {"records": 0, "shaped": 0, "bytes": 0}


def test_a_moved_clock_is_time_for_a_buffer_too(lake: Lake, control: Control) -> None:
    lake.stream("clicks", None)
    lake.put("clicks", b"a\n", b"b\n")
    control.set("clock", advance_seconds=290)
    time.sleep(1)  # ten looks at the clock
    assert lake.keys() == [], "not yet 300 seconds"
    (told,) = control.look("firehose")["streams"]
    assert 290 <= told.pop("filling_seconds") < 300
    assert told == {
        "name": "clicks",
        "open": True,
        "limit_bytes": 5 * MIB,
        "interval_seconds": 300,
        "records": 2,
        "filling_bytes": 4,
        "delivered": {"objects": 0, "records": 0, "bytes": 0},
        "dropped": 0,
        "taken": {},
    }
    control.set("clock", advance_seconds=10)
    assert eventually(lake.contents) == [b"a\nb\n"]
    (told,) = control.look("firehose")["streams"]
    assert (told["records"], told["filling_seconds"]) == (0, None)
    assert told["delivered"] == {"objects": 1, "records": 2, "bytes": 4}


def test_a_new_speed_is_for_what_waits_already(lake: Lake, control: Control) -> None:
    lake.stream("clicks", None)
    lake.put("clicks", b"a")
    assert lake.described("clicks")["Destinations"][0]["S3DestinationDescription"]["BufferingHints"] == {
        "SizeInMBs": 5,
        "IntervalInSeconds": 300,
    }
    assert lake.keys() == []
    control.set("firehose", speed=3600)
    assert eventually(lake.contents) == [b"a"]


def test_two_buffers_know_nothing_of_each_other(lake: Lake, control: Control) -> None:
    lake.stream("slow", NEVER)
    lake.stream("fast", {"SizeInMBs": 1, "IntervalInSeconds": 900})
    lake.put("slow", b"s")
    lake.put("fast", *[b"f" * (MIB // 2)] * 2)
    assert eventually(lake.contents) == [b"f" * MIB]
    assert waiting(control, "slow") == {"records": 1, "shaped": 1, "bytes": 1}


def test_each_object_is_told_with_its_reason(lake: Lake, control: Control) -> None:
    lake.stream("clicks", {"SizeInMBs": 1, "IntervalInSeconds": 300})
    lake.put("clicks", b"a\n", b"b\n")
    control.set("clock", advance_seconds=200)
    lake.put("clicks", b"c\n")
    control.set("clock", advance_seconds=101)
    lake.put("clicks", b"late\n")  # the first batch is over, whether the lab has looked at the clock or not
    assert eventually(lake.contents) == [b"a\nb\nc\n"]
    lake.put("clicks", *[b"x" * (MIB // 2)] * 2)
    assert eventually(lambda: len(control.look("firehose")["objects"]) == 2)
    by_time, by_size = control.look("firehose")["objects"]
    assert (by_time["reason"], by_time["records"], by_time["bytes"]) == ("time", 3, 6)
    assert by_time["age"] == pytest.approx(300, abs=0.01), "of the oldest record, when it was due"
    assert (by_size["reason"], by_size["records"], by_size["bytes"]) == ("size", 3, MIB + 5)
    assert by_size["age"] < 100
    assert {by_time["key"], by_size["key"]} == set(lake.keys())
    assert control.look("firehose")["records"] == {"clicks": {"received": 6, "delivered": 6}}


def test_a_direct_put_is_kept_for_a_day_and_then_lost(lake: Lake, control: Control) -> None:
    control.set("firehose", speed=60)
    lake.stream("clicks", NOW, BucketARN=f"arn:aws:s3:::later-{lake.account}")
    lake.put("clicks", b"a")
    time.sleep(0.3)
    control.set("firehose", speed=1)
    control.set("clock", advance_seconds=23 * 3600)
    assert waiting(control, "clicks")["records"] == 1
    control.set("clock", advance_seconds=2 * 3600)
    control.set("firehose", speed=60)
    assert eventually(lambda: control.look("firehose")["records"]["clicks"].get("lost") == 1)
    assert waiting(control, "clicks")["records"] == 0


def test_speed_is_one_accounts_own(lake: Lake, control: Control) -> None:
    neighbour = Control(control.endpoint, control.account, control.token)
    assert neighbour.look("firehose")["speed"] == 1
    control.set("firehose", speed=60)
    assert control.look("firehose")["speed"] == 60
    for wrong in (0, -1, True, "fast", 10_000):
        with pytest.raises(LabError, match="speed is a number above 0"):
            control.set("firehose", speed=wrong)
    assert control.look("firehose")["speed"] == 60


NAME = r"\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def test_names_of_objects(lake: Lake) -> None:
    lake.stream("clicks", NOW)
    lake.put("clicks", b"a")
    (key,) = eventually(lake.keys)
    found = re.fullmatch(rf"(\d{{4}}/\d\d/\d\d/\d\d)/clicks-1-({NAME})", key)
    assert found, key
    assert found[2].replace("-", "/").startswith(found[1])


def test_a_prefix_of_ones_own(lake: Lake) -> None:
    lake.stream("plain", NOW, Prefix="raw/")
    lake.put("plain", b"a")
    (key,) = eventually(lake.keys)
    assert re.fullmatch(rf"raw/\d{{4}}/\d\d/\d\d/\d\d/plain-1-{NAME}", key), key
    lake.s3.delete_object(Bucket=lake.bucket, Key=key)
    dated = "year=!{timestamp:yyyy}/month=!{timestamp:MM}/!{firehose:random-string}/"
    lake.stream("dated", NOW, Prefix=dated, ErrorOutputPrefix="failed/", FileExtension=".json")
    lake.put("dated", b"a")
    (key,) = eventually(lake.keys)
    assert re.fullmatch(rf"year=\d{{4}}/month=\d\d/[A-Za-z0-9]{{11}}/dated-1-{NAME}\.json", key), key


def test_names_follow_the_labs_clock(lake: Lake, control: Control) -> None:
    lake.stream("clicks", NOW)
    control.set("clock", advance_seconds=400 * 86_400)
    year = time.gmtime(control.look("clock")["now"]).tm_year
    lake.put("clicks", b"a")
    (key,) = eventually(lake.keys)
    assert key.startswith(f"{year}/")


def test_gzip(lake: Lake) -> None:
    lake.stream("clicks", NOW, CompressionFormat="GZIP")
    lake.put("clicks", b"a\n", b"b\n")
    (content,) = eventually(lake.contents)
    assert gzip.decompress(content) == b"a\nb\n"
    assert lake.keys()[0].endswith(".gz")
    assert marks(lake) == ("application/octet-stream", "gzip")


def test_an_object_that_is_not_zipped(lake: Lake) -> None:
    lake.stream("clicks", NOW)
    lake.put("clicks", b"a")
    eventually(lake.keys)
    assert marks(lake) == ("application/octet-stream", None)


def marks(lake: Lake) -> tuple[str, str | None]:
    """ContentType and ContentEncoding of the one object, as AWS sets them."""
    (key,) = lake.keys()
    head = lake.s3.head_object(Bucket=lake.bucket, Key=key)
    return head["ContentType"], head.get("ContentEncoding")


def test_new_settings_are_a_new_version(lake: Lake) -> None:
    lake.stream("clicks", NEVER, Prefix="old/")
    lake.put("clicks", b"a")
    destination = lake.described("clicks")["Destinations"][0]["DestinationId"]
    asked = {
        "DeliveryStreamName": "clicks",
        "DestinationId": destination,
        "ExtendedS3DestinationUpdate": {"BufferingHints": NOW},
    }
    code, _ = refused(lake.firehose.update_destination, CurrentDeliveryStreamVersionId="7", **asked)
    assert code == "ConcurrentModificationException"
    lake.firehose.update_destination(CurrentDeliveryStreamVersionId="1", **asked)
    (key,) = eventually(lake.keys)
    assert key.startswith("old/"), "what isn't given is kept"
    assert "/clicks-2-" in key
    assert lake.described("clicks")["VersionId"] == "2"


def test_a_deleted_stream_takes_its_data_along(lake: Lake, control: Control) -> None:
    control.set("firehose", speed=60)
    lake.stream("clicks", {"SizeInMBs": 128, "IntervalInSeconds": 60})
    lake.put("clicks", b"a")
    lake.firehose.delete_delivery_stream(DeliveryStreamName="clicks")
    lake.stream("clicks", {"SizeInMBs": 128, "IntervalInSeconds": 60})
    lake.put("clicks", b"b")
    assert eventually(lake.contents) == [b"b"]
    before, now = control.look("firehose")["streams"]
    assert (before["open"], before["dropped"], before["delivered"]["records"]) == (False, 1, 0)
    assert (now["open"], now["dropped"], now["delivered"]["records"]) == (True, 0, 1)


def test_a_bucket_that_comes_later(lake: Lake, control: Control) -> None:
    control.set("firehose", speed=60)
    lake.stream("clicks", NOW, BucketARN=f"arn:aws:s3:::later-{lake.account}")
    lake.put("clicks", b"a")
    lake.put("clicks", b"b")
    time.sleep(0.5)
    assert waiting(control, "clicks")["records"] == 2, "kept for the next try"
    lake.bucket = f"later-{lake.account}"
    lake.s3.create_bucket(Bucket=lake.bucket)
    assert eventually(lambda: len(lake.keys()) == 2 and sorted(lake.contents())) == [b"a", b"b"]


def test_limits_of_a_request(lake: Lake) -> None:
    lake.stream("clicks", NEVER)
    answer = lake.put("clicks", *[b"x"] * 500)
    assert (answer["FailedPutCount"], len(answer["RequestResponses"])) == (0, 500)
    assert len({one["RecordId"] for one in answer["RequestResponses"]}) == 500

    def batch(*records: bytes) -> tuple[str, str]:
        entries = [{"Data": record} for record in records]
        return refused(lake.firehose.put_record_batch, DeliveryStreamName="clicks", Records=entries)

    code, message = batch(*[b"x"] * 501)
    assert (code, "less than or equal to 500" in message) == ("ValidationException", True)
    largest = b"x" * 1_024_000
    lake.put("clicks", largest)
    code, message = batch(b"x", largest + b"x")
    assert (code, "records.2.member.data" in message) == ("ValidationException", True)
    lake.put("clicks", *[largest] * 4)
    assert batch(*[largest] * 4, b"x" * 100_000)[0] == "InvalidArgumentException"
    for name in ("", "a/b", "x" * 65):
        with pytest.raises((ClientError, ParamValidationError)):
            lake.stream(name, NEVER)
    nothing = refused(lake.firehose.put_record, DeliveryStreamName="nothing", Record={"Data": b"x"})
    assert nothing[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"BufferingHints": {"SizeInMBs": 1}}, "both be given, or neither"),
        ({"BufferingHints": {"SizeInMBs": 129, "IntervalInSeconds": 60}}, "from 1 to 128"),
        ({"BufferingHints": {"SizeInMBs": 5, "IntervalInSeconds": 901}}, "from 0 to 900"),
        ({"CompressionFormat": "ZIP"}, "UNCOMPRESSED or GZIP"),
        ({"ProcessingConfiguration": {"Enabled": True}}, "names no processor"),
        (
            {"ProcessingConfiguration": {"Enabled": True, "Processors": [{"Type": "Decompression"}]}},
            "no processor Decompression",
        ),
        ({"DataFormatConversionConfiguration": {"Enabled": True}}, "no DataFormatConversionConfiguration"),
        ({"Prefix": "!{timestamp:yyyy}/"}, "ErrorOutputPrefix cannot be null"),
        ({"Prefix": "!{timestamp:EEE}/", "ErrorOutputPrefix": "e/"}, "does not evaluate 'EEE'"),
        ({"Prefix": "!{partitionKeyFromQuery:id}/", "ErrorOutputPrefix": "e/"}, "does not evaluate"),
        ({"CustomTimeZone": "Mars/Olympus"}, "is no time zone"),
    ],
)
def test_what_the_lab_does_not_do_is_refused_by_name(lake: Lake, settings: dict[str, Any], says: str) -> None:
    code, message = refused(lambda: lake.stream("clicks", None, **settings))
    assert (code, says in message) == ("InvalidArgumentException", True), message
    assert lake.firehose.list_delivery_streams()["DeliveryStreamNames"] == []


def test_nothing_is_sent_to_an_address(lake: Lake) -> None:
    role = f"arn:aws:iam::{lake.account}:role/delivery"
    to_s3 = {"RoleARN": role, "BucketARN": f"arn:aws:s3:::{lake.bucket}"}
    code, message = refused(
        lake.firehose.create_delivery_stream,
        DeliveryStreamName="out",
        HttpEndpointDestinationConfiguration={
            "EndpointConfiguration": {"Url": "https://127.0.0.1/"},
            "S3Configuration": to_s3,
        },
    )
    assert (code, "Amazon S3 only" in message) == ("InvalidArgumentException", True)


def test_from_a_kinesis_stream(lake: Lake, kinesis: Any, control: Control) -> None:
    orders = create(kinesis, shards=2)
    before = kinesis.put_record(StreamName="orders", Data=b"before\n", PartitionKey="k")
    control.set("firehose", speed=60)
    lake.stream("archive", {"SizeInMBs": 128, "IntervalInSeconds": 180}, source=orders)
    described = lake.described("archive")
    assert described["DeliveryStreamType"] == "KinesisStreamAsSource"
    assert described["Source"]["KinesisStreamSourceDescription"]["KinesisStreamARN"] == orders
    sent = [f"{n}\n".encode() for n in range(20)]
    records = [{"Data": data, "PartitionKey": data.decode()} for data in sent]
    kinesis.put_records(StreamName="orders", Records=records)

    def delivered() -> list[bytes]:
        return sorted(b"".join(lake.contents()).splitlines(keepends=True))

    assert eventually(lambda: len(delivered()) >= 20 and delivered()) == sorted(sent), "from LATEST on"
    assert len(lake.keys()) == 1, "both shards in one buffer"
    shards, (told,) = control.look("shards")["orders"]["shards"], control.look("firehose")["streams"]
    first = {shard: 2 if shard == before["ShardId"] else 1 for shard in shards}
    assert told["taken"] == {shard: [[first[shard], one["accepted"]]] for shard, one in shards.items()}
    assert told["delivered"]["records"] == 20
    code, message = refused(lake.firehose.put_record, DeliveryStreamName="archive", Record={"Data": b"x"})
    assert code == "InvalidArgumentException"
    assert message == "This operation is not permitted on KinesisStreamAsSource delivery stream type."


def test_a_source_that_is_resharded_and_a_clock_that_is_moved(
    lake: Lake, kinesis: Any, control: Control
) -> None:
    orders = create(kinesis)
    lake.stream("archive", NOW, source=orders)
    kinesis.put_record(StreamName="orders", Data=b"1", PartitionKey="k")
    kinesis.split_shard(
        StreamName="orders", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    kinesis.get_waiter("stream_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})
    for key in ("k", "a", "b", "c"):
        kinesis.put_record(StreamName="orders", Data=b"2", PartitionKey=key)
    assert eventually(lambda: len(b"".join(lake.contents())) >= 5)
    control.set("clock", advance_seconds=600)  # every iterator that Firehose holds has expired
    kinesis.put_record(StreamName="orders", Data=b"3", PartitionKey="k")
    assert eventually(lambda: sorted(b"".join(lake.contents())) == sorted(b"122223"))


def test_a_source_that_is_not_there(lake: Lake) -> None:
    missing = f"arn:aws:kinesis:us-east-1:{lake.account}:stream/nothing"
    code, message = refused(lambda: lake.stream("archive", NOW, source=missing))
    assert (code, missing in message) == ("InvalidArgumentException", True)
    assert lake.firehose.list_delivery_streams()["DeliveryStreamNames"] == []


def test_delivery_is_not_the_callers_own_call(lake: Lake, kinesis: Any, control: Control) -> None:
    """What LocalStack does itself is not asked for permissions, even when IAM is on."""
    orders = create(kinesis)
    control.set("iam", enabled=True)
    lake.stream("archive", NOW, source=orders)
    lake.stream("clicks", NOW)
    endpoint = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}]}
    kinesis.put_record(StreamName="orders", Data=b"a", PartitionKey="k")
    control.set("endpoint_policy", policy=endpoint)
    lake.put("clicks", b"b")
    with pytest.raises(ClientError, match="VPC endpoint policy"):
        kinesis.put_record(StreamName="orders", Data=b"c", PartitionKey="k")
    assert eventually(lambda: sorted(lake.contents()) == [b"a", b"b"])


def test_a_wiped_account_has_no_streams_and_no_buffers(lake: Lake, control: Control) -> None:
    lake.stream("clicks", NEVER)
    lake.put("clicks", b"a")
    control.set("firehose", speed=60)
    control.set("wipe")
    assert control.look("firehose") == {
        "speed": 1.0,
        "waiting": {},
        "records": {},
        "streams": [],
        "objects": [],
    }
    assert lake.firehose.list_delivery_streams()["DeliveryStreamNames"] == []


def test_the_command_line(lake: Lake, fresh_account: Variables, control: Control) -> None:
    settings = {
        "RoleARN": f"arn:aws:iam::{lake.account}:role/delivery",
        "BucketARN": f"arn:aws:s3:::{lake.bucket}",
        "BufferingHints": {"SizeInMBs": 128, "IntervalInSeconds": 60},
    }
    control.set("firehose", speed=60)
    named = ("--delivery-stream-name", "clicks")
    destination = ("--extended-s3-destination-configuration", json.dumps(settings))
    made = command_line(fresh_account, "firehose", "create-delivery-stream", *named, *destination)
    assert json.loads(made.stdout)["DeliveryStreamARN"].endswith(":deliverystream/clicks"), made.stderr
    record = json.dumps({"Data": "a"})
    put = command_line(fresh_account, "firehose", "put-record", *named, "--record", record)
    assert json.loads(put.stdout)["Encrypted"] is False
    assert eventually(lake.contents) == [b"a"]
    again = command_line(fresh_account, "firehose", "create-delivery-stream", *named, *destination)
    assert "ResourceInUseException" in again.stderr


@pytest.mark.parametrize(("parameters", "between"), [([], b"\n"), (["\\n"], b"\n"), (["|"], b"|")])
def test_a_delimiter_follows_each_record(lake: Lake, parameters: list[str], between: bytes) -> None:
    told = [{"ParameterName": "Delimiter", "ParameterValue": one} for one in parameters]
    processor = {"Type": "AppendDelimiterToRecord", "Parameters": told}
    lake.stream(
        "clicks",
        {"SizeInMBs": 1, "IntervalInSeconds": 0},
        ProcessingConfiguration={"Enabled": True, "Processors": [processor]},
    )
    lake.put("clicks", b"a", b"b")
    eventually(lambda: b"".join(lake.contents()) == b"a" + between + b"b" + between)
