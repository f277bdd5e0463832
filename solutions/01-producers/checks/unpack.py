"""Task `unpack`: unpack an aggregated record."""

import base64
import hashlib
from random import Random

from aws_kinesis_agg.aggregator import RecordAggregator
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.kpl_format import DIGEST_BYTES, MAGIC

LESSON = "course/01-producers.ipynb"

Event = list[str]
"""Partition key, and data in base64."""


def _events_in(body: bytes) -> list[Event]:
    from aws_kinesis_agg.messages_pb2 import AggregatedRecord

    message = AggregatedRecord()
    message.ParseFromString(body)
    keys = message.partition_key_table
    return [[keys[one.partition_key_index], base64.b64encode(one.data).decode()] for one in message.records]


def _parts(data: str) -> tuple[bool, bytes, bool]:
    """Whether the magic number is there, the message, and whether its MD5 fits."""
    raw = base64.b64decode(data)
    body = raw[len(MAGIC) : -DIGEST_BYTES]
    fits = len(raw) > len(MAGIC) + DIGEST_BYTES and hashlib.md5(body).digest() == raw[-DIGEST_BYTES:]
    return raw.startswith(MAGIC), body, fits


def unpack(partition_key: str, data: str) -> list[Event]:
    """The events of a record, packed or plain."""
    magic, body, fits = _parts(data)
    return _events_in(body) if magic and fits else [[partition_key, data]]


def _without_md5(partition_key: str, data: str) -> list[Event]:
    magic, body, _ = _parts(data)
    try:
        return _events_in(body) if magic and body else [[partition_key, data]]
    except Exception:  # noqa: BLE001 - protobuf's own error, or a key that is not in the table
        return [[partition_key, data]]


def _outer_key(partition_key: str, data: str) -> list[Event]:
    return [[partition_key, text] for _, text in unpack(partition_key, data)]


def _plain_lost(partition_key: str, data: str) -> list[Event]:
    magic, body, fits = _parts(data)
    return _events_in(body) if magic and fits else []


def _packed(*events: tuple[str, bytes], flip: int | None = None) -> Arguments:
    """A record that holds EVENTS; with FLIP, the lowest bit of that byte, from the end, is another."""
    packer = RecordAggregator()
    for key, data in events:
        packer.add_user_record(key, data)
    key, _, raw = packer.clear_and_get().get_contents()
    if flip is not None:
        place = len(raw) - flip
        raw = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
    return {"partition_key": key, "data": base64.b64encode(raw).decode()}


def _plain(key: str, raw: bytes) -> Arguments:
    return {"partition_key": key, "data": base64.b64encode(raw).decode()}


def _draw_events(rng: Random) -> list[tuple[str, bytes]]:
    keys = [f"session-{number}" for number in rng.sample(range(1000), rng.randint(2, 4))]
    events = [(key, rng.randbytes(rng.randint(3, 12))) for key in keys]
    return events + [(rng.choice(keys), rng.randbytes(rng.randint(3, 200))) for _ in range(rng.randint(1, 6))]


def _hidden_packed(rng: Random) -> Arguments:
    return _packed(*_draw_events(rng))


def _hidden_plain(rng: Random) -> Arguments:
    if rng.randrange(3) == 0:
        return _plain(f"session-{rng.randrange(1000)}", rng.randbytes(rng.randint(0, 60)))
    return _packed(*_draw_events(rng), flip=rng.randint(1, DIGEST_BYTES))


TASK = Task(
    id="unpack",
    title="Unpack an aggregated record",
    function="unpack",
    oracle=unpack,
    read=f"{LESSON}, “Many events in one record: aggregation”",
    parts=(
        Cases(
            id="packed",
            points=2,
            says="must give every event of a packed record, with its own key",
            visible=(
                _packed(("player-7", b"step 1"), ("player-7", b"step 2"), ("player-8", b"joins")),
                _packed(("a", b"1"), ("b", b"2"), ("a", b"3"), ("c", b"x" * 200)),
                _packed(("alone", b"in here")),
            ),
            hidden=_hidden_packed,
        ),
        Cases(
            id="plain",
            points=1,
            says="must give a record that is not packed as the one event that it is",
            visible=(
                _plain("player-7", b'{"page": "/hats"}'),
                _packed(("player-7", b"step 1"), ("player-8", b"joins"), flip=3),
                _plain("player-7", MAGIC),
                _plain("player-7", b""),
            ),
            hidden=_hidden_plain,
        ),
    ),
    misconceptions=(
        Misconception(
            id="outer_key",
            words="You give every event the record's own partition key. Inside the record, each event says "
            "which key of the table is its own.",
            model=_outer_key,
        ),
        Misconception(
            id="without_md5",
            words="You look only at the magic number. Other data may begin with the same four bytes. A "
            "packed record also ends with the MD5 of what lies between.",
            model=_without_md5,
        ),
        Misconception(
            id="plain_lost",
            words="You lose the records that are not packed. Such a record is one event, with its own key.",
            model=_plain_lost,
        ),
        Misconception(
            id="never_unpacks",
            words="The record is handed on as it is: packed records hold many events.",
            model=lambda partition_key, data: [[partition_key, data]],
        ),
    ),
    hints=(
        "Two ways: let `deaggregate_records` of `aws_kinesis_agg.deaggregator` do it, or check the two "
        "marks and read the message yourself, with `messages_pb2.AggregatedRecord` of the same module.",
        "The library takes a list of records in the shape in which Lambda hands them over: a dictionary with "
        "one entry, kinesis, which is a dictionary with kinesisSchemaVersion, sequenceNumber and "
        "approximateArrivalTimestamp (any values do), partitionKey and data, in base64.",
        'It yields such dictionaries: take one["kinesis"]["partitionKey"] and one["kinesis"]["data"]. Data '
        "of an unpacked event comes as bytes: .decode() makes text of it; that of a plain record is the text "
        "that you gave.",
    ),
)
