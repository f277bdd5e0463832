"""From answers and counts to what the page shows: by cases that a person can check, and by brute force."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lab.playground import model


def shard(accepted: int, expired: int = 0, refused: int = 0, **more: Any) -> dict[str, Any]:
    plain = {"first_hash_key": "0", "last_hash_key": str(2**128 - 1), "parents": [], "created": 0}
    plain |= {"closed": None, "listed": True, "buckets": None}
    return plain | {"accepted": accepted, "expired": expired, "refused": refused} | more


def stream(**shards: Any) -> dict[str, Any]:
    return {"now": 0, "status": "ACTIVE", "retention_hours": 24, "shards": shards}


def firehose(taken: dict[str, list[list[int]]], delivered: int = 0, dropped: int = 0) -> dict[str, Any]:
    count = sum(last - first + 1 for runs in taken.values() for first, last in runs)
    told = {"objects": 1, "records": delivered, "bytes": 0}
    buffer = {"limit_bytes": 100, "interval_seconds": 300, "filling_bytes": 0, "filling_seconds": None}
    return buffer | {
        "name": "f",
        "open": True,
        "records": count - delivered - dropped,
        "delivered": told,
        "dropped": dropped,
        "taken": taken,
    }


def test_every_record_is_in_one_place() -> None:
    counts = stream(a=shard(10, expired=4, refused=3), b=shard(5))
    found = model.reckoning(
        18, counts, [firehose({"a": [[1, 2]]}, delivered=1)], [{"a": [(2, 3)], "b": [(1, 1)]}]
    )
    assert found == model.Reckoning(
        sent=18, refused=3, in_stream=10, read=2, buffered=1, delivered=1, expired=1, lost=0
    )
    assert found.is_right
    assert not model.reckoning(17, counts, [], []).is_right, "the control: one that nobody counted"


RUNS = st.lists(st.tuples(st.integers(1, 30), st.integers(0, 5)), max_size=4)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 9), RUNS, RUNS, st.integers(0, 30))
def test_against_brute_force(
    accepted: int,
    expired: int,
    refused: int,
    taken: list[tuple[int, int]],
    read: list[tuple[int, int]],
    delivered: int,
) -> None:
    expired = min(accepted, expired)
    in_firehose = {p for first, more in taken for p in range(first, first + more + 1) if p <= accepted}
    by_readers = {p for first, more in read for p in range(first, first + more + 1) if p <= accepted}
    delivered = min(delivered, len(in_firehose))
    runs = model.union([(place, place) for place in in_firehose])
    found = model.reckoning(
        accepted + refused,
        stream(a=shard(accepted, expired, refused)),
        [firehose({"a": [list(run) for run in runs]}, delivered)],
        [{"a": [(place, place) for place in by_readers]}],
    )
    everything = set(range(1, accepted + 1)) - in_firehose
    assert found.read == len(everything & by_readers)
    assert found.expired == len([p for p in everything - by_readers if p <= expired])
    assert found.in_stream == len([p for p in everything - by_readers if p > expired])
    assert found.is_right


def test_lag_counts_what_can_still_be_read() -> None:
    counts = stream(a=shard(10, expired=4), b=shard(7), c=shard(9, listed=False))
    assert model.lag(counts, {"a": [(1, 2)], "b": [(1, 5)], "c": []}) == {"a": 6, "b": 2}


def test_lanes_by_hash_range_with_what_is_used_of_their_buckets() -> None:
    middle = 2**127
    left = {"write_records": 250.0, "write_bytes": -2.0 * 2**20, "read_closed_seconds": 0.0}
    counts = stream(
        b=shard(1, first_hash_key=str(middle)),
        a=shard(2, last_hash_key=str(middle - 1), buckets=left, parents=["gone"], closed=3_600_000),
        gone=shard(3, listed=False),
    )
    first, second = model.lanes(counts)
    assert (first["id"], first["from"], first["to"], second["from"], second["to"]) == ("a", 0, 0.5, 0.5, 1)
    assert (first["records_used"], first["bytes_used"]) == (0.75, 3.0), "a debt is above 1"
    assert (first["open"], first["parents"], first["gone_at"]) == (False, [], 3600 + 24 * 3600)
    assert (second["records_used"], second["gone_at"]) == (0, None)


def test_the_gauge_says_which_limit_is_nearer() -> None:
    def told(filled: int, seconds: float | None) -> Any:
        found = model.gauge([firehose({}) | {"filling_bytes": filled, "filling_seconds": seconds}])
        assert found is not None
        return found["first"]

    assert (told(60, 30.0), told(10, 150.0), told(0, None)) == ("size", "time", None)
    assert model.gauge([firehose({}) | {"open": False}]) is None


def test_flights_are_what_put_records_answered() -> None:
    answer = {"Records": [{"ShardId": "a"}, {"ErrorCode": "X"}, {"ShardId": "a"}, {"ShardId": "b"}]}
    found = model.flights(answer, lambda place: "abab"[place])
    assert found == {"a": {"accepted": 2, "refused": 0}, "b": {"accepted": 1, "refused": 1}}


def test_changes() -> None:
    assert model.changes({"a": 1, "b": [1]}, {"a": 1, "b": [2], "c": 0}) == {"b": [2], "c": 0}
