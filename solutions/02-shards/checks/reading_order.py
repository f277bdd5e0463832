"""Task `reading_order`: order shards so that parents come before their children."""

from collections.abc import Callable, Collection
from random import Random
from typing import Any

from grader.tasks.compare import ParentsFirst
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.hash_space import even_ranges, is_open

from .streams import Shard, Stream, resharded, shuffled

LESSON = "course/02-shards.ipynb"


def _parents(shard: Shard) -> list[str]:
    names = ("ParentShardId", "AdjacentParentShardId")
    return [shard[name] for name in names if shard.get(name)]


def reading_order(shards: list[Shard]) -> dict[str, list[Any]]:
    """What a right order obeys, as `ParentsFirst` takes it; an expired parent asks nothing."""
    items = [shard["ShardId"] for shard in shards]
    pairs = [[parent, shard["ShardId"]] for shard in shards for parent in _parents(shard) if parent in items]
    return {"items": items, "pairs": pairs}


def _in_rounds(shards: list[Shard], is_ready: Callable[[Shard, list[str]], bool]) -> list[str]:
    """Go round the list and take what is ready, given what is taken; stop when nothing is."""
    order: list[str] = []
    while True:
        before = len(order)
        for shard in shards:
            if shard["ShardId"] not in order and is_ready(shard, order):
                order.append(shard["ShardId"])
        if len(order) == before:
            return order


def _by_id(shards: list[Shard]) -> list[str]:
    return sorted(shard["ShardId"] for shard in shards)


def _as_listed(shards: list[Shard]) -> list[str]:
    return [shard["ShardId"] for shard in shards]


def _one_parent(shards: list[Shard]) -> list[str]:
    listed = _as_listed(shards)

    def is_ready(shard: Shard, order: Collection[str]) -> bool:
        parent = shard.get("ParentShardId")
        return parent not in listed or parent in order

    return _in_rounds(shards, is_ready)


def _children_first(shards: list[Shard]) -> list[str]:
    def is_ready(shard: Shard, order: Collection[str]) -> bool:
        children = [other for other in shards if shard["ShardId"] in _parents(other)]
        return all(child["ShardId"] in order for child in children)

    return _in_rounds(shards, is_ready)


def _from_the_roots(shards: list[Shard]) -> list[str]:
    roots_first = sorted(shards, key=lambda shard: bool(_parents(shard)))
    return _in_rounds(roots_first, lambda shard, order: all(p in order for p in _parents(shard)))


def _expired_too(shards: list[Shard]) -> list[str]:
    by_id = {shard["ShardId"]: shard for shard in shards}
    order: list[str] = []

    def visit(shard_id: str) -> None:
        if shard_id in order:
            return
        for parent in _parents(by_id.get(shard_id, {})):
            visit(parent)
        order.append(shard_id)

    for shard_id in by_id:
        visit(shard_id)
    return order


def _splits_case(rng: Random) -> Arguments:
    stream = resharded(rng, rng.randint(1, 2), rng.choice(("s", "ss", "sss")))
    return {"shards": shuffled(rng, stream.shards)}


def _merges_case(rng: Random) -> Arguments:
    stream = resharded(rng, rng.randint(2, 3), rng.choice(("m", "ms", "sm", "smm", "msm")))
    return {"shards": shuffled(rng, stream.shards)}


def _expired_case(rng: Random) -> Arguments:
    """The shards that closed first are gone from the list, at least one with a child in it."""
    stream = resharded(rng, rng.randint(1, 2), rng.choice(("ss", "sms", "ssm", "sss")))
    ends = {
        shard["ShardId"]: shard["SequenceNumberRange"]["EndingSequenceNumber"]
        for shard in stream.shards
        if not is_open(shard)
    }
    expired = {shard_id for shard_id, end in ends.items() if end == min(ends.values())}
    return {"shards": shuffled(rng, (s for s in stream.shards if s["ShardId"] not in expired))}


_TWICE_SPLIT = Stream((4, 9, 2, 7, 1), even_ranges(1)).split(0, 4).split(2, 5)


_TWO_MERGED = Stream((5, 3, 8), even_ranges(2)).merge(0, 1)


_SPLIT_AND_MERGED = Stream((6, 1, 4, 9, 3), even_ranges(2)).split(0, 5).merge(3, 1)


TASK = Task(
    id="reading_order",
    title="Order shards so that parents come before their children",
    function="reading_order",
    oracle=reading_order,
    compare=ParentsFirst(),
    read=f"{LESSON}, “Parents before children”",
    parts=(
        Cases(
            id="splits",
            points=1,
            says="must put a shard that was split before its two children",
            visible=(
                {"shards": _TWICE_SPLIT.listed(1, 2, 0)},
                {"shards": _TWICE_SPLIT.listed(1, 3, 4, 2, 0)},
            ),
            hidden=_splits_case,
        ),
        Cases(
            id="merges",
            points=2,
            says="must put both shards that were merged before their child",
            visible=(
                {"shards": _TWO_MERGED.listed(0, 2, 1)},
                {"shards": _SPLIT_AND_MERGED.listed(0, 1, 3, 4, 2)},
                {"shards": _SPLIT_AND_MERGED.listed(0, 3, 2, 4, 1)},
            ),
            hidden=_merges_case,
        ),
        Cases(
            id="expired",
            points=1,
            says="must take shards whose parents have expired and are not in the list any more",
            visible=(
                {"shards": _TWICE_SPLIT.listed(1, 3, 4, 2)},
                {"shards": _SPLIT_AND_MERGED.listed(3, 1, 4, 2)},
                {"shards": _TWO_MERGED.listed(2)},
            ),
            hidden=_expired_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="by_id",
            words="You sort by shard id. An id says nothing for certain about age: go by "
            "ParentShardId and AdjacentParentShardId.",
            model=_by_id,
        ),
        Misconception(
            id="as_listed",
            words="You keep the order of the list. It may name a child before its parent: go by "
            "ParentShardId and AdjacentParentShardId.",
            model=_as_listed,
        ),
        Misconception(
            id="one_parent",
            words="You leave out AdjacentParentShardId. A shard that came out of a merge has two parents. "
            "Both must be read before it.",
            model=_one_parent,
        ),
        Misconception(
            id="children_first",
            words="Your order is the wrong way round: children come before their parents. A key's "
            "older records lie in the parent.",
            model=_children_first,
        ),
        Misconception(
            id="from_the_roots",
            words="You start at shards that have no parent at all. So you never reach a shard whose parent "
            "has expired. A parent that is not in the list does not count.",
            model=_from_the_roots,
        ),
        Misconception(
            id="expired_too",
            words="Your answer names shards that are not in the list. A parent that has expired is "
            "gone: nobody can read it any more.",
            model=_expired_too,
        ),
    ),
    hints=(
        "A shard may be read when all of its parents have been. Which shards of the list may be "
        "read at the very start?",
        "Each shard has none, one or two parents: look at ParentShardId and AdjacentParentShardId "
        "with .get(). Parents whose id is not in the list don't count.",
        "Keep a list of waiting shards. Again and again, take one that has no parent among the "
        "waiting ones, and append its id to the answer, until nothing waits.",
    ),
)
