"""The one parser of the ARNs of streams and their consumers: what is no whole ARN is refused.

Whoever decides by an ARN, the emulator or the grader's border, takes it apart here, so that no two of them
read one text in two ways. Standard library only. Sources: API model (botocore 1.44.5), StreamARN,
ConsumerARN, StreamName, ConsumerName; AWS General Reference, "Amazon Resource Names (ARNs)", for the
partitions.
"""

import re
from dataclasses import dataclass
from typing import Final

PARTITIONS: Final = ("aws", "aws-cn", "aws-us-gov")

_NAME: Final = r"[a-zA-Z0-9_.-]{1,128}"
_ARN: Final = re.compile(
    rf"arn:(?P<partition>{'|'.join(PARTITIONS)}):kinesis:(?P<region>[a-z]{{2,4}}(?:-[a-z]+)+-[0-9]{{1,2}})"
    rf":(?P<account>[0-9]{{12}}):stream/(?P<stream>{_NAME})"
    rf"(?:/consumer/(?P<consumer>{_NAME}):(?P<created>0|[1-9][0-9]{{0,18}}))?",
    re.ASCII,
)


class NoArnError(ValueError):
    """A text is no ARN of a stream, or of a consumer; the message says which was expected."""


@dataclass(frozen=True)
class StreamArn:
    """One stream of one account and Region."""

    partition: str
    region: str
    account: str
    name: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:kinesis:{self.region}:{self.account}:stream/{self.name}"


@dataclass(frozen=True)
class ConsumerArn:
    """A registered consumer of a stream. `created`: seconds since 1970."""

    stream: StreamArn
    name: str
    created: int

    def __str__(self) -> str:
        return f"{self.stream}/consumer/{self.name}:{self.created}"


def parse(text: str) -> StreamArn | ConsumerArn:
    """What an ARN names. Raises NoArnError for everything that is not exactly such an ARN."""
    found = _ARN.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise NoArnError(f"{text!r} is no ARN of a Kinesis stream or consumer")
    stream = StreamArn(found["partition"], found["region"], found["account"], found["stream"])
    if found["consumer"] is None:
        return stream
    return ConsumerArn(stream, found["consumer"], int(found["created"]))


def stream_arn(text: str) -> StreamArn:
    """The ARN of a stream. Raises NoArnError, for a consumer's too."""
    found = parse(text)
    if not isinstance(found, StreamArn):
        raise NoArnError(f"{text!r} is the ARN of a consumer, not of a stream")
    return found


def consumer_arn(text: str) -> ConsumerArn:
    """The ARN of a consumer. Raises NoArnError, for a stream's too."""
    found = parse(text)
    if not isinstance(found, ConsumerArn):
        raise NoArnError(f"{text!r} is the ARN of a stream, not of a consumer")
    return found


def owner_of(text: str) -> str:
    """The account (12 digits) that owns the stream or consumer of an ARN. Raises NoArnError."""
    found = parse(text)
    return found.account if isinstance(found, StreamArn) else found.stream.account
