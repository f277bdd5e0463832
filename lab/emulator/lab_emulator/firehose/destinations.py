"""What Firehose streams may be in the lab: delivered to S3, plain or gzipped. The rest is refused by name.

Source: API model of Firehose (ExtendedS3DestinationConfiguration, BufferingHints).
"""

from collections.abc import Mapping
from typing import Any, Final

from localstack.aws.api import CommonServiceException

from lab.rules import quotas
from lab_emulator.firehose.object_names import prefix_problem, zone_problem

Settings = dict[str, Any]

APPEND_DELIMITER: Final = "AppendDelimiterToRecord"
S3_ARGUMENTS: Final = ("s3_destination_configuration", "extended_s3_destination_configuration")
_UNSUPPORTED: Final = (
    "DataFormatConversionConfiguration",
    "DynamicPartitioningConfiguration",
)
_FORMATS: Final = {"UNCOMPRESSED": "", "GZIP": ".gz"}
"""The compression formats of the lab, with the file extension that each appends."""


class InvalidArgumentException(CommonServiceException):
    """An argument is outside of what the operation accepts."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidArgumentException", message, 400, sender_fault=True)


def chosen(arguments: Mapping[str, Any]) -> Settings:
    """The S3 destination that a CreateDeliveryStream call configures, with its defaults.

    Raises InvalidArgumentException.
    """
    given = {name: value for name, value in arguments.items() if name.endswith("destination_configuration")}
    named = [name for name, value in given.items() if value]
    others = [name for name in named if name not in S3_ARGUMENTS]
    if others:
        raise InvalidArgumentException(f"The lab's Firehose delivers to Amazon S3 only, not by {others[0]}.")
    if len(named) != 1:
        raise InvalidArgumentException("Exactly one destination configuration is supported for a Firehose")
    return completed(dict(given[named[0]]))


def completed(settings: Settings) -> Settings:
    """The settings with every default written out. Raises InvalidArgumentException."""
    _check_supported(settings)
    hints = settings.get("BufferingHints") or {}
    made = {
        "Prefix": "",
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
        "S3BackupMode": "Disabled",
    }
    made |= {name: value for name, value in settings.items() if value is not None}
    return made | {"BufferingHints": buffering(hints)}


def buffering(hints: Mapping[str, Any]) -> dict[str, int]:
    """Size (MiB) and interval (seconds): both given or neither. Raises InvalidArgumentException."""
    size, interval = hints.get("SizeInMBs"), hints.get("IntervalInSeconds")
    if size is None and interval is None:
        size, interval = quotas.FIREHOSE_BUFFER_DEFAULT_MIB, quotas.FIREHOSE_BUFFER_DEFAULT_SECONDS
    if size is None or interval is None:
        raise InvalidArgumentException(
            "BufferingHints: SizeInMBs and IntervalInSeconds must both be given, or neither."
        )
    for name, value, allowed in (
        ("SizeInMBs", size, quotas.FIREHOSE_BUFFER_MIB),
        ("IntervalInSeconds", interval, quotas.FIREHOSE_BUFFER_SECONDS),
    ):
        if value not in allowed:
            raise InvalidArgumentException(
                f"BufferingHints: {name} is from {allowed[0]} to {allowed[-1]}, not {value}."
            )
    return {"SizeInMBs": size, "IntervalInSeconds": interval}


def delimiter_of(settings: Settings) -> bytes:
    """What AppendDelimiterToRecord puts behind each record; nothing without it.

    Its parameter is written as in a program, so that backslash and n mean a new line, which is the default
    (Firehose guide, "Use AppendDelimiterToRecord"). Raises InvalidArgumentException for another processor.
    """
    configuration = settings.get("ProcessingConfiguration") or {}
    if not configuration.get("Enabled"):
        return b""
    if not configuration.get("Processors"):
        raise InvalidArgumentException("ProcessingConfiguration is enabled and names no processor.")
    delimiter = b""
    for processor in configuration["Processors"]:
        if processor.get("Type") != APPEND_DELIMITER:
            raise InvalidArgumentException(f"The lab's Firehose has no processor {processor.get('Type')}.")
        delimiter = b"\n"
        for parameter in processor.get("Parameters") or ():
            if parameter["ParameterName"] != "Delimiter":
                raise InvalidArgumentException(
                    f"{APPEND_DELIMITER} has no parameter {parameter['ParameterName']} in the lab."
                )
            delimiter = parameter["ParameterValue"].replace("\\n", "\n").encode()
    return delimiter


def _check_supported(settings: Settings) -> None:
    delimiter_of(settings)
    for name in _UNSUPPORTED:
        if (settings.get(name) or {}).get("Enabled", bool(settings.get(name))):
            raise InvalidArgumentException(f"The lab's Firehose has no {name}.")
    if settings.get("S3BackupMode") == "Enabled":
        raise InvalidArgumentException("The lab's Firehose has no S3 backup.")
    if (settings.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig"):
        raise InvalidArgumentException("The lab's Firehose has no KMSEncryptionConfig.")
    if settings.get("CompressionFormat", "UNCOMPRESSED") not in _FORMATS:
        raise InvalidArgumentException(f"The lab's Firehose compresses as {' or '.join(_FORMATS)} only.")
    prefix, errors = settings.get("Prefix") or "", settings.get("ErrorOutputPrefix") or ""
    problem = prefix_problem(prefix) or zone_problem(settings.get("CustomTimeZone") or "")
    if problem is None and "!{" in prefix and not errors:
        problem = "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions."
    if problem:
        raise InvalidArgumentException(problem)


def extension_of(settings: Settings) -> str:
    """The end of the objects' names: as set, else by the compression."""
    return str(settings.get("FileExtension") or _FORMATS[settings["CompressionFormat"]])
