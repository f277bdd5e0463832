"""HTTP/2 without TLS, which the Kinesis client in KCL speaks from its first byte on.

KCL builds its client with `Protocol.HTTP2` (KinesisClientUtil), and against an http:// endpoint the Java
SDK then uses HTTP/2 "with prior knowledge" (RFC 9113, section 3.3). Twisted speaks HTTP/2 too, but chooses
it only by what TLS has negotiated; here the client's first bytes choose it.
"""

from twisted.web.http import _GenericHTTPChannelProtocol

from lab_emulator.http1 import LabChannel

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
"""What every HTTP/2 client sends first (RFC 9113, section 3.4)."""
FRAME_HEADER_BYTES = 9
LARGEST_FRAME_BYTES = 16_384
"""What a client may send unless it was told otherwise (RFC 9113, section 4.2), which Twisted does not do."""
GOAWAY, NO_ERROR = 7, 0


class Farewells:
    """Takes a client's GOAWAY without an error out of its frames.

    Such a client opens no more streams and still waits for those that are open (RFC 9113, section 6.8): the
    AWS SDK for JavaScript says it as soon as a subscription is answered. Twisted would end the connection.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._is_open = True
        """Whether frames are looked at; not any more after one that is no frame."""
        self.said = False

    def without(self, data: bytes) -> bytes:
        """The whole frames of what came so far, farewells left out."""
        self._rest += data
        passed = bytearray()
        while self._is_open and len(self._rest) >= FRAME_HEADER_BYTES:
            length, kind = int.from_bytes(self._rest[:3], "big"), self._rest[3]
            if length > LARGEST_FRAME_BYTES:
                self._is_open = False  # Twisted says what is wrong with it
                break
            end = FRAME_HEADER_BYTES + length
            if len(self._rest) < end:
                break
            frame, self._rest = self._rest[:end], self._rest[end:]
            if kind == GOAWAY and int.from_bytes(frame[13:17], "big") == NO_ERROR:
                self.said = True
            else:
                passed += frame
        if not self._is_open:
            passed += self._rest
            self._rest = b""
        return bytes(passed)


class EitherVersion(_GenericHTTPChannelProtocol):
    """One connection: HTTP/2 when it opens with the preface, HTTP/1.1 otherwise."""

    _opening = b""
    _farewells: Farewells | None = None

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        if self._farewells is not None:
            self._frames_received(data)
            return
        if self._negotiatedProtocol is None:
            self._opening += data
            if len(self._opening) < len(PREFACE) and PREFACE.startswith(self._opening):
                return  # the rest of the preface is under way
            data, self._opening = self._opening, b""
            if data.startswith(PREFACE):
                self._channel.transport.negotiatedProtocol = b"h2"
                self._farewells = Farewells()
                super().dataReceived(PREFACE)
                self._frames_received(data[len(PREFACE) :])
                return
        super().dataReceived(data)

    def _frames_received(self, data: bytes) -> None:
        farewells = self._farewells
        assert farewells is not None
        if frames := farewells.without(data):
            super().dataReceived(frames)
        if farewells.said and not self._channel.streams:
            self._channel.transport.loseConnection()


def either_version() -> EitherVersion:
    """A protocol for a new connection to LocalStack's gateway."""
    return EitherVersion(LabChannel())
