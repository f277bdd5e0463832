"""In place of LocalStack's certificates for its address: the lab's is plain HTTP on the loopback.

To look at a certificate loads OpenSSL, a twentieth of a start.
"""


def install_predefined_cert_if_available() -> None:
    """There is none."""


def create_ssl_cert(serial_number: int | None = None) -> tuple[str, str, str]:
    """None: no file of it, of its certificate or of its key."""
    return "", "", ""
