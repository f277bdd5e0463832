"""Delivery through a stream that refuses: right ways keep every criterion, each wrong way breaks its own."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from grader.tasks.answers import Raised
from grader.tasks.scenarios import Delivery, from_data, to_data
from grader.tasks.scenarios.stage import Verdict

from .conftest import PlayIt

Event = dict[str, Any]
Deliver = Callable[[str, Sequence[Event], int], None]
HARD = Delivery(events=120, keys=9, seed=3, most_calls=16, refused=0.3, broken=0.1, failing=(2,), lost=(1, 3))


def entry(event: Event) -> dict[str, Any]:
    return {"PartitionKey": event["key"], "Data": json.dumps(event).encode()}


@pytest.fixture
def kinesis(learner_s_client: Callable[..., Any]) -> Any:
    return learner_s_client("kinesis", config=Config(retries={"total_max_attempts": 1}))


def deliver(kinesis: Any, stream_name: str, events: Sequence[Event], most_calls: int) -> None:
    """The right way, without waiting: faults strike by number."""
    waiting = list(events)
    for _ in range(most_calls):
        try:
            answer = kinesis.put_records(StreamName=stream_name, Records=[entry(e) for e in waiting])
        except ClientError:
            continue
        pairs = zip(waiting, answer["Records"], strict=True)
        waiting = [event for event, result in pairs if "ErrorCode" in result]
        if not waiting:
            return


def test_the_right_way_keeps_all_but_the_order(run: PlayIt, kinesis: Any) -> None:
    played = run(HARD, lambda **asked: deliver(kinesis, **asked))
    assert (list(played.verdict.broken), played.verdict.sign) == (["in_order"], None)


def test_order_is_kept_where_nothing_is_refused(run: PlayIt, kinesis: Any) -> None:
    calm = Delivery(events=60, keys=5, seed=1, most_calls=2)
    played = run(calm, lambda **asked: deliver(kinesis, **asked))
    assert played.verdict.broken == {}
    backwards = run(calm, lambda events, **asked: deliver(kinesis, events=events[::-1], **asked))
    assert list(backwards.verdict.broken) == ["in_order"]


def ignore(kinesis: Any, stream_name: str, events: Sequence[Event], most_calls: int) -> None:
    kinesis.put_records(StreamName=stream_name, Records=[entry(event) for event in events])


def send_all_again(kinesis: Any, stream_name: str, events: Sequence[Event], most_calls: int) -> None:
    for _ in range(most_calls):
        kinesis.put_records(StreamName=stream_name, Records=[entry(event) for event in events])


def one_by_one(kinesis: Any, stream_name: str, events: Sequence[Event], most_calls: int) -> None:
    for event in events:
        kinesis.put_record(StreamName=stream_name, **entry(event))


def change(kinesis: Any, stream_name: str, events: Sequence[Event], most_calls: int) -> None:
    changed = [{**event, "text": "?"} for event in events]
    deliver(kinesis, stream_name, changed, most_calls)


def rename(kinesis: Any, stream_name: str, events: Sequence[Event], most_calls: int) -> None:
    records = [{**entry(event), "PartitionKey": event["id"]} for event in events]
    while records:
        answer = kinesis.put_records(StreamName=stream_name, Records=records)
        pairs = zip(records, answer["Records"], strict=True)
        records = [record for record, result in pairs if "ErrorCode" in result]


@pytest.mark.parametrize(
    ("way", "criterion", "sign"),
    [
        (ignore, "complete", "ignores_failures"),
        (send_all_again, "once", "resends_all"),
        (one_by_one, "budget", "one_by_one"),
        (change, "unchanged", None),
        (rename, "unchanged", None),
    ],
)
def test_a_wrong_way_breaks_its_criterion(
    run: PlayIt, kinesis: Any, way: Callable[..., None], criterion: str, sign: str | None
) -> None:
    refusing = Delivery(events=80, keys=6, seed=5, most_calls=12, refused=0.3)
    played = run(refusing, lambda **asked: way(kinesis, **asked))
    assert criterion in played.verdict.broken
    assert played.verdict.sign == sign


def test_a_lost_answer_excuses_one_copy_more_and_not_two() -> None:
    events = Delivery(events=3, keys=1, seed=1, most_calls=9).made_events()
    records = [{**entry(event), "ShardId": "shardId-000000000000"} for event in events]
    calls = {"kinesis.PutRecord": 0, "kinesis.PutRecords": 2}
    for lost, times, kept in (((), 1, True), ((), 2, False), ((1,), 2, True), ((1,), 3, False)):
        scenario = Delivery(events=3, keys=1, seed=1, most_calls=9, lost=lost)
        assert ("once" not in scenario.judge(events, records * times, calls).broken) is kept


REFUSING = Delivery(events=3, keys=1, seed=1, most_calls=9, refused=0.3)


def judged(scenario: Delivery, stored: Sequence[Event], calls: int) -> Verdict:
    records = [{**entry(event), "ShardId": "shardId-000000000000"} for event in stored]
    return scenario.judge(
        scenario.made_events(), records, {"kinesis.PutRecord": 0, "kinesis.PutRecords": calls}
    )


def test_only_who_sends_once_and_right_is_told_so() -> None:
    some = REFUSING.made_events()[:2]
    assert judged(REFUSING, some, calls=1).sign == "ignores_failures"
    assert judged(REFUSING, some, calls=2).sign is None
    assert judged(REFUSING, [], calls=0).sign is None, "nothing was sent"
    assert judged(REFUSING, [], calls=1).sign is None, "nothing came in, as with another stream's name"
    assert judged(replace(REFUSING, lost=(1,)), some, calls=1).sign is None
    others = [{**event, "id": ""} for event in some]
    assert judged(REFUSING, others, calls=1).sign is None


def test_what_the_stream_did_is_told_where_events_are_missing() -> None:
    seen = judged(replace(REFUSING, broken=0.1, failing=(1,)), [], calls=3).broken["complete"]
    assert "InternalFailure" in seen
    assert "failed whole calls" in seen
    assert "lost answers" not in seen
    calm = Delivery(events=3, keys=1, seed=1, most_calls=9)
    assert judged(calm, [], calls=1).broken["complete"] == "3 of 3 events are not in the stream."


def test_where_calls_are_scarce_going_on_is_wrong_and_what_is_left_is_not() -> None:
    scarce = replace(REFUSING, most_calls=2, scarce=True)
    assert judged(scarce, scarce.made_events()[:2], calls=2) == Verdict()
    seen = judged(scarce, scarce.made_events(), calls=3)
    assert (list(seen.broken), seen.sign) == (["budget"], "never_stops")


def test_it_travels_as_data_and_makes_the_same_events() -> None:
    again = from_data(json.loads(json.dumps(to_data(HARD))))
    assert isinstance(again, Delivery)
    assert (again.made_events(), again.rules()) == (HARD.made_events(), HARD.rules())
    assert asdict(again)["most_calls"] == 16
    assert len({event["id"] for event in HARD.made_events()}) == 120


def test_what_it_returns_is_not_looked_at(run: PlayIt, kinesis: Any) -> None:
    """The lesson's own way gives back the records that are left, which hold bytes."""

    def with_leftover(**asked: Any) -> list[dict[str, Any]]:
        deliver(kinesis, **asked)
        return [entry(event) for event in asked["events"]]

    assert list(run(HARD, with_leftover).verdict.broken) == ["in_order"]


def test_who_gives_up_by_an_error_is_judged_by_what_was_done(run: PlayIt, kinesis: Any) -> None:
    def raising(**asked: Any) -> None:
        deliver(kinesis, **asked)
        raise RuntimeError("no calls left")

    played = run(HARD, raising)
    assert list(played.verdict.broken) == ["in_order"]
    assert "It raised RuntimeError: no calls left" in played.verdict.broken["in_order"]

    def at_once(**_: Any) -> None:
        raise RuntimeError("no calls left")

    assert run(HARD, at_once).no_answer == Raised("RuntimeError", "no calls left"), "the control"


@pytest.mark.parametrize(
    "data",
    [b"[" * 100_000, b"9" * 10_000, b"{}", b"null", b"\xff", b'{"id": []}', b'{"id": "%s"}',
     b'{"id": "%s", "key": [], "n": {}}'],
)  # fmt: skip
def test_no_record_raises_in_the_judge(data: bytes) -> None:
    events = HARD.made_events()
    named = data.replace(b"%s", events[0]["id"].encode())
    records = [{"Data": named, "PartitionKey": "k"}, {"Data": named, "PartitionKey": "k"}]
    assert (
        "unchanged" in HARD.judge(events, records, {"kinesis.PutRecord": 2, "kinesis.PutRecords": 0}).broken
    )
