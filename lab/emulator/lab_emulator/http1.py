"""HTTP/1.1, with a reading of its own for the one kind of request that comes a thousand times as often.

A small Kinesis call took most of its processor time in Twisted's reading of a head, line by line, and in its
writing of one. A plain call that comes on its own is read here in one look, and answered in one write. What
is out of the ordinary in any way is Twisted's from its first byte: a head that comes in pieces, two requests
at once, a header that is odd or that HTTP gives a meaning to.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from localstack.http import Response
from rolo.serving.twisted import HeaderPreservingHTTPChannel
from twisted.internet import reactor
from twisted.web.http import datetimeToString
from twisted.web.server import version as server_name

from lab_emulator.short_way import Caller, Plain, ShortWay, caller_of

FIRST: Final = b"POST / HTTP/1.1\r\n"
LARGEST_HEAD: Final = 8_192
"""Bytes. What is larger is counted by Twisted."""
LARGEST_BODY: Final = 32 * 2**20
"""Bytes. Twisted keeps a larger one in a file; Kinesis takes 10 MiB, in base64."""
_HEAD: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*\r\n)+", re.ASCII)
"""Header lines with nothing odd in them (RFC 9112, section 5): no folded line, no space before the colon."""
_LENGTH: Final = re.compile(r"[0-9]{1,8}", re.ASCII)
_MEANT_FOR_TWISTED: Final = frozenset({"transfer-encoding", "expect", "upgrade", "te", "trailer"})


@dataclass
class Coming:
    """A plain request of which the whole head is there, and some of the body."""

    headers: list[tuple[str, str]]
    caller: Caller
    parts: list[bytes]
    """All that came, the head too."""
    head_bytes: int
    missing: int
    """Bytes; below 0: more than this request came."""

    def add(self, data: bytes) -> None:
        self.parts.append(data)
        self.missing -= len(data)

    @property
    def raw(self) -> bytes:
        return b"".join(self.parts)

    @property
    def body(self) -> bytes:
        return self.raw[self.head_bytes :]


def begun(data: bytes) -> Coming | None:
    """The plain request that DATA begins with its whole head; None for every other."""
    end = data.find(b"\r\n\r\n", 0, LARGEST_HEAD) + 2
    if end < 2 or not data.startswith(FIRST) or not _HEAD.fullmatch(data, len(FIRST), end):
        return None
    headers = []
    for line in data[len(FIRST) : end - 2].decode("latin-1").split("\r\n"):
        name, _, value = line.partition(":")
        headers.append((name, value.strip(" \t")))
    told = {name.lower(): value for name, value in headers}
    length = told.get("content-length", "")
    if not _LENGTH.fullmatch(length) or int(length) > LARGEST_BODY:
        return None
    if told.get("connection", "keep-alive").lower() != "keep-alive":
        return None
    if not _MEANT_FOR_TWISTED.isdisjoint(told):
        return None
    caller = caller_of(b"POST", b"/", headers)
    if caller is None:
        return None
    head_bytes = end + 2
    return Coming(headers, caller, [data], head_bytes, head_bytes + int(length) - len(data))


def whole_answer(response: Response, body: bytes) -> bytes:
    """As Twisted writes it."""
    told = (f"{name}: {value}" for name, value in headers_of(response, body))
    return "\r\n".join([f"HTTP/1.1 {response.status}", *told, "\r\n"]).encode("latin-1") + body


def headers_of(response: Response, body: bytes) -> list[tuple[str, str]]:
    """All headers of a whole answer."""
    server = ("Server", server_name.decode())
    told = [server, ("Date", _date(int(time.time()))), *response.headers]
    if response.content_length is None:
        told.append(("Content-Length", str(len(body))))
    return told


@lru_cache(2)
def _date(second: int) -> str:
    return datetimeToString(second).decode()


class LabChannel(HeaderPreservingHTTPChannel):
    """One connection. A header that is too large is answered; Twisted ends the connection without a word."""

    _coming: Coming | None = None
    _is_answering = False
    """Whether a plain request is being answered."""
    _is_lost = False
    _place: Mapping[str, Any] | None = None

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        coming = self._coming
        if coming is not None:
            coming.add(data)
        elif self.line_mode and self.persistent and not self.requests and not self._buffer:
            coming = begun(data)  # else in the middle of one of Twisted's, or of an answer
        if coming is None:
            super().dataReceived(data)
        elif coming.missing > 0:
            self._coming = coming
            self.resetTimeout()
        else:
            self._coming = None
            if coming.missing:
                super().dataReceived(coming.raw)
            else:
                self._take(coming)

    def _take(self, coming: Coming) -> None:
        """Have it answered by a thread. What comes meanwhile is kept, as Twisted keeps it."""
        body = coming.body
        environment = {**self._where(), "CONTENT_LENGTH": str(len(body))}
        plain = Plain(coming.headers, body, environment, coming.caller)
        self._handlingRequest = self._is_answering = True
        self.setRawMode()
        reactor.getThreadPool().callInThread(self._answer, self.site.short_way, plain)

    def _where(self) -> Mapping[str, Any]:
        """What every request of this connection tells of it."""
        if self._place is None:
            self._place = environment_of(self.getPeer(), self.getHost(), "HTTP/1.1", self.isSecure())
        return self._place

    def _answer(self, short_way: ShortWay, plain: Plain) -> None:
        """In a thread of the gateway."""
        reactor.callFromThread(self._send, whole_answer(*short_way.whole_answer(plain)))

    def _send(self, answer: bytes) -> None:
        """A whole answer at once, nothing to a client that is gone; then what came meanwhile is read."""
        self._handlingRequest = self._is_answering = False
        if self._is_lost:
            return
        self.transport.write(answer)
        self.resetTimeout()
        if not self._waitingForTransport:
            self._networkProducer.resumeProducing()
        came, self._dataBuffer = b"".join(self._dataBuffer), []
        self.setLineMode(came)

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        self._is_lost = True
        super().connectionLost(reason)

    def timeoutConnection(self) -> None:  # noqa: N802 - Twisted's name
        """The time is for clients that say nothing, not for ours that is answered."""
        if self._is_answering:
            self.setTimeout(self.timeOut)
        else:
            super().timeoutConnection()

    def lineReceived(self, line: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._receivedHeaderSize + len(line) > self.totalHeadersSize:
            self.lineLengthExceeded(line)
        else:
            super().lineReceived(line)

    def lineLengthExceeded(self, line: bytes) -> None:  # noqa: N802
        """RFC 6585, section 5. What AWS answers is not published."""
        said = b"The request's header is larger than %d bytes.\n" % self.totalHeadersSize
        self.transport.write(
            b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
            b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (len(said), said)
        )
        self.loseConnection()


def environment_of(client: Any, here: Any, version: str, is_secure: bool) -> dict[str, Any]:
    """What WSGI (PEP 3333) has to say of a plain request's connection: Twisted's two addresses of it."""
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "REQUEST_URI": "/",
        "RAW_URI": "/",
        "REMOTE_ADDR": client.host,
        "REMOTE_PORT": str(client.port),
        "SERVER_NAME": here.host,
        "SERVER_PORT": str(here.port),
        "SERVER_PROTOCOL": version,
        "wsgi.url_scheme": "https" if is_secure else "http",
    }
