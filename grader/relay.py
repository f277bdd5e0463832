"""The one way out of the sandbox: HTTP to the lab, for one AWS account and the services that a task names.

The sandbox listens on its own loopback; that listening socket was handed out, and is answered here. What
is let through is decided by request: the account's own key, or a key that the lab issued to it on the way
(CreateAccessKey, AssumeRole); a named service; never the emulator's own addresses, which could reset
state or fetch pages on the learner's behalf.
"""

import http.client
import re
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

LARGEST_BODY: Final = 16 * 2**20
"""Bytes of a request; the largest that Kinesis takes is 10 MiB, in base64."""
LARGEST_ANSWER: Final = 64 * 2**20
SCANNED: Final = 2**20
"""Bytes of an answer that are looked through for issued keys."""
SECONDS: Final = 60.0
REQUESTS: Final = 50_000
"""How many one process may make."""
CONNECTIONS: Final = 64

CREDENTIAL = re.compile(
    r"Credential=([A-Za-z0-9]{1,128})/\d{8}/[a-z0-9-]{1,30}/([a-z0-9-]{1,40})/aws4_request"
)
ISSUED_KEY = re.compile(rb'"?AccessKeyId"?>?\s*:?\s*"?([A-Z0-9]{16,128})')
METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD")
DROPPED: Final = frozenset(
    {"host", "connection", "proxy-connection", "keep-alive", "te", "upgrade", "expect"}
)
INTERNAL: Final = ("x-localstack", "x-moto", "localstack-")
"""Headers that speak to the emulator and not to AWS."""


@dataclass
class Gate:
    """What one submission may do."""

    account: str
    services: frozenset[str]
    switches: frozenset[str] = frozenset()
    """Of the lab's own, those that the assignment gives the learner: the clock, IAM."""
    keys: set[str] = field(default_factory=set)
    requests: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> str | None:
        """None for a request that may pass, else what is wrong with it."""
        if method not in METHODS:
            return f"the method {method[:20]} is not for this lab"
        if path in {f"/_lab/accounts/{self.account}/{switch}" for switch in self.switches}:
            return self._counted()
        if not path.startswith("/") or path.startswith(("/_", "//", "/%5f", "/%5F")):
            return "the lab's own addresses are closed here"
        scope = CREDENTIAL.search(headers.get("Authorization", ""))
        if scope is None:
            return "the request is not signed"
        key, service = scope.groups()
        if key != self.account and key not in self.keys:
            return "that key is not of this submission's account"
        if service not in self.services:
            return f"this assignment does not use {service}"
        return self._counted()

    def _counted(self) -> str | None:
        with self.lock:
            self.requests += 1
            if self.requests > REQUESTS:
                return f"more than {REQUESTS} requests"
        return None

    def learn(self, answer: bytes) -> None:
        """Keys that the lab issued inside the account."""
        self.keys.update(found.decode() for found in ISSUED_KEY.findall(answer[:SCANNED]))


class Relay:
    """Answers a sandbox's listening socket until it is closed."""

    def __init__(self, listener: socket.socket, endpoint: str, gate: Gate) -> None:
        self.gate = gate
        self._server = _Server(listener, endpoint, gate)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listener: socket.socket, endpoint: str, gate: Gate) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_name, self.server_port = "127.0.0.1", listener.getsockname()[1]
        address = urlsplit(endpoint)
        self.lab = (address.hostname or "", address.port or 80)
        self.gate = gate
        self.open = threading.BoundedSemaphore(CONNECTIONS)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        with self.open:
            super().process_request_thread(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke is the client's matter."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _refuse(self, status: int, words: str) -> None:
        body = (
            f'{{"__type": "AccessDeniedException", "message": "The grader refuses this: {words}."}}'.encode()
        )
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def _pass_on(self) -> None:
        refusal = self.server.gate.refusal(self.command, self.path, dict(self.headers))
        if refusal:
            self._refuse(403, refusal)
            return
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or int(length) > LARGEST_BODY:
            self._refuse(413, "a body needs a length, of 16 MiB at most")
            return
        body = self.rfile.read(int(length))
        connection = http.client.HTTPConnection(*self.server.lab, timeout=SECONDS)
        try:
            connection.request(self.command, self.path, body, self._headers())
            self._answer(connection.getresponse())
        except (OSError, http.client.HTTPException):
            self._refuse(502, "the lab does not answer")
        finally:
            connection.close()

    def _headers(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in DROPPED and not name.lower().startswith(INTERNAL)
        }
        return {**kept, "Host": "{}:{}".format(*self.server.lab), "Connection": "close"}

    def _answer(self, response: http.client.HTTPResponse) -> None:
        self.send_response(response.status)
        length = response.getheader("Content-Length")
        for name, value in response.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "content-length", "server", "date"):
                self.send_header(name, value)
        chunked = length is None and self.command != "HEAD"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", length or "0")
        self.end_headers()
        self._copy(response, chunked)

    def _copy(self, response: http.client.HTTPResponse, chunked: bool) -> None:
        """As it comes: an event stream must not wait for its end."""
        seen, total = b"", 0
        while piece := response.read1(1 << 16):
            total += len(piece)
            if total > LARGEST_ANSWER:
                self.close_connection = True
                return
            if len(seen) < SCANNED:
                seen += piece
                self.server.gate.learn(seen)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _pass_on  # noqa: N815
