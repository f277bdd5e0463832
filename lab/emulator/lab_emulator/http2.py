"""HTTP/2 without TLS, which the Kinesis client in KCL speaks from its first byte on.

KCL builds its client with `Protocol.HTTP2` (KinesisClientUtil), and against an http:// endpoint the Java
SDK then uses HTTP/2 "with prior knowledge" (RFC 9113, section 3.3). Twisted speaks HTTP/2 too, but chooses
it only by what TLS has negotiated; here the client's first bytes choose it.
"""

from rolo.serving.twisted import HeaderPreservingHTTPChannel
from twisted.web.http import _GenericHTTPChannelProtocol

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What every HTTP/2 client sends first (RFC 9113, section 3.4)."""


class EitherVersion(_GenericHTTPChannelProtocol):
    """One connection: HTTP/2 when it opens with the preface, HTTP/1.1 otherwise."""

    _opening = b""

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._negotiatedProtocol is None:
            self._opening += data
            if len(self._opening) < len(PREFACE) and PREFACE.startswith(self._opening):
                return  # the rest of the preface is under way
            data, self._opening = self._opening, b""
            if data.startswith(PREFACE):
                self._channel.transport.negotiatedProtocol = b"h2"
        super().dataReceived(data)


def either_version() -> EitherVersion:
    """A protocol for a new connection to LocalStack's gateway."""
    return EitherVersion(HeaderPreservingHTTPChannel())
