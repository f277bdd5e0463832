"""Tags of streams and consumers.

Sources: API model, AddTagsToStream, TagResource (50 tags for each resource), ListTagsForStream; developer
guide, "Tagging your resources" (characters, the prefix `aws:`). Words: as seen of AWS in public.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lab.rules import quotas
from lab_emulator.kinesis.store.errors import InvalidArgumentException
from lab_emulator.kinesis.store.stream import Stream

Request = dict[str, Any]
Answer = dict[str, Any]
_FOREIGN = re.compile(r"[^\u00C0-\u1FFF\u2C00-\uD7FFA-Za-z0-9_./\-=+ @%:]")
_RESERVED = "aws:"


def checked(stream: Stream, present: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """PRESENT and ADDED tags together. Raises InvalidArgumentException."""
    _check_characters(stream, [*added, *added.values()], "add tags to")
    if any(key.lower().startswith(_RESERVED) for key in added):
        raise InvalidArgumentException(
            f"Failed to add tags to stream {stream.name} under account {stream.arn.account} because tag keys "
            f"that begin with {_RESERVED} are reserved."
        )
    whole = {**present, **added}
    if len(whole) > quotas.TAGS_PER_RESOURCE:
        raise InvalidArgumentException(
            f"Failed to add tags to stream {stream.name} under account {stream.arn.account} because a given "
            f"stream cannot have more than {quotas.TAGS_PER_RESOURCE} tags associated with it."
        )
    return whole


def _check_characters(stream: Stream, texts: Iterable[str], what: str) -> None:
    texts = list(texts)
    if any(map(_FOREIGN.search, texts)):
        raise InvalidArgumentException(
            "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, "
            "_ . / = + - % @ :."
        )
    if any("%" in text for text in texts):
        raise InvalidArgumentException(
            f"Failed to {what} stream {stream.name} under account {stream.arn.account} because some tags "
            "contained illegal characters. The allowed characters are Unicode letters, white-spaces, "
            "'_',',','/','=','+','-','@',':'."
        )


def without(stream: Stream, present: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """PRESENT tags without KEYS. Raises InvalidArgumentException."""
    gone = set(keys)
    _check_characters(stream, gone, "remove tags from")
    return {key: value for key, value in present.items() if key not in gone}


def listed(tags: Mapping[str, str]) -> list[Answer]:
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def page(stream: Stream, request: Request) -> Answer:
    """ListTagsForStream: one page, in the order of the keys."""
    after = request.get("ExclusiveStartTagKey")
    found = [one for one in listed(stream.tags) if after is None or one["Key"] > after]
    most = request.get("Limit") or quotas.TAGS_PER_RESOURCE
    return {"Tags": found[:most], "HasMoreTags": len(found) > most}
