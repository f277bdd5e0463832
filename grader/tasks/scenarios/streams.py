"""A stream brought into a wanted state: shards, retention, mode, encryption, record size, resource policy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from grader.tasks.policies import Decides
from grader.tasks.scenarios.stage import Stage, Verdict

ASPECTS = ("shards", "retention_hours", "mode", "encryption", "max_record_kib")


def aspects(summary: Mapping[str, Any]) -> dict[str, Any]:
    """What of a DescribeStreamSummary a state speaks of."""
    return {
        "shards": summary["OpenShardCount"],
        "retention_hours": summary["RetentionPeriodHours"],
        "mode": summary.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED"),
        "encryption": summary.get("EncryptionType", "NONE"),
        "max_record_kib": summary.get("MaxRecordSizeInKiB", 1024),
    }


@dataclass(frozen=True)
class StreamState:
    """The learner's function, given a stream's name and ARN and ARGUMENTS, brings it to the state WANTED.

    `wanted` holds aspects of a stream (see ASPECTS) and, under "policy", questions to its resource policy.
    `start` holds the aspects that it has before: shards, retention_hours. A second stream stands beside it,
    which must stay as it is, and the function is called twice: a second time must change nothing.
    """

    wanted: Mapping[str, Any]
    start: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    name: ClassVar[str] = "stream_state"
    criteria: ClassVar[tuple[str, ...]] = ("state", "others_untouched", "repeatable")

    def play(self, stage: Stage) -> Verdict:
        stream, other = self._make(stage, "mine"), self._make(stage, "other")
        before = aspects(stage.summary(other))
        given = {"stream_name": stream, "stream_arn": stage.summary(stream)["StreamARN"], **self.arguments}
        stage.work(all_or_nothing=True, **given)
        broken = {}
        if words := self._differs(stage, stream):
            broken["state"] = words
        if aspects(stage.summary(other)) != before:
            broken["others_untouched"] = "another stream of the account was changed."
        broken |= self._again(stage, stream, given)
        return Verdict(broken)

    def _make(self, stage: Stage, base: str) -> str:
        stream = stage.stream(base, self.start.get("shards", 1))
        if hours := self.start.get("retention_hours"):
            longer = "IncreaseStreamRetentionPeriod"
            stage.kinesis.call(longer, StreamName=stream, RetentionPeriodHours=hours)
        return stream

    def _differs(self, stage: Stage, stream: str) -> str | None:
        has = aspects(stage.summary(stream))
        for aspect in ASPECTS:
            if aspect in self.wanted and has[aspect] != self.wanted[aspect]:
                return f"the stream's {aspect} is {has[aspect]} afterwards, not {self.wanted[aspect]}."
        if "policy" not in self.wanted:
            return None
        arn = stage.summary(stream)["StreamARN"]
        policy = stage.client("kinesis").get_resource_policy(ResourceARN=arn)["Policy"]
        questions = [{**question, "resource": arn} for question in self.wanted["policy"]]
        words = Decides("resource").differs({"questions": questions}, json.loads(policy or "{}"))
        return f"the stream's policy {words}." if words else None

    def _again(self, stage: Stage, stream: str, given: Mapping[str, Any]) -> dict[str, str]:
        state = aspects(stage.summary(stream))
        stage.work(all_or_nothing=True, **given)
        if aspects(stage.summary(stream)) != state:
            return {"repeatable": "a second call changed the stream again."}
        return {}
