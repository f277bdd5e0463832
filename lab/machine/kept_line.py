"""One HTTP connection that is kept, for whoever asks the same server many small things one after the other.

`http.client` opens a connection for each of them, or reads each answer's head as a letter's, which takes
longer than a small answer. Plain HTTP/1.1.
"""

import contextlib
import re
import select
import socket
from collections.abc import Generator, Iterable, Iterator, Mapping
from types import TracebackType
from typing import Final
from urllib.parse import urlsplit

READ: Final = 1 << 16
"""Bytes at a time."""
LARGEST_HEAD: Final = 1 << 16
"""Bytes."""
NO_BODY: Final = frozenset({204, 304})
"""Statuses of answers that have none."""
END_OF_LINE: Final = re.compile(r"[\r\n]")
NO_HTTP: Final = "the answer is not HTTP"


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
        """The status and the body of the answer. Raises OSError, as `begin` and `Reply.pieces`."""
        reply = self.begin(method, path, headers.items(), body)
        return reply.status, b"".join(reply.pieces())

    def begin(self, method: str, path: str, headers: Iterable[tuple[str, str]], body: bytes) -> "Reply":
        """The head of the answer, whose body is to be read before anything else is asked.

        Raises OSError when the server is not there, ends in the middle or does not speak HTTP, and for an
        end of a line in the request's head, after which another request could begin. Nothing is
        asked twice: it may have been done.
        """
        own = (("Host", self._host), ("Content-Length", str(len(body))))
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (*headers, *own))]
        if any(END_OF_LINE.search(one) for one in lines):
            raise OSError("a line of the request has another one in it")
        head = "".join(f"{one}\r\n" for one in (*lines, ""))
        line = self._open()
        try:
            line.sendall(head.encode("latin-1") + body)
            return Reply(self, line, method)
        except BaseException as error:
            self.close()
            if isinstance(error, ValueError):
                raise OSError(NO_HTTP) from None
            raise

    def _open(self) -> socket.socket:
        """A server ends a connection that nothing was said on for a while: then there is a new one."""
        if self._socket is not None and _something_came(self._socket):
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


class Reply:
    """An answer that has begun: `status`, and `headers` with names as they came."""

    def __init__(self, line: Line, connection: socket.socket, method: str) -> None:
        """Raises ValueError, OSError."""
        self._line, self._connection = line, connection
        held = bytearray()
        while (end := held.find(b"\r\n\r\n")) < 0:
            if len(held) > LARGEST_HEAD:
                raise ValueError
            held += _more(connection)
        first, *rest = held[:end].decode("latin-1").split("\r\n")
        self._held = held[end + 4 :]
        version, status, *_ = first.split(" ", 2)
        if not version.startswith("HTTP/1."):
            raise ValueError
        self.status = int(status)
        parts = (one.partition(":") for one in rest)
        self.headers = [(name.strip(), value.strip()) for name, _, value in parts]
        told = {name.lower(): value for name, value in self.headers}
        self._chunked = told.get("transfer-encoding", "").lower() == "chunked"
        length = told.get("content-length")
        empty = method == "HEAD" or self.status in NO_BODY
        self.length = 0 if empty else int(length) if length and not self._chunked else None
        """Bytes of the body; None where only its end tells."""
        self.told_length = length or "0"
        """As the head says it, also of a body that does not come (HEAD)."""
        ends = self.length is not None or self._chunked
        self._kept = ends and version == "HTTP/1.1" and told.get("connection", "").lower() != "close"

    def pieces(self) -> Generator[bytes, None, None]:
        """The body as it comes; where it is not read to its end, the line closes. Raises OSError."""
        whole = False
        try:
            yield from self._pieces()
            whole = True
        except ValueError:
            raise OSError(NO_HTTP) from None
        finally:
            if not (whole and self._kept):
                self._line.close()

    def _pieces(self) -> Iterator[bytes]:
        if self.length is not None:
            yield from self._counted(self.length)
        elif self._chunked:
            yield from self._chunks()
        else:
            if self._held:
                yield bytes(self._held)
            while piece := self._connection.recv(READ):
                yield piece

    def _counted(self, left: int) -> Iterator[bytes]:
        while left:
            piece = bytes(self._held[:left]) or _more(self._connection, left)
            del self._held[: len(piece)]
            left -= len(piece)
            yield piece

    def _chunks(self) -> Iterator[bytes]:
        """RFC 9112, section 7.1; what follows the last one is left out."""
        while size := int(self._read_line().partition(b";")[0], 16):
            yield from self._counted(size)
            if self._read_line():
                raise ValueError
        while self._read_line():
            pass

    def _read_line(self) -> bytes:
        while (end := self._held.find(b"\r\n")) < 0:
            if len(self._held) > LARGEST_HEAD:
                raise ValueError
            self._held += _more(self._connection)
        found = bytes(self._held[:end])
        del self._held[: end + 2]
        return found


def _something_came(connection: socket.socket) -> bool:
    """Its end, or what nobody asked for."""
    poll = select.poll()  # which takes descriptors above 1,023 too
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))


def _more(connection: socket.socket, most: int = READ) -> bytes:
    piece = connection.recv(min(most, READ))
    if not piece:
        raise ConnectionResetError("the server ended in the middle of an answer")
    return piece
