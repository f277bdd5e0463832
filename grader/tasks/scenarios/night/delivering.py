"""A delivery into S3 on launch night: quiet minutes, a peak, and the files that the settings make of them."""

import gzip
import json
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from botocore.exceptions import BotoCoreError, ClientError

from grader.tasks.brief import in_brief
from grader.tasks.scenarios.stage import Spoiled, Stage, Verdict
from lab.errors import LabError
from lab.rules.quotas import FIREHOSE_BUFFER_DEFAULT_MIB, FIREHOSE_BUFFER_DEFAULT_SECONDS, KIB, MIB

SECONDS: Final = 30.0
"""How long Firehose may take to write what is due."""
RECORD_BYTES: Final = 512 * KIB
PLACE: Final = re.compile(r"/day=\d{4}-\d\d-\d\d/hour=\d\d/[^/]+")


@dataclass(frozen=True)
class Delivering:
    """The learner's function returns the settings of a delivery into FOLDER of a bucket.

    They are the ExtendedS3DestinationConfiguration of a Firehose stream; the function gets `role_arn`,
    `bucket_arn`, `folder`, `fresh_seconds` and `file_mib`. Two events come in the quiet part, half of
    `fresh_seconds` apart; then the peak, events for `peak_files` files of `file_mib` and a half. No event may
    wait longer than `fresh_seconds`, and there may be no more files than that. Each event is a line, and each
    file lies in `FOLDER/day=YYYY-MM-DD/hour=HH/`.
    """

    folder: str
    fresh_seconds: int
    file_mib: int
    peak_files: int = 2
    name: ClassVar[str] = "night-delivering"
    criteria: ClassVar[tuple[str, ...]] = ("fresh", "files", "lines", "places")

    def play(self, stage: Stage) -> Verdict:
        bucket = stage.bucket("night")
        arn = f"arn:aws:s3:::{bucket}"
        settings = stage.call(
            role_arn=f"arn:aws:iam::{stage.account}:role/delivery",
            bucket_arn=arn,
            folder=self.folder,
            fresh_seconds=self.fresh_seconds,
            file_mib=self.file_mib,
        )
        if not isinstance(settings, dict) or settings.get("BucketARN") != arn:
            raise Spoiled("it returned no settings for the bucket of bucket_arn.")
        try:
            with _firehose(stage, settings) as name:
                return self._verdict(_Night(self, stage, name, _hints(settings)), bucket)
        except (ClientError, BotoCoreError) as error:
            words = f"Firehose does not take these settings: {in_brief(str(error))}"
            return Verdict(dict.fromkeys(self.criteria, words))

    def _verdict(self, night: "_Night", bucket: str) -> Verdict:
        night.quiet()
        night.peak()
        night.flush()
        return self._judge(night, night.stage.objects(bucket))

    def _judge(self, night: "_Night", files: Mapping[str, bytes]) -> Verdict:
        broken: dict[str, str] = {}
        sign: str | None = None
        if night.late:
            broken["fresh"] = (
                f"{self.fresh_seconds} seconds after an event had come it was still in the buffer, which "
                f"waits for {night.seconds} seconds."
            )
            sign = "stale"
        if len(files) > (most := self.peak_files + 2):
            broken["files"] = f"the night made {len(files)} files, where {most} are enough."
            sign = sign or ("small_files" if night.mib < self.file_mib else "hasty")
        if night.mib > self.file_mib:
            broken["files"] = (
                f"a file of the peak may have {night.mib} MiB, and {self.file_mib} were asked for."
            )
            sign = sign or "large_files"
        texts = {key: _text(data) for key, data in files.items()}
        lines = [line for text in texts.values() for line in text.splitlines()]
        if wrong := sum(not _is_event(line) for line in lines):
            broken["lines"] = f"{wrong} of {len(lines)} lines are not one event as JSON."
            sign = sign or "joined"
        elsewhere = [key for key in files if not PLACE.fullmatch(key.removeprefix(self.folder))]
        if elsewhere:
            broken["places"] = f"{len(elsewhere)} files lie elsewhere, the first is {elsewhere[0][:120]!r}."
            sign = sign or "default_prefix"
        if not files:
            broken = dict.fromkeys(self.criteria, "nothing was delivered.")
        return Verdict(broken, sign)


class _Night:
    """Events put into the Firehose stream NAME, and the account's clock moved on."""

    def __init__(self, run: Delivering, stage: Stage, name: str, hints: tuple[int, int]) -> None:
        self.run, self.stage, self.name = run, stage, name
        self.seconds, self.mib = hints
        self.late = self.seconds > run.fresh_seconds
        self.waited = 0
        """Seconds since the oldest event in the buffer came; 0 when it is empty."""
        self.filled = 0

    def quiet(self) -> None:
        for _ in range(2):
            self._put(1)
            self._pass(self.run.fresh_seconds // 2)
        self._pass(self.run.fresh_seconds % 2)

    def peak(self) -> None:
        if self.filled:
            self.flush()
        self._put((2 * self.run.peak_files + 1) * self.run.file_mib * MIB // (2 * RECORD_BYTES), RECORD_BYTES)

    def flush(self) -> None:
        """Let the time pass that the buffer waits for, and more."""
        self.stage.clock(hours=(self.seconds + 1) / 3600)
        self._wait()

    def _put(self, count: int, size: int = 0) -> None:
        body = "x" * size
        firehose = self.stage.client("firehose")
        for number in range(count):
            data = json.dumps({"id": f"{number:06d}", "kind": "score", "body": body}).encode()
            firehose.put_record(DeliveryStreamName=self.name, Record={"Data": data})
        self.filled += count

    def _pass(self, seconds: int) -> None:
        """Move the clock on, and let Firehose write when it is time."""
        self.stage.clock(hours=seconds / 3600)
        self.waited += seconds
        if self.filled and self.waited >= self.seconds:
            self._wait()

    def _wait(self) -> None:
        until = time.monotonic() + SECONDS
        while self.stage.look("firehose")["waiting"].get(self.name, {}).get("records", 0):
            if time.monotonic() > until:
                raise LabError(f"Firehose has not written what is due in {SECONDS:g} seconds.")
            time.sleep(0.02)
        self.filled = self.waited = 0


def _hints(settings: Mapping[str, Any]) -> tuple[int, int]:
    """The seconds and MiB of a buffer, with Firehose's own where none are given."""
    hints = settings.get("BufferingHints", {})
    seconds = hints.get("IntervalInSeconds", FIREHOSE_BUFFER_DEFAULT_SECONDS)
    return seconds, hints.get("SizeInMBs", FIREHOSE_BUFFER_DEFAULT_MIB)


@contextmanager
def _firehose(stage: Stage, settings: Any) -> Iterator[str]:
    """A Firehose stream with these settings as long as it is needed. Raises botocore's errors."""
    firehose, name = stage.client("firehose"), stage.name("night")
    firehose.create_delivery_stream(
        DeliveryStreamName=name, DeliveryStreamType="DirectPut", ExtendedS3DestinationConfiguration=settings
    )
    try:
        yield name
    finally:
        firehose.delete_delivery_stream(DeliveryStreamName=name)


def _text(data: bytes) -> str:
    plain = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    return plain.decode(errors="replace")


def _is_event(line: str) -> bool:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(event, dict) and "id" in event
