"""The boto3 lines behind each button, ready to be copied into a notebook. Pure; tests run every one of them.

`listing` writes a call down from what was really passed to boto3, so the two can't differ.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from lab.playground.account import STREAM
from lab.rules import quotas

WIDTH: Final = 88
KEY_BYTES: Final = 12
"""What a partition key of ours takes at most."""


def opening(account: str, *services: str) -> str:
    """The lines that all others need: clients of the playground's account."""
    lines = [
        "import boto3",
        "",
        "# The playground's account. For your own, write boto3 instead of session.",
        f'session = boto3.Session(aws_access_key_id="{account}", aws_secret_access_key="-")',
        *(f'{service} = session.client("{service}")' for service in services),
    ]
    return "\n".join(lines)


def listing(service: str, method: str, told: Mapping[str, Any], result: str = "") -> str:
    """One call as it would be written; RESULT: the name that its answer gets."""
    start = f"{result} = " if result else ""
    whole = f"{start}{service}.{method}({', '.join(f'{name}={value!r}' for name, value in told.items())})"
    if len(whole) <= WIDTH:
        return whole
    inner = ",\n".join(f"    {name}={_laid_out(value, 4)}" for name, value in told.items())
    return f"{start}{service}.{method}(\n{inner},\n)"


def _laid_out(value: Any, indent: int) -> str:
    """A value over several lines, where one is too long."""
    if len(repr(value)) + indent < WIDTH - 20 or not value or not isinstance(value, dict | list):
        return repr(value)
    pad = " " * (indent + 4)
    if isinstance(value, dict):
        parts = [f"{pad}{name!r}: {_laid_out(one, indent + 4)}" for name, one in value.items()]
        return "{\n" + ",\n".join(parts) + f",\n{' ' * indent}}}"
    return "[\n" + ",\n".join(f"{pad}{_laid_out(one, indent + 4)}" for one in value) + f",\n{' ' * indent}]"


def per_call(size: int) -> int:
    """How many records of SIZE bytes one PutRecords call takes."""
    return max(1, min(quotas.PUT_RECORDS_MAX_RECORDS, quotas.PUT_RECORDS_MAX_BYTES // (size + KEY_BYTES)))


def partition_key(number: int, hot_percent: int) -> str:
    """Of the record NUMBER, where HOT_PERCENT of 100 share one key."""
    return "hot" if number % 100 < hot_percent else f"key-{number}"


def sending(
    first: int, count: int, size: int, hot_percent: int, per: int, pause: float, *, retry: bool
) -> str:
    """What Send runs, as a program. PAUSE: seconds between two calls."""
    wait = f"        time.sleep({pause:g})\n" if pause else ""
    again = (
        "    records = refused\n    time.sleep(0.5)" if retry else "    break  # what was refused is given up"
    )
    return f"""import json
import time

records = [
    {{
        "PartitionKey": "hot" if n % 100 < {hot_percent} else f"key-{{n}}",
        "Data": json.dumps({{"n": n}}).ljust({size}).encode(),
    }}
    for n in range({first}, {first + count})
]
while records:
    refused = []
    for start in range(0, len(records), {per}):
        batch = records[start : start + {per}]
        answer = kinesis.put_records(StreamName="{STREAM}", Records=batch)
        results = answer["Records"]
        refused += [r for r, told in zip(batch, results) if "ErrorCode" in told]
{wait}    print(len(refused), "refused")
{again}"""


def polling(shards: Sequence[str]) -> str:
    """What a polling reader runs, for a minute."""
    return f"""import time

iterators = {{}}
for shard in {list(shards)!r}:
    answer = kinesis.get_shard_iterator(
        StreamName="{STREAM}", ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )
    iterators[shard] = answer["ShardIterator"]
for _ in range(60):
    for shard, iterator in iterators.items():
        answer = kinesis.get_records(ShardIterator=iterator)
        print(shard, len(answer["Records"]), "records,", answer["MillisBehindLatest"], "ms behind")
        iterators[shard] = answer.get("NextShardIterator", iterator)
    time.sleep(1)"""


def subscribing(shards: Sequence[str], consumer_arn: str) -> str:
    """What a reader with enhanced fan-out runs for one shard, until 5 minutes are over."""
    return f"""answer = kinesis.subscribe_to_shard(
    ConsumerARN={consumer_arn!r},
    ShardId={shards[0]!r},
    StartingPosition={{"Type": "TRIM_HORIZON"}},
)
for event in answer["EventStream"]:
    told = event["SubscribeToShardEvent"]
    print(len(told["Records"]), "records,", told["MillisBehindLatest"], "ms behind")"""
