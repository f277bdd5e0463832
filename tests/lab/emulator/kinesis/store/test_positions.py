"""Where reading begins: sequence numbers, times, ends; and iterators that nobody else can make."""

import base64
from dataclasses import replace

import pytest
from lab_emulator.kinesis.store.errors import InvalidArgumentException
from lab_emulator.kinesis.store.positions import Start, check_ordering, place_of
from lab_emulator.kinesis.store.signing import Position, Seal
from lab_emulator.kinesis.store.stream import Stream

from tests.lab.emulator.kinesis.store.support import ADA, REGION, START_MS, Store, put
from tests.lab.emulator.kinesis.store.test_streams import split

AT, AFTER = "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"


def from_here(stream: Stream, start: Start, shard: int = 0) -> list[str]:
    """The keys that a read from START gives."""
    chosen = stream.shards[shard]
    page = chosen.page(place_of(stream, chosen, start), 10_000, 10**9)
    return [record.partition_key for record in page]


def test_by_number() -> None:
    stream = Store().create()
    numbers = [number for _, number in put(stream, "a", "b", "c")]
    for place, number in enumerate(numbers):
        assert from_here(stream, Start(AT, number)) == ["a", "b", "c"][place:]
        assert from_here(stream, Start(AFTER, number)) == ["a", "b", "c"][place + 1 :]
    first = stream.shards[0].starting_number
    assert from_here(stream, Start(AT, first)) == from_here(stream, Start(AFTER, first)) == ["a", "b", "c"]


def test_a_number_between_two_records_and_of_one_that_has_expired() -> None:
    store = Store()
    stream = store.create()
    ((_, gone),) = put(stream, "a")
    store.pass_hours(25)
    put(stream, "b")
    stream.trim()
    assert from_here(stream, Start(AT, gone)) == ["b"]
    assert from_here(stream, Start(AFTER, gone)) == ["b"]
    assert from_here(stream, Start(AFTER, str(int(gone) + 2**36))) == ["b"], "a second later"


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (
            "5",
            "encodes shardId-000000000005, while it was used in a call to a shard with shardId-000000000000",
        ),
        ("0", "did not come from this stream"),
        ("9" * 60, "is invalid."),
    ],
)
def test_numbers_that_are_no_part_of_the_shard(number: str, says: str) -> None:
    stream = Store().create()
    for kind in (AT, AFTER):
        with pytest.raises(InvalidArgumentException, match=says):
            from_here(stream, Start(kind, number))


def test_another_shards_and_another_streams_number() -> None:
    store = Store()
    stream = store.create(shards=2)
    with pytest.raises(InvalidArgumentException, match="It encodes shardId-000000000001"):
        from_here(stream, Start(AT, stream.shards[1].starting_number))
    store.now += 5000
    other = store.create("other")
    with pytest.raises(InvalidArgumentException, match="did not come from this stream"):
        from_here(stream, Start(AT, other.shards[0].starting_number))


def test_the_end_of_a_closed_shard() -> None:
    stream = Store().create()
    put(stream, "a")
    split(stream, "shardId-000000000000", 2**127)
    ending = stream.shards[0].ending_number
    assert from_here(stream, Start(AT, ending)) == []
    with pytest.raises(InvalidArgumentException, match="has reached max possible value for the shard"):
        from_here(stream, Start(AFTER, ending))


def test_kinds_that_need_a_number_and_that_take_none() -> None:
    stream = Store().create()
    number = stream.shards[0].starting_number
    for kind in ("LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"):
        with pytest.raises(InvalidArgumentException, match=f"specified {kind} and also a Starting"):
            from_here(stream, Start(kind, number, START_MS))
    for kind in (AT, AFTER):
        with pytest.raises(InvalidArgumentException, match=f"specified {kind} and no StartingSequence"):
            from_here(stream, Start(kind))
    with pytest.raises(InvalidArgumentException, match="no timestamp parameter"):
        from_here(stream, Start("AT_TIMESTAMP"))


def test_by_time_to_the_millisecond() -> None:
    store = Store()
    stream = store.create()
    for key in "abc":
        put(stream, key)
        store.now += 1
    assert from_here(stream, Start("AT_TIMESTAMP", moment=START_MS + 1)) == ["b", "c"]
    assert from_here(stream, Start("AT_TIMESTAMP", moment=0)) == ["a", "b", "c"]
    assert from_here(stream, Start("LATEST")) == []
    with pytest.raises(InvalidArgumentException, match="cannot be greater than the currentTimestampInMillis"):
        from_here(stream, Start("AT_TIMESTAMP", moment=store.now + 1))


def test_the_number_for_ordering() -> None:
    store = Store()
    stream = store.create()
    ((_, number),) = put(stream, "a")
    check_ordering(stream, number)
    check_ordering(stream, "0")
    later = Store(now=store.now + 10_000).create()
    for wrong in ("9" * 60, put(later, "a")[0][1]):
        with pytest.raises(InvalidArgumentException, match="ExclusiveMinimumSequenceNumber"):
            check_ordering(stream, wrong)


POSITION = Position(ADA, REGION, "orders", b"12345678", 7, 99, START_MS)


@pytest.mark.parametrize("name", ["s", "n" * 14, "n" * 128])
def test_an_iterator_tells_where_it_stands(name: str) -> None:
    seal = Seal(b"secret")
    position = replace(POSITION, name=name)
    text = seal.iterator(position)
    assert len(text) <= 512
    assert len(base64.b64decode(text)) == 152 + (len(name) + 2) // 16 * 16, "as long as AWS's"
    assert seal.position(text) == position
    assert seal.position(f'"{text}"') == position


def test_an_iterator_changed_in_any_place_is_none() -> None:
    seal = Seal(b"secret")
    text = seal.iterator(POSITION)
    for place in range(len(text)):
        changed = text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]
        with pytest.raises(ValueError, match="no token"):
            seal.position(changed)
    for wrong in ("", "x", text[:-4], text + "====", text + "\n", f"'{text}'", f'""{text}""'):
        with pytest.raises(ValueError, match="no token"):
            seal.position(wrong)
    with pytest.raises(ValueError, match="no token"):
        Seal(b"another lab's").position(text)


def test_tokens_are_signed_and_are_no_iterators() -> None:
    seal = Seal(b"secret")
    token = seal.token(kind="shards", arn="a", after="b")
    assert seal.content(token) == {"kind": "shards", "arn": "a", "after": "b"}
    forged = base64.b64encode(base64.b64decode(token).replace(b'"b"', b'"c"')).decode()
    for wrong in (forged, token[:-4], "nonsense", seal.iterator(POSITION)):
        with pytest.raises(ValueError, match="no token"):
            seal.content(wrong)
    with pytest.raises(ValueError, match="no token"):
        seal.position(token)
