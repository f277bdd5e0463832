"""Task `split_point`: give the hash key that splits a shard evenly."""

from collections.abc import Callable
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.hash_space import HASH_SPACE_SIZE, LARGEST_HASH_KEY, HashRange, even_ranges, range_of

from .streams import Shard, Stream

LESSON = "course/02-shards.ipynb"


def split_point(shard: Shard) -> str:
    return str(range_of(shard).middle)


def _point_model(point: Callable[[HashRange], int]) -> Callable[[Shard], str]:
    return lambda shard: str(point(range_of(shard)))


def _range_case(span: HashRange, number: int) -> Arguments:
    return {"shard": Stream((number,), (span,)).shards[0]}


def _first_shard_case(rng: Random) -> Arguments:
    return _range_case(HashRange(0, rng.randint(2**100, LARGEST_HASH_KEY)), rng.randrange(100))


def _any_shard_case(rng: Random) -> Arguments:
    start = rng.randint(2**90, LARGEST_HASH_KEY - 2**90)
    end = rng.randint(start + 2, LARGEST_HASH_KEY)
    return _range_case(HashRange(start, end), rng.randrange(100))


TASK = Task(
    id="split_point",
    title="Give the hash key that splits a shard evenly",
    function="split_point",
    oracle=split_point,
    read=f"{LESSON}, “Split it”",
    parts=(
        Cases(
            id="first_shard",
            points=1,
            says="must split a shard whose range starts at 0",
            visible=(
                _range_case(even_ranges(1)[0], 0),
                _range_case(even_ranges(3)[0], 0),
                _range_case(HashRange(0, 381), 5),
            ),
            hidden=_first_shard_case,
        ),
        Cases(
            id="any_shard",
            points=2,
            says="must split a shard wherever its range starts",
            visible=(
                _range_case(even_ranges(3)[1], 1),
                _range_case(even_ranges(4)[3], 3),
                _range_case(HashRange(276, 381), 8),
            ),
            hidden=_any_shard_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="forgets_start",
            words="You halve the end of the range and forget where it starts. For a range that "
            "does not start at 0 that is not the middle, and it may lie outside.",
            model=_point_model(lambda span: span.end // 2),
        ),
        Misconception(
            id="half_width",
            words="You give half of the range's width. Counted from the start of the range that is "
            "right: add the start to it.",
            model=_point_model(lambda span: (span.end - span.start) // 2),
        ),
        Misconception(
            id="middle_of_space",
            words="You give the middle of the whole hash space, whatever range the shard has.",
            model=_point_model(lambda span: HASH_SPACE_SIZE // 2),
        ),
        Misconception(
            id="upper_half",
            words="You give the first key of the upper half, half the width counted from the "
            "start. Kinesis accepts that as well; the rule printed here is (start + end) // 2, "
            "which can be one lower.",
            model=_point_model(lambda span: span.start + (span.width + 1) // 2),
        ),
        Misconception(
            id="float",
            words="The division with / makes a float, which keeps about 16 of the 39 digits. "
            "Divide in whole numbers with //.",
            model=_point_model(lambda span: int((span.start + span.end) / 2)),
        ),
        Misconception(
            id="number",
            words="The number is right, but SplitShard takes NewStartingHashKey as a string: give "
            "its decimal digits with str().",
            model=lambda shard: range_of(shard).middle,
        ),
    ),
    withheld=("lab.rules.hash_space",),
    hints=(
        "What lies half way between two numbers? And of what type are the two numbers in the dictionary?",
        "Turn both ends of HashKeyRange into whole numbers with int(), add them, halve the sum "
        "without leaving whole numbers.",
        "(start + end) // 2, and str() around it. A single / would give a float and lose digits.",
    ),
)
