"""Streams brought to what files say: made, scaled in legal steps, kept as long, tagged; no other touched."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from botocore.exceptions import ClientError

from grader.tasks.scenarios.stage import Spoiled, Stage, Verdict
from lab.rules.quotas import legal_shard_counts

LOOKS: Final = ("kinesis.Describe", "kinesis.List", "kinesis.Get", "kinesis.Subscribe")
UPDATE: Final = "kinesis.UpdateShardCount"
TAG: Final = "managed-by"
GONE: Final = "ResourceNotFoundException"

Settings = Mapping[str, Any]
"""Of a stream: "shards", "retention" (hours), "tags"."""


@dataclass(frozen=True)
class Provisioning:
    """The learner's `function(wanted)` brings each stream of WANTED, by its name, to its settings.

    `wanted` and `there` map a short name to the settings that a stream is to have, or has at first; a stream
    of `there` that `wanted` does not name is another team's. Quotas are AWS's. `struck`: rules of faults
    (docs/lab.md) that interrupt the first call; where there are some, what it raises breaks nothing. The
    function is called a second time, without faults, and then everything must be right; a third time, where
    it must change nothing.

    The form of the work (steps, again, foreign) counts only where the streams came to what was wanted.
    """

    wanted: Mapping[str, Settings]
    there: Mapping[str, Settings]
    struck: Sequence[Mapping[str, Any]] = ()
    name: ClassVar[str] = "provisioning"
    criteria: ClassVar[tuple[str, ...]] = ("state", "steps", "again", "foreign")

    def play(self, stage: Stage) -> Verdict:
        names = {base: stage.stream_to_come(base) for base in {**self.there, **self.wanted}}
        for base, settings in self.there.items():
            _make(stage, names[base], settings)
        wanted = {names[base]: dict(settings) for base, settings in self.wanted.items()}
        foreign = [names[base] for base in self.there if base not in self.wanted]
        before = {name: _seen(stage, name) for name in [names[base] for base in self.there]}
        stage.quotas("aws")
        stage.faults(*self.struck)
        first = _changes_of(stage, wanted)
        stage.faults()
        second = _changes_of(stage, wanted) if self.struck else Counter[str]()
        after = {name: _seen(stage, name) for name in [*wanted, *foreign]}
        third = _changes_of(stage, wanted)
        return self._judge(wanted, foreign, before, after, first + second, third)

    def _judge(
        self,
        wanted: Mapping[str, Settings],
        foreign: Sequence[str],
        before: Mapping[str, Any],
        after: Mapping[str, Any],
        made: Counter[str],
        again: Counter[str],
    ) -> Verdict:
        broken: dict[str, str] = {}
        sign = None
        for name, settings in wanted.items():
            words, told = _differs(settings, before.get(name), after[name])
            if words:
                broken["state"] = f"the stream {_short(name)} {words}"
                sign = told if told != "one_update" or made[UPDATE] else None
                break
        if touched := [name for name in foreign if after[name] != before[name]]:
            was = "is gone" if after[touched[0]] is None else "was changed"
            broken["foreign"] = f"the stream {_short(touched[0])}, which `wanted` does not name, {was}."
            sign = "cleans_up"
        fewest = sum(_fewest(settings, before.get(name)) for name, settings in wanted.items())
        if not self.struck and made[UPDATE] > fewest:
            broken["steps"] = f"it called UpdateShardCount {made[UPDATE]} times, where {fewest} are enough."
        if again and "state" not in broken:
            told = ", ".join(sorted(name.removeprefix("kinesis.") for name in again))
            broken["again"] = f"all was right, and it called {told} once more."
            sign = sign or "does_not_look"
        if "state" in broken:
            words = "the streams did not come to what was wanted, so this shows nothing."
            broken |= {name: words for name in self.criteria if name not in broken}
        return Verdict(broken, sign)


def _make(stage: Stage, name: str, settings: Settings) -> None:
    kinesis = stage.client("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=settings["shards"], Tags=dict(settings["tags"]))
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
    if (hours := settings["retention"]) > 24:
        kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=hours)


def _seen(stage: Stage, name: str) -> dict[str, Any] | None:
    """A stream as it is, with the time at which it was made; None when there is none."""
    try:
        now = stage.summary(name)
        tags = stage.client("kinesis").list_tags_for_stream(StreamName=name)["Tags"]
    except Spoiled:
        return None
    except ClientError as error:
        if error.response["Error"]["Code"] == GONE:
            return None
        raise
    return {
        "shards": now["OpenShardCount"],
        "retention": now["RetentionPeriodHours"],
        "tags": {tag["Key"]: tag["Value"] for tag in tags},
        "made": now["StreamCreationTimestamp"],
    }


def _changes_of(stage: Stage, wanted: Mapping[str, Settings]) -> Counter[str]:
    """How often each operation was called that is not one to look, in one call of the learner's function."""
    before = Counter(stage.calls())
    stage.work(wanted={name: dict(settings) for name, settings in wanted.items()})
    made = Counter(stage.calls()) - before
    return Counter({name: count for name, count in made.items() if not name.startswith(LOOKS)})


def _differs(wanted: Settings, before: Any, after: Any) -> tuple[str, str | None]:
    """What is not as wanted, as the end of a sentence, and the misconception that it shows."""
    if after is None:
        return "is not there afterwards.", None
    if before is not None and before["made"] != after["made"]:
        return "was deleted and made anew: its records are lost.", "makes_anew"
    if after["shards"] != wanted["shards"]:
        far = before is not None and wanted["shards"] not in legal_shard_counts(before["shards"])
        sign = "one_update" if far and after["shards"] == before["shards"] else None
        return f"has {after['shards']} open shards afterwards, not {wanted['shards']}.", sign
    if after["retention"] != wanted["retention"]:
        sign = None
        if after["retention"] == (before["retention"] if before else 24):
            sign = "new_ones_only" if before else "made_and_left"
            sign = "only_longer" if before and wanted["retention"] < before["retention"] else sign
        return f"keeps its records {after['retention']} hours, not {wanted['retention']}.", sign
    missing = wanted["tags"].items() - after["tags"].items()
    if missing:
        return f"lacks the tag {min(missing)[0]!r}, or it has another value.", "no_tags"
    return "", None


def _fewest(wanted: Settings, before: Any) -> int:
    """How many updates of the shard count are enough."""
    if before is None:
        return 0
    now, steps = before["shards"], 0
    while now != wanted["shards"]:
        reach = legal_shard_counts(now)
        now = min(max(wanted["shards"], reach[0]), reach[-1])
        steps += 1
    return steps


def _short(name: str) -> str:
    """The part of a stream's name that is the same in every run."""
    return name.split("-")[0]
