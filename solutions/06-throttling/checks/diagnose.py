"""Task `diagnose`: find out from the metrics what is wrong."""

from collections.abc import Mapping
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import SHARD_WRITE_RECORDS_PER_SECOND

LESSON = "course/06-throttling.ipynb"

Shards = Mapping[str, Mapping[str, int]]


Keys = Mapping[str, Mapping[str, int]]


TAKEN, REFUSED = "IncomingRecords", "WriteProvisionedThroughputExceeded"
A_MINUTE = 60 * SHARD_WRITE_RECORDS_PER_SECOND
"""Records that a shard takes in a minute at most."""


def _verdict(verdict: str, shard: str | None = None, key: str | None = None) -> dict[str, str | None]:
    return {"verdict": verdict, "shard": shard, "key": key}


def _by_refusals(shards: Shards) -> str:
    return max(shards, key=lambda shard: shards[shard][REFUSED])


def _of_shard(keys: Mapping[str, int], shard: str, limit: float = A_MINUTE) -> dict[str, str | None]:
    """Hot key when one key alone was sent more often than LIMIT."""
    top = max(keys, key=lambda key: keys[key])
    if keys[top] > limit:
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


def _by_share(shards: Shards, keys: Keys) -> dict[str, str | None]:
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    hot = str(told["shard"])
    return _of_shard(keys[hot], hot, sum(keys[hot].values()) / 2)


def _shard_over(shards: Shards, keys: Keys) -> dict[str, str | None]:
    """The busiest key of a shard that was sent more than it takes, however much that key sends alone."""
    told = diagnose(shards, keys)
    if told["shard"] is None:
        return told
    hot = str(told["shard"])
    return _of_shard(keys[hot], hot, 0 if sum(keys[hot].values()) > A_MINUTE else A_MINUTE)


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
    """One shard refuses most; another takes more records and refuses none, and a third refuses a little.

    With a hot key it alone sends more than a shard takes, now most of the shard's records and now just under
    half of them, beside a second one. Without, the busiest key makes more than half of the shard's records,
    and a key that is too much for a shard lies on the third.
    """
    shards, keys, names = _stream(rng)
    hot, other, third = rng.sample(list(shards), 3)
    taken = rng.randint(50_000, 57_000)
    if hot_key and rng.randrange(2):
        first = rng.randint(70_000, 80_000)
        keys[hot] = {names.pop(): first, names.pop(): first - rng.randint(100, 4000), names.pop(): 5000}
    elif hot_key:
        keys[hot] = _even_keys(rng, names, rng.randint(9_000, 20_000)) | {
            names.pop(): rng.randint(75_000, 95_000)
        }
    else:
        keys[hot] = _even_keys(rng, names, rng.randint(30_000, 35_000)) | {
            names.pop(): rng.randint(42_000, 56_000)
        }
    shards[hot] = {TAKEN: taken, REFUSED: sum(keys[hot].values()) - taken}
    busy = rng.randint(58_800, 59_900)
    shards[other] = {TAKEN: busy, REFUSED: 0}
    most = busy * rng.randint(92, 97) // 100
    keys[other] = _even_keys(rng, names, busy - most) | {names.pop(): most}
    # It takes more than the hot one, and refuses far less.
    keys[third] = (
        {names.pop(): rng.randint(61_000, 62_500), names.pop(): 500}
        if not hot_key
        else _even_keys(rng, names, rng.randint(59_000, 60_000))
    )
    taken = rng.randint(57_500, 58_500)
    shards[third] = {TAKEN: taken, REFUSED: sum(keys[third].values()) - taken}
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
    read=f"{LESSON}, “Hot key or hot shard? Ask for the limit” and “What to do, in which order”",
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
            says="must find a hot shard where no key alone is too much for a shard",
            visible=(
                # More than half of the shard's records, and still less than a shard takes. The first shard
                # that refuses is not the one that refuses most.
                _table(
                    (11000, 300, {"show-1": 6300, "show-9": 5000}),
                    (46000, 9000, {"show-2": 31000, "show-3": 13000, "show-4": 11000}),
                    (9000, 0, {"show-5": 9000}),
                ),
                _table(
                    (12000, 0, {"show-1": 12000}),
                    (51000, 21000, {"show-2": 36000, "show-3": 36000}),
                    (58000, 0, {"show-5": 56000, "show-6": 2000}),
                ),
                # The key that is too much lies on a shard that refuses less, and takes more.
                _table(
                    (54000, 44000, {"show-1": 40000, "show-2": 30000, "show-3": 28000}),
                    (59000, 1200, {"show-7": 59500, "show-8": 700}),
                    (58000, 3700, {"show-4": 61000, "show-5": 700}),
                    (8000, 0, {"show-6": 8000}),
                ),
                # Exactly what a shard takes in a minute is not more.
                _table(
                    (56000, 22000, {"show-1": 60000, "show-2": 18000}),
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
                    (57000, 22000, {"show-2": 71000, "show-3": 5000, "show-4": 3000}),
                    (9000, 0, {"show-5": 9000}),
                ),
                # A little more than a shard takes.
                _table(
                    (8000, 0, {"show-1": 8000}),
                    (55000, 9040, {"show-2": 60040, "show-3": 4000}),
                ),
                # Two keys, each too much alone; neither makes more than half.
                _table(
                    (59000, 0, {"show-1": 57000, "show-9": 2000}),
                    (6000, 0, {"show-7": 6000}),
                    (55000, 80000, {"show-2": 66000, "show-3": 64000, "show-8": 5000}),
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
            words="You never name a hot key. Look at the keys of the shard: when one alone sends more than a "
            "shard takes in a minute, no split helps.",
            model=_ignores_keys,
        ),
        Misconception(
            id="always_a_key",
            words="You always name a key. Every shard has a busiest key. It is hot when it alone sends more "
            "than a shard takes: 60,000 records in a minute.",
            model=_always_a_key,
        ),
        Misconception(
            id="by_share",
            words="You go by the key's share of its shard. A share says nothing about the limit: compare the "
            "key alone with what a shard takes in a minute, 60,000 records.",
            model=_by_share,
        ),
        Misconception(
            id="shard_over",
            words="You name the busiest key of a shard that was sent more than it takes. That only says that "
            "the shard is hot. Compare the key alone with the limit.",
            model=_shard_over,
        ),
        Misconception(
            id="key_of_the_stream",
            words="You look for the key in the whole stream. The busiest key may lie on another shard. Look "
            "only at the keys of the shard that refuses most.",
            model=_key_of_the_stream,
        ),
    ),
    hints=(
        "Collect the shards that refused something. How many are they: none, all, or some?",
        "When it is some, take the one with the largest WriteProvisionedThroughputExceeded, and look at "
        "keys[that shard] only.",
        "A shard takes 1,000 records a second, so 60,000 in a minute. Hot key: max of the counts > 60,000. "
        "Otherwise it is a hot shard, and key is None.",
    ),
)
