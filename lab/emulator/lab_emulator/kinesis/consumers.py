"""RegisterStreamConsumer and ListStreamConsumers: how many, page by page, in the lab's times.

Sources: Quotas page and API model, RegisterStreamConsumer (20 consumers of a stream, 50 of an on-demand one
with On-demand Advantage; kinesis-mock counts the five being created at once); ListStreamConsumersInput (at
most 100 a page). When Advantage ends, the consumers beyond 20 stay, which is the lab's model.
"""

from typing import Any

from lab.rules import quotas
from lab_emulator.accounts.registry import Account
from lab_emulator.errors import InvalidArgumentException, LimitExceededException
from lab_emulator.kinesis import page_tokens
from lab_emulator.kinesis.account_settings import has_advantage
from lab_emulator.kinesis.backend.requests import Wire
from lab_emulator.kinesis.listing import in_lab_time
from lab_emulator.kinesis.streams import Stream

Request = dict[str, Any]


def told(account: Account, answer: Wire) -> Wire:
    """An answer with its consumer's time by the lab's clock."""
    moved = {
        name: in_lab_time(account, answer[name])
        for name in ("Consumer", "ConsumerDescription")
        if name in answer
    }
    return answer | moved


def register(stream: Stream, request: Request) -> Wire:
    """Raises LimitExceededException when the stream has as many consumers as it may have."""
    with stream.lock:
        advantage = stream.mode == "ON_DEMAND" and has_advantage(stream.account, stream.region)
        most = quotas.CONSUMERS_WITH_ADVANTAGE if advantage else quotas.CONSUMERS
        present = _all(stream)
        is_new = all(one["ConsumerName"] != request["ConsumerName"] for one in present)
        if is_new and len(present) >= most:
            raise LimitExceededException(f"{stream.where()} has {most} consumers, which is all it may have.")
        return told(stream.account, stream.backend.call("RegisterStreamConsumer", request))


def page(stream: Stream, request: Request) -> Wire:
    """One page of the stream's consumers, in the order of their names."""
    most = request.get("MaxResults") or quotas.LIST_CONSUMERS_MAX_RESULTS
    if not 1 <= most <= quotas.LIST_CONSUMERS_MAX_RESULTS:
        raise InvalidArgumentException(
            f"MaxResults {most}: ListStreamConsumers gives 1 to {quotas.LIST_CONSUMERS_MAX_RESULTS} a page."
        )
    found = sorted(_all(stream), key=lambda one: str(one["ConsumerName"]))
    if token := request.get("NextToken"):
        after = page_tokens.opened_for(stream, token, "consumer")["consumer"]
        found = [one for one in found if one["ConsumerName"] > after]
    answer: Wire = {"Consumers": [in_lab_time(stream.account, one) for one in found[:most]]}
    if len(found) > most:
        answer["NextToken"] = page_tokens.sealed(stream, consumer=found[most - 1]["ConsumerName"])
    return answer


def _all(stream: Stream) -> list[Wire]:
    """kinesis-mock loses the last consumer of a page that is one short, so only whole lists are asked for."""
    asked = {"StreamARN": stream.arn, "MaxResults": quotas.LIST_CONSUMERS_MAX_RESULTS}
    return list(stream.backend.call("ListStreamConsumers", asked)["Consumers"])
