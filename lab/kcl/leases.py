"""The tables that KCL keeps in DynamoDB: who holds which shard's lease, and how far it has come.

The attributes are those of KCL's DynamoDBLeaseSerializer; a table's name is the application's.
"""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

NOT_THERE = "ResourceNotFoundException"


@dataclass(frozen=True)
class Lease:
    """One row of the lease table."""

    shard: str
    owner: str | None
    """Name of the worker; None: nobody's."""
    checkpoint: str
    """A sequence number, or TRIM_HORIZON, LATEST, AT_TIMESTAMP, SHARD_END."""
    counter: int
    """Raised by the owner at each renewal; one that stands still is an owner that is gone."""
    owner_switches: int
    """Owners since the last checkpoint."""
    parents: tuple[str, ...]


def leases(dynamodb: Any, application: str) -> list[Lease]:
    """The lease table of APPLICATION by shard, empty while there is no table."""
    rows = _rows(dynamodb, application)
    return sorted((_lease(row) for row in rows if "checkpoint" in row), key=lambda lease: lease.shard)


def leader(dynamodb: Any, application: str) -> str | None:
    """The worker that gives out leases, by the lock in the table "<application>-CoordinatorState".

    A leader that was killed stays until its lock is two minutes old (DynamoDBLockBasedLeaderDecider).
    """
    for row in _rows(dynamodb, f"{application}-CoordinatorState"):
        if row.get("key", {}).get("S") == "Leader" and "ownerName" in row:
            return str(row["ownerName"]["S"])
    return None


def _rows(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    try:
        pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [row for page in pages for row in page["Items"]]
    except ClientError as error:
        if error.response["Error"]["Code"] == NOT_THERE:
            return []
        raise


def _lease(row: dict[str, Any]) -> Lease:
    return Lease(
        shard=row["leaseKey"]["S"],
        owner=row.get("leaseOwner", {}).get("S"),
        checkpoint=row["checkpoint"]["S"],
        counter=int(row.get("leaseCounter", {}).get("N", 0)),
        owner_switches=int(row.get("ownerSwitchesSinceCheckpoint", {}).get("N", 0)),
        parents=tuple(sorted(row.get("parentShardId", {}).get("SS", ()))),
    )
