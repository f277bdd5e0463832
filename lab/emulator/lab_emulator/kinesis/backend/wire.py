"""From a handler's answer, as JSON carries it, to the response in the client's own encoding."""

import json
from datetime import UTC, datetime
from typing import Any

from botocore.parsers import ResponseParserFactory
from localstack.aws.api import RequestContext
from localstack.http import Response

from lab_emulator.kinesis.backend.requests import Wire

_PARSER = ResponseParserFactory()
_PARSER.set_parser_defaults(timestamp_parser=lambda seconds: datetime.fromtimestamp(float(seconds), UTC))
JSON_TYPE = "application/x-amz-json-1.1"


def speaks_cbor(context: RequestContext) -> bool:
    """Whether the client wants CBOR, as the Java SDK and so the KCL do."""
    headers = context.request.headers
    return "cbor" in headers.get("Accept", "") or "cbor" in headers.get("Content-Type", "")


def respond(context: RequestContext, answer: Wire) -> Response | dict[str, Any]:
    """ANSWER for the client. JSON goes out as it is: LocalStack's serializer would walk through it again."""
    body = json.dumps(answer, separators=(",", ":")).encode()
    if speaks_cbor(context):
        parser = _PARSER.create_parser("json")
        response = {"headers": {}, "body": body, "status_code": 200}
        parsed: dict[str, Any] = parser.parse(response, context.operation.output_shape)
        parsed.pop("ResponseMetadata", None)
        return parsed
    # What LocalStack's later handlers look at; they would parse the body when it was empty.
    context.service_response = answer or {"ResponseMetadata": {}}
    headers = {"Content-Type": JSON_TYPE, "x-amzn-RequestId": context.request_id}
    return Response(body, status=200, headers=headers)
