"""What a stage promises: the grader's own calls do not count, faults strike by number, names are new."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from grader.tasks.scenarios.stage import Played, Scenario, Stage, Verdict
from lab.control import Control
from lab.errors import LabError

from .conftest import PlayIt

Client = Callable[[str], Any]


@dataclass(frozen=True)
class Told:
    """A scenario that does what a test says."""

    deed: Callable[[Stage], Any]
    name: ClassVar[str] = "told"
    criteria: ClassVar[tuple[str, ...]] = ("told",)

    def play(self, stage: Stage) -> Verdict:
        return Verdict({"told": str(self.deed(stage))})


def told(run: Callable[[Scenario, Any], Played], deed: Callable[[Stage], Any], function: Any) -> str:
    return run(Told(deed), function).verdict.broken["told"]


def test_only_the_learner_s_calls_are_counted_and_struck(run: PlayIt, learner_s_client: Client) -> None:
    kinesis = learner_s_client("kinesis")

    def put(stream_name: str) -> str:
        try:
            kinesis.put_record(StreamName=stream_name, Data=b"x", PartitionKey="k")
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "stored"

    def deed(stage: Stage) -> Any:
        stream = stage.stream("orders")
        fault = {"operation": "kinesis.PutRecord", "error": "InvalidArgumentException", "requests": [1, 2]}
        stage.faults(fault)
        stage.client("kinesis").put_record(StreamName=stream, Data=b"y", PartitionKey="k")
        answers = [stage.call(stream_name=stream) for _ in range(3)]
        return answers, stage.calls(), len(stage.records(stream))

    refused = "InvalidArgumentException"
    assert told(run, deed, put) == str(([refused, refused, "stored"], {"kinesis.PutRecord": 3}, 2))


def test_records_of_every_shard_in_order(run: PlayIt) -> None:
    def deed(stage: Stage) -> Any:
        stream, kinesis = stage.stream("orders", shards=2), stage.client("kinesis")
        for number in range(20):
            kinesis.put_record(StreamName=stream, Data=b"%d" % number, PartitionKey=f"k{number % 4}")
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
        kinesis.put_record(StreamName=stream, Data=b"20", PartitionKey="k0")
        found = stage.records(stream)
        of_key = [int(record["Data"]) for record in found if record["PartitionKey"] == "k0"]
        return len(found), of_key

    assert told(run, deed, None) == str((21, [0, 4, 8, 12, 16, 20]))


def test_a_record_for_each_key_in_one_call(run: PlayIt) -> None:
    """All are taken, or the lab is at fault: a run goes on from what was written."""

    def deed(stage: Stage) -> Any:
        stream = stage.stream("orders")
        stage.write(stream, {"k1": "a", "k2": "b"})
        stage.write(stream, {"k1": "c"})
        written = [(record["PartitionKey"], record["Data"]) for record in stage.records(stream)]
        with stage.crowded(0.01), pytest.raises(LabError, match=r"refused \d+ of 400 records"):
            stage.write(stream, {f"k{number}": "d" for number in range(400)})
        return sorted(written)

    assert told(run, deed, None) == str([("k1", b"a"), ("k1", b"c"), ("k2", b"b")])


def test_quotas_are_the_learner_s_only(run: PlayIt, learner_s_client: Client) -> None:
    kinesis = learner_s_client("kinesis")

    def rush(stream_name: str) -> bool:
        records = [{"Data": b"x", "PartitionKey": "k"}] * 500
        answers = [kinesis.put_records(StreamName=stream_name, Records=records) for _ in range(4)]
        return any(answer["FailedRecordCount"] for answer in answers)

    def deed(stage: Stage) -> Any:
        stream = stage.stream("orders")
        without = stage.call(stream_name=stream)
        stage.quotas("aws")
        limited = stage.call(stream_name=stream)
        records = [{"Data": b"x", "PartitionKey": "k"}] * 500
        grader = [stage.client("kinesis").put_records(StreamName=stream, Records=records) for _ in range(4)]
        return without, limited, any(answer["FailedRecordCount"] for answer in grader)

    assert told(run, deed, rush) == str((False, True, False))


def test_the_learner_is_let_in_only_for_a_call(run: PlayIt) -> None:
    inside = []
    told(run, lambda stage: stage.call(), lambda: inside.append("in"))
    assert inside == ["in"]


def test_iam_and_clock(run: PlayIt, switches: Control) -> None:
    def deed(stage: Stage) -> Any:
        stage.clock(hours=2)
        stage.iam(True)
        return switches.look("iam")["enabled"], round(switches.look("clock")["offset_seconds"])

    assert told(run, deed, None) == str((True, 7200))
    assert switches.look("iam") == {"enabled": False}


def test_no_answer_ends_the_run(run: PlayIt) -> None:
    def fails() -> None:
        raise ValueError("not yet")

    played = run(Told(lambda stage: stage.call()), fails)
    assert "not yet" in str(played.no_answer)


@pytest.mark.parametrize("count", [2])
def test_names_are_new_in_every_run(run: PlayIt, count: int) -> None:
    names = {told(run, lambda stage: stage.name("orders"), None) for _ in range(count)}
    assert len(names) == count
