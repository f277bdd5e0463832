"""What a ProcessingConfiguration and a DynamicPartitioningConfiguration ask for. The rest is refused by name.

Sources: API model of Firehose (ProcessorParameter, DynamicPartitioningConfiguration); Firehose guide,
"Partition streaming data", "Transform source data". Which settings go together, in AWS's own words as seen
there and reported publicly: "... can only be present when Dynamic Partitioning is enabled", "must be at
least 64 ...".
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from localstack.aws.api import CommonServiceException

from lab.rules import quotas

Settings = dict[str, Any]
PARTITIONED_LEAST_MIB: Final = 64
_CLASS: Final = "class com.amazonaws.services.firehose.internal.model."


class InvalidArgumentException(CommonServiceException):
    """An argument is outside of what the operation accepts."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidArgumentException", message, 400, sender_fault=True)


@dataclass(frozen=True)
class Transformation:
    """By a function. `limit_bytes` and `seconds`: of the buffer in front of it."""

    function: str
    retries: int = quotas.FIREHOSE_TRANSFORM_RETRIES
    limit_bytes: int = round(quotas.FIREHOSE_TRANSFORM_DEFAULT_MB * quotas.MIB)
    seconds: int = quotas.FIREHOSE_TRANSFORM_DEFAULT_SECONDS


@dataclass(frozen=True)
class Processing:
    """What happens to records in front of the delivery buffer, in the order of the fields.

    `splits`: records are taken apart, at `split_at` or where a JSON object ends. `query`: of jq.
    `delimiter` follows each record in an object.
    """

    splits: bool = False
    split_at: bytes | None = None
    transformation: Transformation | None = None
    partitioned: bool = False
    query: str = ""
    delimiter: bytes = b""


def processing_of(settings: Settings) -> Processing:
    """Raises InvalidArgumentException."""
    partitioned = bool((settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))
    chosen: dict[str, Any] = {"partitioned": partitioned}
    configuration = settings.get("ProcessingConfiguration") or {}
    if configuration.get("Enabled"):
        processors = configuration.get("Processors")
        if not processors:
            raise InvalidArgumentException("ProcessingConfiguration is enabled and names no processor.")
        kinds = [processor.get("Type") for processor in processors]
        for kind, processor in zip(kinds, processors, strict=True):
            if kind not in _READERS:
                raise InvalidArgumentException(f"The lab's Firehose has no processor {kind}.")
            if kinds.count(kind) > 1:
                raise InvalidArgumentException(f"Only one {kind} processor is allowed.")
            if kind in _FOR_PARTITIONS and not partitioned:
                raise InvalidArgumentException(
                    f"{_CLASS}{kind}Processor can only be present when Dynamic Partitioning is enabled."
                )
            chosen |= _READERS[kind](_parameters(processor))
    made = Processing(**chosen)
    if partitioned:
        _check_partitioned(settings, made)
    return made


def _parameters(processor: Mapping[str, Any]) -> dict[str, str]:
    kind, given = processor["Type"], processor.get("Parameters") or ()
    known = _PARAMETERS[kind]
    found = {}
    for parameter in given:
        name = parameter["ParameterName"]
        if name not in known:
            raise InvalidArgumentException(f"{kind} has no parameter {name} in the lab.")
        found[name] = str(parameter["ParameterValue"])
    return found


def _delimiter(told: Mapping[str, str]) -> dict[str, Any]:
    """Written as in a program: backslash and n mean a new line, the default (Firehose guide)."""
    return {"delimiter": told.get("Delimiter", "\\n").replace("\\n", "\n").encode()}


def _splitting(told: Mapping[str, str]) -> dict[str, Any]:
    kind = told.get("SubRecordType")
    if kind == "JSON":
        return {"splits": True}
    if kind != "DELIMITED":
        raise InvalidArgumentException("RecordDeAggregation: SubRecordType is JSON or DELIMITED.")
    try:
        between = base64.b64decode(told.get("Delimiter", ""), validate=True)
    except (binascii.Error, ValueError):
        between = b""
    if not between:
        raise InvalidArgumentException("RecordDeAggregation: the Delimiter is given in base64.")
    return {"splits": True, "split_at": between}


def _transformation(told: Mapping[str, str]) -> dict[str, Any]:
    arn = told.get("LambdaArn", "").removesuffix(":$LATEST")
    if arn.split(":")[:1] != ["arn"] or arn.split(":")[2:3] != ["lambda"] or len(arn.split(":")) != 7:
        raise InvalidArgumentException("Lambda: LambdaArn is the ARN of a function, without a version.")
    low, high = quotas.FIREHOSE_TRANSFORM_MB
    size = _number(told, "BufferSizeInMBs", quotas.FIREHOSE_TRANSFORM_DEFAULT_MB)
    if not low <= size <= high:
        raise InvalidArgumentException(f"Lambda: BufferSizeInMBs is from {low:g} to {high:g}, not {size:g}.")
    most = quotas.FIREHOSE_TRANSFORM_SECONDS[-1]
    seconds = _number(told, "BufferIntervalInSeconds", quotas.FIREHOSE_TRANSFORM_DEFAULT_SECONDS)
    if seconds not in quotas.FIREHOSE_TRANSFORM_SECONDS:
        raise InvalidArgumentException(
            f"Lambda: BufferIntervalInSeconds is from 0 to {most}, not {seconds:g}."
        )
    retries = _number(told, "NumberOfRetries", quotas.FIREHOSE_TRANSFORM_RETRIES)
    if retries not in range(301):
        raise InvalidArgumentException(f"Lambda: NumberOfRetries is from 0 to 300, not {retries:g}.")
    size_bytes = round(size * quotas.MIB)
    return {"transformation": Transformation(arn, int(retries), size_bytes, int(seconds))}


def _number(told: Mapping[str, str], name: str, otherwise: float) -> float:
    try:
        return float(told.get(name, otherwise))
    except ValueError:
        raise InvalidArgumentException(f"Lambda: {name} is a number, not {told[name]!r}.") from None


def _query(told: Mapping[str, str]) -> dict[str, Any]:
    if told.get("JsonParsingEngine") != "JQ-1.6":
        raise InvalidArgumentException("MetadataExtraction: JsonParsingEngine is JQ-1.6.")
    if not told.get("MetadataExtractionQuery"):
        raise InvalidArgumentException("MetadataExtraction: MetadataExtractionQuery is missing.")
    return {"query": told["MetadataExtractionQuery"]}


_READERS: Final[dict[Any, Callable[[Mapping[str, str]], dict[str, Any]]]] = {
    "AppendDelimiterToRecord": _delimiter,
    "RecordDeAggregation": _splitting,
    "Lambda": _transformation,
    "MetadataExtraction": _query,
}
_FOR_PARTITIONS: Final = ("RecordDeAggregation", "MetadataExtraction")
_PARAMETERS: Final = {
    "AppendDelimiterToRecord": ("Delimiter",),
    "RecordDeAggregation": ("SubRecordType", "Delimiter"),
    "Lambda": ("LambdaArn", "NumberOfRetries", "RoleArn", "BufferSizeInMBs", "BufferIntervalInSeconds"),
    "MetadataExtraction": ("MetadataExtractionQuery", "JsonParsingEngine"),
}


def _check_partitioned(settings: Settings, processing: Processing) -> None:
    hints, prefix = settings.get("BufferingHints") or {}, settings.get("Prefix") or ""
    if hints.get("IntervalInSeconds") == 0:
        raise InvalidArgumentException("Zero buffering is not possible when Dynamic Partitioning is enabled.")
    if hints.get("SizeInMBs", 0) < PARTITIONED_LEAST_MIB:
        raise InvalidArgumentException(
            f"BufferingHints.SizeInMBs must be at least {PARTITIONED_LEAST_MIB} when Dynamic Partitioning is "
            "enabled."
        )
    by_query, by_function = "!{partitionKeyFromQuery:" in prefix, "!{partitionKeyFromLambda:" in prefix
    if not by_query and not by_function:
        raise InvalidArgumentException(
            "Prefix must have an expression of partitionKeyFromQuery or partitionKeyFromLambda when Dynamic "
            "Partitioning is enabled."
        )
    if by_query != bool(processing.query):
        raise InvalidArgumentException(
            "A MetadataExtraction processor and partitionKeyFromQuery in the Prefix need each other."
        )
    if by_function and processing.transformation is None:
        raise InvalidArgumentException("partitionKeyFromLambda in the Prefix needs a Lambda processor.")
