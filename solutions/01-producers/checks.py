"""The checks of assignment 01-producers: five tasks.

The quotas come from `lab.rules.quotas`, the payload unit from `lab.rules.prices`; their sources stand
there. Every draw is seeded, every case is JSON. No case lies where MB for MiB, KB for KiB, or a key counted
or not in a payload unit, would change the right answer.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from aws_kinesis_agg.aggregator import RecordAggregator
from grader.tasks.declaration import Arguments, Cases, Criterion, Misconception, Runs, Task, Value
from grader.tasks.scenarios.sending import Sending
from lab.rules.kpl_format import DIGEST_BYTES, MAGIC
from lab.rules.prices import PAYLOAD_UNIT_KB
from lab.rules.quotas import KIB, MIB, PUT_RECORDS_MAX_BYTES, PUT_RECORDS_MAX_RECORDS, RECORD_DEFAULT_MAX_KIB

LESSON = "course/01-producers.ipynb"
SERVICES = ("kinesis",)

# --- Task 1: cut_batches -------------------------------------------------------------------------

Record = Sequence[Any]
"""Bytes of data, and the partition key."""


def _with_key(data_bytes: int, key: str) -> int:
    return data_bytes + len(key.encode())


@dataclass(frozen=True)
class Cutter:
    """A way to cut records into calls; the defaults are the right one."""

    most: int = PUT_RECORDS_MAX_RECORDS
    most_bytes: int = PUT_RECORDS_MAX_BYTES
    weigh: Callable[[int, str], int] = _with_key
    own_limit: int | None = None
    """KiB of a record, in place of the stream's."""
    apart: bool = True
    """Whether records that are too large are set apart."""
    closing: bool = False
    """Whether a record that is too large closes the batch."""

    def __call__(self, records: Sequence[Record], record_limit_kib: int) -> dict[str, Any]:
        limit = (self.own_limit or record_limit_kib) * KIB
        batches: list[list[int]] = []
        batch: list[int] = []
        too_large: list[int] = []
        size = 0
        for place, (data_bytes, key) in enumerate(records):
            weight = self.weigh(data_bytes, key)
            if self.apart and weight > limit:
                too_large.append(place)
                if not self.closing:
                    continue
            if batch and (
                len(batch) == self.most or size + weight > self.most_bytes or too_large[-1:] == [place]
            ):
                batches.append(batch)
                batch, size = [], 0
            if too_large[-1:] != [place]:
                batch.append(place)
                size += weight
        return {"batches": [*batches, batch] if batch else batches, "too_large": too_large}


cut_batches = Cutter()
IN_DECIMALS = Cutter(most_bytes=10 * 1000 * 1000)


def _slices_first(records: Sequence[Record], record_limit_kib: int) -> dict[str, Any]:
    """Every 500 places a batch, and what is too large taken out of it afterwards."""
    right = cut_batches(records, record_limit_kib)
    batches = []
    for start in range(0, len(records), PUT_RECORDS_MAX_RECORDS):
        here = range(start, min(start + PUT_RECORDS_MAX_RECORDS, len(records)))
        kept = [place for place in here if place not in right["too_large"]]
        cut = cut_batches([records[place] for place in kept], record_limit_kib)["batches"]
        batches += [[kept[place] for place in batch] for batch in cut]
    return {**right, "batches": batches}


def _clear_cut(records: list[list[Any]], record_limit_kib: int) -> Arguments | None:
    """The case, if decimal megabytes would cut it as MiB do."""
    kb = [[data_bytes * KIB / 1000, key] for data_bytes, key in records]
    same = cut_batches(records, record_limit_kib) == IN_DECIMALS(records, record_limit_kib)
    alike = cut_batches(records, record_limit_kib)["too_large"] == [
        place for place, (size, key) in enumerate(kb) if size + len(key) > record_limit_kib * KIB
    ]
    return {"records": records, "record_limit_kib": record_limit_kib} if same and alike else None


def _until_clear(draw: Callable[[Random], tuple[list[list[Any]], int]]) -> Callable[[Random], Arguments]:
    def hidden(rng: Random) -> Arguments:
        while True:
            if case := _clear_cut(*draw(rng)):
                return case

    return hidden


def _many(rng: Random) -> tuple[list[list[Any]], int]:
    """Small records, a little over 500 or 1,000 of them."""
    count = rng.choice((500, 502, 1000, 1003)) if rng.randrange(3) else rng.randint(502, 999)
    return [[rng.randint(1, 9) * 10, "k"]] * count, RECORD_DEFAULT_MAX_KIB


def _heavy(rng: Random) -> tuple[list[list[Any]], int]:
    """Records of megabytes, so that 10 MiB decide; at times ten whose keys alone make them too much."""
    if rng.randrange(2):
        sizes = [rng.randint(700_000, 3_900_000) for _ in range(rng.randint(6, 14))]
        return [[size, f"k{rng.randrange(100)}"] for size in sizes], 4096
    letter = rng.choice("aé")
    key = letter * (210 if letter == "a" else 105)
    share = PUT_RECORDS_MAX_BYTES // 10
    size = share - rng.randint(120, 190)
    return [[size, key]] * rng.randint(10, 14), 2048


def _oversize(rng: Random) -> tuple[list[list[Any]], int]:
    """Some records above the stream's own limit, one way or by their key."""
    limit = rng.choice((1024, 2048, 4096, 5120, 8192))
    small = [rng.randint(1, limit * 90) * 10 for _ in range(rng.randint(3, 7))]
    large = [limit * KIB + rng.randint(30_000, 900_000) for _ in range(rng.randint(1, 3))]
    records: list[list[Any]] = [[size, f"k{rng.randrange(100)}"] for size in small + large]
    if rng.randrange(2):
        records.append([limit * KIB - rng.randint(20, 90), "é" * 60])
    if rng.randrange(3) == 0:
        records += [[10, "k"]] * (PUT_RECORDS_MAX_RECORDS - len(small) + 3)
    rng.shuffle(records)
    return records, limit


def _all(*records: tuple[int, str], limit: int = RECORD_DEFAULT_MAX_KIB) -> Arguments:
    return {"records": [list(record) for record in records], "record_limit_kib": limit}


CUT_BATCHES = Task(
    id="cut_batches",
    title="Cut records into calls of PutRecords",
    function="cut_batches",
    oracle=cut_batches,
    read=f"{LESSON}, “In batches”",
    parts=(
        Cases(
            id="count",
            points=1,
            says="must put at most 500 records into a call, and no fewer than fit",
            visible=(
                _all((10, "a"), (20, "b"), (30, "c")),
                _all(),
                _all(*[(10, "k")] * 502),
            ),
            hidden=_until_clear(_many),
            hidden_count=3,
        ),
        Cases(
            id="bytes",
            points=2,
            says="must put at most 10 MiB, keys included, into a call, and no less than fits",
            visible=(
                _all(*[(1_900_000, "a")] * 12, limit=2048),
                _all(*[(1_048_400, "a" * 200)] * 11, limit=2048),
                _all(*[(1_048_450, "é" * 100)] * 11, limit=2048),
                _all((6_000_000, "a"), (6_000_000, "b"), (900_000, "c"), limit=8192),
            ),
            hidden=_until_clear(_heavy),
        ),
        Cases(
            id="record_limit",
            points=2,
            says="must set apart what is larger than the stream's limit for a record, and cut the rest",
            visible=(
                _all((10, "a"), (1_300_000, "b"), (20, "c")),
                _all((1_048_500, "k" * 100), (900_000, "b")),
                _all((3_000_000, "a"), (6_000_000, "b"), (4_000_000, "c"), limit=5120),
                _all((1_300_000, "a"), *[(10, "k")] * 501),
            ),
            hidden=_until_clear(_oversize),
        ),
    ),
    misconceptions=(
        Misconception(
            id="counts_only",
            words="The bytes of a call are left out: it takes 500 records and 10 MiB, whichever is reached "
            "first.",
            model=Cutter(most_bytes=10**12),
        ),
        Misconception(
            id="forgets_count",
            words="The number of records is left out: a call takes at most 500, however small they are.",
            model=Cutter(most=10**9),
        ),
        Misconception(
            id="takes_501",
            words="A call gets 501 records: close it before it would hold more than 500.",
            model=Cutter(most=PUT_RECORDS_MAX_RECORDS + 1),
        ),
        Misconception(
            id="forgets_keys",
            words="Only the data is weighed: the bytes of the partition key count as well, for a record "
            "and for a call.",
            model=Cutter(weigh=lambda data_bytes, key: data_bytes),
        ),
        Misconception(
            id="counts_characters",
            words="A key's characters are counted in place of its bytes: é is one character and two bytes "
            "in UTF-8.",
            model=Cutter(weigh=lambda data_bytes, key: data_bytes + len(key)),
        ),
        Misconception(
            id="five_mib",
            words="A call is closed at 5 MiB: that was the limit until October 2025, now it is 10 MiB.",
            model=Cutter(most_bytes=5 * MIB),
        ),
        Misconception(
            id="always_one_mib",
            words="The stream's own limit for a record is left out: it is record_limit_kib, and 1,024 KiB "
            "only by default.",
            model=Cutter(own_limit=RECORD_DEFAULT_MAX_KIB),
        ),
        Misconception(
            id="keeps_too_large",
            words="Records that are too large stay in the batches: one of them and Kinesis refuses the "
            "whole call.",
            model=Cutter(apart=False),
        ),
        Misconception(
            id="closes_at_too_large",
            words="A record that is too large ends the batch before it: set it apart and go on filling.",
            model=Cutter(closing=True),
        ),
        Misconception(
            id="slices_first",
            words="The list is cut into slices of 500 before the records that are too large are taken out, "
            "so calls go out that are not full. Set those apart first.",
            model=_slices_first,
        ),
    ),
    hints=(
        "Go through the list once and fill one batch. Before you add a record ask: is it too large for any "
        "call? Does it still fit into this batch?",
        "A record weighs data_bytes + len(key.encode()). It is too large above record_limit_kib * 1024. "
        "Otherwise close the batch, if it is not empty, when it holds 500 records or its bytes and this "
        "record's are more than 10 * 1024 * 1024.",
        "Keep four things: the batches that are closed, the present batch, its bytes, and the places of "
        "what is too large. At the end don't forget the last batch; an empty one is none.",
    ),
)

# --- Tasks 2 and 3: in the lab -------------------------------------------------------------------


def _resending(rng: Random) -> Sending:
    devices, each = rng.choice(((5, 26), (8, 18), (11, 13)))
    refused = rng.choice((0.15, 0.25, 0.35))
    return Sending(devices=devices, each=each, seed=rng.randrange(10**6), refused=refused, most_calls=30)


SEND_ALL = Task(
    id="send_all",
    title="Send every event, and again only what was refused",
    function="send_all",
    read=f"{LESSON}, “A success that failed”",
    runs=Runs(
        visible=(Sending(devices=6, each=20, seed=3, refused=0.2, most_calls=30),),
        hidden=_resending,
        hidden_count=2,
    ),
    parts=(
        Criterion(id="complete", points=2, says="must go on until every event is stored"),
        Criterion(id="once", points=1, says="must send again only the events that were refused"),
        Criterion(id="keyed", points=1, says="must give each record its event's device as the partition key"),
        Criterion(
            id="calls", points=1, says="must send in batches, and stay within the 30 calls that are allowed"
        ),
    ),
    misconceptions=(
        Misconception(
            id="ignores_failures",
            words="PutRecords can succeed and still refuse records: look at FailedRecordCount, or at each "
            "entry's ErrorCode, and send those records again, until none is refused.",
        ),
        Misconception(
            id="resends_all",
            words="Records that were stored are sent again, and the stream holds copies: the answer's "
            "entries stand in the order of your records, so take only those whose entry has an ErrorCode.",
        ),
        Misconception(
            id="one_by_one",
            words="Too few events go into a call: PutRecords takes up to 500 in one.",
        ),
        Misconception(
            id="not_the_device",
            words="The partition key is not the event's device: it decides which shard takes a record, and "
            "so which events stay together.",
        ),
    ),
    hints=(
        "Keep a list of what is still to be sent. Send its first 500, look at the answer, and keep what "
        "was refused.",
        'zip(batch, answer["Records"], strict=True) brings each record together with its entry; that of a '
        'refused record has "ErrorCode".',
        "As long as something is left: take up to 500 off the front of the list, send them, and put those "
        "that were refused back onto its end.",
    ),
)


def _ordering(rng: Random) -> Sending:
    devices = rng.randint(6, 9)
    return Sending(
        devices=devices, each=5, seed=rng.randrange(10**6), shards=4, refused=rng.choice((0.3, 0.4))
    )


KEEP_ORDER = Task(
    id="keep_order",
    title="Send so that each device keeps its order",
    function="send_in_order",
    read=f"{LESSON}, “Order”",
    runs=Runs(
        visible=(Sending(devices=7, each=5, seed=11, shards=4, refused=0.35),),
        hidden=_ordering,
        hidden_count=2,
    ),
    parts=(
        Criterion(id="complete", points=1, says="must store every event"),
        Criterion(id="in_order", points=2, says="must keep the order of each device's events"),
        Criterion(id="spread", points=1, says="must spread the devices over the shards"),
    ),
    misconceptions=(
        Misconception(
            id="one_key",
            words="All events have one partition key, so one shard takes them all and the others none. "
            "Only a device's own events must stay in order: give each device a key of its own.",
        ),
        Misconception(
            id="scattered",
            words="A device's events have different partition keys, so they lie on several shards, and "
            "across shards there is no order.",
        ),
        Misconception(
            id="batch_order",
            words="A refused record of a PutRecords call comes behind those that were accepted after it. "
            "Send a device's next event only when the one before it is stored.",
        ),
    ),
    hints=(
        "Two decisions: which partition key brings a device's events together, and which call keeps their "
        "order. Which of the two producer calls waits for each record?",
        "The device's name as the key, and put_record for one event after the other, in the order of the "
        "list. SequenceNumberForOrdering takes the sequence number of the same device's event before.",
    ),
)

# --- Task 4: count_sending -----------------------------------------------------------------------

UNIT = PAYLOAD_UNIT_KB * 1000
MARGIN = 0.08
"""A record's share of a unit beyond a whole number: never nearer to one than this, either way."""


def _units(size: int) -> int:
    return -(-size // UNIT)


def _counted(records: int, units: int, calls: int | None = None) -> dict[str, int]:
    whole = -(-records // PUT_RECORDS_MAX_RECORDS) if calls is None else calls
    return {"records": records, "calls": whole, "units": units}


def count_sending(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    """Records, calls and payload units; the last record may hold fewer events."""
    full, rest = divmod(events, events_per_record)
    units = full * _units(event_bytes * events_per_record) + _units(event_bytes * rest)
    return _counted(full + (rest > 0), units)


def _by_total(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    return _counted(-(-events // events_per_record), _units(events * event_bytes))


def _by_event(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    return _counted(-(-events // events_per_record), events * _units(event_bytes))


def _last_as_full(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    records = -(-events // events_per_record)
    return _counted(records, records * _units(event_bytes * events_per_record))


def _rounds_units_down(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    full, rest = divmod(events, events_per_record)
    units = full * max(1, event_bytes * events_per_record // UNIT) + (
        max(1, event_bytes * rest // UNIT) if rest else 0
    )
    return _counted(full + (rest > 0), units)


def _one_a_record(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    records = -(-events // events_per_record)
    return _counted(records, records)


def _loses_the_rest(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    full = events // events_per_record
    return _counted(full, full * _units(event_bytes * events_per_record))


def _calls_by_event(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    right = count_sending(events, event_bytes, events_per_record)
    return {**right, "calls": -(-events // PUT_RECORDS_MAX_RECORDS)}


def _calls_down(events: int, event_bytes: int, events_per_record: int) -> dict[str, int]:
    right = count_sending(events, event_bytes, events_per_record)
    return {**right, "calls": right["records"] // PUT_RECORDS_MAX_RECORDS}


def _is_clear(events: int, event_bytes: int, events_per_record: int) -> bool:
    """Whether no record's size is near a whole number of units."""
    sizes = {event_bytes * events_per_record, event_bytes * (events % events_per_record)} - {0}
    shares = [size / UNIT for size in sizes]
    return all(
        share < 1 - MARGIN or abs(share - round(share)) > MARGIN * max(1, share / 2) for share in shares
    )


def _clear_count(draw: Callable[[Random], Arguments]) -> Callable[[Random], Arguments]:
    def hidden(rng: Random) -> Arguments:
        while not _is_clear(**(case := draw(rng))):
            pass
        return case

    return hidden


def _plain_count(rng: Random) -> Arguments:
    """One event a record, of up to three units."""
    events = rng.randint(100, 9000)
    return {"events": events, "event_bytes": rng.randint(100, 70_000), "events_per_record": 1}


def _packed_count(rng: Random) -> Arguments:
    """Many events a record, usually with a rest that has fewer."""
    each = rng.randint(20, 400)
    events = each * rng.randint(2, 1800) + rng.choice((0, rng.randint(1, each - 1)))
    return {"events": events, "event_bytes": rng.randint(60, 900), "events_per_record": each}


def _own_count(rng: Random) -> Arguments:
    """A learner's own givens: several units a record, and a last record that needs fewer."""
    while True:
        case = _clear_count(_packed_count)(rng)
        full = _units(case["event_bytes"] * case["events_per_record"])
        rest = case["events"] % case["events_per_record"]
        if 2 <= full <= 9 and rest and _units(case["event_bytes"] * rest) < full and case["events"] < 200_000:
            return case


def _count(events: int, event_bytes: int, events_per_record: int) -> Arguments:
    return {"events": events, "event_bytes": event_bytes, "events_per_record": events_per_record}


def _units_by(count: Callable[[int, int, int], dict[str, int]]) -> Callable[..., int]:
    return lambda events, event_bytes, events_per_record: count(events, event_bytes, events_per_record)[
        "units"
    ]


COUNT_SENDING = Task(
    id="count_sending",
    title="Count records, calls and PUT payload units",
    function="count_sending",
    oracle=count_sending,
    read=f"{LESSON}, “What it costs: PUT payload units”",
    parts=(
        Cases(
            id="plain",
            points=2,
            says="must be right where each record holds one event",
            visible=(
                _count(1200, 110, 1),
                _count(40, 60_000, 1),
                _count(3, 300, 1),
                _count(1000, 32_000, 1),
                _count(1001, 300, 1),
            ),
            hidden=_clear_count(_plain_count),
        ),
        Cases(
            id="packed",
            points=2,
            says="must be right where a record holds many events, the last one perhaps fewer",
            visible=(
                _count(10_000, 110, 100),
                _count(1050, 300, 200),
                _count(90_000, 200, 150),
                _count(130, 900, 50),
                _count(301, 110, 100),
            ),
            hidden=_clear_count(_packed_count),
        ),
        Value(
            id="own_sending",
            points=1,
            says="it must be the number of PUT payload units for what `given` describes",
            name="my_units",
            unit="payload units",
            lowest=1,
            highest=20_000,
            draw=_own_count,
            oracle=_units_by(count_sending),
            models={
                "by_total": _units_by(_by_total),
                "by_event": _units_by(_by_event),
                "one_a_record": _units_by(_one_a_record),
                "rounds_units_down": _units_by(_rounds_units_down),
                "last_as_full": _units_by(_last_as_full),
                "loses_the_rest": _units_by(_loses_the_rest),
            },
        ),
    ),
    misconceptions=(
        Misconception(
            id="by_total",
            words="All bytes are added up and divided by 25 KB: each record is rounded up by itself, and "
            "room that one leaves in its last unit helps no other.",
            model=_by_total,
        ),
        Misconception(
            id="by_event",
            words="Units are counted by event: for Kinesis a record that holds many events is one record, "
            "and its size is what they weigh together.",
            model=_by_event,
        ),
        Misconception(
            id="one_a_record",
            words="Every record counts one unit: that is so up to 25 KB, and above it one for every 25 KB, "
            "rounded up.",
            model=_one_a_record,
        ),
        Misconception(
            id="rounds_units_down",
            words="Units are rounded down: a record of 60 KB counts 3 units, not 2.",
            model=_rounds_units_down,
        ),
        Misconception(
            id="last_as_full",
            words="The last record is counted as a full one: it holds only the events that are left, and "
            "may need fewer units.",
            model=_last_as_full,
        ),
        Misconception(
            id="loses_the_rest",
            words="The events that don't fill a record are left out: they go into one more record.",
            model=_loses_the_rest,
        ),
        Misconception(
            id="calls_by_event",
            words="Calls are counted by event: a call takes 500 records, however many events each holds.",
            model=_calls_by_event,
        ),
        Misconception(
            id="calls_down",
            words="Calls are rounded down: what is left beyond full calls needs one more.",
            model=_calls_down,
        ),
    ),
    hints=(
        "First the records: how many full ones, and how many events are left for a last one? divmod gives "
        "both.",
        "Then the units: each full record of event_bytes × events_per_record bytes counts -(-bytes // "
        "25_000); so does the last, with the bytes that it has. Calls: records over 500, rounded up.",
    ),
)

# --- Task 5: unpack ------------------------------------------------------------------------------

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


UNPACK = Task(
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
            words="Every event has the record's own partition key: inside, each event names its key by its "
            "place in the table of keys.",
            model=_outer_key,
        ),
        Misconception(
            id="without_md5",
            words="The magic number alone decides: anybody's data may begin with those four bytes. A "
            "packed record also ends with the MD5 of what lies between.",
            model=_without_md5,
        ),
        Misconception(
            id="plain_lost",
            words="A record that is not packed gives no event: it is one event itself, with its own key.",
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

TASKS = [CUT_BATCHES, SEND_ALL, KEEP_ORDER, COUNT_SENDING, UNPACK]
