"""One HTTP connection that is kept, for whoever asks a server many small things one after the other."""

import contextlib
import re
import select
import socket
from collections.abc import Generator, Iterable, Mapping
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse
from types import TracebackType
from typing import Any, Final
from urllib.parse import urlsplit

READ: Final = 1 << 16
"""Bytes at a time."""
END_OF_LINE: Final = re.compile(r"[\r\n]")
"""http.client lets one through that a space follows."""
NO_HTTP: Final = "the answer is not HTTP"


class _Whole(HTTPConnection):
    """Sends a request in one piece: http.client's two, head and body, wake a server twice."""

    _pieces: tuple[bytes, ...] = ()

    def send(self, data: Any) -> None:
        self._pieces += (data,)

    def depart(self) -> None:
        data, self._pieces = b"".join(self._pieces), ()
        super().send(data)


class Line:
    """A connection to the server at ENDPOINT (a URL), opened when something is asked; SECONDS for each wait.

    Not for two threads at once.
    """

    def __init__(self, endpoint: str, seconds: float) -> None:
        address = urlsplit(endpoint)
        self._host = address.netloc
        self._new = partial(_Whole, address.hostname or "", address.port or 80, timeout=seconds)
        self._connection: _Whole | None = None

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
        told = (*headers, ("Host", self._host), ("Content-Length", str(len(body))))
        if any(END_OF_LINE.search(one) for one in (method, path, *(part for pair in told for part in pair))):
            raise OSError("a line of the request has another one in it")
        if self._connection and self._connection.sock and _something_came(self._connection.sock):
            self.close()  # a server ends a connection that nothing was said on for a while
        line = self._connection = self._connection or self._new()
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in told:
                line.putheader(name, value)
            line.endheaders(body)
            line.depart()
            return Reply(self, line.getresponse())
        except BaseException as error:
            self.close()
            if isinstance(error, (HTTPException, ValueError)) and not isinstance(error, OSError):
                raise OSError(NO_HTTP) from None
            raise

    def close(self) -> None:
        """It may be asked again after it, on a new one: http.client keeps what it had of a head."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.close()
            self._connection = None

    def __enter__(self) -> "Line":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Reply:
    """An answer that has begun: `status`, and `headers` with names as they came."""

    def __init__(self, line: Line, response: HTTPResponse) -> None:
        self._line, self._response = line, response
        self.status = response.status
        self.headers = response.getheaders()
        self.length = response.length
        """Bytes of the body; None where only its end tells."""
        self.told_length = response.headers.get("Content-Length", "0")
        """As the head says it, also of a body that does not come (HEAD)."""

    def pieces(self) -> Generator[bytes, None, None]:
        """The body as it comes; where it is not read to its end, the line closes. Raises OSError."""
        whole = False
        try:
            while piece := self._response.read1(READ):
                yield piece
            if self._response.length:
                raise ConnectionResetError("the server ended in the middle of an answer")
            self._response.close()
            whole = True
        except (HTTPException, ValueError):
            raise OSError(NO_HTTP) from None
        finally:
            if not whole:
                self._line.close()


def _something_came(connection: socket.socket) -> bool:
    """Its end, or what nobody asked for."""
    poll = select.poll()  # which takes descriptors above 1,023 too
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(0))
