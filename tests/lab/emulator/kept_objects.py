"""A whole lab in the emulator's environment that is called many times, and tells which objects it kept.

Prints {what was done: {kind of object: how many more there are}} as one line of JSON, of kinds of which there
are more by at least half of how often it was done; and as "loaded" those of PUT_OFF that a start loads. Its
address is in GATEWAY_LISTEN, as every lab's.
"""

import gc
import http.client
import json
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

CALLS = 60
ACCOUNT = "000000000000"
ORDINARY = {"Referer": "https://localhost/"}
"""Not the short way of a Kinesis request."""
MIDDLE = str(2**127)
PUT_OFF = (
    *("boto3", "twisted"),  # the controls: they are there
    *("docker", "pydantic", "OpenSSL", "_awscrt", "dns.rdata", "jinja2", "yaml", "moto"),
    *("localstack.aws.api.s3", "localstack.aws.api.lambda_", "localstack.aws.api.cloudwatch"),
)
OF_CALLS = ("lab.", "lab_emulator.", "localstack.", "botocore.", "rolo.", "werkzeug.", "threading.")


class Client:
    """Calls by one connection."""

    def __init__(self) -> None:
        self._host = os.environ["GATEWAY_LISTEN"]
        self._connection = http.client.HTTPConnection(self._host, timeout=60)
        scope = f"{ACCOUNT}/20260101/us-east-1/kinesis/aws4_request"
        self._signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"

    def ask(self, operation: str, request: dict[str, Any], **more: str) -> Any:
        """The answer, a refusal too; {} for one that is no JSON."""
        headers = {
            "Host": self._host,
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": self._signed,
        }
        self._connection.request("POST", "/", json.dumps(request), headers | more)
        answer = self._connection.getresponse()
        body, kind = answer.read(), answer.headers.get("Content-Type", "")
        return json.loads(body) if body and "json" in kind else {}


def connected() -> Client:
    """Once the lab answers."""
    while True:
        client = Client()
        try:
            client.ask("ListStreams", {})
        except OSError:
            time.sleep(0.1)
        else:
            return client


def single(client: Client) -> dict[str, Callable[[], Any]]:
    """By name: a call that is made over and over."""
    client.ask("CreateStream", {"StreamName": "orders", "ShardCount": 1})
    start = {"StreamName": "orders", "ShardId": "0", "ShardIteratorType": "LATEST"}
    iterator = client.ask("GetShardIterator", start)["ShardIterator"]
    record = {"StreamName": "orders", "Data": "AAAA", "PartitionKey": "k"}
    return {
        "written": lambda: client.ask("PutRecord", record | {"DryRun": True}),
        "missing": lambda: client.ask("PutRecord", record | {"StreamName": "missing"}),
        "wrong": lambda: client.ask("PutRecord", record | {"PartitionKey": ""}),
        "read": lambda: client.ask("GetRecords", {"ShardIterator": iterator}),
        "ordinary": lambda: client.ask("PutRecord", record | {"DryRun": True}, **ORDINARY),
        "described": lambda: client.ask("DescribeStreamSummary", {"StreamName": "orders"}),
    }


class Lives:
    """What is made and ends. The account's seconds fly, so that no quota is in the way."""

    def __init__(self, client: Client) -> None:
        from lab_emulator.accounts.registry import ACCOUNTS

        self._client, self._account = client, ACCOUNTS[ACCOUNT]
        self._account.clock.set_pace(1000)
        for name in ("closed", "changing"):
            client.ask("CreateStream", {"StreamName": name, "ShardCount": 1})
        client.ask("IncreaseStreamRetentionPeriod", {"StreamName": "closed", "RetentionPeriodHours": 8760})
        self._split("closed", "0")
        self._consumer = self._registered("changing")

    def _split(self, stream: str, shard: str) -> None:
        asked = {"StreamName": stream, "ShardToSplit": shard, "NewStartingHashKey": MIDDLE}
        assert self._client.ask("SplitShard", asked) == {}

    def _registered(self, stream: str) -> str:
        arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stream}"
        made = self._client.ask("RegisterStreamConsumer", {"StreamARN": arn, "ConsumerName": "reader"})
        return str(made["Consumer"]["ConsumerARN"])

    def _read_to_the_end(self, consumer: str, shard: str) -> None:
        """Of a closed shard, so that the subscription ends."""
        start = {"Type": "TRIM_HORIZON"}
        asked = {"ConsumerARN": consumer, "ShardId": shard, "StartingPosition": start}
        assert self._client.ask("SubscribeToShard", asked) == {}

    def consumer(self) -> None:
        """Registered, subscribed, deregistered."""
        consumer = self._registered("closed")
        self._read_to_the_end(consumer, "shardId-000000000000")
        self._client.ask("DeregisterStreamConsumer", {"ConsumerARN": consumer})

    def shard(self) -> None:
        """Written to, closed, read to its end, expired."""
        client, changing = self._client, {"StreamName": "changing"}
        client.ask("PutRecord", changing | {"Data": "AAAA", "PartitionKey": "k"})
        latest = client.ask("ListShards", changing | {"ShardFilter": {"Type": "AT_LATEST"}})["Shards"]
        one, *other = (shard["ShardId"] for shard in latest)
        if other:
            asked = changing | {"ShardToMerge": one, "AdjacentShardToMerge": other[0]}
            assert client.ask("MergeShards", asked) == {}
        else:
            self._split("changing", one)
        self._read_to_the_end(self._consumer, one)
        self._account.advance(25 * 3600)


def kept() -> Counter[str]:
    """How many objects of each kind there are, after what the lab does now and then was done."""
    from lab_emulator.cloudwatch.metric_store import METRICS
    from lab_emulator.upkeep import free_memory

    free_memory()
    METRICS.flush()
    gc.collect()
    found = Counter(map(type, gc.get_objects()))
    return Counter({f"{kind.__module__}.{kind.__name__}": count for kind, count in found.items()})


def more_after(call: Callable[[], Any]) -> dict[str, int]:
    for _ in range(CALLS // 5):
        call()
    before = kept()
    for _ in range(CALLS):
        call()
    more = kept() - before
    return {kind: count for kind, count in more.items() if count >= CALLS / 2 and _is_told(kind)}


def _is_told(kind: str) -> bool:
    """Not what Python makes as it loads modules, nor Twisted's timers, which end; lists belong to another."""
    return kind.startswith(OF_CALLS)


def count_and_end() -> None:
    status = 1
    try:
        client = connected()
        told: dict[str, Any] = {"loaded": [name for name in PUT_OFF if name in sys.modules]}
        told |= {name: more_after(call) for name, call in single(client).items()}
        lives = Lives(client)
        told |= {"consumer": more_after(lives.consumer), "shard": more_after(lives.shard)}
        print(json.dumps(told), flush=True)
        status = 0
    except Exception:  # noqa: BLE001 (told, and the status says so)
        traceback.print_exc()
    os._exit(status)


if __name__ == "__main__":
    from lab_emulator.main import main

    threading.Thread(target=count_and_end, daemon=True).start()
    sys.exit(main())
