"""Task `pick`: pick a mode for your own workload."""

from random import Random

from grader.tasks.declaration import Arguments, Follows, Task, Value
from lab.rules.prices import Mode

from .monthly_cost import monthly_cost

LESSON = "course/05-capacity-modes.ipynb"

MODES: tuple[Mode, ...] = ("provisioned", "on-demand standard", "on-demand advantage")


def cheapest(shards: int, million_records: int, gb_in: int, readers: int) -> float:
    """The least of the three monthly costs."""
    return min(monthly_cost(mode, shards, million_records, gb_in, readers) for mode in MODES)


def _own_workload(rng: Random) -> Arguments:
    """Workloads of all three kinds: idle shards, steady ones, and a volume beyond Advantage's minimum."""
    kind = rng.randrange(3)
    if kind == 0:  # many shards for a rare peak: Standard
        gb = rng.randint(100, 400)
        return {
            "shards": rng.randint(20, 60),
            "million_records": gb,
            "gb_in": gb,
            "readers": rng.randint(1, 2),
        }
    if kind == 1:  # steady: provisioned
        gb = rng.randint(10_000, 30_000)
        return {"shards": gb // 1500, "million_records": gb, "gb_in": gb, "readers": rng.randint(1, 3)}
    # hundreds of shards for a peak, tiny records rounded up: Advantage
    gb = rng.randint(70_000, 90_000)
    return {"shards": rng.randint(600, 900), "million_records": gb, "gb_in": gb, "readers": 1}


TASK = Task(
    id="pick",
    title="Pick a mode for your own workload",
    read=f"{LESSON}, “What a day costs” and “Advantage and its minimum”",
    parts=(
        Value(
            id="own",
            points=2,
            says="it must be the dollars a month of the cheapest mode for the workload in `given`",
            name="cheapest_dollars",
            unit="dollars a month",
            lowest=1.0,
            highest=100_000.0,
            draw=_own_workload,
            oracle=cheapest,
            tolerance=0.005,
            follows=Follows("monthly_cost", lambda **given: [{"mode": mode, **given} for mode in MODES], min),
        ),
    ),
    hints=(
        "Three costs with the function of task 1, for the same workload.",
        "monthly_cost(mode, **given) for each of the three modes; the answer is the smallest.",
    ),
)
