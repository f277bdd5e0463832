"""The operations on event source mappings. Source: API model of Lambda; messages as seen of AWS in public."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from localstack.aws.api import RequestContext

from lab.rules.arn import ConsumerArn, NoArnError, parse
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.functions.mappings.mapping import EventSource, may_read
from lab_emulator.functions.mappings.settings import (
    PARTIAL,
    BadSettingError,
    MissingPartError,
    Settings,
    changed,
)
from lab_emulator.functions.operations import name_in, refuse_others
from lab_emulator.functions.refusals import (
    InvalidParameterValueException,
    NotInTheLab,
    ResourceConflictException,
    ResourceNotFoundException,
)
from lab_emulator.functions.registry import FUNCTIONS
from lab_emulator.iam.call import words
from lab_emulator.kinesis.protocol.moments import milliseconds
from lab_emulator.kinesis.store.errors import Refused
from lab_emulator.kinesis.store.positions import Start
from lab_emulator.kinesis.store.stream import Stream
from lab_emulator.kinesis.streams import STREAMS

Request = Mapping[str, Any]
Answer = dict[str, Any]
_SETTINGS: Final = words(
    """
    BatchSize MaximumBatchingWindowInSeconds ParallelizationFactor MaximumRetryAttempts
    MaximumRecordAgeInSeconds BisectBatchOnFunctionError TumblingWindowInSeconds FunctionResponseTypes
    DestinationConfig FilterCriteria
    """
)
_CREATE: Final = _SETTINGS | words(
    "EventSourceArn FunctionName Enabled StartingPosition StartingPositionTimestamp"
)
_UPDATE: Final = _SETTINGS | words("UUID FunctionName Enabled")
STARTS: Final = ("TRIM_HORIZON", "LATEST", "AT_TIMESTAMP")
PAGE: Final = 100


class _Mappings:
    """By id."""

    def __init__(self) -> None:
        self._by_id: dict[str, EventSource] = {}
        self._lock = threading.Lock()

    def add(self, made: EventSource) -> None:
        """Raises ResourceConflictException for a second one of the same stream and function."""
        with self._lock:
            for one in self._by_id.values():
                if one.function_arn == made.function_arn and one.stream.arn == made.stream.arn:
                    raise ResourceConflictException(
                        f'The event source arn (" {made.stream.arn} ") and function (" '
                        f'{made.function_arn.rpartition(":")[2]} ") provided mapping already exists. Please '
                        f"update or delete the existing mapping with UUID {one.id}"
                    )
            self._by_id[made.id] = made

    def existing(self, context: RequestContext, request: Request) -> EventSource:
        """Raises ResourceNotFoundException, also for those of other accounts and Regions."""
        found = self._by_id.get(request["UUID"])
        if found is None or (found.account, found.region) != (context.account_id, context.region):
            raise ResourceNotFoundException("The resource you requested does not exist.")
        return found

    def remove(self, one: EventSource) -> None:
        with self._lock:
            self._by_id.pop(one.id, None)
        one.end()

    def of(self, account: str, region: str = "") -> list[EventSource]:
        with self._lock:
            found = list(self._by_id.values())
        return sorted(
            (one for one in found if one.account == account and region in ("", one.region)),
            key=lambda one: one.id,
        )


_MAPPINGS = _Mappings()


def create_mapping(context: RequestContext, request: Request) -> Answer:
    refuse_others(request, _CREATE)
    function_arn = name_in(context, request)
    function = FUNCTIONS.get(function_arn)
    if function is None:
        raise InvalidParameterValueException("Function does not exist")
    settings = _settings(Settings(), request)
    stream = _stream(context, request)
    if not may_read(function.settings.role, stream):
        raise InvalidParameterValueException(
            f"Cannot access stream {stream.arn}. Please ensure the role can perform the GetRecords, "
            "GetShardIterator, DescribeStream, ListShards, and ListStreams Actions on your stream in IAM."
        )
    made = EventSource(
        context.account_id,
        context.region,
        function_arn,
        stream,
        settings,
        _start(stream, request),
        enabled=request.get("Enabled") is not False,
        modified=ACCOUNTS[context.account_id].now(),
    )
    _MAPPINGS.add(made)
    try:
        made.begin()
    except (Refused, BadSettingError) as error:
        _MAPPINGS.remove(made)
        words = error.message if isinstance(error, Refused) else str(error)
        raise InvalidParameterValueException(str(words)) from None
    return _told(made) | {"State": "Creating"}


def get_mapping(context: RequestContext, request: Request) -> Answer:
    return _told(_MAPPINGS.existing(context, request))


def list_mappings(context: RequestContext, request: Request) -> Answer:
    """In pages of MaxItems, 100 at most; the marker is the last UUID of the page before."""
    found = _MAPPINGS.of(context.account_id, context.region)
    if arn := request.get("EventSourceArn"):
        found = [one for one in found if str(one.stream.arn) == arn]
    if request.get("FunctionName"):
        function = name_in(context, request)
        found = [one for one in found if one.function_arn == function]
    rest = [one for one in found if one.id > (request.get("Marker") or "")]
    page = rest[: min(int(request.get("MaxItems") or PAGE), PAGE)]
    answer: Answer = {"EventSourceMappings": [_told(one) for one in page]}
    return answer | ({"NextMarker": page[-1].id} if len(rest) > len(page) else {})


def update_mapping(context: RequestContext, request: Request) -> Answer:
    refuse_others(request, _UPDATE)
    one = _MAPPINGS.existing(context, request)
    function_arn = name_in(context, request) if request.get("FunctionName") else one.function_arn
    if FUNCTIONS.get(function_arn) is None:
        raise InvalidParameterValueException("Function does not exist")
    enabled = one.enabled if request.get("Enabled") is None else bool(request["Enabled"])
    before = one.enabled
    try:
        one.change(_settings(one.settings, request), enabled=enabled, function_arn=function_arn)
    except BadSettingError as error:
        raise InvalidParameterValueException(str(error)) from None
    passing = {(False, True): "Enabling", (True, False): "Disabling"}.get((before, enabled), "Updating")
    return _told(one) | {"State": passing}


def delete_mapping(context: RequestContext, request: Request) -> Answer:
    one = _MAPPINGS.existing(context, request)
    _MAPPINGS.remove(one)
    return _told(one) | {"State": "Deleting"}


def forget(account: str) -> None:
    """An account is wiped."""
    for one in _MAPPINGS.of(account):
        _MAPPINGS.remove(one)


def _settings(before: Settings, request: Request) -> Settings:
    try:
        return changed(before, request)
    except BadSettingError as error:
        raise InvalidParameterValueException(str(error)) from None
    except MissingPartError as missing:
        raise NotInTheLab(str(missing)) from None


def _stream(context: RequestContext, request: Request) -> Stream:
    """The stream that a mapping is to read. Raises InvalidParameterValueException, NotInTheLab."""
    text = request.get("EventSourceArn") or ""
    try:
        arn = parse(text)
    except NoArnError:
        if text.startswith("arn:") and ":kinesis:" not in text:
            raise NotInTheLab(f"event sources like {text}: only streams of Kinesis") from None
        raise InvalidParameterValueException(f"Unrecognized event source: {text!r}.") from None
    if isinstance(arn, ConsumerArn):
        raise NotInTheLab("enhanced fan-out in mappings: give the ARN of the stream")
    if (arn.account, arn.region) != (context.account_id, context.region):
        raise NotInTheLab("event sources in another account or Region")
    found = STREAMS.find(arn)
    if found is None or found.status in (None, "DELETING"):
        raise InvalidParameterValueException(f"Stream not found: {arn}")
    return found


def _start(stream: Stream, request: Request) -> Start:
    kind, moment = request.get("StartingPosition"), request.get("StartingPositionTimestamp")
    if kind not in STARTS:
        raise InvalidParameterValueException(
            f"1 validation error detected: Value '{kind or 'null'}' at 'startingPosition' is needed for a "
            f"stream: {', '.join(STARTS)}."
        )
    if (kind == "AT_TIMESTAMP") != (moment is not None):
        raise InvalidParameterValueException(
            "StartingPositionTimestamp is for the starting position AT_TIMESTAMP, which needs it."
        )
    if moment is None:
        return Start(kind)
    ms = milliseconds(moment)
    if ms > stream.clock():
        raise InvalidParameterValueException("StartingPositionTimestamp is in the future.")
    return Start(kind, moment=ms)


def _told(one: EventSource) -> Answer:
    """EventSourceMappingConfiguration."""
    settings = one.settings
    answer: Answer = {
        "UUID": one.id,
        "StartingPosition": one.start.kind,
        "BatchSize": settings.batch_size,
        "MaximumBatchingWindowInSeconds": settings.window_seconds,
        "ParallelizationFactor": settings.lanes,
        "EventSourceArn": str(one.stream.arn),
        "FunctionArn": one.function_arn,
        "LastModified": datetime.fromtimestamp(one.modified, UTC),
        "LastProcessingResult": one.result,
        "State": "Enabled" if one.enabled else "Disabled",
        "StateTransitionReason": "User action",
        "DestinationConfig": {
            "OnFailure": {"Destination": settings.destination} if settings.destination else {}
        },
        "MaximumRecordAgeInSeconds": settings.age_seconds,
        "BisectBatchOnFunctionError": settings.bisects,
        "MaximumRetryAttempts": settings.retries,
        "TumblingWindowInSeconds": settings.tumbling_seconds,
        "FunctionResponseTypes": [PARTIAL] if settings.reports_items else [],
    }
    if one.start.moment is not None:
        answer["StartingPositionTimestamp"] = datetime.fromtimestamp(one.start.moment / 1000, UTC)
    if settings.patterns:
        answer["FilterCriteria"] = {"Filters": [{"Pattern": pattern} for pattern in settings.patterns]}
    return answer
