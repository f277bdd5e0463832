"""AWS/Kinesis metrics and the alarms on them, as boto3 and the AWS CLI see them."""

import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lab.aws.environment import fresh_account as new_account
from lab.aws.folders import EMULATOR
from lab.control import Control
from lab.rules.hash_space import shard_for
from tests.lab.emulator.support import client, create, iterator, quotas_off, shards_of, share
from tests.lab.support import eventually

pytestmark = pytest.mark.xdist_group("shared-lab")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cloudwatch(fresh_account: Mapping[str, str]) -> Any:
    return client(fresh_account, "cloudwatch")


def lab_time(control: Control) -> datetime:
    return datetime.fromtimestamp(control.look("clock")["now"], UTC)


def of(stream: str, **more: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in ({"StreamName": stream} | more).items()]


def points(
    cloudwatch: Any, control: Control, name: str, dimensions: list[dict[str, str]], minutes: int = 10
) -> list[dict[str, Any]]:
    """The datapoints of the last MINUTES of the account's clock, oldest first."""
    now = lab_time(control)
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Kinesis",
        MetricName=name,
        Dimensions=dimensions,
        StartTime=now - minutes * MINUTE,
        EndTime=now + MINUTE,
        Period=60,
        Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"],
    )
    found: list[dict[str, Any]] = sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])
    return found


def total(cloudwatch: Any, control: Control, name: str, dimensions: list[dict[str, str]]) -> float | None:
    """The sum of the last ten minutes; None when there is no datapoint."""
    found = points(cloudwatch, control, name, dimensions)
    return sum(point["Sum"] for point in found) if found else None


def entries(*keys: str, size: int = 100) -> list[dict[str, Any]]:
    return [{"Data": b"x" * size, "PartitionKey": key} for key in keys]


def listed(cloudwatch: Any, **asked: Any) -> set[tuple[str, tuple[str, ...]]]:
    """(name, names of the dimensions) of the metrics that ListMetrics tells."""
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace="AWS/Kinesis", **asked)
    found = [metric for page in pages for metric in page["Metrics"]]
    return {(m["MetricName"], tuple(sorted(d["Name"] for d in m["Dimensions"]))) for m in found}


# Streams


def test_writes_are_counted_with_their_partition_keys(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    kinesis.put_record(StreamName="orders", Data=b"x" * 50, PartitionKey="née")
    kinesis.put_records(StreamName="orders", Records=entries("a", "b", "c"))
    expected = {
        "IncomingRecords": 4,
        "IncomingBytes": 54 + 303,
        "PutRecord.Bytes": 54,
        "PutRecord.Success": 1,
        "PutRecords.Bytes": 303,
        "PutRecords.Success": 1,
        "PutRecords.TotalRecords": 3,
        "PutRecords.SuccessfulRecords": 3,
        "PutRecords.FailedRecords": 0,
        "PutRecords.ThrottledRecords": 0,
        "WriteProvisionedThroughputExceeded": 0,
    }
    assert {name: total(cloudwatch, control, name, of("orders")) for name in expected} == expected
    for name in ("PutRecord.Latency", "PutRecords.Latency"):
        (point,) = points(cloudwatch, control, name, of("orders"))
        assert 0 < point["Average"] < 60_000
        assert point["Unit"] == "Milliseconds"
    samples = points(cloudwatch, control, "IncomingRecords", of("orders"))
    assert sum(point["SampleCount"] for point in samples) == 2
    assert max(point["Maximum"] for point in samples) == 3


def test_throttled_records_are_told_from_written_ones(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    control.set("quotas", scale=0.1)
    answer = kinesis.put_records(StreamName="orders", Records=entries(*["hot"] * 500, size=10))
    refused = answer["FailedRecordCount"]
    assert 0 < refused < 500
    control.set("quotas", scale=0.0001)
    with pytest.raises(ClientError, match="ProvisionedThroughputExceededException"):
        kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="hot")
    told = {
        name: total(cloudwatch, control, f"PutRecords.{name}", of("orders"))
        for name in ("TotalRecords", "SuccessfulRecords", "ThrottledRecords", "FailedRecords", "Success")
    }
    assert told == {
        "TotalRecords": 500,
        "SuccessfulRecords": 500 - refused,
        "ThrottledRecords": refused,
        "FailedRecords": 0,
        "Success": 1,
    }, "a call of which one record was written counts as a success"
    assert total(cloudwatch, control, "WriteProvisionedThroughputExceeded", of("orders")) == refused + 1
    (success,) = points(cloudwatch, control, "PutRecord.Success", of("orders"))[-1:]
    assert success["Minimum"] == 0


def test_faults_are_failed_records_and_not_throttled_ones(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    control.set("faults", rules=[{"operation": "kinesis.PutRecords", "requests": [1]}])
    with pytest.raises(ClientError):
        kinesis.put_records(StreamName="orders", Records=entries("a", "b"))
    assert total(cloudwatch, control, "PutRecords.FailedRecords", of("orders")) == 2
    assert total(cloudwatch, control, "PutRecords.ThrottledRecords", of("orders")) == 0
    assert total(cloudwatch, control, "PutRecords.Success", of("orders")) == 0
    assert total(cloudwatch, control, "IncomingRecords", of("orders")) is None


def test_calls_that_are_wrong_or_name_no_stream_leave_no_metric(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    for name, size in (("none", 1), ("orders", 2**20 + 1)):
        with pytest.raises(ClientError):
            kinesis.put_record(StreamName=name, Data=b"x" * size, PartitionKey="a")
    assert listed(cloudwatch) == set()
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="a")
    assert ("IncomingBytes", ("StreamName",)) in listed(cloudwatch)


def test_reads_tell_how_far_behind_the_reader_is(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis)
    quotas_off(control)
    shard = shards_of(kinesis)[0]["ShardId"]
    kinesis.put_records(StreamName="orders", Records=entries("a", "b"))
    control.set("clock", advance_seconds=3600)
    kinesis.put_records(StreamName="orders", Records=entries("c"))
    page = kinesis.get_records(ShardIterator=iterator(kinesis, shard), Limit=2)
    kinesis.get_records(ShardIterator=page["NextShardIterator"])
    expected = {"GetRecords.Success": 2, "GetRecords.Records": 3, "GetRecords.Bytes": 303}
    assert {name: total(cloudwatch, control, name, of("orders")) for name in expected} == expected
    assert total(cloudwatch, control, "ReadProvisionedThroughputExceeded", of("orders")) == 0
    ages = points(cloudwatch, control, "GetRecords.IteratorAgeMilliseconds", of("orders"))
    assert 3_600_000 <= max(point["Maximum"] for point in ages) < 3_700_000
    assert min(point["Minimum"] for point in ages) == 0, "caught up with the second call"


def test_throttled_reads(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis)
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    shard = shards_of(kinesis)[0]["ShardId"]
    control.set("quotas", scale=0.2)
    start, refused, served = iterator(kinesis, shard), 0, 0
    for _ in range(4):
        try:
            kinesis.get_records(ShardIterator=start)
            served += 1
        except ClientError:
            refused += 1
    assert refused > 0
    assert served > 0
    exceeded = "ReadProvisionedThroughputExceeded"
    assert total(cloudwatch, control, exceeded, of("orders")) == refused
    assert total(cloudwatch, control, exceeded, of("orders", ShardId=shard)) == refused
    assert total(cloudwatch, control, "GetRecords.Success", of("orders")) == served


def test_streams_and_accounts_with_like_names_are_kept_apart(
    kinesis: Any, cloudwatch: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    for name, count in (("orders", 1), ("orders-2", 2)):
        create(kinesis, name)
        kinesis.put_records(StreamName=name, Records=entries(*"ab"[:count]))
    assert total(cloudwatch, control, "IncomingRecords", of("orders")) == 1
    assert total(cloudwatch, control, "IncomingRecords", of("orders-2")) == 2
    neighbour = {**fresh_account, "AWS_ACCESS_KEY_ID": new_account()}
    assert listed(client(neighbour, "cloudwatch")) == set()
    elsewhere = client({**fresh_account, "AWS_REGION": "eu-west-1"}, "cloudwatch")
    assert listed(elsewhere) == set()


def test_what_a_neighbour_writes_is_the_owners_metric(
    kinesis: Any, cloudwatch: Any, control: Control, fresh_account: Mapping[str, str]
) -> None:
    arn = create(kinesis)
    neighbour = {**fresh_account, "AWS_ACCESS_KEY_ID": new_account()}
    share(kinesis, arn, neighbour["AWS_ACCESS_KEY_ID"], "kinesis:PutRecords")
    client(neighbour).put_records(StreamARN=arn, Records=entries("a", "b"))
    assert total(cloudwatch, control, "IncomingRecords", of("orders")) == 2
    assert listed(client(neighbour, "cloudwatch")) == set()


def test_wiping_an_account_takes_its_metrics_and_alarms(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    assert listed(cloudwatch), "written down by this; the next are in memory only"
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    put_alarm(cloudwatch)
    control.set("wipe")
    assert listed(cloudwatch) == set()
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_fan_out_is_counted_by_stream_and_by_consumer(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    arn = create(kinesis)
    shard = shards_of(kinesis)[0]["ShardId"]
    kinesis.put_records(StreamName="orders", Records=entries("a", "b"))
    reader = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="reader")["Consumer"]["ConsumerARN"]
    eventually(
        lambda: (
            kinesis.describe_stream_consumer(ConsumerARN=reader)["ConsumerDescription"]["ConsumerStatus"]
            == "ACTIVE"
        )
    )
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])

    def subscribe() -> Any:
        return kinesis.subscribe_to_shard(
            ConsumerARN=reader, ShardId=shard, StartingPosition={"Type": "TRIM_HORIZON"}
        )["EventStream"]

    events = subscribe()
    records = next(iter(events))["SubscribeToShardEvent"]["Records"]
    with pytest.raises(ClientError):
        subscribe()
    events.close()
    prefix = "SubscribeToShardEvent"
    eventually(lambda: total(cloudwatch, control, f"{prefix}.Records", of("orders")) == len(records))
    for dimensions in (of("orders"), of("orders", ConsumerName="reader")):
        assert total(cloudwatch, control, f"{prefix}.Records", dimensions) == len(records) == 2
        assert total(cloudwatch, control, f"{prefix}.Bytes", dimensions) == 202
        assert total(cloudwatch, control, f"{prefix}.Success", dimensions) == 1
        assert total(cloudwatch, control, "SubscribeToShard.Success", dimensions) == 1
        assert total(cloudwatch, control, "SubscribeToShard.RateExceeded", dimensions) == 1
        assert points(cloudwatch, control, f"{prefix}.MillisBehindLatest", dimensions)
    assert total(cloudwatch, control, "OutgoingBytes", of("orders", ShardId=shard)) == 202
    assert total(cloudwatch, control, "GetRecords.Bytes", of("orders")) is None


# Shards


def test_shard_metrics_are_there_only_while_they_are_enabled(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis, shards=2)
    shard = shard_for("a", shards_of(kinesis))
    by_shard = of("orders", ShardId=shard)
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    assert total(cloudwatch, control, "IncomingRecords", by_shard) is None

    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingRecords"])
    kinesis.put_records(StreamName="orders", Records=entries("a", "a"))
    assert total(cloudwatch, control, "IncomingRecords", by_shard) == 2
    assert total(cloudwatch, control, "IncomingBytes", by_shard) is None, "this one is not enabled"

    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    kinesis.put_record(StreamName="orders", Data=b"x", PartitionKey="a")
    assert total(cloudwatch, control, "IncomingRecords", by_shard) == 3
    assert total(cloudwatch, control, "IncomingBytes", by_shard) == 2

    kinesis.disable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingRecords"])
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    assert total(cloudwatch, control, "IncomingRecords", by_shard) == 3
    assert total(cloudwatch, control, "IncomingBytes", by_shard) == 103
    kinesis.disable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    assert total(cloudwatch, control, "IncomingBytes", by_shard) == 103
    assert total(cloudwatch, control, "IncomingRecords", of("orders")) == 6, "the stream counts all the time"


def test_shards_add_up_to_their_stream(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis, shards=3)
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    keys = [f"player-{n}" for n in range(60)]
    kinesis.put_records(StreamName="orders", Records=entries(*keys))
    shards = shards_of(kinesis)
    for shard in shards:
        mine = [key for key in keys if shard_for(key, shards) == shard["ShardId"]]
        by_shard = of("orders", ShardId=shard["ShardId"])
        assert total(cloudwatch, control, "IncomingRecords", by_shard) == len(mine)
        assert total(cloudwatch, control, "IncomingBytes", by_shard) == sum(100 + len(key) for key in mine)
        page = kinesis.get_records(ShardIterator=iterator(kinesis, shard["ShardId"]))
        assert total(cloudwatch, control, "OutgoingRecords", by_shard) == len(page["Records"]) == len(mine)
        assert total(cloudwatch, control, "OutgoingBytes", by_shard) == sum(100 + len(key) for key in mine)
        assert total(cloudwatch, control, "IteratorAgeMilliseconds", by_shard) == 0


def test_the_hot_shard_shows_in_its_own_throttling(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis, shards=2)
    shards = shards_of(kinesis)
    hot = shard_for("hot", shards)
    cold_key = next(k for k in map(str, range(99)) if shard_for(k, shards) != hot)
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    control.set("quotas", scale=0.1)
    answer = kinesis.put_records(
        StreamName="orders", Records=[*entries(*["hot"] * 400, size=9), *entries(cold_key, size=9)]
    )
    exceeded = "WriteProvisionedThroughputExceeded"
    refused = total(cloudwatch, control, exceeded, of("orders", ShardId=hot))
    assert refused == answer["FailedRecordCount"] > 0
    cold = shard_for(cold_key, shards)
    assert total(cloudwatch, control, exceeded, of("orders", ShardId=cold)) == 0


def test_a_new_stream_of_the_same_name_is_not_monitored(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    kinesis.delete_stream(StreamName="orders")
    kinesis.get_waiter("stream_not_exists").wait(StreamName="orders", WaiterConfig={"Delay": 1})
    create(kinesis)
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    assert listed(cloudwatch, Dimensions=[{"Name": "ShardId"}]) == set()
    assert listed(cloudwatch, Dimensions=[{"Name": "StreamName", "Value": "orders"}])


# Time


def test_metrics_carry_the_times_of_the_clock(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis)
    quotas_off(control)
    kinesis.put_records(StreamName="orders", Records=entries("a"))
    before = lab_time(control)
    control.set("clock", advance_seconds=25 * 3600)
    after = lab_time(control)
    kinesis.put_records(StreamName="orders", Records=entries("a", "b"))
    query = {
        "Id": "records",
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/Kinesis",
                "MetricName": "IncomingRecords",
                "Dimensions": of("orders"),
            },
            "Period": 60,
            "Stat": "Sum",
        },
    }
    start = before - 5 * MINUTE
    (result,) = cloudwatch.get_metric_data(
        MetricDataQueries=[query], StartTime=start, EndTime=after + MINUTE, ScanBy="TimestampAscending"
    )["MetricDataResults"]
    assert result["Values"] == [1, 2]
    first, second = result["Timestamps"]
    assert (first.second, second.second) == (0, 0), "whole minutes, whenever the question was asked"
    assert before - MINUTE < first <= before
    assert after - MINUTE < second <= after + MINUTE


def test_the_cli_reads_them(fresh_account: Mapping[str, str], kinesis: Any, control: Control) -> None:
    create(kinesis)
    now = lab_time(control)

    def aws(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [str(EMULATOR / "bin" / "aws"), *words, "--output", "json"]
        return subprocess.run(command, env=dict(fresh_account), capture_output=True, text=True)

    def statistics(*more: str) -> "subprocess.CompletedProcess[str]":
        return aws(
            *("cloudwatch", "get-metric-statistics", "--namespace", "AWS/Kinesis", "--period", "60"),
            *("--metric-name", "IncomingBytes", "--dimensions", "Name=StreamName,Value=orders"),
            *("--start-time", (now - MINUTE).isoformat(), "--end-time", (now + 2 * MINUTE).isoformat()),
            *more,
        )

    assert json.loads(statistics("--statistics", "Sum").stdout)["Datapoints"] == []
    put = aws("kinesis", "put-record", "--stream-name", "orders", "--partition-key", "a", "--data", "xx")
    assert put.returncode == 0, put.stderr
    (point,) = json.loads(statistics("--statistics", "Sum").stdout)["Datapoints"]
    assert (point["Sum"], point["Unit"]) == (3.0, "Bytes")
    refused = statistics("--extended-statistics", "p99")
    assert refused.returncode != 0
    assert "Statistics only" in refused.stderr


@pytest.mark.parametrize(
    "query", [{"Id": "e", "Expression": "SUM(METRICS())"}, {"Id": "m", "MetricStat": "p90"}]
)
def test_what_the_lab_can_not_compute_it_refuses_by_name(cloudwatch: Any, query: dict[str, Any]) -> None:
    if "MetricStat" in query:
        metric = {"Namespace": "AWS/Kinesis", "MetricName": "IncomingBytes"}
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p90"}}
    now = datetime.now(UTC)
    with pytest.raises(ClientError, match=r"metric math|not p90"):
        cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=now - MINUTE, EndTime=now)


# Alarms


def put_alarm(cloudwatch: Any, **more: Any) -> None:
    settings: dict[str, Any] = {
        "AlarmName": "throttled",
        "Namespace": "AWS/Kinesis",
        "MetricName": "WriteProvisionedThroughputExceeded",
        "Dimensions": of("orders"),
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    cloudwatch.put_metric_alarm(**settings | more)


def alarm(cloudwatch: Any) -> dict[str, Any]:
    (found,) = cloudwatch.describe_alarms(AlarmNames=["throttled"])["MetricAlarms"]
    return dict(found)


def overdrive(kinesis: Any, control: Control) -> None:
    control.set("quotas", scale=0.1)
    answer = kinesis.put_records(StreamName="orders", Records=entries(*["hot"] * 500, size=9))
    assert answer["FailedRecordCount"]


def test_an_alarm_goes_off_and_calms_down_by_the_clock(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    put_alarm(cloudwatch)
    assert alarm(cloudwatch)["StateValue"] == "OK", "no data is not a breach, as it was told"
    overdrive(kinesis, control)
    control.set("clock", advance_seconds=60)
    ringing = alarm(cloudwatch)
    assert ringing["StateValue"] == "ALARM"
    assert json.loads(ringing["StateReasonData"])["threshold"] == 0
    control.set("clock", advance_seconds=300)
    calm = alarm(cloudwatch)
    assert calm["StateValue"] == "OK"
    assert timedelta(0) < calm["StateUpdatedTimestamp"] - ringing["StateUpdatedTimestamp"] <= 5 * MINUTE
    history = cloudwatch.describe_alarm_history(AlarmName="throttled")["AlarmHistoryItems"]
    times = [item["Timestamp"] for item in history if item["HistoryItemType"] == "StateUpdate"]
    assert len(times) == 3
    assert times == sorted(times)
    assert abs(lab_time(control) - times[-1]) < 6 * MINUTE


def test_an_alarm_needs_as_many_breaches_as_it_says(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis)
    put_alarm(cloudwatch, EvaluationPeriods=3, DatapointsToAlarm=2)
    overdrive(kinesis, control)
    control.set("clock", advance_seconds=60)
    assert alarm(cloudwatch)["StateValue"] == "OK", "one breach of the two that are needed"
    overdrive(kinesis, control)
    control.set("clock", advance_seconds=60)
    assert alarm(cloudwatch)["StateValue"] == "ALARM"


def test_a_long_move_of_the_clock_shows_the_alarm_in_the_history(
    kinesis: Any, cloudwatch: Any, control: Control
) -> None:
    create(kinesis)
    put_alarm(cloudwatch)
    alarm(cloudwatch)
    overdrive(kinesis, control)
    control.set("clock", advance_seconds=25 * 3600)
    assert alarm(cloudwatch)["StateValue"] == "OK"
    history = cloudwatch.describe_alarm_history(AlarmName="throttled")["AlarmHistoryItems"]
    told = [item["HistorySummary"] for item in history]
    assert told[-2:] == ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]
    rang, calmed = (item["Timestamp"] for item in history[-2:])
    assert MINUTE <= calmed - rang <= 5 * MINUTE
    assert lab_time(control) - calmed > 24 * 60 * MINUTE


def test_an_alarm_on_what_is_behind_uses_the_maximum(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis)
    quotas_off(control)
    put_alarm(
        cloudwatch,
        MetricName="GetRecords.IteratorAgeMilliseconds",
        Statistic="Maximum",
        Threshold=12 * 3_600_000,
        TreatMissingData="missing",
    )
    assert alarm(cloudwatch)["StateValue"] == "INSUFFICIENT_DATA"
    kinesis.put_records(StreamName="orders", Records=entries("a", "b"))
    control.set("clock", advance_seconds=13 * 3600)
    shard = shards_of(kinesis)[0]["ShardId"]
    kinesis.get_records(ShardIterator=iterator(kinesis, shard), Limit=1)
    control.set("clock", advance_seconds=60)
    assert alarm(cloudwatch)["StateValue"] == "ALARM"


def test_an_alarm_that_is_put_again_keeps_its_state(kinesis: Any, cloudwatch: Any, control: Control) -> None:
    create(kinesis)
    put_alarm(cloudwatch)
    cloudwatch.set_alarm_state(AlarmName="throttled", StateValue="ALARM", StateReason="a drill")
    put_alarm(cloudwatch, Threshold=5, TreatMissingData="ignore")
    assert alarm(cloudwatch)["StateValue"] == "ALARM"
    assert alarm(cloudwatch)["StateReason"] == "a drill"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="a drill")


def test_an_alarm_that_the_lab_does_not_evaluate_says_so(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName="throttled",
        Namespace="AWS/Kinesis",
        MetricName="PutRecords.Latency",
        ExtendedStatistic="p99",
        Period=60,
        EvaluationPeriods=1,
        Threshold=100,
        ComparisonOperator="GreaterThanThreshold",
    )
    found = alarm(cloudwatch)
    assert found["StateValue"] == "INSUFFICIENT_DATA"
    assert "does not evaluate percentiles" in found["StateReason"]


def test_samples_of_ones_own_have_the_clocks_time(cloudwatch: Any, control: Control) -> None:
    control.set("clock", advance_seconds=48 * 3600)
    cloudwatch.put_metric_data(Namespace="Mine", MetricData=[{"MetricName": "m", "Value": 4}])
    now = lab_time(control)
    answer = cloudwatch.get_metric_statistics(
        Namespace="Mine",
        MetricName="m",
        StartTime=now - MINUTE,
        EndTime=now + MINUTE,
        Period=60,
        Statistics=["Maximum"],
    )
    assert [point["Maximum"] for point in answer["Datapoints"]] == [4]
