"""The grader's own Kinesis calls, in JSON on one connection that is kept.

A run makes and reads its streams by some ten small calls. boto3 takes longer for such a call than the lab
does: it checks, signs, looks for the endpoint and parses what nobody looks at. The calls are Kinesis's own
all the same, and the lab checks them as it checks boto3's.
"""

import base64
import json
from datetime import UTC, datetime
from typing import Any, Final

from lab.aws.environment import REGION
from lab.control import Control
from lab.errors import LabError
from lab.machine.kept_line import Line
from lab.rules.control_token import HEADER

ARRIVAL: Final = "ApproximateArrivalTimestamp"


class PlainKinesis:
    """Calls of the account of CONTROL; they carry the control token."""

    def __init__(self, control: Control, line: Line) -> None:
        self._control, self._line = control, line
        scope = f"{control.account}/20260101/{REGION}/kinesis/aws4_request"
        self._headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
            HEADER: control.token,
        }

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """The answer to OPERATION; bytes among MEMBERS cross in base64.

        Records have their data and time as boto3 gives them; other times are seconds since 1970.

        Raises botocore's ClientError for Kinesis's own, LabError when the lab does not answer.
        """
        body = json.dumps(members, default=_base64).encode()
        headers = {**self._headers, "X-Amz-Target": f"Kinesis_20131202.{operation}"}
        try:
            status, text = self._line.ask("POST", "/", headers, body)
        except OSError:
            raise LabError(f"The lab does not answer at {self._control.endpoint}. Start it: lab up") from None
        answer = json.loads(text) if text else {}
        if status != 200:
            raise _error(operation, status, answer)
        if operation == "GetRecords":
            for record in answer["Records"]:
                record["Data"] = base64.b64decode(record["Data"])
                record[ARRIVAL] = datetime.fromtimestamp(record[ARRIVAL], UTC)
        return dict(answer)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _error(operation: str, status: int, answer: dict[str, Any]) -> Exception:
    from botocore.exceptions import ClientError

    code = str(answer.get("__type", status)).rpartition("#")[2]
    words = str(answer.get("message") or answer.get("Message") or "")
    told: Any = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(told, operation)
