"""A record processor under KCL: batches, bad records, refused checkpoints, crashes, lost leases, shard ends.

KCL's protocol is spoken to it (MultiLangDaemon's messages, KCL 3.1.3), without Java and without the lab, in
milliseconds. Every fault strikes by its place in the run.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from grader.tasks.answers import Answer, Raised, Returned, Stopped
from grader.tasks.scenarios.stage import NoAnswer, Stage, Verdict

SHARD = "shardId-000000000003"
FIRST = 49_680_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000_000
LONGEST = 128
"""Digits of a sequence number (API model: SequenceNumber, 0 or 1 to 129 digits)."""
LOST = "ShutdownException"
BAD = b"one pizza"
ENOUGH = 1 / 3
"""Part of the good records that must be stored before all else counts; one of each batch is less."""
LIVES = 3
"""So many processors a batch takes at most for each record."""
SLIPS = ("AttributeError", "NameError", "TypeError", "KeyError", "ImportError", "ModuleNotFoundError")
METHODS = {
    "initialize": "initialize",
    "processRecords": "process_records",
    "leaseLost": "lease_lost",
    "shardEnded": "shard_ended",
    "shutdownRequested": "shutdown_requested",
}
"""The learner's method that handles a message."""
Ending = Literal["shard_ended", "lease_lost", "shutdown_requested"]


@dataclass(frozen=True)
class Processing:
    """The learner's class handles records in BATCHES (their sizes) of one shard.

    `bad` are the places of records that are no JSON. `refused` has, by a batch's place (as text), or "end"
    (the shard's, or a shutdown's), the errors that its first checkpoints meet. In the batches in `crashes`
    the processor is lost at every moment in turn: after the first thing that it asks for (to store, to set
    aside, to checkpoint), the next one after its second, and so on. A new one begins in a new process, after
    the last checkpoint that was accepted.

    A criterion counts in a run only where the processor did enough to show it.
    """

    batches: Sequence[int]
    bad: Sequence[int] = ()
    refused: Mapping[str, Sequence[str]] = field(default_factory=dict)
    crashes: Sequence[int] = ()
    ending: Ending = "shard_ended"
    seed: int = 0
    name: ClassVar[str] = "processing"
    needs_lab: ClassVar[bool] = False
    criteria: ClassVar[tuple[str, ...]] = (
        "nothing_lost",
        "sets_apart",
        "checkpoints",
        "retries",
        "lease_loss",
        "shard_end",
        "shutdown",
    )

    def play(self, stage: Stage) -> Verdict:
        return _Play(self, stage).verdict()


@dataclass
class _Play:
    """The books of one run: what was delivered, stored, set aside and checkpointed."""

    run: Processing
    stage: Stage
    stored: dict[str, list[Any]] = field(default_factory=dict)
    aside: dict[str, Any] = field(default_factory=dict)
    accepted: int = 0
    """How many records, from the first, the last accepted checkpoint covers."""
    delivered: int = 0
    refusals: list[str] = field(default_factory=list)
    kill_at: int = 0
    """The processor is lost when it has handled so many more records; 0: it is not."""
    dead: bool = False
    """The processor was lost; whatever is still heard from it does not count."""
    batch_began: int = 0
    asked_for: int = 0
    """Checkpoints that were asked for in the batch, or the ending, that is under way."""
    ever_asked: bool = False
    """Whether a checkpoint was asked for at all."""
    lease_gone: bool = False
    ending: bool = False
    ended: bool = False
    """The checkpoint that the ending asks for was accepted."""
    thrown: str | None = None
    thrown_first: str | None = None
    broken: dict[str, str] = field(default_factory=dict)
    sign: str | None = None

    def verdict(self) -> Verdict:
        self._begin()
        for place, size in enumerate(self.run.batches):
            if self.lease_gone:
                break
            begin, end = self.delivered, self.delivered + size
            self.refusals = list(self.run.refused.get(str(place), ()))
            self._batch_with_crashes(begin, end, LIVES * size if place in self.run.crashes else 0)
        self._end()
        self.thrown = self.thrown_first  # what the records lack began with it
        self._judge_records()
        self._judge_form()
        return Verdict(self.broken, self.sign)

    def _batch_with_crashes(self, begin: int, end: int, most: int) -> None:
        """A batch, in at most MOST lives, each cut off later than the one before, and in a whole one."""
        for self.kill_at in (*range(1, most + 1), 0):
            self._batch(begin, end)
            if not self.dead:
                return
            self.stage.renew()
            self._begin()
            if self.accepted >= end:
                return
            begin = self.accepted

    def _begin(self) -> None:
        """A new processor, from the last accepted checkpoint."""
        self.dead, self.kill_at = False, 0
        self._tell("begin", name=self.stage.function)
        number = _number(self.accepted - 1) if self.accepted else "TRIM_HORIZON"
        self._tell("initialize", shardId=SHARD, sequenceNumber=number, subSequenceNumber=0)

    def _batch(self, begin: int, end: int) -> None:
        struck, self.asked_for, self.batch_began = list(self.refusals), 0, begin
        self.delivered = end
        records = [self._message(index) for index in range(begin, end)]
        self._tell("processRecords", records=records, millisBehindLatest=0)
        if self.dead or self.lease_gone or self.accepted >= end:
            return
        if struck and self.asked_for:
            self._break("retries", self._tried(struck), "gives_up" if self.asked_for == 1 else None)
            return
        if struck and not self.thrown:
            words = "a checkpoint was to be refused here, and none was asked for."
            self._break("lease_loss" if LOST in struck else "retries", words, "never_checkpoints")
        if self.thrown:
            return
        words = f"after a batch of {end - begin} records no checkpoint covered the last of them."
        self._break("checkpoints", words, None if self.asked_for else "never_checkpoints")

    def _end(self) -> None:
        """How the run ends: a lease that was lost in the middle is told as KCL tells it."""
        if self.lease_gone or self.run.ending == "lease_lost":
            self.lease_gone = True
            if isinstance(self._tell("leaseLost"), Raised):
                self._break("lease_loss", f"`lease_lost` raised {self.thrown}.", None)
            return
        struck = list(self.run.refused.get("end", ()))
        self.ending, self.refusals, self.asked_for = True, list(struck), 0
        at_end = self.run.ending == "shard_ended"
        self._tell("shardEnded" if at_end else "shutdownRequested")
        if self.ended:
            return
        tried = f" {self._tried(struck)}" if struck and self.asked_for else ""
        if at_end:
            words = f"the shard's end was not checkpointed: its children never begin.{tried}"
            self._break("shard_end", words, None if self.asked_for else "forgets_shard_end")
        else:
            words = f"a shutdown was requested, and no checkpoint was made.{tried}"
            self._break("shutdown", words, None if self.asked_for else "forgets_shutdown")

    def _tried(self, struck: Sequence[str]) -> str:
        """What became of a checkpoint whose first tries were STRUCK, as a sentence."""
        tries = f"{self.asked_for} time{'s' * (self.asked_for != 1)}"
        return f"{struck[0]} refuses a checkpoint {len(struck)} times here; it was tried {tries}."

    def _tell(self, action: str, **fields: Any) -> Answer:
        answer = self.stage.tell({"action": action, **fields}, self._asked)
        if isinstance(answer, Raised) and action not in ("begin", "initialize"):
            self.thrown = f"{answer.type}: {answer.message}" if answer.message else answer.type
            self.thrown_first = self.thrown_first or self.thrown
        elif not isinstance(answer, Returned):
            if isinstance(answer, Stopped) and action in METHODS:
                answer = replace(answer, limit=f"`{METHODS[action]}`, {answer.limit}")
            raise NoAnswer(answer, self.sign)
        return answer

    def _asked(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """What the processor tells while it handles a message."""
        if self.dead:
            return {"killed": True}
        reply: dict[str, Any] = {}
        match message:
            case {"action": "store", "sequenceNumber": str(number), "value": value}:
                self.stored.setdefault(number, []).append(value)
            case {"action": "setAside", "sequenceNumber": str(number), "data": data}:
                self.aside[number] = data
            case {"action": "checkpoint", "sequenceNumber": number}:
                reply = {"action": "checkpoint", "sequenceNumber": number, "error": self._checkpoint(number)}
        self.kill_at -= 1
        self.dead = self.kill_at == 0
        return {"killed": True} if self.dead else reply

    def _checkpoint(self, number: Any) -> str | None:
        """Accept a checkpoint, or name the error by which it is refused."""
        self.asked_for += 1
        self.ever_asked = True
        if self.lease_gone:
            self._break("lease_loss", "it asked for a checkpoint after the lease was lost.", "after_the_loss")
            return LOST
        if self.refusals:
            error = self.refusals.pop(0)
            self.lease_gone = error == LOST
            return error
        covered = self.delivered if number is None else _place(number) + 1
        if not 0 < covered <= self.delivered:
            return "InvalidArgumentException"
        # The end of a shard has no sequence number; before a shutdown the last record's serves as well.
        at_end = self.run.ending == "shard_ended"
        self.ended |= self.ending and (number is None if at_end else covered == self.delivered)
        self._look_ahead(covered)
        self.accepted = max(self.accepted, covered)
        return None

    def _look_ahead(self, covered: int) -> None:
        """A checkpoint before the work loses records when the worker dies between the two."""
        span = range(self.accepted, covered)
        early = [i for i in span if i not in self.run.bad and _number(i) not in self.stored]
        bad = [place for place in self.run.bad if _number(place) in self.aside]
        if early and any(self.batch_began <= place < early[0] for place in bad):
            words = "records after a bad one were skipped, and the checkpoint covers them."
            self._break("nothing_lost", f"{words} Does the `try` stand around the whole loop?", None)
        elif early and not self.thrown:
            words = f"a checkpoint covered {len(early)} records that were not handled yet."
            self._break("checkpoints", words, "checkpoint_first")

    def _judge_records(self) -> None:
        # What no checkpoint covers when the lease is lost comes to the next owner.
        until = self.accepted if self.lease_gone else self.delivered
        good = [i for i in range(until) if i not in self.run.bad]
        bad = [i for i in range(until) if i in self.run.bad]
        lost = [i for i in good if _number(i) not in self.stored]
        wrong = [i for i in good if any(v != self._order(i) for v in self.stored.get(_number(i), ()))]
        if lost:
            thrown = f" The processor raised {self.thrown}." if self.thrown else ""
            words = f"{len(lost)} of {len(good)} good records were never stored.{thrown}"
            self._break("nothing_lost", words, "skips_the_batch" if self.thrown else None)
        elif wrong:
            self._break(
                "nothing_lost",
                f"{len(wrong)} records were stored with another value than their data, read as JSON.",
                None,
            )
        missing = [i for i in bad if _number(i) not in self.aside]
        stored = [i for i in bad if _number(i) in self.stored]
        if missing or stored:
            words = f"{len({*missing, *stored})} of {len(bad)} bad records were not set aside."
            self._break("sets_apart", words, "swallows" if not lost and not stored else None)
        elif any(self.aside[_number(i)] != BAD.decode() for i in bad):
            self._break("sets_apart", "a bad record was set aside with other data than its own.", None)

    def _judge_form(self) -> None:
        """Nothing is shown by a processor that hardly works, or that never asks for a checkpoint."""
        good = [i for i in range(self.delivered) if i not in self.run.bad]
        stored = sum(_number(i) in self.stored for i in good)
        if stored < ENOUGH * len(good):
            words = f"too little was stored to show that: {stored} of {len(good)} good records."
            for criterion in self.run.criteria:
                self.broken.setdefault(criterion, words)
        elif self.lease_gone and not self.ever_asked:
            words = "no checkpoint was ever asked for, so that none comes after the loss shows nothing."
            self.broken.setdefault("lease_loss", words)

    def _break(self, criterion: str, words: str, sign: str | None) -> None:
        """A slip that raises such an error is told as it is, and not taken for a wrong idea."""
        slip = self.thrown is not None and self.thrown.startswith(SLIPS)
        if self.thrown and self.thrown not in words:
            words += f" The processor raised {self.thrown}."
        self.broken.setdefault(criterion, words)
        self.sign = self.sign or (None if slip else sign)

    def _order(self, index: int) -> dict[str, Any]:
        return {"order": self.run.seed * 1000 + index, "customer": f"c{(index * 7 + self.run.seed) % 5}"}

    def _message(self, index: int) -> dict[str, Any]:
        order = self._order(index)
        data = BAD if index in self.run.bad else json.dumps(order).encode()
        return {
            "action": "record",
            "data": base64.b64encode(data).decode(),
            "partitionKey": order["customer"],
            "sequenceNumber": _number(index),
            "subSequenceNumber": 0,
            "approximateArrivalTimestamp": 1_790_000_000_000 + index,
        }


def _number(index: int) -> str:
    """The sequence number of a record: rising, not consecutive."""
    return str(FIRST + 1000 * index + index % 7)


def _place(number: Any) -> int:
    """The place of the record with this sequence number; -1 when there is none."""
    if not isinstance(number, str) or not (len(number) < LONGEST and number.isascii() and number.isdecimal()):
        return -1
    index = (int(number) - FIRST) // 1000
    return index if index >= 0 and _number(index) == number else -1
