"""What nbgrader's own commands do otherwise in this course: `nbgrader_config.py` asks for it.

They read the times of hand-ins as the grader does: by itself nbgrader takes "+0100" for 100 seconds and
"CEST" for UTC, so that it would count other seconds. And its autograde, formgrader's button too, runs no
learner's code: it would run it without a sandbox, as whoever grades, and put its marks in place of ours.
"""

import os
import sys
from datetime import UTC, datetime
from typing import Any, Final

from nbgrader import utils

from grader.classroom.due import parse_timestamp

READERS: Final = ("nbgrader.utils", "nbgrader.coursedir", "nbgrader.apps.api", "nbgrader.api")
SWITCH: Final = "NBGRADER_TRUSTS_SUBMISSIONS"
WHY: Final = (
    "nbgrader's autograde is switched off here. It would run the learners' code without a sandbox, with your "
    "rights, and write its own marks over those of the grader. Run in a terminal: grader autograde {0}, then "
    "grader gradebook {0}. For submissions that you trust with your files, start formgrader or nbgrader "
    f"with {SWITCH}=1 in its environment."
)
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


def refuse_to_autograde() -> None:
    """In this process nbgrader's autograde refuses, with words, unless the environment has SWITCH = 1."""
    if os.environ.get(SWITCH) == "1":
        return
    from nbgrader import converters  # slow to import, and the gradebook's writer needs none of it
    from nbgrader.converters.base import NbGraderException

    def refuse(autograde: Any) -> None:
        words = WHY.format(autograde.coursedir.assignment_id or "ASSIGNMENT")
        # Formgrader shows the log; the command `nbgrader autograde` prints it.
        autograde.log.error(words)
        raise NbGraderException(words)

    vars_of: Any = converters.Autograde
    vars_of.start = refuse
