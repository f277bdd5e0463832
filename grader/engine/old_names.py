"""Names that modules had until November 2026: checks that were kept of a release of before import them.

To be deleted with its uses, in `plan` and `versions` beside it, after 31 December 2027: by then no submission
that was made from such a release is graded any more.
"""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Mapping
from typing import Final

NOW: Final[Mapping[str, str]] = {
    "grader.compare": "grader.tasks.compare",
    "grader.policies": "grader.tasks.policies",
    "grader.scenarios": "grader.tasks.scenarios",
    "grader.scenarios.replaying": "grader.tasks.scenarios.replaying",
    "grader.scenarios.sending": "grader.tasks.scenarios.sending",
    "grader.task": "grader.tasks.declaration",
    "lab.hash_space": "lab.rules.hash_space",
    "lab.kpl_format": "lab.rules.kpl_format",
    "lab.prices": "lab.rules.prices",
    "lab.quotas": "lab.rules.quotas",
}
"""All that checks imported then, and where it is now."""


@contextlib.contextmanager
def importable() -> Iterator[None]:
    """Inside, the old names can be imported; outside, nothing knows them."""
    added = [old for old in NOW if old not in sys.modules]
    sys.modules.update({old: importlib.import_module(NOW[old]) for old in added})
    try:
        yield
    finally:
        for old in added:
            del sys.modules[old]
