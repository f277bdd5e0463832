"""Metrics as statistic sets: gathered in memory, kept in the tables of LocalStack's CloudWatch, read exactly.

What the lab measures goes into memory first, one set (count, sum, least, largest) for each metric and minute,
so that a call pays microseconds for it. Whoever reads metrics writes them down first (`flush`).
"""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from lab_emulator.cloudwatch.statistics import MINUTE, StatisticSet

if TYPE_CHECKING:
    from lab_emulator.cloudwatch.metric_database import MetricDatabase

MANY_PENDING = 1_000
"""Sets in memory from which on they are written down when nobody waits for it: `MetricStore.relieve`."""
MOST_PENDING = 10_000
"""Sets in memory from which on a measurement writes them all down itself: a few hundred milliseconds of disk
once in many hours of a busy lab that nobody looks at."""

Sample = tuple[str, str, float]
"""(name, unit, value) of one measurement."""
Dimensions = tuple[tuple[str, str], ...]
"""(name, value) pairs, sorted."""


def dimensions(**pairs: str) -> Dimensions:
    return tuple(sorted(pairs.items()))


class Pending:
    """Statistic sets that are not written down yet."""

    def __init__(self) -> None:
        self._sets: dict[tuple[Any, ...], StatisticSet] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sets)

    def add(
        self,
        where: tuple[str, str, str],
        moment: float,
        of: Dimensions,
        samples: Iterable[Sample],
    ) -> None:
        """WHERE: account, region, namespace. MOMENT: the account's time, seconds since 1970."""
        minute = int(moment) // MINUTE * MINUTE
        with self._lock:
            for name, unit, value in samples:
                key = (*where, minute, of, name, unit)
                known = self._sets.get(key)
                if known is None:
                    self._sets[key] = StatisticSet(1, value, value, value)
                else:
                    known.count += 1
                    known.sum += value
                    if value < known.least:
                        known.least = value
                    elif value > known.largest:
                        known.largest = value

    def taken(self) -> dict[tuple[Any, ...], StatisticSet]:
        """All sets; none is pending afterwards."""
        with self._lock:
            sets, self._sets = self._sets, {}
        return sets

    def forget(self, account_id: str) -> None:
        with self._lock:
            self._sets = {key: value for key, value in self._sets.items() if key[0] != account_id}


class MetricStore:
    """The pending sets and the database, which is made when it is first needed."""

    def __init__(self) -> None:
        self.pending = Pending()
        self._database: MetricDatabase | None = None
        self._lock = threading.Lock()

    @property
    def database(self) -> "MetricDatabase":
        with self._lock:
            if self._database is None:
                from lab_emulator.cloudwatch.metric_database import made  # loads LocalStack's CloudWatch

                self._database = made()
            return self._database

    def add(
        self, where: tuple[str, str, str], moment: float, of: Dimensions, samples: Iterable[Sample]
    ) -> None:
        """See `Pending.add`."""
        self.pending.add(where, moment, of, samples)
        if len(self.pending) >= MOST_PENDING:
            self.flush()

    def relieve(self) -> None:
        """Write down what is pending when it is much. Called now and then, beside all calls."""
        if len(self.pending) >= MANY_PENDING:
            self.flush()

    def flush(self) -> None:
        """Write down what is pending."""
        if len(self.pending):
            database = self.database
            # Under its lock, so that a reader that found nothing pending sees what another is writing.
            with database.DATABASE_LOCK:
                if sets := self.pending.taken():
                    database.add_sets(sets)

    def forget(self, account_id: str) -> None:
        """Take away all metrics of an account."""
        self.pending.forget(account_id)
        if self._database is not None:
            self._database.forget(account_id)


METRICS = MetricStore()
