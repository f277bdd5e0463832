"""Calls to kinesis-mock, straight from this process: the JSON that it speaks, and nothing in between."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import urllib3
from localstack.aws.api import CommonServiceException

Wire = dict[str, Any]
"""An answer as JSON carries it: blobs in base64, times as seconds since 1970."""

SECONDS = 120.0
_POOL = urllib3.PoolManager(maxsize=64, retries=False, timeout=SECONDS)


class Backend:
    """One caller's way to kinesis-mock, which takes account and region from the Authorization header.

    `url` is asked for each call: kinesis-mock listens elsewhere after it was restarted.
    """

    def __init__(self, url: Callable[[], str], account_id: str, region: str) -> None:
        self.url = url
        self._headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": "20260101T000000Z",
            # The caller's own header names a session's key, from which kinesis-mock can't tell the account.
            "Authorization": "AWS4-HMAC-SHA256 "
            f"Credential={account_id}/20260101/{region}/kinesis/aws4_request, "
            "SignedHeaders=host, Signature=0",
        }

    def call(self, operation: str, request: Mapping[str, Any]) -> Wire:
        """The answer of OPERATION. Raises CommonServiceException as kinesis-mock words it.

        A connection that breaks is an InternalFailure, which every SDK tries again: whether the call took
        effect is then unknown, as on AWS.
        """
        headers = self._headers | {"X-Amz-Target": f"Kinesis_20131202.{operation}"}
        body = json.dumps(request, default=_to_wire, separators=(",", ":")).encode()
        try:
            response = _POOL.request("POST", self.url(), body=body, headers=headers)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise CommonServiceException(
                "InternalFailure", f"The lab's Kinesis process did not answer: {error}", 500
            ) from None
        content = json.loads(response.data) if response.data else {}
        if response.status != 200:
            raise _failure(response.status, content)
        return content if isinstance(content, dict) else {}


def _to_wire(value: Any) -> Any:
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"no JSON for {type(value).__name__}")


def _failure(status: int, content: Wire) -> CommonServiceException:
    code = str(content.get("__type", "InternalFailure")).rpartition("#")[2]
    message = str(content.get("message") or content.get("Message") or "")
    if code == "ResourceNotFoundException" and message.startswith("Stream arn "):
        arn = message.split()[2]
        message = f"Stream {arn.rpartition('/')[2]} under account {arn.split(':')[4]} not found."
    return CommonServiceException(code, message, status, sender_fault=status < 500)
