"""The scenario `following`: a right reader breaks nothing; what goes wrong is seen, and told apart."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from grader.tasks.scenarios import Following
from grader.tasks.scenarios.stage import Spoiled
from tests.grader.tasks.scenarios.conftest import PlayIt

OLD, NEW, OTHER = "shardId-0", "shardId-2", "shardId-1"
"""OLD is closed after the first round, and device-1 goes on in NEW; device-2 is on OTHER all the time."""
PLAIN = Following(rounds=(("write",), ("split", "write")), keys=2, each=2, seed=1)
SHORT = Following(rounds=PLAIN.rounds, keys=2, each=2, seed=1, pages=(1, 0))
BUSY = Following(rounds=PLAIN.rounds, keys=2, each=2, seed=1, refused=(1,))


def ids(device: int, *counts: int) -> list[str]:
    return [f"device-{device}/{count:03}/0" for count in counts]


def record(text: str) -> Mapping[str, Any]:
    device, count, _ = text.split("/")
    home = OTHER if device == "device-2" else OLD if int(count) <= 2 else NEW
    return {"Data": text.encode(), "ShardId": home}


WRITTEN = [record(text) for text in ids(1, 1, 2, 3, 4) + ids(2, 1, 2, 3, 4)]
FIRST, SECOND = ids(1, 1, 2) + ids(2, 1, 2), ids(1, 3, 4) + ids(2, 3, 4)


@pytest.mark.parametrize(
    ("run", "readings", "broken", "sign"),
    [
        (PLAIN, [FIRST, SECOND, []], set(), None),
        (PLAIN, [FIRST, ids(2, 3) + ids(1, 3), ids(1, 4) + ids(2, 4)], set(), None),
        (PLAIN, [ids(1, 1, 2, 2) + ids(2, 1, 2), SECOND, []], {"once"}, None),
        (PLAIN, [FIRST, FIRST + SECOND, FIRST + SECOND], {"once"}, "begins_anew"),
        (PLAIN, [FIRST, ids(1, 2) + ids(2, 2) + SECOND, []], {"once"}, "at_the_last"),
        (PLAIN, [ids(2, 1, 2), SECOND, []], {"complete"}, "open_only"),
        (PLAIN, [FIRST, ids(2, 3, 4), []], {"complete"}, "from_now_on"),
        (SHORT, [ids(1, 1) + ids(2, 1), ids(1, 2, 3) + ids(2, 2), []], {"complete"}, "one_page"),
        (BUSY, [ids(1, 1, 2), SECOND, []], {"complete"}, "gives_up"),
        (PLAIN, [FIRST[:2], SECOND[:2], []], {"complete"}, "one_shard"),
        (PLAIN, [ids(2, 1, 2), ids(1, 3, 4, 1, 2) + ids(2, 3, 4), []], {"in_order"}, "child_first"),
        (PLAIN, [[], ids(2, 3, 4), []], {"complete", "once", "in_order"}, None),
    ],
)
def test_what_the_readings_come_to(
    run: Following, readings: list[list[str]], broken: set[str], sign: str | None
) -> None:
    verdict = run.judge(WRITTEN, readings, frozenset({OLD}))
    assert set(verdict.broken) == broken
    if sign is not None:
        assert verdict.sign == sign


def test_texts_of_no_record_spoil_a_run() -> None:
    with pytest.raises(Spoiled, match="no record"):
        PLAIN.judge(WRITTEN, [["device-1/009/9"]], frozenset())


@pytest.mark.xdist_group("shared-lab")
def test_a_right_reader_in_the_lab_and_one_that_reads_once(
    run: PlayIt, learner_s_client: Callable[[str], Any]
) -> None:
    """Across a split and a merge, with short, empty and throttled answers; the control takes one answer."""
    kinesis = learner_s_client("kinesis")

    def reader(whole: bool) -> Callable[..., dict[str, Any]]:
        def read(stream_name: str, places: dict[str, str]) -> dict[str, Any]:
            data = []
            for shard in sorted(s["ShardId"] for s in kinesis.list_shards(StreamName=stream_name)["Shards"]):
                where: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
                if shard in places:
                    where = {
                        "ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                        "StartingSequenceNumber": places[shard],
                    }
                asked = kinesis.get_shard_iterator(StreamName=stream_name, ShardId=shard, **where)
                iterator, behind = asked["ShardIterator"], None
                while iterator and behind != 0:
                    answer = kinesis.get_records(ShardIterator=iterator)
                    for one in answer["Records"]:
                        data.append(one["Data"].decode())
                        places[shard] = one["SequenceNumber"]
                    iterator = answer.get("NextShardIterator") if whole else None
                    behind = answer["MillisBehindLatest"]
            return {"data": data, "places": places}

        return read

    rounds = (("write",), ("split", "write"), ("merge", "write"))
    scenario = Following(rounds=rounds, keys=4, each=2, seed=5, pages=(2, 0, 3), refused=(2,))
    assert run(scenario, reader(whole=True)).verdict.broken == {}
    once = run(scenario, reader(whole=False)).verdict
    assert "complete" in once.broken
    assert once.sign == "one_page"
    assert run(scenario, lambda stream_name, places: []).verdict.broken.keys() == set(Following.criteria)
