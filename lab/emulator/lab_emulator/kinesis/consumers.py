"""The calls on registered consumers: how many there may be, page by page, in the lab's times.

Sources: Quotas page and API model, RegisterStreamConsumer (20 consumers of a stream, 50 of an on-demand one
with On-demand Advantage, five being created at once); ListStreamConsumersInput (at most 100 a page). When
Advantage ends, the consumers beyond 20 stay, which is the lab's model.
"""

from typing import Any

from localstack.aws.api import RequestContext

from lab.rules import quotas
from lab.rules.arn import ConsumerArn
from lab_emulator.kinesis import fan_out, page_tokens, streams, tagging
from lab_emulator.kinesis.limits.account_settings import has_advantage
from lab_emulator.kinesis.protocol.moments import Moment, milliseconds
from lab_emulator.kinesis.store.consumers import Consumer
from lab_emulator.kinesis.store.errors import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from lab_emulator.kinesis.store.lasting import State
from lab_emulator.kinesis.store.stream import Stream

Request = dict[str, Any]
Answer = dict[str, Any]


def find(context: RequestContext, request: Request) -> tuple[Stream, Consumer]:
    """The consumer that a request names, by its ARN, or by stream and name, or by all three.

    Raises ResourceNotFoundException; InvalidArgumentException for names that contradict each other.
    """
    name, text = request.get("ConsumerName"), request.get("ConsumerARN")
    if text is None and (name is None or not request.get("StreamARN")):
        raise InvalidArgumentException("Either ConsumerARN, or StreamARN and ConsumerName, is needed.")
    stream = streams.existing(context, streams.needed_arn(context, request))
    if text is not None:
        arn = streams.parsed(text, "ConsumerARN")
        if not isinstance(arn, ConsumerArn) or (name is not None and arn.name != name):
            raise InvalidArgumentException(
                f"ConsumerName {name} and ConsumerARN {text} don't belong together."
            )
        name = arn.name
    found = present(stream).get(str(name))
    if found is None or (text is not None and found.arn != text):
        raise ResourceNotFoundException(f"Consumer {text or name}, account {stream.arn.account} not found.")
    return stream, found


def present(stream: Stream) -> dict[str, Consumer]:
    """The consumers by name, without those whose deletion is over."""
    now = stream.clock()
    with stream.lock:
        for name in [name for name, one in stream.consumers.items() if one.state.at(now) is None]:
            del stream.consumers[name]
        return dict(stream.consumers)


def told(stream: Stream, consumer: Consumer) -> Answer:
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": consumer.arn,
        "ConsumerStatus": consumer.state.at(stream.clock()) or "DELETING",
        "ConsumerCreationTimestamp": Moment(consumer.created),
    }


def described(stream: Stream, consumer: Consumer) -> Answer:
    return {"ConsumerDescription": told(stream, consumer) | {"StreamARN": str(stream.arn)}}


def register(stream: Stream, request: Request) -> Answer:
    """Raises ResourceInUseException, LimitExceededException."""
    name = request["ConsumerName"]
    with stream.lock:
        stream.must_take_records()
        consumers = present(stream)
        if name in consumers:
            raise ResourceInUseException(
                f"Consumer {name} under stream {stream.arn} already exists for account {stream.arn.account}."
            )
        _check_count(stream, list(consumers.values()))
        tags = tagging.checked(stream, {}, request.get("Tags") or {})
        now = stream.clock()
        state = State("CREATING", now + stream.durations.creating)
        made = Consumer(stream.arn, name, now, state, tags)
        stream.consumers[name] = made
    answer = told(stream, made)
    # "the Consumer … is in the CREATING state" when the call returns (API model: RegisterStreamConsumer).
    return {"Consumer": answer | {"ConsumerStatus": "CREATING"}}


def _check_count(stream: Stream, consumers: list[Consumer]) -> None:
    advantage = stream.mode == "ON_DEMAND" and has_advantage(streams.owner(stream), stream.arn.region)
    most = quotas.CONSUMERS_WITH_ADVANTAGE if advantage else quotas.CONSUMERS
    if len(consumers) >= most:
        raise LimitExceededException(f"{stream.where} has {most} consumers, which is all it may have.")
    now = stream.clock()
    if sum(one.state.at(now) == "CREATING" for one in consumers) >= quotas.CONSUMERS_BEING_CREATED:
        raise LimitExceededException(
            f"{stream.where} has {quotas.CONSUMERS_BEING_CREATED} consumers being created, which is all it "
            "may have at once."
        )


def deregister(stream: Stream, consumer: Consumer) -> Answer:
    """Its subscriptions end; it is DELETING for as long as that is to be seen."""
    with stream.lock:
        consumer.state = State("DELETING", stream.clock() + stream.durations.deleting)
        present(stream)
    fan_out.end(stream, consumer.arn)
    return {}


def page(stream: Stream, request: Request) -> Answer:
    """One page of the stream's consumers, in the order of their names."""
    created = request.get("StreamCreationTimestamp")
    most = min(
        request.get("MaxResults") or quotas.LIST_CONSUMERS_MAX_RESULTS, quotas.LIST_CONSUMERS_MAX_RESULTS
    )
    found = sorted(present(stream).values(), key=lambda one: one.name)
    if token := request.get("NextToken"):
        if created is not None:
            raise InvalidArgumentException(
                "NextToken and StreamCreationTimestamp cannot be provided together."
            )
        after = page_tokens.opened_for(stream, token, "consumers")["after"]
        found = [one for one in found if one.name > after]
    elif created is not None and milliseconds(created) // 1000 != stream.created // 1000:
        raise ResourceNotFoundException(
            f"Stream {stream.name} under account {stream.arn.account}, created at that time, not found."
        )
    answer: Answer = {"Consumers": [told(stream, one) for one in found[:most]]}
    if len(found) > most:
        answer["NextToken"] = page_tokens.sealed(stream, "consumers", after=found[most - 1].name)
    return answer
