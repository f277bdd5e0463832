"""Task `pack_by_shard`: pack events so that KCL drops none (fact kpl.one-shard)."""

import itertools
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.hash_space import hash_key, is_open, range_of

LESSON = "course/01-producers.ipynb"

Packages = dict[str, list[list[int]]]
_MIXED_STREAM = (
    "player-7",
    "player-8",
    "player-7",
    "player-9",
    "player-1",
    "player-8",
    "player-7",
    "player-9",
)


def _shards(*cuts: int, closed: bool = False) -> list[dict[str, Any]]:
    """Shards between these cuts of the hash space; with `closed`, their parent of the whole space as well."""
    edges = [0, *cuts, 2**128]
    first = [_shard(0, 0, 2**128, closed=True)] if closed else []
    return first + [
        _shard(number + len(first), low, high) for number, (low, high) in enumerate(itertools.pairwise(edges))
    ]


def _shard(number: int, low: int, high: int, closed: bool = False) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": "49668000000000000000001"}
    if closed:
        numbers["EndingSequenceNumber"] = "49668000000000000000900"
    return {
        "ShardId": f"shardId-{number:012}",
        "HashKeyRange": {"StartingHashKey": str(low), "EndingHashKey": str(high - 1)},
        "SequenceNumberRange": numbers,
    }


def _home(key: str, shards: Sequence[Mapping[str, Any]], closed_too: bool = False) -> str:
    found = (
        shard["ShardId"]
        for shard in shards
        if hash_key(key) in range_of(shard) and (closed_too or is_open(shard))
    )
    return str(next(found))


def _packed(homes: Sequence[str], most: int) -> Packages:
    packages: Packages = {}
    for place, home in enumerate(homes):
        mine = packages.setdefault(home, [])
        if not mine or len(mine[-1]) == most:
            mine.append([])
        mine[-1].append(place)
    return packages


def pack_by_shard(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    """For each open shard with events, its packages of at most `most` places."""
    return _packed([_home(key, shards) for key in keys], most)


def _mixed(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    packages: Packages = {}
    for start in range(0, len(keys), most):
        places = list(range(start, min(start + most, len(keys))))
        packages.setdefault(_home(keys[start], shards), []).append(places)
    return packages


def _by_key(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    packages: Packages = {}
    for key in dict.fromkeys(keys):
        places = [place for place, one in enumerate(keys) if one == key]
        mine = packages.setdefault(_home(key, shards), [])
        mine += [places[start : start + most] for start in range(0, len(places), most)]
    return packages


def _closed_too(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    return _packed([_home(key, shards, closed_too=True) for key in keys], most)


def _one_too_many(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    return pack_by_shard(keys, shards, most + 1)


def _whole(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    return pack_by_shard(keys, shards, len(keys))


def _at_a_change(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    packages: Packages = {}
    last = ""
    for place, key in enumerate(keys):
        home = _home(key, shards)
        mine = packages.setdefault(home, [])
        if not mine or len(mine[-1]) == most or home != last:
            mine.append([])
        mine[-1].append(place)
        last = home
    return packages


def _every_shard(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    packages = pack_by_shard(keys, shards, most)
    return {shard["ShardId"]: packages.get(shard["ShardId"], []) for shard in shards if is_open(shard)}


def _from_one(keys: list[str], shards: list[dict[str, Any]], most: int) -> Packages:
    packages = pack_by_shard(keys, shards, most)
    return {shard: [[place + 1 for place in package] for package in mine] for shard, mine in packages.items()}


def _drawn_keys(rng: Random) -> list[str]:
    return [f"device-{rng.randint(1, 12)}" for _ in range(rng.randint(14, 24))]


def _cuts(rng: Random) -> list[int]:
    return sorted(rng.randrange(2**125, 7 * 2**125) for _ in range(rng.randint(1, 3)))


def _hidden_open(rng: Random) -> Arguments:
    return {"keys": _drawn_keys(rng), "shards": _shards(*_cuts(rng)), "most": rng.randint(2, 5)}


def _hidden_closed(rng: Random) -> Arguments:
    return {"keys": _drawn_keys(rng), "shards": _shards(*_cuts(rng), closed=True), "most": rng.randint(2, 5)}


TASK = Task(
    id="pack_by_shard",
    title="Pack events so that KCL drops none",
    function="pack_by_shard",
    oracle=pack_by_shard,
    read=f"{LESSON}, “Pack only what belongs to one shard”",
    parts=(
        Cases(
            id="one_shard",
            points=3,
            says="must put into a package only events of one shard, and fill it before the next",
            visible=(
                {"keys": list(_MIXED_STREAM), "shards": _shards(2**127), "most": 3},
                {"keys": list(_MIXED_STREAM[:6]), "shards": _shards(), "most": 4},
                {
                    "keys": [*_MIXED_STREAM, *_MIXED_STREAM],
                    "shards": _shards(2**126, 2**127, 3 * 2**126),
                    "most": 2,
                },
                {"keys": ["player-7", "player-9", "player-7"], "shards": _shards(2**127), "most": 2},
            ),
            hidden=_hidden_open,
        ),
        Cases(
            id="after_a_split",
            points=1,
            says="must go by the shards that take records now",
            visible=(
                {"keys": list(_MIXED_STREAM), "shards": _shards(2**127, closed=True), "most": 3},
                {"keys": list(_MIXED_STREAM[:5]), "shards": _shards(2**126, 2**127, closed=True), "most": 2},
            ),
            hidden=_hidden_closed,
        ),
    ),
    misconceptions=(
        Misconception(
            id="mixed",
            words="Events of several shards share a package. KCL drops a package as a whole when one of "
            "its events "
            "belongs elsewhere: use a packer for each shard.",
            model=_mixed,
        ),
        Misconception(
            id="by_key",
            words="Each key has packages of its own. Keys of one shard may share a package: it is the "
            "shard that "
            "counts, and fuller packages cost less.",
            model=_by_key,
        ),
        Misconception(
            id="closed_too",
            words="A closed shard gets packages. It takes no more records: go by the open shards.",
            model=_closed_too,
        ),
        Misconception(
            id="one_too_many",
            words="A package holds one event more than it may: close it when it has `most` events.",
            model=_one_too_many,
        ),
        Misconception(
            id="whole",
            words="All events of a shard are in one package: close it when it has `most` events, and "
            "begin another.",
            model=_whole,
        ),
        Misconception(
            id="at_a_change",
            words="A package is closed when an event of another shard comes. Keep one package open for "
            "each shard, "
            "and go on filling it.",
            model=_at_a_change,
        ),
        Misconception(
            id="every_shard",
            words="Shards without an event are in the answer: name only those that get a package.",
            model=_every_shard,
        ),
        Misconception(
            id="from_one",
            words="Places are counted from 1: the first event has the place 0.",
            model=_from_one,
        ),
    ),
    hints=(
        "Two steps for each event. Which open shard does its key belong to? Has that shard's last "
        "package room left?",
        "`lab.hash_space` has shard_for(key, shards), which leaves out closed shards. Keep a dictionary "
        "from a shard's "
        "id to its list of packages.",
        "packages.setdefault(shard, []) gives the shard's list. Append a new package [] when the list is "
        "empty or its "
        "last package has `most` places. Then append the place to the last one.",
    ),
)
