"""The scenario `sending`: what it makes of a stream's content, criterion by criterion."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from grader.scenarios.sending import Sending
from grader.scenarios.stage import Verdict

RUN = Sending(devices=3, each=4, seed=5, shards=2, most_calls=10)
EVENTS = RUN.events()


def stored(events: Iterable[Mapping[str, Any]], shard: str | None = None) -> list[dict[str, Any]]:
    """Records as the stage gives them, of each shard in order: a device's on one of two shards."""
    homes = {device: f"shard-{n % 2}" for n, device in enumerate(sorted({e["device"] for e in EVENTS}))}
    found = [
        {"Data": json.dumps(event).encode(), "ShardId": shard or homes[event["device"]]} for event in events
    ]
    return sorted(found, key=lambda record: str(record["ShardId"]))


def judged(records: list[dict[str, Any]], calls: int = 3, call: str = "PutRecords") -> Verdict:
    return RUN.judge(EVENTS, records, {f"kinesis.{call}": calls, "kinesis.ListShards": 50})


def test_the_same_seed_gives_the_same_events_with_rising_numbers() -> None:
    assert RUN.events() == EVENTS
    assert Sending(devices=3, each=4, seed=6).events() != EVENTS
    for device in {event["device"] for event in EVENTS}:
        assert [e["number"] for e in EVENTS if e["device"] == device] == [1, 2, 3, 4]


def test_all_events_once_and_in_order_break_nothing() -> None:
    assert judged(stored(EVENTS)) == Verdict()


@pytest.mark.parametrize(
    ("records", "calls", "broken", "sign"),
    [
        (stored(EVENTS[:-2]), 3, {"complete"}, "ignores_failures"),
        (stored([*EVENTS, EVENTS[0]]), 3, {"once"}, "resends_all"),
        (stored(EVENTS), 11, {"calls"}, "one_by_one"),
        (stored(EVENTS, "shard-0"), 3, {"spread"}, "one_key"),
        (stored(EVENTS[::-1]), 3, {"in_order"}, "batch_order"),
        (stored(EVENTS[::2], "shard-0") + stored(EVENTS[1::2], "shard-1"), 3, {"in_order"}, "scattered"),
        ([], 0, set(RUN.criteria), None),
    ],
)
def test_what_went_wrong_is_seen(
    records: list[dict[str, Any]], calls: int, broken: set[str], sign: str | None
) -> None:
    verdict = judged(records, calls)
    assert set(verdict.broken) == broken
    assert verdict.sign == sign


def test_only_batches_put_an_order_down_to_batches() -> None:
    assert judged(stored(EVENTS[::-1]), 9, "PutRecord").sign is None


def test_a_second_copy_does_not_spoil_the_order() -> None:
    assert "in_order" not in judged(stored([*EVENTS, EVENTS[0]])).broken


@pytest.mark.parametrize("data", [b"no JSON", b"[]", b'{"device": "device-0", "number": 1}'])
def test_records_that_are_no_event_break_everything(data: bytes) -> None:
    verdict = judged([*stored(EVENTS), {"Data": data, "ShardId": "shard-0"}])
    assert set(verdict.broken) == set(RUN.criteria)
    assert "1 records that are no event" in verdict.broken["complete"]
