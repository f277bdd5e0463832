"""The HTTP server of LocalStack, held to the address it was told.

LocalStack's own twisted server reads only the port of GATEWAY_LISTEN and listens on every IPv4 interface,
so anybody on the same network could use the lab. It also starts without a word when the port is taken.
"""

import os
import socket

from localstack import config
from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor

from lab_emulator.http2 import either_version


class AddressedServer(TwistedRuntimeServer):
    """Plain HTTP on exactly the addresses of GATEWAY_LISTEN."""

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen at once; raises twisted's CannotListenError when a port is taken.

        $LAB_LISTENING: the number of a socket that whoever started this process listens on already.
        """
        site = TwistedGateway(gateway)
        site.protocol = either_version
        if inherited := os.environ.get("LAB_LISTENING"):
            os.set_blocking(int(inherited), False)
            reactor.adoptStreamPort(int(inherited), socket.AF_INET, site)
            os.close(int(inherited))
            return
        for address in listen:
            reactor.listenTCP(address.port, site, interface=address.host)


class AddressedServerPlugin(RuntimeServerPlugin):
    """Chosen by GATEWAY_SERVER=lab."""

    name = "lab"

    def load(self, *args: object, **kwargs: object) -> RuntimeServer:
        return AddressedServer()
