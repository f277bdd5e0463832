"""Whether a submission's waits may pass quickly in a run, decided from its text, outside its process.

It needs a scenario on which time has no bearing (`hurries`), and code that reads no clock but those of
`time`, which move by what was waited (`grader.inside.pace`). Any other code is run as slowly as it waits.
"""

import re
from collections.abc import Iterable
from typing import Final

from grader.inside.imports import modules_in
from grader.tasks.scenarios.stage import Scenario

PACE: Final = 50.0
"""So many seconds of waiting pass in one."""
OTHER_CLOCKS: Final = re.compile(
    r"datetime|timestamp|clock|times\b|async|await|thread|exec|eval|__|import_module|globals|vars\b|getattr|"
    r"open\b|signal|_ns\b|strftime|ctime|gmtime|localtime|headers",
    re.IGNORECASE,
)
"""Words of code that may read another clock, or do something else in the meantime."""
COMMANDS: Final = re.compile(r"^\s*[%!]|=\s*[%!]|\bget_ipython\b", re.MULTILINE)
"""IPython's own."""
WITHOUT_CLOCKS: Final = frozenset(
    {"base64", "bisect", "boto3", "botocore", "collections", "copy", "dataclasses", "decimal", "enum",
     "fractions", "functools", "grader", "hashlib", "heapq", "itertools", "json", "math", "operator",
     "random", "re", "statistics", "string", "textwrap", "time", "typing"}
)  # fmt: skip
"""Modules that give no other clock by a name of theirs."""


def pace_of(scenario: Scenario, texts: Iterable[str]) -> float:
    """PACE or 1. TEXTS: all the code of a submission, its modules with it."""
    hurries = bool(getattr(scenario, "hurries", False))
    return PACE if hurries and all(map(reads_no_other_clock, texts)) else 1.0


def reads_no_other_clock(text: str) -> bool:
    """Whether that is certain from the words."""
    if OTHER_CLOCKS.search(text) or COMMANDS.search(text):
        return False
    return all(name in WITHOUT_CLOCKS for name in modules_in(text))
