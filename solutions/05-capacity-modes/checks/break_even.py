"""Task `break_even`: the utilisation at which the modes break even."""

from random import Random

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Misconception, Task

LESSON = "course/05-capacity-modes.ipynb"

FULL = 3.6
"""Million records, and GB, that go through a shard in an hour at 1,000 records/s of 1 KB."""


def break_even(shard_hour: float, million_units: float, gb_in: float, gb_out: float, readers: int) -> float:
    """The utilisation from 0 to 1 at which an hour of one shard costs the same in both modes."""
    return shard_hour / (FULL * (gb_in + readers * gb_out - million_units))


def _prices(shard_hour: float, million_units: float, gb_in: float, gb_out: float, readers: int) -> Arguments:
    return {
        "shard_hour": shard_hour,
        "million_units": million_units,
        "gb_in": gb_in,
        "gb_out": gb_out,
        "readers": readers,
    }


def _other_prices(rng: Random) -> Arguments:
    return _prices(
        rng.randint(12, 40) / 1000,
        rng.randint(10, 25) / 1000,
        rng.randint(60, 120) / 1000,
        rng.randint(30, 60) / 1000,
        rng.randint(2, 4),
    )


TASK = Task(
    id="break_even",
    title="The utilisation at which the modes break even",
    function="break_even",
    oracle=break_even,
    compare=Close(relative=0.001),
    read=f"{LESSON}, “Break-even”",
    parts=(
        Cases(
            id="any_prices",
            points=2,
            says="must find the break-even for any prices and readers",
            visible=(
                _prices(0.015, 0.014, 0.08, 0.04, 1),
                _prices(0.015, 0.014, 0.08, 0.04, 3),
                _prices(0.03, 0.02, 0.1, 0.05, 2),
                _prices(0.015, 0.014, 0.08, 0.04, 0),
                # A small one, of which four places keep too little.
                _prices(0.012, 0.01, 0.12, 0.06, 4),
            ),
            hidden=_other_prices,
        ),
    ),
    misconceptions=(
        Misconception(
            id="no_units",
            words="What provisioned mode bills for writing is left out. It grows with the traffic too, so "
            "only the difference between the two makes up for the shard-hour.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (FULL * (gb_in + readers * gb_out))
            ),
        ),
        Misconception(
            id="adds_units",
            words="You add what the two modes bill for the traffic. Provisioned pays its units as well, "
            "so they are taken off: put both sides in an equation and solve it for u.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (FULL * (gb_in + readers * gb_out + million_units))
            ),
        ),
        Misconception(
            id="reads_once",
            words="Reading is counted once, whatever the number of readers.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (FULL * (gb_in + gb_out - million_units))
            ),
        ),
        Misconception(
            id="percent",
            words="You give the utilisation in per cent. It is a share here, from 0 to 1.",
            model=lambda **prices: 100 * break_even(**prices),
        ),
        Misconception(
            id="per_second",
            words="An hour has 3,600 seconds: a full shard takes 3.6 million records in it, not one million.",
            model=lambda shard_hour, million_units, gb_in, gb_out, readers: (
                shard_hour / (gb_in + readers * gb_out - million_units)
            ),
        ),
    ),
    hints=(
        "Write down what an hour costs at utilisation u, once for each mode, and set the two equal.",
        "Provisioned: shard_hour + u × 3.6 × million_units. On-demand: u × 3.6 × (gb_in + readers × gb_out).",
        "Bring the terms with u to one side and take u out of them: what is left there is 3.6 times a "
        "difference of prices. Divide the shard-hour by it.",
    ),
)
