"""Task `endpoint_policy`: admit one stream through a VPC endpoint."""

from collections.abc import Callable
from typing import Any

from grader.tasks.declaration import Cases, Misconception, Task
from grader.tasks.policies import Decides

from .policies import (
    ORDERS,
    Document,
    allow_statement,
    arn_of,
    ask,
    document,
    draw_stream,
    neighbours,
    parts_of,
    session_of,
)

LESSON = "course/07-security.ipynb"


def endpoint_policy(stream_arn: str) -> dict[str, Any]:
    _, account, _ = parts_of(stream_arn)
    writer, reader = session_of(account, "checkout"), session_of(account, "analytics")
    consumer = f"{stream_arn}/consumer/fraud:1764000000"
    asked = [
        ask("a producer puts a record", "kinesis:PutRecord", stream_arn, allowed=True, caller=writer),
        ask("a consumer reads records", "kinesis:GetRecords", stream_arn, allowed=True, caller=reader),
        ask("another role puts a record", "kinesis:PutRecord", stream_arn, allowed=True, caller=reader),
        ask(
            "an operator looks at it",
            "kinesis:DescribeStreamSummary",
            stream_arn,
            allowed=True,
            caller=reader,
        ),
        ask(
            "a fan-out consumer of the stream subscribes",
            "kinesis:SubscribeToShard",
            consumer,
            allowed=True,
            caller=reader,
        ),
    ]
    for how, other in neighbours(stream_arn).items():
        says = f"somebody puts a record into {how}"
        asked.append(ask(says, "kinesis:PutRecord", other, allowed=False, caller=writer))
    elsewhere = f"{neighbours(stream_arn)['a stream with a longer name']}/consumer/fraud:1764000000"
    says = "a fan-out consumer of a stream with a longer name subscribes"
    asked.append(ask(says, "kinesis:SubscribeToShard", elsewhere, allowed=False, caller=reader))
    says = "somebody lists all streams"
    asked.append(ask(says, "kinesis:ListStreams", "*", allowed=False, caller=writer))
    return {"questions": asked}


def _endpoint(
    resource: Callable[[str], str | list[str]],
    actions: str | list[str] = "kinesis:*",
    principal: Callable[[str], Any] = lambda _: "*",
) -> Callable[[str], Document]:
    return lambda stream_arn: document(
        allow_statement(actions, resource(stream_arn), Principal=principal(stream_arn))
    )


def _with_consumers(stream: str) -> list[str]:
    return [stream, f"{stream}/consumer/*"]


def _only_denies(stream_arn: str) -> Document:
    return document(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kinesis:*",
            "NotResource": _with_consumers(stream_arn),
        }
    )


TASK = Task(
    id="endpoint_policy",
    title="Admit one stream through a VPC endpoint",
    function="endpoint_policy",
    oracle=endpoint_policy,
    compare=Decides("endpoint"),
    read=f"{LESSON}, “A private door: the VPC endpoint”",
    parts=(
        Cases(
            id="one_stream_only",
            points=3,
            says="must let calls through about this stream and its consumers, and no others",
            visible=(
                {"stream_arn": ORDERS},
                {"stream_arn": arn_of("clicks", "eu-west-1", "444455556666")},
            ),
            hidden=lambda rng: {"stream_arn": draw_stream(rng)},
            hidden_count=4,
        ),
    ),
    misconceptions=(
        Misconception(
            id="open_door",
            words='"Resource": "*" lets calls to every stream through, those of other accounts too.',
            model=_endpoint(lambda _: "*"),
        ),
        Misconception(
            id="longer_streams",
            words="A wildcard right after the stream's name also fits streams with longer names. "
            "Consumers have "
            'ARNs that go on with "/consumer/": put the wildcard after that.',
            model=_endpoint(lambda stream: f"{stream}*"),
        ),
        Misconception(
            id="no_consumers",
            words="You shut out the stream's fan-out consumers. They have ARNs of their own: the stream's "
            'ARN with "/consumer/NAME:TIME" at the end.',
            model=_endpoint(lambda stream: stream),
        ),
        Misconception(
            id="writes_only",
            words="You let only writing through. A caller's own policies say which actions it may use. The "
            "endpoint's policy says which stream.",
            model=_endpoint(_with_consumers, ["kinesis:PutRecord", "kinesis:PutRecords"]),
        ),
        Misconception(
            id="one_caller",
            words="You name one role, so all others are shut out. The endpoint is for every caller: "
            '"Principal": "*".',
            model=_endpoint(
                _with_consumers, principal=lambda s: {"AWS": f"arn:aws:iam::{parts_of(s)[1]}:role/checkout"}
            ),
        ),
        Misconception(
            id="denies_only",
            words="A policy that only denies lets nothing through: what no statement allows is "
            "denied anyway.",
            model=_only_denies,
        ),
    ),
    hints=(
        "An endpoint's policy is a list of what may pass. Who asks is left to the callers' own policies, so "
        "it names everybody; what it names narrowly is the resource.",
        '"Principal": "*", "Action": "kinesis:*", and two resources: the stream, and its consumers.',
        "The consumers' ARNs begin with the stream's: f\"{stream_arn}/consumer/*\" fits them all and "
        "no other "
        "stream.",
    ),
)
