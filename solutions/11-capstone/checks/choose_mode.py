"""Task `choose_mode`: the mode that takes the night for less, its cost, and whether the budget covers it."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from grader.tasks.compare import Close
from grader.tasks.declaration import Arguments, Cases, Misconception, Task
from lab.rules.prices import Mode, price
from lab.rules.quotas import ON_DEMAND_START_SHARDS, SHARD_WRITE_RECORDS_PER_SECOND

PROVISIONED: Mode = "provisioned"
STANDARD: Mode = "on-demand standard"


def _dollars(mode: Mode, dimension: str) -> float:
    return float(price(mode, dimension).dollars)


SHARD_HOUR, MILLION_UNITS = _dollars(PROVISIONED, "capacity"), _dollars(PROVISIONED, "writes")
READER_SHARD_HOUR = _dollars(PROVISIONED, "fan-out consumers")
FAN_OUT_GB = _dollars(PROVISIONED, "fan-out reads")
STREAM_HOUR, IN_GB = _dollars(STANDARD, "capacity"), _dollars(STANDARD, "writes")
OUT_GB, PUSHED_GB = _dollars(STANDARD, "shared reads"), _dollars(STANDARD, "fan-out reads")
MOST_MB = ON_DEMAND_START_SHARDS
MOST_RECORDS = ON_DEMAND_START_SHARDS * SHARD_WRITE_RECORDS_PER_SECOND
APART = 1.05
"""No two numbers that are compared lie nearer than that in a hidden case."""


@dataclass(frozen=True)
class Night:
    """The arguments of `choose_mode`; `gb_in` is what all events of the night weigh."""

    hours: int
    shards: int
    million_units: float
    gb_in: float
    polling: int
    fan_out: int
    peak_mb: float
    peak_records: int
    budget: float

    @property
    def provisioned(self) -> float:
        hours = self.shards * self.hours
        return (
            hours * (SHARD_HOUR + READER_SHARD_HOUR * self.fan_out)
            + self.million_units * MILLION_UNITS
            + self.gb_in * self.fan_out * FAN_OUT_GB
        )

    @property
    def on_demand(self) -> float:
        reads = OUT_GB * self.polling + PUSHED_GB * self.fan_out
        return self.hours * STREAM_HOUR + self.gb_in * (IN_GB + reads)

    @property
    def fits(self) -> bool:
        """Whether a new on-demand stream takes the peak."""
        return self.peak_mb <= MOST_MB and self.peak_records <= MOST_RECORDS


def _chosen(night: Night, provisioned: float, on_demand: float, fits: bool) -> dict[str, Any]:
    is_on_demand = fits and on_demand < provisioned
    dollars = on_demand if is_on_demand else provisioned
    mode = "ON_DEMAND" if is_on_demand else "PROVISIONED"
    return {"mode": mode, "dollars": dollars, "within": dollars <= night.budget}


def choose_mode(**night: Any) -> dict[str, Any]:
    """The mode, its dollars, and whether they are within the budget."""
    one = Night(**night)
    return _chosen(one, one.provisioned, one.on_demand, one.fits)


def _model(
    provisioned: Callable[[Night], float] = lambda night: night.provisioned,
    on_demand: Callable[[Night], float] = lambda night: night.on_demand,
    fits: Callable[[Night], bool] = lambda night: night.fits,
) -> Callable[..., dict[str, Any]]:
    def model(**night: Any) -> dict[str, Any]:
        one = Night(**night)
        return _chosen(one, provisioned(one), on_demand(one), fits(one))

    return model


def _case(**night: Any) -> Arguments:
    return night


def _is_apart(night: Night) -> bool:
    """Whether the two costs lie so far apart that no way of rounding, and no part left out, swaps them.

    Left out: all but the shards' own hours in provisioned mode, the reads in on-demand mode.
    """
    if night.fits and night.on_demand < night.provisioned:
        return night.on_demand * APART < night.shards * night.hours * SHARD_HOUR
    if night.fits:
        return night.provisioned * APART < night.hours * STREAM_HOUR + night.gb_in * IN_GB
    return night.on_demand * APART < night.provisioned


def _drawn(draw: Callable[[Random], Arguments], mode: str) -> Callable[[Random], Arguments]:
    """Cases of MODE, with a budget that is well below the cost or well above it."""

    def hidden(rng: Random) -> Arguments:
        while True:
            night = draw(rng)
            chosen = choose_mode(**night, budget=0)
            if chosen["mode"] == mode and _is_apart(Night(**night, budget=0)):
                return {**night, "budget": round(chosen["dollars"] * rng.choice((0.7, 1.4)), 2)}

    return hidden


def _draw_busy(rng: Random) -> Arguments:
    """Much for few shards in one night; on-demand would take the peak."""
    return _case(
        hours=rng.randint(8, 20),
        shards=rng.randint(4, 6),
        million_units=rng.randint(40, 90),
        gb_in=rng.randint(120, 240),
        polling=rng.randint(1, 3),
        fan_out=rng.randint(1, 2),
        peak_mb=rng.choice((3, 3.5, 4)),
        peak_records=rng.randint(2_000, 4_000),
    )


def _draw_quiet(rng: Random) -> Arguments:
    """Shards that stand for days, and little data."""
    return _case(
        hours=rng.randint(48, 96),
        shards=5,
        million_units=rng.randint(3, 9),
        gb_in=rng.randint(3, 9),
        polling=rng.randint(1, 3),
        fan_out=rng.randint(1, 2),
        peak_mb=rng.choice((3, 3.5, 4)),
        peak_records=rng.randint(1_000, 4_000),
    )


def _draw_peak(rng: Random) -> Arguments:
    """The same with a peak that a new on-demand stream does not take, by bytes or by records."""
    mib, records = rng.choice(((rng.randint(5, 9), 3_000), (3, rng.randint(4_500, 9_000))))
    quiet = {**_draw_quiet(rng), "shards": rng.randint(7, 12), "fan_out": 0}
    return {**quiet, "peak_mb": mib, "peak_records": records}


_QUIET = {"hours": 72, "shards": 5, "million_units": 6, "gb_in": 6, "polling": 2, "fan_out": 1}
_BUSY = {"hours": 12, "shards": 5, "million_units": 80, "gb_in": 150, "polling": 2, "fan_out": 1}

TASK = Task(
    id="choose_mode",
    title="Choose the mode, and price the night",
    function="choose_mode",
    oracle=choose_mode,
    compare=Close(relative=0.0005, absolute=0.005),
    read="course/05-capacity-modes.ipynb, “A known spike, priced in each mode” and “Will this spike "
    "throttle?”",
    parts=(
        Cases(
            id="provisioned",
            points=1,
            says="must find where provisioned mode is cheaper, and its cost",
            visible=(
                _case(**_BUSY, peak_mb=3.5, peak_records=3_000, budget=8.0),
                _case(**_BUSY | {"fan_out": 2}, peak_mb=4, peak_records=4_000, budget=5.0),
            ),
            hidden=_drawn(_draw_busy, "PROVISIONED"),
        ),
        Cases(
            id="on_demand",
            points=1,
            says="must find where on-demand mode is cheaper, and its cost",
            visible=(
                _case(**_QUIET, peak_mb=3.5, peak_records=2_000, budget=5.0),
                _case(**_QUIET | {"polling": 3, "fan_out": 2}, peak_mb=4, peak_records=4_000, budget=3.0),
            ),
            hidden=_drawn(_draw_quiet, "ON_DEMAND"),
        ),
        Cases(
            id="peak",
            points=1,
            says="must not choose on-demand where a new stream can't take the peak",
            visible=(
                _case(**_QUIET | {"fan_out": 0}, peak_mb=5, peak_records=2_000, budget=6.0),
                _case(**_QUIET | {"fan_out": 0}, peak_mb=2, peak_records=5_200, budget=4.0),
            ),
            hidden=_drawn(_draw_peak, "PROVISIONED"),
        ),
    ),
    misconceptions=(
        Misconception(
            id="always_cheaper",
            words="You take the cheaper mode, whatever the peak. A new on-demand stream takes 4 MB and "
            "4,000 records a second; it grows by what it has seen, and tonight it has seen nothing.",
            model=_model(fits=lambda night: True),
        ),
        Misconception(
            id="only_mb",
            words="You compare the peak by MB only. 4,000 records a second are the other limit.",
            model=_model(fits=lambda night: night.peak_mb <= MOST_MB),
        ),
        Misconception(
            id="no_reader_hours",
            words="You leave out the hours of fan-out readers. In provisioned mode each pays for each shard "
            "and hour.",
            model=_model(
                lambda night: (
                    night.provisioned - night.shards * night.hours * READER_SHARD_HOUR * night.fan_out
                )
            ),
        ),
        Misconception(
            id="no_pushed_gb",
            words="You leave out the data that fan-out readers get in provisioned mode.",
            model=_model(lambda night: night.provisioned - night.gb_in * night.fan_out * FAN_OUT_GB),
        ),
        Misconception(
            id="no_units",
            words="You leave out the PUT payload units: provisioned mode charges for shard-hours and "
            "for writes.",
            model=_model(lambda night: night.provisioned - night.million_units * MILLION_UNITS),
        ),
        Misconception(
            id="reads_free",
            words="You leave out reads in on-demand mode. There each reader pays for every GB that it reads.",
            model=_model(on_demand=lambda night: night.hours * STREAM_HOUR + night.gb_in * IN_GB),
        ),
        Misconception(
            id="one_reader_price",
            words="You price all on-demand reads alike. A GB costs more by fan-out than by polling.",
            model=_model(
                on_demand=lambda night: night.on_demand - night.gb_in * night.fan_out * (PUSHED_GB - OUT_GB)
            ),
        ),
    ),
    hints=(
        "Work out the dollars of both modes. Then ask whether a new on-demand stream takes the peak. Then "
        "choose.",
        "Provisioned: shards × hours × (0.015 + 0.015 × fan_out), and the units, and 0.013 for each GB to "
        "each fan-out reader.",
        "On-demand: hours × 0.04, and gb_in × (0.08 + 0.04 × polling + 0.05 × fan_out). It counts only if "
        "peak_mb <= 4 and peak_records <= 4_000.",
    ),
)
