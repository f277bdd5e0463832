"""What Firehose streams may be in the lab: delivered to S3, plain or gzipped. The rest is refused by name.

Source: API model of Firehose (ExtendedS3DestinationConfiguration, BufferingHints).
"""

from collections.abc import Mapping
from typing import Any, Final

from lab.rules import quotas
from lab_emulator.firehose.buffers import BACKUP as BACKED_UP
from lab_emulator.firehose.buffers import DELIVERY, ERRORS, Limits
from lab_emulator.firehose.object_names import NamePlan, error_prefix_problem, prefix_problem, zone_problem
from lab_emulator.firehose.objects import Target
from lab_emulator.firehose.processors import InvalidArgumentException, processing_of

Settings = dict[str, Any]

S3_ARGUMENTS: Final = ("s3_destination_configuration", "extended_s3_destination_configuration")
_FORMATS: Final = {"UNCOMPRESSED": "", "GZIP": ".gz"}
"""The compression formats of the lab, with the file extension that each appends."""
BACKUP: Final = "S3BackupDescription"
_BACKUP_ARGUMENTS: Final = ("S3BackupConfiguration", "S3BackupUpdate", BACKUP)
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


def completed(settings: Settings, before: Settings | None = None) -> Settings:
    """The settings as they are described, with every default written out. BEFORE: those that are changed.

    Raises InvalidArgumentException.
    """
    made: Settings = {
        "Prefix": "",
        "CompressionFormat": "UNCOMPRESSED",
        "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
        "CloudWatchLoggingOptions": {"Enabled": False},
        "S3BackupMode": "Disabled",
    }
    made |= before or {}
    backup = next((settings[name] for name in _BACKUP_ARGUMENTS if settings.get(name)), None)
    made |= {
        name: value for name, value in settings.items() if value is not None and name not in _BACKUP_ARGUMENTS
    }
    _check_supported(made)
    made["BufferingHints"] = buffering(made.get("BufferingHints") or {}, quotas.FIREHOSE_BUFFER_SECONDS)
    _check_changes(made, before or {})
    if made["S3BackupMode"] == "Enabled":
        made[BACKUP] = _backup(backup or {}, (before or {}).get(BACKUP) or {})
    processing_of(made)
    return made


def _backup(given: Settings, before: Settings) -> Settings:
    made = {"Prefix": "", "CompressionFormat": "UNCOMPRESSED"} | before
    made |= {name: value for name, value in given.items() if value is not None}
    if not made.get("BucketARN"):
        raise InvalidArgumentException("S3BackupMode is Enabled, so S3BackupConfiguration names a bucket.")
    _check_supported(made)
    hints = made.get("BufferingHints") or {}
    return made | {"BufferingHints": buffering(hints, quotas.FIREHOSE_BACKUP_SECONDS)}


def _check_changes(made: Settings, before: Settings) -> None:
    """What can't be changed once a Firehose stream is there (Firehose guide; API model, S3BackupMode)."""
    if not before:
        return
    if before.get("S3BackupMode") == "Enabled" and made["S3BackupMode"] != "Enabled":
        raise InvalidArgumentException("S3BackupMode can't be switched off once it is Enabled.")
    is_partitioned, was = (
        bool((one.get("DynamicPartitioningConfiguration") or {}).get("Enabled")) for one in (made, before)
    )
    if is_partitioned != was:
        raise InvalidArgumentException(
            "Dynamic Partitioning is chosen when a Firehose stream is created, and never changed."
        )


def buffering(hints: Mapping[str, Any], intervals: range) -> dict[str, int]:
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
        ("IntervalInSeconds", interval, intervals),
    ):
        if value not in allowed:
            raise InvalidArgumentException(
                f"BufferingHints: {name} is from {allowed[0]} to {allowed[-1]}, not {value}."
            )
    return {"SizeInMBs": size, "IntervalInSeconds": interval}


def _check_supported(settings: Settings) -> None:
    if (settings.get("DataFormatConversionConfiguration") or {}).get("Enabled", False):
        raise InvalidArgumentException("The lab's Firehose has no DataFormatConversionConfiguration.")
    if (settings.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig"):
        raise InvalidArgumentException("The lab's Firehose has no KMSEncryptionConfig.")
    if settings.get("CompressionFormat", "UNCOMPRESSED") not in _FORMATS:
        raise InvalidArgumentException(f"The lab's Firehose compresses as {' or '.join(_FORMATS)} only.")
    prefix, errors = settings.get("Prefix") or "", settings.get("ErrorOutputPrefix") or ""
    partitioned = bool((settings.get("DynamicPartitioningConfiguration") or {}).get("Enabled"))
    problem = prefix_problem(prefix, partitioned=partitioned) or error_prefix_problem(errors)
    problem = problem or zone_problem(settings.get("CustomTimeZone") or "")
    if problem is None and ("!{" in prefix or partitioned) and not errors:
        problem = "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions."
    if problem:
        raise InvalidArgumentException(problem)


def plain(settings: Settings) -> Settings:
    """What S3DestinationDescription tells of them."""
    return {name: settings[name] for name in settings if name in _PLAIN}


def limits(settings: Settings) -> Limits:
    """Of a buffer."""
    hints = settings["BufferingHints"]
    return Limits(hints["SizeInMBs"] * quotas.MIB, hints["IntervalInSeconds"])


def all_limits(settings: Settings) -> dict[str, Limits]:
    """By the kind of a place. Failed records wait as long as the others: AWS does not say."""
    found = {DELIVERY: limits(settings), ERRORS: limits(settings)}
    if BACKUP in settings:
        found[BACKED_UP] = limits(settings[BACKUP])
    return found


def target(settings: Settings, stream: str, version: str, *, errors: bool = False) -> Target:
    """Where the objects of a destination go, and how. ERRORS: those of failed records."""
    zipped = settings["CompressionFormat"] == "GZIP"
    prefix = settings.get("ErrorOutputPrefix") or settings["Prefix"] if errors else settings["Prefix"]
    names = NamePlan(
        stream,
        version,
        prefix,
        (_FORMATS[settings["CompressionFormat"]] if errors else extension_of(settings)),
        settings.get("CustomTimeZone") or "",
    )
    return Target(settings["BucketARN"].rpartition(":")[2], names, zipped)


def extension_of(settings: Settings) -> str:
    """The end of the objects' names: as set, else by the compression."""
    return str(settings.get("FileExtension") or _FORMATS[settings["CompressionFormat"]])
