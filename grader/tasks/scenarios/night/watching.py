"""Alarms on launch night: calm minutes, refused writes, a reader that is late, and one that is dead.

Each part of the night has a stream, real calls and real alarms of its own; its minutes are the clock's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from botocore.exceptions import BotoCoreError, ClientError

from grader.tasks.brief import in_brief
from grader.tasks.scenarios.stage import Stage, Verdict

CROWD: Final = 40
"""Records of a minute that is too much for a shard."""
SCALE: Final = 0.01
"""Of the quotas in such a minute: a shard takes 10 records a second."""
SILENT_MINUTES: Final = 8
REFUSED_MINUTES: Final = 4
MOST_ALARMS: Final = 20
NEEDED: Final = (
    "Namespace", "MetricName", "Dimensions", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator",
)  # fmt: skip
"""What an alarm on a metric compares, and with what. boto3 asks for none of it by itself."""


@dataclass(frozen=True)
class Watching:
    """The learner's `alarms(stream_name, late_minutes)` returns settings of alarms, for PutMetricAlarm.

    In the calm part the stream is written to and read every minute, and in one minute writes are refused: no
    alarm may ring. In three more parts one must ring: when writes are refused in REFUSED_MINUTES in a row,
    when a reader comes to be more than `late_minutes` behind, and when no reader has called for
    SILENT_MINUTES. That nothing rings shows something only where something can.
    """

    late_minutes: int
    name: ClassVar[str] = "night-watching"
    criteria: ClassVar[tuple[str, ...]] = ("quiet", "refused", "late", "dead")

    def play(self, stage: Stage) -> Verdict:
        parts: Mapping[str, Callable[[_Part], None]] = {
            "quiet": _calm,
            "refused": _refused,
            "late": lambda part: _late(part, self.late_minutes),
            "dead": _dead,
        }
        rang, broken = {}, {}
        for name, happens in parts.items():
            stream = stage.stream(f"night-{name}")
            settings = stage.call(stream_name=stream, late_minutes=self.late_minutes)
            part = _Part(stage, stream)
            try:
                part.begin(settings)
                happens(part)
            except _NoAlarmError as error:
                return Verdict(dict.fromkeys(self.criteria, str(error)))
            except (ClientError, BotoCoreError) as error:
                words = f"CloudWatch does not take the alarm: {in_brief(str(error))}"
                return Verdict(dict.fromkeys(self.criteria, words))
            finally:
                part.end()
            rang[name] = part.rang
        if rang["quiet"]:
            broken["quiet"] = f"nothing was wrong, and this alarm rang: {rang['quiet'][0]}."
        told = {
            "refused": f"writes were refused in {REFUSED_MINUTES} minutes in a row, and no alarm rang.",
            "late": f"the reader came to be more than {self.late_minutes} minutes behind, and no alarm rang.",
            "dead": f"no reader called for {SILENT_MINUTES} minutes, and no alarm rang.",
        }
        broken |= {name: words for name, words in told.items() if not rang[name]}
        if broken.keys() >= told.keys():
            broken.setdefault("quiet", "no alarm ever rings, so that none rang shows nothing.")
        return Verdict(broken, self._sign(broken))

    def _sign(self, broken: Mapping[str, str]) -> str | None:
        signs = {"dead": "hears_no_silence", "quiet": "rings_at_once", "refused": "counts_successes"}
        return next((sign for name, sign in signs.items() if broken.keys() == {name}), None)


class _NoAlarmError(Exception):
    """What was returned is no list of settings; says what is wrong."""


class _Part:
    """A stream, its alarms, and minutes that pass."""

    def __init__(self, stage: Stage, stream: str) -> None:
        self.stage, self.stream = stage, stream
        self.kinesis, self.cloudwatch = stage.client("kinesis"), stage.client("cloudwatch")
        self.names: list[str] = []
        self.rang: list[str] = []
        self.iterator: str = ""
        self.first: str = ""

    def begin(self, settings: Any) -> None:
        """Two minutes of ordinary life, then the alarms. Raises _NoAlarmError, and botocore's errors."""
        self.write(1)
        self.place(ShardIteratorType="TRIM_HORIZON")
        for _ in range(2):
            self.write(2)
            self.read()
            self.stage.clock(hours=1 / 60)
        if not isinstance(settings, list) or not 0 < len(settings) <= MOST_ALARMS:
            raise _NoAlarmError("it returned no list of alarms, each a dictionary.")
        for number, one in enumerate(settings):
            if not isinstance(one, dict):
                raise _NoAlarmError("it returned a list with something that is no dictionary.")
            if missing := [key for key in NEEDED if key not in one]:
                raise _NoAlarmError(f"an alarm that it returned has no {', no '.join(missing)}.")
            name = f"{self.stream}-{number}"
            self.cloudwatch.put_metric_alarm(**{**one, "AlarmName": name})
            self.names.append(name)

    def end(self) -> None:
        self.cloudwatch.delete_alarms(AlarmNames=self.names)

    def write(self, count: int) -> None:
        entries = [{"PartitionKey": "player-1", "Data": b"{}"} for _ in range(count)]
        answer = self.kinesis.put_records(StreamName=self.stream, Records=entries)
        self.first = self.first or answer["Records"][0]["SequenceNumber"]

    def crowd(self) -> None:
        """More than the shard takes: some of it is refused."""
        with self.stage.crowded(SCALE):
            self.write(CROWD)

    def place(self, **where: Any) -> None:
        found = self.kinesis.get_shard_iterator(
            StreamName=self.stream, ShardId="shardId-000000000000", **where
        )
        self.iterator = found["ShardIterator"]

    def read(self, **most: Any) -> None:
        self.iterator = self.kinesis.get_records(ShardIterator=self.iterator, **most)["NextShardIterator"]

    def minute(self) -> None:
        """A minute passes; alarms that ring then are noted."""
        self.stage.clock(hours=1 / 60)
        found = self.cloudwatch.describe_alarms(AlarmNames=self.names)["MetricAlarms"]
        self.rang += [str(one["MetricName"])[:80] for one in found if one["StateValue"] == "ALARM"]


def _calm(part: _Part) -> None:
    for number in range(6):
        part.read()
        part.crowd() if number == 3 else part.write(2)
        part.minute()


def _refused(part: _Part) -> None:
    """Each minute something is stored too. Of the crowd alone perhaps nothing would be: what a shard takes
    fills up by the machine's seconds, and a quick machine leaves few between two of these minutes."""
    for _ in range(REFUSED_MINUTES):
        part.write(1)
        part.crowd()
        part.read()
        part.minute()


def _late(part: _Part, minutes: int) -> None:
    """The reader reads the same record again and again; it is read every minute, and its age grows."""
    for _ in range(minutes + 4):
        part.write(2)
        part.place(ShardIteratorType="AT_SEQUENCE_NUMBER", StartingSequenceNumber=part.first)
        part.read(Limit=1)
        part.minute()


def _dead(part: _Part) -> None:
    for _ in range(SILENT_MINUTES):
        part.write(2)
        part.minute()
