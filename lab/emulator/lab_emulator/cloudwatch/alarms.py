"""CloudWatch's alarms: every alarm is evaluated for each minute of its account's clock.

LocalStack's own scheduler looks once in all of an alarm's evaluation periods of real time, at real times.
Here the minutes that passed are made up for, one by one and with their times, whenever anybody looks at an
account's alarms: the same states and the same history as if each minute had been watched, also when the clock
was moved. Nothing else could tell, since the lab has none of the services that an alarm could call.
"""

import bisect
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localstack.services.cloudwatch.models import cloudwatch_stores

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudwatch.alarm_state import (
    COMPARISONS,
    Point,
    State,
    evaluation_range,
    state,
    unsupported,
)
from lab_emulator.cloudwatch.metric_store import METRICS
from lab_emulator.cloudwatch.statistics import MINUTE, StatisticSet

MOST_MINUTES = 14 * 1440
"""Minutes that are made up for: CloudWatch keeps the history of alarms for two weeks."""

Alarm = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """An alarm's new state, at a time of its account (seconds since 1970)."""

    account_id: str
    region: str
    alarm: Alarm
    state: State
    moment: float
    reason: str
    data: dict[str, Any]


class Alarms:
    """Stands in for LocalStack's AlarmScheduler. `change` is told of each new state."""

    def __init__(self, change: Callable[[Change], None]) -> None:
        self._change = change
        self._looked: dict[str, int] = {}
        """By the alarm's ARN: the end of the newest minute that it was evaluated for."""
        self._lock = threading.Lock()
        self._looking = threading.Lock()
        # Only these two, in this order: whoever puts an alarm holds LocalStack's own lock when it comes here.

    # What LocalStack's provider calls

    def schedule_metric_alarm(self, alarm_arn: str) -> None:
        """A new or changed alarm is evaluated from the minute on that ended last."""
        with self._lock:
            self._looked[alarm_arn] = _minute_of(alarm_arn.split(":")[4]) - MINUTE

    def delete_scheduler_for_alarm(self, alarm_arn: str) -> None:
        with self._lock:
            self._looked.pop(alarm_arn, None)

    def restart_existing_alarms(self) -> None:
        """After a saved state was loaded, which the lab does not do."""

    def shutdown_scheduler(self) -> None:
        """There is no thread to end."""

    # What the lab adds

    def forget(self, account_id: str) -> None:
        """Drop the alarms of an account."""
        with self._lock:
            for arn in self._of(account_id):
                del self._looked[arn]

    def _of(self, account_id: str) -> list[str]:
        return [arn for arn in list(self._looked) if arn.split(":")[4] == account_id]

    def look(self, account_id: str) -> None:
        """Evaluate an account's alarms for the minutes that passed since they were evaluated last."""
        with self._looking:
            ended = _minute_of(account_id)
            for arn in self._of(account_id):
                region = arn.split(":")[3]
                with self._lock:
                    # Noted first, so that an alarm that is put again meanwhile is looked at again.
                    looked = self._looked.get(arn, ended)
                    if looked == ended:
                        continue
                    self._looked[arn] = ended
                known = cloudwatch_stores[account_id][region].alarms.get(arn)
                if known:
                    self._evaluate(account_id, region, known.alarm, looked, ended)

    def _evaluate(self, account_id: str, region: str, alarm: Alarm, looked: int, ended: int) -> None:
        if unsupported(alarm):
            return
        first = max(looked + MINUTE, ended - MOST_MINUTES * MINUTE)
        values = _Values(account_id, region, alarm, first, ended)
        end = first
        while end <= ended:
            points = values.before(end)
            reached = state(
                [values.breaches(value) for value in points],
                alarm["EvaluationPeriods"],
                alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
                alarm.get("TreatMissingData") or "missing",
                alarm["StateValue"],
            )
            if reached != alarm["StateValue"]:
                reason, data = _told(alarm, points, end)
                self._change(Change(account_id, region, alarm, reached, end, reason, data))
            end = values.following(end)


def _minute_of(account_id: str) -> int:
    """The whole minute that the account's clock reached last."""
    return int(ACCOUNTS[account_id].now()) // MINUTE * MINUTE


class _Values:
    """An alarm's metric by the minute, as far back as evaluations from FIRST to LAST need it."""

    def __init__(self, account_id: str, region: str, alarm: Alarm, first: int, last: int) -> None:
        self._alarm = alarm
        self._period = alarm["Period"]
        # The finest step in which both periods and evaluations begin.
        self._step = math.gcd(self._period, MINUTE)
        self._range = evaluation_range(alarm["EvaluationPeriods"])
        METRICS.flush()
        self._sets = METRICS.database.periods(
            (account_id, region, alarm["Namespace"]),
            alarm["MetricName"],
            [(one["Name"], one["Value"]) for one in alarm.get("Dimensions") or []],
            first - self._range * self._period,
            last,
            self._step,
            alarm.get("Unit"),
        )
        self._moments = list(self._sets)
        self._last = last

    def before(self, end: int) -> list[float | None]:
        """The values of the evaluation range's periods, the newest, which ended at END, last."""
        starts = (end - back * self._period for back in range(self._range, 0, -1))
        return [self._value(start) for start in starts]

    def _value(self, start: int) -> float | None:
        joined: StatisticSet | None = None
        for step in range(start, start + self._period, self._step):
            found = self._sets.get(step)
            if found and joined:
                joined.add(found)
            elif found:
                joined = StatisticSet(found.count, found.sum, found.least, found.largest)
        return joined.statistic(self._alarm["Statistic"]) if joined else None

    def following(self, end: int) -> int:
        """When to evaluate after END: a minute later, or when there is data again, since until then nothing
        changes any more."""
        place = bisect.bisect_left(self._moments, end)
        if place and self._moments[place - 1] >= end - self._range * self._period:
            return end + MINUTE
        if place == len(self._moments):
            return self._last + MINUTE
        return self._moments[place] // MINUTE * MINUTE + MINUTE

    def breaches(self, value: float | None) -> Point:
        if value is None:
            return None
        return COMPARISONS[self._alarm["ComparisonOperator"]](value, self._alarm["Threshold"])


def _told(alarm: Alarm, values: list[float | None], end: int) -> tuple[str, dict[str, Any]]:
    """StateReason and StateReasonData."""
    recent = [value for value in values if value is not None][-alarm["EvaluationPeriods"] :]
    data = {
        "version": "1.0",
        "queryDate": datetime.fromtimestamp(end, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
        "statistic": alarm["Statistic"],
        "period": alarm["Period"],
        "recentDatapoints": recent,
        "threshold": alarm["Threshold"],
    }
    if not recent:
        treated = alarm.get("TreatMissingData") or "missing"
        return f"No datapoints were received; missing ones are treated as {treated}.", data
    return f"Threshold {alarm['Threshold']:g} ({alarm['ComparisonOperator']}), datapoints {recent}.", data
