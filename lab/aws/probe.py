"""Does a lab answer at this address? Asked without boto3, whose import takes longer than the answer."""

import http.client
import json
from urllib.parse import urlsplit

SECONDS = 5.0
ASKING_ACCOUNT = "000000000001"
"""Nobody's: no quota, policy or fault plan of a learner's account makes the lab seem not to answer."""


def instance_at(endpoint: str, seconds: float = SECONDS) -> dict[str, str] | None:
    """What the lab at ENDPOINT (a URL) says of itself; None when no lab answers there."""
    answer = _ask(endpoint, "GET", "/_lab/instance", None, {}, seconds)
    if answer is None:
        return None
    try:
        said = json.loads(answer)
    except ValueError:
        return None
    return said if isinstance(said, dict) and "instance" in said else None


def kinesis_answers(endpoint: str, token: str, seconds: float = SECONDS) -> bool:
    """Whether the lab at ENDPOINT is the one that was started with TOKEN, and its Kinesis answers a call."""
    said = instance_at(endpoint, seconds)
    if said is None or said["instance"] != token:
        return False
    headers = {
        "X-Amz-Target": "Kinesis_20131202.ListStreams",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Date": "20260101T000000Z",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ASKING_ACCOUNT}/20260101/us-east-1/kinesis/"
        "aws4_request, SignedHeaders=host, Signature=0",
    }
    answer = _ask(endpoint, "POST", "/", b"{}", headers, seconds)
    return answer is not None and b"StreamNames" in answer


def _ask(
    endpoint: str,
    method: str,
    path: str,
    body: bytes | None,
    headers: dict[str, str],
    seconds: float,
) -> bytes | None:
    address = urlsplit(endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port or 80, timeout=seconds)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return answer if response.status == 200 else None
