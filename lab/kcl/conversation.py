"""What a MultiLangDaemon and a record processor say to each other, understood as events.

One conversation is about one shard. Lines of JSON go both ways; after an action the daemon says nothing more
until the processor has answered it, but for the replies to checkpoints (KCL's multilang package-info).
"""

import json
from typing import Any

Content = dict[str, Any]
"""The fields of an event but its time and worker, ready for JSON."""

_TOLD = {"leaseLost": "lease_lost", "shardEnded": "shard_ended", "shutdownRequested": "shutdown_requested"}


class Conversation:
    """Follows one conversation; gives the event that a line is, if it is one."""

    def __init__(self) -> None:
        self.shard: str | None = None
        self._action: str | None = None
        """What the daemon waits for an answer to."""
        self._delivered = 0
        self._last: str | None = None
        """Sequence number of the last record delivered."""
        self._shard_end_stored = False

    def heard(self, line: bytes) -> Content | None:
        """LINE from the daemon to the processor."""
        message = message_of(line)
        if message is None:
            return None
        action = message["action"]
        if action == "checkpoint":
            return self._checkpoint(message)
        self._action = action
        if action == "initialize":
            self.shard = message["shardId"]
            return self._event("lease_won", sequence_number=message.get("sequenceNumber"))
        if action == "processRecords":
            return self._delivery(message)
        return self._event(_TOLD[action]) if action in _TOLD else None

    def said(self, line: bytes) -> Content | None:
        """LINE from the processor to the daemon, which passes over what is no message to it."""
        message = message_of(line)
        if message is None:
            text = line.decode(errors="replace").strip()
            return self._event("printed", text=text) if text else None
        if message["action"] != "status":
            return None  # a checkpoint counts when it is answered
        return self._answer(message.get("responseFor"))

    def complained(self, line: bytes) -> Content | None:
        """LINE on the processor's stderr."""
        text = line.decode(errors="replace").rstrip()
        return self._event("complained", text=text) if text else None

    def ended(self, status: int) -> Content:
        """The processor's process ended; STATUS as subprocess gives it."""
        return self._event("processor_ended", text=exit_words(status))

    def _delivery(self, message: Content) -> Content:
        records = message["records"]
        self._delivered = len(records)
        if records:
            self._last = records[-1]["sequenceNumber"]
        behind = message.get("millisBehindLatest")
        return self._event("delivered", records=records, count=len(records), millis_behind_latest=behind)

    def _checkpoint(self, reply: Content) -> Content:
        """Without a number a checkpoint is up to the last record delivered, or the end of the shard."""
        at_end = self._action == "shardEnded" and reply.get("sequenceNumber") is None
        number = "SHARD_END" if at_end else reply.get("sequenceNumber") or self._last
        if reply.get("error"):
            return self._event("checkpoint_refused", sequence_number=number, error=reply["error"])
        self._shard_end_stored = at_end
        return self._event("checkpoint", sequence_number=number)

    def _answer(self, action: str | None) -> Content | None:
        waited, self._action = self._action, None
        if action != waited:
            words = f"It answered {action} when KCL waited for an answer to {waited}."
            return self._event("rule_broken", text=words)
        if action == "processRecords":
            return self._event("processed", count=self._delivered, sequence_number=self._last)
        if action == "shardEnded" and not self._shard_end_stored:
            words = "It answered shardEnded without a checkpoint, so KCL can't begin with the child shards."
            return self._event("rule_broken", text=words)
        return None

    def _event(self, kind: str, **fields: Any) -> Content:
        return {"kind": kind, "shard": self.shard, **fields}


def exit_words(status: int) -> str:
    """How a process ended, by its exit STATUS as subprocess gives it."""
    return f"exit status {status}" if status >= 0 else f"signal {-status}"


def message_of(line: bytes) -> Content | None:
    """LINE as a message of the protocol, a JSON object with an action; None for anything else."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) and isinstance(message.get("action"), str) else None
