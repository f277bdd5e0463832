"""A stream in use is to be encrypted with a given key, and the function proves that it is.

Source of the rules: API model, StartStreamEncryption (only records written afterwards are encrypted;
PutRecord's answer and GetRecords say how each is).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from grader.tasks.compare import kind_of
from grader.tasks.scenarios.stage import Stage, Verdict

DAYS_UNTIL_KEY_IS_GONE = 7
"""The shortest time that KMS keeps a key that is to be deleted (API model: ScheduleKeyDeletion)."""

Records = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Encryption:
    """The learner's function, given a stream that holds RECORDS records and a key's ARN, starts encryption.

    It returns the sequence number of an encrypted record that it wrote itself. Then the grader looks: is it
    this key, is what is written from now on encrypted, is what was there before still there, once and as it
    was. Leaving it as it was is worth something only where encryption was started.
    """

    records: int
    shards: int = 1
    seed: int = 1
    name: ClassVar[str] = "encryption"
    criteria: ClassVar[tuple[str, ...]] = ("key", "proof", "kept")

    def play(self, stage: Stage) -> Verdict:
        stream = stage.stream("orders", self.shards)
        with _a_key(stage) as key:
            self._fill(stage, stream)
            before = stage.records(stream)
            answer = stage.call(stream_name=stream, key_arn=key)
            written = stage.records(stream)
            found = (
                self._key(stage, stream, key),
                self._proof(answer, before, written),
                self._kept(stage, before, written),
            )
        broken = {name: words for name, (words, _) in zip(self.criteria, found, strict=True) if words}
        if broken.keys() >= {"key", "proof"} and found[0][1] == "not_started":
            broken.setdefault("kept", "nothing was encrypted, so there was nothing to take care of.")
        return Verdict(broken, next((sign for _, sign in found if sign), None))

    def _fill(self, stage: Stage, stream: str) -> None:
        rng = Random(self.seed)
        entries = [
            {"PartitionKey": f"customer-{rng.randrange(10**6)}", "Data": f"order {number}".encode()}
            for number in range(self.records)
        ]
        stage.kinesis.call("PutRecords", StreamName=stream, Records=entries)

    def _key(self, stage: Stage, stream: str, key: str) -> tuple[str, str | None]:
        stage.wait_until_active(stream)
        summary = stage.summary(stream)
        if summary.get("EncryptionType", "NONE") == "NONE":
            return "the stream is not encrypted afterwards.", "not_started"
        if (used := str(summary["KeyId"])) not in (key, key.rpartition("/")[2]):
            sign = "managed_key" if used.endswith("alias/aws/kinesis") else None
            return f"the stream is encrypted with {used}, not with the key that was given.", sign
        later = stage.kinesis.call("PutRecord", StreamName=stream, PartitionKey="after", Data=b"after")
        if later.get("EncryptionType") != "KMS":
            return "a record that was written afterwards is not encrypted.", None
        return "", None

    def _proof(self, answer: Any, before: Records, written: Records) -> tuple[str, str | None]:
        if not isinstance(answer, str):
            return f"it returned {kind_of(answer)}. Expected: a sequence number, a `str`.", None
        proof = next((record for record in written if record["SequenceNumber"] == answer), None)
        if proof is None:
            return "no record in the stream has the sequence number that it returned.", None
        if _identity(proof) in map(_identity, before):
            return "it returned the sequence number of a record from before.", "old_record"
        if proof.get("EncryptionType") != "KMS":
            return "the record whose sequence number it returned is not encrypted.", "too_early"
        return "", None

    def _kept(self, stage: Stage, before: Records, written: Records) -> tuple[str, str | None]:
        if stage.calls().get("kinesis.DeleteStream"):
            return "it called DeleteStream.", "anew"
        there, known = set(map(_identity, written)), set(map(_identity, before))
        if gone := known - there:
            return f"of the {len(before)} records from before {len(gone)} are gone.", None
        old = {record["Data"] for record in before}
        if any(data in old for _, data in there - known):
            return "records from before were written again.", "writes_again"
        return "", None


def _identity(record: Mapping[str, Any]) -> tuple[str, bytes]:
    """A stream that is made anew in the same second can give out the same sequence numbers again."""
    return record["SequenceNumber"], record["Data"]


@contextmanager
def _a_key(stage: Stage) -> Iterator[str]:
    """The ARN of a fresh customer managed key, which is scheduled for deletion afterwards."""
    kms = stage.client("kms")
    key = str(kms.create_key(Description="made by a check")["KeyMetadata"]["Arn"])
    try:
        yield key
    finally:
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=DAYS_UNTIL_KEY_IS_GONE)
