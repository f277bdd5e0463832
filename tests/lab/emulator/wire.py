"""A JSON client written by hand, for what boto3 would not send."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

JSON_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Answer:
    """`body`: as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """The body as JSON, {} for an empty one."""
        return json.loads(self.body) if self.body else {}

    @property
    def error(self) -> str:
        """The error's code, "" for an answer that is none."""
        return str(self.content.get("__type", ""))


class Wire:
    """Calls of one account, as bytes."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._address = urlsplit(variables["AWS_ENDPOINT_URL"])
        self._key, self._region = variables["AWS_ACCESS_KEY_ID"], variables["AWS_REGION"]

    def call(self, operation: str, parameters: Any = None, **more: Any) -> Answer:
        """An operation with parameters that become JSON."""
        return self.send(json.dumps((parameters or {}) | more).encode(), operation)

    def send(
        self,
        body: bytes,
        operation: str,
        *,
        method: str = "POST",
        content_type: str = JSON_TYPE,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A body as it is. An empty OPERATION: no target at all."""
        scope = f"{self._key}/20260101/{self._region}/kinesis/aws4_request"
        sent = {
            "Content-Type": content_type,
            "X-Amz-Date": "20260101T000000Z",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        }
        if operation:
            sent["X-Amz-Target"] = f"Kinesis_20131202.{operation}"
        connection = http.client.HTTPConnection(
            self._address.hostname or "", self._address.port or 80, timeout=60
        )
        try:
            connection.request(method, "/", body, sent | dict(headers or {}))
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, told, response.read())
        finally:
            connection.close()
