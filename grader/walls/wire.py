"""What crosses between the grader and a learner's process: frames of JSON, size-capped, never pickle."""

import json
import socket
import struct
import time
from typing import Any

from grader.tasks.answers import parse

LARGEST_FRAME = 8 * 2**20
"""Bytes in one message; a reply beyond it ends the conversation."""

READ_AHEAD = 1 << 16
"""Bytes."""

_ENCODER = json.JSONEncoder(allow_nan=False)
_LENGTH = struct.Struct(">I")


class Held(bytearray):
    """What came and was not taken yet, and how much was taken: all that came from a process, in bytes."""

    taken = 0


class Hung(Exception):  # noqa: N818 - the other side did not answer in time
    pass


ENDED = "the process ended"
BROKEN = "the process broke the protocol"
TOO_LARGE = f"limit for one answer: {LARGEST_FRAME >> 20} MiB"


class Gone(Exception):  # noqa: N818 - the other side ended or broke the protocol
    pass


def send(channel: socket.socket, message: dict[str, Any], *texts: str) -> None:
    """A message, and with it others as JSON that is written already: in one piece."""
    channel.sendall(b"".join(map(_frame, (_ENCODER.encode(message), *texts))))


def send_text(channel: socket.socket, text: str) -> None:
    """JSON that is written already."""
    channel.sendall(_frame(text))


def _frame(text: str) -> bytes:
    data = text.encode()
    return _LENGTH.pack(len(data)) + data


def receive(channel: socket.socket, seconds: float | None = None, held: Held | None = None) -> dict[str, Any]:
    """The next message. Raises Hung after `seconds`, Gone at the end of the channel or for a bad message.

    The time is for the whole message: one that comes drop by drop is late too.
    HELD keeps what came of the messages after it, so that many are read at once; else nothing more is read.
    """
    end = None if seconds is None else time.monotonic() + seconds
    ahead = held is not None
    held = Held() if held is None else held
    try:
        (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, held, ahead, end))
        if length > LARGEST_FRAME:
            raise Gone(TOO_LARGE)
        message = parse(_exactly(channel, length, held, ahead, end))
    except TimeoutError:
        raise Hung from None
    except OSError:  # the system's own words tell a learner nothing
        raise Gone(ENDED) from None
    except (ValueError, RecursionError):  # its words would quote the learner's process
        raise Gone(BROKEN) from None
    if not isinstance(message, dict):
        raise Gone(BROKEN)
    return message


def receive_trusted(channel: socket.socket) -> Any:
    """What the grader sends to a learner's process, which has no bounds. Raises Gone at the end."""
    channel.settimeout(None)
    try:
        (length,) = _LENGTH.unpack(_exactly(channel, _LENGTH.size, Held(), ahead=False))
        return json.loads(_exactly(channel, length, Held(), ahead=False))
    except (OSError, ValueError) as error:
        raise Gone(str(error)) from None


def _exactly(channel: socket.socket, count: int, held: Held, ahead: bool, end: float | None = None) -> bytes:
    while len(held) < count:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        channel.settimeout(left)
        piece = channel.recv(READ_AHEAD if ahead else min(count - len(held), READ_AHEAD))
        if not piece:
            raise Gone(ENDED)
        held += piece
    taken = bytes(held[:count])
    del held[:count]
    held.taken += count
    return taken
