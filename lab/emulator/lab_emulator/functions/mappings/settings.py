"""The settings of a mapping: defaults, limits, and what is refused.

Sources: API model of Lambda (CreateEventSourceMapping); Lambda guide, "Lambda parameters for Amazon Kinesis
Data Streams event source mappings". Pure.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

MOST_RECORDS: Final = 10_000
LONGEST_WINDOW: Final = 300
MOST_LANES: Final = 10
MOST_RETRIES: Final = 10_000
OLDEST_SECONDS: Final = 604_800
YOUNGEST_SECONDS: Final = 60
LONGEST_TUMBLING: Final = 900
MOST_PATTERNS: Final = 5
LONGEST_PATTERN: Final = 4_096
FOR_EVER: Final = -1
PARTIAL: Final = "ReportBatchItemFailures"

_RANGES: Final = {
    "BatchSize": range(1, MOST_RECORDS + 1),
    "MaximumBatchingWindowInSeconds": range(LONGEST_WINDOW + 1),
    "ParallelizationFactor": range(1, MOST_LANES + 1),
    "MaximumRetryAttempts": range(-1, MOST_RETRIES + 1),
    "TumblingWindowInSeconds": range(LONGEST_TUMBLING + 1),
}
_FIELDS: Final = {
    "BatchSize": "batch_size",
    "MaximumBatchingWindowInSeconds": "window_seconds",
    "ParallelizationFactor": "lanes",
    "MaximumRetryAttempts": "retries",
    "MaximumRecordAgeInSeconds": "age_seconds",
    "BisectBatchOnFunctionError": "bisects",
    "TumblingWindowInSeconds": "tumbling_seconds",
}


class BadSettingError(ValueError):
    """A setting can't be; the message says which and why."""


class MissingPartError(ValueError):
    """AWS has it, the lab has not; the message names it."""


@dataclass(frozen=True)
class Settings:
    """How a mapping works. Seconds are the account's; -1 stands for no limit."""

    batch_size: int = 100
    window_seconds: int = 0
    lanes: int = 1
    """ParallelizationFactor."""
    retries: int = FOR_EVER
    age_seconds: int = FOR_EVER
    bisects: bool = False
    reports_items: bool = False
    destination: str = ""
    """The ARN of a queue or bucket for what is given up."""
    tumbling_seconds: int = 0
    patterns: tuple[str, ...] = ()


def changed(settings: Settings, request: Mapping[str, Any]) -> Settings:
    """SETTINGS with what REQUEST sets. Raises BadSettingError, MissingPartError."""
    found: dict[str, Any] = {}
    for name, where in _FIELDS.items():
        if request.get(name) is not None:
            found[where] = request[name]
            _check_range(name, request[name])
    if request.get("FunctionResponseTypes") is not None:
        found["reports_items"] = _reports_items(request["FunctionResponseTypes"])
    if request.get("DestinationConfig") is not None:
        found["destination"] = _destination(request["DestinationConfig"])
    if request.get("FilterCriteria") is not None:
        found["patterns"] = _patterns(request["FilterCriteria"])
    made = replace(settings, **found)
    if made.tumbling_seconds and made.lanes > 1:
        raise MissingPartError("tumbling windows with a ParallelizationFactor above 1")
    return made


def _check_range(name: str, value: Any) -> None:
    if name == "MaximumRecordAgeInSeconds":
        if value != FOR_EVER and value not in range(YOUNGEST_SECONDS, OLDEST_SECONDS + 1):
            raise BadSettingError(
                f"{name} is -1, for no limit, or from {YOUNGEST_SECONDS} to {OLDEST_SECONDS}, not {value}."
            )
    elif (allowed := _RANGES.get(name)) is not None and value not in allowed:
        raise BadSettingError(f"{name} is from {allowed[0]} to {allowed[-1]}, not {value}.")


def _reports_items(types: Any) -> bool:
    if others := [one for one in types if one != PARTIAL]:
        raise BadSettingError(f"FunctionResponseTypes may hold {PARTIAL}, and nothing like {others[0]!r}.")
    return bool(types)


def _destination(config: Mapping[str, Any]) -> str:
    if (config.get("OnSuccess") or {}).get("Destination"):
        raise BadSettingError("A mapping of a stream has a destination for failures only (OnFailure).")
    arn = str((config.get("OnFailure") or {}).get("Destination") or "")
    if not arn:
        return ""
    service = arn.split(":")[2] if arn.count(":") >= 5 and arn.startswith("arn:") else ""
    if service == "sns":
        raise MissingPartError("SNS topics as destinations: use a queue of SQS or a bucket of S3")
    if service not in ("sqs", "s3"):
        raise BadSettingError(f"DestinationConfig: {arn!r} is no ARN of a queue of SQS or of a bucket of S3.")
    return arn


def _patterns(criteria: Mapping[str, Any]) -> tuple[str, ...]:
    patterns = tuple(str(one.get("Pattern") or "") for one in criteria.get("Filters") or ())
    if len(patterns) > MOST_PATTERNS:
        raise BadSettingError(
            f"FilterCriteria: {len(patterns)} filters; there may be {MOST_PATTERNS} at most."
        )
    for pattern in patterns:
        if len(pattern) > LONGEST_PATTERN:
            raise BadSettingError(f"FilterCriteria: a pattern has {LONGEST_PATTERN} characters at most.")
        _check_pattern(pattern)
    return patterns


def _check_pattern(pattern: str) -> None:
    try:
        parsed = json.loads(pattern)
    except (ValueError, RecursionError):
        raise BadSettingError(f"Invalid filter pattern definition. {pattern[:100]!r} is no JSON.") from None
    if not isinstance(parsed, dict) or not parsed:
        raise BadSettingError(
            f"Invalid filter pattern definition. {pattern[:100]!r} is no object with the field data."
        )
    if others := sorted(parsed.keys() - {"data"}):
        raise MissingPartError(f"filters by {', '.join(others)}: a filter of a stream looks at data")
    if not isinstance(parsed["data"], dict) or not parsed["data"]:
        raise BadSettingError("Invalid filter pattern definition. The pattern of data is a JSON object.")
