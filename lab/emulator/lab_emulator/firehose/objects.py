"""How a batch becomes an object in S3: its bucket, its name, its bytes.

Source: Firehose guide, "Configure Amazon S3 object name format"; how AWS marks objects: seen there,
reported publicly.
"""

import gzip
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localstack.aws.connect import connect_to

from lab_emulator.firehose.buffers import BACKUP, ERRORS, Batch
from lab_emulator.firehose.object_names import NamePlan


@dataclass(frozen=True)
class Target:
    """A bucket and how objects are written into it."""

    bucket: str
    names: NamePlan
    zipped: bool


@dataclass(frozen=True)
class Writer:
    """Writes with the account's own clients. `backup`: none without backup."""

    account: str
    region: str
    delivery: Target
    errors: Target
    backup: Target | None = None

    def write(self, batch: Batch) -> tuple[str, str]:
        """The bucket and the key. Raises ClientError, BotoCoreError, OSError when S3 does not take it."""
        kind = batch.place.kind
        target = self.errors if kind == ERRORS else self.delivery
        if kind == BACKUP and self.backup is not None:
            target = self.backup
        oldest = datetime.fromtimestamp(batch.oldest_ms / 1000, UTC)
        key = target.names.name(oldest, dict(batch.place.keys), batch.place.error)
        s3 = connect_to(aws_access_key_id=self.account, region_name=self.region).s3
        content = b"".join(batch.parts)
        marks: dict[str, Any] = {"ContentType": "application/octet-stream"}
        if target.zipped:
            content, marks["ContentEncoding"] = gzip.compress(content), "gzip"
        s3.put_object(Bucket=target.bucket, Key=key, Body=content, **marks)
        return target.bucket, key
