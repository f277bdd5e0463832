"""nbgrader's own commands read the times of hand-ins as the grader does: `nbgrader_config.py` asks for it.

By itself nbgrader takes "+0100" for 100 seconds and "CEST" for UTC, so that it would count other seconds.
"""

import sys
from datetime import UTC, datetime
from typing import Any, Final

from nbgrader import utils

from grader.classroom.due import parse_timestamp

READERS: Final = ("nbgrader.utils", "nbgrader.coursedir", "nbgrader.apps.api", "nbgrader.api")
_by_nbgrader: Final = utils.parse_utc


def in_utc(given: Any) -> Any:
    """As nbgrader's `parse_utc`: UTC without a zone. Raises ValueError for a text that is no time."""
    when = parse_timestamp(given) if isinstance(given, str) else None
    if when is None:
        return _by_nbgrader(given)
    return naive(when)


def read_times_as_we_do() -> None:
    """In this process, wherever nbgrader reads a time from now on."""
    for name in READERS:
        module = sys.modules.get(name)
        if module is not None and hasattr(module, "parse_utc"):
            vars(module)["parse_utc"] = in_utc


def naive(when: datetime) -> datetime:
    """nbgrader keeps UTC without a zone."""
    return when.astimezone(UTC).replace(tzinfo=None)
