"""Was the lab the same from a submission's first call to its last?

A lab that dies and is started again answers at the same address, empty: what a learner's code did is gone,
and a mark would be wrong. So each worker keeps a stream of its own in the lab, in an account of its own.
While that stream is there, nothing was lost: neither LocalStack nor the Kinesis process behind it began anew.
"""

import contextlib
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from lab.aws.environment import fresh_account
from lab.aws.instance import Instance, Running
from lab.control import control
from lab.errors import LabError

SECONDS = 30.0
STREAM = "grader-is-watching"


class LabGone(Exception):  # noqa: N818 - ours, never the learner's
    """The lab ended, or began anew, while a submission was being graded."""


class LabWatch:
    """A worker's own stream in the lab that runs. `begin` before a submission, `end` after it."""

    def __init__(self) -> None:
        self._account = ""
        self._lab: Running | None = None

    def begin(self) -> None:
        """Raises LabGone when the lab does not answer."""
        self._lab = Instance().running
        if not self._account or not self._is_there():
            self._account = fresh_account()
            self._ask("CreateStream", {"StreamName": STREAM, "ShardCount": 1})

    def end(self) -> None:
        """Raises LabGone when it is not the lab any more that it was at `begin`."""
        if Instance().running != self._lab or not self._is_there():
            raise LabGone("the lab ended, or began anew, while this submission was being graded")

    def close(self) -> None:
        if self._account:
            with contextlib.suppress(LabError):  # it is gone, and the stream with it
                control(self._account).set("wipe")
            self._account = ""

    def _is_there(self) -> bool:
        return self._ask("DescribeStreamSummary", {"StreamName": STREAM}) == 200

    def _ask(self, operation: str, request: dict[str, Any]) -> int:
        """The status of a Kinesis call, made by hand: boto3's import takes longer than all of this."""
        if self._lab is None:
            raise LabGone("the lab is not running; start it: lab up")
        address = urlsplit(self._lab.endpoint)
        connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=SECONDS)
        headers = {
            "X-Amz-Target": f"Kinesis_20131202.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self._account}/20260101/us-east-1/kinesis/"
            "aws4_request, SignedHeaders=host, Signature=0",
        }
        try:
            connection.request("POST", "/", json.dumps(request).encode(), headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            raise LabGone(f"the lab does not answer ({type(error).__name__})") from None
        finally:
            connection.close()
        return response.status
