"""Records handed to a function, and what it says of each of them.

Sources, Firehose guide: "Transform source data" (event, five minutes, retries), "Required parameters for
data transformation" (recordId, result, data), "Handle failure in data transformation". Codes of failures:
the guide's "Monitor Amazon Data Firehose Using CloudWatch Logs", Lambda; which ones are tried again, and
with what words: seen on AWS, reported publicly.
"""

import base64
import binascii
import json
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from lab.rules import quotas
from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.firehose.partitioning import FAILED, NOT_SOUND, sound_keys
from lab_emulator.firehose.partitioning import KIND as NOT_PARTITIONED
from lab_emulator.firehose.processors import Transformation
from lab_emulator.firehose.records import Failure, Record
from lab_emulator.functions.environment import Outcome
from lab_emulator.functions.invoking import LARGEST_EVENT, invoke
from lab_emulator.functions.log import LOG, PRINTED, Entry
from lab_emulator.functions.refusals import TooManyRequestsException
from lab_emulator.functions.registry import FUNCTIONS, Function

KIND: Final = "processing-failed"
LAMBDA: Final = "partitionKeyFromLambda"
PAUSE_SECONDS: Final = 1.0
"""Between a failure and the next try. AWS does not say how long it waits."""
_WORDS: Final = {
    "Lambda.FunctionError": "The Lambda function was successfully invoked but it returned an error result.",
    "Lambda.InvokeLimitExceeded": "The Lambda concurrent execution limit is exceeded.",
    "Lambda.ResourceNotFound": "The specified Lambda function does not exist.",
    "Lambda.JsonProcessingException": "The answer is not an object with a list of records.",
    "Lambda.MissingRecordId": "One or more record IDs were not returned.",
    "Lambda.DuplicatedRecordId": "Multiple records were returned with the same record Id.",
    "Lambda.ProcessingFailedStatus": "ProcessingFailed status set for record",
    "Lambda.InvalidReturnFormat": "The result is not Ok, Dropped or ProcessingFailed, or data is not base64.",
}
Verdict = Record | Failure | None
"""A record to go on with, why it failed, or nothing for one that is dropped."""


@dataclass(frozen=True)
class Caller:
    """Who transforms: a Firehose stream. `pause_seconds`: the machine's, between tries."""

    arn: str
    account: str
    region: str
    source: str = ""
    pause_seconds: float = PAUSE_SECONDS


def transformed(
    caller: Caller, plan: Transformation, records: Sequence[Record], *, keys: bool
) -> list[Verdict]:
    """What becomes of each record, in order. KEYS: whether the function's partition keys are wanted."""
    code, attempts, answer = "", 0, b""
    event = _event(caller, records)
    for attempts in range(1, plan.retries + 2):
        if attempts > 1:
            time.sleep(caller.pause_seconds)
        code, answer = _called(caller, plan.function, event, len(records), attempts - 1)
        if not code:
            break
    if code:
        failure = Failure(KIND, code, _WORDS[code], attempts, plan.function)
        return [failure] * len(records)
    return _verdicts(records, answer, plan.function, attempts, keys=keys)


def _event(caller: Caller, records: Sequence[Record]) -> bytes:
    told = []
    for record in records:
        one: dict[str, Any] = {
            "recordId": record.id,
            "approximateArrivalTimestamp": record.arrived_ms,
            "data": base64.b64encode(record.data).decode(),
        }
        if record.origin:
            one["kinesisRecordMetadata"] = dict(record.origin)
        told.append(one)
    event = {
        "invocationId": str(uuid.uuid4()),
        "deliveryStreamArn": caller.arn,
        "region": caller.region,
        "records": told,
    }
    if caller.source:
        event["sourceKinesisStreamArn"] = caller.source
    return json.dumps(event).encode()


def _called(caller: Caller, arn: str, event: bytes, records: int, attempt: int) -> tuple[str, bytes]:
    """The code of what went wrong, "" for nothing; the function's answer."""
    function = FUNCTIONS.get(arn)
    if function is None:
        return "Lambda.ResourceNotFound", b""
    if len(event) > LARGEST_EVENT:
        return "Lambda.FunctionError", b""
    at = ACCOUNTS[function.account].now()
    most = min(function.settings.timeout, quotas.FIREHOSE_TRANSFORM_MAX_SECONDS)
    try:
        outcome = invoke(function, event, seconds=most)
    except (TooManyRequestsException, OSError):
        _note(caller, function, at, records, attempt, "throttled", None)
        return "Lambda.InvokeLimitExceeded", b""
    _note(caller, function, at, records, attempt, "error" if outcome.error else "success", outcome)
    return ("Lambda.FunctionError" if outcome.error else ""), outcome.payload


def _note(
    caller: Caller,
    function: Function,
    at: float,
    records: int,
    attempt: int,
    came: str,
    outcome: Outcome | None,
) -> None:
    entry = Entry(
        at,
        function.name,
        came,
        seconds=round(outcome.seconds, 6) if outcome else 0.0,
        error=outcome.error if outcome else "",
        mapping=caller.arn,
        attempt=attempt,
        records=records,
        printed=outcome.printed.decode(errors="replace")[-PRINTED:] if outcome else "",
    )
    LOG.add(function.account, entry)


def _verdicts(
    records: Sequence[Record], payload: bytes, function: str, attempts: int, *, keys: bool
) -> list[Verdict]:
    def failed(code: str) -> Failure:
        return Failure(KIND, code, _WORDS[code], attempts, function)

    answer = json.loads(payload)
    results = answer.get("records") if isinstance(answer, dict) else None
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        return [failed("Lambda.JsonProcessingException")] * len(records)
    times = Counter(str(one.get("recordId")) for one in results)
    by_id = {str(one.get("recordId")): one for one in results}
    verdicts: list[Verdict] = []
    for record in records:
        if times[record.id] != 1:
            code = "Lambda.DuplicatedRecordId" if times[record.id] else "Lambda.MissingRecordId"
            verdicts.append(failed(code))
            continue
        verdict = _verdict(record, by_id[record.id], keys=keys)
        verdicts.append(failed(verdict) if isinstance(verdict, str) else verdict)
    return verdicts


def _verdict(record: Record, result: dict[str, Any], *, keys: bool) -> Verdict | str:
    """Of one record; a code for one that failed."""
    said = result.get("result")
    if said == "Dropped":
        return None
    if said == "ProcessingFailed":
        return "Lambda.ProcessingFailedStatus"
    try:
        data = base64.b64decode(result.get("data") or "", validate=True)
    except (binascii.Error, ValueError, TypeError):
        return "Lambda.InvalidReturnFormat"
    if said != "Ok" or not isinstance(result.get("data"), str):
        return "Lambda.InvalidReturnFormat"
    if not keys:
        return record.now(data)
    metadata = result.get("metadata")
    found = sound_keys(LAMBDA, metadata.get("partitionKeys")) if isinstance(metadata, dict) else None
    return record.now(data, found) if found else Failure(NOT_PARTITIONED, FAILED, NOT_SOUND)
