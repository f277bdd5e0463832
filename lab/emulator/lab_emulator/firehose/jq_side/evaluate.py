"""Runs inside a process of its own: the partition keys that a jq query finds. See `partitioning`."""

import json
from functools import lru_cache
from typing import Any

import jq


@lru_cache(maxsize=8)
def _compiled(query: str) -> Any:
    return jq.compile(query)


def handle(event: dict[str, Any], _context: object) -> Any:
    """For each of EVENT's `texts`: `keys`, or `problem` in words. Without texts: what the query itself is."""
    if "texts" not in event:
        return _told(event["query"])
    return [_found(event["query"], text) for text in event["texts"]]


def _told(query: str) -> dict[str, Any]:
    """`problem` when it is no query; `names` of the keys that it gives for an empty object, if any."""
    try:
        program = _compiled(query)
    except ValueError as error:
        return {"problem": str(error).strip()}
    try:
        found = program.input_text("{}").first()
    except (ValueError, StopIteration):
        return {"names": None}
    return {"names": sorted(found) if isinstance(found, dict) else None}


def _found(query: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return {"problem": "Non JSON record provided"}
    try:
        found = _compiled(query).input_text(text).first()
    except (ValueError, StopIteration) as error:
        return {"problem": f"The query found nothing: {error}"[:200]}
    return {"keys": found} if isinstance(found, dict) else {"problem": "The query does not give an object"}
