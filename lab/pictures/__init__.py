"""Everything that a lesson draws, or prints as a table. For looking only: nothing here calls AWS.

`from lab.pictures import hash_ring` is what lessons write. The names are loaded when they are asked for, so
that a table does not pay for matplotlib. May import `lab.kcl`, `lab.rules` and the modules at `lab`'s top.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lab.pictures.access import access_matrix as access_matrix
    from lab.pictures.aggregates import byte_table as byte_table
    from lab.pictures.calls import retry_timelines as retry_timelines
    from lab.pictures.capacity_modes import day_by_mode as day_by_mode
    from lab.pictures.consumers import delays as delays
    from lab.pictures.consumers import invocation_timeline as invocation_timeline
    from lab.pictures.delivery import Files as Files
    from lab.pictures.delivery import Filling as Filling
    from lab.pictures.delivery import buffer_levels as buffer_levels
    from lab.pictures.delivery import files_against_freshness as files_against_freshness
    from lab.pictures.journeys import journey as journey
    from lab.pictures.leases import lease_timeline as lease_timeline
    from lab.pictures.metrics import day_dashboard as day_dashboard
    from lab.pictures.metrics import shard_bars as shard_bars
    from lab.pictures.metrics import write_dashboard as write_dashboard
    from lab.pictures.retention import Age as Age
    from lab.pictures.retention import Reading as Reading
    from lab.pictures.retention import age_against_retention as age_against_retention
    from lab.pictures.retention import rolling_window as rolling_window
    from lab.pictures.sending import Sending as Sending
    from lab.pictures.sending import compare as compare
    from lab.pictures.shards import hash_ring as hash_ring
    from lab.pictures.shards import shard_tree as shard_tree
    from lab.pictures.tables import Table as Table
    from lab.pictures.tables import shard_table as shard_table

_HOMES = {
    "Age": "retention",
    "Files": "delivery",
    "Filling": "delivery",
    "Reading": "retention",
    "Sending": "sending",
    "Table": "tables",
    "access_matrix": "access",
    "age_against_retention": "retention",
    "buffer_levels": "delivery",
    "byte_table": "aggregates",
    "compare": "sending",
    "day_by_mode": "capacity_modes",
    "delays": "consumers",
    "files_against_freshness": "delivery",
    "day_dashboard": "metrics",
    "hash_ring": "shards",
    "invocation_timeline": "consumers",
    "journey": "journeys",
    "lease_timeline": "leases",
    "retry_timelines": "calls",
    "rolling_window": "retention",
    "shard_bars": "metrics",
    "shard_table": "tables",
    "shard_tree": "shards",
    "write_dashboard": "metrics",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lab.pictures' has no attribute {name!r}")
    return getattr(import_module(f"lab.pictures.{_HOMES[name]}"), name)
