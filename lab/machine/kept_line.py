"""One HTTP connection that is kept, for whoever asks the same server many small things one after the other.

`http.client` opens a connection for each of them, or reads each answer's head as a letter's, which takes
longer than a small answer. Plain HTTP/1.1, and whole answers.
"""

import contextlib
import select
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

READ: Final = 1 << 16
"""Bytes at a time."""
LARGEST_HEAD: Final = 1 << 16
"""Bytes."""


class Line:
    """A connection to the server at ENDPOINT (a URL), opened when something is asked; SECONDS for each wait.

    Not for two threads at once.
    """

    def __init__(self, endpoint: str, seconds: float) -> None:
        address = urlsplit(endpoint)
        self._address = (address.hostname or "", address.port or 80)
        self._host = address.netloc
        self._seconds = seconds
        self._socket: socket.socket | None = None

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """The status and the body of the answer.

        Raises OSError when the server is not there, ends in the middle or does not speak HTTP. Nothing is
        asked twice: it may have been done.
        """
        told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}\r\n{told}Content-Length: {len(body)}\r\n\r\n"
        line = self._open()
        try:
            line.sendall(head.encode("latin-1") + body)
            status, answer, kept = _answer(line)
        except (OSError, ValueError) as error:
            self.close()
            raise error if isinstance(error, OSError) else OSError("the answer is not HTTP") from None
        if not kept:
            self.close()
        return status, answer

    def _open(self) -> socket.socket:
        """A server ends a connection that nothing was said on for a while: then there is a new one."""
        if self._socket is not None and select.select([self._socket], [], [], 0)[0]:
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def close(self) -> None:
        """It may be asked again after it."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _answer(line: socket.socket) -> tuple[int, bytes, bool]:
    """The status, the body, and whether the server keeps the connection. Raises ValueError, OSError."""
    held = bytearray()
    while (end := held.find(b"\r\n\r\n")) < 0:
        if len(held) > LARGEST_HEAD:
            raise ValueError
        held += _more(line)
    first, *rest = held[:end].decode("latin-1").split("\r\n")
    body = held[end + 4 :]
    version, status, *_ = first.split(" ", 2)
    if not version.startswith("HTTP/1."):
        raise ValueError
    headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in rest)}
    kept = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return int(status), _chunks(line, body), kept
    if "content-length" in headers:
        return int(status), bytes(_exactly(line, body, int(headers["content-length"]))), kept
    while piece := line.recv(READ):
        body += piece
    return int(status), bytes(body), False


def _chunks(line: socket.socket, held: bytearray) -> bytes:
    """A body in chunks (RFC 9112, 7.1), of which HELD has come."""
    whole = bytearray()
    while True:
        while (end := held.find(b"\r\n")) < 0:
            held += _more(line)
        size = int(held[:end].partition(b";")[0], 16)
        del held[: end + 2]
        whole += _exactly(line, held, size + 2)[:size]
        del held[: size + 2]
        if size == 0:
            return bytes(whole)


def _exactly(line: socket.socket, held: bytearray, count: int) -> bytearray:
    while len(held) < count:
        held += _more(line)
    return held[:count]


def _more(line: socket.socket) -> bytes:
    piece = line.recv(READ)
    if not piece:
        raise ConnectionResetError("the server ended in the middle of an answer")
    return piece
