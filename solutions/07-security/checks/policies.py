"""What the policy tasks share: the streams that they are drawn for, statements, questions."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

Statement = dict[str, Any]


Document = dict[str, Any]


Question = dict[str, Any]


REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2")


STREAMS = ("orders", "clicks", "payments", "sensors", "logins")


def allow_statement(actions: str | Sequence[str], resource: str | Sequence[str], **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def document(*statements: Statement) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def ask(
    says: str,
    action: str,
    resource: str,
    *,
    allowed: bool,
    caller: str,
    context: Mapping[str, str] | None = None,
) -> Question:
    return {
        "says": says,
        "caller": caller,
        "action": action,
        "resource": resource,
        "context": dict(context or {}),
        "allowed": allowed,
    }


def arn_of(name: str, region: str = "us-east-1", account: str = "111122223333") -> str:
    return f"arn:aws:kinesis:{region}:{account}:stream/{name}"


def arn_of_key(number: int, region: str = "us-east-1", account: str = "111122223333") -> str:
    return f"arn:aws:kms:{region}:{account}:key/{number:08x}-12ab-34cd-56ef-1234567890ab"


def parts_of(arn: str) -> tuple[str, str, str]:
    """Region, account and name of a stream."""
    _, _, _, region, account, resource = arn.split(":", 5)
    return region, account, resource.removeprefix("stream/")


def session_of(account: str, role: str = "program") -> str:
    return f"arn:aws:sts::{account}:assumed-role/{role}/run-7"


def neighbours(stream: str) -> dict[str, str]:
    """Streams that are not meant, by how they differ."""
    region, account, name = parts_of(stream)
    elsewhere = "eu-west-1" if region != "eu-west-1" else "us-east-1"
    return {
        "a stream with a longer name": arn_of(f"{name}-archive", region, account),
        "a stream with another name": arn_of(f"old-{name}", region, account),
        "the stream of this name in another region": arn_of(name, elsewhere, account),
        "the stream of this name in another account": arn_of(name, region, "999988887777"),
    }


def draw_stream(rng: Random) -> str:
    return arn_of(rng.choice(STREAMS), rng.choice(REGIONS), f"{rng.randint(10**11, 10**12 - 1)}")


ORDERS, CLICKS = arn_of("orders"), arn_of("clicks")
