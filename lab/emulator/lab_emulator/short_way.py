"""The short way of a Kinesis request: the handlers of LocalStack's gateway that it needs, and no others.

Most of what a small Kinesis call costs is none of Kinesis: LocalStack's gateway asks of each request whether
it is for S3, a function's address, a page of its own, a browser, and which service it names. A request that
is seen to be a plain call of Kinesis is spared these questions. What decides or tells of a call stays as it
is: reading and checking, IAM, faults, rates, the trail, metrics, the log. Whatever is out of the ordinary (a
browser, a presigned address, a packed body, a call that LocalStack makes itself) goes the way of all others.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any, Final

from botocore.model import ServiceModel
from localstack import config
from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER
from localstack.aws.handlers.metric_handler import MetricHandler
from localstack.aws.handlers.service_plugin import ServiceLoaderForDataPlane
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.utils.aws.arns import get_partition
from rolo.gateway import Gateway
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request

CALLS = logging.getLogger("localstack.request.aws")
LOG = logging.getLogger(__name__)
SERVICE: Final = "kinesis"
TARGET: Final = "Kinesis_20131202."
STREAMED: Final = frozenset({"SubscribeToShard"})
"""Operations whose answer is no whole."""
BODIES: Final = frozenset({"application/x-amz-json-1.1", "application/x-amz-cbor-1.1"})
UNUSUAL: Final = (
    "content-encoding",
    "origin",
    "referer",
    "smithy-protocol",
    INTERNAL_REQUEST_PARAMS_HEADER.lower(),
)
"""Headers that some handler which is left out would heed."""
_SIGNED: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,=\s]+)/\d{8}/([a-z0-9-]+)/kinesis/aws4_request, ?"
    r"SignedHeaders=[a-z0-9;-]+, ?Signature=[0-9a-zA-Z]+"
)
_HOST: Final = re.compile(r"(?:[A-Za-z0-9-]+|\d+\.\d+\.\d+\.\d+|\[[0-9a-f:]+\])(?::\d+)?", re.ASCII)
"""A name without a dot, or an address: no bucket, no function and no service can be in it."""
_LEFT_OUT: Final[tuple[Any, ...]] = (
    handlers.add_internal_request_params,  # no such header
    handlers.preprocess_request,  # for S3 and for LocalStack's extensions
    handlers.enforce_cors,  # no browser
    handlers.content_decoder,  # not packed
    handlers.validate_request_schema,  # for LocalStack's own pages
    handlers.serve_localstack_resources,
    handlers.serve_edge_router_rules,  # all have a path, or a host that is none of `_HOST`
    handlers.parse_service_name,  # known
    handlers.parse_pre_signed_url_request,  # S3 alone
    handlers.inject_auth_header_if_missing,  # there
    handlers.add_region_from_header,  # `_caller`
    handlers.rewrite_region,
    handlers.add_account_id,
    handlers.parse_trace_context,  # for functions and queues
    handlers.validate_response_schema,
    handlers.add_cors_response_headers,
    handlers.count_service_request,  # telemetry, which is off
)


@dataclass(frozen=True)
class Caller:
    """Who signed a request, and for where."""

    account: str
    region: str
    partition: str


@dataclass(frozen=True)
class Plain:
    """A request that takes the short way. `environment`: as WSGI (PEP 3333) has it, without the headers."""

    headers: list[tuple[str, str]]
    body: bytes
    environment: Mapping[str, Any]
    caller: Caller


class WholeRequest(Request):
    """A request whose body is here already."""

    def __init__(self, plain: Plain) -> None:
        super().__init__(dict(plain.environment))
        self.headers = Headers(plain.headers)
        self._body = plain.body

    def get_data(self, *_how: Any, **_more: Any) -> Any:
        return self._body

    @property
    def data(self) -> bytes:  # type: ignore[override]
        return self._body


def caller_of(method: bytes, address: bytes, headers: list[tuple[str, str]]) -> Caller | None:
    """Who makes a call that can take the short way; None for every other request.

    HEADERS: names and values as they came. One that comes twice is out of the ordinary.
    """
    if method != b"POST" or address != b"/":
        return None
    told = {name.lower(): value for name, value in headers}
    target = told.get("x-amz-target", "")
    if not target.startswith(TARGET) or target[len(TARGET) :] in STREAMED or len(told) != len(headers):
        return None
    if told.get("content-type") not in BODIES or any(name in told for name in UNUSUAL):
        return None
    signed = _SIGNED.fullmatch(told.get("authorization", ""))
    if signed is None or _HOST.fullmatch(told.get("host", "")) is None:
        return None
    return _caller(signed[1], signed[2])


@lru_cache(4096)
def _caller(key: str, region: str) -> Caller | None:
    """None for a region that LocalStack does not know, which it replaces with words in its log."""
    if region not in handlers.rewrite_region.region_rewriter_strategy.available_regions:
        return None
    return Caller(get_account_id_from_access_key_id(key), region, get_partition(region))


@cache
def _model() -> ServiceModel:
    """One for all calls: LocalStack keeps a serializer for each model that it ever saw."""
    return load_service(SERVICE)


class ShortWay:
    """The handlers of GATEWAY that a plain Kinesis request goes through."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def answer(self, plain: Plain) -> Response:
        """What the gateway answers."""
        context, response = RequestContext(WholeRequest(plain)), Response()
        context.service = _model()
        context.protocol = context.service.protocol
        context.account_id = plain.caller.account
        context.region, context.partition = plain.caller.region, plain.caller.partition
        self._chain().handle(context, response)
        return response

    def whole_answer(self, plain: Plain) -> tuple[Response, bytes]:
        """The same with its body; an answer that says nothing where there should have been one."""
        try:
            response = self.answer(plain)
            return response, response.get_data()
        except Exception:
            LOG.exception("a Kinesis request has no answer")
            return Response(status=500), b""

    def _chain(self) -> HandlerChain:
        requests, responses = self._handlers
        return HandlerChain(requests, responses, self._gateway.finalizers, self._gateway.exception_handlers)

    @cached_property
    def _handlers(self) -> tuple[list[Callable[..., None]], list[Callable[..., None]]]:
        return (
            [one for one in self._gateway.request_handlers if _is_needed(one)],
            [
                log_briefly if one is handlers.log_response else one
                for one in self._gateway.response_handlers
                if _is_needed(one)
            ],
        )


def log_briefly(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """LocalStack's line for a call, without copies of all headers, which only its debugging log tells."""
    if CALLS.isEnabledFor(logging.DEBUG) or context.operation is None:
        handlers.log_response(chain, context, response)
        return
    called = (context.service.service_name, context.operation.name, response.status_code)
    if context.service_exception:
        CALLS.info("AWS %s.%s => %d (%s)", *called, context.service_exception.code)
    else:
        CALLS.info("AWS %s.%s => %s", *called)


def _is_needed(handler: Any) -> bool:
    if isinstance(getattr(handler, "__self__", None), MetricHandler):
        return bool(config.is_collect_metrics_mode())
    return not isinstance(handler, ServiceLoaderForDataPlane) and not any(handler is one for one in _LEFT_OUT)
