"""Task `count_sending`: count records, calls and PUT payload units."""

from collections.abc import Callable
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task, Value
from lab.rules.prices import PAYLOAD_UNIT_KB
from lab.rules.quotas import PUT_RECORDS_MAX_RECORDS

LESSON = "course/01-producers.ipynb"

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


TASK = Task(
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
            words="You add up all bytes and divide by 25 KB. Kinesis rounds up each record by itself. The "
            "room that is left in a record's last unit helps no other record.",
            model=_by_total,
        ),
        Misconception(
            id="by_event",
            words="You count units by event. For Kinesis, a record that holds many events is one record. "
            "Its size is the size of all of them together.",
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
            words="You count the last record as a full one. It holds only the events that are left, so it "
            "may need fewer units.",
            model=_last_as_full,
        ),
        Misconception(
            id="loses_the_rest",
            words="You leave out the events that don't fill a record. They go into one more record.",
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
