"""When a CloudWatch alarm changes its state. Pure.

Source: CloudWatch user guide, "Using Amazon CloudWatch alarms", sections "How alarm state is evaluated when
data is missing" and "Avoiding premature transitions to alarm state", with their two tables.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Point = bool | None
"""One period: whether its value breaches the threshold, None when there is no value."""

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def evaluation_range(evaluation_periods: int) -> int:
    """How many periods an alarm looks at: some more than it needs, in case data is missing.

    AWS tells only one example, 5 for 3; a third more and at least two is LocalStack's reading of it.
    """
    return evaluation_periods + max(evaluation_periods // 3, 2)


def state(
    points: Sequence[Point],
    evaluation_periods: int,
    datapoints_to_alarm: int,
    missing: str,
    current: State,
) -> State:
    """The state after looking at POINTS, the newest last, one for each period of the evaluation range.

    MISSING: TreatMissingData (missing, ignore, breaching, notBreaching).
    """
    real = [point for point in points if point is not None]
    if len(real) >= evaluation_periods:
        return _alarm_if(sum(real[-evaluation_periods:]) >= datapoints_to_alarm)
    if missing == "breaching":
        filled = evaluation_periods - len(real)
        return _alarm_if(sum(real) + filled >= datapoints_to_alarm)
    if sum(real) >= datapoints_to_alarm:
        return "ALARM"
    if missing == "notBreaching":
        return "OK"
    if not real:
        return "INSUFFICIENT_DATA" if missing == "missing" else current
    if all(real) and _is_old(points[-evaluation_periods:], datapoints_to_alarm):
        return "ALARM" if missing == "missing" else current
    return "OK"


def _alarm_if(breaching: bool) -> State:
    return "ALARM" if breaching else "OK"


def _is_old(points: Sequence[Point], datapoints_to_alarm: int) -> bool:
    """Whether the oldest breach is as many periods old as are needed for an alarm."""
    return True in points and len(points) - points.index(True) >= datapoints_to_alarm


def unsupported(alarm: Mapping[str, Any]) -> str | None:
    """What of an alarm the lab can't evaluate, in words; None for one that it can."""
    if alarm.get("Metrics"):
        return "metric math (Metrics)"
    if alarm.get("ExtendedStatistic"):
        return f"percentiles (ExtendedStatistic {alarm['ExtendedStatistic']})"
    if alarm.get("ComparisonOperator") not in COMPARISONS:
        return f"the comparison {alarm.get('ComparisonOperator')}"
    needed = ("MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold")
    lacking = [name for name in needed if alarm.get(name) is None]
    return f"an alarm without {', '.join(lacking)}" if lacking else None
