"""Task `backoff`: how long to wait: backoff with full jitter."""

from random import Random

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/06-throttling.ipynb"


def backoff(base: float, cap: float, attempt: int, number: float) -> float:
    """Full jitter: NUMBER, from 0 to 1, times the limit of this attempt."""
    return number * min(cap, base * 2**attempt)


def _backoff_case(rng: Random, capped: bool) -> Arguments:
    """A wait whose limit is, or is not, cut by the cap; jitter that tells all the wrong ways apart."""
    base = rng.choice((0.01, 0.02, 0.05, 0.1, 0.25))
    attempt = rng.randint(2, 6)
    limit = base * 2**attempt
    cap = limit * rng.uniform(0.55, 0.8) if capped else limit * rng.uniform(4.5, 9)
    return {"base": base, "cap": round(cap, 4), "attempt": attempt, "number": rng.randint(60, 90) / 100}


def _wait(base: float, cap: float, attempt: int, number: float) -> Arguments:
    return {"base": base, "cap": cap, "attempt": attempt, "number": number}


TASK = Task(
    id="backoff",
    title="How long to wait: backoff with full jitter",
    function="backoff",
    oracle=backoff,
    compare=Close(relative=1e-6, absolute=1e-9),
    read=f"{LESSON}, “Send again only what was refused”",
    parts=(
        Cases(
            id="doubles",
            points=1,
            says="must double the limit with each attempt and multiply it by `number`, which is given",
            visible=(
                _wait(0.05, 20, 0, 0.5),
                _wait(0.05, 20, 3, 0.5),
                _wait(0.1, 60, 5, 0.25),
                _wait(0.1, 60, 2, 0),
                _wait(0.02, 0.5, 1, 0.137),
            ),
            hidden=lambda rng: _backoff_case(rng, capped=False),
        ),
        Cases(
            id="capped",
            points=1,
            says="must cut the limit at the cap, and multiply afterwards",
            visible=(
                _wait(0.1, 2, 6, 0.5),
                _wait(0.05, 1, 5, 0.8),
                _wait(1, 20, 40, 0.1),
            ),
            hidden=lambda rng: _backoff_case(rng, capped=True),
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_cap",
            words="The cap is left out: after 40 attempts the limit would be longer than a human life.",
            model=lambda base, cap, attempt, number: number * base * 2**attempt,
        ),
        Misconception(
            id="cap_last",
            words="You multiply first and cut afterwards. Then most late attempts wait exactly the cap, all "
            "at the same moment. Cut the limit, then multiply it by `number`.",
            model=lambda base, cap, attempt, number: min(cap, number * base * 2**attempt),
        ),
        Misconception(
            id="no_jitter",
            words="`number` is left out: all who failed together come back together.",
            model=lambda base, cap, attempt, number: min(cap, base * 2**attempt),
        ),
        Misconception(
            id="equal_jitter",
            words="You wait at least half the limit. That is another kind of jitter; full jitter goes from 0 "
            "to the limit.",
            model=lambda base, cap, attempt, number: min(cap, base * 2**attempt) * (1 + number) / 2,
        ),
        Misconception(
            id="counts_from_one",
            words="Your limit is twice too long. Attempts count from 0: at attempt 0 the limit is the base.",
            model=lambda base, cap, attempt, number: number * min(cap, base * 2 ** (attempt + 1)),
        ),
        Misconception(
            id="linear",
            words="Your limit grows by the same step each time. Exponential backoff doubles it.",
            model=lambda base, cap, attempt, number: number * min(cap, base * (attempt + 1)),
        ),
    ),
    hints=(
        "Two steps: first the longest wait that this attempt allows, then a part of it by chance.",
        "The longest wait is base × 2 to the power of attempt, but not more than cap: min(...).",
        "Multiply that limit by `number`, which is between 0 and 1. Nothing is added.",
    ),
)
