"""The real Kinesis Client Library against the lab: workers of one application, and what they do as data.

    from lab.kcl import Application

    with Application("orders-app", stream="orders", processor="processor.py") as app:
        app.start("worker-1")
        app.wait_for(lambda event: event.kind == "checkpoint")
        app.leases()

`Rehearsal` speaks KCL's protocol to a record processor by itself, without Java, in milliseconds. The names
are loaded when they are asked for: a record processor's relay imports this package too, and must start fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.kcl.application import Application as Application
    from lab.kcl.events import Event as Event
    from lab.kcl.events import Record as Record
    from lab.kcl.leases import Lease as Lease
    from lab.kcl.rehearsal import Rehearsal as Rehearsal

_HOMES = {
    "Application": "lab.kcl.application",
    "Event": "lab.kcl.events",
    "Lease": "lab.kcl.leases",
    "Record": "lab.kcl.events",
    "Rehearsal": "lab.kcl.rehearsal",
}

__all__ = ["Application", "Event", "Lease", "Record", "Rehearsal"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lab.kcl' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
