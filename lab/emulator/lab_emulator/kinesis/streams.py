"""The lab's streams, and which of them a request means."""

import os
import secrets
from collections.abc import Mapping
from typing import Any

import psutil
from localstack.aws.api import RequestContext

from lab.rules import arn
from lab.rules.arn import ConsumerArn, NoArnError, StreamArn
from lab_emulator.accounts.registry import ACCOUNTS, Account
from lab_emulator.kinesis.store.errors import InvalidArgumentException
from lab_emulator.kinesis.store.lasting import Durations
from lab_emulator.kinesis.store.memory import MIB, Memory
from lab_emulator.kinesis.store.registry import Registry
from lab_emulator.kinesis.store.signing import Seal
from lab_emulator.kinesis.store.stream import Stream, no_stream

ACCOUNTS_SHARE = 4
"""One account may hold the fourth part of what all may."""
NAMING = ("StreamARN", "ResourceARN", "ConsumerARN")
"""Members of requests that are ARNs of streams or consumers."""


def _memory() -> Memory:
    """LAB_MEMORY_MIB, or half of the machine's."""
    most = int(os.environ.get("LAB_MEMORY_MIB") or 0) * MIB or psutil.virtual_memory().total // 2
    return Memory(most, most // ACCOUNTS_SHARE)


def _durations(account: str) -> Durations:
    states = ACCOUNTS[account].states
    return Durations(*(round(s * 1000) for s in (states.creating, states.updating, states.deleting)))


STREAMS = Registry(lambda account: lambda: ACCOUNTS[account].now_ms(), _durations, _memory())
SEAL = Seal(secrets.token_bytes(32))
"""No stream outlives the process, and so no iterator has to."""


def owner(stream: Stream) -> Account:
    """The account that a stream belongs to."""
    return ACCOUNTS[stream.arn.account]


def parsed(text: str, name: str) -> StreamArn | ConsumerArn:
    """The ARN that the member NAME of a request holds. Raises InvalidArgumentException."""
    try:
        return arn.parse(text)
    except NoArnError as error:
        raise InvalidArgumentException(f"{name}: {error}.") from None


def arns_in(request: Mapping[str, Any]) -> list[StreamArn | ConsumerArn]:
    """The ARNs of streams and consumers in a request. Raises InvalidArgumentException."""
    return [parsed(request[name], name) for name in NAMING if request.get(name)]


def stream_of(named: StreamArn | ConsumerArn) -> StreamArn:
    """The stream of an ARN, or the consumer's."""
    return named.stream if isinstance(named, ConsumerArn) else named


def arn_in(context: RequestContext, request: Mapping[str, Any]) -> StreamArn | None:
    """The stream that a request names, by ARN, consumer's ARN or name; None when it names none.

    Raises InvalidArgumentException for what is no ARN, and for names that contradict each other.
    """
    named = [stream_of(one) for one in arns_in(request)]
    if name := request.get("StreamName"):
        if not named:
            return StreamArn(context.partition, context.region, context.account_id, name)
        if named[0].name != name:
            raise InvalidArgumentException(
                f"StreamName {name} and StreamARN {named[0]} are of different streams."
            )
    if len(set(named)) > 1:
        raise InvalidArgumentException(f"{named[0]} and {named[1]} are different streams.")
    return named[0] if named else None


def needed_arn(context: RequestContext, request: Mapping[str, Any]) -> StreamArn:
    """The same. Raises InvalidArgumentException when a request names no stream."""
    found = arn_in(context, request)
    if found is None:
        raise InvalidArgumentException("Either StreamName or StreamARN is needed.")
    return found


def existing(context: RequestContext, named: StreamArn) -> Stream:
    """The stream of an ARN, in the Region that was called. Raises ResourceNotFoundException."""
    found = STREAMS.find(named) if named.region == context.region else None
    if found is None:
        raise no_stream(named)
    return found
