"""Task `count_once`: count each event once, whoever repeats it."""

from collections.abc import Callable, Hashable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/03-consumers.ipynb"

Event = dict[str, Any]
Deliveries = Sequence[Sequence[Event]]


def _sum(deliveries: Deliveries, name: Callable[[Event], Hashable]) -> dict[str, int]:
    sums: dict[str, int] = {}
    seen = set()
    for batch in deliveries:
        for event in batch:
            if name(event) not in seen:
                seen.add(name(event))
                sums[event["customer"]] = sums.get(event["customer"], 0) + event["amount"]
    return sums


def _place(event: Event) -> Hashable:
    return event["shard"], event["sequence"], event["sub"]


def totals(deliveries: Deliveries) -> dict[str, int]:
    """Each event by the producer's id, or else by its place."""
    return _sum(deliveries, lambda event: event.get("id") or _place(event))


def _every_time(deliveries: Deliveries) -> dict[str, int]:
    sums: dict[str, int] = {}
    for event in (event for batch in deliveries for event in batch):
        sums[event["customer"]] = sums.get(event["customer"], 0) + event["amount"]
    return sums


def _by(name: Callable[[Event], Hashable]) -> Callable[[Deliveries], dict[str, int]]:
    return lambda deliveries: _sum(deliveries, name)


def _event(shard: int, sequence: int, sub: int, customer: str, amount: int, name: str | None = None) -> Event:
    made = {"shard": f"shardId-{shard:012}", "sequence": str(4968 * 10**52 + sequence), "sub": sub}
    made |= {"customer": customer, "amount": amount}
    return made | ({"id": name} if name else {})


CUSTOMERS = ("ada", "ben", "cleo")


def _singles(rng: Random, sequence: int, ids: bool = False) -> list[Event]:
    """A batch of one shard, one event a record."""
    shard = rng.randint(0, 1)
    return [
        _event(
            shard,
            sequence + place,
            0,
            rng.choice(CUSTOMERS),
            rng.randint(1, 9),
            f"o-{rng.randrange(16**6):06x}" if ids else None,
        )
        for place in range(rng.randint(2, 4))
    ]


def _repeats(rng: Random) -> Arguments:
    """Batches that come again, whole or from their second event on; the same number on two shards."""
    first, second = _singles(rng, 10), _singles(rng, 40)
    twin = {**first[0], "shard": "shardId-000000000007", "amount": rng.randint(1, 9)}
    return {"deliveries": [first, first[1:], [*second, twin], second]}


def _packages(rng: Random) -> Arguments:
    """Packages: several events under one sequence number, of which the consumer repeats some."""
    shard, number = rng.randint(0, 3), rng.randint(100, 200)
    package = [_event(shard, number, sub, rng.choice(CUSTOMERS), rng.randint(1, 9)) for sub in range(4)]
    alike = {**package[1], "sub": 4}
    return {"deliveries": [package, [*package[2:], alike], _singles(rng, 300)]}


def _resent(rng: Random) -> Arguments:
    """A producer sent events again: other sequence numbers, maybe another shard, the same id."""
    first = _singles(rng, 10, ids=True)
    again = [{**one, "sequence": str(int(one["sequence"]) + 500)} for one in first[:2]]
    again[0]["shard"] = "shardId-000000000009"
    plain = _singles(rng, 900)
    alike = {**plain[0], "sequence": str(int(plain[0]["sequence"]) + 70)}
    return {"deliveries": [first, [*plain, again[0]], [again[1], alike], plain]}


TASK = Task(
    id="count_once",
    title="Count each event once",
    function="totals",
    oracle=totals,
    read=f"{LESSON}, “At least once”",
    parts=(
        Cases(
            id="repeats",
            points=1,
            says="must count an event once that the consumer was given again",
            visible=tuple(
                {"deliveries": one}
                for one in (
                    [[_event(0, 1, 0, "ada", 5), _event(0, 2, 0, "ben", 3)], [_event(0, 2, 0, "ben", 3)]],
                    [[_event(0, 1, 0, "ada", 5)], [_event(1, 1, 0, "ada", 5)], [_event(0, 1, 0, "ada", 5)]],
                )
            ),
            hidden=_repeats,
        ),
        Cases(
            id="packages",
            points=1,
            says="must tell the events of one package apart",
            visible=(
                {
                    "deliveries": [
                        [_event(2, 7, 0, "ada", 1), _event(2, 7, 1, "ada", 1), _event(2, 7, 2, "cleo", 4)],
                        [_event(2, 7, 1, "ada", 1), _event(2, 7, 2, "cleo", 4), _event(2, 8, 0, "ben", 2)],
                    ]
                },
            ),
            hidden=_packages,
        ),
        Cases(
            id="resent",
            points=2,
            says="must count an event once that the producer sent again",
            visible=(
                {
                    "deliveries": [
                        [_event(0, 1, 0, "ada", 5, "o-1"), _event(0, 2, 0, "ben", 3, "o-2")],
                        [_event(0, 9, 0, "ada", 5, "o-1"), _event(1, 4, 0, "ben", 3, "o-2")],
                        [_event(0, 10, 0, "ada", 5, "o-3"), _event(1, 5, 0, "ben", 3)],
                    ]
                },
            ),
            hidden=_resent,
        ),
    ),
    misconceptions=(
        Misconception(
            id="every_time",
            words="Everything is counted each time it comes: delivery is at least once, so remember what you "
            "have counted.",
            model=_every_time,
        ),
        Misconception(
            id="number_alone",
            words="An event without an id is named by its sequence number alone: another shard may have the "
            "same number, and the events of one package share it.",
            model=_by(lambda event: event.get("id") or event["sequence"]),
        ),
        Misconception(
            id="forgets_the_sub",
            words="The events of one package are taken for one: they share shard and sequence number, and "
            "`sub` tells them apart.",
            model=_by(lambda event: event.get("id") or (event["shard"], event["sequence"])),
        ),
        Misconception(
            id="forgets_the_shard",
            words="The shard is left out of an event's name: a sequence number is unique within its shard "
            "only.",
            model=_by(lambda event: event.get("id") or (event["sequence"], event["sub"])),
        ),
        Misconception(
            id="place_only",
            words="The id is not used: what a producer sends again has another sequence number, and only the "
            "id is the same.",
            model=_by(_place),
        ),
        Misconception(
            id="same_content",
            words="Events with the same customer and amount are taken for one: a customer may well order the "
            "same twice.",
            model=_by(lambda event: (event["customer"], event["amount"])),
        ),
    ),
    hints=(
        "Which two names can an event have? Which of them survives a producer that sends it again?",
        "The name is the id where there is one, and otherwise a tuple of shard, sequence and sub. Keep the "
        "names that you have counted in one set, over all batches.",
    ),
)
