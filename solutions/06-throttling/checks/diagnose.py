"""Task `diagnose`: find out from the metrics what is wrong."""

from collections.abc import Mapping
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/06-throttling.ipynb"

Shards = Mapping[str, Mapping[str, int]]


Keys = Mapping[str, Mapping[str, int]]


TAKEN, REFUSED = "IncomingRecords", "WriteProvisionedThroughputExceeded"


def _verdict(verdict: str, shard: str | None = None, key: str | None = None) -> dict[str, str | None]:
    return {"verdict": verdict, "shard": shard, "key": key}


def _by_refusals(shards: Shards) -> str:
    return max(shards, key=lambda shard: shards[shard][REFUSED])


def _of_shard(keys: Mapping[str, int], shard: str, part: float = 0.5) -> dict[str, str | None]:
    """Hot key when one key makes more than PART of what was sent to the shard."""
    top = max(keys, key=lambda key: keys[key])
    if keys[top] > part * sum(keys.values()):
        return _verdict("hot key", shard, top)
    return _verdict("hot shard", shard)


def diagnose(shards: Shards, keys: Keys) -> dict[str, str | None]:
    """The printed rule: healthy, too small, or what is wrong with the shard that refused most."""
    refusing = [shard for shard in shards if shards[shard][REFUSED] > 0]
    if not refusing:
        return _verdict("healthy")
    if len(refusing) == len(shards):
        return _verdict("too small")
    hot = _by_refusals(shards)
    return _of_shard(keys[hot], hot)


def _any_is_too_small(shards: Shards, keys: Keys) -> dict[str, str | None]:
    return _verdict("too small" if any(load[REFUSED] for load in shards.values()) else "healthy")


def _busiest(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    hot = max(shards, key=lambda shard: shards[shard][TAKEN])
    return _of_shard(keys[hot], hot)


def _first_refusing(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    first = next(shard for shard in shards if shards[shard][REFUSED])
    return _of_shard(keys[first], first)


def _ignores_keys(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    return told if told["shard"] is None else _verdict("hot shard", told["shard"])


def _always_a_key(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    return told if told["shard"] is None else _of_shard(keys[str(told["shard"])], str(told["shard"]), 0)


def _part_of_the_taken(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    hot = str(told["shard"])
    top = max(keys[hot], key=lambda key: keys[hot][key])
    return (
        _verdict("hot key", hot, top)
        if 2 * keys[hot][top] > shards[hot][TAKEN]
        else _verdict("hot shard", hot)
    )


def _key_of_the_stream(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    everywhere = {key: count for counts in keys.values() for key, count in counts.items()}
    return _of_shard(everywhere, str(told["shard"]))


def _shard_ids(rng: Random) -> list[str]:
    return [f"shardId-{n:012}" for n in sorted(rng.sample(range(12), rng.randint(3, 6)))]


def _even_keys(rng: Random, names: list[str], total: int) -> dict[str, int]:
    """TOTAL over four to seven keys, none of which makes more than 40 % of it."""
    count = rng.randint(4, 7)
    weights = [rng.randint(8, 12) for _ in range(count)]
    shares = [total * weight // sum(weights) for weight in weights]
    shares[0] += total - sum(shares)
    return {names.pop(): share for share in shares}


def _quiet(rng: Random, names: list[str]) -> tuple[dict[str, int], dict[str, int]]:
    taken = rng.randint(4_000, 20_000)
    return {TAKEN: taken, REFUSED: 0}, _even_keys(rng, names, taken)


def _stream(rng: Random) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]], list[str]]:
    """A stream without trouble: its metrics, its keys, and names of keys that are left."""
    names = [f"{kind}-{n}" for kind in ("show", "artist") for n in range(1, 60)]
    rng.shuffle(names)
    shards, keys = {}, {}
    for shard in _shard_ids(rng):
        shards[shard], keys[shard] = _quiet(rng, names)
    return shards, keys, names


def _whole_case(rng: Random) -> Arguments:
    shards, keys, _ = _stream(rng)
    if rng.randrange(2):
        for shard in shards:
            more = rng.randint(2_000, 9_000)
            shards[shard][REFUSED] = more
            top = next(iter(keys[shard]))
            keys[shard][top] += more
    return {"shards": shards, "keys": keys}


def _one_shard_case(rng: Random, hot_key: bool) -> Arguments:
    """One shard refuses; another takes more records and refuses none, since its records are small.

    With a hot key another key makes the most of another shard, or of the stream.
    """
    shards, keys, names = _stream(rng)
    hot, other = rng.sample(list(shards), 2)
    taken, refused = rng.randint(21_000, 30_000), rng.randint(9_000, 30_000)
    shards[hot] = {TAKEN: taken, REFUSED: refused}
    sent = taken + refused
    if hot_key:
        part = sent * rng.randint(60, 85) // 100
        keys[hot] = _even_keys(rng, names, sent - part) | {names.pop(): part}
    else:
        keys[hot] = _even_keys(rng, names, sent)
    busy = rng.randint(45_000, 58_000)
    shards[other] = {TAKEN: busy, REFUSED: 0}
    most = busy * rng.randint(92, 97) // 100
    keys[other] = _even_keys(rng, names, busy - most) | {names.pop(): most}
    if rng.randrange(2) and len(shards) > 2:
        third = next(shard for shard in shards if shard not in (hot, other))
        # It takes more than the hot one, and refuses far less.
        taken, refused = rng.randint(31_000, 40_000), rng.randint(1, 900)
        shards[third] = {TAKEN: taken, REFUSED: refused}
        keys[third] = _even_keys(rng, names, taken + refused)
    return {"shards": shards, "keys": keys}


def _table(*rows: tuple[int, int, dict[str, int]]) -> Arguments:
    ids = [f"shardId-{n:012}" for n in range(len(rows))]
    return {
        "shards": {shard: {TAKEN: row[0], REFUSED: row[1]} for shard, row in zip(ids, rows, strict=True)},
        "keys": {shard: row[2] for shard, row in zip(ids, rows, strict=True)},
    }


TASK = Task(
    id="diagnose",
    title="Find out from the metrics what is wrong",
    function="diagnose",
    oracle=diagnose,
    read=f"{LESSON}, “Which shard, which key?” and “What to do, in which order”",
    parts=(
        Cases(
            id="whole",
            points=1,
            says="must tell a healthy stream from one that is too small",
            visible=(
                _table((9000, 0, {"show-1": 5000, "show-2": 4000}), (7000, 0, {"show-3": 7000})),
                _table(
                    (30000, 4000, {"show-1": 20000, "show-2": 14000}),
                    (28000, 9000, {"show-3": 20000, "show-4": 17000}),
                ),
            ),
            hidden=_whole_case,
        ),
        Cases(
            id="shard",
            points=1,
            says="must find a hot shard with several busy keys",
            visible=(
                _table(
                    (12000, 0, {"show-1": 12000}),
                    (25000, 11000, {"show-2": 13000, "show-3": 12000, "show-4": 11000}),
                    (52000, 0, {"show-5": 50000, "show-6": 2000}),
                ),
                _table(
                    (9000, 100, {"show-7": 9100}),
                    (24000, 20000, {"show-1": 11500, "show-2": 11000, "show-3": 11000, "show-9": 10500}),
                    (31000, 300, {"show-4": 30000, "show-5": 1300}),
                    (8000, 0, {"show-6": 8000}),
                ),
                _table(
                    (22000, 18000, {"show-1": 20000, "show-2": 12000, "show-3": 8000}),
                    (9000, 0, {"show-4": 9000}),
                ),
            ),
            hidden=lambda rng: _one_shard_case(rng, hot_key=False),
        ),
        Cases(
            id="key",
            points=2,
            says="must find the hot key of the shard that refuses",
            visible=(
                _table(
                    (11000, 0, {"show-1": 6000, "show-9": 5000}),
                    (26000, 14000, {"show-2": 31000, "show-3": 5000, "show-4": 4000}),
                    (9000, 0, {"show-5": 9000}),
                ),
                _table(
                    (55000, 0, {"show-1": 53000, "show-9": 2000}),
                    (6000, 0, {"show-7": 6000}),
                    (22000, 9000, {"show-2": 22000, "show-3": 9000}),
                ),
            ),
            hidden=lambda rng: _one_shard_case(rng, hot_key=True),
        ),
    ),
    misconceptions=(
        Misconception(
            id="any_is_too_small",
            words="You call the stream too small as soon as anything is refused. When other shards refuse "
            "nothing, the stream has room: one shard is hot.",
            model=_any_is_too_small,
        ),
        Misconception(
            id="busiest",
            words="You take the shard with the most IncomingRecords. A shard of small records can take many "
            "and refuse none; go by what was refused.",
            model=_busiest,
        ),
        Misconception(
            id="first_refusing",
            words="You take the first shard that refuses. Several may refuse a little; go by the one that "
            "refused most.",
            model=_first_refusing,
        ),
        Misconception(
            id="ignores_keys",
            words="You never name a hot key. Look at the keys of the shard: when one makes more than half, a "
            "split would not help.",
            model=_ignores_keys,
        ),
        Misconception(
            id="always_a_key",
            words="You always name a key. A busiest key there is in every shard; it is hot when it makes "
            "more than half of what was sent to that shard.",
            model=_always_a_key,
        ),
        Misconception(
            id="part_of_the_taken",
            words="You compare the key with the shard's IncomingRecords, which leave out what was refused. "
            "`keys` counts what was sent, refused or not: compare with the sum of the shard's keys.",
            model=_part_of_the_taken,
        ),
        Misconception(
            id="key_of_the_stream",
            words="You look for the key in the whole stream. The busiest key may lie on a shard that refuses "
            "nothing; look only at the keys of the shard that refuses most.",
            model=_key_of_the_stream,
        ),
    ),
    hints=(
        "Collect the shards that refused something. How many are they: none, all, or some?",
        "When it is some, take the one with the largest WriteProvisionedThroughputExceeded, and look at "
        "keys[that shard] only.",
        "Hot key: max of the counts × 2 > sum of the counts. Otherwise it is a hot shard, and key is None.",
    ),
)
