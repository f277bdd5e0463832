"""Task `predict_shard`: predict the shard of a partition key."""

from collections.abc import Iterable
from hashlib import md5
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.hash_space import HASH_SPACE_SIZE, even_ranges, hash_key, is_open, range_of, shard_for

from .streams import Shard, Stream, resharded, shuffled

LESSON = "course/02-shards.ipynb"


def predict_shard(partition_key: str, shards: list[Shard]) -> str:
    return shard_for(partition_key, shards)


def _covering(key: int, shards: Iterable[Shard]) -> str | None:
    found = (shard["ShardId"] for shard in shards if key in range_of(shard))
    return next(found, None)


def _first_match(partition_key: str, shards: list[Shard]) -> str | None:
    return _covering(hash_key(partition_key), shards)


def _modulo(partition_key: str, shards: list[Shard]) -> str:
    open_ = [shard["ShardId"] for shard in shards if is_open(shard)]
    return str(open_[hash_key(partition_key) % len(open_)])


def _modulo_all(partition_key: str, shards: list[Shard]) -> str:
    return str(shards[hash_key(partition_key) % len(shards)]["ShardId"])


def _even_cut(partition_key: str, shards: list[Shard]) -> str:
    open_ = [shard for shard in shards if is_open(shard)]
    return str(open_[hash_key(partition_key) * len(open_) // HASH_SPACE_SIZE]["ShardId"])


def _as_text(partition_key: str, shards: list[Shard]) -> str | None:
    key = str(hash_key(partition_key))
    for shard in filter(is_open, shards):
        limits = shard["HashKeyRange"]
        if limits["StartingHashKey"] <= key <= limits["EndingHashKey"]:
            return str(shard["ShardId"])
    return None


def _little_endian(partition_key: str, shards: list[Shard]) -> str | None:
    digest = md5(partition_key.encode(), usedforsecurity=False).digest()
    return _covering(int.from_bytes(digest, "little"), filter(is_open, shards))


def _plain_letters(partition_key: str, shards: list[Shard]) -> str:
    return shard_for(partition_key.encode("ascii", errors="ignore").decode(), shards)


def _word(rng: Random) -> str:
    word = rng.choice(("device", "player", "order", "sensor", "user", "cart", "meter", "s"))
    return f"{word}-{rng.randint(1, 9999)}"


def _foreign_word(rng: Random) -> str:
    word = rng.choice(("Zürich", "café", "señal", "jeu-à-2", "北京", "Łódź", "Ωmega", "😀", "smörgås"))
    return f"{word}-{rng.randint(1, 999)}"


def _open_shards_case(rng: Random) -> Arguments:
    stream = resharded(rng, rng.randint(2, 4), rng.choice(("s", "ss", "sss")))
    return {"partition_key": _word(rng), "shards": stream.listed(*stream.open_indexes())}


def _closed_shards_case(rng: Random) -> Arguments:
    stream = resharded(rng, rng.randint(1, 3), rng.choice(("s", "ss", "sm", "ssm", "sms")))
    return {"partition_key": _word(rng), "shards": shuffled(rng, stream.shards)}


def _foreign_key_case(rng: Random) -> Arguments:
    stream = resharded(rng, rng.randint(3, 5), rng.choice(("s", "ss")))
    return {"partition_key": _foreign_word(rng), "shards": stream.listed(*stream.open_indexes())}


# Split unevenly twice, listed without the closed ones, as with the filter AT_LATEST.
_UNEVEN = Stream((0, 1, 2, 3, 4), even_ranges(1)).split(0, 2).split(2, 7)


_EVEN = Stream((0, 1, 2, 3), even_ranges(4))


# Two shards, the first split and its upper child merged with the second: all in the list.
_MERGED = Stream((0, 1, 2, 3, 4), even_ranges(2)).split(0, 3).merge(3, 1)


_SPLIT = Stream((6, 2, 9, 4, 1, 7), even_ranges(2)).split(1, 8).split(2, 1)


def _key_case(key: str, shards: list[Shard]) -> Arguments:
    return {"partition_key": key, "shards": shards}


TASK = Task(
    id="predict_shard",
    title="Predict the shard of a partition key",
    function="predict_shard",
    oracle=predict_shard,
    read=f"{LESSON}, “From the number to a shard”",
    parts=(
        Cases(
            id="hash_ranges",
            points=2,
            says="must find the shard whose hash range holds the MD5 of the partition key",
            visible=(
                _key_case("device-1", _EVEN.shards),
                _key_case("device-4", _UNEVEN.listed(1, 3, 4)),
                _key_case("order-2", _UNEVEN.listed(1, 3, 4)),
                _key_case("player-7", _UNEVEN.listed(1, 3, 4)),
            ),
            hidden=_open_shards_case,
        ),
        Cases(
            id="closed_shards",
            points=1,
            says="must pass over closed shards, which take no records any more",
            visible=(
                _key_case("device-4", _MERGED.by_range()),
                _key_case("s-90", _MERGED.by_range()),
                _key_case("order-1", _SPLIT.by_range()),
                _key_case("order-3", _SPLIT.by_range()),
            ),
            hidden=_closed_shards_case,
        ),
        Cases(
            id="any_language",
            points=1,
            says="must hash the UTF-8 bytes of the key, whatever letters it has",
            visible=(
                _key_case("café-4", _EVEN.shards),
                _key_case("Zürich-7", _UNEVEN.listed(1, 3, 4)),
                _key_case("北京-7", _EVEN.shards),
            ),
            hidden=_foreign_key_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="first_match",
            words="You take the first shard whose range holds the key, and it may be a closed one: "
            "a parent that was split or merged stays in the list and takes no records. An open "
            "shard has no EndingSequenceNumber.",
            model=_first_match,
        ),
        Misconception(
            id="modulo",
            words="You take the remainder of a division by the number of open shards. Kinesis does "
            "not: each shard owns a range of hash keys, and the range that holds the hash decides.",
            model=_modulo,
        ),
        Misconception(
            id="modulo_all",
            words="You take the remainder of a division by the length of the list. Kinesis does "
            "not: each shard owns a range of hash keys, and the open shard whose range holds the "
            "hash takes the record.",
            model=_modulo_all,
        ),
        Misconception(
            id="even_cut",
            words="You cut the hash space into equal pieces, one for each open shard. That holds "
            "for a new stream only: after a split or a merge the ranges differ in size. Read them "
            "from HashKeyRange.",
            model=_even_cut,
        ),
        Misconception(
            id="as_text",
            words='You compare hash keys as strings, and as strings "9" comes after "10". Turn '
            "StartingHashKey and EndingHashKey into whole numbers with int() first.",
            model=_as_text,
        ),
        Misconception(
            id="little_endian",
            words="You read the MD5 with its last byte first. The first byte counts most: "
            'int.from_bytes(digest, "big"), or int(hexdigest, 16).',
            model=_little_endian,
        ),
        Misconception(
            id="plain_letters",
            words="You drop letters outside ASCII from the key before you hash it. Every letter counts: "
            "encode the key as UTF-8.",
            model=_plain_letters,
        ),
    ),
    withheld=("lab.rules.hash_space",),
    hints=(
        "Two steps: from the key to a number, then from the number to a shard. The lesson draws "
        "the second step as a ring.",
        "hashlib.md5(...).hexdigest() is a number written in base 16; int(text, 16) reads it. "
        "Go through the shards and look for the range that holds the number, both ends included.",
        "Leave out every shard whose SequenceNumberRange has an EndingSequenceNumber; compare "
        "int(StartingHashKey) <= number <= int(EndingHashKey); return the ShardId.",
    ),
)
