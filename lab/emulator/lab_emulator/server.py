"""The HTTP server of LocalStack, held to the address it was told.

LocalStack's own twisted server reads only the port of GATEWAY_LISTEN and listens on every IPv4 interface,
so anybody on the same network could use the lab. It also starts without a word when the port is taken.
"""

from localstack import config
from localstack.runtime.server.core import RuntimeServer, RuntimeServerPlugin
from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.gateway import Gateway
from rolo.serving.twisted import TwistedGateway
from twisted.internet import reactor


class AddressedServer(TwistedRuntimeServer):
    """Plain HTTP on exactly the addresses of GATEWAY_LISTEN."""

    def register(
        self,
        gateway: Gateway,
        listen: list[config.HostAndPort],
        ssl_creds: tuple[str, str] | None = None,
    ) -> None:
        """Listen at once; raises twisted's CannotListenError when a port is taken."""
        site = TwistedGateway(gateway)
        for address in listen:
            reactor.listenTCP(address.port, site, interface=address.host)


class AddressedServerPlugin(RuntimeServerPlugin):
    """Chosen by GATEWAY_SERVER=lab."""

    name = "lab"

    def load(self, *args: object, **kwargs: object) -> RuntimeServer:
        return AddressedServer()
