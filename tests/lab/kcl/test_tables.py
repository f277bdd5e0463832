"""DynamoDB as KCL uses it, and the HTTP/2 that its Kinesis client speaks: both of the lab, without Java."""

import socket
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from lab.kcl.leases import Lease, leader, leases

TABLE = "app"


@pytest.fixture
def dynamodb(fresh_account: dict[str, str]) -> Any:
    return boto3.client(
        "dynamodb",
        endpoint_url=fresh_account["AWS_ENDPOINT_URL"],
        region_name=fresh_account["AWS_REGION"],
        aws_access_key_id=fresh_account["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=fresh_account["AWS_SECRET_ACCESS_KEY"],
    )


@pytest.fixture
def table(dynamodb: Any) -> Any:
    """A lease table as KCL 3 makes it."""
    dynamodb.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "leaseKey", "AttributeType": "S"},
            {"AttributeName": "leaseOwner", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "LeaseOwnerToLeaseKeyIndex",
                "KeySchema": [
                    {"AttributeName": "leaseOwner", "KeyType": "HASH"},
                    {"AttributeName": "leaseKey", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    dynamodb.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1, "MaxAttempts": 20})
    return dynamodb


def row(shard: str, owner: str | None, counter: int = 0) -> dict[str, Any]:
    owned = {"leaseOwner": {"S": owner}} if owner else {}
    return {
        "leaseKey": {"S": shard},
        "leaseCounter": {"N": str(counter)},
        "checkpoint": {"S": "TRIM_HORIZON"},
        "ownerSwitchesSinceCheckpoint": {"N": "0"},
        **owned,
    }


def test_a_lease_is_taken_once(table: Any) -> None:
    table.put_item(TableName=TABLE, Item=row("shard-0", None))

    def take(owner: str) -> None:
        table.update_item(
            TableName=TABLE,
            Key={"leaseKey": {"S": "shard-0"}},
            UpdateExpression="SET leaseOwner = :owner, leaseCounter = leaseCounter + :one",
            ConditionExpression="leaseCounter = :seen AND attribute_not_exists(leaseOwner)",
            ExpressionAttributeValues={
                ":owner": {"S": owner},
                ":one": {"N": "1"},
                ":seen": {"N": "0"},
            },
        )

    take("worker-1")
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        take("worker-2")
    assert leases(table, TABLE) == [Lease("shard-0", "worker-1", "TRIM_HORIZON", 1, 0, ())]


def test_leases_are_found_by_owner(table: Any) -> None:
    for number in range(4):
        table.put_item(TableName=TABLE, Item=row(f"shard-{number}", f"worker-{number % 2}"))
    found = table.query(
        TableName=TABLE,
        IndexName="LeaseOwnerToLeaseKeyIndex",
        KeyConditionExpression="leaseOwner = :owner",
        ExpressionAttributeValues={":owner": {"S": "worker-1"}},
    )
    assert [item["leaseKey"]["S"] for item in found["Items"]] == ["shard-1", "shard-3"]


def test_no_table_is_no_leases_and_no_leader(dynamodb: Any) -> None:
    assert leases(dynamodb, "nothing") == []
    assert leader(dynamodb, "nothing") is None


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
"""An empty frame of type 4 (RFC 9113, sections 4.1 and 6.5)."""


def exchange(endpoint: str, *pieces: bytes) -> bytes:
    """Send PIECES one after the other; the first nine bytes that come back, an HTTP/2 frame's header."""
    place = urlsplit(endpoint)
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while len(answer) < 9 and (more := connection.recv(9 - len(answer))):
            answer += more
        return answer


@pytest.mark.parametrize(
    "pieces",
    [(PREFACE + SETTINGS,), (PREFACE[:1], PREFACE[1:10], PREFACE[10:] + SETTINGS)],
    ids=["whole", "pieces"],
)
def test_http2_is_answered_in_http2(running_lab: str, pieces: tuple[bytes, ...]) -> None:
    assert exchange(running_lab, *pieces)[3] == SETTINGS[3]


@pytest.mark.parametrize("length", [1, 2, 40])
def test_http1_is_answered_in_http1(running_lab: str, length: int) -> None:
    """POST and PRI begin with the same letter."""
    request = b"POST /_lab/instance HTTP/1.1\r\nHost: lab\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    assert exchange(running_lab, request[:length], request[length:]) == b"HTTP/1.1 "
