"""Metrics on the disk: the tables of LocalStack's CloudWatch, read by whole dimensions."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase

from lab_emulator.cloudwatch.statistics import MINUTE, StatisticSet, as_column


class MetricDatabase(CloudwatchDatabase):
    """LocalStack's tables, read by whole dimensions.

    LocalStack searches dimensions by LIKE '%StreamName=orders%', which finds the shards of `orders` and the
    stream `orders-2` as well, and begins the periods at the second that was asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        with self.DATABASE_LOCK, self._writing() as connection:
            for table in (self.TABLE_SINGLE_METRICS, self.TABLE_AGGREGATED_METRICS):
                connection.execute(
                    f"CREATE INDEX IF NOT EXISTS lab_{table} ON {table} "
                    "(account_id, region, namespace, metric_name, timestamp)"
                )

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.METRICS_DB)) as connection, connection:
            # The next start deletes the file, so no call has to wait until it is on the disk.
            connection.execute("PRAGMA synchronous = OFF")
            yield connection

    def add_sets(self, sets: dict[tuple[Any, ...], StatisticSet]) -> None:
        """Write down what was pending. A minute may get several rows; reading joins them."""
        rows = []
        for (account, region, namespace, minute, of, name, unit), one in sets.items():
            described = (account, region, name, namespace, minute, as_column(of), unit, MINUTE)
            rows.append((*described, one.count, one.sum, one.least, one.largest))
        with self.DATABASE_LOCK, self._writing() as connection:
            connection.executemany(
                f"INSERT INTO {self.TABLE_AGGREGATED_METRICS} (account_id, region, metric_name, namespace, "
                "timestamp, dimensions, unit, storage_resolution, sample_count, sum, min, max) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def forget(self, account_id: str) -> None:
        """Take away all metrics of an account."""
        with self.DATABASE_LOCK, self._writing() as connection:
            for table in (self.TABLE_SINGLE_METRICS, self.TABLE_AGGREGATED_METRICS):
                connection.execute(f"DELETE FROM {table} WHERE account_id = ?", (account_id,))

    def periods(
        self,
        where: tuple[str, str, str],
        name: str,
        of: Iterable[tuple[str, str]],
        start: int,
        end: int,
        period: int,
        unit: str | None = None,
    ) -> dict[int, StatisticSet]:
        """The set of each PERIOD (seconds) from START to before END that has data, by its beginning.

        WHERE: account, region, namespace. UNIT: None for any, "NULL_VALUE" for metrics without one.
        """
        chosen, values = _unit_filter(unit)
        filters = (
            "account_id = ? AND region = ? AND namespace = ? AND metric_name = ? AND dimensions IS ? "
            f"AND timestamp >= ? AND timestamp < ? {chosen}"
        )
        query = (
            "SELECT timestamp, sample_count, sum, min, max "
            f"FROM {self.TABLE_AGGREGATED_METRICS} WHERE {filters} "
            "UNION ALL SELECT timestamp, 1, value, value, value "
            f"FROM {self.TABLE_SINGLE_METRICS} WHERE {filters}"
        )
        asked = (*where, name, as_column(of), start, end, *values)
        found: dict[int, StatisticSet] = {}
        with self.DATABASE_LOCK, closing(sqlite3.connect(self.METRICS_DB_READ_ONLY, uri=True)) as connection:
            rows = connection.execute(query, asked * 2).fetchall()
        for timestamp, *numbers in rows:
            beginning = start + (timestamp - start) // period * period
            one = StatisticSet(*numbers)
            if beginning in found:
                found[beginning].add(one)
            else:
                found[beginning] = one
        return dict(sorted(found.items()))

    def get_metric_data_stat(
        self,
        account_id: str,
        region: str,
        query: dict[str, Any],
        start_time: Any,
        end_time: Any,
        scan_by: str | None,
    ) -> dict[str, list[float]]:
        """What LocalStack's provider asks for its two reading operations."""
        wanted = query["MetricStat"]
        metric, period = wanted["Metric"], wanted["Period"]
        start = int(start_time.timestamp())
        # API model, GetMetricData: the start is rounded down to the minute, or to a shorter period.
        start -= start % min(period, MINUTE)
        of = [(one["Name"], one["Value"]) for one in metric.get("Dimensions") or []]
        where = (account_id, region, metric["Namespace"])
        end = int(end_time.timestamp())
        found = self.periods(where, metric["MetricName"], of, start, end, period, wanted.get("Unit"))
        moments = sorted(found, reverse=scan_by != "TimestampAscending")
        return {
            "timestamps": [float(moment) for moment in moments],
            "values": [found[moment].statistic(wanted["Stat"]) for moment in moments],
        }

    def list_metrics(
        self,
        account_id: str,
        region: str,
        namespace: str,
        metric_name: str,
        dimensions: Sequence[dict[str, str]],
    ) -> dict[str, list[dict[str, Any]]]:
        """The metrics that have all of DIMENSIONS, which may leave the values out."""
        every = super().list_metrics(account_id, region, namespace, metric_name, [])["metrics"]
        seen: dict[str, dict[str, Any]] = {}
        for one in every:
            pairs = one["dimensions"] or []
            if all(any(_fits(pair, wanted) for pair in pairs) for wanted in dimensions):
                seen[f"{one['namespace']}\t{one['metric_name']}\t{pairs}"] = one | {"dimensions": pairs}
        return {"metrics": [seen[key] for key in sorted(seen)]}


def _fits(pair: dict[str, str], wanted: dict[str, str]) -> bool:
    return pair["Name"] == wanted["Name"] and pair["Value"] == (wanted.get("Value") or pair["Value"])


def _unit_filter(unit: str | None) -> tuple[str, tuple[str, ...]]:
    if unit is None:
        return "", ()
    return ("AND unit IS NULL", ()) if unit == "NULL_VALUE" else ("AND unit = ?", (unit,))


def made() -> MetricDatabase:
    """The tables, empty: of what an earlier start left the streams are gone too."""
    Path(CloudwatchDatabase.METRICS_DB).unlink(missing_ok=True)
    return MetricDatabase()
