"""The one way out of the sandbox: HTTP to the lab, for one AWS account and the services that a task names.

The sandbox listens on its own loopback; that listening socket was handed out, and is answered here. What
is let through is decided by request, in `grader.walls.gate`: the account's own key, or a key that the lab
issued to it on the way (CreateAccessKey, AssumeRole); a named service; never the emulator's own addresses,
which could reset state or fetch pages on the learner's behalf.
"""

import contextlib
import json
import socket
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from grader.walls.gate import Admission, Gate
from grader.walls.naming import OVERLAP, Refusal
from lab.machine.kept_line import Line, Reply

LARGEST_BODY: Final = 16 * 2**20
"""Bytes of a request; the largest that Kinesis takes is 10 MiB, in base64."""
SMALL_BODY: Final = 2**20
LARGE_AT_ONCE: Final = 2
"""Bodies beyond SMALL_BODY held at a time; with CONNECTIONS it bounds the memory on this side."""
LARGEST_ANSWER: Final = 64 * 2**20
SECONDS: Final = 60.0
CONNECTIONS: Final = 64
"""At a time; those beyond it are closed."""
LEFT_OUT: Final = frozenset({"connection", "transfer-encoding", "content-length", "server", "date"})
"""Headers of an answer that belong to a connection, not to what it says."""
LAST_SECONDS: Final = 2.0
"""How long the relay waits, at its end, for what is on its way: the account is wiped after it."""


class Relay:
    """Answers a sandbox's listening socket until it is closed."""

    def __init__(self, listener: socket.socket, endpoint: str, gate: Gate) -> None:
        self.gate = gate
        self._server = _Server(listener, endpoint, gate)
        self._thread = threading.Thread(target=self._server.accept_all, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more requests, and let those that the lab has got be done."""
        self._server.socket.shutdown(socket.SHUT_RDWR)  # the thread that waits on it wakes
        self._thread.join()
        self._server.server_close()
        self._server.finish()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, endpoint: str, gate: Gate) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = "127.0.0.1", listener.getsockname()[1]
        self.endpoint = endpoint
        self.gate = gate
        self.open = threading.BoundedSemaphore(CONNECTIONS)
        self.large = threading.BoundedSemaphore(LARGE_AT_ONCE)
        self._under_way = 0
        self._closed = False
        self._change = threading.Condition()

    def accept_all(self) -> None:
        """Until the listening socket is shut."""
        while True:
            try:
                request, address = self.get_request()
            except ConnectionAbortedError:
                continue
            except OSError:
                return
            self.process_request(request, address)

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for each connection, and no thread for one too many."""
        if self.open.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.open.release()

    @contextlib.contextmanager
    def under_way(self) -> Any:
        """While a request is at the lab. Raises Refusal at the end of the relay."""
        with self._change:
            if self._closed:
                raise Refusal("the grading of this process is over")
            self._under_way += 1
        try:
            yield
        finally:
            with self._change:
                self._under_way -= 1
                self._change.notify_all()

    def finish(self) -> None:
        with self._change:
            self._closed = True
            self._change.wait_for(lambda: not self._under_way, LAST_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is the client's matter."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SECONDS
    disable_nagle_algorithm = True
    """A large answer goes out in pieces; the second would wait 40 ms for the client to confirm the first."""
    _headers_buffer: list[bytes]
    """What `send_header` has gathered (http.server's own name)."""

    def setup(self) -> None:
        super().setup()
        self._line = Line(self.server.endpoint, SECONDS)

    def finish(self) -> None:
        self._line.close()
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _refuse(self, status: int, words: str) -> None:
        message = f"The grader refuses this: {words}."
        body = json.dumps({"__type": "AccessDeniedException", "message": message})
        kind = "application/x-amz-json-1.1"
        if "json" not in self.headers.get("Content-Type", ""):
            body = f"<Code>AccessDenied</Code><Message>{escape(message)}</Message>"
            body, kind = f"<ErrorResponse><Error>{body}</Error></ErrorResponse>", "text/xml"
        self._refuse_with(status, body.encode(), kind)

    def _refuse_with(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.close_connection = True

    def _pass_on(self) -> None:
        try:
            admission = self.server.gate.admit(self.command, self.path, self.headers.items())
            length = self._length()
            with self.server.large if length > SMALL_BODY else contextlib.nullcontext():
                body = self.rfile.read(length)
                if len(body) < length:
                    raise Refusal("the body ended before its length")
                self.server.gate.admit_body(admission, body)
                with self.server.under_way(), self.server.gate.passing():
                    self._ask(admission, body)
        except Refusal as refusal:
            self._refuse(403, str(refusal))

    def _length(self) -> int:
        """The one length that the body has; it is written anew for the lab. Raises Refusal."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > LARGEST_BODY:
            raise Refusal("a body needs a length, of 16 MiB at most")
        return int(length)

    def _ask(self, admission: Admission, body: bytes) -> None:
        try:
            reply = self._line.begin(self.command, self.path, admission.headers, body)
        except OSError:
            self._refuse(502, "the lab does not answer")
            return
        try:
            self._answer(reply, admission)
        except OSError:  # begun, so there is no other answer any more
            self.close_connection = True

    def _answer(self, reply: Reply, admission: Admission) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            if name.lower() not in LEFT_OUT:
                self.send_header(name, value)
        length = reply.length
        chunked = length is None
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", reply.told_length if self.command == "HEAD" else str(length))
        self._copy(reply, admission, chunked)

    def _copy(self, reply: Reply, admission: Admission, chunked: bool) -> None:
        """As it comes: an event stream must not wait for its end. What is small goes out in one piece."""
        head, before, total = self._head(), b"", 0
        if chunked:
            self.wfile.write(head)
            head = b""
        with contextlib.closing(reply.pieces()) as pieces:
            for piece in pieces:
                total += len(piece)
                if total > LARGEST_ANSWER:
                    self.close_connection = True
                    return
                self.server.gate.learn(admission, before + piece)
                before = (before + piece)[-OVERLAP:]
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else head + piece)
                head = b""
        if chunked or head:
            self.wfile.write(b"0\r\n\r\n" if chunked else head)

    def _head(self) -> bytes:
        """What `send_header` has gathered, and the end of it."""
        gathered: list[bytes] = self._headers_buffer
        self._headers_buffer = []
        return b"".join(gathered) + b"\r\n"

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _pass_on  # noqa: N815
