"""Task `invocations`: tell the order in which a mapping calls a function."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/03-consumers.ipynb"

Calls = list[list[int]]


def _batches(count: int, size: int) -> Calls:
    return [[first, min(first + size, count) - 1] for first in range(0, count, size)]


def _after(
    first: int,
    last: int,
    bad: Sequence[int],
    retries: int,
    way: str,
    *,
    halving_retries: int = 0,
    only_the_bad: bool = False,
    breadth: bool = False,
) -> Calls:
    """The invocations that come of one batch, its first one among them."""
    calls, found = [[first, last]], sorted(number for number in bad if first <= number <= last)
    if not found:
        return calls
    if way == "partial":
        return calls + [[number, number if only_the_bad else last] for number in found]
    if way == "plain" or first == last:
        return calls + [[first, last]] * retries
    calls += [[first, last]] * halving_retries
    middle = (first + last) // 2
    how: dict[str, Any] = {"halving_retries": halving_retries, "breadth": breadth}
    one = _after(first, middle, bad, retries, way, **how)
    other = _after(middle + 1, last, bad, retries, way, **how)
    return [*calls, one[0], other[0], *one[1:], *other[1:]] if breadth else calls + one + other


def invocations(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Calls:
    """Every invocation, batch by batch."""
    batches = _batches(count, batch_size)
    return [call for first, last in batches for call in _after(first, last, bad, retries, way)]


def _with(**how: Any) -> Callable[..., Calls]:
    def model(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Calls:
        batches = _batches(count, batch_size)
        return [call for first, last in batches for call in _after(first, last, bad, retries, way, **how)]

    return model


def _one_try_less(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Calls:
    return invocations(count, batch_size, bad, max(0, retries - 1), way)


def _later(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Calls:
    """What is tried again comes behind the other batches."""
    batches = _batches(count, batch_size)
    again = [_after(first, last, bad, retries, way)[1:] for first, last in batches]
    return batches + [call for calls in again for call in calls]


def _stuck(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Calls:
    """Behind a batch that was given up nothing comes any more."""
    calls: Calls = []
    for first, last in _batches(count, batch_size):
        calls += _after(first, last, bad, retries, way)
        if way == "plain" and any(first <= number <= last for number in bad):
            break
    return calls


def _ignores(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Calls:
    return invocations(count, batch_size, bad, retries, "plain")


def _case(count: int, batch_size: int, bad: Sequence[int], retries: int, way: str) -> Arguments:
    return {
        "count": count,
        "batch_size": batch_size,
        "bad": list(bad),
        "retries": retries,
        "way": way,
    }


def _plain(rng: Random) -> Arguments:
    size, full = rng.randint(3, 6), rng.randint(2, 3)
    bad = rng.sample(range(size * full), rng.randint(1, 2))
    return _case(size * full + rng.randint(0, 2), size, bad, rng.randint(1, 3), "plain")


def _bisect(rng: Random) -> Arguments:
    """Batches of 4, 8 or 16; a bad record in the first half of the first batch, and another one."""
    size = rng.choice((4, 8, 16))
    bad = [rng.randrange(size // 2), rng.randrange(size, 2 * size)]
    if rng.randrange(2):
        bad.append(rng.randrange(size // 2, size))
    return _case(2 * size + rng.randint(0, 1), size, bad, rng.randint(1, 2), "bisect")


def _partial(rng: Random) -> Arguments:
    size = rng.randint(5, 9)
    bad = sorted(rng.sample(range(1, size - 1), 2))
    return _case(2 * size, size, rng.sample(bad, 2), rng.randint(5, 9), "partial")


TASK = Task(
    id="invocations",
    title="Tell the order of invocations",
    function="invocations",
    oracle=invocations,
    read=f"{LESSON}, “A poison record” and the three ways out",
    parts=(
        Cases(
            id="plain",
            points=1,
            says="must try a whole batch again, and go on behind it",
            visible=(
                _case(6, 4, [1], 1, "plain"),
                _case(7, 3, [4, 5], 2, "plain"),
                _case(5, 5, [], 2, "plain"),
                _case(4, 2, [0, 3], 0, "plain"),
            ),
            hidden=_plain,
        ),
        Cases(
            id="bisect",
            points=2,
            says="must halve a batch down to the bad record, the first half before the second",
            visible=(
                _case(6, 4, [1], 1, "bisect"),
                _case(8, 8, [5], 2, "bisect"),
                _case(9, 4, [2, 8], 0, "bisect"),
            ),
            hidden=_bisect,
        ),
        Cases(
            id="partial",
            points=1,
            says="must begin again at the reported record",
            visible=(_case(6, 4, [1], 5, "partial"), _case(8, 8, [5, 2], 6, "partial")),
            hidden=_partial,
        ),
    ),
    misconceptions=(
        Misconception(
            id="counts_the_first",
            words="The first try is counted among the retries: they come on top of it.",
            model=_one_try_less,
        ),
        Misconception(
            id="comes_later",
            words="What failed is tried again behind the other batches: a shard waits, and goes on when the "
            "batch is done or given up.",
            model=_later,
        ),
        Misconception(
            id="stuck_for_good",
            words="Nothing comes behind a batch that was given up: the shard goes on with the next one.",
            model=_stuck,
        ),
        Misconception(
            id="never_halves",
            words="The batch is tried again whole: with BisectBatchOnFunctionError it is halved, and with "
            "ReportBatchItemFailures it begins again at the reported record.",
            model=_ignores,
        ),
        Misconception(
            id="retries_before_halving",
            words="The batch is tried again before it is halved: halving comes at once and uses up no retry.",
            model=_with(halving_retries=1),
        ),
        Misconception(
            id="both_halves_first",
            words="Both halves are tried before what fails is halved again: the first half is done, with all "
            "that comes of it, before the second. A shard keeps its order.",
            model=_with(breadth=True),
        ),
        Misconception(
            id="only_the_bad",
            words="Only the reported record comes again: everything from it on does, to the batch's end.",
            model=_with(only_the_bad=True),
        ),
    ),
    hints=(
        "Cut the records into batches first. Then write what comes of one batch: a function of its first "
        "and last record, which may call itself for the halves.",
        "plain: the batch 1 + retries times. bisect: the batch, then the first half with all that comes of "
        "it, then the second; a batch of one 1 + retries times. partial: the batch, then for each bad record "
        "in order what reaches from it to the end.",
    ),
)
