"""Ports of the loopback: is one free, and taking one without a moment in which another can."""

import secrets
import socket

HOST = "127.0.0.1"
ANY_PORT = 0
LASTING = range(20_000, 32_000)
"""Below the ports that Linux (from 32,768) and macOS (from 49,152) give to outgoing connections."""
TRIES = 20


def listen_on(port: int) -> socket.socket | None:
    """A socket that listens on PORT (ANY_PORT: one that the kernel chooses); None when it is taken."""
    if port != ANY_PORT and _somebody_answers(port):
        return None
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError:
        listening.close()
        return None
    return listening


def is_free(port: int) -> bool:
    """Whether PORT can be listened on now."""
    listening = listen_on(port)
    if listening:
        listening.close()
    return listening is not None


def some_free_port() -> int:
    """A port that nobody uses now, and that no connection of the moment will be given before it is used."""
    for _ in range(TRIES):
        port = secrets.choice(LASTING)
        if is_free(port):
            return port
    with socket.socket() as bound:
        bound.bind((HOST, ANY_PORT))
        return int(bound.getsockname()[1])


def _somebody_answers(port: int) -> bool:
    """Not seen by `bind` on macOS when the other listens on every interface."""
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True
