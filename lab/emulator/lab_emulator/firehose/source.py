"""A Kinesis stream as a Firehose stream's source.

Source: Amazon Data Firehose Developer Guide, "Writing to Firehose using Kinesis Data Streams": it reads from
LATEST on, calls GetRecords once a second for each shard, and shares the shards' limits with other readers.
Here it is a client of the lab's own Kinesis: quotas, retention and the clock are for it too.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

LOG = logging.getLogger(__name__)
POLL_SECONDS: Final = 1.0
FETCH_AGAIN: Final = frozenset({"ExpiredIteratorException"})
GONE: Final = frozenset({"ResourceNotFoundException", "InvalidArgumentException"})

Take = Callable[[str, Any], None]
"""Takes a shard's id and the answer of one GetRecords that has records."""


class StreamSource:
    """Reads every shard of a stream, in the background, until it is stopped or the stream is gone.

    `began`: when it starts, by the clock of the stream's account. `may_read`: asked before each call.
    """

    def __init__(
        self, kinesis: Any, stream_arn: str, take: Take, may_read: Callable[[], bool], began: datetime
    ) -> None:
        self._kinesis, self._arn, self._take, self._may_read = kinesis, stream_arn, take, may_read
        self._stopped = threading.Event()
        self._iterators: dict[str, str] = {}
        self._last_read: dict[str, str] = {}
        """By shard: the sequence number of its last record."""
        self._began = began
        self._first: set[str] = set()
        """The shards that were open at the start; what they held before is not for Firehose."""

    def start(self) -> None:
        """From the tip of every open shard on. Raises ClientError when the stream can't be read."""
        answer = self._kinesis.list_shards(StreamARN=self._arn, ShardFilter={"Type": "AT_LATEST"})
        for shard in answer["Shards"]:
            self._first.add(shard["ShardId"])
            self._iterators[shard["ShardId"]] = self._iterator(shard["ShardId"], "LATEST")
        threading.Thread(target=self._run, name="lab-firehose-source", daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            for shard_id in list(self._iterators):
                if self._stopped.is_set() or not self._may_read():
                    break
                try:
                    self._read(shard_id)
                except ClientError as error:
                    self._recover(shard_id, str(error.response["Error"]["Code"]))
                except (BotoCoreError, OSError) as error:  # the next round tries again
                    LOG.warning("Firehose can't read %s now: %s", self._arn, error)

    def _read(self, shard_id: str) -> None:
        answer = self._kinesis.get_records(ShardIterator=self._iterators[shard_id], StreamARN=self._arn)
        records = answer["Records"]
        if records and not self._stopped.is_set():
            self._take(shard_id, answer)
            self._last_read[shard_id] = records[-1]["SequenceNumber"]
        if following := answer.get("NextShardIterator"):
            self._iterators[shard_id] = following
            return
        del self._iterators[shard_id]
        for child in answer.get("ChildShards", ()):
            if child["ShardId"] not in self._iterators and child["ShardId"] not in self._last_read:
                self._iterators[child["ShardId"]] = self._iterator(child["ShardId"], "TRIM_HORIZON")

    def _recover(self, shard_id: str, code: str) -> None:
        """Throttled: the next round tries again. Expired, since the clock was moved: a new iterator."""
        if code in GONE:
            LOG.warning("Firehose stops reading %s of %s: %s", shard_id, self._arn, code)
            del self._iterators[shard_id]
        elif code in FETCH_AGAIN:
            try:
                self._iterators[shard_id] = self._continued(shard_id)
            except ClientError as error:
                LOG.warning("Firehose can't continue %s: %s", shard_id, error)

    def _continued(self, shard_id: str) -> str:
        last = self._last_read.get(shard_id)
        if last is not None:
            return self._iterator(shard_id, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=last)
        if shard_id in self._first:
            return self._iterator(shard_id, "AT_TIMESTAMP", Timestamp=self._began)
        return self._iterator(shard_id, "TRIM_HORIZON")

    def _iterator(self, shard_id: str, kind: str, **more: Any) -> str:
        answer = self._kinesis.get_shard_iterator(
            StreamARN=self._arn, ShardId=shard_id, ShardIteratorType=kind, **more
        )
        return str(answer["ShardIterator"])
