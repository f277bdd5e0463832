"""AWS/Firehose: what puts, reads, functions and deliveries add to the metrics of a Firehose stream.

Names, units and meanings: Firehose guide, "Monitor Amazon Data Firehose with CloudWatch metrics". Here the
freshness is measured at each delivery and each try: how old the oldest record of the object is then.
"""

from collections.abc import Sequence
from typing import Final

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudwatch.metric_store import METRICS, Sample, dimensions
from lab_emulator.firehose.buffers import BACKUP, DELIVERY, Batch

NAMESPACE: Final = "AWS/Firehose"
BYTES, COUNT, SECONDS, MILLISECONDS = "Bytes", "Count", "Seconds", "Milliseconds"
_PREFIXES: Final = {DELIVERY: "DeliveryToS3", BACKUP: "BackupToS3"}


class Meter:
    """Of one Firehose stream."""

    def __init__(self, account: str, region: str, name: str) -> None:
        self._where = (account, region, NAMESPACE)
        self._of = dimensions(DeliveryStreamName=name)

    def add(self, *samples: Sample) -> None:
        METRICS.add(self._where, ACCOUNTS[self._where[0]].now(), self._of, samples)

    def put(self, operation: str, sizes: Sequence[int], milliseconds: float) -> None:
        """A PutRecord or PutRecordBatch that was taken."""
        total, number = sum(sizes), len(sizes)
        samples: list[Sample] = [
            ("IncomingBytes", BYTES, total),
            ("IncomingRecords", COUNT, number),
            ("IncomingPutRequests", COUNT, 1),
            (f"{operation}.Bytes", BYTES, total),
            (f"{operation}.Requests", COUNT, 1),
            (f"{operation}.Latency", MILLISECONDS, milliseconds),
        ]
        if operation == "PutRecordBatch":
            samples.append((f"{operation}.Records", COUNT, number))
        self.add(*samples)

    def read(self, sizes: Sequence[int], behind_ms: float) -> None:
        """A GetRecords on the source that gave something."""
        self.add(
            ("DataReadFromKinesisStream.Bytes", BYTES, sum(sizes)),
            ("DataReadFromKinesisStream.Records", COUNT, len(sizes)),
            ("KinesisMillisBehindLatest", MILLISECONDS, behind_ms),
        )

    def processed(self, milliseconds: float, good_bytes: int, good: int, of: int) -> None:
        """A batch of OF records came back from the function, GOOD of them Ok or Dropped."""
        self.add(
            ("ExecuteProcessing.Duration", MILLISECONDS, milliseconds),
            ("ExecuteProcessing.Success", COUNT, good / of),
            ("SucceedProcessing.Bytes", BYTES, good_bytes),
            ("SucceedProcessing.Records", COUNT, good),
        )

    def partitions(self, active: int, *, exceeded: bool) -> None:
        samples: list[Sample] = [("PartitionCount", COUNT, active)]
        self.add(*samples, ("PartitionCountExceeded", COUNT, 1 if exceeded else 0))

    def tried(self, batch: Batch, age: float, *, worked: bool) -> None:
        """An object was written, or was not."""
        prefix = _PREFIXES.get(batch.place.kind)
        if prefix is None:
            return
        samples: list[Sample] = [
            (f"{prefix}.Success", COUNT, 1 if worked else 0),
            (f"{prefix}.DataFreshness", SECONDS, age),
        ]
        if worked:
            samples.append((f"{prefix}.Bytes", BYTES, batch.size))
            samples.append((f"{prefix}.Records", COUNT, len(batch.parts)))
            if prefix == "DeliveryToS3":
                samples.append((f"{prefix}.ObjectCount", COUNT, 1))
        self.add(*samples)
