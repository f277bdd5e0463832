"""Task `apply`: bring streams to what is wanted, in the lab."""

from collections.abc import Mapping
from random import Random
from typing import Any

from grader.tasks.declaration import Criterion, Misconception, Runs, Task
from grader.tasks.scenarios import Provisioning

LESSON = "course/10-operations.ipynb"

CALLS_OF_BOTO3 = list(range(1, 11))
"""More than boto3 makes of one call, with each of its modes of retries."""


def _stream(shards: int, retention: int = 24, **tags: str) -> dict[str, Any]:
    return {"shards": shards, "retention": retention, "tags": {"managed-by": "tool"} | tags}


def _fails(operation: str) -> dict[str, Any]:
    return {"operation": f"kinesis.{operation}", "requests": CALLS_OF_BOTO3}


def _loses(operation: str) -> dict[str, Any]:
    """The call takes effect and its answer is lost; boto3 tries again."""
    return {"operation": f"kinesis.{operation}", "requests": [1], "after": True}


GAMES: Mapping[str, Any] = {"games": {"shards": 1, "retention": 48, "tags": {"owner": "another team"}}}


def _hidden(rng: Random) -> Provisioning:
    few, odd = rng.randint(2, 4), 2 * rng.randint(3, 6) + 1
    wanted = {
        "web": _stream(few * rng.randint(3, 5), 24 * rng.randint(3, 6), owner="shop", tier=str(few)),
        "audit": _stream(rng.randint(2, 5), rng.randint(25, 200), owner="compliance"),
        "sensors": _stream(odd // 2, rng.randint(24, 30), owner="field"),
    }
    there = GAMES | {
        "web": _stream(few, rng.choice((24, 48)), owner="kim"),
        "sensors": _stream(odd, 72, owner="field", note="by hand"),
    }
    struck = rng.choice(
        (
            [_fails("IncreaseStreamRetentionPeriod")],
            [_fails("AddTagsToStream")],
            [_loses("CreateStream")],
            [_loses("UpdateShardCount")],
        )
    )
    return Provisioning(wanted, there, struck)


TASK = Task(
    id="apply",
    title="Apply: bring streams to what is wanted",
    function="apply",
    read=f"{LESSON}, “Apply”",
    runs=Runs(
        visible=(
            Provisioning({"web": _stream(12, 48, owner="shop")}, {"web": _stream(3, owner="shop")}),
            Provisioning(
                {"audit": _stream(3, 168, owner="compliance"), "web": _stream(3, 24, owner="shop")},
                GAMES | {"web": _stream(7, 48, owner="kim", note="by hand")},
            ),
            Provisioning(
                {"audit": _stream(2, 36, owner="compliance"), "web": _stream(4, owner="shop")},
                GAMES | {"web": _stream(1)},
                [_fails("IncreaseStreamRetentionPeriod")],
            ),
        ),
        hidden=_hidden,
        hidden_count=2,
        seconds=30,
    ),
    parts=(
        Criterion(
            "state", 3, "must leave each stream with the shards, the retention and the tags that are wanted"
        ),
        Criterion("steps", 1, "must call UpdateShardCount no more often than the rule forces"),
        Criterion("again", 2, "must change nothing when all is right"),
        Criterion("foreign", 1, "must leave streams alone that `wanted` does not name"),
    ),
    misconceptions=(
        Misconception(
            id="one_update",
            words="The shards did not change. A target beyond double or below half is refused: go there in "
            "several updates.",
        ),
        Misconception(
            id="makes_anew",
            words="A stream was deleted and made anew. That loses its records: change it where it is.",
        ),
        Misconception(
            id="made_and_left",
            words="A new stream keeps 24 hours. CreateStream does not take a retention: raise it afterwards.",
        ),
        Misconception(
            id="new_ones_only",
            words="The retention of a stream that was there already did not change.",
        ),
        Misconception(
            id="only_longer",
            words="A retention that is to be shorter did not change. Shorter is an operation of its own, "
            "DecreaseStreamRetentionPeriod.",
        ),
        Misconception(
            id="no_tags",
            words="Tags are missing. A stream that was there already needs AddTagsToStream.",
        ),
        Misconception(
            id="does_not_look",
            words="The same calls again, though nothing differed. Look first, and call only where it "
            "differs.",
        ),
        Misconception(
            id="cleans_up",
            words="You touched a stream that `wanted` does not name. It belongs to somebody else.",
        ),
    ),
    hints=(
        "For each stream: look at it (describe_stream_summary raises ResourceNotFoundException when it is "
        "not "
        "there), and make only the calls for what differs. Keep no notes of what you did.",
        "Shards: one update after the other, min(target, 2 × now) or max(target, half rounded up), and wait "
        'after each: kinesis.get_waiter("stream_exists").wait(StreamName=...).',
        "Retention: longer and shorter are two operations. Tags: list_tags_for_stream gives a list of Key "
        "and "
        "Value; add_tags_to_stream takes a dictionary, and only what is missing.",
    ),
)
