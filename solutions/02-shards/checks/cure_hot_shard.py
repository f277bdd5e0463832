"""Task `cure_hot_shard`: find the hot shard, and cut it so that its busiest key is alone, where that helps.

Every key's load is clear of the limits, but for loads of exactly 1,000 records: no sum of KiB lies between
1,000 and 1,060, where MB for MiB would change the answer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Any

from grader.tasks.cuts import Isolates
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.hash_space import HashRange, even_ranges, hash_key, is_open, range_of
from lab.rules.quotas import SHARD_WRITE_KIB_PER_SECOND, SHARD_WRITE_RECORDS_PER_SECOND

from .streams import Shard, Stream, resharded, shuffled

LESSON = "course/02-shards.ipynb"

Load = Mapping[str, Any]
Sent = Mapping[str, Load]
Need = Callable[[Iterable[Load]], float]


def _need(loads: Iterable[Load]) -> float:
    """How many shards these loads need: the larger of their two needs."""
    loads = list(loads)
    records = sum(load["records"] for load in loads) / SHARD_WRITE_RECORDS_PER_SECOND
    return max(records, sum(load["kib"] for load in loads) / SHARD_WRITE_KIB_PER_SECOND)


def _need_of_records(loads: Iterable[Load]) -> float:
    return sum(load["records"] for load in loads) / SHARD_WRITE_RECORDS_PER_SECOND


def _of_shard(shard: Shard, sent: Sent) -> list[Load]:
    return [load for load in sent.values() if int(load["hash_key"]) in range_of(shard)]


def _hottest(shards: Iterable[Shard], sent: Sent, need: Need = _need) -> Shard:
    return max(shards, key=lambda shard: need(_of_shard(shard, sent)))


def _busiest(loads: Iterable[Load], need: Need = _need) -> Load:
    return max(loads, key=lambda load: need([load]))


def cure_hot_shard(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    """What a right answer obeys, as `Isolates` takes it."""
    hot = _hottest(filter(is_open, shards), sent)
    loads = _of_shard(hot, sent)
    if _need(loads) <= 1:
        return {"shard": None, "range": None, "key": None, "others": []}
    top = _busiest(loads)
    helps = _need([top]) <= 1
    return {
        "shard": hot["ShardId"],
        "range": [str(range_of(hot).start), str(range_of(hot).end)],
        "key": top["hash_key"] if helps else None,
        "others": [load["hash_key"] for load in loads if load is not top],
    }


def _answer(shard: Shard | None, *cuts: Any) -> dict[str, Any]:
    return {"shard": shard["ShardId"] if shard else None, "cuts": list(cuts)}


def _around(load: Load) -> tuple[str, str]:
    at = int(load["hash_key"])
    return str(at), str(at + 2)


def _solve(
    shards: Iterable[Shard],
    sent: Sent,
    *,
    need: Need = _need,
    limit: float = 1,
    alone: Callable[[Load, Sequence[Load]], bool] = lambda load, _all: _need([load]) <= 1,
    cuts: Callable[[Load, Shard], Sequence[Any]] = lambda load, _shard: _around(load),
) -> dict[str, Any]:
    """The printed rule, with one step of it in another way."""
    hot = _hottest(shards, sent, need)
    loads = _of_shard(hot, sent)
    if need(loads) <= limit:
        return _answer(None)
    top = _busiest(loads, need)
    return _answer(hot, *cuts(top, hot)) if alone(top, loads) else _answer(hot)


def _open(shards: Iterable[Shard]) -> list[Shard]:
    return [shard for shard in shards if is_open(shard)]


def _always_hot(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(_open(shards), sent, limit=0)


def _forgets_bytes(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(
        _open(shards),
        sent,
        need=_need_of_records,
        alone=lambda load, _all: _need_of_records([load]) <= 1,
    )


def _splits_anyway(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(_open(shards), sent, alone=lambda _load, _all: True)


def _by_share(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(_open(shards), sent, alone=lambda load, loads: _need([load]) <= _need(loads) / 2)


def _even_split(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(_open(shards), sent, cuts=lambda _load, shard: [str(range_of(shard).middle)])


def _one_cut(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(_open(shards), sent, cuts=lambda load, _shard: [load["hash_key"]])


def _key_of_the_stream(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    top = _busiest(sent.values())
    return _solve(
        _open(shards), sent, alone=lambda _load, _all: _need([top]) <= 1, cuts=lambda *_: _around(top)
    )


def _closed_too(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(shards, sent)


def _numbers(shards: Sequence[Shard], sent: Sent) -> dict[str, Any]:
    return _solve(_open(shards), sent, cuts=lambda load, _shard: [int(cut) for cut in _around(load)])


# --- Cases ---------------------------------------------------------------------------------------


def _load(key: str, records: int, kib: int) -> dict[str, Any]:
    return {"hash_key": str(hash_key(key)), "records": records, "kib": kib}


def _table(shards: Sequence[Shard], **loads: tuple[int, int]) -> Arguments:
    """A case by hand: records and KiB a second of player_7 and others."""
    named = {name.replace("_", "-"): load for name, load in loads.items()}
    return {"shards": list(shards), "sent": {key: _load(key, *load) for key, load in named.items()}}


def _halves() -> list[Shard]:
    return Stream((0, 1), even_ranges(2)).shards


def _resharded_by_hand() -> list[Shard]:
    """Its closed parent comes first, and covers what its two children cover."""
    return Stream((3, 1, 7, 5), even_ranges(2)).split(1).shards


def _loads(keys: Sequence[str], records: Sequence[int], by_bytes: bool, rng: Random) -> dict[str, Any]:
    """Loads of so many records, with a few KiB; or the other way round."""
    pairs = [(many, many // rng.randint(3, 6)) for many in records]
    made = [(few, many) if by_bytes else (many, few) for many, few in pairs]
    return {key: _load(key, *load) for key, load in zip(keys, made, strict=True)}


def _shares(rng: Random, count: int, total: int) -> list[int]:
    """TOTAL cut into so many parts that are alike."""
    weights = [rng.randint(8, 12) for _ in range(count)]
    parts = [total * weight // sum(weights) for weight in weights]
    parts[0] += total - sum(parts)
    return parts


def _keys_by_shard(rng: Random, shards: Iterable[Shard]) -> dict[str, list[str]]:
    """Fourteen players by the id of their open shard, each list in the order of the hash keys."""
    names = sorted((f"player-{n}" for n in rng.sample(range(1, 1000), 14)), key=hash_key)
    return {s["ShardId"]: [n for n in names if hash_key(n) in range_of(s)] for s in _open(shards)}


def _inner(keys: Sequence[str], span: HashRange) -> list[str]:
    """Keys with a neighbour on both sides, one of them in the same half of the range."""

    def upper(key: str) -> bool:
        return hash_key(key) >= span.middle

    pairs = zip(keys, keys[1:], keys[2:], strict=False)
    return [one for low, one, high in pairs if upper(one) in (upper(low), upper(high))]


def _stream(rng: Random) -> tuple[list[Shard], Shard, list[str], str, dict[str, list[str]]]:
    """Shards in any order; one that is to be hot, its keys, the busiest of them; the keys of the others."""
    while True:
        stream = resharded(rng, rng.randint(2, 3), rng.choice(("", "s", "s", "m", "ss")))
        keys = _keys_by_shard(rng, stream.shards)
        hot = rng.choice(_open(stream.shards))
        own = keys.pop(hot["ShardId"])
        inner = _inner(own, range_of(hot))
        if len(own) >= 4 and inner and any(keys.values()):
            return shuffled(rng, stream.shards), hot, own, rng.choice(inner), keys


def _others(rng: Random, keys: Mapping[str, Sequence[str]], decoy: bool) -> dict[str, Any]:
    """The loads of shards that are not hot. DECOY: one key of one of them needs nearly a whole shard."""
    busy = rng.choice([shard for shard, own in keys.items() if own]) if decoy else None
    sent: dict[str, Any] = {}
    for shard, own in keys.items():
        most = [rng.randint(12, 60) for _ in own]
        if shard == busy:
            most = [rng.randint(955, 975), *(2 for _ in own[1:])]
        sent |= _loads(own, most, False, rng)
    return sent


def _case(rng: Random, shards: Sequence[Shard], sent: Mapping[str, Any]) -> Arguments:
    keys = rng.sample(list(sent), len(sent))
    return {"shards": list(shards), "sent": {key: sent[key] for key in keys}}


def _limits_case(rng: Random) -> Arguments:
    """No shard is hot; or one is, by a key that is too much alone."""
    shards, _, own, top, keys = _stream(rng)
    others = [key for key in own if key != top]
    sent = _others(rng, keys, decoy=rng.random() < 0.5)
    if rng.random() < 0.4:
        return _case(
            rng, shards, sent | _loads(own, _shares(rng, len(own), rng.randint(500, 900)), False, rng)
        )
    by_bytes = rng.random() < 0.5
    sent |= _loads(others, _shares(rng, len(others), rng.randint(60, 400)), by_bytes, rng)
    return _case(rng, shards, sent | _loads([top], [rng.randint(1080, 1500)], by_bytes, rng))


def _isolates_case(rng: Random) -> Arguments:
    """One shard is hot by many keys: with its busiest one away, the others fit."""
    shards, _, own, top, keys = _stream(rng)
    others = [key for key in own if key != top]
    shares = _shares(rng, len(others), rng.randint(300, 850))
    least = max(1100 - sum(shares), max(shares) + 60)
    most = rng.randint(least, max(least, 930))
    by_bytes = rng.random() < 0.5
    sent = _others(rng, keys, decoy=rng.random() < 0.6)
    sent |= _loads([top, *others], [most, *shares], by_bytes, rng)
    return _case(rng, shards, sent)


TASK = Task(
    id="cure_hot_shard",
    title="Cure a hot shard, where a split can",
    function="cure_hot_shard",
    oracle=cure_hot_shard,
    compare=Isolates(most=2),
    read=f"{LESSON}, “A hot key”",
    parts=(
        Cases(
            id="limits",
            points=2,
            says="must tell by the two limits which shard is hot, and whether a split helps",
            visible=(
                # Exactly what a shard takes is not more.
                _table(_halves(), player_4=(700, 90), player_8=(300, 40), player_7=(350, 60)),
                _table(_halves(), player_4=(120, 30), player_7=(1200, 260), player_13=(80, 20)),
                # By bytes alone.
                _table(_halves(), player_4=(300, 1300), player_2=(40, 100), player_7=(700, 200)),
                # The closed parent would have more than a shard takes.
                _table(_resharded_by_hand(), player_10=(600, 80), player_7=(700, 90), player_4=(90, 10)),
                _table(_resharded_by_hand(), player_10=(400, 60), player_7=(1400, 200), player_4=(90, 10)),
            ),
            hidden=_limits_case,
        ),
        Cases(
            id="isolates",
            points=3,
            says="must give a hot shard's busiest key a shard of its own, where that key fits one",
            visible=(
                # Busy neighbours on both sides, in the same half of the range.
                _table(_halves(), player_13=(300, 60), player_7=(500, 90), player_20=(350, 70)),
                # More than half of its shard's load, and less than a shard takes.
                _table(
                    _halves(), player_8=(200, 40), player_15=(800, 150), player_4=(250, 50), player_7=(90, 10)
                ),
                # Exactly what a shard takes, and neighbours.
                _table(_halves(), player_8=(60, 10), player_15=(1000, 150), player_4=(50, 10)),
                # By bytes; the busiest key of the stream lies on a shard that takes it.
                _table(
                    _halves(),
                    player_13=(90, 400),
                    player_7=(60, 700),
                    player_20=(40, 250),
                    player_4=(950, 90),
                ),
                # The closed parent comes first.
                _table(
                    _resharded_by_hand(),
                    player_21=(200, 30),
                    player_10=(90, 10),
                    player_23=(450, 70),
                    player_6=(500, 90),
                ),
            ),
            hidden=_isolates_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="always_hot",
            words="You name the busiest shard, whatever it is sent. A shard is hot when it is sent more than "
            "1,000 records or 1,024 KiB a second. If none is, the answer is None.",
            model=_always_hot,
        ),
        Misconception(
            id="forgets_bytes",
            words="You look at the records alone. A shard has two limits: 1,000 records and 1,024 KiB "
            "a second.",
            model=_forgets_bytes,
        ),
        Misconception(
            id="splits_anyway",
            words="You split although the busiest key alone is more than a shard takes. One key has one "
            "hash, so it stays in one shard, however you cut.",
            model=_splits_anyway,
        ),
        Misconception(
            id="by_share",
            words="You give up a key because it makes more than half of its shard's load. The share says "
            "nothing: compare the key alone with what a shard takes.",
            model=_by_share,
        ),
        Misconception(
            id="even_split",
            words="You cut the shard in the middle. That parts its keys by chance. Cut around the busiest "
            "key.",
            model=_even_split,
        ),
        Misconception(
            id="one_cut",
            words="You cut once, at the busiest key. All keys above it stay in its shard. A second cut, "
            "right behind the key, takes them away.",
            model=_one_cut,
        ),
        Misconception(
            id="key_of_the_stream",
            words="You take the busiest key of the whole stream. It may lie on another shard. Look only at "
            "the keys of the hot shard.",
            model=_key_of_the_stream,
        ),
        Misconception(
            id="closed_too",
            words="You count for closed shards too. A closed shard takes no records: leave out each shard "
            "that has an EndingSequenceNumber.",
            model=_closed_too,
        ),
        Misconception(
            id="numbers",
            words="The numbers are right, but SplitShard takes a hash key as a string: give its digits with "
            "str().",
            model=_numbers,
        ),
    ),
    withheld=("lab.rules.hash_space",),
    hints=(
        "Add up for each open shard what its keys send: records and KiB. Is one of the two sums above its "
        "limit?",
        "Take the hot shard's busiest key: the one with the largest part of a shard. Is it alone above a "
        "limit? Then no cut helps, and `cuts` is []. Otherwise it needs a shard that starts at its hash key.",
        "With h for that hash key as a number: the first cut is str(h), and the second is str(h + 2). The "
        "shard between them holds h and h + 1 and nothing else.",
    ),
)
