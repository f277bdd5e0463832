"""An hour in which one thing goes wrong with a stream, really. Metrics, trail and settings show what.

from lab.incidents import Cast, play
told = play(Cast(stream, role), seed=1)
told.cause

Faults of the lab play no part: each cause is what it is on AWS, made by plain calls.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from lab import clock, iam
from lab.control import control
from lab.load import wait_until_full
from lab.rules.hash_space import is_open

CAUSES: Final = ("hot key", "dead consumer", "retention too short", "policy change")
STEPS, STEP_MINUTES = 15, 4
"""Shorter than the five minutes for which a shard iterator is valid."""
ORDINARY_RECORDS: Final = 20
HOT_RECORDS: Final = 60
SMALL: Final = 0.05
"""Scale of the quotas: a shard takes 50 records a second, so that little load is too much for it."""
WEEKEND_HOURS, REST_HOURS = 30, 3
SHORT_HOURS: Final = 24


@dataclass(frozen=True)
class Cast:
    """Who plays: the stream's name, and the name of the role whose session writes to it."""

    stream: str
    role: str


@dataclass(frozen=True)
class Incident:
    """What was played. `cause` is one of CAUSES; `lost`: records that the consumer never saw."""

    began: str
    cause: str = field(repr=False)
    lost: int = field(repr=False)


def play(cast: Cast, seed: int) -> Incident:
    """Play one hour on CAST's stream, with a cause and a beginning that SEED draws; the clock moves on.

    Writes go by a session of the role, under IAM, into shards that are made small; a consumer reads every
    four minutes. IAM and quotas stand afterwards as before. The role must be allowed PutRecords, and the
    stream must keep its records for more than 24 hours.
    """
    rng = Random(seed)
    cause, start = rng.choice(CAUSES), rng.randint(4, 7)
    was_on = iam.is_enforced()
    began = clock.next_minute()
    scene = _Scene(cast)
    iam.enforce(True)
    try:
        for step in range(STEPS):
            scene.step(cause if step >= start else "", first=step == start)
            clock.advance(minutes=STEP_MINUTES)
    finally:
        iam.enforce(was_on)
    return Incident(began.isoformat(timespec="minutes"), cause, scene.written - scene.read)


class _Scene:
    """The producer, the consumer and whoever changes what they stand on."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.stream: Any = {"StreamName": cast.stream}
        self.kinesis = boto3.client("kinesis")
        self.producer = self._session()
        shards = self.kinesis.list_shards(**self.stream)["Shards"]
        self.places = {
            shard["ShardId"]: self._place(shard["ShardId"], "LATEST") for shard in shards if is_open(shard)
        }
        self.written = self.read = 0

    def step(self, cause: str, first: bool) -> None:
        if first and cause == "retention too short":
            self._weekend()
        elif first and cause == "policy change":
            self._narrow()
        hot = HOT_RECORDS if cause == "hot key" else 0
        with self._small_shards():
            wait_until_full(self.cast.stream)
            self._write([f"tile-{n}" for n in range(ORDINARY_RECORDS)] + ["tile-7"] * hot)
        if cause != "dead consumer":
            self._read()

    @contextmanager
    def _small_shards(self) -> Iterator[None]:
        """For writes alone: the scale would leave a reader one call in four seconds."""
        lab = control()
        scale = lab.look("quotas")["scale"]
        lab.set("quotas", scale=SMALL)
        try:
            yield
        finally:
            lab.set("quotas", scale=scale)

    def _weekend(self) -> None:
        """Somebody shortens the retention; the consumer rests for longer than that, which it may."""
        self.kinesis.decrease_stream_retention_period(**self.stream, RetentionPeriodHours=SHORT_HOURS)
        for _ in range(WEEKEND_HOURS // REST_HOURS):
            self._write([f"tile-{n}" for n in range(ORDINARY_RECORDS)])
            clock.advance(hours=REST_HOURS)
            self.producer = self._session()
        self.places = {shard: self._place(shard, "TRIM_HORIZON") for shard in self.places}
        self._read(Limit=1)  # the first of the backlog: as far behind as a reader can be

    def _narrow(self) -> None:
        """Somebody writes the role's policies anew, and forgets PutRecords."""
        arn = self.kinesis.describe_stream_summary(**self.stream)["StreamDescriptionSummary"]["StreamARN"]
        grant = {"Effect": "Allow", "Action": "kinesis:PutRecord", "Resource": arn}
        document = json.dumps({"Version": "2012-10-17", "Statement": [grant]})
        roles = boto3.client("iam")
        which = {"RoleName": self.cast.role}
        for name in roles.list_role_policies(**which)["PolicyNames"]:
            roles.put_role_policy(**which, PolicyName=name, PolicyDocument=document)

    def _write(self, keys: list[str]) -> None:
        entries: Any = [{"PartitionKey": key, "Data": b"reading"} for key in keys]
        try:
            answer = self.producer.put_records(**self.stream, Records=entries)
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDeniedException":
                raise
            return
        self.written += len(keys) - answer["FailedRecordCount"]

    def _read(self, **most: Any) -> None:
        for shard, place in self.places.items():
            answer = self.kinesis.get_records(ShardIterator=place, **most)
            self.read += len(answer["Records"])
            self.places[shard] = answer["NextShardIterator"]

    def _place(self, shard: str, kind: Any) -> str:
        return self.kinesis.get_shard_iterator(**self.stream, ShardId=shard, ShardIteratorType=kind)[
            "ShardIterator"
        ]

    def _session(self) -> Any:
        """A Kinesis client of the role. The lab's root user can assume a role only while IAM is off."""
        on = iam.is_enforced()
        iam.enforce(False)
        role = boto3.client("iam").get_role(RoleName=self.cast.role)["Role"]["Arn"]
        given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="producer")["Credentials"]
        iam.enforce(on)
        keys = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
        return boto3.Session(*keys).client("kinesis")
