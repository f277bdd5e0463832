"""The HTTP server of LocalStack, held to the address it was told, with a short way for Kinesis.

LocalStack's own twisted server reads only the port of GATEWAY_LISTEN and listens on every IPv4 interface,
so anybody on the same network could use the lab. It also starts without a word when the port is taken.
"""

import os
import socket
from typing import Any

from localstack import config
from localstack.http import Response
from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway, TwistedRequestAdapter, to_flat_header_list
from twisted.internet import reactor

from lab_emulator.http1 import environment_of, headers_of
from lab_emulator.http2 import either_version
from lab_emulator.short_way import Caller, Plain, ShortWay, caller_of


class LabRequest(TwistedRequestAdapter):
    """A request that Twisted does not read forms out of, as LocalStack reads bodies itself."""

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        self.content.seek(0)
        self.args: dict[bytes, list[bytes]] = {}
        self.method, self.uri, self.clientproto = command, path, version
        self.path = path.partition(b"?")[0]
        self.process()

    def process(self) -> None:
        headers = [
            (k.decode("latin-1"), v.decode("latin-1")) for k, v in to_flat_header_list(self.requestHeaders)
        ]
        caller = caller_of(self.method, self.uri, headers)
        if caller is None:
            super().process()
            return
        plain = self._plain(headers, caller)
        reactor.getThreadPool().callInThread(self._answer, self.channel.site.short_way, plain)

    def _plain(self, headers: list[tuple[str, str]], caller: Caller) -> Plain:
        place = environment_of(
            self.getClientAddress(), self.getHost(), self.clientproto.decode("latin-1"), self.isSecure()
        )
        body = self.content.read()
        return Plain(headers, body, {**place, "CONTENT_LENGTH": str(len(body))}, caller)

    def _answer(self, short_way: ShortWay, plain: Plain) -> None:
        """In a thread of the gateway."""
        reactor.callFromThread(self._send, *short_way.whole_answer(plain))

    def _send(self, response: Response, body: bytes) -> None:
        """A whole answer at once; nothing to a client that is gone."""
        if self._disconnected:
            return
        code, _, reason = response.status.partition(" ")
        headers = list(self.responseHeaders.getAllRawHeaders())  # "Connection: close", where it must be said
        sent = [(name, value) for name, values in headers for value in values]
        told = headers_of(response, body)
        sent += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told]
        self.startedWriting = 1
        self.channel.writeHeaders(self.clientproto, code.encode(), reason.encode("latin-1"), sent)
        if body:
            self.channel.write(body)
        self.finished = 1
        self._cleanup()


class LabSite(TwistedGateway):
    """The gateway behind Twisted. Twisted's own log of requests, which nobody reads, is not written."""

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.requestFactory = LabRequest
        self.protocol = either_version
        self.short_way = ShortWay(gateway)

    def log(self, request: Any) -> None:
        pass


class AddressedServer(RuntimeServer):
    """Plain HTTP on exactly the addresses of GATEWAY_LISTEN. LocalStack's own loads TLS too."""

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen at once; raises twisted's CannotListenError when a port is taken.

        $LAB_LISTENING: the number of a socket that whoever started this process listens on already.
        """
        site = LabSite(gateway)
        if inherited := os.environ.get("LAB_LISTENING"):
            os.set_blocking(int(inherited), False)
            reactor.adoptStreamPort(int(inherited), socket.AF_INET, site)
            os.close(int(inherited))
            return
        for address in listen:
            reactor.listenTCP(address.port, site, interface=address.host)

    def run(self) -> None:
        """Serve until `shutdown`."""
        reactor.suggestThreadPoolSize(config.GATEWAY_WORKER_COUNT)
        reactor.run(installSignalHandlers=False)  # LocalStack's own handlers call `shutdown`

    def shutdown(self) -> None:
        """Stop serving; a call that is being answered has ten seconds to end, as with LocalStack's own."""
        from localstack.aws.serving.twisted import stop_thread_pool  # loads TLS
        from localstack.utils.patch import patch

        pool = reactor.getThreadPool()
        patch(pool.stop)(stop_thread_pool)
        pool.stop(timeout=10)
        reactor.stop()


class AddressedServerPlugin(RuntimeServerPlugin):
    """Chosen by GATEWAY_SERVER=lab."""

    name = "lab"

    def load(self, *args: object, **kwargs: object) -> RuntimeServer:
        return AddressedServer()
