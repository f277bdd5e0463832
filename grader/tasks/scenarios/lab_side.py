"""The lab as the grader sees it: one account's switches, its own clients, and what it made there."""

import functools
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from grader.tasks.scenarios.plain_kinesis import PlainKinesis
from lab.aws.environment import REGION, SECRET
from lab.control import SECONDS as ANSWER_SECONDS
from lab.control import Control
from lab.errors import LabError
from lab.machine.kept_line import Line
from lab.rules.control_token import HEADER

SECONDS = 30.0
"""How long a stream may take to become ACTIVE."""


MOST_RECORDS = 100_000
MOST_BYTES = 64 * 2**20
"""Of a stream or a bucket that the grader looks at."""


class TooMuchError(Exception):
    """There is more in it than the grader looks at; the words say how much that is."""


NEUTRAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "faults": {"rules": []},
    "quotas": {"mode": "off", "scale": 1.0},
    "iam": {"enabled": False},
}
"""No faults, no quotas, no IAM."""


@functools.cache
def _session() -> Any:
    """One for the process: what it has read of the services' models, the next client need not read again."""
    import boto3

    return boto3.session.Session()


@functools.lru_cache(maxsize=16)
def _client(control: Control, service: str) -> Any:
    """A client whose calls carry the control token; one for all the runs of a submission."""
    from botocore.config import Config

    made = _session().client(
        service,
        endpoint_url=control.endpoint,
        region_name=REGION,
        aws_access_key_id=control.account,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 5}),
    )

    def sign(request: Any, **_: Any) -> None:
        request.headers[HEADER] = control.token

    made.meta.events.register("before-sign", sign)
    return made


class LabSide:
    """The account of CONTROL. Its calls carry the control token: the lab neither counts nor strikes them."""

    def __init__(self, control: Control) -> None:
        self._line = Line(control.endpoint, ANSWER_SECONDS)
        self._alone, self.control = control, control.on(self._line)
        self.account = control.account
        self.kinesis = PlainKinesis(control, self._line)
        self._streams: list[str] = []
        self._buckets: list[str] = []
        self._before: dict[str, Mapping[str, Any]] = {}

    def begin(self) -> None:
        """No faults, no quotas, no IAM, no calls counted: the same start for every run."""
        stood = self.control.look("all")
        self._before = {switch: stood[switch] for switch in ("quotas", "iam")}
        self.control.set_all(**NEUTRAL, calls={})

    def end(self) -> None:
        """The switches as they were, and nothing left of what was made."""
        with self._line:
            self._tidy()

    def _tidy(self) -> None:
        self.control.set_all(**NEUTRAL)
        for stream in self._streams:
            self._delete(stream)
        for bucket in self._buckets:
            self._empty(bucket)
        if self._before:
            self.control.set_all(**self._before)

    def client(self, service: str) -> Any:
        return _client(self._alone, service)

    def caller(self, service: str, given: Mapping[str, Any]) -> Any:
        """A client with the credentials that AssumeRole gave out; its calls carry no token."""
        from botocore.config import Config

        return _session().client(
            service,
            endpoint_url=self.control.endpoint,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
        )

    def make_stream(self, name: str, shards: int, options: Mapping[str, Any]) -> str:
        size = {} if "StreamModeDetails" in options else {"ShardCount": shards}
        self._streams.append(name)
        self.kinesis.call("CreateStream", StreamName=name, **size, **options)
        self.wait_until_active(name)
        return name

    def note_stream(self, name: str) -> str:
        """NAME, which is deleted at the end of the run, whoever makes it."""
        self._streams.append(name)
        return name

    def wait_until_active(self, stream: str) -> None:
        """Raises LabError when it is not ACTIVE in time."""
        until = time.monotonic() + SECONDS
        while (status := self.summary(stream)["StreamStatus"]) != "ACTIVE":
            if time.monotonic() > until:
                raise LabError(f"The stream {stream} is still {status} after {SECONDS:g} seconds.")
            time.sleep(0.02)

    def make_bucket(self, name: str) -> str:
        self._buckets.append(name)
        self.client("s3").create_bucket(Bucket=name)
        return name

    def summary(self, stream: str) -> dict[str, Any]:
        found = self.kinesis.call("DescribeStreamSummary", StreamName=stream)
        summary: dict[str, Any] = found["StreamDescriptionSummary"]
        return summary

    def write(self, stream: str, data: Mapping[str, str]) -> None:
        """A record for each partition key, in one call. Raises LabError."""
        entries = [{"PartitionKey": key, "Data": text.encode()} for key, text in data.items()]
        answer = self.kinesis.call("PutRecords", StreamName=stream, Records=entries)
        if answer["FailedRecordCount"]:
            raise LabError(f"The lab refused {answer['FailedRecordCount']} of {len(entries)} records.")

    def records(self, stream: str) -> list[dict[str, Any]]:
        """All records of a stream. Raises TooMuchError."""
        shards: list[dict[str, Any]] = []
        page: dict[str, Any] = {"StreamName": stream}
        while True:
            answer = self.kinesis.call("ListShards", **page)
            shards += answer["Shards"]
            if "NextToken" not in answer:
                found: list[dict[str, Any]] = []
                size = 0
                for shard in shards:
                    for record in self._shard(stream, shard):
                        size += len(record["Data"])
                        if len(found) >= MOST_RECORDS or size > MOST_BYTES:
                            raise TooMuchError(f"{MOST_RECORDS} records or {MOST_BYTES >> 20} MiB")
                        found.append(record)
                return found
            page = {"NextToken": answer["NextToken"]}

    def _shard(self, stream: str, shard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
        place = self.kinesis.call(
            "GetShardIterator",
            StreamName=stream,
            ShardId=shard["ShardId"],
            ShardIteratorType="TRIM_HORIZON",
        )
        iterator = place["ShardIterator"]
        while iterator:
            answer = self.kinesis.call("GetRecords", ShardIterator=iterator)
            yield from ({**record, "ShardId": shard["ShardId"]} for record in answer["Records"])
            caught_up = not closed and answer["MillisBehindLatest"] == 0
            iterator = None if caught_up else answer.get("NextShardIterator")

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Every object of a bucket by its key.

        Raises TooMuchError, and botocore's ClientError when there is no such bucket.
        """
        s3, size = self.client("s3"), 0
        found: dict[str, bytes] = {}
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for entry in page.get("Contents", ()):
                size += entry["Size"]
                if len(found) >= MOST_RECORDS or size > MOST_BYTES:
                    raise TooMuchError(f"{MOST_RECORDS} objects or {MOST_BYTES >> 20} MiB")
                found[entry["Key"]] = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        return found

    def _empty(self, bucket: str) -> None:
        s3 = self.client("s3")
        try:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
                for entry in page.get("Contents", ()):
                    s3.delete_object(Bucket=bucket, Key=entry["Key"])
            s3.delete_bucket(Bucket=bucket)
        except s3.exceptions.ClientError:
            return  # the learner's code has deleted it

    def _delete(self, stream: str) -> None:
        """A stream that may be gone already."""
        from botocore.exceptions import ClientError

        try:
            self.kinesis.call("DeleteStream", StreamName=stream, EnforceConsumerDeletion=True)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
