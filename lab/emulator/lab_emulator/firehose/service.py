"""LocalStack's Firehose, which delivers each record at once, with the lab's way from a put to S3 in its
place.

Sources: API model of Firehose; facts of the guide in the modules. Not here: other destinations than S3,
format conversion, throughput quotas.
"""

import re
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.connect import connect_to
from localstack.services.firehose.models import firehose_stores
from localstack.services.firehose.provider import FirehoseProvider
from localstack.services.plugins import Service

from lab.rules import quotas
from lab.rules.sequence_numbers import parse
from lab_emulator.accounts.control import on_wipe
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.firehose.deliveries import DELIVERIES, Line, Origin, Plan
from lab_emulator.firehose.destinations import (
    BACKUP,
    Settings,
    all_limits,
    chosen,
    completed,
    plain,
    target,
)
from lab_emulator.firehose.metrics import Meter
from lab_emulator.firehose.object_names import query_keys
from lab_emulator.firehose.objects import Writer
from lab_emulator.firehose.partitioning import Query
from lab_emulator.firehose.processors import InvalidArgumentException, Processing, processing_of
from lab_emulator.firehose.records import Record
from lab_emulator.firehose.source import StreamSource
from lab_emulator.firehose.splitting import aggregated

FROM_STREAM: Final = "KinesisStreamAsSource"
DIRECT: Final = "DirectPut"
_NAME: Final = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


class ConcurrentModificationException(CommonServiceException):
    """Another update came in between."""

    def __init__(self, message: str) -> None:
        super().__init__("ConcurrentModificationException", message, 400, sender_fault=True)


class LabFirehoseProvider(FirehoseProvider):
    """Descriptions and tags are LocalStack's; taking records in and delivering them is the lab's."""

    def __init__(self) -> None:
        super().__init__()
        self._sources: dict[str, StreamSource] = {}
        on_wipe(self._forget)

    def create_delivery_stream(
        self,
        context: RequestContext,
        delivery_stream_name: str,
        delivery_stream_type: str | None = None,
        kinesis_stream_source_configuration: Settings | None = None,
        tags: list[dict[str, str]] | None = None,
        **arguments: Any,
    ) -> Any:
        kind = delivery_stream_type or DIRECT
        _check_name(delivery_stream_name)
        _check_kind(kind, kinesis_stream_source_configuration, arguments)
        settings = chosen(arguments)
        query = _query(context, delivery_stream_name, settings)
        # As DirectPut, since LocalStack would start a Java process to read a Kinesis stream.
        answer = super().create_delivery_stream(
            context,
            delivery_stream_name,
            delivery_stream_type=DIRECT,
            kinesis_stream_source_configuration=dict(kinesis_stream_source_configuration or {}) or None,
            tags=tags,
            extended_s3_destination_configuration=settings,
        )
        stream, arn = self._described(context, delivery_stream_name), answer["DeliveryStreamARN"]
        stream["DeliveryStreamType"] = kind
        stream["CreateTimestamp"] = _now(context.account_id)
        self._describe(stream, settings)
        meter = Meter(context.account_id, context.region, delivery_stream_name)
        plan = self._plan(context, stream)
        line = Line(context.account_id, context.region, delivery_stream_name, arn, plan, meter, query)
        DELIVERIES.open(line)
        if kinesis_stream_source_configuration:
            self._begin_to_read(context, stream, kinesis_stream_source_configuration["KinesisStreamARN"])
        return answer

    def delete_delivery_stream(self, context: RequestContext, delivery_stream_name: str, **more: Any) -> Any:
        arn = self._described(context, delivery_stream_name)["DeliveryStreamARN"]
        self._stop(arn)
        return super().delete_delivery_stream(context, delivery_stream_name, **more)

    def put_record(
        self, context: RequestContext, delivery_stream_name: str, record: dict[str, bytes], **_more: Any
    ) -> Any:
        return self._taken(context, delivery_stream_name, [record], "PutRecord")[0] | {"Encrypted": False}

    def put_record_batch(
        self,
        context: RequestContext,
        delivery_stream_name: str,
        records: list[dict[str, bytes]],
        **_more: Any,
    ) -> Any:
        taken = self._taken(context, delivery_stream_name, records, "PutRecordBatch")
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": taken}

    def update_destination(
        self,
        context: RequestContext,
        delivery_stream_name: str,
        current_delivery_stream_version_id: str,
        destination_id: str,
        s3_destination_update: Settings | None = None,
        extended_s3_destination_update: Settings | None = None,
        **others: Any,
    ) -> Any:
        if any(others.values()):
            raise InvalidArgumentException("The lab's Firehose delivers to Amazon S3 only.")
        stream = self._described(context, delivery_stream_name)
        if current_delivery_stream_version_id != stream["VersionId"]:
            raise ConcurrentModificationException(
                f"Cannot update firehose: {delivery_stream_name} since the current version id: "
                f"{stream['VersionId']} and specified version id: {current_delivery_stream_version_id} "
                "do not match"
            )
        destination = stream["Destinations"][0]
        if destination["DestinationId"] != destination_id:
            raise InvalidArgumentException(f"Destination Id {destination_id} not found")
        update = dict(extended_s3_destination_update or s3_destination_update or {})
        settings = completed(update, destination["ExtendedS3DestinationDescription"])
        query = _query(context, delivery_stream_name, settings)
        stream["VersionId"] = str(int(stream["VersionId"]) + 1)
        stream["LastUpdateTimestamp"] = _now(context.account_id)
        self._describe(stream, settings)
        DELIVERIES.change(stream["DeliveryStreamARN"], self._plan(context, stream), query)
        return {}

    def _described(self, context: RequestContext, name: str) -> Any:
        """Raises ResourceNotFoundException."""
        return self.describe_delivery_stream(context, name)["DeliveryStreamDescription"]

    @staticmethod
    def _describe(stream: Any, settings: Settings) -> None:
        stream["Destinations"][0] |= {
            "S3DestinationDescription": plain(settings),
            "ExtendedS3DestinationDescription": settings,
        }

    def _taken(
        self, context: RequestContext, name: str, records: Sequence[Any], operation: str
    ) -> list[dict[str, Any]]:
        """The results of records that were put; all are taken, since the lab has no Firehose quotas."""
        began = time.perf_counter()
        stream = self._described(context, name)
        if stream["DeliveryStreamType"] == FROM_STREAM:
            raise InvalidArgumentException(
                "This operation is not permitted on KinesisStreamAsSource delivery stream type."
            )
        _check_sizes(records)
        arn, arrived = stream["DeliveryStreamARN"], ACCOUNTS[context.account_id].now_ms()
        data = [bytes(record["Data"]) for record in records]
        DELIVERIES.add(arn, [Record(one, arrived, one) for one in data])
        if meter := DELIVERIES.meter(arn):
            meter.put(operation, [len(one) for one in data], (time.perf_counter() - began) * 1000)
        return [{"RecordId": uuid.uuid4().hex} for _ in data]

    @staticmethod
    def _plan(context: RequestContext, stream: Any) -> Plan:
        """By the settings that the stream has now."""
        settings = stream["Destinations"][0]["ExtendedS3DestinationDescription"]
        name, version = stream["DeliveryStreamName"], stream["VersionId"]
        backup = settings.get(BACKUP)
        writer = Writer(
            context.account_id,
            context.region,
            delivery=target(settings, name, version),
            errors=target(settings, name, version, errors=True),
            backup=target(backup, name, version) if backup else None,
        )
        plan = Plan(writer, processing_of(settings), all_limits(settings))
        described = (stream.get("Source") or {}).get("KinesisStreamSourceDescription")
        if described:
            plan.source = described["KinesisStreamARN"]
            plan.kept_seconds = lambda: _retention_seconds(plan.source)
        return plan

    def _begin_to_read(self, context: RequestContext, stream: Any, source_arn: str) -> None:
        arn, owner = stream["DeliveryStreamARN"], source_arn.split(":")[4]
        source = StreamSource(
            _reader(source_arn),
            source_arn,
            take=lambda shard, answer: _read(arn, shard, answer),
            may_read=lambda: not DELIVERIES.is_stuck(arn),
            began=_now(owner),
        )
        try:
            source.start()
        except ClientError as error:
            self.delete_delivery_stream(context, stream["DeliveryStreamName"])
            raise InvalidArgumentException(
                f"Firehose can't read {source_arn}: {error.response['Error']['Message']}"
            ) from None
        self._sources[arn] = source

    def _stop(self, arn: str) -> None:
        if source := self._sources.pop(arn, None):
            source.stop()
        DELIVERIES.close(arn)

    def _forget(self, account_id: str) -> None:
        """An account is wiped."""
        for arn in [arn for arn in self._sources if arn.split(":")[4] == account_id]:
            self._stop(arn)
        for store in firehose_stores[account_id].values():
            store.delivery_streams.clear()


def _now(account: str) -> datetime:
    return datetime.fromtimestamp(ACCOUNTS[account].now(), UTC)


def _reader(source_arn: str) -> Any:
    """A client for the stream's own account and Region."""
    _, _, _, region, owner, _ = source_arn.split(":", 5)
    return connect_to(aws_access_key_id=owner, region_name=region).kinesis


def _retention_seconds(source_arn: str) -> float:
    try:
        summary = _reader(source_arn).describe_stream_summary(StreamARN=source_arn)
    except ClientError:  # the source is gone, and what it kept with it
        return quotas.FIREHOSE_KEPT_HOURS * 3600.0
    return float(summary["StreamDescriptionSummary"]["RetentionPeriodHours"]) * 3600


def _read(arn: str, shard: str, answer: Any) -> None:
    """What one GetRecords gave. Aggregated records are taken apart before anything else."""
    records = []
    for one in answer["Records"]:
        moment = round(one["ApproximateArrivalTimestamp"].timestamp() * 1000)
        for place, data in enumerate(aggregated(one["Data"])):
            origin = {
                "sequenceNumber": one["SequenceNumber"],
                "subsequenceNumber": place,
                "partitionKey": one["PartitionKey"],
                "shardId": shard,
                "approximateArrivalTimestamp": moment,
            }
            records.append(Record(data, moment, data, origin=origin))
    first, last = (parse(answer["Records"][place]["SequenceNumber"]).place for place in (0, -1))
    DELIVERIES.add(arn, records, Origin(shard, first, last))
    if meter := DELIVERIES.meter(arn):
        meter.read([len(one["Data"]) for one in answer["Records"]], answer["MillisBehindLatest"])


def _query(context: RequestContext, name: str, settings: Settings) -> Query | None:
    """The query of the settings, tried. Raises InvalidArgumentException; for a function of elsewhere too."""
    processing: Processing = processing_of(settings)
    function = processing.transformation.function if processing.transformation else ""
    if function and function.split(":")[4] != context.account_id:
        raise InvalidArgumentException("The lab's Firehose calls functions of its own account only.")
    if not processing.query:
        return None
    query = Query(f"{context.account_id}:{name}", processing.query)
    try:
        query.check(query_keys(settings["Prefix"]))
    except InvalidArgumentException:
        query.end()
        raise
    return query


def _check_name(name: str) -> None:
    """API model, DeliveryStreamName."""
    if not _NAME.fullmatch(name):
        raise CommonServiceException(
            "ValidationException",
            f"1 validation error detected: Value '{name}' at 'deliveryStreamName' failed to satisfy "
            "constraint: Member must have 1 to 64 characters of [a-zA-Z0-9_.-]",
            400,
            sender_fault=True,
        )


def _check_kind(kind: str, source: Settings | None, arguments: dict[str, Any]) -> None:
    if kind not in (DIRECT, FROM_STREAM):
        raise InvalidArgumentException(f"The lab's Firehose has no streams of type {kind}.")
    if (kind == FROM_STREAM) != bool(source):
        raise InvalidArgumentException(
            f"KinesisStreamSourceConfiguration is for streams of type {FROM_STREAM}, and these need it."
        )
    if arguments.get("delivery_stream_encryption_configuration_input"):
        raise InvalidArgumentException("The lab's Firehose has no server-side encryption.")


def _check_sizes(records: Sequence[Any]) -> None:
    """Raises for a request that AWS refuses as a whole."""
    if not 1 <= len(records) <= quotas.FIREHOSE_BATCH_MAX_RECORDS:
        raise _unfit("records", 1, quotas.FIREHOSE_BATCH_MAX_RECORDS)
    sizes = [len(record["Data"]) for record in records]
    if max(sizes) > quotas.FIREHOSE_RECORD_MAX_BYTES:
        place = next(n for n, size in enumerate(sizes) if size > quotas.FIREHOSE_RECORD_MAX_BYTES) + 1
        raise _unfit(f"records.{place}.member.data", 0, quotas.FIREHOSE_RECORD_MAX_BYTES)
    if sum(sizes) > quotas.FIREHOSE_BATCH_MAX_BYTES:
        raise InvalidArgumentException("Records size exceeds 4 MB limit")


def _unfit(where: str, least: int, most: int) -> CommonServiceException:
    return CommonServiceException(
        "ValidationException",
        f"1 validation error detected: Value at '{where}' failed to satisfy constraint: Member must have "
        f"length less than or equal to {most} and greater than or equal to {least}",
        400,
        sender_fault=True,
    )


def service() -> Service:
    return Service.for_provider(LabFirehoseProvider())
