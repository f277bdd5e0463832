"""Trails: which events go to which bucket, and how they get there.

Source: CloudTrail user guide, "Finding your CloudTrail log files". AWS delivers about every five minutes; the
lab every few seconds of real time (LAB_TRAIL_SECONDS).
"""

import gzip
import logging
import os
import secrets
import string
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudtrail.log import Entry, log_of

LOG = logging.getLogger(__name__)
DEFAULT_SECONDS: Final = 2.0
_LETTERS: Final = string.ascii_letters + string.digits


@dataclass
class Trail:
    """One trail. Times are the account's, seconds since 1970."""

    account_id: str
    region: str
    """Its home."""
    partition: str
    name: str
    bucket: str
    prefix: str | None = None
    multi_region: bool = False
    global_events: bool = True
    logging: bool = False
    started: float | None = None
    stopped: float | None = None
    delivered: float | None = None
    """When a file was written last."""
    problem: str | None = None
    """The error of the last attempt, unless it worked."""
    after: int = 0
    """Serial of the newest event that was delivered, or that came before the logging."""
    until: int | None = None
    """Serial of the last event before the logging was stopped."""
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def arn(self) -> str:
        return f"arn:{self.partition}:cloudtrail:{self.region}:{self.account_id}:trail/{self.name}"

    def start(self) -> None:
        """Log from now on."""
        with self.lock:
            if not self.logging:
                self.logging, self.started = True, ACCOUNTS[self.account_id].now()
                self.after, self.until = log_of(self.account_id).last, None

    def stop(self) -> None:
        """Log no more; what happened before is still delivered."""
        with self.lock:
            if self.logging:
                self.logging, self.stopped = False, ACCOUNTS[self.account_id].now()
                self.until = log_of(self.account_id).last

    def takes(self, entry: Entry) -> bool:
        """Whether the trail is about an event: one of its region, or of a service without regions."""
        if entry.is_global:
            return self.global_events
        return self.multi_region or entry.region == self.region

    def deliver(self) -> None:
        """Write what happened since the last time, a file for each region."""
        with self.lock:
            if not self.logging and self.until is None:
                return
            entries = log_of(self.account_id).after(self.after, self.until)
            if not entries:
                return
            by_region: defaultdict[str, list[Entry]] = defaultdict(list)
            for entry in entries:
                if self.takes(entry):
                    by_region[entry.region].append(entry)
            try:
                for region, theirs in by_region.items():
                    self._write(region, theirs)
            except (ClientError, BotoCoreError) as error:
                # The events stay, and are tried again: AWS does so for 30 days.
                self.problem = _code(error)
                return
            self.after = entries[-1].serial
            if by_region:
                self.problem, self.delivered = None, ACCOUNTS[self.account_id].now()

    def _write(self, region: str, entries: list[Entry]) -> None:
        body = '{"Records":[' + ",".join(entry.text for entry in entries) + "]}"
        from localstack.aws.connect import connect_to  # when something is delivered, and not before

        s3 = connect_to(aws_access_key_id=self.account_id, region_name=self.region).s3
        s3.put_object(
            Bucket=self.bucket,
            Key=self.key(region),
            Body=gzip.compress(body.encode()),
            ContentType="application/json",
            ContentEncoding="gzip",
        )

    def key(self, region: str) -> str:
        """A new name of a file for the events of REGION."""
        when = datetime.fromtimestamp(ACCOUNTS[self.account_id].now(), UTC)
        unique = "".join(secrets.choice(_LETTERS) for _ in range(16))
        name = f"{self.account_id}_CloudTrail_{region}_{when:%Y%m%dT%H%MZ}_{unique}.json.gz"
        folder = f"AWSLogs/{self.account_id}/CloudTrail/{region}/{when:%Y/%m/%d}/{name}"
        return f"{self.prefix}/{folder}" if self.prefix else folder


def _code(error: Exception) -> str:
    response: Any = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)


class Trails:
    """All trails, by ARN, and the thread that delivers for them once there are any."""

    def __init__(self) -> None:
        self._by_arn: dict[str, Trail] = {}
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def add(self, trail: Trail) -> None:
        with self._lock:
            self._by_arn[trail.arn] = trail
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lab-trail", daemon=True)
                self._thread.start()

    def remove(self, trail: Trail) -> None:
        """Forget a trail. What it has not delivered is not delivered any more."""
        with self._lock:
            self._by_arn.pop(trail.arn, None)

    def of(self, account_id: str) -> list[Trail]:
        with self._lock:
            return [trail for trail in self._by_arn.values() if trail.account_id == account_id]

    def forget(self, account_id: str) -> None:
        for trail in self.of(account_id):
            self.remove(trail)

    def _run(self) -> None:
        seconds = float(os.environ.get("LAB_TRAIL_SECONDS") or DEFAULT_SECONDS)
        pause = threading.Event()
        while not pause.wait(seconds):
            for trail in list(self._by_arn.values()):
                try:
                    trail.deliver()
                except Exception:
                    LOG.exception("The trail %s could not be delivered; it is tried again", trail.arn)


TRAILS = Trails()
