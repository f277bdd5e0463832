"""Tokens of pages: opaque to clients, valid for 300 seconds of the lab's clock (API model: ListShardsInput,
ListStreamConsumersInput)."""

import base64
import json
from typing import Any

from lab.rules import quotas
from lab_emulator.errors import ExpiredNextTokenException, InvalidArgumentException
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.streams import Stream


def sealed(stream: Stream, **content: Any) -> str:
    """A token of now that holds CONTENT."""
    whole = {"arn": stream.arn, "issued": stream.account.now_ms(), **content}
    return base64.urlsafe_b64encode(json.dumps(whole).encode()).decode()


def opened(token: str, *names: str) -> Wire:
    """What a token holds, NAMES beside the stream's ARN and its time. Raises InvalidArgumentException."""
    try:
        content = json.loads(base64.urlsafe_b64decode(token.encode()))
        if content.keys() == {"arn", "issued", *names}:
            return dict(content)
    except (ValueError, AttributeError):
        pass
    raise InvalidArgumentException("Invalid NextToken.")


def opened_for(stream: Stream, token: str, *names: str) -> Wire:
    """The same, for a call on STREAM. Raises ExpiredNextTokenException too."""
    content = opened(token, *names)
    if content["arn"] != stream.arn:
        raise InvalidArgumentException("Invalid NextToken: it belongs to another stream.")
    if stream.account.now_ms() - content["issued"] > quotas.NEXT_TOKEN_SECONDS * 1000:
        raise ExpiredNextTokenException("Pagination token expired.")
    return content
