"""A request's parameters from what JSON or CBOR gave: types first, then every rule of the model at once.

A wrong type is a SerializationException; whatever breaks the model's rules is one ValidationException that
tells of all violations. Unknown members and nulls are dropped, as AWS drops them. Words: as seen of AWS in
public.
"""

import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from lab_emulator.kinesis.protocol.violations import (
    MUST_BE_THERE,
    Rule,
    Violations,
    member_rules_of,
    rules_of,
)
from lab_emulator.kinesis.store.errors import SerializationException

Read = Callable[[Any, str, Violations], Any]
"""Takes a raw value, its path in AWS's words and where to tell of violations."""

_NUMBER: Final = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber"
_MILLISECONDS_FROM: Final = 10**11
"""A timestamp above it is in milliseconds, as the Java SDK's CBOR has it: in seconds it is the year 5138."""
_LATEST_SECOND: Final = 253_402_300_799

ORDER: Final[Mapping[str, tuple[str, ...]]] = {
    "AddTagsToStream": ("Tags", "StreamName"),
    "DescribeStream": ("Limit", "ExclusiveStartShardId", "StreamName"),
    "ListStreams": ("Limit", "ExclusiveStartStreamName"),
    "ListTagsForStream": ("Limit", "ExclusiveStartTagKey", "StreamName"),
    "MergeShards": ("ShardToMerge", "AdjacentShardToMerge", "StreamName"),
    "PutRecord": ("SequenceNumberForOrdering", "PartitionKey", "ExplicitHashKey", "Data", "StreamName"),
    "RemoveTagsFromStream": ("TagKeys", "StreamName"),
    "SplitShard": ("NewStartingHashKey", "StreamName", "ShardToSplit"),
}
"""The order in which AWS tells of members, where it was seen to be another than that of their names."""
NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "PutRecordInput": frozenset({"PartitionKey"}),
    "PutRecordsRequestEntry": frozenset({"PartitionKey"}),
}
"""Members that a shape needs and the model does not say so: "If the stream uses the USER_PARTITION_KEY record
distribution strategy (the default), a partition key is required" (API model), and the lab has no other."""


def reader_of(operation: OperationModel) -> Callable[[Any], dict[str, Any]]:
    """A function that turns a decoded body into OPERATION's parameters.

    It raises SerializationException and ValidationException.
    """
    shape = operation.input_shape
    if shape is None:
        return lambda _raw: {}
    read = _structure(shape, ORDER.get(operation.name, ()))

    def parameters(raw: Any) -> dict[str, Any]:
        violations = Violations()
        found: dict[str, Any] = read(raw, "", violations)
        violations.check()
        return found

    return parameters


def _reader(shape: Shape) -> Read:
    if isinstance(shape, StructureShape):
        return _structure(shape, ())
    if isinstance(shape, ListShape):
        return _list(shape)
    if isinstance(shape, MapShape):
        return _map(shape)
    return _simple(shape)


def _structure(shape: StructureShape, order: tuple[str, ...]) -> Read:
    required = frozenset(shape.required_members) | NEEDED.get(shape.name, frozenset())
    names = [*order, *sorted(shape.members.keys() - set(order))]
    members = [(name, name[0].lower() + name[1:], _reader(shape.members[name])) for name in names]

    def read(raw: Any, path: str, violations: Violations) -> Any:
        if type(raw) is not dict:
            raise _wrong(raw, "Expected null", takes=dict)
        found = {}
        prefix = path and f"{path}."
        for name, shown, member in members:
            value = raw.get(name)
            if value is not None:
                found[name] = member(value, prefix + shown, violations)
            elif name in required:
                violations.add(prefix + shown, MUST_BE_THERE, "null")
        return found

    return read


def _list(shape: ListShape) -> Read:
    rules, element = rules_of(shape), _reader(shape.member)
    is_simple = not isinstance(shape.member, StructureShape)
    of_elements = member_rules_of(shape.member) if is_simple else None

    def read(raw: Any, path: str, violations: Violations) -> Any:
        if type(raw) is not list:
            raise _wrong(raw, "Expected list or null", takes=list)
        ignored = Violations() if is_simple else violations
        found = []
        for place, value in enumerate(raw, 1):
            at = f"{path}.{place}.member"
            if value is None:
                violations.add(at, MUST_BE_THERE, "null")
            else:
                found.append(element(value, at, ignored))
        shown = _quoted(f"[{', '.join(map(str, found))}]") if is_simple or not raw else None
        _tell(rules, raw, path, violations, shown)
        if of_elements and of_elements.broken_by(found):
            violations.add(path, f"Member must satisfy constraint: {of_elements.words}", shown)
        return found

    return read


def _map(shape: MapShape) -> Read:
    rules, key, element = rules_of(shape), _simple(shape.key), _reader(shape.value)
    of_keys, of_values = member_rules_of(shape.key), member_rules_of(shape.value)

    def read(raw: Any, path: str, violations: Violations) -> Any:
        if type(raw) is not dict:
            raise _wrong(raw, "Expected map or null", takes=dict)
        ignored = Violations()
        found = {
            key(name, path, ignored): element(value, path, ignored)
            for name, value in raw.items()
            if value is not None
        }
        shown = _quoted("{" + ", ".join(f"{name}={value}" for name, value in found.items()) + "}")
        _tell(rules, found, path, violations, shown)
        if of_keys.broken_by(found):
            violations.add(path, f"Map keys must satisfy constraint: {of_keys.words}", shown)
        if of_values.broken_by(found.values()):
            violations.add(path, f"Map value must satisfy constraint: {of_values.words}", shown)
        return found

    return read


def _simple(shape: Shape) -> Read:
    convert, rules = _CONVERSIONS[shape.type_name], rules_of(shape)
    if not rules:
        return lambda raw, _path, _violations: convert(raw)

    def read(raw: Any, path: str, violations: Violations) -> Any:
        value = convert(raw)
        for rule in rules:
            if (words := rule(value)) is not None:
                violations.add(path, words, None if ".member." in path else _shown(value))
        return value

    return read


def _tell(rules: list[Rule], value: Any, path: str, violations: Violations, shown: str | None) -> None:
    for rule in rules:
        if (words := rule(value)) is not None:
            violations.add(path, words, shown)


def _quoted(text: str) -> str:
    return f"'{text}'"


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return f"'java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]'"
    return f"'{value}'"


# Types


def _wrong(raw: Any, words: str, takes: type | None = None) -> SerializationException:
    """What AWS says of a value of a wrong type; WORDS of one that is neither list nor structure."""
    if isinstance(raw, list) and takes is not list:
        return SerializationException("Start of list found where not expected")
    if isinstance(raw, dict) and takes is not dict:
        return SerializationException("Start of structure or map found where not expected.")
    return SerializationException(words)


def _kind(raw: Any) -> str:
    if isinstance(raw, bool):
        return "class java.lang.Boolean"
    if isinstance(raw, str):
        return "class java.lang.String"
    return "class java.nio.HeapByteBuffer" if isinstance(raw, bytes) else _NUMBER


def _string(raw: Any) -> str:
    if type(raw) is str:
        return raw
    raise _wrong(raw, f"{_kind(raw)} can not be converted to an String")


def _integer(raw: Any) -> int:
    if type(raw) is int:
        return raw
    if type(raw) is float and raw == raw and abs(raw) < 2**63:
        return int(raw // 1)
    raise _wrong(raw, f"{_kind(raw)} can not be converted to an Integer")


def _long(raw: Any) -> int:
    if type(raw) in (int, float):
        return _integer(raw)
    raise _wrong(raw, f"{_kind(raw)} can not be converted to an Long")


def _boolean(raw: Any) -> bool:
    if type(raw) is bool:
        return raw
    if isinstance(raw, str):
        raise SerializationException(f"'{raw.upper()}' can not be converted to an Boolean")
    raise _wrong(raw, f"{_kind(raw)} can not be converted to an Boolean")


_NOT_BASE64 = re.compile(r"[^a-zA-Z0-9+/=]|=(?=[^=])")


def _blob(raw: Any) -> bytes:
    if type(raw) is bytes:  # CBOR carries bytes as they are
        return raw
    if type(raw) is not str:
        raise _wrong(raw, f"{_kind(raw)} can not be converted to a Blob")
    try:
        value = binascii.a2b_base64(raw, strict_mode=True)
        if raw[-1:] != "=" or _is_canonical(raw, value):
            return value
    except ValueError:
        pass
    raise _no_base64(raw)


def _is_canonical(raw: str, value: bytes) -> bool:
    """Whether the bits that padding leaves over are 0."""
    last = value[len(value) // 3 * 3 :]
    return binascii.b2a_base64(last, newline=False).decode() == raw[-4:]


def _no_base64(raw: str) -> SerializationException:
    what = f"'{raw}' can not be converted to a Blob: "
    if len(raw) % 4:
        what += f"Base64 encoded length is expected a multiple of 4 bytes but found: {len(raw)}"
    elif found := _NOT_BASE64.search(raw):
        what += f"Invalid Base64 character: '{found[0]}'"
    else:
        what += "Invalid last non-pad Base64 character dectected"
    return SerializationException(what)


def _timestamp(raw: Any) -> datetime:
    if isinstance(raw, str):
        try:
            seconds = datetime.fromisoformat(raw).timestamp()
        except ValueError:
            raise SerializationException(
                f"{_kind(raw)} can not be converted to milliseconds since epoch"
            ) from None
    elif type(raw) in (int, float):
        seconds = raw / 1000 if abs(raw) >= _MILLISECONDS_FROM else raw
    else:
        raise _wrong(raw, f"{_kind(raw)} can not be converted to milliseconds since epoch")
    if not 0 <= seconds <= _LATEST_SECOND:
        raise SerializationException(f"{raw} can not be converted to milliseconds since epoch")
    return datetime.fromtimestamp(seconds, UTC)


_CONVERSIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "string": _string,
    "integer": _integer,
    "long": _long,
    "boolean": _boolean,
    "blob": _blob,
    "timestamp": _timestamp,
}
