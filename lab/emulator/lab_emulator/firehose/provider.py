"""LocalStack's Firehose, which delivers each record at once, with buffers between its API and S3.

Sources: API model of Firehose; facts of the guide in `buffers`, `object_names` and `source`. Not here: other
destinations than S3, transformation, format conversion, dynamic partitioning, throughput quotas.
"""

import gzip
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from botocore.exceptions import ClientError
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.connect import connect_to
from localstack.services.firehose.models import firehose_stores
from localstack.services.firehose.provider import FirehoseProvider
from localstack.services.plugins import Service, aws_provider

from lab.rules import quotas
from lab_emulator.accounts.control import on_wipe
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.firehose.buffers import DELIVERIES, Buffer, Deliver
from lab_emulator.firehose.destinations import (
    InvalidArgumentException,
    Settings,
    chosen,
    completed,
    delimiter_of,
    extension_of,
)
from lab_emulator.firehose.object_names import NamePlan
from lab_emulator.firehose.source import StreamSource

FROM_STREAM: Final = "KinesisStreamAsSource"
DIRECT: Final = "DirectPut"


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
        _check_kind(kind, kinesis_stream_source_configuration, arguments)
        settings = chosen(arguments)
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
        deliver = self._deliver(context, stream)
        buffer = Buffer(
            context.account_id, delivery_stream_name, deliver, *_limits(settings), delimiter_of(settings)
        )
        DELIVERIES.open(arn, buffer)
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
        return self._taken(context, delivery_stream_name, [record])[0] | {"Encrypted": False}

    def put_record_batch(
        self,
        context: RequestContext,
        delivery_stream_name: str,
        records: list[dict[str, bytes]],
        **_more: Any,
    ) -> Any:
        taken = self._taken(context, delivery_stream_name, records)
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
        update = extended_s3_destination_update or s3_destination_update or {}
        settings = completed(destination["ExtendedS3DestinationDescription"] | update)
        stream["VersionId"] = str(int(stream["VersionId"]) + 1)
        stream["LastUpdateTimestamp"] = _now(context.account_id)
        self._describe(stream, settings)
        deliver = self._deliver(context, stream)
        DELIVERIES.change(stream["DeliveryStreamARN"], deliver, *_limits(settings), delimiter_of(settings))
        return {}

    def _described(self, context: RequestContext, name: str) -> Any:
        """Raises ResourceNotFoundException."""
        return self.describe_delivery_stream(context, name)["DeliveryStreamDescription"]

    @staticmethod
    def _describe(stream: Any, settings: Settings) -> None:
        plain = {name: settings[name] for name in settings if name in _PLAIN}
        stream["Destinations"][0] |= {
            "S3DestinationDescription": plain,
            "ExtendedS3DestinationDescription": settings,
        }

    def _taken(self, context: RequestContext, name: str, records: Sequence[Any]) -> list[dict[str, Any]]:
        """The results of records that were put; all are taken, since the lab has no Firehose quotas."""
        stream = self._described(context, name)
        if stream["DeliveryStreamType"] == FROM_STREAM:
            raise InvalidArgumentException(
                "This operation is not permitted on KinesisStreamAsSource delivery stream type."
            )
        _check_sizes(records)
        data = [bytes(record["Data"]) for record in records]
        DELIVERIES.add(stream["DeliveryStreamARN"], data, ACCOUNTS[context.account_id].now_ms())
        return [{"RecordId": uuid.uuid4().hex} for _ in data]

    def _deliver(self, context: RequestContext, stream: Any) -> Deliver:
        """Writes one object by the settings that the stream has now."""
        settings = stream["Destinations"][0]["ExtendedS3DestinationDescription"]
        account, region = context.account_id, context.region
        bucket = settings["BucketARN"].rpartition(":")[2]
        plan = NamePlan(
            stream["DeliveryStreamName"],
            stream["VersionId"],
            settings["Prefix"],
            extension_of(settings),
            settings.get("CustomTimeZone") or "",
        )
        zipped = settings["CompressionFormat"] == "GZIP"
        marked = {"ContentType": "application/octet-stream"} | ({"ContentEncoding": "gzip"} if zipped else {})

        def deliver(content: bytes, oldest_ms: int) -> None:
            key = plan.name(datetime.fromtimestamp(oldest_ms / 1000, UTC))
            s3 = connect_to(aws_access_key_id=account, region_name=region).s3
            body = gzip.compress(content) if zipped else content
            s3.put_object(Bucket=bucket, Key=key, Body=body, **marked)

        return deliver

    def _begin_to_read(self, context: RequestContext, stream: Any, source_arn: str) -> None:
        arn, owner = stream["DeliveryStreamARN"], source_arn.split(":")[4]
        kinesis = connect_to(aws_access_key_id=owner, region_name=source_arn.split(":")[3]).kinesis
        source = StreamSource(
            kinesis,
            source_arn,
            take=lambda records, arrived, origin: DELIVERIES.add(arn, records, arrived, origin),
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


_PLAIN: Final = frozenset(
    {
        "BucketARN",
        "BufferingHints",
        "CloudWatchLoggingOptions",
        "CompressionFormat",
        "EncryptionConfiguration",
        "ErrorOutputPrefix",
        "Prefix",
        "RoleARN",
    }
)
"""What S3DestinationDescription has of the extended one (API model)."""


def _now(account: str) -> datetime:
    return datetime.fromtimestamp(ACCOUNTS[account].now(), UTC)


def _limits(settings: Settings) -> tuple[int, int]:
    """Bytes and seconds."""
    hints = settings["BufferingHints"]
    return hints["SizeInMBs"] * quotas.MIB, hints["IntervalInSeconds"]


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


@aws_provider(api="firehose", name="lab")
def lab() -> Service:
    return Service.for_provider(LabFirehoseProvider())
