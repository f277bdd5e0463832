"""The local AWS, seen from the learner: start and stop it, look at it. Imports nothing else of the course.

`from lab import begin, wait_until_active` is what lessons use. The names are loaded when they are
asked for: LocalStack's process imports this package too, for its modules of rules, and must stay light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.beginning import begin as begin
    from lab.connection import connect as connect
    from lab.connection import wait_until_active as wait_until_active
    from lab.errors import LabError as LabError

_HOMES = {
    "begin": "lab.beginning",
    "connect": "lab.connection",
    "wait_until_active": "lab.connection",
    "LabError": "lab.errors",
}

__all__ = ["LabError", "begin", "connect", "wait_until_active"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
