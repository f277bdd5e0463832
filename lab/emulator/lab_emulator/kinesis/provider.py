"""Kinesis, served from the lab's own streams: requests are read once, and answered in bytes."""

import base64
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import OperationModel
from localstack.aws.api import RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.handlers.service import ServiceRequestParser
from localstack.aws.skeleton import Skeleton
from localstack.aws.spec import load_service
from localstack.http import Response
from localstack.runtime import hooks
from localstack.services.plugins import Service, aws_provider

from lab_emulator.accounts.control import on_wipe, switch
from lab_emulator.accounts.faults import fate_of
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.errors import sent
from lab_emulator.kinesis import fan_out
from lab_emulator.kinesis.limits import account_settings, rates
from lab_emulator.kinesis.limits.counts import shards
from lab_emulator.kinesis.limits.meters import buckets
from lab_emulator.kinesis.metrics import METERED
from lab_emulator.kinesis.operations import Operation, operation
from lab_emulator.kinesis.protocol import events
from lab_emulator.kinesis.protocol.bodies import CBOR_TYPE, JSON_TYPE, decoded, encoded, takes_times
from lab_emulator.kinesis.protocol.moments import with_datetimes
from lab_emulator.kinesis.protocol.reading import reader_of
from lab_emulator.kinesis.store.errors import (
    Refused,
    SerializationException,
    UnknownOperationException,
)
from lab_emulator.kinesis.streams import STREAMS, arn_in

Request = dict[str, Any]
Answer = Mapping[str, Any]
SERVICE, TARGET = "kinesis", "Kinesis_20131202"
EVENT = "SubscribeToShardEvent"
ID_2_BYTES = 76
"""Of `x-amz-id-2`, as seen of AWS: 72 to 80."""
NO_OPERATION = (
    "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be "
    "authorized</Message>\n</AccessDeniedException>\n"
)


# Reading


class KinesisRequestParser(ServiceRequestParser):
    """LocalStack's handler that reads requests, with a way of its own for those of Kinesis."""

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        if context.service is None or context.service.service_name != SERVICE:
            super().__call__(chain, context, response)
            return
        if context.request.method != "POST" or not _names_an_operation(context):
            response.update_from(Response(NO_OPERATION, 403))
            response.headers.remove("Content-Type")  # AWS does not say that it is XML
            chain.stop()
            return
        try:
            context.operation = _operation_model(context.request.headers.get("X-Amz-Target", ""))
            context.service_request = _read(context)
        except Refused as refused:
            response.update_from(refusal(context, refused))
            chain.stop()


@cache
def _models() -> dict[str, OperationModel]:
    service = load_service(SERVICE)
    return {name: service.operation_model(name) for name in service.operation_names}


@cache
def _reader(name: str) -> Callable[[Any], Request]:
    return reader_of(_models()[name])


def _names_an_operation(context: RequestContext) -> bool:
    """Whether a request is one for an operation at all, if only for one that is not there."""
    return "X-Amz-Target" in context.request.headers or context.request.mimetype in (JSON_TYPE, CBOR_TYPE)


@cache
def _takes_times(name: str) -> bool:
    return takes_times(_models()[name].input_shape)


def _operation_model(target: str) -> OperationModel:
    prefix, _, name = target.partition(".")
    found = _models().get(name)
    if found is None or prefix != TARGET:
        raise UnknownOperationException("")
    return found


def _read(context: RequestContext) -> Request:
    """The checked parameters. Raises SerializationException, ValidationException."""
    request = context.request
    is_cbor = "cbor" in request.headers.get("Content-Type", "")
    try:
        body = request.data
    except (OSError, EOFError, zlib.error):  # said to be packed, and is not
        raise SerializationException("") from None
    raw = decoded(body, cbor=is_cbor, times=_takes_times(context.operation.name))
    if type(raw) is not dict:
        raise SerializationException("")
    return _reader(context.operation.name)(raw)


# Answering


def speaks_cbor(context: RequestContext) -> bool:
    """Whether the client wants CBOR, as the Java SDK and so the KCL do."""
    headers = context.request.headers
    return "cbor" in headers.get("Accept", "") or "cbor" in headers.get("Content-Type", "")


def respond(context: RequestContext, answer: Answer) -> Response:
    """ANSWER in the client's own encoding; nothing where the API model has no answer."""
    is_cbor = speaks_cbor(context)
    body = encoded(answer, cbor=is_cbor) if context.operation.output_shape is not None else b""
    # What LocalStack's later handlers look at; they would parse the body when it was empty.
    is_data = context.operation.name in METERED
    context.service_response = (answer if is_data else with_datetimes(answer)) or {"ResponseMetadata": {}}
    return _response(context, body, 200, is_cbor)


def refusal(context: RequestContext, refused: Refused) -> Response:
    """A refusal in the client's own encoding."""
    is_cbor = speaks_cbor(context)
    told = {"__type": refused.code}
    if refused.message:
        told["Message" if isinstance(refused, SerializationException) else "message"] = refused.message
    context.service_exception = sent(refused.code, refused.message)
    response = _response(context, encoded(told, cbor=is_cbor), 400, is_cbor)
    response.headers["X-Amzn-ErrorType"] = refused.code
    return response


def _response(context: RequestContext, body: bytes, status: int, is_cbor: bool) -> Response:
    headers = {
        "Content-Type": CBOR_TYPE if is_cbor else JSON_TYPE,
        "x-amzn-RequestId": context.request_id,
    }
    return Response(body, status=status, headers=headers)


def stamp(_chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """A second number for every answer, refusals too, which AWS's support would ask for."""
    if context.service is not None and context.service.service_name == SERVICE:
        response.headers["x-amz-id-2"] = base64.b64encode(os.urandom(ID_2_BYTES)).decode()


def respond_with_events(context: RequestContext, told: Iterator[Answer]) -> Response:
    """A stream of events, which a refusal in the middle ends as events end."""
    is_cbor = speaks_cbor(context)
    headers = {"Content-Type": events.EVENT_STREAM_TYPE, "x-amzn-RequestId": context.request_id}
    return Response(_messages(told, is_cbor), status=200, headers=headers)


def _messages(told: Iterator[Answer], is_cbor: bool) -> Iterator[bytes]:
    content_type = CBOR_TYPE if is_cbor else JSON_TYPE
    yield events.event("initial-response", encoded({}, cbor=is_cbor), content_type)
    try:
        for event in told:
            yield events.event(EVENT, encoded(event, cbor=is_cbor), content_type)
    except Refused as refused:
        body = encoded({"message": refused.message}, cbor=is_cbor)
        yield events.exception(refused.code, body, content_type)


# Operations


def _answering(perform: Operation) -> Callable[[RequestContext, Request], Response]:
    def answer(context: RequestContext, request: Request) -> Response:
        request = request or {}
        try:
            _pay(context, request)
            told = perform(context, request)
        except Refused as refused:
            return refusal(context, refused)
        fate = fate_of(context)
        if fate.error is not None:
            raise fate.error
        if context.operation.has_event_stream_output:
            return respond_with_events(context, told)
        return respond(context, told)

    return answer


def _pay(context: RequestContext, request: Request) -> None:
    """The rate of calls; LocalStack's own calls, such as Firehose's, are not counted."""
    if context.is_internal_call or not rates.is_limited(context.operation.name):
        return
    arn = arn_in(context, request)
    owner = ACCOUNTS[arn.account if arn is not None else context.account_id]
    rates.pay_for_call(owner, context.operation.name, context.region, str(arn) if arn else None)


@aws_provider(api=SERVICE, name="lab")
def lab() -> Service:
    table = {name: _answering(operation(name)) for name in _models()}
    return Service(SERVICE, skeleton=Skeleton(load_service(SERVICE), table))


def wipe(account_id: str) -> None:
    """Delete the account's streams, in all Regions."""
    for stream in STREAMS.of_account(account_id):
        fan_out.end(stream)
    STREAMS.forget(account_id)
    rates.forget(account_id)
    account_settings.forget(account_id)


@hooks.on_infra_start()
def read_requests() -> None:
    """Read Kinesis requests here, and have the models ready for the first one."""
    from localstack.aws import handlers

    handlers.parse_service_request.__class__ = KinesisRequestParser
    handlers.run_custom_response_handlers.append(stamp)
    on_wipe(wipe)
    switch("buckets", buckets)
    switch("shards", shards)


@hooks.on_infra_shutdown()
def end_subscriptions() -> None:
    """Before the server ends, which waits for what is answered still."""
    fan_out.end_all()
