"""The first cell of a lesson: is this the lab? And waiting for a stream, which is never done by sleeping."""

import os
from typing import TYPE_CHECKING, Any

from lab.aws.environment import REGION
from lab.aws.probe import instance_at
from lab.errors import LabError

if TYPE_CHECKING:
    from mypy_boto3_kinesis import KinesisClient

START = "Start JupyterLab with `make lab` in the course's folder, and open the notebook there."
LOST = (
    "The lab does not answer. Run this in a terminal (File > New > Terminal): lab up\n"
    "The lab is empty then, so run the notebook again from its top."
)

NO_ANSWER = frozenset(
    {"ConnectTimeoutError", "ConnectionClosedError", "ConnectionError", "EndpointConnectionError",
     "HTTPClientError", "ReadTimeoutError"}
)  # fmt: skip
"""What botocore raises when nobody answers at the endpoint (botocore.exceptions)."""


def connect() -> str:
    """Make sure that plain boto3 reaches the lab and nothing else; what to show when it does.

    Raises LabError, shown without a traceback, when the environment is not the lab's or the lab is stopped.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    if not endpoint:
        raise LabError(f"This notebook is not connected to the lab. {START}")
    import boto3  # takes a third of a second, and not all who want the words above need it

    used = boto3.client("kinesis").meta.endpoint_url
    if used != endpoint:
        raise LabError(f"boto3 would call {used}, not the lab: other AWS settings are in the way. {START}")
    if instance_at(endpoint) is None:
        raise LabError(LOST)
    return f"Connected to the lab: a local AWS, region {REGION}. Nothing here costs money."


def wait_until_active(kinesis: "KinesisClient", stream_name: str, seconds: float = 60) -> None:
    """Come back when STREAM_NAME is ACTIVE, at most SECONDS later.

    A new stream is CREATING and one whose shards are being split or merged is UPDATING; until it is ACTIVE
    again the next such call is refused (API model: SplitShard, MergeShards, UpdateShardCount).

    Raises LabError when the time is over or there is no such stream.
    """
    from botocore.exceptions import WaiterError

    delay = 0.2
    settings: Any = {"Delay": delay, "MaxAttempts": max(1, round(seconds / delay))}
    try:
        # boto3's waiter of this name waits for StreamStatus ACTIVE, not only for the stream to exist.
        kinesis.get_waiter("stream_exists").wait(StreamName=stream_name, WaiterConfig=settings)
    except WaiterError as error:
        answer: Any = error.last_response
        if answer.get("Error", {}).get("Code") == "ResourceNotFoundException":
            raise LabError(f"There is no stream {stream_name!r}: create it first.") from None
        if "StreamDescription" not in answer:
            raise LabError(f"The stream {stream_name!r} can't be looked at: {error}") from None
        status = answer["StreamDescription"]["StreamStatus"]
        raise LabError(f"The stream {stream_name!r} is still {status} after {seconds:g} seconds.") from None
