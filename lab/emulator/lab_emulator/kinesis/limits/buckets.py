"""Token buckets: how the lab admits work at a rate. Pure: the time is passed in, so a test can choose it.

AWS publishes its rates and not its bursts. The lab's model: a bucket holds one second of the rate.
"""

from dataclasses import dataclass


@dataclass
class Bucket:
    """`rate` tokens a second flow in until `capacity` is reached. Times are seconds that never go back.

    `scale` is the quota's scale: at 0.1 everything costs ten times as much, which is a tenth of the rate
    and of the capacity, and takes effect at once.
    """

    rate: float
    capacity: float
    level: float
    seen: float
    """When `level` was true."""

    @classmethod
    def full(cls, rate: float, now: float, seconds: float = 1.0) -> "Bucket":
        """A bucket that holds SECONDS of the rate, and is full."""
        return cls(rate, rate * seconds, rate * seconds, now)

    def refill(self, now: float) -> None:
        """Bring `level` up to date."""
        if now > self.seen:
            self.level = min(self.capacity, self.level + (now - self.seen) * self.rate)
            self.seen = now

    def admits(self, cost: float, now: float, scale: float = 1.0) -> bool:
        """Whether work of this cost may go ahead now. Takes nothing.

        Work that costs more than the bucket ever holds is admitted when it is full: AWS takes a record of
        10 MiB into a shard of 1 MiB a second, in a burst that is paid back afterwards (developer guide,
        "Handle large records").
        """
        self.refill(now)
        return self.level >= min(cost / scale, self.capacity)

    def take(self, cost: float, scale: float = 1.0) -> None:
        """Pay for admitted work; the level may go below zero, which is a debt."""
        self.level -= cost / scale


@dataclass
class ReadBucket(Bucket):
    """A bucket for reads, whose cost is known only afterwards.

    A read is admitted unless an earlier one emptied the bucket; then none is until it is full again. So a
    read of 10 MiB at 2 MiB a second closes the shard for 5 seconds, and any other read beyond the rate
    for at least one (API model: GetRecords).
    """

    exhausted: bool = False

    def open(self, now: float) -> bool:
        """Whether a read may begin now."""
        self.refill(now)
        if self.exhausted and self.level >= self.capacity:
            self.exhausted = False
        return not self.exhausted

    def take(self, cost: float, scale: float = 1.0) -> None:
        """Pay for a read that was done."""
        super().take(cost, scale)
        if self.level <= 0:
            self.exhausted = True
