"""Task `unsalted`: undo the salt: the reader."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

from .salted_key import salted_key

LESSON = "course/06-throttling.ipynb"

Record = Mapping[str, Any]


def unsalted(records: list[Record]) -> dict[str, list[str]]:
    """The texts of each key by their counter, each event once."""
    return _unsalted(records, lambda key: key.rpartition("#")[0])


def _unsalted(
    records: list[Record],
    name: Callable[[str], str],
    order: Callable[[Any], Any] = int,
    is_new: Callable[[int, Mapping[int, str]], bool] = lambda n, seen: n not in seen,
) -> dict[str, list[str]]:
    keys: dict[str, dict[int, str]] = {}
    for record in records:
        seen = keys.setdefault(name(record["PartitionKey"]), {})
        if is_new(record["n"], seen):
            seen[record["n"]] = record["text"]
    return {key: [seen[n] for n in sorted(seen, key=order)] for key, seen in keys.items()}


def _as_read(records: list[Record]) -> dict[str, list[str]]:
    keys: dict[str, dict[int, str]] = {}
    for record in records:
        keys.setdefault(record["PartitionKey"].rpartition("#")[0], {}).setdefault(record["n"], record["text"])
    return {key: list(texts.values()) for key, texts in keys.items()}


def _with_doubles(records: list[Record]) -> dict[str, list[str]]:
    keys: dict[str, list[tuple[int, str]]] = {}
    for record in records:
        key = record["PartitionKey"].rpartition("#")[0]
        keys.setdefault(key, []).append((record["n"], record["text"]))
    return {key: [text for _, text in sorted(pairs, key=lambda p: p[0])] for key, pairs in keys.items()}


def _by_text(records: list[Record]) -> dict[str, list[str]]:
    """Equal texts are taken for the same event."""
    keys: dict[str, dict[str, int]] = {}
    for record in sorted(records, key=lambda r: r["n"]):
        keys.setdefault(record["PartitionKey"].rpartition("#")[0], {}).setdefault(record["text"], 0)
    return {key: list(texts) for key, texts in keys.items()}


TEXTS = ("joins", "jumps", "scores", "falls", "leaves")


def _salted_records(rng: Random, names: list[str], salts: int, doubles: int) -> list[dict[str, Any]]:
    """Events of each name, salted, as a consumer reads them shard by shard; some are there twice."""
    lanes: list[list[dict[str, Any]]] = [[], [], []]
    for name in names:
        for n in range(1, rng.randint(11, 14) + 1):
            record = {"PartitionKey": salted_key(name, n, salts), "n": n, "text": rng.choice(TEXTS)}
            lanes[(n % salts + len(name)) % 3].append(record)
    for _ in range(doubles):
        lane = rng.choice([lane for lane in lanes if lane])
        lane.append(dict(rng.choice(lane)))
    rng.shuffle(lanes)
    return [record for lane in lanes for record in lane]


def _reading(rng: Random, names: tuple[str, ...], doubles: int = 0) -> Arguments:
    return {"records": _salted_records(rng, list(names), rng.randint(4, 9), doubles)}


def _show_names(rng: Random) -> tuple[str, ...]:
    return tuple(f"show-{n}" for n in rng.sample(range(1, 100), rng.randint(1, 3)))


def _sharp_names(rng: Random) -> tuple[str, ...]:
    return tuple(f"hall#{n}" for n in rng.sample(range(1, 100), rng.randint(2, 3)))


def _record(key: str, n: int, text: str) -> dict[str, Any]:
    return {"PartitionKey": key, "n": n, "text": text}


TASK = Task(
    id="unsalted",
    title="Undo the salt: the reader",
    function="unsalted",
    oracle=unsalted,
    read=f"{LESSON}, “Cure a hot key: salt it”",
    parts=(
        Cases(
            id="order",
            points=1,
            says="must put each key's events in the order of their counter",
            visible=(
                {
                    "records": [
                        _record("show-8#0", 2, "jumps"),
                        _record("show-8#0", 4, "leaves"),
                        _record("show-8#1", 1, "joins"),
                        _record("show-8#1", 3, "scores"),
                    ]
                },
                _reading(Random(1), ("show-3", "show-5")),
                {"records": []},
            ),
            hidden=lambda rng: _reading(rng, _show_names(rng)),
        ),
        Cases(
            id="once",
            points=1,
            says="must give an event once that is stored twice",
            visible=(
                {
                    "records": [
                        _record("show-8#1", 1, "joins"),
                        _record("show-8#1", 1, "joins"),
                        _record("show-8#0", 2, "joins"),
                    ]
                },
                _reading(Random(2), ("show-3", "show-5"), doubles=6),
            ),
            hidden=lambda rng: _reading(rng, _show_names(rng), doubles=rng.randint(3, 9)),
        ),
        Cases(
            id="sharp",
            points=1,
            says="must take off the salt alone, also of a key that has a # of its own",
            visible=(
                {"records": [_record("hall#7#1", 1, "joins"), _record("hall#7#0", 2, "scores")]},
                _reading(Random(3), ("hall#7",)),
            ),
            hidden=lambda rng: _reading(rng, _sharp_names(rng)),
        ),
    ),
    misconceptions=(
        Misconception(
            id="keeps_the_salt",
            words="The salt is still there, so each salted key stays a list of its own. Take off the # and "
            "what follows.",
            model=lambda records: _unsalted(records, lambda key: key),
        ),
        Misconception(
            id="as_read",
            words="You keep the order in which the records were read. The salted keys lie on several shards, "
            "so it says nothing: sort by n.",
            model=_as_read,
        ),
        Misconception(
            id="as_text",
            words="You sort the counters as text, where 10 comes before 2. Sort them as numbers.",
            model=lambda records: _unsalted(records, lambda key: key.rpartition("#")[0], str),
        ),
        Misconception(
            id="keeps_doubles",
            words="An event that is stored twice is in your list twice. A counter that was there already is "
            "the same event.",
            model=_with_doubles,
        ),
        Misconception(
            id="same_text",
            words="You take events with the same text for the same event. Two different events may say the "
            "same; only the counter tells.",
            model=_by_text,
        ),
        Misconception(
            id="first_sharp",
            words="You cut at the first #. The salt follows the last one: a key may have a # of its own.",
            model=lambda records: _unsalted(records, lambda key: key.partition("#")[0]),
        ),
    ),
    hints=(
        "First bring together what belongs to one key: the partition key up to its last #.",
        "For each key a dictionary from n to text: a counter that comes twice is there once.",
        'key.rpartition("#")[0] takes off the salt; sorted(counters) puts whole numbers in order.',
    ),
)
