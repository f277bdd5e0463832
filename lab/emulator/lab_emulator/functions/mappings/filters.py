"""Which records a mapping's filters let through, by LocalStack's reading of EventBridge's patterns.

Source: Lambda guide, "Using event filtering with a Kinesis event source": patterns look at `data`, decoded,
as JSON; a record that matches none of them is skipped for good.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from localstack.services.events.event_rule_engine import (
    EventPatternCompiler,
    EventRuleEngine,
    InvalidEventPatternException,
)

from lab_emulator.functions.mappings.settings import BadSettingError


class _Engine(EventRuleEngine):
    @staticmethod
    def _evaluate_wildcard(condition: str, value: Any) -> bool:
        """EventBridge's * stands for no character too."""
        pattern = ".*".join(map(re.escape, condition.split("*")))
        return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


_ENGINE = _Engine()


class Filter:
    """Some patterns, one of which is enough."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """Raises BadSettingError for a pattern with a rule that EventBridge has not."""
        self._patterns = [_compiled(pattern) for pattern in patterns]

    def lets_through(self, data: bytes) -> bool:
        if not self._patterns:
            return True
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            return False
        return isinstance(content, dict) and any(_matches(one, content) for one in self._patterns)


def _compiled(pattern: str) -> Mapping[str, Any]:
    try:
        compiled: Mapping[str, Any] = EventPatternCompiler().compile_event_pattern(pattern)
    except (InvalidEventPatternException, RecursionError, AttributeError, TypeError) as error:
        raise BadSettingError(f"Invalid filter pattern definition. {error}") from None
    return compiled


def _matches(pattern: Mapping[str, Any], content: Mapping[str, Any]) -> bool:
    try:
        return bool(_ENGINE.evaluate_pattern_on_event(pattern, {"data": content}))
    except (AttributeError, TypeError):  # a rule for texts met a number
        return False
