"""Events handed to functions: environments kept warm, the account's concurrency, metrics.

Metrics: Lambda guide, "Types of metrics for Lambda functions". The function's timeout and durations are the
machine's seconds, whatever the account's clock does: a handler works no faster at a higher pace.
"""

import logging
import os
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from localstack import config

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.cloudwatch.metric_store import METRICS, Sample, dimensions
from lab_emulator.functions.environment import Environment, Outcome, Plan
from lab_emulator.functions.refusals import TooManyRequestsException
from lab_emulator.functions.registry import FUNCTIONS, Function
from lab_emulator.functions.roles import credentials_for

LOG = logging.getLogger(__name__)
CONCURRENCY: Final = 40
"""Invocations of one account at a time, and its processes. The lab's own: AWS has 1,000."""
IDLE_SECONDS: Final = 300.0
NAMESPACE: Final = "AWS/Lambda"
MARK: Final = "LAB_INSTANCE"
"""By which `lab down` finds what belongs to a lab: see lab/aws/runtime.py."""
LARGEST_EVENT: Final = 6 * 2**20


class Environments:
    """All environments: those at work, and those that wait for another event of the same function."""

    def __init__(self) -> None:
        self._idle: defaultdict[str, list[Environment]] = defaultdict(list)
        """By the function's revision."""
        self._busy: defaultdict[str, list[Environment]] = defaultdict(list)
        """By account."""
        self._running: defaultdict[str, int] = defaultdict(int)
        self._lock = threading.Lock()
        self._care: threading.Thread | None = None

    def invoke(self, function: Function, event: bytes, request_id: str, seconds: float) -> Outcome:
        """Raises TooManyRequestsException when the account's concurrency is used up."""
        account = function.account
        with self._lock:
            if self._running[account] >= CONCURRENCY:
                raise TooManyRequestsException
            self._running[account] += 1
            waiting = self._idle[function.revision]
            environment = waiting.pop() if waiting else None
            if environment is not None:
                self._busy[account].append(environment)
        try:
            if environment is None:
                environment = self._begun(function)
            return environment.run(request_id, event, seconds)
        finally:
            self._put_back(function, environment)

    def _begun(self, function: Function) -> Environment:
        self._make_room(function.account)
        environment = Environment(_plan(function))
        with self._lock:
            self._busy[function.account].append(environment)
            if self._care is None:
                self._care = threading.Thread(target=self._take_care, name="lab-functions", daemon=True)
                self._care.start()
        return environment

    def _put_back(self, function: Function, environment: Environment | None) -> None:
        with self._lock:
            self._running[function.account] -= 1
            if environment is None:
                return
            kept = environment in self._busy[function.account]
            if kept:
                self._busy[function.account].remove(environment)
            if kept and environment.alive and FUNCTIONS.get(function.arn) is function:
                self._idle[function.revision].append(environment)
                return
        environment.end()

    def _make_room(self, account: str) -> None:
        """End the account's oldest idle environment when it has as many as it may."""
        with self._lock:
            idle = [one for many in self._idle.values() for one in many if _account(one) == account]
            if len(idle) + self._running[account] <= CONCURRENCY:
                return
            oldest = min(idle, key=lambda one: one.used)
            self._take_out([oldest])
        oldest.end()

    def _take_out(self, environments: Iterable[Environment]) -> None:
        gone = set(environments)
        for revision in list(self._idle):
            self._idle[revision] = [one for one in self._idle[revision] if one not in gone]
            if not self._idle[revision]:
                del self._idle[revision]

    def retire(self, function: Function) -> None:
        """The function was changed or deleted: no more events for this state of it."""
        with self._lock:
            idle = self._idle.pop(function.revision, [])
        for one in idle:
            one.end()

    def forget(self, account: str) -> None:
        """An account is wiped: its environments end, at work or not."""
        with self._lock:
            gone = [one for many in self._idle.values() for one in many if _account(one) == account]
            self._take_out(gone)
            busy = self._busy.pop(account, [])
        for one in gone:
            one.end()
        for one in busy:
            one.kill()

    def _take_care(self) -> None:
        while True:
            time.sleep(IDLE_SECONDS / 10)
            limit = time.monotonic() - IDLE_SECONDS
            with self._lock:
                old = [one for many in self._idle.values() for one in many if one.used < limit]
                self._take_out(old)
            for one in old:
                one.end()


ENVIRONMENTS = Environments()


def _account(environment: Environment) -> str:
    return environment.plan.arn.split(":")[4]


def _plan(function: Function) -> Plan:
    settings, region = function.settings, function.region
    ours = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        MARK: os.environ.get(MARK, ""),
        "AWS_ENDPOINT_URL": config.external_service_url(),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mib),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.runtime}",
        "LAMBDA_TASK_ROOT": str(function.code.folder),
        "_HANDLER": settings.handler,
    }
    variables = {**settings.variables, **ours, **credentials_for(settings.role, function.account)}
    folder = function.code.folder
    return Plan(function.name, function.arn, settings.handler, folder, settings.memory_mib, variables)


def invoke(
    function: Function, event: bytes, age_ms: int | None = None, seconds: float | None = None
) -> Outcome:
    """Run FUNCTION on EVENT (JSON) and count it. AGE_MS: of the last record, for events from a stream.

    SECONDS: how long the caller waits; as long as the function's timeout unless given.

    Raises TooManyRequestsException.
    """
    request_id = str(uuid.uuid4())
    try:
        limit = function.settings.timeout if seconds is None else seconds
        outcome = ENVIRONMENTS.invoke(function, event, request_id, limit)
    except TooManyRequestsException:
        _count(function, [("Throttles", "Count", 1)])
        raise
    samples: list[Sample] = [
        ("Invocations", "Count", 1),
        ("Errors", "Count", 1 if outcome.error else 0),
        ("Throttles", "Count", 0),
        ("Duration", "Milliseconds", outcome.seconds * 1000),
    ]
    if age_ms is not None:
        samples.append(("IteratorAge", "Milliseconds", age_ms))
    _count(function, samples)
    return outcome


def _count(function: Function, samples: list[Sample]) -> None:
    where = (function.account, function.region, NAMESPACE)
    moment = ACCOUNTS[function.account].now()
    METRICS.add(where, moment, dimensions(FunctionName=function.name), samples)


def count_failed_delivery(function: Function) -> None:
    """A destination did not take what was given up."""
    _count(function, [("DestinationDeliveryFailures", "Count", 1)])
