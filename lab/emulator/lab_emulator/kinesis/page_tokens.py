"""Tokens of pages: signed, valid for 300 seconds of the lab's clock (API model: ListShardsInput,
ListStreamConsumersInput)."""

from typing import Any

from lab.rules import quotas
from lab.rules.arn import StreamArn, stream_arn
from lab_emulator.kinesis.store.errors import ExpiredNextTokenException, InvalidArgumentException
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import SEAL

Content = dict[str, Any]


def sealed(stream: Stream, kind: str, **content: Any) -> str:
    """A token of now, for pages of KIND, that holds CONTENT."""
    whole = {"kind": kind, "arn": str(stream.arn), "stream": stream.token.hex(), "issued": stream.clock()}
    return SEAL.token(**whole, **content)


def opened(token: str, kind: str) -> Content:
    """What a token of KIND holds. Raises InvalidArgumentException."""
    try:
        content = SEAL.content(token)
    except ValueError:
        content = {}
    if content.get("kind") != kind:
        raise InvalidArgumentException("Invalid NextToken.")
    return content


def arn_of(token: str, kind: str) -> StreamArn:
    """The stream that a token belongs to. Raises InvalidArgumentException."""
    return stream_arn(opened(token, kind)["arn"])


def opened_for(stream: Stream, token: str, kind: str) -> Content:
    """The same, for a call on STREAM. Raises ExpiredNextTokenException too."""
    content = opened(token, kind)
    if content["stream"] != stream.token.hex():
        raise InvalidArgumentException("Invalid NextToken: it belongs to another stream.")
    if stream.clock() - content["issued"] > quotas.NEXT_TOKEN_SECONDS * 1000:
        raise ExpiredNextTokenException("Pagination token expired.")
    return content
