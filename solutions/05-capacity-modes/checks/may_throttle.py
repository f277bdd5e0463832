"""Task `may_throttle`: will this spike throttle?."""

from collections.abc import Sequence
from random import Random

from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/05-capacity-modes.ipynb"

START, DAYS = 4, 30


def may_throttle(history: Sequence[Sequence[float]], spike: float) -> bool:
    """Whether the spike is beyond double the 30-day peak, and beyond what a new stream takes."""
    recent = [rate for days_ago, rate in history if days_ago <= DAYS]
    return spike > max(START, 2 * max(recent, default=0))


def _spike(history: list[list[float]], spike: float) -> Arguments:
    return {"history": history, "spike": spike}


def _history(rng: Random, highest: int) -> list[list[float]]:
    """Peaks of some of the last days, none above HIGHEST, which is one of them."""
    days = rng.sample(range(1, 28), 5)
    rates = [float(highest), *(float(rng.randint(1, max(highest * 2 // 3, 1))) for _ in days[1:])]
    return [[day, rate] for day, rate in zip(days, rates, strict=True)]


def _recent_case(rng: Random) -> Arguments:
    highest = rng.randint(6, 40)
    return _spike(_history(rng, highest), round(highest * rng.choice((1.3, 1.6, 2.0, 2.4, 3.5)), 1))


def _old_case(rng: Random) -> Arguments:
    """A higher peak long ago, or just 30 days ago; or a stream that has hardly been used."""
    kind = rng.randrange(4)
    if kind == 0:
        return _spike([[rng.randint(1, 20), 1.0]], rng.choice((3.0, 3.5, 6.0, 9.0)))
    highest = rng.randint(6, 30)
    old = [30 if kind == 1 else rng.randint(33, 90), float(highest * 4)]
    return _spike([*_history(rng, highest), old], round(highest * rng.choice((1.5, 3.0, 5.0)), 1))


TASK = Task(
    id="may_throttle",
    title="Will this spike throttle?",
    function="may_throttle",
    oracle=may_throttle,
    read=f"{LESSON}, “Will this spike throttle?”",
    parts=(
        Cases(
            id="recent",
            points=1,
            says="must go by double the highest peak",
            visible=(
                _spike([[3, 10.0], [12, 6.0]], 15.0),
                _spike([[3, 10.0], [12, 6.0]], 25.0),
                _spike([[3, 10.0], [12, 6.0]], 20.0),
                _spike([[20, 12.0], [2, 5.0], [1, 4.0]], 22.0),
            ),
            hidden=_recent_case,
        ),
        Cases(
            id="old",
            points=1,
            says="must forget what is older than 30 days, and know where a new stream begins",
            visible=(
                _spike([[40, 50.0], [5, 10.0]], 30.0),
                _spike([], 3.0),
                _spike([], 9.0),
                _spike([], 4.5),
                _spike([[31, 20.0], [2, 8.0]], 30.0),
                _spike([[6, 1.0]], 3.5),
                _spike([[30, 20.0], [2, 8.0]], 35.0),
            ),
            hidden=_old_case,
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_double",
            words="You compare with the peak itself. An on-demand stream takes up to double that.",
            model=lambda history, spike: spike > max([START, *(r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="never_forgets",
            words="You count peaks older than 30 days. The stream goes by the last 30 days only.",
            model=lambda history, spike: spike > max([START, *(2 * r for _, r in history)]),
        ),
        Misconception(
            id="no_start",
            words="You forget where a stream begins: 4 MB/s, also when it has hardly been used.",
            model=lambda history, spike: spike > 2 * max([0, *(r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="doubles_start",
            words="You double the 4 MB/s of a new stream too. It begins with 4 MB/s; only a peak is doubled.",
            model=lambda history, spike: spike > 2 * max([START, *(r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="drops_day_30",
            words="You leave out the peak of 30 days ago. It still counts; one of 31 days ago doesn't.",
            model=lambda history, spike: spike > max([START, *(2 * r for d, r in history if d < DAYS)]),
        ),
        Misconception(
            id="takes_equal",
            words="A spike of exactly double the peak is absorbed: only what is more may be throttled.",
            model=lambda history, spike: spike >= max([START, *(2 * r for d, r in history if d <= DAYS)]),
        ),
        Misconception(
            id="turned_round",
            words="You have it the other way round: True is for a spike that may be throttled.",
            model=lambda history, spike: not may_throttle(history, spike),
        ),
        Misconception(
            id="latest",
            words="You take the latest peak. The highest one of the last 30 days counts.",
            model=lambda history, spike: (
                spike > max([START, *(2 * r for d, r in history if d == min(day for day, _ in history))])
            ),
        ),
    ),
    hints=(
        "Which of the peaks count? Of those, which one?",
        "Double the highest peak of at most 30 days ago; but a stream takes 4 MB/s in any case.",
        "Work out one number, what the stream absorbs: the larger of 4 and double that peak. "
        "max(..., default=0) helps when no peak is left.",
    ),
)
