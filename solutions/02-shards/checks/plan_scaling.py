"""Task `plan_scaling`: plan the UpdateShardCount calls from one count to another."""

from collections.abc import Callable
from random import Random

from grader.tasks.compare import LegalSteps
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.quotas import (
    UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS,
    UPDATE_SHARD_COUNT_MAX_FACTOR,
    UPDATE_SHARD_COUNT_MAX_SHARDS,
    legal_shard_counts,
)

LESSON = "course/02-shards.ipynb"


def _plan(current: int, target: int) -> list[int]:
    """As far as one call may go, until the target is in reach."""
    steps = []
    while current != target:
        reach = legal_shard_counts(current)
        current = min(max(target, reach[0]), reach[-1])
        steps.append(current)
    return steps


def plan_scaling(current: int, target: int) -> dict[str, int]:
    """What a right plan obeys, as `LegalSteps` takes it."""
    steps = len(_plan(current, target))
    largest = UPDATE_SHARD_COUNT_MAX_SHARDS
    return {"start": current, "goal": target, "steps": steps, "largest": largest}


def _one_call(current: int, target: int) -> list[int]:
    return [target] if current != target else []


def _overshoots(current: int, target: int) -> list[int]:
    steps = []
    rising = current < target
    while (current < target) if rising else (current > target):
        current = current * 2 if rising else -(-current // 2)
        steps.append(current)
    return steps


def _half_rounded_down(current: int, target: int) -> list[int]:
    steps = []
    while current != target:
        current = min(target, current * 2) if current < target else max(target, current // 2)
        steps.append(current)
    return steps


def _only_up(current: int, target: int) -> list[int]:
    return _plan(current, target) if current < target else []


def _one_at_a_time(current: int, target: int) -> list[int]:
    step = 1 if current < target else -1
    return list(range(current + step, target + step, step)) if current != target else []


def _counts_the_start(current: int, target: int) -> list[int]:
    return [current, *_plan(current, target)]


def _in_ten_calls(draw: Callable[[Random], tuple[int, int]]) -> Callable[[Random], Arguments]:
    def hidden(rng: Random) -> Arguments:
        while True:
            current, target = draw(rng)
            if len(_plan(current, target)) <= UPDATE_SHARD_COUNT_CALLS_PER_24_HOURS:
                return {"current": current, "target": target}

    return hidden


def _count(rng: Random) -> int:
    """A number of shards of any size: small ones as likely as large ones."""
    return rng.randint(1, 10 ** rng.randint(1, 4))


def _up(rng: Random) -> tuple[int, int]:
    low, high = sorted((_count(rng), _count(rng)))
    return (low, low) if rng.random() < 0.1 else (low, high)


def _down(rng: Random) -> tuple[int, int]:
    low, high = sorted((_count(rng), _count(rng)))
    return high, low


def _scaling(current: int, target: int) -> Arguments:
    return {"current": current, "target": target}


TASK = Task(
    id="plan_scaling",
    title="Plan the UpdateShardCount calls from one count to another",
    function="plan_scaling",
    oracle=plan_scaling,
    compare=LegalSteps(factor=UPDATE_SHARD_COUNT_MAX_FACTOR),
    read=f"{LESSON}, “The whole stream at once: UpdateShardCount”",
    parts=(
        Cases(
            id="up",
            points=2,
            says="must reach a larger count in as few legal calls as possible, and call nothing "
            "when the count is right already",
            visible=(
                _scaling(4, 8),
                _scaling(3, 20),
                _scaling(1, 9),
                _scaling(9, 9),
            ),
            hidden=_in_ten_calls(_up),
        ),
        Cases(
            id="down",
            points=2,
            says="must reach a smaller count in as few legal calls as possible",
            visible=(
                _scaling(12, 6),
                _scaling(5, 2),
                _scaling(21, 4),
                _scaling(7, 1),
            ),
            hidden=_in_ten_calls(_down),
        ),
    ),
    misconceptions=(
        Misconception(
            id="one_call",
            words="You go to the target in one call. A call may at most double the number of "
            "shards and at most halve it, so a far target takes several.",
            model=_one_call,
        ),
        Misconception(
            id="overshoots",
            words="You double or halve until the target is passed, and end beyond it. The last "
            "call goes exactly to the target.",
            model=_overshoots,
        ),
        Misconception(
            id="half_rounded_down",
            words="You round the half down: from 5 shards to 2 is below half. The lowest legal "
            "count is the half rounded up: 3.",
            model=_half_rounded_down,
        ),
        Misconception(
            id="only_up",
            words="You plan upwards only. A smaller count takes calls too: at most down to half each time.",
            model=_only_up,
        ),
        Misconception(
            id="one_at_a_time",
            words="You add or remove one shard a call. That is legal and takes far too many calls: "
            "a stream allows 10 in 24 hours. Go as far as one call may.",
            model=_one_at_a_time,
        ),
        Misconception(
            id="counts_the_start",
            words="Your list begins with the count that the stream already has. List only the "
            "targets of the calls.",
            model=_counts_the_start,
        ),
    ),
    hints=(
        "Play it with small numbers on paper: from 3 to 20, how far may the first call go? And "
        "from 5 downwards?",
        "Repeat: go as far as one call may, but not past the target. Upwards that is "
        "min(target, 2 × current).",
        "Downwards it is max(target, half of current rounded up), and (current + 1) // 2 is that "
        "half. Append each new count to the list, until current equals target.",
    ),
)
