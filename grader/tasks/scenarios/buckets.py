"""Objects in a bucket: what the learner's function wrote there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from grader.tasks.scenarios.stage import Stage, Verdict


@dataclass(frozen=True)
class BucketState:
    """The learner's function, given a bucket's name and ARGUMENTS, writes the objects WANTED: text by key.

    The bucket holds the objects of START before; those that are not in `wanted` must be gone, or kept.
    """

    wanted: Mapping[str, str]
    start: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    name: ClassVar[str] = "bucket_state"
    criteria: ClassVar[tuple[str, ...]] = ("complete", "content", "nothing_else")

    def play(self, stage: Stage) -> Verdict:
        bucket = stage.bucket("objects")
        for key, text in self.start.items():
            stage.client("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())
        stage.work(all_or_nothing=True, bucket=bucket, **self.arguments)
        found = stage.objects(bucket)
        broken = {}
        if missing := self.wanted.keys() - found.keys():
            broken["complete"] = f"{len(missing)} of {len(self.wanted)} objects are missing."
        wrong = [key for key, text in self.wanted.items() if found.get(key, text.encode()) != text.encode()]
        if wrong:
            broken["content"] = f"{len(wrong)} of {len(self.wanted)} objects hold something else."
        if extra := found.keys() - self.wanted.keys():
            broken["nothing_else"] = f"{len(extra)} objects are there that should not be."
        return Verdict(broken)
