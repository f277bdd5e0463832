"""What Firehose does to records before they wait: taken apart, transformed, given partition keys."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest
from aws_kinesis_agg.aggregator import RecordAggregator

from lab.control import Control
from tests.lab.emulator.firehose.support import NEVER, NOW, Lake, refused, waiting
from tests.lab.emulator.functions.support import Lambda
from tests.lab.emulator.support import client, create
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")
PARTITIONED = {"SizeInMBs": 64, "IntervalInSeconds": 60}
DIFFERS = """
    import base64
    import json


    def handler(event, context):
        return {"records": [judged(record) for record in event["records"]][:-1]}


    def judged(record):
        text = base64.b64decode(record["data"]).decode()
        answer = {"recordId": record["recordId"], "result": "Ok", "data": record["data"]}
        if text == "upper":
            answer["data"] = base64.b64encode(b"UPPER").decode()
        elif text == "drop":
            answer = {"recordId": record["recordId"], "result": "Dropped"}
        elif text == "fail":
            answer["result"] = "ProcessingFailed"
        elif text == "other":
            answer["result"] = "ok"
        elif text == "not base64":
            answer["data"] = "!"
        elif text == "who":
            answer["recordId"] = "somebody"
        return answer
"""
"""A function that does a different thing to each record, and leaves the last one out."""


def processors(*chosen: tuple[str, Mapping[str, str]]) -> dict[str, Any]:
    made = [
        {
            "Type": kind,
            "Parameters": [{"ParameterName": a, "ParameterValue": b} for a, b in told.items()],
        }
        for kind, told in chosen
    ]
    return {"ProcessingConfiguration": {"Enabled": True, "Processors": made}}


def by(arn: str, **more: str) -> tuple[str, Mapping[str, str]]:
    return "Lambda", {"LambdaArn": arn, "BufferIntervalInSeconds": "0", **more}


NEW_LINES: tuple[str, Mapping[str, str]] = ("AppendDelimiterToRecord", {})


def jq(query: str) -> tuple[str, Mapping[str, str]]:
    return "MetadataExtraction", {"MetadataExtractionQuery": query, "JsonParsingEngine": "JQ-1.6"}


def failures(lines: list[str]) -> dict[str, tuple[str, int]]:
    """Code and attempts by the data of the record that failed."""
    told = [json.loads(line) for line in lines]
    return {
        base64.b64decode(one["rawData"]).decode(): (one["errorCode"], one["attemptsMade"]) for one in told
    }


def test_what_a_function_says_of_each_record(
    lake: Lake, fresh_account: Mapping[str, str], control: Control
) -> None:
    arn = Lambda(fresh_account).make(DIFFERS)
    lake.stream("clicks", NOW, **processors(by(arn), NEW_LINES))
    records = ["plain", "upper", "drop", "fail", "other", "not base64", "who", "left out"]
    lake.put("clicks", *[one.encode() for one in records])
    failed = eventually(lambda: lake.lines("processing-failed/"))
    assert failures(failed) == {
        "fail": ("Lambda.ProcessingFailedStatus", 1),
        "other": ("Lambda.InvalidReturnFormat", 1),
        "not base64": ("Lambda.InvalidReturnFormat", 1),
        "who": ("Lambda.MissingRecordId", 1),
        "left out": ("Lambda.MissingRecordId", 1),
    }
    one = json.loads(failed[0])
    assert one["lambdaArn"] == arn
    assert one["arrivalTimestamp"] <= one["attemptEndingTimestamp"]
    assert set(one) == {
        "attemptsMade", "arrivalTimestamp", "errorCode", "errorMessage",
        "attemptEndingTimestamp", "rawData", "lambdaArn",
    }  # fmt: skip
    assert eventually(lambda: lake.lines("20")) == ["plain", "UPPER"]
    counted = control.look("firehose")["records"]["clicks"]
    assert counted == {"received": 8, "dropped": 1, "delivered": 2, "failed": 5}
    assert waiting(control, "clicks") == {"records": 0, "shaped": 0, "bytes": 0}


def test_a_function_that_fails_is_tried_again(
    lake: Lake, fresh_account: Mapping[str, str], control: Control
) -> None:
    control.set("firehose", speed=60)
    arn = Lambda(fresh_account).make("def handler(event, context):\n    raise ValueError(event['records'])\n")
    errors = "bad/!{firehose:error-output-type}/!{timestamp:yyyy}/"
    lake.stream("clicks", NOW, ErrorOutputPrefix=errors, **processors(by(arn)))
    lake.put("clicks", b"a")
    failed = eventually(lambda: lake.lines("bad/processing-failed/"))
    assert failures(failed) == {"a": ("Lambda.FunctionError", 4)}
    attempts = [one["attempt"] for one in control.look("invocations")["invocations"]]
    assert attempts == [0, 1, 2, 3], "three retries by default"
    lake.stream("other", NOW, **processors(by(arn, NumberOfRetries="0")))
    lake.put("other", b"b")
    assert failures(eventually(lambda: lake.lines("processing-failed/"))) == {
        "b": ("Lambda.FunctionError", 1)
    }


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ("[]", "Lambda.JsonProcessingException"),
        ("{'records': [{'recordId': event['records'][0]['recordId'], 'result': 'Dropped'}] * 2}",
         "Lambda.DuplicatedRecordId"),
    ],
)  # fmt: skip
def test_answers_that_can_not_be_read(
    lake: Lake, fresh_account: Mapping[str, str], answer: str, code: str
) -> None:
    arn = Lambda(fresh_account).make(f"def handler(event, context):\n    return {answer}\n")
    lake.stream("clicks", NOW, **processors(by(arn)))
    lake.put("clicks", b"a")
    assert failures(eventually(lambda: lake.lines("processing-failed/"))) == {"a": (code, 1)}


COUNTS = """
    def handler(event, context):
        print(len(event["records"]), sorted(event), sorted(event["records"][0]))
        names = ("recordId", "data")
        return {"records": [{"result": "Ok", **{n: one[n] for n in names}} for one in event["records"]]}
"""


def test_a_function_has_a_buffer_of_its_own_and_is_told_where_records_are_from(
    lake: Lake, fresh_account: Mapping[str, str], control: Control
) -> None:
    kinesis = client(fresh_account, "kinesis")
    arn = Lambda(fresh_account).make(COUNTS)
    lake.stream("archive", NOW, source=create(kinesis), **processors(("Lambda", {"LambdaArn": arn})))
    aggregator = RecordAggregator()
    for number in range(3):
        aggregator.add_user_record("k", f"event {number}")
    key, _, packed = aggregator.clear_and_get().get_contents()
    kinesis.put_record(StreamName="orders", Data=packed, PartitionKey=key)
    kinesis.put_record(StreamName="orders", Data=b"plain", PartitionKey=key)
    assert eventually(lambda: waiting(control, "archive")["records"] == 4), "the KPL's are taken apart first"
    assert control.look("invocations")["invocations"] == [], "it waits for 60 seconds, or 1 MB"
    control.set("clock", advance_seconds=61)
    assert eventually(lambda: len(lake.keys()) == 1 and lake.contents()) == [b"event 0event 1event 2plain"]
    (entry,) = control.look("invocations")["invocations"]
    assert entry["records"] == 4
    assert "sourceKinesisStreamArn" in entry["printed"]
    assert "kinesisRecordMetadata" in entry["printed"]


def test_partitions_by_a_query(lake: Lake, control: Control) -> None:
    chosen = processors(
        ("RecordDeAggregation", {"SubRecordType": "JSON"}), jq("{shop: .shop, kind: .kind}"), NEW_LINES
    )
    lake.stream(
        "clicks",
        PARTITIONED,
        Prefix="shop=!{partitionKeyFromQuery:shop}/kind=!{partitionKeyFromQuery:kind}/!{timestamp:yyyy}/",
        ErrorOutputPrefix="bad/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **chosen,
    )
    first, second = '{"shop": 1, "kind": "a"}', '{"shop": 2, "kind": "b"}'
    lake.put("clicks", f"{first}{second}\n{first}".encode(), b"no json", b'{"shop": null, "kind": "a"}')
    assert eventually(lambda: waiting(control, "clicks")["records"] == 5)
    control.set("clock", advance_seconds=61)
    assert eventually(lambda: len(lake.keys()) == 3)
    assert lake.lines("shop=1/kind=a/20") == [first, first]
    assert lake.lines("shop=2/kind=b/20") == [second]
    told = [json.loads(line) for line in lake.lines("bad/metadata-extraction-failed/20")]
    assert [one["errorCode"] for one in told] == ["DynamicPartitioning.MetadataExtractionFailed"] * 2
    assert "lambdaArn" not in told[0]
    assert {base64.b64decode(one["rawData"]) for one in told} == {b"no json", b'{"shop": null, "kind": "a"}'}


BY_KIND = """
    def handler(event, context):
        keys = [{"partitionKeys": {"half": str(n % 2)}} for n in range(len(event["records"]) - 1)] + [{}]
        return {"records": [
            {"recordId": one["recordId"], "result": "Ok", "data": one["data"], "metadata": key}
            for one, key in zip(event["records"], keys)
        ]}
"""


def test_partitions_by_a_function(lake: Lake, fresh_account: Mapping[str, str], control: Control) -> None:
    arn = Lambda(fresh_account).make(BY_KIND)
    lake.stream(
        "clicks",
        PARTITIONED,
        Prefix="!{partitionKeyFromLambda:half}/",
        ErrorOutputPrefix="bad/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **processors(by(arn)),
    )
    lake.put("clicks", b"a", b"b", b"c", b"d")
    assert eventually(lambda: control.look("firehose")["waiting"]["clicks"]["bytes"] > 100)
    control.set("clock", advance_seconds=61)
    assert eventually(lambda: len(lake.keys()) == 3)
    assert (lake.lines("0/"), lake.lines("1/")) == (["ac"], ["b"])
    assert len(lake.lines("bad/metadata-extraction-failed/")) == 1


def test_no_more_than_500_partitions(lake: Lake, fresh_account: Mapping[str, str], control: Control) -> None:
    lake.stream(
        "clicks",
        PARTITIONED,
        Prefix="!{partitionKeyFromQuery:id}/",
        ErrorOutputPrefix="bad/!{firehose:error-output-type}/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **processors(jq("{id: .id}")),
    )
    lake.put("clicks", *[json.dumps({"id": n}).encode() for n in range(300)])
    lake.put("clicks", *[json.dumps({"id": n % 502}).encode() for n in range(300, 505)])
    assert eventually(lambda: control.look("firehose")["waiting"]["clicks"]["records"] == 505)
    metric = {"Namespace": "AWS/Firehose", "MetricName": "PartitionCountExceeded"}
    found = client(fresh_account, "cloudwatch").list_metrics(**metric)["Metrics"]
    assert found[0]["Dimensions"] == [{"Name": "DeliveryStreamName", "Value": "clicks"}]
    control.set("firehose", speed=3600)
    expected = {"received": 505, "delivered": 503, "failed": 2}
    assert eventually(lambda: control.look("firehose")["records"]["clicks"] == expected)
    assert len(lake.lines("bad/activePartitionExceeded/")) == 2


def test_a_query_harms_nobody(lake: Lake, control: Control) -> None:
    """One that never ends is given up; one that reads the environment finds nothing of the lab."""
    lake.stream(
        "env",
        PARTITIONED,
        Prefix="!{partitionKeyFromQuery:all}/",
        ErrorOutputPrefix="bad/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **processors(jq('{all: ("keys=" + (env | keys | join(".")))}')),
    )
    lake.put("env", b"{}")
    endless = processors(jq("{id: (if .id == 1 then (def f: f; f) else 0 end)}"))
    lake.stream(
        "endless",
        PARTITIONED,
        Prefix="!{partitionKeyFromQuery:id}/",
        ErrorOutputPrefix="bad/",
        DynamicPartitioningConfiguration={"Enabled": True},
        **endless,
    )
    lake.put("endless", b'{"id": 1}')
    assert eventually(lambda: waiting(control, "env")["bytes"] == 2)
    control.set("clock", advance_seconds=61)
    (key,) = eventually(lake.keys)
    assert key.startswith("keys=")
    names = key.partition("/")[0].removeprefix("keys=").split(".")
    assert not [name for name in names if "LAB" in name and name != "LAB_INSTANCE"]
    assert not [name for name in names if "TOKEN" in name or "SECRET" in name or "AWS" in name]
    assert eventually(lambda: waiting(control, "endless")["bytes"] > 100), "an error record"


BACKUP = {"SizeInMBs": 1, "IntervalInSeconds": 60}


def test_the_source_is_backed_up(lake: Lake, fresh_account: Mapping[str, str], control: Control) -> None:
    arn = Lambda(fresh_account).make(DIFFERS)
    role = f"arn:aws:iam::{lake.account}:role/delivery"
    backup = {
        "RoleARN": role,
        "BucketARN": f"arn:aws:s3:::{lake.bucket}",
        "Prefix": "raw/",
        "BufferingHints": BACKUP,
    }
    on = {"S3BackupMode": "Enabled", "S3BackupConfiguration": backup}
    lake.stream("clicks", NOW, **on, **processors(by(arn)))
    lake.put("clicks", b"upper", b"drop", b"fail", b"last")
    assert eventually(lambda: lake.lines("20")) == ["UPPER"]
    assert lake.lines("raw/") == []
    control.set("clock", advance_seconds=61)
    assert eventually(lambda: lake.lines("raw/")) == ["upperdropfaillast"]
    described = lake.described("clicks")["Destinations"][0]
    assert described["ExtendedS3DestinationDescription"]["S3BackupDescription"]["Prefix"] == "raw/"
    asked = {"DeliveryStreamName": "clicks", "DestinationId": described["DestinationId"]}
    off = {"ExtendedS3DestinationUpdate": {"S3BackupMode": "Disabled"}}
    said = refused(lake.firehose.update_destination, CurrentDeliveryStreamVersionId="1", **asked, **off)
    assert (said[0], "switched off" in said[1]) == ("InvalidArgumentException", True)
    too_quick = on | {"S3BackupConfiguration": backup | {"BufferingHints": NOW}}
    assert "from 60 to 900" in refused(lambda: lake.stream("other", NOW, **too_quick))[1]


def test_metrics(lake: Lake, fresh_account: Mapping[str, str], control: Control) -> None:
    cloudwatch = client(fresh_account, "cloudwatch")
    arn = Lambda(fresh_account).make(DIFFERS)
    lake.stream("clicks", {"SizeInMBs": 1, "IntervalInSeconds": 120}, **processors(by(arn)))
    began = control.look("clock")["now"]
    lake.put("clicks", b"upper", b"drop", b"fail", b"last")
    eventually(lambda: waiting(control, "clicks")["bytes"] > 100)
    control.set("clock", advance_seconds=121)
    eventually(lambda: lake.lines("20"))

    def statistic(name: str, kind: str = "Sum") -> float:
        answer = cloudwatch.get_metric_statistics(
            Namespace="AWS/Firehose",
            MetricName=name,
            Dimensions=[{"Name": "DeliveryStreamName", "Value": "clicks"}],
            StartTime=began - 60,
            EndTime=began + 600,
            Period=3600,
            Statistics=[kind],
        )
        return float(sum(point[kind] for point in answer["Datapoints"]))

    assert statistic("IncomingRecords") == statistic("PutRecordBatch.Records") == 4
    assert statistic("IncomingBytes") == 17
    assert statistic("IncomingPutRequests") == 1
    assert eventually(lambda: statistic("DeliveryToS3.Records")) == 1, "what failed is delivered elsewhere"
    assert statistic("DeliveryToS3.Bytes") == 5
    assert statistic("DeliveryToS3.Success", "Average") == 1
    assert 120 <= statistic("DeliveryToS3.DataFreshness", "Maximum") < 150
    assert statistic("SucceedProcessing.Records") == 2
    assert statistic("ExecuteProcessing.Success", "Average") == 0.5


QUERY = jq("{id: .id}")
ON = {"DynamicPartitioningConfiguration": {"Enabled": True}, "ErrorOutputPrefix": "bad/"}
KEYED = {"Prefix": "!{partitionKeyFromQuery:id}/"}
FUNCTION = "arn:aws:lambda:us-east-1:{}:function:worker"


@pytest.mark.parametrize(
    ("hints", "settings", "says"),
    [
        (NEVER, processors(QUERY), "MetadataExtractionProcessor can only be present when Dynamic Part"),
        (NOW, ON | KEYED | processors(QUERY), "Zero buffering"),
        (BACKUP, ON | KEYED | processors(QUERY), "SizeInMBs must be at least 64"),
        (PARTITIONED, ON | processors(QUERY), "Prefix must have an expression"),
        (PARTITIONED, ON | KEYED, "need each other"),
        (PARTITIONED, ON | KEYED | processors(jq("{id")), "no query of jq"),
        (PARTITIONED, ON | KEYED | processors(jq("{other: .id}")), "has no partition key id"),
        (PARTITIONED, ON | KEYED | processors(jq("{}")), "1 to 50 partition keys, not 0"),
        (PARTITIONED, ON | KEYED | {"ErrorOutputPrefix": ""} | processors(QUERY), "ErrorOutputPrefix cannot"),
        (NOW, {"ErrorOutputPrefix": "!{timestamp:yyyy}/"}, "must include !{firehose:error-output-type}"),
        (NOW, processors(("Lambda", {"LambdaArn": "worker"})), "LambdaArn is the ARN"),
        (NOW, processors(by(FUNCTION.format("9" * 12))), "functions of its own account only"),
        (NOW, processors(by(FUNCTION.format("9" * 12), BufferSizeInMBs="4")), "from 0.2 to 3"),
        (NOW, processors(NEW_LINES, NEW_LINES), "Only one AppendDelimiterToRecord"),
    ],
)
def test_settings_that_do_not_go_together(
    lake: Lake, hints: dict[str, int], settings: dict[str, Any], says: str
) -> None:
    code, message = refused(lambda: lake.stream("clicks", hints, **settings))
    assert (code, says in message) == ("InvalidArgumentException", True), message
    assert lake.firehose.list_delivery_streams()["DeliveryStreamNames"] == []
