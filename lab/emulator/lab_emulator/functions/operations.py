"""The operations on functions: what each takes, checks and answers. Source: API model of Lambda."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from localstack.aws.api import RequestContext

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.functions.code import UnusableCodeError, check, digest, unpack
from lab_emulator.functions.environment import LOG_TAIL, Outcome
from lab_emulator.functions.invoking import ENVIRONMENTS, LARGEST_EVENT, invoke
from lab_emulator.functions.log import LOG, PRINTED, Entry
from lab_emulator.functions.refusals import (
    InvalidParameterValueException,
    NotInTheLab,
    RequestTooLargeException,
    ResourceNotFoundException,
    TooManyRequestsException,
)
from lab_emulator.functions.registry import FUNCTIONS, Function, Settings, named
from lab_emulator.functions.roles import is_for_service
from lab_emulator.iam.call import words

Request = Mapping[str, Any]
Answer = dict[str, Any]

SECONDS: Final = range(1, 901)
MEMORY_MIB: Final = range(128, 10_241)
"""API model: Timeout; MemorySize."""
VARIABLES_BYTES: Final = 4_096
_RUNTIME: Final = re.compile(r"python3\.\d{1,2}")
_ROLE: Final = re.compile(r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+", re.ASCII)
_RESERVED: Final = re.compile(r"AWS_.*|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR|_HANDLER|TZ|_X_AMZN_TRACE_ID")
"""Lambda guide, "Defined runtime environment variables". A function of the lab may set AWS_... of no kind."""
_VARIABLE: Final = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+", re.ASCII)
_CREATE: Final = words(
    """
    FunctionName Runtime Role Handler Code Description Timeout MemorySize Publish Environment PackageType
    Architectures Tags
    """
)
_UPDATE: Final = words(
    "FunctionName Runtime Role Handler Description Timeout MemorySize Environment RevisionId"
)
_UPDATE_CODE: Final = words("FunctionName ZipFile Publish DryRun Architectures RevisionId")
_INVOKE: Final = words("FunctionName InvocationType LogType Payload Qualifier")


def refuse_others(request: Request, known: frozenset[str]) -> None:
    """Raises NotInTheLab for a parameter that the lab does nothing for."""
    for name, value in request.items():
        if name not in known and value not in (None, False, "", [], {}):
            raise NotInTheLab(name)


def name_in(context: RequestContext, request: Request) -> str:
    """The ARN of the function that a request names. Raises as `named` does."""
    qualifier = request.get("Qualifier")
    if qualifier not in (None, "", "$LATEST"):
        raise NotInTheLab(f"versions and aliases of functions, such as {qualifier}")
    text = str(request["FunctionName"])
    return named(text, context.partition, context.region, context.account_id).arn


def create_function(context: RequestContext, request: Request) -> Answer:
    refuse_others(request, _CREATE)
    if request.get("Publish"):
        raise NotInTheLab("versions of functions (Publish)")
    if request.get("PackageType", "Zip") != "Zip":
        raise NotInTheLab("functions in container images")
    content = _zip_in(request["Code"])
    who = named(request["FunctionName"], context.partition, context.region, context.account_id)
    for needed in ("Runtime", "Handler"):
        if not request.get(needed):
            raise InvalidParameterValueException(f"{needed} is mandatory for functions made from a zip.")
    settings = _settings(request, Settings("", "", ""), context.account_id)
    function = Function(
        who.partition,
        who.region,
        who.account,
        who.name,
        settings,
        _unpacked(content),
        ACCOUNTS[who.account].now(),
        architecture=(request.get("Architectures") or ["x86_64"])[0],
        tags=dict(request.get("Tags") or {}),
    )
    try:
        FUNCTIONS.add(function)
    except Exception:
        function.code.remove()
        raise
    return configuration(function)


def get_function(context: RequestContext, request: Request) -> Answer:
    """Without `Code.Location`: nothing can be downloaded here."""
    function = FUNCTIONS.existing(name_in(context, request))
    answer: Answer = {"Configuration": configuration(function), "Code": {"RepositoryType": "S3"}}
    return answer | ({"Tags": dict(function.tags)} if function.tags else {})


def get_function_configuration(context: RequestContext, request: Request) -> Answer:
    return configuration(FUNCTIONS.existing(name_in(context, request)))


def list_functions(context: RequestContext, request: Request) -> Answer:
    """In pages of MaxItems, 50 at most; the marker is the last name of the page before."""
    functions = FUNCTIONS.of(context.account_id, context.region)
    after = request.get("Marker") or ""
    rest = [one for one in functions if one.name > after]
    page = rest[: min(int(request.get("MaxItems") or 50), 50)]
    answer: Answer = {"Functions": [configuration(one) for one in page]}
    return answer | ({"NextMarker": page[-1].name} if len(rest) > len(page) else {})


def update_function_code(context: RequestContext, request: Request) -> Answer:
    refuse_others(request, _UPDATE_CODE)
    if request.get("Publish"):
        raise NotInTheLab("versions of functions (Publish)")
    before = FUNCTIONS.existing(name_in(context, request))
    _check_revision(before, request)
    content = _zip_in(request)
    if request.get("DryRun"):
        _checked(content)
        return configuration(before) | {"CodeSha256": digest(content), "CodeSize": len(content)}
    after = before.changed(code=_unpacked(content), modified=ACCOUNTS[before.account].now())
    _replace(before, after)
    before.code.remove()
    return configuration(after)


def update_function_configuration(context: RequestContext, request: Request) -> Answer:
    refuse_others(request, _UPDATE)
    before = FUNCTIONS.existing(name_in(context, request))
    _check_revision(before, request)
    settings = _settings(request, before.settings, before.account)
    after = before.changed(settings=settings, modified=ACCOUNTS[before.account].now())
    _replace(before, after)
    return configuration(after)


def delete_function(context: RequestContext, request: Request) -> Answer:
    remove(FUNCTIONS.remove(name_in(context, request)))
    return {}


def remove(function: Function) -> None:
    """Free what a deleted function held."""
    ENVIRONMENTS.retire(function)
    function.code.remove()


def invoke_function(context: RequestContext, request: Request) -> Answer:
    """Synchronous invocations, and dry runs."""
    refuse_others(request, _INVOKE)
    kind = request.get("InvocationType") or "RequestResponse"
    if kind == "Event":
        raise NotInTheLab("asynchronous invocations (InvocationType Event)")
    function = FUNCTIONS.existing(name_in(context, request))
    event = _event(request.get("Payload"))
    if kind == "DryRun":
        return {"StatusCode": 204}
    at = ACCOUNTS[function.account].now()
    try:
        outcome = invoke(function, event)
    except TooManyRequestsException:
        LOG.add(function.account, Entry(at, function.name, "throttled"))
        raise
    printed = outcome.printed.decode(errors="replace")[-PRINTED:]
    came = "error" if outcome.error else "success"
    seconds = round(outcome.seconds, 6)
    LOG.add(function.account, Entry(at, function.name, came, seconds, error=outcome.error, printed=printed))
    answer: Answer = {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": outcome.payload}
    if outcome.error:
        answer["FunctionError"] = "Unhandled"
    if request.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode(_log(function, outcome)).decode()
    return answer


def _event(payload: Any) -> bytes:
    """Raises RequestTooLargeException, InvalidRequestContentException's kin."""
    content = payload if isinstance(payload, bytes) else payload.read() if payload else b""
    if len(content) > LARGEST_EVENT:
        raise RequestTooLargeException(
            f"Request must be smaller than {LARGEST_EVENT} bytes for the InvokeFunction operation"
        )
    try:
        json.loads(content or b"{}")
    except (ValueError, RecursionError) as error:
        raise InvalidParameterValueException(f"Could not parse request body into json: {error}") from None
    return bytes(content) or b"{}"


def _log(function: Function, outcome: Outcome) -> bytes:
    """The end of the log, in the form of AWS's (Lambda guide, "Log and monitor Python functions")."""
    ms = outcome.seconds * 1000
    report = (
        f"REPORT Duration: {ms:.2f} ms\tBilled Duration: {int(ms) + 1} ms\tMemory Size: "
        f"{function.settings.memory_mib} MB\tMax Memory Used: {outcome.peak_mib} MB\t\n"
    ).encode()
    return (outcome.printed + b"\n" + report)[-LOG_TAIL:]


def _replace(before: Function, after: Function) -> None:
    try:
        FUNCTIONS.put(after)
    except ResourceNotFoundException:
        if after.code is not before.code:
            after.code.remove()
        raise
    ENVIRONMENTS.retire(before)


def _check_revision(function: Function, request: Request) -> None:
    if request.get("RevisionId") not in (None, "", function.revision):
        raise InvalidParameterValueException(
            "The RevisionId provided does not match the latest RevisionId. Call the GetFunction API to "
            "retrieve the latest RevisionId for your function."
        )


def _zip_in(code: Request) -> bytes:
    """Raises NotInTheLab for code that is not in the call."""
    for name in ("S3Bucket", "S3Key", "ImageUri", "SourceKMSKeyArn"):
        if code.get(name):
            raise NotInTheLab(f"code that is elsewhere ({name}): give ZipFile")
    if not code.get("ZipFile"):
        raise InvalidParameterValueException("Please provide a source for function code: ZipFile.")
    return bytes(code["ZipFile"])


def _checked(content: bytes) -> None:
    try:
        check(content)
    except UnusableCodeError as error:
        raise InvalidParameterValueException(str(error)) from None


def _unpacked(content: bytes) -> Any:
    try:
        return unpack(content)
    except UnusableCodeError as error:
        raise InvalidParameterValueException(str(error)) from None


def _settings(request: Request, before: Settings, account: str) -> Settings:
    """The settings with what REQUEST changes. Raises InvalidParameterValueException, NotInTheLab."""

    def given(name: str, present: Any) -> Any:
        return present if request.get(name) is None else request[name]

    made = Settings(
        given("Runtime", before.runtime),
        given("Role", before.role),
        given("Handler", before.handler),
        given("Description", before.description),
        given("Timeout", before.timeout),
        given("MemorySize", before.memory_mib),
        _variables(request) if request.get("Environment") is not None else before.variables,
    )
    if not _RUNTIME.fullmatch(made.runtime):
        raise NotInTheLab(f"runtime {made.runtime}: functions are in Python, such as python3.13")
    for name, value, allowed in (
        ("timeout", made.timeout, SECONDS),
        ("memorySize", made.memory_mib, MEMORY_MIB),
    ):
        if value not in allowed:
            raise InvalidParameterValueException(
                f"Value {value} at '{name}' is from {allowed[0]} to {allowed[-1]}."
            )
    if not _ROLE.fullmatch(made.role):
        raise InvalidParameterValueException(f"Value '{made.role}' at 'role' is no ARN of a role.")
    if made.role.split(":")[4] != account:
        raise InvalidParameterValueException("Cross-account pass role is not allowed.")
    if not is_for_service(made.role, "lambda.amazonaws.com"):
        raise InvalidParameterValueException("The role defined for the function cannot be assumed by Lambda.")
    return made


def _variables(request: Request) -> dict[str, str]:
    variables = dict(request["Environment"].get("Variables") or {})
    for name in variables:
        if _RESERVED.fullmatch(name):
            raise InvalidParameterValueException(
                "Lambda was unable to configure your environment variables because the environment variables "
                "you have provided contains reserved keys that are currently not supported for modification. "
                f"Reserved keys used in this request: {name}"
            )
        if not _VARIABLE.fullmatch(name):
            raise InvalidParameterValueException(f"{name!r} is no name of an environment variable.")
    if "\0" in "".join(variables.values()):
        raise InvalidParameterValueException("An environment variable holds a character with code 0.")
    if sum(len(f"{name}{value}".encode()) for name, value in variables.items()) > VARIABLES_BYTES:
        raise InvalidParameterValueException(
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the {VARIABLES_BYTES // 1024}KB limit."
        )
    return variables


def configuration(function: Function) -> Answer:
    """FunctionConfiguration."""
    settings = function.settings
    modified = datetime.fromtimestamp(function.modified, UTC)
    answer: Answer = {
        "FunctionName": function.name,
        "FunctionArn": function.arn,
        "Runtime": settings.runtime,
        "Role": settings.role,
        "Handler": settings.handler,
        "CodeSize": function.code.size,
        "CodeSha256": function.code.sha256,
        "Description": settings.description,
        "Timeout": settings.timeout,
        "MemorySize": settings.memory_mib,
        "LastModified": f"{modified:%Y-%m-%dT%H:%M:%S}.{modified.microsecond // 1000:03d}+0000",
        "Version": "$LATEST",
        "RevisionId": function.revision,
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": [function.architecture],
    }
    if settings.variables:
        answer["Environment"] = {"Variables": dict(settings.variables)}
    return answer


def forget(account: str) -> None:
    """An account is wiped."""
    ENVIRONMENTS.forget(account)
    for function in FUNCTIONS.of(account):
        remove(FUNCTIONS.remove(function.arn))
