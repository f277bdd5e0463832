"""What CloudWatch keeps of samples, and how its tables name what they are of."""

from collections.abc import Iterable
from dataclasses import dataclass

MINUTE = 60
"""Seconds."""


def as_column(pairs: Iterable[tuple[str, str]]) -> str | None:
    """Dimensions as LocalStack's tables hold them."""
    return "".join(f"{name}={value}\t" for name, value in sorted(pairs)) or None


@dataclass(slots=True)
class StatisticSet:
    """What CloudWatch keeps of many samples."""

    count: float
    sum: float
    least: float
    largest: float

    def add(self, other: "StatisticSet") -> None:
        self.count += other.count
        self.sum += other.sum
        self.least = min(self.least, other.least)
        self.largest = max(self.largest, other.largest)

    def statistic(self, name: str) -> float:
        """NAME: Sum, Average, Minimum, Maximum or SampleCount."""
        if name == "Average":
            return self.sum / self.count
        return float(getattr(self, _ATTRIBUTES[name]))


_ATTRIBUTES = {"Sum": "sum", "Minimum": "least", "Maximum": "largest", "SampleCount": "count"}
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
