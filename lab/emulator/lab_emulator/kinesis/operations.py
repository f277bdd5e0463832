"""Every Kinesis operation of the lab: from LocalStack's parsed request to the response."""

import contextlib
import re
import time
from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lab.rules import quotas
from lab_emulator.accounts.control import on_wipe, switch
from lab_emulator.accounts.faults import fate_of
from lab_emulator.accounts.registry import ACCOUNTS, Account
from lab_emulator.errors import InvalidArgumentException
from lab_emulator.kinesis import (
    account_settings,
    consumers,
    fan_out,
    listing,
    metrics,
    rates,
    reads,
    resharding,
    stream_limits,
    writes,
)
from lab_emulator.kinesis.backend.requests import Backend, Wire
from lab_emulator.kinesis.backend.wire import respond
from lab_emulator.kinesis.streams import STREAMS, Stream, arn_in

Request = dict[str, Any]
Answering = Callable[[RequestContext, Request], Any]


_ACCOUNT_IN_ARN = re.compile(r"arn:[^:]+:kinesis:[^:]*:\d{12}:")


class Operations:
    """The operations that the lab answers itself, or passes on to kinesis-mock.

    `url`: says where kinesis-mock is, and waits for it when it still starts.
    """

    def __init__(self, url: Callable[[], str]) -> None:
        self._url = url

    def stream(self, context: RequestContext, request: Request) -> Stream:
        """The stream that a request names, grown if it is time to.

        Raises InvalidArgumentException when it names none.
        """
        arn = arn_in(context, request)
        if arn is None:
            raise InvalidArgumentException("Either StreamName or StreamARN is needed.")
        stream = STREAMS.at(arn, self._url)
        resharding.grow(stream)
        return stream

    def forward(self, context: RequestContext, request: Request) -> Wire:
        """What kinesis-mock answers."""
        backend = Backend(self._url, context.account_id, context.region)
        return backend.call(context.operation.name, request or {})

    def put_record(self, context: RequestContext, request: Request) -> Wire:
        return writes.put_record(self.stream(context, request), request)

    def put_records(self, context: RequestContext, request: Request) -> Wire:
        return writes.put_records(self.stream(context, request), request, fate_of(context).entries)

    def get_shard_iterator(self, context: RequestContext, request: Request) -> Wire:
        return reads.get_shard_iterator(self.stream(context, request), request)

    def get_records(self, context: RequestContext, request: Request) -> Wire:
        return reads.get_records(request, fate_of(context).most)

    def list_shards(self, context: RequestContext, request: Request) -> Wire:
        if request.get("NextToken") and not request.get("StreamName"):
            request = request | {"StreamARN": listing.arn_of_token(request["NextToken"])}
        return listing.list_shards(self.stream(context, request), request)

    def list_streams(self, context: RequestContext, request: Request) -> Wire:
        if token := request.get("NextToken"):
            kept = {name: value for name, value in request.items() if name != "NextToken"}
            request = kept | {"ExclusiveStartStreamName": token}
        return listing.list_streams(self.forward(context, request), ACCOUNTS[context.account_id])

    def describe_stream_consumer(self, context: RequestContext, request: Request) -> Wire:
        account = self.stream(context, request).account
        return consumers.told(account, self.forward(context, request))

    def register_stream_consumer(self, context: RequestContext, request: Request) -> Wire:
        return consumers.register(self.stream(context, request), request)

    def list_stream_consumers(self, context: RequestContext, request: Request) -> Wire:
        return consumers.page(self.stream(context, request), request)

    def describe_stream(self, context: RequestContext, request: Request) -> Wire:
        return listing.describe_stream(self.stream(context, request), request)

    def describe_stream_summary(self, context: RequestContext, request: Request) -> Wire:
        return listing.describe_stream_summary(self.stream(context, request))

    def create_stream(self, context: RequestContext, request: Request) -> Wire:
        with ACCOUNTS[context.account_id].lock:
            self.check_mode(context, request)
            answer = self.forward(context, request)
            STREAMS.forget(self.stream(context, request).arn)
            self.stream(context, request)  # known from now on: to be counted, and found by wiping
        return answer

    def delete_stream(self, context: RequestContext, request: Request) -> Wire:
        answer = self.forward(context, request)
        STREAMS.forget(self.stream(context, request).arn)
        return answer

    def subscribe_to_shard(self, context: RequestContext, request: Request) -> dict[str, Any]:
        """The only answer that is a stream of events, which LocalStack's serializer must write."""
        stream = self.stream(context, request)
        return {"EventStream": metrics.pushed(stream, request, fan_out.subscribe(stream, request))}

    def change_shards(self, context: RequestContext, request: Request) -> Wire:
        return resharding.change_shards(self.stream(context, request), context.operation.name, request)

    def update_shard_count(self, context: RequestContext, request: Request) -> Wire:
        return resharding.update_shard_count(self.stream(context, request), request)

    def update_stream_mode(self, context: RequestContext, request: Request) -> Wire:
        stream = self.stream(context, request)
        with stream.account.lock:
            if stream.mode != "ON_DEMAND":
                self.check_mode(context, request)
            return resharding.update_stream_mode(stream, request)

    def check_mode(self, context: RequestContext, request: Request) -> None:
        """Raises LimitExceededException for one on-demand stream too many."""
        if (request.get("StreamModeDetails") or {}).get("StreamMode") == "ON_DEMAND":
            stream_limits.check_on_demand_streams(context.account_id, context.region)

    def change_retention(self, context: RequestContext, request: Request) -> Wire:
        return resharding.change_retention(self.stream(context, request), context.operation.name, request)

    def deregister_stream_consumer(self, context: RequestContext, request: Request) -> Wire:
        answer = self.forward(context, request)
        if arn := request.get("ConsumerARN"):
            fan_out.end(self.stream(context, request), arn)
        return answer

    def describe_account_settings(self, context: RequestContext, _request: Request) -> Wire:
        return account_settings.describe(ACCOUNTS[context.account_id], context.region)

    def update_account_settings(self, context: RequestContext, request: Request) -> Wire:
        return account_settings.update(ACCOUNTS[context.account_id], context.region, request)

    def update_stream_warm_throughput(self, context: RequestContext, request: Request) -> Wire:
        account_settings.check_warm_throughput(self.stream(context, request), context.region)
        return self.change_stream(context, request)

    def describe_limits(self, context: RequestContext, request: Request) -> Wire:
        count = stream_limits.on_demand_streams(context.account_id, context.region)
        own = {"OnDemandStreamCount": count, "OnDemandStreamCountLimit": quotas.ON_DEMAND_STREAMS}
        return self.forward(context, request) | own

    def change_encryption(self, context: RequestContext, request: Request) -> Wire:
        stream, operation = self.stream(context, request), context.operation.name
        stream_limits.check_encryption_changes(stream, operation)
        answer = self.change_stream(context, request)
        stream.note(operation)
        return answer

    def change_stream(self, context: RequestContext, request: Request) -> Wire:
        """An operation that kinesis-mock does as AWS does, and that changes a stream."""
        stream = self.stream(context, request)
        try:
            return self.forward(context, request)
        finally:
            stream.changed()

    def table(self) -> dict[str, Answering]:
        """The operations by name."""
        own: dict[str, Callable[[RequestContext, Request], Wire]] = {
            "PutRecord": self.put_record,
            "PutRecords": self.put_records,
            "GetShardIterator": self.get_shard_iterator,
            "GetRecords": self.get_records,
            "ListShards": self.list_shards,
            "ListStreams": self.list_streams,
            "RegisterStreamConsumer": self.register_stream_consumer,
            "DescribeStreamConsumer": self.describe_stream_consumer,
            "ListStreamConsumers": self.list_stream_consumers,
            "DescribeStream": self.describe_stream,
            "DescribeStreamSummary": self.describe_stream_summary,
            "CreateStream": self.create_stream,
            "DeleteStream": self.delete_stream,
        }
        own["DescribeLimits"] = self.describe_limits
        own["StartStreamEncryption"] = own["StopStreamEncryption"] = self.change_encryption
        own["DescribeAccountSettings"] = self.describe_account_settings
        own["UpdateAccountSettings"] = self.update_account_settings
        own["UpdateStreamWarmThroughput"] = self.update_stream_warm_throughput
        own["SplitShard"] = own["MergeShards"] = self.change_shards
        own["UpdateShardCount"] = self.update_shard_count
        own["UpdateStreamMode"] = self.update_stream_mode
        own["IncreaseStreamRetentionPeriod"] = self.change_retention
        own["DecreaseStreamRetentionPeriod"] = self.change_retention
        own["DeregisterStreamConsumer"] = self.deregister_stream_consumer
        own |= dict.fromkeys(CHANGING, self.change_stream) | dict.fromkeys(FORWARDED, self.forward)
        answering = {name: _answering(own[name]) for name in own}
        return answering | {"SubscribeToShard": self.subscribe_to_shard}


CHANGING = (
    "DisableEnhancedMonitoring",
    "EnableEnhancedMonitoring",
    "UpdateMaxRecordSize",
)
FORWARDED = (
    "AddTagsToStream",
    "ListTagsForResource",
    "ListTagsForStream",
    "RemoveTagsFromStream",
    "TagResource",
    "UntagResource",
)


def _answering(operation: Callable[[RequestContext, Request], Wire]) -> Answering:
    def answer(context: RequestContext, request: Request) -> Any:
        told = operation(context, request or {})
        fate = fate_of(context)
        if fate.error is not None:
            raise fate.error
        return respond(context, told)

    return metered(answer)


def metered(operation: Answering) -> Answering:
    """OPERATION at its rate of calls; LocalStack's own calls, such as Firehose's, are not counted."""

    def answer(context: RequestContext, request: Request) -> Any:
        if not context.is_internal_call:
            arn = arn_in(context, request or {})
            owner = arn.split(":")[4] if arn and _ACCOUNT_IN_ARN.match(arn) else context.account_id
            rates.pay_for_call(ACCOUNTS[owner], context.operation.name, context.region, arn)
        return operation(context, request)

    return answer


def wipe(account_id: str) -> None:
    """Delete the account's streams, in all regions."""
    for stream in STREAMS.of_account(account_id):
        with contextlib.suppress(CommonServiceException):
            stream.backend.call("DeleteStream", {"StreamARN": stream.arn, "EnforceConsumerDeletion": True})
        STREAMS.forget(stream.arn)
    rates.forget(account_id)
    account_settings.forget(account_id)


def buckets(account: Account) -> dict[str, Any]:
    """How full the buckets of the account's shards are, by stream and shard: to look at, and for tests."""
    return {
        stream.name: {shard_id: limits.levels(time.monotonic()) for shard_id, limits in stream.limits.items()}
        for stream in STREAMS.of_account(account.id)
    }


on_wipe(wipe)
switch("buckets", buckets)
