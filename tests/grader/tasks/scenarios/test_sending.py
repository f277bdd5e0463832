"""The scenario `sending`: what it makes of a stream's content, criterion by criterion."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from grader.tasks.scenarios.sending import Sending
from grader.tasks.scenarios.stage import Verdict

RUN = Sending(devices=3, each=4, seed=5, shards=2, most_calls=10)
EVENTS = RUN.events()


def stored(events: Iterable[Mapping[str, Any]], shard: str | None = None) -> list[dict[str, Any]]:
    """Records as the stage gives them, of each shard in order: a device's on one of two shards."""
    homes = {device: f"shard-{n % 2}" for n, device in enumerate(sorted({e["device"] for e in EVENTS}))}
    found = [
        {
            "Data": json.dumps(event).encode(),
            "PartitionKey": event["device"],
            "ShardId": shard or homes[event["device"]],
        }
        for event in events
    ]
    return sorted(found, key=lambda record: str(record["ShardId"]))


def keyed(key: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record | {"PartitionKey": key} for record in records]


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
        (stored([EVENTS[0], *EVENTS]), 3, {"once"}, "resends_all"),
        (stored([*EVENTS, EVENTS[0]]), 3, {"once", "in_order"}, "resends_all"),
        (keyed("other", stored(EVENTS)), 3, {"keyed"}, "not_the_device"),
        (stored(EVENTS), 11, {"calls"}, "one_by_one"),
        (stored(EVENTS, "shard-0"), 3, {"spread"}, None),
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


def test_one_key_for_all_is_told_where_any_key_may_be_chosen() -> None:
    ordering = Sending(devices=3, each=4, seed=5, shards=2)
    records = keyed("same", stored(EVENTS, "shard-0"))
    assert ordering.judge(EVENTS, records, {"kinesis.PutRecord": 12}).sign == "one_key"


@pytest.mark.parametrize(("devices", "words"), [(1, "1 device lie"), (3, "3 devices lie")])
def test_devices_are_counted_in_words(devices: int, words: str) -> None:
    some = sorted({event["device"] for event in EVENTS})[:devices]
    mixed = [event for event in EVENTS if event["device"] not in some]
    mixed += [event for event in EVENTS[::-1] if event["device"] in some]
    assert words in judged(stored(mixed)).broken["in_order"]


@pytest.mark.parametrize("data", [b"no JSON", b"[]", b'{"device": "device-0", "number": 1}'])
def test_records_that_are_no_event_break_everything(data: bytes) -> None:
    verdict = judged([*stored(EVENTS), {"Data": data, "PartitionKey": "device-0", "ShardId": "shard-0"}])
    assert set(verdict.broken) == set(RUN.criteria)
    told = verdict.broken["complete"]
    assert told.startswith("the stream holds 1 record whose data is no event of the list as JSON")
    assert repr(data[:60]) in told
