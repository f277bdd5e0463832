"""Encryption at rest: StartStreamEncryption, StopStreamEncryption, and whether the key can be used.

Errors: API model of both, and of PutRecord, GetRecords, SubscribeToShardEventStream. Words: KMS's.
"""

from typing import Any

from lab_emulator.keys import DISABLED, ENABLED, PENDING_DELETION, Key, key_of
from lab_emulator.kinesis.limits import stream_limits
from lab_emulator.kinesis.limits.meters import meter_of
from lab_emulator.kinesis.store.errors import (
    InvalidArgumentException,
    KMSDisabledException,
    KMSInvalidStateException,
    KMSNotFoundException,
)
from lab_emulator.kinesis.store.shard import Shard
from lab_emulator.kinesis.store.stream import Stream

Request = dict[str, Any]
Answer = dict[str, Any]
START, STOP = "StartStreamEncryption", "StopStreamEncryption"


def start(stream: Stream, request: Request) -> Answer:
    """Raises KMSNotFoundException and its kind for a key that can't be used; nothing is changed then."""
    _must_be_kms(request)
    return _change(stream, START, request["KeyId"])


def stop(stream: Stream, request: Request) -> Answer:
    """The key is asked for nothing, so one that is gone is no hindrance (API model: no error of KMS)."""
    _must_be_kms(request)
    return _change(stream, STOP, None)


def check_write(stream: Stream) -> None:
    """Whether the stream's key can encrypt a record now.

    Raises KMSNotFoundException, KMSDisabledException, KMSInvalidStateException.
    """
    if stream.key_id is not None:
        _must_be_usable(stream, stream.key_id)


def check_read(stream: Stream, shard: Shard, last: int) -> None:
    """Whether the key can decrypt the record at the place LAST, which needs it if it is encrypted.

    Raises KMSNotFoundException, KMSDisabledException, KMSInvalidStateException.
    """
    if stream.key_id is not None and shard.encryption_at(last) == "KMS":
        _must_be_usable(stream, stream.key_id)


def told(stream: Stream) -> Answer:
    """AWS tells of encryption only where there is one."""
    return {"EncryptionType": "KMS"} if stream.key_id else {}


def _must_be_kms(request: Request) -> None:
    if request["EncryptionType"] != "KMS":
        raise InvalidArgumentException("The only valid EncryptionType is KMS.")


def _change(stream: Stream, operation: str, key_id: str | None) -> Answer:
    with stream.lock:
        stream.must_be_active()
        if key_id is not None:
            _must_be_usable(stream, key_id)
        stream_limits.check_encryption_changes(stream, operation)
        stream.encrypt(key_id)
        meter_of(stream).note(operation)
        stream.is_updated()
    return {}


def _must_be_usable(stream: Stream, named: str) -> None:
    key = key_of(named, stream.arn.account, stream.arn.region)
    if key.region != stream.arn.region:
        raise KMSNotFoundException(f"Invalid arn {key.region}")
    if key.state is None:
        raise KMSNotFoundException(_not_there(key))
    if key.state == DISABLED:
        raise KMSDisabledException(f"{key.arn} is disabled.")
    if key.state == PENDING_DELETION:
        raise KMSInvalidStateException(f"{key.arn} is pending deletion.")
    if key.state != ENABLED:
        raise KMSInvalidStateException(f"{key.arn} is in state {key.state}.")


def _not_there(key: Key) -> str:
    return f"Alias {key.arn} is not found." if ":alias/" in key.arn else f"Key '{key.arn}' does not exist"
