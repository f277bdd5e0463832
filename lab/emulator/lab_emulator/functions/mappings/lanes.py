"""One batch at the function until it is over: invoked, judged, split, tried again, given up.

Source: Lambda guide, "Error handling for Kinesis event source mappings"; see `answers` for the rules.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from lab_emulator.accounts.registry import ACCOUNTS
from lab_emulator.functions.environment import Outcome
from lab_emulator.functions.invoking import count_failed_delivery, invoke
from lab_emulator.functions.log import LOG, NUMBERS_TOLD, PRINTED, Entry
from lab_emulator.functions.mappings.answers import Attempt, Verdict, failed_from, judged
from lab_emulator.functions.mappings.batches import MOST_BYTES, Record, bytes_of
from lab_emulator.functions.mappings.destinations import GivenUp, send
from lab_emulator.functions.mappings.events import event
from lab_emulator.functions.mappings.settings import FOR_EVER, Settings
from lab_emulator.functions.mappings.windows import NoStateError, Window
from lab_emulator.functions.progress import PROGRESS
from lab_emulator.functions.refusals import TooManyRequestsException
from lab_emulator.functions.registry import FUNCTIONS, Function
from lab_emulator.kinesis.store.stream import Stream

PAUSE_SECONDS: Final = 1.0
"""Between an invocation that failed and the next try. The lab's own: AWS does not say how long it waits."""
EXHAUSTED: Final = "RetryAttemptsExhausted"
TOO_OLD: Final = "RecordAgeExceeded"
TOO_LARGE: Final = "PayloadSizeExceeded"
EXPIRED: Final = "Expired"
"""Why a batch is given up. AWS's words are the first two; a batch that has expired goes nowhere."""

PROBLEM_FAILED: Final = "PROBLEM: Function call failed"
PROBLEM_MISSING: Final = "PROBLEM: Function not found"
FINE: Final = "OK"


class Owner(Protocol):
    """The mapping that a batch is of."""

    id: str
    function_arn: str
    settings: Settings
    result: str

    def goes_on(self) -> bool:
        """Wait while the mapping is disabled; False once it is deleted."""

    def pause(self, seconds: float) -> None:
        """Let seconds of the account pass."""


@dataclass
class Work:
    """One batch. `window`: the tumbling window that it is in; with no records, the batch closes it."""

    owner: Owner
    stream: Stream
    shard: str
    lane: int
    records: Sequence[Record]
    window: Window | None = None

    @property
    def is_final(self) -> bool:
        return not self.records

    def run(self) -> None:
        """Until the batch is over, or its mapping is deleted."""
        todo = deque([Attempt(self.records)])
        while todo and self.owner.goes_on():
            attempt = todo.popleft()
            todo.extendleft(reversed(self._tried(attempt)))

    def _tried(self, attempt: Attempt) -> Sequence[Attempt]:
        """What is to be tried next, in order."""
        function = FUNCTIONS.get(self.owner.function_arn)
        if function is None:
            self.owner.result = PROBLEM_MISSING
            self.owner.pause(PAUSE_SECONDS)
            return [attempt]
        records = self._of_age(function, attempt)
        if not records and not self.is_final:
            return []
        attempt = Attempt(records, attempt.retries)
        if len(records) == 1 and bytes_of(records) > MOST_BYTES:
            self._give_up(function, attempt, TOO_LARGE, None)
            return []
        return self._invoked(function, attempt)

    def _of_age(self, function: Function, attempt: Attempt) -> Sequence[Record]:
        """The records that are young enough; the others are given up."""
        now, oldest = self.stream.clock(), self.owner.settings.age_seconds
        horizon = self.stream.horizon
        limit = horizon if oldest == FOR_EVER else max(horizon, now - oldest * 1000)
        records = attempt.records
        gone = [one for one in records if one.arrived < horizon]
        old = [one for one in records if horizon <= one.arrived < limit]
        if gone:
            self._give_up(function, Attempt(gone, attempt.retries), EXPIRED, None)
        if old:
            self._give_up(function, Attempt(old, attempt.retries), TOO_OLD, None)
        return records[len(gone) + len(old) :]

    def _invoked(self, function: Function, attempt: Attempt) -> Sequence[Attempt]:
        records, at = attempt.records, ACCOUNTS[function.account].now()
        more = self._told_of_window() if self.window else None
        age = max(self.stream.clock() - records[-1].arrived, 0) if records else None
        try:
            outcome = invoke(function, event(records, more), age)
        except (TooManyRequestsException, OSError):
            LOG.add(function.account, self._entry(at, function, attempt, "throttled"))
            self.owner.pause(PAUSE_SECONDS)
            return [attempt]  # which counts as no try
        verdict, error = self._judged(attempt, outcome)
        self.owner.result = PROBLEM_FAILED if outcome.error else FINE
        done = [one.number for one in records[: verdict.failed_from]]  # all of them, for None
        PROGRESS.note(function.account, self.owner.id, self.shard, done)
        came = "error" if error else "success" if verdict.failed_from is None else "partial"
        entry = self._entry(
            at,
            function,
            attempt,
            came,
            seconds=round(outcome.seconds, 6),
            error=error,
            failed_from=verdict.failed_from,
            then=verdict.then,
            printed=outcome.printed.decode(errors="replace")[-PRINTED:],
        )
        LOG.add(function.account, entry)
        if verdict.then == "give_up":
            self._give_up(function, Attempt(verdict.given_up, attempt.retries), EXHAUSTED, outcome)
        if verdict.then == "retry":
            self.owner.pause(PAUSE_SECONDS)
        return verdict.attempts

    def _told_of_window(self) -> dict[str, Any]:
        assert self.window is not None
        more = {"shardId": self.shard, "eventSourceARN": str(self.stream.arn)}
        return self.window.told(is_final=self.is_final) | more

    def _judged(self, attempt: Attempt, outcome: Outcome) -> tuple[Verdict, str]:
        """What follows, and the type of the error."""
        settings, error = self.owner.settings, outcome.error
        failed: int | None = 0
        if not error:
            numbers = [one.number for one in attempt.records]
            failed = failed_from(outcome.payload, numbers, reports_items=settings.reports_items)
            try:
                if self.window and not self.is_final and failed != 0:
                    self.window.take(outcome.payload)
            except NoStateError:
                failed, error = 0, "NoState"
        return judged(attempt, failed, settings), error

    def _give_up(self, function: Function, attempt: Attempt, why: str, outcome: Outcome | None) -> None:
        destination, said = self.owner.settings.destination, ""
        if attempt.records and destination and why != EXPIRED:
            invocations = attempt.retries + (why != TOO_LARGE and outcome is not None)
            given_up = GivenUp(
                self.owner.id, str(self.stream.arn), self.shard, attempt.records, why, invocations, outcome
            )
            problem = send(function, destination, given_up)
            said = f"{destination} failed: {problem}" if problem else destination
            if problem:
                count_failed_delivery(function)
        at = ACCOUNTS[function.account].now()
        LOG.add(function.account, self._entry(at, function, attempt, "given_up", error=why, destination=said))

    def _entry(self, at: float, function: Function, attempt: Attempt, came: str, **more: Any) -> Entry:
        records = attempt.records
        numbers = [one.number for one in records] if len(records) <= NUMBERS_TOLD else []
        window = (self.window.start / 1000, self.window.end / 1000) if self.window else ()
        return Entry(
            at,
            function.name,
            came,
            mapping=self.owner.id,
            shard=self.shard,
            lane=self.lane,
            attempt=attempt.retries,
            records=len(records),
            first=records[0].number if records else "",
            last=records[-1].number if records else "",
            sequence_numbers=numbers,
            window=window,
            is_final=self.is_final,
            **more,
        )
