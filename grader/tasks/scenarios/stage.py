"""A stage: one run of a scenario in the lab, with the learner's code on one side and the grader on the other.

The grader sets the lab up, lets the learner's function work, shuts it out and looks at what it did. In a
notebook both sides are one process; in grading the learner's code is in its sandbox.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ClassVar, Protocol

from grader.tasks.answers import Answer, Raised, Refused, Returned
from grader.tasks.scenarios.lab_side import LabSide, TooMuchError
from grader.tasks.scenarios.plain_kinesis import PlainKinesis
from lab.errors import LabError


@dataclass(frozen=True)
class Verdict:
    """What a run came to: the criteria that were broken, each with what was seen (the end of a sentence).

    `sign` is the id of the misconception that the behaviour shows, if it shows one.
    """

    broken: Mapping[str, str] = field(default_factory=dict)
    sign: str | None = None


class Scenario(Protocol):
    """A kind of run: a frozen dataclass whose fields are JSON.

    A class attribute `needs_lab = False` says that it calls no AWS, so that no lab need run for it. One
    `hurries = True` says that time has no bearing on it: it sets no quotas, and looks at no time. Then
    what the learner's function waits may pass quickly.
    """

    name: ClassVar[str]
    criteria: ClassVar[tuple[str, ...]]
    """What a verdict of it may speak of."""

    def play(self, stage: "Stage") -> Verdict: ...


class NoAnswer(Exception):  # noqa: N818 - ends a run
    """The learner's function gave no answer, so there is nothing more to play.

    SIGN is the misconception that it showed until then, if it showed one.
    """

    def __init__(self, answer: Answer, sign: str | None = None) -> None:
        super().__init__(str(answer))
        self.answer, self.sign = answer, sign


class Spoiled(Exception):  # noqa: N818 - ends a run
    """The learner's code did something that leaves nothing to judge; the message says what was seen."""


Asked = Callable[[Mapping[str, Any]], dict[str, Any]]
"""Answers what the learner's code asks while it works."""


class Performer(Protocol):
    """The learner's side of a stage."""

    def call(self, function: str, arguments: Mapping[str, Any], seconds: float) -> Answer: ...

    def tell(self, message: Mapping[str, Any], asked: Asked, seconds: float) -> Answer: ...

    def renew(self) -> None:
        """Let the learner's process crash: what it had in memory is gone; a new one runs from here on."""

    def ready(self) -> None:
        """Make sure that the learner's code has run, so that a run counts only its own calls."""

    def let_in(self) -> None:
        """The learner's code reaches the lab from here on."""

    def shut_out(self) -> None:
        """It does not any more, and nothing of it is under way."""


@dataclass(frozen=True)
class Played:
    """One run that was played: its verdict, or why there is none."""

    hidden: bool
    verdict: Verdict = field(default_factory=Verdict)
    no_answer: Answer | None = None
    spoiled: str | None = None

    def seen(self, criteria: tuple[str, ...]) -> str | None:
        """What broke one of CRITERIA, as the end of a sentence; None when all were kept."""
        if self.spoiled:
            return self.spoiled
        return next((self.verdict.broken[name] for name in criteria if name in self.verdict.broken), None)


class Stage:
    """What a scenario plays with. Names, streams and buckets that it makes are gone afterwards."""

    def __init__(self, lab: LabSide | None, performer: Performer, function: str, seconds: float) -> None:
        self._lab_side, self._performer = lab, performer
        self.function, self._seconds = function, seconds
        self._quotas = "off"
        self._nonce = secrets.token_hex(3)

    @property
    def _lab(self) -> LabSide:
        if self._lab_side is None:
            raise LabError("This scenario says that it needs no lab, and asks for it.")
        return self._lab_side

    @property
    def account(self) -> str:
        """The AWS account, 12 digits."""
        return self._lab.account

    def __enter__(self) -> "Stage":
        self._performer.ready()
        self._performer.shut_out()
        if self._lab_side is not None:
            self._lab_side.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lab_side is not None:
            self._lab_side.end()
        self._performer.let_in()

    def name(self, base: str) -> str:
        """A name that nothing else in the account has; of a bucket, whose names are global, too."""
        return f"{base}-{self.account}-{self._nonce}"

    def client(self, service: str) -> Any:
        """The grader's own boto3 client of this account: never counted, never struck by a fault."""
        return self._lab.client(service)

    @property
    def kinesis(self) -> PlainKinesis:
        """The grader's own Kinesis calls, quick ones: never counted, never struck by a fault."""
        return self._lab.kinesis

    def caller(self, service: str, given: Mapping[str, Any]) -> Any:
        """A client of a role's session: GIVEN are the credentials that AssumeRole gave out."""
        return self._lab.caller(service, given)

    def stream(self, base: str, shards: int = 1, **options: Any) -> str:
        """A fresh stream that is ACTIVE, provisioned unless OPTIONS of CreateStream say else; its name."""
        return self._lab.make_stream(self.name(base), shards, options)

    def wait_until_active(self, stream: str) -> None:
        """Raises LabError when it takes too long, Spoiled when the stream is gone."""
        with self._looking(f"the stream {stream} is gone"):
            self._lab.wait_until_active(stream)

    def stream_to_come(self, base: str) -> str:
        """A name for a stream that others may make; what has it at the end of the run is deleted."""
        return self._lab.note_stream(self.name(base))

    def bucket(self, base: str) -> str:
        """A fresh bucket; its name."""
        return self._lab.make_bucket(self.name(base))

    def faults(self, *rules: Mapping[str, Any]) -> None:
        """The fault plan from here on (docs/lab.md, Control); calls are counted from 1 for it."""
        self._lab.control.set("faults", rules=[dict(rule) for rule in rules])

    def quotas(self, mode: str, scale: float = 1.0) -> None:
        """Quotas of the learner's calls: "aws" or "off", and their scale. The grader's looks never count."""
        self._quotas = mode
        self._lab.control.set("quotas", mode="off", scale=scale)

    @contextlib.contextmanager
    def crowded(self, scale: float) -> Iterator[None]:
        """The grader's own calls under quotas of this scale, for a time."""
        self._lab.control.set("quotas", mode="aws", scale=scale)
        try:
            yield
        finally:
            self._lab.control.set("quotas", mode="off", scale=1.0)

    def look(self, switch: str) -> Any:
        """How a switch of the account stands (docs/lab.md, Control)."""
        return self._lab.control.look(switch)

    def clock(self, *, hours: float) -> None:
        """Move the account's clock forward."""
        self._lab.control.set("clock", advance_seconds=hours * 3600)

    def iam(self, enabled: bool) -> None:
        """Let policies decide on calls, or not."""
        self._lab.control.set("iam", enabled=enabled)

    def calls(self) -> dict[str, int]:
        """How often the learner's code called each operation, like "kinesis.PutRecords", in this run."""
        return {name: int(count) for name, count in self._lab.control.look("calls").items()}

    def try_call(self, function: str | None = None, **arguments: Any) -> Answer:
        """The learner's function at work, whatever comes of it."""
        with self._open():
            return self._performer.call(function or self.function, arguments, self._seconds)

    def call(self, function: str | None = None, **arguments: Any) -> Any:
        """What the learner's function returns, as plain JSON. Raises NoAnswer, which ends the run."""
        answer = self.try_call(function, **arguments)
        if not isinstance(answer, Returned):
            raise NoAnswer(answer)
        return answer.value

    def work(self, *, all_or_nothing: bool = False, **arguments: Any) -> Returned | Raised:
        """The learner's function at work, judged by what it does: nobody looks at what it returns.

        It may raise, and has done what it did, unless it is ALL_OR_NOTHING. Raises NoAnswer when it did not
        come to its end by itself.
        """
        # Who can, leaves behind what is returned; it may be anything, and large.
        work = getattr(self._performer, "work", self._performer.call)
        with self._open():
            answer = work(self.function, arguments, self._seconds)
        if isinstance(answer, Refused):
            return Returned(None)
        if isinstance(answer, Returned) or (isinstance(answer, Raised) and not all_or_nothing):
            return answer
        raise NoAnswer(answer)

    def tell(self, message: Mapping[str, Any], asked: Asked) -> Answer:
        """One of KCL's messages to the learner's record processor (see `grader.notebook.processor_host`).

        What it stores, and its checkpoints, come to ASKED while it handles the message.
        """
        return self._performer.tell(message, asked, self._seconds)

    def renew(self) -> None:
        """The learner's process crashes, and a new one has run the notebook."""
        self._performer.renew()

    def write(self, stream: str, data: Mapping[str, str]) -> None:
        """A record for each partition key of DATA, 500 at most, in one call of PutRecords.

        PutRecords guarantees no order, so what has to stand behind another record of its key is for a later
        call. Raises LabError when the lab refuses a record, Spoiled when the stream is gone.
        """
        with self._looking(f"the stream {stream} is gone"):
            self._lab.write(stream, data)

    def records(self, stream: str) -> list[dict[str, Any]]:
        """All records in a stream as GetRecords gives them, with their "ShardId"; of each shard in order.

        Raises Spoiled when the stream is gone.
        """
        with self._looking(f"the stream {stream} is gone"):
            return self._lab.records(stream)

    def objects(self, bucket: str) -> dict[str, bytes]:
        """Every object in a bucket by its key. Raises Spoiled when the bucket is gone."""
        with self._looking(f"the bucket {bucket} is gone"):
            return self._lab.objects(bucket)

    def summary(self, stream: str) -> dict[str, Any]:
        """DescribeStreamSummary of a stream. Raises Spoiled when it is gone."""
        with self._looking(f"the stream {stream} is gone"):
            return self._lab.summary(stream)

    @contextlib.contextmanager
    def _open(self) -> Iterator[None]:
        """The learner's turn, under quotas if the scenario has set them; afterwards it is shut out."""
        under_quotas = self._quotas != "off"
        if under_quotas:
            self._lab.control.set("quotas", mode=self._quotas)
        self._performer.let_in()
        try:
            yield
        finally:
            self._performer.shut_out()
            if under_quotas:
                self._lab.control.set("quotas", mode="off")

    @contextlib.contextmanager
    def _looking(self, gone: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        try:
            yield
        except TooMuchError as most:
            raise Spoiled(f"more was written than {most}, which is all that is looked at.") from None
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ResourceNotFoundException", "NoSuchBucket"):
                raise Spoiled(f"{gone}.") from None
            raise


def needs_lab(scenario: Scenario) -> bool:
    return bool(getattr(scenario, "needs_lab", True))


def play(scenario: Scenario, hidden: bool, stage: Callable[[], Stage]) -> Played:
    """One run. Raises LabError, or botocore's errors, when the lab is at fault."""
    with stage() as one:
        try:
            return Played(hidden, scenario.play(one))
        except NoAnswer as end:
            return Played(hidden, Verdict(sign=end.sign), no_answer=end.answer)
        except Spoiled as end:
            return Played(hidden, spoiled=str(end))
