"""Partition keys by a jq query, in a process that a query can't do harm from: no environment, little
memory, ended when it takes too long.

Source: Firehose guide, "Understand partitioning keys": jq 1.6, 1 to 50 keys, none of them null or empty.
Here it is the jq of the package `jq`. Codes and messages of failures: seen on AWS, reported publicly.
"""

import json
import os
import sys
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from lab.rules import quotas
from lab_emulator.firehose.processors import InvalidArgumentException
from lab_emulator.firehose.records import Failure, Keys
from lab_emulator.functions.environment import Environment, Plan
from lab_emulator.functions.invoking import MARK

SECONDS: Final = 10.0
"""For a batch of records; the lab's own."""
MEMORY_MIB: Final = 256
AT_ONCE: Final = 2_000
QUERY: Final = "partitionKeyFromQuery"
FAILED: Final = "DynamicPartitioning.MetadataExtractionFailed"
KIND: Final = "metadata-extraction-failed"
NOT_SOUND: Final = "partitionKeys values must not be null or empty"


class Query:
    """One stream's query and its process, which begins with the first record."""

    def __init__(self, name: str, text: str) -> None:
        self._name, self._text = name, text
        self._environment: Environment | None = None
        self._lock = threading.Lock()

    def keys(self, data: Sequence[bytes]) -> list[Keys | Failure]:
        """For each record its keys, or why it has none."""
        found: list[Keys | Failure] = []
        for first in range(0, len(data), AT_ONCE):
            part = data[first : first + AT_ONCE]
            texts = [one.decode(errors="replace") for one in part]
            answer = self._ask({"query": self._text, "texts": texts})
            if isinstance(answer, str):
                found += [Failure(KIND, FAILED, answer)] * len(part)
            else:
                found += [_sound(one) for one in answer]
        return found

    def check(self, needed: Sequence[str]) -> None:
        """Raises InvalidArgumentException unless it is a query that gives the NEEDED keys."""
        answer = self._ask({"query": self._text})
        if isinstance(answer, str):
            answer = {"problem": answer}
        if "problem" in answer:
            raise InvalidArgumentException(f"MetadataExtractionQuery is no query of jq: {answer['problem']}")
        names = answer["names"]
        if names is None:
            return
        if len(names) not in quotas.FIREHOSE_PARTITION_KEYS:
            most = quotas.FIREHOSE_PARTITION_KEYS[-1]
            raise InvalidArgumentException(f"A query gives 1 to {most} partition keys, not {len(names)}.")
        missing = [name for name in needed if name not in names]
        if missing:
            raise InvalidArgumentException(
                f"Prefix: MetadataExtractionQuery has no partition key {', '.join(missing)}."
            )

    def end(self) -> None:
        with self._lock:
            if self._environment is not None:
                self._environment.end()
                self._environment = None

    def _ask(self, event: dict[str, Any]) -> Any:
        """The process's answer, or in words why there is none."""
        with self._lock:
            if self._environment is None or not self._environment.alive:
                self._environment = Environment(_plan(self._name))
            outcome = self._environment.run(str(uuid.uuid4()), json.dumps(event).encode(), SECONDS)
        if outcome.timed_out:
            return f"The query took longer than {SECONDS:g} seconds"
        if outcome.error:
            return f"The query failed: {outcome.error}"
        return json.loads(outcome.payload)


def _plan(name: str) -> Plan:
    # PYTHON... and the rest of the lab's environment are not for a query, which can read `env`.
    variables = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", MARK: os.environ.get(MARK, "")}
    folder = Path(__file__).parent / "jq_side"
    return Plan(name, f"{sys.executable}:jq", "evaluate.handle", folder, MEMORY_MIB, variables)


def _sound(answer: dict[str, Any]) -> Keys | Failure:
    if "problem" in answer:
        return Failure(KIND, FAILED, answer["problem"])
    return sound_keys(QUERY, answer["keys"]) or Failure(KIND, FAILED, NOT_SOUND)


def sound_keys(namespace: str, found: Any) -> Keys | None:
    """Partition keys by the names that a prefix uses; none where one is null, empty, or no single value."""
    if not isinstance(found, dict) or len(found) not in quotas.FIREHOSE_PARTITION_KEYS:
        return None
    keys = []
    for name, value in found.items():
        if isinstance(value, bool):
            value = str(value).lower()
        if not isinstance(value, str | int | float) or value == "":
            return None
        keys.append((f"{namespace}:{name}", str(value)))
    return tuple(keys)
